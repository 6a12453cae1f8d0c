//! Access tokens: where they come from, that nothing shows them, and those that end before the run
//! does.

use std::fs;
use std::io::{Read, Write};
use std::num::NonZeroU64;

use serde_json::Value;
use wxbulk::simulator::{Access, Bearer, Behavior, Lifetime, Refresh, Rotation, Secret};

use crate::harness::{Ran, Stage, TOKEN, count, location_id, org_id, sheet};
use crate::raw_server::{DONE, RawServer};

const CLIENT_SECRET: &str = "hush-hush-client";
const REFRESH_TOKEN: &str = "first-refresh-t0ken";

/// What nothing may show; the simulator makes the last two.
const SECRETS: [&str; 4] = [
    CLIENT_SECRET,
    REFRESH_TOKEN,
    "simulated-access-token",
    "simulated-refresh-token",
];

/// A service that knows one app, whose tokens end after a number of requests.
fn service(requests: u64, rotation: Rotation) -> Stage {
    Stage::new(Behavior {
        access: Access {
            bearer: Bearer::Exactly(Secret::new("none but those of a refresh")),
            lifetime: Lifetime::Requests(NonZeroU64::new(requests).expect("some")),
            refresh: Refresh::Exactly {
                client_id: "me".into(),
                client_secret: Secret::new(CLIENT_SECRET),
                refresh_token: Secret::new(REFRESH_TOKEN),
            },
            rotation,
            ..Access::default()
        },
        ..Behavior::instant()
    })
}

fn write_app(stage: &Stage, refresh_token: &str) {
    let text = format!(
        "SERVICE_APP_CLIENT_ID=me\nSERVICE_APP_CLIENT_SECRET={CLIENT_SECRET}\nSERVICE_APP_REFRESH_TOKEN={refresh_token}\n"
    );
    stage.write_secret("app.env", &text);
}

fn refreshes(stage: &Stage) -> Vec<Value> {
    let requests = stage.requests().into_iter();
    requests
        .filter(|request| {
            request["path"]
                .as_str()
                .is_some_and(|path| path.ends_with("/access_token"))
        })
        .collect()
}

fn assert_nothing_shows(stage: &Stage, ran: &Ran, secrets: &[&str]) {
    for file in stage.files() {
        if file.ends_with("app.env") {
            continue;
        }
        let bytes = fs::read(&file).expect("a file");
        let text = String::from_utf8_lossy(&bytes);
        for secret in secrets {
            assert!(
                !text.contains(secret),
                "{} shows `{secret}`",
                file.display()
            );
        }
    }
    for secret in secrets {
        assert!(!ran.stdout.contains(secret) && !ran.stderr.contains(secret));
    }
}

#[test]
fn a_token_that_ends_every_200_requests_costs_no_row_and_one_refresh_each_time() {
    let stage = service(200, Rotation::NewRefreshToken);
    stage.write("sheet.csv", sheet(5000));
    write_app(&stage, REFRESH_TOKEN);
    let ran = stage
        .apply("sheet.csv --concurrency 20 --service-app app.env -vv --log-file log.jsonl")
        .expect(0);
    assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), 5000);

    let accepted = |requests: Vec<Value>| {
        let accepted = |request: &&Value| request["authorized"] == true;
        requests.iter().filter(accepted).count()
    };
    assert_eq!(accepted(stage.requests()), 5000, "every row once");
    let accepted = accepted(stage.all_requests());
    let refreshes = refreshes(&stage);
    assert_eq!(
        refreshes.len(),
        accepted.div_ceil(200),
        "one for each token"
    );
    assert!(refreshes.iter().all(|request| request["status"] == 200));
    assert_nothing_shows(&stage, &ran, &SECRETS);

    let saved = fs::read_to_string(stage.path("app.env")).expect("a file");
    let last = format!(
        "SERVICE_APP_REFRESH_TOKEN=simulated-refresh-token-{}\n",
        refreshes.len()
    );
    assert!(saved.ends_with(&last), "{saved}");
    assert!(!wxbulk::platform::others_may_read(&stage.path("app.env")).expect("a file"));
    // And the next run begins with what this one saved.
    stage
        .apply("sheet.csv --service-app app.env -o again.csv")
        .expect(0);
}

