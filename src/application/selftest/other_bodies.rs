//! The service, but that the bodies of some rows are others than the setting makes: what the program never
//! sends and a selftest asks about.

use anyhow::Result;
use serde_json::{Map, Value};

use super::probe_rows;
use crate::application::run_settings::RunSettings;
use crate::application::session::{Connect, Session};
use crate::model::response::ApiResult;
use crate::model::row::Row;
use crate::setting::Resource;
use crate::setting::target_kind::Listing;
use crate::sheet::selection::Selection;
use crate::webex::lists::Fetched;
use crate::webex::{Queries, Renewal, Service};

/// Connects to where `N` connects to, or is a service of which that is true.
#[derive(Debug)]
pub(super) struct WithOtherBodies<S>(pub(super) S);

impl<N: Connect> Connect for WithOtherBodies<&N> {
    type Service = WithOtherBodies<N::Service>;
    type Stop = N::Stop;

    fn connect(
        &self,
        settings: &RunSettings,
        selection: &Selection<'_>,
    ) -> Result<Session<Self::Service, Self::Stop>> {
        let session = self.0.connect(settings, selection)?;
        Ok(session.map(WithOtherBodies))
    }
}

/// The body of a row, made of the usual one.
fn body_of(row: &Row<'_>, usual: Vec<u8>) -> Vec<u8> {
    match row.number {
        _ if probe_rows::has_empty_object(row) => b"{}".to_vec(),
        probe_rows::REVERSED => reversed(&usual).unwrap_or(usual),
        _ => usual,
    }
}

/// The same object with its fields in the opposite order.
fn reversed(body: &[u8]) -> Option<Vec<u8>> {
    let object: Map<String, Value> = serde_json::from_slice(body).ok()?;
    let fields = object.iter().rev();
    let fields = fields.map(|(name, value)| format!("{}:{value}", Value::from(name.as_str())));
    let fields: Vec<String> = fields.collect();
    Some(format!("{{{}}}", fields.join(",")).into_bytes())
}

impl<S: Service> Service for WithOtherBodies<S> {
    async fn write(
        &self,
        resource: &Resource,
        row: &Row<'_>,
        body: Vec<u8>,
        tracking: u128,
    ) -> ApiResult {
        let body = body_of(row, body);
        self.0.write(resource, row, body, tracking).await
    }

    async fn read(&self, resource: &Resource, row: &Row<'_>, tracking: u128) -> ApiResult {
        self.0.read(resource, row, tracking).await
    }

    async fn read_page(&self, resource: &Resource, page: &str, tracking: u128) -> ApiResult {
        self.0.read_page(resource, page, tracking).await
    }

    async fn check_token(&self, tracking: u128) -> ApiResult {
        self.0.check_token(tracking).await
    }

    fn renewal(&self) -> Renewal {
        self.0.renewal()
    }

    async fn renew(&self) -> ApiResult {
        self.0.renew().await
    }
}

impl<S: Queries> Queries for WithOtherBodies<S> {
    fn place(&self) -> String {
        self.0.place()
    }

    fn url(&self, path: &str) -> String {
        self.0.url(path)
    }

    fn list_url(&self, list: &Listing, org_id: Option<&str>, most: u32) -> String {
        self.0.list_url(list, org_id, most)
    }

    fn location_details_url(&self, org_id: Option<&str>, most: u32) -> String {
        self.0.location_details_url(org_id, most)
    }

    fn resource_url(&self, resource: &Resource, row: &Row<'_>) -> String {
        self.0.resource_url(resource, row)
    }

    fn is_at(&self, url: &str) -> bool {
        self.0.is_at(url)
    }

    async fn get(&self, url: &str, tracking: u128) -> (ApiResult, Option<Fetched>) {
        self.0.get(url, tracking).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::change::Change;

    #[test]
    fn only_two_rows_have_other_bodies_and_one_of_them_says_the_same() {
        let usual = br#"{"autoTransferNumber1":"77","autoTransferNumber2":""}"#.to_vec();
        let body = |number| {
            let row = Row {
                number,
                ..Row::asking([Change::Clear, Change::Keep, Change::Keep])
            };
            String::from_utf8(body_of(&row, usual.clone())).expect("a text")
        };
        assert_eq!(body(probe_rows::EMPTY), "{}");
        assert_eq!(
            body(probe_rows::REVERSED),
            r#"{"autoTransferNumber2":"","autoTransferNumber1":"77"}"#
        );
        for row in [
            probe_rows::SAME,
            probe_rows::EXTENSION,
            probe_rows::BACK,
            probe_rows::LAST,
        ] {
            assert_eq!(body(row).as_bytes(), usual);
        }
    }
}
