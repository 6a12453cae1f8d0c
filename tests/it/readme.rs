//! Every command in the README is run as it stands there.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::harness::{Ran, Stage, TOKEN, count, workbook};

/// How a download is checked; it has a test of its own.
const CHECK_DOWNLOAD: &str = "sha256sum --check --ignore-missing SHA256SUMS";

#[cfg(target_os = "linux")]
const WXBULK: &str = "142474dda61ac5b31010695180a324cd750dc318d0e45cff1e8132f20e34f683";

fn readme() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(root.join("README.md")).expect("a README")
}

/// The commands in its `sh` blocks, in their order.
fn commands() -> Vec<String> {
    let readme = readme();
    let blocks = readme.split("```sh\n").skip(1);
    blocks
        .filter_map(|block| block.split("```").next())
        .flat_map(str::lines)
        .map(|line| line.trim().to_string())
        .filter(|line| !line.is_empty())
        .collect()
}

#[test]
fn the_commands_work_one_after_the_other() {
    let stage = Stage::instant();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/transfer-numbers.csv");
    fs::create_dir(stage.path("samples")).expect("a folder");
    fs::copy(&sample, stage.path("samples/transfer-numbers.csv")).expect("a sample");
    let sheet = fs::read_to_string(&sample).expect("a sample");
    stage.write("numbers.xlsx", workbook(&sheet));
    stage.write_secret("token.txt", TOKEN);
    let mut ran = 0;
    for command in commands() {
        match command.as_str() {
            // This is the test that runs; installing has a test of its own.
            "cargo test" | "cargo install --locked --path ." | CHECK_DOWNLOAD => continue,
            _ => {}
        }
        let words = command
            .strip_prefix("wxbulk ")
            .or_else(|| command.strip_prefix("cargo run --release -- "))
            .unwrap_or_else(|| panic!("`{command}` is run by no test"));
        // What would go to the service goes to the simulator, at once and unasked.
        let words = match words {
            _ if words.contains("--rehearse") => format!("{words} --rehearse-speed 20"),
            _ if words.starts_with("plan") => {
                format!("{words} --base-url {}", stage.simulator.base_url())
            }
            _ if words.contains("--token-file") => {
                format!("{words} --yes --base-url {}", stage.simulator.base_url())
            }
            _ => words.to_string(),
        };
        let output = stage
            .command(&words)
            .env_remove("WEBEX_ACCESS_TOKEN")
            .output();
        Ran::of(output.expect("it starts")).expect(0);
        ran += 1;
    }
    assert_eq!(ran, 10, "the README has that many commands for wxbulk");
    assert_eq!(
        count(
            &stage.results("samples/transfer-numbers.rehearsal.csv"),
            "updated (rehearsal)"
        ),
        60
    );
    let changed = count(&stage.results("numbers.plan.results.xlsx"), "updated");
    assert!(changed > 50, "{changed}");
    let after = stage.results("numbers.plan.results-2.xlsx");
    assert_eq!(count(&after, "updated"), changed, "they are carried over");
    assert_eq!(
        stage
            .requests()
            .iter()
            .filter(|request| request["method"] == "PUT")
            .count(),
        2 * changed,
        "the plan's changes and their undo; resumed and corrected runs had nothing to send"
    );
}

#[test]
#[cfg(target_os = "linux")]
fn a_download_is_checked_as_it_stands_there() {
    let stage = Stage::instant();
    let name = "wxbulk-x86_64-unknown-linux-musl.tar.gz";
    assert!(readme().contains(name));
    let mut words = CHECK_DOWNLOAD.split(' ');
    let mut check = stage.program(words.next().expect("a program"));
    check.args(words);
    stage.write(name, "wxbulk");
    // The SHA-256 of `wxbulk`, and of what was not downloaded.
    stage.write(
        "SHA256SUMS",
        format!("{WXBULK}  {name}\n{WXBULK}  another.zip\n"),
    );
    assert!(check.status().expect("it starts").success());
    stage.write(name, "something else");
    assert!(!check.status().expect("it starts").success());
}

#[test]
fn it_can_be_installed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let place = tempfile::tempdir().expect("a folder");
    // As it stands in the README, but unoptimized and into a folder of the test's own.
    let status = Command::new(env!("CARGO"))
        .args([
            "install", "--locked", "--path", ".", "--debug", "--quiet", "--root",
        ])
        .arg(place.path())
        .arg("--target-dir")
        .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("../"))
        .current_dir(root)
        .status()
        .expect("cargo starts");
    assert!(status.success());
    let name = format!("wxbulk{}", std::env::consts::EXE_SUFFIX);
    assert!(place.path().join("bin").join(name).is_file());
}
