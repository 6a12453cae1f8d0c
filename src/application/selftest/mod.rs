//! A selftest: what the real service answers, at one location, to the questions that its documentation
//! leaves open, and whether the program is right in what it takes for granted.
//!
//! Reads are asked first, one by one. The requests that change something are the rows of a sheet, which a
//! run sends one after the other: so the numbers are in the journal before anything leaves, the pace holds,
//! a selftest that was cut off goes on, and puts the numbers back, when it is started again, and `undo`
//! takes it back. Each of these rows is followed by one that has the numbers from before.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::application;
use crate::application::credential_owners::{self, NamedOrganizations};
use crate::application::exit_code::ExitCode;
use crate::application::kept_wait;
use crate::application::lane_queries::{api_client, api_client_of};
use crate::application::own_organization::own_organization;
use crate::application::query_refusals::say_why_not;
use crate::application::run_lanes::managed_by;
use crate::application::run_settings::{RunSettings, Start, Target};
use crate::application::session::{Connect, Session, connect_to_ask};
use crate::application::status;
use crate::application::suggested_commands;
use crate::application::terminal_question::{is_a_terminal, typed_line};
use crate::engine::abort::AbortReason;
use crate::engine::api_queries::{ApiClient, QueryError};
use crate::journal::{self, Journal, RecordedRun};
use crate::model::ids;
use crate::model::outcome::OutcomeKind;
use crate::model::row::{Row, TargetKey};
use crate::model::wording::plural;
use crate::platform::{self, Readers, StopRequests};
use crate::setting::location_numbers::LOCATION_NUMBERS;
use crate::setting::target_kind::LOCATION;
use crate::stderr::say;
use crate::webex::Queries;
use crate::webex::error_body::flatten;
use crate::webex::token::digest;

mod findings;
mod observed_writes;
mod other_bodies;
mod plain_reads;
mod probe_rows;
mod selftest_page;

use findings::Verdict;
use observed_writes::ObservedWrites;
use other_bodies::WithOtherBodies;
use plain_reads::PlainReads;
pub use probe_rows::{ALWAYS_SENT, is_read_back};

/// Where a selftest takes place, and what was typed for it.
#[derive(Debug)]
pub struct Place {
    pub org_id: Option<String>,
    pub location_id: String,
    /// The name that was given on the command line.
    pub name: Option<String>,
}

/// The files of a selftest, which are named after its location without telling which one it is.
#[derive(Debug)]
pub struct Files {
    pub sheet: PathBuf,
    pub results: PathBuf,
    page: PathBuf,
}

impl Files {
    pub fn of(location_id: &str) -> Files {
        let stem = format!("selftest-{}", checksum(location_id));
        Files {
            sheet: format!("{stem}.csv").into(),
            results: format!("{stem}.results.csv").into(),
            page: format!("{stem}.md").into(),
        }
    }
}

/// Tells a location from others without naming it.
fn checksum(location_id: &str) -> String {
    let key = ids::read(location_id, ids::LOCATION).map(|id| id.key);
    let TargetKey(key) = key.unwrap_or(TargetKey(0));
    digest(&key.to_string()).chars().take(8).collect()
}

/// Carries a selftest out.
pub async fn run(
    mut settings: RunSettings,
    mut place: Place,
    files: &Files,
    network: &impl Connect,
) -> Result<ExitCode> {
    settings.start = fresh_or_resumed(files)?;
    let mut session = connect_to_ask(&settings)?;
    if !kept_wait::hold(&settings, &mut session, |_, _| None).await? {
        return Ok(ExitCode::NothingSent);
    }
    if session.has_several {
        let named = NamedOrganizations {
            kind: &LOCATION,
            ids: place.org_id.as_deref().into_iter().collect(),
        };
        let asked = credential_owners::ask_all(&settings, &mut session, &named).await;
        if let Err(reason) = asked {
            return say_why_not(QueryError::Stopped(reason), &LOCATION_NUMBERS);
        }
        let kept = keep_one(&mut settings, &mut session, &mut place).await?;
        if let Err(stopped) = kept {
            return say_why_not(stopped, &LOCATION_NUMBERS);
        }
    }
    let (lane, stop) = (&mut session.lanes[0], &mut session.stop);
    let mut api = api_client(&settings, lane, stop);
    if place.org_id.is_none() {
        // A token that may read locations need not be one that may list organizations.
        let managed = match api.organizations().await {
            Err(stopped @ QueryError::Stopped(_)) => {
                return say_why_not(stopped, &LOCATION_NUMBERS);
            }
            managed => managed.unwrap_or_default(),
        };
        place.org_id = match api.person().await {
            Err(stopped @ QueryError::Stopped(_)) => {
                return say_why_not(stopped, &LOCATION_NUMBERS);
            }
            person => own_organization(person, &managed)?,
        };
    }
    let name = match name_of(&mut api, &place).await {
        Ok(name) => name?,
        Err(query_error) => {
            return say_why_not(query_error, &LOCATION_NUMBERS)
                .context("cannot list the locations");
        }
    };
    if !is_meant(&place, &name, &settings, stop).await? {
        say("nothing was changed");
        return Ok(ExitCode::NothingSent);
    }
    let mut api = api_client(&settings, lane, stop);
    let reads = match PlainReads::ask(&mut api, &row_of(&place)).await {
        Ok(reads) => reads,
        Err(refused @ QueryError::Refused { .. }) => bail!(
            "these credentials may not see the numbers of the location: {refused}\nhint: an administrator of some locations may be answered so for the others; choose another location, or the credentials of an administrator of this one"
        ),
        Err(query_error) => {
            return say_why_not(query_error, &LOCATION_NUMBERS)
                .context("the service gives no answer");
        }
    };
    if settings.start == Start::Fresh {
        probe_rows::write(&files.sheet, &place, &reads)?;
    }
    let network = WithOtherBodies(network);
    let code = application::run(settings, &network).await?;
    if !matches!(code, ExitCode::Success | ExitCode::SomeRowsNotDone) {
        return Ok(code);
    }
    finish(&reads, &place, files)
}

