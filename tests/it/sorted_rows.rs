//! Several rows for one location in files that were sorted, shortened or undone in part since: what the last row
//! of the run asks for is what the location has in the end, and the undo leads to what was there first.

use serde_json::json;

use wxbulk::simulator::Behavior;

use crate::harness::{Stage, number};
use crate::repeated_places::{all_numbers, planned, refused_at_first};
use crate::undo::spelt_alike;
use crate::way_back::changes_sent;

const AGAIN: &str = "sheet.results.csv --only-failed --allow-duplicates";

/// Puts the rows of a file into this order, by their numbers from 0.
fn reorder(stage: &Stage, name: &str, order: &[usize]) {
    let text = std::fs::read_to_string(stage.path(name)).expect("a file");
    let lines: Vec<&str> = text.lines().collect();
    let rows = order.iter().map(|row| lines[row + 1]);
    let all: Vec<&str> = [lines[0]].into_iter().chain(rows).collect();
    stage.write(name, all.join("\n") + "\n");
}

#[test]
fn rows_that_are_sent_again_must_be_in_the_order_of_the_run() {
    let (a, b) = (number(61), number(62));
    // The first row cannot be read, and the second not be changed.
    let stage = refused_at_first(&[[&a, "", ""], [&b, "", ""]]);
    let line = "sheet.csv --backup --allow-duplicates";
    stage.apply(line).expect(1);
    let before = stage.state();
    let sent = changes_sent(&stage);
    reorder(&stage, "sheet.results.csv", &[1, 0]);
    for line in [
        format!("apply {AGAIN} --yes"),
        format!("plan {AGAIN} -o p.csv"),
        "plan sheet.results.csv --allow-duplicates -o p.csv".to_string(),
        "apply sheet.results.csv --allow-duplicates -o p.csv --yes".to_string(),
    ] {
        let ran = stage.run_online(&line).expect(2);
        ran.says("stand in another order than the run had them in");
        ran.says("rows 2 and 3");
        ran.says("sort the rows by the column `row`, from the lowest");
    }
    assert_eq!(changes_sent(&stage), sent);
    reorder(&stage, "sheet.results.csv", &[1, 0]);
    stage.apply(AGAIN).expect(0);
    assert_eq!(all_numbers(&stage)[0], json!(b));
    stage.run_online("undo sheet.results-2.csv --yes").expect(0);
    assert_eq!(spelt_alike(&stage.state()), spelt_alike(&before));
}

#[test]
fn what_a_later_row_has_set_stays_wherever_that_row_is_now() {
    let (a, b) = (number(61), number(62));
    // What became of the results of the first row, which was refused, and the second, which is done; whether
    // there is a journal, and the row that is named.
    for (order, part, has_journal, says) in [
        (&[0, 1][..], "", true, "row 3, which"),
        (&[0, 1], "", false, "row 3, which"),
        (&[1, 0], "", true, "row 2, which"),
        (&[1, 0], "", false, "row 2, which"),
        (
            &[0],
            "",
            true,
            "a later row for the same location, which is not in this file,",
        ),
        (&[0, 1], "--rows 2", true, "row 3, which"),
        (&[0, 1], "--rows 2", false, "row 3, which"),
    ] {
        let stage = refused_at_first(&[[&a, "", ""], [&b, "", ""]]);
        stage.apply("sheet.csv --allow-duplicates").expect(1);
        let sent = changes_sent(&stage);
        reorder(&stage, "sheet.results.csv", order);
        if !has_journal {
            without_journal(&stage);
        }
        stage.apply(&format!("{AGAIN} {part}")).expect(0);
        let what = format!("{order:?} {part} {has_journal}");
        assert_eq!(all_numbers(&stage)[0], json!(b), "{what}");
        assert_eq!(changes_sent(&stage), sent, "{what}");
        let results = stage.results("sheet.results-2.csv");
        let row = results.iter().find(|row| row["outcome"] == "skipped");
        let message = &row.expect("a row that was skipped")["message"];
        assert!(message.starts_with(says), "{what}: {message}");
    }
}

fn without_journal(stage: &Stage) {
    std::fs::remove_file(stage.path("sheet.results.csv.journal")).expect("it is there");
}

#[test]
fn a_corrected_row_is_sent_after_the_one_that_came_before_it_wherever_it_is_now() {
    let (a, b) = (number(61), number(62));
    for order in [[0, 1], [1, 0]] {
        let stage = Stage::instant();
        let row = |n1: &str| format!("{},{n1}\n", crate::harness::location_id(2));
        let rows = row(&a) + &row("no number");
        stage.write("sheet.csv", format!("locationId,n1\n{rows}"));
        let line = "sheet.csv --backup --allow-duplicates --skip-invalid";
        stage.apply(line).expect(1);
        let text = std::fs::read_to_string(stage.path("sheet.results.csv")).expect("results");
        stage.write("sheet.results.csv", text.replace("no number", &b));
        reorder(&stage, "sheet.results.csv", &order);
        stage.apply(AGAIN).expect(0);
        assert_eq!(all_numbers(&stage)[0], json!(b), "{order:?}");
    }
}

