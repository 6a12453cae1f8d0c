//! Runs that end early, and going on with them.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Child;

use jiff::Timestamp;
use serde_json::Value;
use wxbulk::journal::Journal;
use wxbulk::simulator::{Access, Bearer, Behavior, Latency, Scopes, Secret};
use wxbulk::traffic::Interval;

#[cfg(unix)]
use crate::harness::signal;
use crate::harness::{Ran, Stage, TOKEN, count, rows_recorded, sheet};
use crate::way_back::resave;

/// A simulator that takes a moment for each answer, so that a run can be caught half-way.
fn slow() -> Stage {
    Stage::new(Behavior {
        latency: "20ms".parse::<Latency>().expect("a latency"),
        ..Behavior::instant()
    })
}

/// Waits until the journal has this many records.
pub(crate) fn wait_for_records(stage: &Stage, name: &str, records: usize) {
    loop {
        let journal = fs::read(stage.path(name)).unwrap_or_default();
        if rows_recorded(&journal).len() >= records {
            return;
        }
        std::thread::yield_now();
    }
}

fn sent_more_than_once(stage: &Stage) -> usize {
    let mut sent: Vec<String> = stage
        .requests()
        .iter()
        .map(|request| request["locationId"].to_string())
        .collect();
    let all = sent.len();
    sent.sort();
    sent.dedup();
    all - sent.len()
}

fn wait(child: Child) -> Ran {
    Ran::of(child.wait_with_output().expect("it ends"))
}

/// Whoever is asked whether to go on hears how long it takes at the rate that this run had.
#[test]
fn the_time_that_is_left_is_that_of_the_rate_which_the_run_had() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(301));
    stage.apply("sheet.csv --first 1").expect(3);
    let path = stage.path("sheet.results.csv.journal");
    let (mut journal, _) = Journal::open(&path).expect("its journal");
    let begin = journal.run().last_begin().cloned().expect("its begin");
    journal.begin(begin).expect("it can be written");
    for (from, requests) in [(1000, 40), (1015, 40), (1030, 20), (1045, 20)] {
        let interval = Interval {
            from: Timestamp::from_second(from).expect("a time"),
            requests: vec![requests; 15],
            ..Interval::default()
        };
        journal.note_traffic(interval).expect("it can be written");
    }
    drop(journal);
    let ran = stage.apply("sheet.csv --resume").expect(0);
    ran.says("300 rows take about 10 s: 1 request each, at 30 a second, as an earlier run found");
}

#[test]
fn a_killed_run_goes_on_without_losing_or_repeating_a_finished_row() {
    let stage = slow();
    stage.write("sheet.csv", sheet(400));
    let mut child = stage.start_apply("sheet.csv");
    wait_for_records(&stage, "sheet.results.csv.journal", 100);
    child.kill().expect("it was running");
    wait(child);
    assert!(!stage.path("sheet.results.csv").exists());

    let ran = stage.apply("sheet.csv").expect(2);
    ran.says("--resume");
    stage.apply("sheet.csv --resume").expect(0);
    assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), 400);
    assert!(
        sent_more_than_once(&stage) <= 10,
        "only what was on the wire"
    );
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_drains_writes_everything_and_says_how_to_go_on() {
    let stage = slow();
    stage.write("sheet.csv", sheet(400));
    let child = stage.start_apply("sheet.csv");
    wait_for_records(&stage, "sheet.results.csv.journal", 50);
    signal(&child, "INT");
    let ran = wait(child).expect(130);
    ran.says_how_to_go_on();
    let results = stage.results("sheet.results.csv");
    let updated = count(&results, "updated");
    assert_eq!(updated + count(&results, "not-attempted"), 400);
    assert_eq!(
        stage.requests().len(),
        updated,
        "every answer was waited for"
    );

    stage.apply("sheet.csv --resume").expect(0);
    assert_eq!(stage.requests().len(), 400);
    assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), 400);
    let ran = stage.apply("sheet.csv --resume").expect(0);
    ran.says("0 requests");
}

#[cfg(unix)]
#[test]
fn a_stop_ends_even_the_longest_pause_at_once() {
    let stage = Stage::new(Behavior {
        faults: "429=100%".parse().expect("faults"),
        retry_after: "3600s".parse().expect("a policy"),
        ..Behavior::instant()
    });
    stage.write("sheet.csv", sheet(50));
    let mut child = stage.start_apply("sheet.csv -vv");
    let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
    let told_to_wait = |line: std::io::Result<String>| line.expect("text").contains("429");
    assert!(lines.any(told_to_wait));
    signal(&child, "TERM");
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), Some(130));
    assert_eq!(
        count(&stage.results("sheet.results.csv"), "not-attempted"),
        50
    );
}

