//! A run, whatever it is to do: check the sheet, ask, send, write what came of it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use anyhow::{Context, Result, anyhow};
use tokio::time::Instant;

use crate::clock;
use crate::commands::begin;
use crate::commands::check::{say_counts, say_doubts};
use crate::commands::confirm::confirm;
use crate::commands::invocation;
use crate::commands::recorder::RunRecorder;
use crate::commands::{rehearsal, report, rights};
use crate::journal::{EndRecord, Journal};
use crate::outcome::Outcome;
use crate::pace::Pacer;
use crate::pipeline::{self, Ended, Task};
use crate::platform::{self, StopSignals};
use crate::progress::{Progress, say, talk};
use crate::results::{self, Content, Form};
use crate::row::Row;
use crate::selection::{Choice, Selection};
use crate::settings::{BadRows, Consent, RunSettings, Start, SummaryFormat, Target};
use crate::sheet::check::{Checked, check};
use crate::sheet::columns::Columns;
use crate::sheet::expectations::Expectations;
use crate::sheet::kind::ProblemKind;
use crate::sheet::listing::{ListFormat, Listing};
use crate::sheet::{Numbered, Sheet};
use crate::simulator::Simulator;
use crate::stop::StopReason;
use crate::summary::{ExitCode, Summary, plural};
use crate::table::{Existing, TextStyle};
use crate::webex::http::{Connection, Webex};
use crate::webex::token::Credentials;

pub(super) async fn carry_out(settings: RunSettings) -> Result<ExitCode> {
    let mut sheet = Sheet::open(
        &settings.deed.sheet.path,
        settings.deed.sheet.reading.clone(),
    )?;
    sheet.assumptions.iter().for_each(|said| say(said));
    begin::ensure_results_are_not_the_sheet(&settings)?;
    let (report_to, results) = (settings.report.clone(), settings.deed.output.clone());
    if let Some(report_to) = &report_to {
        report::ensure_there_is_room(report_to, &results)?;
    }

    let mut listing = Listing::begin(ListFormat::Text, &mut talk())?;
    let mut checked = check(&sheet, settings.deed.sheet.duplicates, |problem| {
        listing.add(problem, &mut talk())
    })?;
    for line in listing.withheld("; wxbulk check --format csv lists them all") {
        say(&line);
    }
    if !may_go_on(&sheet, &checked, settings.bad_rows) {
        return Ok(ExitCode::NothingSent);
    }
    let selected = selection(&settings, &sheet, &checked)?;
    let form = form_for(settings.deed.form, selected.columns);
    results::ensure_they_fit(&settings.deed.output, form, selected.columns, checked.rows)?;
    let header = begin::header(&settings, &sheet, &checked)?;
    let earlier = match settings.start {
        Start::Resume => Some(begin::go_on(&settings, &header)?),
        Start::Fresh => {
            begin::make_room(&settings)?;
            None
        }
    };

    let mut way = connect(&settings, &selected)?;
    let mut pointless = None;
    if checked.rows_to_send() > 0 {
        let mut inquiry = rights::inquiry(&settings, &way.service, &mut way.pacer, &mut way.stop);
        let known = earlier.as_ref().and_then(Journal::names);
        pointless = rights::consult(&mut inquiry, &mut sheet, &checked, known).await?;
        if !sheet.register.is_empty() {
            checked = check_again(&sheet, &settings, &checked)?;
            if !may_go_on(&sheet, &checked, settings.bad_rows) {
                return Ok(ExitCode::NothingSent);
            }
        }
        let has_to_read = pointless.is_none() && settings.deed.task != Task::Change;
        let selected = selection(&settings, &sheet, &checked)?;
        if has_to_read && let Some(first) = rows_to_send(&selected, None, Vec::new())?.next() {
            let may = rights::ensure_it_may_read(&mut inquiry, &first?).await;
            pointless = may.err();
        }
    }
    for doubt in say_doubts(&checked) {
        say(&doubt);
    }

    let selected = selection(&settings, &sheet, &checked)?;
    let plan = settings.deed.expectations.as_deref();
    let plan = plan
        .map(|path| Sheet::open(path, settings.deed.sheet.reading.clone()))
        .transpose()?;
    if plan.is_some() {
        // All of it once, so that a plan of another sheet is noticed before anything is sent.
        rows_to_send(&selected, plan.as_ref(), Vec::new())?.try_for_each(|row| row.map(drop))?;
    }
    let mut journal = if let Some(journal) = earlier {
        journal
    } else {
        if pointless.is_none() && !is_wanted(&settings, &checked, &mut way.stop).await? {
            say("nothing was sent");
            return Ok(ExitCode::NothingSent);
        }
        let path = Journal::path_for(&settings.deed.output);
        Journal::create(&path, header, settings.durability)?
    };
    if let (Some(names), None) = (sheet.register.names(), journal.names()) {
        journal.note_names(names.clone())?;
    }
    journal.begin(begin::record(&settings, &sheet, &checked))?;
    let code = send(
        settings,
        way,
        pointless,
        &selected,
        plan.as_ref(),
        &checked,
        &mut journal,
    )
    .await?;
    // Windows lets nobody read it meanwhile.
    drop(journal);
    if let Some(report_to) = &report_to {
        report::write(&results, report_to)
            .unwrap_or_else(|error| say(&format!("error: {error:#}")));
    }
    Ok(code)
}

