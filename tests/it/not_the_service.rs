//! Servers that are not Webex, from the start or after a while: a run says so and sends no more.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::harness::{Stage, count, location_id, sheet};
use crate::hostile::apply;
use crate::raw_server::RawServer;

/// What the service says with every answer.
const TRACKED: &str = "trackingid: NA_1\r\n";

/// Answers each request alike, the first included.
fn always(status: &'static str, body: &'static str) -> RawServer {
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let said = answer.clone();
    RawServer::after(
        move |mut stream| {
            use std::io::{Read, Write};
            let _ = stream.read(&mut [0; 8192]);
            let _ = stream.write_all(said.as_bytes());
        },
        move |line| {
            while line.request() {
                line.say(&answer);
            }
        },
    )
}

#[test]
fn a_server_that_answers_everything_alike_is_sent_nothing() {
    for (status, body) in [
        ("204 No Content", ""),
        ("200 OK", ""),
        ("200 OK", "{}"),
        ("200 OK", r#"{"status":"ok"}"#),
        ("201 Created", "{}"),
        ("202 Accepted", ""),
    ] {
        for flags in ["--no-backup", "--backup"] {
            let server = always(status, body);
            let (ran, results) = apply(&server.base_url(), 30, flags);
            let ran = ran.expect(3);
            ran.says("did not come from Webex");
            ran.says("--base-url");
            assert_eq!(count(&results, "not-attempted"), 30, "{status} {body}");
            let mut requests = server.requests().into_iter();
            assert!(requests.all(|line| line.starts_with("GET")), "{status}");
        }
    }
}

#[test]
fn a_wall_of_401s_without_a_mark_is_a_sign_in_and_one_of_webex_is_a_rejected_token() {
    let foreign = "did not come from Webex: 401";
    let rejected = "Webex rejected the access token";
    for (status, body, says) in [
        ("401 Unauthorized", "", foreign),
        (
            "401 Unauthorized\r\nwww-authenticate: Basic realm=\"proxy\"",
            "",
            foreign,
        ),
        ("401 Unauthorized", "Access denied", foreign),
        ("401 Unauthorized\r\ntrackingid: NA_1", "", rejected),
        (
            "401 Unauthorized\r\ntrackingid: NA_1",
            "Access denied",
            rejected,
        ),
        (
            "401 Unauthorized",
            r#"{"message":"the token is not valid"}"#,
            rejected,
        ),
    ] {
        for flags in ["--no-backup", "--backup"] {
            let server = always(status, body);
            let (ran, _) = apply(&server.base_url(), 30, flags);
            let ran = ran.expect(3);
            ran.says(says);
            let hint = if says == foreign {
                "--base-url"
            } else {
                "get a new access token"
            };
            ran.says(hint);
            let mut requests = server.requests().into_iter();
            assert!(requests.all(|line| line.starts_with("GET")), "{status}");
        }
    }
}

/// A service that confirms five changes. From then on something else answers, to `is_meant` paths or to all.
fn wall_after_five(
    status: u16,
    head: &'static str,
    body: &'static str,
    is_meant: impl Fn(&str) -> bool + Send + Sync + 'static,
) -> (RawServer, Arc<AtomicUsize>) {
    let changes = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&changes);
    let server = RawServer::answering(move |method, path, _| {
        let before = match method {
            "PUT" => counted.fetch_add(1, Ordering::SeqCst),
            _ => counted.load(Ordering::SeqCst),
        };
        if before >= 5 && is_meant(path) {
            return (status, head, body.to_string());
        }
        match method {
            "PUT" => (204, TRACKED, String::new()),
            _ if path.ends_with("/people/me") => (200, TRACKED, "{}".to_string()),
            _ => (403, TRACKED, String::new()),
        }
    });
    (server, changes)
}

const WALLS: [(u16, &str, &str); 11] = [
    (200, "", "<html>Sign in</html>"),
    (302, "location: https://login.example/\r\n", ""),
    (401, "", "<html>Sign in</html>"),
    (401, "www-authenticate: NTLM\r\n", ""),
    (403, "", ""),
    (403, "", "<html>Blocked</html>"),
    (404, "", ""),
    (405, "", ""),
    (407, "", ""),
    (451, "", ""),
    (511, "", "<html>Hotel</html>"),
];

#[test]
fn a_wall_that_begins_in_the_middle_stops_the_run() {
    for (status, head, body) in WALLS {
        // Where the token is refused by what is in front, the service may still be asked about it.
        let is_meant = move |path: &str| status != 401 || !path.ends_with("/people/me");
        let (server, changes) = wall_after_five(status, head, body, is_meant);
        let (ran, results) = apply(&server.base_url(), 200, "--concurrency 4");
        let ran = ran.expect(3);
        ran.says("did not come from Webex");
        ran.says("--resume");
        assert_eq!(count(&results, "updated"), 5, "{status} {body}");
        let left = count(&results, "not-attempted");
        assert!(left >= 180, "{status} {body}: {left} left");
        let sent = changes.load(Ordering::SeqCst);
        assert!(sent < 40, "{status} {body}: {sent} changes");
    }
}

#[test]
fn a_wall_before_one_row_ends_that_row_alone() {
    for (status, head, body) in WALLS {
        let blocked = location_id(11);
        let (server, _) = wall_after_five(status, head, body, move |path| path.contains(&blocked));
        let stage = Stage::instant();
        stage.write("sheet.csv", sheet(30));
        let ran = stage.run(&format!(
            "apply sheet.csv --yes --even-if-used --concurrency 1 --base-url {}",
            server.base_url()
        ));
        assert_eq!(ran.code, Some(1), "{status} {body}: {}", ran.stderr);
        let results = stage.results("sheet.results.csv");
        assert_eq!(count(&results, "updated"), 29, "{status} {body}");
    }
}