/// Of several credentials the first one that manages the organization of the location, and may see its numbers, is
/// the one by which all of it is asked and sent. The inner error ends the selftest.
async fn keep_one<S: Queries, T: StopRequests>(
    settings: &mut RunSettings,
    session: &mut Session<S, T>,
    place: &mut Place,
) -> Result<Result<(), QueryError>> {
    let managed = managed_by(&session.lanes);
    if let (None, [only]) = (&place.org_id, &managed[..]) {
        place.org_id = Some(only.id.clone());
    }
    let Some(org) = place.org_id.as_deref() else {
        bail!(
            "the credentials manage {}\nhint: name the organization of the location with --org",
            plural(managed.len() as u64, "organization")
        );
    };
    let managing: Vec<(usize, usize)> = session
        .lanes
        .iter()
        .enumerate()
        .filter(|(_, lane)| lane.manages(Some(org)))
        .flat_map(|(at, lane)| {
            let credentials = lane.credentials.iter().enumerate();
            let managing = credentials.filter(|(_, one)| one.may_manage(Some(org)));
            managing.map(move |(credential, _)| (at, credential))
        })
        .collect();
    let Some(first) = managing.first() else {
        bail!(
            "none of the credentials manages the organization `{org}`\nhint: `wxbulk whoami` lists what each of them manages"
        );
    };
    let (mut lane, mut credential) = *first;
    for (at, one) in &managing {
        let (asked, stop) = (&mut session.lanes[*at], &mut session.stop);
        let mut api = api_client_of(settings, asked, *one, stop);
        let numbers = &LOCATION_NUMBERS.resources[0];
        match api.resource_of(numbers, &row_of(place)).await {
            Err(QueryError::Refused { .. }) => {}
            Err(stopped @ QueryError::Stopped(AbortReason::Interrupted)) => {
                return Ok(Err(stopped));
            }
            // What fails otherwise is said when it is asked again.
            Ok(_) | Err(_) => {
                (lane, credential) = (*at, *one);
                break;
            }
        }
    }
    session.lanes = vec![session.lanes.swap_remove(lane)];
    let kept = &mut session.lanes[0].credentials;
    kept.swap(0, credential);
    kept.truncate(1);
    session.has_several = false;
    let kept = &kept[0];
    if let Target::Service { credentials, .. } = &mut settings.target {
        credentials.retain(|one| one.secret.own_fingerprint() == kept.fingerprint);
    }
    if !settings.is_quiet() {
        say(&format!("`{}` manages its organization", kept.name));
    }
    Ok(Ok(()))
}

/// Writes the page, and says what came of it.
fn finish(reads: &PlainReads, place: &Place, files: &Files) -> Result<ExitCode> {
    let run = RecordedRun::open(&Journal::path_for(&files.results))?;
    let writes = ObservedWrites::of(&run)?;
    let mut found = reads.findings();
    found.extend(writes.findings());
    let page = selftest_page::render(&checksum(&place.location_id), run.header(), &found);
    platform::write_atomically(&files.page, page.as_bytes(), Readers::Usual)
        .with_context(|| format!("cannot write `{}`", files.page.display()))?;
    let shown = files.page.display();
    for finding in &found {
        say(&format!(
            "{:<11}  {}",
            finding.verdict.word(),
            finding.question
        ));
    }
    say(&format!(
        "page: {shown} (without names, numbers and ids, to be attached to a bug report)"
    ));
    if let Some(others) = writes.changed_by_others() {
        say(&format!(
            "note: somebody else has changed {} of the location meanwhile, which is left as it is; nothing that the selftest has changed is left, so there is nothing to undo, and its files may be moved away",
            others.join(", ")
        ));
        return Ok(ExitCode::SomeRowsNotDone);
    }
    if !writes.are_put_back() {
        say(&format!(
            "error: the numbers of the location are not known to be as they were before; to put them back:\n  {}",
            suggested_commands::undo(&files.results, run.last_begin(), &run.header().settings)
        ));
        return Ok(ExitCode::Stopped);
    }
    say(if writes.are_spelled_as_before() {
        "the numbers of the location are as they were before"
    } else {
        "the numbers of the location are as they were before, in another spelling"
    });
    let differs = |verdict: &Verdict| *verdict == Verdict::Differs;
    Ok(if found.iter().any(|finding| differs(&finding.verdict)) {
        ExitCode::SomeRowsNotDone
    } else {
        ExitCode::Success
    })
}

