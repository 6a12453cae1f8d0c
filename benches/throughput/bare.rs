//! What wxbulk is measured against: the shortest loop that sends the same requests.
//!
//! It checks nothing, paces nothing, records nothing that would survive it, and takes any answer for good.

use std::error::Error;
use std::path::Path;

use csv::{Reader, StringRecord, Writer};
use futures::{StreamExt, TryStreamExt, stream};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Client, StatusCode};
use serde::Serialize;

use crate::{CONCURRENCY, TOKEN};

#[derive(Serialize)]
struct Numbers<'a> {
    #[serde(rename = "autoTransferNumber1")]
    one: &'a str,
    #[serde(rename = "autoTransferNumber3")]
    three: &'a str,
}

/// Sends each row of `sheet` and writes its status into `results`.
pub(crate) async fn send(base: &str, sheet: &Path, results: &Path) -> Result<(), Box<dyn Error>> {
    // An error means that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::new();
    let authorization = format!("Bearer {TOKEN}");
    let mut sheet = Reader::from_path(sheet)?;
    let mut results = Writer::from_path(results)?;
    results.write_record(["row", "status"])?;
    let mut statuses = stream::iter(sheet.records().zip(2u64..))
        .map(|(record, row)| {
            let (client, authorization) = (&client, &authorization);
            async move {
                let status = put(client, base, authorization, &record?).await?;
                Ok::<_, Box<dyn Error>>((row, status))
            }
        })
        .buffer_unordered(CONCURRENCY);
    while let Some((row, status)) = statuses.try_next().await? {
        results.write_record([row.to_string().as_str(), status.as_str()])?;
        assert_eq!(status, StatusCode::NO_CONTENT);
    }
    results.flush()?;
    Ok(())
}

async fn put(
    client: &Client,
    base: &str,
    authorization: &str,
    record: &StringRecord,
) -> Result<StatusCode, Box<dyn Error>> {
    let (org, location) = (&record[0], &record[1]);
    let numbers = Numbers {
        one: &record[2],
        three: "",
    };
    let response = client
        .put(format!(
            "{base}/telephony/config/locations/{location}/outgoingPermission/autoTransferNumbers?orgId={org}"
        ))
        .header(AUTHORIZATION, authorization)
        .header(CONTENT_TYPE, "application/json")
        .body(serde_json::to_vec(&numbers)?)
        .send()
        .await?;
    Ok(response.status())
}
