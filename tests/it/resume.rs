//! Runs that end early, and going on with them.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Child;

use wxbulk::simulator::{Access, Behavior, Latency, Scopes};

#[cfg(unix)]
use crate::harness::signal;
use crate::harness::{Ran, Stage, count, rows_recorded, sheet};

/// A simulator that takes a moment for each answer, so that a run can be caught half-way.
fn slow() -> Stage {
    Stage::new(Behavior {
        latency: "20ms".parse::<Latency>().expect("a latency"),
        ..Behavior::instant()
    })
}

/// Waits until the journal has this many records.
pub(crate) fn wait_for_records(stage: &Stage, name: &str, records: usize) {
    loop {
        let journal = fs::read(stage.path(name)).unwrap_or_default();
        if rows_recorded(&journal).len() >= records {
            return;
        }
        std::thread::yield_now();
    }
}

fn sent_more_than_once(stage: &Stage) -> usize {
    let mut sent: Vec<String> = stage
        .requests()
        .iter()
        .map(|request| request["locationId"].to_string())
        .collect();
    let all = sent.len();
    sent.sort();
    sent.dedup();
    all - sent.len()
}

fn wait(child: Child) -> Ran {
    Ran::of(child.wait_with_output().expect("it ends"))
}

#[test]
fn a_killed_run_goes_on_without_losing_or_repeating_a_finished_row() {
    let stage = slow();
    stage.write("sheet.csv", sheet(400));
    let mut child = stage.start_apply("sheet.csv");
    wait_for_records(&stage, "sheet.results.csv.journal", 100);
    child.kill().expect("it was running");
    wait(child);
    assert!(!stage.path("sheet.results.csv").exists());

    let ran = stage.apply("sheet.csv").expect(2);
    ran.says("--resume");
    stage.apply("sheet.csv --resume").expect(0);
    assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), 400);
    assert!(
        sent_more_than_once(&stage) <= 10,
        "only what was on the wire"
    );
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_drains_writes_everything_and_says_how_to_go_on() {
    let stage = slow();
    stage.write("sheet.csv", sheet(400));
    let child = stage.start_apply("sheet.csv");
    wait_for_records(&stage, "sheet.results.csv.journal", 50);
    signal(&child, "INT");
    let ran = wait(child).expect(130);
    ran.says_how_to_go_on();
    let results = stage.results("sheet.results.csv");
    let updated = count(&results, "updated");
    assert_eq!(updated + count(&results, "not-attempted"), 400);
    assert_eq!(
        stage.requests().len(),
        updated,
        "every answer was waited for"
    );

    stage.apply("sheet.csv --resume").expect(0);
    assert_eq!(stage.requests().len(), 400);
    assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), 400);
    let ran = stage.apply("sheet.csv --resume").expect(0);
    ran.says("0 requests");
}

#[cfg(unix)]
#[test]
fn a_stop_ends_even_the_longest_pause_at_once() {
    let stage = Stage::new(Behavior {
        faults: "429=100%".parse().expect("faults"),
        retry_after: "3600s".parse().expect("a policy"),
        ..Behavior::instant()
    });
    stage.write("sheet.csv", sheet(50));
    let mut child = stage.start_apply("sheet.csv -vv");
    let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
    let told_to_wait = |line: std::io::Result<String>| line.expect("text").contains("429");
    assert!(lines.any(told_to_wait));
    signal(&child, "TERM");
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), Some(130));
    assert_eq!(
        count(&stage.results("sheet.results.csv"), "not-attempted"),
        50
    );
}