/// A selftest that did not reach its end is gone on with, which puts the numbers back.
fn fresh_or_resumed(files: &Files) -> Result<Start> {
    let path = Journal::path_for(&files.results);
    let is_begun = journal::exists(&path)?;
    let has_ended = |run: &RecordedRun| run.last_end().is_some_and(|end| end.complete);
    if is_begun && !(has_ended(&RecordedRun::open(&path)?) && files.page.exists()) {
        say(
            "note: an earlier selftest of this location did not reach its end; it is gone on with, and the numbers are put back",
        );
        return Ok(Start::Resume);
    }
    if is_begun {
        let run = RecordedRun::open(&path)?;
        let changed = run.counts()?.of(OutcomeKind::Updated);
        let undone = status::undone(&path, run.header(), changed);
        let is_undone = undone.is_some_and(|undone| undone.completely);
        let writes = ObservedWrites::of(&run)?;
        if !is_undone && !writes.are_put_back() && writes.changed_by_others().is_none() {
            bail!(
                "the numbers of the location are not known to be as they were before an earlier selftest, which is not undone\nhint: to put them back: {}\nhint: keep its files until that is done: the numbers from before are in them; then move them away, or go to another folder, to ask again",
                suggested_commands::undo(&files.results, run.last_begin(), &run.header().settings)
            );
        }
    }
    let used = [&files.page, &files.results]
        .into_iter()
        .find(|path| path.exists());
    if let Some(used) = used {
        bail!(
            "`{}` is there from an earlier selftest of this location\nhint: move its files away, or go to another folder, to ask again",
            used.display()
        );
    }
    Ok(Start::Fresh)
}

/// What the service calls the location. The inner error is for the person.
async fn name_of<S: Queries, T: StopRequests>(
    api: &mut ApiClient<'_, S, T>,
    place: &Place,
) -> Result<Result<String>, QueryError> {
    let key = |id: &str| ids::read(id, ids::LOCATION).ok().map(|id| id.key);
    let wanted = key(&place.location_id);
    let locations = api.targets(&LOCATION, place.org_id.as_deref()).await?;
    let found = locations
        .iter()
        .find(|location| key(&location.id) == wanted);
    let name = found.and_then(|location| location.entry.names.first());
    Ok(name.map(|name| flatten(name)).with_context(|| {
        format!(
            "the location `{}` is not found among the {} calling locations of the organization\nhint: `wxbulk export` lists them; --org names another organization",
            place.location_id,
            locations.len()
        )
    }))
}

/// Whether the person named the location: that it is changed for a moment is meant.
async fn is_meant(
    place: &Place,
    name: &str,
    settings: &RunSettings,
    stop: &mut impl StopRequests,
) -> Result<bool> {
    if let Some(given) = &place.name {
        if given.trim() == name.trim() {
            return Ok(true);
        }
        bail!("the location is not named `{given}`; nothing was changed");
    }
    if !is_a_terminal() {
        bail!(
            "there is no terminal to ask on: the selftest changes the numbers of a location for a moment\nhint: name the location, if that is what you want: {}",
            suggested_commands::with_flag(settings, "--name=NAME")
        );
    }
    say(&format!(
        "The selftest changes the auto transfer numbers of the location `{name}` for a moment, and puts them back."
    ));
    let typed = typed_line("Type the name of the location to go on:", stop).await?;
    Ok(typed.is_some_and(|typed| typed.trim() == name.trim() && !typed.trim().is_empty()))
}

/// A row for the location that asks for nothing.
fn row_of(place: &Place) -> Row<'static> {
    let key = ids::read(&place.location_id, ids::LOCATION).map(|id| id.key);
    Row {
        number: 0,
        org_id: place.org_id.clone().map(Into::into),
        target_id: place.location_id.clone().into(),
        name: "".into(),
        key: key.unwrap_or(TargetKey(0)),
        changes: Vec::new(),
        expected: Vec::new(),
        used_before: Vec::new(),
    }
}
