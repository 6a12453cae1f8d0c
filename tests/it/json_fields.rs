//! What is printed as JSON is documented: every field of the real output stands in `docs/json.md`, and
//! every field there is in some real output.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;
use wxbulk::simulator::{Behavior, Location, Locations};

use crate::harness::{Ran, Stage, TOKEN, location_id, sheet, workbook};
use crate::resume::wait_for_records;

/// A service that knows the locations and organizations of the sheets, and so tells whose a token is.
fn service(behavior: Behavior) -> Stage {
    let text = sheet(200);
    let rows = text.lines().skip(1).map(|line| line.split(','));
    let locations = rows.map(|mut cells| Location {
        organization: cells.next().map(String::from),
        id: cells.next().expect("an id").to_string(),
        ..Location::default()
    });
    Stage::new(Behavior {
        locations: Locations::Exactly(locations.collect()),
        ..behavior
    })
}

type Fields = BTreeSet<String>;

/// Fields whose own fields are names of outcomes and statuses.
const MAPS: [&str; 2] = ["outcomes", "statuses"];

/// The fields of a value, as the page writes them.
fn fields_of(value: &Value, path: &str, fields: &mut Fields) {
    let last = path.rsplit('.').next().unwrap_or_default();
    match value {
        Value::Object(map) if MAPS.contains(&last) => {
            assert!(map.values().all(Value::is_u64), "{path}");
            fields.insert(format!("{path}.*"));
        }
        Value::Object(map) => {
            for (name, value) in map {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                fields_of(value, &path, fields);
            }
        }
        Value::Array(items) => {
            fields.insert(format!("{path}[]"));
            for item in items {
                fields_of(item, &format!("{path}[]"), fields);
            }
        }
        _ => {
            fields.insert(path.to_string());
        }
    }
}

fn fields_in(outputs: &[Value]) -> Fields {
    let mut fields = Fields::new();
    for output in outputs {
        fields_of(output, "", &mut fields);
    }
    // What is `null` or an empty list in one output may have fields in another.
    let is_parent = |field: &String| {
        let dotted = format!("{field}.");
        let items = format!("{field}[]");
        fields
            .iter()
            .any(|other| other.starts_with(&dotted) || other.starts_with(&items))
    };
    let parents: Fields = fields
        .iter()
        .filter(|one| is_parent(one))
        .cloned()
        .collect();
    &fields - &parents
}

/// The fields in the table below a heading of the page.
fn documented(heading: &str) -> Fields {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/json.md");
    let page = fs::read_to_string(page).expect("a page");
    let (_, section) = page.split_once(&format!("\n## {heading}")).expect(heading);
    let section = section.split("\n## ").next().expect("a section");
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let cells = rows.filter_map(|row| row.split('|').nth(1));
    let names = cells.flat_map(|cell| cell.split(','));
    names
        .map(|name| name.trim().trim_matches('`').to_string())
        .collect()
}

#[track_caller]
fn ensure_documented(heading: &str, outputs: &[Value]) {
    let (real, page) = (fields_in(outputs), documented(heading));
    assert_eq!(
        (&real - &page, &page - &real),
        (Fields::new(), Fields::new()),
        "{heading}: not in docs/json.md, and only there"
    );
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.stdout))
}

