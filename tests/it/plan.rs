//! A plan is what is sent, and nothing else: whatever became of its file, of the sheet and of the
//! locations meanwhile.

use rust_xlsxwriter::Workbook;
use serde_json::{Value, json};
use wxbulk::simulator::{Behavior, Location, Locations};

use crate::harness::{Stage, count, location_id, number, org_id, sheet};

const ROWS: u64 = 6;

fn planned() -> Stage {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(ROWS));
    stage.run(&online(&stage, "plan sheet.csv")).expect(0);
    stage
}

fn online(stage: &Stage, line: &str) -> String {
    format!("{line} --base-url {}", stage.simulator.base_url())
}

fn plan_of(stage: &Stage) -> String {
    std::fs::read_to_string(stage.path("sheet.plan.csv")).expect("a plan")
}

fn writes(stage: &Stage) -> Vec<Value> {
    let requests = stage.requests();
    let mut writes = requests;
    writes.retain(|request| request["method"] == "PUT");
    writes
}

#[test]
fn a_plan_is_sent_as_it_was_approved_and_can_be_undone() {
    let stage = planned();
    stage.apply("sheet.plan.csv").expect(0);
    let results = stage.results("sheet.plan.results.csv");
    assert_eq!(count(&results, "updated") as u64, ROWS);
    let now_set = stage.state();
    for row in 2..ROWS + 2 {
        let set = &now_set[location_id(row)]["autoTransferNumber1"];
        assert_eq!(*set, json!(number(row)), "row {row}");
    }
    let undo = online(&stage, "undo sheet.plan.results.csv --yes");
    stage.run(&undo).expect(0);
    for row in 2..ROWS + 2 {
        let set = &stage.state()[location_id(row)]["autoTransferNumber1"];
        assert!(set.is_null(), "row {row}: {set}");
    }
}

