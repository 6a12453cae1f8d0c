//! What workbooks hide, merge, format and break, each with the verdict it must get.

use rust_xlsxwriter::{
    ConditionalFormatCell, ConditionalFormatCellRule, ConditionalFormatDataBar,
    ConditionalFormatFormula, Format, FormatScript, Formula, Workbook, Worksheet, XlsxError,
};

use crate::harness::{Ran, Stage, location_id, org_id};

pub(crate) const NUMBER: &str = "+12025550101";

/// Columns orgId, locationId, n1, n2 and this number of rows, each with `NUMBER` as n1.
pub(crate) fn fill(sheet: &mut Worksheet, rows: u32) -> Result<(), XlsxError> {
    for (name, column) in ["orgId", "locationId", "n1", "n2", "site"].iter().zip(0..) {
        sheet.write_string(0, column, *name)?;
    }
    for row in 1..=rows {
        sheet.write_string(row, 0, org_id(1))?;
        sheet.write_string(row, 1, location_id(row.into()))?;
        sheet.write_string(row, 2, NUMBER)?;
    }
    Ok(())
}

/// A workbook of one sheet of three rows, changed by `change`.
pub(crate) fn book(change: impl FnOnce(&mut Worksheet) -> Result<(), XlsxError>) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    fill(sheet, 3).expect("cells");
    change(sheet).expect("cells");
    workbook.save_to_buffer().expect("memory")
}

/// Sends a workbook; what was said, and what is set as the numbers of three locations now.
fn send(book: &[u8], flags: &str) -> (Ran, [String; 3]) {
    let stage = Stage::instant();
    stage.write("book.xlsx", book);
    let ran = stage.apply(&format!("book.xlsx {flags}"));
    let all = stage.state();
    let set = [1, 2, 3].map(|at| {
        let numbers = &all[location_id(at)];
        let [one, two] = [1, 2].map(|place| numbers[format!("autoTransferNumber{place}")].as_str());
        match (one, two) {
            (one, None) => one.unwrap_or_default().to_string(),
            (one, Some(two)) => format!("{} {two}", one.unwrap_or_default()),
        }
    });
    (ran, set)
}

#[track_caller]
pub(crate) fn expect(book: &[u8], flags: &str, code: i32, says: &str, set: [&str; 3]) {
    let (ran, now) = send(book, flags);
    assert_eq!(ran.code, Some(code), "{}", ran.stderr);
    assert!(ran.stderr.contains(says), "{says}: {}", ran.stderr);
    assert_eq!(now, set, "{}", ran.stderr);
}

