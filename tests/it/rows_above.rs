//! Several rows for one location with numbers and rules: each is planned as the rows above leave the location, and
//! a rule leads nowhere only if the rows below do not set its number.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use wxbulk::simulator::{Behavior, CallTypePermission, Location, Locations};

use crate::harness::{Ran, Stage, location_id, number, org_id};
use crate::raw_server::RawServer;
use crate::undo::spelt_alike;

/// A location with two numbers, and a rule that sends calls to one of three.
fn stage(rule: u8, columns: &str, rows: &[&str]) -> Stage {
    let location = Location {
        id: location_id(2),
        organization: Some(org_id(1)),
        numbers: [Some(number(51)), Some(number(52)), None],
        calling_permissions: vec![CallTypePermission {
            call_type: "NATIONAL".into(),
            action: format!("TRANSFER_NUMBER_{rule}"),
            transfer_enabled: true,
            restricted: false,
        }],
        ..Location::default()
    };
    let stage = Stage::new(Behavior {
        locations: Locations::Exactly(vec![location]),
        own_organization: Some(org_id(1)),
        ..Behavior::instant()
    });
    let rows = rows.iter().map(|row| format!("{},{row}\n", location_id(2)));
    let rows: String = rows.collect();
    stage.write("sheet.csv", format!("locationId,{columns}\n{rows}"));
    stage
}

fn apply(stage: &Stage, words: &str) -> Ran {
    stage.run_online(&format!("apply --yes {words}"))
}

fn there(stage: &Stage) -> [Value; 3] {
    let now = &stage.state()[location_id(2)];
    [1, 2, 3].map(|field| match &now[format!("autoTransferNumber{field}")] {
        Value::String(none) if none.is_empty() => Value::Null,
        value => value.clone(),
    })
}

/// What a plan says of each row, and what its rows come to when it is sent without the plan.
fn planned_and_sent(stage: &Stage) -> [Vec<String>; 2] {
    let all = "sheet.csv --allow-duplicates";
    stage.run_online(&format!("plan {all}"));
    let column = |name: &str, column: &str| {
        let results = stage.results(name);
        let cells = results.iter().map(|row| row[column].clone());
        cells.collect::<Vec<_>>()
    };
    let planned = column("sheet.plan.csv", "action");
    apply(stage, &format!("{all} --backup"));
    [planned, column("sheet.results.csv", "outcome")]
}

#[test]
fn each_row_is_planned_as_the_rows_above_leave_the_location() {
    let (a, c) = (number(61), number(63));
    let (set_1, set_3) = (format!("{a},,"), format!(",{c},"));
    for (rule, rows, planned, sent, left) in [
        // What is not set yet is cleared again.
        (
            1,
            vec![&*set_3, ",REMOVE,"],
            ["change", "change"],
            ["updated", "updated"],
            [Some(number(51)), None],
        ),
        (
            1,
            vec![&*set_3, &*set_3],
            ["change", "same"],
            ["updated", "skipped"],
            [Some(number(51)), Some(c.clone())],
        ),
        (
            1,
            vec![&*set_1, &*set_1],
            ["change", "same"],
            ["updated", "skipped"],
            [Some(a.clone()), None],
        ),
        // In use by then, though it is not set now.
        (
            3,
            vec![&*set_3, ",REMOVE,"],
            ["change", "cannot"],
            ["updated", "conflict"],
            [Some(number(51)), Some(c.clone())],
        ),
        (
            1,
            vec![",,ALLOW", "REMOVE,,"],
            ["change", "change"],
            ["updated", "updated"],
            [None, None],
        ),
        (
            1,
            vec!["REMOVE,,", ",,ALLOW"],
            ["cannot", "change"],
            ["conflict", "updated"],
            [Some(number(51)), None],
        ),
    ] {
        let stage = stage(rule, "n1,n3,national", &rows);
        let [said, came_to] = planned_and_sent(&stage);
        assert_eq!(said, planned, "{rows:?}");
        assert_eq!(came_to, sent, "{rows:?}");
        let [first, _, third] = there(&stage);
        assert_eq!([first, third], left.map(|one| json!(one)), "{rows:?}");
    }
    // Numbers alone have no rules of their own.
    let stage = stage(3, "n1,n3", &[&set_3[..set_3.len() - 1], ",REMOVE"]);
    let [said, came_to] = planned_and_sent(&stage);
    assert_eq!(
        (said[1].as_str(), came_to[1].as_str()),
        ("cannot", "conflict")
    );
    let reason = &stage.results("sheet.plan.csv")[1]["reason"];
    assert!(
        reason.ends_with(&format!("the rows above for this location leave n3 {c}")),
        "{reason}"
    );
}

