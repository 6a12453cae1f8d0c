//! Tests of calling permissions, digit patterns and entities over real sockets.

use serde_json::{Value, json};

use super::test_client::{Received, get, put, request};
use super::tests::{id, report, start};
use super::*;

const JSON: &str = "Authorization: Bearer t\r\nContent-Type: application/json\r\n";

fn permission_path(rest: &str) -> String {
    let location = id("LOCATION", "1");
    format!("/v1/telephony/config/locations/{location}/outgoingPermission{rest}")
}

fn call_type(body: &Value, wanted: &str) -> Value {
    let all = body["callingPermissions"].as_array().unwrap();
    let found = all.iter().find(|one| one["callType"] == wanted);
    found.cloned().unwrap_or_default()
}

fn restricted_national() -> Locations {
    let permission = |call_type: &str, restricted| CallTypePermission {
        call_type: call_type.to_owned(),
        action: "ALLOW".to_owned(),
        transfer_enabled: true,
        restricted,
    };
    Locations::Exactly(vec![Location {
        id: id("LOCATION", "1"),
        calling_permissions: vec![permission("NATIONAL", true), permission("CASUAL", false)],
        ..Location::default()
    }])
}

#[tokio::test]
async fn an_update_of_permissions_changes_only_the_call_types_it_names() {
    let simulator = start(Behavior::instant());
    let path = permission_path("");
    let before = get(&path).send(&simulator).await.json();
    assert_eq!(before["callingPermissions"].as_array().unwrap().len(), 10);
    for (name, action, transfer_enabled) in [
        ("INTERNAL_CALL", "ALLOW", true),
        ("INTERNATIONAL", "BLOCK", false),
        ("PREMIUM_SERVICES_II", "BLOCK", false),
    ] {
        let wanted = json!({
            "callType": name, "action": action, "transferEnabled": transfer_enabled,
            "isCallTypeRestrictionEnabled": false,
        });
        assert_eq!(call_type(&before, name), wanted);
    }
    let body = json!({"callingPermissions": [{
        "callType": "INTERNATIONAL", "action": "TRANSFER_NUMBER_2", "transferEnabled": false,
        "isCallTypeRestrictionEnabled": false,
    }]})
    .to_string();
    let updated = put(&path, &body).send(&simulator).await;
    assert_eq!((updated.status, updated.body.len()), (204, 0));
    let mut after = get(&path).send(&simulator).await.json();
    let changed = call_type(&after, "INTERNATIONAL");
    assert_eq!(changed["action"], "TRANSFER_NUMBER_2");
    let at = 2;
    after["callingPermissions"][at] = before["callingPermissions"][at].clone();
    assert_eq!(after, before, "the others keep their values");
    let state = report(&simulator, "state").await;
    let wanted =
        json!({"INTERNATIONAL": {"action": "TRANSFER_NUMBER_2", "transferEnabled": false}});
    assert_eq!(state[id("LOCATION", "1")]["callingPermissions"], wanted);
}

