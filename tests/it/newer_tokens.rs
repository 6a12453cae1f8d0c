//! A credential that is replaced in the middle of a run, or between a plan and what is sent of it: rows go to
//! nobody else, and whoever is to wait waits; and one that is missing when a run goes on.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use crate::harness::{Ran, Stage, count, location_id, number, org_id};
use crate::raw_server::{DONE, RawServer};

/// A request: its token, and its first line.
type Asked = (String, String);

/// A service of the organization 1. Whose a token is it begins with, as in `ada-token-1`; `answer` may say something
/// else, a status, more of the head and a body, by the token and the first line.
struct Service {
    server: RawServer,
    asked: Arc<Mutex<Vec<Asked>>>,
}

type Answer = (u16, &'static str, String);

impl Service {
    fn start(answer: impl Fn(&str, &str) -> Option<Answer> + Send + Sync + 'static) -> Service {
        let asked = Arc::<Mutex<Vec<Asked>>>::default();
        let seen = Arc::clone(&asked);
        let server = RawServer::after(
            |_| {},
            move |line| {
                while line.request() {
                    let received = String::from_utf8_lossy(&line.received).into_owned();
                    let token = received.split("Bearer ").nth(1).unwrap_or_default();
                    let token = token.lines().next().unwrap_or_default().to_string();
                    let request = line.last_request();
                    let said = answer(&token, &request);
                    seen.lock()
                        .expect("no panic")
                        .push((token.clone(), request.clone()));
                    let (status, head, body) = said.unwrap_or_else(|| usual(&token, &request));
                    if status == 204 {
                        line.say(DONE);
                        continue;
                    }
                    let length = body.len();
                    line.say(format!(
                        "HTTP/1.1 {status} X\r\ntrackingid: T_1\r\n{head}content-length: {length}\r\n\r\n{body}"
                    ));
                }
            },
        );
        // Only what comes later is answered.
        let address = server.base_url();
        let address = address.trim_start_matches("http://");
        drop(std::net::TcpStream::connect(
            address.trim_end_matches("/v1"),
        ));
        Service { server, asked }
    }

    /// The changes by a token, as first lines.
    fn changes_by(&self, token: &str) -> Vec<String> {
        let asked = self.asked.lock().expect("no panic");
        let changes = asked
            .iter()
            .filter(|(by, line)| by == token && line.starts_with("PUT"));
        changes.map(|(_, line)| line.clone()).collect()
    }

    fn run(&self, stage: &Stage, line: &str) -> Ran {
        stage.run(&format!("{line} --base-url {}", self.server.base_url()))
    }
}

fn person(token: &str, organization: u64) -> String {
    let name = token.split('-').next().unwrap_or_default();
    let org = org_id(organization);
    format!(
        r#"{{"id":"{name}","displayName":"{name}","emails":["{name}@b.example"],"orgId":"{org}"}}"#
    )
}

fn usual(token: &str, request: &str) -> Answer {
    let (id, org) = (location_id(2), org_id(1));
    let body = if request.contains("/people/me") {
        person(token, 1)
    } else if request.contains("/organizations") {
        format!(r#"{{"items":[{{"id":"{org}","displayName":"Acme"}}]}}"#)
    } else if request.starts_with("PUT") {
        return (204, "", String::new());
    } else {
        format!(r#"{{"locations":[{{"id":"{id}","name":"HQ"}}]}}"#)
    };
    (200, "", body)
}

fn unauthorized() -> Answer {
    (401, "", "{}".into())
}

fn is_who(request: &str) -> bool {
    request.contains("/people/me")
}

/// Rows that name no organization, or the organization 1.
fn sheet(rows: u64, organization: &str) -> String {
    let mut text = String::from("orgId,locationId,n1\n");
    for row in 2..rows + 2 {
        text += &format!("{organization},{},{}\n", location_id(row), number(row));
    }
    text
}

/// After five changes by `ada-token-1` its file holds something else, and the service knows it no more.
fn replaced_by(file: PathBuf, text: &'static str) -> impl Fn(&str, &str) -> Option<Answer> {
    let changes = Mutex::new(0);
    move |token, request| {
        if token != "ada-token-1" || !request.starts_with("PUT") {
            return None;
        }
        let mut changes = changes.lock().expect("no panic");
        *changes += 1;
        if *changes > 5 {
            fs::write(&file, text).expect("written");
            return Some(unauthorized());
        }
        None
    }
}

#[test]
fn rows_go_to_the_organization_that_was_checked_where_nobody_says_whose_the_newer_token_is() {
    let page = "<html>hello</html>";
    for (status, body) in [
        (403, "{}"),
        (404, "{}"),
        (200, "{}"),
        (200, page),
        (200, r#"{"id":"ben","displayName":"ben","orgId":null}"#),
    ] {
        let stage = Stage::instant();
        stage.write("sheet.csv", sheet(20, ""));
        stage.write_secret("token.txt", "ada-token-1");
        let replaced = replaced_by(stage.path("token.txt"), "ben-token-2");
        let service = Service::start(move |token, request| {
            if token == "ben-token-2" && is_who(request) {
                return Some((status, "", body.into()));
            }
            replaced(token, request)
        });
        let line = "apply sheet.csv --yes --even-if-used --token-file token.txt -c 1";
        service.run(&stage, line).expect(0);
        let changes = service.changes_by("ben-token-2");
        assert_eq!(changes.len(), 15, "{status} {body}");
        let name = format!("orgId={}", org_id(1));
        assert!(changes.iter().all(|one| one.contains(&name)), "{changes:?}");
        assert!(
            !service
                .changes_by("ada-token-1")
                .iter()
                .any(|one| one.contains("orgId"))
        );
    }
}

#[test]
fn a_service_app_whose_file_holds_that_of_another_organization_ends_the_run() {
    let app = |name: &str| {
        format!(
            "SERVICE_APP_CLIENT_ID=app\nSERVICE_APP_CLIENT_SECRET=secret-of-the-app\nSERVICE_APP_REFRESH_TOKEN=refresh-of-{name}\n"
        )
    };
    for (other, code) in [(1, 0), (2, 3)] {
        let stage = Stage::instant();
        stage.write("sheet.csv", sheet(20, ""));
        stage.write_secret("app.env", &app("ada"));
        let (file, of_ben) = (stage.path("app.env"), app("ben"));
        let changes = Mutex::new(0);
        let fetched = Mutex::new(0);
        let service = Service::start(move |token, request| {
            if request.contains("/access_token") {
                let mut fetched = fetched.lock().expect("no panic");
                *fetched += 1;
                let token = if *fetched == 1 {
                    "ada-token-1"
                } else {
                    "ben-token-2"
                };
                return Some((200, "", format!(r#"{{"access_token":"{token}-of-app"}}"#)));
            }
            if token.starts_with("ben") && is_who(request) {
                return Some((200, "", person(token, other)));
            }
            if token.starts_with("ada") && request.starts_with("PUT") {
                let mut changes = changes.lock().expect("no panic");
                *changes += 1;
                if *changes > 5 {
                    fs::write(&file, &of_ben).expect("written");
                    return Some(unauthorized());
                }
            }
            None
        });
        let line = "apply sheet.csv --yes --even-if-used --service-app app.env -c 1";
        let ran = service.run(&stage, line).expect(code);
        let changes = service.changes_by("ben-token-2-of-app").len();
        assert_eq!(changes, if code == 0 { 15 } else { 0 });
        if code == 3 {
            ran.says("is that of another organization: ben (ben@b.example)");
        }
    }
}

#[test]
fn a_plan_is_sent_to_its_organization_by_a_token_that_may_not_say_whose_it_is() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(3, ""));
    stage.write_secret("ada.txt", "ada-token-1");
    stage.write_secret("ben.txt", "ben-token-1");
    let service = Service::start(|token, request| {
        let is_asked = is_who(request) || request.contains("/organizations");
        if token == "ben-token-1" && is_asked {
            return Some((403, "", "{}".into()));
        }
        if request.starts_with("GET") && request.contains("autoTransfer") {
            return Some((200, "", r#"{"autoTransferNumber1":"+12025550199"}"#.into()));
        }
        None
    });
    service
        .run(&stage, "plan sheet.csv --token-file ada.txt")
        .expect(0);
    let apply = "apply sheet.plan.csv --yes --token-file ben.txt";
    service.run(&stage, apply).expect(0);
    let changes = service.changes_by("ben-token-1");
    assert_eq!(changes.len(), 3);
    let name = format!("orgId={}", org_id(1));
    assert!(changes.iter().all(|one| one.contains(&name)), "{changes:?}");
}

#[test]
fn a_newer_token_of_a_user_who_sends_already_ends_its_credential() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(40, &org_id(1)));
    stage.write_secret("a.txt", "ada-token-1");
    stage.write_secret("b.txt", "ben-token-1");
    let service = Service::start(replaced_by(stage.path("a.txt"), "ben-token-2"));
    let line = "apply sheet.csv --yes --even-if-used --token-file a.txt --token-file b.txt -c 1";
    let ran = service.run(&stage, line).expect(0);
    ran.says("nothing more is sent by `a.txt`: ");
    ran.says("is that of ben (ben@b.example), by whose other credentials this run sends already");
    assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), 40);
    assert!(service.changes_by("ben-token-2").is_empty());
}

#[test]
fn whoever_a_newer_token_is_of_waits_as_the_service_said() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(20, ""));
    stage.write_secret("token.txt", "ada-token-1");
    stage.write_secret("other.txt", "ben-token-9");
    let replaced = replaced_by(stage.path("token.txt"), "ben-token-2");
    let service = Service::start(move |token, request| {
        if token == "ben-token-2" && request.starts_with("PUT") {
            return Some((429, "retry-after: 600\r\n", "{}".into()));
        }
        replaced(token, request)
    });
    let line = "apply sheet.csv --yes --even-if-used --max-wait 1m -c 1";
    service
        .run(&stage, &format!("{line} --token-file token.txt"))
        .expect(3);
    let line = format!("{line} --token-file other.txt -o other.csv");
    let ran = service.run(&stage, &line);
    assert_ne!(ran.code, Some(0), "{}", ran.stderr);
    ran.says("Webex asked at ");
    assert!(service.changes_by("ben-token-9").is_empty());
}

#[test]
fn whoever_a_newer_token_is_of_waits_as_another_run_was_told() {
    for line in [
        "--token-file token.txt",
        "--token-file token.txt --token-file cyd.txt",
    ] {
        let stage = Stage::instant();
        stage.write("sheet.csv", sheet(20, &org_id(1)));
        stage.write_secret("token.txt", "ada-token-1");
        stage.write_secret("cyd.txt", "cyd-token-1");
        stage.write_secret("other.txt", "ben-token-9");
        let replaced = replaced_by(stage.path("token.txt"), "ben-token-2");
        let service = Service::start(move |token, request| {
            if token == "ben-token-9" && request.starts_with("PUT") {
                return Some((429, "retry-after: 600\r\n", "{}".into()));
            }
            replaced(token, request)
        });
        let apply = "apply sheet.csv --yes --even-if-used --max-wait 1m -c 1";
        service
            .run(
                &stage,
                &format!("{apply} --token-file other.txt -o other.csv"),
            )
            .expect(3);
        let ran = service.run(&stage, &format!("{apply} {line}"));
        ran.says("note: Webex asked at ");
        assert!(
            service.changes_by("ben-token-2").is_empty(),
            "{}",
            ran.stderr
        );
        // Whoever else there is goes on.
        let done = count(&stage.results("sheet.results.csv"), "updated");
        let is_alone = !line.contains("cyd");
        assert_eq!(
            (ran.code, done),
            if is_alone {
                (Some(3), 5)
            } else {
                (Some(0), 20)
            }
        );
    }
}

#[test]
fn who_may_not_say_whose_they_are_is_replaced_by_nobody_beside_others() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(40, &org_id(1)));
    stage.write_secret("ada.txt", "ada-token-1");
    stage.write_secret("ben.txt", "ben-token-1");
    let replaced = replaced_by(stage.path("ada.txt"), "cyd-token-2");
    let service = Service::start(move |token, request| {
        let is_unknown = is_who(request) && !token.starts_with("ben");
        if is_unknown {
            return Some((403, "", "{}".into()));
        }
        // Ben manages another organization, so he is somebody else.
        if token.starts_with("ben") && request.contains("/organizations") {
            let all = [org_id(1), org_id(2)].map(|org| format!(r#"{{"id":"{org}"}}"#));
            return Some((200, "", format!(r#"{{"items":[{}]}}"#, all.join(","))));
        }
        replaced(token, request)
    });
    let line =
        "apply sheet.csv --yes --even-if-used --token-file ada.txt --token-file ben.txt -c 1";
    let ran = service.run(&stage, line).expect(0);
    ran.says("warning: Webex does not say whose these credentials are: `ada.txt`");
    ran.says("nothing more is sent by `ada.txt`: ");
    ran.says("may be anybody's: whose it is may not be asked");
    assert!(service.changes_by("cyd-token-2").is_empty());
    assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), 40);
}

#[test]
fn without_a_state_folder_each_token_of_a_user_waits_when_the_run_goes_on() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(20, &org_id(1)));
    stage.write_secret("a.txt", "ada-token-1");
    stage.write_secret("b.txt", "ada-token-2");
    let service = Service::start(|_, request| {
        if is_who(request) {
            return Some((403, "", "{}".into()));
        }
        let is_change = request.starts_with("PUT");
        is_change.then(|| (429, "retry-after: 600\r\n", "{}".into()))
    });
    let run = |credentials: &str| {
        let line = format!(
            "apply sheet.csv --yes --even-if-used --max-wait 1m {credentials} --base-url {}",
            service.server.base_url()
        );
        let mut command = stage.command(&line);
        let command = command
            .env_remove("XDG_STATE_HOME")
            .env_remove("LOCALAPPDATA");
        Ran::of(command.env_remove("HOME").output().expect("it runs"))
    };
    run("--token-file a.txt --token-file b.txt").expect(3);
    let sent = service.asked.lock().expect("no panic").len();
    for again in ["b.txt", "a.txt"] {
        let ran = run(&format!("--token-file {again} --resume")).expect(3);
        ran.says("Webex asked at ");
    }
    let asked = service.asked.lock().expect("no panic")[sent..].to_vec();
    assert!(
        !asked.iter().any(|(_, line)| line.starts_with("PUT")),
        "{asked:?}"
    );
}

