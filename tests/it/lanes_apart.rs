//! Several credentials that are not alike: some may only read, some are left out, some are for another
//! organization than the one that is meant; and none of them is ever seen.

use std::fs;
use std::process::Child;

use serde_json::{Value, json};
use wxbulk::simulator::{
    Access, Bearer, Behavior, Lifetime, Location, Locations, Refresh, Rotation, Scopes, Secret,
    User,
};

use crate::harness::{Ran, Stage, count, location_id, number, org_id, rows_recorded};
use crate::lanes::{changes_by_user, locations, sheet, two_customers, user, write_tokens};
use crate::raw_server::RawServer;

/// Two administrators of one organization, of whom the second may only read.
fn one_may_only_read() -> Stage {
    let mut ben = user("Ben", &[0], &["token-of-ben-1"]);
    let scopes = [
        "spark:people_read",
        "spark-admin:organizations_read",
        "spark-admin:telephony_config_read",
    ];
    ben.access.scopes = Scopes::Only(scopes.map(String::from).into());
    let stage = Stage::new(Behavior {
        locations: locations(2..402, |_| 0),
        users: vec![user("Ada", &[0], &["token-of-ada-1"]), ben],
        ..Behavior::instant()
    });
    write_tokens(
        &stage,
        &[("ada.txt", "token-of-ada-1"), ("ben.txt", "token-of-ben-1")],
    );
    stage.write("sheet.csv", sheet(2..402, |_| 0));
    stage
}

#[test]
fn who_may_only_read_leaves_the_changes_to_who_may_make_them() {
    for backup in ["", "--backup"] {
        let stage = one_may_only_read();
        let line = format!("sheet.csv {backup} --credentials customers");
        let ran = stage.apply(&line).expect(0);
        // Reads go by either of them, so that the second one may never be forbidden ten changes in a row.
        if backup.is_empty() {
            ran.says("`customers/ben.txt` may not change the last 10 rows that went by it (");
        }
        assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), 400);
        assert_eq!(changes_by_user(&stage)["Ada"], 400);
        let forbidden = stage.requests();
        let forbidden = forbidden.iter().filter(|one| one["status"] == 403).count();
        assert!(forbidden < 30, "{forbidden}");
    }
}

#[test]
fn where_one_is_left_out_a_row_without_an_organization_may_mean_one_of_theirs() {
    let stage = two_customers();
    stage.write_secret("customers/ajax.txt", "token-of-nobody");
    let text = sheet(2..3, |_| 0).replace(&org_id(0), "");
    stage.write("sheet.csv", text);
    let ran = stage.apply("sheet.csv --credentials customers").expect(2);
    ran.says("the row does not say which organization it is for");
    assert!(stage.requests().is_empty());
    // What is left out is missing in an export of all.
    let line = "export --all-orgs -o all.csv --credentials customers";
    stage.run_online(line).expect(1);
    assert_eq!(stage.results("all.csv").len(), 20);
}

#[test]
fn a_selftest_goes_by_the_one_that_manages_its_organization() {
    let stage = two_customers();
    let selftest = format!(
        "selftest --location {} --name=Site&2 --credentials customers --base-url {}",
        location_id(2),
        stage.simulator.base_url()
    );
    let run = |line: &str| {
        let words = line.split(' ').map(|word| word.replace('&', " "));
        let mut command = stage.command("");
        command.args(words);
        Ran::of(command.output().expect("it starts"))
    };
    let ran = run(&selftest).expect(2);
    ran.says("the credentials manage 2 organizations");
    ran.says("--org");
    assert!(stage.requests().is_empty());
    let ran = run(&format!("{selftest} --org {}", org_id(7))).expect(2);
    ran.says("none of the credentials manages the organization");
    let before = stage.state();
    run(&format!("{selftest} --org {}", org_id(0))).expect(0);
    assert_eq!(stage.state(), before);
    let requests = stage.requests();
    assert!(requests.iter().any(|one| one["method"] == "PUT"));
    assert!(requests.iter().all(|one| one["user"] == "Ada"));
}

