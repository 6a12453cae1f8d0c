//! Goes on from results: what their journals know of each row is taken over, so that a row is known to
//! be done, keeps the values from before the first of all runs, and can be undone with those.

use anyhow::{Result, bail};

use crate::application::earlier_runs::EarlierRuns;
use crate::application::earlier_runs::edited_rows::EditedRows;
use crate::application::earlier_runs::latest_results;
use crate::application::earlier_runs::renamed_rows::RenamedRows;
use crate::application::earlier_runs::same_service::base_url;
use crate::application::earlier_runs::set_since;
use crate::application::earlier_runs::unmarked_results;
use crate::application::earlier_runs::unproven_rows::UnprovenRows;
use crate::application::plan_guard;
use crate::application::plan_guard::edited_plan_cells;
use crate::application::recorded_numbers;
use crate::application::run_settings::{Backup, RunSettings, Start, Target};
use crate::application::status;
use crate::application::undo_sheet::CellProof;
use crate::application::undo_sheet::EarlierRows;
use crate::engine::pipeline::Task;
use crate::journal::Journal;
use crate::model::outcome::OutcomeKind;
use crate::sheet::columns::Columns;
use crate::sheet::directory::Directory;
use crate::sheet::result_columns::UNDONE_ROW;
use crate::sheet::{NumberedRecord, RowFilter, Sheet};

/// Looks at the sheet of a run that is about to begin or go on. Where it is a results file, finds what
/// its rows came to, and keeps the backup of the run that wrote it.
pub(in crate::application) fn prepare(
    settings: &mut RunSettings,
    sheet: &mut Sheet,
) -> Result<EarlierRuns> {
    let results = settings.spec.sheet.path.clone();
    refuse_undos(settings, sheet)?;
    if let Ok(columns) = &sheet.columns
        && columns.results.is_some()
    {
        edited_plan_cells::refuse(settings, sheet, columns)?;
    }
    let columns = match &sheet.columns {
        Ok(columns) if columns.results.is_some() && settings.spec.task != Task::Read => {
            columns.clone()
        }
        Ok(columns) if columns.results.is_none() => {
            unmarked_results::refuse(settings, sheet)?;
            return Ok(EarlierRuns::default());
        }
        Ok(columns) if settings.spec.command == "plan" => {
            // A plan changes nothing, so what cannot be read is no obstacle.
            let columns = columns.clone();
            let target = base_url(&settings.target);
            if let Ok(earlier) = EarlierRuns::find(&results, sheet)
                && earlier.damage().is_none()
                && earlier
                    .ensure_same_service(&results, sheet, &columns, &target)
                    .is_ok()
            {
                settings.lineage.is_of_results = true;
                recorded_numbers::restore(&earlier, sheet, &target, settings.is_quiet())?;
                if settings.spec.sheet.reading.rows.is_of_results() {
                    latest_results::ensure_not_sent_again(settings, &earlier, sheet)?;
                    set_since::note(&earlier, sheet, settings.spec.sheet.duplicates)?;
                } else {
                    set_since::ensure_order(&earlier, sheet, settings.spec.sheet.duplicates)?;
                }
            }
            return Ok(EarlierRuns::default());
        }
        _ => return Ok(EarlierRuns::default()),
    };
    let earlier = EarlierRuns::find(&results, sheet)?;
    earlier.ensure_undamaged(&results)?;
    settings.lineage.gates.extend(earlier.gates());
    let target = base_url(&settings.target);
    earlier.ensure_same_service(&results, sheet, &columns, &target)?;
    recorded_numbers::restore(&earlier, sheet, &target, settings.is_quiet())?;
    let is_with_backup = |columns: &Columns| {
        let mut runs = earlier.runs().iter();
        columns.previous().is_some() || runs.any(|run| run.header().settings.backup)
    };
    let filter = settings.spec.sheet.reading.rows;
    if settings.spec.task == Task::Write && is_with_backup(&columns) {
        if settings.spec.backup == Backup::No && filter.is_of_results() {
            bail!(
                "the run that wrote `{}` began with --backup, and keeps the numbers from before it; go on without --no-backup",
                results.display()
            );
        }
        settings.spec.keep_current_values();
    }
    if filter.is_of_results() && settings.spec.preconditions.is_none() {
        settings.spec.preconditions = plan_guard::of_earlier(&earlier, &results, sheet, filter)?;
        settings.note = settings.note.take().or_else(|| plan_guard::note(settings));
    }
    let done = done_rows(&earlier, sheet, &columns, settings)?;
    if filter.is_of_results() {
        for run in earlier.runs() {
            status::ensure_not_undone(run.path())?;
        }
        if settings.start == Start::Fresh {
            latest_results::ensure_not_sent_again(settings, &earlier, sheet)?;
        }
        settings.lineage.follows = earlier.written_by();
        settings.lineage.first_began = earlier.first_began();
        settings.lineage.add_real(earlier.runs());
        sheet.settle(done);
        plan_guard::obey_in_results(settings, &earlier, sheet)?;
        set_since::note(&earlier, sheet, settings.spec.sheet.duplicates)?;
        return Ok(earlier);
    }
    if settings.start == Start::Fresh {
        set_since::ensure_order(&earlier, sheet, settings.spec.sheet.duplicates)?;
    }
    let count = done.iter().filter(|is_done| **is_done).count() as u64;
    let is_real = matches!(settings.target, Target::Service { .. });
    if count > 0 && settings.start == Start::Fresh && is_real && settings.spec.command == "apply" {
        settings.done_before = count;
    }
    Ok(earlier)
}

