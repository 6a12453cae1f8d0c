//! What is found out about a token before anything is sent, and what rows are held against.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;
use wxbulk::simulator::{Access, Behavior, Location, Locations, Scopes};

use crate::harness::{Ran, Stage, count, location_id, of_format_1, org_id};
use crate::raw_server::{DONE, RawServer};

const READ: &str = "spark-admin:telephony_config_read";
const WRITE: &str = "spark-admin:telephony_config_write";
const LIST: &str = "spark-admin:organizations_read";

/// A token that manages as many organizations, with three locations in each.
fn partner(organizations: u64, access: Access) -> Stage {
    let location = |number: u64| Location {
        id: location_id(number),
        organization: Some(org_id(number % organizations)),
        ..Location::default()
    };
    Stage::new(Behavior {
        locations: Locations::Exactly((0..organizations * 3).map(location).collect()),
        own_organization: Some(org_id(0)),
        access,
        ..Behavior::instant()
    })
}

fn only(scopes: &[&str]) -> Access {
    Access {
        scopes: Scopes::Only(scopes.iter().map(ToString::to_string).collect()),
        ..Access::default()
    }
}

/// A row for each of these locations, in the organization beside it.
fn sheet(rows: &[(u64, Option<u64>)]) -> String {
    let mut text = "orgId,locationId,n1\n".to_string();
    for (location, org) in rows {
        let org = org.map(org_id).unwrap_or_default();
        text.push_str(&format!("{org},{},+12025550101\n", location_id(*location)));
    }
    text
}

fn plan(stage: &Stage) -> Ran {
    stage.run_online("plan sheet.csv")
}

fn first_lines(text: &str, count: usize) -> String {
    text.lines().take(count).collect::<Vec<_>>().join("\n")
}

