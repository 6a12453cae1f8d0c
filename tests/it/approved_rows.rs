//! Rows that were deleted from a plan, marked as skipped or emptied are not approved, whichever file is
//! sent; and a row that a plan had done in part can be finished under it.

use std::fs;

use serde_json::{Value, json};
use wxbulk::simulator::Faults;

use crate::harness::{Ran, Stage, count, location_id, number, sheet};
use crate::location_rules;
use crate::way_back::{self, edit_cells, resave};

const ROWS: u64 = 6;
const PLAN: &str = "sheet.plan.csv";
const RESULTS: &str = "sheet.plan.results.csv";

fn planned() -> Stage {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(ROWS));
    stage.run_online("plan sheet.csv").expect(0);
    stage
}

fn writes(stage: &Stage) -> Vec<Value> {
    let mut writes = stage.requests();
    writes.retain(|request| request["method"] == "PUT");
    writes
}

/// The plan with what `change` makes of the cells of its rows; `None` deletes a column.
fn resave_columns(stage: &Stage, change: impl Fn(&str, usize, &str) -> Option<String>) {
    let mut reader = csv::Reader::from_path(stage.path(PLAN)).expect("a plan");
    let header = reader.headers().expect("a header").clone();
    let mut lines = vec![header.clone()];
    lines.extend(reader.records().map(|record| record.expect("a row")));
    let lines = lines.iter().enumerate().map(|(index, line)| {
        let cells = header.iter().zip(line);
        let cells = cells.filter_map(|(column, cell)| change(column, index + 1, cell));
        cells.collect::<Vec<_>>().join(",")
    });
    let lines: Vec<String> = lines.collect();
    stage.write(PLAN, lines.join("\n") + "\n");
}

fn without_line(stage: &Stage, line: usize) {
    let plan = fs::read_to_string(stage.path(PLAN)).expect("a plan");
    let lines = plan.lines().enumerate();
    let lines = lines.filter(|(index, _)| index + 1 != line);
    let lines: Vec<&str> = lines.map(|(_, line)| line).collect();
    stage.write(PLAN, lines.join("\n") + "\n");
}

#[test]
fn what_a_plan_does_not_approve_any_more_is_not_sent_from_its_sheet_either() {
    for edit in ["deleted", "skipped", "emptied", "other number"] {
        let stage = planned();
        match edit {
            "deleted" => without_line(&stage, 4),
            _ => resave(&stage, PLAN, PLAN, |column, row, cell| {
                match (edit, column, row) {
                    ("skipped", "action", 4) => "Skipped".to_string(),
                    ("emptied", "n1", 4) => String::new(),
                    ("other number", "n1", 4) => number(77),
                    _ => cell.to_string(),
                }
            }),
        }
        let ran = stage
            .apply(&format!("sheet.csv --if-unchanged {PLAN}"))
            .expect(2);
        ran.says("`sheet.plan.csv` does not approve row 4:");
        ran.says("wxbulk apply sheet.plan.csv");
        assert_eq!(writes(&stage), [] as [Value; 0], "{edit}");
    }
    let stage = planned();
    stage
        .apply(&format!("sheet.csv --if-unchanged {PLAN}"))
        .expect(0);
    assert_eq!(writes(&stage).len() as u64, ROWS);
}

#[test]
fn rows_of_a_plan_that_were_emptied_are_not_passed_over() {
    for edit in ["emptied", "column deleted", "column renamed"] {
        let stage = Stage::instant();
        // Without other numbers to set.
        let text = sheet(ROWS).replace(",REMOVE,", ",,");
        stage.write("sheet.csv", text);
        stage.run_online("plan sheet.csv").expect(0);
        resave_columns(&stage, |column, row, cell| match (edit, column, row) {
            ("emptied", "n1", 2..) => Some(String::new()),
            ("column deleted", "n1", _) => None,
            ("column renamed", "n1", 1) => Some("remark".into()),
            _ => Some(cell.to_string()),
        });
        let ran = stage.apply(PLAN).expect(2);
        ran.says("row 2, 3, 4, 5, 6, 7");
        assert_eq!(writes(&stage), [] as [Value; 0], "{edit}");
    }
}

