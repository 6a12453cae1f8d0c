//! The service's lists: what stands in a page, and where the next one is.

use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::model::ids;
use crate::setting::target_kind;
use crate::webex::base_url::BaseUrl;
use crate::webex::page_entries;
pub use crate::webex::page_entries::{Entries, Entry, PageError};
use crate::webex::stated_outcome::may_say_an_error;

/// An organization the token manages.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Organization {
    pub id: String,
    #[serde(default, rename = "displayName", deserialize_with = "text_or_none")]
    pub name: String,
}

/// Something that settings are set on, as it stands in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub id: String,
    pub entry: target_kind::Entry,
}

/// An entry of a list with what is made use of.
#[derive(Debug)]
pub struct AnyEntry {
    pub id: String,
    pub fields: Map<String, Value>,
}

impl AnyEntry {
    /// To which organization it says that it belongs.
    pub fn organization(&self) -> Option<&str> {
        let mut named = ["orgId", "organizationId", "org", "organization"].into_iter();
        named.find_map(|key| {
            let value = self.fields.get(key)?;
            value.get("id").unwrap_or(value).as_str()
        })
    }
}

/// What else is known of a location, with calling or without.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LocationDetails {
    pub id: String,
    #[serde(default, deserialize_with = "text_or_none")]
    pub time_zone: String,
    #[serde(default, deserialize_with = "address_or_none")]
    pub address: Address,
}

/// Where a location is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Address {
    #[serde(default, deserialize_with = "text_or_none")]
    pub country: String,
    #[serde(default, deserialize_with = "text_or_none")]
    pub state: String,
}

impl Entry for Organization {
    fn read(fields: Map<String, Value>) -> Option<Self> {
        serde_json::from_value(fields.into()).ok()
    }

    fn id(&self) -> &str {
        &self.id
    }
}

impl Entry for AnyEntry {
    fn read(mut fields: Map<String, Value>) -> Option<Self> {
        match fields.remove("id") {
            Some(Value::String(id)) => Some(AnyEntry { id, fields }),
            _ => None,
        }
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn is_usable(&self) -> bool {
        ids::is_any(&self.id)
    }
}

impl Entry for LocationDetails {
    fn read(fields: Map<String, Value>) -> Option<Self> {
        serde_json::from_value(fields.into()).ok()
    }

    fn id(&self) -> &str {
        &self.id
    }
}

/// Whose token it is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    #[serde(default, deserialize_with = "text_or_none")]
    pub id: String,
    #[serde(default)]
    pub display_name: String,
    #[serde(default)]
    pub emails: Vec<String>,
    pub org_id: String,
}

/// A page as it came.
#[derive(Debug)]
pub struct Fetched {
    pub body: Vec<u8>,
    /// Where the next page is.
    pub next: Option<String>,
}

impl Fetched {
    /// Reads what is asked for; the error is for the user.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, String> {
        serde_json::from_slice(self.json())
            .map_err(|error| page_entries::say_unreadable(&self.body, &error))
    }

    /// Whether an answer that is no list says an error beside what was asked for, or a message that may be
    /// one. Then nothing of it is believed: what is not set may only not have been found.
    pub fn may_say_an_error(&self) -> bool {
        self.read()
            .is_ok_and(|value: Value| may_say_an_error(&value))
    }

    /// The entries of a page of a list. One that is not as it should be does not spoil the others.
    pub fn entries<T: Entry>(&self, list: &str) -> Result<Entries<T>, PageError> {
        page_entries::read(self.json(), list)
    }

    /// Some programs write a mark before all their text.
    fn json(&self) -> &[u8] {
        let body = self.body.strip_prefix(b"\xef\xbb\xbf");
        body.unwrap_or(&self.body)
    }
}

/// A name that is missing or odd is none.
fn text_or_none<'de, D: Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    let value = Option::<Value>::deserialize(value)?;
    Ok(match value {
        Some(Value::String(text)) => text,
        _ => String::new(),
    })
}

/// An address that is missing or odd is none.
fn address_or_none<'de, D: Deserializer<'de>>(value: D) -> Result<Address, D::Error> {
    let value = Option::<Value>::deserialize(value)?;
    let address = value.and_then(|value| serde_json::from_value(value).ok());
    Ok(address.unwrap_or_default())
}

/// What names an organization in addresses, here and elsewhere.
const ORGANIZATION_PARAMETERS: [&str; 9] = [
    "org",
    "orgid",
    "organization",
    "organizationid",
    "customer",
    "customerid",
    "customerorgid",
    "tenant",
    "tenantid",
];