#[cfg(unix)]
#[test]
fn a_second_stop_leaves_at_once_and_what_was_on_the_wire_is_unknown() {
    let stage = Stage::new(Behavior {
        faults: "stall=100%".parse().expect("faults"),
        // What is asked before the run is refused, and so does not stall.
        access: Access {
            scopes: Scopes::Only(["spark-admin:telephony_config_write".to_string()].into()),
            ..Access::default()
        },
        ..Behavior::instant()
    });
    stage.write("sheet.csv", sheet(50));
    let mut child = stage.start_apply("sheet.csv -v");
    let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
    while stage.requests().is_empty() {
        std::thread::yield_now();
    }
    signal(&child, "INT");
    assert!(lines.any(|line| line.expect("text").contains("stop again to leave at once")));
    signal(&child, "INT");
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    let results = stage.results("sheet.results.csv");
    let on_the_wire = stage.requests().len();
    assert_eq!(count(&results, "unknown"), on_the_wire);
    assert_eq!(count(&results, "not-attempted"), 50 - on_the_wire);

    // They were sent, so no other run begins in the place of this one.
    let journal = fs::read(stage.path("sheet.results.csv.journal")).expect("a journal");
    stage.write("sheet.csv", sheet(20));
    stage.apply("sheet.csv").expect(2).says("no answer came");
    let kept = fs::read(stage.path("sheet.results.csv.journal")).expect("a journal");
    assert_eq!(kept, journal);
    assert_eq!(stage.results("sheet.results.csv"), results);
}

#[test]
fn a_run_goes_on_with_its_own_copy_of_a_sheet_that_changed() {
    let stage = slow();
    stage.write("sheet.csv", sheet(100));
    let mut child = stage.start_apply("sheet.csv");
    wait_for_records(&stage, "sheet.results.csv.journal", 10);
    child.kill().expect("it was running");
    wait(child);
    stage.write("sheet.csv", sheet(101));
    let ran = stage.apply("sheet.csv --resume").expect(0);
    ran.says("row 102 differs");
    let results = stage.results("sheet.results.csv");
    assert_eq!((results.len(), count(&results, "updated")), (100, 100));
}

#[test]
fn a_damaged_copy_is_named_and_the_sheet_takes_its_place_where_it_is_as_it_was() {
    const COPY: &str = "sheet.results.csv.sheet";
    let stage = slow();
    stage.write("sheet.csv", sheet(100));
    let mut child = stage.start_apply("sheet.csv");
    wait_for_records(&stage, "sheet.results.csv.journal", 10);
    child.kill().expect("it was running");
    wait(child);
    let copy = fs::read(stage.path(COPY)).expect("a copy");
    let of_a_number = copy.windows(3).position(|part| part == b",+1");
    let of_an_id = copy.windows(5).position(|part| part == b",Y2lz");
    let (number, id) = (
        of_a_number.expect("a number") + 5,
        of_an_id.expect("an id") + 9,
    );
    let changed = |at: usize, to: u8| {
        let mut damaged = copy.clone();
        damaged[at] = to;
        damaged
    };
    let damaged = [changed(number, b'9'), changed(id, b'!'), Vec::new()];
    let sent = stage.requests().len();
    stage.write("sheet.csv", sheet(99));
    for damaged in &damaged {
        stage.write(COPY, damaged);
        let ran = stage.apply("sheet.csv --resume").expect(2);
        ran.says(format!(
            "error: the run's own copy of the sheet, `{COPY}`, is damaged, and `sheet.csv` is not what the run began with\n"
        ));
        let status = stage.run("status sheet.results.csv").expect(0).stdout;
        assert!(
            status.contains("is damaged, and `sheet.csv` is not"),
            "{status}"
        );
        assert!(!status.contains("--resume"), "{status}");
    }
    assert_eq!(stage.requests().len(), sent);
    stage.write("sheet.csv", sheet(100));
    for damaged in damaged {
        stage.write(COPY, damaged);
        let status = stage.run("status sheet.results.csv").expect(0).stdout;
        assert!(
            status.contains("`sheet.csv` is as it was and takes its place"),
            "{status}"
        );
        assert!(status.contains("--resume"), "{status}");
    }
    let ran = stage.apply("sheet.csv --resume").expect(0);
    ran.says(format!("note: the run's own copy of the sheet, `{COPY}`, is damaged; the run goes on with `sheet.csv`"));
    assert!(!ran.stderr.contains("was changed"), "{}", ran.stderr);
    assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), 100);
}