#[test]
fn the_summary_of_a_run_is_documented_field_by_field() {
    let stage = service(Behavior::instant());
    stage.write("sheet.csv", sheet(4));
    let mut outputs = Vec::new();
    let mut run = |line: &str, code: i32| {
        let ran = stage.run_online(&format!("{line} --summary json"));
        outputs.push(json(&ran.expect(code)));
    };
    run("plan sheet.csv --rows 2-3 --note CHG-1", 0);
    run("apply sheet.plan.csv --yes --first 1", 3);
    outputs.push(json(&gone_on_with_by_bob(&stage)));
    let mut run = |line: &str, code: i32| {
        let ran = stage.run_online(&format!("{line} --summary json"));
        outputs.push(json(&ran.expect(code)));
    };
    run("undo sheet.plan.results.csv --yes", 0);
    run("apply sheet.csv", 2);
    run("plan", 2);
    run("apply sheet.csv --yes --nonsense", 2);
    run(
        "apply sheet.csv --yes -o sent.csv --token-file missing.txt",
        2,
    );
    let broken = sheet(4).replace(&location_id(4), "row 4");
    stage.write("broken.csv", broken);
    run("apply broken.csv --yes -o unsent.csv", 2);
    run("apply broken.csv --yes --backup --skip-invalid", 1);
    let results = fs::read_to_string(stage.path("broken.results.csv")).expect("results");
    stage.write(
        "broken.results.csv",
        results.replace("row 4", &location_id(4)),
    );
    run("apply broken.results.csv --yes --only-failed", 0);
    outputs.push(json(&of_several_users(&stage)));
    outputs.push(json(&of_several_sheets(&stage)));
    ensure_documented("A run: ", &outputs);
    let refused = outputs.iter().find(|one| one["reason"] == "refused");
    let refused = refused.and_then(Value::as_object).expect("one");
    assert_eq!(refused.len(), 7, "{refused:?}");
    let of_sheet = outputs.iter().find(|one| one["badRows"] == 1);
    let of_sheet = of_sheet.expect("one");
    assert_eq!(
        (
            &of_sheet["rows"],
            &of_sheet["readyToSend"],
            &of_sheet["problems"]
        ),
        (&4.into(), &3.into(), &1.into())
    );
    assert_eq!(
        of_sheet["hints"][0],
        "correct these rows, or leave them out with --skip-invalid"
    );
    assert!(of_sheet["stopped"].is_string(), "{of_sheet}");
    let said = |text: &str| {
        let mut all = outputs.iter().filter_map(|one| one["stopped"].as_str());
        all.any(|said| said.starts_with(text))
    };
    assert!(said("the sheet is missing") && said("unexpected argument `--nonsense`"));
}

/// A run that somebody else, for another reason, goes on with.
fn gone_on_with_by_bob(stage: &Stage) -> Ran {
    let base_url = stage.simulator.base_url();
    let line = format!(
        "apply sheet.plan.csv --yes --resume --note CHG-2 --summary json --base-url {base_url}"
    );
    let mut command = stage.command(&line);
    command.env("USER", "bob").env("USERNAME", "bob");
    let ran = Ran::of(command.output().expect("it starts")).expect(0);
    let status = stage.run("status sheet.plan.results.csv").expect(0).stdout;
    assert!(status.contains("note: CHG-1; CHG-2"), "{status}");
    assert!(
        status.contains("; went on ") && status.contains(" by bob on "),
        "{status}"
    );
    let list = stage.run("status .").expect(0).stdout;
    assert!(list.contains("then "), "{list}");
    ran
}

/// A run by the credentials of a folder.
fn of_several_users(stage: &Stage) -> Ran {
    fs::create_dir_all(stage.path("all")).expect("a folder");
    stage.write_secret("all/one.txt", TOKEN);
    stage.write_secret("all/two.txt", &format!("{TOKEN}-2"));
    let line = "apply sheet.csv --rehearse --rehearse-speed 100 --credentials all --summary json";
    stage.run(line).expect(0)
}

/// A run whose workbook has two sheets.
fn of_several_sheets(stage: &Stage) -> Ran {
    let mut book = rust_xlsxwriter::Workbook::new();
    book.add_worksheet().set_name("Read me").expect("a name");
    let worksheet = book.add_worksheet().set_name("May").expect("a name");
    for (row, line) in (0..).zip(sheet(2).lines()) {
        for (column, cell) in (0..).zip(line.split(',')) {
            worksheet.write_string(row, column, cell).expect("a cell");
        }
    }
    stage.write("book.xlsx", book.save_to_buffer().expect("memory"));
    stage.apply("book.xlsx --summary json").expect(0)
}

