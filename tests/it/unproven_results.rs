//! Results without their checks or their journal: nothing is put back that neither of them proves, and
//! an outcome that somebody changed hides no change.

use std::fs;

use crate::harness::{Stage, count, location_id};
use crate::way_back::{changes_sent, edit_cells, sheet, stage};

const RESULTS: &str = "sheet.results.csv";

/// Deletes the column `rowCheck`, which is the last one.
fn delete_checks(stage: &Stage, name: &str) {
    let text = fs::read_to_string(stage.path(name)).expect("a file");
    let lines = text
        .lines()
        .map(|line| line.rsplit_once(',').expect("two cells").0);
    let lines: Vec<&str> = lines.collect();
    assert!(!lines[0].contains("rowCheck"));
    stage.write(name, lines.join("\n") + "\n");
}

fn delete_journal(stage: &Stage, name: &str) {
    let journal = format!("{name}.journal");
    fs::remove_file(stage.path(&journal)).expect("it is there");
}

#[test]
fn without_checks_only_rows_that_the_journal_knows_by_place_and_values_are_undone() {
    let stage = stage();
    // Location 4 is not of this run.
    stage.write("sheet.csv", sheet(&[0, 1, 2, 3]));
    let before = stage.state();
    stage.apply("sheet.csv --backup").expect(0);
    delete_checks(&stage, RESULTS);
    edit_cells(
        &stage,
        RESULTS,
        RESULTS,
        &[
            ("locationId", 2, &location_id(4)),
            ("n1", 3, "+14155559999"),
        ],
    );
    let ran = stage.run_online(&format!("undo {RESULTS} --yes")).expect(1);
    ran.says("not undone: row 2 (site 0): its cell `rowCheck` is missing");
    ran.says("not undone: row 3 (site 1): its cell `rowCheck` is missing");
    let now = stage.state();
    for (location, is_back) in [(0, false), (1, false), (2, true), (3, true), (4, true)] {
        let id = location_id(location);
        assert_eq!(now[&id] == before[&id], is_back, "{location}");
    }
}

#[test]
fn without_checks_the_journal_of_another_run_is_not_taken_for_this_one() {
    let stage = stage();
    stage.apply("sheet.csv --backup").expect(0);
    let other = sheet(&[4, 1, 2, 3, 0]).replace("+1415", "+1416");
    stage.write("other.csv", other);
    stage.apply("other.csv --backup").expect(0);
    delete_checks(&stage, RESULTS);
    let journals = ["other.results.csv.journal", "sheet.results.csv.journal"];
    let [from, to] = journals.map(|name| stage.path(name));
    fs::copy(from, to).expect("copied");
    let (after, sent) = (stage.state(), changes_sent(&stage));
    let ran = stage.run_online(&format!("undo {RESULTS} --yes")).expect(2);
    ran.says("5 rows may have been changed and cannot be undone");
    assert_eq!((stage.state(), changes_sent(&stage)), (after, sent));
}

#[test]
fn without_checks_and_journal_no_cell_is_believed() {
    let stage = stage();
    stage.apply("sheet.csv --backup").expect(0);
    delete_journal(&stage, RESULTS);
    delete_checks(&stage, RESULTS);
    let (after, sent) = (stage.state(), changes_sent(&stage));
    let ran = stage.run_online(&format!("undo {RESULTS} --yes")).expect(2);
    ran.says("has no column `rowCheck`");
    ran.says("put the journal of the run beside them");
    assert_eq!((stage.state(), changes_sent(&stage)), (after, sent));
}

#[test]
fn without_the_journal_an_outcome_that_was_changed_hides_no_change() {
    let stage = stage();
    let before = stage.state();
    stage.apply("sheet.csv --backup").expect(0);
    delete_journal(&stage, RESULTS);
    edit_cells(
        &stage,
        RESULTS,
        RESULTS,
        &[
            ("outcome", 2, "failed"),
            ("outcome", 3, "conflict"),
            ("outcome", 4, "unchanged"),
            ("outcome", 5, "not-attempted"),
            ("outcome", 6, "skipped"),
        ],
    );
    stage.run_online(&format!("undo {RESULTS} --yes")).expect(0);
    assert_eq!(stage.state(), before);
}

#[test]
fn without_the_journal_rows_that_were_as_wanted_before_are_left_alone() {
    let stage = stage();
    stage.apply("sheet.csv --backup").expect(0);
    stage.apply("sheet.csv --backup -o again.csv").expect(0);
    assert_eq!(count(&stage.results("again.csv"), "unchanged"), 5);
    delete_journal(&stage, "again.csv");
    let (after, sent) = (stage.state(), changes_sent(&stage));
    let ran = stage.run_online("undo again.csv --yes").expect(0);
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
    assert_eq!((stage.state(), changes_sent(&stage)), (after, sent));
}
