//! The journal defends itself: damage is told and nothing is sent, a file that is not ours is left
//! alone, and what the disk did not take is never forgotten.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use wxbulk::simulator::{Access, Behavior, Scopes};

use crate::harness::{Ran, Stage, count, of_format_1, rows_recorded, sheet};
use crate::resume::wait_for_records;

const JOURNAL: &str = "sheet.results.csv.journal";
const ROWS: usize = 40;

fn slow() -> Stage {
    let stage = Stage::new(Behavior {
        latency: "5ms".parse().expect("a latency"),
        ..Behavior::instant()
    });
    stage.write("sheet.csv", sheet(ROWS as u64));
    stage
}

/// A run with a backup that was killed half-way: its journal.
fn killed() -> (Stage, Vec<u8>) {
    let stage = slow();
    let mut child = stage.start_apply("sheet.csv --backup -c 2");
    wait_for_records(&stage, JOURNAL, ROWS / 2);
    child.kill().expect("it was running");
    child.wait().expect("it ends");
    let mut journal = stage.journal();
    // What the kill tore off is another test's matter.
    let whole = journal.iter().rposition(|byte| *byte == b'\n');
    journal.truncate(whole.expect("lines") + 1);
    stage.write(JOURNAL, &journal);
    (stage, journal)
}

impl Stage {
    fn journal(&self) -> Vec<u8> {
        fs::read(self.path(JOURNAL)).expect("a journal")
    }

    /// Goes on, which has to be refused: nothing is sent, and the journal stays as it is.
    #[track_caller]
    fn refuses(&self, damaged: &[u8]) -> Ran {
        self.write(JOURNAL, damaged);
        let before = self.all_requests().len();
        let mut refused = None;
        for line in ["sheet.csv --backup --resume", "sheet.csv --backup"] {
            let ran = self.apply(line).expect(2);
            assert!(!ran.stderr.contains("delete"), "{}", ran.stderr);
            assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
            refused = Some(ran);
        }
        assert_eq!(self.all_requests().len(), before, "nothing was sent");
        assert_eq!(self.journal(), damaged, "nothing was changed");
        refused.expect("it ran")
    }
}

fn lines_of(journal: &[u8]) -> Vec<Vec<u8>> {
    let lines = journal.split_inclusive(|byte| *byte == b'\n');
    lines.map(<[u8]>::to_vec).collect()
}

/// A journal of these entries, each bound to its run and to the one before it.
fn bound(entries: &[Value]) -> Vec<u8> {
    let id = entries[0]["run"]["id"].as_str().expect("an id").to_string();
    let mut journal = Vec::new();
    let mut before = String::new();
    for entry in entries {
        let json = entry.to_string();
        let bound = if before.is_empty() {
            json.clone()
        } else {
            format!("{id}{before}{json}")
        };
        before = format!("{:08x}", crc32fast::hash(bound.as_bytes()));
        journal.extend(format!("{before} {json}\n").bytes());
    }
    journal
}

fn entries_of(journal: &[u8]) -> Vec<Value> {
    let lines = lines_of(journal);
    let entries = lines.iter().map(|line| serde_json::from_slice(&line[9..]));
    entries.map(|entry| entry.expect("JSON")).collect()
}

#[test]
fn what_an_editor_does_to_line_ends_and_the_beginning_is_no_damage() {
    let (stage, journal) = killed();
    let text = String::from_utf8(journal.clone()).expect("text");
    let crlf = text.replace('\n', "\r\n");
    for saved in [
        format!("\u{feff}{text}"),
        crlf.clone(),
        format!("\u{feff}{crlf}"),
    ] {
        stage.write(JOURNAL, saved);
        let status = stage.run("status sheet.results.csv").expect(0);
        let finished = rows_recorded(&journal).len();
        assert!(
            status
                .stdout
                .contains(&format!("{finished} of {ROWS} rows finished")),
            "{}",
            status.stdout
        );
    }
    stage.apply("sheet.csv --backup --resume").expect(0);
    assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), ROWS);
}