#[test]
fn what_a_plan_shows_as_present_may_not_be_edited() {
    let stage = planned();
    edit_cells(&stage, PLAN, PLAN, &[("present1", 4, "+12025559999")]);
    let ran = stage.apply(PLAN).expect(2);
    ran.says("present1");
    ran.says("row 4");
    ran.says("nothing was planned, and `+12025559999` stands there now");
    assert_eq!(writes(&stage), [] as [Value; 0]);
}

#[test]
fn what_a_spreadsheet_makes_of_the_numbers_that_a_plan_shows_is_no_edit() {
    let stage = way_back::stage();
    stage.run_online("plan sheet.csv").expect(0);
    resave(&stage, PLAN, PLAN, |column, row, cell| match column {
        "present1" | "new1" => way_back::as_excel_saves(column, row, cell),
        _ => cell.to_string(),
    });
    let plan = fs::read_to_string(stage.path(PLAN)).expect("a plan");
    assert!(plan.contains("4.97E+12"), "{plan}");
    stage.apply(PLAN).expect(0);
    assert_eq!(writes(&stage).len(), 5);
}

#[test]
fn a_plan_that_lacks_a_column_of_its_own_approves_nothing() {
    for (edit, name) in [
        ("deleted", "action"),
        ("renamed", "action"),
        ("deleted", "new1"),
        ("renamed", "present3"),
    ] {
        for line in [PLAN.to_string(), format!("sheet.csv --if-unchanged {PLAN}")] {
            let stage = planned();
            resave_columns(&stage, |column, row, cell| match (edit, column, row) {
                ("deleted", column, _) if column == name => None,
                ("renamed", column, 1) if column == name => Some("what".into()),
                _ => Some(cell.to_string()),
            });
            let ran = stage.apply(&line).expect(2);
            ran.says(format!("`sheet.plan.csv` has no column `{name}` any more"));
            ran.says("plan sheet.csv --base-url");
            assert_eq!(writes(&stage), [] as [Value; 0], "{edit}, {line}");
        }
    }
}

#[test]
fn a_column_of_the_users_own_is_not_taken_for_the_plans() {
    let stage = Stage::instant();
    let text = sheet(ROWS).replace(",site\n", ",action\n");
    stage.write("sheet.csv", text.replace(",site 3\n", ",skipped\n"));
    stage.run_online("plan sheet.csv").expect(0);
    let mut plan = fs::read_to_string(stage.path(PLAN)).expect("a plan");
    let at = plan.rfind(",change,").expect("the last row");
    plan.replace_range(at..at + ",change,".len(), ",skipped,");
    stage.write(PLAN, plan);
    stage.apply(PLAN).expect(0);
    let now = stage.state();
    assert_eq!(now[location_id(3)]["autoTransferNumber1"], json!(number(3)));
    assert!(now[location_id(7)]["autoTransferNumber1"].is_null());
    assert_eq!(writes(&stage).len() as u64, ROWS - 1);
}

#[test]
fn results_of_a_plan_whose_journal_is_gone_are_held_to_the_plan() {
    for name in [RESULTS, "mailed.csv"] {
        let stage = planned();
        stage.apply(PLAN).expect(0);
        fs::remove_file(stage.path(&format!("{RESULTS}.journal"))).expect("it is there");
        edit_cells(&stage, RESULTS, name, &[("outcome", 4, "failed")]);
        let others = sheet(ROWS).replace("+1202", "+1203");
        stage.write("others.csv", others);
        stage.apply("others.csv -o others.results.csv").expect(0);
        let (found, sent) = (stage.state(), writes(&stage).len());
        let line = format!("{name} --only-failed");
        let ran = stage.apply(&line);
        assert_eq!(
            (stage.state(), writes(&stage).len()),
            (found, sent),
            "{name}"
        );
        if name == RESULTS {
            let ran = ran.expect(1);
            ran.says("1 row was left alone");
        } else {
            ran.expect(2).says("name the plan with --if-unchanged");
        }
    }
}

