//! Rows that stay for later: somebody who has to wait may manage their organizations, or the run goes on with
//! fewer credentials than it began with.

use std::collections::{HashMap, HashSet};

use anyhow::Result;

use crate::application::journal_guard::Earlier;
use crate::application::run_lanes::{RunLane, managed_by};
use crate::application::run_settings::RunSettings;
use crate::application::session::Session;
use crate::application::suggested_commands;
use crate::engine::abort::{AbortReason, MissingCredential};
use crate::journal::CredentialRecord;
use crate::model::row::TargetKey;
use crate::model::wording::{listed, plural};
use crate::sheet::managed_organizations::key_of;
use crate::sheet::selection::Selection;
use crate::stderr::say;
use crate::webex::error_body::flatten;

/// Organizations that are named.
const MOST_NAMED: usize = 3;

/// Rows that are not sent this time.
#[derive(Debug)]
pub(super) struct RowsForLater {
    pub(super) rows: u64,
    /// Why they stay for later.
    pub(super) reason: AbortReason,
}

/// Says how many rows stay for later, if any do; `unasked` is why some credentials could not be asked what they
/// manage.
pub(super) fn tell<S, T>(
    session: &Session<S, T>,
    selection: &Selection<'_>,
    earlier: &Earlier,
    unasked: Option<&AbortReason>,
) -> Result<Option<RowsForLater>> {
    let mut credentials = session.lanes.iter().flat_map(|lane| &lane.credentials);
    let is_known = credentials.all(|one| one.manages.is_some());
    if !is_known || (unasked.is_none() && !earlier.is_resumed()) {
        return Ok(None);
    }
    let managed = managed_by(&session.lanes);
    let managed: HashSet<TargetKey> = managed.iter().filter_map(|one| key_of(&one.id)).collect();
    let mut left: Vec<String> = Vec::new();
    let (mut seen, mut rows) = (HashSet::new(), 0);
    for row in selection.rows_to_send(None, earlier.finished_rows())? {
        let Some(id) = row?.org_id else { continue };
        let Some(key) = key_of(&id).filter(|key| !managed.contains(key)) else {
            continue;
        };
        rows += 1;
        if seen.insert(key) {
            left.push(id.into_owned());
        }
    }
    if rows == 0 {
        return Ok(None);
    }
    let organizations = in_words(named(left, earlier));
    let who = match unasked {
        Some(_) => "that could be asked",
        None => "here",
    };
    say(&format!(
        "note: no credential {who} manages {organizations}; those rows stay for later ({} of the sheet)",
        plural(rows, "row")
    ));
    let reason = unasked.and_then(AbortReason::for_later);
    let reason = reason.unwrap_or_else(|| AbortReason::NotManaged {
        organizations,
        missing: missing(&session.lanes, earlier.credentials()),
    });
    Ok(Some(RowsForLater { rows, reason }))
}

/// The rows of an undo are all of the run, so that somebody of those who sent them is missing. `managed` is an
/// organization of the rows that is not.
pub(super) fn tell_what_an_undo_lacks<S, T>(
    settings: &RunSettings,
    session: &Session<S, T>,
    managed: Option<&str>,
) {
    let begun = settings.lineage.begun.iter();
    let credentials = begun.flat_map(|begun| &begun.credentials);
    let missing = missing(&session.lanes, credentials);
    let shown = missing.iter().take(MOST_NAMED).map(ToString::to_string);
    let mut shown: Vec<String> = shown.collect();
    if missing.len() > MOST_NAMED {
        shown.push(format!("{} more", missing.len() - MOST_NAMED));
    }
    if shown.is_empty() {
        return;
    }
    say(&format!(
        "hint: the run was also sent by {}; name those too",
        listed(&shown)
    ));
    if let Some(managed) = managed {
        let undo = suggested_commands::with_flag(settings, &format!("--org={managed}"));
        say(&format!(
            "hint: to undo the rows of one organization alone: {undo}"
        ));
    }
}

/// What organizations were called when the run began.
fn named(ids: Vec<String>, earlier: &Earlier) -> Vec<String> {
    let known = earlier.last_begin().map(|begin| &begin.organizations);
    let known: HashMap<_, &str> = known
        .into_iter()
        .flatten()
        .filter(|one| !one.name.is_empty())
        .filter_map(|one| Some((key_of(&one.id)?, one.name.as_str())))
        .collect();
    let name = |id: String| {
        let name = key_of(&id).and_then(|key| known.get(&key).copied());
        name.map_or(id, flatten)
    };
    ids.into_iter().map(name).collect()
}

/// The credentials that took part in any part before and do not now. A file whose token was replaced is there.
fn missing<'c, S>(
    lanes: &[RunLane<S>],
    earlier: impl IntoIterator<Item = &'c CredentialRecord>,
) -> Vec<MissingCredential> {
    let here = || lanes.iter().flat_map(|lane| &lane.credentials);
    let mut missing: Vec<MissingCredential> = Vec::new();
    for one in earlier {
        let is_here =
            here().any(|other| other.fingerprint == one.fingerprint || other.name == one.name);
        if is_here || missing.iter().any(|known| known.name == one.name) {
            continue;
        }
        let person = one.person.as_ref().map(|person| person.name.clone());
        missing.push(MissingCredential {
            name: one.name.clone(),
            person: person.unwrap_or_default(),
            is_service_app: one.is_service_app,
        });
    }
    missing
}

fn in_words(mut names: Vec<String>) -> String {
    if names.len() > MOST_NAMED {
        names.truncate(MOST_NAMED);
        names.push("…".into());
    }
    names.join(", ")
}
