//! Gives the flags and the environment their meaning: what was typed becomes settings. The only
//! reader of the environment.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::application::output_name::OutputNames;
use crate::application::progress::ProgressMode;
use crate::application::results::Form;
use crate::application::run_settings::ChangeList;
use crate::application::run_settings::{
    Backup, BadRows, Confirmation, Lineage, RunSettings, RunSpec, SheetSettings, Start,
    SummaryFormat, Target,
};
use crate::application::token_check::rejection;
use crate::cli::credentials;
use crate::cli::environment::{os_variable, variable};
use crate::cli::flag_values::{
    read_concurrency, read_country, read_duration, read_first, read_optional, read_org_flag,
    read_part, read_setting_flag,
};
use crate::cli::usage_errors::{TOKEN_TYPED, WHERE_A_TOKEN_BELONGS};
use crate::cli::{ApplyFlags, PartFlags, RunFlags, ServiceFlags, SheetFlags};
use crate::engine::pipeline::{RunPolicy, Task, UsageCheck};
use crate::journal::Machine;
use crate::model::hint::Hinted;
use crate::pace::PaceSettings;
use crate::platform;
use crate::retry::RetryPolicy;
use crate::sheet::check::DuplicatePolicy;
use crate::sheet::columns::IgnoredColumns;
use crate::sheet::{Origin, ReadOptions, RowFilter, is_standard_input, is_standard_output};
use crate::webex::base_url::{BaseUrl, WEBEX};
use crate::webex::http::proxy::Proxy;
use crate::webex::token::{NamedCredentials, Token};

impl SheetSettings {
    pub fn from_flags(flags: SheetFlags, part: &PartFlags) -> Result<SheetSettings> {
        let default_org = read_org_flag(flags.org.as_deref())?;
        let country = flags.country.map(|code| read_country(&code)).transpose()?;
        Ok(SheetSettings {
            path: flags.sheet,
            reading: ReadOptions {
                default_org,
                country,
                setting: read_setting_flag(flags.setting.as_deref())?,
                origin: Origin::Person,
                rows: match (flags.only_failed, &flags.include) {
                    (false, _) => RowFilter::All,
                    (true, None) => RowFilter::OnlyFailed,
                    (true, Some(_)) => RowFilter::FailedAndConflicts,
                },
                sheet: flags.sheet_name,
                encoding: read_optional(flags.encoding.as_deref(), "--encoding")?,
                separator: read_optional(flags.separator.as_deref(), "--separator")?,
                hidden: read_optional(flags.hidden.as_deref(), "--hidden")?,
                ignored_columns: IgnoredColumns::typed(flags.ignore_column),
            },
            part: read_part(part)?,
            duplicates: if flags.allow_duplicates {
                DuplicatePolicy::InOrder
            } else {
                DuplicatePolicy::Refuse
            },
        })
    }
}

impl RunSettings {
    pub fn from_flags(spec: RunSpec, flags: RunFlags) -> Result<RunSettings> {
        // What is mistyped is said even where there is no token yet.
        let concurrency = read_concurrency(&flags.speed.concurrency)?;
        let ceiling = read_optional(flags.speed.rate.as_deref(), "--rate")?;
        let longest_wait = read_duration(&flags.giving_up.max_wait, "--max-wait")?;
        let failure_limit =
            read_optional(flags.giving_up.max_failures.as_deref(), "--max-failures")?;
        let timeout = read_duration(&flags.giving_up.timeout, "--timeout")?;
        let target = if flags.rehearse {
            if !(flags.rehearse_speed >= 0.1 && flags.rehearse_speed <= 1000.0) {
                bail!("--rehearse-speed is a number from 0.1 to 1000");
            }
            Target::Rehearsal {
                speed: flags.rehearse_speed,
                users: match &flags.service.credentials {
                    Some(folder) => credentials::files_in(folder)?.len(),
                    None => 1,
                },
            }
        } else {
            let (base_url, proxy, credentials) = read_service(&flags.service)?;
            Target::Service {
                base_url,
                proxy,
                credentials,
            }
        };
        let files = [Some(&spec.output), flags.output.report.as_ref()];
        for file in files.into_iter().flatten() {
            ensure_it_is_no_secret(&file.to_string_lossy(), &target)?;
            ensure_it_is_no_credential(file, flags.service.credentials.as_deref())?;
        }
        ensure_it_is_no_secret(flags.output.note.as_deref().unwrap_or_default(), &target)?;
        let patience = match target {
            Target::Rehearsal { speed, .. } => 1.0 / speed,
            Target::Service { .. } => 1.0,
        };
        let usual = RetryPolicy::default();
        let confirmation = if flags.rehearse {
            Confirmation::Given
        } else {
            spec.confirmation
        };
        let (task, usage_check, even_if_used) = (spec.task, spec.usage_check, spec.even_if_used);
        Ok(RunSettings {
            machine: this_machine(),
            typed: flags.typed,
            note: flags.output.note,
            spec: RunSpec {
                confirmation,
                ..spec
            },
            start: Start::from_flag(flags.resume),
            done_before: 0,
            lineage: Lineage::default(),
            bad_rows: if flags.skip_invalid {
                BadRows::Skip
            } else {
                BadRows::Refuse
            },
            pace: PaceSettings {
                concurrency,
                ceiling,
                remembered: None,
            },
            users: 1,
            state: state_folder(),
            forget_rate: flags.speed.forget_rate,
            forget_wait: flags.speed.forget_wait,
            policy: RunPolicy {
                task,
                usage_check,
                even_if_used,
                retry: RetryPolicy {
                    first_delay: usual.first_delay.mul_f64(patience),
                    longest_delay: usual.longest_delay.mul_f64(patience),
                    ..usual
                },
                longest_wait,
                failure_limit,
                first: None,
                always_sent: &[],
                back_already: None,
                read_back: |_| false,
                seed: fastrand::u64(..),
            },
            timeout,
            target,
            for_excel: flags.output.excel,
            report: flags.output.report,
            report_changes: ChangeList::from_flag(flags.output.report_changes),
            progress: match (flags.verbosity.quiet, flags.verbosity.verbose) {
                (true, _) => ProgressMode::Hidden,
                (false, 0) => ProgressMode::Auto,
                (false, _) => ProgressMode::Lines,
            },
            summary: match (flags.output.summary, flags.verbosity.quiet) {
                (Some(_), _) => SummaryFormat::Json,
                (None, true) => SummaryFormat::Quiet,
                (None, false) => SummaryFormat::Text,
            },
        })
    }
}