#[test]
fn a_plan_of_several_rows_for_one_location_is_applied_as_it_was_made() {
    let c = number(63);
    let rows = [&*format!(",{c},"), ",,TRANSFER_NUMBER_3", "REMOVE,,"];
    let stage = stage(1, "n1,n3,national", &rows);
    let before = stage.state();
    stage
        .run_online("plan sheet.csv --allow-duplicates")
        .expect(0);
    assert_eq!(stage.results("sheet.plan.csv")[2]["new3"], c);
    apply(&stage, "sheet.plan.csv").expect(0);
    let left = [Value::Null, json!(number(52)), json!(c)];
    assert_eq!(there(&stage), left);
    stage
        .run_online("undo sheet.plan.results.csv --yes")
        .expect(0);
    assert_eq!(spelt_alike(&stage.state()), spelt_alike(&before));
}

#[test]
fn a_rule_leads_nowhere_only_if_no_row_below_sets_its_number() {
    const WARNING: &str = "have nowhere to go";
    let c = number(63);
    let set_3 = format!(",{c},");
    let (rule, other) = (",,TRANSFER_NUMBER_3", ",,BLOCK");
    for (rows, is_nowhere) in [
        (vec![rule, &*set_3], false),
        (vec![rule, other], false),
        (vec![rule], true),
        (vec![rule, &*format!("{},,", number(71))], true),
        (vec![rule, rule], true),
        (vec![&*set_3, rule], false),
    ] {
        let stage = stage(1, "n1,n3,national", &rows);
        let plan = stage
            .run_online("plan sheet.csv --allow-duplicates")
            .expect(0);
        assert_eq!(
            plan.stderr.contains(WARNING),
            is_nowhere,
            "{rows:?} {}",
            plan.stderr
        );
        let ran = apply(&stage, "sheet.csv --allow-duplicates --backup").expect(0);
        assert_eq!(
            ran.stderr.contains(WARNING),
            is_nowhere,
            "{rows:?} {}",
            ran.stderr
        );
        let results = stage.results("sheet.results.csv");
        let told = results
            .iter()
            .filter(|row| row["message"].contains("which is not set"));
        assert_eq!(told.count(), usize::from(is_nowhere), "{rows:?}");
        assert_eq!(there(&stage)[2].is_null(), !rows.contains(&&*set_3));
    }
}

#[test]
fn a_run_that_stops_between_two_rows_tells_of_both() {
    let rows = [",,TRANSFER_NUMBER_3", &*format!("{},,", number(71))];
    let stage = stage(1, "n1,n3,national", &rows);
    let line = "sheet.csv --allow-duplicates --backup";
    apply(&stage, &format!("{line} --first 1")).expect(3);
    let ran = apply(&stage, &format!("{line} --resume")).expect(0);
    ran.says("in 1 row a rule sends calls to a number that is not set");
}

