//! Services that confirm what they do not do, do more than they are asked, or say what uses the numbers in a way
//! that is only half understood.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::harness::{Ran, Results, Stage, id, location_id, org_id};
use crate::raw_server::RawServer;

const NUMBERS: [&str; 3] = [
    "autoTransferNumber1",
    "autoTransferNumber2",
    "autoTransferNumber3",
];

/// What is there: the numbers with their use, the rules, and how often each was changed.
#[derive(Clone)]
struct State {
    numbers: Value,
    rules: Value,
    changes: Vec<&'static str>,
}

type Shared = Arc<Mutex<State>>;

/// The call types of Webex, spelled here once more: a misspelt one in the program would agree with itself.
pub(crate) const CALL_TYPES: [&str; 10] = [
    "INTERNAL_CALL",
    "TOLL_FREE",
    "INTERNATIONAL",
    "OPERATOR_ASSISTED",
    "CHARGEABLE_DIRECTORY_ASSISTED",
    "SPECIAL_SERVICES_I",
    "SPECIAL_SERVICES_II",
    "PREMIUM_SERVICES_I",
    "PREMIUM_SERVICES_II",
    "NATIONAL",
];

/// One location, in which international calls go to the second number, and one workspace.
fn state() -> Shared {
    let rules = CALL_TYPES.map(|call_type| {
        let action = match call_type {
            "INTERNATIONAL" => "TRANSFER_NUMBER_2",
            _ => "ALLOW",
        };
        json!({ "callType": call_type, "action": action, "transferEnabled": true })
    });
    Arc::new(Mutex::new(State {
        numbers: json!({
            "autoTransferNumber1": "+12025550101", "autoTransferNumber2": "+12025550102",
            "autoTransferNumber3": null, "useCustomTransferNumbers": false,
        }),
        rules: rules.into_iter().collect(),
        changes: Vec::new(),
    }))
}

/// Answers as the service does, unless `lie` has another answer to a change: of what is changed, `numbers` or
/// `rules`, and the new values.
fn serve(
    state: &Shared,
    lie: impl Fn(&mut State, &str, &Value) -> Option<(u16, String)> + Send + Sync + 'static,
) -> RawServer {
    let state = Arc::clone(state);
    RawServer::answering(move |method, path, body| {
        let mut state = state.lock().expect("no panic");
        let what = match path.rsplit_once('/') {
            Some((_, "autoTransferNumbers")) => "numbers",
            Some((_, "outgoingPermission")) => "rules",
            Some((_, "digitPatterns")) => {
                return (200, "", json!({"digitPatterns": []}).to_string());
            }
            _ => return (404, "", String::new()),
        };
        if method == "PUT" {
            state.changes.push(what);
            let body: Value = serde_json::from_str(body).expect("JSON");
            if let Some((status, said)) = lie(&mut state, what, &body) {
                return (status, "", said);
            }
            match what {
                "numbers" => merge(&mut state.numbers, &body),
                _ => change_rules(&mut state.rules, &body),
            }
            return (204, "", String::new());
        }
        let said = match what {
            "numbers" => state.numbers.clone(),
            _ => json!({ "callingPermissions": state.rules }),
        };
        (200, "", said.to_string())
    })
}

fn merge(numbers: &mut Value, body: &Value) {
    for (name, value) in body.as_object().expect("an object") {
        numbers[name] = value.clone();
    }
}

fn change_rules(rules: &mut Value, body: &Value) {
    for rule in body["callingPermissions"].as_array().expect("a list") {
        let mut all = rules.as_array_mut().expect("a list").iter_mut();
        let known = all.find(|one| one["callType"] == rule["callType"]);
        *known.expect("a call type") = rule.clone();
    }
}

/// One row of these columns.
fn apply(stage: &Stage, server: &RawServer, columns: &str, cells: &str) -> (Ran, Results) {
    let place = if columns.contains("workspaceId") {
        id("PLACE", 2)
    } else {
        location_id(2)
    };
    let text = format!("orgId,{columns}\n{},{place},{cells}\n", org_id(1));
    stage.write("sheet.csv", text);
    let address = server.base_url();
    let ran = stage.run(&format!(
        "apply sheet.csv --yes --backup --base-url {address}"
    ));
    (ran, stage.results("sheet.results.csv"))
}

