//! What a person at a terminal is asked about a sheet before anything is sent.

use rust_xlsxwriter::Workbook;
use wxbulk::simulator::{Behavior, Location, Locations};

use crate::harness::{Ran, Stage, count, location_id, org_id, sheet};

const QUESTION: &str =
    "Is the sheet meant to be read as described above? With no, nothing is sent. [y/N]";

/// A sheet with a column that is nearly one of ours.
fn stage() -> Stage {
    let stage = Stage::instant();
    let text = sheet(3).replace("site", "autoTransferNumer2");
    stage.write("sheet.csv", text);
    stage
}

fn online(stage: &Stage, line: &str, answers: &str) -> Ran {
    let base_url = stage.simulator.base_url();
    stage.at_a_terminal(&format!("{line} --base-url {base_url}"), answers)
}

#[test]
fn a_column_in_question_is_asked_about_and_no_sends_nothing() {
    let stage = stage();
    let ran = online(&stage, "apply sheet.csv", "n\n").expect(2);
    let shown = &ran.stdout;
    assert!(shown.contains("looks like n2 and is not read"), "{shown}");
    assert!(shown.contains(QUESTION), "{shown}");
    assert!(stage.requests().is_empty());

    // Then whether to keep what is there, and whether to send at all.
    let ran = online(&stage, "apply sheet.csv", "y\ny\ny\n").expect(0);
    assert!(ran.stdout.contains(QUESTION), "{}", ran.stdout);
    assert_eq!(stage.results("sheet.results.csv").len(), 3);
}

#[test]
fn an_undo_asks_nothing_about_columns_that_were_asked_about_before() {
    let stage = stage();
    let sent = "sheet.csv --backup --ignore-column autoTransferNumer2";
    stage.apply(sent).expect(0);
    let ran = online(&stage, "undo sheet.results.csv", "y\n").expect(0);
    let shown = &ran.stdout;
    assert!(!shown.contains("described above"), "{shown}");
    let undone = stage.results("sheet.results-2.csv");
    assert_eq!(count(&undone, "updated"), 3);
}

/// What yes and no do is said, and how to leave out just what is hidden.
#[test]
fn hidden_rows_are_sent_left_out_or_nothing_is_as_the_question_says() {
    let stage = Stage::instant();
    let mut book = Workbook::new();
    let worksheet = book.add_worksheet();
    for (row, line) in sheet(3).lines().enumerate() {
        for (column, cell) in line.split(',').enumerate() {
            let [row, column] = [row, column].map(|index| u16::try_from(index).expect("few"));
            let written = worksheet.write_string(row.into(), column, cell);
            written.expect("it fits");
        }
    }
    worksheet.set_row_hidden(2).expect("a row");
    book.save(stage.path("sheet.xlsx")).expect("room");
    let line = "apply sheet.xlsx --no-backup --even-if-used";
    let ran = online(&stage, line, "n\n").expect(2);
    let shown = &ran.stdout;
    let question = "Send what is hidden, too? With no, nothing is sent at all. [y/N]";
    assert!(shown.contains(question), "{shown}");
    assert!(stage.requests().is_empty());

    let leaves_out = |line: &str| line.trim_end().ends_with(" --hidden skip");
    let command = shown.lines().find(|line| leaves_out(line)).expect("a hint");
    let (_, words) = command.trim().split_once(' ').expect("words");
    stage.run(&format!("{words} --yes")).expect(0);
    let results = stage.results("sheet.results.xlsx");
    assert_eq!(count(&results, "updated"), 2);

    online(&stage, &format!("{line} -o all.xlsx"), "y\ny\n").expect(0);
    assert_eq!(count(&stage.results("all.xlsx"), "updated"), 3);
}

