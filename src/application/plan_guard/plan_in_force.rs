//! Which plan the rows of a sheet are held to, and whether it can be: its record has to be there, and of
//! the service where the run goes.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::recorded_plan::not_approved;
use super::{NewPlan, marked_plan, restored_plan, unknown_guard};
use crate::application::earlier_runs::EarlierRuns;
use crate::application::earlier_runs::same_service::{REHEARSAL, base_url};
use crate::application::output_name;
use crate::application::results::plan_cells;
use crate::application::run_settings::{RunSettings, Start};
use crate::application::status;
use crate::application::suggested_commands;
use crate::journal::{self, Journal, RecordedRun, RunHeader};
use crate::model::hint::{Hinted, WithHint};
use crate::model::outcome::OutcomeKind;
use crate::model::run_id::RunId;
use crate::platform;
use crate::sheet::result_columns::{ACTION, NEW, PRESENT};
use crate::sheet::{RowFilter, Sheet};
use crate::stderr::say;

/// Whether a file is a plan that has its record beside it.
pub(in crate::application) fn is_plan(path: &Path) -> bool {
    journal::header_of(&Journal::path_for(path))
        .is_ok_and(|header| header.settings.is_plan_of_sheet())
}

/// Refuses a plan whose record is not beside it: nobody could tell what was approved.
pub(in crate::application) fn ensure_its_record_is_there(
    settings: &RunSettings,
    sheet: &Sheet,
) -> Result<()> {
    let path = &settings.spec.sheet.path;
    let is_applied = settings.spec.command == "apply" && !settings.is_of_own_plan();
    if !is_applied || !sheet.looks_like_a_plan() {
        return Ok(());
    }
    Err(without_its_record(path).with_hint(format!(
        "to send the rows as they stand in it now, make a new plan of them: {}",
        suggested_commands::plan_of(settings, path)
    )))
}

/// The same of a file that the rows would be held to.
pub(super) fn ensure_it_is_no_plan(settings: &RunSettings, file: &Sheet) -> Result<()> {
    if settings.spec.command != "apply" || !file.looks_like_a_plan() {
        return Ok(());
    }
    Err(without_its_record(&file.path).with_hint(format!(
        "or make a new plan of the sheet, and name that: {}",
        suggested_commands::plan_of(settings, &settings.spec.sheet.path)
    )))
}

fn without_its_record(plan: &Path) -> anyhow::Error {
    Hinted::new(
        format!(
            "`{}` is a plan, and its record `{}` is not there, so it cannot be told what was approved",
            plan.display(),
            Journal::path_for(plan).display()
        ),
        "put the record back beside the plan, under the plan's own name",
    )
}

/// Takes the sheet for a plan where it is one that is applied as it stands. What was skipped in a plan that
/// is planned again, or whose results are, stays skipped.
pub(in crate::application) fn obey(settings: &RunSettings, sheet: &mut Sheet) -> Result<()> {
    if let Some(new_plan) = NewPlan::of(settings).filter(|_| settings.is_of_own_plan()) {
        let is_new = settings.start == Start::Fresh;
        restored_plan::restore(&sheet.path.clone(), sheet, settings.is_quiet() || !is_new)?;
        let run = RecordedRun::open(&Journal::path_for(&settings.spec.sheet.path))?;
        return obey_action(sheet, &run, &new_plan);
    }
    obey_skipped(sheet);
    Ok(())
}

/// The same where a sheet is only checked. A plan whose record is beside it is looked at as one that is applied.
pub fn obey_when_checked(sheet: &mut Sheet) -> Result<()> {
    if sheet.looks_like_a_plan()
        && is_plan(&sheet.path)
        && let Ok(columns) = &sheet.columns
        && let Some(action) = plan_cells::place_of(sheet, columns.setting, ACTION)
    {
        let run = RecordedRun::open(&Journal::path_for(&sheet.path))?;
        sheet.obey_plan(action, not_approved(&run)?);
        return Ok(());
    }
    obey_skipped(sheet);
    Ok(())
}

fn obey_skipped(sheet: &mut Sheet) {
    if sheet.is_by_a_person()
        && has_columns(sheet)
        && let Ok(columns) = &sheet.columns
        && let Some(action) = plan_cells::place_of(sheet, columns.setting, ACTION)
    {
        sheet.skip_what_a_plan_skipped(action);
    }
}

/// Takes a sheet for a plan, which has all its columns; `action` says which rows are left out.
pub(super) fn obey_action(sheet: &mut Sheet, run: &RecordedRun, new_plan: &NewPlan) -> Result<()> {
    let Ok(columns) = &sheet.columns else {
        return Ok(());
    };
    let setting = columns.setting;
    let shown = [PRESENT, NEW].into_iter();
    let shown = shown.flat_map(|prefix| setting.columns(prefix));
    let mut missing = shown.filter(|name| sheet.column_called(name).is_none());
    let action = plan_cells::place_of(sheet, setting, ACTION);
    match (action, missing.next()) {
        (Some(action), None) => {
            sheet.obey_plan(action, not_approved(run)?);
            Ok(())
        }
        (_, missing) => {
            let refused = Hinted::new(
                format!(
                    "`{}` has no column `{}` any more, so it cannot be told what was approved",
                    sheet.path.display(),
                    missing.as_deref().unwrap_or(ACTION)
                ),
                "put the column back as it was",
            );
            Err(refused.with_hint(format!("or make a new plan: {}", new_plan.command)))
        }
    }
}

