//! How fast a sheet is checked, beside the csv crate alone reading the same bytes as records.
//!
//! `cargo bench --bench sheet`; with a number, that many rows instead of a million.
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]
#![expect(clippy::disallowed_methods, reason = "real time is what is measured")]

#[path = "common/made_sheet.rs"]
mod made_sheet;

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, Instant};

use csv::{ByteRecord, ReaderBuilder};
use made_sheet::sheet;
use wxbulk::sheet::check::{DuplicatePolicy, check};
use wxbulk::sheet::{Reading, Sheet};

const ROWS: u64 = 1_000_000;
/// Each is measured so often, in turns, and the best counts: what disturbs only ever slows.
const TURNS: usize = 5;

fn main() {
    let rows = std::env::args()
        .skip(1)
        .find_map(|word| word.parse().ok())
        .unwrap_or(ROWS);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text = sheet(rows);
    let plain = folder.path().join("plain.csv");
    fs::write(&plain, &text).expect("room for the sheet");
    let wide = folder.path().join("utf-16.csv");
    let units = "\u{feff}".encode_utf16().chain(text.encode_utf16());
    let bytes: Vec<u8> = units.flat_map(u16::to_le_bytes).collect();
    fs::write(&wide, bytes).expect("room for the sheet");

    let mut best = [Duration::MAX; 3];
    for _ in 0..TURNS {
        let turn = [
            timed(|| read_records(&plain, rows)),
            timed(|| check_sheet(&plain, rows)),
            timed(|| check_sheet(&wide, rows)),
        ];
        for (best, took) in best.iter_mut().zip(turn) {
            *best = took.min(*best);
        }
    }
    println!(
        "| {rows} rows, {} MB | seconds | of the csv crate's speed |",
        text.len() / 1_000_000
    );
    println!("|---|---|---|");
    for (name, took) in ["csv crate, byte records", "check, UTF-8", "check, UTF-16"]
        .iter()
        .zip(best)
    {
        let share = best[0].as_secs_f64() / took.as_secs_f64();
        println!(
            "| {name} | {:.3} | {:.0} % |",
            took.as_secs_f64(),
            share * 100.0
        );
    }
}

fn timed(work: impl FnOnce()) -> Duration {
    let started = Instant::now();
    work();
    started.elapsed()
}

fn read_records(path: &Path, rows: u64) {
    let mut reader = ReaderBuilder::new()
        .buffer_capacity(128 * 1024)
        .from_reader(File::open(path).expect("the sheet"));
    let mut record = ByteRecord::new();
    let mut read = 0;
    while reader.read_byte_record(&mut record).expect("a record") {
        read += 1;
    }
    assert_eq!(read, rows);
}

fn check_sheet(path: &Path, rows: u64) {
    let sheet = Sheet::open(path, Reading::default()).expect("a sheet");
    let checked = check(&sheet, DuplicatePolicy::Refuse, |_| Ok(())).expect("it can be read");
    assert_eq!((checked.rows, checked.problems), (rows, 0));
}
