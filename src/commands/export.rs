//! `wxbulk export`: the locations of organizations, or what else is set, and their values, as a sheet that `apply` takes.
//!
//! The list comes first, into a sheet of its own beside the export; the values are then read as a
//! plan's are. So an export is paced and retried as any run, and one that was interrupted goes on
//! with the list it began with.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::application;
use crate::application::exit_code::ExitCode;
use crate::application::kept_wait::WaitGuard;
use crate::application::logging;
use crate::application::own_organization::own_organization;
use crate::application::preflight::{self, say_why_not, with_scope};
use crate::application::results::Form;
use crate::application::run_settings::{
    Backup, Confirmation, RunSettings, RunSpec, SheetSettings, Start,
};
use crate::application::session::{Connect, connect_to_ask};
use crate::cli::ExportFlags;
use crate::cli::resolve::{read_org_flag, read_setting_flag};
use crate::engine::api_queries::QueryError;
use crate::engine::pipeline::{Task, UsageCheck};
use crate::journal::Journal;
use crate::model::ids;
use crate::platform;
use crate::setting::Setting;
use crate::setting::location_numbers::LOCATION_NUMBERS;
use crate::setting::target_kind::{LOCATION, TargetKind};
use crate::sheet::check::DuplicatePolicy;
use crate::sheet::export_sheet::{self, AboutLocation, ExportedTarget};
use crate::sheet::part::Part;
use crate::sheet::{Origin, ReadOptions};
use crate::stderr::say;
use crate::table;
use crate::webex::errors::flatten;
use crate::webex::lists::{Listed, LocationDetails};

pub(super) async fn run(flags: ExportFlags, network: &impl Connect) -> Result<ExitCode> {
    logging::start(
        flags.run.verbosity.verbose,
        flags.run.verbosity.log_file.as_deref(),
    )?;
    let org = read_org_flag(flags.org.as_deref())?;
    let setting = read_setting_flag(flags.setting.as_deref())?.unwrap_or(&LOCATION_NUMBERS);
    let things = setting.target.plural.replace(' ', "-");
    let output = flags.output;
    let output = output.unwrap_or_else(|| format!("{things}.csv").into());
    let list = output.with_extension(format!("{things}.csv"));
    let spec = RunSpec {
        command: "export",
        sheet: SheetSettings {
            path: list.clone(),
            reading: ReadOptions {
                setting: Some(setting),
                // The cells of its list hold no values.
                origin: Origin::Undo,
                ..ReadOptions::default()
            },
            part: Part::default(),
            duplicates: DuplicatePolicy::Refuse,
        },
        task: Task::Read,
        form: Form::Export,
        output: output.clone(),
        preconditions: None,
        confirmation: Confirmation::Given,
        backup: Backup::No,
        first: None,
        fails_on_difference: false,
        is_kept_if_different: false,
        usage_check: UsageCheck::Never,
    };
    let settings = RunSettings::from_flags(spec, flags.run)?;
    let mut organizations_left_out = 0;
    if settings.start == Start::Fresh {
        ensure_there_is_room(&output, &list, setting.target)?;
        let found = match list_targets(&settings, setting, org, flags.all_orgs).await {
            Ok(found) => found,
            Err(error) if is_stop(&error) => return say_why_not(error.downcast()?, setting),
            Err(error) => return Err(error),
        };
        if !settings.is_quiet() {
            let count = found.targets.len() as u64;
            say(&format!("{} to read", setting.target.count(count)));
        }
        export_sheet::write(&list, setting, &found.targets)?;
        organizations_left_out = found.organizations_left_out;
    } else if !list.exists() {
        bail!(
            "there is nothing to go on with: `{}` does not exist\nhint: start the export without --resume",
            list.display()
        );
    }
    let code = application::run(settings, network).await?;
    if code == ExitCode::Success {
        // They were there for going on, and there is nothing left to go on with.
        for path in [list, Journal::path_for(&output)] {
            let _ = fs::remove_file(path);
        }
        if organizations_left_out > 0 {
            return Ok(ExitCode::SomeRowsNotDone);
        }
    }
    Ok(code)
}

/// What there is to export.
#[derive(Default)]
struct Found {
    targets: Vec<ExportedTarget>,
    organizations_left_out: u64,
}

fn is_stop(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(QueryError::Stopped(_)))
}

