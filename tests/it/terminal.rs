//! What stands on the screen of a terminal while a run goes on, and at its end. The terminal is
//! that of `script`, which every Linux has; `vt100` keeps its screen.

use std::collections::HashSet;
use std::fs;
use std::io::Read;
use std::num::NonZeroU16;
use std::path::Path;

use wxbulk::simulator::Behavior;

use crate::harness::{Stage, sheet};

const WIDE: NonZeroU16 = NonZeroU16::new(80).unwrap();
const NARROW: NonZeroU16 = NonZeroU16::new(40).unwrap();
const ROWS: NonZeroU16 = NonZeroU16::new(36).unwrap();

/// The screens of a run that is told to wait and has failures: one after each piece of output.
fn screens(columns: NonZeroU16, term: &str) -> Vec<String> {
    let stage = Stage::new(Behavior {
        limit: "bucket:40/s,burst=5".parse().expect("a rule"),
        faults: "404=30%".parse().expect("faults"),
        ..Behavior::instant()
    });
    stage.write("sheet.csv", sheet(120));
    let line = format!(
        "stty columns {columns} rows {ROWS}; wxbulk() {{ {} \"$@\"; }}; wxbulk apply sheet.csv --yes --base-url {}",
        env!("CARGO_BIN_EXE_wxbulk"),
        stage.simulator.base_url()
    );
    let mut script = stage.program("script");
    script.args(["--quiet", "--command", &line, "/dev/null"]);
    let mut child = script.env("TERM", term).spawn().expect("it is there");
    let mut output = child.stdout.take().expect("piped");
    let mut terminal = vt100::Parser::new(ROWS, columns, 0);
    let (mut screens, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let length = output.read(&mut piece).expect("it can be read");
        if length == 0 {
            break;
        }
        terminal.process(&piece[..length]);
        screens.push(terminal.screen().contents());
    }
    child.wait().expect("it ends");
    screens
}

/// Lines with a bar.
fn bars(screen: &str) -> usize {
    screen
        .lines()
        .filter(|line| line.contains(['█', '░']))
        .count()
}

#[test]
fn one_bar_stands_below_the_failures_and_goes_away_at_the_end() {
    for columns in [WIDE, NARROW] {
        let screens = screens(columns, "xterm");
        assert!(screens.iter().all(|screen| bars(screen) <= 1));
        let shows = |what: &str| screens.iter().any(|screen| screen.contains(what));
        assert!(screens.iter().any(|screen| bars(screen) == 1));
        assert!(shows("rate limited until "), "{screens:#?}");
        let last = screens.last().expect("a screen");
        assert_eq!(bars(last), 0, "{last}");
        // Broken between words where the terminal is narrow, and nothing of it is left out.
        let words: Vec<&str> = last.split_whitespace().collect();
        let words = words.join(" ");
        let says = |end: &str| words.contains(&format!("404 Not Found (25404){end}"));
        assert!(
            says(", in row ") || words.contains(", first in row "),
            "{last}"
        );
        assert!(says(" × ") || says(", "), "{last}");
        assert!(last.contains("\n  updated  "), "{last}");
        // Messages are broken between words, and commands stay whole.
        let hint = "not done, correct them in `sheet.results.csv`, then run:";
        assert!(words.contains(hint), "{last}");
        let (_, command) = last
            .split_once("then run:\n  ")
            .or(last.split_once("run:\n  "))
            .expect("a command");
        assert!(
            command
                .replace('\n', "")
                .contains("apply sheet.results.csv --only-failed"),
            "{last}"
        );
    }
}

/// A line without what differs from run to run.
fn shape(line: &str) -> String {
    line.replace(['█', '░', ',', ' '], "")
        .replace(|character: char| character.is_ascii_digit(), "")
}

#[test]
fn the_picture_in_the_guide_is_such_a_screen() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guide.md");
    let guide = fs::read_to_string(guide).expect("a guide");
    let pictures = guide.split("```text\n").skip(1);
    let pictures = pictures.filter_map(|block| block.split("```").next());
    // What `status` prints is no such picture.
    let pictures = pictures.filter(|block| block.contains('█'));
    let lines: Vec<&str> = pictures.flat_map(str::lines).collect();
    assert_eq!(lines.len(), 3);
    let screens = screens(WIDE, "xterm");
    let shown: HashSet<String> = screens
        .iter()
        .flat_map(|screen| screen.lines().map(shape))
        .collect();
    for line in lines {
        assert!(shown.contains(&shape(line)), "no screen shows `{line}`");
    }
}

#[test]
fn a_terminal_that_cannot_draw_gets_lines() {
    let screens = screens(WIDE, "dumb");
    assert!(screens.iter().all(|screen| bars(screen) == 0));
    let last = screens.last().expect("a screen");
    assert!(last.contains("\n  updated  "), "{last}");
}