#[test]
fn a_damaged_first_line_is_told_with_what_the_file_still_holds() {
    let (stage, journal) = killed();
    let finished = rows_recorded(&journal).len();
    for (index, bit) in [(0, 1), (12, 2), (60, 1), (200, 4)] {
        let mut damaged = journal.clone();
        damaged[index] ^= bit;
        let ran = stage.refuses(&damaged);
        ran.says(format!("line 1 of `{JOURNAL}` is damaged"));
        ran.says(format!(
            "still holds {finished} finished rows, {finished} of them with the values from before"
        ));
        ran.says("keep it in any case");
        // Damage is told alike of the file and of its folder.
        for subject in [".", "sheet.results.csv"] {
            stage.run(&format!("status {subject}")).expect(1);
        }
    }
}

#[test]
fn a_damaged_line_with_good_ones_after_it_is_named_and_nothing_is_sent() {
    let (stage, journal) = killed();
    let lines = lines_of(&journal);
    let other = killed().1;
    let garbled = |at: usize| {
        let mut lines = lines.clone();
        lines[at][30] ^= 1;
        lines.concat()
    };
    let without = |at: usize| {
        let mut lines = lines.clone();
        lines.remove(at);
        lines.concat()
    };
    let swapped = |at: usize| {
        let mut lines = lines.clone();
        lines.swap(at, at + 1);
        lines.concat()
    };
    let of_another_run = |at: usize| {
        let mut lines = lines.clone();
        lines[at] = lines_of(&other)[at].clone();
        lines.concat()
    };
    let twice = |at: usize| {
        let mut lines = lines.clone();
        lines.insert(at, lines[at].clone());
        lines.concat()
    };
    let zeros = |at: usize| {
        let mut lines = lines.clone();
        lines[at] = vec![0; 300];
        lines.concat()
    };
    // What was done to the journal, and the number of the first line that cannot be read.
    for (done, damaged, first) in [
        ("garbled", garbled(5), 6),
        ("taken out", without(5), 6),
        ("swapped", swapped(5), 6),
        ("another run's", of_another_run(5), 6),
        ("twice", twice(5), 7),
        ("zeros", zeros(5), 6),
    ] {
        let ran = stage.refuses(&damaged);
        let (_, line) = ran.stderr.split_once("line").expect("a line is named");
        let digits: String = line.chars().filter(char::is_ascii_digit).take(1).collect();
        assert_eq!(digits, first.to_string(), "{done}: {}", ran.stderr);
        ran.says("damaged");
        ran.says("put back a copy");
        let status = stage.run("status sheet.results.csv").expect(1);
        assert!(status.stdout.contains("damaged: "), "{}", status.stdout);
        stage.run("report sheet.results.csv").expect(2);
    }
}

#[test]
fn a_last_line_that_was_whole_once_is_damage_and_a_torn_one_is_not() {
    let (stage, journal) = killed();
    let mut lines = lines_of(&journal);
    let last = lines.len() - 1;
    let middle = lines[last].len() / 2;
    lines[last][middle] ^= 1;
    let ran = stage.refuses(&lines.concat());
    ran.says(format!("line {} of", last + 1));

    let whole = lines[..last].concat();
    for torn in [
        &journal[..journal.len() - 1],
        &journal[..journal.len() - 40],
        &[&whole[..], &[0; 512]].concat(),
        &[&whole[..], b"\0\0\0\n\0\0"].concat(),
    ] {
        stage.write(JOURNAL, torn);
        let status = stage.run("status sheet.results.csv --json").expect(0);
        let status: Value = serde_json::from_str(&status.stdout).expect("JSON");
        assert_eq!(status["rows"]["done"], rows_recorded(torn).len());
    }
    stage.apply("sheet.csv --backup --resume").expect(0);
}

#[test]
fn records_about_rows_that_no_sheet_has_are_refused() {
    let (stage, journal) = killed();
    let entries = entries_of(&journal);
    for row in [u64::MAX, u64::MAX - 1, 1_000_000_000_000, 1 << 32] {
        for kind in ["row", "previous"] {
            let mut absurd = entries.clone();
            let mut record = entries
                .iter()
                .find(|entry| !entry[kind].is_null())
                .expect("one")
                .clone();
            record[kind]["row"] = json!(row);
            absurd.push(record);
            let ran = stage.refuses(&bound(&absurd));
            ran.says(format!("line {} of", entries.len() + 1));
        }
    }
}

