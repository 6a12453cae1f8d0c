//! One run over many credentials: rows go to whoever manages their organization, each user at a pace of
//! their own, and a credential that ends takes no row with it.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::ops::Range;

use serde_json::Value;
use wxbulk::simulator::{Access, Bearer, Behavior, Location, Locations, Scopes, Secret, User};

use crate::harness::{Stage, count, location_id, number, org_id, rows_recorded};

/// A person with these tokens, who manages these organizations.
pub(crate) fn user(name: &str, organizations: &[u64], tokens: &[&str]) -> User {
    let tokens = tokens.iter().map(|token| Secret::new(*token));
    User {
        name: name.into(),
        organizations: organizations.iter().map(|number| org_id(*number)).collect(),
        access: Access {
            bearer: Bearer::OneOf(tokens.collect()),
            ..Access::default()
        },
        ..User::default()
    }
}

/// Locations `first` to `last`, each of the organization that `of` says.
pub(crate) fn locations(rows: Range<u64>, of: fn(u64) -> u64) -> Locations {
    let location = |row: u64| Location {
        id: location_id(row),
        organization: Some(org_id(of(row))),
        name: format!("Site {row}"),
        ..Location::default()
    };
    Locations::Exactly(rows.map(location).collect())
}

/// A row for each of them.
pub(crate) fn sheet(rows: Range<u64>, of: fn(u64) -> u64) -> String {
    let mut text = String::from("orgId,locationId,n1\n");
    for row in rows {
        text += &format!("{},{},{}\n", org_id(of(row)), location_id(row), number(row));
    }
    text
}

/// A folder with a file for each token.
pub(crate) fn write_tokens(stage: &Stage, tokens: &[(&str, &str)]) {
    fs::create_dir_all(stage.path("customers")).expect("a folder");
    for (name, token) in tokens {
        stage.write_secret(&format!("customers/{name}"), token);
    }
}

/// Changes by the name of the user who made them.
pub(crate) fn changes_by_user(stage: &Stage) -> HashMap<String, usize> {
    let mut by_user = HashMap::new();
    for request in stage.requests() {
        if request["method"] == "PUT" && request["status"] == 204 {
            let user = request["user"].as_str().expect("a user").to_string();
            *by_user.entry(user).or_default() += 1;
        }
    }
    by_user
}

/// Two customers, a token each.
pub(crate) fn two_customers() -> Stage {
    two_customers_with(locations(2..42, |row| row % 2))
}

/// The same with other locations.
pub(crate) fn two_customers_with(locations: Locations) -> Stage {
    let stage = Stage::new(Behavior {
        locations,
        users: vec![
            user("Ada", &[0], &["token-of-ada-1"]),
            user("Ben", &[1], &["token-of-ben-1"]),
        ],
        ..Behavior::instant()
    });
    write_tokens(
        &stage,
        &[
            ("acme.txt", "token-of-ada-1"),
            ("ajax.txt", "token-of-ben-1"),
        ],
    );
    stage
}

#[test]
fn a_row_goes_by_the_token_that_manages_its_organization() {
    let stage = two_customers();
    stage.write("sheet.csv", sheet(2..42, |row| row % 2));
    for credentials in [
        "--credentials customers",
        "--token-file customers/acme.txt --token-file customers/ajax.txt",
    ] {
        let ran = stage
            .apply(&format!("sheet.csv {credentials} -o out.csv"))
            .expect(0);
        ran.says("asking 2 credentials who they are and what they manage");
        assert_eq!(count(&stage.results("out.csv"), "updated"), 40);
        for request in stage.requests() {
            let organization = request["orgId"].as_str().expect("one");
            let user = if organization == org_id(0) {
                "Ada"
            } else {
                "Ben"
            };
            assert_eq!(request["user"], user);
        }
        for name in ["out.csv", "out.csv.journal"] {
            fs::remove_file(stage.path(name)).expect("it was there");
        }
    }
}

