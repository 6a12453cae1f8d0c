//! The rules of locations, alone and in one sheet with the numbers.

use std::fmt::Write;
use std::fs;

use serde_json::{Value, json};
use wxbulk::simulator::{
    Behavior, CallTypePermission, DigitPattern, Faults, Latency, Location, Locations,
};

use crate::harness::{Ran, Stage, count, location_id, org_id};
use crate::raw_server::RawServer;
use crate::resume::wait_for_records;

fn permission(call_type: &str, action: &str, restricted: bool) -> CallTypePermission {
    CallTypePermission {
        call_type: call_type.into(),
        action: action.into(),
        transfer_enabled: true,
        restricted,
    }
}

/// Locations with numbers and rules of all kinds; none is restricted.
pub(crate) fn stage(rows: u64, faults: Faults) -> Stage {
    let location = |row: u64| Location {
        id: location_id(row),
        organization: Some(org_id(1)),
        name: format!("site {row}"),
        numbers: [
            Some(format!("+1202555{row:04}")),
            (!row.is_multiple_of(3)).then(|| format!("{}", 5000 + row)),
            None,
        ],
        calling_permissions: vec![
            permission("URL_DIALING", "ALLOW", false),
            permission(
                "INTERNATIONAL",
                ["BLOCK", "TRANSFER_NUMBER_1", "AUTH_CODE"][(row % 3) as usize],
                false,
            ),
        ],
        ..Location::default()
    };
    Stage::new(Behavior {
        locations: Locations::Exactly((2..rows + 2).map(location).collect()),
        own_organization: Some(org_id(1)),
        latency: "2ms..10ms".parse::<Latency>().expect("a latency"),
        faults,
        speed: "50".parse().expect("a speed"),
        ..Behavior::instant()
    })
}

pub(crate) fn passing() -> Faults {
    "500=3%,504=2%,504-after=2%,reset-after=2%,reset-before=2%,truncated=2%"
        .parse()
        .expect("faults")
}

pub(crate) fn apply(stage: &Stage, words: &str) -> Ran {
    stage.run_online(&format!("apply --yes {words}"))
}

fn read(stage: &Stage, name: &str) -> String {
    fs::read_to_string(stage.path(name)).expect("a file")
}

/// What is set, however none and numbers of the North American plan are spelled.
pub(crate) fn state(stage: &Stage) -> String {
    let all = stage.state().to_string();
    all.replace("\"\"", "null").replace("\"+1", "\"")
}

pub(crate) fn changes(stage: &Stage) -> Vec<Value> {
    let mut requests = stage.all_requests();
    requests.retain(|request| request["method"] == "PUT");
    requests
}

/// The sheet with other cells in some rows: by the names of their columns.
fn changed(sheet: &str, cells: impl Fn(usize) -> Vec<(&'static str, &'static str)>) -> String {
    let mut lines = sheet.lines();
    let header = lines.next().expect("a header");
    let names: Vec<&str> = header.split(',').collect();
    let mut text = format!("{header}\n");
    for (index, line) in lines.enumerate() {
        let mut row: Vec<&str> = line.split(',').collect();
        for (name, cell) in cells(index) {
            let column = names.iter().position(|one| *one == name).expect(name);
            row[column] = cell;
        }
        let _ = writeln!(text, "{}", row.join(","));
    }
    text
}

