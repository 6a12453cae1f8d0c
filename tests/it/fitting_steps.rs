//! What is said of rows at the end of a run, and what to do about them, fits what is known of each.

use std::fs;
use std::sync::Mutex;

use serde_json::{Value, json};

use crate::harness::{Stage, id, location_id};
use crate::raw_server::RawServer;

/// Numbers of a person that cannot be read any more once they were changed so often.
fn server(most: u32) -> RawServer {
    let state = Mutex::new((None::<String>, 0));
    RawServer::answering(move |method, path, body| {
        let mut state = state.lock().expect("no panic");
        let (number, changed) = &mut *state;
        if !path.ends_with("autoTransferNumbers") {
            return (403, "trackingid: t\r\n", String::new());
        }
        if method == "PUT" {
            let body: Value = serde_json::from_str(body).expect("JSON");
            let asked = body["autoTransferNumber1"].as_str();
            *number = asked.filter(|one| !one.is_empty()).map(Into::into);
            *changed += 1;
            return (204, "trackingid: t\r\n", String::new());
        }
        if *changed >= most {
            return (
                403,
                "trackingid: t\r\n",
                json!({"message": "no"}).to_string(),
            );
        }
        let body = json!({ "useCustomTransferNumbers": true, "autoTransferNumber1": number });
        (200, "trackingid: t\r\n", body.to_string())
    })
}

#[test]
fn an_undo_that_was_confirmed_and_cannot_be_looked_at_is_not_called_not_done() {
    let server = server(2);
    let stage = Stage::instant();
    let person = id("PEOPLE", 2);
    stage.write("sheet.csv", format!("personId,n1\n{person},+12025550101\n"));
    let url = server.base_url();
    stage
        .run(&format!("apply sheet.csv --yes --backup --base-url {url}"))
        .expect(0);
    let ran = stage
        .run(&format!(
            "undo sheet.results.csv --yes --base-url {url} --report page.html"
        ))
        .expect(1);
    ran.says("1 put back but not read back. Of 1 row in the sheet, 0 are done and 1 may be done.");
    ran.says("hint: to look at the 1 row that Webex says is back and that could not be read then:");
    assert!(!ran.stderr.contains("not done"), "{}", ran.stderr);
    let page = fs::read_to_string(stage.path("page.html")).expect("a page");
    assert!(!page.contains("ot done"), "{page}");
    assert!(
        page.contains("1 row was confirmed by Webex and could not be read back"),
        "{page}"
    );
    let results = stage.results("sheet.results-2.csv");
    assert_eq!(results[0]["outcome"], "unknown");
    let json = stage.run(&format!(
        "undo sheet.results.csv --yes --base-url {url} --summary json -o again.csv"
    ));
    let told: Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert!(told["confirmedNotReadBack"].is_u64(), "{told}");
}

#[test]
fn a_row_whose_values_could_not_be_read_is_not_told_to_be_corrected() {
    let server = RawServer::answering(|_, path, _| {
        if path.ends_with("autoTransferNumbers") {
            (
                400,
                "trackingid: t\r\n",
                json!({"message": "not now"}).to_string(),
            )
        } else {
            (403, "trackingid: t\r\n", String::new())
        }
    });
    let stage = Stage::instant();
    let row = location_id(2);
    stage.write("sheet.csv", format!("locationId,n1\n{row},+12025550101\n"));
    let url = server.base_url();
    let ran = stage
        .run(&format!("plan sheet.csv --base-url {url}"))
        .expect(1);
    ran.says("`reason` says why. No cell is wrong: see to what it says, and plan again:");
    let ran = stage
        .run(&format!("apply sheet.csv --yes --backup --base-url {url}"))
        .expect(1);
    ran.says("to send again the row that is not done, first do what `message` in `sheet.results.csv` says, or leave it out, then run:");
}