#[test]
fn what_nobody_manages_is_a_problem_before_anything_is_sent_with_what_each_manages() {
    let stage = two_customers();
    let mut text = sheet(2..5, |row| row % 3);
    text += &format!(",{},{}\n", location_id(6), number(6));
    stage.write("sheet.csv", text);
    let ran = stage.apply("sheet.csv --credentials customers").expect(2);
    let said = ran.stderr.replace(&org_id(2), "ORG-2");
    insta::assert_snapshot!(said, @"
    asking 2 credentials who they are and what they manage
    row 2, column A (orgId): none of the 2 credentials manages the organization `ORG-2`; correct the id, or add a token or service app that manages it (`wxbulk whoami` lists what each of these manages)
    row 5, column A (orgId): the row does not say which organization it is for, and the 2 credentials manage 2 (`Organization 2`, `Organization 3`); put the organization's id into `orgId`, its name into `orgName`, or add --org with the id; `wxbulk whoami` lists the ids
    hint: correct these rows, or leave them out with --skip-invalid
    4 rows: 2 ready to send, 2 with 2 problems; nothing was sent
    what the credentials manage:
      `customers/acme.txt`: Organization 2
      `customers/ajax.txt`: Organization 3
    ");
    assert!(stage.requests().is_empty());
}

#[test]
fn a_name_is_looked_up_by_whoever_manages_the_organization() {
    let stage = two_customers();
    let text = format!(
        "orgId,locationName,n1\n{},Site 2,{}\n{},Site 3,{}\n",
        org_id(0),
        number(2),
        org_id(1),
        number(3)
    );
    stage.write("sheet.csv", text);
    stage.apply("sheet.csv --credentials customers").expect(0);
    let by_user = changes_by_user(&stage);
    assert_eq!((by_user["Ada"], by_user["Ben"]), (1, 1));
}

#[test]
fn a_token_that_is_revoked_half_way_leaves_its_rows_to_the_others() {
    let revoked = |after: &str| {
        let mut users: Vec<User> = ["Ada", "Ben", "Cyd", "Dee"]
            .map(|name| user(name, &[0], &[&format!("token-of-{name}")]))
            .into();
        users[1].access.revoked_after = after.parse().expect("requests");
        users
    };
    let stage = Stage::new(Behavior {
        locations: locations(2..402, |_| 0),
        users: revoked("40"),
        latency: "5ms".parse().expect("a latency"),
        ..Behavior::instant()
    });
    let names = ["Ada", "Ben", "Cyd", "Dee"];
    let tokens = names.map(|name| (name, format!("token-of-{name}")));
    let tokens: Vec<(&str, &str)> = tokens.iter().map(|(name, it)| (*name, &**it)).collect();
    write_tokens(&stage, &tokens);
    stage.write("sheet.csv", sheet(2..402, |_| 0));
    let ran = stage.apply("sheet.csv --credentials customers").expect(0);
    ran.says("nothing more is sent by `customers/Ben`: Webex rejected the access token");
    assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), 400);
    let status = stage.run("status sheet.results.csv").expect(0);
    let ended = "customers/Ben (Ben): ended: Webex rejected the access token";
    assert!(status.stdout.contains(ended), "{}", status.stdout);
    let by_user = changes_by_user(&stage);
    assert!(by_user["Ben"] < 40 && by_user["Ada"] > 40, "{by_user:?}");
}

/// Rows of two organizations by turns. Ada manages the first, and Ben the second until his token is
/// revoked; Cyd could send his rows, too, and is not in the folder.
fn ben_is_soon_revoked(rows: Range<u64>) -> Stage {
    let mut ben = user("Ben", &[1], &["token-of-ben-1"]);
    ben.access.revoked_after = "9".parse().expect("requests");
    let cyd = user("Cyd", &[1], &["token-of-cyd-1"]);
    let stage = Stage::new(Behavior {
        locations: locations(rows.clone(), |row| row % 2),
        users: vec![user("Ada", &[0], &["token-of-ada-1"]), ben, cyd],
        ..Behavior::instant()
    });
    write_tokens(
        &stage,
        &[
            ("acme.txt", "token-of-ada-1"),
            ("ajax.txt", "token-of-ben-1"),
        ],
    );
    stage.write("sheet.csv", sheet(rows, |row| row % 2));
    stage
}

