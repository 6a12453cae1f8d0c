//! What scripts, services and pipelines rely on: exit codes, output that is JSON and nothing else, what
//! was asked for and is missing, and an environment with next to nothing in it.

use std::fs;
#[cfg(unix)]
use std::num::NonZeroU64;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
#[cfg(unix)]
use wxbulk::simulator::{Access, Lifetime};
use wxbulk::simulator::{Behavior, Location, Locations};

#[cfg(unix)]
use crate::harness::signal;
use crate::harness::{Ran, Stage, TOKEN, location_id, number, sheet};
#[cfg(unix)]
use crate::raw_server::RawServer;
#[cfg(unix)]
use crate::resume::wait_for_records;

fn summary(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.stdout))
}

#[test]
fn a_plan_tells_by_its_exit_code_whether_anything_differs() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(30));
    let ran = stage
        .run_online("plan sheet.csv --exit-code --summary json")
        .expect(4);
    assert_eq!(summary(&ran)["exitCode"], 4);
    assert_eq!(summary(&ran)["outcomes"]["different"], 30);
    stage.run_online("plan sheet.csv -o without.csv").expect(0);
    stage.apply("sheet.csv").expect(0);
    stage
        .run_online("plan sheet.csv --exit-code -o after.csv")
        .expect(0);
    // A row that could not be read may differ or not.
    let refusing = Stage::new(Behavior {
        faults: "404=50%".parse().expect("faults"),
        ..Behavior::instant()
    });
    refusing.write("sheet.csv", sheet(30));
    refusing.run_online("plan sheet.csv --exit-code").expect(1);
}

#[test]
fn the_screen_shows_the_first_lines_of_a_plan_and_where_the_others_are() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(23));
    let ran = stage.run_online("plan sheet.csv").expect(0);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 21);
    assert_eq!(lines[20], "… and 3 more rows in sheet.plan.csv");
    stage.write("small.csv", sheet(21));
    let ran = stage.run_online("plan small.csv").expect(0);
    assert!(
        ran.stdout.ends_with("… and 1 more row in small.plan.csv\n"),
        "{}",
        ran.stdout
    );
    stage.write("fits.csv", sheet(20));
    assert_eq!(
        stage
            .run_online("plan fits.csv")
            .expect(0)
            .stdout
            .lines()
            .count(),
        20
    );
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_was_asked_for_and_is_missing_is_no_success() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(5));
    // Nobody can make a file in this folder.
    let ran = stage
        .apply("sheet.csv --report /proc/page.html --summary json")
        .expect(1);
    ran.says("error: cannot write the report `/proc/page.html`");
    assert_eq!(summary(&ran)["exitCode"], 1);
    let ran = stage
        .apply("sheet.csv -o logged.csv --log-file /dev/full")
        .expect(1);
    ran.says("warning: the log `/dev/full` cannot be written: the disk is full");
    assert_eq!(ran.stderr.matches("cannot be written").count(), 1);
    let full = fs::File::options()
        .write(true)
        .open("/dev/full")
        .expect("a device");
    let mut command = stage.command(&stage.apply_line("sheet.csv -o printed.csv --summary json"));
    let ran = Ran::of(command.stdout(full).output().expect("it starts")).expect(1);
    ran.says("error: the summary cannot be printed: the disk is full");
    let full = fs::File::options().write(true).open("/dev/full");
    let mut plan = stage.command(&format!(
        "plan more.csv --exit-code -q --base-url {}",
        stage.simulator.base_url()
    ));
    plan.stdout(full.expect("a device"));
    stage.write("more.csv", sheet(9));
    let ran = Ran::of(plan.output().expect("it starts")).expect(1);
    ran.says("error: the rows of the plan cannot be printed: the disk is full");
    // The rows are done all the same.
    for results in ["sheet.results.csv", "logged.csv", "printed.csv"] {
        let results = stage.results(results);
        assert!(results.iter().all(|row| row["outcome"] == "updated"));
    }
}

