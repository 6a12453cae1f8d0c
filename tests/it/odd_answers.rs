//! Answers that are whole and odd all the same: compressed, no text, elsewhere, absurd times to wait.

use crate::harness::{Ran, Stage, count, location_id, org_id};
use crate::hostile::apply;
use crate::raw_server::{DONE, RawServer};

/// An answer with this body, said to be compressed.
fn compressed(body: &[u8]) -> Vec<u8> {
    let mut answer = format!(
        "HTTP/1.1 400 Bad Request\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    answer.extend_from_slice(body);
    answer
}

/// A gzip file whose one block is stored as it is.
fn gzip(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).expect("a short text");
    let mut file = b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x01".to_vec();
    file.extend_from_slice(&length.to_le_bytes());
    file.extend_from_slice(&(!length).to_le_bytes());
    file.extend_from_slice(text.as_bytes());
    file.extend_from_slice(&crc32fast::hash(text.as_bytes()).to_le_bytes());
    file.extend_from_slice(&u32::from(length).to_le_bytes());
    file
}

/// What one row that is refused with this answer comes to.
#[track_caller]
fn refused(answer: impl AsRef<[u8]> + Send + Sync + 'static) -> (String, String) {
    let server = RawServer::saying(answer);
    let (ran, mut results) = apply(&server.base_url(), 1, "");
    ran.expect(1);
    assert_eq!(server.requests().len(), 1);
    let mut row = results.remove(0);
    assert_eq!((&*row["outcome"], &*row["attempts"]), ("failed", "1"));
    let mut cell = |name: &str| row.remove(name).expect("a column");
    (cell("status"), cell("message"))
}

#[test]
fn a_compressed_error_is_read_and_a_broken_one_still_has_its_status() {
    let body = r#"{"message":"Phone number is not valid.","errorCode":25223}"#;
    let (status, message) = refused(compressed(&gzip(body)));
    assert_eq!((&*status, &*message), ("400", "Phone number is not valid."));
    for broken in [&b"never compressed"[..], &gzip(body)[..13], b"\x1f\x8b"] {
        let (status, message) = refused(compressed(broken));
        assert_eq!((&*status, &*message), ("400", "bad request"));
    }
}

#[test]
fn text_that_is_none_is_shown_as_far_as_it_goes() {
    let mut answer =
        b"HTTP/1.1 409 \xff\xfe\r\ntrackingid: caf\xe9\r\ncontent-length: 35\r\n\r\n".to_vec();
    answer.extend_from_slice(b"the number \xff\xfe\0 is\r\nin use \xe9 already");
    let (status, message) = refused(answer);
    assert_eq!(status, "409");
    assert_eq!(
        message,
        "the number \u{fffd}\u{fffd} is in use \u{fffd} already"
    );
}

#[test]
fn the_token_does_not_follow_to_another_host() {
    for status in [
        "301 Moved",
        "302 Found",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let elsewhere = RawServer::saying(DONE);
        let target = format!("{}/v1", elsewhere.base_url());
        let answer =
            format!("HTTP/1.1 {status}\r\nlocation: {target}\r\ncontent-length: 0\r\n\r\n");
        let (said, message) = refused(answer);
        assert_eq!(said, status[..3]);
        assert_eq!(
            message,
            format!("redirected to `{target}`, which is not followed; is --base-url right?")
        );
        assert_eq!(elsewhere.connections(), 0);
    }
}

#[test]
fn absurd_times_to_wait_are_neither_believed_nor_passed_over() {
    for (headers, longest, words) in [
        ("retry-after: -5", "900ms", "to wait 1 s "),
        ("retry-after: 0", "900ms", "to wait 1 s "),
        (
            "retry-after: 99999999999999999999",
            "2h",
            "to wait 366 d 0 h ",
        ),
        (
            "retry-after: Fri, 31 Dec 9999 23:59:59 GMT",
            "2h",
            "to wait 366 d 0 h ",
        ),
        ("retry-after: rand(30),add(30)", "14s", "to wait 15 s "),
        ("x-nothing: 1", "14s", "to wait 15 s "),
        ("retry-after: 5\r\nretry-after: 60", "59s", "to wait 1 min "),
        (
            "retry-after: soon\r\nretry-after: 60",
            "59s",
            "to wait 1 min ",
        ),
    ] {
        let answer = format!("HTTP/1.1 429 Too Many\r\n{headers}\r\ncontent-length: 0\r\n\r\n");
        let server = RawServer::saying(answer);
        let flags = format!("--concurrency 1 --max-wait {longest}");
        let (ran, results) = apply(&server.base_url(), 3, &flags);
        let Ran { stderr, .. } = ran.expect(3);
        assert!(stderr.contains(words), "{headers}: {stderr}");
        assert!(stderr.contains("longer than --max-wait allows"), "{stderr}");
        assert!(stderr.trim_end().ends_with("--resume"), "{stderr}");
        assert_eq!(count(&results, "not-attempted"), 3);
        assert_eq!(results[0]["status"], "429");
        assert_eq!(server.requests().len(), 1, "{headers}");
    }
}