#[test]
fn only_call_types_that_change_are_sent_and_the_rest_of_them_stays() {
    let stage = stage(3, Faults::default());
    let mut text =
        "locationId,International calls,NATIONAL,specialServicesI,tollFreeTransfer\n".to_string();
    for (row, cells) in [
        (2, "transfer to number 2,,,"),
        (3, ",,Block,no"),
        (4, "Block,allow,,yes"),
    ] {
        let _ = writeln!(text, "{},{cells}", location_id(row));
    }
    stage.write("rules.csv", text);
    apply(&stage, "rules.csv").expect(0);
    let results = stage.results("rules.results.csv");
    assert_eq!(results[0]["outcome"], "updated");
    assert_eq!(results[0]["previousInternational"], "AUTH_CODE");
    let mut sent: Vec<Value> = changes(&stage)
        .iter()
        .map(|put| put["body"].clone())
        .collect();
    sent.sort_by_key(ToString::to_string);
    let element = |call_type: &str, action: &str, may_transfer: bool| json!({"callType": call_type, "action": action, "transferEnabled": may_transfer});
    assert!(
        sent.contains(
            &json!({"callingPermissions": [element("INTERNATIONAL", "TRANSFER_NUMBER_2", true)]})
        ),
        "{sent:?}"
    );
    assert!(
        sent.contains(&json!({"callingPermissions": [
            element("TOLL_FREE", "ALLOW", false),
            element("SPECIAL_SERVICES_I", "BLOCK", true),
        ]})),
        "{sent:?}"
    );
    // What is so already is not sent.
    assert_eq!(results[2]["outcome"], "updated");
    assert!(
        sent.contains(&json!({"callingPermissions": [element("INTERNATIONAL", "BLOCK", true)]})),
        "{sent:?}"
    );
    assert_eq!(sent.len(), 3);
}

