//! What is made from the flags by itself: completions, manual pages, the version.

use std::fs;

use crate::harness::Stage;

const COMMANDS: [&str; 11] = [
    "check",
    "apply",
    "plan",
    "undo",
    "report",
    "export",
    "whoami",
    "selftest",
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

#[test]
fn help_is_short_or_long_and_asked_for_in_three_ways() {
    let stage = Stage::instant();
    let short = stage.run("apply -h").expect(0).stdout;
    let long = stage.run("apply --help").expect(0).stdout;
    assert_eq!(stage.run("help apply").expect(0).stdout, long);
    assert!(short.lines().count() < 45, "{short}");
    for flag in ["--rehearse", "--token-file", "--backup", "--only-failed"] {
        assert!(short.contains(flag) && long.contains(flag), "{flag}");
    }
    for flag in ["--encoding", "--max-wait", "--log-file"] {
        assert!(!short.contains(flag) && long.contains(flag), "{flag}");
    }
}

#[test]
fn a_file_that_is_not_there_is_found_under_the_name_that_was_meant() {
    let stage = Stage::instant();
    stage.write("numbers.csv", "orgId,locationId,n1\n");
    stage.write("token.txt.txt", "secret");
    let ran = stage.run("check numbers").expect(2);
    ran.says("cannot read the sheet `numbers`: no such file or folder\nhint: did you mean `numbers.csv`?");
    let ran = stage.run("whoami --token-file token.txt").expect(2);
    ran.says("cannot read the token file `token.txt`: no such file or folder\nhint: did you mean `token.txt.txt`?");
}

#[test]
fn a_token_in_the_place_of_a_file_name_is_not_repeated() {
    let stage = Stage::instant();
    let token = "NzQ0ODU5NjUtZTQ1_PF84_1eb65fdf-9643-417f-9974-ad72cae0e10f";
    for line in [
        format!("whoami --token-file {token}"),
        format!("whoami --service-app {token}"),
        format!("check {token}"),
        format!("apply {token} --rehearse"),
        format!("apply numbers.csv {token}"),
        token.to_string(),
    ] {
        let ran = stage.run(&line).expect(2);
        assert!(!ran.stderr.contains(&token[..20]), "{}", ran.stderr);
    }
}