#[test]
fn a_cell_that_was_changed_in_a_plan_is_named_and_nothing_is_sent() {
    for (from, to) in [
        (number(4), number(5)),
        (number(4), "REMOVE".to_string()),
        (number(4), String::new()),
        (location_id(4), location_id(5)),
    ] {
        let stage = planned();
        stage.write("sheet.plan.csv", plan_of(&stage).replacen(&from, &to, 1));
        let ran = stage.apply("sheet.plan.csv").expect(2);
        assert_eq!(writes(&stage), [] as [Value; 0], "{from} as {to}");
        assert!(
            ran.stderr.contains("row 4") || ran.stderr.contains("row 5"),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn rows_deleted_from_a_plan_are_not_sent_and_a_column_more_does_no_harm() {
    let stage = planned();
    let plan = plan_of(&stage);
    let kept = plan.lines().enumerate();
    let kept = kept.filter(|(index, _)| *index != 2);
    let kept: Vec<String> = kept.map(|(_, line)| format!("{line},seen by me")).collect();
    stage.write("sheet.plan.csv", kept.join("\n") + "\n");
    stage.apply("sheet.plan.csv").expect(0);
    assert_eq!(writes(&stage).len() as u64, ROWS - 1);
    assert!(stage.state()[location_id(3)]["autoTransferNumber1"].is_null());
}

#[test]
fn a_location_that_somebody_changed_since_the_plan_is_a_conflict() {
    let stage = planned();
    // Somebody else's own sheet.
    let others = sheet(ROWS).lines().take(2).collect::<Vec<_>>().join("\n");
    stage.write("others.csv", others.replace(&number(2), "+12025559999"));
    stage.apply("others.csv").expect(0);
    stage.apply("sheet.plan.csv").expect(1);
    let results = stage.results("sheet.plan.results.csv");
    assert_eq!(results[0]["outcome"], "conflict");
    assert!(
        results[0]["message"].contains("+12025559999"),
        "{:?}",
        results[0]
    );
    assert_eq!(count(&results, "updated") as u64, ROWS - 1);
    let now_set = stage.state();
    assert_eq!(
        now_set[location_id(2)]["autoTransferNumber1"],
        "+12025559999"
    );
}

#[test]
fn another_sheet_than_the_planned_one_is_told_by_its_rows() {
    let stage = planned();
    stage.write(
        "edited.csv",
        sheet(ROWS).replace(&number(5), "+12025559999"),
    );
    let ran = stage
        .apply("edited.csv --if-unchanged sheet.plan.csv")
        .expect(2);
    ran.says("1 row is not as planned in `sheet.plan.csv`: row 5");
    assert_eq!(writes(&stage), [] as [Value; 0]);
}

#[test]
fn what_a_run_had_holds_when_it_goes_on_without_its_flags() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(ROWS));
    stage.apply("sheet.csv --backup --note CHG-123").expect(0);
    let ran = stage.apply("sheet.csv --resume --country +49").expect(2);
    ran.says("--country");
    stage.apply("sheet.csv --resume").expect(0);
    let results = stage.results("sheet.results.csv");
    assert_eq!(count(&results, "updated") as u64, ROWS);
    let journal = std::fs::read_to_string(stage.path("sheet.results.csv.journal"));
    assert!(journal.expect("a journal").contains("CHG-123"));
}

#[test]
fn what_a_plan_shows_of_a_row_may_not_be_edited() {
    let changed = "was planned, and";
    for (from, to) in [
        (format!(",{},,,", number(4)), ",+12025559999,,,".to_string()),
        (",change,".to_string(), ",same,".to_string()),
    ] {
        let stage = planned();
        let plan = plan_of(&stage);
        let (head, tail) = plan.split_at(plan.find(&location_id(4)).expect("row 4") + 90);
        assert!(tail.contains(&from), "{tail}");
        stage.write(
            "sheet.plan.csv",
            format!("{head}{}", tail.replacen(&from, &to, 1)),
        );
        let ran = stage.apply("sheet.plan.csv").expect(2);
        ran.says("row 4");
        ran.says(changed);
        assert_eq!(writes(&stage), [] as [Value; 0], "{to}");
    }
}

#[test]
fn a_row_marked_as_skipped_in_a_plan_is_left_out() {
    let stage = planned();
    let plan = plan_of(&stage).replacen(",change,", ",Skipped,", 2);
    stage.write("sheet.plan.csv", plan);
    stage.apply("sheet.plan.csv").expect(0);
    assert_eq!(writes(&stage).len() as u64, ROWS - 2);
    let results = stage.results("sheet.plan.results.csv");
    assert_eq!(count(&results, "skipped"), 2);
    assert_eq!(results[0]["message"], "the plan skips this row");
}

#[test]
fn rows_that_a_plan_left_out_as_hidden_are_left_out_when_it_is_applied() {
    let stage = Stage::instant();
    stage.write("sheet.xlsx", hiding(&sheet(ROWS), &[3, 5]));
    stage
        .run(&online(&stage, "plan sheet.xlsx --hidden skip"))
        .expect(0);
    stage.apply("sheet.plan.xlsx").expect(0);
    let now_set = stage.state();
    for row in 2..ROWS + 2 {
        let is_set = !now_set[location_id(row)]["autoTransferNumber1"].is_null();
        assert_eq!(is_set, ![3, 5].contains(&row), "row {row}");
    }
}

#[test]
fn rows_that_somebody_hid_in_a_plan_are_not_approved_for_its_sheet() {
    let stage = planned();
    stage
        .run(&online(&stage, "plan sheet.csv -o plan.xlsx"))
        .expect(0);
    let plan = stage.results("plan.xlsx");
    let header = "orgId,locationId,n1,n2,n3,site,present1,present2,present3,new1,new2,new3";
    let header = format!("{header},usedBy1,usedBy2,usedBy3,action,reason");
    let row = |row: &std::collections::HashMap<String, String>| {
        let cells = header.split(',').map(|name| &*row[name]);
        cells.collect::<Vec<_>>().join(",")
    };
    let rows: Vec<String> = plan.iter().map(row).collect();
    let text = format!("{header}\n{}\n", rows.join("\n"));
    for (hidden, code) in [(&[][..], 0), (&[3][..], 2)] {
        stage.write("plan.xlsx", hiding(&text, hidden));
        let line = format!("sheet.csv --if-unchanged plan.xlsx -o results{code}.csv");
        let ran = stage.apply(&line);
        assert_eq!(ran.code, Some(code), "{}", ran.stderr);
        assert_eq!(writes(&stage).len() as u64, ROWS);
    }
}

/// The sheet as a workbook in which these rows are hidden.
pub(crate) fn hiding(sheet: &str, rows: &[u32]) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let worksheet = workbook.add_worksheet();
    for (row, line) in (0..).zip(sheet.lines()) {
        for (column, cell) in (0..).zip(line.split(',')) {
            worksheet.write_string(row, column, cell).expect("a cell");
        }
        if rows.contains(&(row + 1)) {
            worksheet.set_row_hidden(row).expect("a row");
        }
    }
    workbook.save_to_buffer().expect("memory")
}

