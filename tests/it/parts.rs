//! A part of a sheet (`--rows`, `--where`), and the first rows of a run (`--first`): what the service
//! saw, and what the results say of the rest.

use std::fs;

use serde_json::Value;
use wxbulk::simulator::{Behavior, Latency};

use crate::harness::{Ran, Stage, count, location_id, number, org_id, sheet};
use crate::raw_server::{DONE, RawServer};
use crate::resume::wait_for_records;

/// A sheet of `rows` rows with a column that says in which of three waves each goes.
fn waves(rows: u64) -> String {
    let mut text = String::from("orgId,locationId,n1,Go-live Wave,site\n");
    for row in 2..rows + 2 {
        let (org, location) = (org_id(1), location_id(row));
        text += &format!("{org},{location},{},W{},Site {row}\n", number(row), row % 3);
    }
    text
}

/// The rows whose locations were written, each as often as it was.
fn written(stage: &Stage) -> Vec<u64> {
    let requests = stage.requests();
    let writes = requests.iter().filter(|request| request["method"] == "PUT");
    let mut rows: Vec<u64> = writes
        .map(|request| {
            let id = request["locationId"].as_str().expect("an id");
            let mut rows = 2..2000;
            rows.find(|row| location_id(*row) == id).expect("a row")
        })
        .collect();
    rows.sort_unstable();
    rows
}

fn online(stage: &Stage, line: &str) -> Ran {
    stage.run_online(line)
}

#[test]
fn a_part_is_sent_and_the_rest_is_skipped_with_the_reason() {
    for (flags, rows) in [
        ("--rows 3-5", vec![3, 4, 5]),
        ("--rows 3-4,9-", vec![3, 4, 9, 10, 11]),
        ("--where GoLiveWave=w0", vec![3, 6, 9]),
        ("--where site=Site\u{a0}4", vec![4]),
        (
            "--where GoLiveWave=w0 --where GoLiveWave=W1",
            vec![3, 4, 6, 7, 9, 10],
        ),
        (
            "--where GoLiveWave=w0 --where GoLiveWave=W1 --rows 2-7",
            vec![3, 4, 6, 7],
        ),
        ("--rows 5-500 --where go_live_wave=W0", vec![6, 9]),
    ] {
        for more in ["", " --backup"] {
            let stage = Stage::instant();
            stage.write("sheet.csv", waves(10));
            // The words of a test's line are parted at blanks.
            let mut command = stage.command(&stage.apply_line(&format!("sheet.csv{more}")));
            command.args(flags.split(' '));
            let ran = Ran::of(command.output().expect("it starts")).expect(0);
            assert_eq!(written(&stage), rows, "{flags}");
            let results = stage.results("sheet.results.csv");
            assert_eq!(results.len(), 10);
            assert_eq!(count(&results, "updated"), rows.len());
            for row in &results {
                let is_sent = rows.contains(&row["row"].parse().expect("a number"));
                assert_eq!(row["outcome"] == "skipped", !is_sent, "{row:?}");
                assert_eq!(
                    row["message"].contains("chosen with --"),
                    !is_sent,
                    "{row:?}"
                );
            }
            ran.says(format!("{} skipped.", 10 - rows.len()));
        }
    }
}

#[test]
fn what_matches_nothing_is_an_error_that_says_what_there_is() {
    let stage = Stage::instant();
    stage.write("sheet.csv", waves(10));
    for (flags, says) in [
        (
            "--rows 12-20",
            "has no row 12-20; its last row is 11, and the header is row 1",
        ),
        ("--rows 3,40", "has no row 40"),
        (
            "--rows 1-5",
            "the header of `sheet.csv` is row 1, so the first row to name is 2",
        ),
        ("--rows 5-3", "write it as 3-5"),
        ("--rows x", "--rows: `x` is not a list of rows"),
        (
            "--where wave",
            "--where: `wave` does not name a column and a value",
        ),
        (
            "--where waves=1",
            "no column `waves`; its columns are `Go-live Wave`, ",
        ),
        (
            "--where golivewave=2",
            "`2` in the column `golivewave`; 3 other values there: `W2`, `W0`, `W1`",
        ),
        ("--where golivewave=", "an empty cell"),
        (
            "--rows 3 --where golivewave=W1",
            "meets all of --rows 3 --where golivewave=W1; each of them alone finds rows",
        ),
        ("--first 0", "--first: `0` is not a number of rows"),
    ] {
        let ran = stage.apply(&format!("sheet.csv {flags}"));
        let ran = ran.expect(2);
        if flags.ends_with("wave=") {
            ran.says("no row of `sheet.csv` has `` in the column");
        } else {
            ran.says(says);
        }
        assert_eq!(stage.all_requests(), [] as [Value; 0], "{flags}");
    }
}

