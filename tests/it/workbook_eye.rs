//! What the eye sees in a workbook and its text alone does not tell: strikethrough, letters that nobody can see,
//! columns that are hidden by default, and other sheets.

use rust_xlsxwriter::{Color, ConditionalFormatFormula, Format, FormatPattern, Workbook};

use crate::harness::{Stage, location_id, org_id};
use crate::workbook_verdicts::{NUMBER, book, expect, fill};

const STRUCK: &str = "is struck out in the workbook";

#[test]
fn what_is_struck_out_is_in_question() {
    let struck = Format::new().set_font_strikethrough();
    let plain = Format::new();
    let number = book(|sheet| {
        sheet
            .write_string_with_format(2, 2, NUMBER, &struck)
            .map(drop)
    });
    expect(
        &number,
        "",
        2,
        "row 3, column C (n1): this cell is struck",
        ["", "", ""],
    );
    expect(&number, "--skip-invalid", 1, STRUCK, [NUMBER, "", NUMBER]);
    let row = book(|sheet| {
        sheet.write_string_with_format(2, 0, org_id(1), &struck)?;
        sheet.write_string_with_format(2, 1, location_id(2), &struck)?;
        sheet
            .write_string_with_format(2, 2, NUMBER, &struck)
            .map(drop)
    });
    expect(
        &row,
        "",
        2,
        "row 3, column A (orgId): this cell is struck",
        ["", "", ""],
    );
    let digits = book(|sheet| {
        sheet
            .write_number_with_format(2, 2, 5501.0, &struck)
            .map(drop)
    });
    expect(&digits, "", 2, STRUCK, ["", "", ""]);
    let part = book(|sheet| {
        let runs = [(&struck, "5501"), (&plain, "5502")];
        sheet.write_rich_string(2, 2, &runs).map(drop)
    });
    expect(&part, "", 2, STRUCK, ["", "", ""]);
    let header = book(|sheet| {
        sheet
            .write_string_with_format(0, 2, "n1", &struck)
            .map(drop)
    });
    expect(
        &header,
        "",
        2,
        "row 1, column C (n1): this cell is struck",
        ["", "", ""],
    );
    let name = book(|sheet| {
        sheet.write_string(0, 4, "locationName")?;
        sheet
            .write_string_with_format(2, 4, "London", &struck)
            .map(drop)
    });
    expect(&name, "", 2, "row 3, column E (locationName)", ["", "", ""]);
    // An own column, an empty cell, and a run that is not struck.
    let own = book(|sheet| {
        sheet.write_string_with_format(2, 4, "old", &struck)?;
        sheet.write_blank(1, 3, &struck)?;
        let runs = [(&plain, "+1202"), (&Format::new().set_bold(), "5550101")];
        sheet.write_rich_string(2, 2, &runs).map(drop)
    });
    expect(&own, "", 0, "updated", [NUMBER; 3]);
}

const UNSEEN: &str = "1 row would be sent although a value of such a row cannot be seen in the workbook, the first is row 3";

#[test]
fn a_value_in_the_color_of_its_background_is_sent_only_where_somebody_says_so() {
    let white = || Format::new().set_font_color(Color::White);
    for hidden in [
        white(),
        Format::new().set_font_color(Color::Theme(0, 0)),
        white().set_background_color(Color::White),
        Format::new()
            .set_font_color(Color::RGB(0x30_60_90))
            .set_background_color(Color::RGB(0x30_60_90)),
        Format::new()
            .set_font_color(Color::Theme(4, 2))
            .set_background_color(Color::Theme(4, 2)),
        Format::new()
            .set_font_color(Color::Black)
            .set_background_color(Color::Black),
        Format::new().set_font_size(1),
        Format::new().set_num_format("[White]@"),
        Format::new().set_num_format("[Color2]General"),
    ] {
        let book = book(|sheet| {
            sheet
                .write_string_with_format(2, 2, NUMBER, &hidden)
                .map(drop)
        });
        expect(&book, "", 2, UNSEEN, ["", "", ""]);
        expect(&book, "--hidden include", 0, "updated", [NUMBER; 3]);
        expect(&book, "--hidden skip", 0, "updated", [NUMBER, "", NUMBER]);
    }
    let some = book(|sheet| {
        let runs = [(&Format::new(), "+1202555010"), (&white(), "1")];
        sheet.write_rich_string(2, 2, &runs).map(drop)
    });
    expect(&some, "", 2, UNSEEN, ["", "", ""]);
    // A header in white on blue, numbers in white on blue, and in white an id, a cell of the person's own and none.
    let blue = white().set_background_color(Color::Navy);
    let striped = white()
        .set_pattern(FormatPattern::DarkGrid)
        .set_background_color(Color::Navy);
    let seen = book(|sheet| {
        for (name, column) in ["orgId", "locationId", "n1", "n2", "site"].iter().zip(0..) {
            sheet.write_string_with_format(0, column, *name, &blue)?;
        }
        sheet.write_string_with_format(1, 2, NUMBER, &blue)?;
        sheet.write_string_with_format(2, 2, NUMBER, &striped)?;
        sheet.write_string_with_format(2, 0, org_id(1), &white())?;
        sheet.write_string_with_format(2, 4, "old", &white())?;
        sheet.write_blank(2, 3, &white())?;
        let runs = [(&blue, "+1202"), (&Format::new(), "5550101")];
        sheet
            .write_rich_string_with_format(3, 2, &runs, &blue)
            .map(drop)
    });
    expect(&seen, "", 0, "updated", [NUMBER; 3]);
}