/// The answer to every request of a run, its first question included.
fn always(answer: &str) -> RawServer {
    let answer = answer.to_string();
    RawServer::after(
        {
            let answer = answer.clone();
            move |mut stream| {
                use std::io::{Read, Write};
                let _ = stream.read(&mut [0; 8192]);
                let _ = stream.write_all(answer.as_bytes());
            }
        },
        move |line| {
            while line.request() {
                line.say(&answer);
            }
        },
    )
}

fn answer(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Answers under a 2xx, and what they make of a row.
const SUCCESSES: [(&str, &str, &str); 47] = [
    ("204 No Content", "", "updated"),
    ("200 OK", "", "updated"),
    ("201 Created", "", "updated"),
    ("202 Accepted", "", "updated"),
    ("200 OK", " \r\n", "updated"),
    ("200 OK", "{}", "updated"),
    ("200 OK", "\u{feff}{}", "updated"),
    ("200 OK", r#"{"success":false}"#, "unknown"),
    ("200 OK", r#"{"status":"FAILED"}"#, "unknown"),
    ("200 OK", "{}{}", "unknown"),
    ("200 OK", r#"{"trackingId":"x"}"#, "updated"),
    ("200 OK", r#"{"trackingId":{"error":"x"}}"#, "unknown"),
    ("200 OK", r#"{"trackingId":"failed: no"}"#, "unknown"),
    ("200 OK", r#"{"status":"ok","success":true}"#, "updated"),
    (
        "200 OK",
        r#"{"autoTransferNumber1":"+12020000002","error":null}"#,
        "updated",
    ),
    ("200 OK", r#"{"code":401,"msg":"unauthorized"}"#, "unknown"),
    ("200 OK", r#"{"detail":"Not found"}"#, "unknown"),
    ("200 OK", r#"{"title":"Bad","status":400}"#, "unknown"),
    ("200 OK", r#"{"status":500}"#, "unknown"),
    ("200 OK", r#"{"statusCode":403}"#, "unknown"),
    ("200 OK", r#"{"result":"error"}"#, "unknown"),
    ("200 OK", r#"{"success":"false"}"#, "unknown"),
    ("200 OK", r#"{"isError":true}"#, "unknown"),
    ("200 OK", r#"{"url":"https://idbroker.example"}"#, "unknown"),
    ("200 OK", r#"{"items":[]}"#, "unknown"),
    ("202 Accepted", r#"{"jobId":"1"}"#, "unknown"),
    ("200 OK", r#"{"error_description":"no"}"#, "unknown"),
    ("208 Already Reported", "", "unknown"),
    ("600 What", "", "unknown"),
    ("999 Request denied", "", "unknown"),
    (
        "200 OK",
        r#"{"autoTransferNumber1":"+12020000002"}"#,
        "updated",
    ),
    (
        "200 OK",
        r#"{"autoTransferNumber1":"+12025550102"}"#,
        "unknown",
    ),
    ("200 OK", "<html><title>Sign in</title></html>", "unknown"),
    (
        "202 Accepted",
        "<!DOCTYPE html><p>Please wait</p>",
        "unknown",
    ),
    ("200 OK", "<?xml version=\"1.0\"?><ok/>", "unknown"),
    ("200 OK", "OK", "unknown"),
    ("200 OK", "\"OK\"", "unknown"),
    ("200 OK", "null", "unknown"),
    ("200 OK", "[]", "unknown"),
    ("200 OK", r#"{"message":"not allowed"}"#, "unknown"),
    ("200 OK", r#"{"errors":[{"description":"no"}]}"#, "unknown"),
    ("200 OK", r#"{"error":"invalid_token"}"#, "unknown"),
    ("201 Created", r#"{"errorCode":25223}"#, "unknown"),
    ("200 OK", r#"{"autoTransferNumber1":"+1202"#, "unknown"),
    ("203 Non-Authoritative Information", "", "unknown"),
    ("207 Multi-Status", "", "unknown"),
    ("206 Partial Content", "", "unknown"),
];

#[test]
fn a_success_is_one_only_with_a_body_that_this_call_can_have() {
    for (status, body, outcome) in SUCCESSES {
        // What reads the location is answered with a 403: nothing proves it either way.
        let said = answer(status, body);
        let server = RawServer::start(move |line| {
            while line.request() {
                let is_read = line.last_request().starts_with("GET");
                line.say(if is_read {
                    answer("403 Forbidden", "")
                } else {
                    said.clone()
                });
            }
        });
        let (ran, results) = apply(&server.base_url(), 1, "");
        ran.expect(i32::from(outcome != "updated"));
        assert_eq!(results[0]["outcome"], outcome, "{status} {body}");
        assert_eq!(results[0]["status"], status[..3]);
    }
}

#[test]
fn a_success_with_a_message_is_quoted_and_not_called_an_error() {
    for body in [r#"{"message":"Success"}"#, r#"{"code":0,"message":"OK"}"#] {
        let server = saying(answer("200 OK", body), answer("403 Forbidden", ""));
        let (ran, results) = apply(&server.base_url(), 1, "--no-backup");
        ran.expect(1);
        assert_eq!(results[0]["outcome"], "unknown", "{body}");
        let says = format!("the answer is not what this call answers: `{body}`");
        let message = &results[0]["message"];
        assert!(message.contains(&says), "{message}");
        assert!(!message.contains("error"), "{message}");
    }
}

#[test]
fn an_answer_without_words_is_quoted_whole() {
    for (body, says) in [
        (r#"{"success":false}"#, "the answer says an error: `"),
        (r#"{"errors":[]}"#, "the answer is not one of Webex: `"),
        (r#"{"code":0}"#, "the answer is not one of Webex: `"),
        (
            r#"{"autoTransferNumber1":12025550101}"#,
            "the answer is not one of Webex: `",
        ),
    ] {
        let server = saying(answer("200 OK", body), answer("403 Forbidden", ""));
        let (ran, results) = apply(&server.base_url(), 1, "--no-backup");
        ran.expect(1);
        let says = format!("{says}{body}`");
        let message = &results[0]["message"];
        assert!(message.contains(&says), "{message}");
    }
}

/// What may stand beside the numbers of a confirmation and say that it is none.
const BESIDE_THE_NUMBERS: [&str; 20] = [
    r#""status":"rejected""#,
    r#""status":400"#,
    r#""code":400"#,
    r#""statusCode":500"#,
    r#""failed":true"#,
    r#""isError":true"#,
    r#""hasErrors":true"#,
    r#""validationErrors":["x"]"#,
    r#""result":"failed""#,
    r#""isSuccess":false"#,
    r#""succeeded":false"#,
    r#""applied":false"#,
    r#""state":"PENDING_APPROVAL""#,
    r#""reason":"number not owned""#,
    r#""detail":"rejected""#,
    r#""warnings":["not applied"]"#,
    r#""data":{"error":"x"}"#,
    r#""data":{"text":"x"}"#,
    r#""errors":[{"description":"no"}]"#,
    r#""trackingId":{"error":"x"}"#,
];

/// A server that answers changes with `written` and reads of numbers with `read`.
fn saying(written: String, read: String) -> RawServer {
    RawServer::start(move |line| {
        while line.request() {
            let request = line.last_request();
            line.say(if request.starts_with("PUT") {
                written.clone()
            } else if request.contains("autoTransferNumbers") {
                read.clone()
            } else {
                answer("403 Forbidden\r\ntrackingid: NA_1", "")
            });
        }
    })
}

#[test]
fn what_stands_beside_the_numbers_of_a_confirmation_is_believed_only_after_a_read() {
    const NUMBER: &str = r#""autoTransferNumber1":"+12020000002""#;
    for beside in BESIDE_THE_NUMBERS {
        let written = answer("200 OK", &format!("{{{NUMBER},{beside}}}"));
        for (number, outcome) in [("+12020000002", "updated"), ("5501", "unknown")] {
            let read = answer(
                "200 OK",
                &format!(r#"{{"autoTransferNumber1":"{number}"}}"#),
            );
            let server = saying(written.clone(), read);
            let (ran, results) = apply(&server.base_url(), 1, "");
            ran.expect(i32::from(outcome != "updated"));
            assert_eq!(results[0]["outcome"], outcome, "{beside} {number}");
        }
    }
}

#[test]
fn a_read_that_says_an_error_beside_the_values_is_not_believed() {
    const NONE: &str =
        r#""autoTransferNumber1":null,"autoTransferNumber2":null,"autoTransferNumber3":null"#;
    let as_wanted = r#""autoTransferNumber1":"+12020000002""#;
    for values in [NONE, as_wanted] {
        for beside in [
            r#""errors":[{"description":"upstream timeout"}]"#,
            r#""errors":["x"]"#,
            r#""error":"partial""#,
            r#""message":"service degraded""#,
            r#""status":"failed""#,
            r#""code":503"#,
        ] {
            let read = answer("200 OK", &format!("{{{values},{beside}}}"));
            let server = saying(answer("204 No Content", ""), read);
            let (ran, results) = apply(&server.base_url(), 1, "--backup");
            ran.expect(1);
            assert_eq!(results[0]["outcome"], "failed", "{values} {beside}");
            let mut requests = server.requests().into_iter();
            assert!(!requests.any(|line| line.starts_with("PUT")), "{beside}");
        }
    }
}

#[test]
fn a_body_that_breaks_off_leaves_the_row_unknown_and_a_read_back_settles_it() {
    let broken = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\nconnection: close\r\n\r\n{\"auto";
    for (there, outcome) in [("+12020000002", "updated"), ("5501", "unknown")] {
        let server = RawServer::start(move |line| {
            while line.request() {
                if line.last_request().starts_with("GET") {
                    line.say(answer(
                        "200 OK",
                        &format!(
                            r#"{{"autoTransferNumber1":"{there}","autoTransferNumber3":null}}"#
                        ),
                    ));
                } else {
                    line.say(broken);
                    return;
                }
            }
        });
        let (_, results) = apply(&server.base_url(), 1, "");
        assert_eq!(results[0]["outcome"], outcome, "{results:?}");
    }
}

#[test]
fn when_every_answer_is_that_of_something_else_the_run_stops_after_the_first_few() {
    for (status, body) in [
        ("200 OK", "<html><title>Sign in</title></html>"),
        ("200 OK", "welcome"),
        ("203 Non-Authoritative Information", ""),
        ("302 Found", ""),
        ("307 Temporary Redirect", ""),
        ("400 Bad Request", "<html>no</html>"),
        ("404 Not Found", ""),
        ("405 Method Not Allowed", ""),
        ("409 Conflict", ""),
        ("422 Unprocessable", ""),
        ("444 No Response", ""),
        ("403 Forbidden", "<html>Blocked by Example Firewall</html>"),
        ("401 Unauthorized", "<html>Sign in to the network</html>"),
        ("302 Found\r\ntrackingid: NA_1", ""),
        ("999 Request denied", ""),
        ("407 Proxy Authentication Required", ""),
        ("451 Unavailable For Legal Reasons", ""),
        ("511 Network Authentication Required", "<html>Hotel</html>"),
    ] {
        let server = always(&answer(status, body));
        let (ran, results) = apply(&server.base_url(), 60, "--concurrency 4");
        let ran = ran.expect(3);
        ran.says("did not come from Webex");
        ran.says("--base-url");
        assert_eq!(count(&results, "updated"), 0);
        assert!(count(&results, "not-attempted") >= 50, "{status}");
        assert!(
            server.requests().len() < 20,
            "{status}: {}",
            server.requests().len()
        );
    }
}

/// A list of locations in two pages, the first of which leads on with `link`.
fn listing(link: &'static str, second: &'static str) -> RawServer {
    let json = |link: &str, body: &str| {
        format!(
            "HTTP/1.1 200 OK\r\ntrackingid: NA_1\r\n{link}content-length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    RawServer::start(move |line| {
        while line.request() {
            let request = line.last_request();
            line.say(if request.contains("autoTransferNumbers") {
                json("", r#"{"autoTransferNumber1":"5501"}"#)
            } else if request.contains("start=2") {
                json(
                    second,
                    &format!(
                        r#"{{"locations":[{{"id":"{}","name":"B"}},{{"id":"{}","name":"A"}}]}}"#,
                        location_id(2),
                        location_id(1)
                    ),
                )
            } else {
                json(
                    &format!("link: <{link}>; rel=\"next\"\r\n"),
                    &format!(
                        r#"{{"locations":[{{"id":null,"name":"?"}},{{"id":"../x"}},{{"id":"{}","name":null}}]}}"#,
                        location_id(1)
                    ),
                )
            });
        }
    })
}

#[test]
fn a_list_with_entries_of_another_organization_is_none() {
    for (before, after) in [
        (r#""orgId":""#, r#"""#),
        (r#""org":{"id":""#, r#""}"#),
        (r#""organization":{"id":""#, r#"","name":"x"}"#),
    ] {
        let server = RawServer::start(move |line| {
            while line.request() {
                let [location, other] = [location_id(1), org_id(2)];
                let body = format!(
                    r#"{{"locations":[{{"id":"{location}","name":"A",{before}{other}{after}}}]}}"#
                );
                line.say(answer("200 OK", &body));
            }
        });
        let stage = Stage::instant();
        let own = org_id(1);
        let url = server.base_url();
        let line = format!("export --org {own} -o all.csv --base-url {url}");
        let ran = stage.run(&line).expect(2);
        ran.says("the list has entries of another organization");
    }
}

#[test]
fn a_page_that_is_too_long_is_called_so() {
    let server = RawServer::start(|line| {
        while line.request() {
            let body = format!(r#"{{"locations":[],"x":"{}"}}"#, "x".repeat(13 << 20));
            line.say(answer("200 OK", &body));
        }
    });
    let stage = Stage::instant();
    let (own, url) = (org_id(1), server.base_url());
    let ran = stage.run(&format!("export --org {own} -o all.csv --base-url {url}"));
    ran.expect(2).says("the answer is longer than 12 MB");
}

#[test]
fn a_list_is_read_whole_and_of_one_organization_or_not_at_all() {
    let org = org_id(1);
    let other = Box::leak(format!("?start=2&orgId={}", org_id(2)).into_boxed_str());
    let both = format!("?start=2&orgId={org}&orgid={}", org_id(2));
    let both = Box::leak(both.into_boxed_str());
    let encoded = Box::leak(format!("?start=2&org%49d={}", org_id(2)).into_boxed_str());
    let spelled = Box::leak(format!("?start=2&organization_id={}", org_id(2)).into_boxed_str());
    let customer = format!("?start=2&orgId={org}&customerId={}", org_id(2));
    let customer = Box::leak(customer.into_boxed_str());
    let by_path = format!("/organizations/{}/locations?start=2", org_id(2));
    let by_path = Box::leak(by_path.into_boxed_str());
    let after = format!("?start=2&orgId={org};orgId={}", org_id(2));
    let after = Box::leak(after.into_boxed_str());
    let uuid = "?start=2&orgId=0a600000-0000-4000-8000-000000000001";
    for (link, second, code, said) in [
        ("?start=2", "", 0, "2 entries of a list have no usable id"),
        ("/telephony/config/locations?start=2", "", 0, ""),
        (
            "?start=2",
            "link: <?start=2>; rel=next\r\n",
            2,
            "lead in a circle",
        ),
        (
            "?start=2",
            "link: <?max=1000>; rel=next\r\n",
            2,
            "lead in a circle",
        ),
        (uuid, "", 0, ""),
        (other, "", 2, "of another organization"),
        (encoded, "", 2, "of another organization"),
        (both, "", 2, "of another organization"),
        (spelled, "", 2, "of another organization"),
        (after, "", 2, "of another organization"),
        (customer, "", 2, "of another organization"),
        (by_path, "", 2, "elsewhere"),
        ("/telephony/config/workspaces?start=2", "", 2, "elsewhere"),
        ("https://elsewhere.example/v1?start=2", "", 2, "elsewhere"),
    ] {
        let server = listing(link, second);
        let stage = Stage::instant();
        let line = format!(
            "export --org {org} -o all.csv --base-url {}",
            server.base_url()
        );
        let ran = stage.run(&line).expect(code);
        ran.says(said);
        if code == 0 {
            let rows = stage.results("all.csv");
            assert_eq!(rows.len(), 2, "each once");
            let lists = server.requests().into_iter();
            let mut lists = lists.filter(|line| line.contains("/config/locations?"));
            let own = [format!("orgId={org}"), uuid.replace("?start=2&", "")];
            assert!(lists.all(|line| own.iter().any(|own| line.contains(own))));
        }
    }
}

#[test]
fn the_next_page_is_found_however_its_link_is_written_and_part_of_a_list_is_none() {
    let org = org_id(1);
    for (link, errors, code) in [
        ("link: <?start=2>; rel='next'", "", 0),
        ("link: ?start=2; rel=\"next\"", "", 0),
        ("link: <?start=2&name=caf\u{e9}>; rel=\"NEXT\"", "", 0),
        (
            "link: <?start=9>; rel=\"prev\"\r\nlink: <?start=2>; rel=\"next\"",
            "",
            0,
        ),
        ("x-none: 1", ",\"errors\":[{\"description\":\"no\"}]", 2),
        ("x-none: 1", ",\"error\":\"partial\"", 2),
        ("x-none: 1", ",\"errors\":{\"a\":\"b\"}", 2),
        ("x-none: 1", ",\"message\":\"not all\"", 2),
        ("x-none: 1", ",\"locations\":[]", 2),
        ("x-none: 1", ",\"errors\":[],\"status\":200", 0),
    ] {
        let server = RawServer::start(move |line| {
            while line.request() {
                let request = line.last_request();
                let is_second = request.contains("start=2");
                let body = if request.contains("autoTransferNumbers") {
                    r#"{"autoTransferNumber1":"5501"}"#.to_string()
                } else {
                    let id = location_id(1 + u64::from(is_second));
                    format!(r#"{{"locations":[{{"id":"{id}","name":"A"}}]{errors}}}"#)
                };
                let link = if is_second { "x-none: 1" } else { link };
                line.say(answer(
                    &format!("200 OK\r\ntrackingid: NA_1\r\n{link}"),
                    &body,
                ));
            }
        });
        let stage = Stage::instant();
        let url = server.base_url();
        let ran = stage.run(&format!("export --org {org} -o all.csv --base-url {url}"));
        assert_eq!(ran.code, Some(code), "{link}{errors}: {}", ran.stderr);
        if code == 0 {
            let rows = if link.starts_with("x-") { 1 } else { 2 };
            assert_eq!(stage.results("all.csv").len(), rows, "{link}");
        }
    }
}

/// Pages of one location each: those of these numbers, and each leads to the next.
fn pages(places: &'static [u64]) -> RawServer {
    RawServer::start(move |line| {
        while line.request() {
            let request = line.last_request();
            if request.contains("autoTransferNumbers") {
                line.say(answer("200 OK", r#"{"autoTransferNumber1":"5501"}"#));
                continue;
            }
            let page = (1..places.len()).find(|page| request.contains(&format!("start={page}&")));
            let page = page.unwrap_or_default();
            let id = location_id(places[page]);
            let body = format!(r#"{{"locations":[{{"id":"{id}","name":"A"}}]}}"#);
            let next = page + 1;
            let status = if next < places.len() {
                format!("200 OK\r\ntrackingid: NA_1\r\nlink: <?start={next}>; rel=\"next\"")
            } else {
                "200 OK\r\ntrackingid: NA_1".to_string()
            };
            line.say(answer(&status, &body));
        }
    })
}

#[test]
fn one_page_with_nothing_new_is_no_circle_and_two_are_one() {
    let org = org_id(1);
    for (places, code) in [
        (&[1, 1, 2][..], 0),
        (&[1, 2, 1, 3, 3, 4], 0),
        (&[1, 1, 1, 2], 2),
    ] {
        let server = pages(places);
        let stage = Stage::instant();
        let url = server.base_url();
        let ran = stage.run(&format!("export --org {org} -o all.csv --base-url {url}"));
        assert_eq!(ran.code, Some(code), "{places:?}: {}", ran.stderr);
        if code == 0 {
            let rows = stage.results("all.csv").len() as u64;
            assert_eq!(Some(&rows), places.iter().max(), "{places:?}");
        } else {
            ran.says("lead in a circle");
        }
    }
}

#[test]
fn a_confirmation_with_other_numbers_is_read_back_before_it_is_believed() {
    let answer = |number: &str| {
        let body = format!(r#"{{"autoTransferNumber1":"{number}"}}"#);
        let length = body.len();
        format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        )
    };
    for (number, requests, outcome, code) in [
        ("+12020000002", 1, "updated", 0),
        ("2020000002", 1, "updated", 0),
        ("+1-2020000002", 1, "updated", 0),
        ("+12025550199", 3, "unknown", 1),
        ("", 3, "unknown", 1),
    ] {
        let server = RawServer::saying(answer(number));
        let (ran, results) = apply(&server.base_url(), 1, "");
        ran.expect(code);
        assert_eq!(server.requests().len(), requests, "{number}");
        assert_eq!(results[0]["outcome"], outcome, "{number}");
    }
}