/// Only `undo` looks whether its rows find what they must.
fn refuse_undos(settings: &RunSettings, sheet: &Sheet) -> Result<()> {
    let mut names = sheet.header.iter();
    let is_of_an_undo = names.any(|name| name == UNDONE_ROW.as_bytes());
    if !is_of_an_undo || settings.spec.command != "apply" {
        return Ok(());
    }
    bail!(
        "`{}` is of an undo, and what its rows must find would not be looked at\n\
         hint: to undo what is left, run the same `wxbulk undo` again",
        settings.spec.sheet.path.display()
    );
}

/// Which rows are as asked already, by row number.
fn done_rows(
    earlier: &EarlierRuns,
    sheet: &Sheet,
    columns: &Columns,
    settings: &RunSettings,
) -> Result<Vec<bool>> {
    let filter = settings.spec.sheet.reading.rows;
    let is_done = |kind: OutcomeKind| match filter {
        RowFilter::All => kind.is_success(),
        _ => filter.leaves(kind),
    };
    let mut done = Vec::new();
    let mut edited = EditedRows::default();
    let mut unproven = UnprovenRows::default();
    let mut renamed = RenamedRows::new(sheet, columns, earlier);
    let base_url = base_url(&settings.target);
    let cells = CellProof::new(sheet, columns, earlier, &base_url);
    let mut rows = EarlierRows::of(earlier, cells)?;
    let mut records = sheet.records()?;
    let mut numbered = NumberedRecord::default();
    while records.read(&mut numbered)? {
        if sheet.left_out_by(&numbered).is_some() {
            continue;
        }
        let recorded = rows.history(&numbered)?;
        let latest = recorded
            .as_ref()
            .and_then(|(_, _, history)| history.latest());
        let told = columns.outcome_in(&numbered.record);
        let kind = match latest {
            // What was left out stays so, whatever became of it before.
            Some(change) if told != Some(OutcomeKind::Skipped) => {
                change.outcome.as_ref().map(|outcome| outcome.kind)
            }
            _ => told,
        };
        let index = usize::try_from(numbered.row)?;
        if done.len() <= index {
            done.resize(index + 1, false);
        }
        let is_left_for_another = columns.is_left_for_another(&numbered.record);
        done[index] = kind.is_some_and(is_done) && !is_left_for_another;
        let is_told = latest.is_some_and(|change| change.may_have_been_applied);
        if !done[index] && !is_told && settings.spec.task == Task::ReadThenWrite {
            unproven.add(numbered.row, cells.unproven(&numbered));
        }
        let asked = sheet.read_row(columns, &numbered, &Directory::default());
        if let (Ok(asked), false) = (&asked, done[index]) {
            let history = recorded.as_ref().map(|(_, _, history)| history);
            renamed.add(&numbered, asked, history);
        }
        match (latest, &asked, earlier.check_in(columns, &numbered)) {
            (Some(change), Ok(asked), check) => {
                edited.add(columns.setting, asked, change, check.as_ref(), done[index]);
            }
            (None, Ok(asked), Some(check)) if done[index] => edited.add_unrecorded(asked, &check),
            (change, Err(_), check) if done[index] && (change.is_some() || check.is_some()) => {
                let fields = 0..columns.setting.fields.len();
                let fields = fields.map(|field| sheet.field_in(columns, &numbered, field));
                let fields: Vec<_> = fields.collect();
                let (setting, row) = (columns.setting, numbered.row);
                edited.add_unreadable(setting, row, &fields, change, check.as_ref());
            }
            _ => {}
        }
    }
    if filter.is_of_results() {
        edited.tell(&sheet.path.display().to_string())?;
        renamed.refuse()?;
        unproven.refuse(&sheet.path)?;
    }
    Ok(done)
}

/// Takes over what the earlier journals know of each row into the run's own, or where they are not there
/// what the row itself proves.
pub(in crate::application) fn carry_over(
    earlier: &EarlierRuns,
    sheet: &Sheet,
    target: &Target,
    journal: &mut Journal,
) -> Result<()> {
    let (Ok(columns), Some(from)) = (&sheet.columns, earlier.written_by()) else {
        return Ok(());
    };
    // Nothing is sent before all of it is there.
    if journal.finished() > 0 {
        return Ok(());
    }
    let base_url = base_url(target);
    let cells = CellProof::new(sheet, columns, earlier, &base_url);
    let mut rows = EarlierRows::of(earlier, cells)?;
    let header = journal.run().header().clone();
    let own_order = |row| header.order_of(row);
    let mut records = sheet.records()?;
    let mut numbered = NumberedRecord::default();
    let mut next = || -> Result<Option<_>> {
        while records.read(&mut numbered)? {
            // What the cells of the rows say that are done stays as it is.
            let is_settled = sheet.is_settled(columns, &numbered);
            let recorded = if is_settled {
                rows.history(&numbered)?
            } else {
                rows.known(&numbered)?
            };
            let history = match recorded {
                Some((run, _, mut history)) => {
                    for change in &mut history.changes {
                        change
                            .earlier_read_at
                            .get_or_insert(run.header().started_at);
                    }
                    Some(history)
                }
                None if is_settled => None,
                None => cells.history(&numbered),
            };
            let mut history = history.unwrap_or_default();
            let order = rows.order_of(&numbered)?;
            history.order = order.filter(|order| *order != own_order(numbered.row));
            for change in &mut history.changes {
                change.order = change.order.or(order);
            }
            if history.order.is_some() || !history.is_empty() {
                return Ok(Some((numbered.row, history)));
            }
        }
        Ok(None)
    };
    journal.carry_over(&from, std::iter::from_fn(|| next().transpose()))
}