#[test]
fn rows_that_only_a_revoked_token_manages_are_left_and_go_on_with_another() {
    let stage = ben_is_soon_revoked(2..202);
    let ran = stage.apply("sheet.csv --credentials customers").expect(3);
    ran.says("nothing more is sent by `customers/ajax.txt`");
    ran.says_how_to_go_on();
    let results = stage.results("sheet.results.csv");
    assert!(count(&results, "updated") >= 100);
    assert!(count(&results, "not-attempted") > 80);
    // With fewer credentials, and others.
    stage.write_secret("new.txt", "token-of-cyd-1");
    let line = "sheet.csv --resume --token-file new.txt --token-file customers/acme.txt";
    stage.apply(line).expect(0);
    assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), 200);
    let done: Vec<Value> = stage.requests();
    let done = done.iter().filter(|one| one["status"] == 204);
    assert_eq!(done.count(), 200, "no row twice");
}

#[test]
fn a_run_goes_on_with_fewer_credentials_where_the_others_have_nothing_left_to_do() {
    let stage = ben_is_soon_revoked(2..62);
    stage.apply("sheet.csv --credentials customers").expect(3);
    // Two tokens, and none of them manages what is done.
    stage.write_secret("new.txt", "token-of-cyd-1");
    let line = "sheet.csv --resume --token-file new.txt --token-file customers/ajax.txt";
    let ran = stage.apply(line).expect(0);
    ran.says("warning: `customers/ajax.txt` is left out");
    assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), 60);
}

#[test]
fn a_killed_run_of_many_goes_on_and_no_finished_row_is_sent_again() {
    let stage = Stage::new(Behavior {
        locations: locations(2..602, |row| row / 200),
        users: [0, 1, 2, 3]
            .map(|number| {
                let name = format!("User {number}");
                user(&name, &[number], &[&format!("token-of-user-{number}")])
            })
            .into(),
        latency: "10ms".parse().expect("a latency"),
        ..Behavior::instant()
    });
    let names = [0, 1, 2, 3].map(|number| format!("{number}.txt"));
    let secrets = [0, 1, 2, 3].map(|number| format!("token-of-user-{number}"));
    let tokens = names.iter().zip(&secrets);
    let tokens: Vec<(&str, &str)> = tokens.map(|(name, it)| (&**name, &**it)).collect();
    write_tokens(&stage, &tokens);
    stage.write("sheet.csv", sheet(2..602, |row| row / 200));
    let mut child = stage.start_apply("sheet.csv --credentials customers");
    let journal = stage.path("sheet.results.csv.journal");
    let recorded = || fs::read(&journal).map_or(0, |journal| rows_recorded(&journal).len());
    while recorded() < 150 {
        assert!(child.try_wait().expect("a child").is_none(), "it has ended");
        std::thread::yield_now();
    }
    child.kill().expect("it was running");
    child.wait().expect("it ends");
    let done = rows_recorded(&fs::read(&journal).expect("a journal"));
    let sent = stage.requests().len();
    stage
        .apply("sheet.csv --resume --credentials customers")
        .expect(0);
    assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), 600);
    for request in &stage.requests()[sent..] {
        let again = done
            .iter()
            .find(|row| request["locationId"] == location_id(**row));
        assert_eq!(again, None, "a finished row was sent again");
    }
}

/// A time to wait that one of them is told holds the other, too.
#[test]
fn two_tokens_that_manage_the_same_are_one_user_where_it_may_not_be_asked() {
    let mut ada = user("Ada", &[0], &["token-of-ada-1", "token-of-ada-2"]);
    ada.access.scopes = without_people_scope();
    let stage = Stage::new(Behavior {
        locations: locations(2..32, |_| 0),
        users: vec![ada],
        limit: "bucket:10/s,burst=10".parse().expect("a limit"),
        latency: "50ms".parse().expect("a latency"),
        retry_after: "4s".parse().expect("a time"),
        ..Behavior::instant()
    });
    write_tokens(
        &stage,
        &[("a.txt", "token-of-ada-1"), ("b.txt", "token-of-ada-2")],
    );
    stage.write("sheet.csv", sheet(2..32, |_| 0));
    stage.apply("sheet.csv --credentials customers").expect(0);
    let requests = stage.all_requests();
    let arrived = |one: &Value| one["arrivedMs"].as_f64().expect("a time");
    let refused: Vec<f64> = requests
        .iter()
        .filter(|one| one["status"] == 429)
        .map(arrived)
        .collect();
    assert!(!refused.is_empty());
    for request in &requests {
        // What was on the wire when the answer came has arrived by then.
        let is_early = |at: &&f64| (**at + 2000.0..**at + 3900.0).contains(&arrived(request));
        assert_eq!(refused.iter().find(is_early), None, "{request}");
    }
}