/// The command that a run printed to send rows again.
fn printed(ran: &Ran) -> Option<String> {
    // What sends rows under a plan that is made first is another one.
    let lines = ran
        .stderr
        .lines()
        .take_while(|line| !line.starts_with("then "));
    let mut lines = lines.filter(|line| line.contains(" apply ") && line.contains("--only-failed"));
    let line = lines.next()?;
    let at = line.find(" apply ")?;
    Some(line[at + 1..].to_string())
}

#[test]
fn a_row_that_a_plan_had_done_in_part_is_finished_by_the_printed_command() {
    let stage = location_rules::stage(100, "400=25% once".parse().expect("faults"));
    let mut text = "locationId,n1,n2,national\n".to_string();
    for row in 2..102 {
        let id = location_id(row);
        text += &format!("{id},+12025550101,+12025550102,TRANSFER_NUMBER_2\n");
    }
    stage.write("sheet.csv", text);
    stage.run_online("plan sheet.csv");
    let mut ran = stage.run_online(&format!("apply {PLAN} --yes --skip-invalid"));
    let approved: Vec<String> = stage
        .results(RESULTS)
        .iter()
        .filter(|row| row["action"] == "change")
        .map(|row| row["locationId"].clone())
        .collect();
    let results = stage.results(RESULTS);
    assert!(count(&results, "partly") > 0 && approved.len() > 50);
    let mut rounds = 0;
    while let Some(command) = printed(&ran) {
        assert!(
            command.contains(&format!("--if-unchanged {PLAN}")),
            "{command}"
        );
        rounds += 1;
        assert!(rounds < 8, "{}", ran.stderr);
        ran = stage.run(&format!("{command} --yes"));
        assert!(!ran.stderr.contains("conflict"), "{}", ran.stderr);
    }
    let now = stage.state();
    for id in approved {
        let place = &now[&id];
        assert_eq!(place["autoTransferNumber2"], "+12025550102", "{place}");
        let is_set = place.to_string().contains("TRANSFER_NUMBER_2");
        assert!(is_set, "{place}\n{}", ran.stderr);
    }
}

#[test]
fn what_another_admin_set_is_left_alone_where_a_plan_had_done_a_row_in_part() {
    let stage = planned();
    stage.apply(PLAN).expect(0);
    // As if the answers for rows 3 and 4 had not come; row 4 was changed by somebody since.
    fs::remove_file(stage.path(&format!("{RESULTS}.journal"))).expect("it is there");
    resave(&stage, RESULTS, RESULTS, |column, row, cell| {
        match (column, row) {
            ("outcome", 3 | 4) => "unknown".to_string(),
            _ => cell.to_string(),
        }
    });
    stage.set_number(4, 1, "+12035550004");
    let ran = stage.apply(&format!("{RESULTS} --only-failed --if-unchanged {PLAN}"));
    let now = stage.state();
    assert_eq!(now[location_id(4)]["autoTransferNumber1"], "+12035550004");
    ran.expect(1);
}

#[test]
fn without_a_plan_too_a_row_that_is_not_done_finds_what_was_there_before_it_or_what_it_sent() {
    for (outcome, there, is_left_alone) in [
        ("unknown", "+12035550004", true),
        ("partly", "+12035550004", true),
        ("unknown", &*number(4), false),
        ("failed", "+12035550004", true),
        ("failed", &*number(4), false),
    ] {
        let stage = Stage::instant();
        stage.write("sheet.csv", sheet(ROWS));
        stage.apply("sheet.csv --backup").expect(0);
        let results = "sheet.results.csv";
        fs::remove_file(stage.path(&format!("{results}.journal"))).expect("it is there");
        edit_cells(&stage, results, results, &[("outcome", 4, outcome)]);
        let id = location_id(4);
        stage.set_number(4, 1, there);
        let ran = stage.apply(&format!("{results} --only-failed"));
        let now = stage.state()[&id]["autoTransferNumber1"].clone();
        let wanted = if is_left_alone {
            there.to_string()
        } else {
            number(4)
        };
        assert_eq!(now, wanted, "{outcome} {there}: {}", ran.stderr);
        ran.expect(i32::from(is_left_alone));
    }
}

