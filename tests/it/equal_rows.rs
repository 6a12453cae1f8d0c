//! Rows that ask for the same of one location: each of them is held to what was planned and noted of itself.

use std::fs;

use serde_json::{Value, json};

use crate::harness::{Stage, count, location_id, number, org_id};
use crate::repeated_places::{all_numbers, set_elsewhere};

const HEADER: &str = "orgId,locationId,n1,n2,n3\n";

/// Rows for location 2, with the cells of `n1` and `n2`.
fn rows_of(rows: &[[&str; 2]]) -> String {
    let (org, id) = (org_id(1), location_id(2));
    let rows = rows.iter();
    let rows = rows.map(|[n1, n2]| format!("{org},{id},{n1},{n2},\n"));
    rows.collect()
}

/// Location 2 with a number of its own, and a sheet of these rows for it.
fn sheet_of(rows: &[[&str; 2]]) -> Stage {
    let stage = Stage::instant();
    let before = rows_of(&[[&number(51), ""]]);
    stage.write("before.csv", format!("{HEADER}{before}"));
    stage.apply("before.csv").expect(0);
    stage.write("sheet.csv", format!("{HEADER}{}", rows_of(rows)));
    stage
}

/// What the location has in `n1` and `n2`.
fn there(stage: &Stage) -> [Value; 2] {
    let [n1, n2, _] = all_numbers(stage);
    [n1, n2]
}

/// Rewrites a file line by line, by its number there.
fn edit(stage: &Stage, name: &str, line: impl Fn(usize, &str) -> Option<String>) {
    let text = fs::read_to_string(stage.path(name)).expect("a file");
    let lines = text.lines().enumerate();
    let lines = lines.filter_map(|(index, text)| line(index + 1, text));
    let text: String = lines.map(|text| text + "\n").collect();
    stage.write(name, text);
}

/// Marks a row of a plan.
fn leave_out(stage: &Stage, plan: &str, row: usize) {
    edit(stage, plan, |line, text| {
        let marked = text.replacen(",change,", ",skipped,", 1);
        let marked = marked.replacen(",same,", ",skipped,", 1);
        Some(if line == row {
            marked
        } else {
            text.to_string()
        })
    });
}

#[test]
fn a_plan_of_equal_rows_is_applied_as_it_was_made_and_without_rows_that_were_left_out() {
    let (a, b, c) = (&*number(61), &*number(62), &*number(63));
    let both = |n1: &str, n2: &str| [json!(n1), json!(n2)];
    let one = |n1: &str| [json!(n1), Value::Null];
    let before = &*number(51);
    // The rows, which of them is left out, and what the location has in the end.
    for (rows, left_out, wanted) in [
        ([[a, ""], [b, c], [a, ""]], None, both(a, c)),
        ([[a, ""], [b, c], [a, ""]], Some(2), both(a, c)),
        ([[a, ""], [b, c], [a, ""]], Some(3), one(a)),
        ([[a, ""], [b, c], [a, ""]], Some(4), both(b, c)),
        ([[a, ""], ["", c], [a, ""]], None, both(a, c)),
        ([[a, ""], ["", c], [a, ""]], Some(2), both(a, c)),
        // One that says the same as the row before shows nothing of its own, and is not sent in its place.
        ([[a, ""], [a, ""], [b, ""]], None, one(b)),
        ([[a, ""], [a, ""], [b, ""]], Some(2), one(before)),
        ([[a, ""], [a, ""], [b, ""]], Some(3), one(b)),
        ([[b, ""], [a, ""], [a, ""]], Some(3), one(before)),
    ] {
        for is_deleted in [false, true] {
            for apply in [
                "sheet.plan.csv",
                "sheet.csv --allow-duplicates --if-unchanged sheet.plan.csv",
            ] {
                let is_sheet = apply.starts_with("sheet.csv");
                if is_sheet && left_out.is_some() {
                    continue;
                }
                let stage = sheet_of(&rows);
                let plan = "plan sheet.csv --allow-duplicates";
                stage.run_online(plan).expect(0);
                match left_out {
                    Some(left_out) if is_deleted => edit(&stage, "sheet.plan.csv", |line, text| {
                        (line != left_out).then(|| text.to_string())
                    }),
                    Some(left_out) => leave_out(&stage, "sheet.plan.csv", left_out),
                    None => {}
                }
                let ran = stage.apply(&format!("{apply} -o r.csv"));
                let what = format!("{rows:?} {left_out:?} {is_deleted} {apply}: {}", ran.stderr);
                if wanted == one(before) {
                    ran.expect(2).says("as the row above it asked for the same");
                } else {
                    ran.expect(0);
                }
                assert_eq!(there(&stage), wanted, "{what}");
            }
        }
    }
}

