//! Disks that fill up, folders that vanish, names that are taken: nothing more is sent, what is
//! known is told, and the run can go on afterwards.
#![cfg(unix)]

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use wxbulk::simulator::Behavior;

use crate::harness::{Ran, Results, Stage, count, read_csv, rows_recorded, sheet};
use crate::resume::wait_for_records;

const ROWS: u64 = 300;

/// So slow that a run can be caught half-way.
fn slow() -> Stage {
    let stage = Stage::new(Behavior {
        latency: "3ms..6ms".parse().expect("a latency"),
        ..Behavior::instant()
    });
    stage.write("sheet.csv", sheet(ROWS));
    stage
}

/// The rows of which stderr says that they could not be recorded, and what it says became of them.
fn told_unrecorded(ran: &Ran) -> Vec<(u64, String)> {
    ran.stderr
        .lines()
        .filter_map(|line| {
            let (row, outcome) = line
                .strip_prefix("not recorded: row ")?
                .split_once(" is ")?;
            Some((row.parse().expect("a row"), outcome.to_string()))
        })
        .collect()
}

/// A results file that may stand: whole, and with nothing in it that is not so.
fn assert_truthful(stage: &Stage, results: &Results, unrecorded: &[(u64, String)]) {
    assert_eq!(results.len() as u64, ROWS);
    let sent: HashSet<String> = (stage.requests().iter())
        .map(|request| request["locationId"].as_str().expect("an id").to_string())
        .collect();
    for row in results {
        let was_sent = sent.contains(&row["locationId"]);
        let wanted = if was_sent { "updated" } else { "not-attempted" };
        assert_eq!(row["outcome"], wanted, "{row:?} {unrecorded:?}");
    }
}

/// Bytes in what this shell calls a block; not all follow the standard there.
fn block(stage: &Stage) -> u64 {
    let path = stage.path("filled");
    let line = "trap '' XFSZ; ulimit -f 2; head -c 9000 /dev/zero > filled";
    let shell = Command::new("sh")
        .args(["-c", line])
        .current_dir(stage.path(""))
        .stderr(Stdio::null())
        .status();
    shell.expect("a shell");
    let length = fs::metadata(&path).expect("it was begun").len();
    fs::remove_file(path).expect("it was there");
    length / 2
}

/// Runs with no file longer than about `room`, as on a disk that is full then.
fn apply_on_full_disk(stage: &Stage, room: u64, flags: &str) -> Ran {
    let blocks = room.div_ceil(block(stage));
    let base_url = stage.simulator.base_url();
    let program = env!("CARGO_BIN_EXE_wxbulk");
    let run =
        format!("{program} apply sheet.csv --yes --even-if-used --base-url {base_url} {flags}");
    let mut command = Command::new("sh");
    let like = stage.command("");
    for (name, value) in like.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
        .args([
            "-c",
            &format!("trap '' XFSZ; ulimit -f {blocks}; exec {run}"),
        ])
        .current_dir(like.get_current_dir().expect("the stage's folder"))
        .stdin(Stdio::null());
    Ran::of(command.output().expect("a shell"))
}

#[test]
fn a_disk_that_fills_up_stops_the_run_and_loses_nothing() {
    // Where the journal is full there is no room for the results either, which are longer.
    let mut dice = fastrand::Rng::with_seed(4);
    for _ in 0..20 {
        let stage = slow();
        let copy = fs::metadata(stage.path("sheet.csv"))
            .expect("a sheet")
            .len();
        let room = copy + 1000 * dice.u64(1..10);
        let ran = apply_on_full_disk(&stage, room, "-c 20").expect(3);
        ran.says("cannot write the journal");
        ran.says("cannot write `sheet.results.csv`");
        ran.says_how_to_go_on();
        let left: HashSet<PathBuf> = stage.files().into_iter().collect();
        let expected = [
            "sheet.csv",
            "sheet.results.csv.journal",
            "sheet.results.csv.sheet",
        ]
        .map(|name| stage.path(name));
        assert_eq!(
            left,
            HashSet::from(expected),
            "no results, not even half of them"
        );

        let unrecorded = told_unrecorded(&ran);
        let recorded = records(&stage);
        let left = format!("{} rows are left; to go on:", 300 - recorded);
        ran.says(&left);
        assert!(
            !ran.stderr.contains("do not trust"),
            "there are no results to trust"
        );
        let sent = stage.requests().len();
        assert!((1..=20).contains(&unrecorded.len()), "{}", ran.stderr);
        assert!(
            unrecorded
                .iter()
                .all(|(_, outcome)| outcome == "updated, status 204")
        );
        assert_eq!(
            recorded + unrecorded.len(),
            sent,
            "each answer is known to someone"
        );

        stage.apply("sheet.csv --resume").expect(0);
        assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), 300);
        assert_eq!(stage.requests().len(), 300 + unrecorded.len());
    }
}

