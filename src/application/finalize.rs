//! The end of a run: what became of each row goes into the results, what it came to is told.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use crate::application::earlier_runs::changed_results;
use crate::application::earlier_runs::later_changes::{self, LaterChanges};
use crate::application::earlier_runs::rows_left_unknown;
use crate::application::exit_code::ExitCode;
use crate::application::files_to_keep;
use crate::application::logging;
use crate::application::plan_guard::NewPlan;
use crate::application::plan_guard::plan_edits;
use crate::application::recorder::SentRows;
use crate::application::report::page_file;
use crate::application::results::{self, Content, Form, Tally};
use crate::application::run_facts;
use crate::application::run_settings::{RunSettings, Start, SummaryFormat, Target};
use crate::application::spool;
use crate::application::status;
use crate::application::suggested_commands;
use crate::application::summary::{Again, ResultsForm, Summary};
use crate::engine::abort::AbortReason;
use crate::engine::pipeline::{RunResult, Task, UsageCheck};
use crate::journal::{EndRecord, Journal};
use crate::model::clock;
use crate::model::counts::Counts;
use crate::model::outcome::{Outcome, OutcomeKind};
use crate::model::wording::{listed, plural};
use crate::platform;
use crate::setting;
use crate::sheet::check::CheckedSheet;
use crate::sheet::selection::Selection;
use crate::stderr::say;
use crate::table::{self, CsvStyle, Existing, FileChecksum};
use crate::webex::error_body::flatten;

/// Organizations of a plan that are named.
const ORGANIZATIONS_NAMED: usize = 5;

/// Lines of a plan that are shown; the file has them all.
const LINES_SHOWN: u64 = 20;

fn say_if_rehearsed(settings: &RunSettings, sent: &SentRows) {
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
    lines.end(settings, &journal);
    let (counts, results) = match written {
        Ok((tally, written)) => {
            if tally.are_rows_moved {
                say_whose_rows_are_named(settings);
            }
            say_use_of_numbers(settings, checked, &tally);
            let end = EndRecord {
                finished_at: clock::now(),
                complete: reason.is_none(),
                results: written,
                stopped: reason.as_ref().map(ToString::to_string),
                outcomes: tally.counts.by_kind().clone(),
                without_record: tally.without_record,
                skipped: tally.skipped,
            };
            if let Err(error) = journal.end(end) {
                reason.get_or_insert(AbortReason::CannotRecord(error));
            }
            (
                tally.counts,
                Some(settings.spec.output.display().to_string()),
            )
        }
        Err(error) => {
            say(&format!("error: {}", platform::describe_error(&error)));
            // Of rows without a record nothing can be told now.
            (journal.counts().unwrap_or_default(), None)
        }
    };
    let mut summary = Summary {
        rows_in_sheet: checked.rows,
        rows_left,
        counts,
        sent: sent_now(settings, sent, &unfinished),
        verb: verb(settings.spec.task),
        reason,
        setting: checked.setting.unwrap_or(setting::ALL[0]),
        requests: ended.requests,
        throttled: ended.throttled,
        took: took(settings, sent),
        results,
        results_form: results_form(settings),
        fails_on_difference: settings.spec.fails_on_difference,
        is_output_missing: false,
        resume: suggested_commands::with_resume(settings),
        again: again(settings),
        plan_conflicts: suggested_commands::plan_conflicts(settings, checked.not_approved > 0),
        undo_first: undo_first(settings, &journal),
        not_approved: checked.not_approved,
        new_plan: NewPlan::of(settings),
        facts: run_facts::of(journal.run()),
    };
    tracing::info!(summary = %summary.to_json(), "the run has ended");
    let is_complete = summary.reason.is_none() && summary.results.is_some();
    let is_unneeded =
        settings.spec.is_kept_if_different && summary.exit_code() == ExitCode::Success;
    if journal.finished() > 0 && !is_unneeded {
        say_what_to_keep(settings, checked, is_complete);
    }
    say_what_was_left(settings, &unfinished);
    if is_without_a_way_back(settings, &summary) {
        say("note: made without --backup, so this run cannot be undone");
    }
    // Windows lets nobody read it meanwhile.
    drop(journal);
    if is_complete {
        spool::remove(&settings.spec.output);
    }
    let report = write_report(settings);
    summary.is_output_missing = report.is_err() || logging::has_failed();
    if is_unneeded {
        summary.results_form = discard(&settings.spec.output);
    }
    summary.is_output_missing |= !is_told(&summary, settings.summary);
    tell_unknown_usage(ended.usage_unknown);
    say_whose_rows_an_undo_names(settings, &summary);
    say_where_the_page_is(settings, &report);
    say_if_rehearsed(settings, sent);
    summary.exit_code()
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
    let content = Content {
        form: settings.spec.form.for_sheet(selection.columns),
        is_workbook: table::is_workbook(output),
        style: CsvStyle {
            for_excel: settings.for_excel,
            ..selection.sheet.csv_style()
        },
        selection,
        journal,
        unfinished,
        unknown_before: &unknown_before,
    };
    if existing == Existing::Replace {
        changed_results::keep(output, journal)?;
    }
    results::write(output, existing, content, |line| {
        lines.show(line, settings.summary);
    })
}