#[test]
fn what_is_understood_of_the_rules_counts_and_the_rest_is_said() {
    let rules = |action: &str, more: Value| {
        let mut all = vec![json!({"callType": "INTERNATIONAL", "action": action})];
        all.push(more);
        json!({ "callingPermissions": all })
    };
    let known = || json!({"callType": "NATIONAL", "action": "ALLOW"});
    let odd = || json!({"callType": "URL_DIALING", "action": null});
    let (to_two, none) = ("TRANSFER_NUMBER_2", || json!({"digitPatterns": []}));
    let pattern = json!({"name": "A", "pattern": "1", "action": "transfer_number_2"});
    let next = "link: </x>; rel=\"next\"\r\n";
    for (rules, patterns, head, outcome, says) in [
        (
            rules(to_two, odd()),
            none(),
            "",
            "conflict",
            "INTERNATIONAL calls",
        ),
        (
            rules("ALLOW", odd()),
            none(),
            "",
            "updated",
            "could not be checked",
        ),
        (
            json!({"callingPermissions": []}),
            none(),
            "",
            "updated",
            "could not be checked",
        ),
        (
            rules("ALLOW", known()),
            none(),
            next,
            "updated",
            "could not be checked",
        ),
        (
            rules(to_two, known()),
            none(),
            next,
            "conflict",
            "INTERNATIONAL calls",
        ),
        (
            rules("transfer_number_2 ", known()),
            none(),
            "",
            "conflict",
            "INTERNATIONAL calls",
        ),
        (
            rules("ALLOW", known()),
            json!({"digitPatterns": [pattern]}),
            "",
            "conflict",
            "the digit pattern `A`",
        ),
        (rules("ALLOW", known()), none(), "", "updated", ""),
    ] {
        let (rules, patterns) = (rules.to_string(), patterns.to_string());
        let case = format!("{rules} {patterns} {head}");
        let server = RawServer::answering(move |method, path, _| {
            match (method, path.rsplit_once('/').unwrap_or_default().1) {
                ("PUT", _) => (204, "", String::new()),
                (_, "digitPatterns") => (200, head, patterns.clone()),
                (_, "outgoingPermission") => (200, "", rules.clone()),
                (_, "autoTransferNumbers") => {
                    (200, "", r#"{"autoTransferNumber2":"5502"}"#.to_string())
                }
                _ => (404, "", String::new()),
            }
        });
        let stage = Stage::instant();
        let (ran, results) = apply(&stage, &server, "locationId,n2", "REMOVE");
        assert_eq!(results[0]["outcome"], outcome, "{case}: {}", ran.stderr);
        let message = &results[0]["message"];
        assert!(message.contains(says), "{case}: {message}");
        assert_eq!(says.is_empty(), message.is_empty(), "{case}: {message}");
        let requests = server.requests();
        let sent = requests.iter().any(|one| one.starts_with("PUT"));
        assert_eq!(sent, outcome == "updated", "{case}");
    }
}

#[test]
fn a_plan_counts_the_rows_whose_use_could_not_be_checked() {
    let server = RawServer::answering(|_, path, _| match path.rsplit_once('/') {
        Some((_, "autoTransferNumbers")) => {
            (200, "", r#"{"autoTransferNumber2":"5502"}"#.to_string())
        }
        _ => (403, "", String::new()),
    });
    let stage = Stage::instant();
    let text = format!(
        "orgId,locationId,n2\n{},{},REMOVE\n",
        org_id(1),
        location_id(2)
    );
    stage.write("sheet.csv", text);
    let ran = stage.run(&format!("plan sheet.csv --base-url {}", server.base_url()));
    ran.says("warning: of 1 row it could not be checked whether rules use the numbers; `reason` in the plan says why");
    let plan = stage.results("sheet.plan.csv");
    assert_eq!(plan[0]["action"], "change");
    assert!(plan[0]["reason"].contains("could not be checked"));
}

#[test]
fn an_older_call_type_that_lacks_a_field_fails_no_row() {
    let there = state();
    let older = json!({"callType": "URL_DIALING", "action": "ALLOW"});
    if let Value::Array(rules) = &mut there.lock().expect("no panic").rules {
        rules.push(older);
    }
    let server = serve(&there, |_, _, _| None);
    let stage = Stage::instant();
    for (columns, cells) in [
        ("locationId,national", "BLOCK"),
        ("locationId,n1,national", "5501,ALLOW"),
    ] {
        let (ran, results) = apply(&stage, &server, columns, cells);
        assert_eq!(results[0]["outcome"], "updated", "{}", ran.stderr);
        for path in stage.files() {
            std::fs::remove_file(path).expect("ours");
        }
    }
}

#[test]
fn nothing_is_sent_that_relies_on_what_was_confirmed_otherwise() {
    let cases = [
        (
            "locationId,n2,international",
            "REMOVE,BLOCK",
            "rules",
            "international expected BLOCK, found TRANSFER_NUMBER_2",
        ),
        (
            "locationId,n3,national",
            "5503,Transfer 3",
            "numbers",
            "n3 expected 5503, found none",
        ),
    ];
    for (columns, cells, ignored, says) in cases {
        let there = state();
        // It answers with what is there still.
        let server = serve(&there, move |state, what, _| {
            (what == ignored).then(|| {
                let said = match what {
                    "numbers" => state.numbers.clone(),
                    _ => json!({ "callingPermissions": state.rules }),
                };
                (200, said.to_string())
            })
        });
        let before = there.lock().expect("no panic").clone();
        let (ran, results) = apply(&Stage::instant(), &server, columns, cells);
        let ran = ran.expect(1);
        assert_eq!(results[0]["outcome"], "unknown", "{}", ran.stderr);
        let message = &results[0]["message"];
        assert!(message.contains(says), "{message}");
        let after = there.lock().expect("no panic");
        assert_eq!(after.changes, [ignored]);
        assert_eq!(
            (&after.numbers, &after.rules),
            (&before.numbers, &before.rules)
        );
    }
    // Where it is there after all, the row goes on.
    let there = state();
    let server = serve(&there, |state, what, body| {
        (what == "rules").then(|| {
            let said = json!({ "callingPermissions": state.rules });
            change_rules(&mut state.rules, body);
            (200, said.to_string())
        })
    });
    let (ran, results) = apply(
        &Stage::instant(),
        &server,
        "locationId,n2,international",
        "REMOVE,BLOCK",
    );
    ran.expect(0);
    assert_eq!(results[0]["outcome"], "updated");
    let after = there.lock().expect("no panic");
    assert_eq!(after.changes, ["rules", "numbers"]);
    assert_eq!(after.numbers[NUMBERS[1]], "");
}

#[test]
fn what_changes_without_being_asked_for_is_named_and_put_back_by_an_undo() {
    let there = state();
    let before = there.lock().expect("no panic").numbers.clone();
    // It clears what a change leaves out.
    let server = serve(&there, |state, _, body| {
        for name in NUMBERS {
            state.numbers[name] = body.get(name).cloned().unwrap_or_default();
        }
        state.numbers["useCustomTransferNumbers"] = body["useCustomTransferNumbers"].clone();
        Some((204, String::new()))
    });
    let stage = Stage::instant();
    let (ran, results) = apply(&stage, &server, "workspaceId,n1", "5501");
    ran.expect(1);
    assert_eq!(results[0]["outcome"], "unknown");
    assert_eq!(
        results[0]["message"],
        "confirmed, but other values were found when they were read back: n2 expected +12025550102, found none"
    );
    let undo = format!(
        "undo sheet.results.csv --yes --base-url {}",
        server.base_url()
    );
    let ran = stage.run(&undo);
    let after = there.lock().expect("no panic").numbers.clone();
    let bare = |numbers: &Value| numbers.to_string().replace("\"\"", "null");
    assert_eq!(bare(&after), bare(&before), "{}", ran.stderr);
    ran.expect(0);
}

#[test]
fn a_change_of_which_only_a_part_took_effect_names_the_rest_and_what_to_switch_on() {
    for (is_number_taken, says) in [
        (true, "custom expected yes, found no"),
        (false, "n1 expected 5501, found +12025550101"),
    ] {
        let there = state();
        let server = serve(&there, move |state, _, body| {
            let name = if is_number_taken {
                NUMBERS[0]
            } else {
                "useCustomTransferNumbers"
            };
            state.numbers[name] = body[name].clone();
            Some((204, String::new()))
        });
        let (ran, results) = apply(&Stage::instant(), &server, "workspaceId,n1", "5501");
        ran.expect(1);
        assert_eq!(results[0]["outcome"], "unknown");
        assert_eq!(
            results[0]["message"],
            format!(
                "confirmed, but other values were found when they were read back: {says}. Perhaps the workspace has no outgoing permissions of its own, or Webex still shows the values from before. In Control Hub choose the workspace, Calling, Outgoing call permissions, and see that custom settings are on; then send the row again"
            )
        );
    }
}
