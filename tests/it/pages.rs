//! What is made from the flags by itself: completions, manual pages, the version.

use std::fs;

use crate::harness::Stage;

const COMMANDS: [&str; 10] = [
    "check",
    "apply",
    "plan",
    "undo",
    "report",
    "export",
    "whoami",
    "simulator",
    "completions",
    "man",
];

#[test]
fn every_shell_completes_every_command() {
    let stage = Stage::instant();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = stage.run(&format!("completions {shell}")).expect(0).stdout;
        for command in COMMANDS {
            assert!(script.contains(command), "{shell}: {command}");
        }
        assert!(script.contains("rehearse-speed"), "{shell}");
    }
}

#[test]
fn every_command_has_a_manual_page_with_its_example() {
    let stage = Stage::instant();
    stage.run("man pages/man1").expect(0);
    for command in COMMANDS {
        let page = stage.path(&format!("pages/man1/wxbulk-{command}.1"));
        let page = fs::read_to_string(page).expect("a page");
        assert!(page.contains(&format!("wxbulk {command}")), "{page}");
        assert!(page.contains("Example"), "{page}");
    }
    assert!(stage.path("pages/man1/wxbulk.1").is_file());
    let ran = stage.run("man pages/man1/wxbulk.1").expect(2);
    ran.says("cannot write the manual pages");
}

#[test]
fn the_version_names_where_it_was_built_for() {
    let version = Stage::instant().run("--version").expect(0).stdout;
    let expected = format!("wxbulk {} (", env!("CARGO_PKG_VERSION"));
    assert!(version.starts_with(&expected), "{version}");
    assert!(version.contains(std::env::consts::ARCH), "{version}");
    assert_eq!(version.lines().count(), 1);
}
