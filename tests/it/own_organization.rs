//! Rows that name no organization are for the token's own, which is the one that was checked, recorded and
//! approved.

use crate::harness::{Stage, location_id, org_id};
use crate::raw_server::{DONE, Line, RawServer};

/// Says `body` as JSON, or `403 Forbidden` where it is empty.
fn say_json(line: &mut Line, body: &str) {
    let status = if body.is_empty() {
        "403 Forbidden"
    } else {
        "200 OK"
    };
    let length = body.len();
    line.say(format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    ));
}

/// A service where every token manages only the organization 1, and `me` tells whose own is which, by the
/// token; what is sent is taken.
fn one_is_managed(me: impl Fn(&str) -> Option<u64> + Send + Sync + 'static) -> RawServer {
    RawServer::after(
        |_| {},
        move |line| {
            while line.request() {
                let received = String::from_utf8_lossy(&line.received).to_lowercase();
                let request = line.last_request();
                if request.contains("/people/me") {
                    let own = ["ada", "ben"]
                        .into_iter()
                        .find(|one| received.contains(*one));
                    let name = own.unwrap_or_default();
                    let body = me(name).map(|own| {
                        let org = org_id(own);
                        format!(r#"{{"id":"{name}","displayName":"{name}","orgId":"{org}"}}"#)
                    });
                    say_json(line, &body.unwrap_or_default());
                } else if request.contains("/organizations") {
                    let id = org_id(1);
                    say_json(
                        line,
                        &format!(r#"{{"items":[{{"id":"{id}","displayName":"Acme"}}]}}"#),
                    );
                } else if request.starts_with("PUT") {
                    line.say(DONE);
                } else {
                    let id = location_id(2);
                    say_json(
                        line,
                        &format!(r#"{{"locations":[{{"id":"{id}","name":"HQ"}}]}}"#),
                    );
                }
            }
        },
    )
}

#[test]
fn rows_without_an_organization_go_to_the_one_that_was_checked() {
    let own_of_ada = |own: u64| move |name: &str| Some(if name == "ada" { own } else { 1 });
    for credentials in [
        "--token-file ada.txt",
        "--token-file ada.txt --token-file ben.txt",
    ] {
        for sheet in [
            format!("locationId,n1\n{},201\n", location_id(2)),
            "locationName,n1\nHQ,201\n".to_string(),
        ] {
            let stage = Stage::instant();
            stage.write_secret("ada.txt", "token-of-ada");
            stage.write_secret("ben.txt", "token-of-ben");
            stage.write("sheet.csv", sheet);
            let apply = |server: &RawServer, output: &str| {
                let ran = stage.run(&format!(
                    "apply sheet.csv --yes --even-if-used -o {output} {credentials} --base-url {}",
                    server.base_url()
                ));
                let requests = server.requests();
                let asked = requests
                    .into_iter()
                    .filter(|one| !one.contains("/people/me") && !one.contains("/organizations"));
                (ran, asked.collect::<Vec<_>>())
            };
            // Ada's own is another one: either may be meant.
            let (ran, _) = apply(&one_is_managed(own_of_ada(9)), "other.csv");
            let ran = ran.expect(2);
            ran.says("belongs to the organization");
            ran.says("manages only `Acme`");
            // It is Ada's own.
            let (ran, asked) = apply(&one_is_managed(own_of_ada(1)), "own.csv");
            ran.expect(0);
            assert!(asked.iter().all(|one| !one.contains("orgId")), "{asked:?}");
            // Whose it is may not be asked, so what was checked is named.
            let (ran, asked) = apply(&one_is_managed(|_| None), "unknown.csv");
            ran.expect(0);
            let name = format!("orgId={}", org_id(1));
            assert!(
                !asked.is_empty() && asked.iter().all(|one| one.contains(&name)),
                "{asked:?}"
            );
        }
    }
}