#[test]
fn problems_and_repeats_outside_of_a_part_hold_nothing_up() {
    let stage = Stage::instant();
    let id = location_id;
    let rows = [
        format!("{},+12025550102,a", id(2)),
        format!("{},TRUE,b", id(3)),
        format!("{},+12025550104,b", id(2)),
        format!("{},,b", id(5)),
        format!("{},+12025550106,a", id(6)),
    ];
    stage.write(
        "sheet.csv",
        format!("locationId,n1,wave\n{}\n", rows.join("\n")),
    );
    stage.apply("sheet.csv").expect(2);
    let ran = stage.apply("sheet.csv --where wave=a").expect(0);
    ran.says("1 row has problems outside of the chosen part");
    assert_eq!(written(&stage), [2, 6]);
    let results = stage.results("sheet.results.csv");
    assert_eq!(count(&results, "skipped"), 3);
    let ran = stage.apply("sheet.csv --where wave=b -o b.csv").expect(2);
    ran.says("row 3, column B (n1)");
    assert_eq!(written(&stage), [2, 6]);
}

#[test]
fn a_part_goes_on_as_the_part_it_was_without_its_flags() {
    let stage = Stage::new(Behavior {
        latency: "20ms".parse::<Latency>().expect("a latency"),
        ..Behavior::instant()
    });
    stage.write("sheet.csv", waves(300));
    let mut child = stage.start_apply("sheet.csv --rows 2-200 --where golivewave=W1 --backup");
    wait_for_records(&stage, "sheet.results.csv.journal", 20);
    child.kill().expect("it was running");
    child.wait().expect("it ends");

    for flags in [
        "--rows 2-300",
        "--where golivewave=W2",
        "--rows 2-200 --where golivewave=W0",
    ] {
        let ran = stage
            .apply(&format!("sheet.csv --resume {flags}"))
            .expect(2);
        ran.says("that run began with --rows 2-200 --where golivewave=W1");
    }
    let ran = stage.apply("sheet.csv --rows 2-201").expect(2);
    ran.says("name other results for it with --output");
    stage.apply("sheet.csv --resume").expect(0);
    let results = stage.results("sheet.results.csv");
    let part = (2..=200).filter(|row| row % 3 == 1).count();
    assert_eq!(count(&results, "updated"), part);
    assert_eq!(count(&results, "skipped"), 300 - part);
    let now_set = stage.state();
    for row in 2..=301_u64 {
        let is_set = now_set[location_id(row)]["autoTransferNumber1"].is_string();
        assert_eq!(is_set, row <= 200 && row % 3 == 1, "row {row}");
    }
    // One of the flags again is no difference.
    stage
        .apply("sheet.csv --resume --rows 2-200")
        .expect(0)
        .says("no row sent");

    let ran = stage.apply("sheet.csv --resume --rows 2-200 --first 2");
    ran.expect(2).says("--first");
}

