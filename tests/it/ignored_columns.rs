//! Columns that are the person's own although they are called like ours: they stay so in all that is made of a
//! sheet.

use std::fs;

use wxbulk::simulator::{Behavior, Location, Locations};

use crate::harness::{Stage, location_id, org_id};

/// One location with two numbers, and a sheet with a column that is ignored.
fn stage(heading: &str) -> Stage {
    let location = Location {
        id: location_id(1),
        organization: Some(org_id(1)),
        name: "Oslo".into(),
        numbers: [Some("5501".into()), Some("5502".into()), None],
        ..Location::default()
    };
    let stage = Stage::new(Behavior {
        locations: Locations::Exactly(vec![location]),
        own_organization: Some(org_id(1)),
        ..Behavior::instant()
    });
    let text = format!("locationName,n1,{heading}\nOslo,5601,7777\n");
    stage.write("sheet.csv", text);
    stage
}

/// Whether a file has the column.
fn heads(stage: &Stage, name: &str, heading: &str) -> bool {
    let text = fs::read_to_string(stage.path(name)).expect("it is there");
    let head = text.lines().next().expect("a header");
    head.split(',').any(|one| one == heading)
}

const HEADINGS: [&str; 4] = ["n2", "N-2", "Organisation-ID", "Location-ID"];

#[test]
fn a_run_that_ignored_a_column_is_undone() {
    for heading in HEADINGS {
        for undone in ["sheet.results.csv", "sheet.results.csv.journal"] {
            let stage = stage(heading);
            let before = stage.state();
            let words = format!("sheet.csv --backup --ignore-column {heading}");
            stage.apply(&words).expect(0);
            assert!(heads(&stage, "sheet.results.csv", heading));
            assert_ne!(stage.state(), before);
            stage.run_online(&format!("undo {undone} --yes")).expect(0);
            assert_eq!(stage.state(), before, "{heading}");
            let undo = "sheet.results.undo.csv";
            let has_ours = heading == "n2";
            assert_eq!(heads(&stage, undo, heading), has_ours, "{heading}");
        }
    }
}

#[test]
fn results_and_plans_are_read_without_the_columns_that_were_ignored() {
    for heading in HEADINGS {
        let stage = stage(heading);
        let before = stage.state();
        let ignore = format!("--ignore-column {heading}");
        stage
            .run_online(&format!("plan sheet.csv {ignore}"))
            .expect(0);
        stage.run("check sheet.plan.csv").expect(0);
        stage.apply("sheet.plan.csv").expect(0);
        let results = "sheet.plan.results.csv";
        stage.run(&format!("check {results}")).expect(0);
        stage
            .run_online(&format!("plan {results} -o again.csv"))
            .expect(0);
        let again = stage.results("again.csv");
        assert_eq!(again[0]["action"], "same", "{heading}: {again:?}");
        stage.apply("sheet.plan.csv --resume").expect(0);
        stage.run_online(&format!("undo {results} --yes")).expect(0);
        assert_eq!(stage.state(), before, "{heading}");
    }
}

#[test]
fn an_ignored_column_may_be_deleted_from_results() {
    let stage = stage("n2");
    let before = stage.state();
    stage
        .apply("sheet.csv --backup --ignore-column n2")
        .expect(0);
    let results = stage.path("sheet.results.csv");
    let text = fs::read_to_string(&results).expect("they are there");
    let text = text.replacen(",n2,", ",", 1).replace(",7777,", ",");
    fs::write(results, text).expect("written");
    let again = "plan sheet.results.csv -o again.csv";
    stage.run_online(again).expect(0);
    stage.run_online("undo sheet.results.csv --yes").expect(0);
    assert_eq!(stage.state(), before);
}