pub(crate) fn without_people_scope() -> Scopes {
    let scopes = [
        "spark-admin:telephony_config_read",
        "spark-admin:telephony_config_write",
        "spark-admin:organizations_read",
        "spark-admin:locations_read",
    ];
    Scopes::Only(scopes.map(String::from).into())
}

#[test]
fn credentials_whose_user_may_not_be_asked_are_named_once() {
    let (mut ada, mut ben) = (
        user("Ada", &[0], &["token-of-ada-1"]),
        user("Ben", &[1], &["token-of-ben-1"]),
    );
    ada.access.scopes = without_people_scope();
    ben.access.scopes = without_people_scope();
    let stage = Stage::new(Behavior {
        locations: locations(2..42, |row| row % 2),
        users: vec![ada, ben],
        ..Behavior::instant()
    });
    write_tokens(
        &stage,
        &[
            ("acme.txt", "token-of-ada-1"),
            ("ajax.txt", "token-of-ben-1"),
        ],
    );
    stage.write("sheet.csv", sheet(2..42, |row| row % 2));
    let ran = stage.apply("sheet.csv --credentials customers").expect(0);
    ran.says(
        "warning: Webex does not say whose these credentials are: `customers/acme.txt`, `customers/ajax.txt`\n",
    );
    assert_eq!(ran.stderr.matches("does not say whose").count(), 1);
    assert_eq!(changes_by_user(&stage).len(), 2);
}

#[test]
fn two_tokens_of_one_user_are_no_faster_than_one_and_no_more_refused() {
    let took = |names: &str| {
        let stage = Stage::new(Behavior {
            locations: locations(2..62, |_| 0),
            users: vec![user("Ada", &[0], &["token-of-ada-1", "token-of-ada-2"])],
            limit: "bucket:10/s,burst=10".parse().expect("a limit"),
            latency: "50ms".parse().expect("a latency"),
            ..Behavior::instant()
        });
        write_tokens(
            &stage,
            &[("a.txt", "token-of-ada-1"), ("b.txt", "token-of-ada-2")],
        );
        stage.write("sheet.csv", sheet(2..62, |_| 0));
        stage.apply(&format!("sheet.csv {names}")).expect(0);
        assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), 60);
        let refused = stage.all_requests();
        let refused = refused.iter().filter(|one| one["status"] == 429).count();
        let times = stage.requests();
        let times = times.iter().filter_map(|one| one["arrivedMs"].as_f64());
        let (first, last) = times.fold((f64::MAX, 0.0_f64), |(first, last), time| {
            (first.min(time), last.max(time))
        });
        (last - first, refused)
    };
    let (one, refused_one) = took("--token-file customers/a.txt");
    let (two, refused_two) = took("--credentials customers");
    // A bucket of ten, then ten a second: one user cannot have been faster, however many tokens.
    let fastest = (60.0 - 1.0 - 10.0) / 10.0 * 1000.0 - 100.0;
    assert!(one > fastest && two > fastest, "{two:?}, {one:?}");
    assert!(
        refused_two <= refused_one + 3,
        "{refused_two}, {refused_one}"
    );
}

