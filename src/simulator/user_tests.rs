//! Tests of users, organizations, their limits, and faults of single locations, over real sockets.

use serde_json::{Value, json};

use super::test_client::{get, put, request};
use super::tests::{id, numbers_path, report, start, with_faults};
use super::*;

const ONE: &str = r#"{"autoTransferNumber1":"+496100773123"}"#;

fn user(name: &str, organizations: &[&str], tokens: &[&str]) -> User {
    let tokens = tokens.iter().map(|token| Secret::new(*token));
    User {
        name: name.to_owned(),
        organizations: organizations
            .iter()
            .map(|own| id("ORGANIZATION", own))
            .collect(),
        access: Access {
            bearer: Bearer::OneOf(tokens.collect()),
            ..Access::default()
        },
        ..User::default()
    }
}

async fn status(simulator: &Simulator, token: &str, path: &str) -> u16 {
    let header = format!("Authorization: Bearer {token}\r\n");
    let received = request("GET", path, &header, "").send(simulator).await;
    received.status
}

async fn read(simulator: &Simulator, token: &str, path: &str) -> Value {
    let header = format!("Authorization: Bearer {token}\r\n");
    let received = request("GET", path, &header, "").send(simulator).await;
    received.json()
}

fn path_in(organization: &str, location: &str) -> String {
    let organization = id("ORGANIZATION", organization);
    format!("{}?orgId={organization}", numbers_path(location))
}

#[tokio::test]
async fn each_user_sees_the_organizations_they_manage_and_no_others() {
    let simulator = start(Behavior {
        users: vec![
            user("Ada", &["a", "b"], &["t1"]),
            user("Ben", &["c"], &["t2"]),
        ],
        ..Behavior::instant()
    });
    let me = read(&simulator, "t2", "/people/me").await;
    assert_eq!(me["displayName"], "Ben");
    assert_eq!(me["orgId"], id("ORGANIZATION", "c"));
    assert_ne!(me["id"], read(&simulator, "t1", "/people/me").await["id"]);
    let managed = read(&simulator, "t1", "/organizations").await;
    let managed = managed["items"].as_array().unwrap().iter();
    let managed: Vec<&Value> = managed.map(|item| &item["id"]).collect();
    assert_eq!(
        managed,
        [
            &json!(id("ORGANIZATION", "a")),
            &json!(id("ORGANIZATION", "b"))
        ]
    );
    for (token, organization, wanted) in [
        ("t1", "b", 200),
        ("t1", "c", 404),
        ("t2", "c", 200),
        ("t3", "c", 401),
    ] {
        let found = status(&simulator, token, &path_in(organization, "1")).await;
        assert_eq!(found, wanted, "{token} {organization}");
    }
    let log = report(&simulator, "requests").await;
    assert_eq!(log["requests"][0]["user"], "Ben");
}

#[tokio::test]
async fn limits_are_shared_by_the_tokens_of_a_user_and_by_the_users_of_an_organization() {
    let mut own_limit = user("Cyd", &["b"], &["t4"]);
    own_limit.limit = Some("window:1/h".parse().unwrap());
    let simulator = start(Behavior {
        users: vec![
            user("Ada", &["a"], &["t1", "t2"]),
            user("Ben", &["a"], &["t3"]),
            own_limit,
        ],
        limit: "window:2/h".parse().unwrap(),
        organization_limit: "window:3/h".parse().unwrap(),
        ..Behavior::instant()
    });
    for (token, organization, wanted) in [
        ("t1", "a", 200),
        ("t2", "a", 200),
        ("t1", "a", 429),
        ("t3", "a", 200),
        ("t3", "a", 429),
        ("t4", "b", 200),
        ("t4", "b", 429),
    ] {
        let found = status(&simulator, token, &path_in(organization, "1")).await;
        assert_eq!(found, wanted, "{token}");
    }
}

#[tokio::test]
async fn who_has_no_app_gets_no_token_for_any() {
    let simulator = start(Behavior {
        users: vec![user("Ada", &["a"], &["t1"])],
        ..Behavior::instant()
    });
    let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
    let form = "grant_type=refresh_token&client_id=app&client_secret=guess&refresh_token=guess";
    let refused = request("POST", "/v1/access_token", kind, form);
    assert_eq!(refused.send(&simulator).await.status, 401);
}

