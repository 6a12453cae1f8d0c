//! What can be known of a token before anything is sent: whether it is accepted, which organizations
//! it manages, and whether it may read what a run has to read. Whether it may change anything, only
//! a change can tell.

use std::collections::HashSet;
use std::num::NonZeroU32;

use anyhow::Result;

use crate::inquiry::{Inquiry, Unanswered};
use crate::pace::Pacer;
use crate::platform::StopSignals;
use crate::row::Row;
use crate::settings::RunSettings;
use crate::sheet::Sheet;
use crate::sheet::check::Checked;
use crate::sheet::names::LookedUp;
use crate::sheet::register::{self, Register};
use crate::stderr::say;
use crate::stop::StopReason;
use crate::summary::{ExitCode, plural};
use crate::webex::http::Webex;

/// Tries for a question without which the run can go on.
const FEW_TRIES: NonZeroU32 = NonZeroU32::MIN.saturating_add(2);

const FORBIDDEN: u16 = 403;

/// Questions before a run, asked as the run will ask its own.
pub(super) fn inquiry<'a>(
    settings: &RunSettings,
    service: &'a Webex,
    pacer: &'a mut Pacer,
    stop: &'a mut StopSignals,
) -> Inquiry<'a> {
    Inquiry {
        service,
        pacer,
        stop,
        retry: settings.course.retry,
        longest_wait: settings.course.longest_wait,
        chance: fastrand::Rng::with_seed(settings.course.seed),
        say,
    }
}

/// Asks what the rows can be held against, and what their names mean unless that is `known`. A reason
/// means that there is no point in a run; what else has no answer is said, and the run will show.
pub(super) async fn consult(
    inquiry: &mut Inquiry<'_>,
    sheet: &mut Sheet,
    checked: &Checked,
    known: Option<&LookedUp>,
) -> Result<Option<StopReason>> {
    if let Some(known) = known {
        // Also where nothing more can be asked: what is done must be told.
        sheet.register = Register::default().with_names(known.clone());
    }
    let tries = inquiry.retry.tries;
    if checked.named == 0 {
        inquiry.retry.tries = FEW_TRIES.min(tries);
    }
    let organizations = match inquiry.organizations().await {
        Ok(organizations) => organizations,
        Err(Unanswered::Stopped(reason)) => return Ok(Some(reason)),
        Err(unanswered) => {
            say(&format!(
                "note: the service does not say which organizations the token manages, so those of the rows are not checked: {unanswered}"
            ));
            Vec::new()
        }
    };
    inquiry.retry.tries = tries;
    sheet.register = Register::new(&organizations);
    if checked.named == 0 {
        return Ok(None);
    }
    let mut names = match known {
        Some(known) => known.clone(),
        None => LookedUp::of_organizations(organizations.clone()),
    };
    sheet.register = Register::new(&organizations).with_names(names.clone());
    if known.is_none() {
        let wanted = organizations_with_named_locations(sheet)?;
        if !wanted.is_empty() {
            let count = plural(wanted.len() as u64, "organization");
            say(&format!("looking up the locations of {count} by name"));
        }
        for org_id in wanted {
            let locations = match inquiry.locations(org_id.as_deref()).await {
                Err(Unanswered::Stopped(reason)) => {
                    // Half of the names are no better than none.
                    sheet.register = Register::default();
                    return Ok(Some(reason));
                }
                answer => answer.map_err(|unanswered| unanswered.to_string()),
            };
            names.add_locations(org_id, locations);
        }
        sheet.register = Register::new(&organizations).with_names(names);
    }
    Ok(None)
}

/// Each once, in the order of the sheet.
fn organizations_with_named_locations(sheet: &Sheet) -> Result<Vec<Option<String>>> {
    let mut wanted = Vec::new();
    let mut seen = HashSet::new();
    let Ok(columns) = &sheet.columns else {
        return Ok(wanted);
    };
    let mut records = sheet.records()?;
    while let Some(numbered) = records.next_record() {
        let record = numbered?.record;
        if sheet.is_settled(columns, &record) {
            continue;
        }
        if let Some(org_id) = sheet.org_of_named(columns, &record)
            && seen.insert(org_id.as_deref().map(register::key_of))
        {
            wanted.push(org_id);
        }
    }
    Ok(wanted)
}

/// An administrator of some locations may perhaps not list them, and one location may be closed to
/// a token that reads all others: only both together show that the right is missing.
pub(super) async fn ensure_it_may_read(
    inquiry: &mut Inquiry<'_>,
    first: &Row<'_>,
) -> Result<(), StopReason> {
    let mut answer = inquiry.one_location(first.org_id.as_deref()).await;
    if is_forbidden(&answer) {
        answer = inquiry.numbers_of(first).await;
    }
    match answer {
        Err(Unanswered::Refused { status, message }) if status == FORBIDDEN => {
            Err(StopReason::MayNotRead { message })
        }
        Err(Unanswered::Stopped(reason)) => Err(reason),
        // What else is wrong, the run deals with in its own way.
        _ => Ok(()),
    }
}

pub(super) fn is_forbidden<T>(answer: &Result<T, Unanswered>) -> bool {
    matches!(answer, Err(Unanswered::Refused { status, .. }) if *status == FORBIDDEN)
}

/// Says why a command ends that left nothing to go on with.
pub(super) fn say_why_not(unanswered: Unanswered) -> Result<ExitCode> {
    let Unanswered::Stopped(reason) = unanswered else {
        return Err(unanswered.into());
    };
    say(&format!("stopped: {reason}"));
    if let Some(hint) = reason.hint() {
        say(&format!("hint: {hint}"));
    }
    Ok(match reason {
        StopReason::Interrupted => ExitCode::Interrupted,
        _ => ExitCode::NothingSent,
    })
}
