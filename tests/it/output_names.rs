//! What the files of a run are called when nobody names them.

use std::fs;

use wxbulk::sheet::result_columns::{CHECK, RESULT_COLUMNS};
use wxbulk::simulator::{Behavior, Location, Locations};

use crate::harness::{Stage, count, location_id, number, org_id, sheet, workbook};

/// A service that knows the locations of the first `known` rows of a sheet.
fn stage(known: u64) -> Stage {
    let location = |row: u64| Location {
        id: location_id(row),
        organization: Some(org_id(row % 3)),
        ..Location::default()
    };
    Stage::new(Behavior {
        locations: Locations::Exactly((2..known + 2).map(location).collect()),
        ..Behavior::instant()
    })
}

#[test]
fn a_workbook_is_planned_sent_corrected_and_undone_in_workbooks() {
    let stage = stage(8);
    stage.write("march.xlsx", workbook(&sheet(10)));
    let before = stage.state();
    // The locations of two rows are not known, and cannot be planned.
    stage.run_online("plan march.xlsx").expect(1);
    assert_eq!(count_of(&stage, "march.plan.xlsx", "action", "change"), 8);
    stage.apply("march.xlsx --backup").expect(1);
    let results = stage.results("march.results.xlsx");
    assert_eq!(count(&results, "updated"), 8);
    assert_eq!(results[0]["n1"], number(2));
    stage.apply("march.results.xlsx --only-failed").expect(1);
    assert_eq!(count(&stage.results("march.results-2.xlsx"), "failed"), 2);
    let ran = stage
        .run_online("undo march.results-2.xlsx --yes")
        .expect(0);
    ran.says("march.results-3.xlsx");
    assert_eq!(count(&stage.results("march.results-3.xlsx"), "updated"), 8);
    assert_eq!(stage.state(), before);
}

fn count_of(stage: &Stage, file: &str, column: &str, value: &str) -> usize {
    let rows = stage.results(file);
    rows.iter().filter(|row| row[column] == value).count()
}

#[test]
fn another_version_of_the_sheet_has_results_of_its_own_and_the_same_one_has_not() {
    let stage = stage(3);
    stage.write("march.csv", sheet(2));
    stage.apply("march.csv").expect(0);
    let first = fs::read(stage.path("march.results.csv")).expect("results");
    stage
        .apply("march.csv")
        .expect(2)
        .says("holds the results of a finished run");
    stage.write("march.csv", sheet(3));
    stage.apply("march.csv").expect(0);
    assert_eq!(count(&stage.results("march.results-2.csv"), "updated"), 3);
    stage
        .apply("march.csv")
        .expect(2)
        .says("`march.results-2.csv` holds the results of a finished run");
    let kept = fs::read(stage.path("march.results.csv")).expect("results");
    assert_eq!(kept, first);
    assert_eq!(stage.requests().len(), 5);
}

#[test]
fn a_run_that_did_not_end_is_in_the_way_and_goes_on_under_its_name() {
    let stage = stage(3);
    stage.write("march.csv", sheet(3));
    stage.apply("march.csv").expect(0);
    stage.write("march.csv", sheet(9));
    stage.apply("march.csv -c 1 --max-failures 1").expect(3);
    let sent = stage.requests().len();
    let partly_done = fs::read(stage.path("march.results-2.csv")).expect("results");
    stage.write("march.csv", sheet(5));
    stage
        .apply("march.csv")
        .expect(2)
        .says("an earlier run of this sheet did not reach its end");
    assert_eq!(stage.requests().len(), sent);
    assert_eq!(
        fs::read(stage.path("march.results-2.csv")).expect("results"),
        partly_done
    );
    stage
        .apply("march.csv --resume --max-failures 100")
        .expect(1)
        .says("march.results-2.csv");
    assert_eq!(stage.results("march.results-2.csv").len(), 9);
    assert!(!stage.path("march.results-3.csv").exists());
}

#[test]
fn status_of_a_sheet_tells_of_its_last_run() {
    let stage = stage(3);
    stage.write("march.csv", sheet(2));
    stage.apply("march.csv").expect(0);
    stage.write("march.csv", sheet(3));
    stage.apply("march.csv").expect(0);
    let ran = stage.run("status march.csv").expect(0);
    assert!(ran.stdout.contains("march.results-2.csv"), "{}", ran.stdout);
}

#[test]
fn results_that_were_saved_as_csv_can_be_undone_as_the_guide_says() {
    let stage = stage(8);
    stage.write("march.xlsx", workbook(&sheet(8)));
    let before = stage.state();
    stage.apply("march.xlsx --backup").expect(0);
    let mut saved = csv::Writer::from_path(stage.path("march.results.csv")).expect("a file");
    let rows = stage.results("march.results.xlsx");
    let own = ["orgId", "locationId", "n1", "n2", "n3", "site"];
    let previous = ["previous1", "previous2", "previous3", CHECK];
    let names = [&own[..], &RESULT_COLUMNS[..], &previous[..]].concat();
    saved.write_record(&names).expect("written");
    for row in &rows {
        let cells = names.iter().map(|name| row[*name].as_str());
        saved.write_record(cells).expect("written");
    }
    drop(saved);
    stage
        .run_online("undo march.results.csv --yes")
        .expect(0)
        .says("march.results-2.csv");
    assert_eq!(stage.state(), before);
}

#[test]
fn a_plan_says_which_of_its_rows_could_not_be_read() {
    let stage = stage(3);
    stage.write("march.csv", sheet(4));
    stage.run_online("plan march.csv").expect(1);
    let ran = stage.apply("march.plan.csv").expect(2);
    ran.says("row 5: the plan approves nothing for this row");
    stage.apply("march.plan.csv --skip-invalid").expect(1);
    let results = stage.results("march.plan.results.csv");
    assert_eq!(
        (count(&results, "updated"), count(&results, "invalid")),
        (3, 1)
    );
}

#[test]
fn rows_left_alone_are_not_called_to_be_corrected() {
    let stage = stage(3);
    stage.write("march.csv", sheet(3));
    stage.run_online("plan march.csv").expect(0);
    stage.write("others.csv", sheet(3).replace("+1202", "+1303"));
    stage.apply("others.csv").expect(0);
    let ran = stage.apply("march.plan.csv").expect(1);
    ran.says("3 rows were left alone");
    ran.says(" --include conflict\n");
    ran.says("hint: to overwrite what was found in the 3 rows in conflict, plan what is not done and look at the plan");
}

#[test]
fn an_undo_of_older_results_names_no_later_ones_that_changed_nothing() {
    let stage = stage(8);
    stage.write("march.csv", sheet(10));
    stage.apply("march.csv --backup").expect(1);
    stage.apply("march.results.csv --only-failed").expect(1);
    stage.apply("march.results-2.csv --only-failed").expect(1);
    let ran = stage.run_online("undo march.results.csv --yes").expect(0);
    assert!(!ran.stderr.contains("goes on from"), "{}", ran.stderr);
    let stage = self::stage(8);
    stage.write("march.csv", sheet(8));
    stage.apply("march.csv --backup").expect(0);
    let ran = stage.run_online("undo march.results.csv --yes").expect(0);
    assert!(!ran.stderr.contains("goes on from"), "{}", ran.stderr);
}