#[test]
fn the_variables_of_a_service_app_do_as_well_and_a_new_refresh_token_is_warned_about() {
    let stage = service(50, Rotation::NewRefreshToken);
    stage.write("sheet.csv", sheet(120));
    let mut command = stage.command(&stage.apply_line("sheet.csv"));
    command
        .env("SERVICE_APP_CLIENT_ID", "me")
        .env("SERVICE_APP_CLIENT_SECRET", CLIENT_SECRET)
        .env("SERVICE_APP_REFRESH_TOKEN", REFRESH_TOKEN);
    let ran = Ran::of(command.output().expect("it starts")).expect(0);
    assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), 120);
    let warning = "SERVICE_APP_REFRESH_TOKEN still has the old one";
    assert_eq!(ran.stderr.matches(warning).count(), 1, "{}", ran.stderr);
    assert_nothing_shows(&stage, &ran, &SECRETS);
}

#[test]
fn a_refresh_token_that_is_no_good_is_said_and_nothing_is_sent() {
    let stage = service(50, Rotation::SameRefreshToken);
    stage.write("sheet.csv", sheet(20));
    write_app(&stage, "a-wrong-refresh-t0ken");
    let ran = stage.apply("sheet.csv --service-app app.env");
    assert_ne!(ran.code, Some(0));
    ran.says("does not give a new access token");
    assert_nothing_shows(&stage, &ran, &["a-wrong-refresh-t0ken", CLIENT_SECRET]);
    assert_eq!(stage.requests().len(), 1);
}

#[test]
fn a_refresh_that_is_answered_with_nothing_is_not_asked_for_again_and_again() {
    let server = RawServer::after(
        |mut stream| {
            let _ = stream.read(&mut [0; 8192]);
            let _ = stream.write_all(DONE.as_bytes());
        },
        |line| {
            while line.request() {
                line.say(DONE);
            }
        },
    );
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(2));
    write_app(&stage, REFRESH_TOKEN);
    let ran = stage.run(&format!(
        "apply sheet.csv --yes --even-if-used --service-app app.env --base-url {}",
        server.base_url()
    ));
    assert_ne!(ran.code, Some(0));
    ran.says(
        "no new access token came for the refresh token: the answer (204) holds no access token",
    );
    ran.says("the refresh token was not refused");
    assert!(!ran.stderr.contains("authorize"), "{}", ran.stderr);
    assert!(server.requests().len() < 10);
    assert_nothing_shows(&stage, &ran, &SECRETS);
}