#[test]
fn every_line_of_a_log_has_a_time() {
    let stage = Stage::new(Behavior {
        faults: "500=20%,404=20%".parse().expect("faults"),
        ..Behavior::instant()
    });
    stage.write("sheet.csv", sheet(20));
    let ran = stage.apply("sheet.csv --log-file log.jsonl -vv");
    let log = fs::read_to_string(stage.path("log.jsonl")).expect("a log");
    assert!(log.lines().count() > 20);
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).expect("JSON");
        let time = line["timestamp"].as_str().expect("a time");
        assert!(time.parse::<jiff::Timestamp>().is_ok(), "{time}");
    }
    let has_time = |line: &&str| line.as_bytes()[2] == b':' && line.as_bytes()[5] == b':';
    let mut told = ran.stderr.lines().filter(|line| line.contains(" row 2: "));
    assert!(told.all(|line| has_time(&line)), "{}", ran.stderr);
    // Also what is said of failures where nobody asked for more, as under `nohup`.
    let ran = stage.apply("sheet.csv -o plain.csv");
    let failures: Vec<&str> = ran
        .stderr
        .lines()
        .filter(|line| line.contains("404 ") && line.contains("in row "))
        .collect();
    assert!(!failures.is_empty(), "{}", ran.stderr);
    assert!(failures.iter().all(has_time), "{}", ran.stderr);
}

#[test]
fn the_end_of_a_run_says_what_happened_now_and_how_the_sheet_stands() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(6));
    let ran = stage.apply("sheet.csv --rows 3 --backup").expect(0);
    ran.says("1 row takes about 1 s: 2 requests each, at 5 a second, which is usual");
    ran.says("1 row sent in 1 s: 1 updated. Of 6 rows in the sheet, 1 is done and 5 skipped.");
    let ran = stage.apply("sheet.csv --rate 300/min -o all.csv").expect(0);
    ran.says("6 rows take about 2 s: 1 request each, at 5 a second, as --rate says");
    ran.says("6 updated. Of 6 rows in the sheet, 6 are done.");
    let ran = stage
        .apply("sheet.csv -o all.csv --resume --summary json")
        .expect(0);
    assert_eq!(summary(&ran)["thisPart"]["rows"], 0);
    assert_eq!(summary(&ran)["outcomes"]["updated"], 6);
    let ran = stage.run_online("plan sheet.csv").expect(0);
    ran.says("6 rows read in 1 s: 6 unchanged. Of 6 rows in the sheet, 6 are read.");
}

#[test]
fn a_rehearsal_that_is_sped_up_tells_the_time_of_the_real_run() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(60));
    let seconds = |speed: &str| {
        let line = format!("apply sheet.csv --rehearse --rehearse-speed {speed} --summary json");
        let seconds = summary(&stage.run(&line).expect(0))["seconds"].as_f64();
        seconds.expect("a number")
    };
    // Some ten requests at once, and then five a second.
    let told = seconds("4");
    assert!((5.0..90.0).contains(&told), "{told}");
}

#[test]
fn the_rate_may_be_another_when_a_run_goes_on() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(12));
    stage.apply("sheet.csv --first 1 --rate 1/s").expect(3);
    stage.apply("sheet.csv --resume --rate 50/s").expect(0);
    let journal = fs::read_to_string(stage.path("sheet.results.csv.journal")).expect("a journal");
    let mut begins = journal.lines().filter(|line| line.contains("{\"begin\":"));
    let last = begins.next_back().expect("one");
    assert!(last.contains("\"rate\":\"50/s\""), "{last}");
}

/// As systemd and cron start a program: without a home, and with no variable of the shell.
#[cfg(target_os = "linux")]
#[test]
fn an_environment_with_nothing_in_it_is_enough() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(5));
    stage.write_secret("token.txt", TOKEN);
    let run = |words: &str, variables: &[(&str, &str)]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_wxbulk"));
        command
            .env_clear()
            .current_dir(stage.path(""))
            .stdin(Stdio::null());
        command.envs(variables.iter().copied());
        let base_url = stage.simulator.base_url();
        command
            .args(words.split(' '))
            .args(["--base-url", &base_url]);
        Ran::of(command.output().expect("it starts"))
    };
    run("apply sheet.csv --yes --token-file token.txt --backup", &[]).expect(0);
    // Without --yes nobody can be asked, and nothing is sent.
    let ran = run("apply sheet.csv --token-file token.txt -o two.csv", &[]).expect(2);
    ran.says("there is no terminal to ask on");
    let ran = run("apply sheet.csv --yes -o two.csv", &[]).expect(2);
    ran.says("there is no access token");
    // What was learned of the rate is kept nowhere, and the run is none the worse.
    let variables = [("XDG_STATE_HOME", "/proc"), ("HOME", "/nonexistent")];
    run(
        "apply sheet.csv --yes --token-file token.txt -o three.csv",
        &variables,
    )
    .expect(0);
    // Where nothing can be written, nothing is sent.
    let before = stage.requests().len();
    let ran = run(
        "apply sheet.csv --yes --token-file token.txt -o /proc/four.csv",
        &[],
    )
    .expect(2);
    ran.says("`/proc`");
    assert_eq!(stage.requests().len(), before);
}

