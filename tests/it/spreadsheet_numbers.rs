//! Results and plans that a spreadsheet has saved again: the numbers that were recorded are sent, and what a
//! person has typed in the place of one is sent as it was typed.

use std::fs;

use serde_json::Value;

use crate::harness::{Stage, count, location_id, number};
use crate::left_alone::refusing_once;
use crate::way_back::{self, as_excel_saves, edit_cells, resave};

const RESULTS: &str = "sheet.results.csv";

/// Rows 2 to 4, where the first change of row 3 is refused.
fn refused_once() -> Stage {
    let stage = refusing_once();
    let mut text = "locationId,n1,n2\n".to_string();
    for row in 2..5 {
        let long = format!("+49697712345{row}");
        text += &format!("{},{},{long}\n", location_id(row), number(row));
    }
    stage.write("sheet.csv", text);
    stage
}

#[track_caller]
fn assert_is_set(stage: &Stage, location: u64, field: u64, wanted: &str) {
    let now: Value = stage.state();
    let name = format!("autoTransferNumber{field}");
    assert_eq!(now[location_id(location)][name], wanted);
}

#[test]
fn the_numbers_that_the_journal_recorded_are_sent_again() {
    let stage = refused_once();
    stage.apply("sheet.csv").expect(1);
    resave(&stage, RESULTS, RESULTS, with_lost_signs);
    let ran = stage.apply(&format!("{RESULTS} --only-failed")).expect(0);
    ran.says("a spreadsheet has changed numbers in 3 rows of `sheet.results.csv`, the first is in row 2, column B (n1): `12020000002`, which was `+12020000002`; what the run recorded counts in their place");
    assert_is_set(&stage, 3, 1, &number(3));
    assert_is_set(&stage, 3, 2, "+496977123453");
    let again = stage.results("sheet.results-2.csv");
    assert_eq!(count(&again, "updated"), 3);
    assert_eq!(again[1]["n1"], number(3));
    assert_eq!(again[1]["n2"], "+496977123453");
}

/// A person may have typed another number before the spreadsheet shortened it.
#[test]
fn a_number_that_is_shortened_in_results_is_typed_again() {
    let stage = refused_once();
    stage.apply("sheet.csv").expect(1);
    let sent = stage.requests().len();
    resave(&stage, RESULTS, RESULTS, as_excel_saves);
    let ran = stage.apply(&format!("{RESULTS} --only-failed")).expect(2);
    ran.says("`4.96E+11` is in scientific notation");
    assert_eq!(stage.requests().len(), sent);
}

/// With separators of thousands, in several countries' ways, and with the mark of a text.
#[test]
fn a_number_that_a_spreadsheet_grouped_or_marked_is_the_recorded_one() {
    for changed in [
        "12.020.000.003",
        "12 020 000 003",
        "12\u{a0}020\u{a0}000\u{a0}003",
        "12,020,000,003",
        "12'020'000'003",
        "'12020000003",
    ] {
        for has_journal in [true, false] {
            let stage = refused_once();
            stage.apply("sheet.csv").expect(1);
            if !has_journal {
                fs::remove_file(stage.path("sheet.results.csv.journal")).expect("it is there");
            }
            resave(&stage, RESULTS, RESULTS, |column, row, cell| {
                let is_meant = (column, row) == ("n1", 3);
                if is_meant { changed } else { cell }.to_string()
            });
            stage.apply(&format!("{RESULTS} --only-failed")).expect(0);
            assert_is_set(&stage, 3, 1, &number(3));
        }
    }
}

#[test]
fn a_number_of_which_a_spreadsheet_kept_fifteen_digits_is_typed_again_and_undone_by_the_journal() {
    const LONG: &str = "12345678901234567890";
    for (changed, says) in [
        (
            "12345678901234500000",
            "row 3, column B (n1): `12345678901234500000` ends in zeros that a spreadsheet has put for digits",
        ),
        ("1.23457E+19", "`1.23457E+19` is in scientific notation"),
    ] {
        for has_journal in [true, false] {
            let stage = refusing_once();
            let rows = [2, 3].map(|row| format!("{},{LONG}\n", location_id(row)));
            stage.write("sheet.csv", format!("locationId,n1\n{}", rows.concat()));
            stage.apply("sheet.csv --backup").expect(1);
            let sent = stage.requests().len();
            if !has_journal {
                fs::remove_file(stage.path("sheet.results.csv.journal")).expect("it is there");
            }
            resave(&stage, RESULTS, RESULTS, |column, _, cell| {
                if column == "n1" { changed } else { cell }.to_string()
            });
            stage
                .apply(&format!("{RESULTS} --only-failed"))
                .expect(2)
                .says(says);
            assert_eq!(stage.requests().len(), sent, "{changed}");
            if has_journal {
                stage
                    .run(&format!(
                        "undo {RESULTS} --yes --base-url {}",
                        stage.simulator.base_url()
                    ))
                    .expect(0);
                assert_eq!(
                    stage.state()[location_id(2)]["autoTransferNumber1"],
                    Value::Null
                );
            }
        }
    }
}

