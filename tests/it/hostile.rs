//! Connections and servers that misbehave, one way a test: the row's outcome is the truth, the run
//! goes on, and the person gets a sentence to act on.

use std::io::{BufRead, BufReader, Read};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use crate::harness::{Ran, Results, Stage, count, sheet};
use crate::raw_server::{DONE, Line, RawServer};

/// Sends `rows` rows to `base_url`.
pub(crate) fn apply(base_url: &str, rows: u64, flags: &str) -> (Ran, Results) {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(rows));
    let line = format!("apply sheet.csv --yes --even-if-used --base-url {base_url} {flags}");
    let ran = stage.run(&line);
    (ran, stage.results("sheet.results.csv"))
}

/// One row, which the server (whose first connections go as `script` says, and all others well)
/// makes hard at first. Returns its result.
#[track_caller]
fn overcome(script: impl Fn(&mut Line) + Send + Sync + 'static) -> Results {
    let server = RawServer::start(move |line| {
        if line.number == 0 {
            return script(line);
        }
        while line.request() {
            line.say(DONE);
        }
    });
    let (ran, results) = apply(&server.base_url(), 1, "--timeout 2s");
    ran.expect(0);
    assert_eq!(results[0]["outcome"], "updated");
    assert_eq!(results[0]["status"], "204");
    results
}

/// One row to a place where it can never end well; stopped after its first try. Returns the
/// row's outcome and message.
#[cfg(unix)]
#[track_caller]
fn give_up(base_url: &str, flags: &str) -> (String, String) {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(1));
    let line = format!("apply sheet.csv --yes --even-if-used -vv --base-url {base_url} {flags}");
    let mut command = stage.command(&line);
    for proxy in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        command.env_remove(proxy);
    }
    let mut child = command.spawn().expect("it starts");
    let mut stderr = BufReader::new(child.stderr.take().expect("piped"));
    let mut said = String::new();
    while !said.contains("again in") {
        let length = stderr.read_line(&mut said).expect("text");
        assert_ne!(length, 0, "{said}");
    }
    crate::harness::signal(&child, "INT");
    stderr.read_to_string(&mut said).expect("text");
    assert_eq!(child.wait().expect("it ends").code(), Some(130), "{said}");
    assert!(said.trim_end().ends_with("--resume"), "{said}");
    let results = stage.results("sheet.results.csv");
    assert_eq!(results[0]["status"], "", "a broken line is no status");
    (results[0]["outcome"].clone(), results[0]["message"].clone())
}

#[test]
fn a_connection_reset_before_or_after_the_change_is_tried_again() {
    assert_eq!(overcome(Line::reset_unread)[0]["attempts"], "2");
    assert_eq!(overcome(Line::reset_read)[0]["attempts"], "2");
}

#[cfg(unix)]
#[test]
fn a_row_whose_connection_broke_is_unknown_when_the_run_ends_there() {
    for script in [Line::reset_unread, Line::reset_read] {
        let server = RawServer::start(script);
        let (outcome, message) = give_up(&server.base_url(), "");
        assert_eq!(outcome, "unknown");
        assert!(
            message.starts_with("the connection broke before the answer: ")
                && !message.contains("os error"),
            "{message}"
        );
    }
}

#[test]
fn a_connection_closed_while_idle_costs_no_row_a_try() {
    let server = RawServer::start(|line| {
        line.request();
        line.say(DONE);
    });
    let (ran, results) = apply(&server.base_url(), 3, "--concurrency 1 --rate 4/s");
    ran.expect(0);
    assert_eq!(count(&results, "updated"), 3);
    assert!(results.iter().all(|row| row["attempts"] == "1"));
    assert_eq!((server.requests().len(), server.connections()), (3, 3));
}

#[test]
fn a_kept_connection_that_closes_under_a_request_is_replaced_by_a_fresh_one() {
    let server = RawServer::start(|line| {
        line.request();
        line.say(DONE);
        if line.number == 0 {
            line.reset_read();
            return;
        }
        while line.request() {
            line.say(DONE);
        }
    });
    let (ran, results) = apply(&server.base_url(), 3, "--concurrency 1");
    ran.expect(0);
    assert_eq!(count(&results, "updated"), 3);
    assert_eq!(server.requests().len(), 4, "one was asked twice");
}

#[cfg(unix)]
#[test]
fn headers_that_never_end_are_given_up_by_size_and_by_time() {
    let read = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&read);
    let server = RawServer::start(move |line| {
        line.request();
        line.say("HTTP/1.1 204 No Content\r\n");
        let said = line.say_for_ever(&b"x-filler: and on and on and on\r\n".repeat(100), None);
        counter.fetch_max(said, Ordering::SeqCst);
    });
    let (outcome, message) = give_up(&server.base_url(), "");
    assert_eq!(outcome, "unknown");
    assert_eq!(
        message,
        "the connection broke before the answer: message head is too large"
    );
    assert!(read.load(Ordering::SeqCst) < 16 << 20, "{read:?}");

    let server = RawServer::start(|line| {
        line.request();
        line.say("HTTP/1.1 204 No Content\r\n");
        line.say_for_ever(b"x-slow: 1\r\n", Some(Duration::from_millis(50)));
    });
    let (outcome, message) = give_up(&server.base_url(), "--timeout 1s");
    assert_eq!((&*outcome, &*message), ("unknown", "no answer within 1 s"));

    let server = RawServer::start(|line| {
        line.request();
        line.say_for_ever(
            b"HTTP/1.1 103 Early Hints\r\n\r\n",
            Some(Duration::from_millis(1)),
        );
    });
    let (outcome, message) = give_up(&server.base_url(), "--timeout 1s");
    assert_eq!((&*outcome, &*message), ("unknown", "no answer within 1 s"));
}

