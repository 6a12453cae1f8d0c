//! What is noted in a log, and what is noted nowhere.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};

use serde_json::Value;
use wxbulk::simulator::Behavior;

use crate::harness::{Ran, Stage, TOKEN, location_id, sheet};
use crate::raw_server::{DONE, RawServer};

fn log(stage: &Stage) -> Vec<Value> {
    let text = fs::read_to_string(stage.path("log.jsonl")).expect("a log");
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("a line is an object"))
        .collect()
}

#[test]
fn a_log_has_a_line_for_each_row_and_what_failed_in_full() {
    let stage = Stage::new(Behavior {
        faults: "500=20%,429=10%,404=10%,reset-before=5%"
            .parse()
            .expect("faults"),
        retry_after: "1s".parse().expect("a policy"),
        ..Behavior::instant()
    });
    stage.write("sheet.csv", sheet(40));
    stage.apply("sheet.csv --log-file log.jsonl");
    let results = stage.results("sheet.results.csv");
    let log = log(&stage);

    let rows = log.iter().filter(|line| line["message"] == "close");
    let rows: Vec<&Value> = rows.map(|line| &line["span"]).collect();
    assert_eq!(rows.len(), 40);
    for row in rows {
        let number = row["row"].as_u64().expect("a row");
        let result = results.iter().find(|row| row["row"] == number.to_string());
        let result = result.expect("a result");
        assert_eq!(row["outcome"], *result["outcome"]);
        assert_eq!(row["tracking_id"], *result["trackingId"]);
        assert_eq!(row["attempts"].to_string(), result["attempts"]);
        assert_eq!(row["location"], *location_id(number));
        assert!(row["waited_ms"].as_u64() <= row["took_ms"].as_u64());
    }
    let exchanges = || log.iter().filter(|line| line["message"] == "exchange");
    let statuses: BTreeSet<String> = exchanges().map(|line| line["status"].to_string()).collect();
    assert_eq!(
        statuses.into_iter().collect::<Vec<_>>(),
        ["404", "429", "500", "null"]
    );
    let failed = exchanges().find(|line| line["status"] == 404);
    let failed = failed.expect("one that was not found");
    let text = |name: &str| failed[name].as_str().expect("text").to_string();
    assert_eq!(text("method"), "PUT");
    assert!(text("url").contains("/outgoingPermission/autoTransferNumbers?orgId="));
    assert!(text("request_headers").contains("authorization: (hidden)\n"));
    assert!(text("request_body").starts_with(r#"{"autoTransferNumber1":"+1202"#));
    assert!(text("response_headers").contains("trackingid: "));
    assert!(!text("response_body").is_empty());
    assert!(failed["span"]["row"].is_u64());
}

#[test]
fn a_log_never_spoils_another_file() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(1));
    let ran = stage
        .apply("sheet.csv -o r.csv --log-file sheet.csv")
        .expect(2);
    insta::assert_snapshot!(ran.stderr, @"error: cannot write the log `sheet.csv`: it exists and is not a log; name another file");
    assert_eq!(
        fs::read_to_string(stage.path("sheet.csv")).expect("text"),
        sheet(1)
    );
}

/// An answer with this status, headers and body.
fn answer(status: u16, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status} \r\n{headers}content-length: {length}\r\n\r\n{body}")
}

