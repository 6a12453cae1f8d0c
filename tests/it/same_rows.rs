//! Properties of what is read and written: the same cells in any form are the same rows, and what
//! we write is read back equal, by us and by a reader that is none of ours.

use std::fs;
use std::io::{Seek, Write};
use std::path::Path;

use csv::{QuoteStyle, Terminator, WriterBuilder};
use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, any};
use proptest::sample::select;
use proptest::strategy::Strategy;
use proptest::{prop_assert, prop_assert_eq, proptest};
use rust_xlsxwriter::Workbook;
use wxbulk::sheet::{NumberedRecord, ReadOptions, Sheet};
use wxbulk::table::{Cell, CsvStyle, Existing, Table, strip_text_formula};

use crate::corpus::targets;
use crate::harness::{location_id, org_id};

const HEADER: [&str; 4] = ["orgId", "locationId", "n1", "site"];

/// A row of data and the row it stands in.
type Row = (u64, Vec<String>);

/// What people write in a column of their own, in letters that all the code pages have.
fn note() -> impl Strategy<Value = String> {
    "[ -~äöüÄÖÜßé\n]{0,12}|[,;|\t\"'=+\n]{1,4}"
}

fn table() -> impl Strategy<Value = Vec<[String; 4]>> {
    let number = select(vec!["+12025550101", "REMOVE", "", "5501", "12025550101.0"]);
    let row = (0..3_u64, 0..999_u64, number, note()).prop_map(|(org, location, number, note)| {
        [org_id(org), location_id(location), number.to_string(), note]
    });
    vec(row, 0..8)
}

/// The rows as they are to be read.
fn wanted(table: &[[String; 4]]) -> Vec<Row> {
    let rows = table.iter().map(|row| row.to_vec());
    (2..).zip(rows).collect()
}

fn read(bytes: &[u8], reading: ReadOptions) -> Vec<Row> {
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(bytes).expect("room");
    file.rewind().expect("a file");
    rows_of(&Sheet::of_file(Path::new("sheet"), file, reading).expect("a sheet"))
}

fn rows_of(sheet: &Sheet) -> Vec<Row> {
    let mut records = sheet.records().expect("a sheet");
    let rows = std::iter::from_fn(|| records.next_record());
    rows.map(|numbered| {
        let NumberedRecord { row, record, .. } = numbered.expect("it can be read");
        let cells = record
            .iter()
            .map(|cell| std::str::from_utf8(cell).expect("text"));
        (row, cells.map(str::to_string).collect())
    })
    .collect()
}

fn as_text(table: &[[String; 4]], delimiter: u8, quotes: QuoteStyle, end: Terminator) -> String {
    let mut writer = WriterBuilder::new()
        .delimiter(delimiter)
        .quote_style(quotes)
        .terminator(end)
        .from_writer(Vec::new());
    writer.write_record(HEADER).expect("memory");
    for row in table {
        writer.write_record(row).expect("memory");
    }
    String::from_utf8(writer.into_inner().expect("memory")).expect("text")
}

fn as_workbook(table: &[[String; 4]]) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let worksheet = workbook.add_worksheet();
    let header = HEADER.map(str::to_string);
    for (row, number) in [&header].into_iter().chain(table).zip(0..) {
        for (cell, column) in row.iter().zip(0..) {
            worksheet
                .write_string(number, column, cell)
                .expect("a cell");
        }
    }
    workbook.save_to_buffer().expect("memory")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_same_cells_in_any_form_are_the_same_rows(
        table in table(),
        delimiter in select(b",;\t|".to_vec()),
        quotes in select(vec![QuoteStyle::Necessary, QuoteStyle::Always]),
        end in select(vec![Terminator::Any(b'\n'), Terminator::CRLF, Terminator::Any(b'\r')]),
    ) {
        let wanted = wanted(&table);
        let text = as_text(&table, delimiter, quotes, end);
        prop_assert_eq!(&read(text.as_bytes(), ReadOptions::default()), &wanted);
        let marked = format!("\u{feff}{text}");
        prop_assert_eq!(&read(marked.as_bytes(), ReadOptions::default()), &wanted);
        for bytes in [u16::to_le_bytes, u16::to_be_bytes] {
            let wide: Vec<u8> = marked.encode_utf16().flat_map(bytes).collect();
            prop_assert_eq!(&read(&wide, ReadOptions::default()), &wanted);
        }
        let narrow: Vec<u8> = text.chars().map(|letter| letter as u8).collect();
        for code_page in ["windows-1252", "iso-8859-15"] {
            let reading = ReadOptions { encoding: code_page.parse().ok(), ..ReadOptions::default() };
            prop_assert_eq!(&read(&narrow, reading), &wanted);
        }
        let named = format!("sep={}\r\n{text}", char::from(delimiter));
        prop_assert_eq!(&read(named.as_bytes(), ReadOptions::default()), &wanted);
        prop_assert_eq!(&read(&as_workbook(&table), ReadOptions::default()), &wanted);
    }

    #[test]
    fn what_is_written_is_read_back_equal_by_us_and_by_others(
        table in table(),
        delimiter in select(b",;\t|".to_vec()),
        has_byte_order_mark in any::<bool>(),
        has_separator_line in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let style = CsvStyle {
            delimiter,
            has_byte_order_mark,
            has_separator_line,
            ..CsvStyle::default()
        };
        for name in ["table.csv", "table.xlsx"] {
            let path = folder.path().join(name);
            let mut writing = Table::create(&path, style).expect("room");
            for name in HEADER {
                writing.cell(Cell::Name(name.as_bytes())).expect("room");
            }
            writing.end_row().expect("room");
            for row in &table {
                for cell in row {
                    writing.cell(Cell::text(cell)).expect("room");
                }
                writing.end_row().expect("room");
            }
            writing.persist(Existing::Refuse).expect("room");
            let sheet = Sheet::open(&path, ReadOptions::default()).expect("a sheet");
            let mut wanted = wanted(&table);
            if name == "table.xlsx" {
                // Where every cell is text, none needs to be kept from becoming a number.
                for cell in wanted.iter_mut().flat_map(|(_, cells)| cells) {
                    *cell = strip_text_formula(cell).to_string();
                }
            }
            prop_assert_eq!(&rows_of(&sheet), &wanted, "{}", name);
        }
        let mut bytes = fs::read(folder.path().join("table.csv")).expect("it is there");
        if has_byte_order_mark {
            prop_assert!(bytes.starts_with(b"\xef\xbb\xbf"));
            bytes.drain(..3);
        }
        if has_separator_line {
            bytes.drain(..b"sep=;\n".len());
        }
        let mut reader = simd_csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .from_reader(&*bytes);
        let mut record = simd_csv::ByteRecord::new();
        let mut rows = table.iter();
        while reader.read_byte_record(&mut record).expect("memory") {
            let cells: Vec<&[u8]> = record.iter().collect();
            let row = rows.next().expect("no more rows than there are");
            let wanted: Vec<&[u8]> = row.iter().map(String::as_bytes).collect();
            prop_assert_eq!(cells, wanted);
        }
        prop_assert!(rows.next().is_none());
    }

    #[test]
    fn no_file_does_harm(bytes in vec(any::<u8>(), 0..400), text in "\\PC{0,200}|[orgIdlctn1,;\t\"\r\n\\PC]{0,200}") {
        targets::sheet(&bytes);
        targets::sheet(text.as_bytes());
        targets::sheet(format!("orgId,locationId,n1\r\n{text}").as_bytes());
        targets::workbook(&bytes);
        targets::workbook(format!("<worksheet><sheetData>{text}").as_bytes());
        targets::cell(&bytes);
    }
}