/// Formats, a number in each, and what is sent; `None`: it is refused.
const FORMATS: &[(&str, f64, Option<&str>)] = &[
    ("General", 12_025_550_101.0, Some("12025550101")),
    ("0", 5501.0, Some("5501")),
    ("00000000000", 2_079_460_000.0, Some("02079460000")),
    ("\"+\"0", 442_079_460_000.0, Some("+442079460000")),
    ("\\+0", 12_025_550_101.0, Some("+12025550101")),
    ("+0", 12_025_550_101.0, Some("+12025550101")),
    ("+#", 12_025_550_101.0, Some("+12025550101")),
    ("\"+1\"0", 2_025_550_101.0, Some("+12025550101")),
    ("\"00\"0", 442_079_460_000.0, Some("00442079460000")),
    ("(000) 000-0000", 2_025_550_101.0, Some("2025550101")),
    ("000-000-0000", 2_025_550_101.0, Some("2025550101")),
    (
        "[<=9999999]###-####;(###) ###-####",
        2_025_550_101.0,
        Some("2025550101"),
    ),
    ("00 00 00 00 00", 123_456_789.0, Some("0123456789")),
    ("0000", 551.0, Some("0551")),
    ("0.00", 5501.0, Some("5501")),
    ("#,##0", 12_025_550_101.0, Some("12025550101")),
    ("0.00E+00", 12_025_550_101.0, Some("12025550101")),
    ("@", 5501.0, Some("5501")),
    ("\"+49 0\"0", 301_234_567.0, None),
    ("0\" x\"", 5501.0, None),
    (";;;", 5501.0, None),
    ("0", 5501.5, None),
    ("0", 5_500.999_999_999_999, None),
    ("General", 0.5501, None),
    ("General", -857.0, None),
    ("0;0", -857.0, None),
    ("General", 1_234_567_890_123_456.0, None),
    ("yyyy-mm-dd", 45_000.0, None),
    ("0%", 5501.0, None),
    ("0.0%", 5501.0, None),
    ("0,", 12_025_550_101.0, None),
    ("[=5501]\"call desk\";0", 5501.0, None),
    ("[=0]\"\";General", 5501.0, Some("5501")),
    ("[=0]\"\";0000", 551.0, Some("0551")),
    ("[>9]\"\";0", 5501.0, None),
    ("[$\u{20ac}-2] 0", 12_025_550_101.0, None),
    ("[$+]0", 12_025_550_101.0, Some("+12025550101")),
    ("\"+\"@", 12_025_550_101.0, Some("+12025550101")),
    (
        "\"+\"## #### ######",
        442_079_460_000.0,
        Some("+442079460000"),
    ),
    ("[$-809]\"+\"0", 442_079_460_000.0, Some("+442079460000")),
    ("\"0\"0", 301_234_567.0, Some("0301234567")),
    ("0_)", 12_025_550_101.0, Some("12025550101")),
    ("0;-0;;@", 12_025_550_101.0, Some("12025550101")),
    ("\"(0)\"0", 301_234_567.0, None),
    ("0.0,", 12_025_550_101.0, None),
    ("#,##0.00,,", 12_025_550_101.0, None),
    ("[<100]0;[<1000]0", 5501.0, None),
    (".0", 5501.0, Some("5501")),
    ("0#########", 202_555.0, Some("0000202555")),
    ("[h]:mm", 5501.0, None),
    ("[mm]", 5501.0, None),
    ("0\"0\"", 550.0, Some("5500")),
    ("# ?/?", 5501.0, Some("5501")),
    ("# ?/?", 5501.5, None),
    ("# ??/16", 5501.0, Some("5501")),
    ("0 0/2", 5501.0, None),
    ("0/0", 5501.0, None),
    ("?/?", 12_025_550_101.0, None),
    ("\"+\"0 ?/?", 12_025_550_101.0, Some("+12025550101")),
    ("00000000000 ??/??", 2_079_460_000.0, Some("02079460000")),
    ("\"+\"0/1", 12_025_550_101.0, None),
    ("##0.0E+0", 12_025_550_101.0, Some("12025550101")),
    ("\"Ext. \"0000", 551.0, None),
    ("\"x\"0", 5501.0, None),
    (";;0", 5501.0, None),
    ("0;;;", 5501.0, Some("5501")),
    ("[Color10]0", 5501.0, Some("5501")),
    ("[DBNum1]0", 5501.0, Some("5501")),
    ("_(\"$\"* #,##0_)", 5501.0, None),
    ("#", 0.0, None),
    ("+#-###-###-####", 12_025_550_101.0, Some("+12025550101")),
    ("0.###", 5501.0, Some("5501")),
    ("@\" x\"", 5501.0, None),
    ("ge.m.d", 45_000.0, None),
    ("[=1]\"one\";[=2]\"two\";0", 5501.0, Some("5501")),
    (
        "[>=10000000000]\"+\"0;0",
        12_025_550_101.0,
        Some("+12025550101"),
    ),
    ("\"00\"#", 442_079_460_000.0, Some("00442079460000")),
    ("'+'0", 12_025_550_101.0, None),
    ("0\\,000", 5501.0, None),
    ("[$+44 ]0", 2_079_460_000.0, Some("+442079460000")),
    ("*+0", 12_025_550_101.0, None),
    ("*00", 5501.0, None),
    ("* 0", 5501.0, Some("5501")),
    ("\"1\"@", -5501.0, None),
    ("\"1\"@", 5501.5, None),
    ("0x", 5501.0, None),
    ("t0.00", 5501.0, None),
    ("[<10000]0w;0", 5501.0, None),
    ("\"0\"#", 0.0, None),
    ("\"55\"#", 0.0, Some("55")),
    ("\"55\"?", 0.0, Some("55")),
    ("\"55\"0", 0.0, Some("550")),
];

