//! Several rows for one location under a plan: what somebody else set since is left alone, whichever of
//! the rows finds it.

use serde_json::{Value, json};

use wxbulk::simulator::{Behavior, Location, Locations};

use crate::harness::{Stage, count, location_id, number, org_id};
use crate::undo::spelt_alike;
use crate::way_back::{changes_sent, resave};

const PLAN: &str = "sheet.plan.csv";

/// A plan of two rows for location 2, with the cells of `n1` and `n2`, and one for location 3.
pub(crate) fn planned(rows: [[&str; 2]; 2]) -> Stage {
    let stage = Stage::instant();
    let row = |location, [n1, n2]: [&str; 2]| {
        format!("{},{},{n1},{n2}\n", org_id(1), location_id(location))
    };
    let header = "orgId,locationId,n1,n2\n";
    let before = row(2, [&number(51), &number(52)]);
    stage.write("before.csv", format!("{header}{before}"));
    stage.apply("before.csv").expect(0);
    let rows = rows.map(|cells| row(2, cells)).concat() + &row(3, ["+12025550003", ""]);
    stage.write("sheet.csv", format!("{header}{rows}"));
    stage
        .run_online("plan sheet.csv --allow-duplicates")
        .expect(0);
    stage
}

pub(crate) fn set_elsewhere(stage: &Stage, field: usize) {
    let numbers = "outgoingPermission/autoTransferNumbers";
    let (location, org) = (location_id(2), org_id(1));
    let path = format!("/telephony/config/locations/{location}/{numbers}?orgId={org}");
    let field = format!("autoTransferNumber{field}");
    stage.put(&path, &json!({ field: number(77) }).to_string());
}

fn numbers(stage: &Stage) -> [Value; 2] {
    let now = &stage.state()[location_id(2)];
    [1, 2].map(|field| now[format!("autoTransferNumber{field}")].clone())
}

#[test]
fn each_row_of_a_location_finds_what_the_plan_saw_or_what_the_rows_before_it_set() {
    let (a, b) = (&*number(61), &*number(62));
    let was = [number(51), number(52)];
    let others = number(77);
    // What is set elsewhere before the plan is applied, what is there then, and the rows in conflict.
    for (rows, elsewhere, there, conflicts) in [
        ([[a, ""], [b, ""]], None, [b, &*was[1]], 0),
        ([[a, ""], ["", b]], None, [a, b], 0),
        ([["", a], [b, a]], None, [b, a], 0),
        ([[a, ""], [b, ""]], Some(1), [&*others, &*was[1]], 2),
        ([[a, ""], [b, b]], Some(1), [&*others, &*was[1]], 2),
        ([["", a], [b, ""]], Some(1), [&*others, a], 1),
        ([[a, ""], ["", b]], Some(2), [a, &*others], 1),
        // The second row asks for nothing in the field in conflict, and is for that location all the same.
        ([[a, ""], ["", b]], Some(1), [&*others, &*was[1]], 2),
        ([[&*was[0], ""], [b, ""]], Some(1), [&*others, &*was[1]], 2),
    ] {
        for sheet in [
            PLAN,
            "sheet.csv --allow-duplicates --if-unchanged sheet.plan.csv",
        ] {
            let stage = planned(rows);
            if let Some(field) = elsewhere {
                set_elsewhere(&stage, field);
            }
            let words = format!("{sheet} -o r.csv");
            stage.apply(&words).expect(i32::from(conflicts > 0));
            let what = format!("{rows:?} {elsewhere:?} {sheet}");
            assert_eq!(numbers(&stage), there.map(Value::from), "{what}");
            assert_eq!(
                count(&stage.results("r.csv"), "conflict"),
                conflicts,
                "{what}"
            );
        }
    }
}

#[test]
fn rows_of_an_earlier_part_count_too() {
    let (a, b, others) = (&*number(61), &*number(62), number(77));
    let was = [number(51), number(52)];
    // Which field is set elsewhere, before the first part and after it.
    for (rows, before, after, there) in [
        ([[a, ""], [b, ""]], None, None, [b, &*was[1]]),
        ([[a, ""], [b, ""]], None, Some(1), [&*others, &*was[1]]),
        ([[a, ""], ["", b]], None, Some(2), [a, &*others]),
        ([[a, ""], ["", b]], Some(1), None, [&*others, &*was[1]]),
    ] {
        let stage = planned(rows);
        if let Some(field) = before {
            set_elsewhere(&stage, field);
        }
        stage.apply(&format!("{PLAN} --first 1"));
        if let Some(field) = after {
            set_elsewhere(&stage, field);
        }
        stage.apply(&format!("{PLAN} --first 1 --resume"));
        let what = format!("{rows:?} {before:?} {after:?}");
        assert_eq!(numbers(&stage), there.map(Value::from), "{what}");
    }
}

