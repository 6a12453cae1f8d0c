//! `wxbulk apply` from the sheet to the results, and what the simulator saw of it.

use std::collections::HashSet;
use std::fs;

use serde_json::{Value, json};
use wxbulk::simulator::{Behavior, ClockSpeed};

use crate::harness::{Ran, Stage, count, location_id, number, org_id, sheet};

/// A behavior with these knobs, as the command line spells them.
fn behavior(limit: &str, retry_after: &str, faults: &str) -> Behavior {
    Behavior {
        limit: limit.parse().expect("a limit"),
        retry_after: retry_after.parse().expect("a policy"),
        faults: faults.parse().expect("faults"),
        ..Behavior::instant()
    }
}

#[test]
fn every_row_is_sent_once_and_has_one_result_in_the_order_of_the_sheet() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(200));
    let ran = stage.apply("sheet.csv").expect(0);
    ran.says("results: sheet.results.csv");

    let results = stage.results("sheet.results.csv");
    assert_eq!(results.len(), 200);
    for (result, row) in results.iter().zip(2..) {
        assert_eq!(result["row"], row.to_string());
        assert_eq!(result["site"], format!("site {row}"));
        assert_eq!(result["locationId"], location_id(row));
        assert_eq!(
            (&*result["outcome"], &*result["status"]),
            ("updated", "204")
        );
        assert_eq!(result["attempts"], "1");
    }
    let sent: HashSet<String> = stage
        .requests()
        .iter()
        .map(|request| request["locationId"].to_string())
        .collect();
    assert_eq!((stage.requests().len(), sent.len()), (200, 200));
}

#[test]
fn the_request_is_exactly_as_documented() {
    let stage = Stage::instant();
    let (org, location) = (org_id(1), location_id(1));
    let own = location_id(2);
    stage.write(
        "sheet.csv",
        format!("orgId,locationId,n1,n2,n3\n{org},{location}==,+1 (202) 555-0101,remove,\n,{own},,,123\n"),
    );
    stage.apply("sheet.csv --concurrency 1").expect(0);
    let requests = stage.requests();
    let request = &requests[0];
    assert_eq!(request["method"], "PUT");
    assert_eq!(
        request["path"],
        format!(
            "/telephony/config/locations/{location}%3D%3D/outgoingPermission/autoTransferNumbers"
        )
    );
    assert_eq!(request["orgId"], json!(org));
    assert_eq!(
        request["body"],
        json!({"autoTransferNumber1": "+12025550101", "autoTransferNumber2": ""})
    );
    assert_eq!(request["authorized"], true);
    assert_eq!(
        request["userAgent"],
        concat!("wxbulk/", env!("CARGO_PKG_VERSION"))
    );
    let tracking = request["trackingId"].as_str().expect("a tracking id");
    let uuid = tracking.strip_prefix("wxbulk_").expect("our prefix");
    assert_eq!(
        uuid::Uuid::try_parse(uuid)
            .expect("a UUID")
            .get_version_num(),
        4
    );
    assert_eq!(
        stage.results("sheet.results.csv")[0]["trackingId"],
        tracking
    );
    assert_eq!(requests[1]["orgId"], Value::Null);
    assert_eq!(requests[1]["body"], json!({"autoTransferNumber3": "123"}));
}

#[test]
fn one_bad_row_keeps_every_row_from_being_sent() {
    let stage = Stage::instant();
    let bad = sheet(1000)
        .replace(&number(7), "n/a")
        .replace(&number(500), "1")
        .replace(&location_id(900), "Ohio");
    stage.write("sheet.csv", bad);
    let ran = stage.apply("sheet.csv").expect(2);
    for place in [
        "row 7, column C (n1)",
        "row 500, column C (n1)",
        "row 900, column B (locationId)",
    ] {
        ran.says(place);
    }
    assert_eq!(stage.requests(), [] as [Value; 0]);
    assert_eq!(stage.files().len(), 1, "nothing is left behind");

    stage.apply("sheet.csv --skip-invalid").expect(1);
    let results = stage.results("sheet.results.csv");
    assert_eq!(stage.requests().len(), 997);
    assert_eq!(
        (count(&results, "updated"), count(&results, "invalid")),
        (997, 3)
    );
    assert_eq!(results[5]["outcome"], "invalid");
    assert!(results[5]["message"].starts_with("column C (n1): `n/a` is not a phone number"));
}