#[test]
fn a_number_is_sent_as_its_cell_shows_it() {
    for &(format, number, wanted) in FORMATS {
        let book = book(|sheet| {
            sheet.write_number_with_format(1, 2, number, &Format::new().set_num_format(format))?;
            Ok(())
        });
        let (ran, now) = send(&book, "");
        let is_right = match wanted {
            Some(wanted) => ran.code == Some(0) && now[0] == wanted,
            None => ran.code == Some(2) && ran.stderr.contains("row 2, column C (n1)"),
        };
        assert!(
            is_right,
            "{format} {number}: {wanted:?}, but {:?} {}",
            now[0], ran.stderr
        );
    }
}

#[test]
fn formulas_count_by_their_values_and_errors_are_named_by_their_cells() {
    for (value, code) in [("12025550101", 0), ("-857", 2), ("#REF!", 2), ("", 2)] {
        let book = book(|sheet| {
            sheet.write_formula(1, 2, Formula::new("=A1").set_result(value))?;
            Ok(())
        });
        let (ran, _) = send(&book, "");
        let is_named = code == 0 || ran.stderr.contains("row 2, column C (n1)");
        assert!(
            ran.code == Some(code) && is_named,
            "{value}: {}",
            ran.stderr
        );
    }
}

#[test]
fn a_text_is_sent_as_the_fourth_section_of_its_format_shows_it() {
    for format in [";;;\"+\"@", "\"+\"0;;;\"+\"@", "\"+\"@"] {
        let book = book(|sheet| {
            let format = Format::new().set_num_format(format);
            sheet.write_string_with_format(1, 2, "12025550101", &format)?;
            Ok(())
        });
        let (ran, now) = send(&book, "");
        assert_eq!(now[0], "+12025550101", "{format}: {}", ran.stderr);
    }
}

#[test]
fn a_number_that_a_condition_shows_with_other_digits_is_refused() {
    let says =
        "column C (n1): `2079460000` is in a cell whose conditional formatting has a number format";
    for (format, says, set) in [
        ("\"+\"0", says, ["", "", ""]),
        ("00000000000", says, ["", "", ""]),
        ("#,##0", "updated", [NUMBER, "2079460000", NUMBER]),
    ] {
        let book = book(|sheet| {
            sheet.write_number(2, 2, 2_079_460_000.0)?;
            let rule = ConditionalFormatCell::new()
                .set_rule(ConditionalFormatCellRule::GreaterThan(9))
                .set_format(Format::new().set_num_format(format));
            sheet.add_conditional_format(1, 2, 3, 2, &rule)?;
            Ok(())
        });
        expect(&book, "", if set[0].is_empty() { 2 } else { 0 }, says, set);
    }
    // One that shows nothing, or not as it is, hides a text as well.
    for (format, text, code) in [
        (";;;", NUMBER, 2),
        (";;;", "5501", 2),
        ("0;0;0;", NUMBER, 2),
        ("0;0;0;\"+\"@", "12025550101", 2),
        (";;;@", NUMBER, 0),
        ("\"+\"0", NUMBER, 0),
    ] {
        let book = book(|sheet| {
            sheet.write_string(2, 2, text)?;
            let rule = ConditionalFormatFormula::new()
                .set_rule("=$E3=\"\"")
                .set_format(Format::new().set_num_format(format));
            sheet.add_conditional_format(2, 2, 2, 2, &rule)?;
            Ok(())
        });
        let says = format!("column C (n1): `{text}` is in a cell whose conditional formatting");
        let says = if code == 2 { &says } else { "updated" };
        let set = if code == 2 {
            [""; 3]
        } else {
            [NUMBER, text, NUMBER]
        };
        expect(&book, "", code, says, set);
    }
    let bar = book(|sheet| {
        sheet.write_number(2, 2, 2_079_460_000.0)?;
        let rule = ConditionalFormatDataBar::new().set_bar_only(true);
        sheet.add_conditional_format(1, 2, 3, 2, &rule).map(drop)
    });
    let says_bar = "column C (n1): `2079460000` is in a cell whose conditional formatting";
    expect(&bar, "", 2, says_bar, ["", "", ""]);
    // As Excel writes a rule that looks at another worksheet.
    let row = format!(
        "<row r=\"2\"><c r=\"A2\" t=\"str\"><v>{}</v></c><c r=\"B2\" t=\"str\"><v>{}</v></c><c r=\"C2\"><v>2079460000</v></c></row>",
        org_id(1),
        location_id(1)
    );
    for (cells, code) in [("C2:C9", 2), ("D2 C2", 2), ("D2:D9", 0)] {
        let rule = format!(
            "<extLst><ext><x14:conditionalFormattings><x14:conditionalFormatting><x14:cfRule type=\"expression\"><xm:f>Sheet2!A1</xm:f><x14:dxf><numFmt numFmtId=\"165\" formatCode=\"00000000000\"/></x14:dxf></x14:cfRule><xm:sqref>{cells}</xm:sqref></x14:conditionalFormatting></x14:conditionalFormattings></ext></extLst>"
        );
        let says = if code == 2 { says } else { "updated" };
        let set = if code == 2 { "" } else { "2079460000" };
        expect(&raw_with(&row, &rule), "", code, says, [set, "", ""]);
    }
}