#[test]
fn a_plan_must_be_in_its_own_order() {
    let (a, b) = (number(61), number(62));
    for (order, code) in [(&[1, 0, 2][..], 2), (&[2, 0, 1], 0), (&[1], 0)] {
        let stage = planned([[&a, ""], [&b, ""]]);
        let sent = changes_sent(&stage);
        reorder(&stage, "sheet.plan.csv", order);
        let ran = stage.apply("sheet.plan.csv").expect(code);
        if code == 2 {
            ran.says("stand in another order than they were planned in");
            ran.says("row 3");
            assert_eq!(changes_sent(&stage), sent);
        } else {
            assert_eq!(all_numbers(&stage)[0], json!(b));
        }
    }
}

#[test]
fn an_undo_goes_back_behind_the_first_row_whatever_the_order_of_the_file() {
    let (a, b) = (number(61), number(62));
    for has_journal in [true, false] {
        let stage = planned([[&a, ""], [&b, ""]]);
        let before = json!(all_numbers(&stage));
        stage
            .apply("sheet.csv --backup --allow-duplicates")
            .expect(0);
        reorder(&stage, "sheet.results.csv", &[1, 2, 0]);
        if !has_journal {
            without_journal(&stage);
        }
        stage.run_online("undo sheet.results.csv --yes").expect(0);
        let now = json!(all_numbers(&stage));
        assert_eq!(spelt_alike(&now), spelt_alike(&before));
    }
}

#[test]
fn an_undo_of_a_later_row_and_then_of_all_leads_to_what_was_there_first() {
    let (a, b) = (number(61), number(62));
    let stage = planned([[&a, ""], [&b, ""]]);
    let before = json!(all_numbers(&stage));
    stage
        .apply("sheet.csv --backup --allow-duplicates")
        .expect(0);
    stage
        .run_online("undo sheet.results.csv --rows 3 --yes")
        .expect(0);
    let now = all_numbers(&stage)[0].clone();
    assert_eq!(spelt_alike(&now), spelt_alike(&json!(a)));
    stage.run_online("undo sheet.results.csv --yes").expect(0);
    let now = json!(all_numbers(&stage));
    assert_eq!(spelt_alike(&now), spelt_alike(&before));
}

#[test]
fn what_another_admin_set_after_an_undo_of_a_later_row_is_left_alone() {
    let (a, b, c) = (number(61), number(62), number(63));
    let stage = Stage::instant();
    let row = |cells: &str| format!("{},{cells}\n", crate::harness::location_id(2));
    let rows = row(&format!("{a},")) + &row(&format!("{b},")) + &row(&format!(",{c}"));
    stage.write("sheet.csv", format!("locationId,n1,n2\n{rows}"));
    stage
        .apply("sheet.csv --backup --allow-duplicates")
        .expect(0);
    stage
        .run_online("undo sheet.results.csv --rows 4 --yes")
        .expect(0);
    // The number that the first row had set.
    stage.set_number(2, 1, &a);
    stage.run_online("undo sheet.results.csv --yes").expect(1);
    assert_eq!(all_numbers(&stage)[0], json!(a));
}

#[test]
fn a_row_that_was_not_sent_keeps_its_place_among_the_rows_of_its_location() {
    let [a, b, c] = [61, 62, 63].map(number);
    // One with a mistake, and one that was the same as the row before it.
    for second in ["no number", &a] {
        for name in ["sheet.results.csv", "copy.csv"] {
            // The first row and the last one are refused.
            let stage = refused_at_first(&[[&a, "", ""], [second, "", ""], [&c, "", ""]]);
            let before = stage.state();
            stage
                .apply("sheet.csv --backup --allow-duplicates --skip-invalid")
                .expect(1);
            let text = std::fs::read_to_string(stage.path("sheet.results.csv")).expect("results");
            let corrected = if second == "no number" {
                text.replace("no number", &b)
            } else {
                text.replacen(&a, &b, 1)
            };
            stage.write(name, corrected);
            stage
                .apply(&format!("{name} --only-failed --allow-duplicates -o 2.csv"))
                .expect(0);
            let what = format!("{second} {name}");
            assert_eq!(all_numbers(&stage)[0], json!(c), "{what}");
            stage.run_online("undo 2.csv --yes").expect(0);
            assert_eq!(spelt_alike(&stage.state()), spelt_alike(&before), "{what}");
        }
    }
}

