//! Pipes and links where files are expected, and files of others that have the name of a run's own: they
//! are found before anything is sent.
#![cfg(unix)]

use std::fs;
use std::io::Read;
use std::os::unix::fs::{OpenOptionsExt, symlink};
use std::process::Command;

use crate::harness::Stage;
use crate::way_back::{changes_sent, read, resave, sheet, stage};

fn pipe(stage: &Stage, name: &str) {
    let made = Command::new("mkfifo").arg(stage.path(name)).status();
    assert!(made.expect("mkfifo is there").success());
}

#[test]
fn a_pipe_that_nobody_reads_keeps_nobody_waiting() {
    let stage = stage();
    pipe(&stage, "pipe");
    for flag in ["--report", "--log-file"] {
        let ran = stage.apply(&format!("sheet.csv {flag} pipe")).expect(2);
        ran.says("pipe`");
        assert_eq!(changes_sent(&stage), 0, "{flag}");
    }
    let ran = stage.apply("sheet.csv --if-unchanged pipe");
    assert_ne!(ran.code, Some(0));
    stage.apply("sheet.csv -o pipe").expect(2);
    assert_eq!(changes_sent(&stage), 0);

    let before = stage.state();
    stage.apply("sheet.csv --backup").expect(0);
    for name in ["sheet.results.undo.csv", "sheet.results-2.csv.sheet"] {
        pipe(&stage, name);
    }
    stage.run_online("undo sheet.results.csv --yes").expect(0);
    assert_eq!(stage.state(), before);
}

#[test]
fn a_file_of_somebody_else_with_the_name_of_the_copy_stays() {
    let stage = stage();
    let is_taken =
        "`r.csv.sheet` exists already, and the run would keep its copy of the sheet there";
    stage.write("r.csv.sheet", sheet(&[0, 1]));
    let ran = stage.apply("r.csv.sheet -o r.csv").expect(2);
    ran.says("the run would keep its copy of the sheet as `r.csv.sheet`");
    for content in [sheet(&[0, 1]), "mine".to_string()] {
        stage.write("r.csv.sheet", &content);
        for words in ["apply sheet.csv", "plan sheet.csv", "export"] {
            let ran = stage.run_online(&format!("{words} -o r.csv")).expect(2);
            ran.says(is_taken);
        }
        assert_eq!(read(&stage, "r.csv.sheet"), content);
    }
    fs::remove_file(stage.path("r.csv.sheet")).expect("it is there");
    symlink("nowhere.csv", stage.path("r.csv.sheet")).expect("a link");
    stage.apply("sheet.csv -o r.csv").expect(2).says(is_taken);
    assert!(stage.path("r.csv.sheet").is_symlink());
    assert_eq!(changes_sent(&stage), 0);

    // Where nobody names the results, others have a copy of their own.
    for name in ["sheet.results.csv.sheet", "sheet.plan.csv.sheet"] {
        stage.write(name, "mine");
    }
    stage.run_online("plan sheet.csv").expect(0);
    stage.apply("sheet.csv").expect(0);
    for name in ["sheet.results.csv.sheet", "sheet.plan.csv.sheet"] {
        assert_eq!(read(&stage, name), "mine");
    }
    assert!(stage.path("sheet.results-2.csv").exists());
    assert!(stage.path("sheet.plan-2.csv").exists());
}

#[test]
fn a_copy_that_a_run_left_before_it_had_a_journal_is_in_nobodys_way() {
    let stage = stage();
    stage.write_secret("sheet.results.csv.sheet", &read(&stage, "sheet.csv"));
    stage.apply("sheet.csv").expect(0);
    assert!(stage.path("sheet.results.csv").exists());
    assert!(!stage.path("sheet.results.csv.sheet").exists());
}

#[test]
fn a_pipe_that_somebody_reads_takes_a_log() {
    let stage = stage();
    pipe(&stage, "pipe");
    // The end to read from is there before the program begins. It sees its end only once the program has.
    let mut options = fs::OpenOptions::new();
    let without_waiting = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    options.read(true).custom_flags(without_waiting);
    let mut reader = options.open(stage.path("pipe")).expect("a pipe");
    stage.apply("sheet.csv --log-file pipe").expect(0);
    let mut log = String::new();
    reader.read_to_string(&mut log).expect("all was written");
    let rows = log
        .lines()
        .filter(|line| line.contains("\"message\":\"close\""));
    assert_eq!(rows.count(), 5, "{log}");
}

#[test]
fn a_name_that_a_link_to_nowhere_has_is_taken_before_anything_is_sent() {
    let stage = stage();
    symlink("nowhere.csv", stage.path("link.csv")).expect("a link");
    for words in ["sheet.csv -o link.csv", "sheet.csv --report link.csv"] {
        let ran = stage.apply(words).expect(2);
        ran.says("`link.csv` ");
        assert_eq!(changes_sent(&stage), 0, "{words}");
    }
    // A run that goes on writes no results through it either.
    stage.apply("sheet.csv -o done.csv").expect(0);
    fs::remove_file(stage.path("done.csv")).expect("it is there");
    symlink("nowhere.csv", stage.path("done.csv")).expect("a link");
    stage.apply("sheet.csv -o done.csv --resume").expect(2);
    assert!(!stage.path("nowhere.csv").exists());
}

#[test]
fn a_sheet_of_the_persons_own_is_not_in_the_way_of_a_printed_command() {
    let stage = stage();
    let unknown = crate::harness::location_id(77);
    stage.write("p.csv", sheet(&[0, 77]));
    let own = sheet(&[4]);
    stage.write("p.results-2.csv", &own);
    let ran = stage.apply("p.csv --backup").expect(1);
    ran.says("apply p.results.csv --only-failed --backup");
    resave(&stage, "p.results.csv", "p.results.csv", |_, _, cell| {
        cell.replace(&unknown, &crate::harness::location_id(1))
    });
    let before = stage.state();
    stage
        .apply("p.results.csv --only-failed --backup")
        .expect(0);
    assert_ne!(stage.state(), before);
    assert!(stage.path("p.results-3.csv").exists());
    let kept = fs::read_to_string(stage.path("p.results-2.csv")).expect("a file");
    assert_eq!(kept, own);
    // Results are: whoever lost their journal must not send everything again unseen.
    fs::remove_file(stage.path("p.results-3.csv.journal")).expect("it is there");
    let sent = changes_sent(&stage);
    stage
        .apply("p.results.csv --only-failed --backup")
        .expect(2);
    assert_eq!(changes_sent(&stage), sent);
}

#[test]
fn an_undo_goes_on_as_it_began_with_force_or_without() {
    for is_forced in [false, true] {
        let stage = stage();
        let before = stage.state();
        stage.apply("sheet.csv --backup").expect(0);
        stage.write("theirs.csv", sheet(&[3]).replace("+1415", "+1707"));
        stage.apply("theirs.csv -o theirs.results.csv").expect(0);
        let theirs = stage.state();
        let line = "undo sheet.results.csv --yes";
        // It stops before the first row, since there is no time to wait.
        let force = if is_forced { " --force" } else { "" };
        let stopped = format!("{line}{force} --max-failures 0");
        stage.run_online(&stopped);
        let resumed = stage.run_online(&format!("{line} --resume --force"));
        if is_forced {
            resumed.expect(0);
            assert_eq!(stage.state(), before);
        } else {
            resumed.expect(2).says("that run began without --force");
            stage.run_online(&format!("{line} --resume"));
            let id = crate::harness::location_id(3);
            assert_eq!(stage.state()[&id], theirs[&id]);
        }
    }
}
