//! The end of a run: what became of each row goes into the results, what it came to is told.

use std::collections::BTreeMap;
use std::io::{self, Write};

use tokio::time::Instant;

use crate::application::exit_code::ExitCode;
use crate::application::report::page_file;
use crate::application::results::{self, Content};
use crate::application::settings::{RunSettings, Start, SummaryFormat, Target};
use crate::application::spool;
use crate::application::suggested_commands;
use crate::application::summary::Summary;
use crate::engine::abort::AbortReason;
use crate::engine::pipeline::RunResult;
use crate::journal::{EndRecord, Journal};
use crate::model::clock;
use crate::model::outcome::Outcome;
use crate::model::wording::plural;
use crate::platform;
use crate::sheet::check::CheckedSheet;
use crate::sheet::selection::Selection;
use crate::stderr::say;
use crate::table::{CsvStyle, Existing};

/// Writes the results and tells how a run that began at `started` has `ended`.
pub(super) fn finalize(
    settings: &RunSettings,
    selection: &Selection<'_>,
    checked: &CheckedSheet,
    mut journal: Journal,
    started: Instant,
    ended: RunResult,
) -> ExitCode {
    let unfinished: BTreeMap<u64, Outcome> = ended.unfinished.into_iter().collect();
    let mut reason = ended.reason;
    let existing = match settings.start {
        Start::Fresh => Existing::Refuse,
        Start::Resume => Existing::Replace,
    };
    let written = journal.sync().and_then(|()| {
        let content = Content {
            form: settings.spec.form.for_sheet(selection.columns),
            style: CsvStyle {
                for_excel: settings.for_excel,
                ..selection.sheet.csv_style()
            },
            selection,
            journal: &journal,
            unfinished: &unfinished,
        };
        results::write(&settings.spec.output, existing, content, show)
    });
    let (counts, results) = match written {
        Ok((tally, written)) => {
            let end = EndRecord {
                finished_at: clock::now(),
                complete: reason.is_none(),
                results: written,
                stopped: reason.as_ref().map(ToString::to_string),
                outcomes: tally.counts.by_kind().clone(),
                without_record: tally.without_record,
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
    let summary = Summary {
        rows_in_sheet: checked.rows,
        rows_left: checked.rows_to_send().saturating_sub(journal.finished()),
        counts,
        reason,
        requests: ended.requests,
        throttled: ended.throttled,
        took: started.elapsed(),
        results,
        resume: suggested_commands::with_resume(settings),
        send_failed: suggested_commands::send_failed(settings),
    };
    tracing::info!(summary = %summary.to_json(), "the run has ended");
    tell(&summary, settings.summary);
    tell_unknown_usage(ended.usage_unknown);
    // Windows lets nobody read it meanwhile.
    drop(journal);
    if summary.reason.is_none() && summary.results.is_some() {
        spool::remove(&settings.spec.output);
    }
    write_report(settings);
    if matches!(settings.target, Target::Rehearsal { .. }) {
        say("this was a rehearsal: nothing was changed");
    }
    summary.exit_code()
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

fn write_report(settings: &RunSettings) {
    let Some(report) = &settings.report else {
        return;
    };
    match page_file::write(&settings.spec.output, report) {
        Ok(()) if settings.summary == SummaryFormat::Quiet => {}
        Ok(()) => page_file::say_where(report),
        Err(error) => say(&format!("error: {}", platform::describe_error(&error))),
    }
}

/// Prints a line of a plan.
fn show(line: &str) {
    // Nothing can be done when nobody takes it; the plan has it too.
    let _ = writeln!(io::stdout().lock(), "{line}");
}

fn tell(summary: &Summary, format: SummaryFormat) {
    match format {
        SummaryFormat::Quiet if summary.exit_code() == ExitCode::Success => {}
        SummaryFormat::Text | SummaryFormat::Quiet => say(summary.to_string().trim_end()),
        SummaryFormat::Json => {
            // Nothing can be done when nobody takes it.
            let _ = writeln!(io::stdout().lock(), "{:#}", summary.to_json());
        }
    }
}
