//! Numbers that stand beside each other are written alike, whatever spelling the service lists them in;
//! what goes back to it has its own spelling.

use std::fs;

use serde_json::Value;
use wxbulk::simulator::{Behavior, Location, Locations};

use crate::harness::{Results, Stage, location_id, org_id};

/// The service lists the first as `2025550107` and the second as `+49-610077001`.
fn stage() -> Stage {
    let numbers = ["+12025550107", "+49610077001", "5501"];
    let location = |row: u64| Location {
        id: location_id(row),
        organization: Some(org_id(1)),
        numbers: numbers.map(|number| Some(number.to_string())),
        ..Location::default()
    };
    let stage = Stage::new(Behavior {
        locations: Locations::Exactly((2..4).map(location).collect()),
        ..Behavior::instant()
    });
    let row = |row: u64, cells: &str| format!("{},{},{cells}\n", org_id(1), location_id(row));
    let rows = row(2, "+12025550199,+49610077002,") + &row(3, "+12025550107,REMOVE,5502");
    stage.write("sheet.csv", format!("orgId,locationId,n1,n2,n3\n{rows}"));
    stage
}

/// The cells of some columns, row by row.
fn cells(results: &Results, columns: &[&str]) -> String {
    let rows = results.iter().map(|row| {
        let shown = |column: &str| match row[column].as_str() {
            "" => "–".to_string(),
            cell => cell.to_string(),
        };
        let cells = columns.iter().map(|column| shown(column));
        cells.collect::<Vec<_>>().join(" ")
    });
    rows.collect::<Vec<_>>().join("\n")
}

fn bodies_sent(stage: &Stage, after: usize) -> Vec<String> {
    let requests = stage.requests();
    let is_change = |request: &&Value| request["method"] == "PUT";
    let changes = requests.iter().skip(after).filter(is_change);
    let mut bodies: Vec<String> = changes.map(|put| put["body"].to_string()).collect();
    bodies.sort();
    bodies
}