#[test]
fn what_a_refresh_answers_is_saved_only_where_it_can_be_read_back() {
    const ACCESS: &str = r#""access_token":"a-simulated-access-token","expires_in":3600"#;
    let long = format!(
        r#"{{{ACCESS},"refresh_token":"refresh-0001","x":"{}"}}"#,
        "y".repeat(100_000)
    );
    let with_mark = format!("\u{feff}{{{ACCESS},\"refresh_token\":\"refresh-0001\"}}");
    let with = |refresh: &str| format!(r#"{{{ACCESS},"refresh_token":"{refresh}"}}"#);
    for (body, saved, code, asked) in [
        (with("refresh-0001"), "refresh-0001", 0, 1),
        (with_mark, "refresh-0001", 0, 1),
        (long, "refresh-0001", 0, 1),
        (
            with(r"new\nSERVICE_APP_CLIENT_SECRET=evil"),
            REFRESH_TOKEN,
            0,
            1,
        ),
        (with("a b c d"), REFRESH_TOKEN, 0, 1),
        (
            r#"{"access_token":"","refresh_token":"refresh-0001"}"#.to_string(),
            "refresh-0001",
            3,
            3,
        ),
        (
            r#"{"access_token":null,"refresh_token":"refresh-0001"}"#.to_string(),
            "refresh-0001",
            3,
            3,
        ),
        (
            r#"{"error":"invalid_grant"}"#.to_string(),
            REFRESH_TOKEN,
            3,
            1,
        ),
    ] {
        let said = body.clone();
        let server = RawServer::after(
            |_| {},
            move |line| {
                while line.request() {
                    let length = said.len();
                    line.say(if line.last_request().contains("/access_token") {
                        format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{said}")
                    } else if line.last_request().starts_with("PUT") {
                        DONE.to_string()
                    } else {
                        "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_string()
                    });
                }
            },
        );
        let stage = Stage::instant();
        stage.write("sheet.csv", sheet(2));
        write_app(&stage, REFRESH_TOKEN);
        let ran = stage.run(&format!(
            "apply sheet.csv --yes --no-backup --service-app app.env --base-url {}",
            server.base_url()
        ));
        let body = &body[..body.len().min(100)];
        assert_eq!(ran.code, Some(code), "{body}: {}", ran.stderr);
        let file = fs::read_to_string(stage.path("app.env")).expect("a file");
        let wanted = format!(
            "SERVICE_APP_CLIENT_ID=me\nSERVICE_APP_CLIENT_SECRET={CLIENT_SECRET}\nSERVICE_APP_REFRESH_TOKEN={saved}\n"
        );
        assert_eq!(file, wanted, "{body}");
        let requests = server.requests().into_iter();
        let asks = requests
            .filter(|line| line.contains("/access_token"))
            .count();
        assert!(asks <= asked, "{body}: {asks}");
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let stage = service(50, Rotation::SameRefreshToken);
    stage.write("sheet.csv", sheet(2));
    write_app(&stage, REFRESH_TOKEN);
    fs::set_permissions(stage.path("app.env"), fs::Permissions::from_mode(0o640)).expect("set");
    let ran = stage.apply("sheet.csv --service-app app.env").expect(2);
    insta::assert_snapshot!(ran.stderr, @r#"
    error: cannot use the service app's file `app.env`: others may read it, and whoever has what is in it can change your settings
    hint: make it yours alone: chmod 600 "app.env"
    "#);
    assert!(stage.requests().is_empty());
}

#[test]
fn a_personal_token_that_ends_stops_the_run_which_goes_on_with_another() {
    let life = NonZeroU64::new(30).expect("some");
    let stage = Stage::new(Behavior {
        access: Access {
            lifetime: Lifetime::Requests(life),
            ..Access::default()
        },
        ..Behavior::instant()
    });
    stage.write("sheet.csv", sheet(50));
    let ran = stage.apply("sheet.csv").expect(3);
    ran.says("Webex rejected the access token");
    ran.says("get a new access token");
    stage.write("token.txt", "another-token-altogether");
    stage
        .apply("sheet.csv --resume --token-file token.txt")
        .expect(0);
    assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), 50);
}

#[test]
fn a_token_that_is_missing_or_garbled_is_explained() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(1));
    let without = |name: &str, value: &str| {
        let mut command = stage.command("apply sheet.csv");
        let output = command
            .env_remove("WEBEX_ACCESS_TOKEN")
            .env(name, value)
            .output();
        Ran::of(output.expect("it starts")).expect(2).stderr
    };
    insta::assert_snapshot!(without("WEBEX_TOKEN", ""), @"
    error: there is no access token
    hint: put it into the variable WEBEX_ACCESS_TOKEN, or into a file named with --token-file;
    hint: a personal one, good for 12 hours, is shown on https://developer.webex.com after signing in;
    hint: for runs longer than that, name a service app's file with --service-app;
    hint: to try everything without one, use --rehearse
    ");
    insta::assert_snapshot!(without("WEBEX_ACCESS_TOKEN", "two words"), @"error: the variable WEBEX_ACCESS_TOKEN holds no token: it has spaces, line breaks or characters in it that no token has; copy the token alone");
    let twice = "it is two tokens, or one that was pasted twice; copy one alone, and give each its own file where both are needed (--token-file may be given several times)";
    let two = "NzQ0ODU5NjUtZTQ1_PF84_1eb65fdf-9643-417f-9974-ad72cae0e10f ".repeat(2);
    for pasted in ["s3cret-t0kens3cret-t0ken", &two, &two.replace(' ', "")] {
        let said = without("WEBEX_TOKEN", pasted);
        let wanted = format!("error: the variable WEBEX_TOKEN holds no token: {twice}\n");
        assert_eq!(said, wanted);
    }
    assert_eq!(stage.all_requests().len(), 0);
}