/// How the service is reached: from the first question to the last row.
struct Way {
    service: Webex,
    pacer: Pacer,
    stop: StopSignals,
    /// What stands in for the service in a rehearsal.
    _simulator: Option<Simulator>,
}

fn connect(settings: &RunSettings, selection: &Selection<'_>) -> Result<Way> {
    let (base_url, credentials, simulator) = match &settings.target {
        Target::Service {
            base_url,
            credentials,
        } => (base_url.clone(), credentials.clone(), None),
        Target::Rehearsal { speed } => {
            let (base_url, token, simulator) = rehearsal::start(selection, *speed)?;
            (base_url, Credentials::Token(token), Some(simulator))
        }
    };
    Ok(Way {
        service: Webex::connect(Connection {
            base_url,
            credentials,
            timeout: settings.timeout,
            connections: settings.pace.concurrency.get(),
            warn: say,
        })?,
        pacer: Pacer::new(&settings.pace, Instant::now()),
        stop: StopSignals::listen().context("cannot listen for Ctrl-C")?,
        _simulator: simulator,
    })
}

fn selection<'a>(
    settings: &RunSettings,
    sheet: &'a Sheet,
    checked: &'a Checked,
) -> Result<Selection<'a>> {
    let columns = sheet.columns.as_ref();
    Ok(Selection {
        sheet,
        columns: columns.map_err(|_| anyhow!("the header of the sheet cannot be used"))?,
        duplicates: &checked.duplicates,
        duplicate_policy: settings.deed.sheet.duplicates,
    })
}

/// Checks the sheet once more, now against what the service said, and tells only what is new.
fn check_again(sheet: &Sheet, settings: &RunSettings, before: &Checked) -> Result<Checked> {
    let mut said = Vec::new();
    let mut listing = Listing::begin(ListFormat::Text, &mut said)?;
    let checked = check(sheet, settings.deed.sheet.duplicates, |problem| {
        let row = problem.place.row;
        let is_new = match problem.kind {
            ProblemKind::SameLocation => before.duplicates.of_row(row).is_none(),
            kind => kind.is_known_to_the_service_only(),
        };
        if is_new {
            listing.add(problem, &mut said)?;
        }
        Ok(())
    })?;
    let said = String::from_utf8_lossy(&said);
    let lines = said.lines().map(String::from).chain(listing.withheld(""));
    lines.for_each(|line| say(&line));
    Ok(checked)
}

/// Whether what the check found lets a run begin.
fn may_go_on(sheet: &Sheet, checked: &Checked, bad_rows: BadRows) -> bool {
    let is_refused = checked.bad_rows > 0 && bad_rows == BadRows::Refuse;
    if is_refused {
        say("hint: mend these rows, or leave them out with --skip-invalid");
    } else if checked.rows == 0 && checked.problems == 0 {
        say("the sheet has a header and no rows");
    }
    if is_refused || sheet.columns.is_err() {
        say(&format!("{}; nothing was sent", say_counts(checked)));
        return false;
    }
    true
}

async fn is_wanted(
    settings: &RunSettings,
    checked: &Checked,
    stop: &mut StopSignals,
) -> Result<bool> {
    let Target::Service { base_url, .. } = &settings.target else {
        return Ok(true);
    };
    if settings.deed.consent == Consent::Given || checked.rows_to_send() == 0 {
        return Ok(true);
    }
    let question = format!(
        "{} {} for {} to {base_url}?",
        settings.deed.question,
        plural(checked.rows_to_send(), "row"),
        plural(checked.organisations as u64, "organisation"),
    );
    confirm(&question, stop).await
}

