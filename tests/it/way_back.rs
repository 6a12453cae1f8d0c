//! The way back holds: after an undo every location is as before, whatever was corrected, re-saved by a
//! spreadsheet, renamed or lost in between; and what cannot be put back is named.

use std::fs;

use calamine::{Reader, Xlsx, open_workbook};
use rust_xlsxwriter::Workbook;
use serde_json::Value;
use wxbulk::simulator::{Behavior, Location, Locations};

use crate::harness::{Results, Stage, count, location_id, org_id};
use crate::undo::spelt_alike;

/// What is set before anyone uses wxbulk, by location: numbers of all kinds, and none.
const BEFORE: [[Option<&str>; 3]; 5] = [
    [Some("+497077123456"), None, Some("*7201")],
    [Some("+4970771234567"), Some("5501"), None],
    [None, None, None],
    [
        Some("+12025550101;ext=55"),
        Some("sip:desk@example.com"),
        None,
    ],
    [Some("+390612345678"), Some("0711555"), Some("5503")],
];

/// A stage with these locations and a sheet that changes all of them.
pub(crate) fn stage() -> Stage {
    let location = |(index, numbers): (usize, &[Option<&str>; 3])| Location {
        id: location_id(index as u64),
        organization: Some(org_id(1)),
        name: format!("site {index}"),
        numbers: numbers.map(|number| number.map(String::from)),
        ..Location::default()
    };
    let locations = BEFORE.iter().enumerate().map(location).collect();
    let stage = Stage::new(Behavior {
        locations: Locations::Exactly(locations),
        ..Behavior::instant()
    });
    stage.write("sheet.csv", sheet(&[0, 1, 2, 3, 4]));
    stage
}

pub(crate) fn sheet(locations: &[u64]) -> String {
    let mut text = "orgId,locationId,n1,n2,n3,locationName\n".to_string();
    for location in locations {
        let (org, id) = (org_id(1), location_id(*location));
        text +=
            &format!("{org},{id},+1415555{location:04},REMOVE,6{location:03},site {location}\n");
    }
    text
}

pub(crate) fn read(stage: &Stage, name: &str) -> String {
    fs::read_to_string(stage.path(name)).expect("a file")
}

pub(crate) fn changes_sent(stage: &Stage) -> usize {
    let requests = stage.requests();
    let is_change = |request: &&Value| request["method"] == "PUT";
    requests.iter().filter(is_change).count()
}

/// The file with other texts in some cells, by their columns and rows.
pub(crate) fn edit_cells(stage: &Stage, name: &str, to: &str, edits: &[(&str, usize, &str)]) {
    resave(stage, name, to, |column, row, cell| {
        let mut edits = edits.iter();
        let edit = edits.find(|(edited, at, _)| (*edited, *at) == (column, row));
        edit.map_or(cell, |(.., text)| text).to_string()
    });
}

/// The file with what `change` makes of the cells of each column and row.
pub(crate) fn resave(
    stage: &Stage,
    name: &str,
    to: &str,
    change: impl Fn(&str, usize, &str) -> String,
) {
    let path = stage.path(name);
    let mut reader = csv::Reader::from_path(path).expect("a CSV file");
    let header = reader.headers().expect("a header").clone();
    let mut writer = csv::Writer::from_path(stage.path(to)).expect("a file");
    writer.write_record(&header).expect("written");
    for (index, record) in reader.records().enumerate() {
        let record = record.expect("a row");
        let cells = header.iter().zip(&record);
        writer
            .write_record(cells.map(|(column, cell)| change(column, index + 2, cell)))
            .expect("written");
    }
    writer.flush().expect("written");
}

fn as_it_was(_column: &str, _row: usize, cell: &str) -> String {
    cell.to_string()
}

/// What Excel makes of numbers when it opens a CSV file and saves it: `+49-7077123456` is a formula.
pub(crate) fn as_excel_saves(_column: &str, _row: usize, cell: &str) -> String {
    let Some(digits) = cell.strip_prefix('+') else {
        return cell.to_string();
    };
    if let Some((one, other)) = digits.split_once('-') {
        let parts = [one, other].map(str::parse::<i64>);
        return match parts {
            [Ok(one), Ok(other)] => (one - other).to_string(),
            _ => cell.to_string(),
        };
    }
    match digits.parse::<i64>() {
        Ok(_) if digits.len() > 11 => {
            let power = digits.len() - 1;
            format!("{}.{}E+{power}", &digits[..1], &digits[1..3])
        }
        Ok(number) => number.to_string(),
        Err(_) => cell.to_string(),
    }
}

