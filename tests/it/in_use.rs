//! Numbers that rules use: they are not cleared without a word.

use serde_json::{Value, json};
use wxbulk::simulator::{Behavior, CallTypePermission, DigitPattern, Faults, Location, Locations};

use crate::harness::{Ran, Stage, TOKEN, count, id, location_id, org_id};

const ROWS: u64 = 50;

/// Locations with three numbers each. Rules use the second number of ten of them, and digit patterns
/// that of ten others.
fn stage() -> Stage {
    stage_of(Faults::default())
}

fn stage_of(faults: Faults) -> Stage {
    let location = |row: u64| Location {
        id: location_id(row),
        organization: Some(org_id(1)),
        name: format!("site {row}"),
        numbers: [1, 2, 3].map(|place| Some(format!("+1202555{place}{row:03}"))),
        calling_permissions: (row < 12)
            .then(|| CallTypePermission {
                call_type: "INTERNATIONAL".into(),
                action: "TRANSFER_NUMBER_2".into(),
                transfer_enabled: true,
                restricted: false,
            })
            .into_iter()
            .collect(),
        digit_patterns: (12..22)
            .contains(&row)
            .then(|| DigitPattern {
                id: String::new(),
                name: "Chicago".into(),
                pattern: "1312XXXXXXX".into(),
                action: "TRANSFER_NUMBER_2".into(),
                transfer_enabled: true,
            })
            .into_iter()
            .collect(),
        ..Location::default()
    };
    let stage = Stage::new(Behavior {
        locations: Locations::Exactly((2..ROWS + 2).map(location).collect()),
        own_organization: Some(org_id(1)),
        speed: "50".parse().expect("a speed"),
        faults,
        ..Behavior::instant()
    });
    stage.write("sheet.csv", sheet("+12025550101,REMOVE,"));
    stage
}

/// Each row asks for the same.
fn sheet(cells: &str) -> String {
    let mut text = "orgId,locationId,n1,n2,n3\n".to_string();
    for row in 2..ROWS + 2 {
        text += &format!("{},{},{cells}\n", org_id(1), location_id(row));
    }
    text
}

fn apply(stage: &Stage, words: &str) -> Ran {
    stage.run_online(&format!("apply --yes {words}"))
}

fn sent(stage: &Stage, method: &str, last: &str) -> usize {
    let requests = stage.all_requests();
    let is_one = |request: &&Value| {
        let path = request["path"].as_str().unwrap_or_default();
        request["method"] == method && path.ends_with(last)
    };
    requests.iter().filter(is_one).count()
}

#[test]
fn a_number_that_a_rule_or_a_digit_pattern_uses_is_not_cleared() {
    for words in ["sheet.csv", "sheet.csv --backup"] {
        let stage = stage();
        let before = stage.state();
        apply(&stage, words).expect(1);
        let results = stage.results("sheet.results.csv");
        assert_eq!(count(&results, "conflict"), 20);
        assert_eq!(count(&results, "updated"), 30);
        assert_eq!(
            results[0]["message"],
            "left alone: n2 is in use: INTERNATIONAL calls are transferred to it; change that rule first, or add --even-if-used"
        );
        let message = &results[10]["message"];
        let used_by = "left alone: n2 is in use: calls to the digit pattern `Chicago` (1312XXXXXXX) are transferred to it; ";
        assert!(message.starts_with(used_by), "{message}");
        assert_eq!(sent(&stage, "PUT", ""), 30);
        let after = stage.state();
        for row in 2..ROWS + 2 {
            let id = &location_id(row);
            if row < 22 {
                assert_eq!(after[id], before[id], "row {row}");
            } else {
                assert!(
                    after[id]["autoTransferNumber2"]
                        .as_str()
                        .is_none_or(str::is_empty)
                );
                assert_eq!(after[id]["autoTransferNumber1"], "+12025550101");
            }
        }

        // What was left alone is cleared all the same, where that is wanted.
        apply(
            &stage,
            "sheet.results.csv --only-failed --include conflict --even-if-used -o again.csv",
        )
        .expect(0);
        assert_eq!(sent(&stage, "PUT", ""), 50);
    }
}

