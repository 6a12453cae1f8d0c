//! The commands that a run prints at its end work in whatever order they are pasted: each goes on from where
//! the one before has left the rows, and no two runs claim the same ones.

use serde_json::Value;
use wxbulk::simulator::{Behavior, CallTypePermission, Location, Locations};

use crate::harness::{Ran, Stage, count, location_id, number};

/// Rows 2 to 7, of which the service does not know the location of row 5.
const UNKNOWN: u64 = 5;
const KNOWN: u64 = 99;
const OTHER: &str = "+12025559999";
const RESULTS: &str = "p.results.csv";

/// The commands that were printed, without the program.
fn printed(ran: &Ran) -> Vec<String> {
    let lines = ran.stderr.lines().map(str::trim);
    let commands = lines.filter_map(|line| line.strip_prefix(env!("CARGO_BIN_EXE_wxbulk")));
    commands.map(|line| line.trim().to_string()).collect()
}

/// A run under a plan of which row 3 failed, row 4 is in conflict and nothing was approved for row 5, and
/// what it printed.
fn left_over() -> (Stage, Vec<String>) {
    let known = [2, 3, 4, 6, 7, KNOWN].map(|number| Location {
        id: location_id(number),
        name: format!("Site {number}"),
        ..Location::default()
    });
    let faults = "400=100% once at 5eed0000-0000-4000-8000-000000000003";
    let stage = Stage::new(Behavior {
        locations: Locations::Exactly(known.into()),
        faults: faults.parse().expect("faults"),
        ..Behavior::instant()
    });
    let mut text = "locationId,n1\n".to_string();
    for row in 2..8 {
        text += &format!("{},{}\n", location_id(row), number(row));
    }
    stage.write("sheet.csv", text);
    // The first reading of row 3 is refused, and its first change.
    stage.run_online("plan sheet.csv").expect(1);
    stage.run_online("plan sheet.csv -o p.csv").expect(1);
    stage.set_number(4, 1, OTHER);
    let ran = stage.apply("p.csv --skip-invalid").expect(1);
    ran.says("keep: `p.csv` and `p.csv.journal` until all rows are done\n");
    ran.says("delete: nothing\n");
    let results = stage.results(RESULTS);
    for (outcome, rows) in [("failed", 1), ("conflict", 1), ("invalid", 1)] {
        assert_eq!(count(&results, outcome), rows, "{}", ran.stderr);
    }
    let commands = printed(&ran);
    assert_eq!(commands.len(), 3, "{}", ran.stderr);
    (stage, commands)
}

/// Pastes one of them; where it plans, also what the plan ends with.
fn paste(stage: &Stage, command: &str) {
    if !command.starts_with("plan ") {
        let ran = stage.run(&format!("{command} --yes"));
        let stderr = &ran.stderr;
        assert!(matches!(ran.code, Some(0 | 1)), "{command}\n{stderr}");
        return;
    }
    let ran = stage.run(command);
    assert!(matches!(ran.code, Some(0 | 1)), "{command}\n{}", ran.stderr);
    let commands = printed(&ran);
    if let Some(send) = commands.last().filter(|line| line.contains("apply ")) {
        let sent = stage.run(&format!("{send} --yes"));
        let stderr = &sent.stderr;
        assert!(matches!(sent.code, Some(0 | 1)), "{send}\n{stderr}");
    }
}

#[test]
fn each_of_the_commands_after_a_run_under_a_plan_works_in_any_order() {
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let (stage, commands) = left_over();
        let text = std::fs::read_to_string(stage.path(RESULTS)).expect("results");
        let corrected = text.replace(&location_id(UNKNOWN), &location_id(KNOWN));
        stage.write(RESULTS, corrected);
        for one in order {
            paste(&stage, &commands[one]);
        }
        let now = stage.state();
        for (location, row) in [(2, 2), (3, 3), (4, 4), (KNOWN, 5), (6, 6), (7, 7)] {
            let set = &now[location_id(location)]["autoTransferNumber1"];
            assert_eq!(*set, number(row), "{order:?}");
        }
        // Each run went on from the results of the one before.
        let mut newest = (2..9).map(|number| format!("p.results-{number}.csv"));
        let newest = newest.rfind(|name| stage.path(name).exists());
        let results = stage.results(&newest.expect("results"));
        assert_eq!(count(&results, "updated"), 6, "{order:?}");
    }
}

#[test]
fn results_that_were_changed_after_their_rows_were_sent_again_are_not_sent_twice() {
    let (stage, commands) = left_over();
    paste(&stage, &commands[0]);
    let text = std::fs::read_to_string(stage.path(RESULTS)).expect("results");
    let corrected = text.replace(&location_id(UNKNOWN), &location_id(KNOWN));
    stage.write(RESULTS, corrected);
    let ran = stage.run(&commands[2]).expect(2);
    ran.says("what is not done in `p.results.csv` was sent again already, with results in `p.results-2.csv`");
    ran.says("`p.results-2.csv` tells what became of all these rows; correct there what has to be");
    let text = std::fs::read_to_string(stage.path("p.results-2.csv")).expect("results");
    let corrected = text.replace(&location_id(UNKNOWN), &location_id(KNOWN));
    stage.write("p.results-2.csv", corrected);
    let again = printed(&ran);
    paste(&stage, again.last().expect("a command"));
    let now = stage.state();
    assert_eq!(now[location_id(KNOWN)]["autoTransferNumber1"], number(5));
}