/// Apps, each for an organization of its own, whose tokens end after some requests and whose refresh
/// tokens are good for one time.
pub(crate) fn apps(count: u64, lifetime: u64) -> Vec<User> {
    let app = |number: u64| User {
        name: format!("App {number}"),
        organizations: vec![org_id(number)],
        access: Access {
            bearer: Bearer::OneOf(Vec::new()),
            lifetime: Lifetime::Requests(lifetime.try_into().expect("some")),
            rotation: Rotation::NewRefreshToken,
            refresh: Refresh::Exactly {
                client_id: "one-app-for-all".into(),
                client_secret: Secret::new("hush-hush-client"),
                refresh_token: Secret::new(format!("first-refresh-of-app-{number}")),
            },
            ..Access::default()
        },
        ..User::default()
    };
    (0..count).map(app).collect()
}

pub(crate) fn write_apps(stage: &Stage, count: u64) {
    fs::create_dir_all(stage.path("customers")).expect("a folder");
    for number in 0..count {
        let text = format!(
            "SERVICE_APP_CLIENT_ID=one-app-for-all\nSERVICE_APP_CLIENT_SECRET=hush-hush-client\nSERVICE_APP_REFRESH_TOKEN=first-refresh-of-app-{number}\n"
        );
        stage.write_secret(&format!("customers/app-{number}.env"), &text);
    }
}

/// How many tokens there must have been: one for each app, and one more whenever this number of requests was made
/// by one.
pub(crate) fn tokens_needed(stage: &Stage, apps: u64, lifetime: u64) -> u64 {
    let requests = stage.all_requests();
    let of_app = |number: u64| {
        let name = format!("App {number}");
        requests.iter().filter(|one| one["user"] == name).count() as u64
    };
    (0..apps)
        .map(|app| of_app(app).div_ceil(lifetime).max(1))
        .sum()
}

/// The refreshes that were asked for, all of which were granted.
#[track_caller]
pub(crate) fn refreshes(stage: &Stage) -> u64 {
    let requests = stage.all_requests();
    let refreshes = requests.iter().filter(|one| {
        let path = one["path"].as_str().unwrap_or_default();
        path.ends_with("/access_token")
    });
    assert!(
        refreshes.clone().all(|one| one["status"] == 200),
        "a refresh token was used twice"
    );
    refreshes.count() as u64
}

#[test]
fn many_apps_whose_tokens_end_in_mid_run_each_renew_them_once() {
    // Some have many rows, most have few.
    let organization_of: fn(u64) -> u64 = |row| {
        if row % 2 == 0 {
            row % 4 / 2
        } else {
            row / 2 % 6
        }
    };
    let stage = Stage::new(Behavior {
        locations: locations(2..302, organization_of),
        users: apps(6, 15),
        latency: "2ms..20ms".parse().expect("a latency"),
        ..Behavior::instant()
    });
    write_apps(&stage, 6);
    stage.write("sheet.csv", sheet(2..302, organization_of));
    stage
        .apply("sheet.csv --backup --credentials customers")
        .expect(0);
    assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), 300);
    let refreshes = refreshes(&stage);
    assert_eq!(refreshes, tokens_needed(&stage, 6, 15));
    assert!(refreshes > 30, "{refreshes}");
}

const SECRETS: [&str; 8] = [
    "hush-hush-client",
    "first-refresh-of-app-",
    "simulated-refresh-token-",
    "simulated-access-token-",
    "token-of-ada-1",
    "token-of-ben-1",
    "token-of-nobody-here",
    "token-in-an-answer",
];

