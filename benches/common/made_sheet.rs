//! A sheet of any length, for the benches.

use std::fmt::Write as _;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

const ORGANIZATIONS: u64 = 300;

/// As a migration project has them: sorted by organization, every location once.
pub(crate) fn sheet(rows: u64) -> String {
    let mut text = String::from("orgId,locationId,n1,n2,n3,site\n");
    for row in 0..rows {
        let org = id("ORGANIZATION", row * ORGANIZATIONS / rows);
        let location = id("LOCATION", row.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let _ = writeln!(text, "{org},{location},+1202{row:07},,REMOVE,site {row}");
    }
    text
}

fn id(kind: &str, number: u64) -> String {
    let uuid = uuid::Uuid::from_u64_pair(number, !number).hyphenated();
    BASE64_URL_SAFE_NO_PAD.encode(format!("ciscospark://us/{kind}/{uuid}"))
}