/// The organizations that an address names, however it calls them.
pub fn organizations_in(url: &str) -> impl Iterator<Item = String> {
    let is_one = |name: &str| {
        let letters = name.chars().filter(char::is_ascii_alphabetic);
        let name = letters.collect::<String>().to_ascii_lowercase();
        ORGANIZATION_PARAMETERS.contains(&name.as_str())
    };
    pairs(url).filter_map(move |(name, value)| {
        let is_one = is_one(&name) || ids::says_its_kind(&value, ids::ORGANIZATION);
        is_one.then_some(value)
    })
}

/// Whether two addresses have the same path.
pub fn is_of_one_path(one: &str, other: &str) -> bool {
    let path = |url: &str| {
        let place = url.split_once("://").map_or(url, |(_, place)| place);
        let place = place.split(['?', ';', '#']).next().unwrap_or_default();
        place.find('/').map(|at| place[at..].to_string())
    };
    path(one) == path(other)
}

/// Whether an address says of which organization it lists, as the service is told.
pub(super) fn says_its_organization(url: &str) -> bool {
    pairs(url).any(|(name, _)| name.eq_ignore_ascii_case("orgId"))
}

/// The names and values behind the path of an address.
fn pairs(url: &str) -> impl Iterator<Item = (String, String)> {
    let start = url.find(['?', ';']).map_or(url.len(), |at| at + 1);
    let pairs = url[start..].split(['?', '&', '#', ';']);
    let decoded = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
    pairs
        .filter_map(|pair| pair.split_once('='))
        .map(move |(name, value)| (decoded(name), decoded(value)))
}

/// The target of `rel="next"` in a `Link` header.
pub(super) fn next_link(header: &str) -> Option<&str> {
    let is_next = |parameters: &str| {
        parameters.split([';', ',']).any(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or_default();
            let mut relations = value.trim().trim_matches(['"', '\'']).split_whitespace();
            name.trim().eq_ignore_ascii_case("rel")
                && relations.any(|relation| relation.eq_ignore_ascii_case("next"))
        })
    };
    if !header.contains('<') {
        let (target, parameters) = header.split_once(';')?;
        return is_next(parameters).then_some(target.trim());
    }
    // A comma may stand inside the angle brackets, so each link begins at one of those.
    header.split('<').skip(1).find_map(|link| {
        let (target, parameters) = link.split_once('>')?;
        is_next(parameters).then_some(target)
    })
}

