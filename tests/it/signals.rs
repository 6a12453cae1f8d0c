//! Signals that were ignored before the program began, which only Linux tells.

use std::process::Child;

use wxbulk::simulator::{Behavior, Latency};

use crate::harness::{Ran, Stage, count, sheet, signal};
use crate::resume::wait_for_records;

const ROWS: u64 = 200;

fn stage() -> Stage {
    let stage = Stage::new(Behavior {
        latency: "20ms".parse::<Latency>().expect("a latency"),
        ..Behavior::instant()
    });
    stage.write("sheet.csv", sheet(ROWS));
    stage
}

/// A run that `launcher` starts, and that is under way.
fn start(stage: &Stage, launcher: &[&str]) -> Child {
    let run = format!(
        "{} {}",
        env!("CARGO_BIN_EXE_wxbulk"),
        stage.apply_line("sheet.csv")
    );
    let mut command = stage.program(launcher[0]);
    command.args(&launcher[1..]);
    if launcher[0] == "sh" {
        command.arg(format!("trap '' INT; exec {run}"));
    } else {
        command.args(run.split_whitespace());
    }
    let child = command.spawn().expect("it is there");
    wait_for_records(stage, "sheet.results.csv.journal", 20);
    child
}

fn end(child: Child, code: i32) {
    Ran::of(child.wait_with_output().expect("it ends")).expect(code);
}

#[test]
fn a_hangup_does_not_stop_a_run_under_nohup() {
    let stage = stage();
    let child = start(&stage, &["nohup"]);
    signal(&child, "HUP");
    end(child, 0);
    let results = stage.results("sheet.results.csv");
    assert_eq!(count(&results, "updated") as u64, ROWS);
}

#[test]
fn a_ctrl_c_for_others_does_not_stop_a_run_in_the_background() {
    let stage = stage();
    let child = start(&stage, &["sh", "-c"]);
    signal(&child, "INT");
    signal(&child, "TERM");
    // The Ctrl-C alone would leave at once after a second signal.
    end(child, 130);
    let results = stage.results("sheet.results.csv");
    assert_eq!(count(&results, "unknown"), 0, "only TERM was heeded");
    assert_eq!(
        count(&results, "updated") + count(&results, "not-attempted"),
        results.len()
    );
}
