//! `wxbulk export`: the locations of organizations, or what else is set, and their values, as a sheet that `apply` takes.
//!
//! The list comes first, into a sheet of its own beside the export; the values are then read as a
//! plan's are. So an export is paced and retried as any run, and one that was interrupted goes on
//! with the list it began with.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::application;
use crate::application::exit_code::ExitCode;
use crate::application::export_targets;
use crate::application::query_refusals::say_why_not;
use crate::application::refused_sheet::RefusedSheet;
use crate::application::results::Form;
use crate::application::run_settings::{
    Backup, Confirmation, RunSettings, RunSpec, SheetSettings, Start,
};
use crate::application::session::{AskedSession, Connect, connect_to_ask};
use crate::application::spool;
use crate::cli::ExportFlags;
use crate::cli::flag_values::{read_org_flag, read_setting_flag};
use crate::engine::api_queries::QueryError;
use crate::engine::pipeline::{Task, UsageCheck};
use crate::journal::{self, Journal, RecordedRun};
use crate::model::wording::listed;
use crate::platform;
use crate::setting;
use crate::setting::target_kind::TargetKind;
use crate::sheet::check::DuplicatePolicy;
use crate::sheet::export_sheet;
use crate::sheet::row_selector::RowSelector;
use crate::sheet::{Origin, ReadOptions, is_standard_output};
use crate::stderr::say;
use crate::table;

/// Left-out credentials or organizations that are named at the end.
const MOST_NAMED: usize = 5;

pub(super) async fn run(flags: ExportFlags, network: &impl Connect) -> Result<ExitCode> {
    let org = read_org_flag(flags.org.as_deref())?;
    let setting = read_setting_flag(flags.setting.as_deref())?.unwrap_or(setting::ALL[0]);
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
            part: RowSelector::default(),
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
        even_if_used: false,
    };
    let mut settings = RunSettings::from_flags(spec, flags.run)?;
    let journal = Journal::path_for(&output);
    let is_begun = list.exists() || platform::is_taken(&output) || journal::exists(&journal)?;
    if settings.start == Start::Resume && !is_begun {
        say("note: nothing was begun yet, so --resume begins with the list");
        settings.start = Start::Fresh;
    }
    let mut left_out = Vec::new();
    let mut asked = None;
    if settings.start == Start::Fresh {
        ensure_there_is_room(&output, &list, setting.target)?;
        let mut session = connect_to_ask(&settings)?;
        let all_orgs = flags.all_orgs;
        let found =
            match export_targets::list(&settings, &mut session, setting, org, all_orgs).await {
                Ok(found) => found,
                Err(error) if is_stop(&error) => return say_why_not(error.downcast()?, setting),
                Err(error) => return Err(error),
            };
        if !settings.is_quiet() {
            let count = found.targets.len() as u64;
            say(&format!("{} to read", setting.target.count(count)));
        }
        export_sheet::write(&list, setting, &found.targets)?;
        left_out = found.left_out;
        // It is known by now what each credential manages.
        asked = Some(session);
        settings.lineage.left_out = left_out.len() as u64;
    }
    if settings.start == Start::Resume {
        let header = journal::header_of(&journal);
        settings.lineage.left_out = header.map_or(0, |header| header.left_out);
    }
    let count_left_out = settings.lineage.left_out;
    let ran = match asked {
        Some(session) => {
            let session = AskedSession::new(session);
            Box::pin(application::run(settings, &session)).await
        }
        None => application::run(settings, network).await,
    };
    // A refusal of the list, which may be empty, does not hide what is missing in it.
    let is_refused = |error: &anyhow::Error| error.is::<RefusedSheet>();
    if ran.as_ref().is_err_and(|error| !is_refused(error)) {
        return ran;
    }
    tell_what_is_missing(&output, &left_out, count_left_out);
    if ran.is_err() && !journal::exists(&journal)? {
        // Nothing was begun with it that could go on.
        let _ = fs::remove_file(&list);
    }
    let code = ran?;
    if code == ExitCode::Success {
        // They were there for going on, and there is nothing left to go on with.
        for path in [list, journal] {
            let _ = fs::remove_file(path);
        }
    }
    Ok(code.with_left_out(count_left_out))
}

/// `count` is of when the export began.
fn tell_what_is_missing(output: &Path, left_out: &[String], count: u64) {
    if !left_out.is_empty() {
        let more = left_out.len().saturating_sub(MOST_NAMED);
        let named = left_out.iter().take(MOST_NAMED).cloned();
        let named = named.chain((more > 0).then(|| format!("{more} more")));
        let named = listed(&named.collect::<Vec<_>>());
        say(&format!(
            "warning: `{}` is not complete: it lacks {named}",
            output.display()
        ));
    } else if count > 0 {
        say(&format!(
            "warning: `{}` is not complete: something was left out when the export began",
            output.display()
        ));
    }
}

fn is_stop(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(QueryError::Stopped(_)))
}

/// What the list of an export may be for: the same name in any form.
fn outputs_of_the_list(output: &Path) -> impl Iterator<Item = PathBuf> {
    ["csv", "xlsx"]
        .map(|form| output.with_extension(form))
        .into_iter()
}

/// Whether the list of this name is of an export in another form that has ended, so that nothing goes on with it.
fn is_of_an_ended_export(output: &Path) -> Result<bool> {
    for other in outputs_of_the_list(output) {
        let path = Journal::path_for(&other);
        if other != output && journal::exists(&path)? {
            let run = RecordedRun::open(&path)?;
            return Ok(run.final_end().is_some_and(|end| end.complete));
        }
    }
    Ok(false)
}

fn ensure_there_is_room(output: &Path, list: &Path, kind: &TargetKind) -> Result<()> {
    table::ensure_fits(output, 0, 0)?;
    if is_standard_output(output) {
        bail!(
            "an export cannot go to the standard output or into a pipe, since it is written in one piece at the end; name a file with --output"
        );
    }
    if platform::is_taken(output) {
        bail!(
            "`{}` exists already; move it away, or name another file with --output",
            output.display()
        );
    }
    if list.exists() && !is_of_an_ended_export(output)? {
        let mut others = outputs_of_the_list(output).filter(|other| other != output);
        let begun = others.find(|other| Journal::path_for(other).exists());
        let begun = begun.map_or(String::new(), |other| {
            format!(" and --output \"{}\"", other.display())
        });
        bail!(
            "an earlier export has not ended; `{}` has its {}\nhint: go on with it with --resume{begun}, or move it away to begin again",
            list.display(),
            kind.plural
        );
    }
    // Nothing goes on with the list of an export that has ended.
    if list.exists() {
        fs::remove_file(list).with_context(|| format!("cannot replace `{}`", list.display()))?;
    }
    // No run has left a copy of a list that is not made yet.
    spool::ensure_name_is_free(output, "")
}