#[test]
fn organizations_that_a_token_does_not_manage_are_named_before_anything_is_sent() {
    let stage = partner(2, Access::default());
    stage.write(
        "sheet.csv",
        sheet(&[(0, Some(0)), (1, Some(1)), (2, Some(7)), (3, None)]),
    );
    let ran = stage.apply("sheet.csv").expect(2);
    insta::assert_snapshot!(ran.stderr, @r"
    row 4, column A (orgId): the token does not manage the organization `Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi8wYTYwMDAwMC0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDc`; correct the id, or use a token that manages it (`wxbulk whoami` lists those of this one)
    row 5, column A (orgId): the row does not say which organization it is for, and the token manages 2 (`Organization 1`, `Organization 2`); put the organization's id into `orgId`, its name into `orgName`, or add --org with the id; `wxbulk whoami` lists the ids
    hint: correct these rows, or leave them out with --skip-invalid
    4 rows: 2 ready to send, 2 with 2 problems; nothing was sent
    ");
    assert!(stage.requests().is_empty());
    assert!(!stage.path("sheet.results.csv").exists());

    let line = format!("sheet.csv --skip-invalid --org {}", org_id(1));
    let ran = stage.apply(&line).expect(1);
    assert!(!ran.stderr.contains("row 5, column"), "{}", ran.stderr);
    let results = stage.results("sheet.results.csv");
    assert_eq!(count(&results, "updated"), 3);
    assert_eq!(results[2]["outcome"], "invalid");
    assert!(results[2]["message"].contains("does not manage"));
}

#[test]
fn many_such_rows_of_one_organization_are_one_line() {
    let stage = partner(1, Access::default());
    let rows: Vec<_> = (0..500).map(|row| (row, Some(8))).collect();
    stage.write("sheet.csv", sheet(&rows));
    let ran = stage.apply("sheet.csv").expect(2);
    assert_eq!(ran.stderr.lines().count(), 3, "{}", ran.stderr);
    ran.says("; the same in 499 more rows up to row 501\n");
}

#[test]
fn a_token_that_may_not_read_stops_what_has_to_read_before_its_first_row() {
    let stage = partner(1, only(&[WRITE, LIST]));
    stage.write("sheet.csv", sheet(&[(0, None), (1, None)]));
    let ran = plan(&stage).expect(3);
    insta::assert_snapshot!(first_lines(&ran.stderr, 2), @"
    stopped: the token may not read these settings: The access token does not have the scope this request needs.
    hint: the token needs the scope `spark-admin:telephony_config_read`, and its user must administer these organizations
    ");
    stage.apply("sheet.csv --backup -o backup.csv").expect(3);
    let is_change = |request: &Value| request["method"] == "PUT";
    assert!(!stage.requests().iter().any(is_change));
    // Nothing has to be read to change.
    stage.apply("sheet.csv").expect(0);
}

/// A list that failed says nothing of the sheet, which has names alone.
#[test]
fn where_the_list_of_organizations_fails_no_row_is_called_wrong() {
    let fail = |mut stream: &TcpStream| {
        let _ = stream.read(&mut [0; 8192]);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\ntrackingid: NA_1\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: 25\r\n\r\n{\"message\":\"Bad Request\"}");
    };
    let stage = Stage::instant();
    stage.write(
        "sheet.csv",
        "orgName,locationName,n1\nAcme,London,+12025550101\nAcme,Paris,+12025550102\n",
    );
    for verb in ["plan", "apply --yes"] {
        let server = RawServer::after(fail, |_| {});
        let line = format!("{verb} sheet.csv --base-url {}", server.base_url());
        let ran = stage.run(&line).expect(2);
        ran.says("the organizations of the token could not be listed");
        ran.says("nothing is wrong in the sheet: type the same command again");
        assert!(!ran.stderr.contains("row 2"), "{}", ran.stderr);
    }
}

#[test]
fn what_cannot_be_asked_is_said_and_costs_nothing() {
    let stage = partner(2, only(&[READ, WRITE]));
    stage.write("sheet.csv", sheet(&[(0, None), (2, Some(7))]));
    let ran = stage.apply("sheet.csv --backup").expect(1);
    insta::assert_snapshot!(first_lines(&ran.stderr, 1), @"note: the service does not say which organizations the token manages, so those of the rows are not checked: 403 The access token does not have the scope this request needs.");
    let results = stage.results("sheet.results.csv");
    assert_eq!(results[0]["outcome"], "updated");
    assert_eq!(results[1]["status"], "404");

    // An address that knows of no such list.
    let server = RawServer::saying(DONE);
    let line = format!(
        "apply sheet.csv --yes -o other.csv --base-url {}",
        server.base_url()
    );
    let ran = stage.run(&line).expect(0);
    ran.says("are not checked: 404");
}

#[test]
fn a_pause_is_kept_before_the_first_row_as_after_it() {
    let stage = Stage::new(Behavior {
        faults: "429=100% once".parse().expect("faults"),
        retry_after: "1s".parse().expect("a policy"),
        ..Behavior::instant()
    });
    stage.write("sheet.csv", sheet(&[(1, Some(1))]));
    stage.apply("sheet.csv").expect(0);
    let all = stage.all_requests();
    let at = |index: usize| all[index]["arrivedMs"].as_f64().expect("a time");
    assert_eq!(all.len(), 4, "each was told to wait once");
    assert!(at(1) - at(0) >= 1000.0, "{all:?}");
}

/// The token is over when the run goes on: what was done stays done.
#[test]
fn a_row_that_was_sent_keeps_its_outcome_with_a_token_that_could_not_send_it() {
    let stage = partner(2, Access::default());
    stage.write(
        "sheet.csv",
        sheet(&[(0, Some(0)), (1, Some(1)), (2, Some(0))]),
    );
    // One after the other, so that the last row is that of the first organization.
    let ran = stage.apply("sheet.csv --skip-invalid -c 1").expect(0);
    ran.says("updated");
    // Another service, whose token manages the first organization only.
    let other = partner(1, Access::default());
    let journal = fs::read_to_string(stage.path("sheet.results.csv.journal")).expect("a journal");
    // As if it had been killed before the last row was done.
    let mut done = 0;
    let before_the_end = journal.lines().take_while(|line| {
        done += usize::from(line.contains("{\"row\":"));
        done < 3
    });
    let cut = format!("{}\n", before_the_end.collect::<Vec<_>>().join("\n"));
    let address = other.simulator.base_url();
    let begun = cut.replace(&stage.simulator.base_url(), &address);
    other.write(
        "sheet.csv",
        fs::read(stage.path("sheet.csv")).expect("a sheet"),
    );
    let entries = begun.lines().map(|line| line[9..].to_string());
    other.write("sheet.results.csv.journal", of_format_1(entries));
    other.apply("sheet.csv --skip-invalid --resume").expect(0);
    assert_eq!(count(&other.results("sheet.results.csv"), "updated"), 3);
}

#[cfg(unix)]
#[test]
fn a_refresh_token_that_is_on_its_way_is_waited_for() {
    use crate::harness::signal;
    use wxbulk::simulator::Rotation;
    let stage = Stage::new(Behavior {
        access: Access {
            rotation: Rotation::NewRefreshToken,
            ..Access::default()
        },
        latency: "700ms".parse().expect("a latency"),
        ..Behavior::instant()
    });
    let app = "SERVICE_APP_CLIENT_ID=a\nSERVICE_APP_CLIENT_SECRET=b\nSERVICE_APP_REFRESH_TOKEN=c\n";
    stage.write_secret("app.env", app);
    let address = stage.simulator.base_url();
    let line = format!("whoami --service-app app.env --base-url {address}");
    let mut child = stage.command(&line).spawn().expect("it starts");
    while stage.all_requests().is_empty() {
        std::thread::yield_now();
    }
    signal(&child, "INT");
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    assert_eq!(stage.all_requests().len(), 1);
    let saved = fs::read_to_string(stage.path("app.env")).expect("a file");
    assert!(saved.contains("simulated-refresh-token"), "{saved}");
}
