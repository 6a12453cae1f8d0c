//! What was asked of whom, and how it is put back.

use maud::{Markup, html};

use super::facts::Facts;
use super::text::Text;
use crate::outcome::OutcomeKind;
use crate::summary::{grouped, plural};

/// A partner's longest list; the sheet has them all.
const MOST_ORGANIZATIONS: usize = 500;

pub(super) fn what(facts: &Facts) -> Markup {
    let input = &facts.header.input;
    let settings = &facts.header.settings;
    let begin = facts.begin();
    let fact = |name: &str, value: Markup| {
        html! { tr { th scope="row" { (name) } td { (value) } } }
    };
    html! {
        section {
            h2 { "What was asked" }
            table.facts {
                tbody {
                    @if let Some(begin) = begin {
                        (fact("Command", html! { code { "wxbulk " (Text::of(&begin.command)) } ", version " (Text::of(&begin.wxbulk)) }))
                    } @else {
                        (fact("Made with", html! { "wxbulk " (Text::of(&facts.header.wxbulk)) }))
                    }
                    (fact("Sheet", html! { (Text::of(&input.name)) ", " (plural(input.rows, "row")) ", " (plural(input.size, "byte")) }))
                    (fact("SHA-256 of the sheet", html! { code.long { (Text::of(&input.sha256)) } }))
                    (fact("Service", html! {
                        @if settings.rehearsal { "a simulator inside wxbulk" } @else { code { (Text::of(&settings.base_url)) } }
                    }))
                    @if let Some(org) = &settings.org {
                        (fact("Rows without an organization", html! { "belong to " code.long { (Text::of(org)) } }))
                    }
                    @if let Some(country) = &settings.country {
                        (fact("Numbers without a country", html! { "belong to " (Text::of(country)) }))
                    }
                    (fact("Which rows", html! { (which_rows(facts)) }))
                    @if !settings.plan {
                        (fact("Numbers from before", html! {
                            @if settings.backup { "read and kept before each change" } @else { "not kept" }
                        }))
                    }
                    @if let Some(begin) = begin {
                        (fact("Pace", html! {
                            (plural(begin.concurrency as u64, "request")) " at once at most, "
                            @match &begin.rate {
                                Some(rate) => { "no more than " (Text::of(rate)) }
                                None => "as fast as the service allowed"
                            }
                        }))
                    }
                }
            }
        }
    }
}

fn which_rows(facts: &Facts) -> String {
    let settings = &facts.header.settings;
    let mut said = vec![if settings.only_failed {
        "those that an earlier run did not leave as asked"
    } else {
        "all"
    }];
    if settings.skip_invalid {
        said.push("bad rows left out");
    }
    if settings.allow_duplicates {
        said.push("several rows for one location in the order of the sheet");
    }
    said.join("; ")
}

pub(super) fn organizations(facts: &Facts) -> Markup {
    let organizations = facts
        .begin()
        .map(|begin| begin.organizations.as_slice())
        .unwrap_or_default();
    if organizations.is_empty() {
        return html! {};
    }
    html! {
        section {
            h2 { "Organizations" }
            table {
                thead {
                    tr {
                        th scope="col" { "Organization" }
                        th.number scope="col" { "Rows to send" }
                    }
                }
                tbody {
                    @for organization in organizations.iter().take(MOST_ORGANIZATIONS) {
                        tr {
                            th.organization scope="row" {
                                @if !organization.name.is_empty() { p { (Text::of(&organization.name)) } }
                                @if organization.id.is_empty() { "the token's own" } @else { code.long { (Text::of(&organization.id)) } }
                            }
                            td.number { (grouped(organization.rows)) }
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

pub(super) fn way_back(facts: &Facts, undo: &str) -> Markup {
    let settings = &facts.header.settings;
    let of = |kind: OutcomeKind| facts.outcomes.get(&kind).copied().unwrap_or_default();
    let changed = of(OutcomeKind::Updated).saturating_add(of(OutcomeKind::Unknown));
    html! {
        section {
            h2 { "The way back" }
            @if settings.rehearsal || settings.plan {
                p { "Nothing was changed, so there is nothing to put back." }
            } @else if changed == 0 {
                p { "No location is known to have been changed, so there is nothing to put back." }
            } @else if settings.backup {
                p {
                    "The numbers from before were kept. This puts them back at " (plural(changed, "location"))
                    ", after asking, with an access token as for the run:"
                }
                pre tabindex="0" { code { (Text::of(undo)) } }
                p {
                    "It needs the results file of the run. What somebody else has changed since is left alone, and the undo is itself recorded, so that it can be undone too."
                }
            } @else {
                p {
                    "The numbers from before were not kept, since the run was made without " code { "--backup" }
                    "; wxbulk cannot put them back. An earlier sheet or export that has them can be sent like any other."
                }
            }
        }
    }
}
