//! A journal that has lost its last lines, or is gone, beside results that are whole; and results that are
//! gone beside a journal that is whole: the earlier numbers are those that were recorded first.

use std::fs;

use serde_json::Value;

use crate::harness::{Stage, count, location_id};
use crate::way_back::{changes_sent, edit_cells, resave, sheet, stage};

const RESULTS: &str = "sheet.results.csv";
const JOURNAL: &str = "sheet.results.csv.journal";

/// Marks the outcomes of two rows in the results as those of rows that may have been changed.
fn mark_in_doubt(stage: &Stage, results: &str) {
    resave(stage, results, results, |column, row, cell| {
        match (column, row) {
            ("outcome", 3) => "unknown".to_string(),
            ("outcome", 5) => "partly".to_string(),
            _ => cell.to_string(),
        }
    });
}

/// Each beginning of a journal that ends with a line, but for the whole of it.
fn cuts(journal: &[u8]) -> Vec<&[u8]> {
    let ends = (0..journal.len()).filter(|at| journal[*at] == b'\n');
    let cuts = ends.map(|end| &journal[..=end]);
    cuts.filter(|cut| cut.len() < journal.len()).collect()
}

fn numbers(state: &Value) -> Vec<Value> {
    let ids = (0..5).map(location_id);
    ids.map(|id| state[id].clone()).collect()
}

#[test]
fn a_journal_that_lost_its_last_lines_makes_no_number_of_our_own_an_earlier_one() {
    let stage = stage();
    let before = stage.state();
    let mut number = 0;
    loop {
        number += 1;
        let (results, again) = (format!("r{number}.csv"), format!("a{number}.csv"));
        stage
            .apply(&format!("sheet.csv --backup -o {results}"))
            .expect(0);
        mark_in_doubt(&stage, &results);
        let journal = format!("{results}.journal");
        let whole = fs::read(stage.path(&journal)).expect("a journal");
        let cuts = cuts(&whole);
        let Some(cut) = cuts.get(number - 1) else {
            break;
        };
        stage.write(&journal, cut);
        stage
            .apply(&format!("{results} --only-failed -o {again}"))
            .expect(0);
        stage
            .run_online(&format!("undo {again} --yes --quiet"))
            .expect(0);
        assert_eq!(stage.state(), before, "{number} lines are left");
    }
    assert!(number > 10, "{number}");
}

#[test]
fn what_a_journal_lost_is_undone_by_its_results_and_a_run_does_not_go_on_from_it() {
    let stage = stage();
    let before = stage.state();
    stage.apply("sheet.csv --backup").expect(0);
    let whole = fs::read(stage.path(JOURNAL)).expect("a journal");
    let (after, sent) = (stage.state(), changes_sent(&stage));
    for cut in cuts(&whole).into_iter().step_by(3) {
        stage.write(JOURNAL, cut);
        let ran = stage.apply("sheet.csv --resume --backup");
        // Rows of which is noted what was there before were on their way.
        let noted = String::from_utf8_lossy(cut)
            .matches("{\"previous\":{")
            .count();
        if noted < 5 {
            let ran = ran.expect(2);
            ran.says("has lost lines, as in a power cut, or is an older copy");
            ran.says("apply sheet.results.csv --only-failed --backup");
        }
        assert_eq!((stage.state(), changes_sent(&stage)), (after.clone(), sent));
    }
    stage.write(JOURNAL, cuts(&whole)[4]);
    stage.run_online(&format!("undo {RESULTS} --yes")).expect(0);
    assert_eq!(stage.state(), before);
}

/// A run whose answers for some rows did not come, and whose journal is lost.
fn leave_in_doubt(stage: &Stage) {
    stage.apply("sheet.csv --backup").expect(0);
    fs::remove_file(stage.path(JOURNAL)).expect("it is there");
    mark_in_doubt(stage, RESULTS);
}

#[test]
fn a_row_in_doubt_that_is_corrected_keeps_its_numbers_without_any_journal() {
    let stage = stage();
    let before = stage.state();
    leave_in_doubt(&stage);
    edit_cells(&stage, RESULTS, RESULTS, &[("n1", 3, "+14165550099")]);
    stage.apply(&format!("{RESULTS} --only-failed")).expect(0);
    let again = stage.results("sheet.results-2.csv");
    assert_eq!(count(&again, "updated"), 5);
    assert_eq!(again[1]["previous1"], "+4970771234567");
    stage.run_online("undo sheet.results-2.csv --yes").expect(0);
    assert_eq!(stage.state(), before);
}

#[test]
fn a_row_in_doubt_whose_numbers_nothing_proves_is_not_sent_again() {
    let stage = stage();
    leave_in_doubt(&stage);
    edit_cells(&stage, RESULTS, RESULTS, &[("previous1", 3, "4.97E+12")]);
    let (after, sent) = (stage.state(), changes_sent(&stage));
    let ran = stage.apply(&format!("{RESULTS} --only-failed")).expect(2);
    ran.says("row 3 of `sheet.results.csv` may have been changed by its run, and what was there before is not proven: its cell `previous1` (`4.97E+12`)");
    assert_eq!((stage.state(), changes_sent(&stage)), (after, sent));
}

