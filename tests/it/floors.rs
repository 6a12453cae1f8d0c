//! Imports go strictly down the floors of the house, and each outside thing is named in one place.

use std::fs;
use std::path::{Path, PathBuf};

/// Each module may use those below it. What stands on one line may not use each other.
const FLOORS: [&[&str]; 12] = [
    &["commands"],
    &["settings"],
    &[
        "cli", "logging", "report", "results", "reversal", "progress",
    ],
    &["pipeline"],
    &["inquiry", "journal", "selection"],
    &["causes", "summary", "reachability", "traffic"],
    &["stop"],
    &["sheet"],
    &["webex", "pace", "simulator", "retry", "duplicates", "table"],
    &["reply", "row"],
    &["outcome"],
    &["clock", "platform", "present", "stderr"],
];

/// Outside things and the only places that may name them.
const OUTSIDE: &[(&str, &[&str])] = &[
    ("maud", &["report/"]),
    ("plotters", &["report/timeline.rs"]),
    ("reqwest", &["webex/http"]),
    ("rustls", &["webex/http/mod.rs"]),
    ("clap", &["cli", "main.rs"]),
    ("clap_mangen", &["cli/"]),
    ("console", &["progress/"]),
    ("csv", &["sheet/", "results", "reversal.rs", "table/"]),
    ("csv_core", &["sheet/quoted.rs"]),
    ("memchr", &["sheet/package.rs", "sheet/records.rs"]),
    ("zip", &["sheet/package.rs"]),
    ("rust_xlsxwriter", &["table/xlsx_writer.rs"]),
    ("governor", &["pace/"]),
    ("hyper", &["simulator/"]),
    ("encoding_rs", &["sheet/text.rs"]),
    ("strsim", &["sheet/columns.rs", "sheet/names.rs"]),
    ("tracing_subscriber", &["logging"]),
    ("chardetng", &["sheet/text.rs"]),
    ("calamine", &["sheet/workbook.rs"]),
    ("tempfile", &["sheet/source.rs", "sheet/workbook.rs"]),
    (
        "sha2",
        &["sheet/", "webex/token.rs", "webex/service_app.rs"],
    ),
];

fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, found);
            } else {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &mut found);
    found
        .iter()
        .map(|path| {
            let name = path.strip_prefix(&root).expect("below src");
            let name = name.to_string_lossy().replace('\\', "/");
            let text = fs::read_to_string(path).expect("a source file");
            // Tests at the foot of a file may reach anywhere.
            let text = text
                .split("#[cfg(test)]\nmod tests")
                .next()
                .expect("a part");
            (name, text.to_string())
        })
        .collect()
}

fn module_of(name: &str) -> &str {
    name.split(['/', '.']).next().expect("a part")
}

fn floor_of(module: &str) -> usize {
    FLOORS
        .iter()
        .position(|floor| floor.contains(&module))
        .unwrap_or_else(|| panic!("the module `{module}` stands on no floor"))
}

/// The modules that a text names after `crate::`, in `use` lines and elsewhere.
fn modules_named(text: &str) -> impl Iterator<Item = &str> {
    text.split("crate::").skip(1).filter_map(|rest| {
        let end = rest.find(|character: char| !character.is_alphanumeric() && character != '_')?;
        (end > 0).then(|| &rest[..end])
    })
}

#[test]
fn imports_go_strictly_down() {
    for (name, text) in sources() {
        let module = module_of(&name);
        if matches!(module, "main" | "lib") {
            continue;
        }
        for used in modules_named(&text).filter(|used| *used != module) {
            let (from, to) = (floor_of(module), floor_of(used));
            assert!(from < to, "src/{name} climbs: it uses `{used}`");
        }
    }
}

#[test]
fn each_outside_thing_is_named_in_one_place() {
    for (name, text) in sources() {
        for (outside, places) in OUTSIDE {
            let names_it = text.contains(&format!("{outside}::"));
            let may = places.iter().any(|place| name.starts_with(place));
            assert!(!names_it || may, "src/{name} names `{outside}`");
        }
    }
}

#[test]
fn the_simulator_shares_no_type_with_the_client() {
    for (name, text) in sources() {
        if module_of(&name) == "simulator" {
            let foreign = modules_named(&text).find(|used| *used != "simulator");
            assert_eq!(foreign, None, "src/{name}");
        }
    }
}