#[test]
fn faults_and_limits_leave_the_state_the_sheet_asks_for() {
    let faults = "429=2%,423=2%,500=2%,502=2%,503=2%,504=2%,reset-before=2%,reset-after=2%,truncated=2%,non-utf8=2%,bad-gzip=2%";
    let speed = ClockSpeed::new(20.0).expect("a speed");
    let stage = Stage::new(Behavior {
        speed,
        ..behavior("bucket:20/s,burst=5", "2s", faults)
    });
    stage.write("sheet.csv", sheet(300));
    let ran = stage.apply("sheet.csv");
    let results = stage.results("sheet.results.csv");
    assert_eq!(results.len(), 300);
    let numbers = stage.state();
    for (result, row) in results.iter().zip(2_u64..) {
        if result["outcome"] == "updated" {
            let set = &numbers[location_id(row)]["autoTransferNumber1"];
            assert_eq!(*set, json!(number(row)), "row {row}");
        }
    }
    let refused = count(&results, "failed");
    assert_eq!(ran.code, Some(i32::from(refused > 0)), "{}", ran.stderr);
}

#[test]
fn what_the_service_refuses_is_said_with_its_codes_and_its_tracking_id() {
    let stage = Stage::new(Behavior {
        faults: "404=100%".parse().expect("faults"),
        ..Behavior::instant()
    });
    stage.write("sheet.csv", sheet(3));
    let ran = stage.apply("sheet.csv").expect(1);
    ran.says("--only-failed");
    for result in stage.results("sheet.results.csv") {
        assert_eq!((&*result["outcome"], &*result["status"]), ("failed", "404"));
        assert!(result["trackingId"].starts_with("wxbulk_"));
        assert_ne!(result["message"], "");
    }
}

#[test]
fn a_dead_token_stops_the_run_at_once_and_says_so() {
    let stage = Stage::new(Behavior {
        faults: "401=100%".parse().expect("faults"),
        ..Behavior::instant()
    });
    stage.write("sheet.csv", sheet(500));
    let ran = stage.apply("sheet.csv").expect(3);
    ran.says("Webex rejected the access token");
    assert!(
        stage.requests().len() <= 10,
        "no more than were on the wire"
    );
    assert_eq!(
        count(&stage.results("sheet.results.csv"), "not-attempted"),
        500
    );
    ran.says_how_to_go_on();
}

#[test]
fn ten_forbidden_answers_stop_the_run() {
    let stage = Stage::new(Behavior {
        faults: "403=100%".parse().expect("faults"),
        ..Behavior::instant()
    });
    stage.write("sheet.csv", sheet(500));
    stage.apply("sheet.csv").expect(3);
    assert!(stage.requests().len() < 30);
}

#[test]
fn nothing_is_sent_without_a_yes_and_nothing_that_stands_is_overwritten() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(3));
    let ran = stage.run_online("apply sheet.csv").expect(2);
    ran.says("Change 3 locations of 3 organizations");
    ran.says("3 numbers will be set, 3 cleared");
    ran.says("--yes");
    stage.apply("sheet.csv -o sheet.csv").expect(2);
    stage.write("sheet.results.csv", "mine");
    stage.apply("sheet.csv").expect(2);
    assert_eq!(
        fs::read_to_string(stage.path("sheet.results.csv")).expect("still there"),
        "mine"
    );
    // Whose token it is was asked for the question, and nothing of a location.
    let asked = stage.all_requests();
    assert!(asked.iter().any(|request| request["path"] == "/people/me"));
    assert!(stage.requests().is_empty());
}

#[test]
fn a_rehearsal_needs_no_token_and_may_be_repeated() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(40));
    for _ in 0..2 {
        let mut command = stage.command("apply sheet.csv --rehearse --rehearse-speed 50");
        let output = command.env_remove("WEBEX_ACCESS_TOKEN").output();
        Ran::of(output.expect("it starts")).expect(0);
        let results = stage.results("sheet.rehearsal.csv");
        assert_eq!(count(&results, "updated (rehearsal)"), 40);
    }
    assert_eq!(stage.requests().len(), 0, "it went to its own simulator");
    stage.write("sheet.rehearsal.csv", "edited by hand");
    stage.run("apply sheet.csv --rehearse").expect(2);
}

#[test]
fn the_rate_is_remembered_for_the_next_run_unless_forbidden() {
    let stage = Stage::new(behavior("bucket:50/s,burst=5", "honest", "none"));
    stage.write("sheet.csv", sheet(60));
    let noted = || {
        let files = stage.files();
        files
            .iter()
            .filter(|path| path.starts_with(stage.path("state")))
            .count()
    };
    stage.apply("sheet.csv --forget-rate -o one.csv").expect(0);
    assert_eq!(noted(), 0);
    stage.apply("sheet.csv -o two.csv").expect(0);
    assert_eq!(noted(), 1);
    stage.apply("sheet.csv -o three.csv").expect(0);
}