/// Takes the sheet for results of a run that was held to the same plan as this one, or for results that
/// were planned again.
pub(in crate::application) fn obey_in_results(
    settings: &RunSettings,
    earlier: &EarlierRuns,
    sheet: &mut Sheet,
) -> Result<()> {
    let plan = settings.spec.preconditions.as_ref();
    let Some(plan) = plan.filter(|_| NewPlan::of(settings).is_some()) else {
        return Ok(());
    };
    let header = journal::header_of(&Journal::path_for(plan));
    let id = header.ok().map(|header| header.id);
    let headers = earlier.runs().iter().map(RecordedRun::header);
    let held = headers.filter(|header| {
        let plan = header.plan.as_ref();
        id.is_some() && plan.is_some_and(|plan| plan.id == id)
    });
    let held: Vec<RunId> = held.map(|header| header.id.clone()).collect();
    if !held.is_empty() || is_of_lost_run(earlier, sheet, plan) {
        sheet.obey_plan_of_results(held);
    } else {
        let run = RecordedRun::open(&Journal::path_for(plan))?;
        let declined = marked_plan::declined(plan, &run, settings, sheet)?;
        sheet.obey_plan_of_what_is_left(not_approved(&run)?, declined);
    }
    Ok(())
}

/// Whether results of which no journal tells have the name of this plan, and its columns.
fn is_of_lost_run(earlier: &EarlierRuns, sheet: &Sheet, plan: &Path) -> bool {
    let named = plan_by_name(&sheet.path);
    earlier.lacks_journal() && has_columns(sheet) && named.is_some_and(|named| named == plan)
}

fn has_columns(sheet: &Sheet) -> bool {
    let columns = sheet.columns.as_ref();
    columns.is_ok_and(|columns| !plan_cells::places(&sheet.header, columns.setting).is_empty())
}

/// The plan from whose name that of the results is made.
fn plan_by_name(results: &Path) -> Option<PathBuf> {
    let name = output_name::without_word_of_run(results);
    let runs = status::runs_in(platform::folder_of(results)).into_iter();
    let plans = runs.filter(|run| run.header.settings.is_plan_of_sheet());
    let mut plans = plans.map(|run| results.with_file_name(run.results_name()));
    plans.find(|plan| plan.file_stem() == Some(&*name))
}

/// The plan that the run was held to whose results are sent again, so that these rows are too.
pub(in crate::application) fn of_earlier(
    earlier: &EarlierRuns,
    results: &Path,
    sheet: &Sheet,
    filter: RowFilter,
) -> Result<Option<PathBuf>> {
    let mut runs = earlier.runs().iter();
    let Some(plan) = runs.find_map(|run| run.header().plan.as_ref()) else {
        return of_columns(earlier, results, sheet, filter);
    };
    let named = PathBuf::from(&plan.name);
    let beside = results.with_file_name(named.file_name().unwrap_or_default());
    let is_it = |path: &PathBuf| {
        let header = journal::header_of(&Journal::path_for(path));
        header.is_ok_and(|header| Some(header.id) == plan.id)
    };
    let found = [named, beside].into_iter().find(is_it);
    if found.is_none() && plan.id.is_some() {
        return Err(Hinted::new(
            format!(
                "the run that wrote `{}` was held to the plan `{}`, whose journal is not there",
                results.display(),
                plan.name
            ),
            "put the plan's journal back, or name the plan with --if-unchanged",
        ));
    }
    Ok(found)
}

/// The same where the journal of that run is not there: the results of a plan have its columns.
fn of_columns(
    earlier: &EarlierRuns,
    results: &Path,
    sheet: &Sheet,
    filter: RowFilter,
) -> Result<Option<PathBuf>> {
    if !earlier.lacks_journal() {
        return Ok(None);
    }
    if !has_columns(sheet) {
        if !filter.leaves(OutcomeKind::Conflict) {
            unknown_guard::refuse_conflicts(earlier, results, sheet)?;
        }
        say(&format!(
            "note: the journal of the run that wrote `{}` is not there, so whether it was held to a plan is not known; if it was, name the plan with --if-unchanged",
            results.display()
        ));
        return Ok(None);
    }
    let Some(plan) = plan_by_name(results) else {
        return Err(Hinted::new(
            format!(
                "`{}` has the results of a plan, and the journal that tells which one is not there",
                results.display()
            ),
            "put the journal back beside it, or name the plan with --if-unchanged",
        ));
    };
    Ok(Some(plan))
}

/// What was planned at another service, or rehearsed, tells nothing of what is there at this one.
pub(in crate::application) fn ensure_it_is_of_this_service(
    header: &RunHeader,
    settings: &RunSettings,
    path: &Path,
) -> Result<()> {
    let (was, target) = (&header.settings.base_url, base_url(&settings.target));
    if target == REHEARSAL || *was == target {
        return Ok(());
    }
    let shown = path.display();
    if header.settings.rehearsal {
        bail!(
            "`{shown}` is the plan of a rehearsal; make one of the real thing with `wxbulk plan`"
        );
    }
    Err(Hinted::new(
        format!("`{shown}` is a plan of {was}, and this run would go to {target}"),
        "name the plan's service with --base-url, or make a new plan",
    ))
}