/// Nothing that was said or written has any of them, but for the files of credentials themselves.
#[track_caller]
pub(crate) fn assert_hidden(stage: &Stage, said: &[String]) {
    let own = stage.path("customers");
    let files = stage
        .files()
        .into_iter()
        .filter(|path| !path.starts_with(&own));
    let written = files.map(|path| {
        let text = String::from_utf8_lossy(&fs::read(&path).expect("a file")).into_owned();
        (path.display().to_string(), text)
    });
    let said = said
        .iter()
        .map(|text| ("what was said".to_string(), text.clone()));
    for (place, text) in written.chain(said) {
        for secret in SECRETS {
            assert!(!text.contains(secret), "{place}: {secret}");
        }
    }
}

#[test]
fn nothing_that_is_said_or_written_at_any_level_shows_any_of_many_secrets() {
    let mut users = apps(4, 12);
    users[3].access.revoked_after = "30".parse().expect("requests");
    users.push(user("Ada", &[0], &["token-of-ada-1"]));
    let mut ben = user("Ben", &[1], &["token-of-ben-1"]);
    ben.access.revoked_after = "9".parse().expect("requests");
    users.push(ben);
    let stage = Stage::new(Behavior {
        locations: locations(2..122, |row| row % 4),
        users,
        faults: "500=3%,reset-after=1%".parse().expect("faults"),
        ..Behavior::instant()
    });
    write_apps(&stage, 4);
    for token in ["token-of-ada-1", "token-of-ben-1", "token-of-nobody-here"] {
        stage.write_secret(&format!("customers/{}", &token[6..]), token);
    }
    stage.write("sheet.csv", sheet(2..122, |row| row % 4));
    let mut said = Vec::new();
    for line in [
        "whoami --credentials customers",
        "plan sheet.csv -o plan.csv --credentials customers -vv --log-file plan.jsonl",
        "apply sheet.csv --yes --backup --summary json --credentials customers -vv",
        "apply sheet.csv --yes --backup --resume --credentials customers -vv --log-file more.jsonl",
        "undo sheet.results.csv --yes --credentials customers -vv --log-file undo.jsonl",
        "status sheet.results.csv --json",
        "report sheet.results.csv",
    ] {
        let ran = match line.split(' ').next() {
            Some("status" | "report") => stage.run(line),
            _ => stage.run_online(line),
        };
        said.push(ran.stdout + &ran.stderr);
    }
    assert!(said.iter().any(|text| text.contains("asked `http")));
    assert!(said.iter().any(|text| text.contains("is left out: ")));
    assert!(refreshes_were_many(&stage));
    assert_hidden(&stage, &said);
}

fn refreshes_were_many(stage: &Stage) -> bool {
    let requests = stage.all_requests();
    let paths = requests.iter().filter_map(|one| one["path"].as_str());
    paths.filter(|path| path.ends_with("/access_token")).count() > 8
}

#[test]
fn a_service_that_repeats_what_it_is_sent_makes_none_of_many_secrets_seen() {
    for status in ["400 Bad Request", "401 Unauthorized", "403 Forbidden"] {
        let stage = Stage::instant();
        write_apps(&stage, 2);
        write_tokens(
            &stage,
            &[("ada.txt", "token-of-ada-1"), ("ben.txt", "token-of-ben-1")],
        );
        stage.write("sheet.csv", sheet(2..6, |row| row % 2));
        let lines = ["whoami", "apply sheet.csv --yes --log-file log.jsonl -vv"];
        let said = lines.map(|line| {
            let server = RawServer::after(|_| {}, move |line| {
                while line.request() {
                    // And what others send, by whatever way it has come to know that.
                    let others = "token-of-ada-1 token-of-ben-1 hush-hush-client first-refresh-of-app-0 first-refresh-of-app-1";
                    let received = format!("{others} {}", String::from_utf8_lossy(&line.received));
                    let body = json!({ "message": received, "trackingId": "T" }).to_string();
                    let length = body.len();
                    line.say(format!(
                        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
                    ));
                }
            });
            let address = server.base_url();
            let ran = stage.run(&format!("{line} --credentials customers --base-url {address}"));
            assert_ne!(ran.code, Some(0));
            let said = ran.stdout + &ran.stderr;
            assert!(said.contains("(hidden)"), "{said}");
            said
        });
        assert_hidden(&stage, &said);
    }
}

