//! The JSON of locations, entities, organizations and the token's user in lists and details.

use serde_json::{Value, json};

use super::store::{Record, Store};
use super::users::Account;

/// An item of `GET /telephony/config/locations`.
pub(super) fn calling_location(location: &Record, _: &Store) -> Value {
    json!({
        "id": location.id.canonical(),
        "name": location.name,
        "announcementLanguage": "en_us",
        "callingLineId": {"name": location.name},
        "userLimit": 200_000,
        "e911SetupRequired": false,
    })
}

/// An item of `GET /locations`.
pub(super) fn location(location: &Record, _: &Store) -> Value {
    let profile = &location.profile;
    let (country, state, city, postal_code) = match profile.country.as_str() {
        "" => ("US", "IL", "Springfield", "62701"),
        country => (country, profile.state.as_str(), "Anytown", "12345"),
    };
    let time_zone = match profile.time_zone.as_str() {
        "" => "America/Chicago",
        time_zone => time_zone,
    };
    json!({
        "id": location.id.canonical(),
        "name": location.name,
        "orgId": location.organization.canonical(),
        "timeZone": time_zone,
        "preferredLanguage": "en_US",
        "address": {
            "address1": "1 Main Street",
            "city": city,
            "state": (!state.is_empty()).then_some(state),
            "postalCode": postal_code,
            "country": country,
        },
    })
}

/// An item of `GET /people?callingData=true`.
pub(super) fn person(person: &Record, _: &Store) -> Value {
    let (first_name, last_name) = first_and_last(&person.name);
    let mut item = json!({
        "id": person.id.canonical(),
        "emails": [person.profile.email],
        "displayName": person.name,
        "firstName": first_name,
        "lastName": last_name,
        "orgId": person.organization.canonical(),
        "created": CREATED,
        "status": "unknown",
        "type": "person",
    });
    if let Some(location) = &person.profile.location {
        item["locationId"] = location.canonical().into();
    }
    item
}

/// An item of `GET /workspaces`.
pub(super) fn workspace(workspace: &Record, _: &Store) -> Value {
    let mut item = json!({
        "id": workspace.id.canonical(),
        "displayName": workspace.name,
        "orgId": workspace.organization.canonical(),
        "calling": {"type": "webexCalling"},
        "created": CREATED,
    });
    if let Some(location) = &workspace.profile.location {
        item["locationId"] = location.canonical().into();
    }
    item
}

/// An item of `GET /telephony/config/virtualLines`.
pub(super) fn virtual_line(line: &Record, store: &Store) -> Value {
    let (first_name, last_name) = first_and_last(&line.name);
    let mut item = json!({
        "id": line.id.canonical(),
        "firstName": first_name,
        "lastName": last_name,
        "displayName": line.name,
    });
    if let Some(location) = &line.profile.location {
        let name = store.name_of(location);
        item["location"] = json!({"id": location.canonical(), "name": name});
    }
    item
}

/// `GET /organizations`: those that the user manages.
pub(super) fn organizations(store: &Store, account: &Account) -> Value {
    let can_be_listed = store.lists_organizations() || !account.manages_all();
    let managed = store.organizations();
    let managed = managed.filter(|(id, _)| can_be_listed && account.manages(id));
    let items = managed.map(|(id, name)| {
        json!({
            "id": id.canonical(),
            "displayName": name,
            "created": CREATED,
        })
    });
    json!({"items": items.collect::<Vec<_>>()})
}

/// `GET /people/me`: the user of the token.
pub(super) fn me(account: &Account) -> Value {
    let (first_name, last_name) = first_and_last(&account.name);
    json!({
        "id": account.id.canonical(),
        "emails": [account.email],
        "phoneNumbers": [],
        "displayName": account.name,
        "nickName": first_name,
        "firstName": first_name,
        "lastName": last_name,
        "orgId": account.own.canonical(),
        "roles": [FULL_ADMINISTRATOR],
        "licenses": [],
        "created": CREATED,
        "lastModified": CREATED,
        "status": "unknown",
        "invitePending": false,
        "loginEnabled": true,
        "type": "person",
    })
}

const CREATED: &str = "2020-01-01T00:00:00.000Z";

/// `ciscospark://us/ROLE/id_full_admin`.
const FULL_ADMINISTRATOR: &str = "Y2lzY29zcGFyazovL3VzL1JPTEUvaWRfZnVsbF9hZG1pbg";

fn first_and_last(name: &str) -> (&str, &str) {
    name.rsplit_once(' ').unwrap_or(("", name))
}