#[test]
fn a_value_that_cannot_be_seen_gets_into_no_copy_unasked() {
    let stage = Stage::instant();
    let white = Format::new().set_font_color(Color::White);
    let book = book(|sheet| {
        sheet.write_string(1, 2, "+1 202 555 0101")?;
        sheet
            .write_string_with_format(2, 2, NUMBER, &white)
            .map(drop)
    });
    stage.write("book.xlsx", book);
    let ran = stage.run("check book.xlsx --fix no.xlsx").expect(2);
    ran.says("row 3 has a value that cannot be seen, and a copy would show and send it; add --hidden skip");
    assert!(!stage.path("no.xlsx").exists());
    let ran = stage.run("check book.xlsx --hidden skip --fix copy.csv");
    ran.expect(0);
    let copy = std::fs::read_to_string(stage.path("copy.csv")).expect("a copy");
    assert!(!copy.contains(&location_id(2)));
}

#[test]
fn values_that_a_condition_may_hide_are_asked_about() {
    let book = |format: Format, column: u16| {
        book(|sheet| {
            let rule = ConditionalFormatFormula::new()
                .set_rule("=$E2=\"old\"")
                .set_format(format);
            sheet
                .add_conditional_format(1, column, 3, column, &rule)
                .map(drop)
        })
    };
    let white = || Format::new().set_font_color(Color::White);
    let says = "3 rows would be sent although conditional formatting gives values in such rows the color of what is behind them";
    expect(&book(white(), 2), "", 2, says, ["", "", ""]);
    expect(
        &book(white(), 2),
        "--hidden include",
        0,
        "updated",
        [NUMBER; 3],
    );
    let red = white().set_background_color(Color::Red);
    expect(&book(red, 2), "", 0, "updated", [NUMBER; 3]);
    expect(&book(white(), 0), "", 0, "updated", [NUMBER; 3]);
}

#[test]
fn rows_and_columns_that_are_hidden_by_default_are_asked_about() {
    let row = |at: u32, about: &str| {
        let text = |text: &str| format!("<c t=\"str\"><v>{text}</v></c>");
        let cells = [&*org_id(1), &*location_id(at.into()), NUMBER, NUMBER].map(text);
        format!("<row r=\"{}\" {about}>{}</row>", at + 1, cells.concat())
    };
    let header = ["orgId", "locationId", "n1", "n2"];
    let header = header.map(|name| format!("<c t=\"str\"><v>{name}</v></c>"));
    let both = format!("{NUMBER} {NUMBER}");
    let all = [&*both, &both, &both];
    let columns = "<cols><col min=\"1\" max=\"3\" width=\"9\"/></cols>";
    let shown = "<cols><col min=\"1\" max=\"4\" width=\"9\"/></cols>";
    for (defaults, columns, says) in [
        ("defaultColWidth=\"0\"", columns, "column D (n2) is hidden"),
        (
            "defaultColWidth=\"0.2\"",
            columns,
            "column D (n2) is hidden",
        ),
        ("defaultColWidth=\"0\"", shown, ""),
        ("baseColWidth=\"0\"", columns, ""),
        (
            "defaultRowHeight=\"0\"",
            "",
            "1 row would be sent although hidden or filtered out in the workbook, the first is row 2",
        ),
        // Excel and LibreOffice hide only rows that the file does not have.
        ("defaultRowHeight=\"15\" zeroHeight=\"1\"", "", ""),
        ("defaultRowHeight=\"-1\" defaultColWidth=\"-1\"", "", ""),
    ] {
        let rows = row(1, "") + &row(2, "ht=\"15\"") + &row(3, "hidden=\"0\"");
        let sheet = format!(
            "<worksheet><sheetFormatPr {defaults}/>{columns}<sheetData><row r=\"1\">{}</row>{rows}</sheetData></worksheet>",
            header.concat()
        );
        let book = crate::workbook::workbook_of(&[("xl/worksheets/sheet1.xml", sheet.as_bytes())]);
        if says.is_empty() {
            expect(&book, "", 0, "updated", all);
        } else {
            expect(&book, "", 2, says, ["", "", ""]);
            expect(&book, "--hidden include", 0, "updated", all);
        }
    }
}

