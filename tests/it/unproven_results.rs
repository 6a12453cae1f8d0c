//! Results without their checks or their journal: nothing is put back that neither of them proves, and
//! an outcome that somebody changed hides no change.

use std::fs;

use serde_json::Value;
use wxbulk::simulator::Faults;

use crate::harness::{Stage, count, location_id};
use crate::location_rules;
use crate::way_back::{changes_sent, edit_cells, resave, sheet, stage};

const RESULTS: &str = "sheet.results.csv";

fn delete_checks(stage: &Stage, name: &str) {
    delete_columns(stage, name, &["rowCheck"]);
}

fn delete_columns(stage: &Stage, name: &str, columns: &[&str]) {
    let mut reader = csv::Reader::from_path(stage.path(name)).expect("a CSV file");
    let header = reader.headers().expect("a header").clone();
    let records: Vec<_> = reader.records().map(|one| one.expect("a row")).collect();
    let mut writer = csv::Writer::from_path(stage.path(name)).expect("a file");
    let mut deleted = 0;
    for record in std::iter::once(&header).chain(&records) {
        let named = header.iter().zip(record);
        let kept = named.filter(|(name, _)| !columns.contains(name));
        let kept: Vec<&str> = kept.map(|(_, cell)| cell).collect();
        deleted = header.len() - kept.len();
        writer.write_record(kept).expect("written");
    }
    writer.flush().expect("written");
    assert_eq!(deleted, columns.len(), "{columns:?}");
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

#[test]
fn without_the_journal_a_row_that_was_left_alone_is_written_nowhere() {
    let stage = stage();
    stage.run_online("plan sheet.csv").expect(0);
    stage.set_number(0, 1, "+12025550177");
    stage.apply("sheet.plan.csv").expect(1);
    let results = "sheet.plan.results.csv";
    assert_eq!(count(&stage.results(results), "conflict"), 1);
    delete_journal(&stage, results);
    let changes_there = || {
        let requests = stage.requests();
        let is_change = |request: &&Value| {
            let path = request["path"].to_string();
            request["method"] == "PUT" && path.contains(&location_id(0))
        };
        requests.iter().filter(is_change).count()
    };
    let before = changes_there();
    stage.run_online(&format!("undo {results} --yes")).expect(0);
    assert_eq!(changes_there(), before);
}

/// The columns that somebody deleted are named, and nothing is put back by halves.
fn nothing_is_undone_without(stage: &Stage, name: &str, columns: &[&str]) {
    delete_journal(stage, name);
    delete_columns(stage, name, columns);
    let (after, sent) = (stage.state(), changes_sent(stage));
    let ran = stage.run_online(&format!("undo {name} --yes")).expect(2);
    ran.says(format!("`{}` (missing)", columns[0]));
    assert_eq!(
        (stage.state(), changes_sent(stage)),
        (after, sent),
        "{columns:?}"
    );
}

#[test]
fn without_the_journal_a_column_that_was_deleted_is_missed() {
    for columns in [
        &["n1"][..],
        &["n2"],
        &["n1", "n3"],
        &["previous1"],
        &["previous2", "n2"],
        &["previous1", "previous3"],
    ] {
        let stage = stage();
        stage.apply("sheet.csv --backup").expect(0);
        nothing_is_undone_without(&stage, RESULTS, columns);
    }
    let id = location_id(2);
    for (setting, header, cells, columns) in [
        ("rules", "national,tollFree", "BLOCK,BLOCK", "national"),
        (
            "rules",
            "national,tollFree",
            "BLOCK,BLOCK",
            "previousTollFree",
        ),
        (
            "rules",
            "national,nationalTransfer",
            "BLOCK,no",
            "nationalTransfer",
        ),
        ("both", "n1,national", "5501,BLOCK", "n1"),
        ("both", "n1,national", "5501,BLOCK", "national"),
        ("both", "n1,national", "5501,BLOCK", "previous1"),
        ("both", "n1,national", "5501,BLOCK", "previousNational"),
    ] {
        let stage = location_rules::stage(1, Faults::default());
        let sheet = format!("locationId,{header}\n{id},{cells}\n");
        stage.write(&format!("{setting}.csv"), sheet);
        location_rules::apply(&stage, &format!("{setting}.csv --backup")).expect(0);
        nothing_is_undone_without(&stage, &format!("{setting}.results.csv"), &[columns]);
    }
}

#[test]
fn with_the_journal_a_column_that_was_deleted_is_not_needed() {
    for columns in [
        &["n1"][..],
        &["previous2"],
        &["n1", "n2", "previous1", "previous3"],
    ] {
        let stage = stage();
        let before = stage.state();
        stage.apply("sheet.csv --backup").expect(0);
        delete_columns(&stage, RESULTS, columns);
        stage.run_online(&format!("undo {RESULTS} --yes")).expect(0);
        assert_eq!(stage.state(), before, "{columns:?}");
    }
}

#[test]
fn a_column_between_those_of_the_results_hides_none_of_them() {
    let stage = stage();
    let before = stage.state();
    stage.apply("sheet.csv --backup").expect(0);
    delete_journal(&stage, RESULTS);
    let text = fs::read_to_string(stage.path(RESULTS)).expect("a file");
    let lines = text.lines().enumerate().map(|(index, line)| {
        let cells: Vec<&str> = line.split(',').collect();
        let (first, last) = cells.split_at(cells.len() - 2);
        let own = if index == 0 { "remark" } else { "seen" };
        format!("{},{own},{}\n", first.join(","), last.join(","))
    });
    let text: String = lines.collect();
    stage.write(RESULTS, text);
    stage.run_online(&format!("undo {RESULTS} --yes")).expect(0);
    assert_eq!(stage.state(), before);
}

#[test]
fn a_row_in_doubt_is_not_read_again_as_what_was_there_before() {
    for columns in [
        &["previous1"][..],
        &["previous3"],
        &["previous1", "previous2", "previous3"],
        &["previous1", "previous2", "previous3", "rowCheck"],
    ] {
        let stage = stage();
        stage.apply("sheet.csv --backup").expect(0);
        delete_journal(&stage, RESULTS);
        resave(&stage, RESULTS, RESULTS, |column, row, cell| {
            match (column, row) {
                ("outcome", 2) => "unknown".to_string(),
                ("outcome", 3) => "partly".to_string(),
                _ => cell.to_string(),
            }
        });
        delete_columns(&stage, RESULTS, columns);
        let sent = changes_sent(&stage);
        let ran = stage.apply(&format!("{RESULTS} --only-failed --backup"));
        ran.expect(2).says("what was there before is not proven");
        assert_eq!(changes_sent(&stage), sent, "{columns:?}");
    }
}
