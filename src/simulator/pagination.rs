//! Paged lists: their filters, their next links, and what can be wrong with these.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::Value;

use super::query::value;
use super::resource_id::{ResourceId, ResourceKind};
use super::store::Record;

/// How the pages of a list are linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Paging {
    #[default]
    Plain,
    /// Before each page comes an empty one that has a next link too, as the service is known to send.
    WithEmptyPages,
    /// Next links have no `orgId`, so that the next page is that of the user's own organization.
    NextWithoutOrganization,
    /// The next link of every page leads to the page itself.
    NextToItself,
    /// The next link of the last page leads to the first.
    NextInACircle,
    /// Next links have no scheme and no host.
    RelativeNext,
    /// The first item of each page comes twice.
    RepeatedItems,
    /// Each page begins with an item whose `id` is null.
    NullIds,
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
            next: Some(next(address, query, start, paging, true)),
        });
    }
    let end = start.saturating_add(max);
    let next_start = match paging {
        Paging::NextToItself => Some(start),
        _ if end < items.len() => Some(end),
        Paging::NextInACircle => Some(0),
        _ => None,
    };
    Ok(Page {
        items: items.into_iter().skip(start).take(max).collect(),
        next: next_start.map(|start| next(address, query, start, paging, false)),
    })
}

/// The same query with another start.
fn next(
    address: &str,
    query: &[(String, String)],
    start: usize,
    paging: Paging,
    filled: bool,
) -> String {
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let drops_organization = paging == Paging::NextWithoutOrganization;
    let kept = query.iter().filter(|(key, _)| {
        key != "start" && key != FILLED && !(drops_organization && key == "orgId")
    });
    let mut pairs: Vec<String> = kept
        .map(|(key, value)| format!("{}={}", encode(key), encode(value)))
        .collect();
    pairs.push(format!("start={start}"));
    if filled {
        pairs.push(format!("{FILLED}=1"));
    }
    let address = match (paging, address.split_once("://")) {
        (Paging::RelativeNext, Some((_, rest))) => rest.find('/').map_or("", |at| &rest[at..]),
        _ => address,
    };
    format!("{address}?{}", pairs.join("&"))
}

/// The records that match the query, in its `order`. The service filters names by what they contain, emails exactly.
pub(super) fn filtered<'store>(
    mut records: Vec<&'store Record>,
    query: &[(String, String)],
) -> Vec<&'store Record> {
    for name in ["name", "displayName", "ownerName"] {
        if let Some(part) = value(query, name) {
            let part = part.to_lowercase();
            records.retain(|record| record.name.to_lowercase().contains(&part));
        }
    }
    if let Some(email) = value(query, "email") {
        records.retain(|record| record.profile.email.eq_ignore_ascii_case(email));
    }
    if let Some(id) = value(query, "locationId") {
        let id = ResourceId::read(id, ResourceKind::Location);
        records.retain(|record| id.is_some() && record.profile.location == id);
    }
    let order = value(query, "order").map(str::to_ascii_lowercase);
    match order.as_deref() {
        Some("asc") => records.sort_by(|one, other| one.name.cmp(&other.name)),
        Some("desc") => records.sort_by(|one, other| other.name.cmp(&one.name)),
        _ => {}
    }
    records
}

/// Adds to the items of a page what this paging adds.
pub(super) fn with_odd_items(mut items: Vec<Value>, paging: Paging) -> Vec<Value> {
    let Some(mut first) = items.first().cloned() else {
        return items;
    };
    match paging {
        Paging::RepeatedItems => items.push(first),
        Paging::NullIds => {
            first["id"] = Value::Null;
            items.insert(0, first);
        }
        _ => {}
    }
    items
}

#[cfg(test)]
mod tests {
    use super::super::query::pairs;
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
    fn next_links_can_be_wrong_in_every_way_that_clients_must_survive() {
        for (paging, start, next) in [
            (
                Paging::Plain,
                0,
                Some("http://h/list?orgId=a&max=1&start=1"),
            ),
            (Paging::Plain, 1, None),
            (
                Paging::NextWithoutOrganization,
                0,
                Some("http://h/list?max=1&start=1"),
            ),
            (
                Paging::NextToItself,
                1,
                Some("http://h/list?orgId=a&max=1&start=1"),
            ),
            (
                Paging::NextInACircle,
                1,
                Some("http://h/list?orgId=a&max=1&start=0"),
            ),
            (Paging::RelativeNext, 0, Some("/list?orgId=a&max=1&start=1")),
        ] {
            let query = pairs(&format!("orgId=a&max=1&start={start}"));
            let page = page(vec![1, 2], &query, "http://h/list", paging).unwrap();
            assert_eq!(page.next.as_deref(), next, "{paging:?}");
        }
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
