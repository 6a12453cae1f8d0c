//! One sheet written in many ways gives one results file.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use csv::{QuoteStyle, Terminator, WriterBuilder};
use insta::assert_snapshot;

use calamine::{Reader, Xlsx, open_workbook};

use crate::harness::{Ran, Stage, location_id, org_id, sheet, workbook};

/// Written by a spreadsheet program, as all in that folder was.
const ORIGINAL: &str = "comma-utf-8.csv";

fn fixtures() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/sheets");
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            let extension = path.extension().unwrap_or_default();
            extension == "csv" || extension == "xlsx"
        })
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy();
            (name.into_owned(), fs::read(&path).expect("it can be read"))
        })
        .collect();
    files.sort();
    files
}

pub(crate) fn original() -> String {
    let files = fixtures();
    let (_, bytes) = files
        .iter()
        .find(|(name, _)| name == ORIGINAL)
        .expect("it is there");
    String::from_utf8(bytes.clone()).expect("UTF-8")
}

/// The original's cells with another separator, other quotes and line ends.
fn written(separator: u8, quotes: QuoteStyle, end: Terminator) -> String {
    let mut writer = WriterBuilder::new()
        .delimiter(separator)
        .quote_style(quotes)
        .terminator(end)
        .from_writer(Vec::new());
    let original = original();
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(original.as_bytes());
    for record in reader.byte_records() {
        writer
            .write_record(&record.expect("a row"))
            .expect("memory");
    }
    String::from_utf8(writer.into_inner().expect("memory")).expect("UTF-8")
}

fn utf_16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

/// Letters beyond ASCII in one byte each, as in Latin-1.
fn latin_1(text: &str) -> Vec<u8> {
    let byte = |letter| u8::try_from(u32::from(letter)).expect("a letter of Latin-1");
    text.chars().map(byte).collect()
}

/// By name: flags and bytes.
fn ways() -> BTreeMap<String, (&'static str, Vec<u8>)> {
    let mut ways = BTreeMap::new();
    for (name, bytes) in fixtures() {
        let flags = if name.contains("macintosh") {
            "--encoding macintosh"
        } else {
            ""
        };
        ways.insert(format!("LibreOffice {name}"), (flags, bytes));
    }
    for (name, separator) in [
        ("comma", b','),
        ("semicolon", b';'),
        ("tab", b'\t'),
        ("pipe", b'|'),
    ] {
        let plain = written(separator, QuoteStyle::Necessary, Terminator::Any(b'\n'));
        let mut add =
            |how: &str, bytes: Vec<u8>| ways.insert(format!("{name}, {how}"), ("", bytes));
        add("plain", plain.clone().into_bytes());
        add("marked", format!("\u{feff}{plain}").into_bytes());
        add(
            "CRLF",
            written(separator, QuoteStyle::Necessary, Terminator::CRLF).into_bytes(),
        );
        add(
            "CR",
            written(separator, QuoteStyle::Necessary, Terminator::Any(b'\r')).into_bytes(),
        );
        add(
            "all in quotes",
            written(separator, QuoteStyle::Always, Terminator::CRLF).into_bytes(),
        );
        add(
            "UTF-16LE",
            utf_16(&format!("\u{feff}{plain}"), u16::to_le_bytes),
        );
        add(
            "UTF-16BE",
            utf_16(&format!("\u{feff}{plain}"), u16::to_be_bytes),
        );
        add("UTF-16LE without a mark", utf_16(&plain, u16::to_le_bytes));
        add("UTF-16BE without a mark", utf_16(&plain, u16::to_be_bytes));
        add("Latin-1", latin_1(&plain));
        let separator = char::from(separator);
        add(
            "separator line",
            format!("sep={separator}\r\n{plain}").into_bytes(),
        );
        let blank = format!("{separator}{separator}\n");
        add(
            "blank rows at the end",
            format!("{plain}\n\n{blank}{blank}\n").into_bytes(),
        );
        let wide = plain
            .replace("two\nlines", "two lines")
            .replace('\n', &format!("{separator}{separator}\n"));
        add(
            "empty columns at the end",
            wide.replace("two lines", "two\nlines").into_bytes(),
        );
        add(
            "no end of the last line",
            plain.trim_end().as_bytes().to_vec(),
        );
    }
    ways
}

