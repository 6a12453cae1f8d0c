//! Gives the flags and the environment their meaning: what was typed becomes settings. The only
//! reader of the environment.

use std::ffi::OsString;
use std::fmt::Display;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use jiff::SignedDuration;

use crate::application::missing_file::ensure_it_exists;
use crate::application::output_name::OutputNames;
use crate::application::progress::ProgressMode;
use crate::application::report::ChangeList;
use crate::application::results::Form;
use crate::application::run_settings::{
    Backup, BadRows, Confirmation, Lineage, RunSettings, RunSpec, SheetSettings, Start,
    SummaryFormat, Target, waiting_user,
};
use crate::cli::token_prompt;
use crate::cli::{ApplyFlags, PartFlags, RunFlags, ServiceFlags, SheetFlags};
use crate::engine::pipeline::{RunPolicy, Task, UsageCheck};
use crate::journal::Machine;
use crate::model::clock;
use crate::model::ids;
use crate::pace::{Memory, PaceSettings, WaitMemory};
use crate::platform;
use crate::retry::RetryPolicy;
use crate::setting::{self, Setting};
use crate::sheet::check::DuplicatePolicy;
use crate::sheet::country::Country;
use crate::sheet::part::Part;
use crate::sheet::{Origin, ReadOptions, RowFilter, is_standard_input};
use crate::stderr::say;
use crate::webex::base_url::{BaseUrl, WEBEX};
use crate::webex::http::proxy::Proxy;
use crate::webex::service_app::{self, ServiceApp};
use crate::webex::token::{Credentials, Token};

/// Where people have their token already, the first one found counts.
const TOKEN_VARIABLES: [&str; 2] = ["WEBEX_ACCESS_TOKEN", "WEBEX_TOKEN"];

/// More requests at once than this only makes the limit harder to find.
const MOST_AT_ONCE: usize = 1000;

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
                ignored_columns: flags.ignore_column,
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
        let concurrency = read_concurrency(&flags.concurrency)?;
        let ceiling = read_optional(flags.rate.as_deref(), "--rate")?;
        let longest_wait = read_duration(&flags.max_wait, "--max-wait")?;
        let failure_limit = read_optional(flags.max_failures.as_deref(), "--max-failures")?;
        let timeout = read_duration(&flags.timeout, "--timeout")?;
        let target = if flags.rehearse {
            if !(flags.rehearse_speed >= 0.1 && flags.rehearse_speed <= 1000.0) {
                bail!("--rehearse-speed is a number from 0.1 to 1000");
            }
            Target::Rehearsal {
                speed: flags.rehearse_speed,
            }
        } else {
            let (base_url, proxy, credentials) = read_service(&flags.service)?;
            Target::Service {
                base_url,
                proxy,
                credentials,
            }
        };
        let patience = match target {
            Target::Rehearsal { speed } => 1.0 / speed,
            Target::Service { .. } => 1.0,
        };
        let memory = match &target {
            Target::Service {
                base_url,
                credentials,
                ..
            } if !flags.forget_rate => platform::state_folder(variable)
                .map(|folder| Memory::new(folder, base_url.as_str(), credentials.fingerprint())),
            Target::Service { .. } | Target::Rehearsal { .. } => None,
        };
        let usual = RetryPolicy::default();
        let confirmation = if flags.rehearse {
            Confirmation::Given
        } else {
            spec.confirmation
        };
        let (task, usage_check) = (spec.task, spec.usage_check);
        Ok(RunSettings {
            machine: this_machine(),
            typed: flags.typed,
            note: flags.note,
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
                remembered: memory
                    .as_ref()
                    .and_then(|memory| memory.recall(clock::now())),
            },
            memory,
            waits: waits_of(&target),
            forget_wait: flags.forget_wait,
            policy: RunPolicy {
                task,
                usage_check,
                retry: RetryPolicy {
                    first_delay: usual.first_delay.mul_f64(patience),
                    longest_delay: usual.longest_delay.mul_f64(patience),
                    ..usual
                },
                longest_wait,
                failure_limit,
                first: None,
                always_sent: &[],
                seed: fastrand::u64(..),
            },
            timeout,
            target,
            for_excel: flags.excel,
            report: flags.report,
            report_changes: ChangeList::from_flag(flags.report_changes),
            progress: match (flags.verbosity.quiet, flags.verbosity.verbose) {
                (true, _) => ProgressMode::Hidden,
                (false, 0) => ProgressMode::Auto,
                (false, _) => ProgressMode::Lines,
            },
            summary: match (flags.summary, flags.verbosity.quiet) {
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
        Some(path) if path.as_os_str() == "-" => {
            bail!(
                "results cannot go to the standard output, since they are written anew when a run goes on; name a file with --output"
            )
        }
        Some(path) => Ok(path),
        None if is_standard_input(sheet) => {
            bail!("a sheet from the standard input has no name; name its results with --output")
        }
        None => OutputNames::of_sheet(sheet, word).choose(Start::from_flag(flags.resume)),
    }
}