#[test]
fn resuming_nothing_begins_and_results_alone_are_no_run_to_go_on_with() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(2));
    let ran = stage.apply("sheet.csv --resume").expect(0);
    ran.says("note: nothing was begun yet, so --resume begins with the first row");
    assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), 2);
    let sent = stage.requests().len();

    fs::remove_file(stage.path("sheet.results.csv.journal")).expect("it is there");
    let ran = stage.apply("sheet.csv --resume").expect(2);
    ran.says("`sheet.results.csv` is there, and its journal `sheet.results.csv.journal` is not");
    ran.says("apply sheet.results.csv --only-failed --even-if-used --base-url ");
    assert_eq!(stage.requests().len(), sent);
}

#[test]
fn failures_count_over_all_parts_of_a_run() {
    let stage = Stage::new(Behavior {
        faults: "404=100%".parse().expect("faults"),
        ..Behavior::instant()
    });
    stage.write("sheet.csv", sheet(20));
    let summary = |words: &str, code: i32| -> Value {
        let ran = stage.apply(&format!("sheet.csv -c 1 --summary json {words}"));
        serde_json::from_str(&ran.expect(code).stdout).expect("JSON")
    };
    let first = summary("--max-failures 3 --note CHG-123", 3);
    assert_eq!(first["reason"], "max-failures");
    assert_eq!(
        (&first["rehearsal"], &first["note"]),
        (&false.into(), &"CHG-123".into())
    );
    assert_eq!(first["results"], "sheet.results.csv");
    assert_eq!(first["outcomes"]["failed"], 4);
    assert_eq!(stage.requests().len(), 4);
    // The same again is over before it begins.
    let again = summary("--max-failures 3 --resume", 3);
    assert_eq!(
        (&again["reason"], &again["thisPart"]["rows"]),
        (&"max-failures".into(), &0.into())
    );
    assert_eq!(stage.requests().len(), 4);
    let more = summary("--max-failures 5 --resume", 3);
    assert_eq!(
        (&more["outcomes"]["failed"], &more["thisPart"]["rows"]),
        (&6.into(), &2.into())
    );
    assert_eq!(stage.requests().len(), 6);
}

#[test]
fn a_program_is_told_where_nothing_was_sent() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(2).replace("+1202", "x"));
    for (line, why) in [
        ("apply missing.csv --yes", "cannot read the sheet"),
        ("undo missing.csv --yes", "missing.csv"),
    ] {
        let ran = stage
            .run_online(&format!("{line} --summary json"))
            .expect(2);
        let summary: Value = serde_json::from_str(&ran.stdout).expect("JSON");
        assert_eq!(summary["reason"], "refused");
        assert_eq!(
            (&summary["exitCode"], &summary["rehearsal"]),
            (&2.into(), &false.into())
        );
        let said = summary["stopped"].as_str().expect("a reason");
        assert!(said.contains(why), "{said}");
    }
    let ran = stage.apply("sheet.csv --summary json").expect(2);
    let summary: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(
        (&summary["reason"], &summary["results"]),
        (&"refused".into(), &Value::Null)
    );
    assert_eq!(stage.requests().len(), 0);
}

#[cfg(unix)]
#[test]
fn what_was_typed_into_partial_results_and_half_a_file_of_a_killed_run_do_no_harm() {
    let stage = slow();
    stage.write("sheet.csv", sheet(200));
    let child = stage.start_apply("sheet.csv");
    wait_for_records(&stage, "sheet.results.csv.journal", 20);
    signal(&child, "INT");
    let ran = wait(child).expect(130);
    ran.says(
        "keep: `sheet.results.csv.journal`, the record of the run, for --resume, and `sheet.results.csv.sheet`, its copy of the sheet, in case the sheet is changed\ndelete: nothing\n",
    );
    let partial = fs::read_to_string(stage.path("sheet.results.csv")).expect("results");
    let typed = partial.replace("not-attempted", "call Ann first");
    stage.write("sheet.results.csv", &typed);
    // As a part of the run leaves it that is killed while it writes; and where somebody put a link.
    let journal = fs::read_to_string(stage.path("sheet.results.csv.journal")).expect("a journal");
    let run = journal.split("\"id\":\"").nth(1).expect("an id");
    let run = run.split('"').next().expect("an id");
    stage.write(&format!("sheet.results.csv.{run}.tmp"), "half");
    stage.write("sheet.results.csv.mine12.tmp", "not ours");

    let ran = stage.apply("sheet.csv --resume").expect(0);
    ran.says("`sheet.results.csv` is not what the run wrote there, and is kept as `sheet.results.changed.csv`");
    ran.says(
        "keep: `sheet.results.csv` and its record `sheet.results.csv.journal` for --only-failed, which without the record takes the cells as a spreadsheet has left them\n",
    );
    ran.says("delete: nothing\n");
    let kept = fs::read_to_string(stage.path("sheet.results.changed.csv")).expect("a copy");
    assert_eq!(kept, typed);
    assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), 200);
    assert_eq!(stage.requests().len(), 200);
    let left = stage.files().into_iter();
    let left = left.filter(|path| path.extension().is_some_and(|ending| ending == "tmp"));
    let left: Vec<_> = left.collect();
    assert_eq!(left, [stage.path("sheet.results.csv.mine12.tmp")]);
}