/// What the unit in the guide starts begins the run, and goes on with it the next time.
#[cfg(target_os = "linux")]
#[test]
fn the_unit_in_the_guide_begins_and_goes_on() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/automation.md");
    let guide = fs::read_to_string(guide).expect("a guide");
    let line = guide
        .lines()
        .find_map(|line| line.strip_prefix("ExecStart=/bin/sh -c '"));
    let line = line
        .and_then(|line| line.strip_suffix('\''))
        .expect("a command in quotes");
    let stage = Stage::instant();
    stage.write("march.csv", sheet(9));
    stage.write_secret("token.txt", TOKEN);
    let token = format!(
        "--token-file token.txt --base-url {}",
        stage.simulator.base_url()
    );
    assert!(line.contains("--service-app app.env"));
    let line = line.replace("--service-app app.env", &token);
    let folder = Path::new(env!("CARGO_BIN_EXE_wxbulk"))
        .parent()
        .expect("a folder");
    let start = |more: &str| {
        let mut shell = std::process::Command::new("/bin/sh");
        shell
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", folder.display()));
        shell.args(["-c", &line.replace("--yes", &format!("--yes {more}"))]);
        shell.current_dir(stage.path("")).stdin(Stdio::null());
        Ran::of(shell.output().expect("a shell"))
    };
    let ran = start("--first 2").expect(3);
    assert_eq!(summary(&ran)["rowsLeft"], 7);
    let ran = start("").expect(0);
    assert_eq!(summary(&ran)["thisPart"]["rows"], 7);
    let ran = start("").expect(0);
    assert_eq!(summary(&ran)["thisPart"]["rows"], 0);
}

/// JSON has the commands that follow, as status has them; of a refusal the hints.
#[test]
fn json_has_the_commands_that_follow_and_the_hints_of_a_refusal() {
    let stage = Stage::new(Behavior {
        faults: "404=50%".parse().expect("faults"),
        ..Behavior::instant()
    });
    stage.write("sheet.csv", sheet(20));
    let ran = stage.apply("sheet.csv --backup --summary json").expect(1);
    let status = stage.run("status sheet.results.csv --json").expect(0);
    let next = &summary(&ran)["next"];
    assert_eq!(*next, summary(&status)["next"]);
    let command = next[0]["command"].as_str().expect("a command");
    assert!(
        command.contains("apply sheet.results.csv --only-failed"),
        "{command}"
    );
    let ran = stage.apply("sheet.csv --backup --summary json").expect(2);
    let refused = summary(&ran);
    assert_eq!(
        refused["stopped"],
        "`sheet.results.csv` holds the results of a finished run"
    );
    assert_eq!(refused["hints"].as_array().map(Vec::len), Some(2));
    let ran = stage.run("check missing.csv --format json").expect(2);
    let refused = summary(&ran);
    assert_eq!(
        (&refused["reason"], &refused["exitCode"]),
        (&"refused".into(), &2.into())
    );
    assert!(
        refused["stopped"]
            .as_str()
            .is_some_and(|why| why.contains("missing.csv"))
    );
}

#[test]
fn a_check_can_be_of_a_part_and_says_its_exit_codes() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(5).replace(&number(4), "abc"));
    stage.run("check sheet.csv").expect(2);
    stage.run("check sheet.csv --rows 2-3").expect(0);
    stage.run("check sheet.csv --rows 4").expect(2);
    let help = stage.run("check --help").expect(0).stdout;
    assert!(
        help.contains("Exit codes: 0 every row could be sent"),
        "{help}"
    );
}