/// Whether the token may travel to `target`: it is where the service is.
pub(super) fn is_of_the_service(target: &str, base_url: &BaseUrl) -> bool {
    let origin = |text: &str| {
        let (scheme, rest) = text.split_once("://")?;
        let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
        Some(format!("{scheme}://{}", &rest[..end]).to_ascii_lowercase())
    };
    origin(target).is_some() && origin(target) == origin(base_url.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found_among_other_links() {
        for (header, next) in [
            (
                r#"<https://a/b?start=2>; rel="next""#,
                Some("https://a/b?start=2"),
            ),
            (
                r#"<https://a/1,2>; rel="first", <https://a/3>; title=x; rel=next"#,
                Some("https://a/3"),
            ),
            (r#"<https://a/1>; rel="prev next""#, Some("https://a/1")),
            (r#"<https://a/1>; rel="prev""#, None),
            ("<https://a/1>; rel='next'", Some("https://a/1")),
            (r#"https://a/1; rel="next""#, Some("https://a/1")),
            (r#"https://a/1; rel="prev""#, None),
            ("<https://a/1", None),
            ("", None),
        ] {
            assert_eq!(next_link(header), next, "{header}");
        }
    }

    #[test]
    fn an_odd_entry_is_left_out_and_counted_and_a_missing_name_is_none() {
        let page = Fetched {
            body: br#"{"notes":[1],"locations":[{"id":"0f3a6b1c-58d2-4e7f-9a01-b2c3d4e5f601","name":"A"},{"id":null},{"name":"B"},
                {"id":7},null,"x",[],{"id":" "},{"id":"0f3a6b1c-58d2-4e7f-9a01-b2c3d4e5f602","name":null},{"id":"../x"},
                {"id":"0f3a6b1c-58d2-4e7f-9a01-b2c3d4e5f603","name":3,"more":{}}],"trackingId":"x"}"#
                .to_vec(),
            next: None,
        };
        let page = page.entries::<AnyEntry>("locations").expect("a page");
        let entries: Vec<(&str, &str)> = (page.entries.iter())
            .map(|location| {
                let name = location.fields.get("name").and_then(Value::as_str);
                (&location.id[35..], name.unwrap_or_default())
            })
            .collect();
        assert_eq!(entries, [("1", "A"), ("2", ""), ("3", "")]);
        assert_eq!(page.unusable, 8);
    }

    #[test]
    fn what_is_missing_of_a_location_is_nothing_and_spoils_no_other() {
        let page = Fetched {
            body: br#"{"items":[{"id":"a","timeZone":"Europe/Berlin","address":{"country":"DE","state":null}},
                {"id":"b","address":"here"},{"id":"c","timeZone":7}]}"#
                .to_vec(),
            next: None,
        };
        let page = page.entries::<LocationDetails>("items").expect("a page");
        let told = page.entries.iter().map(|one| {
            let Address { country, state } = &one.address;
            (&*one.id, &*one.time_zone, &**country, &**state)
        });
        let told: Vec<_> = told.collect();
        assert_eq!(
            told,
            [
                ("a", "Europe/Berlin", "DE", ""),
                ("b", "", "", ""),
                ("c", "", "", "")
            ]
        );
    }

    #[test]
    fn a_page_without_its_list_is_none() {
        for body in [
            "{}",
            "[]",
            "null",
            r#"{"locations":{}}"#,
            r#"{"locations":null}"#,
            r#"{"locations":"none"}"#,
            r#"{"locations":[],"locations":[]}"#,
            r#"{"locations":[],"error":"partial"}"#,
            r#"{"error":{"a":"b"},"locations":[]}"#,
            r#"{"locations":[],"errors":{"a":{"b":{"c":[[[1]]]}}}}"#,
            r#"{"locations":[],"message":"not all could be read"}"#,
            r#"{"locations":[],"statusCode":500}"#,
            r#"{"locations":[]}{}"#,
            "<html>",
        ] {
            let page = Fetched {
                body: body.into(),
                next: None,
            };
            assert!(page.entries::<AnyEntry>("locations").is_err(), "{body}");
        }
    }

    #[test]
    fn an_address_names_its_organizations() {
        for (url, organization) in [
            ("https://a/b?max=1&orgId=X%2F1#end", &["X/1"][..]),
            ("https://a/b?orgId=X", &["X"]),
            ("https://a/b?orgId=X&start=2&orgid=Y", &["X", "Y"]),
            ("https://a/b?max=1", &[]),
            ("https://a/orgId=X", &[]),
            ("https://a/b?start=2&organizationId=Y", &["Y"]),
            ("https://a/b?start=2&org_id=Y", &["Y"]),
            ("https://a/b?start=2&customerId=Y", &["Y"]),
            (
                "https://a/b?for=Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi8wZjNhNmIxYy01OGQyLTRlN2YtOWEwMS1iMmMzZDRlNWY2MDE",
                &[
                    "Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi8wZjNhNmIxYy01OGQyLTRlN2YtOWEwMS1iMmMzZDRlNWY2MDE",
                ],
            ),
            ("https://a/b?start=2;orgId=Y", &["Y"]),
            ("https://a/b;orgId=Y?orgId=X", &["Y", "X"]),
        ] {
            let found: Vec<String> = organizations_in(url).collect();
            assert_eq!(found, organization, "{url}");
        }
    }

    #[test]
    fn a_next_page_is_known_by_its_path() {
        const PAGE: &str = "https://Webexapis.com:443/v1/locations?max=1&orgId=X";
        for (next, is_one) in [
            ("https://webexapis.com/v1/locations?start=2", true),
            ("https://webexapis.com/v1/locations;orgId=Y", true),
            (
                "https://webexapis.com/v1/organizations/Y/locations?start=2",
                false,
            ),
            ("https://webexapis.com/v1/locations/Y?start=2", false),
            ("https://webexapis.com?/v1/locations", false),
        ] {
            assert_eq!(is_of_one_path(PAGE, next), is_one, "{next}");
        }
    }

    #[test]
    fn the_token_travels_nowhere_else() {
        let base = BaseUrl::read("https://webexapis.com/v1").expect("a base");
        for (target, may) in [
            ("https://webexapis.com/v1/x?start=1", true),
            ("HTTPS://WebexApis.com/elsewhere", true),
            ("http://webexapis.com/v1/x", false),
            ("https://webexapis.com:8443/v1/x", false),
            ("https://webexapis.com.evil.example/v1", false),
            ("https://webexapis.com@evil.example/v1", false),
            // Readers of URLs take it for a slash: the host ends before it.
            ("https://webexapis.com\\@evil.example", true),
            ("//evil.example/v1", false),
            ("/v1/x", false),
            ("", false),
        ] {
            assert_eq!(is_of_the_service(target, &base), may, "{target}");
        }
    }
}