/// Answers that repeat the token in every place that wxbulk reads.
fn indiscretions() -> Vec<String> {
    let spelt = |spell: fn(u8) -> String| TOKEN.bytes().map(spell).collect::<String>();
    let escaped = spelt(|byte| format!("\\u{byte:04x}"));
    let encoded = spelt(|byte| format!("%{byte:02X}"));
    let header = format!("Authorization: Bearer {TOKEN}");
    let json = format!(
        r#"{{"message":"{header}","errors":[{{"description":"{TOKEN}","errorCode":"{TOKEN}"}}],"trackingId":"{TOKEN}"}}"#
    );
    let mut answers: Vec<String> = [400, 403, 404, 409, 500, 502]
        .map(|status| answer(status, "", &json))
        .to_vec();
    let codes = format!("cisco-spark-error-codes: {TOKEN}\r\ntrackingid: {TOKEN}\r\n");
    let wait = format!("retry-after: 1\r\n{codes}x-echo: {header}\r\nset-cookie: id={TOKEN}\r\n");
    answers.extend([
        answer(404, &codes, &header),
        answer(429, &wait, &format!("<html><body>{header}</body></html>")),
        answer(
            302,
            &format!("location: https://example.com/?t={encoded}&u={TOKEN}\r\n"),
            "",
        ),
        answer(400, "", &format!(r#"{{"message":"it is {escaped}"}}"#)),
        // Broken off in the middle of it.
        format!(
            "HTTP/1.1 400 \r\nconnection: close\r\ncontent-length: 9999\r\n\r\n{}",
            &TOKEN[..12]
        ),
        format!("HTTP/1.1 204 \r\ntrackingid: {TOKEN}\r\n\r\n"),
    ]);
    answers
}

#[test]
fn nothing_shows_the_token_whatever_a_server_repeats() {
    let answers = indiscretions();
    let rows = answers.len() as u64;
    let server = RawServer::start(move |line| {
        // One answer a connection; after all of them, all is well.
        if !line.request() {
            return;
        }
        match answers.get(line.number) {
            Some(answer) => {
                line.say(answer.replacen("\r\n", "\r\nconnection: close\r\n", 1));
            }
            None => {
                line.say(DONE.replacen("\r\n", "\r\nconnection: close\r\n", 1));
            }
        }
    });
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(rows));
    let line = format!(
        "apply sheet.csv --yes --even-if-used -vv --log-file log.jsonl --concurrency 1 --base-url {}",
        server.base_url()
    );
    let ran = stage.run(&line).expect(1);
    let exchanges = log(&stage);
    let exchanges = exchanges
        .iter()
        .filter(|line| line["message"] == "exchange" && line["method"] == "PUT");
    assert_eq!(exchanges.count(), 11, "all that failed");

    let said = all_that_is_said(&stage, &ran);
    assert!(said.contains("(hidden)"));
    assert!(!said.contains(&TOKEN[..12]), "half of it is too much");
}

#[test]
fn nothing_shows_the_secrets_of_a_service_app_that_a_server_repeats() {
    let (secret, encoded) = ("hush+hush/client", "hush%2Bhush%2Fclient");
    let body = format!(r#"{{"message":"no: client_secret={encoded}, {secret}, refr3sh-me"}}"#);
    // The first that is asked for is an access token.
    let server = RawServer::after(
        move |mut stream| {
            let _ = stream.read(&mut [0; 8192]);
            let _ = stream.write_all(answer(400, "", &body).as_bytes());
        },
        |_| {},
    );
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(3));
    let app = format!(
        "SERVICE_APP_CLIENT_ID=me\nSERVICE_APP_CLIENT_SECRET={secret}\nSERVICE_APP_REFRESH_TOKEN=refr3sh-me\n"
    );
    stage.write_secret("app.env", &app);
    let line = format!(
        "apply sheet.csv --yes --even-if-used -vv --log-file log.jsonl --service-app app.env --base-url {}",
        server.base_url()
    );
    let ran = stage.run(&line).expect(3);
    fs::remove_file(stage.path("app.env")).expect("it was there");
    let said = all_that_is_said(&stage, &ran);
    assert!(said.contains("client_secret=(hidden), (hidden), (hidden)"));
    for secret in [secret, encoded, "refr3sh"] {
        assert!(!said.contains(secret), "{secret}");
    }
}

/// What was printed, and every file that was written.
fn all_that_is_said(stage: &Stage, ran: &Ran) -> String {
    let mut said = format!("{}{}", ran.stdout, ran.stderr);
    for path in stage.files() {
        said += &fs::read_to_string(path).expect("text");
    }
    said
}