#[test]
fn records_that_count_more_rows_than_any_sheet_has_are_refused() {
    let (stage, journal) = killed();
    let entries = entries_of(&journal);
    let mut begun = entries
        .iter()
        .find(|entry| !entry["begin"].is_null())
        .expect("one")
        .clone();
    begun["begin"]["rowsToSend"] = json!(u64::MAX);
    let ended = json!({ "end": {
        "finishedAt": "2026-03-07T10:31:02Z",
        "complete": true,
        "results": { "size": 1, "crc32": 1 },
        "outcomes": { "updated": u64::MAX, "unknown": 1 },
    }});
    for record in [begun, ended] {
        let mut absurd = entries.clone();
        absurd.push(record);
        let ran = stage.refuses(&bound(&absurd));
        let said = format!("line {} of", entries.len() + 1);
        ran.says(&said);
        let status = stage.run("status sheet.results.csv").expect(1);
        assert!(status.stdout.contains(&said), "{}", status.stdout);
    }
}

#[test]
fn a_journal_that_was_killed_at_birth_needs_nobody() {
    let (_, journal) = killed();
    for start in [
        &b""[..],
        &journal[..5],
        &journal[..9],
        &journal[..80],
        &[0; 4096],
    ] {
        let stage = slow();
        stage.write(JOURNAL, start);
        for subject in [".", "sheet.csv", "sheet.results.csv", JOURNAL] {
            let ran = stage.run(&format!("status {subject}")).expect(0);
            let said = format!(
                "{JOURNAL}: the run was killed before anything was sent; the next one replaces it\n"
            );
            assert!(ran.stdout.ends_with(&said), "{}", ran.stdout);
        }
        stage.apply("sheet.csv").expect(0);
        assert_eq!(rows_recorded(&stage.journal()).len(), ROWS);
    }
    // Another file is not taken for one.
    let stage = slow();
    for other in ["hello", "hello\n", "{\"run\":1}\n"] {
        stage.write(JOURNAL, other);
        stage
            .apply("sheet.csv")
            .expect(2)
            .says("does not begin as a journal");
        assert_eq!(stage.journal(), other.as_bytes());
    }
}

#[test]
fn a_journal_of_format_1_is_read_and_continued() {
    let (stage, journal) = killed();
    let entries = entries_of(&journal);
    let old = entries.iter().map(|entry| {
        let mut entry = entry.clone();
        if let Some(run) = entry.get_mut("run") {
            run["format"] = json!(1);
        }
        for kind in ["row", "previous"] {
            if let Some(record) = entry.get_mut(kind).and_then(Value::as_object_mut) {
                record.remove("place");
                record.remove("sent");
            }
        }
        entry.to_string()
    });
    stage.write(JOURNAL, of_format_1(old));
    let sent = || {
        let requests = stage.requests();
        requests.iter().filter(|one| one["method"] == "PUT").count()
    };
    let before = sent();
    let finished = rows_recorded(&journal).len();
    stage.apply("sheet.csv --backup --resume").expect(0);
    // What was on the wire at the kill is read first, and not sent again where it took effect: so
    // every change takes effect once, and what was finished is not sent again.
    assert!(sent() - before <= ROWS - finished);
    let requests = stage.requests();
    let applied = requests.iter().filter(|one| one["applied"] == true);
    assert_eq!(applied.count(), ROWS);
    assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), ROWS);
    stage.run("status sheet.results.csv").expect(0);
    stage
        .apply("sheet.csv --backup --resume")
        .expect(0)
        .says("0 requests");
}

#[test]
fn each_row_tells_its_place_and_what_was_sent_and_what_was_there() {
    let (_, journal) = killed();
    let entries = entries_of(&journal);
    let rows: Vec<&Value> = entries.iter().map(|entry| &entry["row"]).collect();
    let rows = rows.into_iter().filter(|row| !row.is_null());
    for row in rows {
        let number = row["row"].as_u64().expect("a row");
        let sent = json!([crate::harness::number(number), null, ""]);
        assert_eq!(row["sent"], sent);
        assert_eq!(row["place"]["id"], crate::harness::location_id(number));
        assert_eq!(row["place"]["orgId"], crate::harness::org_id(number % 3));
        assert_eq!(row["outcome"]["previous"], json!([null, null, null]));
    }
}

fn lock(host: &str, process: u32) -> String {
    json!({ "host": host, "process": process }).to_string()
}

fn this_host() -> String {
    wxbulk::platform::host_name()
}

