//! Cells, columns and files that were read wrongly somewhere, each with the verdict it must get: what
//! exactly is sent, or the words it is refused with.

use std::collections::BTreeMap;
use std::path::Path;

use csv::{ReaderBuilder, WriterBuilder};
use serde_json::Value;

use crate::harness::{Stage, location_id, org_id};

/// The rows of a table of verdicts.
fn table(name: &str) -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/verdicts")
        .join(name);
    let mut reader = ReaderBuilder::new()
        .delimiter(b'\t')
        .quoting(false)
        .from_path(path)
        .expect("a table");
    let rows = reader.records().map(|row| row.expect("a row"));
    rows.map(|row| row.iter().map(unescaped).collect())
        .collect()
}

/// `\u{2212}` as the character it is, and line breaks.
fn unescaped(text: &str) -> String {
    let mut parts = text.split("\\u{");
    let mut read = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let (code, rest) = part.split_once('}').expect("a closing brace");
        let code = u32::from_str_radix(code, 16).expect("a code");
        read.push(char::from_u32(code).expect("a character"));
        read.push_str(rest);
    }
    read.replace("\\n", "\n")
}

/// What is set at a location now.
fn set_at(all: &Value, location: &str) -> Option<String> {
    let number = &all[location]["autoTransferNumber1"];
    number.as_str().map(String::from)
}