#[test]
fn rows_that_a_condition_may_strike_through_are_asked_about() {
    let book = |strikes: bool| {
        book(|sheet| {
            let mut format = Format::new().set_bold();
            if strikes {
                format = format.set_font_strikethrough();
            }
            let rule = ConditionalFormatFormula::new()
                .set_rule("=$E2=\"cancelled\"")
                .set_format(format);
            sheet.add_conditional_format(1, 0, 3, 4, &rule)?;
            Ok(())
        })
    };
    let says = "would be sent although conditional formatting strikes cells of such rows through";
    expect(&book(true), "", 2, says, ["", "", ""]);
    expect(
        &book(true),
        "--hidden include",
        0,
        "updated",
        [NUMBER, NUMBER, NUMBER],
    );
    expect(&book(false), "", 0, "updated", [NUMBER, NUMBER, NUMBER]);
}

#[test]
fn the_sign_of_a_footnote_is_no_digit_of_a_number() {
    for (script, sign) in [
        (FormatScript::Superscript, '¹'),
        (FormatScript::Subscript, '₁'),
    ] {
        let book = book(|sheet| {
            let plain = Format::new();
            let raised = Format::new().set_font_script(script);
            sheet.write_rich_string(1, 2, &[(&plain, "5501"), (&raised, "1")])?;
            Ok(())
        });
        expect(&book, "", 2, &format!("`5501{sign}`"), ["", "", ""]);
    }
}

#[test]
fn a_formula_that_calculates_is_no_number_and_a_plus_before_one_is_kept() {
    let refused = "is a formula that calculates, and its value is no phone number";
    for (formula, value, wanted) in [
        ("=+12025550101-5501", "12025544600", None),
        ("=+49211-1234", "47977", None),
        ("=+1+202+555+101", "859", None),
        ("=2025-550-101", "1374", None),
        ("=1234567/30", "41152", None),
        ("=(5501)*1", "5501", None),
        ("=SUM(B1:B9)", "5501", None),
        ("=TODAY()", "46353", None),
        ("=+12025550101", "12025550101", Some("+12025550101")),
        ("=+5501", "5501", Some("5501")),
        ("=12025550101", "12025550101", Some("12025550101")),
        ("=--5501", "5501", Some("5501")),
        ("=A1+0", "12025550101", Some("12025550101")),
        ("=VALUE(\"5501\")", "5501", Some("5501")),
        ("=12*B1", "5501", Some("5501")),
    ] {
        let book = book(|sheet| {
            sheet.write_formula(1, 2, Formula::new(formula).set_result(value))?;
            Ok(())
        });
        let (ran, now) = send(&book, "");
        let is_right = match wanted {
            Some(wanted) => ran.code == Some(0) && now[0] == wanted,
            None => ran.code == Some(2) && ran.stderr.contains(refused) && now[0].is_empty(),
        };
        assert!(is_right, "{formula}: {now:?} {}", ran.stderr);
    }
    let cells = |row: u32, number: &str| {
        format!(
            "<row><c t=\"str\"><v>{}</v></c><c t=\"str\"><v>{}</v></c><c>{number}</c></row>",
            org_id(1),
            location_id(row.into())
        )
    };
    let shared = cells(
        1,
        "<f t=\"shared\" ref=\"C2:C3\" si=\"0\">55019-9</f><v>55010</v>",
    ) + &cells(2, "<f t=\"shared\" si=\"0\"/><v>55010</v>");
    let says = "row 3, column C (n1): `=55019-9` is a formula";
    expect(&raw(&shared), "", 2, says, ["", "", ""]);
}

