//! Rows that a run left half done and that are not sent again: emptied, made invalid, or deleted from its
//! results. What they did is undone all the same, with the results of the run that went on.

use std::fmt::Write;
use std::fs;

use csv::StringRecord;

use crate::harness::{Stage, location_id};
use crate::location_rules::{apply, stage, state};

const RESULTS: &str = "both.results.csv";
const LAST: &str = "both.results-2.csv";

/// After a run of numbers and rules that left rows half done; and what was there before it.
fn half_done() -> (Stage, String) {
    let stage = stage(40, "400=50% once".parse().expect("faults"));
    let mut text = "locationId,n1,national\n".to_string();
    for row in 2..42 {
        let _ = writeln!(text, "{},+12025550101,TRANSFER_NUMBER_1", location_id(row));
    }
    stage.write("both.csv", text);
    let before = state(&stage);
    apply(&stage, "both.csv").expect(1);
    (stage, before)
}

/// Writes the results with what `change` makes of the rows that were left half done; `None` deletes one.
fn rewrite(stage: &Stage, change: impl Fn(&StringRecord, &StringRecord) -> Option<StringRecord>) {
    let mut reader = csv::Reader::from_path(stage.path(RESULTS)).expect("a CSV file");
    let header = reader.headers().expect("a header").clone();
    let records: Vec<StringRecord> = reader.records().map(|one| one.expect("a row")).collect();
    let mut writer = csv::Writer::from_path(stage.path(RESULTS)).expect("a file");
    writer.write_record(&header).expect("written");
    let mut partly = 0;
    for record in records {
        let is_partly = record.iter().any(|cell| cell == "partly");
        partly += usize::from(is_partly);
        let record = if is_partly {
            change(&header, &record)
        } else {
            Some(record)
        };
        if let Some(record) = record {
            writer.write_record(&record).expect("written");
        }
    }
    writer.flush().expect("written");
    assert!(partly > 1, "the faults met no second request");
}

/// The row with other cells.
fn with_cells(
    header: &StringRecord,
    record: &StringRecord,
    cells: &[(&str, &str)],
) -> StringRecord {
    let named = header.iter().zip(record);
    let record = named.map(|(name, cell)| {
        let other = cells.iter().find(|(column, _)| *column == name);
        other.map_or(cell, |(_, cell)| cell)
    });
    record.collect()
}

#[test]
fn what_a_row_did_that_is_given_up_is_undone_with_the_last_results() {
    for (cells, flags) in [
        (&[("n1", ""), ("national", "")][..], ""),
        (&[("n1", "abc")], " --skip-invalid"),
        (&[("national", "perhaps")], " --skip-invalid"),
        (&[("locationId", "nowhere")], " --skip-invalid"),
        (&[("locationId", "")], " --skip-invalid"),
    ] {
        let (stage, before) = half_done();
        rewrite(&stage, |header, record| {
            Some(with_cells(header, record, cells))
        });
        apply(&stage, &format!("{RESULTS} --only-failed{flags}"));
        // Whoever goes on from there has it as well.
        apply(&stage, &format!("{LAST} --only-failed{flags} -o last.csv"));
        for last in [LAST, "last.csv"] {
            let ran = stage.run_online(&format!("undo {last} --yes -o undone-{last}"));
            assert!(!ran.stderr.contains("not undone"), "{}", ran.stderr);
            if last == LAST {
                continue;
            }
            assert!(state(&stage) == before, "{cells:?}: {}", ran.stderr);
        }
    }
}

#[test]
fn without_the_journal_a_row_that_was_given_up_is_named() {
    let (stage, before) = half_done();
    rewrite(&stage, |header, record| {
        let cells = [("n1", ""), ("national", "")];
        Some(with_cells(header, record, &cells))
    });
    apply(&stage, &format!("{RESULTS} --only-failed"));
    fs::remove_file(stage.path(&format!("{LAST}.journal"))).expect("it is there");
    let ran = stage.run_online(&format!("undo {LAST} --yes"));
    assert_ne!(ran.code, Some(0));
    ran.says("not undone: row ");
    ran.says("may have been changed and cannot be undone");
    assert!(state(&stage) != before);
}

#[test]
fn a_row_that_was_deleted_is_named_and_its_journal_puts_it_back() {
    let (stage, before) = half_done();
    rewrite(&stage, |_, _| None);
    apply(&stage, &format!("{RESULTS} --only-failed"));
    // A part that is chosen is all that is meant.
    let ran = stage.run_online(&format!("undo {LAST} --yes --rows 2-3 -o part.csv"));
    assert!(!ran.stderr.contains("was deleted"), "{}", ran.stderr);
    let ran = stage.run_online(&format!("undo {LAST} --yes -o undone.csv"));
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    ran.says(format!("of `{RESULTS}` ("));
    ran.says("deleted rows may have been changed and cannot be undone with these results");
    ran.says(format!("wxbulk undo {RESULTS}.journal"));
    assert!(state(&stage) != before);

    let [from, to] = [RESULTS, "kept.csv"].map(|name| stage.path(name));
    fs::rename(from, to).expect("it is there");
    let ran = stage.run_online(&format!("undo {RESULTS}.journal --yes -o back.csv"));
    assert!(state(&stage) == before, "{}", ran.stderr);
}
