//! Credentials of which one cannot be asked who it is or what it manages, or is answered with errors: nobody waits
//! for it, others do what it cannot, and nobody is sent more than one user may be.

use std::collections::HashSet;
use std::ops::Range;
use std::time::Duration;

use tokio::time::Instant;
use wxbulk::simulator::{Behavior, Scopes, User};

use crate::harness::{Stage, count, location_id, number, org_id};
use crate::lanes::{changes_by_user, locations, sheet, user, without_people_scope, write_tokens};

fn faulty(name: &str, organizations: &[u64], faults: &str) -> User {
    let token = format!("token-of-{name}-1");
    let mut user = user(name, organizations, &[&token]);
    user.faults = Some(faults.parse().expect("faults"));
    user
}

/// Rows of these organizations by turns, and a file with the token of each user.
fn stage_of(users: Vec<User>, organization_of: fn(u64) -> u64) -> Stage {
    let names: Vec<String> = users.iter().map(|user| user.name.clone()).collect();
    let stage = Stage::new(Behavior {
        locations: locations(2..42, organization_of),
        users,
        retry_after: "2h".parse().expect("a time"),
        ..Behavior::instant()
    });
    let files = names.iter().map(|name| {
        (
            format!("{}.txt", name.to_lowercase()),
            format!("token-of-{name}-1"),
        )
    });
    let files: Vec<(String, String)> = files.collect();
    let tokens: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, token)| (&**name, &**token))
        .collect();
    write_tokens(&stage, &tokens);
    stage.write("sheet.csv", sheet(2..42, organization_of));
    stage
}

#[test]
fn who_waits_fails_or_is_silent_holds_up_no_other_and_their_rows_stay_for_later() {
    let stage = stage_of(
        vec![
            user("Ada", &[0], &["token-of-Ada-1"]),
            faulty("Ben", &[1], "429=100%"),
            faulty("Cyd", &[2], "500=100%"),
            faulty("Dee", &[3], "reset-before=100%"),
        ],
        |row| row % 4,
    );
    let began = Instant::now();
    let ran = stage.apply("sheet.csv --credentials customers").expect(3);
    assert!(began.elapsed() < Duration::from_secs(40));
    // What is said of one alone names it.
    ran.says("\n`customers/dee.txt`: http://");
    ran.says("warning: `customers/ben.txt` is left out: the service asks to wait 2 h ");
    ran.says("warning: `customers/cyd.txt` is left out: 500 ");
    ran.says("warning: `customers/dee.txt` is left out: the service cannot be reached: ");
    ran.says("stay for later (30 rows of the sheet)");
    ran.says_how_to_go_on();
    let results = stage.results("sheet.results.csv");
    assert_eq!(count(&results, "updated"), 10);
    assert_eq!(count(&results, "not-attempted"), 30);
}

/// The question and the time are about the rows that are sent now.
#[test]
fn rows_that_stay_for_later_take_no_time() {
    let stage = stage_of(
        vec![
            user("Ada", &[0], &["token-of-Ada-1"]),
            faulty("Ben", &[1], "429=100%"),
        ],
        |row| row % 2,
    );
    let line = "apply sheet.csv --credentials customers";
    let ran = stage.run_online(line).expect(2);
    ran.says("there is no terminal to ask on: Change 40 locations");
    ran.says(" 20 rows of these stay for later. About 4 s");
    let ran = stage.apply("sheet.csv --credentials customers").expect(3);
    ran.says("20 rows take about 4 s: 1 request each, at 5 a second, which is usual");
    assert_eq!(changes_by_user(&stage)["Ada"], 20);
}

#[test]
fn who_is_silent_and_alone_with_an_organization_is_named_as_the_reason() {
    let stage = stage_of(
        vec![
            user("Ada", &[0], &["token-of-Ada-1"]),
            faulty("Ben", &[1], "reset-before=100%"),
        ],
        |row| row % 2,
    );
    let ran = stage.apply("sheet.csv --credentials customers").expect(3);
    ran.says("stopped: cannot ask which organizations `customers/ben.txt` manages: ");
    ran.says_how_to_go_on();
    assert_eq!(changes_by_user(&stage)["Ada"], 20);
}

#[test]
fn who_has_to_wait_is_not_missed_where_others_manage_the_same() {
    let stage = stage_of(
        vec![
            user("Ada", &[0, 1], &["token-of-Ada-1"]),
            faulty("Ben", &[1], "429=100%"),
        ],
        |row| row % 2,
    );
    let ran = stage.apply("sheet.csv --credentials customers").expect(0);
    ran.says("warning: `customers/ben.txt` is left out: the service asks to wait 2 h ");
    assert_eq!(changes_by_user(&stage)["Ada"], 40);
}

fn unknown(name: &str, organizations: &[u64]) -> User {
    let mut user = user(name, organizations, &[&format!("token-of-{name}-1")]);
    user.access.scopes = without_people_scope();
    user
}