#[test]
fn a_plan_of_rows_in_conflict_goes_on_from_the_run_that_left_them() {
    let (stage, _) = left_over();
    for words in ["--where outcome=conflict", ""] {
        let line = format!("plan {RESULTS} {words}");
        let ran = stage.run_online(&line);
        let commands = printed(&ran);
        let send = commands.iter().rfind(|line| line.starts_with("apply "));
        let send = send.expect("a command");
        assert!(
            send.starts_with(&format!(
                "apply {RESULTS} --only-failed --include conflict --backup --if-unchanged p.plan"
            )),
            "{send}"
        );
        if !words.is_empty() {
            let status = stage.run("status p.plan.csv").expect(0).stdout;
            assert!(status.contains(send), "{status}");
            stage.run(&format!("{send} --yes")).expect(0);
            let now = stage.state();
            assert_eq!(now[location_id(4)]["autoTransferNumber1"], number(4));
            let results = stage.results("p.results-2.csv");
            assert_eq!(count(&results, "updated"), 4);
            // What was there before is that of the other administrator.
            assert_eq!(results[2]["previous1"], OTHER);
        }
    }
}

#[test]
fn results_are_corrected_and_sent_once_more_where_the_run_after_them_set_nothing() {
    let (stage, _) = left_over();
    let text = format!("locationId,n1\n{},{}\n", location_id(UNKNOWN), number(5));
    stage.write("one.csv", text);
    stage.apply("one.csv --backup").expect(1);
    let again = "one.results.csv --only-failed";
    stage.apply(again).expect(1);
    // As it is, it goes on from the newest.
    let ran = stage.apply(again).expect(1);
    ran.says(
        "was sent again already, with results in `one.results-2.csv`, so this goes on from there",
    );
    assert!(stage.path("one.results-3.csv").exists());
    let text = std::fs::read_to_string(stage.path("one.results.csv")).expect("results");
    let corrected = text.replace(&location_id(UNKNOWN), &location_id(KNOWN));
    stage.write("one.results.csv", corrected);
    stage.apply(again).expect(0);
    let now = stage.state();
    assert_eq!(now[location_id(KNOWN)]["autoTransferNumber1"], number(5));
}

/// The service refuses the number of Lyon, and a rule uses the one that Hamburg has.
fn with_a_number_in_use(used: &str) -> Stage {
    let location = |row: u64, name: &str| Location {
        id: location_id(row),
        name: name.into(),
        ..Location::default()
    };
    let hamburg = Location {
        numbers: [Some(used.into()), None, None],
        calling_permissions: vec![CallTypePermission {
            call_type: "INTERNATIONAL".into(),
            action: "TRANSFER_NUMBER_1".into(),
            transfer_enabled: true,
            restricted: false,
        }],
        ..location(2, "Hamburg")
    };
    let known = [hamburg, location(3, "Lyon"), location(4, "Oslo")];
    let stage = Stage::new(Behavior {
        locations: Locations::Exactly(known.into()),
        fewest_digits: 6,
        ..Behavior::instant()
    });
    let rows = format!("Hamburg,REMOVE\nLyon,4711\nOslo,{}\n", number(4));
    stage.write("sheet.csv", format!("locationName,n1\n{rows}"));
    stage
}

#[test]
fn a_plan_of_results_that_cannot_approve_a_row_sends_the_others() {
    let used = "+12025550103";
    // The run before it may have had a plan, or none.
    for (plan, apply, results, chosen) in [
        (
            "plan sheet.csv -o p.csv",
            "p.csv --skip-invalid",
            RESULTS,
            "",
        ),
        (
            "",
            "sheet.csv --backup",
            "sheet.results.csv",
            " --include conflict",
        ),
    ] {
        let stage = with_a_number_in_use(used);
        if !plan.is_empty() {
            stage.run_online(plan).expect(1);
        }
        stage.run_online(&format!("apply --yes {apply}")).expect(1);
        let text = std::fs::read_to_string(stage.path(results)).expect("results");
        stage.write(results, text.replacen("4711", &number(3), 1));
        let line = format!("plan {results} --only-failed{chosen} --skip-invalid -o x.plan.csv");
        let ran = stage.run_online(&line).expect(1);
        let commands = printed(&ran);
        let send = commands.iter().rfind(|line| line.starts_with("apply "));
        let send = format!("{} --yes", send.expect("a command"));
        assert!(send.contains("--if-unchanged x.plan.csv"), "{send}");

        let strict = send.replace(" --skip-invalid", "");
        let ran = stage.run(&strict).expect(2);
        ran.says(
            "row 2: the plan approves nothing for this row, so it is not sent; `reason` says why",
        );
        ran.says(format!(
            "correct it in `{results}`, then plan what is not done"
        ));
        let lyon = &stage.state()[location_id(3)]["autoTransferNumber1"];
        assert_eq!(*lyon, Value::Null);
        // What was not planned at all is not left out without a word.
        let text = std::fs::read_to_string(stage.path(results)).expect("results");
        stage.write(results, text.replacen("REMOVE", OTHER, 1));
        let ran = stage.run(&send).expect(2);
        ran.says("nothing was approved in `x.plan.csv` for row 2");
        stage.write(results, text);

        stage.run(&send).expect(1);
        let now = stage.state();
        for (row, set) in [(2, used.to_string()), (3, number(3)), (4, number(4))] {
            assert_eq!(now[location_id(row)]["autoTransferNumber1"], set, "{send}");
        }
        let results = stage.results(&results.replace("results", "results-2"));
        let outcomes: Vec<_> = results.iter().map(|row| &*row["outcome"]).collect();
        assert_eq!(outcomes, ["invalid", "updated", "updated"]);
    }
}
