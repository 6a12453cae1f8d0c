//! The page as a whole: its head, the verdict, the figures that matter most, and its parts in order.

use anyhow::Result;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::changes_section;
use super::escaped_text::EscapedText;
use super::run_model::RunModel;
use super::{
    earlier_section, organization_section, outcome_section, request_section, timing_section,
};
use crate::application::run_settings::ChangeList;
use crate::journal::RunHeader;
use crate::model::clock::in_words;
use crate::model::outcome::OutcomeKind;
use crate::model::wording::{grouped, plural, plural_were};
use crate::setting::{self, Setting};

const STYLE: &str = include_str!("style.css");

/// Nothing is fetched and nothing is run, whatever the page says: only its own style counts.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/// What stands before the stamp of a page.
const STAMPED: &str = "<meta name=\"wxbulk\" content=\"";

/// What the stamp of a rehearsal's page begins with.
const REHEARSAL: &str = "rehearsal ";

/// Whether a page that begins so is about a run, if there is one, and just this `part` of it; or about a
/// rehearsal, which nobody will miss.
pub fn may_be_replaced(start: &str, run: Option<&RunHeader>, part: &str) -> bool {
    let Some((_, stamped)) = start.split_once(STAMPED) else {
        return false;
    };
    stamped.starts_with(REHEARSAL)
        || run.is_some_and(|run| stamped.split('"').next() == Some(&stamp(run, part)))
}

/// By what a page is known to be of the same run, and the same part of it: it stands near its top.
fn stamp(header: &RunHeader, part: &str) -> String {
    let kind = if header.settings.rehearsal {
        REHEARSAL
    } else {
        "run "
    };
    // Made of our own alphabet, so that it reads the same in a page.
    let sheet: String = header
        .input
        .sha256
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    let of_part = if part.is_empty() { "" } else { " part " };
    format!("{kind}{} {sheet}{of_part}{part}", header.started_at)
}

pub(super) fn render(run: &RunModel, undo: &str, list: ChangeList, part: &str) -> Result<String> {
    let title = title(run);
    let title = EscapedText::of(&title);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="wxbulk" content=(stamp(&run.header, part));
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                link rel="icon" href="data:,";
                title { (title.plain()) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    header {
                        p.kind { "Webex Calling · " @if run.header.settings.rehearsal { "rehearsal" } @else { "change report" } " · " (EscapedText::of(&run.own_sheet))
                            @if let Some(name) = run.header.input.worksheet.as_ref().filter(|_| !run.is_of_made_sheet()) { ", sheet " (EscapedText::of(name)) } }
                        h1 { (title) }
                    }
                    (verdict(run))
                    (figures(run))
                    (outcome_section::outcomes(run))
                    (outcome_section::causes(run))
                    (outcome_section::left_out(run))
                    (changes_section::changes(run, list))
                    (request_section::way_back(run, undo))
                    (request_section::what(run))
                    (earlier_section::runs(run))
                    (timing_section::sittings(run))
                    @if run.part.is_none() { (timing_section::traffic(run)?) }
                    (organization_section::organizations(run))
                }
                footer {
                    p {
                        "All times are UTC. Rows are numbered as a spreadsheet shows them: the header is row 1. "
                        "Written by wxbulk " (env!("CARGO_PKG_VERSION")) " from the record that the run kept, the file that ends in " code { ".journal" } "."
                    }
                }
            }
        }
    };
    Ok(page.into_string())
}

/// What was done to what: `Auto transfer numbers of 60 locations, Contoso Ltd`.
fn title(run: &RunModel) -> String {
    let setting = Setting::named(&run.header.setting).unwrap_or(setting::ALL[0]);
    let begin = run.begin();
    let rehearsal = if run.header.settings.rehearsal {
        "Rehearsal: "
    } else {
        ""
    };
    let kind = match begin.map_or("", |begin| &begin.command) {
        _ if run.header.undoes.is_some() => "Undo: ",
        "undo" => "Undo: ",
        "selftest" => "Selftest: ",
        _ if run.header.settings.plan => "Plan: ",
        _ => "",
    };
    let rows = match begin.and_then(|begin| begin.rows_to_send) {
        // Those that the runs before it have done are not sent again.
        _ if run.header.follows.is_some() => run.rows().saturating_sub(run.rows_skipped()),
        rows => rows.unwrap_or(run.rows()),
    };
    let targets = run.target().count(rows);
    let organizations = begin.map_or(&[][..], |begin| &begin.organizations);
    let whose = match organizations {
        [only] if !only.name.is_empty() => format!(", {}", only.name),
        [] | [_] => String::new(),
        several => format!(", {}", plural(several.len() as u64, "organization")),
    };
    format!("{rehearsal}{kind}{} of {targets}{whose}", setting.title)
}