/// Both customers have a location of this name.
fn one_name_in_two(organizations: [&str; 2]) -> Stage {
    let location = |number: u64| Location {
        id: location_id(number + 2),
        organization: Some(org_id(number)),
        organization_name: organizations[usize::from(number == 1)].into(),
        name: "HQ".into(),
        ..Location::default()
    };
    let stage = Stage::new(Behavior {
        locations: Locations::Exactly([0, 1].map(location).into()),
        users: vec![
            user("Ada", &[0], &["token-of-ada-1"]),
            user("Ben", &[1], &["token-of-ben-1"]),
        ],
        ..Behavior::instant()
    });
    write_tokens(
        &stage,
        &[
            ("acme.txt", "token-of-nobody"),
            ("ajax.txt", "token-of-ben-1"),
        ],
    );
    stage
}

#[test]
fn what_a_name_means_does_not_depend_on_which_credentials_answer() {
    for (organizations, sheet, flags) in [
        (["Acme", "Ajax"], "locationName,n1\nHQ,+12025550177\n", ""),
        (
            ["Acme", "Acme"],
            "orgName,locationName,n1\nAcme,HQ,+12025550177\n",
            "",
        ),
        (
            ["Acme", "Acme"],
            "locationName,n1\nHQ,+12025550177\n",
            "--org Acme",
        ),
    ] {
        let stage = one_name_in_two(organizations);
        stage.write("sheet.csv", sheet);
        let before = stage.state();
        let line = format!("sheet.csv {flags} --credentials customers");
        let ran = stage.apply(&line).expect(2);
        ran.says("left out");
        assert_eq!(stage.state(), before, "{sheet}");
        // An id can mean only one.
        stage.write("sheet.csv", "locationName,n1\nHQ,+12025550177\n");
        let line = format!("sheet.csv --org {} --credentials customers", org_id(1));
        stage.apply(&line).expect(0);
        assert_eq!(changes_by_user(&stage)["Ben"], 1);
        let line = "export -o one.csv --credentials customers";
        let ran = stage.run_online(line).expect(2);
        ran.says("--org");
    }
}

/// A run over two customers that ended in the middle of both.
fn left_in_the_middle(stage: &Stage) -> usize {
    let child = stage.start_apply("sheet.csv --credentials customers");
    end_in_the_middle(stage, child, "sheet.results.csv.journal")
}

fn end_in_the_middle(stage: &Stage, mut child: Child, journal: &str) -> usize {
    let journal = stage.path(journal);
    while fs::read(&journal).map_or(0, |journal| rows_recorded(&journal).len()) < 20 {
        assert!(child.try_wait().expect("a child").is_none(), "it has ended");
        std::thread::yield_now();
    }
    child.kill().expect("it was running");
    child.wait().expect("it ends");
    stage.requests().len()
}

/// Two customers whose rows take their time.
fn two_slow_customers() -> Stage {
    let stage = Stage::new(Behavior {
        locations: locations(2..202, |row| row % 2),
        users: vec![
            user("Ada", &[0], &["token-of-ada-1"]),
            user("Ben", &[1], &["token-of-ben-1"]),
        ],
        latency: "20ms".parse().expect("a latency"),
        ..Behavior::instant()
    });
    write_tokens(
        &stage,
        &[
            ("acme.txt", "token-of-ada-1"),
            ("ajax.txt", "token-of-ben-1"),
        ],
    );
    stage.write("sheet.csv", sheet(2..202, |row| row % 2));
    stage
}

