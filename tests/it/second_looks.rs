//! What another administrator sets while a row waits between its reading and its writing is left alone.

use std::sync::{Arc, Condvar, Mutex};

use serde_json::json;

use crate::harness::{Stage, location_id, number, org_id};
use crate::raw_server::RawServer;

const OTHER: &str = "+12025559999";

/// A service with no number set at its locations.
#[derive(Default)]
struct Locations {
    /// The next reading of location 3 is refused, and after that another administrator sets a number of location 2.
    refuses: bool,
    has_refused: bool,
    is_meddled_with: bool,
}

fn serve(there: &Arc<(Mutex<Locations>, Condvar)>) -> RawServer {
    let there = Arc::clone(there);
    RawServer::answering(move |method, path, _| {
        let (locations, refused) = &*there;
        if !path.ends_with("/autoTransferNumbers") {
            return (404, "", String::new());
        }
        if method == "PUT" {
            return (204, "", String::new());
        }
        let is_second = path.contains(&location_id(2));
        let mut locations = locations.lock().expect("no panic");
        if locations.refuses && !is_second {
            *locations = Locations {
                has_refused: true,
                ..Locations::default()
            };
            refused.notify_all();
            return (429, "retry-after: 6\r\n", String::new());
        }
        // The reading of location 2 left before that of location 3 was refused, and is answered after it.
        while locations.refuses {
            locations = refused.wait(locations).expect("no panic");
        }
        let number = (is_second && locations.is_meddled_with).then_some(OTHER);
        if is_second && locations.has_refused {
            locations.is_meddled_with = true;
        }
        let body = json!({"autoTransferNumber1": number});
        (200, "", body.to_string())
    })
}

#[test]
fn a_row_that_waits_since_another_was_rate_limited_finds_what_was_set_meanwhile() {
    let there = Arc::default();
    let server = serve(&there);
    let stage = Stage::instant();
    let rows = [2, 3].map(|row| format!("{},{},{}\n", org_id(1), location_id(row), number(row)));
    stage.write(
        "sheet.csv",
        format!("orgId,locationId,n1\n{}", rows.concat()),
    );
    let address = format!("--base-url {}", server.base_url());
    stage.run(&format!("plan sheet.csv {address}")).expect(0);
    there.0.lock().expect("no panic").refuses = true;
    let ran = stage.run(&format!("apply sheet.plan.csv --yes {address}"));
    let ran = ran.expect(1);
    ran.says("row 2: left alone, not as expected: n1 expected none, found +12025559999");
    let requests = server.requests();
    let sent = |row: u64| {
        let put = format!("PUT {}", "/telephony/config/locations/");
        let puts = requests.iter().filter(|line| line.starts_with(&put));
        puts.filter(|line| line.contains(&location_id(row))).count()
    };
    assert_eq!((sent(2), sent(3)), (0, 1), "{requests:#?}");
}

