//! What each row must find before it is changed: the values that the approved plan saw.
//!
//! A plan's own record decides, not what a spreadsheet has made of its file since: rows that are not
//! as they were planned are named, and nothing is sent.

pub(in crate::application) mod edited_plan_cells;
pub(in crate::application) mod plan_columns;
pub(in crate::application) mod plan_edits;

mod approved_rows;
mod declined_rows;
mod marked_plan;
mod new_plan;
mod plan_comparison;
mod plan_in_force;
mod planned_places;
mod planned_requests;
mod recorded_plan;
mod repeated_places;
mod restored_plan;
mod unknown_guard;

use std::path::Path;

use anyhow::Result;

use crate::application::earlier_runs::changes_by_us::OwnChanges;
use crate::application::plan_guard::plan_edits::PlannedChanges;
use crate::application::run_settings::RunSettings;
use crate::application::service_facts::ServiceFacts;
use crate::application::suggested_commands;
use crate::model::failure_groups::Rows;
use crate::model::row::Row;
use crate::sheet::check::CheckedSheet;
use crate::sheet::selection::Selection;
use crate::sheet::{ReadOptions, RowFilter, Sheet};
pub(super) use declined_rows::say_declined;
pub(super) use new_plan::{NewPlan, note};
pub use plan_in_force::obey_when_checked;
pub(super) use plan_in_force::{
    ensure_it_is_of_this_service, ensure_its_record_is_there, is_plan, obey, obey_in_results,
    of_earlier,
};
use recorded_plan::Plan;
use repeated_places::RepeatedPlaces;

/// What the rows of a run must find.
#[derive(Debug)]
pub(super) enum PlanGuard {
    /// Anything will do.
    None,
    /// The values in columns of the sheet itself, as an undo has them.
    OwnColumns,
    /// The values in the columns of another sheet.
    Sheet(Box<Sheet>),
    /// The values that a plan recorded.
    Plan(Box<Plan>),
}

/// Opens what the rows are held against. All rows are held against it once, so that another sheet
/// than the plan's is noticed before anything is sent.
pub(super) fn open(
    settings: &RunSettings,
    selection: &Selection<'_>,
    checked: &CheckedSheet,
    facts: &ServiceFacts,
) -> Result<PlanGuard> {
    let Some(path) = &settings.spec.preconditions else {
        return Ok(PlanGuard::None);
    };
    let mut guard = if is_plan(path) {
        let plan = Plan::open(path, settings, selection.directory)?;
        plan.ensure_its_part_is_sent(settings, checked, path)?;
        PlanGuard::Plan(Box::new(plan))
    } else if *path == settings.spec.sheet.path {
        PlanGuard::OwnColumns
    } else {
        let reading = ReadOptions {
            rows: RowFilter::All,
            ..settings.spec.sheet.reading.clone()
        };
        let plan = Sheet::open(path, reading)?;
        plan_in_force::ensure_it_is_no_plan(settings, &plan)?;
        PlanGuard::Sheet(Box::new(plan))
    };
    if facts.abort.is_none() {
        let again = suggested_commands::plan_corrected(settings, &settings.spec.sheet.path);
        guard.ensure_it_fits(selection, path, again.as_deref())?;
        if let (PlanGuard::Plan(plan), false) = (&guard, settings.is_quiet()) {
            plan.say_which_is_newer(settings, path);
            plan.say_what_was_deleted(settings);
        }
    }
    Ok(guard)
}

impl PlanGuard {
    /// The rows to send but for those in `done_before`, with what they must find: what the plan saw, or
    /// what an earlier run set since on behalf of the row.
    pub(super) fn rows_to_send<'a>(
        &'a self,
        selection: &Selection<'a>,
        done_before: Vec<bool>,
        own_changes: OwnChanges,
    ) -> Result<impl Iterator<Item = Result<Row<'static>>> + use<'a>> {
        let sheet = match self {
            PlanGuard::Sheet(sheet) => Some(&**sheet),
            PlanGuard::OwnColumns => Some(selection.sheet),
            PlanGuard::None | PlanGuard::Plan(_) => None,
        };
        let mut planned = match self {
            PlanGuard::Plan(plan) => Some((plan, plan.records()?)),
            PlanGuard::None | PlanGuard::OwnColumns | PlanGuard::Sheet(_) => None,
        };
        let repeated = match self {
            // What an undo wrote knows what the row before will have put there.
            PlanGuard::OwnColumns => RepeatedPlaces::default(),
            _ => RepeatedPlaces::of(selection)?,
        };
        let selection = *selection;
        let rows = selection.rows_to_send(sheet, done_before)?;
        Ok(rows.map(move |row| {
            let mut row = row?;
            if let Some((plan, records)) = &mut planned {
                plan.expect(selection.columns.setting, &mut row, records)?;
            }
            own_changes.expect(&mut row);
            repeated.expect(&selection, &mut row);
            Ok(row)
        }))
    }

    fn ensure_it_fits(
        &mut self,
        selection: &Selection<'_>,
        path: &Path,
        again: Option<&str>,
    ) -> Result<()> {
        if let PlanGuard::Plan(plan) = self {
            return plan.ensure_it_fits(selection, path, again);
        }
        let mut rows = self.rows_to_send(selection, Vec::new(), OwnChanges::default())?;
        rows.try_for_each(|row| row.map(drop))
    }

    /// The rows of the sheet that somebody deleted from the plan.
    pub(super) fn deleted(&self) -> Rows {
        match self {
            PlanGuard::Plan(plan) => plan.deleted(),
            PlanGuard::None | PlanGuard::OwnColumns | PlanGuard::Sheet(_) => Rows::default(),
        }
    }

    /// The rows of the sheet that were planned and marked as skipped in the plan.
    pub(super) fn skipped(&self) -> Rows {
        match self {
            PlanGuard::Plan(plan) => plan.skipped(),
            PlanGuard::None | PlanGuard::OwnColumns | PlanGuard::Sheet(_) => Rows::default(),
        }
    }

    /// What a plan says will be changed; `None` where no record tells it.
    pub(super) fn changes(&self) -> Option<PlannedChanges> {
        match self {
            PlanGuard::Plan(plan) => plan.changes(),
            PlanGuard::None | PlanGuard::OwnColumns | PlanGuard::Sheet(_) => None,
        }
    }
}