#[test]
fn a_row_that_is_the_same_as_another_has_its_place_wherever_it_is_now() {
    let [a, b, c] = [61, 62, 63].map(number);
    let stage = refused_at_first(&[[&b, "", ""], [&b, "", ""], [&a, "", ""]]);
    stage.apply("sheet.csv --allow-duplicates").expect(1);
    let text = std::fs::read_to_string(stage.path("sheet.results.csv")).expect("results");
    stage.write("sheet.results.csv", text.replacen(&b, &c, 1));
    // The last row is done, and now stands first: it still is what the location has in the end.
    reorder(&stage, "sheet.results.csv", &[2, 0, 1]);
    let sent = changes_sent(&stage);
    stage.apply(AGAIN).expect(0);
    assert_eq!(all_numbers(&stage)[0], json!(a));
    assert_eq!(changes_sent(&stage), sent);
}

#[test]
fn without_any_journal_rows_of_results_that_were_sorted_are_not_undone_in_a_guessed_order() {
    let [a, b] = [61, 62].map(number);
    let location = crate::harness::location_id(3);
    let stage = Stage::new(Behavior {
        faults: format!("400=100% once at {location}")
            .parse()
            .expect("faults"),
        ..Behavior::instant()
    });
    let row = |location, n1: &str| format!("{},{n1}\n", crate::harness::location_id(location));
    let rows = row(2, &a) + &row(2, &b) + &row(3, "+12025550003");
    stage.write("sheet.csv", format!("locationId,n1\n{rows}"));
    stage
        .apply("sheet.csv --backup --allow-duplicates")
        .expect(1);
    reorder(&stage, "sheet.results.csv", &[2, 1, 0]);
    stage.apply(AGAIN).expect(1);
    let journals = ["sheet.results.csv.journal", "sheet.results-2.csv.journal"];
    for name in journals {
        std::fs::rename(stage.path(name), stage.path(&format!("{name}.away"))).expect("a journal");
    }
    let ran = stage.run_online("undo sheet.results-2.csv --yes").expect(1);
    ran.says("not undone: row 3");
    ran.says("not undone: row 4");
    ran.says("put the journal of that run back");
    assert_eq!(all_numbers(&stage)[0], json!(b));
    for name in journals {
        std::fs::rename(stage.path(&format!("{name}.away")), stage.path(name)).expect("a journal");
    }
    stage.run_online("undo sheet.results-2.csv --yes").expect(0);
    assert_eq!(all_numbers(&stage)[0], json!(null));
}

#[test]
fn a_deleted_row_is_named_where_another_row_was_left_as_an_earlier_run_noted_it() {
    let row = |location, n1: &str| format!("{},{n1}\n", crate::harness::location_id(location));
    // It fails in both of the first two runs.
    let failing = crate::harness::location_id(4);
    let stage = Stage::new(Behavior {
        faults: format!("400=100% once at {failing}")
            .parse()
            .expect("faults"),
        ..Behavior::instant()
    });
    let [a, b, c, d] = [61, 62, 63, 64].map(number);
    let rows = row(2, "no number") + &row(2, &b) + &row(3, &c) + &row(4, &d);
    stage.write("sheet.csv", format!("locationId,n1\n{rows}"));
    stage
        .apply("sheet.csv --backup --allow-duplicates --skip-invalid")
        .expect(1);
    let text = std::fs::read_to_string(stage.path("sheet.results.csv")).expect("results");
    stage.write("sheet.results.csv", text.replace("no number", &a));
    // What the first row asks for is set by the second already, so it is skipped.
    stage.apply(AGAIN).expect(1);
    reorder(&stage, "sheet.results-2.csv", &[0, 1, 3]);
    stage
        .apply("sheet.results-2.csv --only-failed --allow-duplicates")
        .expect(0);
    let line = "undo sheet.results-3.csv --even-if-used --yes";
    let ran = stage.run_online(line).expect(1);
    ran.says("not undone: row 4 of `sheet.results-2.csv`");
    let now = stage.state();
    let left =
        [2, 3, 4].map(|row| now[crate::harness::location_id(row)]["autoTransferNumber1"].clone());
    assert_eq!(left, [json!(null), json!(c), json!(null)]);
}