/// Who reads on no more is told nothing.
#[cfg(target_os = "linux")]
/// Programs tell by one word why a run ended before its end.
#[cfg(unix)]
#[test]
fn the_reason_of_a_stop_is_one_word() {
    let with = |behavior| {
        let stage = Stage::new(behavior);
        stage.write("sheet.csv", sheet(60));
        stage
    };
    let faults = |faults: &str| Behavior {
        faults: faults.parse().expect("faults"),
        ..Behavior::instant()
    };
    let ends_soon = Behavior {
        access: Access {
            lifetime: Lifetime::Requests(NonZeroU64::new(30).expect("some")),
            ..Access::default()
        },
        ..Behavior::instant()
    };
    for (stage, words, reason) in [
        (with(ends_soon), "", "token"),
        (with(faults("403=100%")), "", "forbidden"),
        (with(faults("404=100%")), "--max-failures 3", "max-failures"),
        (with(Behavior::instant()), "--first 2", "first-rows-done"),
        (with(faults("404=100%")), "--first 2", "first-rows-failed"),
    ] {
        let ran = stage.apply(&format!("sheet.csv {words} --summary json"));
        assert_eq!(summary(&ran)["reason"], reason, "{}", ran.stderr);
    }

    let stage = with(Behavior::instant());
    let page = RawServer::start(|line| {
        while line.request() {
            line.say("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 13\r\n\r\n<html></html>");
        }
    });
    for (base_url, reason) in [
        (page.base_url(), "not-the-service"),
        ("http://127.0.0.1:1/v1".to_string(), "unreachable"),
    ] {
        let line = format!("apply sheet.csv --yes --summary json --base-url {base_url}");
        let ran = stage.run(&format!("{line} -o {reason}.csv"));
        assert_eq!(summary(&ran)["reason"], reason, "{}", ran.stderr);
    }

    let slow = with(Behavior {
        latency: "30ms".parse().expect("a latency"),
        ..Behavior::instant()
    });
    let child = slow.start_apply("sheet.csv -c 1 --summary json");
    wait_for_records(&slow, "sheet.results.csv.journal", 5);
    signal(&child, "INT");
    let ran = Ran::of(child.wait_with_output().expect("it ends"));
    assert_eq!(summary(&ran)["reason"], "interrupted", "{}", ran.stderr);
}

#[test]
fn output_that_nobody_reads_is_no_error() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(5));
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut check = stage.command("check sheet.csv");
    let ran = Ran::of(check.stdout(writer).output().expect("it starts"));
    assert!(!ran.stderr.contains("error"), "{}", ran.stderr);
}

/// systemd itself takes the unit in the guide, where there is one to ask.
#[cfg(target_os = "linux")]
#[test]
fn systemd_loads_the_unit_in_the_guide() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/automation.md");
    let guide = fs::read_to_string(guide).expect("a guide");
    let unit = guide.split("```ini\n").nth(1).expect("a unit");
    let unit = unit.split("```").next().expect("its end");
    let stage = Stage::instant();
    stage.write("wxbulk-march.service", unit);
    let mut verify = std::process::Command::new("systemd-analyze");
    verify
        .args(["verify", "./wxbulk-march.service"])
        .current_dir(stage.path(""));
    let Ok(verified) = verify.output() else {
        return;
    };
    let said = String::from_utf8_lossy(&verified.stderr);
    assert!(verified.status.success(), "{said}");
    assert!(!said.contains("wxbulk-march"), "{said}");
}

/// The unit, the cron line and the step of a pipeline in the guide are commands that exist.
#[test]
fn the_commands_for_machines_in_the_guide_can_be_typed() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/automation.md");
    let guide = fs::read_to_string(guide).expect("a guide");
    let mut commands = 0;
    for language in ["ini", "cron", "yaml", "sh"] {
        for block in guide.split(&format!("```{language}\n")).skip(1) {
            let block = block.split("```").next().expect("a block");
            for line in block.lines() {
                let Some(at) = line.find("wxbulk ") else {
                    continue;
                };
                // Up to what belongs to the shell.
                let words = line[at..].split(" ||").next().expect("words");
                let words = words.split(" >").next().expect("words");
                let words = words.split(" $again").next().expect("words");
                let parts = words.split('"').enumerate();
                let words = parts.flat_map(|(at, part)| match at % 2 {
                    0 => part.split_whitespace().collect(),
                    _ => vec![part],
                });
                let words: Vec<_> = words.map(Into::into).collect();
                if words.len() < 2 {
                    continue;
                }
                wxbulk::cli::parse(words).unwrap_or_else(|why| panic!("{line}: {why}"));
                commands += 1;
            }
        }
    }
    assert!(commands >= 4, "{commands}");
}

