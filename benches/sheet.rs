//! How fast a sheet is checked, beside the csv crate alone reading the same bytes as records.
//!
//! `cargo bench --bench sheet`; with a number, that many rows instead of a million.
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]
#![expect(clippy::disallowed_methods, reason = "real time is what is measured")]

#[path = "common/made_sheet.rs"]
mod made_sheet;

use std::fs::{self, File};
use std::path::Path;
use std::time::Instant;

use csv::{ByteRecord, ReaderBuilder};
use made_sheet::sheet;
use wxbulk::sheet::check::{DuplicatePolicy, check};
use wxbulk::sheet::{ReadOptions, Sheet};

const ROWS: u64 = 1_000_000;

/// Each is measured so often, in turns, and the best counts: what disturbs only ever slows.
const TURNS: usize = 7;

/// Seconds by the clock, and on a processor where the system tells.
type Took = [Option<f64>; 2];

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

    let works: [(&str, &dyn Fn()); 3] = [
        ("csv crate, byte records", &|| read_records(&plain, rows)),
        ("check, UTF-8", &|| check_sheet(&plain, rows)),
        ("check, UTF-16", &|| check_sheet(&wide, rows)),
    ];
    let mut best: [Took; 3] = works.map(|(_, work)| timed(work));
    for _ in 1..TURNS {
        for ((_, work), best) in works.iter().zip(&mut best) {
            let took = timed(work);
            for (best, took) in best.iter_mut().zip(took) {
                *best = best.zip(took).map(|(best, took)| best.min(took));
            }
        }
    }
    let megabytes = text.len() / 1_000_000;
    println!(
        "| {rows} rows, {megabytes} MB | seconds | of the csv crate's speed | on a processor | of the csv crate's speed |"
    );
    println!("|---|---|---|---|---|");
    for ((name, _), took) in works.iter().zip(best) {
        let [by_the_clock, on_a_processor] = [0, 1].map(|which| {
            let both = best[0][which].zip(took[which]);
            both.map_or("– | –".to_string(), |(alone, took)| {
                format!("{took:.3} | {:.0} %", alone / took * 100.0)
            })
        });
        println!("| {name} | {by_the_clock} | {on_a_processor} |");
    }
}

fn timed(work: impl Fn()) -> Took {
    let (started, before) = (Instant::now(), on_a_processor());
    work();
    let by_the_clock = started.elapsed().as_secs_f64();
    let on_a_processor = on_a_processor()
        .zip(before)
        .map(|(now, before)| now - before);
    [Some(by_the_clock), on_a_processor]
}

/// Seconds this process has run so far, however many others wanted to.
fn on_a_processor() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/schedstat").ok()?;
    let nanoseconds: f64 = status.split(' ').next()?.parse().ok()?;
    Some(nanoseconds / 1e9)
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
    let sheet = Sheet::open(path, ReadOptions::default()).expect("a sheet");
    let checked = check(
        &sheet,
        &wxbulk::sheet::directory::Directory::default(),
        DuplicatePolicy::Refuse,
        |_| Ok(()),
    )
    .expect("it can be read");
    assert_eq!((checked.rows, checked.problems), (rows, 0));
}
