//! A service that knows its true state, random histories of commands, and the rule that each must
//! keep: *after undo the world is as before, for every row the run may have touched; what was
//! approved is exactly what is sent, also when going on, also through every printed command; nothing
//! that was not read is ever put back; what somebody else changed is left alone; exit 0 means what
//! was meant.*
//!
//! A history that breaks it is made smaller, step by step and row by row, as long as it breaks it in
//! the same way.
#![cfg(target_os = "linux")]

mod calls;
mod command;
mod examples;
mod executable;
mod files;
mod history;
mod in_process;
mod kinds;
mod lines;
mod make_up;
mod play;
mod rules;
mod running;
mod server;
mod service;
mod shrink;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::ops::Range;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use executable::Executable;
use history::History;
use in_process::InProcess;
use kinds::Kind;
use rules::Violation;

use crate::harness::TOKEN;

/// What is known to be broken: each kind goes when it is fixed.
const KNOWN: &[Kind] = &[];

#[expect(clippy::print_stdout, reason = "what was found, for whoever runs it")]
fn say(line: &str) {
    println!("{line}");
}

/// What a search plays its histories with.
#[derive(Debug, Clone, Copy)]
enum Through {
    TheExecutable,
    ThisProcess,
}

impl Through {
    fn play(self, history: &History, passed_over: &'static [Kind]) -> Result<(), Violation> {
        match self {
            Through::TheExecutable => play::play(history, passed_over, Executable::begin),
            Through::ThisProcess => play::play(history, passed_over, InProcess::begin),
        }
    }

    /// Most of a real command is waiting.
    fn at_once(self) -> usize {
        match self {
            Through::TheExecutable => 24,
            Through::ThisProcess => 4,
        }
    }
}

/// What a search found of one kind.
#[derive(Debug)]
struct Found {
    seed: u64,
    times: u64,
    violation: Violation,
}

/// Plays these histories, and keeps the first that breaks the rule in each way.
fn search(
    through: Through,
    seeds: Range<u64>,
    passed_over: &'static [Kind],
) -> BTreeMap<Kind, Found> {
    let found = Mutex::new(BTreeMap::<Kind, Found>::new());
    let next = AtomicU64::new(seeds.start);
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                break;
            }
            if let Err(violation) = through.play(&History::make_up(seed), passed_over) {
                let mut found = found.lock().expect("no panic");
                let entry = found.entry(violation.kind).or_insert(Found {
                    seed,
                    times: 0,
                    violation,
                });
                entry.times += 1;
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..through.at_once() {
            scope.spawn(work);
        }
    });
    found.into_inner().expect("no panic")
}

/// Each made as small as can be.
fn report(through: Through, found: &[(&Kind, &Found)], passed_over: &'static [Kind]) -> String {
    let shrink = |found: &Found| {
        let Found {
            seed,
            times,
            violation,
        } = found;
        let play = |history: &History| through.play(history, passed_over);
        let (history, violation) = shrink::shrink(History::make_up(*seed), violation.clone(), play);
        let Violation { kind, said } = violation;
        format!("{kind:?} (seed {seed}, {times} times)\n{history}   ⇒ {said}\n")
    };
    thread::scope(|scope| {
        let shrink = &shrink;
        let workers: Vec<_> = found
            .iter()
            .map(|(_, found)| scope.spawn(move || shrink(found)))
            .collect();
        let reports = workers
            .into_iter()
            .map(|worker| worker.join().expect("no panic"));
        reports.collect::<Vec<String>>().join("\n")
    })
}

#[track_caller]
fn assert_the_rule_is_kept(through: Through, seeds: Range<u64>) {
    let found = search(through, seeds, &[]);
    let new: Vec<(&Kind, &Found)> = found
        .iter()
        .filter(|(kind, _)| !KNOWN.contains(kind))
        .collect();
    assert!(new.is_empty(), "{}", report(through, &new, &[]));
}