#[test]
fn who_may_be_a_known_user_has_no_pace_of_their_own() {
    let ada = || user("Ada", &[0], &["token-of-Ada-1"]);
    let cyd = || user("Cyd", &[0], &["token-of-Cyd-1"]);
    // Behind the only one it may be; and not at all where it may be either.
    for (users, said) in [
        (
            vec![ada(), unknown("Ben", &[0])],
            "warning: Webex does not say whose these credentials are: `customers/ben.txt`\n",
        ),
        (
            vec![ada(), unknown("Ben", &[0]), cyd()],
            "warning: `customers/ben.txt` is not used: it may belong to Ada or Cyd, ",
        ),
    ] {
        let stage = stage_of(users, |_| 0);
        let ran = stage.apply("sheet.csv --credentials customers").expect(0);
        ran.says(said);
        assert!(!changes_by_user(&stage).contains_key("Ben"));
        assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), 40);
    }
}

#[test]
fn who_may_be_a_user_of_whom_one_organization_is_known_shares_that_ones_pace() {
    let mut ada = user("Ada", &[0], &["token-of-Ada-1"]);
    let scopes = [
        "spark:people_read",
        "spark-admin:telephony_config_read",
        "spark-admin:telephony_config_write",
    ];
    ada.access.scopes = Scopes::Only(scopes.map(String::from).into());
    let stage = stage_of(vec![ada, unknown("Ben", &[0, 1])], |row| row % 2);
    stage.apply("sheet.csv --credentials customers").expect(0);
    let by_user = changes_by_user(&stage);
    assert_eq!((by_user["Ada"], by_user["Ben"]), (20, 20));
    let status = stage.run("status sheet.results.csv").expect(0);
    assert!(!status.stdout.contains("2 users"), "{}", status.stdout);
}

#[test]
fn who_may_be_a_user_whose_organizations_nobody_lists_shares_that_ones_pace() {
    let scopes = |scopes: &[&str]| Scopes::Only(scopes.iter().map(|one| (*one).into()).collect());
    let calling = [
        "spark-admin:telephony_config_read",
        "spark-admin:telephony_config_write",
    ];
    let mut ada = user("Ada", &[0, 1], &["token-of-Ada-1"]);
    ada.access.scopes = scopes(&["spark:people_read", calling[0], calling[1]]);
    let mut ben = user("Ben", &[0, 1], &["token-of-Ben-1"]);
    ben.access.scopes = scopes(&calling);
    let stage = stage_of(vec![ada, ben], |_| 1);
    let ran = stage.apply("sheet.csv --credentials customers").expect(0);
    ran.says("Webex does not say whose these credentials are: `customers/ben.txt`");
    assert_eq!(changes_by_user(&stage)["Ben"], 40);
    let status = stage.run("status sheet.results.csv").expect(0);
    assert!(!status.stdout.contains("2 users"), "{}", status.stdout);
}

/// Organizations with a location each, whose names are looked up.
fn sheet_by_names(organizations: u64) -> String {
    let mut text = String::from("orgId,locationName,n1\n");
    for organization in 0..organizations {
        let (org, row) = (org_id(organization), organization + 2);
        text += &format!("{org},Site {row},{}\n", number(row));
    }
    text
}

#[test]
fn what_one_may_not_list_another_who_manages_it_does() {
    // Both manage it; the first may not list locations, waits for long, or is not accepted any more.
    for (faults, revoked_after) in [
        ("403=100% at ORGANIZATION", "unlimited"),
        ("429=100% at ORGANIZATION", "unlimited"),
        ("none", "2"),
    ] {
        let mut ada = faulty("Ada", &[9, 0], &faults.replace("ORGANIZATION", &org_id(0)));
        ada.access.revoked_after = revoked_after.parse().expect("requests");
        let ben = user("Ben", &[0], &["token-of-Ben-1"]);
        let stage = stage_of(vec![ada, ben], |_| 0);
        stage.write("named.csv", sheet_by_names(1));
        stage.apply("named.csv --credentials customers").expect(0);
        assert_eq!(changes_by_user(&stage)["Ben"], 1, "{faults}");
    }
}

#[test]
fn an_export_lists_by_another_what_one_may_not_and_asks_each_once() {
    let stage = stage_of(
        vec![
            faulty("Ada", &[9, 0], &format!("403=100% at {}", org_id(0))),
            user("Ben", &[0], &["token-of-Ben-1"]),
        ],
        |_| 0,
    );
    let line = "export --all-orgs -o all.csv --credentials customers";
    stage.run_online(line).expect(0);
    assert_eq!(stage.results("all.csv").len(), 40);
    let requests = stage.all_requests();
    let asked = requests.iter().filter(|one| {
        let path = one["path"].as_str().unwrap_or_default();
        path.ends_with("/people/me") || path.ends_with("/organizations")
    });
    assert_eq!(asked.count(), 4, "two questions by each");
}