#[test]
fn the_failed_rows_of_a_part_are_those_of_the_part() {
    let stage = Stage::new(Behavior {
        faults: "404=40%".parse().expect("faults"),
        ..Behavior::instant()
    });
    stage.write("sheet.csv", waves(60));
    let ran = stage.apply("sheet.csv --where golivewave=W0").expect(1);
    let results = stage.results("sheet.results.csv");
    let failed = count(&results, "failed");
    assert!(failed > 0);
    ran.says(format!("the {failed} rows that are not done"));
    let before = written(&stage).len();
    stage.apply("sheet.results.csv --only-failed");
    let sent_again = &written(&stage)[..];
    assert_eq!(sent_again.len() - before, failed);
    assert!(sent_again.iter().all(|row| row % 3 == 0), "{sent_again:?}");
    // A part of the failed ones leaves what is said of the others.
    let results = stage.results("sheet.results-2.csv");
    let last = results.iter().rfind(|row| row["outcome"] == "failed");
    let Some(last) = last.map(|row| row["row"].clone()) else {
        return;
    };
    stage.apply(&format!(
        "sheet.results-2.csv --only-failed --rows {last} -o third.csv"
    ));
    let kept = stage.results("third.csv");
    assert_eq!(
        results
            .iter()
            .filter(|row| row["outcome"] == "failed" && row["row"] != last)
            .count(),
        kept.iter()
            .filter(|row| row["outcome"] == "failed" && row["row"] != last)
            .count()
    );
}

#[test]
fn a_plan_of_a_part_is_sent_as_that_part() {
    let stage = Stage::instant();
    stage.write("sheet.csv", waves(12));
    online(&stage, "plan sheet.csv --rows 3-8").expect(0);
    let plan = stage.results("sheet.plan.csv");
    assert_eq!(
        plan.iter().filter(|row| row["action"] == "change").count(),
        6
    );
    stage
        .apply("sheet.plan.csv --where golivewave=W0")
        .expect(0);
    assert_eq!(written(&stage), [3, 6]);
    let ran = stage
        .apply("sheet.csv --if-unchanged sheet.plan.csv")
        .expect(2);
    ran.says("--rows 3-8");
    stage
        .apply("sheet.csv --if-unchanged sheet.plan.csv --rows 3-8 --where golivewave=W1")
        .expect(0);
    assert_eq!(written(&stage), [3, 4, 6, 7]);

    // With a row less, the row numbers mean other rows.
    let text = fs::read_to_string(stage.path("sheet.plan.csv")).expect("a plan");
    let without: Vec<&str> = text
        .lines()
        .enumerate()
        .filter(|(index, _)| *index != 1)
        .map(|(_, line)| line)
        .collect();
    stage.write("sheet.plan.csv", without.join("\n") + "\n");
    let ran = stage.apply("sheet.plan.csv -o third.csv").expect(2);
    ran.says("rows were deleted from it since");
}

#[test]
fn parts_of_results_are_undone_one_after_the_other() {
    let stage = Stage::instant();
    stage.write("sheet.csv", waves(9));
    stage.apply("sheet.csv --backup").expect(0);
    let ran = online(&stage, "undo sheet.results.csv --yes --where golivewave=W0").expect(0);
    ran.says("left out: 6 rows outside of the chosen part");
    let set = |row: u64| stage.state()[location_id(row)]["autoTransferNumber1"].is_string();
    for row in 2..=10 {
        assert_eq!(set(row), row % 3 != 0, "row {row}");
    }
    online(&stage, "undo sheet.results.csv --yes --rows 2-4 -o two.csv").expect(0);
    for row in 2..=10 {
        assert_eq!(set(row), row % 3 != 0 && row > 4, "row {row}");
    }
    let ran = online(
        &stage,
        "undo sheet.results.csv --yes --rows 5 -o two.csv --resume",
    )
    .expect(2);
    ran.says("that run began with --rows 2-4");
    online(&stage, "undo sheet.results.csv --yes -o two.csv --resume").expect(0);
    assert!(set(5) && set(10));
    // As after an undo of the whole that was killed before it began.
    let ran = online(&stage, "undo sheet.results.csv --yes --resume").expect(2);
    ran.says("that run is done, and it began with --where golivewave=W0");
    online(
        &stage,
        "undo sheet.results.csv --yes --where site=x -o three.csv",
    )
    .expect(2);
}

