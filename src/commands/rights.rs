//! What can be known of a token before anything is sent: whether it is accepted, which organisations
//! it manages, and whether it may read what a run has to read. Whether it may change anything, only
//! a change can tell.

use std::num::NonZeroU32;

use anyhow::Result;

use crate::inquiry::{Inquiry, Unanswered};
use crate::pace::Pacer;
use crate::pipeline::Task;
use crate::platform::StopSignals;
use crate::progress::say;
use crate::retry::RetryPolicy;
use crate::row::Row;
use crate::settings::RunSettings;
use crate::sheet::register::Register;
use crate::stop::StopReason;
use crate::summary::ExitCode;
use crate::webex::http::Webex;

/// Tries for a question without which the run can go on.
const FEW_TRIES: NonZeroU32 = NonZeroU32::MIN.saturating_add(1);

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

/// Asks what the rows can be held against. An error means that there is no point in a run; what else
/// has no answer is said, and the run will show.
pub(super) async fn ask(
    inquiry: &mut Inquiry<'_>,
    task: Task,
    first: &Row<'_>,
) -> Result<Register, StopReason> {
    inquiry.retry = RetryPolicy {
        tries: FEW_TRIES.min(inquiry.retry.tries),
        ..inquiry.retry
    };
    let organizations = match inquiry.organizations().await {
        Ok(organizations) => organizations,
        Err(Unanswered::Stopped(reason)) => return Err(reason),
        Err(unanswered) => {
            say(&format!(
                "note: the service does not tell which organisations the token manages, so those of the rows are not checked: {unanswered}"
            ));
            Vec::new()
        }
    };
    if task != Task::Change {
        ensure_it_may_read(inquiry, first).await?;
    }
    Ok(Register::new(organizations))
}

/// An administrator of some locations may perhaps not list them, and one location may be closed to
/// a token that reads all others: only both together show that the right is missing.
async fn ensure_it_may_read(inquiry: &mut Inquiry<'_>, first: &Row<'_>) -> Result<(), StopReason> {
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
