//! `wxbulk selftest`, against services that behave as it assumes and others that do not.

use std::fs;
use std::process::Child;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use wxbulk::simulator::{
    Access, Behavior, CallTypePermission, EmptyUpdate, Location, Locations, Scopes, User,
};

use crate::harness::{Ran, Stage, TOKEN, location_id, org_id};
use crate::lanes::{changes_by_user, user, write_tokens};
use crate::lying_services::CALL_TYPES;
use crate::raw_server::RawServer;

const NUMBER: &str = "+496100773123";

fn locations(numbers: [Option<&str>; 3]) -> Locations {
    let location = |row: u64, name: &str| Location {
        id: location_id(row),
        organization: Some(org_id(1)),
        name: name.into(),
        numbers: numbers.map(|number| number.map(String::from)),
        calling_permissions: vec![CallTypePermission {
            call_type: "INTERNATIONAL".into(),
            action: "TRANSFER_NUMBER_1".into(),
            transfer_enabled: true,
            restricted: false,
        }],
        ..Location::default()
    };
    Locations::Exactly(vec![location(1, "Berlin"), location(2, "Oslo")])
}

/// A stage whose two locations have these numbers.
fn stage_with(numbers: [Option<&str>; 3], behavior: Behavior) -> Stage {
    Stage::new(Behavior {
        locations: locations(numbers),
        own_organization: Some(org_id(1)),
        ..behavior
    })
}

fn stage(behavior: Behavior) -> Stage {
    stage_with([Some(NUMBER), Some("5501"), None], behavior)
}

fn line(stage: &Stage) -> String {
    let (id, address) = (location_id(1), stage.simulator.base_url());
    format!("selftest --location {id} --name Berlin --base-url {address}")
}

fn selftest(stage: &Stage) -> Ran {
    stage.run(&line(stage))
}

/// The one file with this ending.
fn file(stage: &Stage, ending: &str) -> String {
    let mut files = stage.files().into_iter().filter(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("selftest-") && name.ends_with(ending)
    });
    let path = files.next().expect("it was written");
    let name = path.file_name().expect("a name");
    name.to_string_lossy().into_owned()
}

fn page(stage: &Stage) -> String {
    fs::read_to_string(stage.path(&file(stage, ".md"))).expect("a page")
}

/// The table of the page.
fn table(stage: &Stage) -> String {
    let page = page(stage);
    let lines = page.lines().filter(|line| line.starts_with("| "));
    lines.skip(1).collect::<Vec<_>>().join("\n")
}

fn changes(stage: &Stage) -> Vec<Value> {
    let mut requests = stage.all_requests();
    requests.retain(|request| request["method"] == "PUT");
    requests
}

fn bodies(stage: &Stage) -> Vec<String> {
    let changes = changes(stage);
    changes.iter().map(|put| put["body"].to_string()).collect()
}