#[test]
fn the_first_rows_are_read_back_and_shown_and_the_rest_waits() {
    for backup in ["", " --backup"] {
        let stage = Stage::instant();
        stage.write("sheet.csv", waves(20));
        // One row has nothing to do where that is looked at.
        stage.apply("sheet.csv --rows 3 -o earlier.csv").expect(0);
        let ran = stage
            .apply(&format!("sheet.csv --first 3{backup} --summary json"))
            .expect(3);
        let summary: Value = serde_json::from_str(&ran.stdout).expect("JSON alone");
        assert_eq!(summary["exitCode"], 3);
        assert_eq!(summary["rowsLeft"], if backup.is_empty() { 17 } else { 16 });
        ran.says("the first 3 rows:");
        // The service spells it in its own way; here it is spelled as it was wanted.
        ran.says(format!("row 2: n1 wanted {0}, found {0}", number(2)));
        let last = if backup.is_empty() { 4 } else { 5 };
        ran.says(format!("row {last}: n1 wanted "));
        let requests = stage.requests();
        let count_of = |method: &str| {
            let mut requests = requests.iter();
            requests
                .by_ref()
                .filter(|request| request["method"] == method)
                .count()
        };
        let reads = if backup.is_empty() { 3 } else { 4 + 3 };
        assert_eq!((count_of("PUT"), count_of("GET")), (1 + 3, reads));

        let ran = stage.apply("sheet.csv --resume").expect(0);
        let all: Vec<u64> = (2..=21).collect();
        let mut sent = written(&stage);
        sent.dedup();
        assert_eq!(sent, all);
        let results = stage.results("sheet.results.csv");
        assert_eq!(
            count(&results, "updated") + count(&results, "unchanged"),
            20
        );
        ran.says("Of 20 rows in the sheet, 20 are done.");
    }
}

#[test]
fn the_suggested_command_takes_the_rest_after_the_first_rows() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(8));
    let ran = stage.apply("sheet.csv --first 2").expect(3);
    ran.says("stopped: the first rows were sent and read back");
    ran.says("--first 2 --resume");
    stage.apply("sheet.csv --first 2 --resume").expect(0);
    assert_eq!(written(&stage).len(), 8);
    // As many as there are, or more: nothing is left to wait for.
    for first in ["8", "80"] {
        stage
            .apply(&format!("sheet.csv --first {first} -o {first}.csv"))
            .expect(0)
            .says("the first 8 rows:");
    }
    let ran = stage.apply("sheet.csv --first 3 --rehearse").expect(2);
    ran.says("base-url");
    stage
        .run("apply sheet.csv --first 3 --rehearse --rehearse-speed 50")
        .expect(3);
    stage
        .run("apply sheet.csv --rehearse --rehearse-speed 50 --resume")
        .expect(0);
}

#[test]
fn the_first_rows_of_a_killed_run_are_still_the_first() {
    let stage = Stage::new(Behavior {
        latency: "30ms".parse::<Latency>().expect("a latency"),
        ..Behavior::instant()
    });
    stage.write("sheet.csv", sheet(200));
    let mut child = stage.start_apply("sheet.csv --first 60 -c 2");
    wait_for_records(&stage, "sheet.results.csv.journal", 10);
    child.kill().expect("it was running");
    child.wait().expect("it ends");
    stage.apply("sheet.csv --resume").expect(3);
    let mut sent = written(&stage);
    sent.dedup();
    assert_eq!(sent, (2..=61).collect::<Vec<_>>());
    stage.apply("sheet.csv --resume").expect(0);
    assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), 200);
}