#[test]
fn hidden_rows_are_told_and_sent_only_where_somebody_says_so() {
    let hidden = book(|sheet| sheet.set_row_hidden(2).map(drop));
    let filtered = book(|sheet| {
        sheet.autofilter(0, 0, 3, 4)?;
        sheet.set_row_hidden(2).map(drop)
    });
    let flat = book(|sheet| sheet.set_row_height(2, 0).map(drop));
    let thin = book(|sheet| sheet.set_row_height(2, 0.75).map(drop));
    for book in [hidden, filtered, flat, thin] {
        expect(
            &book,
            "",
            2,
            "1 row would be sent although hidden",
            ["", "", ""],
        );
        expect(&book, "--hidden include", 0, "updated", [NUMBER; 3]);
        expect(&book, "--hidden skip", 0, "updated", [NUMBER, "", NUMBER]);
    }
    // Nothing of it would be sent.
    let idle = book(|sheet| {
        sheet.clear_cell(2, 2);
        sheet.set_row_hidden(2).map(drop)
    });
    expect(&idle, "", 0, "updated", [NUMBER, "", NUMBER]);
}

#[test]
fn hidden_columns_of_numbers_are_told_and_those_of_ids_are_normal() {
    let numbers = book(|sheet| {
        sheet.write_string(1, 3, "+12025550102")?;
        sheet.set_column_hidden(3).map(drop)
    });
    let both = format!("{NUMBER} +12025550102");
    expect(
        &numbers,
        "",
        2,
        "column D (n2) is hidden in the workbook, and its 1 value",
        ["", "", ""],
    );
    expect(
        &numbers,
        "--hidden include",
        0,
        "updated",
        [&both, NUMBER, NUMBER],
    );
    expect(&numbers, "--hidden skip", 0, "updated", [NUMBER; 3]);
    let thin = book(|sheet| {
        sheet.write_string(1, 3, "+12025550102")?;
        sheet.set_column_width(3, 0.1).map(drop)
    });
    expect(&thin, "", 2, "column D (n2) is hidden", ["", "", ""]);
    let empty = book(|sheet| sheet.set_column_hidden(3).map(drop));
    expect(&empty, "", 0, "updated", [NUMBER; 3]);
    let ids = book(|sheet| {
        sheet.set_column_hidden(0)?;
        sheet.set_column_hidden(1).map(drop)
    });
    expect(&ids, "", 0, "updated", [NUMBER; 3]);
    let own = book(|sheet| {
        sheet.write_string(1, 4, "x")?;
        sheet.set_column_hidden(4).map(drop)
    });
    expect(&own, "", 0, "updated", [NUMBER; 3]);
}

#[test]
fn merged_cells_are_named_where_one_would_be_taken_for_empty() {
    let merged = book(|sheet| {
        sheet
            .merge_range(1, 2, 2, 2, NUMBER, &Format::new())
            .map(drop)
    });
    expect(
        &merged,
        "",
        2,
        "row 3, column C (n1): this cell is merged into C2",
        ["", "", ""],
    );
    let ids = book(|sheet| {
        sheet
            .merge_range(1, 0, 3, 0, &org_id(1), &Format::new())
            .map(drop)
    });
    expect(
        &ids,
        "",
        2,
        "row 3, column A (orgId): this cell is merged into A2",
        ["", "", ""],
    );
    let own = book(|sheet| {
        sheet
            .merge_range(1, 4, 3, 4, "Rome", &Format::new())
            .map(drop)
    });
    expect(&own, "", 0, "updated", [NUMBER; 3]);
    let name = |value: &str| {
        book(|sheet| {
            sheet.merge_range(0, 2, 0, 3, "n1", &Format::new())?;
            sheet.write_string(2, 3, value).map(drop)
        })
    };
    expect(
        &name("+12025550102"),
        "",
        2,
        "row 3, column D (without a name): the name of column C is merged over this column too",
        ["", "", ""],
    );
    expect(&name(""), "", 0, "updated", [NUMBER; 3]);
}