fn rows(results: &Results) -> Vec<&str> {
    results.iter().map(|row| row["row"].as_str()).collect()
}

#[test]
fn every_number_comes_back_letter_for_letter_and_the_undo_can_be_undone() {
    let stage = stage();
    let before = stage.state();
    stage.apply("sheet.csv --backup").expect(0);
    let results = stage.results("sheet.results.csv");
    assert_eq!(results[0]["previous3"], "*7201");
    assert_eq!(results[2]["previous1"], "none");
    let after = stage.state();
    assert_ne!(after, before);

    stage.run_online("undo sheet.results.csv --yes").expect(0);
    assert_eq!(stage.state(), before);
    stage.run_online("undo sheet.results-2.csv --yes").expect(0);
    assert_eq!(spelt_alike(&stage.state()), spelt_alike(&after));
}

#[test]
fn a_file_that_a_spreadsheet_saved_is_undone_from_its_journal() {
    let stage = stage();
    let before = stage.state();
    stage.apply("sheet.csv --backup").expect(0);
    resave(
        &stage,
        "sheet.results.csv",
        "sheet.results.csv",
        as_excel_saves,
    );
    assert!(read(&stage, "sheet.results.csv").contains(",14155550000,"));
    let ran = stage.run_online("undo sheet.results.csv --yes").expect(0);
    assert!(!ran.stderr.contains("somebody"), "{}", ran.stderr);
    assert_eq!(stage.state(), before);
}

#[test]
fn a_copy_that_was_renamed_sorted_and_shortened_finds_its_journal() {
    let stage = stage();
    let before = stage.state();
    stage.apply("sheet.csv --backup").expect(0);
    let results = read(&stage, "sheet.results.csv");
    let mut lines: Vec<&str> = results.lines().collect();
    let header = lines.remove(0);
    lines.remove(1);
    lines.reverse();
    stage.write("only four.csv", format!("{header}\n{}\n", lines.join("\n")));
    let mut command = stage.command("undo --yes --base-url");
    command.arg(stage.simulator.base_url()).arg("only four.csv");
    let output = command.output().expect("it starts");
    assert!(output.status.success(), "{output:?}");
    let undone = stage.results("only four.undo.results.csv");
    // As the person sees them in their own file, in which the last one stands first.
    assert_eq!(rows(&undone), ["2", "3", "4", "5"]);
    assert_eq!(undone[0]["locationId"], location_id(4));
    let (now, second) = (stage.state(), location_id(1));
    for location in [0, 2, 3, 4].map(location_id) {
        assert_eq!(now[&location], before[&location]);
    }
    assert_ne!(now[&second], before[&second]);
}

#[test]
fn without_the_journal_intact_rows_are_enough_and_the_others_are_named() {
    let stage = stage();
    let before = stage.state();
    stage.apply("sheet.csv --backup").expect(0);
    fs::remove_file(stage.path("sheet.results.csv.journal")).expect("it is there");
    let first = location_id(0);
    let edits = [
        ("previous1", 2, "4.97E+11"),
        ("n1", 4, "14155550009"),
        ("locationId", 5, &*first),
    ];
    edit_cells(&stage, "sheet.results.csv", "harmed.csv", &edits);
    let ran = stage.run_online("undo harmed.csv --yes").expect(1);
    ran.says("not undone: row 2 (site 0): its cell `previous1` (`4.97E+11`)");
    ran.says("not undone: row 4 (site 2): its cell `n1` (`14155550009`)");
    ran.says("not undone: row 5 (site 3): its cell `locationId`");
    let now = stage.state();
    for (location, is_back) in [(0, false), (1, true), (2, false), (3, false), (4, true)] {
        let id = location_id(location);
        assert_eq!(now[&id] == before[&id], is_back, "{location}");
    }

    resave(&stage, "sheet.results.csv", "whole.csv", as_it_was);
    stage.run_online("undo whole.csv --yes").expect(0);
    assert_eq!(stage.state(), before);
}