#[test]
fn a_lock_file_keeps_others_out_unless_its_process_has_ended() {
    let (stage, journal) = killed();
    let file = format!("{JOURNAL}.lock");
    for (text, says) in [
        (
            lock("elsewhere", 4321),
            "another computer, `elsewhere` (process 4321)",
        ),
        (
            lock(&this_host(), std::process::id()),
            "another wxbulk (process",
        ),
        (String::new(), "cannot tell whose the lock file"),
    ] {
        stage.write(&file, &text);
        let ran = stage.apply("sheet.csv --backup --resume").expect(2);
        ran.says(says);
        ran.says(format!("delete `{file}`"));
        assert_eq!(stage.journal(), journal);
        assert_eq!(fs::read_to_string(stage.path(&file)).expect("a file"), text);
    }
    let mut child = Command::new("true").spawn().expect("it starts");
    let ended = child.id();
    child.wait().expect("it ends");
    stage.write(&file, lock(&this_host(), ended));
    stage.apply("sheet.csv --backup --resume").expect(0);
    assert!(!stage.path(&file).exists());
}

/// Runs `apply` with system calls that fail as `inject` says; `None` where there is no tracer.
fn traced(stage: &Stage, inject: &str, words: &str) -> Option<Command> {
    let may = Command::new("strace")
        .args(["-f", "-o", "/dev/null", "true"])
        .stderr(Stdio::null())
        .status();
    if !may.is_ok_and(|status| status.success()) {
        return None;
    }
    let mut command = stage.program("strace");
    let (calls, _) = inject
        .split_once(':')
        .expect("calls and what becomes of them");
    command
        .args(["-f", "-qq", "-o", "/dev/null", "-e"])
        .arg(format!("trace={calls}"))
        .arg("-e")
        .arg(format!("inject={inject}"))
        .arg(env!("CARGO_BIN_EXE_wxbulk"))
        .args(stage.apply_line(words).split_whitespace());
    Some(command)
}

#[test]
fn where_a_drive_has_no_locks_a_file_stands_in_for_them() {
    for error in ["ENOLCK", "EOPNOTSUPP", "ENOSYS"] {
        let stage = slow();
        let no_locks = format!("flock:error={error}");
        let Some(mut run) = traced(&stage, &no_locks, "sheet.csv --backup -c 1") else {
            return;
        };
        let mut child = run.spawn().expect("it starts");
        wait_for_records(&stage, JOURNAL, 5);
        let file = stage.path(&format!("{JOURNAL}.lock"));
        let text = fs::read_to_string(&file).expect("a lock file");
        let holder: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(holder["host"], this_host());
        let again = traced(&stage, &no_locks, "sheet.csv --backup --resume");
        let again = again.expect("a tracer").output().expect("it runs");
        Ran::of(again).expect(2).says("another wxbulk (process");
        let process = holder["process"].as_u64().expect("a process");
        let killed = Command::new("kill")
            .args(["-9", &process.to_string()])
            .status();
        assert!(killed.expect("kill is there").success());
        child.wait().expect("it ends");
        let again = traced(&stage, &no_locks, "sheet.csv --backup --resume");
        let again = again.expect("a tracer").output().expect("it runs");
        Ran::of(again).expect(0);
        assert!(!file.exists());
        assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), ROWS);
    }
}

#[test]
fn a_sync_that_failed_is_not_taken_for_a_success_later() {
    // The system tells of such a failure once.
    for when in [2, 3, 5] {
        let stage = slow();
        let fails = format!("fdatasync:error=EIO:when={when}");
        let Some(mut run) = traced(&stage, &fails, "sheet.csv --backup -c 2") else {
            return;
        };
        let ran = Ran::of(run.output().expect("it runs")).expect(3);
        ran.says(format!("cannot write the journal `{JOURNAL}` to disk"));
        assert!(!stage.path("sheet.results.csv").exists());
        stage.apply("sheet.csv --backup --resume").expect(0);
        assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), ROWS);
    }
}

#[test]
fn a_run_that_may_open_no_further_file_records_all_its_rows() {
    let stage = slow();
    let child = stage.start_apply("sheet.csv -c 1");
    wait_for_records(&stage, JOURNAL, 5);
    let limited = Command::new("prlimit")
        .args(["--pid", &child.id().to_string(), "--nofile=1:4096"])
        .status();
    let ran = Ran::of(child.wait_with_output().expect("it ends"));
    if !limited.is_ok_and(|status| status.success()) {
        return;
    }
    assert_eq!(
        rows_recorded(&stage.journal()).len(),
        ROWS,
        "{}",
        ran.stderr
    );
    // The results are another file, and can be made when there is room for one.
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    stage
        .apply("sheet.csv --resume")
        .expect(0)
        .says("0 requests");
    assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), ROWS);
}

