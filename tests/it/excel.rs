//! Results that are opened in Excel: as workbooks, and as CSV files that lose nothing by it.

use std::fs;
use std::path::Path;

use insta::assert_snapshot;
use wxbulk::simulator::{Behavior, Locations};

use crate::harness::{Ran, Results, Stage, count, location_id, number, org_id, read_csv, sheet};
use crate::resume::wait_for_records;

/// A service that knows only the locations of the first rows.
fn half_known(rows: u64, known: u64) -> Stage {
    let location = |row: u64| wxbulk::simulator::Location {
        id: location_id(row),
        organization: Some(org_id(row % 3)),
        ..wxbulk::simulator::Location::default()
    };
    let stage = Stage::new(Behavior {
        locations: Locations::Exactly((2..known + 2).map(location).collect()),
        ..Behavior::instant()
    });
    stage.write("sheet.csv", sheet(rows));
    stage
}

/// The results but for what differs from run to run.
fn comparable(results: &Results) -> Results {
    let mut results = results.clone();
    for row in &mut results {
        row.remove("trackingId");
        row.remove("finishedAt");
        row.remove("rowCheck");
        // A row that may have been on its way at a kill is read back.
        row.remove("attempts");
    }
    results
}

#[test]
fn results_are_a_workbook_where_the_name_says_so() {
    let stage = half_known(10, 6);
    stage.apply("sheet.csv -o results.xlsx").expect(1);
    stage.apply("sheet.csv -o results.csv").expect(1);
    let results = stage.results("results.xlsx");
    assert_eq!(
        comparable(&results),
        comparable(&stage.results("results.csv"))
    );
    assert_eq!(results[0]["n1"], number(2));
    assert_eq!(results[0]["row"], "2");
    assert_eq!(count(&results, "failed"), 4);
    stage.run("check results.xlsx").expect(0);
}

#[test]
fn a_run_into_a_workbook_goes_on_and_its_failed_rows_are_sent_again() {
    let stage = half_known(200, 190);
    let child = &mut stage.start_apply("sheet.csv -o results.xlsx -c 1");
    wait_for_records(&stage, "results.xlsx.journal", 20);
    child.kill().expect("it was running");
    child.wait().expect("it ends");
    stage.apply("sheet.csv -o results.xlsx --resume").expect(1);
    let results = stage.results("results.xlsx");
    assert_eq!(
        (count(&results, "updated"), count(&results, "failed")),
        (190, 10)
    );

    // Untouched, it may be written again; what somebody changed in it may not be lost.
    stage.apply("sheet.csv -o results.xlsx --resume").expect(1);
    let sent = stage.requests().len();
    stage
        .apply("results.xlsx --only-failed -o again.xlsx")
        .expect(1);
    assert_eq!(stage.requests().len(), sent + 10);
    assert_eq!(
        comparable(&stage.results("again.xlsx")),
        comparable(&results)
    );
    fs::copy(stage.path("again.xlsx"), stage.path("results.xlsx")).expect("both are there");
    let ran = stage.apply("sheet.csv -o results.xlsx --resume").expect(2);
    ran.says("was changed since");
}

#[test]
fn what_a_workbook_says_can_be_undone() {
    let stage = half_known(30, 30);
    stage.apply("sheet.csv -o first.xlsx").expect(0);
    stage.write("other.csv", sheet(30).replace("+1202", "+1312"));
    let address = stage.simulator.base_url();
    let run = |line: &str| -> Ran { stage.run(&format!("{line} --base-url {address}")) };
    run("plan other.csv -o plan.xlsx").expect(0);
    assert!(
        stage
            .results("plan.xlsx")
            .iter()
            .all(|row| row["action"] == "change")
    );
    stage
        .apply("other.csv --backup --if-unchanged plan.xlsx -o second.xlsx")
        .expect(0);
    run("undo second.xlsx --yes -o undone.xlsx").expect(0);
    run("plan sheet.csv -o verified.xlsx").expect(0);
    let verified = stage.results("verified.xlsx");
    assert!(verified.iter().all(|row| row["action"] == "same"));
    assert_eq!(count(&stage.results("undone.xlsx"), "updated"), 30);
}

#[test]
fn what_excel_cannot_hold_is_refused_before_anything_is_sent() {
    let stage = half_known(3, 3);
    let added = format!("{}\n", ",x".repeat(16_370));
    stage.write("wide.csv", sheet(3).replace('\n', &added));
    let ran = stage.apply("wide.csv -o wide.xlsx").expect(2);
    assert_snapshot!(ran.stderr, @"error: a sheet in Excel holds 16384 columns, and 16385 are needed; name a .csv file instead of `wide.xlsx`");
    let ran = stage.apply("sheet.csv -o results.xls").expect(2);
    assert_snapshot!(ran.stderr, @"error: `results.xls`: files that end in .xls cannot be written, only .csv and .xlsx");
    assert!(stage.requests().is_empty());
    assert!(!stage.path("wide.xlsx.journal").exists());
}

#[test]
fn a_csv_for_excel_loses_no_digit_and_is_understood_in_any_state() {
    let stage = half_known(10, 6);
    stage.write("sheet.csv", sheet(10).replace("site 4", "00123"));
    stage
        .apply("sheet.csv --excel --backup -o results.csv")
        .expect(1);
    let text = fs::read_to_string(stage.path("results.csv")).expect("text");
    assert!(text.starts_with('\u{feff}'));
    assert!(text.lines().count() == 11 && text.matches("\r\n").count() == 11);
    assert!(text.contains("\"=\"\"+12020000002\"\"\"") && text.contains("\"=\"\"00123\"\"\""));

    // As it is, as Excel saves it again, and the same where separators are semicolons.
    let saved = text.replace("\"=\"\"", "").replace("\"\"\"", "");
    stage.write("saved.csv", &saved);
    stage.write("semicolons.csv", saved.replace(',', ";"));
    let address = stage.simulator.base_url();
    for name in ["results", "saved", "semicolons"] {
        let sent = stage.requests().len();
        let ran = stage.apply(&format!("{name}.csv --only-failed")).expect(1);
        assert_eq!(stage.requests().len(), sent + 4, "{}", ran.stderr);
        stage
            .run(&format!("plan {name}.csv --base-url {address}"))
            .expect(1);
    }
    assert_eq!(
        read_csv(&stage.path("saved.results.csv"))[2]["site"],
        "00123"
    );
}

#[test]
fn results_that_a_spreadsheet_program_saved_again_are_results_still() {
    let stage = half_known(10, 6);
    for name in ["evaluated.csv", "as-text.csv", "workbook.xlsx"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/saved");
        fs::copy(folder.join(name), stage.path(name)).expect("it is there");
        stage.run(&format!("check {name}")).expect(0);
        let sent = stage.requests().len();
        stage
            .apply(&format!("{name} --only-failed -o again.xlsx"))
            .expect(1);
        assert_eq!(stage.requests().len(), sent + 4, "{name}");
        let again = stage.results("again.xlsx");
        assert_eq!((again.len(), count(&again, "failed")), (10, 4), "{name}");
        assert_eq!(again[2]["site"], "00123", "{name}");
        assert_eq!(again[2]["n1"], number(4), "{name}");
        for file in ["again.xlsx", "again.xlsx.journal"] {
            fs::remove_file(stage.path(file)).expect("it is there");
        }
    }
}