#[test]
fn one_user_who_waits_holds_up_no_other() {
    let mut ben = user("Ben", &[1], &["token-of-ben-1"]);
    ben.limit = Some("window:10/h".parse().expect("a limit"));
    let stage = Stage::new(Behavior {
        locations: locations(2..102, |row| row % 2),
        users: vec![user("Ada", &[0], &["token-of-ada-1"]), ben],
        ..Behavior::instant()
    });
    write_tokens(
        &stage,
        &[
            ("acme.txt", "token-of-ada-1"),
            ("ajax.txt", "token-of-ben-1"),
        ],
    );
    // All rows of the one who will wait come first.
    let mut text = sheet(2..102, |row| row % 2);
    let header = text.lines().next().expect("a header").len() + 1;
    let mut lines: Vec<String> = text.split_off(header).lines().map(String::from).collect();
    lines.sort_by_key(|line| !line.starts_with(&org_id(1)));
    stage.write("sheet.csv", text + &lines.join("\n"));
    let ran = stage
        .apply("sheet.csv --credentials customers --max-wait 10m")
        .expect(3);
    ran.says("nothing more is sent by `customers/ajax.txt`: the service asks to wait");
    let status = stage.run("status sheet.results.csv").expect(0);
    let ended = "customers/ajax.txt (Ben): ended: the service asks to wait ";
    assert!(status.stdout.contains(ended), "{}", status.stdout);
    let by_user = changes_by_user(&stage);
    assert_eq!(by_user["Ada"], 50);
    assert!(by_user["Ben"] < 10);
    // And the wait is that user's alone: another run of the other begins at once.
    stage.write("other.csv", sheet(2..3, |_| 0));
    let ran = stage
        .apply("other.csv --token-file customers/acme.txt")
        .expect(0);
    assert!(!ran.stderr.contains("to wait until"), "{}", ran.stderr);
    let ran = stage
        .apply("sheet.csv --resume --credentials customers --max-wait 10m")
        .expect(3);
    ran.says("`customers/ajax.txt`: Webex asked at ");
    // Nor does anybody wait for that user who begins later, and may wait for as long as it takes.
    stage.write("later.csv", sheet(2..42, |row| row % 2));
    let ran = stage
        .apply("later.csv --credentials customers --max-wait 3h")
        .expect(3);
    ran.says("warning: `customers/ajax.txt` is left out: the service asks to wait");
    ran.says("stay for later (20 rows of the sheet)");
    ran.says_how_to_go_on();
    let results = stage.results("later.results.csv");
    assert_eq!(count(&results, "updated"), 20);
    assert_eq!(count(&results, "not-attempted"), 20);
}

#[test]
fn a_folder_with_anything_else_in_it_is_refused_by_name_and_one_secret_counts_once() {
    let stage = two_customers();
    stage.write("sheet.csv", sheet(2..42, |row| row % 2));
    // The same token twice, a hidden file and a folder.
    stage.write_secret("customers/again.txt", "token-of-ada-1");
    stage.write("customers/.DS_Store", "nothing");
    fs::create_dir(stage.path("customers/old")).expect("a folder");
    let ran = stage.apply("sheet.csv --credentials customers").expect(0);
    ran.says("asking 2 credentials");
    ran.says("note: `customers/again.txt` holds the same as `customers/acme.txt` and is left out");
    stage.write_secret("customers/notes.txt", "these are\nnot tokens");
    let ran = stage
        .apply("sheet.csv --credentials customers -o b.csv")
        .expect(2);
    insta::assert_snapshot!(ran.stderr, @"
    error: the token file `customers/notes.txt` holds no token: it has spaces, line breaks or characters in it that no token has; copy the token alone
    hint: every file in the folder of --credentials holds a token or the lines of a service app; move others away
    ");
    let ran = stage
        .apply("sheet.csv --credentials customers/acme.txt -o b.csv")
        .expect(2);
    insta::assert_snapshot!(ran.stderr, @"
    error: --credentials: `customers/acme.txt` is not a folder
    hint: a single token file belongs after --token-file, and a service app's file after --service-app
    ");
    fs::create_dir(stage.path("empty")).expect("a folder");
    let ran = stage
        .apply("sheet.csv --credentials empty -o b.csv")
        .expect(2);
    insta::assert_snapshot!(ran.stderr, @"error: --credentials: there is no file in `empty`");
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_refused_by_name_and_never_opened() {
    use std::os::unix::fs::symlink;
    let stage = two_customers();
    stage.write("sheet.csv", sheet(2..42, |row| row % 2));
    let pipe = stage.path("customers/pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo is there").success());
    symlink("pipe", stage.path("customers/to-the-pipe")).expect("a link");
    symlink("nowhere", stage.path("customers/lost")).expect("a link");
    symlink("loop", stage.path("customers/loop")).expect("a link");
    let socket = std::os::unix::net::UnixListener::bind(stage.path("customers/socket"));
    let _socket = socket.expect("a socket");
    for name in ["loop", "lost", "pipe", "socket", "to-the-pipe"] {
        let ran = stage.apply("sheet.csv --credentials customers").expect(2);
        ran.says(format!("--credentials: `customers/{name}` is not a file"));
        ran.says("move others away");
        fs::remove_file(stage.path(&format!("customers/{name}"))).expect("it was there");
    }
    // A link to a file is one.
    fs::rename(stage.path("customers/acme.txt"), stage.path("acme.txt")).expect("moved");
    symlink("../acme.txt", stage.path("customers/acme.txt")).expect("a link");
    stage.apply("sheet.csv --credentials customers").expect(0);
}

#[test]
fn the_first_rows_of_a_revoked_token_are_not_done_before_they_are_shown() {
    for revoked_after in ["3", "4", "6", "9"] {
        let mut ben = user("Ben", &[1], &["token-of-ben-1"]);
        ben.access.revoked_after = revoked_after.parse().expect("requests");
        let cyd = user("Cyd", &[1], &["token-of-cyd-1"]);
        let stage = Stage::new(Behavior {
            locations: locations(2..42, |row| row % 2),
            users: vec![user("Ada", &[0], &["token-of-ada-1"]), ben, cyd],
            ..Behavior::instant()
        });
        write_tokens(
            &stage,
            &[
                ("acme.txt", "token-of-ada-1"),
                ("ajax.txt", "token-of-ben-1"),
            ],
        );
        stage.write("sheet.csv", sheet(2..42, |row| row % 2));
        let line = "sheet.csv --credentials customers --first 10";
        let ran = stage.apply(line).expect(3);
        ran.says("stopped: Webex rejected the access token");
        let results = stage.results("sheet.results.csv");
        assert!(count(&results, "updated") < 10);
        for row in results {
            let in_doubt = row["outcome"] == "unknown";
            assert!(!in_doubt || !row["message"].is_empty(), "{row:?}");
        }
        stage.write_secret("customers/ajax.txt", "token-of-cyd-1");
        let ran = stage.apply(&format!("{line} --resume")).expect(3);
        ran.says("stopped: the first rows were sent and read back, as --first asks");
        ran.says("the first ");
        assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), 10);
        stage.apply(&format!("{line} --resume")).expect(0);
        assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), 40);
    }
}

