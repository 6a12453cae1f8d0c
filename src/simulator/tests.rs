//! Tests of the simulator over real sockets.

use std::net::SocketAddr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use serde_json::{Value, json};

use super::test_client::{Received, get, put, request};
use super::*;

pub(super) fn start(behavior: Behavior) -> Simulator {
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    Simulator::start(behavior, anywhere).unwrap()
}

pub(super) fn id(kind: &str, own: &str) -> String {
    BASE64_STANDARD_NO_PAD.encode(format!("ciscospark://us/{kind}/{own}"))
}

pub(super) fn numbers_path(location: &str) -> String {
    let id = id("LOCATION", location);
    format!("/v1/telephony/config/locations/{id}/outgoingPermission/autoTransferNumbers")
}

pub(super) fn with_faults(text: &str) -> Behavior {
    let faults = text.parse().unwrap();
    Behavior {
        faults,
        ..Behavior::instant()
    }
}

pub(super) async fn report(simulator: &Simulator, name: &str) -> Value {
    let path = format!("/simulator/{name}");
    request("GET", &path, "", "").send(simulator).await.json()
}

const ONE: &str = r#"{"autoTransferNumber1":"+496100773123"}"#;

#[tokio::test]
async fn a_change_shows_in_a_read_the_state_and_the_log() {
    let simulator = start(Behavior::instant());
    let organization = id("ORGANIZATION", "1");
    let path = format!("{}?orgId={organization}", numbers_path("1"));
    let changed = put(&path, ONE)
        .with("TrackingID: mine_1")
        .with("User-Agent: test")
        .send(&simulator)
        .await;
    assert_eq!((changed.status, changed.body.len()), (204, 0));
    assert_eq!(changed.header("trackingid"), Some("mine_1"));
    let read = get(&path).send(&simulator).await;
    let wanted = json!({
        "autoTransferNumber1": "+49-6100773123", "autoTransferNumber2": null, "autoTransferNumber3": null,
    });
    assert_eq!(read.json(), wanted);
    assert!(read.header("trackingid").is_some());
    let location = id("LOCATION", "1");
    let state = report(&simulator, "state").await;
    assert_eq!(state[&location]["orgId"], organization.as_str());
    assert_eq!(state[&location]["autoTransferNumber1"], "+496100773123");
    let log = report(&simulator, "requests").await;
    let first = &log["requests"][0];
    for (field, wanted) in [
        ("sequence", json!(0)),
        ("method", json!("PUT")),
        ("path", json!(numbers_path("1"))),
        ("orgId", json!(organization)),
        ("locationId", json!(location)),
        ("trackingId", json!("mine_1")),
        ("userAgent", json!("test")),
        ("authorized", json!(true)),
        ("body", serde_json::from_str(ONE).unwrap()),
        ("status", json!(204)),
        ("retryAfter", Value::Null),
        ("fault", Value::Null),
        ("applied", json!(true)),
    ] {
        assert_eq!(first[field], wanted, "{field}");
    }
    assert!(first["arrivedMs"].as_f64() <= first["answeredMs"].as_f64());
    assert!(!log.to_string().contains("Bearer"));
}

#[tokio::test]
async fn each_refusal_has_the_status_and_shape_of_the_contract() {
    let scopes = ["spark-admin:telephony_config_write".to_owned()].into();
    let access = Access {
        bearer: Bearer::Exactly(Secret::new("t")),
        scopes: Scopes::Only(scopes),
        ..Access::default()
    };
    let simulator = start(Behavior {
        access,
        ..Behavior::instant()
    });
    let path = numbers_path("1");
    let json = "Authorization: Bearer t\r\nContent-Type: application/json\r\n";
    let text = "Authorization: Bearer t\r\nContent-Type: text/plain\r\n";
    let bad_number = r#"{"autoTransferNumber1":"1"}"#;
    let person = format!("/locations/{}", id("PEOPLE", "1"));
    for (method, path, headers, body, status, code) in [
        ("PUT", path.as_str(), "", ONE, 401, Value::Null),
        (
            "PUT",
            &path,
            "Authorization: Bearer u\r\n",
            ONE,
            401,
            Value::Null,
        ),
        ("GET", &path, json, "", 403, Value::Null),
        ("GET", &person, json, "", 403, Value::Null),
        (
            "PUT",
            &path.replace("Y2lz", "!"),
            json,
            ONE,
            404,
            json!(4_004_004),
        ),
        ("PUT", "/v1/nothing", json, ONE, 404, Value::Null),
        ("DELETE", &path, json, "", 405, Value::Null),
        ("PUT", &path, text, ONE, 415, json!(25415)),
        ("PUT", &path, json, "", 400, json!(25024)),
        ("PUT", &path, json, "null", 400, json!(25024)),
        ("PUT", &path, json, bad_number, 400, json!(25223)),
        ("PUT", &path, json, ONE, 204, Value::Null),
    ] {
        let received = request(method, path, headers, body).send(&simulator).await;
        assert_eq!(received.status, status, "{method} {path} {body}");
        if status != 204 {
            assert_eq!(received.json()["errorCode"], code, "{method} {path} {body}");
            assert_eq!(
                received.json()["trackingId"],
                received.header("trackingid").unwrap()
            );
        }
    }
}