/// What `apply` makes of a sheet, without what differs from run to run.
pub(crate) struct Made {
    /// The file itself.
    text: String,
    /// Its separator, and whether it begins with a mark or a separator line: as in the sheet.
    style: (u8, bool, bool),
    /// Its cells, always with commas.
    pub(crate) cells: String,
}

pub(crate) fn results(stage: &Stage, flags: &str, bytes: &[u8]) -> Made {
    stage.write("sheet.csv", bytes);
    stage.apply(&format!("sheet.csv {flags}")).expect(0);
    let path = stage.path("sheet.results.csv");
    let mut text = fs::read_to_string(&path).expect("UTF-8");
    for name in ["sheet.results.csv", "sheet.results.csv.journal"] {
        fs::remove_file(stage.path(name)).expect("it is there");
    }
    let table = text.trim_start_matches('\u{feff}');
    let has_mark = table.len() < text.len();
    let named = table.strip_prefix("sep=");
    let table = named.map_or(table, |rest| &rest[2..]).to_string();
    let separator = table.as_bytes()["orgId".len()];
    let style = (separator, has_mark, named.is_some());
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .from_reader(table.as_bytes());
    let header = reader.headers().expect("a header").clone();
    writer.write_record(&header).expect("memory");
    for record in reader.records() {
        let record = record.expect("a row");
        let cells = header.iter().zip(&record).map(|(name, cell)| match name {
            "trackingId" | "finishedAt" | "rowCheck" => {
                text = text.replace(cell, "…");
                "…"
            }
            _ => cell,
        });
        writer.write_record(cells).expect("memory");
    }
    let cells = String::from_utf8(writer.into_inner().expect("memory")).expect("UTF-8");
    Made { text, style, cells }
}

#[test]
fn one_sheet_in_many_ways_gives_one_results_file() {
    let ways = ways();
    assert!(ways.len() >= 24, "{}", ways.len());
    let stage = Stage::instant();
    let wanted = results(&stage, "", original().as_bytes());
    assert_eq!(wanted.cells.matches("updated").count(), 6);
    let mut by_style = BTreeMap::from([(wanted.style, wanted.text)]);
    for (name, (flags, bytes)) in ways {
        let made = results(&stage, flags, &bytes);
        assert_eq!(made.cells, wanted.cells, "{name}");
        let text = by_style.entry(made.style).or_insert(made.text.clone());
        assert_eq!(made.text, *text, "{name}");
    }
}