/// The organizations of the sheet by name; `None` where a name is not known.
fn named_organizations(journal: &Journal) -> Option<String> {
    let begin = journal.run().last_begin()?;
    let names = begin.organizations.iter().take(ORGANIZATIONS_NAMED);
    let mut names: Vec<String> = names.map(|one| flatten(&one.name)).collect();
    if names.is_empty() || names.iter().any(String::is_empty) {
        return None;
    }
    let more = begin.organizations.len() - names.len();
    if more > 0 {
        names.push(plural(more as u64, "more organization"));
    }
    Some(listed(&names))
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

fn undo_first(settings: &RunSettings, journal: &Journal) -> Vec<(LaterChanges, u64)> {
    let later = &settings.lineage.later;
    let rows = later_changes::left_alone(later, journal);
    later.iter().cloned().zip(rows).collect()
}

fn again(settings: &RunSettings) -> Again {
    match suggested_commands::send_failed(settings) {
        Some(command) if settings.spec.command == "undo" => Again::Undo(command),
        Some(command) => Again::Rows(command),
        None if settings.spec.form == Form::Plan => Again::Plan {
            sheet: settings.spec.sheet.path.display().to_string(),
            again: suggested_commands::same_plan_again(settings),
            without: suggested_commands::apply_without_them(settings),
        },
        None => Again::Never,
    }
}

/// Where the rows of a plan have other numbers than those of its sheet, as below a title.
fn say_whose_rows_are_named(settings: &RunSettings) {
    let spec = &settings.spec;
    if spec.form == Form::Plan && !settings.is_quiet() && settings.summary == SummaryFormat::Text {
        say(&format!(
            "note: rows are numbered here as in `{}`; in `{}` the header is row 1, and apply numbers them as they stand there",
            spec.sheet.path.display(),
            spec.output.display()
        ));
    }
}

/// Where rows of an undo are not done: of which file they are. They keep the numbers of the results that are
/// undone, in whatever place they stand in the undo's own files.
fn say_whose_rows_an_undo_names(settings: &RunSettings, summary: &Summary) {
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

/// What a plan shows of the use of numbers. That rules make them matter is said where it was not looked at.
fn say_use_of_numbers(settings: &RunSettings, checked: &CheckedSheet, tally: &Tally) {
    let spec = &settings.spec;
    if spec.form != Form::Plan || settings.is_quiet() || settings.summary != SummaryFormat::Text {
        return;
    }
    if tally.leading_nowhere > 0 {
        say(&plan_edits::say_leading_nowhere(tally.leading_nowhere));
    }
    let setting = checked.setting.unwrap_or(setting::ALL[0]);
    let has_no_rules = setting.is_one_resource() && !setting.used_in.is_empty();
    let is_asked_of_some = has_no_rules && spec.usage_check == UsageCheck::WhereCleared;
    if !is_asked_of_some && tally.unused > 0 {
        say(&format!(
            "note: in {} a number is set that no rule of the location uses; `reason` in the plan says which",
            plural(tally.unused, "row")
        ));
    }
    let differs = tally.counts.of(OutcomeKind::Different) > 0;
    let is_verification = spec.fails_on_difference;
    if is_asked_of_some && differs && checked.values_set > 0 && !is_verification {
        say(&format!(
            "note: a number does nothing until a rule sends calls to it. Which rules use these numbers, a plan with --usage shows:\n  {}",
            suggested_commands::plan_with_usage(settings)
        ));
    }
}

fn existing(start: Start) -> Existing {
    match start {
        Start::Fresh => Existing::Refuse,
        Start::Resume => Existing::Replace,
    }
}

fn say_what_to_keep(settings: &RunSettings, checked: &CheckedSheet, is_complete: bool) {
    if settings.summary == SummaryFormat::Text
        && let Some(kept) = files_to_keep::describe(settings, checked, is_complete)
    {
        say(&kept);
    }
}

/// Where the run was left before all answers came.
fn say_what_was_left(settings: &RunSettings, unfinished: &BTreeMap<u64, Outcome>) {
    let outcomes = unfinished.values();
    let unknown = outcomes.filter(|outcome| outcome.kind == OutcomeKind::Unknown);
    let (rows, their, them) = match unknown.count() as u64 {
        0 => return,
        1 => ("1 row was".to_string(), "its answer", "it"),
        rows => (
            format!("{} were", plural(rows, "row")),
            "their answers",
            "them",
        ),
    };
    if settings.summary == SummaryFormat::Text {
        say(&format!(
            "note: {rows} sent and {their} did not come, so the change may be there; --resume sends {them} again"
        ));
    }
}

/// Whether something was changed and nobody knows what was there before.
fn is_without_a_way_back(settings: &RunSettings, summary: &Summary) -> bool {
    let is_real = matches!(settings.target, Target::Service { .. });
    is_real
        && settings.spec.task == Task::Write
        && settings.summary == SummaryFormat::Text
        && summary.sent.of(OutcomeKind::Updated) + summary.sent.of(OutcomeKind::Unknown) > 0
}

fn say_where_the_page_is(settings: &RunSettings, written: &Result<Option<&Path>>) {
    match written {
        Ok(Some(page)) if !settings.is_quiet() => page_file::say_where(page),
        Ok(_) => {}
        Err(error) => say(&format!("error: {}", platform::describe_error(error))),
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

/// Numbers were cleared in the dark.
fn tell_unknown_usage(rows: u64) {
    if rows > 0 {
        say(&format!(
            "warning: of {} it could not be checked whether rules use the numbers that were cleared; the rows say why",
            plural(rows, "row")
        ));
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
    page_file::write(&settings.spec.output, report, settings.report_changes)?;
    Ok(Some(report))
}

/// The lines of a plan: the first of them are printed. What a program reads has nothing besides.
#[derive(Debug, Default)]
struct PlanLines {
    shown: u64,
    withheld: u64,
}

impl PlanLines {
    fn show(&mut self, line: &str, format: SummaryFormat) {
        if format == SummaryFormat::Json {
            return;
        }
        if self.shown == LINES_SHOWN {
            self.withheld += 1;
            return;
        }
        self.shown += 1;
        print(line);
    }

    fn end(&self, settings: &RunSettings, journal: &Journal) {
        if self.withheld > 0 {
            let more = plural(self.withheld, "more row");
            let plan = settings.spec.output.display();
            print(&format!("… and {more} in {plan}"));
        }
        if self.shown > 0
            && !settings.is_quiet()
            && let Some(organizations) = named_organizations(journal)
        {
            say(&format!("the rows above are of {organizations}"));
        }
    }
}

fn print(line: &str) {
    // Nothing can be done when nobody takes it; the plan has it too.
    let _ = writeln!(io::stdout().lock(), "{line}");
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

fn tell(summary: &Summary, format: SummaryFormat) -> Result<()> {
    match format {
        SummaryFormat::Quiet if summary.exit_code() == ExitCode::Success => {}
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