#[tokio::test]
async fn a_service_app_per_organization_gets_tokens_for_its_own_only() {
    let app = |number: u32| User {
        organizations: vec![id("ORGANIZATION", &number.to_string())],
        access: Access {
            bearer: Bearer::OneOf(Vec::new()),
            lifetime: "2".parse().unwrap(),
            refresh: Refresh::Exactly {
                client_id: "app".to_owned(),
                client_secret: Secret::new("hush"),
                refresh_token: Secret::new(format!("refresh-{number}")),
            },
            ..Access::default()
        },
        ..User::default()
    };
    let mut users: Vec<User> = (0..300).map(app).collect();
    let odd = [("expires_in".to_owned(), json!("3600"))];
    users[299].access.refresh_response = odd.into_iter().collect();
    let simulator = start(Behavior {
        users,
        ..Behavior::instant()
    });
    let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
    let form =
        "grant_type=refresh_token&client_id=app&client_secret=hush&refresh_token=refresh-299";
    let issued = request("POST", "/v1/access_token", kind, form);
    let issued = issued.send(&simulator).await.json();
    assert_eq!(issued["expires_in"], "3600");
    let token = issued["access_token"].as_str().unwrap();
    assert_eq!(status(&simulator, token, &path_in("299", "1")).await, 200);
    assert_eq!(status(&simulator, token, &path_in("298", "1")).await, 404);
    assert_eq!(
        status(&simulator, token, &path_in("299", "1")).await,
        401,
        "expired"
    );
}

#[tokio::test]
async fn a_configuration_file_says_all_of_it() {
    let organization = id("ORGANIZATION", "a");
    let location = id("LOCATION", "1");
    let text = json!({
        "limit": "bucket:5/s,burst=10",
        "organizationLimit": "6/s",
        "faults": "500=0.1%",
        "latency": "0",
        "paging": "withEmptyPages",
        "unsetNumbers": "omitted",
        "users": [{
            "name": "Ada", "email": "ada@example.com", "organizations": [organization], "limit": "3/s",
            "access": {
                "tokens": ["t1"], "scopes": ["spark-admin:telephony_config_read"], "lifetime": "12h",
                "refresh": {"clientId": "c", "clientSecret": "s", "refreshToken": "r"},
                "rotation": "newRefreshToken", "revokedAfter": "1000",
            },
        }],
        "locations": [{
            "id": location, "organization": organization, "name": "Oslo", "country": "NO",
            "numbers": [null, "5501", null],
            "callingPermissions": [{"callType": "NATIONAL", "action": "TRANSFER_NUMBER_2", "transferEnabled": true}],
            "digitPatterns": [{"name": "n", "pattern": "1X", "action": "BLOCK", "transferEnabled": true}],
        }],
        "entities": [{
            "kind": "workspace", "id": id("PLACE", "w"), "organization": organization, "location": location,
            "name": "Lobby", "useCustomPermissions": true,
        }],
    });
    let simulator = start(Behavior::from_json(&text.to_string()).unwrap());
    let numbers = read(&simulator, "t1", &path_in("a", "1")).await;
    assert_eq!(numbers, json!({"autoTransferNumber2": "5501"}));
    let state = report(&simulator, "state").await;
    assert_eq!(
        state[&location]["callingPermissions"]["NATIONAL"]["action"],
        "TRANSFER_NUMBER_2"
    );
    assert_eq!(state[&location]["digitPatterns"][0]["action"], "BLOCK");
    assert_eq!(state[id("PLACE", "w")]["useCustomPermissions"], true);
    for text in [r#"{"limits":"5/s"}"#, r#"{"limit":"fast"}"#, "null"] {
        assert!(Behavior::from_json(text).is_err(), "{text}");
    }
}

