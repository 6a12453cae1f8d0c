//! `check --fix`: a copy with what is certain put right.

use std::fs;

use insta::assert_snapshot;

use crate::harness::{Stage, location_id, sheet};

/// A sheet as it may come out of an office.
fn messy() -> String {
    let id = location_id;
    let rows = [
        "Sites;;;;;;".to_string(),
        String::new(),
        "orgId;Location ID;n1;n2;n3;note;".to_string(),
        format!(";{}\u{a0};+1 (202) 555-0101;;;ok;", id(1)),
        format!(";'{};\u{201c}+12025550102\u{201d};remove;;00123;", id(2)),
        String::new(),
        format!(";{};+12025550103.0;12025550104;=\"05501\";=1+1; ", id(3)),
        format!(";{};1.20256E+10;12O25550105;2025-01-05;;", id(4)),
        format!(";{};202.555.0109;;;;", &id(5)[..60]),
        ";;;;;;".to_string(),
        String::new(),
    ];
    rows.join("\r\n")
}

#[test]
fn what_is_certain_is_put_right_and_the_rest_stays_a_problem_in_its_row() {
    let stage = Stage::instant();
    stage.write("messy.csv", messy());
    let ran = stage.run("check messy.csv --fix clean.csv").expect(2);
    assert_snapshot!(ran.stderr, @"
    the header is row 3; what stands above it is left out
    9 cells put right in 4 rows; the copy is `clean.csv`
    ");
    assert_snapshot!(ran.stdout, @r#"
    row 4, column B (Location ID): extra characters around or inside the id → removed
    row 4, column C (n1): `+1 (202) 555-0101` → `+12025550101`
    row 5, column B (Location ID): extra characters around or inside the id → removed
    row 5, column C (n1): `“+12025550102”` → `+12025550102`
    row 5, column D (n2): `remove` → `REMOVE`
    row 7, column C (n1): `+12025550103.0` → `+12025550103`
    row 7, column E (n3): `="05501"` → `05501`
    row 7, column G (without a name): ` ` → nothing
    row 9, column C (n1): `202.555.0109` → `2025550109`, which plan and results show as +12025550109
    row 8, column C (n1): `1.20256E+10` is in scientific notation: the spreadsheet dropped digits of it; format the cell as text and type the phone number again
    row 8, column D (n2): `12O25550105` has the letter `O` where the digit `0` seems to be meant; type the digit
    row 8, column E (n3): `2025-01-05` is a date: the spreadsheet converted the number; format the cell as text and type the phone number again
    row 9, column B (Location ID): `Y2lzY29zcGFyazovL3VzL0xPQ0FUSU9OLzVlZWQwMDAwLTAw…` is the beginning of an id: it has 60 characters and such an id has 82; copy the whole id
    5 rows: 3 ready to send, 2 with 4 problems
    note: 1 number with 11 digits or more and no `+` in front, in row 7; sent unchanged unless completed with --country +1
    "#);
    let clean = fs::read_to_string(stage.path("clean.csv")).expect("text");
    assert_snapshot!(clean, @r#"
    Sites;;;;;;
    ""
    orgId;Location ID;n1;n2;n3;note
    ;Y2lzY29zcGFyazovL3VzL0xPQ0FUSU9OLzVlZWQwMDAwLTAwMDAtNDAwMC04MDAwLTAwMDAwMDAwMDAwMQ;+12025550101;;;ok
    ;Y2lzY29zcGFyazovL3VzL0xPQ0FUSU9OLzVlZWQwMDAwLTAwMDAtNDAwMC04MDAwLTAwMDAwMDAwMDAwMg;+12025550102;REMOVE;;00123
    ""
    ;Y2lzY29zcGFyazovL3VzL0xPQ0FUSU9OLzVlZWQwMDAwLTAwMDAtNDAwMC04MDAwLTAwMDAwMDAwMDAwMw;+12025550103;12025550104;05501;=1+1
    ;Y2lzY29zcGFyazovL3VzL0xPQ0FUSU9OLzVlZWQwMDAwLTAwMDAtNDAwMC04MDAwLTAwMDAwMDAwMDAwNA;1.20256E+10;12O25550105;2025-01-05;
    ;Y2lzY29zcGFyazovL3VzL0xPQ0FUSU9OLzVlZWQwMDAwLTAwMDAtNDAwMC04;2025550109;;;
    "#);
}

#[test]
fn the_copy_asks_for_the_same_and_needs_no_more_mending() {
    let stage = Stage::instant();
    stage.write("messy.csv", messy());
    stage.apply("messy.csv --skip-invalid").expect(1);
    let asked = stage.state();
    for copy in ["clean.csv", "clean.xlsx"] {
        stage
            .run(&format!("check messy.csv --fix {copy}"))
            .expect(2);
        let again = format!("again-{copy}");
        let ran = stage.run(&format!("check {copy} --fix {again}")).expect(2);
        ran.says("nothing can be put right for certain, so no copy was written");
        assert!(!stage.path(&again).exists(), "{again}");
        let ran = stage
            .apply(&format!("{copy} --skip-invalid -o {copy}.results.csv"))
            .expect(1);
        ran.says("updated              3");
        let now = stage.state();
        for (id, numbers) in asked.as_object().expect("locations") {
            assert_eq!(&now[id], numbers);
        }
    }
}

#[test]
fn a_sheet_in_which_nothing_is_to_be_put_right_is_used_as_it_is() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(3));
    let ran = stage.run("check sheet.csv --fix clean.csv").expect(0);
    ran.says("there was nothing to put right, so no copy was written: use `sheet.csv` as it is");
    assert!(!stage.path("clean.csv").exists());
}

#[test]
fn nothing_is_overwritten_and_nothing_half_done() {
    let stage = Stage::instant();
    stage.write("messy.csv", messy());
    for (out, says) in [
        ("messy.csv", "exists already"),
        ("no/such/folder.csv", "cannot write"),
        ("clean.ods", "only .csv and .xlsx"),
    ] {
        let ran = stage.run(&format!("check messy.csv --fix {out}")).expect(2);
        ran.says(says);
    }
    stage.write("other.csv", "place,number\nx,5501\n");
    let ran = stage.run("check other.csv --fix clean.csv").expect(2);
    ran.says("--fix wrote no copy: correct the header first");
    let names = stage
        .files()
        .into_iter()
        .map(|path| path.file_name().map(ToOwned::to_owned));
    let mut names: Vec<_> = names.flatten().collect();
    names.sort();
    assert_eq!(names, ["messy.csv", "other.csv"]);
}

#[test]
fn every_change_is_listed_for_a_spreadsheet_and_the_first_of_a_kind_for_a_person() {
    let stage = Stage::instant();
    let mut text = "orgId,locationId,n1\n".to_string();
    for row in 0..100 {
        text += &format!(",{},+1 202 555 {row:04}\n", location_id(row));
    }
    stage.write("sheet.csv", text);
    let ran = stage.run("check sheet.csv --fix one.csv").expect(0);
    assert_eq!(ran.stdout.matches(" → ").count(), 20);
    assert!(
        ran.stdout
            .contains("and 80 more of the kind `fixed-separators`")
    );
    let ran = stage
        .run("check sheet.csv --fix two.csv --format csv")
        .expect(0);
    assert_eq!(ran.stdout.matches(",fixed-separators,").count(), 100);
    let ran = stage
        .run("check sheet.csv --fix three.csv --format json")
        .expect(0);
    assert!(ran.stdout.contains("\"fixedCells\": 100"), "{}", ran.stdout);
}

#[test]
fn what_is_hidden_gets_into_no_copy_unasked() {
    let stage = Stage::instant();
    let mut book = rust_xlsxwriter::Workbook::new();
    let worksheet = book.add_worksheet();
    for (column, name) in ["locationId", "n1", "n2"].into_iter().enumerate() {
        let column = u16::try_from(column).expect("few");
        worksheet.write(0, column, name).expect("a cell");
    }
    for row in 1..=3 {
        let id = location_id(row.into());
        worksheet.write(row, 0, id).expect("a cell");
        worksheet.write(row, 1, "+1 202 555 0101").expect("a cell");
        worksheet.write(row, 2, "5502").expect("a cell");
    }
    worksheet.set_row_hidden(2).expect("a row");
    book.save(stage.path("rows.xlsx")).expect("room");
    let ran = stage.run("check rows.xlsx --fix no.xlsx").expect(2);
    ran.says(
        "row 3 is hidden or filtered out, and a copy would show and send it; add --hidden skip",
    );
    assert!(!stage.path("no.xlsx").exists());

    for (policy, sent) in [("skip", [1, 3].as_slice()), ("include", &[1, 2, 3])] {
        let copy = format!("{policy}.xlsx");
        let ran = stage
            .run(&format!("check rows.xlsx --hidden {policy} --fix {copy}"))
            .expect(0);
        let said = "note: row 3 is hidden, and in `skip.xlsx` too, as typed; --hidden skip leaves it out of what is made of it, as here";
        assert_eq!(
            ran.stderr.contains(said),
            policy == "skip",
            "{}",
            ran.stderr
        );
        // Nothing that was typed is lost.
        assert_eq!(stage.results(&copy)[1]["locationId"], location_id(2));
        assert_eq!(stage.results(&copy)[1]["n2"], "5502");
        let from = stage.requests().len();
        if policy == "skip" {
            stage.apply(&copy).expect(2);
            stage.apply("skip.xlsx --hidden skip").expect(0);
        } else {
            stage.apply(&copy).expect(0);
        }
        let mut changed: Vec<String> = stage.requests()[from..]
            .iter()
            .filter(|one| one["method"] == "PUT")
            .map(|one| one["locationId"].as_str().expect("an id").to_string())
            .collect();
        changed.sort();
        let mut sent: Vec<String> = sent.iter().map(|row| location_id(*row)).collect();
        sent.sort();
        assert_eq!(changed, sent, "{policy}");
    }

    // A text file shows all that it has.
    let ran = stage
        .run("check rows.xlsx --hidden skip --fix skip.csv")
        .expect(0);
    ran.says("note: row 3 is hidden and not in `skip.csv`, since a text file hides nothing; a workbook (.xlsx) keeps it\n");
    let copy = std::fs::read_to_string(stage.path("skip.csv")).expect("a copy");
    assert!(!copy.contains(&location_id(2)), "{copy}");

    let mut book = rust_xlsxwriter::Workbook::new();
    let worksheet = book.add_worksheet();
    for (column, cells) in [
        ["locationId", &location_id(1)],
        ["n1", "5501"],
        ["n2", "5502"],
    ]
    .into_iter()
    .enumerate()
    {
        for (row, cell) in (0..).zip(cells) {
            let column = u16::try_from(column).expect("few");
            worksheet.write(row, column, cell).expect("a cell");
        }
    }
    worksheet.set_column_hidden(2).expect("a column");
    book.save(stage.path("columns.xlsx")).expect("room");
    let ran = stage.run("check columns.xlsx --fix no.xlsx").expect(2);
    ran.says("column C is hidden, and a copy would show and send it");
    let ran = stage
        .run("check columns.xlsx --hidden skip --fix columns-skip.xlsx")
        .expect(0);
    ran.says("note: column C is hidden, and in `columns-skip.xlsx` too, as typed; ");
    assert_eq!(stage.results("columns-skip.xlsx")[0]["n2"], "5502");
    let from = stage.requests().len();
    stage.apply("columns-skip.xlsx --hidden skip").expect(0);
    let requests = stage.requests();
    let put = requests[from..].iter().find(|one| one["method"] == "PUT");
    let body = put.expect("one")["body"].to_string();
    assert!(body.contains("5501") && !body.contains("5502"), "{body}");
}