#[test]
fn a_body_that_never_ends_does_not_keep_a_refusal_from_counting_and_proves_no_success() {
    const CHUNKED: &str = "transfer-encoding: chunked\r\n\r\n";
    let answered = |status: &'static str, outcome: &str, pause: Option<Duration>| {
        let server = RawServer::start(move |line| {
            line.request();
            line.say(format!("HTTP/1.1 {status}\r\n{CHUNKED}"));
            line.say_for_ever(b"10\r\n{\"message\": \"ab \r\n", pause);
        });
        let (ran, results) = apply(&server.base_url(), 1, "--timeout 1s");
        ran.expect(1);
        assert_eq!(results[0]["outcome"], outcome);
        assert_eq!(results[0]["status"], status[..3]);
        let writes = server.requests().into_iter();
        assert_eq!(writes.filter(|line| line.starts_with("PUT")).count(), 1);
        assert!(results[0]["message"].chars().count() <= 401);
    };
    thread::scope(|scope| {
        for pause in [None, Some(Duration::from_millis(50))] {
            scope.spawn(move || answered("200 OK", "unknown", pause));
            scope.spawn(move || answered("404 Not Found", "failed", pause));
        }
    });
}

#[test]
fn of_a_hundred_megabytes_only_the_beginning_is_read_and_nothing_is_kept() {
    const BIG: usize = 100 << 20;
    const ROWS: u64 = 30;
    let most = Arc::new(AtomicUsize::new(0));
    let (counter, asked) = (Arc::clone(&most), AtomicUsize::new(0));
    let (last, is_last) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let may_go_on = std::sync::Mutex::new(may_go_on);
    let server = RawServer::start(move |line| {
        line.request();
        if asked.fetch_add(1, Ordering::SeqCst) + 1 == usize::try_from(ROWS).expect("few") {
            last.send(()).expect("the test waits");
            let _ = may_go_on.lock().expect("no panic").recv();
        }
        line.say(format!(
            "HTTP/1.1 400 Bad Request\r\ntrackingid: x\r\ncontent-length: {BIG}\r\n\r\n"
        ));
        counter.fetch_max(line.say_for_ever(&[b'x'; 8192], None), Ordering::SeqCst);
    });
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(ROWS));
    let base_url = server.base_url();
    let line =
        format!("apply sheet.csv --yes --even-if-used --concurrency 1 --base-url {base_url}");
    let child = stage.command(&line).spawn().expect("it starts");
    is_last.recv().expect("the last row is asked for");
    if let Some(kibibytes) = crate::harness::peak_memory(&child) {
        assert!(kibibytes < 64 << 10, "{kibibytes} KiB");
    }
    drop(go_on);
    Ran::of(child.wait_with_output().expect("it ends")).expect(1);
    assert_eq!(count(&stage.results("sheet.results.csv"), "failed"), 30);
    // What the two kernels buffer comes on top of what is read.
    let most = most.load(Ordering::SeqCst);
    assert!(most < 16 << 20, "{most} bytes went out");
}

#[test]
fn what_is_said_before_the_answer_is_passed_over() {
    let server = RawServer::saying(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    );
    let (ran, results) = apply(&server.base_url(), 3, "");
    ran.expect(0);
    assert_eq!(
        (count(&results, "updated"), server.requests().len()),
        (3, 3)
    );
}

#[test]
fn an_answer_nobody_asked_for_is_not_taken_for_the_next_rows() {
    let server = RawServer::start(|line| {
        while line.request() {
            line.say("HTTP/1.1 204 No Content\r\ntrackingid: mine\r\n\r\nHTTP/1.1 204 No Content\r\ntrackingid: foreign\r\n\r\n");
        }
    });
    let (ran, results) = apply(&server.base_url(), 10, "--concurrency 1");
    ran.expect(0);
    assert!(
        results.iter().all(|row| row["trackingId"] == "mine"),
        "{results:?}"
    );
    assert!(server.requests().len() >= 10);
}

#[test]
fn an_old_server_without_kept_connections_does() {
    for answer in [
        "HTTP/1.0 204 No Content\r\n\r\n",
        "HTTP/1.0 200 OK\r\n\r\n{}",
    ] {
        let server = RawServer::start(move |line| {
            line.request();
            line.say(answer);
        });
        let (ran, results) = apply(&server.base_url(), 5, "");
        ran.expect(0);
        assert_eq!(
            (count(&results, "updated"), server.requests().len()),
            (5, 5)
        );
    }
}

#[cfg(unix)]
#[test]
fn what_is_no_web_server_is_told_in_words() {
    let server = RawServer::start(|line| {
        line.request();
        line.say("SSH-2.0-OpenSSH_9.6\r\n");
    });
    let (outcome, message) = give_up(&server.base_url(), "");
    assert_eq!(outcome, "unknown");
    assert_eq!(
        message,
        "the connection broke before the answer: invalid HTTP version parsed"
    );
}