#[test]
fn only_rows_that_clear_a_number_that_is_set_cost_more_requests() {
    let stage = stage();
    stage.write("set.csv", sheet("+12025550101,,+12025550103"));
    apply(&stage, "set.csv").expect(0);
    assert_eq!(sent(&stage, "GET", "outgoingPermission"), 0);
    apply(&stage, "sheet.csv --even-if-used").expect(0);
    assert_eq!(sent(&stage, "GET", "outgoingPermission"), 0);
    // It is cleared already.
    stage.run_online("plan sheet.csv").expect(0);
    assert_eq!(sent(&stage, "GET", "digitPatterns"), 0);
}

#[test]
fn to_clear_what_is_not_set_takes_nothing_away_from_a_rule() {
    for words in ["sheet.csv", "sheet.csv --backup"] {
        let stage = stage();
        apply(&stage, "sheet.csv --even-if-used -o first.csv").expect(0);
        // Rules and digit patterns of 20 locations use the number that is cleared already.
        stage.write("sheet.csv", sheet("+12025550109,REMOVE,"));
        apply(&stage, words).expect(0);
        let results = stage.results("sheet.results.csv");
        assert_eq!(count(&results, "updated"), 50);
        assert!(results.iter().all(|row| row["message"].is_empty()));
    }
}

#[test]
fn a_plan_says_what_uses_the_numbers_and_what_nothing_uses() {
    let stage = stage();
    stage.run_online("plan sheet.csv").expect(1);
    let plan = stage.results("sheet.plan.csv");
    assert_eq!(
        plan.iter().filter(|row| row["action"] == "cannot").count(),
        20
    );
    assert_eq!(plan[0]["usedBy2"], "INTERNATIONAL calls");
    assert!(
        plan[0]["reason"].starts_with("left alone: n2 is in use"),
        "{:?}",
        plan[0]
    );
    assert_eq!((&*plan[0]["usedBy1"], &*plan[0]["usedBy3"]), ("", ""));
    assert_eq!(plan[49]["action"], "change");
    // Only of rows that clear a number it was asked, and a note about these alone would mislead.
    assert_eq!(plan[49]["reason"], "");

    stage.write("set.csv", sheet("+12025550101,,"));
    let ran = stage.run_online("plan set.csv").expect(0);
    // A rule is needed, and whether there is one was not asked.
    ran.says("note: a number does nothing until a rule sends calls to it");
    ran.says("plan set.csv --base-url");
    ran.says(" --usage\n");
    let ran = stage.run_online("plan set.csv --usage").expect(0);
    ran.says("note: in 50 rows a number is set that no rule of the location uses");
    assert!(!ran.stderr.contains("--usage"), "{}", ran.stderr);
    stage
        .run_online("plan sheet.csv --usage -o all.csv")
        .expect(1);
    assert_eq!(
        stage.results("all.csv")[49]["reason"],
        "no rule of this location uses n1; no rule of this location uses n3"
    );
    assert!(
        stage
            .results("set.plan.csv")
            .iter()
            .all(|row| row["usedBy2"].is_empty())
    );
    stage
        .run_online("plan set.csv --usage -o usage.csv")
        .expect(0);
    assert_eq!(
        stage.results("usage.csv")[0]["usedBy2"],
        "INTERNATIONAL calls"
    );
}

