//! Rows that name no organization are for the token's own, which is the one that was checked, recorded and
//! approved.

use std::fs;

use wxbulk::simulator::{Location, Locations};

use crate::harness::{Stage, location_id, number, org_id};
use crate::lanes::{changes_by_user, locations, two_customers_with};
use crate::raw_server::{DONE, Line, RawServer};

/// Says `body` as JSON, or `403 Forbidden` where it is empty.
fn say_json(line: &mut Line, body: &str) {
    let status = if body.is_empty() {
        "403 Forbidden"
    } else {
        "200 OK"
    };
    let length = body.len();
    line.say(format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    ));
}

/// A service where every token manages only the organization 1, and `me` tells whose own is which, by the
/// token; what is sent is taken.
fn one_is_managed(me: impl Fn(&str) -> Option<u64> + Send + Sync + 'static) -> RawServer {
    RawServer::after(
        |_| {},
        move |line| {
            while line.request() {
                let received = String::from_utf8_lossy(&line.received).to_lowercase();
                let request = line.last_request();
                if request.contains("/people/me") {
                    let own = ["ada", "ben"]
                        .into_iter()
                        .find(|one| received.contains(*one));
                    let name = own.unwrap_or_default();
                    let body = me(name).map(|own| {
                        let org = org_id(own);
                        format!(r#"{{"id":"{name}","displayName":"{name}","orgId":"{org}"}}"#)
                    });
                    say_json(line, &body.unwrap_or_default());
                } else if request.contains("/organizations") {
                    let id = org_id(1);
                    say_json(
                        line,
                        &format!(r#"{{"items":[{{"id":"{id}","displayName":"Acme"}}]}}"#),
                    );
                } else if request.starts_with("PUT") {
                    line.say(DONE);
                } else {
                    let id = location_id(2);
                    say_json(
                        line,
                        &format!(r#"{{"locations":[{{"id":"{id}","name":"HQ"}}]}}"#),
                    );
                }
            }
        },
    )
}

#[test]
fn rows_without_an_organization_go_to_the_one_that_was_checked() {
    let own_of_ada = |own: u64| move |name: &str| Some(if name == "ada" { own } else { 1 });
    for credentials in [
        "--token-file ada.txt",
        "--token-file ada.txt --token-file ben.txt",
    ] {
        for sheet in [
            format!("locationId,n1\n{},201\n", location_id(2)),
            "locationName,n1\nHQ,201\n".to_string(),
        ] {
            let stage = Stage::instant();
            stage.write_secret("ada.txt", "token-of-ada");
            stage.write_secret("ben.txt", "token-of-ben");
            stage.write("sheet.csv", sheet);
            let apply = |server: &RawServer, output: &str| {
                let ran = stage.run(&format!(
                    "apply sheet.csv --yes --even-if-used -o {output} {credentials} --base-url {}",
                    server.base_url()
                ));
                let requests = server.requests();
                let asked = requests
                    .into_iter()
                    .filter(|one| !one.contains("/people/me") && !one.contains("/organizations"));
                (ran, asked.collect::<Vec<_>>())
            };
            // Ada's own is another one: either may be meant.
            let (ran, _) = apply(&one_is_managed(own_of_ada(9)), "other.csv");
            let ran = ran.expect(2);
            ran.says("belongs to the organization");
            ran.says("manages only `Acme`");
            // It is Ada's own.
            let (ran, asked) = apply(&one_is_managed(own_of_ada(1)), "own.csv");
            ran.expect(0);
            assert!(asked.iter().all(|one| !one.contains("orgId")), "{asked:?}");
            // Whose it is may not be asked, so what was checked is named.
            let (ran, asked) = apply(&one_is_managed(|_| None), "unknown.csv");
            ran.expect(0);
            let name = format!("orgId={}", org_id(1));
            assert!(
                !asked.is_empty() && asked.iter().all(|one| one.contains(&name)),
                "{asked:?}"
            );
        }
    }
}

const WITH_ACME: &str = "--token-file customers/acme.txt";

/// Twelve rows of one customer, of which every second names it; and somebody of another customer.
fn half_are_named() -> Stage {
    let location = |number: u64| Location {
        id: location_id(number),
        organization: Some(org_id(0)),
        organization_name: "Acme".into(),
        ..Location::default()
    };
    let stage = two_customers_with(Locations::Exactly((2..14).map(location).collect()));
    let mut text = String::from("orgId,locationId,n1\n");
    for row in 2..14 {
        let org = if row % 2 == 0 {
            org_id(0)
        } else {
            String::new()
        };
        text += &format!("{org},{},{}\n", location_id(row), number(row));
    }
    stage.write("half.csv", text);
    stage
}

#[test]
fn rows_without_an_organization_count_as_those_that_name_the_tokens_own() {
    for org in [org_id(0), "Acme".to_string()] {
        let stage = half_are_named();
        let before = stage.state();
        let line = format!("half.csv --backup {WITH_ACME}");
        stage.apply(&line).expect(0);
        let status = stage.run("status half.results.csv").expect(0);
        assert!(
            !status.stdout.contains("Acme and Acme"),
            "{}",
            status.stdout
        );
        let line = format!("report half.results.csv -o page.html --org {org}");
        let report = stage.run(&line).expect(0);
        let page = fs::read_to_string(stage.path("page.html")).expect("a page");
        assert!(
            page.contains("12 locations, Acme"),
            "{} {page}",
            report.stderr
        );
        let undo = format!("undo half.results.csv --yes {WITH_ACME} --org {org}");
        let ran = stage.run_online(&undo).expect(0);
        assert!(!ran.stderr.contains("left out"), "{}", ran.stderr);
        assert_eq!(stage.state(), before);
    }
}

#[test]
fn a_question_counts_rows_without_an_organization_with_the_tokens_own() {
    let stage = half_are_named();
    for command in ["apply", "plan"] {
        let line = format!("{command} half.csv --even-if-used {WITH_ACME}");
        let line = line.replace("plan half.csv --even-if-used", "plan half.csv");
        let ran = stage.run_online(&line);
        assert!(!ran.stderr.contains("2 organizations"), "{}", ran.stderr);
        assert!(!ran.stderr.contains("Acme and Acme"), "{}", ran.stderr);
    }
}

#[test]
fn another_customers_token_goes_on_with_no_run_whose_rows_name_no_organization() {
    let stage = two_customers_with(locations(2..8, |_| 0));
    let rows = (2..8).map(|row| format!("{},{}\n", location_id(row), number(row)));
    stage.write(
        "sheet.csv",
        format!("locationId,n1\n{}", rows.collect::<String>()),
    );
    stage
        .run_online(&format!("plan sheet.csv {WITH_ACME}"))
        .expect(0);
    // One of them is not there.
    let rows = (7..9).map(|row| format!("{},{}\n", location_id(row), number(row)));
    stage.write(
        "some.csv",
        format!("locationId,n1\n{}", rows.collect::<String>()),
    );
    stage
        .apply(&format!("some.csv --backup {WITH_ACME}"))
        .expect(1);
    let sent = changes_by_user(&stage);
    for line in [
        "apply sheet.plan.csv --yes",
        "apply some.results.csv --only-failed --yes --even-if-used",
        "undo some.results.csv --yes",
    ] {
        let ran = stage.run_online(&format!("{line} --token-file customers/ajax.txt"));
        ran.says("was of Ada for the organization `Organization 1`");
        ran.expect(2);
        assert_eq!(changes_by_user(&stage), sent, "{line}");
        // Nothing speaks of it where nothing is sent.
        if line.starts_with("apply sheet.plan") {
            stage
                .run(&format!("{line} --rehearse --rehearse-speed 100"))
                .expect(0);
        }
    }
}
