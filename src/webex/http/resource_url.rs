//! Where a resource of a row is read and written.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::setting::Resource;
use crate::webex::base_url::BaseUrl;

/// What may stand in a path segment or a query value as it is: RFC 3986's unreserved.
pub(super) const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

pub(super) fn resource_url(
    base_url: &BaseUrl,
    resource: &Resource,
    org_id: Option<&str>,
    target_id: &str,
) -> String {
    let [before, after] = resource.path;
    let mut url = String::with_capacity(320);
    url.push_str(base_url.as_str());
    url.push_str(before);
    url.extend(utf8_percent_encode(target_id, ESCAPED));
    url.push_str(after);
    if let Some(org_id) = org_id {
        url.push_str("?orgId=");
        url.extend(utf8_percent_encode(org_id, ESCAPED));
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setting::location_numbers::LOCATION_NUMBERS;

    #[test]
    fn the_url_is_escaped_and_names_an_organization_only_where_there_is_one() {
        let base_url = BaseUrl::read("https://webexapis.com/v1/").expect("a base");
        let url = |org_id| resource_url(&base_url, &LOCATION_NUMBERS.resources[0], org_id, "Y2+/=");
        let path = "https://webexapis.com/v1/telephony/config/locations/Y2%2B%2F%3D/outgoingPermission/autoTransferNumbers";
        assert_eq!(url(None), path);
        assert_eq!(url(Some("A-_&")), format!("{path}?orgId=A-_%26"));
    }
}
