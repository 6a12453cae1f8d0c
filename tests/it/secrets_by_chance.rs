//! Characters of a secret stand by chance in numbers and ids, which are kept letter for letter; an answer that
//! repeats a secret is not made use of.

use std::fs;

use crate::harness::{Ran, Stage, location_id, org_id, sheet};
use crate::lanes::locations;
use crate::raw_server::RawServer;
use wxbulk::model::ids;
use wxbulk::simulator::Behavior;

/// Runs a command with this token.
fn run_with(stage: &Stage, line: &str, token: &str) -> Ran {
    let mut command = stage.command(line);
    let command = command.env("WEBEX_ACCESS_TOKEN", token);
    Ran::of(command.output().expect("it runs"))
}

#[test]
fn a_number_in_which_a_piece_of_a_token_stands_is_put_back_as_it_was() {
    // The characters 25784 in hexadecimal stand in the number, and 12025550 in clear.
    const TOKEN: &str = "k25784-and-12025550-and-more";
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(1));
    stage.set_number(2, 1, "+13235373834");
    stage.set_number(2, 2, "+12025550199");
    // The service writes a number in its own way.
    let digits = || -> Vec<String> {
        let there = stage.state();
        let fields = ["autoTransferNumber1", "autoTransferNumber2"];
        let numbers = fields.map(|field| there[location_id(2)][field].to_string());
        let digits = numbers.map(|number| number.replace(|one: char| !one.is_ascii_digit(), ""));
        digits
            .iter()
            .map(|digits| digits[digits.len() - 10..].to_string())
            .collect()
    };
    let before = digits();
    assert_eq!(before, ["3235373834", "2025550199"]);
    let address = stage.simulator.base_url();
    let apply = format!("apply sheet.csv --yes --backup --base-url {address}");
    run_with(&stage, &apply, TOKEN).expect(0);
    assert_ne!(digits(), before);
    let journal = fs::read_to_string(stage.path("sheet.results.csv.journal")).expect("a journal");
    assert!(!journal.contains("(hidden)"), "{journal}");
    let undo = format!("undo sheet.results.csv --yes --base-url {address}");
    run_with(&stage, &undo, TOKEN).expect(0);
    assert_eq!(digits(), before);
}

#[test]
fn the_organization_that_a_token_ends_with_is_named() {
    let uuid = ids::uuid_in(&org_id(0)).expect("one");
    let token = format!("NzQ0ODU5NjUtZTQ1NC00ZmE5_PF84_{uuid}");
    let stage = Stage::new(Behavior {
        locations: locations(2..6, |_| 0),
        ..Behavior::instant()
    });
    let address = stage.simulator.base_url();
    let export = format!("export --all-orgs -o all.csv --base-url {address}");
    run_with(&stage, &export, &token).expect(0);
    let all = stage.results("all.csv");
    assert_eq!(all.len(), 4);
    assert!(all.iter().all(|row| row["orgId"] == org_id(0)));
    let ran = run_with(&stage, &format!("whoami --base-url {address}"), &token);
    let ran = ran.expect(0);
    assert!(!ran.stdout.contains("(hidden)"), "{}", ran.stdout);
}

#[test]
fn an_answer_that_repeats_a_token_where_a_value_belongs_is_not_made_use_of() {
    const TOKEN: &str = "NzQ0ODU5NjUtZTQ1NC00ZmE5_PF84_1eb65fdf-9643-417f-9974-ad72cae0e10f";
    for said in [TOKEN, &TOKEN[..16], &ids::in_base64(TOKEN)] {
        let body = format!(r#"{{"autoTransferNumber1":"{said}"}}"#);
        let server = RawServer::answering(move |method, path, _| match (method, path) {
            (_, "/people/me" | "/organizations") => (403, "trackingid: T_1\r\n", "{}".into()),
            ("PUT", _) => (204, "trackingid: T_2\r\n", String::new()),
            (_, path) if path.contains("autoTransfer") => {
                (200, "trackingid: T_3\r\n", body.clone())
            }
            _ => {
                let id = location_id(2);
                let list = format!(r#"{{"locations":[{{"id":"{id}","name":"HQ"}}]}}"#);
                (200, "trackingid: T_4\r\n", list)
            }
        });
        let stage = Stage::instant();
        stage.write("sheet.csv", sheet(1));
        let line = format!(
            "apply sheet.csv --yes --backup --base-url {}",
            server.base_url()
        );
        let ran = run_with(&stage, &line, TOKEN);
        assert_ne!(ran.code, Some(0), "{}", ran.stderr);
        ran.says("the answer repeats an access token or another secret");
        let changes = server.requests();
        assert!(
            changes.iter().all(|one| !one.starts_with("PUT")),
            "{changes:?}"
        );
        for path in stage.files() {
            let text = fs::read(&path).expect("a file");
            let text = String::from_utf8_lossy(&text);
            assert!(!text.contains(said), "{}: {text}", path.display());
        }
        assert!(!format!("{}{}", ran.stdout, ran.stderr).contains(said));
    }
}