#[test]
fn the_token_can_come_from_a_file_and_is_never_shown() {
    let stage = Stage::new(Behavior {
        faults: "404=20%,500=20%,reset-before=10%".parse().expect("faults"),
        ..Behavior::instant()
    });
    stage.write("sheet.csv", sheet(60));
    stage.write("secret.txt", format!("Bearer {TOKEN}\n"));
    let mut said = String::new();
    for line in [
        "sheet.csv --token-file secret.txt -vv --log-file log.jsonl -o one.csv",
        "sheet.csv -vv --log-file log.jsonl --summary json -o two.csv",
        "sheet.csv -o one.csv",
    ] {
        let ran = stage.apply(line);
        said += &ran.stdout;
        said += &ran.stderr;
    }
    fs::remove_file(stage.path("secret.txt")).expect("it was there");
    for path in stage.files() {
        said += &fs::read_to_string(path).expect("text");
    }
    assert!(
        said.contains("exchange") && said.contains("updated"),
        "something was said"
    );
    assert!(!said.contains(TOKEN));
}

/// All that a run with `-vv` shows and leaves behind.
fn everything(stage: &Stage, ran: &Ran) -> String {
    let files = stage.files().into_iter();
    let texts = files.map(|path| String::from_utf8_lossy(&fs::read(path).expect("a file")).into());
    let texts: Vec<String> = texts.collect();
    format!("{}{}{}", ran.stdout, ran.stderr, texts.join("\n"))
}

/// A character after the other, in the same disguise.
fn disguised(disguise: impl Fn(u8) -> String) -> String {
    TOKEN.bytes().map(disguise).collect::<Vec<_>>().concat()
}

