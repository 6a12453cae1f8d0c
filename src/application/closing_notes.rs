//! What is said at the end of a run beside its summary.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;

use crate::application::files_to_keep;
use crate::application::plan_guard::{self, plan_edits};
use crate::application::recorder::SentRows;
use crate::application::report::page_file;
use crate::application::results::{Form, Tally};
use crate::application::run_settings::{RunSettings, SummaryFormat, Target};
use crate::application::status;
use crate::application::suggested_commands;
use crate::application::summary::Summary;
use crate::engine::pipeline::{Task, UsageCheck};
use crate::model::outcome::{Outcome, OutcomeKind};
use crate::model::wording::{plural, plural_were};
use crate::platform;
use crate::setting::{self, Setting, usage_after_row};
use crate::sheet::Sheet;
use crate::sheet::check::CheckedSheet;
use crate::stderr::say;

/// Says that it was a rehearsal, and what a rehearsal does not know.
pub(super) fn say_if_rehearsed(settings: &RunSettings, sent: &SentRows) {
    let spec = &settings.spec;
    if !matches!(settings.target, Target::Rehearsal { .. }) || settings.is_quiet() {
        return;
    }
    // A plan and an undo have in them what will be found.
    let is_in_the_dark = spec.preconditions.is_none() && spec.command != "undo";
    if is_in_the_dark && sent.counts.rows > 0 {
        say(&format!(
            "note: a rehearsal does not know the present numbers, so rows that are already as the sheet says count as {} here. A plan shows what would really change:\n  {}",
            if spec.task == Task::Read {
                "different"
            } else {
                "updated"
            },
            suggested_commands::plan_after_rehearsal(settings)
        ));
    }
    say("this was a rehearsal: nothing was changed");
}

/// Where a sheet has a title that its results have not, and where the rows of a plan have other numbers than
/// those of its sheet, as below one.
pub(super) fn say_what_is_above(settings: &RunSettings, sheet: &Sheet, are_rows_moved: bool) {
    let spec = &settings.spec;
    if settings.is_quiet() || settings.summary != SummaryFormat::Text {
        return;
    }
    if sheet.header_row() > 1 && spec.form != Form::Export {
        say(&format!(
            "note: what stands above the header of `{}` is not in `{}`",
            spec.sheet.path.display(),
            spec.output.display()
        ));
    }
    if spec.form == Form::Plan && are_rows_moved {
        say(&format!(
            "note: rows are numbered here as in `{}`; in `{}` the header is row 1, and apply numbers them as they stand there",
            spec.sheet.path.display(),
            spec.output.display()
        ));
    }
}

/// Where rows of an undo are not done: of which file they are. They keep the numbers of the results that are
/// undone, in whatever place they stand in the undo's own files.
pub(super) fn say_whose_rows_an_undo_names(settings: &RunSettings, summary: &Summary) {
    let spec = &settings.spec;
    let is_told = settings.summary == SummaryFormat::Text && !settings.is_quiet();
    if spec.command == "undo" && summary.counts.not_done() > 0 && is_told {
        let typed = settings.typed.file.as_deref().unwrap_or_default();
        let undone = status::results_of_journal(Path::new(typed));
        let undone = undone.unwrap_or_else(|| typed.into());
        say(&format!(
            "note: rows are numbered here as in `{}`, which is undone; so they are in the columns `resultsRow` and `row` of `{}`",
            undone.display(),
            spec.output.display()
        ));
    }
}

/// Which rows of the sheet were left out when a plan of it was applied last.
pub(super) fn say_what_was_declined(settings: &RunSettings) {
    let spec = &settings.spec;
    let is_told = settings.summary == SummaryFormat::Text && !settings.is_quiet();
    let is_of_a_sheet = !spec.sheet.reading.rows.is_of_results();
    if spec.form == Form::Plan
        && is_of_a_sheet
        && is_told
        && let Some(note) = plan_guard::say_declined(settings)
    {
        say(&note);
    }
}