/// What `wxbulk apply` is to do, and the flags that say how.
pub fn apply_spec(flags: ApplyFlags) -> Result<(RunSpec, RunFlags)> {
    let sheet = SheetSettings::from_flags(flags.sheet, &flags.part)?;
    let reads_first = flags.backup || flags.if_unchanged.is_some();
    let spec = RunSpec {
        command: "apply",
        form: if reads_first {
            Form::ResultsWithPrevious
        } else {
            Form::Results
        },
        output: output_path(
            &sheet.path,
            flags.output,
            results_word(&flags.run),
            &flags.run,
        )?,
        sheet,
        task: if reads_first {
            Task::ReadThenWrite
        } else {
            Task::Write
        },
        preconditions: flags.if_unchanged,
        confirmation: Confirmation::from_flag(flags.yes),
        backup: if flags.no_backup {
            Backup::No
        } else {
            Backup::Ask
        },
        fails_on_difference: false,
        is_kept_if_different: false,
        first: flags.first.as_deref().map(read_first).transpose()?,
        even_if_used: flags.even_if_used,
        usage_check: if flags.even_if_used {
            UsageCheck::Never
        } else {
            UsageCheck::WhereCleared
        },
    };
    Ok((spec, flags.run))
}

/// The word in the name of a run's results. Those of a rehearsal have one of their own, so that nobody
/// takes them for real ones.
pub fn results_word(flags: &RunFlags) -> &'static str {
    if flags.rehearse {
        "rehearsal"
    } else {
        "results"
    }
}

/// Where the output of a run goes: where the user says, else beside the sheet.
pub fn output_path(
    sheet: &Path,
    named: Option<PathBuf>,
    word: &str,
    flags: &RunFlags,
) -> Result<PathBuf> {
    match named {
        Some(path) if is_standard_output(&path) => {
            bail!(
                "results cannot go to the standard output or into a pipe, since they are written again when a run goes on; name a file with --output"
            )
        }
        Some(path) => Ok(path),
        None if is_standard_input(sheet) => {
            bail!("a sheet from the standard input has no name; name its results with --output")
        }
        None => OutputNames::of_sheet(sheet, word).choose(Start::from_flag(flags.resume)),
    }
}

/// A note and the names of files are kept in the journal and shown in the page.
fn ensure_it_is_no_secret(text: &str, target: &Target) -> Result<()> {
    if let Target::Service { credentials, .. } = target
        && credentials.iter().any(|one| one.secret.are_in(text))
    {
        return Err(Hinted::new(TOKEN_TYPED, WHERE_A_TOKEN_BELONGS));
    }
    Ok(())
}

/// A log is begun before anything else.
pub fn ensure_log_is_no_credential(flags: &RunFlags) -> Result<()> {
    let log = flags.verbosity.log_file.as_deref();
    log.map_or(Ok(()), |log| {
        ensure_it_is_no_credential(log, flags.service.credentials.as_deref())
    })
}

/// Each file of a folder of credentials is taken for one of them by the next run.
fn ensure_it_is_no_credential(file: &Path, folder: Option<&Path>) -> Result<()> {
    let Some(folder) = folder.filter(|_| !file.as_os_str().is_empty()) else {
        return Ok(());
    };
    // Where a link leads counts.
    let place = fs::canonicalize(file).unwrap_or_else(|_| file.to_path_buf());
    let beside = place
        .parent()
        .filter(|beside| !beside.as_os_str().is_empty());
    let beside = fs::canonicalize(beside.unwrap_or(Path::new(".")));
    if beside.is_ok_and(|beside| fs::canonicalize(folder).is_ok_and(|folder| folder == beside)) {
        return Err(Hinted::new(
            format!(
                "`{}` would be in the folder of --credentials, whose files are all taken for tokens and service apps",
                file.display()
            ),
            "name a file in another folder",
        ));
    }
    Ok(())
}

/// Where the service is, through which proxy, and what opens it.
pub fn read_service(
    flags: &ServiceFlags,
) -> Result<(BaseUrl, Option<Proxy>, Vec<NamedCredentials>)> {
    let base_url = BaseUrl::read(flags.base_url.as_deref().unwrap_or(WEBEX))
        .context("--base-url cannot be used")?;
    let proxy = Proxy::of_environment(&base_url, os_variable)?;
    let states = state_folder();
    let rejection = |token: &Token| rejection(&base_url, proxy.as_ref(), states.as_deref(), token);
    let credentials = credentials::read(flags, rejection)?;
    Ok((base_url, proxy, credentials))
}

/// Where it is kept what outlives the process.
pub fn state_folder() -> Option<PathBuf> {
    platform::state_folder(variable)
}

/// Where the run is started, and by whom.
fn this_machine() -> Machine {
    Machine {
        host: platform::host_name(),
        user: platform::user_name(variable),
        process: std::process::id(),
    }
}