#[test]
fn a_number_that_a_person_has_typed_is_sent_as_it_was_typed() {
    for (typed, wanted) in [
        ("+12025559999", "+12025559999"),
        ("'+12020000003", "+12020000003"),
        ("5501", "5501"),
    ] {
        let stage = refused_once();
        stage.apply("sheet.csv").expect(1);
        resave(&stage, RESULTS, RESULTS, |column, row, cell| {
            if (column, row) == ("n1", 3) {
                typed.to_string()
            } else {
                with_lost_signs(column, row, cell)
            }
        });
        stage.apply(&format!("{RESULTS} --only-failed")).expect(0);
        assert_is_set(&stage, 3, 1, wanted);
        assert_is_set(&stage, 3, 2, "+496977123453");
    }
}

#[test]
fn without_the_journal_a_row_proves_the_sign_that_its_numbers_had() {
    let stage = refused_once();
    stage.apply("sheet.csv").expect(1);
    fs::remove_file(stage.path("sheet.results.csv.journal")).expect("it is there");
    resave(&stage, RESULTS, RESULTS, |_, _, cell| cell.replace('+', ""));
    stage.apply(&format!("{RESULTS} --only-failed")).expect(0);
    assert_is_set(&stage, 3, 1, &number(3));
    assert_is_set(&stage, 3, 2, "+496977123453");
}

#[test]
fn the_numbers_that_a_plan_recorded_are_sent() {
    for as_sheet in [false, true] {
        let stage = refused_once();
        stage.run_online("plan sheet.csv").expect(1);
        stage.run_online("plan sheet.csv -o p.csv").expect(0);
        resave(&stage, "p.csv", "p.csv", as_excel_saves);
        let text = fs::read_to_string(stage.path("p.csv")).expect("a plan");
        assert!(text.contains(",12020000003,4.96E+11,"), "{text}");
        let ran = if as_sheet {
            stage.apply("sheet.csv --if-unchanged p.csv -o r.csv")
        } else {
            let ran = stage.apply("p.csv -o r.csv");
            ran.says("a spreadsheet has changed numbers in 3 rows of `p.csv`");
            ran
        };
        ran.expect(1);
        assert_is_set(&stage, 2, 1, &number(2));
        assert_is_set(&stage, 4, 2, "+496977123454");
        // And again with its results.
        stage.apply("r.csv --only-failed").expect(0);
        assert_is_set(&stage, 3, 1, &number(3));
        let results = stage.results("r.results.csv");
        assert_eq!(results[1]["n2"], "+496977123453");
    }
}

#[test]
fn a_country_that_completes_the_numbers_of_a_plan_is_no_spreadsheet() {
    let stage = Stage::instant();
    let sheet = format!("locationId,n1\n{},12025550102\n", location_id(2));
    stage.write("sheet.csv", sheet);
    stage.run_online("plan sheet.csv --country +1").expect(0);
    let ran = stage.apply("sheet.plan.csv").expect(0);
    let alarm = "a spreadsheet has changed";
    assert!(!ran.stderr.contains(alarm), "{}", ran.stderr);
    assert_is_set(&stage, 2, 1, "+12025550102");
}

/// As a spreadsheet of a language in which sentences begin with a capital saves what it opened.
fn with_lost_signs(_column: &str, _row: usize, cell: &str) -> String {
    match cell.strip_prefix('+') {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.to_string(),
        _ if cell == "none" => "None".to_string(),
        _ => cell.to_string(),
    }
}

#[test]
fn without_the_journal_an_undo_finds_the_numbers_that_lost_their_signs() {
    let stage = way_back::stage();
    let before = stage.state();
    stage.apply("sheet.csv --backup").expect(0);
    fs::remove_file(stage.path("sheet.results.csv.journal")).expect("it is there");
    resave(&stage, RESULTS, RESULTS, with_lost_signs);
    let text = fs::read_to_string(stage.path(RESULTS)).expect("results");
    assert!(text.contains(",497077123456,None,*7201,"), "{text}");
    assert!(text.contains(",'+"), "{text}");
    stage.run_online("undo sheet.results.csv --yes").expect(0);
    assert_eq!(stage.state(), before);
}

#[test]
fn without_the_journal_a_failed_row_is_not_counted_as_changed() {
    let stage = refused_once();
    stage.apply("sheet.csv --backup").expect(1);
    stage.apply(&format!("{RESULTS} --only-failed")).expect(1);
    fs::remove_file(stage.path("sheet.results-2.csv.journal")).expect("it is there");
    fs::remove_file(stage.path("sheet.results.csv.journal")).expect("it is there");
    let edits = [("previous1", 3, "4.97E+11")];
    edit_cells(&stage, "sheet.results-2.csv", "mailed.csv", &edits);
    let ran = stage.run_online("undo mailed.csv --yes").expect(0);
    ran.says("note: row 3 is left as found, since its outcome says that nothing was changed; without the journal that cannot be proven");
    assert!(
        !ran.stderr.contains("may have been changed"),
        "{}",
        ran.stderr
    );
    ran.says("2 rows sent in 1 s: 2 put back.");
    let now = stage.state();
    for location in [2, 4].map(location_id) {
        assert!(now[&location]["autoTransferNumber1"].is_null(), "{now}");
    }
}