#[test]
fn what_an_older_wxbulk_wrote_is_read_and_what_may_not_have_been_read_is_left_alone() {
    let stage = stage();
    let before = stage.state();
    stage.apply("sheet.csv --backup").expect(0);
    let results = read(&stage, "sheet.results.csv");
    let lines = results
        .lines()
        .map(|line| line.rsplit_once(',').expect("a check").0);
    let old: Vec<String> = lines.map(|line| line.replace(",none", ",")).collect();
    stage.write("old.csv", old.join("\n") + "\n");
    fs::remove_file(stage.path("sheet.results.csv.journal")).expect("it is there");
    let ran = stage.run_online("undo old.csv --yes").expect(1);
    ran.says("row 4 (site 2): the values before it were not read");
    ran.says("row 2 (site 0): a spreadsheet may have changed its cell `previous3` (`*7201`)");
    let now = stage.state();
    let second = location_id(1);
    assert_eq!(
        now[&second]["autoTransferNumber1"],
        before[&second]["autoTransferNumber1"]
    );
    // Whether one had been set nobody knows, so it is not cleared.
    assert_eq!(now[&second]["autoTransferNumber3"], "6001");
}

#[test]
fn a_row_that_was_corrected_keeps_the_backup_and_goes_back_like_the_others() {
    let stage = stage();
    let before = stage.state();
    let wrong = sheet(&[0, 1, 2, 3, 4]).replace(&location_id(3), &location_id(77));
    stage.write("sheet.csv", wrong.replace("site 3", "site 77"));
    stage.apply("sheet.csv --backup").expect(1);
    resave(
        &stage,
        "sheet.results.csv",
        "sheet.results.csv",
        |column, row, cell| {
            if (column, row) == ("locationId", 5) {
                location_id(3)
            } else {
                as_excel_saves(column, row, cell)
            }
        },
    );
    edit_cells(
        &stage,
        "sheet.results.csv",
        "sheet.results.csv",
        &[("n1", 5, "+14155550003")],
    );
    // No --backup: it is kept.
    stage.apply("sheet.results.csv --only-failed").expect(0);
    let again = stage.results("sheet.results-2.csv");
    assert_eq!(count(&again, "updated"), 5);
    let earlier: Vec<&str> = again.iter().map(|row| row["previous3"].as_str()).collect();
    assert_eq!(earlier, ["*7201", "none", "none", "none", "5503"]);

    stage.run_online("undo sheet.results-2.csv --yes").expect(0);
    assert_eq!(stage.state(), before);
}

#[test]
fn results_that_are_older_than_their_journal_are_not_believed() {
    let stage = stage();
    let before = stage.state();
    stage.apply("sheet.csv --backup").expect(0);
    let sent = changes_sent(&stage);
    resave(
        &stage,
        "sheet.results.csv",
        "sheet.results.csv",
        |column, row, cell| match (column, row) {
            ("outcome", 3..) => "not-attempted".to_string(),
            _ => cell.to_string(),
        },
    );
    stage.apply("sheet.results.csv --only-failed").expect(0);
    assert_eq!(changes_sent(&stage), sent);
    stage.run_online("undo sheet.results.csv --yes").expect(0);
    assert_eq!(stage.state(), before);
}

#[test]
fn without_the_journal_a_row_that_is_sent_again_keeps_the_numbers_that_its_cells_prove() {
    let stage = stage();
    let before = stage.state();
    stage.apply("sheet.csv --backup").expect(0);
    fs::remove_file(stage.path("sheet.results.csv.journal")).expect("it is there");
    // As if no answer had come for row 3: what is there now is our own change.
    edit_cells(
        &stage,
        "sheet.results.csv",
        "mailed.csv",
        &[("outcome", 3, "unknown")],
    );
    stage.apply("mailed.csv --only-failed").expect(0);
    let again = stage.results("mailed.results.csv");
    assert_eq!(again[1]["previous2"], "5501");
    stage.run_online("undo mailed.results.csv --yes").expect(0);
    assert_eq!(stage.state(), before);
}