/// A workbook of several sheets: each with its name, whether it is hidden, and rows of ours, if any.
fn books(sheets: &[(&str, bool, u32)]) -> Vec<u8> {
    let mut workbook = Workbook::new();
    for (name, is_hidden, rows) in sheets {
        let sheet = workbook.add_worksheet().set_name(*name).expect("a name");
        if *rows > 0 {
            fill(sheet, *rows).expect("cells");
        } else {
            sheet
                .write_string(0, 0, "How to use this file")
                .expect("a cell");
        }
        sheet.set_hidden(*is_hidden);
    }
    if let Some(visible) = sheets.iter().position(|(_, is_hidden, _)| !is_hidden) {
        workbook
            .worksheet_from_index(visible)
            .expect("a sheet")
            .set_active(true)
            .set_first_tab(true);
    }
    workbook.save_to_buffer().expect("memory")
}

#[test]
fn the_one_visible_sheet_with_our_columns_is_meant() {
    let one = [NUMBER, "", ""];
    expect(
        &books(&[("Old", true, 3), ("New", false, 1)]),
        "",
        0,
        "updated",
        one,
    );
    expect(
        &books(&[("Read me", false, 0), ("New", false, 1)]),
        "",
        0,
        "`New` is read",
        one,
    );
    expect(
        &books(&[("New", false, 1), ("Notes", false, 0)]),
        "",
        0,
        "`New` is read",
        one,
    );
    expect(
        &books(&[("Read me", false, 0), ("Old", true, 3), ("New", false, 1)]),
        "",
        0,
        "updated",
        one,
    );
    let two = books(&[("May", false, 1), ("June", false, 2)]);
    expect(
        &two,
        "",
        2,
        "2 of its sheets have the columns that are needed: `May`, `June`; choose one, such as --sheet \"May\"",
        ["", "", ""],
    );
    expect(&two, "--sheet May", 0, "updated", one);
    expect(
        &books(&[("Old", true, 1), ("Notes", false, 0)]),
        "--sheet Old",
        0,
        "updated",
        one,
    );
    expect(
        &books(&[("Old", true, 1), ("Notes", false, 0)]),
        "",
        2,
        "there is no column",
        ["", "", ""],
    );
}

#[test]
fn columns_without_a_name_can_be_left_as_they_are() {
    let nameless = book(|sheet| {
        sheet.write_string(1, 5, "checked")?;
        sheet.write_string(1, 6, "by Ann").map(drop)
    });
    let says = "it has 7 cells (up to column G) and the header has 5";
    expect(&nameless, "", 2, says, ["", "", ""]);
    expect(
        &nameless,
        "",
        2,
        "or add --ignore-column \"\"",
        ["", "", ""],
    );
    let stage = Stage::instant();
    stage.write("book.xlsx", &nameless);
    let mut command = stage.command(&stage.apply_line("book.xlsx -o results.csv"));
    let output = command.args(["--ignore-column", ""]).output();
    Ran::of(output.expect("it starts")).expect(0);
    let results = std::fs::read_to_string(stage.path("results.csv")).expect("results");
    assert!(results.contains(",checked,by Ann,"), "{results}");
}

#[test]
fn a_hidden_sheet_is_named_where_the_visible_one_is_empty() {
    let mut workbook = Workbook::new();
    let hidden = workbook.add_worksheet();
    fill(hidden, 1).expect("cells");
    hidden.set_name("Data").expect("a name").set_hidden(true);
    workbook
        .add_worksheet()
        .set_active(true)
        .set_first_tab(true);
    let book = workbook.save_to_buffer().expect("memory");
    let says = "if the hidden sheet `Data` is meant, add --sheet \"Data\"";
    expect(&book, "", 2, says, ["", "", ""]);
    expect(&book, "--sheet Data", 0, "updated", [NUMBER, "", ""]);
}