#[test]
fn with_fewer_credentials_a_run_goes_on_with_what_they_manage_and_says_who_is_missing() {
    let stage = two_slow_customers();
    let sent = left_in_the_middle(&stage);
    let away = stage.path("ajax.txt");
    fs::rename(stage.path("customers/ajax.txt"), &away).expect("it was there");
    let ran = stage
        .apply("sheet.csv --resume --credentials customers")
        .expect(3);
    ran.says("stopped: no credential here manages Organization 3");
    ran.says("what the run had before: `customers/ajax.txt` (Ben)");
    ran.says("rows are left; to go on:\n");
    assert!(!ran.stderr.contains("--skip-invalid"), "{}", ran.stderr);
    let new = stage.requests().split_off(sent);
    assert!(!new.is_empty() && new.iter().all(|one| one["user"] == "Ada"));
    // Rows that were under way when it was killed went twice.
    assert!(changes_by_user(&stage)["Ada"] >= 100);
    // Nobody of those who are there has anything left to do.
    let sent = stage.requests().len();
    let ran = stage
        .apply("sheet.csv --resume --credentials customers")
        .expect(3);
    ran.says("no credential here manages Organization 3");
    ran.says("what the run had before: `customers/ajax.txt` (Ben)");
    assert_eq!(stage.requests().len(), sent);
    fs::rename(&away, stage.path("customers/ajax.txt")).expect("a folder");
    stage
        .apply("sheet.csv --resume --credentials customers")
        .expect(0);
    assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), 200);
}

#[test]
fn the_command_that_goes_on_has_the_credentials_that_are_missing() {
    let stage = two_slow_customers();
    left_in_the_middle(&stage);
    // Two files, and a single one.
    for credentials in [
        "--token-file customers/acme.txt --token-file customers/none.txt",
        "--token-file customers/acme.txt",
    ] {
        stage.write_secret("customers/none.txt", "token-of-nobody");
        let ran = stage.apply(&format!("sheet.csv --resume {credentials}"));
        let ran = ran.expect(3);
        ran.says("those rows stay for later (");
        ran.says("put back what the run had before: `customers/ajax.txt` (Ben)");
        ran.says(format!(
            "sheet.csv {credentials} --token-file customers/ajax.txt --resume"
        ));
    }
    let status = stage.run("status sheet.results.csv").expect(0);
    let line = status.stdout.lines();
    let line = line.map(str::trim).find(|line| line.ends_with("--resume"));
    let line = line.expect("a command");
    let (_, words) = line.split_once(" apply ").expect("it");
    stage.run(&format!("apply {words}")).expect(0);
    assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), 200);
}

#[test]
fn another_customers_token_does_not_go_on_with_rows_that_name_no_organization() {
    let stage = two_slow_customers();
    let mut text = String::from("locationId,n1\n");
    for row in (2..202).step_by(2) {
        text += &format!("{},{}\n", location_id(row), number(row));
    }
    stage.write("sheet.csv", text);
    fs::rename(stage.path("customers/ajax.txt"), stage.path("ajax.txt")).expect("it was there");
    let sent = left_in_the_middle(&stage);
    for (credentials, said) in [
        ("--token-file ajax.txt", "are for `Organization 3`"),
        (
            "--token-file ajax.txt --credentials customers",
            "are for those of several",
        ),
    ] {
        let line = format!("sheet.csv --resume {credentials}");
        let ran = stage.apply(&line).expect(2);
        ran.says("that run was of Ada for the organization `Organization 2`");
        ran.says(said);
        assert_eq!(stage.requests().len(), sent, "nothing was sent");
    }
    stage
        .apply("sheet.csv --resume --credentials customers")
        .expect(0);
    assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), 100);
}