#[test]
fn the_names_of_many_organizations_are_looked_up_side_by_side_within_one_pace() {
    let count: u32 = 60;
    let all: Vec<u64> = (0..u64::from(count)).collect();
    for limit in ["none", "bucket:20/s,burst=10"] {
        let mut ada = user("Ada", &all, &["token-of-Ada-1"]);
        ada.limit = Some(limit.parse().expect("a limit"));
        let stage = Stage::new(Behavior {
            locations: locations(2..u64::from(count) + 2, |row| row - 2),
            users: vec![ada],
            latency: "250ms".parse().expect("a latency"),
            ..Behavior::instant()
        });
        stage.write_secret("ada.txt", "token-of-Ada-1");
        stage.write("sheet.csv", sheet_by_names(u64::from(count)));
        stage
            .run_online("plan sheet.csv --token-file ada.txt")
            .expect(0);
        let requests = stage.all_requests();
        let lists = requests.iter().filter(|one| {
            let path = one["path"].as_str().unwrap_or_default();
            path.ends_with("/telephony/config/locations") && one["status"] == 200
        });
        let times = lists.filter_map(|one| one["arrivedMs"].as_f64());
        let times: Vec<f64> = times.collect();
        let took = times[count as usize - 1] - times[0];
        assert!(took < 60.0 * 250.0 / 2.0, "{limit}: {took}");
    }
}

#[test]
fn who_may_ask_nothing_about_themselves_manages_what_they_may_list() {
    let scopes = [
        "spark-admin:telephony_config_read",
        "spark-admin:telephony_config_write",
    ];
    let mut ben = user("Ben", &[1], &["token-of-Ben-1"]);
    ben.access.scopes = Scopes::Only(scopes.map(String::from).into());
    let stage = stage_of(vec![user("Ada", &[0], &["token-of-Ada-1"]), ben], |row| {
        row % 2
    });
    stage.apply("sheet.csv --credentials customers").expect(0);
    let by_user = changes_by_user(&stage);
    assert_eq!((by_user["Ada"], by_user["Ben"]), (20, 20));
    // What no organization is named for it may not say.
    let line = "export --all-orgs -o all.csv --credentials customers";
    let ran = stage.run_online(line).expect(1);
    ran.says("`customers/ben.txt` is left out: 403 ");
    ran.says("with the scope spark-admin:organizations_read, or");
}

#[test]
fn what_fails_or_is_refused_by_one_alone_goes_by_another() {
    for fault in ["500", "401", "404", "reset-before"] {
        let stage = stage_of(
            vec![
                faulty("Ada", &[9, 0], &format!("{fault}=100% at {}", org_id(0))),
                user("Ben", &[0], &["token-of-Ben-1"]),
            ],
            |_| 0,
        );
        stage.apply("sheet.csv --credentials customers").expect(0);
        assert_eq!(changes_by_user(&stage)["Ben"], 40, "{fault}");
    }
}

#[test]
fn what_is_there_for_nobody_is_asked_of_each_and_holds_up_nothing() {
    let users = [
        user("Ada", &[0], &["token-of-Ada-1"]),
        user("Ben", &[0], &["token-of-Ben-1"]),
    ];
    let stage = stage_of(users.into(), |_| 0);
    let rows = sheet(30..62, |_| 0);
    stage.write(
        "sheet.csv",
        rows.replace("orgId", "site,orgId")
            .replace('\n', "\n,")
            .trim_end_matches(','),
    );
    stage.apply("sheet.csv --credentials customers").expect(1);
    let results = stage.results("sheet.results.csv");
    assert_eq!(
        (count(&results, "updated"), count(&results, "failed")),
        (12, 20)
    );
    let failed = results.iter().filter(|row| row["outcome"] == "failed");
    for row in failed {
        assert_eq!(
            (&*row["status"], &*row["attempts"]),
            ("404", "2"),
            "{row:?}"
        );
    }
}

/// Two administrators of one organization, each of some of its locations.
fn of_some_locations() -> Stage {
    let of = |name: &str, token: &str, rows: Range<u64>| {
        let locations = rows.map(location_id).collect();
        let user = user(name, &[0], &[token]);
        User { locations, ..user }
    };
    let users = vec![
        of("Ada", "token-of-Ada-1", 2..22),
        of("Ben", "token-of-Ben-1", 20..42),
    ];
    stage_of(users, |_| 0)
}

#[test]
fn what_several_users_see_of_one_organization_is_put_together() {
    let stage = of_some_locations();
    let flags = "--credentials customers";
    stage
        .run_online(&format!("export -o all.csv {flags}"))
        .expect(0);
    let names: HashSet<String> = stage
        .results("all.csv")
        .iter()
        .map(|row| row["locationName"].clone())
        .collect();
    let all = (2..42).map(|row| format!("Site {row}")).collect();
    assert_eq!(names, all);
    assert_eq!(stage.results("all.csv").len(), 40);
    let mut text = String::from("orgId,locationName,n1\n");
    for row in 2..42 {
        text += &format!("{},Site {row},{}\n", org_id(0), number(row));
    }
    stage.write("named.csv", text);
    stage.apply(&format!("named.csv {flags}")).expect(0);
    assert_eq!(count(&stage.results("named.results.csv"), "updated"), 40);
}