#[tokio::test]
async fn known_locations_are_listed_page_by_page_from_the_address_the_client_used() {
    let location = |own: &str, name: &str| Location {
        id: id("LOCATION", own),
        name: name.to_owned(),
        ..Location::default()
    };
    let locations = vec![
        location("1", "Paris"),
        location("2", "Parma"),
        location("3", "Oslo"),
    ];
    let simulator = start(Behavior {
        locations: Locations::Exactly(locations),
        paging: Paging::WithEmptyPages,
        ..Behavior::instant()
    });
    let mut path = "/v1/telephony/config/locations?max=1&name=par".to_owned();
    let mut pages = Vec::new();
    loop {
        let page = get(&path).send(&simulator).await;
        let body = page.json();
        let names = body["locations"].as_array().unwrap().iter();
        pages.push(names.map(|one| one["name"].clone()).collect::<Vec<_>>());
        let Some(link) = page.header("link") else {
            break;
        };
        let next = link.strip_prefix(&format!("<{}", simulator.base_url()));
        path = next
            .unwrap()
            .strip_suffix(">; rel=\"next\"")
            .unwrap()
            .to_owned();
    }
    assert_eq!(
        pages,
        [vec![], vec![json!("Paris")], vec![], vec![json!("Parma")]]
    );
    let unknown = put(numbers_path("4"), ONE).send(&simulator).await;
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn a_refused_request_changes_nothing_and_says_when_to_ask_again() {
    let simulator = start(Behavior {
        limit: "1/h,strict".parse().unwrap(),
        retry_after: "2s".parse().unwrap(),
        ..Behavior::instant()
    });
    put(numbers_path("1"), ONE).send(&simulator).await;
    let refused = put(numbers_path("2"), ONE).send(&simulator).await;
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (429, Some("2"))
    );
    let state = report(&simulator, "state").await;
    assert_eq!(state.as_object().unwrap().len(), 1);
    let log = report(&simulator, "requests").await;
    assert_eq!(log["requests"][1]["retryAfter"], "2");
    assert_eq!(log["requests"][1]["applied"], false);
}

#[tokio::test]
async fn a_reset_leaves_no_answer_and_the_change_made_or_not() {
    for (fault, applied) in [("reset-before", false), ("reset-after", true)] {
        let simulator = start(with_faults(&format!("{fault}=100%")));
        let received = put(numbers_path("1"), ONE).send(&simulator).await;
        assert_eq!((received.status, received.body.len()), (0, 0));
        assert!(received.reset || !cfg!(target_os = "linux"), "{fault}");
        let log = report(&simulator, "requests").await;
        let first = &log["requests"][0];
        assert_eq!(first["fault"], fault);
        assert_eq!(first["applied"], applied);
        assert_eq!(
            (&first["status"], &first["answeredMs"]),
            (&Value::Null, &Value::Null)
        );
        let state = report(&simulator, "state").await;
        assert_eq!(!state.as_object().unwrap().is_empty(), applied);
        assert_eq!(report(&simulator, "summary").await["withoutAnswer"], 1);
    }
}

#[tokio::test]
async fn a_stalled_change_took_effect_or_not_and_its_late_answer_says_which() {
    let simulator = start(Behavior {
        stall: std::time::Duration::from_millis(1),
        ..with_faults("stall=100%")
    });
    let mut seen = std::collections::BTreeSet::new();
    for location in 0..20 {
        let path = numbers_path(&location.to_string());
        seen.insert(put(path, ONE).send(&simulator).await.status);
    }
    assert_eq!(seen, [204, 504].into());
    let log = report(&simulator, "requests").await;
    for entry in log["requests"].as_array().unwrap() {
        assert_eq!(entry["applied"], entry["status"] == 204);
    }
}

#[tokio::test]
async fn another_client_may_change_a_location_in_between() {
    let simulator = start(Behavior {
        concurrent_edits: "100%".parse().unwrap(),
        ..Behavior::instant()
    });
    let path = numbers_path("1");
    put(&path, ONE).send(&simulator).await;
    let mut reads = Vec::new();
    for _ in 0..2 {
        reads.push(get(&path).send(&simulator).await.json()["autoTransferNumber1"].clone());
    }
    assert_eq!(reads[0], "+49-6100773123", "the first read comes before");
    assert_ne!(reads[1], reads[0]);
    assert_eq!(report(&simulator, "summary").await["concurrentEdits"], 1);
}