#[test]
fn what_was_mended_in_finished_results_is_not_overwritten() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(2));
    stage.apply("sheet.csv").expect(0);
    stage.apply("sheet.csv --resume").expect(0);
    let edited = fs::read_to_string(stage.path("sheet.results.csv")).expect("results");
    let edited = edited.replace("updated", "UPDATED");
    stage.write("sheet.results.csv", &edited);
    let ran = stage.apply("sheet.csv --resume").expect(2);
    ran.says("was changed since");
    let left = fs::read_to_string(stage.path("sheet.results.csv")).expect("results");
    assert_eq!(left, edited);
}

#[test]
fn two_runs_cannot_write_one_journal() {
    let stage = slow();
    stage.write("sheet.csv", sheet(400));
    let mut child = stage.start_apply("sheet.csv");
    wait_for_records(&stage, "sheet.results.csv.journal", 10);
    let ran = stage.apply("sheet.csv --resume").expect(2);
    ran.says(format!("another wxbulk (process {}, since 20", child.id()));
    ran.says("hint: `wxbulk status` says how far it is");
    child.kill().expect("it was running");
    wait(child);
}

#[test]
fn a_journal_cut_off_at_any_byte_loses_only_what_was_cut() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(30));
    stage.apply("sheet.csv").expect(0);
    let journal = fs::read(stage.path("sheet.results.csv.journal")).expect("a journal");
    let header = journal
        .iter()
        .position(|byte| *byte == b'\n')
        .expect("a line")
        + 1;
    for cut in (header..journal.len()).step_by(977) {
        stage.write("sheet.results.csv.journal", &journal[..cut]);
        let whole = rows_recorded(&journal[..cut]).len();
        let before = stage.requests().len();
        stage.apply("sheet.csv --resume").expect(0);
        assert_eq!(stage.requests().len() - before, 30 - whole, "cut at {cut}");
        assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), 30);
    }
}

#[cfg(unix)]
#[test]
fn a_terminal_that_is_gone_keeps_no_result_from_being_written() {
    let stage = slow();
    stage.write("sheet.csv", sheet(400));
    let mut child = stage.start_apply("sheet.csv -v --summary json");
    drop((child.stdout.take(), child.stderr.take()));
    wait_for_records(&stage, "sheet.results.csv.journal", 50);
    signal(&child, "HUP");
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    let results = stage.results("sheet.results.csv");
    let updated = count(&results, "updated");
    assert!((50..400).contains(&updated));
    assert_eq!(updated + count(&results, "not-attempted"), 400);
}

#[test]
fn a_run_that_goes_on_and_sends_nothing_leaves_in_doubt_what_was_in_doubt() {
    let stage = Stage::new(Behavior {
        access: Access {
            bearer: Bearer::Exactly(Secret::new(TOKEN)),
            ..Access::default()
        },
        faults: "404=100%".parse().expect("faults"),
        ..Behavior::instant()
    });
    stage.write("sheet.csv", sheet(4));
    stage.apply("sheet.csv -c 1 --max-failures 0").expect(3);
    let outcomes = |stage: &Stage| -> Vec<String> {
        let results = stage.results("sheet.results.csv");
        results.iter().map(|row| row["outcome"].clone()).collect()
    };
    let first = outcomes(&stage);
    assert_eq!(first[3], "not-attempted");
    // As if no answer had come for the last row.
    resave(
        &stage,
        "sheet.results.csv",
        "sheet.results.csv",
        |column, row, cell| {
            let is_it = column == "outcome" && row == 5;
            if is_it { "unknown" } else { cell }.to_string()
        },
    );
    let sent = stage.requests().len();
    stage.write("token.txt", "a-token-that-is-over");
    stage
        .apply("sheet.csv --resume --max-failures 9 --token-file token.txt")
        .expect(3);
    let is_put = |request: &&Value| request["method"] == "PUT" && request["status"] != 401;
    let puts = stage.requests().iter().skip(sent).filter(is_put).count();
    assert_eq!(puts, 0);
    let mut wanted = first;
    wanted[3] = "unknown".into();
    assert_eq!(outcomes(&stage), wanted);
}