/// How it stands with a run, in the order of what a reader should worry about.
fn verdict(run: &RunModel) -> Markup {
    let told = run.rows_done().saturating_add(run.rows_skipped());
    let open = run.rows().saturating_sub(told);
    let (class, mark, words) = match run.end() {
        None => (
            "warning",
            "!",
            html! {
                @if run.is_running {
                    strong { "Still going." } " The page tells how the run stood when it was made."
                } @else {
                    strong { "Not ended." } " The run was cut off without a chance to say why; resuming it finishes the sheet."
                }
            },
        ),
        Some(end) if !end.complete => (
            "warning",
            "!",
            html! {
                strong { "Stopped before the end" }
                @match &end.stopped {
                    Some(why) => { ": " (EscapedText::of(why)) "." }
                    None => { "." }
                }
                " " (plural(run.rows_to_do(), "row")) " to do; resuming the run finishes the sheet."
                @if run.rows_not_done() > 0 { " " (plural(run.rows_not_done(), "row")) " not done." }
                (in_doubt(run))
            },
        ),
        Some(_) if run.header.settings.plan && open == 0 => (
            "good",
            "✓",
            html! { strong { "Finished: the numbers of every row were read." } },
        ),
        Some(_) if open > 0 => (
            "problem",
            "×",
            match open.saturating_sub(run.rows_in_doubt()) {
                0 => html! { strong { "Finished." } (in_doubt(run)) },
                open => html! {
                    strong { "Finished, with " (plural(open, "row")) " not done." } (in_doubt(run))
                    " The failures are listed below, by cause."
                },
            },
        ),
        Some(_) => (
            "good",
            "✓",
            html! { strong { @if !run.deleted_from_plan().is_empty() { "Finished: every row that was approved is done." } @else if run.rows_skipped() > 0 { "Finished: every row to send is done." } @else { "Finished: every row is done." } } },
        ),
    };
    html! {
        div.verdict.(class) {
            span.mark aria-hidden="true" { (mark) }
            p { (words) }
        }
        @if let Some(part) = &run.part {
            div.verdict.note {
                span.mark aria-hidden="true" { "i" }
                p { strong { "A part of the run." } " This page is about the rows " (EscapedText::of(part)) " and about no others." }
            }
        }
        @if let Some(undone) = &run.undone {
            div.verdict.note {
                span.mark aria-hidden="true" { "↶" }
                p {
                    strong { @if undone.completely { "Undone" } @else { "Partly undone" } }
                    " by " (undone.runs_in_words("")) "."
                }
            }
        }
        @if run.header.settings.rehearsal {
            div.verdict.note {
                span.mark aria-hidden="true" { "i" }
                p { strong { "A rehearsal." } " It was sent to a simulator inside wxbulk; nothing changed in Webex."
                    @if run.header.plan.is_none() { " It did not know the present numbers, so rows that are already as the sheet says count as changed." } }
            }
        } @else if run.header.settings.plan {
            div.verdict.note {
                span.mark aria-hidden="true" { "i" }
                p { strong { "Only looked at." } " The present numbers were read; nothing was changed." }
            }
        }
    }
}

/// What is known of rows that may be done.
fn in_doubt(run: &RunModel) -> Markup {
    let unseen = run.rows_confirmed_and_unseen();
    let others = run.rows_in_doubt().saturating_sub(unseen);
    html! {
        @if unseen > 0 { " " (plural_were(unseen, "row")) " confirmed by Webex and could not be read back." }
        @if others > 0 { " " (plural(others, "row")) " may be done, and may not be." }
    }
}

fn figures(run: &RunModel) -> Markup {
    let is_plan = run.header.settings.plan;
    let (done, not_done) = if is_plan {
        ("Looked at", "Could not be looked at")
    } else {
        ("Done", "Not done")
    };
    let values = match Setting::named(&run.header.setting) {
        _ if is_plan => "Would be",
        Some(setting) if setting.noun == "number" => "Numbers",
        _ => "Values",
    };
    let of_all = &run.changes;
    let changed = [
        OutcomeKind::Updated,
        OutcomeKind::Partly,
        OutcomeKind::Different,
    ];
    let changed = changed.iter().filter_map(|kind| run.outcomes.get(kind));
    let changed = changed.fold(0, |sum: u64, count| sum.saturating_add(*count));
    let rows = match &run.header.plan {
        _ if run.part.is_some() => "Rows in this part",
        Some(_) => "Rows in the plan",
        None => "Rows in the sheet",
    };
    let deleted = run.deleted_from_plan();
    let deleted: u64 = deleted.iter().map(|(_, rows)| rows.count).sum();
    let is_in_doubt_only = run.rows_in_doubt() > 0 && run.rows_not_done() == 0;
    // What the runs before it took is told on their own pages.
    let of_last = if run.header.follows.is_some() {
        ", last run"
    } else {
        ""
    };
    html! {
        dl.figures {
            (figure(rows, &grouped(run.rows())))
            (figure(done, &grouped(run.rows_done())))
            @if !is_in_doubt_only { (figure(not_done, &grouped(run.rows_not_done()))) }
            @if run.rows_in_doubt() > 0 { (figure("May be done", &grouped(run.rows_in_doubt()))) }
            (figure(if is_plan { "Rows that differ" } else { "Rows changed" }, &grouped(changed)))
            @if run.rows_skipped() > 0 { (figure("Skipped", &grouped(run.rows_skipped()))) }
            @if deleted > 0 { (figure("Deleted from the plan", &grouped(deleted))) }
            @if run.rows_to_do() > 0 { (figure("To do", &grouped(run.rows_to_do()))) }
            @if !of_all.are_unknown {
                (figure(&format!("{values} set"), &grouped(of_all.set)))
                (figure(&format!("{values} changed"), &grouped(of_all.changed)))
                (figure(&format!("{values} cleared"), &grouped(of_all.cleared)))
            }
            @if run.knows_traffic() {
                (figure(&format!("Requests sent{of_last}"), &grouped(run.requests)))
                (figure(&format!("429 answers{of_last}"), &grouped(run.throttled)))
            }
            (figure(&format!("Time at work{of_last}"), &in_words(run.took())))
        }
    }
}

fn figure(name: &str, value: &str) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}