#[test]
fn an_equal_row_that_was_left_out_of_a_plan_of_results_is_not_sent() {
    let (a, b, c) = (&*number(61), &*number(62), &*number(63));
    let both = |n1: &str, n2: &str| [json!(n1), json!(n2)];
    let three = [[a, ""], [b, c], [a, ""]];
    // The second row is the same as the first.
    let four = [[a, ""], [a, ""], [b, c], [a, ""]];
    for (rows, left_out, wanted) in [
        (&three[..], 2, both(a, c)),
        (&three, 3, [json!(a), Value::Null]),
        (&three, 4, both(b, c)),
        (&four, 2, both(a, c)),
        (&four, 3, both(a, c)),
        (&four, 4, [json!(a), Value::Null]),
        (&four, 5, both(b, c)),
    ] {
        let stage = sheet_of(rows);
        let plan = "plan sheet.csv --allow-duplicates";
        stage.run_online(plan).expect(0);
        set_elsewhere(&stage, 1);
        stage.apply("sheet.plan.csv").expect(1);
        let results = "sheet.plan.results.csv --only-failed --allow-duplicates --include conflict";
        stage
            .run_online(&format!("plan {results} -o p.csv"))
            .expect(0);
        leave_out(&stage, "p.csv", left_out);
        stage
            .apply(&format!("{results} --if-unchanged p.csv"))
            .expect(0);
        assert_eq!(there(&stage), wanted, "{rows:?} {left_out}");
        let left_out = &stage.results("sheet.plan.results-2.csv")[left_out - 2];
        assert_eq!(left_out["outcome"], "skipped", "{rows:?}");
    }
}

#[test]
fn a_row_that_equals_one_before_the_row_just_before_it_is_sent_whichever_rows_are_chosen() {
    let (a, b) = (&*number(61), &*number(62));
    for (is_deleted, words) in [
        (true, ""),
        (true, "--allow-duplicates"),
        (false, "--allow-duplicates --rows 2,4"),
    ] {
        for is_planned in [false, true] {
            let stage = sheet_of(&[[a, ""], [b, ""], ["unknown", ""]]);
            let line = "sheet.csv --backup --allow-duplicates --skip-invalid";
            stage.apply(line).expect(1);
            assert_eq!(there(&stage)[0], json!(b));
            edit(&stage, "sheet.results.csv", |line, text| {
                let corrected = text.replacen(",unknown,", &format!(",{a},"), 1);
                (line != 3 || !is_deleted).then_some(corrected)
            });
            let rest = format!("sheet.results.csv --only-failed {words}");
            if is_planned {
                let line = format!("plan {rest} -o p.csv --exit-code");
                stage.run_online(&line).expect(4);
                stage
                    .apply(&format!("{rest} --if-unchanged p.csv -o r.csv"))
                    .expect(0);
            } else {
                stage.apply(&format!("{rest} -o r.csv")).expect(0);
            }
            let what = format!("{is_deleted} {words} {is_planned}");
            assert_eq!(there(&stage)[0], json!(a), "{what}");
        }
    }
}