/// A workbook of a sheet with our columns, and another with these.
fn beside(header: [&str; 3]) -> Vec<u8> {
    let mut workbook = Workbook::new();
    fill(workbook.add_worksheet(), 1).expect("cells");
    let other = workbook.add_worksheet();
    for (name, column) in header.iter().zip(0..) {
        other.write_string(0, column, *name).expect("a cell");
    }
    workbook.save_to_buffer().expect("memory")
}

#[test]
fn a_visible_sheet_with_nearly_our_columns_is_not_left_out_in_silence() {
    for header in [
        ["orgId", "locationID", "Nummer 1"],
        ["Standort-ID", "Nummer 1", "Nummer 2"],
        ["Location", "n1 (new)", "n2 (new)"],
        ["Location UUID", "Weiterleitung 1", "x"],
        ["locationName", "autoTransferNumer1", "x"],
    ] {
        let says = "its sheet `Sheet1` has the columns that are needed, and similar ones are in `Sheet2`; choose one, such as --sheet \"Sheet1\"";
        expect(&beside(header), "", 2, says, ["", "", ""]);
        expect(
            &beside(header),
            "--sheet Sheet1",
            0,
            "updated",
            [NUMBER, "", ""],
        );
    }
    for header in [
        ["Location", "City", "Phone"],
        ["Site", "Address 1", "Address 2"],
        ["Location", "Phone 1", "Phone 2"],
        ["Status", "Floor 1", "Floor 2"],
        ["locationId", "locationName", "Users"],
    ] {
        expect(&beside(header), "", 0, "updated", [NUMBER, "", ""]);
    }
}

#[test]
fn a_sheet_that_only_explains_the_columns_is_not_the_one_that_is_meant() {
    let book = |rows: &[[&str; 3]]| {
        let mut workbook = Workbook::new();
        let other = workbook.add_worksheet().set_name("Help").expect("a name");
        for (cells, row) in rows.iter().zip(0..) {
            for (cell, column) in cells.iter().zip(0..) {
                other.write_string(row, column, *cell).expect("a cell");
            }
        }
        fill(workbook.add_worksheet(), 1).expect("cells");
        workbook.save_to_buffer().expect("memory")
    };
    let ids = ["orgId", "locationId", "n1"];
    let names = ["orgName", "locationName", "n1"];
    let place = location_id(2);
    let customer = org_id(1);
    for (header, below, is_meant) in [
        (ids, ["", "", ""], false),
        (
            ids,
            ["required", "the location's id", "+ and digits"],
            false,
        ),
        (ids, ["Y2lz...", "Y2lz...", "+12025550101"], false),
        (
            names,
            ["the customer", "as in Control Hub", "in E.164"],
            false,
        ),
        (names, ["", "Name of the location", "or empty"], false),
        (ids, [&*customer, &*place, NUMBER], true),
        (ids, ["", &*place, ""], true),
        (ids, ["", &place[..40], NUMBER], true),
        (names, ["Acme", "London", NUMBER], true),
        (names, ["Acme", "London", "remove"], true),
        (names, ["Acme", "London", "1.2E+10"], true),
    ] {
        let book = book(&[header, below]);
        if is_meant {
            let says =
                "2 of its sheets have the columns that are needed: `Help`, `Sheet2`; choose one";
            expect(&book, "", 2, says, ["", "", ""]);
        } else {
            expect(&book, "", 0, "`Sheet2` is read", [NUMBER, "", ""]);
        }
    }
}
