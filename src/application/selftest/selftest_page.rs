//! The page of a selftest, in Markdown, for a bug report: it has no names, numbers and ids.

use std::fmt::Write as _;

use super::findings::Finding;
use crate::journal::RunHeader;
use crate::webex::base_url::WEBEX;

pub(super) fn render(location: &str, run: &RunHeader, findings: &[Finding]) -> String {
    let service = if run.settings.base_url == WEBEX {
        "the public one"
    } else {
        "another address"
    };
    let mut page = format!(
        "# wxbulk selftest\n\n\
         wxbulk {}, {}, service: {service}, location {location} (a checksum of its id).\n\
         In place of each digit stands `N`, in place of each letter `x`.\n\n\
         | assumption | asked | answer | verdict |\n|---|---|---|---|\n",
        env!("CARGO_PKG_VERSION"),
        run.started_at.strftime("%Y-%m-%d"),
    );
    for finding in findings {
        let Finding {
            question,
            asked,
            answer,
            verdict,
        } = finding;
        let verdict = verdict.word();
        // Nothing can go wrong when text is put behind text.
        let _ = writeln!(page, "| {question} | {asked} | {answer} | {verdict} |");
    }
    page
}
