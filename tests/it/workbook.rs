//! Sheets in Excel workbooks.

use std::io::{Cursor, Write};
use std::thread;

use insta::assert_snapshot;
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet, XlsxError};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::corpus::targets::PARTS;
use crate::harness::{Ran, Stage, location_id, number, org_id, peak_memory, sheet};

fn save(stage: &Stage, name: &str, workbook: &mut Workbook) {
    let bytes = workbook.save_to_buffer().expect("memory");
    stage.write(name, bytes);
}

/// The cells of a CSV text from `row` on, as text.
fn fill(worksheet: &mut Worksheet, text: &str, row: u32) -> Result<(), XlsxError> {
    for (line, row) in text.lines().zip(row..) {
        for (cell, column) in line.split(',').zip(0..) {
            if !cell.is_empty() {
                worksheet.write_string(row, column, cell)?;
            }
        }
    }
    Ok(())
}

#[test]
fn numbers_keep_their_digits_and_what_is_no_number_is_named_where_excel_shows_it() {
    let stage = Stage::instant();
    let mut workbook = Workbook::new();
    let worksheet = workbook.add_worksheet();
    let mut fill_it = || -> Result<(), XlsxError> {
        fill(worksheet, "Numbers for the weekend", 0)?;
        fill(worksheet, &sheet(9), 2)?;
        let day = Format::new().set_num_format("yyyy-mm-dd");
        worksheet.write_number(3, 2, 12_025_550_101.0)?;
        worksheet.write_number(4, 2, 4_961_007_731_234_567.0)?;
        worksheet.write_datetime_with_format(5, 2, ExcelDateTime::from_ymd(2026, 3, 5)?, &day)?;
        worksheet.write_formula(6, 2, Formula::new("=1/0").set_result("#DIV/0!"))?;
        worksheet.write_formula(7, 2, Formula::new("=C4+1").set_result("12025550102"))?;
        worksheet.write_number(8, 2, 5501.5)?;
        worksheet.write_boolean(9, 2, true)?;
        Ok(())
    };
    fill_it().expect("cells");
    save(&stage, "book.xlsx", &mut workbook);
    let ran = stage.run("check book.xlsx").expect(2);
    assert_snapshot!(ran.stderr, @"the header is row 3; what stands above it is left out");
    assert_snapshot!(ran.stdout, @r"
    row 5, column C (n1): `4.961007731234567E15` is in scientific notation: the spreadsheet dropped digits of it; format the cell as text and type the phone number again
    row 6, column C (n1): `2026-03-05` is a date: the spreadsheet converted the number; format the cell as text and type the phone number again
    row 7, column C (n1): `#DIV/0!` is an error value, which a spreadsheet shows where a formula fails; correct the formula or type the value
    row 9, column C (n1): `5501.5` has a decimal point, as if it were an amount; format the cell as text and enter the phone number with digits only
    row 10, column C (n1): `TRUE` is not a phone number. Enter + and digits, for example +12025550101, or REMOVE to clear the number
    9 rows: 4 ready to send, 5 with 5 problems
    note: 2 numbers with 11 digits or more and no `+` in front, in rows 4 and 8; sent unchanged unless completed with --country +1
    ");
    stage.apply("book.xlsx --skip-invalid").expect(1);
    let results = stage.results("book.results.xlsx");
    assert_eq!(results[0]["n1"], "12025550101");
    assert_eq!(
        (&*results[0]["row"], &*results[0]["outcome"]),
        ("4", "updated")
    );
    assert_eq!(results[8]["n1"], number(10));
}

#[test]
fn one_of_several_sheets_has_to_be_named() {
    let stage = Stage::instant();
    let mut workbook = Workbook::new();
    for (name, rows) in [("May", 3), ("June", 5)] {
        let worksheet = workbook.add_worksheet().set_name(name).expect("a name");
        fill(worksheet, &sheet(rows), 0).expect("cells");
    }
    save(&stage, "book.xlsx", &mut workbook);
    let ran = stage.run("check book.xlsx").expect(2);
    assert_snapshot!(ran.stderr, @r#"error: cannot use `book.xlsx`: 2 of its sheets have the columns that are needed: `May`, `June`; choose one, such as --sheet "May"; each needs its own run"#);
    let ran = stage.run("check book.xlsx --sheet June").expect(0);
    assert_snapshot!(ran.stderr + &ran.stdout, @"5 rows: 5 ready to send");
    let ran = stage.run("check book.xlsx --sheet July").expect(2);
    assert_snapshot!(ran.stderr, @"error: cannot use `book.xlsx`: the workbook has no sheet `July`; its sheets are `May`, `June`");
    stage.write("sheet.csv", sheet(1));
    let ran = stage.run("check sheet.csv --sheet May").expect(2);
    assert_snapshot!(ran.stderr, @"error: `sheet.csv` is not a workbook, so it has no sheets with names; leave out --sheet");
}

/// A workbook of these sheets: their names, whether they are hidden, their cells.
fn several(stage: &Stage, sheets: &[(&str, bool, &str)]) {
    let mut workbook = Workbook::new();
    for (name, is_hidden, cells) in sheets {
        let worksheet = workbook.add_worksheet().set_name(*name).expect("a name");
        fill(worksheet, cells, 0).expect("cells");
        worksheet.set_hidden(*is_hidden);
    }
    let visible = sheets.iter().position(|(_, is_hidden, _)| !is_hidden);
    let visible = workbook.worksheet_from_index(visible.expect("one is visible"));
    visible
        .expect("a sheet")
        .set_active(true)
        .set_first_tab(true);
    save(stage, "book.xlsx", &mut workbook);
}

#[test]
fn which_sheet_is_read_is_told_before_anything_is_sent() {
    let stage = Stage::instant();
    let (three, two) = (sheet(3), sheet(2));
    several(
        &stage,
        &[
            ("Old", true, &*three),
            ("May", false, &*two),
            ("June", false, &*three),
        ],
    );
    let ran = stage.apply("book.xlsx").expect(2);
    assert_snapshot!(ran.stderr, @r#"error: cannot use `book.xlsx`: 2 of its sheets have the columns that are needed: `May`, `June`; choose one, such as --sheet "May"; each needs its own run"#);
    several(&stage, &[("Old", true, &*three), ("May", false, &*two)]);
    let ran = stage.run("check book.xlsx").expect(0);
    assert_snapshot!(ran.stderr + &ran.stdout, @r"
    the workbook has several sheets; `May` is read, --sheet names another
    2 rows: 2 ready to send
    ");
    let ran = stage.run("check book.xlsx --sheet Old").expect(0);
    assert_snapshot!(ran.stderr + &ran.stdout, @"3 rows: 3 ready to send");
    several(
        &stage,
        &[
            ("Read me", false, "How to fill this in"),
            ("May", false, &*two),
        ],
    );
    let ran = stage.run("check book.xlsx").expect(0);
    assert_snapshot!(ran.stderr + &ran.stdout, @r"
    the workbook has several sheets; `May` is read, --sheet names another
    2 rows: 2 ready to send
    ");
}

#[test]
fn a_second_table_in_a_sheet_is_named_by_its_row() {
    let stage = Stage::instant();
    let rows = sheet(2);
    let [org, location] = [org_id(1), location_id(9)];
    let below =
        format!("{rows}\nOrganisation,Standort-ID,Ziel 2,Ziel 1\n{org},{location},5502,5501\n");
    several(&stage, &[("May", false, &*below)]);
    let ran = stage.apply("book.xlsx --skip-invalid").expect(2);
    assert_snapshot!(ran.stderr, @r"
    row 5: a second table begins here, with other columns than the header; put it into a file of its own
    4 rows: 3 ready to send, 1 with 1 problem; nothing was sent
    ");
    let again = format!("{rows}\n{rows}");
    several(&stage, &[("May", false, &*again)]);
    let ran = stage.apply("book.xlsx").expect(2);
    assert_snapshot!(ran.stderr, @r"
    row 5: this is the header again; delete the row
    hint: correct these rows, or leave them out with --skip-invalid
    5 rows: 2 ready to send, 2 with nothing to send, 1 with 1 problem; nothing was sent
    ");
    assert!(stage.requests().is_empty());
}

#[test]
fn a_large_workbook_is_checked_in_little_memory() {
    const ROWS: u32 = 100_000;
    let stage = Stage::instant();
    let mut workbook = Workbook::new();
    let worksheet = workbook.add_worksheet();
    fill(worksheet, "orgId,locationId,n1,n2,n3,site", 0).expect("cells");
    for row in 1..=ROWS {
        let own = u64::from(row);
        worksheet
            .write_string(row, 0, org_id(own % 3))
            .expect("a cell");
        worksheet
            .write_string(row, 1, location_id(own))
            .expect("a cell");
        worksheet
            .write_number(row, 2, f64::from(row) + 12_020_000_000.0)
            .expect("a cell");
        worksheet
            .write_string(row, 5, format!("site {row}"))
            .expect("a cell");
    }
    save(&stage, "book.xlsx", &mut workbook);
    let (ran, peak) = check_measured(&stage);
    let ran = ran.expect(0);
    let counts = "100,000 rows: 100,000 ready to send\n";
    assert!(ran.stdout.starts_with(counts), "{}", ran.stdout);
    assert!(peak < 200 * 1024, "{peak} KiB");
}

/// Checks `book.xlsx`; with the memory it took, in KiB.
fn check_measured(stage: &Stage) -> (Ran, u64) {
    let mut child = stage.command("check book.xlsx").spawn().expect("it starts");
    let mut peak = 0;
    while child.try_wait().expect("a child").is_none() {
        peak = peak.max(peak_memory(&child).unwrap_or_default());
        thread::yield_now();
    }
    (Ran::of(child.wait_with_output().expect("it ended")), peak)
}

/// A workbook of these parts and those that every one has.
pub(crate) fn workbook_of(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut book = ZipWriter::new(Cursor::new(Vec::new()));
    let usual = PARTS.map(|(name, text)| (name, text.as_bytes()));
    let is_usual = |(name, _): &&(&str, &[u8])| parts.iter().all(|(own, _)| own != name);
    for (name, content) in usual.iter().filter(is_usual).chain(parts) {
        book.start_file(*name, SimpleFileOptions::default())
            .expect("a name");
        book.write_all(content).expect("memory");
    }
    book.finish().expect("memory").into_inner()
}

#[test]
fn a_packed_text_that_is_called_a_workbook_is_called_what_it_is() {
    let stage = Stage::instant();
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    archive
        .start_file("numbers.csv", SimpleFileOptions::default())
        .expect("a name");
    archive
        .write_all(b"locationId,n1\n1,5501\n")
        .expect("memory");
    let archive = archive.finish().expect("memory").into_inner();
    stage.write("sheet.xlsx", archive);
    stage.run("check sheet.xlsx").expect(2).says(
        "it is not an Excel workbook but a ZIP archive, with `numbers.csv` in it; unpack it and use the sheet in it",
    );
}

#[test]
fn a_line_without_an_end_is_refused_before_it_fills_the_memory() {
    let stage = Stage::instant();
    let endless = "5".repeat(100_000_000);
    for (before, says) in [
        (
            "locationId,n1\n1,",
            "row 2 is longer than any row can be: no line break ends it",
        ),
        (
            "locationId,n1\n1,\"",
            "row 2 is longer than any row can be: a quote in it is opened and never closed",
        ),
    ] {
        stage.write("sheet.csv", format!("{before}{endless}"));
        stage.run("check sheet.csv").expect(2).says(says);
    }
}

#[test]
fn what_is_beside_the_cells_of_a_workbook_is_its_own() {
    let stage = Stage::instant();
    let query = "\u{feff}<DataMashup uniqueCount=\"9999999999\">".encode_utf16();
    let query: Vec<u8> = query.flat_map(u16::to_le_bytes).collect();
    let picture = vec![0; 70 * 1024 * 1024];
    let sheet = r#"<worksheet><sheetData><row r="1"><c t="str"><v>orgId</v></c><c t="str"><v>locationId</v></c><c t="str"><v>n1</v></c></row></sheetData></worksheet>"#;
    let with_part = |name: &str, content: &[u8]| {
        workbook_of(&[
            ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
            (name, content),
        ])
    };
    for (name, content) in [
        ("customXml/item1.xml", &query),
        ("xl/media/image1.bmp", &picture),
    ] {
        stage.write("book.xlsx", with_part(name, content));
        let ran = stage.run("check book.xlsx");
        assert_eq!(ran.expect(2).stdout, "0 rows: 0 ready to send\n", "{name}");
    }
}

#[test]
fn a_workbook_that_was_made_to_burst_is_refused_in_little_memory() {
    let stage = Stage::instant();
    let many = "<si><t>a</t></si>".repeat(64 * 1024);
    let long = "a".repeat(many.len());
    let formats = "<xf/>".repeat(many.len() / 5);
    for (part, start, repeated, times, end) in [
        ("sharedStrings", "<sst>", &many, 34, "</sst>"),
        (
            "sharedStrings",
            "<sst><si><t>",
            &long,
            34,
            "</t></si></sst>",
        ),
        (
            "styles",
            "<styleSheet><cellXfs>",
            &formats,
            34,
            "</cellXfs></styleSheet>",
        ),
        (
            "worksheets/sheet1",
            "<worksheet><sheetData><row><c><v>",
            &long,
            64,
            "</v></c></row></sheetData></worksheet>",
        ),
    ] {
        let name = format!("xl/{part}.xml");
        let content = [start, &repeated.repeat(times), end].concat();
        let book = workbook_of(&[(&name, content.as_bytes())]);
        assert!(book.len() < 300_000, "{}", book.len());
        stage.write("book.xlsx", book);
        let (ran, peak) = check_measured(&stage);
        ran.expect(2).says("it holds more than any sheet needs");
        assert!(peak < 50 * 1024, "{peak} KiB for {part}");
    }
}