#[test]
fn a_disk_that_is_full_already_is_said_before_anything_is_sent() {
    let stage = slow();
    let ran = apply_on_full_disk(&stage, 0, "").expect(2);
    ran.says("cannot copy the sheet");
    assert_eq!((stage.requests().len(), stage.files().len()), (0, 1));
    stage.apply("sheet.csv").expect(0);
}

/// Whole records in the journal.
fn records(stage: &Stage) -> usize {
    let journal = fs::read(stage.path("sheet.results.csv.journal")).expect("a journal");
    rows_recorded(&journal).len()
}

/// Adds an entry to a journal, bound to its run and to the last line.
fn append(journal: &mut Vec<u8>, entry: &str) {
    let mut lines = journal
        .strip_suffix(b"\n")
        .expect("whole lines")
        .split(|byte| *byte == b'\n');
    let header = lines.next().expect("a header");
    let header: serde_json::Value = serde_json::from_slice(&header[9..]).expect("JSON");
    let id = header["run"]["id"].as_str().expect("an id");
    let last = lines.next_back().expect("a line");
    let bound = [id.as_bytes(), &last[..8], entry.as_bytes()].concat();
    journal.extend(format!("{:08x} {entry}\n", crc32fast::hash(&bound)).bytes());
}

#[test]
fn results_beside_a_journal_that_cannot_grow_tell_what_the_journal_does_not_know() {
    // The journal of a run that was resumed before is longer than the results.
    let stage = slow();
    let child = stage.start_apply("sheet.csv -c 2");
    wait_for_records(&stage, "sheet.results.csv.journal", 30);
    crate::harness::signal(&child, "INT");
    Ran::of(child.wait_with_output().expect("it ends")).expect(130);
    let path = stage.path("sheet.results.csv.journal");
    let mut journal = fs::read(&path).expect("a journal");
    for _ in 0..4000 {
        append(
            &mut journal,
            r#"{"traffic":{"from":"2030-01-01T00:00:00Z","requests":[0,0,0,0,0,0,0,0,0,0]}}"#,
        );
    }
    fs::write(&path, &journal).expect("it can be written");
    let room = journal.len() as u64 + 3000;

    let ran = apply_on_full_disk(&stage, room, "-c 20 --resume").expect(3);
    let unrecorded = told_unrecorded(&ran);
    assert!(!unrecorded.is_empty(), "{}", ran.stderr);
    let results = stage.results("sheet.results.csv");
    assert_truthful(&stage, &results, &unrecorded);

    stage.apply("sheet.csv --resume").expect(0);
    assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), 300);
    assert_eq!(stage.requests().len(), 300 + unrecorded.len());
}

