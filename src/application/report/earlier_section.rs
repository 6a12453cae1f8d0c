//! The runs that the results of a run come from: which rows are of which of them.

use std::path::Path;

use maud::{Markup, html};

use super::escaped_text::EscapedText;
use super::run_model::{RunModel, WorkSession, total};
use super::timing_section::{how_it_ended, moment};
use crate::application::status;
use crate::journal::{BeginRecord, Organization, RecordedRun, RunHeader};
use crate::model::wording::grouped;
use crate::platform;
use crate::sheet::managed_organizations::key_of;

/// A run that another went on from.
#[derive(Debug)]
pub(super) struct EarlierRun {
    pub(super) header: RunHeader,
    results: String,
    pub(super) begin: Option<BeginRecord>,
    /// When it was at work, and how that ended.
    sittings: Vec<WorkSession>,
    /// Rows that it was the last to send.
    pub(super) rows: u64,
}

impl EarlierRun {
    /// Those that a run went on from, the newest first, as far as their journals are there.
    pub(super) fn all_before(journal: &Path, header: &RunHeader) -> Vec<EarlierRun> {
        if header.follows.is_none() {
            return Vec::new();
        }
        let runs = status::runs_in(platform::folder_of(journal));
        let mut found: Vec<EarlierRun> = Vec::new();
        let mut wanted = header.follows.clone();
        // Oldest first, so each is found before the one that it went on from.
        for run in runs.into_iter().rev() {
            if wanted.as_ref() != Some(&run.header.id) {
                continue;
            }
            let recorded = RecordedRun::open(&run.journal).ok();
            wanted.clone_from(&run.header.follows);
            let sittings = RunModel::read(&run.journal, None, Vec::new());
            found.push(EarlierRun {
                results: run.results_name().to_string_lossy().into_owned(),
                begin: recorded.and_then(|recorded| recorded.last_begin().cloned()),
                header: run.header,
                sittings: sittings.map_or_else(|_| Vec::new(), |model| model.sittings),
                rows: 0,
            });
        }
        found
    }
}

/// Adds the organizations of earlier runs to those of the last one, which may have had rows of fewer.
pub(super) fn add_organizations(begin: &mut BeginRecord, earlier: &[EarlierRun]) {
    let before = earlier.iter().filter_map(|run| run.begin.as_ref());
    for one in before.flat_map(|begin| &begin.organizations) {
        let is_it = |other: &Organization| key_of(&other.id) == key_of(&one.id);
        if !begin.organizations.iter().any(is_it) {
            begin.organizations.push(Organization {
                rows: 0,
                ..one.clone()
            });
        }
    }
}

pub(super) fn runs(run: &RunModel) -> Markup {
    if run.header.follows.is_none() {
        return html! {};
    }
    let of_last = total(run.sittings.iter().map(|sitting| sitting.rows));
    // What kept other rows from being sent is nothing for a page about some of them.
    let is_whole_run = run.part.is_none();
    let line = |began, results: &str, id: &str, rows: u64, ends: &Markup| {
        html! {
            tr {
                th.time scope="row" { (moment(began)) }
                td { (EscapedText::of(results)) }
                td { code { (EscapedText::of(id)) } }
                td.number { (grouped(rows)) }
                @if is_whole_run { td { (ends) } }
            }
        }
    };
    let ends = |sittings: &[WorkSession]| {
        html! {
            @for (index, sitting) in sittings.iter().enumerate() {
                p.end { (moment(sitting.last_sign)) " " (how_it_ended(sitting, index + 1 == sittings.len())) }
            }
        }
    };
    let is_whole = run
        .earlier
        .last()
        .is_some_and(|first| first.header.follows.is_none());
    html! {
        section {
            h2 { "Runs that these rows are of" }
            p { "The last run sent again what those before it had not done. This page is about all of them together; how long it took and what went over the wire is told of the last one." }
            div.wide tabindex="0" role="group" aria-label="Runs" {
                table.sittings {
                    thead {
                        tr {
                            th scope="col" { "Began" }
                            th scope="col" { "Results" }
                            th scope="col" { "Run" }
                            th.number scope="col" { "Rows it sent last" }
                            @if is_whole_run { th scope="col" { "How it ended" } }
                        }
                    }
                    tbody {
                        @for one in run.earlier.iter().rev() {
                            (line(one.header.started_at, &one.results, one.header.id.as_str(), one.rows, &ends(&one.sittings)))
                        }
                        (line(run.header.started_at, "this run", run.header.id.as_str(), of_last, &html! { "see below" }))
                    }
                }
            }
            @if !is_whole { p.more { "The journals of runs before these are not in the folder." } }
        }
    }
}
