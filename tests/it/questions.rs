//! What a person at a terminal is asked about a sheet before anything is sent.

use crate::harness::{Ran, Stage, count, sheet};

const QUESTION: &str = "Is the sheet meant to be read as described above? [y/N]";

/// A sheet with a column that is nearly one of ours.
fn stage() -> Stage {
    let stage = Stage::instant();
    let text = sheet(3).replace("site", "autoTransferNumer2");
    stage.write("sheet.csv", text);
    stage
}

fn online(stage: &Stage, line: &str, answers: &str) -> Ran {
    let base_url = stage.simulator.base_url();
    stage.at_a_terminal(&format!("{line} --base-url {base_url}"), answers)
}

#[test]
fn a_column_in_question_is_asked_about_and_no_sends_nothing() {
    let stage = stage();
    let ran = online(&stage, "apply sheet.csv", "n\n").expect(2);
    let shown = &ran.stdout;
    assert!(shown.contains("looks like n2 and is not read"), "{shown}");
    assert!(shown.contains(QUESTION), "{shown}");
    assert!(stage.requests().is_empty());

    // Then whether to keep what is there, and whether to send at all.
    let ran = online(&stage, "apply sheet.csv", "y\ny\ny\n").expect(0);
    assert!(ran.stdout.contains(QUESTION), "{}", ran.stdout);
    assert_eq!(stage.results("sheet.results.csv").len(), 3);
}

#[test]
fn an_undo_asks_nothing_about_columns_that_were_asked_about_before() {
    let stage = stage();
    let sent = "sheet.csv --backup --ignore-column autoTransferNumer2";
    stage.apply(sent).expect(0);
    let ran = online(&stage, "undo sheet.results.csv", "y\n").expect(0);
    let shown = &ran.stdout;
    assert!(!shown.contains("described above"), "{shown}");
    let undone = stage.results("sheet.results-2.csv");
    assert_eq!(count(&undone, "updated"), 3);
}
