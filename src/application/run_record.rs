//! What a run notes of itself in its journal when it begins or goes on: what it is about, who began it
//! and why, and the commands that make sense after it.

use anyhow::Result;

use crate::application::plan_guard::NewPlan;
use crate::application::run_lanes::person_record;
use crate::application::run_settings::{BadRows, RunSettings, Start, Target};
use crate::application::service_facts::ServiceFacts;
use crate::application::suggested_commands;
use crate::engine::pipeline::{Task, UsageCheck};
use crate::journal::{
    self, BeginRecord, InputFile, Journal, MeaningfulSettings, Organization, PlanFile, RunHeader,
    format_for,
};
use crate::model::clock;
use crate::model::run_id::RunId;
use crate::setting;
use crate::sheet::check::{CheckedSheet, DuplicatePolicy};
use crate::sheet::country::Country;
use crate::sheet::{self, RowFilter, Sheet};
use crate::webex::error_body::flatten;

/// What the run is about.
pub(super) fn header(
    settings: &RunSettings,
    sheet: &Sheet,
    checked: &CheckedSheet,
) -> Result<RunHeader> {
    let (base_url, rehearsal) = match &settings.target {
        Target::Service { base_url, .. } => (base_url.to_string(), false),
        Target::Rehearsal { .. } => ("rehearsal".to_string(), true),
    };
    let reading = &settings.spec.sheet.reading;
    let columns = sheet.columns.as_ref();
    let setting = columns.map_or(setting::ALL[0], |columns| columns.setting);
    Ok(RunHeader {
        wxbulk: env!("CARGO_PKG_VERSION").to_string(),
        format: format_for(setting.name),
        id: RunId::from_bits(fastrand::u64(..)),
        started_at: clock::now(),
        input: InputFile {
            name: sheet.path.display().to_string(),
            size: sheet.size()?,
            sha256: sheet.sha256()?,
            rows: checked.rows,
            worksheet: sheet.worksheet.clone(),
        },
        setting: setting.name.to_string(),
        settings: MeaningfulSettings {
            base_url,
            org: org_id(settings),
            org_name: reading.default_org_name().map(String::from),
            country: reading.country.as_ref().map(Country::code),
            sheet: reading.sheet.clone(),
            encoding: reading.encoding.map(|encoding| encoding.to_string()),
            separator: reading.separator.map(|separator| separator.to_string()),
            hidden: reading.hidden.map(|policy| policy.to_string()),
            ignored_columns: reading
                .ignored_columns
                .names()
                .into_iter()
                .cloned()
                .collect(),
            part: settings.spec.sheet.part.clone(),
            first: settings.spec.first,
            skip_invalid: settings.bad_rows == BadRows::Skip,
            allow_duplicates: settings.spec.sheet.duplicates == DuplicatePolicy::InOrder,
            only_failed: reading.rows.is_of_results(),
            include_conflicts: reading.rows == RowFilter::FailedAndConflicts,
            rehearsal,
            backup: settings.spec.task == Task::ReadThenWrite,
            plan: settings.spec.task == Task::Read,
            export: settings.spec.command == "export",
            even_if_used: settings.spec.even_if_used,
            usage: settings.spec.usage_check == UsageCheck::Always,
        },
        plan: plan_file(settings, sheet)?,
        follows: settings.lineage.follows.clone(),
        first_began: settings.lineage.first_began,
        undoes: settings.lineage.undoes.clone(),
        left_out: settings.lineage.left_out,
        not_undone: settings.lineage.not_undone.clone(),
    })
}

/// The id of the organization of rows that name none; of a name once that is looked up.
pub(super) fn org_id(settings: &RunSettings) -> Option<String> {
    let reading = &settings.spec.sheet.reading;
    let default = reading.default_org.as_ref();
    default
        .filter(|_| reading.default_org_name().is_none())
        .cloned()
}

/// The plan that the rows are held against, well enough to know it again.
fn plan_file(settings: &RunSettings, sheet: &Sheet) -> Result<Option<PlanFile>> {
    let Some(path) = &settings.spec.preconditions else {
        return Ok(None);
    };
    // What holds its own preconditions may be gone, but for the run's copy.
    let sha256 = if *path == sheet.path {
        sheet.sha256()?
    } else if settings.start == Start::Resume && !path.exists() {
        // Its record and that of the run tell what it was.
        String::new()
    } else {
        sheet::sha256_of(path)?
    };
    Ok(Some(PlanFile {
        name: path.display().to_string(),
        sha256,
        id: journal::header_of(&Journal::path_for(path))
            .ok()
            .map(|header| header.id),
    }))
}

/// What is noted where a run begins or goes on.
pub(super) fn begin_record(
    settings: &RunSettings,
    facts: &ServiceFacts,
    checked: &CheckedSheet,
) -> BeginRecord {
    let name_of = |id: &Option<String>| facts.organization_name(id.as_deref()).unwrap_or_default();
    let sent = checked
        .organizations_named
        .iter()
        .map(|organization| Organization {
            id: organization.id.clone().unwrap_or_default(),
            name: name_of(&organization.id),
            rows: organization.rows,
        });
    let unsent = checked.organizations_unsent.iter().map(|organization| {
        let known = facts.organization_name(Some(&organization.id));
        Organization {
            id: organization.id.clone(),
            name: known.unwrap_or_else(|| flatten(&organization.name)),
            rows: 0,
        }
    });
    let mut record = BeginRecord {
        wxbulk: env!("CARGO_PKG_VERSION").to_string(),
        began_at: clock::now(),
        command: settings.spec.command.to_string(),
        concurrency: settings.pace.concurrency.get(),
        rate: settings.pace.ceiling.map(|rate| rate.to_string()),
        rows_to_send: Some(checked.rows_to_send()),
        person: facts.person.as_ref().map(person_record),
        own_organization: if checked.names_not_all {
            facts.own_organization().unwrap_or_default().to_string()
        } else {
            String::new()
        },
        credentials: facts.credentials.clone(),
        machine: Some(settings.machine.clone()),
        note: settings.note.as_deref().map(flatten),
        first_rows_shown: false,
        rest_is_wanted: false,
        resume_command: suggested_commands::with_resume_by(settings, &facts.missing),
        retry_command: suggested_commands::send_all_failed(settings).unwrap_or_default(),
        apply_command: suggested_commands::apply_plan(settings, false).unwrap_or_default(),
        undo_command: suggested_commands::undo_this(settings).unwrap_or_default(),
        folder: settings.typed.folder.clone(),
        results: settings.spec.output.to_string_lossy().into_owned(),
        not_approved: NewPlan::count_unapproved(settings, checked),
        plan_command: NewPlan::of(settings)
            .and_then(|_| suggested_commands::plan_what_is_left(settings, false))
            .unwrap_or_default(),
        organizations: sent.chain(unsent).collect(),
        ..BeginRecord::default()
    };
    record.name_own_organization();
    record
}

/// What organizations were called before stays known where nobody who manages them is there any more.
pub(super) fn keep_names(record: &mut BeginRecord, before: &BeginRecord) {
    if record.own_organization.is_empty() {
        record.own_organization.clone_from(&before.own_organization);
    }
    record.name_own_organization();
    for one in &mut record.organizations {
        let known = before.organizations.iter().find(|known| known.id == one.id);
        if let Some(known) = known.filter(|_| one.name.is_empty()) {
            one.name.clone_from(&known.name);
        }
    }
}
