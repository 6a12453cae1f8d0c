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
fn set_at(state: &Value, location: &str) -> Option<String> {
    let number = &state[location]["autoTransferNumber1"];
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
        let state = stage.state();
        for ((member, result), at) in members.iter().zip(&results).zip(1..) {
            let (cell, verdict) = (&member[1], &member[3]);
            let sent = set_at(&state, &location_id(at)).unwrap_or_default();
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
    };
    let stage = Stage::instant();
    stage.write("sheet.csv", with_ids(sheet));
    let mut command = stage.command(&stage.apply_line("sheet.csv"));
    let flags = flags
        .split_whitespace()
        .map(|flag| flag.replace("%20", " "));
    let output = command
        .args(flags.map(|flag| with_ids(&flag)))
        .output()
        .expect("it starts");
    let ran = crate::harness::Ran::of(output);
    let state = stage.state();
    let now = [1, 2, 3].map(|place| {
        let number = &state[location_id(1)][format!("autoTransferNumber{place}")];
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