#[test]
fn a_service_as_it_is_assumed_passes_and_is_left_as_it_was() {
    let stage = stage(Behavior::instant());
    let before = stage.state();
    let ran = selftest(&stage).expect(0);
    ran.says("the numbers of the location are as they were before");
    assert_eq!(stage.state(), before);
    insta::assert_snapshot!(table(&stage), @r"
    | what is set is read as text, what is not as null, empty or not at all | GET …/autoTransferNumbers | 200: autoTransferNumber1 `+NN-NNNNNNNNNN`; autoTransferNumber2 `NNNN`; autoTransferNumber3 null | as assumed |
    | the plain UUID of a location means that location, or is refused | GET …/autoTransferNumbers with the UUID in place of the id | 404: it is not taken | as assumed |
    | the rules of a location are read as documented | GET …/outgoingPermission | 200: 10 in callingPermissions: CHARGEABLE_DIRECTORY_ASSISTED, INTERNAL_CALL, INTERNATIONAL, NATIONAL, OPERATOR_ASSISTED, PREMIUM_SERVICES_I, PREMIUM_SERVICES_II, SPECIAL_SERVICES_I, SPECIAL_SERVICES_II, TOLL_FREE | as assumed |
    | the digit patterns of a location are read as documented | GET …/outgoingPermission/digitPatterns | 200: 0 in digitPatterns | as assumed |
    | writing back what was read changes nothing | PUT of all three as they were read, an unset one as the empty text | 204: the numbers are the same, letter for letter | as assumed |
    | the order of the fields does not matter | PUT of the same with the third number first | 204: the numbers are the same, letter for letter | as assumed |
    | an extension of two digits is taken as a number | PUT of one number that no rule uses | 204: it is read as `NN` | as assumed |
    | fields that are left out keep their values | the other two numbers after that PUT | 204: they are kept | as assumed |
    | the empty text clears a number | PUT of the empty text where the extension was | 204: it is cleared | as assumed |
    | an empty object is refused or changes nothing (the program never sends one) | PUT of `{}` | 400 (25024): nothing is changed | as assumed |
    | a number that is read in another spelling is the same number | PUT of the numbers that are set, as the program writes them | 204: `+NNNNNNNNNNNN` is read as `+NN-NNNNNNNNNN`; `NNNN` is read as `NNNN` | as assumed |
    | in the end the numbers are as they were, letter for letter | GET …/autoTransferNumbers | they are | as assumed |
    ");
    let sent = bodies(&stage);
    assert_eq!(sent.len(), 7, "{sent:?}");
    assert!(sent.contains(&"{}".to_string()));
    assert!(sent.contains(&r#"{"autoTransferNumber3":"77"}"#.to_string()));

    // Nothing on the page says who it is about.
    let page = page(&stage);
    let digits: Vec<String> = [NUMBER, "5501", "6100773123"].map(String::from).into();
    for private in digits.into_iter().chain([
        "Berlin".into(),
        location_id(1),
        org_id(1),
        "example".into(),
        TOKEN.into(),
        stage.simulator.base_url(),
    ]) {
        assert!(
            !page.contains(&private),
            "{private} is on the page:\n{page}"
        );
    }

    let again = selftest(&stage).expect(2);
    again.says("is there from an earlier selftest");
    assert_eq!(changes(&stage).len(), 7);
    // And an undo finds that all is back.
    let results = file(&stage, ".results.csv");
    stage.run_online(&format!("undo {results} --yes")).expect(0);
    assert_eq!(stage.state(), before);
    assert_eq!(changes(&stage).len(), 7);
}

#[test]
fn nothing_is_asked_of_another_location_than_was_meant() {
    let stage = stage(Behavior::instant());
    let address = stage.simulator.base_url();
    let id = location_id(1);
    let wrong = format!("selftest --location {id} --name Oslo --base-url {address}");
    stage.run(&wrong).expect(2).says("is not named `Oslo`");
    let unknown = format!(
        "selftest --location {} --name Berlin --base-url {address}",
        location_id(9)
    );
    let ran = stage.run(&unknown).expect(2);
    ran.says("is not found among the 2 calling locations");
    let ran = stage.run(&format!("selftest --location {id} --base-url {address}"));
    ran.expect(2).says("--name=NAME");
    let ran = stage.run(&format!("selftest --location Berlin --base-url {address}"));
    ran.expect(2).says("`Berlin` is not a location's id");
    stage
        .run(&format!("selftest --location {id} --rehearse"))
        .expect(2);
    assert_eq!(changes(&stage).len(), 0);
    assert!(stage.files().iter().all(|path| !path.ends_with(".csv")));
}

#[cfg(target_os = "linux")]
#[test]
fn the_name_is_typed_at_a_terminal() {
    let stage = stage(Behavior::instant());
    let line = line(&stage).replace(" --name Berlin", "");
    let ran = stage.at_a_terminal(&line, "Oslo\n").expect(2);
    assert!(ran.stdout.contains("nothing was changed"), "{}", ran.stdout);
    assert_eq!(changes(&stage).len(), 0);
    let ran = stage.at_a_terminal(&line, "Berlin\n").expect(0);
    assert!(
        ran.stdout.contains("`Berlin` for a moment"),
        "{}",
        ran.stdout
    );
    assert_eq!(changes(&stage).len(), 7);
}

#[test]
fn whatever_a_service_does_the_numbers_are_put_back_and_the_page_says_it() {
    let refused = Behavior {
        fewest_digits: 3,
        ..Behavior::instant()
    };
    let taken = Behavior {
        empty_update: EmptyUpdate::Ignored,
        ..Behavior::instant()
    };
    let cleared = Behavior {
        empty_update: EmptyUpdate::ClearsAll,
        ..Behavior::instant()
    };
    for (behavior, code, says) in [
        (refused, 1, "| 400 (25223/8363): nothing is set | differs |"),
        (
            taken,
            0,
            "| PUT of `{}` | 204: nothing is changed | as assumed |",
        ),
        (
            cleared,
            1,
            "| PUT of `{}` | 204: numbers are changed | differs |",
        ),
    ] {
        for numbers in [
            [Some(NUMBER), Some("5501"), None],
            [Some(NUMBER), Some("5501"), Some("5502")],
            [None, None, None],
            [Some("2025550148"), None, None],
        ] {
            let stage = stage_with(numbers, behavior.clone());
            let before = stage.state();
            let ran = selftest(&stage);
            let table = table(&stage);
            // Where nothing is set there is nothing to clear.
            let is_hidden = numbers == [None; 3] && says.contains("are changed");
            let is_set = numbers[2].is_some() && says.contains("nothing is set");
            assert!(is_hidden || is_set || table.contains(says), "{table}");
            assert_eq!(ran.code, Some(if is_hidden { 0 } else { code }), "{table}");
            assert_eq!(stage.state(), before, "{table}");
            // The request that puts the numbers back does so whatever the one before it has done.
            let order = table
                .lines()
                .find(|line| line.contains("order of the fields"));
            let order = order.expect("a line");
            assert!(
                order.ends_with("letter for letter | as assumed |"),
                "{table}"
            );
        }
    }
}

#[test]
fn an_empty_object_is_not_sent_where_rules_use_all_numbers() {
    let Locations::Exactly(mut all) = locations([Some(NUMBER), Some("5501"), Some("5502")]) else {
        panic!("a list")
    };
    for (call_type, action) in [
        ("NATIONAL", "TRANSFER_NUMBER_2"),
        ("TOLL_FREE", "TRANSFER_NUMBER_3"),
    ] {
        all[0].calling_permissions.push(CallTypePermission {
            call_type: call_type.into(),
            action: action.into(),
            transfer_enabled: true,
            restricted: false,
        });
    }
    let stage = Stage::new(Behavior {
        locations: Locations::Exactly(all),
        own_organization: Some(org_id(1)),
        empty_update: EmptyUpdate::ClearsAll,
        ..Behavior::instant()
    });
    let before = stage.state();
    selftest(&stage).expect(0);
    assert_eq!(stage.state(), before);
    let sent = bodies(&stage);
    assert!(!sent.contains(&"{}".to_string()), "{sent:?}");
    let table = table(&stage);
    let says =
        "| PUT of `{}` | not asked: rules use all numbers, or could not be read | not known |";
    assert!(table.contains(says), "{table}");
    assert!(
        table.contains("third number first | 204: the numbers are the same"),
        "{table}"
    );
}

#[test]
fn a_partners_token_means_its_own_organization_unless_another_is_named() {
    let Locations::Exactly(mut all) = locations([Some(NUMBER), None, None]) else {
        panic!("a list")
    };
    all[1].organization = Some(org_id(2));
    let stage = Stage::new(Behavior {
        locations: Locations::Exactly(all),
        own_organization: Some(org_id(1)),
        ..Behavior::instant()
    });
    let before = stage.state();
    selftest(&stage).expect(0);
    let (id, org) = (location_id(2), org_id(2));
    let line = format!("selftest --location {id} --name Oslo");
    stage.run_online(&line).expect(2).says("is not found");
    stage.run_online(&format!("{line} --org {org}")).expect(0);
    assert_eq!(stage.state(), before);
}

#[test]
fn a_token_that_may_only_read_changes_nothing() {
    let stage = stage(Behavior {
        access: Access {
            scopes: Scopes::Only([String::from("spark-admin:telephony_config_read")].into()),
            ..Access::default()
        },
        ..Behavior::instant()
    });
    let before = stage.state();
    let ran = selftest(&stage);
    assert!(matches!(ran.code, Some(1 | 3)), "{}", ran.stderr);
    assert_eq!(stage.state(), before);
}

/// Waits until the service has seen this number of changes.
fn wait_for_changes(stage: &Stage, count: usize, child: &mut Child) -> bool {
    while changes(stage).len() < count {
        if child.try_wait().expect("a child").is_some() {
            return false;
        }
        std::thread::park_timeout(Duration::from_millis(1));
    }
    true
}

fn slow() -> Behavior {
    Behavior {
        latency: "20ms..40ms".parse().expect("a latency"),
        empty_update: EmptyUpdate::ClearsAll,
        ..Behavior::instant()
    }
}

#[test]
fn a_kill_during_any_change_is_made_good_when_it_is_started_again() {
    let mut kills = 0;
    for count in 1..=7 {
        let stage = stage(slow());
        let before = stage.state();
        let mut child = stage.command(&line(&stage)).spawn().expect("it starts");
        kills += usize::from(wait_for_changes(&stage, count, &mut child));
        let _ = child.kill();
        child.wait().expect("it ends");
        let ran = selftest(&stage);
        if changes(&stage).len() > 7 || ran.code != Some(2) {
            assert_eq!(ran.code, Some(1), "{}", ran.stderr);
            ran.says("did not reach its end");
        }
        assert_eq!(
            stage.state(),
            before,
            "after change {count}: {}",
            ran.stderr
        );
        let results = file(&stage, ".results.csv");
        stage.run_online(&format!("undo {results} --yes")).expect(0);
        assert_eq!(stage.state(), before, "after change {count} and an undo");
    }
    assert!(kills >= 6, "{kills}");
}

#[cfg(unix)]
#[test]
fn an_interrupted_selftest_can_be_undone_at_once() {
    for count in 1..=7 {
        let stage = stage(slow());
        let before = stage.state();
        let mut child = stage.command(&line(&stage)).spawn().expect("it starts");
        if !wait_for_changes(&stage, count, &mut child) {
            continue;
        }
        crate::harness::signal(&child, "INT");
        let ran = Ran::of(child.wait_with_output().expect("it ends"));
        if ran.code == Some(130) {
            ran.says_how_to_go_on();
        }
        let results = file(&stage, ".results.csv");
        stage.run_online(&format!("undo {results} --yes")).expect(0);
        assert_eq!(
            stage.state(),
            before,
            "after change {count}: {}",
            ran.stderr
        );
    }
}

/// A selftest in which somebody sets the second number after a number of changes.
fn selftest_while_another_changes(stage: &Stage, changes: usize) -> Ran {
    let mut child = stage.command(&line(stage)).spawn().expect("it starts");
    assert!(wait_for_changes(stage, changes, &mut child));
    stage.set_number(1, 2, "5999");
    let ran = Ran::of(child.wait_with_output().expect("it ends"));
    assert_eq!(stage.state()[location_id(1)]["autoTransferNumber2"], "5999");
    ran
}

#[test]
fn what_somebody_else_changes_meanwhile_is_left_alone() {
    let stage = stage(slow());
    let ran = selftest_while_another_changes(&stage, 2).expect(3);
    ran.says("to put them back:");
    // Typed again, it says what comes first, and not to move away what the undo needs.
    let again = selftest(&stage).expect(2);
    again.says("to put them back: ");
    again.says("which is not undone");
    let undo = again.stderr.split("to put them back: ").nth(1);
    let undo = undo
        .and_then(|rest| rest.lines().next())
        .expect("a command");
    let words = undo.split_once(" undo ").expect("an undo").1;
    stage.run(&format!("undo {words} --yes"));
    assert_eq!(stage.state()[location_id(1)]["autoTransferNumber2"], "5999");
}

#[test]
fn where_only_the_change_of_somebody_else_is_left_there_is_nothing_to_undo() {
    let stage = stage(slow());
    let ran = selftest_while_another_changes(&stage, 1).expect(1);
    ran.says(
        "note: somebody else has changed n2 of the location meanwhile, which is left as it is",
    );
    ran.says("its files may be moved away");
    assert!(!ran.stderr.contains(" undo "), "{}", ran.stderr);
    let says = "| somebody else has changed one meanwhile | not known |";
    assert!(table(&stage).contains(says), "{}", table(&stage));
    let again = selftest(&stage).expect(2);
    again.says("hint: move its files away");
    assert!(!again.stderr.contains(" undo "), "{}", again.stderr);
}

/// A service with one location, of which a change may replace all numbers. A number of reads after each change are
/// answered from before it. Its rules may be hidden.
fn odd_service(
    numbers: &Arc<Mutex<[Value; 3]>>,
    (replaces_all, stale_reads): (bool, usize),
    is_readable: bool,
) -> RawServer {
    let rules = CALL_TYPES
        .map(|one| json!({ "callType": one, "action": "ALLOW", "transferEnabled": true }));
    let numbers = Arc::clone(numbers);
    let reads = Mutex::new((usize::MAX, [const { Value::Null }; 3]));
    RawServer::answering(move |method, path, body| {
        let last = path.rsplit('/').next().unwrap_or_default();
        let mut numbers = numbers.lock().expect("no panic");
        let mut reads = reads.lock().expect("no panic");
        let names = [1, 2, 3].map(|place| format!("autoTransferNumber{place}"));
        let said = match (method, last) {
            (_, "me") => json!({ "id": "p", "orgId": org_id(1) }),
            (_, "locations") => {
                json!({ "locations": [{ "id": location_id(1), "name": "Berlin" }] })
            }
            (_, "outgoingPermission") if is_readable => json!({ "callingPermissions": rules }),
            (_, "outgoingPermission") => return (403, "", "{}".into()),
            (_, "digitPatterns") => json!({ "digitPatterns": [] }),
            ("PUT", "autoTransferNumbers") => {
                *reads = (0, numbers.clone());
                let body: Value = serde_json::from_str(body).expect("JSON");
                for (number, name) in numbers.iter_mut().zip(&names) {
                    match &body[name] {
                        Value::Null if replaces_all => *number = Value::Null,
                        Value::Null => {}
                        Value::String(text) if text.is_empty() => *number = Value::Null,
                        value => *number = value.clone(),
                    }
                }
                return (204, "", String::new());
            }
            (_, "autoTransferNumbers") => {
                reads.0 = reads.0.saturating_add(1);
                let shown = if reads.0 <= stale_reads {
                    &reads.1
                } else {
                    &*numbers
                };
                names.into_iter().zip(shown.iter().cloned()).collect()
            }
            _ => return (404, "", "{}".into()),
        };
        (200, "", said.to_string())
    })
}

fn selftest_at(stage: &Stage, server: &RawServer) -> Ran {
    let (id, address) = (location_id(1), server.base_url());
    stage.run(&format!(
        "selftest --location {id} --name Berlin --base-url {address}"
    ))
}

#[test]
fn numbers_that_a_change_of_another_one_takes_away_are_put_back() {
    let all = [json!("+12025550101"), json!("+12025550102"), json!("5503")];
    let [one, two, _] = all.clone();
    for (numbers, is_readable) in [
        (all.clone(), true),
        (all, false),
        ([one.clone(), two, Value::Null], true),
        ([one, Value::Null, Value::Null], true),
    ] {
        let stage = Stage::instant();
        let service = Arc::new(Mutex::new(numbers.clone()));
        let server = odd_service(&service, (true, 0), is_readable);
        let ran = selftest_at(&stage, &server);
        ran.says("the numbers of the location are as they were before");
        assert_eq!(*service.lock().expect("no panic"), numbers);
        if !is_readable {
            continue;
        }
        let ran = ran.expect(1);
        let says = "| 204: they are not kept | differs |";
        assert!(table(&stage).contains(says), "{}", ran.stderr);
        // What was changed beside is known to an undo as well.
        *service.lock().expect("no panic") = [Value::Null, Value::Null, json!("77")];
        let (results, address) = (file(&stage, ".results.csv"), server.base_url());
        stage.run(&format!("undo {results} --yes --base-url {address}"));
        assert_eq!(*service.lock().expect("no panic"), numbers);
    }
}

#[test]
fn what_is_read_from_before_a_change_is_read_again_after_a_moment() {
    let numbers = [json!("+12025550101"), Value::Null, Value::Null];
    let stage = Stage::instant();
    let service = Arc::new(Mutex::new(numbers.clone()));
    let ran = selftest_at(&stage, &odd_service(&service, (false, 1), true)).expect(0);
    assert!(!ran.stderr.contains("differs"), "{}", ran.stderr);
    assert_eq!(*service.lock().expect("no panic"), numbers);
    let says = "| 204: it is read as `NN` | as assumed |";
    assert!(table(&stage).contains(says), "{}", table(&stage));
}

#[test]
fn of_several_credentials_one_that_may_see_the_location_is_taken() {
    let refused = |name: &str| User {
        faults: Some(
            format!("404=100% at {}", location_id(1))
                .parse()
                .expect("faults"),
        ),
        ..user(name, &[1, 9], &[&format!("token-of-{name}-1")])
    };
    let ben = user("Ben", &[1], &["token-of-Ben-1"]);
    for (ben, code) in [(ben, 0), (refused("Ben"), 2)] {
        let stage = stage(Behavior {
            users: vec![refused("Ada"), ben],
            ..Behavior::instant()
        });
        let before = stage.state();
        write_tokens(
            &stage,
            &[("ada.txt", "token-of-Ada-1"), ("ben.txt", "token-of-Ben-1")],
        );
        let line = format!(
            "{} --org {} --credentials customers",
            line(&stage),
            org_id(1)
        );
        let ran = stage.run(&line).expect(code);
        if code == 0 {
            assert_eq!(changes_by_user(&stage)["Ben"], 6);
        } else {
            ran.says("these credentials may not see the numbers of the location: 404 ");
            ran.says("hint: an administrator of some locations");
        }
        assert_eq!(stage.state(), before);
    }
}

/// Its cells have values in the spelling of the service.
#[test]
fn untouched_results_have_no_cell_that_was_changed() {
    for number in [NUMBER, "5501"] {
        let stage = stage_with([Some(number), None, Some("5503")], Behavior::instant());
        let before = stage.state();
        selftest(&stage).expect(0);
        assert_eq!(stage.state(), before, "{number}");
        let results = file(&stage, ".results.csv");
        let ran = stage.run_online(&format!("undo {results} --yes")).expect(0);
        assert!(
            !ran.stderr.contains("changed since the run"),
            "{}",
            ran.stderr
        );
        assert_eq!(stage.state(), before, "{number}");
    }
}