#[test]
fn what_was_assumed_about_a_sheet_is_said() {
    let stage = Stage::instant();
    let titled = format!("Numbers for Zürich\n\n{}", sheet(3));
    stage.write(
        "titled.csv",
        latin_1(&titled.replace("site 4", "Genève").replace("REMOVE", "x")),
    );
    let ran = stage.run("check titled.csv").expect(2);
    assert_snapshot!(ran.stderr, @"
    the text is read as windows-1252; if letters come out wrong, name its encoding with --encoding
    the header is row 3; what stands above it is left out
    ");
    assert_snapshot!(ran.stdout, @"
    row 4, column E (n3): `x` is not a phone number. Enter + and digits, for example +12025550101, or REMOVE to clear the number
    row 5, column E (n3): `x` is not a phone number. Enter + and digits, for example +12025550101, or REMOVE to clear the number
    row 6, column E (n3): `x` is not a phone number. Enter + and digits, for example +12025550101, or REMOVE to clear the number
    3 rows: 0 ready to send, 3 with 3 problems
    ");
    let ran = stage.run("check titled.csv --encoding klingon").expect(2);
    assert_snapshot!(ran.stderr, @"error: --encoding: `klingon` is not a known encoding; known are utf-8, utf-16le, windows-1252, iso-8859-2, shift_jis and others");
    let ran = stage.run("check titled.csv --separator xx").expect(2);
    assert_snapshot!(ran.stderr, @"error: --separator: `xx` is not a separator; write comma, semicolon, tab, pipe or a single character");
}

#[test]
fn rows_below_a_title_keep_their_numbers() {
    let stage = Stage::instant();
    stage.write(
        "sheet.csv",
        format!("Title,,,,,\n\n{}", sheet(3).replace("\n,", "\n\n,")),
    );
    stage.apply("sheet.csv").expect(0);
    let rows: Vec<String> = stage
        .results("sheet.results.csv")
        .iter()
        .map(|row| row["row"].clone())
        .collect();
    assert_eq!(rows, ["4", "5", "6"]);
}

/// The first cell of a workbook's row that has it, counted as a spreadsheet does.
fn row_with(stage: &Stage, file: &str, text: &str) -> usize {
    let mut workbook: Xlsx<_> = open_workbook(stage.path(file)).expect("a workbook");
    let range = workbook.worksheet_range_at(0).expect("a sheet");
    let range = range.expect("it can be read");
    let mut cells = range.used_cells();
    let found = cells.find(|(_, _, cell)| *cell == text);
    let above = range.start().expect("cells").0 as usize;
    found.expect("the cell").0 + above + 1
}

#[test]
fn a_row_of_a_workbook_has_one_number_in_all_its_files() {
    let stage = Stage::instant();
    let rows = sheet(4).replacen(
        &format!("\n{}", org_id(1)),
        &format!("\n,,,,,\n{}", org_id(1)),
        1,
    );
    stage.write(
        "sheet.xlsx",
        workbook(&format!("Title,,,,,\n,,,,,\n{rows}")),
    );
    let ran = stage.run_online("plan sheet.xlsx").expect(0);
    let ids = [2, 3, 4, 5].map(location_id);
    for id in &ids {
        let row = row_with(&stage, "sheet.xlsx", id);
        assert_eq!(row_with(&stage, "sheet.plan.xlsx", id), row);
        assert!(
            ran.stdout.contains(&format!("row {row}: n1 ")),
            "{}",
            ran.stdout
        );
    }
    stage.apply("sheet.plan.xlsx").expect(0);
    let results = stage.results("sheet.plan.results.xlsx");
    for id in &ids {
        let row = row_with(&stage, "sheet.xlsx", id);
        assert_eq!(row_with(&stage, "sheet.plan.results.xlsx", id), row);
        let mut of_row = results.iter().filter(|one| one["locationId"] == *id);
        assert_eq!(of_row.next().expect("its row")["row"], row.to_string());
    }
    // Other programs read CSV, so its header stays at the top, and it is said whose rows are meant.
    stage.write("sheet.csv", format!("Title\n\n{}", sheet(4)));
    let ran = stage.run_online("plan sheet.csv").expect(0);
    ran.says(
        "note: rows are numbered here as in `sheet.csv`; in `sheet.plan.csv` the header is row 1",
    );
    stage.write("plain.csv", sheet(4));
    let ran = stage.run_online("plan plain.csv").expect(0);
    assert!(!ran.stderr.contains("rows are numbered"), "{}", ran.stderr);
}

#[test]
fn a_sheet_may_come_from_the_standard_input() {
    let stage = Stage::instant();
    let run = |line: &str| {
        let mut child = stage
            .command(line)
            .stdin(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut input = child.stdin.take().expect("a pipe");
        // It may refuse its flags before it reads.
        let _ = input.write_all(sheet(40).as_bytes());
        drop(input);
        Ran::of(child.wait_with_output().expect("it ends"))
    };
    assert_snapshot!(run("check -").expect(0).stdout, @"40 rows: 40 ready to send");
    let base_url = stage.simulator.base_url();
    let apply = format!("apply - --yes --base-url {base_url}");
    assert_snapshot!(run(&apply).expect(2).stderr, @"error: a sheet from the standard input has no name; name its results with --output");
    run(&format!("{apply} -o results.csv")).expect(0);
    assert_eq!(stage.results("results.csv").len(), 40);
}