/// A location with rules, of which the `refused`th change is rate limited; and what another administrator does to
/// it while the row waits.
struct Ruled {
    numbers: [Option<&'static str>; 3],
    rules: Vec<(&'static str, String, bool)>,
    refused: usize,
    meddle: fn(&mut Ruled),
    changes: Vec<String>,
}

impl Ruled {
    fn set(&mut self, call_type: &str, action: &str, may_transfer: bool) {
        let mut rules = self.rules.iter_mut();
        let rule = rules.find(|(name, ..)| *name == call_type);
        let (_, old_action, old_transfer) = rule.expect("a rule");
        (*old_action, *old_transfer) = (action.to_string(), may_transfer);
    }

    fn change(&mut self, path: &str, body: &str) {
        let body: serde_json::Value = serde_json::from_str(body).expect("a body");
        if path.ends_with("/autoTransferNumbers") {
            for (index, number) in self.numbers.iter_mut().enumerate() {
                match body.get(format!("autoTransferNumber{}", index + 1)) {
                    Some(number_sent) if number_sent != "" => *number = Some("+12025550102"),
                    Some(_) => *number = None,
                    None => {}
                }
            }
            return;
        }
        for rule in body["callingPermissions"].as_array().expect("rules") {
            let text = |name: &str| rule[name].as_str().expect("a text");
            let may_transfer = rule["transferEnabled"] == json!(true);
            self.set(text("callType"), text("action"), may_transfer);
        }
    }
}

/// What the only row of a sheet comes to at such a location, and the changes that were let through.
fn with_meddling(
    sheet: &str,
    flags: &str,
    refused: usize,
    meddle: fn(&mut Ruled),
) -> (String, Vec<String>) {
    let types = ["NATIONAL", "INTERNATIONAL", "TOLL_FREE"];
    let there = Arc::new(Mutex::new(Ruled {
        numbers: [None, Some("+12025550199"), None],
        rules: types.map(|name| (name, "ALLOW".to_string(), true)).into(),
        refused,
        meddle,
        changes: Vec::new(),
    }));
    let location = Arc::clone(&there);
    let server = RawServer::answering(move |method, path, body| {
        let mut there = location.lock().expect("no panic");
        if !path.contains("/outgoingPermission") {
            return (404, "", String::new());
        }
        if method == "PUT" {
            there.refused = there.refused.wrapping_sub(1);
            if there.refused == 0 {
                (there.meddle)(&mut there);
                return (429, "retry-after: 6\r\n", String::new());
            }
            there.change(path, body);
            there.changes.push(body.to_string());
            return (204, "", String::new());
        }
        let body = if path.ends_with("/autoTransferNumbers") {
            let numbers = there.numbers;
            json!({"autoTransferNumber1": numbers[0], "autoTransferNumber2": numbers[1], "autoTransferNumber3": numbers[2]})
        } else if path.ends_with("/digitPatterns") {
            json!({"digitPatterns": []})
        } else {
            let rules = there.rules.iter().map(|(name, action, may_transfer)| {
                json!({"callType": name, "action": action, "transferEnabled": may_transfer})
            });
            json!({"callingPermissions": rules.collect::<Vec<_>>()})
        };
        (200, "", body.to_string())
    });
    let stage = Stage::instant();
    let sheet = sheet.replace("{o}", &org_id(1));
    stage.write("sheet.csv", sheet.replace("{l}", &location_id(2)));
    stage.run(&format!(
        "apply sheet.csv --yes {flags} --base-url {}",
        server.base_url()
    ));
    let results = std::fs::read_to_string(stage.path("sheet.results.csv")).expect("results");
    let changes = there.lock().expect("no panic").changes.clone();
    (results, changes)
}

#[test]
fn what_another_sets_while_a_row_waits_for_its_next_change_is_found() {
    const BOTH: &str = "orgId,locationId,n1,n2,national\n{o},{l},+12025550102,,BLOCK\n";
    const CLEARED: &str = "orgId,locationId,n1,n2,national\n{o},{l},,REMOVE,BLOCK\n";
    const NUMBER: &str = r#"{"autoTransferNumber1":"+12025550102"}"#;
    const BLOCKED: &str = r#"{"callingPermissions":[{"action":"BLOCK","callType":"NATIONAL","transferEnabled":true}]}"#;
    type Case = (
        &'static str,
        usize,
        fn(&mut Ruled),
        &'static [&'static str],
        &'static str,
    );
    let cases: [Case; 5] = [
        (
            BOTH,
            2,
            |there| there.set("NATIONAL", "ALLOW", false),
            &[NUMBER],
            "n1 changed; national not; left alone, not as expected: nationalTransfer expected yes, found no",
        ),
        (
            BOTH,
            2,
            |there| there.set("TOLL_FREE", "BLOCK", false),
            &[NUMBER, BLOCKED],
            ",updated,",
        ),
        (
            BOTH,
            2,
            |there| there.numbers[0] = None,
            &[NUMBER],
            "n1 expected +12025550102, found none",
        ),
        (
            CLEARED,
            2,
            |there| there.set("INTERNATIONAL", "TRANSFER_NUMBER_2", true),
            &[BLOCKED],
            "national changed; n2 not; left alone: n2 is in use: INTERNATIONAL calls are transferred to it",
        ),
        (
            CLEARED,
            2,
            |_| {},
            &[BLOCKED, r#"{"autoTransferNumber2":""}"#],
            ",updated,",
        ),
    ];
    std::thread::scope(|scope| {
        for (sheet, refused, meddle, changes, said) in cases {
            scope.spawn(move || {
                let (results, sent) = with_meddling(sheet, "--backup", refused, meddle);
                assert_eq!(sent, changes, "{results}");
                assert!(results.contains(said), "{said}\n{results}");
            });
        }
    });
}

#[test]
fn a_number_that_rules_use_since_its_row_waited_is_not_cleared() {
    const CLEARED: &str = "orgId,locationId,n2\n{o},{l},REMOVE\n";
    type Case = (fn(&mut Ruled), &'static [&'static str], &'static str);
    let cases: [Case; 2] = [
        (
            |there| there.set("INTERNATIONAL", "TRANSFER_NUMBER_2", true),
            &[],
            "left alone: n2 is in use: INTERNATIONAL calls are transferred to it",
        ),
        (|_| {}, &[r#"{"autoTransferNumber2":""}"#], ",updated,"),
    ];
    std::thread::scope(|scope| {
        for (meddle, changes, said) in cases {
            scope.spawn(move || {
                let (results, sent) = with_meddling(CLEARED, "", 1, meddle);
                assert_eq!(sent, changes, "{results}");
                assert!(results.contains(said), "{said}\n{results}");
            });
        }
    });
}
