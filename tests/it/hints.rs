//! Every command that is printed works when it is pasted, whatever the run was made with.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;

use crate::harness::{Ran, Stage, location_id, org_id, workbook};
use crate::way_back::{sheet, stage};

const PROGRAM: &str = env!("CARGO_BIN_EXE_wxbulk");

/// A sheet, what it is called, what else is typed, and where.
struct Typed {
    sheet: Vec<u8>,
    name: &'static str,
    words: &'static [&'static str],
    folder: &'static str,
}

impl Typed {
    fn new(name: &'static str, words: &'static [&'static str]) -> Typed {
        let sheet = sheet(&[0, 1, 77]).into_bytes();
        Typed {
            sheet,
            name,
            words,
            folder: "",
        }
    }

    fn with(self, change: impl FnOnce(String) -> String) -> Typed {
        let text = String::from_utf8(self.sheet).expect("text");
        let sheet = change(text).into_bytes();
        Typed { sheet, ..self }
    }
}

fn cases() -> Vec<Typed> {
    let in_workbook = |name, words| Typed {
        sheet: workbook(&sheet(&[0, 1, 77])),
        ..Typed::new(name, words)
    };
    vec![
        Typed::new("plain.csv", &["--backup"]),
        Typed::new("no backup.csv", &["--no-backup"]),
        Typed::new(
            "Ann's $5 `x` sheet;.csv",
            &[
                "--backup",
                "--note",
                "CHG \"1\" $x",
                "--where",
                "locationName=site 77",
            ],
        ),
        Typed::new("rows.csv", &["--backup", "--rows", "3-4,2"]),
        Typed::new(
            "places.csv",
            &[
                "--backup",
                "--encoding",
                "windows-1252",
                "--where",
                "site=Köln",
            ],
        )
        .with(|text| {
            text.replace("locationName", "site")
                .replace("site 77", "Köln")
        })
        .in_windows_1252(),
        Typed::new("tilde.csv", &["--backup", "--separator", "~"])
            .with(|text| text.replace(',', "~")),
        Typed::new("own.csv", &["--backup", "--ignore-column", "n4"])
            .with(|text| text.replace("locationName", "n4")),
        Typed::new("org.csv", &["--backup", "--country", "+1", "--org"]).with(|text| {
            text.replace(&format!("{},", org_id(1)), ",")
                .replace("+1415", "415")
        }),
        Typed::new("twice.csv", &["--backup", "--allow-duplicates"])
            .with(|_| sheet(&[0, 0, 77, 77])),
        Typed::new("bad.csv", &["--backup", "--skip-invalid"])
            .with(|text| text.replace("6001", "abc")),
        Typed::new(
            "setting.csv",
            &["--backup", "--setting", "location-numbers"],
        ),
        Typed::new("./-odd.csv", &["--backup"]),
        Typed {
            folder: "other folder",
            ..Typed::new("../far.csv", &["--backup"])
        },
        Typed::new("link.csv", &["--backup"]),
        Typed::new(
            "elsewhere.csv",
            &["--backup", "--output", "other folder/o p.xlsx"],
        ),
        Typed::new("excel.csv", &["--backup", "--excel", "-v"]),
        in_workbook("book.xlsx", &["--backup", "--sheet", "Sheet1"]),
        in_workbook("hidden.xlsx", &["--backup", "--hidden", "include"]),
    ]
}

impl Typed {
    fn in_windows_1252(self) -> Typed {
        let text = String::from_utf8(self.sheet).expect("text");
        let bytes = text.chars().map(|letter| letter as u8);
        Typed {
            sheet: bytes.collect(),
            ..self
        }
    }
}

/// A shell in the folder runs the command as it was printed, but for the question.
fn paste(stage: &Stage, folder: &str, command: &str) -> Ran {
    let mut shell = stage.program("sh");
    shell
        .current_dir(stage.path(folder))
        .env_remove("WEBEX_ACCESS_TOKEN");
    let command = format!("{command} --yes");
    Ran::of(shell.args(["-c", &command]).output().expect("a shell"))
}

/// The commands that are printed, each below or behind what it is for.
fn printed(text: &str) -> Vec<String> {
    let commands = text.lines().filter_map(|line| {
        let at = line.find(PROGRAM)?;
        let before = line[..at].trim_end();
        (before.is_empty() || before.ends_with(':')).then(|| line[at..].to_string())
    });
    commands.collect()
}

fn asked_for(stage: &Stage, location: u64) -> usize {
    let requests = stage.requests();
    let asked = requests
        .iter()
        .filter(|one| one["locationId"] == location_id(location));
    asked.count()
}

#[test]
fn the_commands_that_are_printed_work_when_they_are_pasted() {
    for case in cases() {
        let stage = stage();
        let before = stage.state();
        fs::create_dir(stage.path("other folder")).expect("a folder");
        stage.write_secret("my token.txt", crate::harness::TOKEN);
        let name = case.name.trim_start_matches("../");
        if name == "link.csv" {
            stage.write("target.csv", &case.sheet);
            symlink("target.csv", stage.path(name)).expect("a link");
        } else {
            stage.write(name, &case.sheet);
        }
        let up = if case.folder.is_empty() { "" } else { "../" };
        let mut command = stage.program(PROGRAM);
        command
            .current_dir(stage.path(case.folder))
            .env_remove("WEBEX_ACCESS_TOKEN")
            .args(["apply", case.name, "--yes", "--even-if-used"])
            .args(["--base-url", &stage.simulator.base_url()])
            .args(["--token-file", &format!("{up}my token.txt")])
            .args(case.words);
        if case.words.ends_with(&["--org"]) {
            command.arg(org_id(1));
        }
        let ran = Ran::of(command.output().expect("it starts"));
        let said = &ran.stderr;
        assert_eq!(ran.code, Some(1), "{name}: {said}");
        let [again] = &printed(said)[..] else {
            panic!("{name}: {said}");
        };
        let mut status = stage.program(PROGRAM);
        let results = results_of(&ran);
        status
            .current_dir(stage.path(case.folder))
            .args(["status", &results]);
        let status = Ran::of(status.output().expect("it starts")).stdout;
        let undo = printed(&status)
            .into_iter()
            .find(|one| one.contains(" undo "));

        let asked = asked_for(&stage, 77);
        let pasted = paste(&stage, case.folder, again);
        assert_eq!(pasted.code, Some(1), "{name}: {again}\n{}", pasted.stderr);
        assert_eq!(asked_for(&stage, 77), 2 * asked, "{name}: {again}");
        for command in [again, undo.as_ref().unwrap_or(again)] {
            assert!(command.contains("my token.txt"), "{name}: {command}");
        }
        match undo {
            Some(undo) => {
                let pasted = paste(&stage, case.folder, &undo);
                assert_eq!(pasted.code, Some(0), "{name}: {undo}\n{}", pasted.stderr);
                assert_eq!(stage.state(), before, "{name}: {undo}");
            }
            // Nothing was changed, or it was not to be kept.
            None => assert!(
                stage.state() == before || case.words.contains(&"--no-backup"),
                "{name}: {status}"
            ),
        }
    }
}

fn results_of(ran: &Ran) -> String {
    let mut lines = ran.stderr.lines();
    let line = lines.find_map(|line| line.strip_prefix("results: "));
    let line = line.expect("results");
    let end = line.rfind(" (").unwrap_or(line.len());
    line[..end].to_string()
}

#[test]
fn a_status_that_is_asked_for_elsewhere_says_in_which_folder_its_commands_work() {
    let stage = stage();
    stage.apply("sheet.csv --backup").expect(0);
    fs::create_dir(stage.path("elsewhere")).expect("a folder");
    let mut status = stage.program(PROGRAM);
    status
        .current_dir(stage.path("elsewhere"))
        .args(["status", "../sheet.results.csv"]);
    let told = Ran::of(status.output().expect("it starts")).stdout;
    let folder = fs::canonicalize(stage.path("")).expect("a folder");
    let hint = format!("hint: to undo it, in the folder `{}`: ", folder.display());
    assert!(told.contains(&hint), "{told}");
}