/// Damages the first row's line of a journal, with good ones after it.
fn damage_journal(stage: &Stage, row: u64) {
    let name = "sheet.results.csv.journal";
    let journal = read(stage, name);
    let line = format!("{{\"row\":{{\"row\":{row},");
    assert!(journal.contains(&line), "{journal}");
    stage.write(
        name,
        journal.replace(&line, &line.replace("check", "chexk").replace(':', ";")),
    );
}

#[test]
fn a_damaged_journal_is_named_and_only_what_the_rows_prove_is_undone() {
    let stage = stage();
    let before = stage.state();
    stage.apply("sheet.csv --backup").expect(0);
    damage_journal(&stage, 3);
    let after = stage.state();
    let again = stage.apply("sheet.results.csv --only-failed").expect(2);
    again.says("of `sheet.results.csv.journal` is damaged, and ");
    again.says("put back a copy of the journal from before the damage");
    assert_eq!(stage.state(), after);

    // Older than their journal: what became of row 3 stands in the damaged line.
    edit_cells(
        &stage,
        "sheet.results.csv",
        "sheet.results.csv",
        &[
            ("outcome", 3, "not-attempted"),
            ("outcome", 5, "not-attempted"),
            ("previous1", 4, ""),
        ],
    );
    let ran = stage.run_online("undo sheet.results.csv --yes").expect(1);
    ran.says("of `sheet.results.csv.journal` is damaged, and ");
    ran.says("only rows of the results that prove to be as the run wrote them are undone");
    ran.says(
        "not undone: row 3 (site 1): the damaged part of its journal may tell of a change to it",
    );
    ran.says("not undone: row 4 (site 2): its cell `previous1` (``) is not what the run wrote");
    let now = stage.state();
    for (location, is_back) in [(0, true), (1, false), (2, false), (3, false), (4, true)] {
        let id = location_id(location);
        assert_eq!(now[&id] == before[&id], is_back, "{location}");
    }
}

#[test]
fn an_undo_that_left_rows_out_says_so_when_it_goes_on() {
    let stage = stage();
    let before = stage.state();
    stage
        .apply("sheet.csv --backup --note CHG-123 --report page.html")
        .expect(0);
    fs::remove_file(stage.path("sheet.results.csv.journal")).expect("it is there");
    edit_cells(
        &stage,
        "sheet.results.csv",
        "harmed.csv",
        &[("previous1", 2, "4.97E+11")],
    );
    stage.run_online("undo harmed.csv --yes").expect(1);
    let (after, sent) = (stage.state(), changes_sent(&stage));
    for (location, is_back) in [(0, false), (1, true), (2, true), (3, true), (4, true)] {
        let id = location_id(location);
        assert_eq!(after[&id] == before[&id], is_back, "{location}");
    }
    stage.run_online("undo harmed.csv --yes --resume").expect(1);
    assert_eq!((stage.state(), changes_sent(&stage)), (after, sent));

    let page = read(&stage, "page.html");
    for said in [
        "CHG-123",
        "signed in as ",
        "read and kept before each change",
        "; it undoes run r",
    ] {
        let is_of_an_undo = said.contains("undoes");
        assert_eq!(page.contains(said), !is_of_an_undo, "{said}");
    }
}

#[test]
fn rows_that_a_workbook_hides_are_not_chosen() {
    let stage = stage();
    let before = stage.state();
    // Two rows fail.
    let wrong = sheet(&[0, 1, 2, 3, 4]);
    let wrong = wrong.replace(&location_id(3), &location_id(77));
    let wrong = wrong.replace(&location_id(4), &location_id(78));
    stage.write(
        "sheet.csv",
        wrong.replace("site 3", "").replace("site 4", ""),
    );
    stage.apply("sheet.csv --backup -o results.xlsx").expect(1);
    let journal = read(&stage, "results.xlsx.journal");
    filter(&stage, "results.xlsx", &[3, 6]);
    stage.write("results.xlsx.journal", journal);

    let sent = changes_sent(&stage);
    let ran = stage
        .apply("results.xlsx --only-failed -o again.csv")
        .expect(1);
    ran.says("2 rows are hidden in the workbook and left out");
    assert_eq!(
        changes_sent(&stage),
        sent,
        "what is looked at first is not there"
    );
    let asked = stage.requests();
    let asked_for = |location: u64| {
        asked
            .iter()
            .filter(|one| one["locationId"] == location_id(location))
            .count()
    };
    assert!(asked_for(77) > asked_for(78));

    let ran = stage.run_online("undo results.xlsx --yes").expect(0);
    ran.says("left out: 2 rows of the results, hidden in the workbook");
    let now = stage.state();
    for (location, is_back) in [(0, true), (1, false), (2, true)] {
        let id = location_id(location);
        assert_eq!(now[&id] == before[&id], is_back, "{location}");
    }
}