#[test]
fn the_last_credential_that_ends_is_named_too() {
    let mut users = vec![
        user("Ada", &[0], &["token-of-ada-1"]),
        user("Ben", &[1], &["token-of-ben-1"]),
    ];
    for user in &mut users {
        user.access.revoked_after = "9".parse().expect("requests");
    }
    let stage = Stage::new(Behavior {
        locations: locations(2..42, |row| row % 2),
        users,
        ..Behavior::instant()
    });
    write_tokens(
        &stage,
        &[
            ("acme.txt", "token-of-ada-1"),
            ("ajax.txt", "token-of-ben-1"),
        ],
    );
    stage.write("sheet.csv", sheet(2..42, |row| row % 2));
    let ran = stage.apply("sheet.csv --credentials customers").expect(3);
    let status = stage.run("status sheet.results.csv").expect(0);
    for (name, person) in [("acme", "Ada"), ("ajax", "Ben")] {
        ran.says(format!("nothing more is sent by `customers/{name}.txt`"));
        let ended = format!("customers/{name}.txt ({person}): ended: Webex rejected");
        assert!(status.stdout.contains(&ended), "{}", status.stdout);
    }
}

#[test]
fn a_credential_that_is_not_accepted_is_left_out_and_said() {
    let stage = two_customers();
    stage.write_secret("customers/old.txt", "token-of-nobody");
    stage.write("sheet.csv", sheet(2..42, |row| row % 2));
    let ran = stage.apply("sheet.csv --credentials customers").expect(0);
    ran.says("warning: `customers/old.txt` is left out: Webex rejected the access token");
    for name in ["acme.txt", "ajax.txt"] {
        fs::remove_file(stage.path(&format!("customers/{name}"))).expect("it was there");
    }
    stage.write_secret("customers/older.txt", "token-of-nobody-else");
    let asked = stage.requests().len();
    let ran = stage
        .apply("sheet.csv --credentials customers -o b.csv")
        .expect(3);
    ran.says("Webex rejected the access token");
    assert_eq!(stage.requests().len(), asked);
}

