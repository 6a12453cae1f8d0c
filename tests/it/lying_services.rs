//! Services that confirm what they do not do, do more than they are asked, or say what uses the numbers in a way
//! that is only half understood.

use serde_json::{Value, json};

use crate::harness::{Ran, Results, Stage, id, location_id, org_id};
use crate::raw_server::RawServer;

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