#[test]
fn rows_that_were_changed_and_are_all_hidden_are_not_called_unchanged() {
    let stage = stage();
    stage.write("sheet.csv", sheet(&[0, 1]));
    stage.apply("sheet.csv --backup -o results.xlsx").expect(0);
    let changed = stage.state();
    filter(&stage, "results.xlsx", &[2, 3]);
    let ran = stage.run_online("undo results.xlsx --yes").expect(2);
    ran.says("2 rows of `results.xlsx` that may have been changed are hidden or filtered out");
    ran.says("clear the filter or unhide the rows in the workbook");
    assert_eq!(stage.state(), changed);
}

/// The workbook with these rows hidden, as Excel saves it when a filter is set.
fn filter(stage: &Stage, name: &str, hidden: &[u32]) {
    let mut read: Xlsx<_> = open_workbook(stage.path(name)).expect("a workbook");
    let range = read
        .worksheet_range_at(0)
        .expect("a sheet")
        .expect("it can be read");
    let mut workbook = Workbook::new();
    let worksheet = workbook.add_worksheet();
    for (row, cells) in (0..).zip(range.rows()) {
        for (column, cell) in (0..).zip(cells) {
            worksheet
                .write_string(row, column, cell.to_string())
                .expect("a cell");
        }
        if hidden.contains(&(row + 1)) {
            worksheet.set_row_hidden(row).expect("a row");
        }
    }
    stage.write(name, workbook.save_to_buffer().expect("memory"));
}

#[test]
fn a_run_that_went_on_from_another_is_undone_with_it() {
    let stage = stage();
    let before = stage.state();
    stage.write("sheet.csv", sheet(&[0, 1, 77]));
    stage.apply("sheet.csv --backup").expect(1);
    edit_cells(
        &stage,
        "sheet.results.csv",
        "sheet.results.csv",
        &[("locationId", 4, &location_id(2))],
    );
    stage
        .apply("sheet.results.csv --only-failed -o second.csv")
        .expect(0);
    stage.run_online("undo second.csv --yes").expect(0);
    assert_eq!(stage.state(), before);
    let ran = stage.run("status . --json").expect(0);
    let runs: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let runs = runs["runs"].as_array().expect("a list");
    let undone: Vec<bool> = runs
        .iter()
        .map(|run| run["undone"]["completely"] == true)
        .collect();
    assert_eq!(undone, [true, true, false], "{runs:?}");
}

#[test]
fn results_are_not_sent_again_as_a_whole_without_being_asked_about() {
    let stage = stage();
    stage.apply("sheet.csv --backup").expect(0);
    let (sent, after) = (changes_sent(&stage), stage.state());
    let ran = stage.apply("sheet.results.csv --backup").expect(2);
    ran.says("5 rows of `sheet.results.csv` are done already");
    ran.says("--only-failed");
    assert_eq!((changes_sent(&stage), stage.state()), (sent, after));
}

