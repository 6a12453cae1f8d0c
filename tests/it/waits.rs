//! A time to wait outlives the process that was told of it, whoever was told and when; only a person may
//! go on before it is over.

use std::fs;
use std::io::{Read, Write};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};

use wxbulk::simulator::Behavior;

use crate::harness::{Stage, count, location_id, number, org_id, sheet};
use crate::raw_server::{DONE, RawServer};

/// A service that asks everyone to wait an hour.
fn closed() -> Stage {
    let stage = Stage::new(Behavior {
        faults: "429=100%".parse().expect("faults"),
        retry_after: "3600s".parse().expect("a policy"),
        ..Behavior::instant()
    });
    stage.write("sheet.csv", sheet(5));
    stage
}

/// Starts a run and kills it as soon as a time to wait is on disk.
fn kill_when_told(stage: &Stage, line: &str) {
    let mut child = stage.command(line).spawn().expect("it starts");
    let is_kept = || {
        let waits = fs::read_dir(stage.path("state/wxbulk/waits"));
        let mut waits = waits.into_iter().flatten().flatten();
        waits.any(|entry| {
            entry
                .path()
                .extension()
                .is_some_and(|ending| ending == "wait")
        })
    };
    while !is_kept() {
        assert!(child.try_wait().expect("a child").is_none(), "it has ended");
        std::thread::yield_now();
    }
    child.kill().expect("it was running");
    child.wait().expect("it ends");
}

#[test]
fn a_wait_that_was_said_to_a_killed_run_holds_the_next_one_and_a_person_may_go_on() {
    let stage = closed();
    kill_when_told(&stage, &stage.apply_line("sheet.csv"));
    let asked = stage.all_requests().len();
    // The same user, another sheet.
    stage.write("other.csv", sheet(2));
    for line in ["sheet.csv --resume", "other.csv"] {
        let ran = stage
            .apply(&format!("{line} --max-wait 1m --summary json"))
            .expect(3);
        ran.says("note: Webex asked at ");
        ran.says(" to wait until ");
        ran.says(" (status 429");
        ran.says("; nothing is sent before then\nhint: to go on before that: ");
        ran.says("--forget-wait\n");
        let summary: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
        assert_eq!(summary["reason"], "asked-to-wait");
        let resume = summary["resume"].as_str().expect("a command");
        assert!(!resume.contains("--forget-wait"), "{resume}");
        assert_eq!(stage.all_requests().len(), asked, "{line}");
    }
    let address = stage.simulator.base_url();
    let line = format!("apply sheet.csv --resume --forget-wait --max-wait 1m --base-url {address}");
    let ran = stage.run(&line).expect(2);
    ran.says("there is no terminal to ask on: Webex asked at ");
    assert_eq!(stage.all_requests().len(), asked);
    // With --yes it goes on, and is rate limited again.
    let ran = stage
        .apply("sheet.csv --resume --forget-wait --max-wait 1m")
        .expect(3);
    ran.says("--forget-wait goes on before that");
    assert!(stage.all_requests().len() > asked);
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_terminal_a_person_is_asked_before_a_wait_is_forgotten() {
    let stage = closed();
    kill_when_told(&stage, &stage.apply_line("sheet.csv"));
    let asked = stage.all_requests().len();
    for (answer, goes_on) in [("n\n", false), ("\n", false), ("y\n", true)] {
        let line = format!(
            "{} apply sheet.csv --resume --forget-wait --max-wait 1m --base-url {}",
            env!("CARGO_BIN_EXE_wxbulk"),
            stage.simulator.base_url()
        );
        let mut script = stage.program("script");
        script.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
        let mut child = script.stdin(Stdio::piped()).spawn().expect("it is there");
        let mut stdin = child.stdin.take().expect("piped");
        stdin.write_all(answer.as_bytes()).expect("it reads");
        let mut said = String::new();
        let mut stdout = child.stdout.take().expect("piped");
        stdout.read_to_string(&mut said).expect("text");
        let code = child.wait().expect("it ends").code();
        drop(stdin);
        // Where the wait ends tomorrow, the date moves the end of the line.
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains("; go on before that? [y/N]"), "{said}");
        assert_eq!(code, Some(if goes_on { 3 } else { 2 }), "{said}");
        assert_eq!(stage.all_requests().len() > asked, goes_on, "{said}");
    }
}