#[tokio::test]
async fn broken_bodies_reach_the_client_broken() {
    let length = |received: &Received| -> usize {
        let length = received.header("content-length");
        length.map_or(0, |length| length.parse().unwrap())
    };
    for fault in ["truncated", "oversized", "endless", "non-utf8", "bad-gzip"] {
        let simulator = start(with_faults(&format!("{fault}=100%")));
        let request = get(numbers_path("1"));
        let received = request.read_at_most(&simulator, 3 << 20).await;
        let body = &received.body;
        let broken = match fault {
            "truncated" => !body.is_empty() && body.len() < length(&received),
            "oversized" => body.len() > 64 << 10 && body.len() == length(&received),
            "endless" => body.len() > 2 << 20,
            "non-utf8" => std::str::from_utf8(body).is_err(),
            _ => received.header("content-encoding") == Some("gzip"),
        };
        assert!(broken, "{fault}: {received:?}");
        assert!([200, 500].contains(&received.status), "{fault}");
    }
}

#[tokio::test]
async fn the_faults_of_a_location_do_not_depend_on_who_came_first() {
    let run = async |order: &[&str]| {
        let simulator = start(with_faults("500=25%,502=25%,reset-before=25%"));
        for location in order {
            put(numbers_path(location), ONE).send(&simulator).await;
        }
        let log = report(&simulator, "requests").await;
        let mut seen: Vec<String> = log["requests"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| {
                format!(
                    "{} {} {}",
                    entry["locationId"], entry["fault"], entry["status"]
                )
            })
            .collect();
        seen.sort();
        seen
    };
    let one = run(&["1", "1", "1", "2", "2", "3", "3", "4"]).await;
    let other = run(&["4", "3", "2", "1", "3", "1", "2", "1"]).await;
    assert_eq!(one, other);
}

#[tokio::test]
async fn a_token_that_has_ended_is_renewed_and_no_secret_is_logged() {
    let lifetime = Lifetime::Requests(std::num::NonZeroU64::MIN);
    let simulator = start(Behavior {
        access: Access {
            lifetime,
            ..Access::default()
        },
        ..Behavior::instant()
    });
    let path = numbers_path("1");
    let statuses = [
        get(&path).send(&simulator).await.status,
        get(&path).send(&simulator).await.status,
    ];
    assert_eq!(statuses, [200, 401]);
    let form = "grant_type=refresh_token&client_id=me&client_secret=hush&refresh_token=psst%2B";
    let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
    let renewed = request("POST", "/v1/access_token", kind, form)
        .send(&simulator)
        .await;
    let renewed = renewed.json();
    assert_eq!(renewed["refresh_token"], "psst+");
    let token = renewed["access_token"].as_str().unwrap();
    let headers = format!("Authorization: Bearer {token}\r\n");
    let read = request("GET", &path, &headers, "").send(&simulator).await;
    assert_eq!(read.status, 200);
    let log = report(&simulator, "requests").await.to_string();
    for secret in ["hush", "psst", token] {
        assert!(!log.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_answered_and_the_next_request_too() {
    let simulator = start(Behavior::instant());
    for path in [
        "/%ff%00",
        "/v1",
        "//",
        "/locations?start=x",
        "/locations/%2e%2e",
        "/simulator/else",
    ] {
        let received = get(path).send(&simulator).await;
        assert!(
            (400..500).contains(&received.status),
            "{path}: {received:?}"
        );
    }
    let long = "x".repeat(2 << 20);
    let received = put(numbers_path("1"), &long).send(&simulator).await;
    assert!(received.status == 413 || received.reset, "{received:?}");
    assert_eq!(report(&simulator, "summary").await["inFlight"], 0);
}

#[test]
fn a_list_with_a_bad_id_is_refused_at_the_start() {
    let location = Location {
        id: "nonsense".to_owned(),
        ..Location::default()
    };
    let behavior = Behavior {
        locations: Locations::Exactly(vec![location]),
        ..Behavior::instant()
    };
    let refusal = Simulator::start(behavior, SocketAddr::from(([127, 0, 0, 1], 0))).unwrap_err();
    assert!(refusal.to_string().contains("`nonsense`"), "{refusal}");
}

#[tokio::test]
async fn dropping_the_simulator_frees_its_address() {
    let simulator = start(Behavior::instant());
    let address = simulator.address();
    get("/people/me").send(&simulator).await;
    drop(simulator);
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}