#[test]
fn a_rehearsal_is_never_taken_for_the_real_thing() {
    let stage = stage();
    let before = stage.state();
    let rehearse = "--rehearse --rehearse-speed 100";
    let ran = stage.run(&format!("apply sheet.csv --backup {rehearse}"));
    let ran = ran.expect(0);
    let last = ran.stderr.lines().last().expect("a line");
    assert_eq!(last, "this was a rehearsal: nothing was changed");
    let results = stage.results("sheet.rehearsal.csv");
    assert_eq!(count(&results, "updated (rehearsal)"), 5);

    stage.write("copy.csv", read(&stage, "sheet.rehearsal.csv"));
    for with_journal in [true, false] {
        if !with_journal {
            fs::remove_file(stage.path("sheet.rehearsal.csv.journal")).expect("it is there");
        }
        for line in ["undo copy.csv --yes", "apply copy.csv --only-failed --yes"] {
            let ran = stage.run_online(line).expect(2);
            ran.says("a rehearsal");
            ran.says("--rehearse");
        }
    }
    assert_eq!((changes_sent(&stage), stage.state()), (0, before));
    stage.run(&format!("undo copy.csv {rehearse}"));
    assert_eq!(changes_sent(&stage), 0);
}

#[test]
fn results_of_another_service_are_refused() {
    let (stage, other) = (stage(), stage());
    stage.apply("sheet.csv --backup").expect(0);
    let elsewhere = other.simulator.base_url();
    let undo = format!("undo sheet.results.csv --yes --base-url {elsewhere}");
    let ran = stage.run(&undo).expect(2);
    ran.says(format!("--base-url {}", stage.simulator.base_url()));
    fs::remove_file(stage.path("sheet.results.csv.journal")).expect("it is there");
    stage.run(&undo).expect(2).says("another service");
    let again = format!("apply sheet.results.csv --only-failed --yes --base-url {elsewhere}");
    stage.run(&again).expect(2).says("another service");
    assert_eq!(changes_sent(&other), 0);
}

#[test]
fn what_was_typed_into_a_row_that_is_done_is_not_passed_over() {
    let stage = stage();
    stage.apply("sheet.csv --backup").expect(0);
    let sent = changes_sent(&stage);
    resave(
        &stage,
        "sheet.results.csv",
        "typed.csv",
        |column, row, cell| match (column, row) {
            ("n1", 3) => "+14155559999".to_string(),
            _ => as_excel_saves(column, row, cell),
        },
    );
    let ran = stage.apply("typed.csv --only-failed").expect(2);
    ran.says("ask for something else now, and --only-failed does not send them: row 3\n");
    assert_eq!(changes_sent(&stage), sent);
}

#[test]
fn a_shortened_number_that_was_typed_over_remove_is_not_passed_over() {
    let stage = stage();
    let row = |location, n1: &str| format!("{},{n1}\n", crate::harness::location_id(location));
    let rows = row(2, "REMOVE") + &row(3, "+14155550103");
    stage.write("small.csv", format!("locationId,n1\n{rows}"));
    stage.apply("small.csv --backup").expect(0);
    let sent = changes_sent(&stage);
    let text = std::fs::read_to_string(stage.path("small.results.csv")).expect("results");
    stage.write(
        "small.results.csv",
        text.replacen("REMOVE", "4.96101E+11", 1),
    );
    let ran = stage.apply("small.results.csv --only-failed").expect(2);
    ran.says("ask for something else now, and --only-failed does not send them: row 2\n");
    assert_eq!(changes_sent(&stage), sent);
}

#[test]
fn a_plan_of_another_service_or_of_a_rehearsal_guards_nothing() {
    let (stage, other) = (stage(), stage());
    stage.run_online("plan sheet.csv").expect(0);
    let elsewhere = other.simulator.base_url();
    for line in [
        "apply sheet.plan.csv --yes",
        "apply sheet.csv --if-unchanged sheet.plan.csv --yes",
    ] {
        let ran = stage
            .run(&format!("{line} --base-url {elsewhere}"))
            .expect(2);
        ran.says(format!("is a plan of {}", stage.simulator.base_url()));
    }
    assert_eq!(changes_sent(&other), 0);

    let plan = "plan sheet.csv --rehearse --rehearse-speed 100 -o rehearsed.plan.csv";
    stage.run(plan).expect(0);
    for line in [
        "apply rehearsed.plan.csv --yes",
        "apply sheet.csv --if-unchanged rehearsed.plan.csv --yes",
    ] {
        stage
            .run_online(line)
            .expect(2)
            .says("the plan of a rehearsal");
    }
    assert_eq!(changes_sent(&stage), 0);
}