#[test]
fn a_row_that_was_the_same_as_another_one_is_sent_after_a_row_between_them() {
    let (a, b) = (&*number(61), &*number(62));
    let stage = sheet_of(&[[a, ""], [b, ""], [a, ""]]);
    stage.apply("sheet.csv --rows 2,4").expect(0);
    let results = stage.results("sheet.results.csv");
    assert_eq!(results[2]["message"], "the same as row 2");
    let line = "sheet.results.csv --only-failed --allow-duplicates";
    stage.apply(line).expect(0);
    assert_eq!(there(&stage)[0], json!(a));
}

#[test]
fn what_was_approved_for_another_row_of_the_location_is_not_sent_for_a_corrected_one() {
    let (a, b, c) = (&*number(61), &*number(62), &*number(63));
    let says = "for something else than was approved in `sheet.plan.csv`:";
    // How many rows are done under the plan, and what the others are changed to, by the lines of the file.
    for (done, corrected, refused) in [
        (0, [(2, b), (3, a)], "rows 2, 3"),
        (0, [(2, b), (2, b)], "row 2"),
        (1, [(3, c), (4, b)], "rows 3, 4"),
        (2, [(4, a), (4, a)], "row 4"),
    ] {
        let stage = sheet_of(&[[a, ""], [b, ""], [c, ""]]);
        let plan = "plan sheet.csv --allow-duplicates";
        stage.run_online(plan).expect(0);
        if done > 0 {
            let line = format!("sheet.plan.csv --first {done}");
            stage.apply(&line);
        }
        set_elsewhere(&stage, 1);
        let go_on = format!("--first {done} --resume");
        let go_on = if done > 0 { &*go_on } else { "" };
        stage.apply(&format!("sheet.plan.csv {go_on}"));
        let outcomes = stage.results("sheet.plan.results.csv");
        assert_eq!(count(&outcomes, "updated"), done);
        let before = there(&stage);
        edit(&stage, "sheet.plan.results.csv", |line, text| {
            let cells = text.split(',');
            let number = corrected.iter().find(|(row, _)| *row == line);
            let cells = cells.enumerate().map(|(index, cell)| match number {
                Some((_, number)) if index == 2 => number,
                _ => cell,
            });
            Some(cells.collect::<Vec<_>>().join(","))
        });
        let results = "sheet.plan.results.csv --only-failed --allow-duplicates --include conflict";
        let ran = stage.apply(results).expect(2);
        ran.says(format!("{says} {refused}"));
        assert_eq!(there(&stage), before, "{done}");
    }
}

#[test]
fn under_a_plan_a_row_finds_what_earlier_runs_set_for_rows_that_are_not_sent_with_it() {
    let (a, b, c) = (&*number(61), &*number(62), &*number(63));
    let others = &*number(77);
    // What the rows ask for, the lines that are deleted from the results of the first two, the part that is sent of
    // these, whether somebody else has set the number meanwhile, and what is there in the end.
    for (rows, deleted, part, is_set_elsewhere, then) in [
        ([a, b, c], &[][..], "", false, c),
        ([a, b, c], &[], "--rows 4", false, c),
        ([a, b, a], &[], "--rows 2,4", false, a),
        ([a, b, c], &[3], "", false, c),
        ([a, b, a], &[2, 3], "--rows 2", false, a),
        ([a, b, c], &[], "--rows 4", true, others),
        ([a, b, c], &[3], "", true, others),
    ] {
        let stage = sheet_of(&rows.map(|n1| [n1, ""]));
        let plan = "plan sheet.csv --allow-duplicates";
        stage.run_online(plan).expect(0);
        stage.apply("sheet.plan.csv --first 2").expect(3);
        edit(&stage, "sheet.plan.results.csv", |line, text| {
            (!deleted.contains(&line)).then(|| text.to_string())
        });
        if is_set_elsewhere {
            set_elsewhere(&stage, 1);
        }
        let line = format!("sheet.plan.results.csv --only-failed --allow-duplicates {part}");
        let ran = stage.apply(&line);
        let case = format!("{rows:?} {deleted:?} {part}: {}", ran.stderr);
        assert_eq!(there(&stage)[0], json!(then), "{case}");
        assert_eq!(ran.code, Some(i32::from(is_set_elsewhere)), "{case}");
    }
}
