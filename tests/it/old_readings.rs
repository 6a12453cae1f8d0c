//! A service that answers for a while with what was there before a change: what a run has written itself is newer.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::harness::{Stage, location_id, org_id};
use crate::raw_server::RawServer;

/// A location, and what is read of it after its first change.
struct Location {
    numbers: Value,
    rules: Value,
    before: Option<[Value; 2]>,
    /// The numbers, and the rules.
    are_read_as_before: [bool; 2],
    changes: Vec<String>,
}

impl Location {
    fn new() -> Location {
        let rule =
            |name: &str| json!({"callType": name, "action": "ALLOW", "transferEnabled": true});
        Location {
            numbers: json!({
                "autoTransferNumber1": "+12025550101",
                "autoTransferNumber2": "+12025550102",
                "autoTransferNumber3": null,
            }),
            rules: json!([rule("NATIONAL"), rule("TOLL_FREE")]),
            before: None,
            are_read_as_before: [true; 2],
            changes: Vec::new(),
        }
    }

    fn there(&self) -> [Value; 2] {
        [self.numbers.clone(), self.rules.clone()]
    }

    fn change(&mut self, path: &str, body: &str) {
        let there = self.there();
        self.before.get_or_insert(there);
        self.changes.push(body.to_string());
        let body: Value = serde_json::from_str(body).expect("a body");
        if path.ends_with("/autoTransferNumbers") {
            for (name, number) in body.as_object().expect("numbers") {
                let is_none = number.as_str() == Some("");
                self.numbers[name] = if is_none { Value::Null } else { number.clone() };
            }
            return;
        }
        for changed in body["callingPermissions"].as_array().expect("rules") {
            let mut rules = self.rules.as_array_mut().expect("rules").iter_mut();
            let rule = rules.find(|rule| rule["callType"] == changed["callType"]);
            *rule.expect("a rule") = changed.clone();
        }
    }

    fn serve(there: &Arc<Mutex<Location>>) -> RawServer {
        let there = Arc::clone(there);
        RawServer::answering(move |method, path, body| {
            let mut location = there.lock().expect("no panic");
            location.answer(method, path, body)
        })
    }

    fn answer(&mut self, method: &str, path: &str, body: &str) -> (u16, &'static str, String) {
        if !path.contains("/outgoingPermission") {
            return (404, "", String::new());
        }
        if method == "PUT" {
            self.change(path, body);
            return (204, "", String::new());
        }
        let [now, before] = [self.there(), self.before.clone().unwrap_or(self.there())];
        let read = |part: usize| {
            let read = if self.are_read_as_before[part] {
                &before
            } else {
                &now
            };
            read[part].clone()
        };
        let [numbers, rules] = [read(0), read(1)];
        let read = if path.ends_with("/autoTransferNumbers") {
            numbers
        } else if path.ends_with("/digitPatterns") {
            json!({"digitPatterns": []})
        } else {
            json!({"callingPermissions": rules})
        };
        (200, "", read.to_string())
    }
}

/// The changes that the service saw of a sheet, and whether an undo by readings as old leaves all as it was.
fn changes_of(rows: &str) -> (Vec<String>, bool) {
    let there = Arc::new(Mutex::new(Location::new()));
    let server = Location::serve(&there);
    let stage = Stage::instant();
    let (columns, rows) = rows.split_once('\n').expect("a header");
    let (org, id) = (org_id(1), location_id(2));
    let rows: Vec<String> = rows
        .lines()
        .map(|row| {
            format!(
                "{org},{id},{row}
"
            )
        })
        .collect();
    let rows = rows.concat();
    stage.write("sheet.csv", format!("orgId,locationId,{columns}\n{rows}"));
    let at = format!("--yes --base-url {}", server.base_url());
    stage.run(&format!("apply sheet.csv --backup --allow-duplicates {at}"));
    let changes = std::mem::take(&mut there.lock().expect("no panic").changes);
    stage.run(&format!("undo sheet.results.csv {at}")).expect(0);
    let is_back = there.lock().expect("no panic").there() == Location::new().there();
    (changes, is_back)
}