#[test]
fn what_broke_the_rule_once_does_so_no_more() {
    let examples = examples::all();
    let found = thread::scope(|scope| {
        let workers = examples.iter().map(|(kind, history)| {
            scope.spawn(move || {
                let violation = Through::TheExecutable.play(history, &[]).err();
                (*kind, history, violation)
            })
        });
        let workers: Vec<_> = workers.collect();
        let found = workers
            .into_iter()
            .map(|worker| worker.join().expect("no panic"));
        found.collect::<Vec<_>>()
    });
    let mut broken = Vec::new();
    for (kind, history, violation) in found {
        match violation {
            None if KNOWN.contains(&kind) => {
                say(&format!("{kind:?} is known, and not seen:\n{history}"));
            }
            Some(violation) if !KNOWN.contains(&violation.kind) => {
                broken.push(format!(
                    "{:?}\n{history}   ⇒ {}\n",
                    violation.kind, violation.said
                ));
            }
            _ => {}
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn two_hundred_histories_through_the_executable_keep_the_rule() {
    assert_the_rule_is_kept(Through::TheExecutable, 0..200);
}

/// Begins what a search says at its end.
const FOUND: &str = "found, known or not:";

/// A command says what it does on stderr, so these are played in a process whose stderr nobody reads.
#[track_caller]
fn assert_the_rule_is_kept_in_a_process(seeds: &str) {
    let mut child = Command::new(std::env::current_exe().expect("it has a name"))
        .args([
            "--exact",
            "histories::a_part_of_the_search",
            "--ignored",
            "--nocapture",
        ])
        .env("WEBEX_ACCESS_TOKEN", TOKEN)
        .env("XDG_STATE_HOME", std::env::temp_dir())
        // Nobody reads them, and they take a tenth of the time.
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts again");
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(seeds.as_bytes()).expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let stdout = String::from_utf8_lossy(&output.stdout);
    // Plans are printed before it.
    let found = stdout.rsplit(FOUND).next().unwrap_or_default();
    assert!(output.status.success() && stdout.contains(FOUND), "{found}");
    say(found);
}

/// By hand, `echo 0..1000 all | cargo test --test it a_part_of -- --ignored --nocapture` tells what is
/// known as well.
#[test]
#[ignore = "is part of the tests below, which say on stdin what to play"]
fn a_part_of_the_search() {
    let mut wanted = String::new();
    let _ = std::io::stdin().read_to_string(&mut wanted);
    let mut words = wanted.split_whitespace();
    let Some((from, to)) = words.next().and_then(|seeds| seeds.split_once("..")) else {
        return;
    };
    let number = |text: &str| text.parse().expect("a number");
    let found = search(Through::ThisProcess, number(from)..number(to), &[]);
    let is_new = |kind: &Kind| !KNOWN.contains(kind);
    let tells_all = words.next() == Some("all");
    let told = found.iter().filter(|(kind, _)| tells_all || is_new(kind));
    let told: Vec<(&Kind, &Found)> = told.collect();
    say(FOUND);
    for (kind, found) in &found {
        say(&format!("{kind:?}: {} times", found.times));
    }
    say(&report(Through::ThisProcess, &told, &[]));
    assert!(!found.keys().any(is_new));
}

#[test]
fn a_thousand_histories_in_the_process_keep_the_rule() {
    assert_the_rule_is_kept_in_a_process("0..1000");
}

#[test]
#[ignore = "takes a minute; by hand: cargo test --test it ten_thousand -- --ignored"]
fn ten_thousand_histories_in_the_process_keep_the_rule() {
    assert_the_rule_is_kept_in_a_process("1000..11000");
}

#[test]
#[ignore = "minutes; by hand, with --nocapture: what is found of each kind, known or not"]
fn what_two_thousand_histories_find() {
    const PASSED_OVER: &[Kind] = &[Kind::FailedButApplied];
    let found = search(Through::TheExecutable, 1000..3000, PASSED_OVER);
    let found: Vec<(&Kind, &Found)> = found.iter().collect();
    say(&report(Through::TheExecutable, &found, PASSED_OVER));
}