fn files(stage: &Stage) -> Vec<String> {
    let files = fs::read_dir(stage.path("")).expect("a folder");
    let names = files.map(|file| file.expect("a file").file_name());
    let mut names: Vec<String> = names
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_verification_leaves_a_plan_only_where_something_differs() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(30));
    stage.run_online("plan sheet.csv").expect(0);
    stage.apply("sheet.plan.csv").expect(0);
    let before = files(&stage);
    // The plan that was applied is no obstacle, however often it is asked.
    for _ in 0..2 {
        let ran = stage.run_online("plan sheet.csv --exit-code").expect(0);
        ran.says("no plan is kept, since nothing differs");
        assert!(!ran.stderr.contains("keep: "), "{}", ran.stderr);
        assert_eq!(files(&stage), before);
    }
    let ran = stage.run_online("plan sheet.csv --exit-code --summary json");
    assert_eq!(summary(&ran.expect(0))["results"], Value::Null);
    stage
        .run_online("plan sheet.csv --exit-code -o verified.csv")
        .expect(0)
        .says("results: verified.csv");
    assert!(stage.path("verified.csv").exists());
    stage.write("sheet.csv", sheet(31));
    stage
        .run_online("plan sheet.csv --exit-code")
        .expect(4)
        .says("results: sheet.plan-2.csv");
    assert!(stage.path("sheet.plan-2.csv.journal").exists());
}

#[test]
fn quiet_says_nothing_but_errors_and_what_was_asked_for() {
    let stage = Stage::instant();
    let no_plus = sheet(5).replace("+1202", "4930202");
    stage.write("sheet.csv", format!("Numbers\n\n{no_plus}"));
    for words in [
        "apply sheet.csv --yes --even-if-used --backup -q",
        "undo sheet.results.csv --yes -q",
        "apply sheet.csv --yes --even-if-used -q -o again.csv --report page.html",
        "plan sheet.csv -q",
        "plan sheet.csv -q --exit-code",
    ] {
        let ran = stage.run_online(words).expect(0);
        assert_eq!((&*ran.stdout, &*ran.stderr), ("", ""), "{words}");
    }
    stage.set_number(2, 1, "+12025550199");
    for words in ["plan sheet.csv -q", "plan sheet.csv -q --exit-code"] {
        let code = if words.ends_with("code") { 4 } else { 0 };
        let ran = stage.run_online(words).expect(code);
        assert!(ran.stdout.starts_with("row "), "{words}: {}", ran.stdout);
        assert_eq!((ran.stdout.lines().count(), &*ran.stderr), (1, ""));
    }
    let ran = stage
        .run_online("apply sheet.csv --yes --even-if-used -q --summary json -o json.csv")
        .expect(0);
    assert_eq!(ran.stderr, "");
    assert_eq!(summary(&ran)["outcomes"]["updated"], 5);
    let ran = stage.run("apply sheet.csv --rehearse -q").expect(0);
    assert_eq!(ran.stderr, "");
    let location = Location {
        id: location_id(2),
        ..Location::default()
    };
    let listing = Stage::new(Behavior {
        locations: Locations::Exactly(vec![location]),
        ..Behavior::instant()
    });
    let ran = listing.run_online("export -q -o own.csv").expect(0);
    assert_eq!((&*ran.stdout, &*ran.stderr), ("", ""));
}

#[test]
fn whose_locations_are_meant_is_said_once() {
    const NOTE: &str = "there is no column `orgId`";
    let stage = Stage::instant();
    let rows = (2..5).map(|row| format!("{},{}\n", location_id(row), number(row)));
    let rows: String = rows.collect();
    stage.write("sheet.csv", format!("locationId,n1\n{rows}"));
    for (words, is_said) in [
        ("check sheet.csv", true),
        ("plan sheet.csv", true),
        ("apply sheet.plan.csv --yes --first 1", false),
        ("apply sheet.plan.csv --yes --resume", false),
        ("apply sheet.plan.results.csv --yes --only-failed", false),
        ("apply sheet.csv --yes", true),
        ("apply sheet.csv --rehearse", false),
        ("apply sheet.csv -o asked.csv", false),
        ("undo sheet.plan.results.csv --yes", false),
    ] {
        let ran = if words.starts_with("check") || words.contains("--rehearse") {
            stage.run(words)
        } else {
            stage.run_online(words)
        };
        assert_eq!(
            ran.stderr.contains(NOTE),
            is_said,
            "{words}: {}",
            ran.stderr
        );
    }
}
