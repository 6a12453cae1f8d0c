//! Rows that were deleted from results before another run went on from these: what they did at a location is undone
//! with the other rows that are for it.

use std::fs;

use serde_json::Value;

use crate::harness::{Stage, location_id, number, org_id};
use crate::plan::hiding;
use crate::undo::spelt_alike;

const NO_NUMBER: &str = "no number";

/// A run that could not read the row of this number among four, three of them for location 2.
fn ran_but_for(unread: u64) -> (Stage, String) {
    let stage = Stage::instant();
    let (org, two, three) = (org_id(1), location_id(2), location_id(3));
    let header = "orgId,locationId,n1,n2";
    let [before, other] = [number(51), number(52)];
    let rows = format!("{org},{two},{before},\n{org},{three},{other},\n");
    stage.write("before.csv", format!("{header}\n{rows}"));
    stage.apply("before.csv").expect(0);
    let before = spelt_alike(&stage.state());
    let rows = (2..).zip([&two, &two, &two, &three]).map(|(row, id)| {
        let (n1, n2) = (
            number(60 + row),
            if row == 3 { number(70) } else { String::new() },
        );
        let n1 = if row == unread {
            NO_NUMBER.to_string()
        } else {
            n1
        };
        format!("{org},{id},{n1},{n2}\n")
    });
    let rows: String = rows.collect();
    stage.write("sheet.csv", format!("{header}\n{rows}"));
    let line = "sheet.csv --backup --allow-duplicates --skip-invalid";
    stage.apply(line).expect(1);
    (stage, before)
}

/// Corrects the row in results that could not be read, and deletes another one.
fn correct(stage: &Stage, name: &str, unread: u64, deleted: u64) {
    let text = fs::read_to_string(stage.path(name)).expect("results");
    let text = text.replace(NO_NUMBER, &number(60 + unread));
    let kept = (1..).zip(text.lines()).filter(|(row, _)| *row != deleted);
    let kept: Vec<&str> = kept.map(|(_, line)| line).collect();
    stage.write(name, kept.join("\n") + "\n");
}

#[test]
fn what_a_deleted_row_did_is_undone_with_the_other_rows_for_its_location() {
    for unread in 2..=4 {
        for deleted in (2..=4).filter(|row| *row != unread) {
            let (stage, before) = ran_but_for(unread);
            correct(&stage, "sheet.results.csv", unread, deleted);
            let line = "sheet.results.csv --only-failed --allow-duplicates";
            stage.apply(line).expect(0);
            let undo = "undo sheet.results-2.csv --even-if-used --yes";
            // Where one row alone is chosen, the others stay as they are.
            let ran = stage.run_online(&format!("{undo} --rows 2 -o part.csv"));
            assert!(!ran.stderr.contains("was deleted"), "{}", ran.stderr);
            let ran = stage.run_online(undo).expect(0);
            ran.says(format!("row {deleted} of `sheet.results.csv` ("));
            ran.says("was deleted there before the next run went on; it is undone too");
            let case = format!("{unread}, {deleted}: {}", ran.stderr);
            assert_eq!(spelt_alike(&stage.state()), before, "{case}");
        }
    }
}

#[test]
fn a_row_that_the_results_lack_is_undone_with_the_other_rows_for_its_location() {
    for deleted in 2..=4 {
        let (stage, before) = ran_but_for(5);
        correct(&stage, "sheet.results.csv", 5, deleted);
        let undo = "undo sheet.results.csv --even-if-used --yes";
        let ran = stage.run_online(undo).expect(0);
        ran.says(format!("row {deleted} of `sheet.results.csv` ("));
        ran.says("is not in these results; it is undone too");
        assert_eq!(spelt_alike(&stage.state()), before, "{deleted}");
    }
}

#[test]
fn a_hidden_row_of_another_location_keeps_no_deleted_row_from_being_undone() {
    let (stage, _) = ran_but_for(3);
    correct(&stage, "sheet.results.csv", 3, 2);
    let line = "sheet.results.csv --only-failed --allow-duplicates";
    stage.apply(line).expect(0);
    let results = fs::read_to_string(stage.path("sheet.results-2.csv")).expect("results");
    stage.write("hidden.xlsx", hiding(&results, &[4]));
    let ran = stage.run_online("undo hidden.xlsx --even-if-used --yes");
    ran.says("row 2 of `sheet.results.csv` (");
    let ran = ran.expect(0);
    let now = stage.state();
    let there = [2, 3].map(|id| now[location_id(id)]["autoTransferNumber1"].to_string());
    let wanted = [number(51), number(65)].map(|number| number[2..].to_string());
    let is_as_wanted = there
        .iter()
        .zip(&wanted)
        .all(|(one, end)| one.contains(end));
    assert!(is_as_wanted, "{there:?} {wanted:?} {}", ran.stderr);
}

#[test]
fn what_cannot_be_undone_is_told_to_programs_and_however_often_it_goes_on() {
    let (stage, _) = ran_but_for(3);
    correct(&stage, "sheet.results.csv", 3, 5);
    let line = "sheet.results.csv --only-failed --allow-duplicates";
    stage.apply(line).expect(0);
    let undo = "undo sheet.results-2.csv --even-if-used --yes";
    let ran = stage
        .run_online(&format!("{undo} --summary json"))
        .expect(1);
    let summary: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(summary["exitCode"], 1);
    let named = "row 5 of `sheet.results.csv` (";
    let told = summary["notUndone"].to_string();
    assert!(told.contains(named), "{told}");
    let ran = stage.run_online(&format!("{undo} --resume")).expect(1);
    let status = stage.run("status sheet.results-3.csv").expect(0).stdout;
    for said in [told, ran.stderr, status] {
        assert!(said.contains(named), "{said}");
        assert!(said.contains("undo sheet.results.csv.journal"), "{said}");
        assert!(said.contains("--rows 5"), "{said}");
    }
}

#[test]
fn results_that_lack_rows_are_not_said_to_tell_of_them() {
    let stage = Stage::instant();
    let (org, two, three) = (org_id(1), location_id(2), location_id(3));
    let header = "orgId,locationId,n1,n2";
    let rows = [
        format!("{org},{two},{},", number(62)),
        format!("{org},{three},{NO_NUMBER},"),
        format!("{org},{two},,{}", number(64)),
        format!("{org},{three},,{NO_NUMBER}"),
    ];
    stage.write("sheet.csv", format!("{header}\n{}\n", rows.join("\n")));
    let line = "sheet.csv --backup --allow-duplicates --skip-invalid";
    stage.apply(line).expect(1);
    let results = fs::read_to_string(stage.path("sheet.results.csv")).expect("results");
    let lines: Vec<String> = (1..)
        .zip(results.lines())
        .map(|(row, line)| line.replace(NO_NUMBER, &number(60 + row)))
        .collect();
    let part = |rows: &[String]| format!("{}\n{}\n", lines[0], rows.join("\n"));
    stage.write("b.csv", part(&lines[1..3]));
    stage.write("p.csv", part(&lines[3..]));
    let flags = "--only-failed --allow-duplicates --backup";
    stage.apply(&format!("b.csv {flags}")).expect(0);
    let ran = stage.apply(&format!("p.csv {flags}")).expect(2);
    ran.says("some of these rows are not in `b.results.csv`");
    ran.says("undo b.results.csv");
    assert!(!ran.stderr.contains("tells what became"), "{}", ran.stderr);
}