#[test]
fn an_undo_leaves_no_number_set_that_a_rule_used_before_it_was() {
    let c = number(63);
    for (rows, changes_rule) in [
        (vec![&*format!(",{c},BLOCK")], true),
        (vec![&*format!(",{c},TRANSFER_NUMBER_3")], false),
        (vec![&*format!(",{c},"), ",,BLOCK"], true),
    ] {
        let stage = stage(3, "n1,n3,national", &rows);
        let before = stage.state();
        apply(&stage, "sheet.csv --allow-duplicates --backup").expect(0);
        let ran = stage.run_online("undo sheet.results.csv --yes").expect(0);
        ran.says("sends calls to a number that is not set");
        assert_eq!(stage.state(), before, "{rows:?} {changes_rule}");
    }
    // Whoever has made a rule since relies on the number.
    let stage = stage(1, "n1,n3,international", &[&format!(",{c},ALLOW")]);
    apply(&stage, "sheet.csv --backup").expect(0);
    let rule = json!({ "callingPermissions": [{
        "callType": "TOLL_FREE", "action": "TRANSFER_NUMBER_3", "transferEnabled": true,
    }] });
    let path = format!(
        "/telephony/config/locations/{}/outgoingPermission",
        location_id(2)
    );
    stage.put(&format!("{path}?orgId={}", org_id(1)), &rule.to_string());
    let before = stage.state();
    let ran = stage.run_online("undo sheet.results.csv --yes").expect(1);
    ran.says("left alone: n3 is in use: TOLL_FREE calls are transferred to it");
    assert_eq!(stage.state(), before);
}

/// A location whose digit patterns are listed on pages of one each, of which the last uses `n2`.
fn serve(pages: usize) -> (RawServer, Arc<AtomicUsize>, Arc<Mutex<Vec<String>>>) {
    let (read, changes) = (
        Arc::<AtomicUsize>::default(),
        Arc::<Mutex<Vec<String>>>::default(),
    );
    let (count, sent) = (Arc::clone(&read), Arc::clone(&changes));
    let server = RawServer::answering(move |method, path, body| {
        let next = "link: </telephony/config/locations/next>; rel=\"next\"\r\n";
        let numbers =
            json!({"autoTransferNumber1": "+12025550101", "autoTransferNumber2": "+12025550102"});
        match path.rsplit('/').next() {
            Some("autoTransferNumbers") if method == "PUT" => {
                sent.lock().expect("no panic").push(body.to_string());
                (204, "", String::new())
            }
            Some("autoTransferNumbers") => (200, "", numbers.to_string()),
            Some("outgoingPermission") => {
                let rule =
                    json!({"callType": "NATIONAL", "action": "ALLOW", "transferEnabled": true});
                (200, "", json!({"callingPermissions": [rule]}).to_string())
            }
            Some("digitPatterns" | "next") => {
                let page = count.fetch_add(1, Ordering::SeqCst) + 1;
                let is_last = page == pages;
                let action = if is_last {
                    "TRANSFER_NUMBER_2"
                } else {
                    "BLOCK"
                };
                let pattern =
                    json!({"id": "p", "name": "Chicago", "pattern": "1312X", "action": action});
                // A page may be empty and still have a next one.
                let patterns = if page == 2 { vec![] } else { vec![pattern] };
                let body = json!({"digitPatterns": patterns}).to_string();
                (200, if is_last { "" } else { next }, body)
            }
            _ => (404, "", String::new()),
        }
    });
    (server, read, changes)
}

#[test]
fn digit_patterns_are_read_to_the_last_page() {
    let stage = Stage::instant();
    let sheet = format!(
        "orgId,locationId,n1,n2\n{},{},+12025550109,REMOVE\n",
        org_id(1),
        location_id(2)
    );
    stage.write("sheet.csv", sheet);
    for words in ["--backup", ""] {
        let (server, read, changes) = serve(3);
        let line = format!(
            "apply sheet.csv --yes {words} --base-url {} -o r{words}.csv",
            server.base_url()
        );
        let ran = stage.run(&line).expect(1);
        ran.says(
            "n2 is in use: calls to the digit pattern `Chicago` (1312X) are transferred to it",
        );
        assert_eq!(read.load(Ordering::SeqCst), 3);
        assert!(changes.lock().expect("no panic").is_empty());
    }
    // A list without an end is told to be read in part.
    let (server, read, changes) = serve(1000);
    let line = format!(
        "apply sheet.csv --yes --backup --base-url {} -o s.csv",
        server.base_url()
    );
    stage.run(&line).expect(0);
    assert_eq!(read.load(Ordering::SeqCst), 50);
    assert_eq!(changes.lock().expect("no panic").len(), 1);
    let said = &stage.results("s.csv")[0]["message"];
    assert!(
        said.contains("only a part of the list of rules could be read"),
        "{said}"
    );
}