#[test]
fn a_first_row_that_reads_back_otherwise_is_shown_and_not_done() {
    for (answer, says) in [
        (
            "HTTP/1.1 200 OK\r\ntrackingid: t\r\ncontent-length: 36\r\n\r\n{\"autoTransferNumber1\":\"3125550101\"} ",
            "found +13125550101; n3 wanted nothing, found nothing; unknown: confirmed, but other values were found when they were read back",
        ),
        (
            "HTTP/1.1 404 Not Found\r\ntrackingid: t\r\ncontent-length: 0\r\n\r\n",
            "unknown: confirmed, but the values could not be read back",
        ),
    ] {
        let server = RawServer::start(move |line| {
            while line.request() {
                let is_read = line.last_request().starts_with("GET");
                line.say(if is_read { answer } else { DONE });
            }
        });
        let stage = Stage::instant();
        stage.write("sheet.csv", sheet(6));
        let base_url = server.base_url();
        let ran = stage
            .run(&format!(
                "apply sheet.csv --yes --even-if-used --first 2 -c 1 --base-url {base_url}"
            ))
            .expect(3);
        ran.says(says);
        ran.says("stopped: of the first rows, rows 2 and 3 are not as wanted");
        ran.says("find out why before you go on");
        let results = stage.results("sheet.results.csv");
        assert_eq!(count(&results, "unknown"), 2, "{results:?}");
        assert_eq!(count(&results, "not-attempted"), 4);
    }
}

/// At a terminal the rest goes when somebody says so.
#[cfg(target_os = "linux")]
#[test]
fn at_a_terminal_the_rest_goes_when_somebody_says_so() {
    for (answer, code, sent) in [("y\n", 0, 8), ("n\n", 3, 2)] {
        let stage = Stage::instant();
        stage.write("sheet.csv", sheet(8));
        let line = stage.apply_line("sheet.csv --first 2");
        let ran = stage.at_a_terminal(&line, answer);
        let ran = ran.expect(code);
        assert!(
            ran.stdout
                .contains("Send the other 6 rows? About 2 s. [y/N]"),
            "{}",
            ran.stdout
        );
        assert_eq!(written(&stage).len(), sent);
    }
}

/// A person is told before the rest goes that the first rows are not as they were wanted, also when they go on.
#[cfg(target_os = "linux")]
#[test]
fn at_a_terminal_first_rows_that_failed_are_counted_in_the_question() {
    let stage = Stage::new(Behavior {
        faults: "404=100%".parse().expect("faults"),
        ..Behavior::instant()
    });
    stage.write("sheet.csv", sheet(8));
    let line = stage.apply_line("sheet.csv --first 2");
    let question = "2 of the rows that are done are not as wanted. Send the other 6 rows?";
    let ran = stage
        .at_a_terminal(&format!("{line} --summary json"), "n\n")
        .expect(3);
    assert!(ran.stdout.contains(question), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("\"reason\": \"first-rows-failed\""),
        "{}",
        ran.stdout
    );
    let ran = stage
        .at_a_terminal(&format!("{line} --resume"), "n\n")
        .expect(2);
    assert!(ran.stdout.contains(question), "{}", ran.stdout);
}

/// Whoever said no to the rest is asked again by the printed command; one that was said yes to, or that
/// no one could be asked about, goes on without a word.
#[cfg(target_os = "linux")]
#[test]
fn at_a_terminal_the_rest_that_was_declined_is_asked_about_again() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(8));
    let line = stage.apply_line("sheet.csv --first 2");
    stage.at_a_terminal(&line, "n\n").expect(3);
    let resume = format!("{line} --resume");
    for (answer, code, sent) in [("n\n", 2, 2), ("y\n", 0, 8)] {
        let ran = stage.at_a_terminal(&resume, answer).expect(code);
        let question = "Send the other 6 rows? About 2 s. [y/N]";
        assert!(ran.stdout.contains(question), "{}", ran.stdout);
        assert_eq!(written(&stage).len(), sent);
    }

    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(8));
    let line = stage.apply_line("sheet.csv --first 2");
    stage.at_a_terminal(&line, "n\n").expect(3);
    stage.run(&format!("{line} --resume")).expect(0);
    assert_eq!(written(&stage).len(), 8);
}

