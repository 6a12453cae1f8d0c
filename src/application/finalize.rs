//! The end of a run: what became of each row goes into the results, what it came to is told.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};

use crate::application::closing_notes::{
    is_without_a_way_back, say_if_rehearsed, say_use_of_numbers, say_what_is_above,
    say_what_to_keep, say_what_was_declined, say_what_was_left, say_where_the_page_is,
    say_whose_rows_an_undo_names, tell_unknown_usage,
};
use crate::application::earlier_runs::changed_results;
use crate::application::earlier_runs::rows_left_unknown;
use crate::application::exit_code::ExitCode;
use crate::application::later_changes;
use crate::application::logging;
use crate::application::plan_guard::NewPlan;
use crate::application::plan_lines::PlanLines;
use crate::application::recorder::SentRows;
use crate::application::report::{PageChoice, page_file};
use crate::application::results::{self, Content, Form, Tally};
use crate::application::run_facts;
use crate::application::run_settings::LaterChanges;
use crate::application::run_settings::{RunSettings, Start, SummaryFormat, Target};
use crate::application::spool;
use crate::application::status::StatusReader;
use crate::application::suggested_commands;
use crate::application::summary::{Again, ResultsForm, Summary, UndoKind};
use crate::engine::abort::AbortReason;
use crate::engine::pipeline::{RunResult, Task};
use crate::journal::{EndRecord, Journal};
use crate::model::clock;
use crate::model::counts::Counts;
use crate::model::outcome::{Outcome, OutcomeKind};
use crate::platform;
use crate::setting;
use crate::sheet::Origin;
use crate::sheet::check::CheckedSheet;
use crate::sheet::selection::Selection;
use crate::stderr::say;
use crate::table::{self, CsvStyle, Existing, FileChecksum};

/// Whoever presses Ctrl-C when the last row is done stops nothing.
fn stopped_something(reason: &AbortReason, rows_left: u64) -> bool {
    rows_left > 0 || !matches!(reason, AbortReason::Interrupted)
}

/// Writes the results and tells how a run has `ended` that `sent` these rows.
pub(super) fn finalize(
    settings: &RunSettings,
    selection: &Selection<'_>,
    checked: &CheckedSheet,
    mut journal: Journal,
    ended: RunResult,
    sent: &SentRows,
) -> ExitCode {
    let unfinished: BTreeMap<u64, Outcome> = ended.unfinished.into_iter().collect();
    let rows_left = checked.rows_to_send().saturating_sub(journal.finished());
    let mut reason = ended
        .reason
        .filter(|reason| stopped_something(reason, rows_left));
    let mut lines = PlanLines::default();
    let written = write_results(settings, selection, &mut journal, &unfinished, &mut lines);
    let are_lines_printed = lines.end(settings, &journal);
    let (tally, results) = match written {
        Ok((mut tally, written)) => {
            say_what_is_above(settings, selection.sheet, tally.are_rows_moved);
            say_use_of_numbers(settings, checked, &tally);
            say_what_was_declined(settings);
            if let Err(error) = journal.end(end_record(&mut tally, written, reason.as_ref())) {
                reason.get_or_insert(AbortReason::CannotRecord(error));
            }
            (tally, Some(settings.spec.output.display().to_string()))
        }
        Err(error) => {
            say(&format!("error: {}", platform::describe_error(&error)));
            // Of rows without a record nothing can be told now.
            let tally = Tally {
                counts: journal.counts().unwrap_or_default(),
                ..Tally::default()
            };
            (tally, None)
        }
    };
    let has_done_rows = tally.done_before > 0;
    let has_conflicts = tally.counts.of(OutcomeKind::Conflict) > 0;
    let mut summary = Summary {
        rows_in_sheet: checked.rows,
        rows_left,
        left_out: settings.lineage.left_out,
        set_again: tally.set_again.rows(),
        counts: tally.counts,
        outside: tally.outside,
        remedies: tally.remedies,
        again_outside: suggested_commands::send_all_failed(settings),
        sent: sent_now(settings, sent, &unfinished),
        verb: verb(settings.spec.task),
        resume: match &reason {
            Some(AbortReason::NotManaged { missing, .. }) => {
                suggested_commands::with_resume_by(settings, missing)
            }
            _ => suggested_commands::with_resume(settings),
        },
        reason,
        setting: checked.setting.unwrap_or(setting::ALL[0]),
        requests: ended.requests,
        throttled: ended.throttled,
        took: took(settings, sent),
        results,
        results_form: results_form(settings),
        fails_on_difference: settings.spec.fails_on_difference,
        is_output_missing: false,
        again: again(settings, has_done_rows),
        undo_first: undo_first(settings, &journal),
        not_approved: NewPlan::count_unapproved(settings, checked),
        is_under_plan: NewPlan::of(settings).is_some(),
        undo: UndoKind::of(settings),
        plan_left: suggested_commands::plan_what_is_left(settings, has_conflicts),
        facts: run_facts::of(journal.run()),
    };
    tracing::info!(summary = %summary.to_json(), "the run has ended");
    let is_complete = summary.reason.is_none() && summary.results.is_some();
    let is_unneeded =
        settings.spec.is_kept_if_different && summary.exit_code() == ExitCode::Success;
    if journal.finished() > 0 && !is_unneeded {
        let not_done = summary.counts.not_done();
        say_what_to_keep(settings, checked, is_complete, not_done);
    }
    say_what_was_left(settings, &unfinished);
    if is_without_a_way_back(settings, &summary) {
        say("note: made without --backup, so this run cannot be undone");
    }
    let sha256 = journal.run().header().input.sha256.clone();
    // Windows lets nobody read it meanwhile.
    drop(journal);
    if is_complete {
        spool::remove(&settings.spec.output, &sha256);
    }
    let report = write_report(settings);
    summary.is_output_missing = !are_lines_printed || report.is_err() || logging::has_failed();
    if is_unneeded {
        summary.results_form = discard(&settings.spec.output);
    } else if settings.summary == SummaryFormat::Json {
        summary.facts.insert("next".into(), next_steps(settings));
    }
    summary.is_output_missing |= !is_told(&summary, settings.summary);
    tell_unknown_usage(ended.usage_unknown, settings, summary.setting);
    say_whose_rows_an_undo_names(settings, &summary);
    say_where_the_page_is(settings, &report);
    say_if_rehearsed(settings, sent);
    summary.exit_code()
}