#[test]
fn what_is_no_file_at_the_journals_path_is_refused_at_once() {
    let stage = slow();
    let path = stage.path(JOURNAL);
    let made = Command::new("mkfifo").arg(&path).status();
    assert!(made.expect("mkfifo is there").success());
    for line in ["sheet.csv", "sheet.csv --resume"] {
        stage.apply(line).expect(2).says("is not a file");
    }
    stage
        .run("status sheet.results.csv")
        .expect(2)
        .says("is not a file");
    stage.run("report sheet.results.csv").expect(2);
    fs::remove_file(&path).expect("it was there");

    symlink("nowhere", &path).expect("a link");
    stage
        .apply("sheet.csv")
        .expect(2)
        .says("cannot read the journal");
    assert!(!stage.path("nowhere").exists());
    fs::remove_file(&path).expect("it was there");

    stage.write("precious", "do not touch\n");
    symlink("precious", &path).expect("a link");
    stage.apply("sheet.csv").expect(2);
    let left = fs::read_to_string(stage.path("precious")).expect("a file");
    assert_eq!(left, "do not touch\n");
    assert_eq!(stage.requests().len(), 0);
}

#[test]
fn a_journal_that_is_replaced_or_written_to_by_another_program_stops_the_run() {
    for (replaced, says) in [
        (true, "was moved, deleted or replaced"),
        (false, "was changed by another program"),
    ] {
        let stage = slow();
        let child = stage.start_apply("sheet.csv -c 1");
        wait_for_records(&stage, JOURNAL, 5);
        if replaced {
            // As a sync client does.
            fs::copy(stage.path(JOURNAL), stage.path("copy")).expect("a copy");
            fs::rename(stage.path("copy"), stage.path(JOURNAL)).expect("renamed");
        } else {
            use std::io::Write;
            let file = fs::File::options().append(true).open(stage.path(JOURNAL));
            file.expect("it is there")
                .write_all(b"x\n")
                .expect("written");
        }
        let ran = Ran::of(child.wait_with_output().expect("it ends")).expect(3);
        ran.says(says);
        assert!(stage.requests().len() < ROWS, "it stopped");
    }
}

#[test]
fn a_long_wait_is_in_the_journal_with_the_answer_that_asked_for_it() {
    let stage = Stage::new(Behavior {
        faults: "429=100%".parse().expect("faults"),
        retry_after: "3600s".parse().expect("a policy"),
        // What is asked before the run is refused, and so does not wait.
        access: Access {
            scopes: Scopes::Only(["spark-admin:telephony_config_write".to_string()].into()),
            ..Access::default()
        },
        ..Behavior::instant()
    });
    stage.write("sheet.csv", sheet(3));
    let mut child = stage.start_apply("sheet.csv");
    let gate = loop {
        assert!(child.try_wait().expect("a child").is_none(), "it waits");
        let journal = fs::read(stage.path(JOURNAL)).unwrap_or_default();
        let whole = lines_of(&journal)
            .into_iter()
            .filter(|line| line.ends_with(b"\n"));
        let entries = entries_of(&whole.collect::<Vec<_>>().concat());
        let gate = entries.into_iter().find(|entry| !entry["gate"].is_null());
        if let Some(gate) = gate {
            break gate["gate"].clone();
        }
        std::thread::yield_now();
    };
    child.kill().expect("it was running");
    child.wait().expect("it ends");
    let time = |name: &str| -> jiff::Timestamp {
        gate[name]
            .as_str()
            .expect("a time")
            .parse()
            .expect("a time")
    };
    let wait = time("until").duration_since(time("toldAt")).as_secs();
    assert!((3500..=3700).contains(&wait), "{gate}");
    assert_eq!(gate["status"], 429);
    assert_ne!(gate["trackingId"], Value::Null);
    assert_ne!(gate["user"], "");
    let status = stage.run("status sheet.results.csv").expect(0);
    assert!(
        status.stdout.contains("rate limited until "),
        "{}",
        status.stdout
    );
    assert!(status.stdout.contains("(answer 429)"), "{}", status.stdout);
}