#[tokio::test]
async fn the_example_in_the_documentation_can_be_used() {
    let page = include_str!("../../docs/simulator.md");
    let (_, rest) = page.split_once("```json\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let behavior = Behavior::from_json(example).unwrap();
    let simulator = start(Behavior {
        latency: Latency::NONE,
        faults: Faults::NONE,
        ..behavior
    });
    let me = read(&simulator, "second-token", "/people/me").await;
    assert_eq!(me["emails"][0], "ada@example.com");
    for (_, fault) in super::fault_kinds::NAMED {
        assert!(page.contains(&format!("`{fault}`")), "{fault}");
    }
}

#[tokio::test]
async fn one_location_may_be_throttled_or_unauthorized_for_ever() {
    let faults = format!("429=100% at {},401=100% at 2", id("LOCATION", "1"));
    let simulator = start(with_faults(&faults));
    for (location, status) in [("1", 429), ("1", 429), ("2", 401), ("2", 401), ("3", 204)] {
        let received = put(numbers_path(location), ONE).send(&simulator).await;
        assert_eq!(received.status, status, "{location}");
    }
}

#[tokio::test]
async fn a_failure_may_come_after_the_effect_or_with_a_retry_after() {
    for (fault, status, applied) in [("504-after", 504, true), ("500-retry-after", 500, false)] {
        let simulator = start(with_faults(&format!("{fault}=100%")));
        let received = put(numbers_path("1"), ONE).send(&simulator).await;
        assert_eq!(received.status, status);
        assert_eq!(received.header("retry-after").is_some(), !applied);
        let log = report(&simulator, "requests").await;
        assert_eq!(log["requests"][0]["applied"], applied);
        assert_eq!(log["requests"][0]["fault"], fault);
    }
}

#[tokio::test]
async fn a_success_may_have_a_body_that_is_not_the_endpoints() {
    for (fault, kind) in [
        ("wrong-body", "application/json;charset=UTF-8"),
        ("sign-in-page", "text/html"),
    ] {
        let simulator = start(with_faults(&format!("{fault}=100%")));
        for location in 0..10 {
            let path = numbers_path(&location.to_string());
            let received = get(&path).send(&simulator).await;
            assert_eq!(received.status, 200);
            assert_eq!(received.header("content-type"), Some(kind));
            let text = String::from_utf8(received.body).unwrap();
            assert!(!text.contains("autoTransferNumber"), "{text}");
        }
        assert_eq!(
            put(numbers_path("1"), ONE).send(&simulator).await.status,
            200
        );
        assert_eq!(report(&simulator, "state").await, json!({}));
    }
}

#[tokio::test]
async fn a_wrong_clock_shows_in_the_date_and_in_retry_after_alike() {
    let simulator = start(Behavior {
        clock_skew: "-24h".parse().unwrap(),
        retry_after: "date".parse().unwrap(),
        ..with_faults("429=100%")
    });
    let received = get(numbers_path("1")).send(&simulator).await;
    let parse = |name| jiff::fmt::rfc2822::parse(received.header(name).unwrap()).unwrap();
    let (date, retry_after) = (parse("date"), parse("retry-after"));
    let wait = date.duration_until(&retry_after).as_secs();
    assert!((1..=6).contains(&wait), "{wait}");
    assert!("9999999999999999999h".parse::<ClockSkew>().is_err());
}

#[tokio::test]
async fn lists_may_repeat_an_item_or_have_one_without_an_id() {
    for (paging, wanted) in [
        (Paging::RepeatedItems, json!(["A", "B", "A"])),
        (Paging::NullIds, json!([null, "A", "B"])),
    ] {
        let location = |own: &str| Location {
            id: id("LOCATION", own),
            name: own.to_owned(),
            ..Location::default()
        };
        let simulator = start(Behavior {
            locations: Locations::Exactly(vec![location("A"), location("B")]),
            paging,
            ..Behavior::instant()
        });
        let listed = get("/telephony/config/locations")
            .send(&simulator)
            .await
            .json();
        let items = listed["locations"].as_array().unwrap().iter();
        let found: Value = items
            .map(|item| {
                if item["id"].is_null() {
                    Value::Null
                } else {
                    item["name"].clone()
                }
            })
            .collect();
        assert_eq!(found, wanted);
    }
}
