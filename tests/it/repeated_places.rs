//! Several rows for one location under a plan: what somebody else set since is left alone, whichever of
//! the rows finds it.

use serde_json::{Value, json};

use crate::harness::{Stage, count, location_id, number, org_id};

const PLAN: &str = "sheet.plan.csv";

/// A plan of two rows for location 2, with the cells of `n1` and `n2`, and one for location 3.
fn planned(rows: [[&str; 2]; 2]) -> Stage {
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

fn set_elsewhere(stage: &Stage, field: usize) {
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