#[test]
fn plan_results_and_export_have_one_spelling() {
    let stage = stage();
    let ran = stage.run_online("plan sheet.csv").expect(0);
    insta::assert_snapshot!(ran.stdout, @r"
    row 2: n1 +12025550107 → +12025550199, n2 +49610077001 → +49610077002
    row 3: n2 +49610077001 → nothing, n3 5501 → 5502
    ");
    let plan = stage.results("sheet.plan.csv");
    let columns = [
        "n1", "present1", "new1", "n2", "present2", "new2", "present3", "new3",
    ];
    insta::assert_snapshot!(cells(&plan, &columns), @r"
    +12025550199 +12025550107 +12025550199 +49610077002 +49610077001 +49610077002 5501 5501
    +12025550107 +12025550107 +12025550107 REMOVE +49610077001 – 5501 5502
    ");
    stage.run_online("export -o mine.csv").expect(0);
    insta::assert_snapshot!(cells(&stage.results("mine.csv"), &["n1", "n2", "n3"]), @r"
    +12025550107 +49610077001 5501
    +12025550107 +49610077001 5501
    ");
    let ran = stage.apply("sheet.plan.csv --report page.html");
    ran.expect(0);
    let page = fs::read_to_string(stage.path("page.html")).expect("a page");
    for change in ["n1: +12025550107 → +12025550199", "n3: 5501 → 5502"] {
        let shown = page.replace("<bdi>", "").replace("</bdi>", "");
        assert!(shown.contains(change), "{change}");
    }
    let results = stage.results("sheet.plan.results.csv");
    let columns = ["n1", "previous1", "n2", "previous2", "n3", "previous3"];
    insta::assert_snapshot!(cells(&results, &columns), @r"
    +12025550199 +12025550107 +49610077002 +49610077001 – 5501
    +12025550107 +12025550107 REMOVE +49610077001 5502 5501
    ");
}

#[test]
fn what_goes_back_has_the_spelling_of_the_service_with_and_without_a_journal() {
    for has_journal in [true, false] {
        let stage = stage();
        stage.apply("sheet.csv --backup").expect(0);
        if !has_journal {
            fs::remove_file(stage.path("sheet.results.csv.journal")).expect("it is there");
        }
        let before = stage.requests().len();
        stage.run_online("undo sheet.results.csv --yes").expect(0);
        assert_eq!(
            bodies_sent(&stage, before),
            [
                r#"{"autoTransferNumber1":"2025550107","autoTransferNumber2":"+49-610077001"}"#,
                r#"{"autoTransferNumber2":"+49-610077001","autoTransferNumber3":"5501"}"#,
            ],
            "with a journal: {has_journal}"
        );
        // The sheet of the undo has what it sends, and so the same spelling beside it.
        let columns = ["n1", "present1", "n2", "present2", "n3", "present3"];
        let undo = cells(&stage.results("sheet.results.undo.csv"), &columns);
        insta::allow_duplicates!(insta::assert_snapshot!(undo, @r"
        2025550107 2025550199 '+49-610077001 '+49-610077002 – –
        – – '+49-610077001 – 5501 5502
        "));
    }
}

#[test]
fn a_number_from_before_that_lost_its_plus_in_a_spreadsheet_is_proven_by_its_check() {
    let stage = stage();
    stage.apply("sheet.csv --backup").expect(0);
    fs::remove_file(stage.path("sheet.results.csv.journal")).expect("it is there");
    let results = fs::read_to_string(stage.path("sheet.results.csv")).expect("results");
    let saved = |number: &str| results.replace(number, &number[1..]);
    stage.write("sheet.results.csv", saved("+12025550107,+49610077001"));
    stage.run_online("undo sheet.results.csv --yes").expect(0);
    // Another number is not.
    let harmed = results.replace("+12025550107,+49610077001", "+12025550107,+49610077003");
    stage.write("harmed.csv", harmed);
    let ran = stage.run_online("undo harmed.csv --yes").expect(2);
    ran.says("`previous2` (`+49610077003`)");
}

/// What was sent as it was before is neither counted, nor sent, nor told beside what a plan once said.
#[test]
fn an_undo_counts_and_sends_what_differs_and_leaves_the_columns_of_the_plan_out() {
    let stage = stage();
    stage.run_online("plan sheet.csv").expect(0);
    let ran = stage.run_online("apply sheet.plan.csv").expect(2);
    ran.says("3 numbers will be changed, 1 cleared");
    stage.apply("sheet.plan.csv").expect(0);
    let ran = stage.run_online("undo sheet.plan.results.csv").expect(2);
    ran.says("Put back the earlier numbers of 2 locations");
    ran.says("4 numbers will be put back;");
    let before = stage.requests().len();
    stage
        .run_online("undo sheet.plan.results.csv --yes -o back.xlsx")
        .expect(0);
    assert_eq!(bodies_sent(&stage, before).len(), 2);
    for name in ["sheet.plan.results.undo.csv", "back.xlsx"] {
        let row = &stage.results(name)[0];
        for column in ["new1", "action", "reason"] {
            assert!(!row.contains_key(column), "{name} has `{column}`");
        }
        // That of an undo's own: what used the number before the run.
        assert_eq!(row["usedBy1"], "", "{name}");
        assert!(row.contains_key("present1"), "{name}");
    }
}

/// A cell of a workbook is text by itself, and an apostrophe would be a letter of it.
#[test]
fn a_workbook_of_an_undo_has_numbers_without_apostrophes_and_is_undone_in_turn() {
    for has_journal in [true, false] {
        let stage = stage();
        stage.apply("sheet.csv --backup").expect(0);
        stage
            .run_online("undo sheet.results.csv --yes -o back.xlsx")
            .expect(0);
        let columns = ["n2", "present2", "previous2"];
        insta::allow_duplicates!(
            insta::assert_snapshot!(cells(&stage.results("back.xlsx"), &columns), @r"
        +49-610077001 +49-610077002 +49-610077002
        +49-610077001 – none
        ")
        );
        if !has_journal {
            fs::remove_file(stage.path("back.xlsx.journal")).expect("it is there");
        }
        let before = stage.requests().len();
        stage.run_online("undo back.xlsx --yes").expect(0);
        assert_eq!(
            bodies_sent(&stage, before),
            [
                r#"{"autoTransferNumber1":"2025550199","autoTransferNumber2":"+49-610077002"}"#,
                r#"{"autoTransferNumber2":"","autoTransferNumber3":"5502"}"#,
            ],
            "with a journal: {has_journal}"
        );
    }
}

/// What must be found is spelled as what is found, also where it is of another country than what goes
/// back.
#[test]
fn a_row_of_an_undo_has_the_spelling_of_the_service_throughout() {
    let stage = stage();
    let ids = format!("{},{}", org_id(1), location_id(2));
    let row = format!("{ids},+49610077009,+12025550188,\n");
    stage.write("sheet.csv", format!("orgId,locationId,n1,n2,n3\n{row}"));
    stage.apply("sheet.csv --backup").expect(0);
    stage
        .run_online("undo sheet.results.csv --yes -o back.xlsx")
        .expect(0);
    let columns = ["n1", "present1", "previous1", "n2", "present2", "previous2"];
    insta::assert_snapshot!(cells(&stage.results("back.xlsx"), &columns), @"2025550107 +49-610077009 +49-610077009 +49-610077001 2025550188 2025550188");
}

#[test]
fn a_cell_of_a_plan_that_was_changed_is_named_with_what_stood_there() {
    let stage = stage();
    stage.run_online("plan sheet.csv").expect(0);
    let plan = fs::read_to_string(stage.path("sheet.plan.csv")).expect("a plan");
    for shown in ["+12025550107", "+49610077001"] {
        let from = format!(",{shown},");
        assert!(plan.contains(&from), "{plan}");
        stage.write("sheet.plan.csv", plan.replacen(&from, ",5599,", 1));
        let ran = stage.run_online("apply sheet.plan.csv --yes").expect(2);
        ran.says(format!(
            "`{shown}` was planned, and `5599` stands there now"
        ));
    }
    // What a spreadsheet does by itself is no change.
    let saved = plan
        .replacen(",+12025550107,", ",12025550107,", 1)
        .replacen(",+49610077001,", ",4.961E+10,", 1);
    stage.write("sheet.plan.csv", saved);
    stage.run_online("apply sheet.plan.csv --yes").expect(0);
}
