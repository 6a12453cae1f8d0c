//! The service's lists: what stands in a page, and where the next one is.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::webex::base_url::BaseUrl;

/// An organization the token manages.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Organization {
    pub id: String,
    #[serde(default, rename = "displayName")]
    pub name: String,
}

/// A location with calling.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Location {
    pub id: String,
    #[serde(default)]
    pub name: String,
}

/// Whose token it is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    #[serde(default)]
    pub display_name: String,
    #[serde(default)]
    pub emails: Vec<String>,
    pub org_id: String,
}

#[derive(Debug, Deserialize)]
struct Organizations {
    items: Vec<Organization>,
}

#[derive(Debug, Deserialize)]
struct Locations {
    locations: Vec<Location>,
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
        serde_json::from_slice(&self.body)
            .map_err(|error| format!("the answer is not what was asked for: {error}"))
    }

    pub fn organizations(&self) -> Result<Vec<Organization>, String> {
        Ok(self.read::<Organizations>()?.items)
    }

    pub fn locations(&self) -> Result<Vec<Location>, String> {
        Ok(self.read::<Locations>()?.locations)
    }
}

/// The target of `rel="next"` in a `Link` header.
pub(super) fn next_link(header: &str) -> Option<&str> {
    // A comma may stand inside the angle brackets, so each link begins at one of those.
    header.split('<').skip(1).find_map(|link| {
        let (target, parameters) = link.split_once('>')?;
        let is_next = parameters.split([';', ',']).any(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or_default();
            let mut relations = value.trim().trim_matches('"').split_whitespace();
            name.trim().eq_ignore_ascii_case("rel")
                && relations.any(|relation| relation.eq_ignore_ascii_case("next"))
        });
        is_next.then_some(target)
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
            ("<https://a/1", None),
            ("", None),
        ] {
            assert_eq!(next_link(header), next, "{header}");
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