#[cfg(unix)]
#[test]
fn whoever_interrupts_the_questions_is_told_nothing_of_rows_for_later() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(4, &org_id(1)));
    stage.write_secret("a.txt", "ada-token-1");
    stage.write_secret("b.txt", "ben-token-1");
    let is_silent = Arc::<AtomicBool>::default();
    let silence = Arc::clone(&is_silent);
    let (told, asked) = mpsc::channel();
    let told = Mutex::new(told);
    let service = Service::start(move |_, request| {
        if is_who(request) && silence.load(Ordering::SeqCst) {
            told.lock()
                .expect("no panic")
                .send(())
                .expect("it is waited for");
            loop {
                thread::park();
            }
        }
        let is_change = request.starts_with("PUT");
        is_change.then(|| (429, "retry-after: 600\r\n", "{}".into()))
    });
    let line = format!(
        "apply sheet.csv --yes --even-if-used --max-wait 1m --token-file a.txt --token-file b.txt --base-url {}",
        service.server.base_url()
    );
    stage.run(&line).expect(3);
    is_silent.store(true, Ordering::SeqCst);
    // Nothing is asked before the wait is over, unless the person wants to.
    let child = stage
        .command(&format!("{line} --resume --forget-wait"))
        .spawn();
    let child = child.expect("it starts");
    asked.recv().expect("it asks");
    let mut kill = std::process::Command::new("kill");
    kill.args(["-INT", &child.id().to_string()])
        .status()
        .expect("kill");
    let ran = Ran::of(child.wait_with_output().expect("it ends"));
    assert!(!ran.stderr.contains("no credential"), "{}", ran.stderr);
}