#[test]
fn a_restricted_call_type_fails_the_row_and_is_never_sent() {
    let location = Location {
        id: location_id(2),
        calling_permissions: vec![permission("NATIONAL", "ALLOW", true)],
        ..Location::default()
    };
    let stage = Stage::new(Behavior {
        locations: Locations::Exactly(vec![location]),
        ..Behavior::instant()
    });
    let id = location_id(2);
    stage.write(
        "rules.csv",
        format!("locationId,national,international\n{id},BLOCK,AUTH_CODE\n"),
    );
    apply(&stage, "rules.csv").expect(1);
    let results = stage.results("rules.results.csv");
    assert_eq!(results[0]["outcome"], "failed");
    assert!(
        results[0]["message"].contains("NATIONAL"),
        "{:?}",
        results[0]
    );
    assert_eq!(changes(&stage).len(), 0);
    stage.write(
        "same.csv",
        format!("locationId,national,international\n{id},allow,AUTH_CODE\n"),
    );
    apply(&stage, "same.csv").expect(0);
    let sent = changes(&stage)[0]["body"].to_string();
    assert!(!sent.contains(r#""NATIONAL""#), "{sent}");
}

#[test]
fn a_cell_that_is_no_rule_is_a_problem_and_nothing_is_sent() {
    let stage = stage(2, Faults::default());
    let (one, two) = (location_id(2), location_id(3));
    stage.write(
        "rules.csv",
        format!("locationId,national,nationalTransfer\n{one},REMOVE,\n{two},x,perhaps\n"),
    );
    let ran = apply(&stage, "rules.csv").expect(2);
    ran.says("`REMOVE` only clears numbers");
    ran.says("`x` is not a rule");
    ran.says("`perhaps` is not yes or no");
    assert_eq!(changes(&stage).len(), 0);
}

#[test]
fn a_column_of_ones_own_beside_numbers_is_never_taken_for_a_rule() {
    let stage = stage(2, Faults::default());
    let (one, two) = (location_id(2), location_id(3));
    let sheet = |first: &str, second: &str| {
        format!("locationId,n1,national\n{one},+12025550101,{first}\n{two},+12025550102,{second}\n")
    };
    stage.write("own.csv", sheet("yes", "no"));
    let ran = apply(&stage, "own.csv").expect(2);
    ran.says("`yes` is not a rule");
    ran.says("own.csv --base-url");
    ran.says("--setting location-numbers");
    assert_eq!(changes(&stage).len(), 0);
    apply(&stage, "own.csv --setting location-numbers").expect(0);
    assert_eq!(changes(&stage).len(), 2);
    assert!(
        changes(&stage)
            .iter()
            .all(|put| put["path"].to_string().contains("autoTransferNumbers"))
    );
    let ran = apply(&stage, "own.csv --setting location-numbers --resume").expect(0);
    drop(ran);
    // An empty column says nothing, and numbers alone need no reading.
    stage.write("empty.csv", sheet("", ""));
    let before = stage.all_requests().len();
    apply(&stage, "empty.csv").expect(0);
    let more = stage.all_requests().split_off(before);
    assert!(
        more.iter()
            .all(|request| !request["path"].to_string().contains("outgoingPermission\""))
    );
    // Beside other rules, the numbers alone are not meant.
    let beside_a_rule = |own: &str| {
        format!("locationId,n1,national,international\n{one},+12025550101,{own},BLOCK\n")
    };
    stage.write("two.csv", beside_a_rule("local"));
    let ran = apply(&stage, "two.csv").expect(2);
    ran.says("--ignore-column \"national\"");
    assert!(!ran.stderr.contains("--setting location-numbers"));
    // Nor is one in which only some cells are rules, whichever rows are sent.
    let before = changes(&stage).len();
    for (first, second) in [("block", "x"), ("pending", "block"), ("block", "REMOVE")] {
        stage.write("some.csv", sheet(first, second));
        for rows in ["", " --rows 2", " --skip-invalid"] {
            let ran = apply(&stage, &format!("some.csv{rows}")).expect(2);
            ran.says("is not a rule; if the column is your own, add --ignore-column \"national\"");
            ran.says("hint: if the column is to set rules: ");
        }
    }
    assert_eq!(changes(&stage).len(), before);
    stage.write("some.csv", sheet("block", "x"));
    let said = "some.csv --setting all-locations --skip-invalid";
    apply(&stage, said).expect(1).says("`x` is not a rule");
    let set = &stage.state()[&one]["callingPermissions"]["NATIONAL"];
    assert_eq!(set["action"], "BLOCK");
    // Rules in every cell are ours.
    stage.write("both.csv", sheet("block", "Transfer 1"));
    apply(&stage, "both.csv").expect(0);
    let set = stage.state();
    assert_eq!(
        set[&two]["callingPermissions"]["NATIONAL"]["action"],
        "TRANSFER_NUMBER_1"
    );
}

/// Export, change, plan, send through faults and a kill, and back: all is as it was, letter for letter.
pub(crate) fn there_and_back(
    stage: &Stage,
    setting: &str,
    cells: impl Fn(usize) -> Vec<(&'static str, &'static str)>,
) {
    // Rows that wait to be tried again leave their places to others.
    let wide = "--concurrency 50";
    let export = format!("export --setting {setting} {wide}");
    stage
        .run_online(&format!("{export} -o first.csv"))
        .expect(0);
    let first = read(stage, "first.csv");

    // What is there is what its sheet asks for.
    stage
        .run_online(&format!("plan first.csv {wide}"))
        .expect(0);
    assert!(
        stage
            .results("first.plan.csv")
            .iter()
            .all(|row| row["action"] == "same")
    );

    stage.write("changed.csv", changed(&first, &cells));
    stage
        .run_online(&format!("plan changed.csv {wide}"))
        .expect(0);
    let plan = stage.results("changed.plan.csv");
    let wanted = (0..plan.len())
        .filter(|index| !cells(*index).is_empty())
        .count();
    let different = plan.iter().filter(|row| row["action"] == "change").count();
    assert_eq!(different, wanted);

    let mut child = stage
        .command(&format!(
            "apply --yes changed.csv --base-url {}",
            stage.simulator.base_url()
        ))
        .spawn()
        .expect("it starts");
    wait_for_records(stage, "changed.results.csv.journal", 20);
    child.kill().expect("it was running");
    child.wait().expect("it ends");
    apply(stage, &format!("changed.csv --resume {wide}")).expect(0);
    assert_eq!(
        count(&stage.results("changed.results.csv"), "updated"),
        wanted
    );
    stage
        .run_online(&format!("plan changed.csv -o verified.csv {wide}"))
        .expect(0);
    assert!(
        stage
            .results("verified.csv")
            .iter()
            .all(|row| row["action"] == "same")
    );

    stage
        .run_online(&format!("undo changed.results.csv --yes {wide}"))
        .expect(0);
    stage.run_online(&format!("{export} -o last.csv")).expect(0);
    assert_eq!(read(stage, "last.csv"), first);
}

fn rules_there_and_back(rows: u64) {
    let stage = stage(rows, passing());
    there_and_back(&stage, "location-rules", |index| match index % 3 {
        0 => vec![
            ("national", "TRANSFER_NUMBER_3"),
            ("tollFreeTransfer", "no"),
        ],
        1 => vec![("international", "BLOCK"), ("premiumServices1", "ALLOW")],
        _ => vec![],
    });
}

fn both_there_and_back(rows: u64) {
    let stage = stage(rows, passing());
    there_and_back(&stage, "all-locations", |index| match index % 4 {
        // Number 3 is set for the first time, and calls are sent to it.
        0 => vec![("n3", "+12025559999"), ("national", "TRANSFER_NUMBER_3")],
        // Calls are taken away from number 1, and it is cleared.
        1 => vec![("n1", "REMOVE"), ("international", "ALLOW"), ("n2", "5999")],
        2 => vec![("tollFree", "AUTH_CODE")],
        _ => vec![],
    });
}

#[test]
fn rules_go_there_and_back() {
    rules_there_and_back(120);
}

#[test]
fn numbers_and_rules_in_one_sheet_go_there_and_back() {
    both_there_and_back(120);
}

#[test]
#[ignore = "takes long"]
fn a_thousand_locations_have_their_rules_changed_and_put_back() {
    rules_there_and_back(1000);
}

#[test]
#[ignore = "takes long"]
fn a_thousand_locations_have_numbers_and_rules_changed_and_put_back() {
    both_there_and_back(1000);
}

#[test]
fn a_plan_of_rules_says_where_they_lead_to_a_number_that_is_not_set() {
    let stage = stage(3, Faults::default());
    let mut text = "locationId,national,international\n".to_string();
    // The third number is set nowhere, the second one not in row 3, and row 4 uses none that is not set.
    for (row, cells) in [
        (2, "TRANSFER_NUMBER_3,"),
        (3, "TRANSFER_NUMBER_2,BLOCK"),
        (4, ",TRANSFER_NUMBER_1"),
    ] {
        let _ = writeln!(text, "{},{cells}", location_id(row));
    }
    stage.write("rules.csv", text);
    let ran = stage.run_online("plan rules.csv").expect(0);
    // On the screen, and once more before the plan is applied.
    let said = "; NATIONAL calls are transferred to n3, which is not set\n";
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
    let warning = "warning: in 2 rows a rule sends calls to a number that is not set";
    ran.says(warning);
    let ran = stage.run_online("apply rules.plan.csv").expect(2);
    ran.says(warning);
    let plan = stage.results("rules.plan.csv");
    let reasons: Vec<&str> = plan.iter().map(|row| &*row["reason"]).collect();
    let nowhere =
        |column: &str| format!("NATIONAL calls are transferred to {column}, which is not set");
    let unused = |column: &str| format!("no rule of this location uses {column}");
    assert_eq!(
        reasons,
        [
            [unused("n1"), unused("n2"), nowhere("n3")].join("; "),
            [unused("n1"), nowhere("n2")].join("; "),
            unused("n2"),
        ]
    );

    // Of a change nothing more is read where no rule uses a number.
    let numbers_read = || {
        let is_it = |request: &&Value| {
            let path = request["path"].as_str().unwrap_or_default();
            path.ends_with("/autoTransferNumbers")
        };
        stage.all_requests().iter().filter(is_it).count()
    };
    assert_eq!(numbers_read(), 3);
    stage.write(
        "blocked.csv",
        format!(
            "locationId,national,international\n{},BLOCK,BLOCK\n",
            location_id(3)
        ),
    );
    apply(&stage, "blocked.csv").expect(0);
    assert_eq!(numbers_read(), 3);
}

#[test]
fn a_plan_of_rules_says_what_uses_the_numbers_once_it_is_applied() {
    let pattern = |name: &str, action: &str| DigitPattern {
        id: String::new(),
        name: name.into(),
        pattern: "1312XXXXXXX".into(),
        action: action.into(),
        transfer_enabled: true,
    };
    let location = |row: u64, patterns: Vec<DigitPattern>| Location {
        id: location_id(row),
        organization: Some(org_id(1)),
        numbers: ["5501", "5502", "5503"].map(|number| Some(number.into())),
        calling_permissions: vec![
            permission("CASUAL", "TRANSFER_NUMBER_3", false),
            permission("INTERNATIONAL", "TRANSFER_NUMBER_1", false),
            permission("NATIONAL", "TRANSFER_NUMBER_1", true),
        ],
        digit_patterns: patterns,
        ..Location::default()
    };
    let stage = Stage::new(Behavior {
        locations: Locations::Exactly(vec![
            location(2, vec![pattern("Chicago", "TRANSFER_NUMBER_2")]),
            location(3, Vec::new()),
        ]),
        own_organization: Some(org_id(1)),
        ..Behavior::instant()
    });
    let [one, two] = [2, 3].map(location_id);
    let sheet = |cells: [&str; 2]| {
        let [first, second] = cells;
        format!("locationId,international,national\n{one},{first}\n{two},{second}\n")
    };
    stage.write("rules.csv", sheet(["BLOCK,", "ALLOW,"]));
    let ran = stage.run_online("plan rules.csv").expect(0);
    ran.says("note: in 1 row a number is set that no rule of the location uses; `reason` in the plan says which");
    let cells = |name: &str| -> Vec<[String; 4]> {
        let plan = stage.results(name);
        let names = ["usedBy1", "usedBy2", "usedBy3", "reason"];
        let rows = plan.iter();
        rows.map(|row| names.map(|name| row[name].clone()))
            .collect()
    };
    let of_row = |cells: [&str; 4]| cells.map(String::from);
    let of_national = "NATIONAL calls";
    assert_eq!(
        cells("rules.plan.csv"),
        [
            of_row([
                of_national,
                "calls to the digit pattern `Chicago` (1312XXXXXXX)",
                "CASUAL calls",
                ""
            ]),
            of_row([
                of_national,
                "",
                "CASUAL calls",
                "no rule of this location uses n2"
            ]),
        ]
    );
    apply(&stage, "rules.plan.csv").expect(0);

    // Calls of a type that nobody can change stay where they go, whatever a row asks for.
    stage.write("fixed.csv", sheet(["BLOCK,", "BLOCK,ALLOW"]));
    stage.run_online("plan fixed.csv").expect(1);
    let planned = cells("fixed.plan.csv");
    assert_eq!(planned[1][0], of_national);
    assert!(planned[1][3].starts_with("Webex restricts NATIONAL"));
    let ran = apply(&stage, "fixed.csv").expect(1);
    ran.says("To change the rest of it, empty the cells for NATIONAL; else leave the row out");
    ran.says("first do what `message` in `fixed.results.csv` says, or leave it out, then run:");
}

#[test]
fn a_plan_of_rules_that_cannot_read_digit_patterns_says_so() {
    let server = RawServer::answering(|_, path, _| {
        let last = path.rsplit('/').next().unwrap_or_default();
        match last {
            "outgoingPermission" => (
                200,
                "",
                r#"{"callingPermissions":[{"callType":"NATIONAL","action":"BLOCK","transferEnabled":true}]}"#
                    .into(),
            ),
            "autoTransferNumbers" => (200, "", r#"{"autoTransferNumber1":"5501"}"#.into()),
            "digitPatterns" => (403, "", "{}".into()),
            _ => (404, "", "{}".into()),
        }
    });
    let stage = Stage::instant();
    let text = format!(
        "locationId,national\n{},TRANSFER_NUMBER_3\n",
        location_id(2)
    );
    stage.write("rules.csv", text);
    let ran = stage.run(&format!("plan rules.csv --base-url {}", server.base_url()));
    let ran = ran.expect(0);
    ran.says("warning: in 1 row a rule sends calls to a number that is not set");
    ran.says("warning: of 1 row it could not be checked whether rules use the numbers");
    let row = stage.results("rules.plan.csv").remove(0);
    assert_eq!(row["usedBy3"], "");
    assert!(
        row["reason"].starts_with("it could not be checked whether rules use the numbers: 403")
    );
}

#[test]
fn rules_that_are_left_with_a_number_that_is_not_set_are_told() {
    let warning = "warning: in 1 row a rule sends calls to a number that is not set, so those calls have nowhere to go; the rows say which";
    let nowhere = "NATIONAL calls are transferred to n3, which is not set";
    let messages = |stage: &Stage, name: &str| -> Vec<String> {
        let results = stage.results(name);
        results.iter().map(|row| row["message"].clone()).collect()
    };
    let rules = |cells: [&str; 2]| {
        let mut text = "locationId,national\n".to_string();
        for (row, cell) in [2, 3].into_iter().zip(cells) {
            let _ = writeln!(text, "{},{cell}", location_id(row));
        }
        text
    };
    for words in ["rules.csv", "rules.csv --backup"] {
        let stage = stage(2, Faults::default());
        stage.write(
            "rules.csv",
            rules(["TRANSFER_NUMBER_3", "TRANSFER_NUMBER_1"]),
        );
        apply(&stage, words).expect(0).says(warning);
        assert_eq!(messages(&stage, "rules.results.csv"), [nowhere, ""]);
    }

    // With the numbers in the same sheet.
    for (cells, is_told) in [
        (",TRANSFER_NUMBER_3", true),
        ("5503,TRANSFER_NUMBER_3", false),
        (",BLOCK", false),
    ] {
        let stage = stage(1, Faults::default());
        let sheet = format!("locationId,n3,national\n{},{cells}\n", location_id(2));
        stage.write("both.csv", sheet);
        let ran = apply(&stage, "both.csv").expect(0);
        assert_eq!(ran.stderr.contains(warning), is_told, "{}", ran.stderr);
        let message = &messages(&stage, "both.results.csv")[0];
        assert_eq!(message == nowhere, is_told, "{message}");
    }
    let both = stage(1, Faults::default());
    let sheet = format!(
        "locationId,n1,national\n{},REMOVE,TRANSFER_NUMBER_1\n",
        location_id(2)
    );
    both.write("both.csv", sheet);
    apply(&both, "both.csv --even-if-used")
        .expect(0)
        .says(warning);
    let told = &messages(&both, "both.results.csv")[0];
    assert!(
        told.contains("NATIONAL calls are transferred to n1, which is not set"),
        "{told}"
    );

    // An undo puts a rule back, and its number was cleared meanwhile.
    let stage = stage(2, Faults::default());
    stage.write(
        "first.csv",
        rules(["TRANSFER_NUMBER_1", "TRANSFER_NUMBER_1"]),
    );
    apply(&stage, "first.csv").expect(0);
    stage.write("rules.csv", rules(["BLOCK", "BLOCK"]));
    apply(&stage, "rules.csv --backup").expect(0);
    let path = format!(
        "/telephony/config/locations/{}/outgoingPermission/autoTransferNumbers",
        location_id(3)
    );
    stage.put(&path, r#"{"autoTransferNumber1":""}"#);
    let ran = stage.run_online("undo rules.results.csv --yes").expect(0);
    ran.says(warning);
    let told = messages(&stage, "rules.results-2.csv");
    assert_eq!(
        told,
        ["", "NATIONAL calls are transferred to n1, which is not set"]
    );
}

#[test]
fn numbers_are_set_before_rules_use_them_and_cleared_after() {
    let stage = stage(1, Faults::default());
    let id = location_id(2);
    let sheet =
        format!("locationId,n1,n3,international\n{id},REMOVE,+12025550103,transfer to number 3\n");
    stage.write("both.csv", sheet);
    apply(&stage, "both.csv").expect(0);
    let sent: Vec<String> = changes(&stage)
        .iter()
        .map(|put| put["body"].to_string())
        .collect();
    assert_eq!(sent.len(), 3, "{sent:?}");
    assert_eq!(sent[0], r#"{"autoTransferNumber3":"+12025550103"}"#);
    assert!(sent[1].contains("TRANSFER_NUMBER_3"));
    assert_eq!(sent[2], r#"{"autoTransferNumber1":""}"#);
    // Nothing of a row that clears what its own rule uses is sent.
    let sheet =
        format!("locationId,n2,n3,national\n{id},5998,REMOVE,\n").replace(",\n", ",BLOCK\n");
    stage.write("used.csv", sheet);
    apply(&stage, "used.csv").expect(1);
    let row = &stage.results("used.results.csv")[0];
    assert_eq!(row["outcome"], "conflict");
    assert!(row["message"].contains("n3 is in use: INTERNATIONAL calls are transferred to it"));
    assert_eq!(changes(&stage).len(), 3);
}

#[test]
fn a_row_that_stops_half_way_says_so_and_is_finished_later() {
    let stage = stage(150, "400=30% once".parse().expect("faults"));
    let mut text = "locationId,n1,n2,national\n".to_string();
    for row in 2..152 {
        let id = location_id(row);
        let _ = writeln!(text, "{id},+12025550101,+12025550102,TRANSFER_NUMBER_2");
    }
    stage.write("both.csv", text);
    let before = state(&stage);
    apply(&stage, "both.csv").expect(1);
    let results = stage.results("both.results.csv");
    let partly: Vec<_> = results
        .iter()
        .filter(|row| row["outcome"] == "partly")
        .collect();
    assert!(!partly.is_empty(), "the faults met no second request");
    for row in &partly {
        assert_eq!(row["status"], "400");
        assert!(
            row["message"].starts_with("n1, n2 changed; national not"),
            "{row:?}"
        );
    }
    let mut name = "both.results.csv".to_string();
    for round in 0..8 {
        let next = format!("again{round}.csv");
        let ran = apply(&stage, &format!("{name} --only-failed -o {next}"));
        name = next;
        if ran.code == Some(0) {
            break;
        }
    }
    assert!(
        stage
            .results(&name)
            .iter()
            .all(|row| ["updated", "unchanged"].contains(&&*row["outcome"]))
    );
    for round in 0..8 {
        let next = format!("undone{round}.csv");
        if stage
            .run_online(&format!("undo {name} --yes -o {next}"))
            .code
            == Some(0)
        {
            break;
        }
    }
    assert!(state(&stage) == before, "not all is as it was");
}

/// What a row did not change is nothing that its undo puts back, or waits for.
#[test]
fn an_undo_of_a_row_that_stopped_half_way_is_about_what_it_changed() {
    for words in ["", " --force"] {
        let stage = stage(150, "400=30% once".parse().expect("faults"));
        let mut text = "locationId,n1,n2,national\n".to_string();
        for row in 2..152 {
            let _ = writeln!(text, "{},+12025550101,REMOVE,BLOCK", location_id(row));
        }
        stage.write("both.csv", text);
        let before = state(&stage);
        apply(&stage, "both.csv --even-if-used").expect(1);
        let results = stage.results("both.results.csv");
        let is_begun = |message: &str| message.starts_with("n1 changed; national, n2 not");
        let rows = results.iter().filter(|row| is_begun(&row["message"]));
        let places: Vec<String> = rows.map(|row| row["locationId"].clone()).collect();
        assert!(!places.is_empty(), "the faults met no second request");
        for id in &places {
            let path =
                format!("/telephony/config/locations/{id}/outgoingPermission/autoTransferNumbers");
            stage.put(&path, r#"{"autoTransferNumber2":"9999"}"#);
        }
        for round in 0..8 {
            let undo = format!("undo both.results.csv --yes{words} -o undone{round}.csv");
            if stage.run_online(&undo).code == Some(0) {
                break;
            }
        }
        let of = |state: &str| -> Value { serde_json::from_str(state).expect("JSON") };
        let mut wanted = of(&before);
        for id in &places {
            wanted[id]["autoTransferNumber2"] = "9999".into();
        }
        assert!(
            of(&state(&stage)) == wanted,
            "{words}: not all is as it was"
        );
    }
}
