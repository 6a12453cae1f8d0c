//! Every command in `docs` is run as it stands there, page by page, and prints what stands there.
//!
//! A page holds blocks of `console`: lines that begin with `$ ` are commands, the others what they
//! print. What differs from run to run (times, counts of requests) is compared loosely. A comment
//! `<!-- in FILE, "A" becomes "B" -->` is what the reader does in a spreadsheet in between. To write
//! what is printed into the pages again: `cargo test --test it docs -- --ignored`.

use std::fs;
use std::path::{Path, PathBuf};

use wxbulk::model::outcome::OutcomeKind;
use wxbulk::setting::location_numbers::LOCATION_NUMBERS;
use wxbulk::sheet::result_columns::{PREVIOUS, RESULT_COLUMNS};
use wxbulk::simulator::{Behavior, Location, Locations};

use crate::harness::{Ran, Stage, TOKEN, read_csv, workbook};

/// The reader's sheet, and its cells as text.
const SHEET: &str = "numbers.xlsx";
const CELLS: &str = "cells";

const BLOCK: &str = "```console\n";

fn pages() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let entries = fs::read_dir(folder).expect("a folder of pages");
    let mut pages: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    pages.sort();
    pages
}

/// A folder as the reader of a page has it, with a service that knows the locations of the sheet.
fn stage() -> Stage {
    let sheet = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/transfer-numbers.csv");
    let locations: Vec<Location> = read_csv(&sheet)
        .into_iter()
        .map(|mut row| Location {
            id: row.remove("locationId").expect("an id"),
            organization: row.remove("orgId").filter(|id| !id.is_empty()),
            name: row.remove("site").expect("a name"),
            ..Location::default()
        })
        .collect();
    let stage = Stage::new(Behavior {
        own_organization: locations[0].organization.clone(),
        locations: Locations::Exactly(locations),
        ..Behavior::instant()
    });
    stage.write(
        SHEET,
        workbook(&fs::read_to_string(&sheet).expect("a sample")),
    );
    fs::copy(&sheet, stage.path(CELLS)).expect("a sample");
    // The numbers are as the sample says, until the reader changes the sheet.
    fs::copy(&sheet, stage.path("earlier.csv")).expect("a sample");
    stage.apply("earlier.csv").expect(0);
    stage.write_secret("token.txt", TOKEN);
    stage
}

/// The page as it would stand if all were as it is printed now.
fn rewritten(page: &str) -> String {
    let stage = stage();
    let mut written = String::new();
    let mut rest = page;
    while let Some((before, after)) = rest.split_once(BLOCK) {
        let (block, after) = after.split_once("```").expect("the block ends");
        edits(before, &stage);
        written.push_str(before);
        written.push_str(BLOCK);
        for command in block.lines().filter_map(|line| line.strip_prefix("$ ")) {
            written.push_str(&format!("$ {command}\n{}", printed(command, &stage)));
        }
        written.push_str("```");
        rest = after;
    }
    written + rest
}

/// Does what the comments in `text` say.
fn edits(text: &str, stage: &Stage) {
    for comment in text.split("<!-- in ").skip(1) {
        let comment = comment.split(" -->").next().expect("a part");
        let parts: Vec<&str> = comment.split('"').collect();
        let [file, from, " becomes ", to, ""] = parts[..] else {
            panic!("`{comment}` is no change of a file");
        };
        let file = file.trim_end_matches(", ");
        assert_eq!(file, SHEET);
        let cells = fs::read_to_string(stage.path(CELLS)).expect("cells to change");
        assert!(cells.contains(from), "`{file}` has no `{from}`");
        let cells = cells.replacen(from, to, 1);
        stage.write(file, workbook(&cells));
        stage.write(CELLS, cells);
    }
}

fn printed(command: &str, stage: &Stage) -> String {
    let words = command
        .strip_prefix("wxbulk ")
        .unwrap_or_else(|| panic!("`{command}` is run by no test"));
    // What would go to the service goes to the simulator, at once and unasked.
    let address = format!(" --base-url {}", stage.simulator.base_url());
    let yes = if words.starts_with("apply") || words.starts_with("undo") {
        " --yes"
    } else {
        ""
    };
    let added = match words {
        _ if words.contains("--rehearse") => " --rehearse-speed 20".to_string(),
        _ if words.contains("--token-file") => format!("{yes}{address}"),
        _ => String::new(),
    };
    // The token is in the file that the pages name.
    let mut command = stage.command(&format!("{words}{added}"));
    let output = command.env_remove("WEBEX_ACCESS_TOKEN").output();
    let ran = Ran::of(output.expect("it starts"));
    let executable = env!("CARGO_BIN_EXE_wxbulk");
    (ran.stdout + &ran.stderr)
        .replace(&added, "")
        .replace(&address, "")
        .replace(executable, "wxbulk")
}

/// `10:31:02 404 …` as `404 …`.
fn without_time_of_day(line: &str) -> &str {
    let is_time = |word: &str| {
        let parts: Vec<&str> = word.split(':').collect();
        let is_number = |part: &&str| part.len() == 2 && part.parse::<u8>().is_ok();
        parts.len() == 3 && parts.iter().all(is_number)
    };
    match line.split_once(' ') {
        Some((word, rest)) if is_time(word) => rest,
        _ => line,
    }
}

/// Without what differs from run to run: when it was, and the numbers of a line that tells a time.
fn comparable(page: &str) -> String {
    let lines = page.lines().map(|line| {
        let line = without_time_of_day(line);
        let tells_a_time = line.contains(" request")
            || line.contains("Z,")
            || line.contains("/s")
            || line.contains(" s: ")
            || line.contains(" min: ");
        if tells_a_time {
            // A busy machine may be too slow to be refused anything.
            let line = line.split(", rate limited").next().unwrap_or_default();
            let words = line.split([' ', ',']);
            let units = ["s", "s:", "min", "min:", "h"];
            let words = words.filter(|word| {
                !word.starts_with(|first: char| first.is_ascii_digit()) && !units.contains(word)
            });
            words.collect::<Vec<_>>().join(" ")
        } else {
            line.to_string()
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_the_pages_show_is_what_is_printed() {
    for path in pages() {
        let page = fs::read_to_string(&path)
            .expect("a page")
            .replace("\r\n", "\n");
        let now = rewritten(&page);
        assert_eq!(
            comparable(&page),
            comparable(&now),
            "{}: `cargo test --test it docs -- --ignored` writes it again",
            path.display()
        );
    }
}

#[test]
#[ignore = "writes into the pages what is printed now"]
fn the_pages_are_written_again() {
    for path in pages() {
        let page = fs::read_to_string(&path).expect("a page");
        fs::write(&path, rewritten(&page)).expect("the page can be written");
    }
}

#[test]
fn every_column_and_outcome_is_explained() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/columns.md");
    let page = fs::read_to_string(page).expect("a page");
    let columns = RESULT_COLUMNS
        .map(String::from)
        .into_iter()
        .chain(LOCATION_NUMBERS.columns(PREVIOUS));
    let outcomes = OutcomeKind::ALL
        .into_iter()
        .map(|kind| kind.word().to_string());
    for word in columns.chain(outcomes) {
        assert!(page.contains(&format!("`{word}`")), "{word}");
    }
}