fn number(index: u8, number: &str) -> String {
    format!(r#"{{"autoTransferNumber{index}":"{number}"}}"#)
}

fn national(action: &str, may_transfer: bool) -> String {
    let rule = format!(
        r#"{{"action":"{action}","callType":"NATIONAL","transferEnabled":{may_transfer}}}"#
    );
    format!(r#"{{"callingPermissions":[{rule}]}}"#)
}

#[test]
fn what_a_run_has_written_is_newer_than_a_reading_from_before_it() {
    let cases = [
        ("n1\n+12025550199\n", vec![number(1, "+12025550199")]),
        ("n3\n+12025550199\n", vec![number(3, "+12025550199")]),
        ("national\nBLOCK\n", vec![national("BLOCK", true)]),
        // There and back.
        (
            "n1\n+12025550199\n+12025550101\n",
            vec![number(1, "+12025550199"), number(1, "+12025550101")],
        ),
        (
            "n3\n+12025550199\nREMOVE\n",
            vec![number(3, "+12025550199"), number(3, "")],
        ),
        (
            "national\nBLOCK\nALLOW\n",
            vec![national("BLOCK", true), national("ALLOW", true)],
        ),
        (
            "n1\n+12025550199\n+12025550188\n+12025550199\n",
            vec![
                number(1, "+12025550199"),
                number(1, "+12025550188"),
                number(1, "+12025550199"),
            ],
        ),
        // One row does not hide what another has set, and nobody else is thought to have changed it.
        (
            "n1,n3\n+12025550199,\n,+12025550133\n+12025550101,\n",
            vec![
                number(1, "+12025550199"),
                number(3, "+12025550133"),
                number(1, "+12025550101"),
            ],
        ),
        // Only the half of a rule that a row asks for is changed.
        (
            "national,nationalTransfer\n,no\nBLOCK,\n",
            vec![national("ALLOW", false), national("BLOCK", false)],
        ),
        // What rules use since an earlier row is not cleared.
        (
            "national,n2\nTRANSFER_NUMBER_2,\n,REMOVE\n",
            vec![national("TRANSFER_NUMBER_2", true)],
        ),
    ];
    std::thread::scope(|scope| {
        for (rows, changes) in cases {
            scope.spawn(move || {
                let (sent, is_back) = changes_of(rows);
                assert_eq!(sent, changes, "{rows}");
                assert!(is_back, "{rows}");
            });
        }
    });
}

#[test]
fn an_undo_puts_back_each_part_that_it_reads_as_before_and_can_be_undone() {
    std::thread::scope(|scope| {
        for as_before in [[true, false], [false, true], [true, true]] {
            scope.spawn(move || {
                let there = Arc::new(Mutex::new(Location::new()));
                let read_as_before =
                    |parts| there.lock().expect("no panic").are_read_as_before = parts;
                let now = || there.lock().expect("no panic").there();
                let server = Location::serve(&there);
                let stage = Stage::instant();
                let (org, id) = (org_id(1), location_id(2));
                let rows = format!("{org},{id},+12025550199,BLOCK\n");
                stage.write("sheet.csv", format!("orgId,locationId,n1,national\n{rows}"));
                let at = format!("--yes --base-url {}", server.base_url());
                let before = now();
                read_as_before([false; 2]);
                stage
                    .run(&format!("apply sheet.csv --backup {at}"))
                    .expect(0);
                let after = now();
                read_as_before(as_before);
                stage.run(&format!("undo sheet.results.csv {at}")).expect(0);
                assert_eq!(now(), before, "{as_before:?}");
                read_as_before([false; 2]);
                stage
                    .run(&format!("undo sheet.results-2.csv {at}"))
                    .expect(0);
                assert_eq!(now(), after, "{as_before:?}");
            });
        }
    });
}

#[test]
fn a_service_that_changes_what_it_is_not_asked_for_is_told_of_every_row_and_undone() {
    let cases = [(true, "unknown"), (false, "updated")];
    for (clears, outcome) in cases {
        let numbers = |id: u64| json!({"autoTransferNumber1": null, "autoTransferNumber2": format!("+120255501{id:02}")});
        let there: Vec<Value> = (0..6).map(numbers).collect();
        let before = there.clone();
        let there = Arc::new(Mutex::new((there, true, Vec::new())));
        let locations = Arc::clone(&there);
        let server = RawServer::answering(move |method, path, body| {
            let mut locations = locations.lock().expect("no panic");
            let (there, clears_others, requests) = &mut *locations;
            let found = (0..6).find(|id| path.contains(&location_id(*id + 2)));
            let Some(id) = found.filter(|_| path.ends_with("/autoTransferNumbers")) else {
                return (404, "", String::new());
            };
            requests.push((method.to_string(), id));
            let numbers = &mut there[usize::try_from(id).expect("a place")];
            if method != "PUT" {
                return (200, "", numbers.to_string());
            }
            let sent: Value = serde_json::from_str(body).expect("a body");
            for (name, number) in sent.as_object().expect("numbers") {
                let is_none = number.as_str() == Some("");
                numbers[name] = if is_none { Value::Null } else { number.clone() };
            }
            if clears && *clears_others {
                numbers["autoTransferNumber2"] = Value::Null;
            }
            (204, "", String::new())
        });
        let stage = Stage::instant();
        let row = |id: u64| format!("{},{},+12025550199\n", org_id(1), location_id(id + 2));
        let rows: Vec<String> = (0..6).map(row).collect();
        stage.write(
            "sheet.csv",
            format!("orgId,locationId,n1\n{}", rows.concat()),
        );
        let at = format!("--yes --base-url {} --concurrency 1", server.base_url());
        stage.run(&format!("apply sheet.csv --backup {at}"));
        let results = stage.results("sheet.results.csv");
        assert!(
            results.iter().all(|row| row["outcome"] == outcome),
            "{results:#?}"
        );
        assert_eq!(
            results[5]["message"].contains("n2 expected +12025550105, found none"),
            clears
        );
        let read = |method: &str| {
            let there = there.lock().expect("no panic");
            there.2.iter().filter(|(one, _)| one == method).count()
        };
        // Before each change, and after it: twice where it is otherwise, and once of the first row where it is not.
        assert_eq!((read("PUT"), read("GET")), (6, if clears { 18 } else { 7 }));
        there.lock().expect("no panic").1 = false;
        stage.run(&format!("undo sheet.results.csv {at}")).expect(0);
        assert_eq!(there.lock().expect("no panic").0, before);
    }
}
