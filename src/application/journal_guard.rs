//! What stands on disk already when a run begins, and whether it may be touched: nothing of an
//! earlier run is ever overwritten unless that run was a rehearsal or this one goes on with it.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::application::earlier_runs::changed_results::is_as_written;
use crate::application::earlier_runs::latest_results;
use crate::application::earlier_runs::truncated_journal;
use crate::application::plan_guard::{NewPlan, PlanGuard};
use crate::application::recorded_waits;
use crate::application::report::page_file;
use crate::application::results;
use crate::application::run_record;
use crate::application::run_settings::{RunSettings, Start};
use crate::application::service_facts::ServiceFacts;
use crate::application::spool::{self, Spool};
use crate::application::status;
use crate::application::suggested_commands;
use crate::engine::pipeline::Task;
use crate::journal::{
    self, BeginRecord, CredentialRecord, Journal, MeaningfulSettings, RecordedRun, RunHeader,
};
use crate::model::clock;
use crate::model::outcome::OutcomeKind;
use crate::model::wording::{plural, plural_were};
use crate::pace::KeptWait;
use crate::platform;
use crate::sheet::Sheet;
use crate::sheet::check::CheckedSheet;
use crate::sheet::names::ResolvedNames;
use crate::sheet::row_selector::RowSelector;
use crate::table;

/// What a run begins from: its own header, and the journal of the part before where it goes on.
#[derive(Debug)]
pub(super) struct Earlier {
    header: RunHeader,
    journal: Option<Journal>,
}

impl Earlier {
    /// How its last part began.
    pub(super) fn last_begin(&self) -> Option<&BeginRecord> {
        self.journal.as_ref().and_then(|one| one.run().last_begin())
    }

    /// The credentials that took part in its first part and in its last one, if they were several.
    pub(super) fn credentials(&self) -> impl Iterator<Item = &CredentialRecord> {
        let run = self.journal.as_ref().map(Journal::run);
        let begins = run.map(|run| [run.first_begin(), run.last_begin()]);
        let begins = begins.into_iter().flatten().flatten();
        begins.flat_map(|begin| &begin.credentials)
    }

    /// How many requests a second its parts got through, against the service itself.
    pub(super) fn requests_a_second(&self) -> Option<f64> {
        let run = self.journal.as_ref()?.run();
        run.requests_a_second()
            .filter(|_| !run.header().settings.rehearsal)
    }

    /// Rows that are done already.
    pub(super) fn finished(&self) -> u64 {
        self.journal.as_ref().map_or(0, Journal::finished)
    }

    /// Which rows those are, by their numbers.
    pub(super) fn finished_rows(&self) -> Vec<bool> {
        let run = self.journal.as_ref().map(Journal::run);
        run.map_or_else(Vec::new, RecordedRun::finished_rows)
    }

    pub(super) fn is_resumed(&self) -> bool {
        self.journal.is_some()
    }

    /// Until when the service asked this user to wait, in an earlier part of the run or in those before it.
    pub(super) fn recorded_wait(&self, settings: &RunSettings, user: &str) -> Option<KeptWait> {
        let own = self.journal.as_ref().map(|journal| journal.run().gates());
        let gates = own.into_iter().flatten().chain(&settings.lineage.gates);
        recorded_waits::longest_wait(gates, user)
    }

    /// Where the first rows of a run are to be seen before the rest goes: how many of them are left;
    /// `None` where there is nothing to wait for.
    pub(super) fn first_rows_left(&self, settings: &RunSettings) -> Result<Option<u64>> {
        let (Some(first), Some(journal)) = (settings.spec.first, &self.journal) else {
            return Ok(settings.spec.first);
        };
        if self.are_first_rows_shown() {
            return Ok(None);
        }
        let counts = journal.counts()?;
        let done = counts.rows - counts.of(OutcomeKind::Unchanged);
        Ok(Some(first.saturating_sub(done)))
    }

    fn are_first_rows_shown(&self) -> bool {
        let begin = self.last_begin();
        begin.is_some_and(|begin| begin.first_rows_shown)
    }

    /// Whether the first rows were shown and nobody has said since that the rest is to be sent.
    pub(super) fn waits_for_a_word(&self) -> bool {
        let begin = self.last_begin();
        begin.is_some_and(|begin| begin.first_rows_shown && !begin.rest_is_wanted)
    }

    /// The journal of the part before, where this one goes on with it.
    pub(super) fn journal(&self) -> Option<&Journal> {
        self.journal.as_ref()
    }

    /// What the names of the sheet meant when the run began.
    pub(super) fn names(&self) -> Option<&ResolvedNames> {
        self.journal.as_ref().and_then(Journal::names)
    }
}