/// Rows for location 2, with the cells of `n1` to `n3`, of which the first requests are refused: one to read
/// and one to change.
pub(crate) fn refused_at_first(rows: &[[&str; 3]]) -> Stage {
    let location = Location {
        id: location_id(2),
        organization: Some(org_id(1)),
        numbers: [51, 52, 53].map(|one| Some(number(one))),
        ..Location::default()
    };
    let faults = "400=100% once at 5eed0000-0000-4000-8000-000000000002";
    let stage = Stage::new(Behavior {
        locations: Locations::Exactly(vec![location]),
        faults: faults.parse().expect("faults"),
        ..Behavior::instant()
    });
    let (org, id) = (org_id(1), location_id(2));
    let rows = rows
        .iter()
        .map(|row| format!("{org},{id},{}\n", row.join(",")));
    let rows: String = rows.collect();
    stage.write("sheet.csv", format!("orgId,locationId,n1,n2,n3\n{rows}"));
    stage
}

pub(crate) fn all_numbers(stage: &Stage) -> [Value; 3] {
    let now = &stage.state()[location_id(2)];
    [1, 2, 3].map(|field| now[format!("autoTransferNumber{field}")].clone())
}

#[test]
fn what_no_later_row_has_set_is_sent_again_and_the_rest_is_not() {
    let (a, b, c, d) = (number(61), number(62), number(63), number(64));
    let stage = refused_at_first(&[[&a, &b, ""], [&a, "", &c], [&d, "", ""]]);
    let before = stage.state();
    stage
        .apply("sheet.csv --backup --allow-duplicates")
        .expect(1);
    assert_eq!(
        all_numbers(&stage),
        [&d, &number(52), &number(53)].map(|one| json!(one))
    );
    let line = "sheet.results.csv --only-failed --backup --allow-duplicates";
    let ran = stage.apply(line).expect(0);
    ran.says("note: 2 rows are sent without what a later row for the location has set since, the first is row 2");
    assert_eq!(all_numbers(&stage), [&d, &b, &c].map(|one| json!(one)));
    let results = stage.results("sheet.results-2.csv");
    assert_eq!(count(&results, "updated"), 3);
    // The cells that were not sent are no edits.
    let sent = changes_sent(&stage);
    let line = "sheet.results-2.csv --only-failed --allow-duplicates";
    stage.apply(line).expect(0);
    assert_eq!(changes_sent(&stage), sent);
    stage.run_online("undo sheet.results-3.csv --yes").expect(0);
    assert_eq!(spelt_alike(&stage.state()), spelt_alike(&before));
}

#[test]
fn a_plan_of_what_no_later_row_has_set_can_be_applied() {
    let (a, b, c) = (number(61), number(62), number(63));
    for apply in [
        "p.csv",
        "sheet.results.csv --only-failed --allow-duplicates --if-unchanged p.csv",
    ] {
        let stage = refused_at_first(&[[&a, &b, ""], [&c, "", ""]]);
        stage.apply("sheet.csv --allow-duplicates").expect(1);
        let plan = "plan sheet.results.csv --only-failed --allow-duplicates -o";
        // The first answer to a question is a refusal, too.
        stage.run_online(&format!("{plan} refused.csv")).expect(1);
        stage.run_online(&format!("{plan} p.csv")).expect(0);
        assert_eq!(stage.results("p.csv")[0]["n1"], "");
        stage.apply(&format!("{apply} -o r.csv")).expect(0);
        let wanted = [&c, &b, &number(53)].map(|one| json!(one));
        assert_eq!(all_numbers(&stage), wanted, "{apply}");
    }
}

#[test]
fn a_row_of_which_later_rows_have_set_everything_is_done() {
    let (a, b) = (number(61), number(62));
    let stage = refused_at_first(&[[&a, "", ""], [&b, "", ""]]);
    stage.apply("sheet.csv --allow-duplicates").expect(1);
    let sent = changes_sent(&stage);
    let line = "sheet.results.csv --only-failed --allow-duplicates";
    stage.apply(line).expect(0);
    assert_eq!(
        (all_numbers(&stage)[0].clone(), changes_sent(&stage)),
        (json!(b), sent)
    );
    let results = stage.results("sheet.results-2.csv");
    assert_eq!(
        results[0]["message"],
        "row 3, which is for the same location, was sent already"
    );
    assert_eq!(count(&results, "skipped"), 1);
}