/// Where rules lead nowhere, and what else a plan shows of the use of numbers. That rules make them matter is
/// said where it was not looked at.
pub(super) fn say_use_of_numbers(settings: &RunSettings, checked: &CheckedSheet, tally: &Tally) {
    let spec = &settings.spec;
    if spec.form != Form::Plan && tally.leading_nowhere > 0 {
        let rows = tally.leading_nowhere;
        say(&plan_edits::say_leading_nowhere(rows, "the rows say"));
    }
    if spec.form != Form::Plan || settings.is_quiet() || settings.summary != SummaryFormat::Text {
        return;
    }
    if tally.leading_nowhere > 0 {
        say(&plan_edits::say_leading_nowhere(
            tally.leading_nowhere,
            "`reason` in the plan says",
        ));
    }
    let setting = checked.setting.unwrap_or(setting::ALL[0]);
    if spec.usage_check == UsageCheck::Always
        && let Some(why) = why_usage_adds_nothing(setting)
    {
        say(&format!("note: --usage adds nothing here: {why}"));
    }
    if tally.unused > 0 {
        let differs = tally.counts.of(OutcomeKind::Different) > 0;
        let is_kept = !spec.is_kept_if_different || differs || tally.counts.not_done() > 0;
        let which = if is_kept {
            "`reason` in the plan says which"
        } else {
            "a plan without --exit-code says which"
        };
        say(&format!(
            "note: in {} a number is set that no rule of the location uses; {which}",
            plural(tally.unused, "row")
        ));
    }
    let differs = tally.counts.of(OutcomeKind::Different) > 0;
    let is_verification = spec.fails_on_difference;
    let set_again = tally.set_again.rows();
    if is_verification && set_again > 0 {
        let are = if set_again == 1 { "is" } else { "are" };
        say(&format!(
            "note: {} {are} for a {} that is as the last of its rows asks, so nothing differs there in the end",
            plural(set_again, "row"),
            setting.target.noun
        ));
    }
    let is_asked_of_some = spec.usage_check == UsageCheck::WhereCleared
        && !spec.usage_check.plan_asks_of_all(setting)
        && !setting.used_in.is_empty();
    if is_asked_of_some && differs && checked.values_set > 0 && !is_verification {
        say(&format!(
            "note: a number does nothing until a rule sends calls to it. Which rules use these numbers, a plan with --usage shows:\n  {}",
            suggested_commands::plan_with_usage(settings)
        ));
    }
}

/// Why a plan of a setting shows no more of the use of numbers than it always does.
fn why_usage_adds_nothing(setting: &Setting) -> Option<String> {
    let target = setting.target;
    if setting.used_in.is_empty() {
        return Some(format!(
            "{} may have rules of their own, which are not looked at",
            target.plural
        ));
    }
    setting.has_rules().then(|| {
        format!(
            "each plan of rules shows what uses the numbers of a {}",
            target.noun
        )
    })
}

/// Which files are kept, mailed or deleted.
pub(super) fn say_what_to_keep(
    settings: &RunSettings,
    checked: &CheckedSheet,
    is_complete: bool,
    not_done: u64,
) {
    if settings.summary == SummaryFormat::Text
        && let Some(kept) = files_to_keep::describe(settings, checked, is_complete, not_done)
    {
        say(&kept);
    }
}

/// Where the run was left before all answers came.
pub(super) fn say_what_was_left(settings: &RunSettings, unfinished: &BTreeMap<u64, Outcome>) {
    let outcomes = unfinished.values();
    let unknown = outcomes.filter(|outcome| outcome.kind == OutcomeKind::Unknown);
    let rows = unknown.count() as u64;
    let (their, them) = match rows {
        0 => return,
        1 => ("its answer", "it"),
        _ => ("their answers", "them"),
    };
    if settings.summary == SummaryFormat::Text {
        say(&format!(
            "note: {} sent and {their} did not come, so the change may be there; --resume sends {them} again",
            plural_were(rows, "row")
        ));
    }
}

/// Whether something was changed and nobody knows what was there before.
pub(super) fn is_without_a_way_back(settings: &RunSettings, summary: &Summary) -> bool {
    let is_real = matches!(settings.target, Target::Service { .. });
    is_real
        && settings.spec.task == Task::Write
        && settings.summary == SummaryFormat::Text
        && summary.sent.of(OutcomeKind::Updated) + summary.sent.of(OutcomeKind::Unknown) > 0
}

/// Where the page about the run is, or why there is none.
pub(super) fn say_where_the_page_is(settings: &RunSettings, written: &Result<Option<&Path>>) {
    match written {
        Ok(Some(page)) if !settings.is_quiet() => page_file::say_where(page),
        Ok(_) => {}
        Err(error) => say(&format!("error: {}", platform::describe_error(error))),
    }
}

/// Numbers were cleared in the dark, or would be.
pub(super) fn tell_unknown_usage(rows: u64, settings: &RunSettings, setting: &Setting) {
    if rows == 0 {
        return;
    }
    let is_plan = settings.spec.form == Form::Plan;
    let what = if usage_after_row::is_rules_alone(setting) && !is_plan {
        "the numbers are set that the rules use"
    } else if is_plan {
        "rules use the numbers"
    } else {
        "rules use the numbers that were cleared"
    };
    let where_to_look = if is_plan {
        "`reason` in the plan says why"
    } else {
        "the rows say why"
    };
    say(&format!(
        "warning: of {} it could not be checked whether {what}; {where_to_look}",
        plural(rows, "row")
    ));
}