#[test]
fn a_conflict_after_a_change_in_doubt_keeps_the_first_numbers_without_any_journal() {
    let stage = planned();
    let before = stage.state();
    stage.apply(PLAN).expect(0);
    let without_journal = |results: &str| {
        fs::remove_file(stage.path(&format!("{results}.journal"))).expect("it is there");
    };
    without_journal(RESULTS);
    edit_cells(&stage, RESULTS, RESULTS, &[("outcome", 4, "partly")]);
    let id = location_id(4);
    stage.set_number(4, 1, "+12035550004");
    stage.apply(&format!("{RESULTS} --only-failed")).expect(1);
    let second = "sheet.plan.results-2.csv";
    assert_eq!(stage.results(second)[2]["outcome"], "conflict");
    without_journal(second);
    // They set it back to what our first try had set.
    stage.set_number(4, 1, &number(4));
    let third = format!("{second} --only-failed --include conflict -o third.csv");
    stage.apply(&third).expect(0);
    assert_eq!(stage.results("third.csv")[2]["previous1"], "none");
    stage.run_online("undo third.csv --yes");
    assert!(before[&id].is_null());
    assert!(stage.state()[&id]["autoTransferNumber1"].is_null());
}

/// The command that makes the new plan, or that names it.
fn printed_for_conflicts(ran: &Ran) -> String {
    let is_it = |line: &&str| {
        let is_plan = line.contains("wxbulk plan ") && !line.contains("--usage");
        line.starts_with("  ") && (is_plan || line.contains("sheet.plan-2.csv"))
    };
    let line = ran.stderr.lines().find(is_it).expect("a command");
    line.split_once("wxbulk ").expect("a command").1.to_string()
}

/// What an approver had skipped stays so: the printed plan is of the rows in conflict, and a plan of all
/// results skips it.
#[test]
fn what_an_approver_skipped_stays_skipped_when_conflicts_are_planned_again() {
    let stage = planned();
    edit_cells(&stage, PLAN, PLAN, &[("action", 4, "skipped")]);
    stage.set_number(6, 1, "+12035550006");
    let ran = stage.apply(PLAN).expect(1);
    let plan = printed_for_conflicts(&ran);
    let ran = stage.run(&plan).expect(0);
    let send = printed_for_conflicts(&ran);
    assert!(send.contains(" --if-unchanged "), "{send}");
    assert!(!ran.stderr.contains("problems"), "{}", ran.stderr);
    let actions = |name: &str| -> Vec<String> {
        let rows = stage.results(name);
        rows.iter().map(|row| row["action"].clone()).collect()
    };
    assert_eq!(
        actions("sheet.plan-2.csv"),
        [
            "skipped", "skipped", "skipped", "skipped", "change", "skipped"
        ]
    );
    let ran = stage.run(&format!("{send} --yes")).expect(0);
    assert!(!ran.stderr.contains("problems"), "{}", ran.stderr);
    let now = stage.state();
    assert_eq!(now[location_id(6)]["autoTransferNumber1"], json!(number(6)));
    assert!(now[location_id(4)].is_null(), "{now}");

    // Whoever plans all of it, from the results or from the plan, has to approve the row there.
    for file in [RESULTS, PLAN] {
        stage
            .run_online(&format!("plan {file} -o all.csv"))
            .expect(0);
        assert_eq!(actions("all.csv")[2], "skipped", "{file}");
        stage.apply("all.csv").expect(0);
        assert!(stage.state()[location_id(4)].is_null());
        for name in [
            "all.csv",
            "all.csv.journal",
            "all.results.csv",
            "all.results.csv.journal",
        ] {
            fs::remove_file(stage.path(name)).expect("it is there");
        }
    }
}