#[test]
fn the_status_of_a_run_is_documented_field_by_field() {
    let stage = service(Behavior::instant());
    stage.write("sheet.csv", sheet(4));
    stage.run_online("plan sheet.csv --note CHG-1").expect(0);
    stage.run_online("apply sheet.plan.csv --yes").expect(0);
    stage
        .run_online("apply sheet.plan.csv --yes --rows 2-3 -o part.csv")
        .expect(0);
    stage.apply("sheet.csv --first 1 -o two.csv").expect(3);
    let mut command = stage.command(&stage.apply_line("sheet.csv --resume -o two.csv"));
    command.env("USER", "bob").env("USERNAME", "bob");
    Ran::of(command.output().expect("it starts")).expect(0);
    stage
        .run_online("undo sheet.plan.results.csv --yes --rows 2-3")
        .expect(0);
    stage.apply("sheet.csv --first 1 -o first.csv").expect(3);
    of_several_users(&stage);
    of_several_sheets(&stage);
    let list = json(&stage.run("status . --json").expect(0));
    let mut outputs: Vec<Value> = list["runs"].as_array().expect("runs").clone();
    assert_eq!(
        fields_in(&[
            serde_json::json!({ "runs": [], "unreadable": [], "neverStarted": [], "mayBeDeleted": [] })
        ]),
        documented("The runs of a folder")
    );
    assert_eq!(list.as_object().map(serde_json::Map::len), Some(4));
    outputs.push(at_work(&stage));
    stage.write("long.results.csv.sheet", "damaged");
    let copy = json(&stage.run("status long.results.csv --json").expect(0));
    assert_eq!(copy["sheetCopy"], "damaged");
    outputs.push(copy);
    outputs.push(damaged(&stage));
    ensure_documented("A run from outside", &outputs);

    fs::remove_file(stage.path("first.csv.journal")).expect("it was there");
    let alone = json(&stage.run("status first.csv --json").expect(0));
    ensure_documented("Results without their journal", &[alone]);
}

/// A run that waits, since the service asked it to.
fn at_work(stage: &Stage) -> Value {
    let limited = service(Behavior {
        limit: "window:20/min".parse().expect("a limit"),
        ..Behavior::instant()
    });
    stage.write("long.csv", sheet(200));
    let address = limited.simulator.base_url();
    let line = format!("apply long.csv --yes --rate 50/s --base-url {address}");
    let mut child = stage.command(&line).spawn().expect("it starts");
    wait_for_records(stage, "long.results.csv.journal", 5);
    let status = loop {
        let status = json(&stage.run("status long.results.csv --json").expect(0));
        if !status["waiting"].is_null() && !status["rowsPerSecond"].is_null() {
            break status;
        }
    };
    child.kill().expect("it was running");
    child.wait().expect("it ends");
    status
}

/// A run whose journal has lost a line in its middle.
fn damaged(stage: &Stage) -> Value {
    let journal = stage.path("sheet.plan.results.csv.journal");
    let text = fs::read_to_string(&journal).expect("a journal");
    let mut lines: Vec<String> = text.lines().map(String::from).collect();
    let middle = lines.len() / 2;
    lines[middle] = lines[middle].replacen("row", "xow", 1);
    fs::write(&journal, lines.join("\n") + "\n").expect("room");
    json(&stage.run("status sheet.plan.results.csv --json").expect(1))
}

#[test]
fn the_findings_of_a_check_are_documented_field_by_field() {
    let stage = Stage::instant();
    let broken = sheet(3).replace(&location_id(3), "row 3");
    stage.write("sheet.csv", broken);
    stage.write(
        "book.xlsx",
        workbook("locationId,n1,Backup 2\na,5501,5502\n"),
    );
    let outputs = [
        "check sheet.csv --format json",
        "check book.xlsx --format json",
    ];
    let outputs: Vec<Value> = outputs.map(|line| json(&stage.run(line).expect(2))).into();
    ensure_documented("A sheet: ", &outputs);
}