/// A workbook of this sheet's XML.
fn raw(cells: &str) -> Vec<u8> {
    raw_with(cells, "")
}

fn raw_with(cells: &str, behind: &str) -> Vec<u8> {
    let header =
        ["orgId", "locationId", "n1"].map(|name| format!("<c t=\"str\"><v>{name}</v></c>"));
    let sheet = format!(
        "<worksheet><sheetData><row r=\"1\">{}</row>{cells}</sheetData>{behind}</worksheet>",
        header.concat()
    );
    crate::workbook::workbook_of(&[("xl/worksheets/sheet1.xml", sheet.as_bytes())])
}

#[test]
fn errors_of_cells_and_broken_places_are_named_by_row_and_column() {
    let row = |number: &str| {
        format!(
            "<row r=\"2\"><c r=\"A2\" t=\"str\"><v>{}</v></c><c r=\"B2\" t=\"str\"><v>{}</v></c>{number}</row>",
            org_id(1),
            location_id(1)
        )
    };
    for error in [
        "#SPILL!",
        "#CALC!",
        "#FIELD!",
        "#BLOCKED!",
        "#GETTING_DATA",
        "#NEWONE!",
        "Err:502",
        "#N/A",
    ] {
        let book = raw(&row(&format!("<c r=\"C2\" t=\"e\"><v>{error}</v></c>")));
        let says = format!("row 2, column C (n1): `{error}` is an error value");
        expect(&book, "", 2, &says, ["", "", ""]);
    }
    for nameless in ["<c r=\"C2\" t=\"e\"/>", "<c r=\"C2\" t=\"e\"><v></v></c>"] {
        let says = "row 2, column C (n1): `#ERROR!` is an error value";
        expect(&raw(&row(nameless)), "", 2, says, ["", "", ""]);
    }
    let good = row(
        "<c r=\"C2\" t=\"inlineStr\"><is><r><t>+1202</t></r><r><t>5550101</t></r><rPh><t>x</t></rPh></is></c>",
    );
    expect(&raw(&good), "", 0, "updated", [NUMBER, "", ""]);
    for (number, says) in [
        (
            "<c r=\"C2\"><v>1</v></c><c r=\"C2\"><v>2</v></c>",
            "the cell C2 twice",
        ),
        (
            "<c r=\"XFE2\"><v>1</v></c>",
            "`XFE2` in row 2 (column XFE, and XFD is the last one)",
        ),
        (
            "<c r=\"C9\"><v>1</v></c>",
            "`C9` in row 2 (its place says row 9)",
        ),
        (
            "<c r=\"XFD1048577\"><v>1</v></c>",
            "`XFD1048577` in row 2 (its place says row 1048577)",
        ),
        // Of a formula without a value nobody has seen one.
        (
            "<c r=\"C2\" t=\"str\"><f>D2</f></c>",
            "row 2, column C (n1): `=D2` is a formula",
        ),
        (
            "<c r=\"C2\" t=\"str\"><f t=\"shared\" si=\"0\"/></c>",
            "row 2, column C (n1): `=` ",
        ),
        (
            "<c r=\"C2\" t=\"s\"><v>7</v></c>",
            "the text of its cell C2 is missing from the file",
        ),
    ] {
        expect(&raw(&row(number)), "", 2, says, ["", "", ""]);
    }
    let late = format!("{}<row r=\"2\"/>", row(""));
    expect(&raw(&late), "", 2, "row 2 after row 2", ["", "", ""]);
    expect(
        &raw("<row r=\"1048577\"/>"),
        "",
        2,
        "a row where none can be, `1048577` after row 1: 1048576 is the last one",
        ["", "", ""],
    );
}