#[test]
fn whoami_lists_each_and_says_which_are_of_one_user() {
    let stage = Stage::new(Behavior {
        locations: locations(2..4, |row| row % 2),
        users: vec![
            user("Ada", &[0], &["token-of-ada-1", "token-of-ada-2"]),
            user("Ben", &[1], &["token-of-ben-1"]),
        ],
        ..Behavior::instant()
    });
    write_tokens(
        &stage,
        &[
            ("a.txt", "token-of-ada-1"),
            ("b.txt", "token-of-ada-2"),
            ("c.txt", "token-of-ben-1"),
            ("d.txt", "token-of-nobody"),
        ],
    );
    let ran = stage.run_online("whoami --credentials customers").expect(2);
    let mut said = ran.stdout;
    for number in 0..2 {
        said = said.replace(&org_id(number), &format!("ORG-{number}"));
    }
    insta::assert_snapshot!(said, @"
    customers/a.txt
      whose token: Ada admin@example.com
      its own organization: ORG-0
      it manages 1 organization:
        ORG-0  Organization 2
      calling settings: it can read those of 1 location in its own organization
      only a change can show whether it may change them; that takes the scope spark-admin:telephony_config_write
    customers/b.txt
      whose token: Ada admin@example.com
      its own organization: ORG-0
      it manages 1 organization:
        ORG-0  Organization 2
      calling settings: it can read those of 1 location in its own organization
      only a change can show whether it may change them; that takes the scope spark-admin:telephony_config_write
    customers/c.txt
      whose token: Ben user2@example.com
      its own organization: ORG-1
      it manages 1 organization:
        ORG-1  Organization 3
      calling settings: it can read those of 1 location in its own organization
      only a change can show whether it may change them; that takes the scope spark-admin:telephony_config_write
    customers/d.txt
      it is not accepted: Webex rejected the access token: The request requires a valid access token set in the Authorization request header.
    hint: it has expired (personal tokens last 12 hours) or was not copied completely; get a new access token
    `customers/a.txt` and `customers/b.txt` are of one user and share one pace, so together they are no faster than one of them
    ");
}

#[test]
fn an_export_of_all_organizations_asks_each_user_for_its_own() {
    let stage = two_customers();
    let line = "export --all-orgs -o all.csv --credentials customers";
    stage.run_online(line).expect(0);
    assert_eq!(stage.results("all.csv").len(), 40);
    let read: HashSet<(String, String)> = stage
        .requests()
        .iter()
        .map(|one| {
            let text = |key: &str| one[key].as_str().unwrap_or_default().to_string();
            (text("user"), text("orgId"))
        })
        .collect();
    let wanted = [("Ada", org_id(0)), ("Ben", org_id(1))];
    let wanted = wanted.map(|(user, org)| (user.to_string(), org));
    assert_eq!(read, HashSet::from(wanted));
    let ran = stage
        .run_online("export -o one.csv --credentials customers")
        .expect(2);
    ran.says("the credentials manage 2 organizations");
    ran.says("--all-orgs");
}

#[test]
fn what_was_changed_by_many_is_undone_by_many_and_hints_name_the_folder() {
    let stage = two_customers();
    stage.write("sheet.csv", sheet(2..42, |row| row % 2));
    let before = stage.state();
    let ran = stage
        .apply("sheet.csv --backup --credentials customers")
        .expect(0);
    assert!(!ran.stderr.contains("token-of-"), "{}", ran.stderr);
    let status = stage.run("status sheet.results.csv").expect(0);
    assert!(
        status.stdout.contains("--credentials customers"),
        "{}",
        status.stdout
    );
    assert!(status.stdout.contains("2 users"), "{}", status.stdout);
    assert_ne!(stage.state(), before);
    let line = "undo sheet.results.csv --yes --credentials customers";
    stage.run_online(line).expect(0);
    assert_eq!(stage.state(), before);
}

#[test]
fn a_rehearsal_of_many_asks_none_of_the_real_ones() {
    let stage = two_customers();
    stage.write("sheet.csv", sheet(2..42, |row| row % 2));
    // Not even what is in the files is looked at.
    stage.write("customers/acme.txt", "whatever this is");
    let line = "apply sheet.csv --rehearse --rehearse-speed 100 --credentials customers";
    let ran = stage.run(line).expect(0);
    ran.says("this was a rehearsal");
    assert!(stage.all_requests().is_empty());
}