#[test]
fn rows_that_a_plan_approves_and_nobody_manages_were_not_deleted_and_go_later() {
    let stage = two_customers();
    stage.write("sheet.csv", sheet(2..42, |row| row % 2));
    stage
        .run_online("plan sheet.csv --credentials customers")
        .expect(0);
    let line =
        "sheet.plan.csv --skip-invalid --token-file customers/acme.txt --token-file none.txt";
    stage.write_secret("none.txt", "token-of-nobody");
    let ran = stage.apply(line).expect(1);
    assert!(!ran.stderr.contains("deleted"), "{}", ran.stderr);
    assert_eq!(changes_by_user(&stage)["Ada"], 20);
    let line = "sheet.plan.results.csv --only-failed --backup --if-unchanged sheet.plan.csv --credentials customers";
    stage.apply(line).expect(0);
    assert_eq!(changes_by_user(&stage)["Ben"], 20);
}

#[test]
fn what_one_token_is_asked_to_wait_the_others_of_its_user_wait_from_the_first_questions_on() {
    let tokens = [
        "token-of-ada-1",
        "token-of-ada-2",
        "token-of-ada-3",
        "token-of-ada-4",
    ];
    let mut ada = user("Ada", &[0], &tokens);
    ada.limit = Some("4/s".parse().expect("a limit"));
    let stage = Stage::new(Behavior {
        locations: locations(2..12, |_| 0),
        users: vec![ada],
        retry_after: "2s".parse().expect("a time"),
        ..Behavior::instant()
    });
    write_tokens(&stage, &tokens.map(|token| (&token[9..], token)));
    stage.write("sheet.csv", sheet(2..12, |_| 0));
    stage.apply("sheet.csv --credentials customers").expect(0);
    let requests = stage.all_requests();
    let time = |one: &Value, key: &str| one[key].as_f64().expect("a time");
    let refused: Vec<f64> = requests
        .iter()
        .filter(|one| one["status"] == 429)
        .map(|one| time(one, "answeredMs"))
        .collect();
    assert!(!refused.is_empty());
    // Whose a token is, somebody has to ask first.
    let known = requests.iter().filter(|one| one["path"] != "/people/me");
    for one in known {
        let arrived = time(one, "arrivedMs");
        // What left before the answer was there may arrive a little after it.
        let early = refused
            .iter()
            .find(|told| arrived > **told + 100.0 && arrived < **told + 1990.0);
        assert_eq!(early, None, "{one}");
    }
}

#[test]
fn an_export_that_lacks_organizations_still_does_when_it_goes_on() {
    let stage = two_slow_customers();
    stage.write_secret("customers/ajax.txt", "token-of-nobody");
    let line = format!(
        "export --all-orgs -o all.csv --credentials customers --base-url {}",
        stage.simulator.base_url()
    );
    let child = stage.command(&line).spawn().expect("it starts");
    end_in_the_middle(&stage, child, "all.csv.journal");
    stage.run(&format!("{line} --resume")).expect(1);
    assert_eq!(stage.results("all.csv").len(), 100);
}

#[test]
fn an_app_whose_token_ends_while_its_first_question_waits_renews_it() {
    let mut ada = user("Ada", &[0], &["token-of-ada-1"]);
    ada.limit = Some("bucket:2/s,burst=1".parse().expect("a limit"));
    ada.access.lifetime = "700ms".parse().expect("a time");
    ada.access.refresh = apps(1, 1)[0].access.refresh.clone();
    let stage = Stage::new(Behavior {
        locations: locations(2..4, |_| 0),
        users: vec![ada],
        ..Behavior::instant()
    });
    write_apps(&stage, 1);
    write_tokens(&stage, &[("ada.txt", "token-of-ada-1")]);
    stage.write("sheet.csv", sheet(2..4, |_| 0));
    let ran = stage.apply("sheet.csv --credentials customers").expect(0);
    assert!(
        !ran.stderr.contains("app-0.env` is left out"),
        "{}",
        ran.stderr
    );
    assert!(refreshes(&stage) > 1);
}