#[test]
fn after_an_undo_of_an_undo_the_part_that_was_undone_before_both_is_known() {
    let (a, b) = (number(61), number(62));
    let stage = planned([[&a, ""], [&b, ""]]);
    let before = json!(all_numbers(&stage));
    stage
        .apply("sheet.csv --backup --allow-duplicates")
        .expect(0);
    for (line, is_a) in [
        ("undo sheet.results.csv --rows 3", true),
        ("undo sheet.results.csv", false),
        ("undo sheet.results-3.csv", true),
        ("undo sheet.results.csv", false),
    ] {
        stage.run_online(&format!("{line} --yes")).expect(0);
        let now = json!(all_numbers(&stage));
        let has_a = spelt_alike(&now[0]) == spelt_alike(&json!(a));
        let is_back = spelt_alike(&now) == spelt_alike(&before);
        assert_eq!((has_a, is_back), (is_a, !is_a), "{line}");
    }
}

#[test]
fn what_an_undo_has_not_reached_at_one_location_is_no_value_of_ours_there() {
    let [a, b, c, other] = [61, 62, 63, 77].map(number);
    let stage = Stage::instant();
    let row =
        |location, cells: &str| format!("{},{cells}\n", crate::harness::location_id(location));
    let [first, second] = [&a, &b].map(|n1| format!("{n1},"));
    let rows = [(2, &first), (2, &second), (3, &first), (3, &second)];
    let rows = rows.map(|(location, cells)| row(location, cells)).concat();
    let last = row(3, &format!(",{c}"));
    stage.write("sheet.csv", format!("locationId,n1,n2\n{rows}{last}"));
    stage
        .apply("sheet.csv --backup --allow-duplicates")
        .expect(0);
    // One part of location 3 is back, and of the next one only location 2.
    stage
        .run_online("undo sheet.results.csv --rows 6 --yes")
        .expect(0);
    stage.set_number(3, 1, &other);
    stage
        .run_online("undo sheet.results.csv --rows 3,5 --yes")
        .expect(1);
    // What that would have put back, set by somebody else.
    stage.set_number(3, 1, &a);
    stage.run_online("undo sheet.results.csv --yes").expect(1);
    let now = &stage.state()[crate::harness::location_id(3)]["autoTransferNumber1"];
    assert_eq!(spelt_alike(now), spelt_alike(&json!(a)));
}

#[test]
fn of_several_rows_of_a_location_a_part_that_was_undone_says_nothing_of_other_numbers() {
    let [a, b] = [61, 62].map(number);
    let stage = Stage::instant();
    let before = stage.state();
    let id = crate::harness::location_id(2);
    let rows = format!("{id},{a},,1\n{id},,{b},2\n");
    stage.write("sheet.csv", format!("locationId,n1,n2,wave\n{rows}"));
    stage
        .apply("sheet.csv --backup --allow-duplicates")
        .expect(0);
    let after = stage.state();
    let ran = stage
        .run_online("undo sheet.results.csv --where wave=1 --yes")
        .expect(0);
    assert!(!ran.stderr.contains("changed again"), "{}", ran.stderr);
    let now = stage.state();
    for (name, expected) in [
        ("autoTransferNumber1", &before),
        ("autoTransferNumber2", &after),
    ] {
        assert_eq!(now[&id][name], expected[&id][name], "{name}");
    }
    let status = stage.run("status sheet.results.csv").expect(0);
    assert!(
        status.stdout.contains("partly undone by"),
        "{}",
        status.stdout
    );
    stage
        .run("report sheet.results.csv --where wave=2 -o wave-2.html")
        .expect(0);
    assert!(
        !std::fs::read_to_string(stage.path("wave-2.html"))
            .expect("a page")
            .contains("sheet.results-2.csv")
    );
    stage
        .run_online("undo sheet.results.csv --where wave=2 --yes")
        .expect(0);
    for name in ["autoTransferNumber1", "autoTransferNumber2"] {
        assert_eq!(stage.state()[&id][name], json!(null), "{name}");
    }
    let sent = changes_sent(&stage);
    for part in ["", " --where wave=1", " --where wave=2"] {
        let line = format!("undo sheet.results.csv{part} --yes");
        let ran = stage.run_online(&line).expect(0);
        ran.says("nothing is left to undo");
    }
    assert_eq!(changes_sent(&stage), sent);
}

#[test]
fn a_number_that_rows_set_and_set_back_is_nothing_that_is_left_to_undo() {
    let [a, b] = [61, 62].map(number);
    let stage = Stage::instant();
    let id = crate::harness::location_id(2);
    stage.set_number(2, 1, &a);
    let before = stage.state();
    let rows = format!("{id},{b},\n{id},{a},{b}\n");
    stage.write("sheet.csv", format!("locationId,n1,n2\n{rows}"));
    stage
        .apply("sheet.csv --backup --allow-duplicates")
        .expect(0);
    stage.run_online("undo sheet.results.csv --yes").expect(0);
    assert_eq!(spelt_alike(&stage.state()), spelt_alike(&before));
    let status = stage.run("status sheet.results.csv").expect(0);
    assert!(status.stdout.contains("  undone by"), "{}", status.stdout);
}
