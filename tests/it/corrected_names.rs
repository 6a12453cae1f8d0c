//! A name that is corrected beside an id which an earlier run wrote: the old place is not changed once
//! more. And other cells that are no longer what was sent or approved.

use std::fs;

use serde_json::Value;
use wxbulk::simulator::{Behavior, Location, Locations};

use crate::harness::{Stage, location_id, org_id};
use crate::way_back::{changes_sent, resave};

/// Two customers with the same names. The first request for each of two locations is refused.
fn stage() -> Stage {
    let location = |number: u64| Location {
        id: location_id(number),
        organization: Some(org_id(number / 10)),
        organization_name: ["Acme", "Globex"][usize::try_from(number / 10).expect("few")].into(),
        name: format!("Site {}", number % 10),
        ..Location::default()
    };
    let faults = [1, 2].map(|one| format!("400=100% once at 5eed0000-0000-4000-8000-{one:012}"));
    let stage = Stage::new(Behavior {
        locations: Locations::Exactly([1, 2, 3, 11, 12].map(location).into()),
        own_organization: Some(org_id(0)),
        faults: faults.join(",").parse().expect("faults"),
        ..Behavior::instant()
    });
    stage.write(
        "sheet.csv",
        "orgName,locationName,n1\nAcme,Site 1,+12025550101\nAcme,Site 2,+12025550102\n",
    );
    stage
}

fn numbers(stage: &Stage) -> Vec<Value> {
    let now = stage.state();
    let number = |one| now[location_id(one)]["autoTransferNumber1"].clone();
    [1, 2, 3, 11, 12].map(number).into()
}

/// Writes another name into the first row.
fn correct(stage: &Stage, name: &str, column: &str, to: &str) {
    resave(stage, name, name, |found, row, cell| {
        let is_it = found == column && row == 2;
        if is_it { to } else { cell }.to_string()
    });
}

const CORRECTIONS: [(&str, &str, &str); 3] = [
    ("locationName", "Site 3", "locationId"),
    ("orgName", "Globex", "orgId"),
    ("locationName", "Site 9", "locationId"),
];

#[test]
fn a_name_corrected_in_results_is_not_sent_to_the_old_place() {
    for (column, to, id) in CORRECTIONS {
        let stage = stage();
        stage.apply("sheet.csv").expect(1);
        let results = stage.results("sheet.results.csv");
        assert!(results.iter().all(|row| row["outcome"] == "failed"));
        let (before, sent) = (numbers(&stage), changes_sent(&stage));
        correct(&stage, "sheet.results.csv", column, to);
        let line = "sheet.results.csv --only-failed";
        let ran = stage.apply(line).expect(2);
        ran.says(format!("({column}): `{to}` is not the "));
        ran.says(format!(
            "(`{id}`) of this row; if `{to}` is meant, correct column"
        ));
        assert_eq!((numbers(&stage), changes_sent(&stage)), (before, sent));
    }
}

#[test]
fn an_id_that_is_emptied_for_a_corrected_name_is_looked_up() {
    let stage = stage();
    stage.apply("sheet.csv").expect(1);
    correct(&stage, "sheet.results.csv", "locationName", "Site 3");
    correct(&stage, "sheet.results.csv", "locationId", "");
    stage.apply("sheet.results.csv --only-failed").expect(0);
    let set = numbers(&stage)
        .iter()
        .map(Value::is_string)
        .collect::<Vec<_>>();
    assert_eq!(set, [false, true, true, false, false]);
}

#[test]
fn a_name_corrected_in_a_plan_is_not_sent_to_the_old_place() {
    for (column, to, _) in CORRECTIONS {
        let stage = stage();
        stage.run_online("plan sheet.csv");
        stage
            .run_online("plan sheet.csv -o again.plan.csv")
            .expect(0);
        let before = numbers(&stage);
        correct(&stage, "again.plan.csv", column, to);
        let ran = stage.apply("again.plan.csv").expect(2);
        ran.says(format!(
            "row 2, column {} ({column})",
            if column == "orgName" { "A" } else { "B" }
        ));
        ran.says(format!("`{to}`"));
        assert_eq!((numbers(&stage), changes_sent(&stage)), (before, 0));
    }
}

#[test]
fn a_plan_without_its_record_holds_no_other_sheet() {
    let stage = stage();
    stage.run_online("plan sheet.csv");
    stage
        .run_online("plan sheet.csv -o again.plan.csv")
        .expect(0);
    let (from, to) = (stage.path("again.plan.csv"), stage.path("copy.csv"));
    fs::copy(from, to).expect("copied");
    let ran = stage.apply("sheet.csv --if-unchanged copy.csv").expect(2);
    ran.says("`copy.csv` is a plan, and its record `copy.csv.journal` is not there");
    assert_eq!(changes_sent(&stage), 0);
    stage.apply("sheet.csv --if-unchanged again.plan.csv");
    assert_eq!(changes_sent(&stage), 2);
}

#[test]
fn a_number_that_lost_its_plus_has_it_where_no_journal_tells_of_it() {
    for (typed, sent) in [
        ("12025550101", "+12025550101"),
        // Another number is a correction.
        ("+12025550109", "+12025550109"),
    ] {
        let stage = stage();
        stage.apply("sheet.csv").expect(1);
        fs::remove_file(stage.path("sheet.results.csv.journal")).expect("it is there");
        correct(&stage, "sheet.results.csv", "n1", typed);
        stage.apply("sheet.results.csv --only-failed").expect(0);
        assert_eq!(numbers(&stage)[0], sent);
    }
}

/// A sheet of one row for location 1 with this name beside its id.
fn named(stage: &Stage, name: &str) {
    let (org, id) = (org_id(0), location_id(1));
    let row = format!("{org},{id},{name},+12025550101");
    stage.write(
        "own.csv",
        format!("orgId,locationId,locationName,n1\n{row}\n"),
    );
}

#[test]
fn a_name_of_another_location_beside_an_id_is_refused_in_any_sheet() {
    let stage = stage();
    named(&stage, "Site 2");
    for line in ["plan own.csv", "apply own.csv --yes"] {
        let ran = stage.run_online(line).expect(2);
        ran.says("`Site 2` is not the location whose id stands in column B (`locationId`) of this row; if `Site 2` is meant, correct column B (`locationId`); if the id is right, correct column C (`locationName`)");
    }
    assert_eq!(changes_sent(&stage), 0);
    // A name that is also that of the right one tells nothing, and one that nothing has may be a label.
    named(&stage, "Site 1");
    let ran = stage.run_online("plan own.csv -o a.csv");
    assert!(!ran.stderr.contains("a name beside"), "{}", ran.stderr);
    named(&stage, "Headquarters");
    let ran = stage.run_online("plan own.csv -o b.csv");
    ran.says("note: 1 row has a name beside the id that no location has in Webex; the id counts, the first is row 2");
}

#[test]
fn a_name_corrected_in_results_without_their_journal_is_not_sent_to_the_old_place() {
    let stage = stage();
    stage.apply("sheet.csv").expect(1);
    let sent = changes_sent(&stage);
    fs::remove_file(stage.path("sheet.results.csv.journal")).expect("it is there");
    correct(&stage, "sheet.results.csv", "locationName", "Site 3");
    let ran = stage.apply("sheet.results.csv --only-failed").expect(2);
    ran.says("`Site 3` is not the location whose id stands in column E (`locationId`) of this row");
    assert_eq!(changes_sent(&stage), sent);
}