/// Notes that the first rows were shown, or what was answered to the question after them.
pub(super) fn note_first_rows_shown(journal: &mut Journal, rest_is_wanted: bool) -> Result<()> {
    let begin = journal.run().last_begin().cloned().unwrap_or_default();
    journal.begin(BeginRecord {
        began_at: clock::now(),
        first_rows_shown: true,
        rest_is_wanted,
        ..begin
    })?;
    journal.sync()
}

/// Makes sure that everything that is to be written may be, and opens the journal to go on with.
pub(super) fn compare(
    settings: &RunSettings,
    sheet: &Sheet,
    checked: &CheckedSheet,
) -> Result<Earlier> {
    let results = &settings.spec.output;
    ensure_results_are_not_the_sheet(settings)?;
    if let Some(report) = &settings.report {
        page_file::ensure_there_is_room(report, results)?;
    }
    if let Ok(columns) = &sheet.columns {
        let form = settings.spec.form.for_sheet(columns);
        results::ensure_they_fit(results, form, columns, checked.rows)?;
    }
    if platform::is_taken(results) && !results.is_file() {
        bail!(
            "the results cannot be written: `{}` is not a file; move it away, or name another file with --output",
            results.display()
        );
    }
    let header = run_record::header(settings, sheet, checked)?;
    let journal = match settings.start {
        Start::Resume => {
            status::ensure_not_undone(&Journal::path_for(results))?;
            latest_results::ensure_may_go_on(settings, sheet)?;
            Some(go_on(settings, &header)?)
        }
        Start::Fresh => {
            make_room(settings)?;
            spool::ensure_name_is_free(results, &header.input.sha256)?;
            None
        }
    };
    Ok(Earlier { header, journal })
}

/// Begins the run on disk, or goes on with it: the copy of the sheet, then the journal.
pub(super) fn begin(
    settings: &RunSettings,
    sheet: &Sheet,
    earlier: Earlier,
    spool: &Spool,
    facts: &ServiceFacts,
    checked: &CheckedSheet,
    plan: &PlanGuard,
) -> Result<Journal> {
    let results = &settings.spec.output;
    let first_rows_shown = earlier.are_first_rows_shown();
    let mut journal = if let Some(journal) = earlier.journal {
        journal
    } else {
        let is_kept_now = spool.keep(results, &earlier.header.input.sha256)?;
        let header = RunHeader {
            settings: MeaningfulSettings {
                backup: settings.spec.task == Task::ReadThenWrite,
                org: run_record::org_id(settings),
                ..earlier.header.settings
            },
            ..earlier.header
        };
        let sha256 = header.input.sha256.clone();
        let created = Journal::create(&Journal::path_for(results), header);
        let mut journal = created.inspect_err(|_| {
            if is_kept_now {
                spool::remove(results, &sha256);
            }
        })?;
        // The next part of the run does not look at the runs before it.
        let now = clock::now();
        for gate in settings
            .lineage
            .gates
            .iter()
            .filter(|gate| gate.until > now)
        {
            journal.note_gate(gate.clone())?;
        }
        journal
    };
    if let (Some(names), None) = (facts.directory.names(), journal.names()) {
        journal.note_names(names.clone())?;
    }
    let mut record = run_record::begin_record(settings, facts, checked);
    if let Some(before) = journal.run().last_begin() {
        run_record::keep_names(&mut record, before);
    }
    journal.begin(BeginRecord {
        first_rows_shown,
        // It was asked about before, or there was nobody to ask.
        rest_is_wanted: first_rows_shown,
        planned_sheet: NewPlan::of(settings).map_or(String::new(), |planned| planned.sheet),
        deleted_from_plan: plan.deleted(),
        skipped_in_plan: plan.skipped(),
        left_out_of_plan: sheet.left_out_of_plan(),
        ..record
    })?;
    Ok(journal)
}

fn ensure_results_are_not_the_sheet(settings: &RunSettings) -> Result<()> {
    let sheet = &settings.spec.sheet.path;
    if table::would_overwrite(&settings.spec.output, sheet) {
        bail!(
            "the results would overwrite the sheet `{}`; name another file with --output",
            sheet.display()
        );
    }
    let copy = Spool::path_for(&settings.spec.output);
    if settings.start == Start::Fresh && table::would_overwrite(&copy, sheet) {
        bail!(
            "the run would keep its copy of the sheet as `{}`, and remove it when it is done; name another file with --output",
            copy.display()
        );
    }
    Ok(())
}