/// What the journal says of the end.
fn end_record(tally: &mut Tally, results: FileChecksum, reason: Option<&AbortReason>) -> EndRecord {
    EndRecord {
        finished_at: clock::now(),
        complete: reason.is_none(),
        results,
        stopped: reason.map(ToString::to_string),
        outcomes: tally.counts.by_kind().clone(),
        without_record: std::mem::take(&mut tally.without_record),
        skipped: std::mem::take(&mut tally.skipped),
    }
}

/// Writes what became of each row.
fn write_results(
    settings: &RunSettings,
    selection: &Selection<'_>,
    journal: &mut Journal,
    unfinished: &BTreeMap<u64, Outcome>,
    lines: &mut PlanLines,
) -> Result<(Tally, FileChecksum)> {
    journal.sync()?;
    let journal = &*journal;
    let output = &settings.spec.output;
    let unknown_before =
        rows_left_unknown::of_earlier_parts(settings.start, output, journal, unfinished);
    let existing = existing(settings.start);
    let usage_check = settings.spec.usage_check;
    let content = Content {
        form: settings.spec.form.for_sheet(selection.columns),
        is_workbook: table::is_workbook(output),
        style: CsvStyle {
            for_excel: settings.for_excel,
            ..selection.sheet.csv_style()
        },
        selection,
        journal,
        is_usage_known: usage_check.plan_asks_of_all(selection.columns.setting),
        is_read_first: settings.spec.task != Task::Write,
        unfinished,
        unknown_before: &unknown_before,
    };
    if existing == Existing::Replace {
        changed_results::keep(output, journal)?;
    }
    results::write(output, existing, content, |line, org_id| {
        lines.show(line, org_id, settings.summary);
    })
}

/// What became of the rows that this process finished, and of those that it left on the wire.
fn sent_now(
    settings: &RunSettings,
    sent: &SentRows,
    unfinished: &BTreeMap<u64, Outcome>,
) -> Counts {
    let mut counts = sent.counts.clone();
    let left = unfinished.values();
    let left = left.filter(|outcome| outcome.kind != OutcomeKind::NotAttempted);
    left.for_each(|outcome| counts.add(outcome));
    if settings.spec.form == Form::Export {
        // There is nothing that the values could differ from.
        counts.take_for(OutcomeKind::Different, OutcomeKind::Unchanged);
    }
    counts
}