#[test]
fn a_row_that_was_done_in_part_and_changed_by_somebody_since_is_left_alone_without_its_journal() {
    let stage = stage();
    leave_in_doubt(&stage);
    let theirs = sheet(&[1, 3]).replace("+1415", "+1707");
    stage.write("theirs.csv", theirs);
    stage.apply("theirs.csv -o theirs.results.csv").expect(0);
    let theirs_set = stage.state();
    let ran = stage.apply(&format!("{RESULTS} --only-failed"));
    assert_eq!(stage.state(), theirs_set, "{}", ran.stderr);
    // What is put back is what was there before ours, and only where ours is what is there.
    let set_before = numbers(&stage.state());
    stage.run_online("undo sheet.results-2.csv --yes").expect(1);
    let now = numbers(&stage.state());
    assert_eq!((&now[1], &now[3]), (&set_before[1], &set_before[3]));
    assert_ne!(now[0], set_before[0]);
}

#[test]
fn one_check_that_somebody_changed_does_not_keep_the_others_from_being_undone() {
    for garbled in ["", "x", "swap", "digit", "run", "row"] {
        let stage = stage();
        let before = stage.state();
        stage.apply("sheet.csv --backup").expect(0);
        let checks: Vec<String> = stage
            .results(RESULTS)
            .iter()
            .map(|row| row["rowCheck"].clone())
            .collect();
        resave(&stage, RESULTS, RESULTS, |column, row, cell| {
            if (column, row) != ("rowCheck", 3) {
                return cell.to_string();
            }
            let (run, rest) = cell.split_once('.').expect("a check");
            let (number, digits) = rest.split_once('.').expect("a check");
            match garbled {
                "swap" => format!(
                    "{run}.{number}.{}",
                    checks[2].rsplit('.').next().expect("digits")
                ),
                "digit" => format!("{run}.{number}.zzzz{}", &digits[4..]),
                "run" => format!("r{}.{rest}", "0".repeat(run.len() - 1)),
                "row" => format!("{run}.6.{digits}"),
                other => other.to_string(),
            }
        });
        let ran = stage.run_online(&format!("undo {RESULTS} --yes")).expect(0);
        assert_eq!(stage.state(), before, "{garbled}: {}", ran.stderr);
    }
}

#[test]
fn a_run_whose_results_are_lost_is_undone_by_its_journal_alone() {
    for undone in [RESULTS, JOURNAL] {
        let stage = stage();
        let before = stage.state();
        stage.apply("sheet.csv --backup").expect(0);
        for name in [RESULTS, "sheet.csv"] {
            fs::remove_file(stage.path(name)).expect("it is there");
        }
        let status = stage.run(&format!("status {JOURNAL}")).expect(0).stdout;
        assert!(status.contains("undo sheet.results.csv"), "{status}");
        stage.run_online(&format!("undo {undone} --yes")).expect(0);
        assert_eq!(stage.state(), before);
        let results = stage.results("sheet.results-2.csv");
        let rows: Vec<&str> = results.iter().map(|row| &*row["row"]).collect();
        assert_eq!(rows, ["2", "3", "4", "5", "6"]);
        // That undo can be undone, and so on.
        fs::remove_file(stage.path("sheet.results-2.csv")).expect("it is there");
        stage
            .run_online("undo sheet.results-2.csv.journal --yes")
            .expect(0);
        assert_ne!(stage.state(), before);
    }
}

#[test]
fn a_copy_of_another_sheet_is_not_taken_for_the_one_that_was_sent() {
    let stage = stage();
    let before = stage.state();
    stage.apply("sheet.csv --backup").expect(0);
    fs::remove_file(stage.path(RESULTS)).expect("it is there");
    stage.write("sheet.results.csv.sheet", sheet(&[4]));
    stage.run_online(&format!("undo {RESULTS} --yes")).expect(0);
    assert_eq!(stage.state(), before);
}

#[test]
fn what_status_prints_of_a_run_whose_results_are_lost_works() {
    let stage = stage();
    stage.write("sheet.csv", sheet(&[0, 1, 77]));
    stage.apply("sheet.csv --backup").expect(1);
    fs::remove_file(stage.path(RESULTS)).expect("it is there");
    let status = stage.run(&format!("status {RESULTS}")).expect(0).stdout;
    let command = status
        .lines()
        .find_map(|line| line.strip_prefix("hint: to write its results once more: "))
        .expect(&status);
    let (_, line) = command.split_once(' ').expect("a command");
    let sent = changes_sent(&stage);
    stage.run(line);
    assert_eq!(changes_sent(&stage), sent);
    assert_eq!(count(&stage.results(RESULTS), "updated"), 2);
    fs::remove_file(stage.path(RESULTS)).expect("it is there");
    fs::remove_file(stage.path("sheet.csv")).expect("it is there");
    let status = stage.run(&format!("status {RESULTS}")).expect(0).stdout;
    assert!(
        !status.contains("--resume") && !status.contains("--only-failed"),
        "{status}"
    );
}

#[test]
fn results_that_are_none_any_more_are_undone_by_their_journal() {
    for garbage in ["", "not a table", "locationId,n1\n"] {
        let stage = stage();
        let before = stage.state();
        stage.apply("sheet.csv --backup").expect(0);
        stage.write(RESULTS, garbage);
        let ran = stage.run_online(&format!("undo {RESULTS} --yes")).expect(2);
        ran.says("undo by the journal alone, which tells of all rows: ");
        ran.says(" undo sheet.results.csv.journal --base-url ");
        stage.run_online(&format!("undo {JOURNAL} --yes")).expect(0);
        assert_eq!(stage.state(), before, "{garbage}");
    }
}