/// Whoever corrects what only shows what was planned is told where to correct it, in results that are sent
/// again and that are planned again; a correction where it belongs is sent.
#[test]
fn what_was_typed_into_a_column_that_only_shows_the_plan_is_not_lost() {
    let stage = planned();
    stage.set_number(6, 1, "+12035550006");
    stage.apply(PLAN).expect(1);
    let sent = writes(&stage).len();
    for (column, typed) in [
        ("new1", "+12025550188"),
        ("new1", ""),
        ("new3", "+12025550188"),
    ] {
        resave(&stage, RESULTS, "edited.csv", |name, row, cell| {
            if (name, row) == (column, 6) {
                typed.to_string()
            } else {
                cell.to_string()
            }
        });
        for line in [
            "apply edited.csv --only-failed --include conflict --yes",
            "plan edited.csv -o p.csv",
        ] {
            let ran = stage.run_online(line).expect(2);
            ran.says("row 6");
            ran.says(format!("({column})"));
            ran.says(format!("correct it in `n{}`", &column[3..]));
        }
    }
    assert_eq!(writes(&stage).len(), sent);
    resave(&stage, RESULTS, "edited.csv", |name, row, cell| {
        match (name, row) {
            ("n1", 6) => "+12025550188".to_string(),
            ("new1", _) => way_back::as_excel_saves(name, row, cell),
            _ => cell.to_string(),
        }
    });
    stage
        .run_online("plan edited.csv --where outcome=conflict -o p.csv")
        .expect(0);
    let line = "edited.csv --only-failed --include conflict --if-unchanged p.csv -o second.csv";
    stage.apply(line).expect(0);
    let now = stage.state();
    assert_eq!(now[location_id(6)]["autoTransferNumber1"], "+12025550188");
    // And once more from the results, whose `new1` is of the first plan.
    stage.run_online("plan second.csv -o q.csv").expect(0);
}