#[test]
fn an_address_that_would_show_the_token_is_refused() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(1));
    let ran = stage
        .run("apply sheet.csv --yes --base-url http://webexapis.com/v1")
        .expect(2);
    insta::assert_snapshot!(ran.stderr, @"error: --base-url cannot be used: `http://webexapis.com/v1` would send the access token unencrypted; use https://webexapis.com/v1");
}

#[test]
fn the_summary_can_be_json() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(5));
    let ran = stage.apply("sheet.csv --summary json").expect(0);
    let summary: Value = serde_json::from_str(&ran.stdout).expect("JSON and nothing else");
    assert_eq!(summary["outcomes"]["updated"], 5);
    assert_eq!(summary["statuses"]["204"], 5);
    assert_eq!(summary["results"], "sheet.results.csv");
}

#[test]
fn a_results_file_can_be_mended_and_sent_again() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(3));
    let mut results = String::new();
    let header = "orgId,locationId,n1,n2,n3,site,row,outcome,status,errorCode,message,trackingId,attempts,finishedAt";
    let (org, number) = (org_id(1), number(2));
    for (row, outcome) in [(2, "updated"), (3, "failed"), (4, "not-attempted")] {
        let location = location_id(row);
        results += &format!("{org},{location},{number},,,x,{row},{outcome},404,,old,T{row},1,\n");
    }
    stage.write("corrected.csv", format!("{header}\n{results}"));
    stage.apply("corrected.csv --only-failed").expect(0);
    assert_eq!(stage.requests().len(), 2);
    let results = stage.results("corrected.results.csv");
    assert_eq!(count(&results, "updated"), 3);
    assert_eq!(
        results[0]["trackingId"], "T2",
        "what was done before stays as it was"
    );
    let ran = stage
        .apply("sheet.csv --only-failed -o other.csv")
        .expect(2);
    ran.says("is not a results file");
}

#[test]
fn rows_for_one_location_are_sent_in_file_order_and_never_at_once() {
    let stage = Stage::new(behavior("none", "honest", "500=30%,reset-before=10%"));
    let mut text = String::from("orgId,locationId,n1\n");
    for row in 0..60 {
        text += &format!("{},{},{}\n", org_id(1), location_id(row % 4), 1000 + row);
    }
    text += &format!("{},{},{}\n", org_id(1), location_id(3), 1059);
    stage.write("sheet.csv", text);
    stage.apply("sheet.csv").expect(2);
    let fast = "--allow-duplicates --concurrency 20";
    stage.apply(&format!("sheet.csv {fast}")).expect(0);
    let results = stage.results("sheet.results.csv");
    assert_eq!(results[60]["message"], "the same as row 61");
    assert_eq!(
        (count(&results, "updated"), count(&results, "skipped")),
        (60, 1)
    );
    let numbers = stage.state();
    for location in 0..4 {
        let set = &numbers[location_id(location)]["autoTransferNumber1"];
        assert_eq!(
            *set,
            json!((1056 + location).to_string()),
            "the last row stands"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_machine_without_certificates_is_told_so_before_a_run_begins() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(1));
    stage.write("none.pem", "");
    let without_certificates = |line: &str| {
        let mut command = stage.command(line);
        command
            .env("SSL_CERT_FILE", stage.path("none.pem"))
            .env("SSL_CERT_DIR", stage.path("nowhere"));
        Ran::of(command.output().expect("it starts"))
    };
    let ran = without_certificates("apply sheet.csv --yes").expect(2);
    ran.says("`ca-certificates`");
    assert!(!stage.path("sheet.results.csv.journal").exists());
    // A rehearsal needs none.
    without_certificates("apply sheet.csv --rehearse --rehearse-speed 20").expect(0);
}

// Where a name is bytes, it need not be text.
#[cfg(target_os = "linux")]
#[test]
fn a_sheet_whose_name_is_no_text_is_sent_like_any_other() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let stage = Stage::instant();
    let name = OsStr::from_bytes(b"caf\xe9.csv");
    fs::write(stage.path("").join(name), sheet(3)).expect("a sheet");
    let mut command = stage.command(&stage.apply_line(""));
    Ran::of(command.arg(name).output().expect("it starts")).expect(0);
    assert_eq!(stage.requests().len(), 3);
}
