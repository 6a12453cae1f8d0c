//! How it went in each organization, those with failures first; folded away, since a partner has
//! hundreds of them.

use std::collections::HashMap;

use maud::{Markup, html};

use super::escaped_text::EscapedText;
use super::run_model::RunModel;
use crate::journal::{Organization, RowRecord};
use crate::model::failure_groups::FailureGroups;
use crate::model::ids;
use crate::model::row::TargetKey;
use crate::model::wording::{grouped, plural};

/// A partner's longest list; the sheet has them all.
const MOST_ORGANIZATIONS: usize = 500;

/// Causes of failures named for an organization.
const MOST_CAUSES: usize = 3;

/// What became of the rows of each organization, by its id; an empty one for the token's own.
#[derive(Debug, Default)]
pub(super) struct Organizations(HashMap<TargetKey, OrganizationRows>);

#[derive(Debug, Default)]
struct OrganizationRows {
    done: u64,
    causes: FailureGroups,
    not_done: u64,
}

impl Organizations {
    pub(super) fn add(&mut self, record: &RowRecord) {
        let Some(place) = &record.place else {
            return;
        };
        let rows = self.0.entry(key_of(place.org_id.as_deref())).or_default();
        if record.outcome.kind.is_success() {
            rows.done += 1;
        } else {
            rows.not_done += 1;
            rows.causes.add(record.row, &record.outcome);
        }
    }

    fn of(&self, organization: &Organization) -> Option<&OrganizationRows> {
        self.0.get(&key_of(Some(&organization.id)))
    }
}

fn key_of(org_id: Option<&str>) -> TargetKey {
    ids::key_of_id(org_id.unwrap_or_default(), ids::ORGANIZATION)
}

pub(super) fn organizations(run: &RunModel) -> Markup {
    let organizations = run
        .begin()
        .map(|begin| begin.organizations.as_slice())
        .unwrap_or_default();
    if organizations.is_empty() {
        return html! {};
    }
    let not_done = |organization: &Organization| {
        let rows = run.organizations.of(organization);
        rows.map_or(0, |rows| rows.not_done)
    };
    let mut sorted: Vec<&Organization> = organizations.iter().collect();
    sorted.sort_by_key(|organization| std::cmp::Reverse(not_done(organization)));
    let with_failures = organizations.iter().filter(|one| not_done(one) > 0);
    let with_failures = with_failures.count() as u64;
    let not_done_or_in_doubt = match (run.rows_not_done(), run.rows_in_doubt()) {
        (0, 1..) => "Perhaps done",
        (_, 1..) => "Not done, or perhaps",
        _ => "Not done",
    };
    html! {
        section {
            h2 { "Organizations" }
            details {
                summary {
                    (plural(organizations.len() as u64, "organization"))
                    @if with_failures > 0 { ", " (grouped(with_failures)) " with rows " (not_done_or_in_doubt.to_lowercase()) }
                }
                div.wide tabindex="0" role="group" aria-label="Organizations" {
                    table {
                        thead {
                            tr {
                                th scope="col" { "Organization" }
                                th.number scope="col" { "Rows to send" }
                                th.number scope="col" { "Done" }
                                th scope="col" { (not_done_or_in_doubt) }
                            }
                        }
                        tbody {
                            @for organization in sorted.iter().take(MOST_ORGANIZATIONS) {
                                (line(organization, run.organizations.of(organization)))
                            }
                        }
                    }
                }
                @if organizations.len() > MOST_ORGANIZATIONS {
                    p.more { "and " (plural((organizations.len() - MOST_ORGANIZATIONS) as u64, "organization")) " more" }
                }
            }
        }
    }
}

fn line(organization: &Organization, rows: Option<&OrganizationRows>) -> Markup {
    html! {
        tr {
            th.organization scope="row" {
                @if !organization.name.is_empty() { p { (EscapedText::of(&organization.name)) } }
                @if organization.id.is_empty() { p.more { "the token's own" } } @else { code.long { (EscapedText::of(&organization.id)) } }
            }
            td.number { (grouped(rows.map_or(0, |rows| rows.done + rows.not_done).max(organization.rows))) }
            td.number { (grouped(rows.map_or(0, |rows| rows.done))) }
            td {
                @if let Some(rows) = rows && rows.not_done > 0 {
                    p { strong { (grouped(rows.not_done)) } }
                    @for cause in rows.causes.causes.iter().take(MOST_CAUSES) {
                        p.more {
                            (cause.outcome.kind.word()) ", " (plural(cause.rows.count, "row"))
                            @if !cause.outcome.message.is_empty() { ": " (EscapedText::of(&cause.outcome.message)) }
                        }
                    }
                    @if rows.causes.causes.len() > MOST_CAUSES { p.more { "and other causes" } }
                }
            }
        }
    }
}