fn read_flag<T: FromStr<Err: Display>>(text: &str, flag: &str) -> Result<T> {
    text.parse().map_err(|error| anyhow!("{flag}: {error}"))
}

fn read_optional<T: FromStr<Err: Display>>(text: Option<&str>, flag: &str) -> Result<Option<T>> {
    text.map(|text| read_flag(text, flag)).transpose()
}

/// Reads `--org`.
pub fn read_org_flag(org: Option<&str>) -> Result<Option<String>> {
    org.map(read_org).transpose()
}

/// Reads `--rows` and `--where`.
pub fn read_part(flags: &PartFlags) -> Result<Part> {
    let rows = read_optional(flags.rows.as_deref(), "--rows")?;
    let cells = flags.cells.iter().map(|cell| read_flag(cell, "--where"));
    Ok(Part::of(rows, cells.collect::<Result<_>>()?))
}

fn read_first(text: &str) -> Result<u64> {
    text.parse()
        .ok()
        .filter(|rows| *rows > 0)
        .with_context(|| format!("--first: `{text}` is not a number of rows, such as 3"))
}

/// Reads `--setting`.
pub fn read_setting_flag(name: Option<&str>) -> Result<Option<&'static Setting>> {
    let read = |name: &str| {
        Setting::named(name).with_context(|| {
            let names = setting::ALL.map(|setting| setting.name);
            format!(
                "--setting: `{name}` is not known; it is one of {}",
                names.join(", ")
            )
        })
    };
    name.map(read).transpose()
}

fn read_org(text: &str) -> Result<String> {
    match ids::read(text, ids::ORGANIZATION) {
        Ok(id) => Ok(id.text.into_owned()),
        Err(_) => bail!(
            "--org: `{text}` is not an organization's id\n\
             hint: its id is needed, which is long and begins with Y2lz, or a UUID such as Control Hub shows; `wxbulk whoami` lists those of your organizations"
        ),
    }
}

fn read_country(text: &str) -> Result<Country> {
    text.parse()
        .map_err(|why| anyhow!("--country: `{text}` {why}"))
}

fn read_concurrency(text: &str) -> Result<NonZeroUsize> {
    text.parse()
        .ok()
        .filter(|number: &NonZeroUsize| number.get() <= MOST_AT_ONCE)
        .with_context(|| {
            format!("--concurrency: `{text}` is not a number from 1 to {MOST_AT_ONCE}")
        })
}

fn read_duration(text: &str, flag: &str) -> Result<Duration> {
    text.parse::<SignedDuration>()
        .ok()
        .and_then(|duration| Duration::try_from(duration).ok())
        .filter(|duration| !duration.is_zero() && *duration <= Duration::from_hours(24 * 366))
        .with_context(|| {
            format!("{flag}: `{text}` is not a length of time; write it like 90s, 5m or 2h")
        })
}