#[cfg(unix)]
#[test]
fn a_second_stop_leaves_at_once_and_what_was_on_the_wire_is_unknown() {
    let stage = Stage::new(Behavior {
        faults: "stall=100%".parse().expect("faults"),
        // What is asked before the run is refused, and so does not stall.
        access: Access {
            scopes: Scopes::Only(["spark-admin:telephony_config_write".to_string()].into()),
            ..Access::default()
        },
        ..Behavior::instant()
    });
    stage.write("sheet.csv", sheet(50));
    let mut child = stage.start_apply("sheet.csv -v");
    let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
    while stage.requests().is_empty() {
        std::thread::yield_now();
    }
    signal(&child, "INT");
    assert!(lines.any(|line| line.expect("text").contains("stop again to leave at once")));
    signal(&child, "INT");
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    let results = stage.results("sheet.results.csv");
    let on_the_wire = stage.requests().len();
    assert_eq!(count(&results, "unknown"), on_the_wire);
    assert_eq!(count(&results, "not-attempted"), 50 - on_the_wire);
}

#[test]
fn a_run_goes_on_with_its_own_copy_of_a_sheet_that_changed() {
    let stage = slow();
    stage.write("sheet.csv", sheet(100));
    let mut child = stage.start_apply("sheet.csv");
    wait_for_records(&stage, "sheet.results.csv.journal", 10);
    child.kill().expect("it was running");
    wait(child);
    stage.write("sheet.csv", sheet(101));
    let ran = stage.apply("sheet.csv --resume").expect(0);
    ran.says("row 102 differs");
    let results = stage.results("sheet.results.csv");
    assert_eq!((results.len(), count(&results, "updated")), (100, 100));
}

#[test]
fn resuming_nothing_is_explained() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(1));
    let ran = stage.apply("sheet.csv --resume").expect(2);
    ran.says("there is nothing to go on with");
}

#[test]
fn what_was_mended_in_finished_results_is_not_overwritten() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(2));
    stage.apply("sheet.csv").expect(0);
    stage.apply("sheet.csv --resume").expect(0);
    let mended = fs::read_to_string(stage.path("sheet.results.csv")).expect("results");
    let mended = mended.replace("updated", "UPDATED");
    stage.write("sheet.results.csv", &mended);
    let ran = stage.apply("sheet.csv --resume").expect(2);
    ran.says("was changed since");
    let left = fs::read_to_string(stage.path("sheet.results.csv")).expect("results");
    assert_eq!(left, mended);
}

#[test]
fn two_runs_cannot_write_one_journal() {
    let stage = slow();
    stage.write("sheet.csv", sheet(400));
    let mut child = stage.start_apply("sheet.csv");
    wait_for_records(&stage, "sheet.results.csv.journal", 10);
    let ran = stage.apply("sheet.csv --resume").expect(2);
    ran.says("another wxbulk is using");
    child.kill().expect("it was running");
    wait(child);
}

#[test]
fn a_journal_cut_off_at_any_byte_loses_only_what_was_cut() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(30));
    stage.apply("sheet.csv").expect(0);
    let journal = fs::read(stage.path("sheet.results.csv.journal")).expect("a journal");
    let header = journal
        .iter()
        .position(|byte| *byte == b'\n')
        .expect("a line")
        + 1;
    for cut in (header..journal.len()).step_by(977) {
        stage.write("sheet.results.csv.journal", &journal[..cut]);
        let whole = rows_recorded(&journal[..cut]).len();
        let before = stage.requests().len();
        stage.apply("sheet.csv --resume").expect(0);
        assert_eq!(stage.requests().len() - before, 30 - whole, "cut at {cut}");
        assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), 30);
    }
}

#[cfg(unix)]
#[test]
fn a_terminal_that_is_gone_keeps_no_result_from_being_written() {
    let stage = slow();
    stage.write("sheet.csv", sheet(400));
    let mut child = stage.start_apply("sheet.csv -v --summary json");
    drop((child.stdout.take(), child.stderr.take()));
    wait_for_records(&stage, "sheet.results.csv.journal", 50);
    signal(&child, "HUP");
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    let results = stage.results("sheet.results.csv");
    let updated = count(&results, "updated");
    assert!((50..400).contains(&updated));
    assert_eq!(updated + count(&results, "not-attempted"), 400);
}