fn ensure_there_is_room(output: &Path, list: &Path, kind: &TargetKind) -> Result<()> {
    table::ensure_fits(output, 0, 0)?;
    if platform::is_taken(output) {
        bail!(
            "`{}` exists already; move it away, or name another file with --output",
            output.display()
        );
    }
    if list.exists() {
        bail!(
            "an earlier export has not ended; `{}` has its {}\nhint: go on with it with --resume, or move it away to begin again",
            list.display(),
            kind.plural
        );
    }
    Ok(())
}

/// All that is to be exported, organization by organization.
async fn list_targets(
    settings: &RunSettings,
    setting: &Setting,
    org: Option<String>,
    all_orgs: bool,
) -> Result<Found> {
    let kind = setting.target;
    let mut session = connect_to_ask(settings)?;
    let (pacer, stop) = (&mut session.pacer, &mut session.stop);
    let mut guard = WaitGuard::default();
    if !guard.hold(settings, None, pacer, stop).await? {
        bail!("nothing was asked");
    }
    let mut api = preflight::api(settings, &session.service, pacer, stop);
    let managed = match api.organizations().await {
        Ok(organizations) => organizations,
        // A token that may read locations need not be one that may list organizations.
        Err(QueryError::Refused { .. }) if !all_orgs => Vec::new(),
        Err(query_error) => return Err(query_error).context("cannot list the organizations"),
    };
    let name_of = |id: &str| {
        let organization = managed.iter().find(|organization| organization.id == id);
        organization.map_or(String::new(), |organization| flatten(&organization.name))
    };
    let wanted: Vec<Option<String>> = match org {
        Some(org) => vec![Some(org)],
        None if all_orgs => managed.iter().map(|one| Some(one.id.clone())).collect(),
        None => vec![own_organization(api.person().await, &managed)?],
    };
    let mut found = Found::default();
    let mut seen = HashSet::new();
    let mut asks_for_details = *kind == LOCATION;
    let things = kind.plural;
    for org in wanted {
        let answer = api.targets(kind, org.as_deref()).await;
        let org_id = org.clone().unwrap_or_default();
        let org_name = name_of(&org_id);
        let listed = match answer {
            Ok(listed) => listed,
            // One of many may have no calling, or may have withdrawn its consent.
            Err(refused @ QueryError::Refused { .. }) if all_orgs => {
                say(&format!(
                    "the {things} of `{org_name}` ({org_id}) cannot be listed and are left out: {}",
                    with_scope(&refused, setting)
                ));
                found.organizations_left_out += 1;
                continue;
            }
            Err(stopped @ QueryError::Stopped(_)) => return Err(stopped.into()),
            Err(query_error) => {
                let why = with_scope(&query_error, setting);
                bail!("cannot list the {things} of `{org_id}`: {why}");
            }
        };
        if listed.is_empty() {
            continue;
        }
        let about = if asks_for_details {
            details(api.location_details(org.as_deref()).await)?
        } else {
            None
        };
        asks_for_details = about.is_some();
        let about = about.unwrap_or_default();
        for Listed { id, entry } in listed {
            // A list that changes while its pages are read can have one twice.
            if !entry.has_no_calling && seen.insert(id.clone()) {
                let name = entry.names.first().map(|name| flatten(name));
                found.targets.push(ExportedTarget {
                    org_id: org_id.clone(),
                    org_name: org_name.clone(),
                    about: about.get(&key_of(&id)).cloned(),
                    target_id: id,
                    target_name: name.unwrap_or_default(),
                });
            }
        }
    }
    Ok(found)
}

/// What is known of locations, by their ids. `None`: it may not be read, or not be understood; an export
/// does without.
fn details(
    answer: Result<Vec<LocationDetails>, QueryError>,
) -> Result<Option<HashMap<String, AboutLocation>>> {
    let details = match answer {
        Ok(details) => details,
        Err(stopped @ QueryError::Stopped(_)) => return Err(stopped.into()),
        Err(query_error) => {
            say(&format!(
                "note: country, state and time zone are left out; to read them takes the scope spark-admin:locations_read: {query_error}"
            ));
            return Ok(None);
        }
    };
    let details = details.into_iter().map(|one| {
        let about = AboutLocation {
            country: flatten(&one.address.country),
            state: flatten(&one.address.state),
            time_zone: flatten(&one.time_zone),
        };
        (key_of(&one.id), about)
    });
    Ok(Some(details.collect()))
}

/// What two lists call one location, however they write its id.
fn key_of(id: &str) -> String {
    let read = ids::read(id, ids::LOCATION);
    read.map_or_else(|_| id.to_string(), |id| id.text.into_owned())
}
