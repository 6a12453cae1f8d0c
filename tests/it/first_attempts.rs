//! What a first attempt leaves that sent nothing: it must not be in the way of the right one.

use std::thread;

use serde_json::Value;

use crate::harness::{Stage, count, sheet};
use crate::raw_server::RawServer;

/// An address where nothing listens.
fn nowhere() -> String {
    format!("http://{}", RawServer::nobody())
}

#[test]
fn after_a_wrong_address_the_right_one_begins_again() {
    let begin_again = |go_on: &str| {
        let stage = Stage::instant();
        stage.write("sheet.csv", sheet(3));
        let wrong = format!("apply sheet.csv --yes --backup --base-url {}", nowhere());
        stage.run(&wrong).expect(3).says("connection refused");
        let right = format!("sheet.csv --backup --country +1{go_on}");
        stage.apply(&right).expect(0);
        assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), 3);
    };
    thread::scope(|scope| {
        scope.spawn(|| begin_again(""));
        scope.spawn(|| begin_again(" --resume"));
    });
}

#[test]
fn a_plan_that_reached_nobody_is_made_again_from_the_corrected_sheet() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(3));
    stage
        .run(&format!("plan sheet.csv --base-url {}", nowhere()))
        .expect(3);
    stage.write("sheet.csv", sheet(2));
    stage.run_online("plan sheet.csv").expect(0);
    assert_eq!(stage.results("sheet.plan.csv").len(), 2);
    stage.apply("sheet.plan.csv").expect(0);
    assert_eq!(
        count(&stage.results("sheet.plan.results.csv"), "updated"),
        2
    );
}

#[test]
fn results_that_somebody_wrote_into_are_kept_all_the_same() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(3));
    let wrong = format!("apply sheet.csv --yes --backup --base-url {}", nowhere());
    stage.run(&wrong).expect(3);
    stage.write("sheet.results.csv", "mine");
    stage.apply("sheet.csv --backup").expect(2);
    let kept = std::fs::read_to_string(stage.path("sheet.results.csv"));
    assert_eq!(kept.expect("it is there"), "mine");
    let writes = stage.requests();
    assert!(
        writes
            .iter()
            .all(|request: &Value| request["method"] != "PUT")
    );
}

#[test]
fn a_run_without_a_backup_says_that_there_is_no_way_back() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(3));
    let ran = stage.apply("sheet.csv").expect(0);
    ran.says("note: made without --backup, so this run cannot be undone");
    let ran = stage.apply("sheet.csv --backup -o again.csv").expect(0);
    assert!(!ran.stderr.contains("cannot be undone"));
}

#[test]
fn a_backup_that_was_begun_with_is_not_dropped_on_the_way() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(3));
    stage.apply("sheet.csv --backup").expect(0);
    let ran = stage.apply("sheet.csv --resume --no-backup").expect(2);
    ran.says("that run began with --backup");
}
