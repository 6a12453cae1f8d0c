//! Where the numbers of a location are, and how they are written there.

use std::borrow::Cow;
use std::fmt::Write;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use crate::model::current_numbers::{CurrentNumbers, NUMBERS};
use crate::model::row::{Change, Row};
use crate::webex::base_url::BaseUrl;

/// What may stand in a path segment or a query value as it is: RFC 3986's unreserved.
pub(super) const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The body of the PUT, with only the fields to change, and of the GET's answer, where what is not
/// set is `null`, the empty text or not there.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct AutoTransferNumbers<'a> {
    #[serde(
        rename = "autoTransferNumber1",
        borrow,
        skip_serializing_if = "Option::is_none"
    )]
    one: Option<Cow<'a, str>>,
    #[serde(
        rename = "autoTransferNumber2",
        borrow,
        skip_serializing_if = "Option::is_none"
    )]
    two: Option<Cow<'a, str>>,
    #[serde(
        rename = "autoTransferNumber3",
        borrow,
        skip_serializing_if = "Option::is_none"
    )]
    three: Option<Cow<'a, str>>,
}

impl<'a> AutoTransferNumbers<'a> {
    pub(super) fn asked(changes: &'a [Change<'_>; NUMBERS]) -> AutoTransferNumbers<'a> {
        let [one, two, three] = changes
            .each_ref()
            .map(|change| change.field().map(Cow::Borrowed));
        AutoTransferNumbers { one, two, three }
    }

    pub(super) fn present(&self) -> CurrentNumbers {
        CurrentNumbers::of([
            self.one.as_deref(),
            self.two.as_deref(),
            self.three.as_deref(),
        ])
    }
}

pub(super) fn numbers_url(base_url: &BaseUrl, row: &Row<'_>) -> String {
    let mut url = String::with_capacity(320);
    url.push_str(base_url.as_str());
    url.push_str("/telephony/config/locations/");
    url.extend(utf8_percent_encode(&row.location_id, ESCAPED));
    url.push_str("/outgoingPermission/autoTransferNumbers");
    if let Some(org_id) = &row.org_id {
        let _ = write!(url, "?orgId={}", utf8_percent_encode(org_id, ESCAPED));
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_is_escaped_and_names_an_organization_only_where_there_is_one() {
        let base_url = BaseUrl::read("https://webexapis.com/v1/").expect("a base");
        let mut row = Row {
            location_id: "Y2+/=".into(),
            ..Row::asking([Change::Keep, Change::Keep, Change::Clear])
        };
        let path = "https://webexapis.com/v1/telephony/config/locations/Y2%2B%2F%3D/outgoingPermission/autoTransferNumbers";
        assert_eq!(numbers_url(&base_url, &row), path);
        row.org_id = Some("A-_&".into());
        assert_eq!(numbers_url(&base_url, &row), format!("{path}?orgId=A-_%26"));
    }
}
