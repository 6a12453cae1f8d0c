//! Credentials that cannot be asked who they are or what they manage: nobody waits for them, and nobody is sent
//! more than one user may be.

use std::time::Duration;

use tokio::time::Instant;
use wxbulk::simulator::{Behavior, Scopes, User};

use crate::harness::{Stage, count};
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
    ran.says("warning: `customers/ben.txt` is left out: the service asks to wait 2 h ");
    ran.says("warning: `customers/cyd.txt` is left out: 500 ");
    ran.says("warning: `customers/dee.txt` is left out: the service cannot be reached: ");
    ran.says("stay for later (30 rows of the sheet)");
    ran.says_how_to_go_on();
    let results = stage.results("sheet.results.csv");
    assert_eq!(count(&results, "updated"), 10);
    assert_eq!(count(&results, "not-attempted"), 30);
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
    ran.says("stopped: `customers/ben.txt` could not be asked which organizations it manages: ");
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
            "warning: whose these credentials are may not be asked: `customers/ben.txt`\n",
        ),
        (
            vec![ada(), unknown("Ben", &[0]), cyd()],
            "warning: `customers/ben.txt` is not used: whose it is may not be asked, and it may be of Ada or Cyd, ",
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