#[test]
fn an_undo_asks_the_same_question_unless_that_does_not_matter() {
    let stage = stage();
    stage.write("first.csv", sheet("REMOVE,,"));
    apply(&stage, "first.csv").expect(0);
    stage.write("second.csv", sheet("+12025550199,,"));
    apply(&stage, "second.csv --backup").expect(0);
    // Meanwhile somebody relies on the number in one place.
    let rule = r#"{"callingPermissions":[{"callType":"NATIONAL","action":"TRANSFER_NUMBER_1","transferEnabled":true}]}"#;
    stage.put(
        &format!(
            "/telephony/config/locations/{}/outgoingPermission",
            location_id(30)
        ),
        rule,
    );
    stage.run_online("undo second.results.csv --yes").expect(1);
    let undone = stage.results("second.results-2.csv");
    assert_eq!(count(&undone, "conflict"), 1);
    assert_eq!(count(&undone, "updated"), 49);
    // What somebody changed is left alone all the same.
    let numbers = format!(
        "/telephony/config/locations/{}/outgoingPermission/autoTransferNumbers",
        location_id(30)
    );
    stage.put(&numbers, r#"{"autoTransferNumber1":"+12025550177"}"#);
    let even_if_used = "undo second.results.csv --yes --even-if-used -o";
    stage
        .run_online(&format!("{even_if_used} third.csv"))
        .expect(1);
    assert_eq!(
        stage.state()[location_id(30)]["autoTransferNumber1"],
        "+12025550177"
    );
    stage.put(&numbers, r#"{"autoTransferNumber1":"+12025550199"}"#);
    let ran = stage
        .run_online("undo second.results.csv --yes -o fourth.csv")
        .expect(1);
    // The flag that overrides only this is named, and not the one that overrides all.
    ran.says("hint: 1 row was left alone, since rules use numbers that it clears. Change those rules first, then run:\n");
    ran.says("or clear the numbers all the same:\n");
    ran.says(" --even-if-used\n");
    assert!(!ran.stderr.contains("--force"), "{}", ran.stderr);
    stage
        .run_online(&format!("{even_if_used} fifth.csv"))
        .expect(0);
    let left = &stage.state()[location_id(30)]["autoTransferNumber1"];
    assert!(left.as_str().is_none_or(str::is_empty), "{left}");
}

#[test]
fn where_rules_cannot_be_read_the_row_goes_on_and_says_so() {
    let stage = Stage::new(Behavior {
        access: serde_json::from_value(json!({
            "tokens": [TOKEN],
            "scopes": ["spark-admin:telephony_config_write"]
        }))
        .expect("an access"),
        ..Behavior::instant()
    });
    stage.write("sheet.csv", sheet("+12025550101,REMOVE,"));
    let ran = apply(&stage, "sheet.csv").expect(0);
    ran.says("of 50 rows it could not be checked whether rules use the numbers");
    let results = stage.results("sheet.results.csv");
    assert_eq!(count(&results, "updated"), 50);
    assert!(
        results[0]["message"].contains("could not be checked"),
        "{:?}",
        results[0]
    );
    assert_eq!(results[0]["status"], "204");
}

#[test]
fn what_could_not_be_checked_is_not_cleared() {
    let stage_with = |fault: &str| {
        let id = location_id(30);
        stage_of(
            format!("{fault}=100% once at {id}")
                .parse()
                .expect("faults"),
        )
    };
    for fault in ["400", "401", "409", "410"] {
        let stage = stage_with(fault);
        let before = stage.state();
        // The first request of a location is the question what uses its numbers.
        apply(&stage, "sheet.csv").expect(1);
        let results = stage.results("sheet.results.csv");
        let row = &results[28];
        assert_eq!((&*row["outcome"], &*row["status"]), ("failed", fault));
        let said = "not sent, since it could not be checked whether rules use the numbers: ";
        assert!(row["message"].starts_with(said), "{row:?}");
        let id = location_id(30);
        assert_eq!(stage.state()[&id], before[&id]);
        assert_eq!(sent(&stage, "PUT", ""), 29);
    }
    // What passes is tried again, as everything is.
    let stage = stage_with("503");
    apply(&stage, "sheet.csv").expect(1);
    let results = stage.results("sheet.results.csv");
    assert_eq!(count(&results, "conflict"), 20);
    assert_eq!(count(&results, "updated"), 30);
}

#[test]
fn numbers_in_use_are_cleared_where_that_was_planned_and_approved() {
    for flags in ["", " --usage"] {
        let stage = stage();
        let ran = stage
            .run_online(&format!("plan sheet.csv --even-if-used{flags}"))
            .expect(0);
        ran.says("warning: in 20 rows a rule sends calls to a number that is not set");
        // Who approves it sees what is in use.
        let plan = stage.results("sheet.plan.csv");
        assert_eq!(plan[0]["action"], "change");
        assert_eq!(plan[0]["usedBy2"], "INTERNATIONAL calls");
        let said =
            "n2 is cleared although INTERNATIONAL calls are transferred to it (--even-if-used)";
        assert!(plan[0]["reason"].contains(said), "{}", plan[0]["reason"]);
        assert_eq!(
            plan.iter()
                .filter(|row| row["reason"].contains("although"))
                .count(),
            20
        );
        let ran = stage.run_online("apply sheet.plan.csv").expect(2);
        ran.says("Numbers are cleared even where rules use them.");
        apply(&stage, "sheet.plan.csv").expect(0);
        let set = stage.state();
        for row in 2..ROWS + 2 {
            let number = &set[location_id(row)]["autoTransferNumber2"];
            assert!(number.is_null() || number == "", "row {row}: {number}");
        }
    }
}

/// Cells that name call types in a plan's own columns are no header of a second table.
#[test]
fn a_plan_that_names_what_uses_two_numbers_can_be_applied() {
    let rule = |call_type: &str, action: &str| CallTypePermission {
        call_type: call_type.into(),
        action: action.into(),
        transfer_enabled: true,
        restricted: false,
    };
    let location = |row: u64| Location {
        id: location_id(row),
        organization: Some(org_id(1)),
        numbers: [1, 2, 3].map(|place| Some(format!("+1202555{place}{row:03}"))),
        calling_permissions: vec![
            rule("INTERNATIONAL", "TRANSFER_NUMBER_1"),
            rule("NATIONAL", "TRANSFER_NUMBER_2"),
        ],
        ..Location::default()
    };
    let stage = Stage::new(Behavior {
        locations: Locations::Exactly((2..5).map(location).collect()),
        own_organization: Some(org_id(1)),
        ..Behavior::instant()
    });
    let [one, two, three] = [2, 3, 4].map(location_id);
    let sheets = [
        ("n1,n2", ["5501,", "REMOVE,", ",5502"]),
        ("n1,national", ["5501,", "REMOVE,", ",TRANSFER_NUMBER_1"]),
    ];
    for (columns, [first, second, third]) in sheets {
        for words in ["", " --usage"] {
            let before = stage.state();
            stage.write(
                "sheet.csv",
                format!("locationId,{columns}\n{one},{first}\n{two},{second}\n{three},{third}\n"),
            );
            let plan = format!("plan sheet.csv{words} -o plan.csv");
            stage.run_online(&plan).expect(1);
            let planned = stage.results("plan.csv");
            assert_eq!(planned[1]["action"], "cannot");
            assert_eq!(planned[1]["usedBy1"], "INTERNATIONAL calls");
            assert_eq!(planned[1]["usedBy2"], "NATIONAL calls");
            let checked = stage.run("check plan.csv").expect(2);
            assert!(
                checked.stdout.contains("2 ready to send"),
                "{}",
                checked.stdout
            );
            apply(&stage, "plan.csv --skip-invalid -o done.csv").expect(1);
            let after = stage.state();
            assert_eq!(after[&one]["autoTransferNumber1"], "5501");
            assert_eq!(after[&two], before[&two], "left alone");
            assert_ne!(after[&three], before[&three], "{columns}");
            stage.run_online("undo done.csv --yes").expect(0);
            let bare = |state: &Value| state.to_string().replace("\"+1", "\"");
            assert_eq!(bare(&stage.state()), bare(&before));
            for path in stage.files() {
                std::fs::remove_file(path).expect("ours");
            }
        }
    }
}

#[test]
fn a_row_that_rules_keep_from_being_cleared_is_told_what_helps() {
    let stage = stage();
    let id = location_id(30);
    let text = format!("orgId,locationId,n2\n{},{id},REMOVE\n", org_id(1));
    stage.write("one.csv", text);
    stage.run_online("plan one.csv").expect(0);
    let rule = json!({ "callingPermissions": [{
        "callType": "INTERNATIONAL", "action": "TRANSFER_NUMBER_2", "transferEnabled": true,
    }] });
    let path = format!("/telephony/config/locations/{id}/outgoingPermission");
    stage.put(&format!("{path}?orgId={}", org_id(1)), &rule.to_string());
    let before = stage.state();
    let ran = apply(&stage, "one.plan.csv").expect(1);
    ran.says("hint: 1 row was left alone, since rules use numbers that it clears. Change those rules first, then run:\n");
    assert!(!ran.stderr.contains("make a new plan"), "{}", ran.stderr);
    assert_eq!(stage.state(), before);

    // A plan that approves nothing is not to be applied.
    let ran = stage
        .run_online("plan one.plan.results.csv --where outcome=conflict")
        .expect(1);
    ran.says("or plan to clear numbers in use all the same:\n");
    assert!(!ran.stderr.contains("--skip-invalid"), "{}", ran.stderr);

    let command = "one.plan.results.csv --only-failed --backup --if-unchanged one.plan.csv --include conflict --even-if-used";
    apply(&stage, command).expect(0);
    let now = &stage.state()[&id]["autoTransferNumber2"];
    assert!(now.as_str().is_none_or(str::is_empty), "{now}");
}

/// Three locations with these rules: the call type, its action, and whether the service restricts it.
fn stage_with_rules(rules: &[(&str, &str, bool)]) -> Stage {
    let rules = rules
        .iter()
        .map(|(call_type, action, restricted)| CallTypePermission {
            call_type: (*call_type).into(),
            action: (*action).into(),
            transfer_enabled: true,
            restricted: *restricted,
        });
    let rules: Vec<_> = rules.collect();
    let location = |row: u64| Location {
        id: location_id(row),
        organization: Some(org_id(1)),
        numbers: [1, 2, 3].map(|place| Some(format!("+1202555{place}{row:03}"))),
        calling_permissions: rules.clone(),
        ..Location::default()
    };
    Stage::new(Behavior {
        locations: Locations::Exactly((2..5).map(location).collect()),
        own_organization: Some(org_id(1)),
        ..Behavior::instant()
    })
}

/// In each of them calls of a type that no sheet has a column for go to the second number.
fn stage_with_an_old_type() -> Stage {
    stage_with_rules(&[("CASUAL", "TRANSFER_NUMBER_2", false)])
}

#[test]
fn rules_for_call_types_without_a_column_use_numbers_as_well() {
    for columns in ["n2", "n2,national"] {
        for words in ["", " --backup"] {
            let stage = stage_with_an_old_type();
            let before = stage.state();
            let cells = columns.replace("n2", "REMOVE").replace("national", "BLOCK");
            let mut text = format!("locationId,{columns}\n");
            for row in 2..5 {
                text += &format!("{},{cells}\n", location_id(row));
            }
            stage.write("sheet.csv", text);
            stage.run_online("plan sheet.csv").expect(1);
            let planned = stage.results("sheet.plan.csv").remove(0);
            assert_eq!(planned["usedBy2"], "CASUAL calls", "{columns}");
            apply(&stage, &format!("sheet.csv{words}")).expect(1);
            let results = stage.results("sheet.results.csv");
            assert_eq!(count(&results, "conflict"), 3, "{columns}");
            assert_eq!(
                results[0]["message"],
                "left alone: n2 is in use: CASUAL calls are transferred to it; change that rule first, or add --even-if-used"
            );
            assert_eq!(stage.state(), before, "{columns}");
        }
    }
    // The way back asks as well.
    let stage = stage_with_an_old_type();
    let id = location_id(2);
    let numbers =
        format!("/telephony/config/locations/{id}/outgoingPermission/autoTransferNumbers");
    stage.put(&numbers, r#"{"autoTransferNumber2":""}"#);
    stage.write(
        "sheet.csv",
        format!("locationId,n2,national\n{id},5502,BLOCK\n"),
    );
    apply(&stage, "sheet.csv").expect(0);
    stage.run_online("undo sheet.results.csv --yes").expect(1);
    assert_eq!(stage.state()[&id]["autoTransferNumber2"], "5502");
}

#[test]
fn a_plan_of_a_row_that_cannot_be_made_says_what_uses_the_numbers_now() {
    let stage = stage_with_rules(&[("NATIONAL", "TRANSFER_NUMBER_2", true)]);
    let id = location_id(2);
    stage.write(
        "sheet.csv",
        format!("locationId,n2,national\n{id},5502,BLOCK\n"),
    );
    let ran = stage.run_online("plan sheet.csv").expect(1);
    let planned = stage.results("sheet.plan.csv").remove(0);
    assert_eq!(planned["action"], "cannot");
    assert_eq!(planned["usedBy2"], "NATIONAL calls");
    assert!(
        planned["reason"].contains("Webex restricts NATIONAL"),
        "{planned:?}"
    );
    assert!(!planned["reason"].contains("no rule"), "{planned:?}");
    assert!(!ran.stdout.contains('→'), "{}", ran.stdout);
}

#[test]
fn an_undo_with_force_clears_a_number_that_is_in_use_now() {
    let stage = stage_with_rules(&[]);
    let id = location_id(2);
    let path = format!("/telephony/config/locations/{id}/outgoingPermission");
    let numbers = format!("{path}/autoTransferNumbers");
    stage.put(&numbers, r#"{"autoTransferNumber2":""}"#);
    stage.write("sheet.csv", format!("locationId,n2\n{id},5502\n"));
    apply(&stage, "sheet.csv --backup").expect(0);
    let rule = r#"{"callingPermissions":[{"callType":"NATIONAL","action":"TRANSFER_NUMBER_2","transferEnabled":true}]}"#;
    stage.put(&path, rule);
    let undo = "undo sheet.results.csv --yes";
    stage.run_online(undo).expect(1);
    assert_eq!(stage.state()[&id]["autoTransferNumber2"], "5502");
    stage
        .run_online(&format!("{undo} --force -o forced.csv"))
        .expect(0);
    let left = &stage.state()[&id]["autoTransferNumber2"];
    assert!(left.as_str().is_none_or(str::is_empty), "{left}");
}

#[test]
fn a_plan_to_which_usage_adds_nothing_says_so() {
    let stage = stage_with_rules(&[]);
    for (columns, place, cells, says) in [
        (
            "locationId,national",
            location_id(2),
            "BLOCK",
            "each plan of rules shows what uses the numbers of a location",
        ),
        (
            "workspaceId,n1",
            id("PLACE", 2),
            "5501",
            "workspaces may have rules of their own, which are not looked at",
        ),
    ] {
        stage.write("sheet.csv", format!("{columns}\n{place},{cells}\n"));
        for (flag, is_said) in [("", false), (" --usage", true)] {
            let ran = stage.run_online(&format!("plan sheet.csv{flag} -o plan.csv"));
            let said = format!("note: --usage adds nothing here: {says}");
            assert_eq!(ran.stderr.contains(&said), is_said, "{}", ran.stderr);
            for path in stage.files() {
                if path.to_string_lossy().contains("plan.csv") {
                    std::fs::remove_file(path).expect("ours");
                }
            }
        }
    }
}

#[test]
fn a_plan_of_several_rows_for_a_location_says_of_the_later_ones_what_apply_finds() {
    let moved = "n2 is in use: INTERNATIONAL calls are transferred to it";
    // The cells of `n2`, `n3` and `international` in two rows for one location, and what the second one
    // comes to.
    for (first, second, action, used_by, reason) in [
        (",,BLOCK", "REMOVE,,", "change", ["", ""], ""),
        (
            ",,transfer 3",
            "REMOVE,,",
            "change",
            ["", "INTERNATIONAL calls"],
            "",
        ),
        (
            "5502,,",
            "REMOVE,,",
            "cannot",
            ["INTERNATIONAL calls", ""],
            moved,
        ),
        (
            ",,AUTH_CODE",
            ",5503,transfer 3",
            "change",
            ["", "INTERNATIONAL calls"],
            "",
        ),
        (
            ",,transfer 3",
            ",REMOVE,",
            "cannot",
            ["", "INTERNATIONAL calls"],
            "n3 is in use",
        ),
    ] {
        let stage = stage_with_rules(&[("INTERNATIONAL", "TRANSFER_NUMBER_2", false)]);
        let id = location_id(2);
        let text = format!("locationId,n2,n3,international\n{id},{first}\n{id},{second}\n");
        stage.write("sheet.csv", text);
        let flags = "sheet.csv --allow-duplicates";
        let code = i32::from(action == "cannot");
        stage.run_online(&format!("plan {flags}")).expect(code);
        let planned = stage.results("sheet.plan.csv").remove(1);
        let what = format!("{first} {second}: {planned:?}");
        assert_eq!(planned["action"], action, "{what}");
        assert_eq!(
            [&planned["usedBy2"], &planned["usedBy3"]],
            used_by,
            "{what}"
        );
        assert!(planned["reason"].contains(reason), "{what}");
        assert!(!planned["reason"].contains("although"), "{what}");
        // Also where the plan was cut off between the two.
        let journal = stage.path("sheet.plan.csv.journal");
        let text = std::fs::read_to_string(&journal).expect("a journal");
        let first_row = text.find("{\"row\":{").expect("a record");
        let lines = text[..first_row].matches('\n').count() + 1;
        let kept: String = text.split_inclusive('\n').take(lines).collect();
        std::fs::write(&journal, kept).expect("ours");
        std::fs::remove_file(stage.path("sheet.plan.csv")).expect("ours");
        let resume = format!("plan {flags} --resume");
        stage.run_online(&resume).expect(code);
        let again = stage.results("sheet.plan.csv").remove(1);
        for column in ["action", "usedBy2", "usedBy3", "reason"] {
            assert_eq!(again[column], planned[column], "{what}");
        }

        apply(&stage, &format!("{flags} --backup")).expect(code);
        let done = stage.results("sheet.results.csv").remove(1);
        let is_left = done["outcome"] == "conflict";
        assert_eq!(is_left, action == "cannot", "{done:?}");
    }
}

#[test]
fn an_undo_clears_a_number_that_a_rule_used_before_by_what_the_plan_has_seen() {
    for (flags, code, is_back) in [("--usage", 0, true), ("", 1, false)] {
        for is_planned_again in [false, true] {
            let stage = stage_with_rules(&[("NATIONAL", "TRANSFER_NUMBER_3", false)]);
            let sheet = |number: &str| {
                let (org, id) = (org_id(1), location_id(2));
                format!("orgId,locationId,n3\n{org},{id},{number}\n")
            };
            stage.write("clear.csv", sheet("REMOVE"));
            stage.apply("clear.csv").expect(0);
            let before = stage.state();
            stage.write("sheet.csv", sheet("+12025550133"));
            stage
                .run_online(&format!("plan sheet.csv {flags}"))
                .expect(0);
            let mut plan = "sheet.plan";
            if is_planned_again {
                let again = "plan sheet.plan.csv -o again.csv";
                stage.run_online(again).expect(0);
                plan = "again";
            }
            stage.apply(&format!("{plan}.csv")).expect(0);
            assert_ne!(stage.state(), before);
            let ran = stage.run_online(&format!("undo {plan}.results.csv --yes"));
            ran.expect(code);
            assert_eq!(stage.state() == before, is_back, "{flags} {plan}");
        }
    }
}
