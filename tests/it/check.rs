//! `wxbulk check`, and what it says of each sample.

use std::fs;
use std::path::Path;

use insta::assert_snapshot;

use crate::harness::{Ran, Stage, location_id, org_id, sheet};

/// Checks a sample in its own folder, as the README does.
fn check_sample(name: &str, code: i32) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Stage::instant().command(&format!("check samples/{name}.csv"));
    let output = command.current_dir(root).output().expect("it starts");
    let ran = Ran::of(output).expect(code);
    assert_eq!(ran.stderr, "", "problems are data");
    ran.stdout
}

#[test]
fn the_good_sample_has_no_problem() {
    assert_snapshot!(check_sample("transfer-numbers", 0), @"60 rows: 60 ready to send");
}

#[test]
fn numbers_that_are_none() {
    assert_snapshot!(check_sample("trouble-numbers", 2), @r"
    row 3, column C (n1): `7` has 1 digit; enter a number of 2 to 30 digits
    row 4, column D (n2): `n/a` is not a phone number. Enter + and digits, for example +12025550101, or REMOVE to clear the number
    row 6, column C (n1): `1.20256E+10` is in scientific notation: the spreadsheet dropped digits of it; format the cell as text and type the phone number again
    row 7, column C (n1): `+1 (0) 202 555 0101` has a `(0)` in it, which is dialed only inside the country; after a country code leave it out, otherwise write 0 without brackets
    6 rows: 2 ready to send, 4 with 4 problems
    ");
}

#[test]
fn ids_that_are_none_or_of_another_kind() {
    assert_snapshot!(check_sample("trouble-ids", 2), @r"
    row 2, column B (locationId): this is an organization's id, but the column needs a location's id: `Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi82NTEzMjcw…`
    row 3, column B (locationId): this cell is empty; the row needs a location's id, or a value in `locationName`
    row 4, column B (locationId): `Bethesda` is not a location's id; such an id looks like `Y2lzY29zcGFyazovL3VzL0xPQ0FUSU9OL…`, or like 8e81973e-0b1a-4c2d-9e3f-5a6b7c8d9e0f (a UUID); if it is meant as locationName, put it into a column named `locationName`
    row 5, column A (orgId): this is a location's id, but the column needs an organization's id: `Y2lzY29zcGFyazovL3VzL0xPQ0FUSU9OLzkwYzE5MmNmLWQz…`
    row 6, column B (locationId): this is a person's id, but the column needs a location's id: `Y2lzY29zcGFyazovL3VzL1BFT1BMRS8xYzI0NDJmOS0yOThj…`
    row 7, column B (locationId): `Y2lzY29zcGFyazovL3VzL0xPQ0FUSU9OLzBmZDYz` is the beginning of an id: it has 40 characters and such an id has 82; copy the whole id
    6 rows: 0 ready to send, 6 with 6 problems
    ");
}

#[test]
fn what_spreadsheets_do_is_recognized_by_name() {
    assert_snapshot!(check_sample("trouble-damage", 2), @r"
    row 3, column C (n1): `12025550101.0` has a decimal point, as if it were an amount; format the cell as text and enter the phone number with digits only
    row 3, column D (n2): `#REF!` is an error value, which a spreadsheet shows where a formula fails; correct the formula or type the value
    row 3, column E (n3): `########` is what a spreadsheet shows where a column is too narrow, or where a phone number is formatted as a date; format the cells as text, widen the column and save the sheet again
    row 4, column C (n1): `2025-01-05` is a date: the spreadsheet converted the number; format the cell as text and type the phone number again
    row 4, column D (n2): `5-Jan` is a date: the spreadsheet converted the number; format the cell as text and type the phone number again
    row 4, column E (n3): `=A2` is a formula; in the spreadsheet, copy the cells and paste them as values
    row 5, column C (n1): `1202555O101` has the letter `O` where the digit `0` seems to be meant; type the digit
    row 5, column D (n2): `12,025,550,101` has thousands separators; format the cell as text and take them out
    row 5, column E (n3): `5501/5502` holds more than one number; leave one in this cell and put the others into n1, n2 or n3
    row 7, column B (locationId): `y2lzy29zcgfyazovl3vzl0xpq0fusu9olzbmzdyzmgyxlwyy…` is an id in which upper or lower case was changed, so it no longer means anything; copy it again from the source
    row 8, column B (locationId): `Y2lzY29zcGFyazovL3VzL0xPQ0FUSU…` contains dots: it was copied from a place that shows only part of the id; copy the whole id
    row 9, column C (n1): `Y2lzY29zcGFyazovL3VzL0xPQ0FUSU9OLzhlODE5NzNlLTBi…` is an id, but this column holds phone numbers; are the cells of this row in the wrong columns?
    row 10: it has 7 cells (up to column G) and the header has 6, and the location's id is in column D instead of B; move the cells back, or in a CSV file put quotes around the cell before it that has a separator in it
    9 rows: 2 ready to send, 7 with 13 problems
    note: 1 number with 11 digits or more and no `+` in front, in row 2; sent unchanged unless completed with --country +1
    note: 1 number with 7 to 10 digits and neither `+` nor `0` in front, in row 2; sent unchanged unless --country gives the country code
    note: `12025550101` in row 2 and `2025550101` in row 2 are two spellings of one number; they are sent as they stand, and --country +1 makes them one
    ");
}

#[test]
fn a_country_completes_national_numbers_and_says_how_many() {
    let stage = Stage::instant();
    let row = format!(
        "{},{},2025550101,12025550102,5501\n",
        org_id(1),
        location_id(1)
    );
    stage.write("sheet.csv", format!("orgId,locationId,n1,n2,n3\n{row}"));
    let without = stage.run("check sheet.csv").expect(0);
    assert_snapshot!(without.stdout, @r"
    1 row: 1 ready to send
    note: 1 number with 11 digits or more and no `+` in front, in row 2; sent unchanged unless completed with --country +1
    ");
    let with = stage.run("check sheet.csv --country +1").expect(0);
    assert_snapshot!(with.stdout, @"
    1 row: 1 ready to send
    note: 2 numbers are completed with +1 of --country
    ");
    let ran = stage.run("check sheet.csv --country US").expect(2);
    assert_snapshot!(ran.stderr, @"error: --country: `US` is not a country calling code; enter one such as +1 or +49");
}

/// Whoever goes on did not type the country that the run began with.
#[test]
fn a_country_that_was_typed_for_an_earlier_part_is_named_as_that() {
    for (numbers, at_first, later) in [
        (
            ["2025550101", "2025550102"],
            "note: 2 numbers are completed with +1 of --country\n",
            "note: 2 numbers are completed with +1 of the --country that the earlier run had\n",
        ),
        (
            ["+12025550101", "+12025550102"],
            "note: no number is completed with +1 of --country\n",
            "",
        ),
    ] {
        let stage = Stage::instant();
        let rows = [2, 3].into_iter().zip(numbers);
        let rows = rows.map(|(row, number)| format!("{},{number}\n", location_id(row)));
        let rows: String = rows.collect();
        stage.write("sheet.csv", format!("locationId,n1\n{rows}"));
        let ran = stage.apply("sheet.csv --country +1 --first 1").expect(3);
        ran.says(at_first);
        let ran = stage.apply("sheet.csv --resume").expect(0);
        ran.says(later);
        assert_eq!(ran.stderr.contains("completed with"), !later.is_empty());
    }
}

#[test]
fn problems_are_listed_for_programs_and_spreadsheets_too() {
    let stage = Stage::instant();
    let row = |site| format!("{},{},7", org_id(1), location_id(site));
    let rows: Vec<String> = (1..=30).map(row).collect();
    stage.write(
        "sheet.csv",
        format!("orgId,locationId,n1\n{}\n", rows.join("\n")),
    );
    let text = stage.run("check sheet.csv").expect(2).stdout;
    let end: Vec<&str> = text.lines().skip(20).collect();
    assert_snapshot!(end.join("\n"), @"
    and 10 more of the kind `wrong-length`; --format csv lists them all
    30 rows: 0 ready to send, 30 with 30 problems
    ");
    let list = stage.run("check sheet.csv --format csv").expect(2).stdout;
    assert_eq!(list.lines().count(), 31);
    assert_eq!(
        list.lines().nth(1),
        Some("2,C,n1,wrong-length,`7` has 1 digit; enter a number of 2 to 30 digits")
    );
    let report = stage.run("check sheet.csv --format json").expect(2).stdout;
    let report: serde_json::Value = serde_json::from_str(&report).expect("json");
    assert_eq!(report["problems"], 30);
    assert_eq!(report["kinds"][0]["kind"], "wrong-length");
    assert_eq!(report["kinds"][0]["count"], 30);
    assert_eq!(report["kinds"][0]["first"][0]["row"], 2);
    let ran = stage.run("check sheet.csv --format xml").expect(2);
    assert_snapshot!(ran.stderr, @"error: --format: `xml` is none of text, json and csv");
}

#[test]
fn a_row_with_nothing_to_change() {
    assert_snapshot!(check_sample("trouble-nothing-to-change", 0), @"
    6 rows: 5 ready to send, 1 with nothing to send
    note: 1 row has nothing to change, the first is row 4
    ");
}

#[test]
fn rows_for_one_location() {
    assert_snapshot!(check_sample("trouble-same-location", 2), @r"
    row 2, column B (locationId): row 5 is for the same location and asks for something else; delete one of the two, or add --allow-duplicates to send both in the order of the sheet
    row 5, column B (locationId): row 2 is for the same location and asks for something else; delete one of the two, or add --allow-duplicates to send both in the order of the sheet
    6 rows: 3 ready to send, 1 with nothing to send, 2 with 2 problems
    note: 1 row says the same as an earlier row for the location and will not be sent again, the first is row 7
    ");
}

#[test]
fn rows_with_too_few_or_too_many_cells() {
    assert_snapshot!(check_sample("trouble-cells", 2), @r"
    row 5: it has 7 cells (up to column G) and the header has 6; delete what is in the surplus cells or give their columns a name in the header; in a CSV file, a cell with a separator in it needs quotes around it
    row 6: it ends before the location's column, B; are separators missing? If the row is a total or a note, delete it
    6 rows: 4 ready to send, 2 with 2 problems
    note: 1 row ends before the last column, the first in row 3; what is missing at the end is taken for empty
    ");
}

#[test]
fn a_missing_column_is_reported_once() {
    assert_snapshot!(check_sample("trouble-missing-column", 2), @r"
    row 1: there is no column `locationId` or `locationName`, one of which is needed; rename the right one in row 1; the columns found are `customer`, `site id`, `n1`, `n2`, `n3`, `site`
    1 problem with the header; no row was read
    ");
}

#[test]
fn a_doubled_column_is_reported_once() {
    assert_snapshot!(check_sample("trouble-doubled-column", 2), @"
    row 1, column F (locationId): there are 2 columns `locationId`: B, F; rename or delete all but one
    1 problem with the header; no row was read
    ");
}

#[test]
fn each_sample_is_used_by_a_test_and_described() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tests = include_str!("check.rs");
    let described = fs::read_to_string(root.join("samples/README.md")).expect("a description");
    for entry in fs::read_dir(root.join("samples")).expect("samples") {
        let name = entry
            .expect("an entry")
            .file_name()
            .into_string()
            .expect("a name");
        // What a rehearsal in the samples' folder leaves is no sample.
        let Some(sample) = name.strip_suffix(".csv").filter(|name| !name.contains('.')) else {
            continue;
        };
        assert!(
            tests.contains(&format!("\"{sample}\"")),
            "{name} is used by no test"
        );
        assert!(described.contains(&name), "{name} is not described");
    }
}

#[test]
fn the_name_alone_says_what_to_do_next() {
    let ran = Stage::instant().run("").expect(2);
    assert_snapshot!(ran.stderr, @"
    wxbulk changes Webex Calling settings in bulk from a spreadsheet. Begin with:

      wxbulk check numbers.csv              look for mistakes; sends nothing
      wxbulk apply numbers.csv --rehearse   practise; nothing changes anywhere
      wxbulk apply numbers.csv              send, after asking you
      wxbulk --help                         all commands
    ");
}

#[test]
fn a_misspelt_flag_or_command_is_answered_with_the_right_one() {
    let stage = Stage::instant();
    let ran = stage.run("apply sheet.csv --outpt x").expect(2);
    assert_snapshot!(ran.stderr, @"
    error: unexpected argument `--outpt`
    hint: a similar argument exists: `--output`
    ");
    let ran = stage.run("aply sheet.csv").expect(2);
    let said = ran
        .stderr
        .replace(env!("CARGO_BIN_EXE_wxbulk"), "EXECUTABLE");
    assert_snapshot!(said, @"
    error: unrecognized command `aply`
    hint: EXECUTABLE apply sheet.csv
    ");
}

#[test]
fn an_organization_for_rows_without_one_can_be_named() {
    let stage = Stage::instant();
    stage.write(
        "sheet.csv",
        format!("locationId,n1\n{},123\n", location_id(1)),
    );
    let ran = stage.run("check sheet.csv").expect(0);
    ran.says("all rows are for the token's own organization");
    stage
        .run(&format!("check sheet.csv --org {}", org_id(1)))
        .expect(0);
    // A name is looked up before anything is sent; a part of an id is none.
    let named = stage.run("check sheet.csv --org London").expect(0);
    let note = "1 row has a name in place of an id";
    assert!(named.stdout.contains(note), "{}", named.stdout);
    let part = org_id(1)[..60].to_string();
    stage
        .run(&format!("check sheet.csv --org {part}"))
        .expect(2);
}

#[test]
fn files_that_are_no_sheet_get_a_sentence() {
    let stage = Stage::instant();
    stage.write("empty.csv", "");
    stage.write("blank.csv", "\n\n,,\n");
    stage.write("book.xlsx", b"PK\x03\x04rest");
    stage.write("book.ods", include_bytes!("sheets/libreoffice.ods"));
    stage.write("binary.csv", b"\x7fELF\0\0");
    let mut said = String::new();
    for name in [
        "empty.csv",
        "blank.csv",
        "book.xlsx",
        "book.ods",
        "binary.csv",
        "none.csv",
        ".",
    ] {
        said += &stage.run(&format!("check {name}")).expect(2).stderr;
    }
    assert_snapshot!(said, @r#"
    error: cannot use `empty.csv`: the file is empty
    error: `blank.csv` is empty
    error: cannot use `book.xlsx`: it is not an Excel workbook, or it is damaged or incomplete; try to open it in Excel; in Excel, use Save As and choose "CSV UTF-8 (Comma delimited)": invalid Zip archive: Could not find EOCD
    error: cannot use `book.ods`: it is an OpenDocument spreadsheet (.ods); open it in LibreOffice and use Save As with the type Excel 2007-365 (.xlsx)
    error: cannot use `binary.csv`: it is not a text file; in Excel, use Save As and choose "CSV UTF-8 (Comma delimited)"
    error: cannot read the sheet `none.csv`: no such file or folder
    error: `.` is a folder, not a sheet
    "#);
}

#[test]
fn a_quote_that_is_never_closed_takes_no_memory_and_is_named() {
    let stage = Stage::instant();
    let rows = format!("{},{},5501,\n", org_id(1), location_id(1)).repeat(100_000);
    let text = format!(
        "orgId,locationId,n1,site\n,{},5501,\"x\n{rows}",
        location_id(2)
    );
    stage.write("sheet.csv", text.as_bytes());
    let ran = stage.run("check sheet.csv").expect(2);
    assert_snapshot!(ran.stderr, @"error: cannot read `sheet.csv`: row 2 is longer than any row can be: a quote in it is opened and never closed; close the quote");
}

#[test]
fn rows_are_named_as_a_spreadsheet_shows_them_where_only_the_header_ends_in_a_return() {
    let stage = Stage::instant();
    let rows = ["5501", "x", "y"].map(|number| format!(",{},{number}\r\n", location_id(1)));
    stage.write(
        "sheet.csv",
        format!("orgId,locationId,n1\r{}", rows.concat()),
    );
    let ran = stage.run("check sheet.csv").expect(2);
    for row in [3, 4] {
        assert!(
            ran.stdout.contains(&format!("row {row}, column C (n1)")),
            "{}",
            ran.stdout
        );
    }
    assert!(ran.stdout.contains("3 rows: "), "{}", ran.stdout);
}

#[test]
fn a_sheet_with_semicolons_tabs_or_windows_line_ends_reads_the_same() {
    let stage = Stage::instant();
    for (from, to) in [
        (",", ";"),
        (",", "\t"),
        (",", "|"),
        ("\n", "\r\n"),
        ("orgId", "\u{feff}orgId"),
    ] {
        stage.write("sheet.csv", sheet(5).replace(from, to));
        let ran = stage.run("check sheet.csv").expect(0);
        assert_eq!(ran.stdout, "5 rows: 5 ready to send\n", "{from:?} → {to:?}");
    }
}

#[test]
fn a_header_without_an_end_is_refused_before_it_is_read() {
    let stage = Stage::instant();
    let endless = format!("orgId,locationId,n1{}", ",site".repeat(4_000_000));
    stage.write("sheet.csv", endless);
    let ran = stage.run("check sheet.csv").expect(2);
    ran.says(
        "row 1 should hold the names of the columns, and it is longer than 512 KB without a line break",
    );
}