#[test]
fn a_row_of_which_later_rows_have_set_everything_stays_so_however_often_the_rest_is_sent() {
    let (a, b) = (number(61), number(62));
    for corrected in [number(71), String::new(), a.clone()] {
        let stage = refused_at_first(&[[&a, "", ""], [&b, "", ""]]);
        stage.apply("sheet.csv --allow-duplicates").expect(1);
        let sent = changes_sent(&stage);
        resave(
            &stage,
            "sheet.results.csv",
            "r-1.csv",
            |column, row, cell| match (column, row) {
                ("n1", 2) => corrected.clone(),
                _ => cell.to_string(),
            },
        );
        for go in 1..=3 {
            let line = format!("r-{go}.csv --only-failed --allow-duplicates");
            let line = format!("{line} -o r-{}.csv", go + 1);
            stage.apply(&line);
            let case = format!("`{corrected}`, {go}");
            let results = stage.results(&format!("r-{}.csv", go + 1));
            assert_eq!(results[0]["outcome"], "skipped", "{case}");
            assert_eq!(results[1]["outcome"], "updated", "{case}");
            assert_eq!(changes_sent(&stage), sent, "{case}");
        }
        assert_eq!(all_numbers(&stage)[0], json!(b));
    }
}

#[test]
fn a_row_that_was_the_same_as_one_that_is_corrected_asks_for_something_else() {
    let a = number(61);
    for (flag, code, there) in [("", 2, number(51)), ("--allow-duplicates", 0, a.clone())] {
        let stage = refused_at_first(&[[&a, "", ""], [&a, "", ""]]);
        stage.apply("sheet.csv").expect(1);
        let results = stage.results("sheet.results.csv");
        assert_eq!(results[1]["message"], "the same as row 2");
        resave(
            &stage,
            "sheet.results.csv",
            "fixed.csv",
            |column, row, cell| match (column, row) {
                ("n1", 2) => number(71),
                _ => cell.to_string(),
            },
        );
        stage
            .apply(&format!("fixed.csv --only-failed {flag}"))
            .expect(code);
        assert_eq!(all_numbers(&stage)[0], json!(there));
        // One that was not corrected is the same still.
        if code == 2 {
            stage
                .apply("sheet.results.csv --only-failed -o r.csv")
                .expect(0);
            assert_eq!(stage.results("r.csv")[1]["message"], "the same as row 2");
        }
    }
}

#[test]
fn what_is_typed_into_a_row_that_is_done_is_told_in_results_of_another_part_too() {
    let stage = Stage::instant();
    let row = |location, site| {
        format!(
            "{},{},{},,{site}\n",
            org_id(1),
            location_id(location),
            number(60)
        )
    };
    let rows = row(2, "Paris") + &row(3, "Malaga");
    stage.write("sheet.csv", format!("orgId,locationId,n1,n2,site\n{rows}"));
    stage.apply("sheet.csv").expect(0);
    for column in ["n1", "n2"] {
        resave(
            &stage,
            "sheet.results.csv",
            "typed.csv",
            |found, row, cell| match (found, row) {
                (found, 3) if found == column => number(71),
                _ => cell.to_string(),
            },
        );
        let line = format!("typed.csv --only-failed --where site=Paris -o {column}.csv");
        stage.apply(&line).expect(0);
        let ran = stage
            .apply(&format!("{column}.csv --only-failed"))
            .expect(2);
        ran.says("rows of `");
        ran.says("that are done ask for something else now");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_question_counts_rows_where_several_are_for_one_location() {
    let stage = planned([[&number(61), ""], [&number(62), ""]]);
    let line = format!(
        "apply sheet.csv --backup --allow-duplicates --base-url {}",
        stage.simulator.base_url()
    );
    let sent = changes_sent(&stage);
    let ran = stage.at_a_terminal(&line, "n\n");
    let shown = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains("Change up to 3 rows"), "{shown}");
    assert_eq!(changes_sent(&stage), sent);
}

#[test]
fn a_verification_looks_at_what_the_rows_of_a_location_ask_for_in_the_end() {
    let (a, b) = (number(61), number(62));
    for (rows, then, code) in [
        ([[&*a, ""], [&*b, ""]], None, 0),
        // The last row is not the only one that counts.
        ([[&*a, &*b], [&*b, ""]], None, 0),
        ([[&*a, &*b], [&*b, ""]], Some(2), 4),
        ([[&*a, ""], [&*b, ""]], Some(1), 4),
    ] {
        let stage = planned(rows);
        stage.apply("sheet.csv --allow-duplicates").expect(0);
        if let Some(field) = then {
            set_elsewhere(&stage, field);
        }
        let line = "plan sheet.csv --allow-duplicates --exit-code";
        let ran = stage.run_online(line).expect(code);
        if code == 0 {
            ran.says("note: 2 rows are for a location that is as the last of its rows asks");
            assert!(!ran.stderr.contains("to apply this plan"), "{}", ran.stderr);
        }
        let summary = stage.run_online(&format!("{line} --summary json -o p.csv"));
        let summary: Value = serde_json::from_str(&summary.stdout).expect("JSON");
        assert_eq!(summary["exitCode"], code, "{rows:?} {then:?}");
    }
}