#[test]
fn a_plan_whose_record_is_gone_or_that_was_renamed_alone_is_refused() {
    let stage = planned();
    std::fs::copy(stage.path("sheet.plan.csv"), stage.path("bob.csv")).expect("a copy");
    let ran = stage.apply("bob.csv").expect(2);
    ran.says("`bob.csv` is a plan, and its record `");
    ran.says("wxbulk plan bob.csv");
    std::fs::remove_file(stage.path("sheet.plan.csv.journal")).expect("it is there");
    stage.apply("sheet.plan.csv").expect(2);
    assert_eq!(writes(&stage), [] as [Value; 0]);
}

#[test]
fn rows_in_conflict_stay_under_the_plan_until_there_is_a_new_one() {
    let stage = planned();
    let others = sheet(ROWS).lines().take(2).collect::<Vec<_>>().join("\n");
    stage.write("others.csv", others.replace(&number(2), "+12025559999"));
    stage.apply("others.csv").expect(0);
    stage.apply("sheet.plan.csv").expect(1);
    let set = || stage.state()[location_id(2)]["autoTransferNumber1"].clone();

    let ran = stage
        .apply("sheet.plan.results.csv --only-failed --include conflict")
        .expect(1);
    assert_eq!(set(), "+12025559999", "the guard is kept");
    ran.says("plan sheet.plan.results-2.csv");

    stage
        .run(&online(&stage, "plan sheet.plan.results-2.csv -o new.csv"))
        .expect(0);
    stage
        .apply("sheet.plan.results-2.csv --only-failed --include conflict --if-unchanged new.csv")
        .expect(0);
    assert_eq!(set(), json!(number(2)));
}

#[test]
fn a_plan_and_an_undo_can_be_rehearsed() {
    let stage = planned();
    let rehearsed = |name: &str| stage.results(name);
    stage
        .run("apply sheet.plan.csv --rehearse --rehearse-speed 100")
        .expect(0);
    let results = rehearsed("sheet.plan.rehearsal.csv");
    assert!(
        results
            .iter()
            .all(|row| row["outcome"] == "updated (rehearsal)")
    );
    stage.apply("sheet.plan.csv").expect(0);
    stage
        .run("undo sheet.plan.results.csv --rehearse --rehearse-speed 100 -o undone.csv")
        .expect(0);
    let results = rehearsed("undone.csv");
    assert!(
        results
            .iter()
            .all(|row| row["outcome"] == "updated (rehearsal)")
    );
}

/// Two plans lie in the folder, and the older one is named out of habit.
#[test]
fn a_newer_plan_of_the_same_sheet_is_named_before_an_older_one_is_applied() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(4));
    stage.run_online("plan sheet.csv").expect(0);
    stage
        .run_online("plan sheet.csv --rows 2-3 -o part.csv")
        .expect(0);
    stage.write("sheet.csv", sheet(5));
    stage.run_online("plan sheet.csv").expect(0);
    let newer = "note: `sheet.plan-2.csv` is a newer plan of `sheet.csv`, made 20";
    let ran = stage.run_online("apply sheet.plan.csv").expect(2);
    let (before, question) = ran
        .stderr
        .split_once("there is no terminal")
        .expect("a question");
    assert!(before.contains(newer), "{before}");
    assert!(!question.contains(newer));
    ran.says(", after the sheet was changed; what is applied is `sheet.plan.csv`, made 20");
    let ran = stage.run_online("apply sheet.plan-2.csv --yes").expect(0);
    assert!(!ran.stderr.contains("newer plan"), "{}", ran.stderr);
}