/// Makes sure that a run may begin: no results and no journal, or those of a rehearsal, which
/// nobody will miss.
fn make_room(settings: &RunSettings) -> Result<()> {
    let results = &settings.spec.output;
    let journal_path = Journal::path_for(results);
    if !journal::exists(&journal_path)? {
        if platform::is_taken(results) {
            bail!(
                "`{}` exists already; move it away, or name another file with --output",
                results.display()
            );
        }
        return Ok(());
    }
    let (journal, header) = Journal::open(&journal_path)?;
    let is_missed_by_nobody = header.settings.rehearsal || journal.run().is_blank(clock::now());
    if is_missed_by_nobody && is_as_written(journal.run(), results)? {
        drop(journal);
        // A page that may be replaced is about that run.
        let page = settings.report.iter();
        for path in [results, &journal_path].into_iter().chain(page) {
            if platform::is_taken(path) {
                fs::remove_file(path).with_context(|| {
                    format!(
                        "cannot remove what an earlier run left, `{}`",
                        path.display()
                    )
                })?;
            }
        }
        spool::remove(results, &header.input.sha256);
        return Ok(());
    }
    let once_more = format!(
        "hint: to send all rows of this sheet once more, name other results than `{}` with --output",
        results.display(),
    );
    if header.settings.part != settings.spec.sheet.part {
        let what = |part: &RowSelector| {
            if part.is_whole_sheet() {
                "the whole sheet".to_string()
            } else {
                part.to_string()
            }
        };
        // Rows of both would be sent again.
        let (was, is) = (&header.settings.part, &settings.spec.sheet.part);
        let hint = match is.clone().narrow(was) {
            Ok(()) => "name other results for it with --output".to_string(),
            Err(_) => format!(
                "each part has results of its own: {}",
                suggested_commands::with_other_results(settings)
            ),
        };
        bail!(
            "`{}` belongs to a run of {}, and this one is of {}\nhint: {hint}",
            results.display(),
            what(was),
            what(is),
        );
    }
    if let Some(end) = journal.last_end().filter(|end| end.complete) {
        let has_failed = !end.outcomes.keys().all(|kind| kind.is_success());
        // What that run was held to, this one may not be.
        let began = journal
            .run()
            .last_begin()
            .map(|began| began.retry_command.clone());
        let recorded = began.filter(|command| !command.is_empty());
        let command = recorded.or_else(|| suggested_commands::send_failed(settings));
        let command = command.filter(|_| has_failed);
        let again = command.map_or(String::new(), |command| {
            format!("\nhint: to send again what failed in it: {command}")
        });
        bail!(
            "`{}` holds the results of a finished run{again}\n{once_more}",
            results.display(),
        );
    }
    let besides = match journal.run().sent_without_answer()? {
        0 => String::new(),
        rows => format!(
            "; {} sent besides, and no answer came",
            plural_were(rows, "row")
        ),
    };
    bail!(
        "an earlier run of this sheet did not reach its end; `{}` has its {}{besides}\nhint: to go on with it: {}\n{once_more}",
        journal_path.display(),
        plural(journal.finished(), "finished row"),
        suggested_commands::with_resume(settings)
    )
}

/// Opens the journal of an earlier run, if that run was about the same.
fn go_on(settings: &RunSettings, header: &RunHeader) -> Result<Journal> {
    let results = &settings.spec.output;
    let path = Journal::path_for(results);
    let (journal, earlier) = Journal::open(&path)?;
    if earlier.input.sha256 != header.input.sha256 {
        bail!(
            "the sheet is not the one that run began with: `{}` had {} rows and {} bytes, `{}` has {} rows and {} bytes\n\
             hint: put the sheet back as it was to go on; or start a run of its own for the new sheet with --output",
            earlier.input.name,
            earlier.input.rows,
            earlier.input.size,
            header.input.name,
            header.input.rows,
            header.input.size,
        );
    }
    let (was, is) = (&earlier.settings, &header.settings);
    if was.base_url != is.base_url && !is.rehearsal {
        bail!("that run began with a different --base-url; go on with the one it began with");
    }
    let is_finished = journal.last_end().is_some_and(|end| end.complete);
    if is_finished && results.is_file() && !is_as_written(journal.run(), results)? {
        bail!(
            "that run has finished, and `{}` was changed since; going on would only overwrite it\n\
             hint: rows that failed and were corrected are sent with --only-failed; rows that are done and were changed belong into a sheet of their own",
            results.display()
        );
    }
    if results.is_file() && !is_as_written(journal.run(), results)? {
        let again = suggested_commands::send_failed(settings);
        truncated_journal::refuse(journal.run(), results, again)?;
    }
    Ok(journal)
}