/// An organization is one, however its id is written.
#[test]
fn organizations_are_counted_by_what_their_ids_mean() {
    let location = |row: u64| Location {
        id: location_id(row),
        organization: Some(org_id(row / 4)),
        organization_name: ["Acme", "Beta"][(row / 4) as usize].into(),
        ..Location::default()
    };
    let stage = Stage::new(Behavior {
        locations: Locations::Exactly((2..7).map(location).collect()),
        ..Behavior::instant()
    });
    let padded = |id: String| {
        let missing = id.len().next_multiple_of(4) - id.len();
        id + &"=".repeat(missing)
    };
    let mut text = "orgId,locationId,n1\n".to_string();
    for row in 2..7 {
        let id = org_id(row / 4);
        let id = if row % 2 == 0 { id } else { padded(id) };
        text += &format!("{id},{},+1202555010{row}\n", location_id(row));
    }
    stage.write("sheet.csv", text);
    let ran = online(&stage, "apply sheet.csv --backup --report p.html", "y\n").expect(0);
    let asked = "5 locations of 2 organizations (Acme 2, Beta 3)";
    assert!(ran.stdout.contains(asked), "{}", ran.stdout);
    let page = std::fs::read_to_string(stage.path("p.html")).expect("a page");
    assert!(page.contains("2 organizations"), "{page}");
    assert!(!page.contains("3 organizations"), "{page}");
    assert!(page.contains("Beta"), "{page}");
    for row in 2..7 {
        let number = &stage.state()[location_id(row)]["autoTransferNumber1"];
        assert_eq!(*number, format!("+1202555010{row}"));
    }
}

#[test]
fn what_is_in_question_is_said_first_and_nothing_that_follows_from_it() {
    let stage = Stage::instant();
    let text = "locationName,n1,Customer\nOslo,abc,Acme\nOslo,+4755667788,Beta\nBergen,,Acme\n";
    stage.write("sheet.csv", text);
    let question = "column C (`Customer`) looks like orgName and is not read";
    let problem = "row 2, column B (n1): `abc` is not a phone number";
    let planned = stage.run_online("plan sheet.csv").expect(2);
    let checked = stage.run("check sheet.csv").expect(2);
    planned.says(problem);
    assert!(checked.stdout.contains(problem), "{}", checked.stdout);
    for said in [&planned.stderr, &checked.stderr] {
        assert!(said.starts_with(question), "{said}");
        for follows in ["no column `orgId`", "note:", "the first is row 4"] {
            assert!(!said.contains(follows), "{said}");
        }
    }
    assert!(!checked.stdout.contains("note:"), "{}", checked.stdout);
}

#[test]
fn no_name_is_looked_up_before_the_question_what_it_means_is_answered() {
    let stage = Stage::instant();
    let text = "locationName,n1,Customer\nOslo,+4722334455,Acme\nBergen,+4755667788,Beta\n";
    stage.write("sheet.csv", text);
    let ran = online(&stage, "apply sheet.csv", "n\n").expect(2);
    assert!(ran.stdout.contains(QUESTION), "{}", ran.stdout);
    assert!(!ran.stdout.contains("`Oslo`"), "{}", ran.stdout);
    assert!(stage.requests().is_empty());
}

#[test]
fn what_is_neither_yes_nor_no_is_asked_again_and_is_no_answer_in_the_end() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(3));
    // Whether to save the values first, and whether to send.
    let ran = online(&stage, "apply sheet.csv -o no.csv", "ja\nsure\n1\n").expect(2);
    let says = "that is neither yes nor no: type y or n, and press Enter";
    assert_eq!(ran.stdout.matches(says).count(), 3, "{}", ran.stdout);
    assert!(ran.stdout.contains("nothing was sent"), "{}", ran.stdout);
    let ran = online(&stage, "apply sheet.csv -o yes.csv", "ja\ny\nok\nyes\n").expect(0);
    assert_eq!(ran.stdout.matches(says).count(), 2, "{}", ran.stdout);
    let results = stage.results("yes.csv");
    assert_eq!(count(&results, "updated"), 3);
    assert!(results[0].contains_key("previous1"), "{results:?}");
}