#[test]
fn a_wait_that_was_said_before_the_run_holds_too_but_nobody_else() {
    let server = RawServer::after(
        |mut stream| {
            let _ = stream.read(&mut [0; 8192]);
            let answer =
                "HTTP/1.1 429 Too Many Requests\r\nretry-after: 3600\r\ncontent-length: 0\r\n\r\n";
            let _ = stream.write_all(answer.as_bytes());
            // Until the client hangs up.
            let _ = stream.read(&mut [0]);
        },
        |line| {
            while line.request() {
                let is_change = line.last_request().starts_with("PUT");
                line.say(if is_change {
                    DONE
                } else {
                    "HTTP/1.1 404 Not Found\r\ntrackingid: t\r\ncontent-length: 0\r\n\r\n"
                });
            }
        },
    );
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(3));
    let line = format!("apply sheet.csv --yes --base-url {}", server.base_url());
    kill_when_told(&stage, &line);
    assert!(!stage.path("sheet.results.csv.journal").exists());

    let ran = stage
        .run(&format!("{line} --max-wait 1m -o held.csv"))
        .expect(3);
    ran.says("note: Webex asked at ");
    assert_eq!((server.connections(), server.requests().len()), (0, 0));

    let mut command = stage.command(&line);
    let output = command.env("WEBEX_ACCESS_TOKEN", "an0ther-t0ken").output();
    assert!(output.expect("it starts").status.success());
    assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), 3);
}

#[test]
fn a_row_in_doubt_takes_a_later_row_of_its_location_with_it_in_a_later_part_of_the_run() {
    static CHANGES: AtomicUsize = AtomicUsize::new(0);
    let refusal = |status: u16| format!("HTTP/1.1 {status} No\r\ncontent-length: 0\r\n\r\n");
    let server = RawServer::start(move |line| {
        while line.request() {
            let request = line.last_request();
            if request.starts_with("PUT") {
                match CHANGES.fetch_add(1, Ordering::SeqCst) {
                    // Row 2: the first try may yet arrive.
                    0 => line.say(refusal(504)),
                    1 => line.say(refusal(400)),
                    // Row 3: no answer, and the run is killed.
                    2 => return line.listen(),
                    _ => line.say(DONE),
                };
            } else if CHANGES.load(Ordering::SeqCst) < 3 || request.contains("organizations") {
                line.say(refusal(403));
            } else {
                // The first try of row 2 has arrived meanwhile.
                let body = format!(
                    r#"{{"autoTransferNumber1":"{}","autoTransferNumber2":"","autoTransferNumber3":""}}"#,
                    number(2)
                );
                let length = body.len();
                line.say(format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
                ));
            }
        }
    });
    let stage = Stage::instant();
    let row = |row: u64| format!("{},{},{},,\n", org_id(1), location_id(1), number(row));
    stage.write(
        "sheet.csv",
        format!("orgId,locationId,n1,n2,n3\n{}{}", row(2), row(3)),
    );
    let line = format!(
        "apply sheet.csv --yes --no-backup --allow-duplicates --base-url {}",
        server.base_url()
    );
    let mut child = stage.command(&line).spawn().expect("it starts");
    while CHANGES.load(Ordering::SeqCst) < 3 {
        std::thread::yield_now();
    }
    child.kill().expect("it was running");
    child.wait().expect("it ends");
    stage.run(&format!("{line} --resume")).expect(1);
    assert_eq!(CHANGES.load(Ordering::SeqCst), 4);
    assert_eq!(count(&stage.results("sheet.results.csv"), "unknown"), 2);
}

#[test]
fn without_a_place_to_remember_it_a_wait_holds_for_all_that_begins_from_the_runs_journal() {
    let location = location_id(4);
    let stage = Stage::new(Behavior {
        faults: format!("429=100% at {location}").parse().expect("faults"),
        retry_after: "3600s".parse().expect("a policy"),
        ..Behavior::instant()
    });
    stage.write("sheet.csv", sheet(6));
    // No folder can be made of it.
    stage.write("state", "");
    let ran = stage
        .apply("sheet.csv --backup -c 1 --max-wait 1m")
        .expect(3);
    ran.says("--resume");
    let results = stage.results("sheet.results.csv");
    assert_eq!(count(&results, "updated"), 2);
    std::fs::copy(stage.path("sheet.results.csv"), stage.path("mailed.csv")).expect("a copy");
    let asked = stage.all_requests().len();
    let address = stage.simulator.base_url();
    for line in [
        "apply sheet.csv --resume",
        "apply sheet.results.csv --only-failed",
        "apply mailed.csv --only-failed",
        "apply mailed.csv --only-failed --resume",
        "undo sheet.results.csv",
        "undo sheet.results.csv --resume",
        "undo mailed.csv",
        "plan sheet.results.csv",
    ] {
        let yes = if line.starts_with("plan") {
            ""
        } else {
            "--yes"
        };
        let ran = stage
            .run(&format!("{line} {yes} --max-wait 1m --base-url {address}"))
            .expect(3);
        ran.says("note: Webex asked at ");
        assert_eq!(stage.all_requests().len(), asked, "{line}");
    }
}