#[test]
fn rows_that_a_plan_skips_are_on_the_page_of_each_run_under_it() {
    let stage = planned();
    let plan = std::fs::read_to_string(stage.path("sheet.plan.csv")).expect("a plan");
    let skipped = plan.replacen(",change", ",skipped", 1);
    assert_ne!(skipped, plan);
    stage.write("sheet.plan.csv", skipped);
    stage.set_number(4, 1, "+12025559999");
    stage.apply("sheet.plan.csv").expect(1);
    stage
        .apply("sheet.plan.results.csv --only-failed")
        .expect(1);
    for results in ["sheet.plan.results.csv", "sheet.plan.results-2.csv"] {
        let line = format!("report {results} -o {results}.html");
        stage.run(&line).expect(0);
        let page = std::fs::read_to_string(stage.path(&format!("{results}.html")));
        let page = page.expect("a page");
        assert!(page.contains("the plan skips this row"), "{results}");
    }
}

#[test]
fn a_page_says_of_which_file_each_of_two_numberings_is() {
    let stage = planned();
    let plan = std::fs::read_to_string(stage.path("sheet.plan.csv")).expect("a plan");
    let lines: Vec<&str> = plan.lines().collect();
    stage.write(
        "sheet.plan.csv",
        [&lines[..1], &lines[2..]].concat().join("\n") + "\n",
    );
    stage.apply("sheet.plan.csv").expect(0);
    stage
        .run("report sheet.plan.results.csv -o page.html")
        .expect(0);
    let page = std::fs::read_to_string(stage.path("page.html")).expect("a page");
    let page = page.replace("<bdi>", "`").replace("</bdi>", "`");
    for said in [
        "as they are numbered in `sheet.csv`, all other rows on this page as in `sheet.plan.csv`",
        "old and new, numbered as in `sheet.plan.csv`",
    ] {
        assert!(page.contains(said), "{page}");
    }
}

#[test]
fn where_only_conflicts_are_left_nothing_is_to_be_corrected_nor_was_sent() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(ROWS));
    stage
        .run(&online(&stage, "plan sheet.csv --rows 2-3"))
        .expect(0);
    stage.set_number(2, 1, "+12025559999");
    stage.apply("sheet.plan.csv").expect(1);
    let again = "sheet.plan.results.csv --only-failed";
    let ran = stage.apply(again).expect(1);
    ran.says("no row sent");
    ran.says("hint: to overwrite what was found in the row in conflict, plan what is not done and look at the plan");
    assert!(!ran.stderr.contains("correct it"), "{}", ran.stderr);
    let ran = stage.apply(again).expect(1);
    ran.says("note: another run went on from `sheet.plan.results.csv` already and sent nothing, with results in `sheet.plan.results-2.csv`, so this goes on from there\n");
}

#[test]
fn whose_the_rows_above_are_is_told_of_those_that_are_shown() {
    let stage = Stage::new(Behavior {
        locations: Locations::Exactly(
            (2..4)
                .map(|number| Location {
                    id: location_id(number),
                    organization: Some(org_id(number)),
                    organization_name: format!("Customer {number}"),
                    name: format!("Site {number}"),
                    numbers: [Some(self::number(3)), None, None],
                    ..Location::default()
                })
                .collect(),
        ),
        ..Behavior::instant()
    });
    let mut text = "orgId,locationId,n1\n".to_string();
    for row in 2..4 {
        text += &format!("{},{},{}\n", org_id(row), location_id(row), number(3));
    }
    // That of row 3 is as it is wanted already.
    stage.write("sheet.csv", text.replacen(&number(3), &number(2), 1));
    let ran = stage.run(&online(&stage, "plan sheet.csv")).expect(0);
    ran.says("the rows above are of Customer 2\n");
}