/// Answers that repeat the token: their status, a header, their body.
fn answers_with_the_token() -> Vec<(&'static str, String, String)> {
    let escaped = disguised(|byte| format!("\\u{byte:04x}"));
    let percent = disguised(|byte| format!("%{byte:02X}"));
    let html = disguised(|byte| format!("&#{byte};"));
    let broken = disguised(|byte| format!("{}\r\n", char::from(byte)));
    let twice = disguised(|byte| format!("%25{byte:02X}"));
    let tagged = TOKEN.replace('-', "<b>-</b>");
    let long = "x".repeat(390);
    let filler = "y".repeat(64 * 1024 - 8);
    vec![
        (
            "400 Bad Request",
            String::new(),
            format!(r#"{{"message":"{TOKEN}"}}"#),
        ),
        (
            "400 Bad Request",
            String::new(),
            format!(r#"{{"message":"{escaped}"}}"#),
        ),
        (
            "400 Bad Request",
            String::new(),
            format!(r#"{{"errorCode":"{escaped}"}}"#),
        ),
        (
            "400 Bad Request",
            String::new(),
            format!(r#"{{"trackingId":"{escaped}"}}"#),
        ),
        ("400 Bad Request", String::new(), percent.clone()),
        ("400 Bad Request", String::new(), twice),
        (
            "400 Bad Request",
            format!("x-{TOKEN}: 1\r\n"),
            String::new(),
        ),
        ("400 Bad Request", String::new(), html),
        ("400 Bad Request", String::new(), broken),
        (
            "400 Bad Request",
            String::new(),
            format!("<html>{tagged}</html>"),
        ),
        ("400 Bad Request", String::new(), format!("{long}{TOKEN}")),
        ("400 Bad Request", String::new(), format!("{filler}{TOKEN}")),
        ("400 Bad Request", String::new(), TOKEN[1..].to_string()),
        (
            "400 Bad Request",
            format!("trackingid: {long}{TOKEN}\r\n"),
            String::new(),
        ),
        (
            "400 Bad Request",
            format!("trackingid: {percent}\r\n"),
            String::new(),
        ),
        (
            "400 Bad Request",
            format!("cisco-spark-error-codes: {TOKEN}\r\n"),
            String::new(),
        ),
        (
            "302 Found",
            format!("location: https://x/?t={TOKEN}\r\n"),
            String::new(),
        ),
        (
            "204 No Content",
            format!("trackingid: {long}{TOKEN}\r\n"),
            String::new(),
        ),
        (
            "200 OK",
            format!("trackingid: {TOKEN}\r\n"),
            "{}".to_string(),
        ),
        ("200 OK", String::new(), format!("<html>{TOKEN}</html>")),
        (
            "200 OK",
            String::new(),
            format!(r#"{{"message":"{escaped}"}}"#),
        ),
    ]
}

/// However an answer repeats the token, nothing has so much as ten characters of it.
#[test]
fn an_answer_that_repeats_the_token_in_any_disguise_shows_it_nowhere() {
    let escaped = disguised(|byte| format!("\\u{byte:04x}"));
    let percent = disguised(|byte| format!("%{byte:02X}"));
    let twice = disguised(|byte| format!("%25{byte:02X}"));
    for (status, header, body) in answers_with_the_token() {
        let answer = format!(
            "HTTP/1.1 {status}\r\n{header}content-length: {}\r\n\r\n{body}",
            body.len()
        );
        let server = RawServer::saying(answer);
        let stage = Stage::instant();
        stage.write("sheet.csv", sheet(2));
        let line = format!(
            "apply sheet.csv --yes --even-if-used --base-url {} -vv --log-file log.jsonl",
            server.base_url()
        );
        let ran = stage.run(&line);
        let shown = everything(&stage, &ran);
        for piece in TOKEN.as_bytes().windows(10) {
            let piece = std::str::from_utf8(piece).expect("ASCII");
            assert!(!shown.contains(piece), "{status} {header} {body}: {shown}");
        }
        for disguised in [&escaped, &percent, &twice] {
            assert!(
                !shown.contains(&disguised[..60]),
                "{status} {header} {body}"
            );
        }
    }
}

#[test]
fn a_token_file_is_read_as_windows_writes_it() {
    let utf16: Vec<u8> = format!("\u{feff}{TOKEN}\r\n")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for content in [
        utf16,
        format!("\"{TOKEN}\"\r\n").into_bytes(),
        format!("WEBEX_ACCESS_TOKEN={TOKEN}").into_bytes(),
        format!("Authorization: Bearer {TOKEN}").into_bytes(),
        format!(r#"{{"access_token":"{TOKEN}"}}"#).into_bytes(),
    ] {
        let stage = Stage::instant();
        stage.write("sheet.csv", sheet(1));
        stage.write("token.txt", content);
        stage
            .apply("sheet.csv --token-file token.txt --concurrency 1")
            .expect(0);
    }
}

#[test]
fn a_token_file_that_text_edit_saved_as_rtf_is_called_so() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(1));
    let rtf = format!("{{\\rtf1\\ansi\\ansicpg1252\\cocoartf2761\n\\f0\\fs24 {TOKEN}}}");
    stage.write("token.txt", rtf);
    let ran = stage.apply("sheet.csv --token-file token.txt").expect(2);
    ran.says("it is an RTF document, as TextEdit saves it (choose Format > Make Plain Text");
    assert!(!ran.stderr.contains(TOKEN), "{}", ran.stderr);
    assert!(stage.requests().is_empty());
}

#[test]
fn a_token_of_a_few_letters_is_none() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(1));
    stage.write("token.txt", "abc1234");
    let ran = stage.apply("sheet.csv --token-file token.txt").expect(2);
    insta::assert_snapshot!(ran.stderr, @"error: the token file `token.txt` holds no token: it has fewer than 8 characters, and every token has more");
}

#[test]
fn a_newer_token_in_the_token_file_is_taken_when_the_old_one_is_refused() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(20));
    stage.write("token.txt", "the-old-token");
    let file = stage.path("token.txt");
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let server = RawServer::start(move |line| {
        while line.request() {
            if asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 5 {
                fs::write(&file, "the-new-token").expect("written");
                line.say("HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n");
            } else {
                line.say(DONE);
            }
        }
    });
    let line = format!(
        "apply sheet.csv --yes --even-if-used --token-file token.txt --base-url {}",
        server.base_url()
    );
    stage.run(&line).expect(0);
    assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), 20);
}