#[tokio::test]
async fn an_invalid_update_of_permissions_changes_nothing() {
    let simulator = start(Behavior {
        locations: restricted_national(),
        ..Behavior::instant()
    });
    let path = permission_path("");
    let valid = r#"{"callType":"TOLL_FREE","action":"BLOCK","transferEnabled":true}"#;
    for invalid in [
        r#"{"callType":"CASUAL","action":"BLOCK","transferEnabled":true}"#,
        r#"{"callType":"NATIONAL","action":"BLOCK","transferEnabled":true}"#,
        r#"{"callType":"TOLL_FREE","action":"TRANSFER_NUMBER_4","transferEnabled":true}"#,
        r#"{"callType":"TOLL_FREE","action":"BLOCK"}"#,
        r#"{"callType":"TOLL_FREE","transferEnabled":true}"#,
        r#"{"action":"BLOCK","transferEnabled":true}"#,
        "null",
    ] {
        let body = format!(r#"{{"callingPermissions":[{valid},{invalid}]}}"#);
        assert_eq!(
            put(&path, &body).send(&simulator).await.status,
            400,
            "{body}"
        );
    }
    for body in ["", "{}", "[]", r#"{"callingPermissions":{}}"#] {
        assert_eq!(
            put(&path, body).send(&simulator).await.status,
            400,
            "{body}"
        );
    }
    let read = get(&path).send(&simulator).await.json();
    assert_eq!(call_type(&read, "TOLL_FREE")["action"], "ALLOW");
    assert_eq!(call_type(&read, "CASUAL")["action"], "ALLOW", "an old type");
    let restricted = &call_type(&read, "NATIONAL")["isCallTypeRestrictionEnabled"];
    assert_eq!(restricted, true);
}

#[tokio::test]
async fn an_update_of_a_restricted_call_type_may_be_ignored() {
    let simulator = start(Behavior {
        locations: restricted_national(),
        restricted_update: RestrictedUpdate::Ignored,
        ..Behavior::instant()
    });
    let path = permission_path("");
    let body = r#"{"callingPermissions":[{"callType":"NATIONAL","action":"BLOCK","transferEnabled":true}]}"#;
    assert_eq!(put(&path, body).send(&simulator).await.status, 204);
    let read = get(&path).send(&simulator).await.json();
    assert_eq!(call_type(&read, "NATIONAL")["action"], "ALLOW");
}

#[tokio::test]
async fn digit_patterns_are_created_read_updated_and_deleted() {
    let simulator = start(Behavior::instant());
    let list = permission_path("/digitPatterns");
    let send = async |method: &'static str, path: &str, body: &'static str| -> Received {
        request(method, path, JSON, body).send(&simulator).await
    };
    let pattern = r#"{"name":"a","pattern":"1XXX","action":"ALLOW","transferEnabled":true}"#;
    let created = send("POST", &list, pattern).await;
    assert_eq!(created.status, 201);
    let created = created.json();
    let one = format!("{list}/{}", created["id"].as_str().unwrap());
    assert_eq!(send("POST", &list, pattern).await.status, 409);
    assert_eq!(send("POST", &list, r#"{"name":"b"}"#).await.status, 400);
    let change = r#"{"action":"TRANSFER_NUMBER_1"}"#;
    assert_eq!(send("PUT", &one, change).await.status, 204);
    assert_eq!(send("PUT", &one, r#"{"action":"NONE"}"#).await.status, 400);
    let wanted = json!({
        "id": created["id"], "name": "a", "pattern": "1XXX", "action": "TRANSFER_NUMBER_1",
        "transferEnabled": true,
    });
    assert_eq!(send("GET", &one, "").await.json(), wanted);
    let all = json!({"digitPatterns": [wanted]});
    assert_eq!(send("GET", &list, "").await.json(), all);
    let state = report(&simulator, "state").await;
    let stored = &state[id("LOCATION", "1")]["digitPatterns"];
    assert_eq!(*stored, all["digitPatterns"]);
    assert_eq!(send("DELETE", &one, "").await.status, 204);
    for method in ["GET", "DELETE"] {
        assert_eq!(send(method, &one, "").await.status, 404);
    }
    assert_eq!(send("PUT", &one, change).await.status, 404);
}

fn entity(kind: EntityKind, id_kind: &str, name: &str) -> Entity {
    Entity {
        kind,
        id: id(id_kind, name),
        name: format!("The {name}"),
        email: format!("{name}@example.com"),
        location: Some(id("LOCATION", "1")),
        ..Entity::default()
    }
}

#[tokio::test]
async fn entities_are_listed_and_have_numbers_of_their_own() {
    let location = Location {
        id: id("LOCATION", "1"),
        name: "Oslo".to_owned(),
        ..Location::default()
    };
    let simulator = start(Behavior {
        locations: Locations::Exactly(vec![location]),
        entities: vec![
            entity(EntityKind::Person, "PEOPLE", "p"),
            entity(EntityKind::Workspace, "PLACE", "w"),
            entity(EntityKind::VirtualLine, "VIRTUAL_LINE", "v"),
        ],
        ..Behavior::instant()
    });
    for (list, key, numbers) in [
        (
            "/people?callingData=true",
            "items",
            "/telephony/config/people/ID/outgoingPermission",
        ),
        (
            "/people?email=P@example.com",
            "items",
            "/people/ID/features/outgoingPermission",
        ),
        (
            "/workspaces",
            "items",
            "/workspaces/ID/features/outgoingPermission",
        ),
        (
            "/telephony/config/virtualLines",
            "virtualLines",
            "/telephony/config/virtualLines/ID/outgoingPermission",
        ),
    ] {
        let listed = get(format!("/v1{list}")).send(&simulator).await.json();
        assert_eq!(listed[key].as_array().unwrap().len(), 1, "{list}");
        let item = &listed[key][0];
        let location = item.get("locationId").unwrap_or(&item["location"]["id"]);
        assert_eq!(*location, id("LOCATION", "1"), "{list}");
        let rules = numbers.replace("ID", item["id"].as_str().unwrap());
        let numbers = format!("{rules}/autoTransferNumbers");
        let number = r#"{"autoTransferNumber1":"+12025550101","useCustomTransferNumbers":true}"#;
        let without_switch = put(&numbers, r#"{"autoTransferNumber1":"5501"}"#);
        assert_eq!(without_switch.send(&simulator).await.status, 400);
        assert_eq!(put(&numbers, number).send(&simulator).await.status, 204);
        let mut read = get(&numbers).send(&simulator).await.json();
        if list == "/workspaces" {
            assert_eq!(
                read["autoTransferNumber1"],
                Value::Null,
                "ignored, but answered 204"
            );
            let switch = put(&rules, r#"{"useCustomEnabled":true}"#);
            assert_eq!(switch.send(&simulator).await.status, 204);
            put(&numbers, number).send(&simulator).await;
            read = get(&numbers).send(&simulator).await.json();
        }
        assert_eq!(read["autoTransferNumber1"], "2025550101", "{list}");
        assert_eq!(read["useCustomTransferNumbers"], true);
        let state = report(&simulator, "state").await;
        let stored = &state[item["id"].as_str().unwrap()];
        assert_eq!(stored["autoTransferNumber1"], "+12025550101");
    }
    let log = report(&simulator, "requests").await;
    let last = &log["requests"].as_array().unwrap().last().unwrap();
    assert_eq!(last["locationId"], Value::Null);
    assert_eq!(last["entityId"], id("VIRTUAL_LINE", "v"));
}

#[tokio::test]
async fn each_setting_has_its_own_scopes() {
    let scopes = ["spark-admin:telephony_config_read".to_owned()].into();
    let simulator = start(Behavior {
        access: Access {
            scopes: Scopes::Only(scopes),
            ..Access::default()
        },
        ..Behavior::instant()
    });
    let (person, workspace) = (id("PEOPLE", "p"), id("PLACE", "w"));
    for (path, status) in [
        (permission_path(""), 200),
        (permission_path("/digitPatterns"), 200),
        (
            format!("/people/{person}/features/outgoingPermission/autoTransferNumbers"),
            200,
        ),
        (format!("/people/{person}/features/outgoingPermission"), 403),
        (
            format!("/workspaces/{workspace}/features/outgoingPermission/autoTransferNumbers"),
            403,
        ),
        ("/people".to_owned(), 403),
        ("/workspaces".to_owned(), 403),
        ("/telephony/config/virtualLines".to_owned(), 200),
    ] {
        assert_eq!(get(&path).send(&simulator).await.status, status, "{path}");
    }
    let body = r#"{"callingPermissions":[]}"#;
    assert_eq!(
        put(permission_path(""), body).send(&simulator).await.status,
        403
    );
}

#[tokio::test]
async fn a_location_has_an_address_and_a_time_zone() {
    let location = |own: &str, country: &str, time_zone: &str| Location {
        id: id("LOCATION", own),
        country: country.to_owned(),
        time_zone: time_zone.to_owned(),
        ..Location::default()
    };
    let simulator = start(Behavior {
        locations: Locations::Exactly(vec![
            location("1", "", ""),
            location("2", "DE", "Europe/Berlin"),
        ]),
        ..Behavior::instant()
    });
    let listed = get("/v1/locations").send(&simulator).await.json();
    let found = listed["items"].as_array().unwrap().iter();
    let found = found.map(|item| {
        let address = &item["address"];
        json!([address["country"], address["state"], item["timeZone"]])
    });
    let wanted = json!([
        ["US", "IL", "America/Chicago"],
        ["DE", null, "Europe/Berlin"]
    ]);
    assert_eq!(found.collect::<Value>(), wanted);
}