#[test]
fn what_a_cell_holds_is_read_however_it_is_written() {
    let rows = |number: &str| {
        format!(
            "<row><c t=\"str\"><v>{}</v></c><c t=\"str\"><v>{}</v></c>{number}</row>",
            org_id(1),
            location_id(1)
        )
    };
    for (number, wanted) in [
        ("<c t=\"str\"><v>+12025550101_x000D_</v></c>", Some(NUMBER)),
        ("<c t=\"str\"><v>5501_x000D_\n5502</v></c>", None),
        ("<c t=\"str\"><v>_x005F_x000D_</v></c>", None),
        (
            "<c t=\"str\"><v><![CDATA[+12025550101]]></v></c>",
            Some(NUMBER),
        ),
        (
            "<c t=\"str\"><v>+1202<!-- x -->5550101</v></c>",
            Some(NUMBER),
        ),
        (
            "<c t=\"str\"><v>&#43;1202&#x35;550101</v></c>",
            Some(NUMBER),
        ),
        ("<c><f t=\"shared\" si=\"0\"/></c>", None),
        ("<c><f t=\"shared\" si=\"0\"/><v>5501</v></c>", Some("5501")),
        (
            "<c t=\"str\"><f t=\"array\" ref=\"C2\">A1</f><v>5501</v></c>",
            Some("5501"),
        ),
        (
            "<c><f t=\"dataTable\" ref=\"C2\" r1=\"A1\"/><v>5501</v></c>",
            Some("5501"),
        ),
        ("<c t=\"b\"><v>1</v></c>", None),
        ("<c t=\"d\"><v>2025-01-05T00:00:00</v></c>", None),
        ("<c><v>12025550101.0</v></c>", Some("12025550101")),
        ("<c><v>1.2025550101E10</v></c>", Some("12025550101")),
        ("<c><v>1.2025550101000001E10</v></c>", None),
        ("<c><v>5501,0</v></c>", None),
        ("<c><v>NaN</v></c>", None),
        ("<c><v> 5501 </v></c>", Some("5501")),
        ("<c><v>123456789012345678</v></c>", None),
        (
            "<c t=\"str\"><f>HYPERLINK(\"tel:5501\",\"call\")</f><v>call</v></c>",
            None,
        ),
        ("<c t=\"str\"><v>tel:+12025550101</v></c>", None),
        ("<c s=\"50\"><v>5501</v></c>", Some("5501")),
    ] {
        let (ran, now) = send(&raw(&rows(number)), "");
        let wanted_code = if wanted.is_some() { 0 } else { 2 };
        assert_eq!(ran.code, Some(wanted_code), "{number}: {}", ran.stderr);
        assert_eq!(now[0], wanted.unwrap_or_default(), "{number}");
    }
    let good = rows("<c><v>5501</v></c>");
    for target in [
        "./worksheets/sheet1.xml",
        "../xl/worksheets/sheet1.xml",
        "/xl/worksheets/sheet1.xml",
    ] {
        let links = format!(
            "<Relationships><Relationship Id=\"rId1\" Type=\"http://x/worksheet\" Target=\"{target}\"/></Relationships>"
        );
        let header =
            ["orgId", "locationId", "n1"].map(|name| format!("<c t=\"str\"><v>{name}</v></c>"));
        let sheet = format!(
            "<worksheet><sheetData><row>{}</row>{good}</sheetData></worksheet>",
            header.concat()
        );
        let book = crate::workbook::workbook_of(&[
            ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
            ("xl/_rels/workbook.xml.rels", links.as_bytes()),
        ]);
        expect(&book, "", 0, "updated", ["5501", "", ""]);
    }
}

#[test]
fn a_small_workbook_that_names_one_long_text_over_and_over_is_refused() {
    let text = "x".repeat(32_000);
    let texts = format!("<sst><si><t>{text}</t></si></sst>");
    let cells = "<c t=\"s\"><v>0</v></c>".repeat(30);
    let rows = format!("<row>{cells}</row>").repeat(2000);
    let sheet = format!("<worksheet><sheetData>{rows}</sheetData></worksheet>");
    let relationships = "<Relationships><Relationship Id=\"rId1\" Type=\"http://x/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"rId2\" Type=\"http://x/sharedStrings\" Target=\"sharedStrings.xml\"/></Relationships>";
    let book = crate::workbook::workbook_of(&[
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
        ("xl/sharedStrings.xml", texts.as_bytes()),
        ("xl/_rels/workbook.xml.rels", relationships.as_bytes()),
    ]);
    expect(
        &book,
        "",
        2,
        "more text than a workbook of its size can need",
        ["", "", ""],
    );
}