/// The question says that it is about the first rows, and the next one how many are left to change.
#[cfg(target_os = "linux")]
#[test]
fn the_question_before_the_first_rows_says_so_and_agrees_with_the_next() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(8));
    stage.apply("sheet.csv --rows 4-5").expect(0);
    stage.run_online("plan sheet.csv").expect(0);
    let line = format!(
        "apply --even-if-used --base-url {} sheet.plan.csv --first 2",
        stage.simulator.base_url()
    );
    let ran = stage.at_a_terminal(&line, "y\ny\ny\n").expect(0);
    let shown: Vec<&str> = ran.stdout.split_whitespace().collect();
    let shown = shown.join(" ");
    for said in [
        "Change 6 locations of ",
        "Only the first 2 rows are sent now; you see what became of them and are asked again before the rest.",
        "Send the other 6 rows (4 would change, 2 have nothing to do)? About ",
    ] {
        assert!(shown.contains(said), "{said}: {shown}");
    }
    assert_eq!(written(&stage).len(), 8);
}

/// The waves of a migration are sent from one plan, one after the other.
#[cfg(unix)]
#[test]
fn the_next_wave_of_a_plan_has_results_of_its_own_by_the_command_that_is_printed() {
    let stage = Stage::instant();
    stage.write("sheet.csv", waves(6).replace("Go-live Wave", "wave"));
    stage.run_online("plan sheet.csv").expect(0);
    stage
        .run_online("apply sheet.plan.csv --yes --where wave=W0")
        .expect(0);
    let ran = stage
        .run_online("apply sheet.plan.csv --yes --where wave=W1")
        .expect(2);
    let hint = "hint: each part has results of its own: ";
    let command = ran.stderr.lines().find_map(|line| line.strip_prefix(hint));
    let command = command.expect("a command");
    let mut shell = stage.program("sh");
    let ran = Ran::of(shell.args(["-c", command]).output().expect("a shell"));
    ran.expect(0);
    assert_eq!(written(&stage), [3, 4, 6, 7]);
    let second = stage.results("sheet.plan.results-2.csv");
    assert_eq!(count(&second, "updated"), 2);
    // Each is undone by itself.
    stage
        .run_online("undo sheet.plan.results.csv --yes")
        .expect(0);
    let held = |row: u64| !stage.state()[location_id(row)]["autoTransferNumber1"].is_null();
    assert_eq!([3, 4, 6, 7].map(held), [false, true, false, true]);
}

#[test]
fn what_results_say_outside_of_a_part_counts_as_it_stands_there() {
    let stage = Stage::instant();
    let broken = waves(4)
        .replace(&location_id(2), "row 2")
        .replace(&location_id(3), "row 3");
    stage.write("sheet.csv", broken);
    stage.apply("sheet.csv --backup --skip-invalid").expect(1);
    let correct = |name: &str, row: u64| {
        let results = fs::read_to_string(stage.path(name)).expect("results");
        let results = results.replace(&format!("row {row},"), &format!("{},", location_id(row)));
        stage.write(name, results);
    };
    correct("sheet.results.csv", 2);
    let part = "--only-failed --where GoLiveWave=W2";
    let ran = stage
        .apply(&format!("sheet.results.csv {part} --backup"))
        .expect(0);
    let results = stage.results("sheet.results-2.csv");
    let counts = (count(&results, "updated"), count(&results, "invalid"));
    assert_eq!(counts, (3, 1));
    ran.says("1 row sent in 1 s: 1 updated. Of 4 rows in the sheet, 3 are done and 1 is not done.");
    ran.says("  invalid              1\n");
    ran.says("hint: 1 row outside of the chosen part is not done either; to send all rows that are not done:\n");
    let status = stage.run("status sheet.results-2.csv --json").stdout;
    let status: Value = serde_json::from_str(&status).expect("JSON");
    assert_eq!(status["outcomes"]["invalid"], 1, "{status}");
    let command = status["next"][0]["command"].as_str().expect("a command");
    assert!(!command.contains("--where"), "{command}");
    correct("sheet.results-2.csv", 3);
    let (_, words) = command.split_once(" apply ").expect("an apply");
    stage.run(&format!("apply {words} --yes")).expect(0);
    assert_eq!(written(&stage), [2, 3, 4, 5]);
}