/// Where the service is, through which proxy, and what opens it.
pub fn read_service(flags: &ServiceFlags) -> Result<(BaseUrl, Option<Proxy>, Credentials)> {
    let base_url = BaseUrl::read(flags.base_url.as_deref().unwrap_or(WEBEX))
        .context("--base-url cannot be used")?;
    let proxy = Proxy::of_environment(&base_url, os_variable)?;
    let credentials = read_credentials(flags.token_file.as_deref(), flags.service_app.as_deref())?;
    Ok((base_url, proxy, credentials))
}

/// What is named on the command line counts before the environment, and there a service app
/// before a token, since it outlives the run.
fn read_credentials(token_file: Option<&Path>, service_app: Option<&Path>) -> Result<Credentials> {
    if let Some(path) = service_app {
        ensure_it_exists(path, "service app's file")?;
        return ServiceApp::read_file(path)
            .with_context(|| format!("cannot use the service app's file `{}`", path.display()))
            .map(Credentials::ServiceApp);
    }
    if let Some(path) = token_file {
        ensure_it_exists(path, "token file")?;
        let token = Token::read_file(path)?;
        if others_may_read_file(path) {
            let shown = path.display();
            say(&format!(
                "warning: the token file `{shown}` can be read by other users of this computer\nhint: make it yours alone: chmod 600 \"{shown}\""
            ));
        }
        return Ok(Credentials::Token(known_to_be_whole(token)));
    }
    let given = service_app::NAMES.map(filled_variable);
    if let [Some(id), Some(secret), Some(refresh)] = given {
        return ServiceApp::new([id, secret, refresh])
            .context("the service app's variables cannot be used")
            .map(Credentials::ServiceApp);
    }
    for name in TOKEN_VARIABLES {
        if let Some(text) = filled_variable(name) {
            return Token::read(&text)
                .with_context(|| format!("the variable {name} holds no token"))
                .map(|token| Credentials::Token(known_to_be_whole(token)));
        }
    }
    let names = service_app::NAMES.iter().zip(&given);
    let missing: Vec<&str> = names
        .filter(|(_, value)| value.is_none())
        .map(|(name, _)| *name)
        .collect();
    if missing.len() < given.len() {
        bail!(
            "a service app needs three variables, and {} is not set",
            missing.join(" and ")
        );
    }
    if let Some(token) = token_prompt::ask()? {
        return Ok(Credentials::Token(known_to_be_whole(token)));
    }
    bail!(
        "there is no access token\n\
         hint: put it into the variable WEBEX_ACCESS_TOKEN, or into a file named with --token-file;\n\
         hint: a personal one, good for 12 hours, is shown on https://developer.webex.com after signing in;\n\
         hint: for runs longer than that, name a service app's file with --service-app;\n\
         hint: to try everything without one, use --rehearse"
    )
}

/// A pipe or the standard input is nobody else's.
fn others_may_read_file(path: &Path) -> bool {
    path.is_file() && platform::others_may_read(path).unwrap_or_default()
}

/// Says where a token seems to lack its end. It may do all the same.
fn known_to_be_whole(token: Token) -> Token {
    if token.seems_cut_off() {
        say(
            "warning: the access token seems to be cut off: it ends within the id that tokens end with; copy it again as a whole if Webex rejects it",
        );
    }
    token
}

fn waits_of(target: &Target) -> Option<WaitMemory> {
    match target {
        Target::Service {
            base_url,
            credentials,
            ..
        } => wait_memory(base_url, &credentials.fingerprint()),
        Target::Rehearsal { .. } => None,
    }
}

/// Where it is kept until when a user is not to ask the service.
pub fn wait_memory(base_url: &BaseUrl, user: &str) -> Option<WaitMemory> {
    let folder = platform::state_folder(variable)?.join("waits");
    Some(WaitMemory::new(folder, waiting_user(base_url, user)))
}

/// Where the run is started, and by whom.
fn this_machine() -> Machine {
    Machine {
        host: platform::host_name(),
        user: platform::user_name(variable),
        process: std::process::id(),
    }
}

fn filled_variable(name: &str) -> Option<String> {
    variable(name).filter(|text| !text.trim().is_empty())
}

fn variable(name: &str) -> Option<String> {
    os_variable(name)?.into_string().ok()
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the environment"
)]
fn os_variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}