/// Removes a plan in which nothing differs, and its record. One that stays does no harm.
fn discard(plan: &Path) -> ResultsForm {
    for path in [plan, &Journal::path_for(plan)] {
        let _ = fs::remove_file(path);
    }
    ResultsForm::NotKept
}

/// What `status` says of the run, now that it has ended.
fn next_steps(settings: &RunSettings) -> Value {
    let journal = Journal::path_for(&settings.spec.output);
    let status = StatusReader::open(&journal).and_then(|mut reader| reader.read(clock::now()));
    status.map_or_else(|_| json!([]), |status| json!(status.next))
}

fn undo_first(settings: &RunSettings, journal: &Journal) -> Vec<(LaterChanges, u64)> {
    let later = &settings.lineage.later;
    let rows = later_changes::left_alone(later, journal);
    later.iter().cloned().zip(rows).collect()
}

fn again(settings: &RunSettings, has_done_rows: bool) -> Again {
    match suggested_commands::send_failed(settings) {
        Some(command) if settings.spec.command == "undo" => Again::Undo(command),
        Some(command) => Again::Rows(command),
        None if suggested_commands::is_held_to_plan_of_part(settings) => Again::PlanWhatIsLeft,
        None if settings.spec.form == Form::Plan => Again::Plan {
            sheet: settings.spec.sheet.path.display().to_string(),
            is_of_undo: settings.spec.sheet.reading.origin != Origin::Person,
            again: suggested_commands::same_plan_again(settings),
            without: suggested_commands::apply_without_them(settings, has_done_rows),
            apply: suggested_commands::apply_plan(settings, has_done_rows),
        },
        None => Again::Never,
    }
}

fn existing(start: Start) -> Existing {
    match start {
        Start::Fresh => Existing::Refuse,
        Start::Resume => Existing::Replace,
    }
}

fn results_form(settings: &RunSettings) -> ResultsForm {
    if table::is_workbook(&settings.spec.output) {
        ResultsForm::Workbook
    } else if settings.for_excel {
        ResultsForm::CsvForExcel
    } else {
        ResultsForm::PlainCsv
    }
}

/// What is done with rows.
fn verb(task: Task) -> &'static str {
    match task {
        Task::Read => "read",
        Task::Write | Task::ReadThenWrite => "sent",
    }
}

/// How long it took; in a rehearsal, how long the real run would take, however much it was sped up.
fn took(settings: &RunSettings, sent: &SentRows) -> Duration {
    match settings.target {
        Target::Service { .. } => sent.took,
        Target::Rehearsal { speed, .. } => {
            let seconds = sent.took.as_secs_f64() * speed;
            Duration::try_from_secs_f64(seconds).unwrap_or(sent.took)
        }
    }
}

/// Writes the page about the run, if one was asked for.
fn write_report(settings: &RunSettings) -> Result<Option<&Path>> {
    let Some(report) = settings.report.as_deref() else {
        return Ok(None);
    };
    let all = PageChoice::default();
    page_file::write(&settings.spec.output, report, &all, settings.report_changes)?;
    Ok(Some(report))
}

/// Tells what the run came to; where it cannot be printed that is said.
fn is_told(summary: &Summary, format: SummaryFormat) -> bool {
    let told = tell(summary, format);
    if let Err(error) = &told {
        let why = platform::describe_error(error);
        say(&format!("error: the summary cannot be printed: {why}"));
    }
    told.is_ok()
}

fn is_no_error(code: ExitCode) -> bool {
    matches!(code, ExitCode::Success | ExitCode::Different)
}

fn tell(summary: &Summary, format: SummaryFormat) -> Result<()> {
    match format {
        SummaryFormat::Quiet if is_no_error(summary.exit_code()) => {}
        SummaryFormat::WhereStopped if summary.has_ended() => {}
        SummaryFormat::Text | SummaryFormat::Quiet | SummaryFormat::WhereStopped => {
            say(summary.to_string().trim_end());
        }
        SummaryFormat::Json => {
            let mut out = io::stdout().lock();
            writeln!(out, "{:#}", summary.to_json())?;
            out.flush()?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interrupt_after_the_last_row_stopped_nothing() {
        for (reason, rows_left, stopped) in [
            (AbortReason::Interrupted, 0, false),
            (AbortReason::Interrupted, 1, true),
            (AbortReason::FirstRowsDone, 0, true),
        ] {
            assert_eq!(
                stopped_something(&reason, rows_left),
                stopped,
                "{reason:?}, {rows_left} left"
            );
        }
    }
}