#[test]
fn a_file_of_credentials_that_shows_what_is_in_one_is_refused() {
    for (name, of) in [
        ("token-of-ada-1.txt", "ada"),
        ("TOKEN-OF-BEN-1", "ada"),
        ("first-refresh-of-app-0.env", "app"),
    ] {
        let stage = Stage::instant();
        write_tokens(&stage, &[("ben.txt", "token-of-ben-1")]);
        write_apps(&stage, 1);
        let text = match of {
            "app" => fs::read_to_string(stage.path("customers/app-0.env")).expect("an app"),
            _ => "token-of-ada-1".to_string(),
        };
        stage.write_secret(&format!("customers/{name}"), &text);
        stage.write("sheet.csv", sheet(2..4, |_| 0));
        for line in [
            "whoami --credentials customers".to_string(),
            "apply sheet.csv --yes --credentials customers".to_string(),
            format!(
                "apply sheet.csv --yes --{} customers/{name} --token-file customers/ben.txt",
                if of == "app" {
                    "service-app"
                } else {
                    "token-file"
                }
            ),
        ] {
            let ran = stage.run_online(&line).expect(2);
            ran.says("in its name or in that of a folder");
            let said = (ran.stdout + &ran.stderr).to_lowercase();
            assert!(
                !said.contains(
                    name.to_lowercase()
                        .trim_end_matches(".txt")
                        .trim_end_matches(".env")
                ),
                "{said}"
            );
            assert!(!stage.path("sheet.results.csv.journal").exists());
        }
        assert!(stage.all_requests().is_empty());
    }
}

/// Ada may not list organizations, so that of hers only her own is known, and not by its name.
fn one_may_not_list() -> Stage {
    let mut ada = user("Ada", &[0], &["token-of-ada-1"]);
    let scopes = [
        "spark:people_read",
        "spark-admin:telephony_config_read",
        "spark-admin:telephony_config_write",
    ];
    ada.access.scopes = Scopes::Only(scopes.map(String::from).into());
    let stage = Stage::new(Behavior {
        locations: locations(2..12, |row| row % 2),
        users: vec![ada, user("Ben", &[1], &["token-of-ben-1"])],
        ..Behavior::instant()
    });
    write_tokens(
        &stage,
        &[("ada.txt", "token-of-ada-1"), ("ben.txt", "token-of-ben-1")],
    );
    stage
}

#[test]
fn who_may_not_list_organizations_makes_an_export_of_all_incomplete() {
    let stage = one_may_not_list();
    let line = "export --all-orgs -o all.csv --credentials customers";
    let ran = stage.run_online(line).expect(1);
    ran.says("what else `customers/ada.txt` manages");
    assert_eq!(stage.results("all.csv").len(), 10);
    stage.write("sheet.csv", sheet(2..12, |row| row % 2));
    let ran = stage.apply("sheet.csv --credentials customers").expect(0);
    ran.says("note: these credentials may not list organizations, so they are used for their user's own, or for those of the sheet that they may read: `customers/ada.txt`");
}

#[test]
fn a_name_may_be_that_of_an_organization_whose_name_is_not_known() {
    let stage = one_may_not_list();
    stage.write(
        "sheet.csv",
        format!(
            "orgName,locationId,n1\nOrganization 2,{},201\n",
            location_id(3)
        ),
    );
    for line in [
        "apply sheet.csv --yes",
        "export --org Organization@2 -o one.csv",
    ] {
        let mut command = stage.command("");
        command.args(line.split(' ').map(|word| word.replace('@', " ")));
        command.args([
            "--credentials",
            "customers",
            "--base-url",
            &stage.simulator.base_url(),
        ]);
        let ran = Ran::of(command.output().expect("it starts")).expect(2);
        ran.says("whose name may not be asked and may be `Organization 2` too");
        assert!(stage.requests().iter().all(|one| one["method"] != "PUT"));
    }
    // By its id there is no doubt.
    stage.write("sheet.csv", sheet(2..12, |row| row % 2));
    stage.apply("sheet.csv --credentials customers").expect(0);
}
