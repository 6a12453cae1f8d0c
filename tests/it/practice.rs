//! The simulator by itself, as somebody who practises with a sheet of their own uses it.

use std::io::{BufRead, BufReader};

use crate::harness::{Stage, TOKEN, location_id, number, signal};

#[test]
fn a_sheet_of_ones_own_is_planned_sent_and_undone_against_the_simulator() {
    let stage = Stage::instant();
    stage.write_secret("practice.txt", TOKEN);
    // Rows that ask for nothing are locations, too.
    let [one, two, three] = [2, 3, 4].map(location_id);
    stage.write(
        "numbers.csv",
        format!(
            "locationId,locationName,n1\n{one},Oslo,{}\n{two},Bergen,\n{three},,\n",
            number(2)
        ),
    );
    let mut simulator = stage.command("simulator --locations numbers.csv");
    let mut child = simulator.spawn().expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let address = lines.next().expect("a line").expect("its address");
    let run = |line: &str| {
        let line = format!("{line} --base-url {address} --token-file practice.txt");
        stage.run(&line).expect(0)
    };
    run("export -o mine.csv");
    let mine = stage.results("mine.csv");
    let named: Vec<&str> = mine.iter().map(|row| &*row["locationName"]).collect();
    assert_eq!(mine.len(), 3, "{mine:?}");
    assert_eq!(named[..2], ["Oslo", "Bergen"]);
    assert_eq!(mine[1]["locationId"], two);
    let planned = run("plan numbers.csv").stdout;
    assert!(planned.contains("row 2 (Oslo): n1 nothing → "), "{planned}");
    run("apply numbers.plan.csv --yes");
    run("undo numbers.plan.results.csv --yes").says("1 put back");
    signal(&child, "TERM");
    let ended = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(said.contains(&format!("--base-url {address}")), "{said}");
}