/// A real small disk, where this machine lets a test have one.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(stage: &Stage, kibibytes: u64) -> Option<SmallDisk> {
        let path = stage.path("disk");
        fs::create_dir(&path).expect("a folder");
        let status = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={kibibytes}k"), "tmpfs"])
            .arg(&path)
            .stderr(Stdio::null())
            .status();
        let is_mounted = status.is_ok_and(|status| status.success());
        is_mounted.then_some(SmallDisk(path))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_real_disk_that_fills_up_can_be_cleared_and_the_run_goes_on() {
    // The run's copy of the sheet takes up some 130 until it is kept.
    for kibibytes in [210, 230, 260] {
        let stage = slow();
        let Some(disk) = SmallDisk::mount(&stage, kibibytes) else {
            // The limit on a file's size above stands in for it everywhere.
            return;
        };
        let ballast = disk.0.join("ballast");
        fs::write(&ballast, vec![0; 48 << 10]).expect("room");
        let ran = stage.apply("sheet.csv -c 20 -o disk/out.csv").expect(3);
        ran.says("the disk is full");
        let left = fs::read_dir(&disk.0).expect("a folder").count();
        assert_eq!(left, 3, "the ballast, the run's copy and the journal");
        let unrecorded = told_unrecorded(&ran);
        fs::remove_file(ballast).expect("it was there");
        let remount = format!("remount,size={}k", kibibytes + 512);
        let grown = Command::new("mount")
            .args(["-o", &remount])
            .arg(&disk.0)
            .status();
        assert!(grown.expect("mount is there").success());
        stage.apply("sheet.csv -o disk/out.csv --resume").expect(0);
        assert_eq!(count(&read_csv(&disk.0.join("out.csv")), "updated"), 300);
        assert_eq!(stage.requests().len(), 300 + unrecorded.len());
    }
}

#[test]
fn a_folder_that_vanishes_stops_the_run_and_what_came_after_is_told() {
    let stage = slow();
    fs::create_dir(stage.path("out")).expect("a folder");
    let child = stage.start_apply("sheet.csv -c 1 -o out/results.csv");
    wait_for_records(&stage, "out/results.csv.journal", 20);
    fs::rename(stage.path("out"), stage.path("gone")).expect("it can be moved");
    let ran = Ran::of(child.wait_with_output().expect("it ends")).expect(3);
    let sent = stage.requests().len();
    assert!(sent < 300, "it stopped");
    ran.says("out/results.csv.journal");
    ran.says_how_to_go_on();

    fs::rename(stage.path("gone"), stage.path("out")).expect("it can be moved back");
    stage
        .apply("sheet.csv -o out/results.csv --resume")
        .expect(0);
    assert_eq!(
        count(&read_csv(&stage.path("out/results.csv")), "updated"),
        300
    );
    assert_eq!(stage.requests().len(), 300 + told_unrecorded(&ran).len());
}

#[test]
fn a_workbook_that_finds_no_room_is_written_when_there_is_some() {
    let stage = slow();
    // Room for the journal, and not for what becomes of it.
    let ran = apply_on_full_disk(&stage, 170_000, "-o results.xlsx").expect(3);
    for said in [
        "cannot write `results.xlsx`: its temporary file cannot be written",
        "File too large",
        "nothing needs to be sent again",
    ] {
        ran.says(said);
    }
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    let left: HashSet<PathBuf> = stage.files().into_iter().collect();
    let expected = ["sheet.csv", "results.xlsx.journal", "results.xlsx.sheet"];
    let expected = expected.map(|name| stage.path(name));
    assert_eq!(left, HashSet::from(expected));
    stage.apply("sheet.csv -o results.xlsx --resume").expect(0);
    assert_eq!(count(&stage.results("results.xlsx"), "updated"), 300);
    assert_eq!(stage.requests().len(), 300);
}

#[test]
fn a_folder_in_the_place_of_the_results_keeps_them_from_nobody() {
    let stage = slow();
    let child = stage.start_apply("sheet.csv -c 2");
    wait_for_records(&stage, "sheet.results.csv.journal", 20);
    fs::create_dir(stage.path("sheet.results.csv")).expect("a folder");
    let ran = Ran::of(child.wait_with_output().expect("it ends")).expect(3);
    ran.says("nothing needs to be sent again");
    let (_, kept) = (ran.stderr.split_once("what was written is in `")).expect("it is told");
    let (kept, _) = kept.split_once('`').expect("a name");
    let results = read_csv(&stage.path(kept));
    assert_eq!(count(&results, "updated"), 300);

    let ran = stage.apply("sheet.csv --resume").expect(2);
    ran.says("the results cannot be written: `sheet.results.csv` is not a file");
    fs::remove_dir(stage.path("sheet.results.csv")).expect("it is empty");
    stage.apply("sheet.csv --resume").expect(0);
    assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), 300);
    assert_eq!(stage.requests().len(), 300);
}
