//! Fetches one page of what is read, and says where the next one is.

use reqwest::header::LINK;
use reqwest::{StatusCode, Url};

use super::{TRACKING_ID, Webex, success_body, tracking_id};
use crate::model::response::{ApiResult, Response};
use crate::webex::lists::{self, Fetched};

/// How much of a list's page is read; one of a thousand locations has half a megabyte, one of a thousand
/// people three.
const LONGEST_PAGE: usize = 12 * 1024 * 1024;

impl Webex {
    pub(super) async fn fetch(
        &self,
        url: &str,
        tracking: u128,
    ) -> Result<(Response, Option<Fetched>), ApiResult> {
        let request = self.authorized(self.client.get(url));
        let request = request.header(TRACKING_ID, tracking_id(tracking));
        let mut response = self.send(request).await?;
        if response.status() != StatusCode::OK {
            return Ok((self.read_success(response, None).await, None));
        }
        let links = response.headers().get_all(LINK).iter();
        let next = links
            .map(|link| String::from_utf8_lossy(link.as_bytes()))
            .find_map(|link| lists::next_link(&link).map(|link| next_page(url, link)));
        let answer = self.success(&response);
        let mut body = Vec::new();
        // Unlike the text of an error, half a list is none.
        let mut read = async || response.chunk().await.map_err(|error| self.error(&error));
        while let Some(chunk) = read().await? {
            body.extend_from_slice(&chunk);
            if body.len() > LONGEST_PAGE {
                let what = format!(
                    "the answer is longer than {} MB, which no page of a list is",
                    LONGEST_PAGE / 1024 / 1024
                );
                return Ok((self.foreign(answer, &what), None));
            }
        }
        let has_secrets = |text| self.has_secrets(text);
        if has_secrets(&body)
            || next
                .as_ref()
                .is_some_and(|next| has_secrets(next.as_bytes()))
        {
            return Ok((self.foreign(answer, success_body::WITH_SECRETS), None));
        }
        let fetched = Fetched { body, next };
        self.note_owner(url, &fetched);
        Ok((answer, Some(fetched)))
    }
}

/// Where a link of a page leads. One that says nothing of the organization means that of the page: it
/// would list another's locations.
fn next_page(page: &str, link: &str) -> String {
    let organization = lists::organizations_in(page).next();
    let Some(mut next) = Url::parse(page).ok().and_then(|page| page.join(link).ok()) else {
        return link.to_string();
    };
    next.set_fragment(None);
    let is_named = lists::says_its_organization(next.as_str());
    if let (Some(organization), false) = (organization, is_named) {
        next.query_pairs_mut().append_pair("orgId", &organization);
    }
    next.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_next_page_is_of_the_same_organization_wherever_its_link_is_written_from() {
        const PAGE: &str = "https://webexapis.com/v1/locations?max=2&orgId=X%2F1";
        for (link, next) in [
            (
                "https://webexapis.com/v1/locations?start=2&orgId=X%2F1",
                "https://webexapis.com/v1/locations?start=2&orgId=X%2F1",
            ),
            (
                "https://webexapis.com/v1/locations?start=2",
                "https://webexapis.com/v1/locations?start=2&orgId=X%2F1",
            ),
            (
                "?start=2",
                "https://webexapis.com/v1/locations?start=2&orgId=X%2F1",
            ),
            ("/v1/next#top", "https://webexapis.com/v1/next?orgId=X%2F1"),
            ("?orgId=Y", "https://webexapis.com/v1/locations?orgId=Y"),
            ("//evil.example/v1", "https://evil.example/v1?orgId=X%2F1"),
        ] {
            assert_eq!(next_page(PAGE, link), next, "{link}");
        }
        assert_eq!(next_page("https://a/b", "?start=2"), "https://a/b?start=2");
    }
}
