//! Paged lists and their items.

use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::store::{LocationRecord, Store};

/// How the pages of a list are linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Paging {
    #[default]
    Plain,
    /// Before each page comes an empty one that has a next link too, as the service is known to send.
    WithEmptyPages,
}

/// The default and the maximum of `max`.
const PAGE: usize = 1000;

/// Marks the second request of a page whose first was empty.
const FILLED: &str = "filled";

/// The items of one page, and the URL of the next.
#[derive(Debug, PartialEq)]
pub(super) struct Page<Item> {
    pub(super) items: Vec<Item>,
    pub(super) next: Option<String>,
}

/// The page that a query asks for. The error says what is wrong with the query.
pub(super) fn page<Item>(
    items: Vec<Item>,
    query: &[(String, String)],
    address: &str,
    paging: Paging,
) -> Result<Page<Item>, String> {
    let number = |name: &str, otherwise: usize| match value(query, name) {
        None => Ok(otherwise),
        Some(text) => text
            .parse()
            .map_err(|_| format!("Invalid value for '{name}'.")),
    };
    let max: usize = number("max", PAGE)?.min(PAGE);
    let start: usize = number("start", 0)?;
    if max == 0 {
        return Err("Invalid value for 'max'.".to_owned());
    }
    if paging == Paging::WithEmptyPages && value(query, FILLED).is_none() {
        return Ok(Page {
            items: Vec::new(),
            next: Some(next(address, query, start, true)),
        });
    }
    let end = start.saturating_add(max);
    let more = end < items.len();
    Ok(Page {
        items: items.into_iter().skip(start).take(max).collect(),
        next: more.then(|| next(address, query, end, false)),
    })
}

/// The same query with another start.
fn next(address: &str, query: &[(String, String)], start: usize, filled: bool) -> String {
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let kept = query
        .iter()
        .filter(|(key, _)| key != "start" && key != FILLED);
    let mut pairs: Vec<String> = kept
        .map(|(key, value)| format!("{}={}", encode(key), encode(value)))
        .collect();
    pairs.push(format!("start={start}"));
    if filled {
        pairs.push(format!("{FILLED}=1"));
    }
    format!("{address}?{}", pairs.join("&"))
}

pub(super) fn value<'query>(query: &'query [(String, String)], name: &str) -> Option<&'query str> {
    let found = query.iter().find(|(key, _)| key == name);
    found.map(|(_, value)| value.as_str())
}

/// The locations that match the query's `name`, in its `order`.
pub(super) fn filtered<'places>(
    mut places: Vec<&'places LocationRecord>,
    query: &[(String, String)],
) -> Vec<&'places LocationRecord> {
    if let Some(part) = value(query, "name") {
        let part = part.to_lowercase();
        places.retain(|place| place.name.to_lowercase().contains(&part));
    }
    match value(query, "order")
        .map(str::to_ascii_lowercase)
        .as_deref()
    {
        Some("asc") => places.sort_by(|one, other| one.name.cmp(&other.name)),
        Some("desc") => places.sort_by(|one, other| other.name.cmp(&one.name)),
        _ => {}
    }
    places
}

/// An item of `GET /telephony/config/locations`.
pub(super) fn calling_location(place: &LocationRecord) -> Value {
    json!({
        "id": place.id.canonical(),
        "name": place.name,
        "announcementLanguage": "en_us",
        "callingLineId": {"name": place.name},
        "userLimit": 200_000,
        "e911SetupRequired": false,
    })
}

/// An item of `GET /locations`.
pub(super) fn location(place: &LocationRecord) -> Value {
    json!({
        "id": place.id.canonical(),
        "name": place.name,
        "orgId": place.organization.canonical(),
        "timeZone": "America/Chicago",
        "preferredLanguage": "en_US",
        "address": {
            "address1": "1 Main Street", "city": "Springfield", "state": "IL", "postalCode": "62701", "country": "US",
        },
    })
}

pub(super) fn organizations(store: &Store) -> Value {
    let all = store.organizations().iter();
    let items = all.map(|organization| {
        json!({
            "id": organization.id.canonical(),
            "displayName": organization.name,
            "created": "2020-01-01T00:00:00.000Z",
        })
    });
    json!({"items": items.collect::<Vec<_>>()})
}

/// The person of the token.
pub(super) fn me(store: &Store) -> Value {
    let id = |text: &str| BASE64_STANDARD_NO_PAD.encode(format!("ciscospark://us/{text}"));
    json!({
        "id": id("PEOPLE/5ca1ab1e-0000-4000-8000-000000000002"),
        "emails": ["admin@example.com"],
        "phoneNumbers": [],
        "displayName": "Simulated Administrator",
        "nickName": "Simulated",
        "firstName": "Simulated",
        "lastName": "Administrator",
        "orgId": store.own().canonical(),
        "roles": [id("ROLE/id_full_admin")],
        "licenses": [],
        "created": "2020-01-01T00:00:00.000Z",
        "lastModified": "2020-01-01T00:00:00.000Z",
        "status": "unknown",
        "invitePending": false,
        "loginEnabled": true,
        "type": "person",
    })
}

#[cfg(test)]
mod tests {
    use super::super::route::pairs;
    use super::*;

    /// Follows the next links and returns the items of each page.
    fn all_pages(items: usize, query: &str, paging: Paging) -> Vec<Vec<usize>> {
        let mut pages = Vec::new();
        let mut query = pairs(query);
        loop {
            let page = page((0..items).collect(), &query, "http://h/list", paging).unwrap();
            pages.push(page.items);
            let Some(next) = page.next else {
                return pages;
            };
            let (address, rest) = next.split_once('?').unwrap();
            assert_eq!(address, "http://h/list");
            query = pairs(rest);
        }
    }

    #[test]
    fn the_pages_together_are_the_list() {
        assert_eq!(all_pages(0, "", Paging::Plain), vec![Vec::<usize>::new()]);
        assert_eq!(
            all_pages(5, "max=2", Paging::Plain),
            [vec![0, 1], vec![2, 3], vec![4]]
        );
        assert_eq!(
            all_pages(4, "max=2&start=1", Paging::Plain),
            [vec![1, 2], vec![3]]
        );
        let pages = all_pages(3, "max=2&name=a%26b", Paging::WithEmptyPages);
        assert_eq!(pages, [vec![], vec![0, 1], vec![], vec![2]]);
    }

    #[test]
    fn a_next_link_keeps_the_rest_of_the_query() {
        let query = pairs("name=a%26b&max=1");
        let page = page(vec![1, 2], &query, "http://h/list", Paging::Plain).unwrap();
        assert_eq!(
            page.next.as_deref(),
            Some("http://h/list?name=a%26b&max=1&start=1")
        );
    }

    #[test]
    fn an_invalid_query_is_refused() {
        for query in ["max=0", "max=-1", "max=x", "start=x", "start=-1"] {
            assert!(
                page(vec![1], &pairs(query), "", Paging::Plain).is_err(),
                "{query}"
            );
        }
        let far = page(
            vec![1],
            &pairs("start=18446744073709551615"),
            "",
            Paging::Plain,
        );
        assert!(far.unwrap().items.is_empty());
    }
}