#[test]
fn each_number_is_sent_as_it_was_meant_or_refused_in_words() {
    let mut by_flags: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
    for row in table("numbers.tsv") {
        by_flags.entry(row[2].clone()).or_default().push(row);
    }
    let mut wrong = Vec::new();
    for (flags, members) in by_flags {
        let stage = Stage::instant();
        let mut sheet = WriterBuilder::new().from_writer(Vec::new());
        sheet
            .write_record(["orgId", "locationId", "n1"])
            .expect("memory");
        for (member, at) in members.iter().zip(1..) {
            let row = [&org_id(1), &location_id(at), &member[1]];
            sheet.write_record(row).expect("memory");
        }
        stage.write("sheet.csv", sheet.into_inner().expect("memory"));
        stage.apply(&format!("sheet.csv --skip-invalid {flags}"));
        let results = stage.results("sheet.results.csv");
        let all = stage.state();
        for ((member, result), at) in members.iter().zip(&results).zip(1..) {
            let (cell, verdict) = (&member[1], &member[3]);
            let sent = set_at(&all, &location_id(at)).unwrap_or_default();
            let is_right = match verdict.split_at(1) {
                ("=", number) => result["outcome"] == "updated" && sent == number,
                (_, words) => result["outcome"] == "invalid" && result["message"].contains(words),
            };
            if !is_right {
                wrong.push(format!(
                    "{cell} {flags}: {verdict}, but {} {sent} {}",
                    result["outcome"], result["message"]
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Takes a sheet's text, flags and verdict apart; says what is otherwise than the verdict.
fn judge(row: &[String]) -> Option<String> {
    let [kind, sheet, flags, verdict] = row else {
        panic!("{row:?}");
    };
    let with_ids = |text: &str| {
        text.replace("{o}", &org_id(1))
            .replace("{l1}", &location_id(1))
            .replace("{l2}", &location_id(2))
            .replace("{ou}", "0a600000-0000-4000-8000-000000000001")
            .replace("{lu}", "5eed0000-0000-4000-8000-000000000001")
    };
    let stage = Stage::instant();
    stage.write("sheet.csv", with_ids(sheet));
    let mut command = stage.command(&stage.apply_line("sheet.csv"));
    let flags = flags
        .split_whitespace()
        .map(|flag| flag.replace("%20", " ").replace("''", ""));
    let output = command
        .args(flags.map(|flag| with_ids(&flag)))
        .output()
        .expect("it starts");
    let ran = crate::harness::Ran::of(output);
    let all = stage.state();
    let now = [1, 2, 3].map(|place| {
        let number = &all[location_id(1)][format!("autoTransferNumber{place}")];
        number.as_str().unwrap_or_default().to_string()
    });
    let (code, wanted) = verdict.split_once(' ').expect("a code");
    let results = std::fs::read_to_string(stage.path("sheet.results.csv")).unwrap_or_default();
    let is_so = |words: &str| match words.strip_prefix('=') {
        Some(numbers) => now.join(",") == numbers,
        None => ran.stderr.contains(words) || results.contains(words),
    };
    let is_right = ran.code.map(|code| code.to_string()).as_deref() == Some(code)
        && wanted.split(" && ").all(is_so);
    let shown: String = sheet.chars().take(100).collect();
    (!is_right).then(|| {
        format!(
            "{kind}: {shown} {verdict}\n  {:?} {now:?} {}",
            ran.code, ran.stderr
        )
    })
}

#[test]
fn each_sheet_is_read_as_it_was_meant_or_in_question() {
    let wrong: Vec<String> = table("sheets.tsv")
        .iter()
        .filter_map(|row| judge(row))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn sheets_as_people_have_them_are_accepted_with_their_numbers() {
    let sheets = table("right.tsv");
    assert!(sheets.len() >= 100);
    let wrong: Vec<String> = sheets.iter().filter_map(|row| judge(row)).collect();
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// The beginnings of files that are no sheet, and what is said of them.
const OTHER_FILES: [(&str, &[u8], &str); 27] = [
    ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (.xls)"),
    ("book.numbers", b"PK\x03\x04..................Index/Document.iwa", "Export To > Excel"),
    ("book.ods", b"PK\x03\x04..........................mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "an OpenDocument spreadsheet (.ods)"),
    ("book.xlsb", b"PK\x03\x04.........xl/workbook.bin", "a binary Excel workbook (.xlsb)"),
    ("page.xls", b"<html><body><table><tr><td>orgId", "a web page (HTML)"),
    ("page.xls", b"\xef\xbb\xbf\n<!DOCTYPE html><html>", "a web page (HTML)"),
    ("2003.xls", b"<?xml version=\"1.0\"?><?mso-application progid=\"Excel.Sheet\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">", "an XML spreadsheet of 2003"),
    ("~$book.xlsx", b"\x05Ann", "the lock file that Excel keeps while `book.xlsx` is open"),
    ("locked.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1................E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00", "or one with a password"),
    ("quote.pdf", b"%PDF-1.7\n", "it is a PDF"),
    ("letter.docx", b"PK\x03\x04..........................word/document.xml", "it is a Word document"),
    ("page.csv", b"<table><tr><td>orgId</td></tr></table>", "a web page (HTML)"),
    ("book.csv.gz", b"\x1f\x8b\x08", "a gzip archive"),
    ("archive.xls", b"MIME-Version: 1.0\nX-Document-Type: Workbook\n", "a web archive (MHTML)"),
    ("wide.xls", b"\xff\xfe<\0h\0t\0m\0l\0>\0", "a web page (HTML)"),
    ("wide.xls", b"\xfe\xff\0<\0h\0t\0m\0l\0>", "a web page (HTML)"),
    ("page.xls", b"<!-- made by x -->\n<html><body>", "a web page (HTML)"),
    ("biff2.xls", b"\x09\x00\x04\x00\x02\x00\x10\x00", "an old Excel workbook (.xls)"),
    ("biff3.xls", b"\x09\x02\x06\x00\x00\x00\x10\x00", "an old Excel workbook (.xls)"),
    ("biff4.xls", b"\x09\x04\x06\x00\x00\x00\x10\x00", "an old Excel workbook (.xls)"),
    ("book.fods", b"<?xml version=\"1.0\"?><office:document xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" office:mimetype=\"application/vnd.oasis.opendocument.spreadsheet\">", "(.fods); open it in LibreOffice"),
    (".~lock.sheet.csv#", b",ann,host,27.11.2026", "the lock file that LibreOffice keeps while `sheet.csv` is open"),
    ("book.gsheet", b"{\"doc_id\":\"x\"}", "only a link to a Google Sheet"),
    ("shot.xlsx", b"\x89PNG\r\n\x1a\n", "it is a picture"),
    ("list.json", b"[\n {\"orgId\": \"x\"}]", "it is JSON"),
    ("list.xml", b"<?xml version=\"1.0\"?><rows>", "it is an XML file"),
    ("letter.rtf", b"{\\rtf1\\ansi", "it is an RTF document"),
];

#[test]
fn files_of_other_kinds_are_called_by_their_names_with_what_to_do() {
    let stage = Stage::instant();
    for (name, content, says) in OTHER_FILES {
        stage.write(name, content);
        stage.run(&format!("check {name}")).expect(2).says(says);
    }
    std::fs::create_dir(stage.path("older.numbers")).expect("a folder");
    let ran = stage.run("check older.numbers").expect(2);
    ran.says("is an Apple Numbers document; open it in Numbers");
}

#[cfg(unix)]
#[test]
fn a_link_to_nothing_is_called_one() {
    let stage = Stage::instant();
    std::os::unix::fs::symlink("moved.csv", stage.path("sheet.csv")).expect("a link");
    let ran = stage.run("check sheet.csv").expect(2);
    ran.says("cannot read the sheet `sheet.csv`: it is a link to `moved.csv`, which is not there");
    assert!(!ran.stderr.contains("did you mean"), "{}", ran.stderr);
}

#[cfg(unix)]
#[test]
fn pipes_are_read_like_the_standard_input() {
    let stage = Stage::instant();
    let sheet = format!(
        "orgId,locationId,n1\n{},{},+12025550101\n",
        org_id(1),
        location_id(1)
    );
    stage.write("sheet.csv", sheet);
    for line in [
        "cat sheet.csv | \"$0\" apply --yes --base-url \"$1\" /dev/stdin -o one.csv",
        "\"$0\" apply --yes --base-url \"$1\" <(cat sheet.csv) -o two.csv",
        "\"$0\" apply --yes --base-url \"$1\" /dev/stdin -o three.csv < sheet.csv",
        "mkfifo pipe.csv; cat sheet.csv > pipe.csv & \"$0\" apply --yes --base-url \"$1\" pipe.csv",
    ] {
        let mut command = stage.program("bash");
        let program = env!("CARGO_BIN_EXE_wxbulk");
        command.args(["-c", line, program, &stage.simulator.base_url()]);
        let ran = crate::harness::Ran::of(command.output().expect("bash"));
        ran.expect(0);
    }
    for stream in ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
        let ran = stage.apply(&format!("sheet.csv -o {stream}")).expect(2);
        ran.says("results cannot go to the standard output or into a pipe");
        let ran = stage.run_online(&format!("export -o {stream}")).expect(2);
        ran.says("an export cannot go to the standard output or into a pipe");
    }
    let ran = stage.apply("sheet.csv --report - -o four.csv").expect(2);
    ran.says("the report cannot go to the standard output or into a pipe");
    let ran = stage.run("check sheet.csv --fix -").expect(2);
    ran.says("the copy cannot go to the standard output or into a pipe");
    let ran = stage.apply("/dev/stdin").expect(2);
    ran.says("name its results with --output");
}