#[test]
fn a_newer_token_of_another_organization_ends_the_run_and_one_of_another_person_is_told() {
    for (person, organization, code, said) in [
        ("x", 1, 0, ""),
        ("y", 1, 0, "the newer one is that of y (y@b.example)"),
        ("y", 2, 3, "that of another organization: y (y@b.example)"),
        ("x", 2, 3, "that of another organization"),
    ] {
        let stage = Stage::instant();
        // No row says of which organization it is.
        let rows = (1..=20).map(|n| format!("{},+12025550101\n", location_id(n)));
        stage.write(
            "sheet.csv",
            format!("locationId,n1\n{}", rows.collect::<String>()),
        );
        stage.write("token.txt", "the-old-token");
        let file = stage.path("token.txt");
        let asked = std::sync::atomic::AtomicUsize::new(0);
        let server = RawServer::after(
            |_| {},
            move |line| {
                while line.request() {
                    let received = String::from_utf8_lossy(&line.received).to_lowercase();
                    let is_old = received.contains("bearer the-old-token");
                    let is_put = received.starts_with("put");
                    if line.last_request().contains("/people/me") {
                        let (person, organization) = if is_old {
                            ("x", 1)
                        } else {
                            (person, organization)
                        };
                        let org = org_id(organization);
                        let body = format!(
                            r#"{{"id":"{person}","displayName":"{person}","emails":["{person}@b.example"],"orgId":"{org}"}}"#
                        );
                        let length = body.len();
                        line.say(format!(
                            "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}"
                        ));
                    } else if line.last_request().contains("/organizations") {
                        let id = org_id(1);
                        let body = format!(r#"{{"items":[{{"id":"{id}","displayName":"A"}}]}}"#);
                        let length = body.len();
                        line.say(format!(
                            "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}"
                        ));
                    } else if is_put && is_old {
                        let before = asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                        if before == 5 {
                            fs::write(&file, "the-new-token").expect("written");
                        }
                        if before < 5 {
                            line.say(DONE);
                            continue;
                        }
                        line.say("HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n");
                    } else if is_put {
                        line.say(DONE);
                    } else {
                        line.say("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
                    }
                }
            },
        );
        let line = format!(
            "apply sheet.csv --yes --no-backup --token-file token.txt --base-url {}",
            server.base_url()
        );
        stage.run(&line).expect(code).says(said);
        let updated = count(&stage.results("sheet.results.csv"), "updated");
        assert_eq!(
            updated == 20,
            code == 0,
            "{person} {organization}: {updated}"
        );
    }
}

#[test]
fn two_runs_with_one_service_app_do_not_spend_each_others_refresh_token() {
    let stage = service(20, Rotation::NewRefreshToken);
    write_app(&stage, REFRESH_TOKEN);
    let names = ["one", "two", "three"];
    let children: Vec<_> = names
        .iter()
        .map(|name| {
            stage.write(&format!("{name}.csv"), sheet(200));
            let line = stage.apply_line(&format!("{name}.csv --service-app app.env"));
            stage.command(&line).spawn().expect("it starts")
        })
        .collect();
    for child in children {
        Ran::of(child.wait_with_output().expect("it ends")).expect(0);
    }
    assert!(refreshes(&stage).len() > 10);
    for name in names {
        let results = stage.results(&format!("{name}.results.csv"));
        assert_eq!(count(&results, "updated"), 200);
    }
}
