//! What the eye sees in a workbook and its text alone does not tell: strikethrough, and other sheets.

use rust_xlsxwriter::{Format, Workbook};

use crate::harness::{location_id, org_id};
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