async fn send(
    settings: RunSettings,
    way: Way,
    pointless: Option<StopReason>,
    selection: &Selection<'_>,
    plan: Option<&Sheet>,
    checked: &Checked,
    journal: &mut Journal,
) -> Result<ExitCode> {
    let started = Instant::now();
    let done_before = journal.finished_rows();
    let already = journal.finished();
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        sheet = %selection.sheet.path.display(),
        results = %settings.deed.output.display(),
        done_before = already,
        "{} to send, at most {} at once",
        plural(checked.rows_to_send().saturating_sub(already), "row"),
        settings.pace.concurrency,
    );
    let progress = Progress::start(settings.manner, checked.rows_to_send(), already);
    let mut recorder = RunRecorder::new(journal, progress);
    let ended = match pointless {
        Some(reason) => Ended::before_the_first_row(reason),
        None => {
            pipeline::run(
                &way.service,
                way.pacer.afresh(&settings.pace, started),
                settings.course,
                &checked.duplicates,
                rows_to_send(selection, plan, done_before)?,
                way.stop,
                &mut recorder,
            )
            .await
        }
    };
    recorder.end();
    if let (Some(memory), Some(rate)) = (settings.memory, ended.rate) {
        memory.remember(rate, clock::now());
    }

    let unfinished: BTreeMap<u64, Outcome> = ended.unfinished.into_iter().collect();
    let mut reason = ended.reason;
    let existing = match settings.start {
        Start::Fresh => Existing::Refuse,
        Start::Resume => Existing::Replace,
    };
    let written = journal.sync().and_then(|()| {
        let content = Content {
            form: form_for(settings.deed.form, selection.columns),
            style: TextStyle {
                for_excel: settings.for_excel,
                ..selection.sheet.text_style()
            },
            selection,
            journal,
            unfinished: &unfinished,
        };
        results::write(&settings.deed.output, existing, content, show)
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
                reason.get_or_insert(StopReason::CannotRecord(error));
            }
            (
                tally.counts,
                Some(settings.deed.output.display().to_string()),
            )
        }
        Err(error) => {
            say(&format!("error: {}", platform::in_words(&error)));
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
        resume: invocation::with_resume(),
        send_failed: invocation::send_failed(&settings.deed.output),
    };
    tracing::info!(summary = %summary.to_json(), "the run has ended");
    tell(&summary, settings.summary);
    Ok(summary.exit_code())
}

/// What an earlier run noted is not lost by sending again what failed in it.
fn form_for(form: Form, columns: &Columns) -> Form {
    match form {
        Form::Results if columns.previous().is_some() => Form::ResultsWithPrevious,
        form => form,
    }
}

/// Prints a line of a plan.
fn show(line: &str) {
    // Nothing can be done when nobody takes it; the plan has it too.
    let _ = writeln!(io::stdout().lock(), "{line}");
}

/// The rows of the sheet to send, but for those in `done_before`.
fn rows_to_send<'a>(
    selection: &'a Selection<'a>,
    plan: Option<&'a Sheet>,
    done_before: Vec<bool>,
) -> Result<impl Iterator<Item = Result<Row<'static>>> + 'a> {
    let mut records = selection.sheet.records()?;
    let mut expectations = plan.map(Expectations::read).transpose()?;
    // A plan saw all rows of a location as they were before the first of them. A sheet that holds
    // its own expectations knows what the row before will have put there.
    let knows_repeats = plan.is_some_and(|plan| plan.path == selection.sheet.path);
    let mut numbered = Numbered::default();
    let mut next = move || -> Result<Option<Row<'static>>> {
        while records.read(&mut numbered)? {
            if let Some(expectations) = &mut expectations {
                expectations.advance()?;
            }
            let index = usize::try_from(numbered.row).unwrap_or(usize::MAX);
            if done_before.get(index) == Some(&true) {
                continue;
            }
            let Choice::Send(row) = selection.choose(&numbered) else {
                continue;
            };
            let mut row = row.into_owned();
            let is_repeat = selection.duplicates.of_row(row.number).is_some();
            if let Some(expectations) = &expectations
                && (knows_repeats || !is_repeat)
            {
                row.expected = expectations.of(&row)?;
            }
            return Ok(Some(row));
        }
        Ok(None)
    };
    Ok(std::iter::from_fn(move || next().transpose()))
}

fn tell(summary: &Summary, format: SummaryFormat) {
    match format {
        SummaryFormat::Quiet if summary.exit_code() == ExitCode::AsAsked => {}
        SummaryFormat::Text | SummaryFormat::Quiet => say(summary.to_string().trim_end()),
        SummaryFormat::Json => {
            // Nothing can be done when nobody takes it.
            let _ = writeln!(io::stdout().lock(), "{:#}", summary.to_json());
        }
    }
}