#[test]
fn a_row_that_a_plan_could_not_approve_is_corrected_in_the_results() {
    let stage = location_rules::stage(2, Faults::default());
    // Row 3 clears a number to which its own rule sends calls.
    let [one, two] = [2, 3].map(location_id);
    stage.write(
        "sheet.csv",
        format!(
            "locationId,n1,international\n{one},+12025550101,\n{two},REMOVE,TRANSFER_NUMBER_1\n"
        ),
    );
    stage.run_online("plan sheet.csv").expect(1);
    let plan = stage.results(PLAN);
    assert_eq!(plan[1]["action"], "cannot");
    assert_eq!(plan[1]["newInternational"], "TRANSFER_NUMBER_1");
    let ran = stage.run_online(&format!("apply {PLAN} --yes --skip-invalid"));
    ran.expect(1).says(format!("correct it in `{RESULTS}`"));
    edit_cells(&stage, RESULTS, RESULTS, &[("international", 3, "BLOCK")]);
    stage
        .run_online(&format!("plan {RESULTS} --only-failed -o second.csv"))
        .expect(0);
    let line = format!("apply {RESULTS} --only-failed --backup --if-unchanged second.csv --yes");
    stage.run_online(&line).expect(0);
    let now = &stage.state()[location_id(3)];
    assert!(now.to_string().contains(r#""action":"BLOCK""#), "{now}");
    assert_eq!(now["autoTransferNumber1"], Value::Null, "{now}");
}

#[test]
fn what_is_left_out_of_a_plan_of_results_is_left_out_by_the_printed_command() {
    for edit in ["skipped", "deleted"] {
        let stage = corrected();
        let results = "sheet.results.csv";
        let line = format!("plan {results} --only-failed -o {PLAN}");
        let ran = stage.run_online(&line).expect(0);
        let command = printed(&ran).expect("a command");
        match edit {
            "deleted" => without_line(&stage, 3),
            _ => edit_cells(&stage, PLAN, PLAN, &[("action", 3, "skipped")]),
        }
        let sent = writes(&stage).len();
        let ran = stage.run(&format!("{command} --yes")).expect(0);
        ran.says("1 row is skipped by the plan");
        assert_eq!(writes(&stage).len(), sent + 1, "{edit}");
        let now = stage.state();
        assert_eq!(now[location_id(5)]["autoTransferNumber1"], json!(number(5)));
        assert!(now[location_id(3)]["autoTransferNumber1"].is_null());
        let row = &stage.results("sheet.results-2.csv")[1];
        assert_eq!(
            (&*row["outcome"], &*row["message"]),
            ("skipped", "the plan skips this row")
        );
    }
}

/// Results of which rows 3 and 5 were refused, and are corrected now.
fn corrected() -> Stage {
    let stage = Stage::instant();
    let broken = sheet(ROWS).replace(&number(3), "no number");
    stage.write("sheet.csv", broken.replace(&number(5), "none either"));
    stage.apply("sheet.csv --backup --skip-invalid").expect(1);
    let results = "sheet.results.csv";
    let cells = [("n1", 3, &*number(3)), ("n1", 5, &*number(5))];
    edit_cells(&stage, results, results, &cells);
    stage
}

#[test]
fn what_a_plan_of_results_shows_may_not_be_edited() {
    for (column, found) in [
        ("action", "skip"),
        ("action", "no"),
        ("new1", "+12025559999"),
        ("present1", "+12025559999"),
        ("n1", "+12025559999"),
        ("locationId", &*location_id(20)),
    ] {
        let stage = corrected();
        let line = format!("plan sheet.results.csv --only-failed -o {PLAN}");
        let command = printed(&stage.run_online(&line).expect(0)).expect("a command");
        let sent = writes(&stage).len();
        edit_cells(&stage, PLAN, PLAN, &[(column, 3, found)]);
        let ran = stage.run(&format!("{command} --yes")).expect(2);
        ran.says(match column {
            "n1" | "locationId" => "1 row is not as planned in `sheet.plan.csv`: row 3",
            "action" => "is not a word that a plan has here",
            _ => "1 cell of `sheet.plan.csv` was changed since it was made",
        });
        assert_eq!(writes(&stage).len(), sent, "{column}");
    }
}

#[test]
fn who_goes_on_under_a_plan_of_results_leaves_out_what_the_run_began_without() {
    let stage = corrected();
    let line = format!("plan sheet.results.csv --only-failed -o {PLAN}");
    let command = printed(&stage.run_online(&line).expect(0)).expect("a command");
    edit_cells(&stage, PLAN, PLAN, &[("action", 3, "skipped")]);
    stage
        .run(&format!("{command} --yes --max-wait 1s"))
        .expect(0);
    let results = "sheet.results-2.csv";
    assert_eq!(stage.results(results)[1]["outcome"], "skipped");
    // Whatever the plan says by now, or where it is.
    edit_cells(&stage, PLAN, PLAN, &[("action", 3, "change")]);
    stage.run(&format!("{command} --yes --resume")).expect(0);
    assert_eq!(stage.results(results)[1]["outcome"], "skipped");
    // What goes on from its results leaves the row out, too.
    let sent = writes(&stage).len();
    let line = format!("{results} --only-failed --if-unchanged {PLAN}");
    stage.apply(&line).expect(0);
    assert_eq!(writes(&stage).len(), sent);
}

#[test]
fn one_of_several_rows_of_a_location_can_be_deleted_from_a_plan_of_results() {
    let stage = Stage::instant();
    let row = |n: &str| format!("{},{n}\n", location_id(2));
    let (a, b, c) = (number(61), number(62), number(63));
    stage.write(
        "sheet.csv",
        format!(
            "locationId,n1,n2\n{}",
            row(&format!("{a},")) + &row("first,") + &row("second,")
        ),
    );
    let again = "--allow-duplicates";
    stage
        .apply(&format!("sheet.csv --backup --skip-invalid {again}"))
        .expect(1);
    let results = "sheet.results.csv";
    edit_cells(&stage, results, results, &[("n1", 3, &*b), ("n1", 4, &*c)]);
    let line = format!("plan {results} --only-failed {again} -o {PLAN}");
    let command = printed(&stage.run_online(&line).expect(0)).expect("a command");
    without_line(&stage, 4);
    stage.run(&format!("{command} --yes")).expect(0);
    let now = stage.state()[location_id(2)]["autoTransferNumber1"].clone();
    assert_eq!(now, json!(b));
}

#[test]
fn a_row_with_a_word_of_somebodys_own_is_not_offered_as_approved() {
    let stage = planned();
    resave(&stage, PLAN, PLAN, |column, row, cell| {
        match (column, row) {
            ("action", 3) => "no".to_string(),
            _ => cell.to_string(),
        }
    });
    let ran = stage.apply(&format!("{PLAN} --skip-invalid")).expect(1);
    ran.says("`no` is not a word that a plan has here");
    ran.says("to send the 1 row for which nothing was approved, correct it in");
    assert!(!ran.stderr.contains("as approved, run:"), "{}", ran.stderr);
}
