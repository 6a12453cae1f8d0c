//! A row on its way, and the outcome it comes to.

use std::num::NonZeroU32;
use std::time::Duration;

use tokio::time::Instant;

use super::made_values::MadeValues;
use super::row_span::RowSpan;
use crate::model::change::Change;
use crate::model::current_values::CurrentValues;
use crate::model::outcome::{Outcome, OutcomeKind};
use crate::model::response::{ApiResult, Response, TransportError};
use crate::model::row::Row;
use crate::model::usage::Usage;
use crate::pace::InFlight;
use crate::retry::RetryPolicy;

/// A row on its way.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) row: Row<'static>,
    pub(super) step: Step,
    /// What it began with, and begins with again where what it was told is too old.
    pub(super) first_step: Step,
    /// The values before anything was sent, once they are known.
    pub(super) previous: Option<CurrentValues>,
    /// Whether they are recorded, as they must be before the first change leaves.
    pub(super) is_previous_recorded: bool,
    /// What was read in this run, as far as it was, and when the first question before the change left.
    pub(super) current: CurrentValues,
    pub(super) read_at: Option<Instant>,
    /// Errors of its change before it was read again, which count on.
    pub(super) errors_before: Option<u32>,
    /// What earlier rows for its location make of fields before it comes, in a plan or where nothing is read before
    /// the change.
    pub(super) set_before: MadeValues,
    /// Which fields the service does not let anybody change.
    pub(super) restricted: Vec<usize>,
    /// What uses numbers by the answers that said what is there, beside the setting's own fields: rules for
    /// call types that nobody can change.
    pub(super) fixed_usages: Vec<Usage>,
    /// What else uses the numbers, and of rules alone which of them are set, where that was asked; and why it
    /// cannot be known.
    pub(super) usages: Option<Vec<Usage>>,
    pub(super) set_numbers: Option<Vec<usize>>,
    pub(super) usage_fault: Option<Box<str>>,
    /// The next page of what uses the numbers, and how many were read of that list.
    pub(super) usage_page: Option<Box<str>>,
    pub(super) usage_pages: u32,
    /// The last answer to a question that came before the change.
    pub(super) answer: Option<ApiResult>,
    /// Which of the setting's requests have taken effect.
    pub(super) done: Vec<usize>,
    pub(super) attempts: u32,
    /// Attempts that ended in an error and count against the row.
    pub(super) errors: u32,
    /// What the last attempt came to; while a row is read back, its last attempt to write.
    pub(super) last: Option<ApiResult>,
    /// An attempt may have taken effect although no success came back, and no read has proved
    /// otherwise.
    pub(super) may_have_been_applied: bool,
    /// Fields that it does not ask for and that were others when it was read back, with what was found.
    pub(super) also_changed: Vec<(usize, Box<str>)>,
    /// Which of the setting's requests had a try that may take effect later, whatever was read or
    /// confirmed since.
    pub(super) may_arrive_late: Vec<usize>,
    /// What the confirmations of its changes say.
    pub(super) confirmed: Confirmed,
    /// How often what its confirmed change has made was read, and was otherwise.
    pub(super) odd_readings: u32,
    /// Of an undo: how often it was found as it was before the run.
    pub(super) readings_as_before: u32,
    /// Its values were read once already, and the answer had none of them.
    pub(super) has_read_bare: bool,
    /// When an answer came last after which the same request has to be sent again.
    pub(super) put_off_at: Option<Instant>,
    /// When the attempt left that was rate limited last.
    pub(super) throttled_at: Option<Instant>,
    /// The attempt whose refusal the pace has taken for that of a limit.
    pub(super) taken_for_limit: Option<InFlight>,
    /// How often it was rate limited, and how often while others passed.
    pub(super) throttles: u32,
    pub(super) own_throttles: u32,
    /// The queue that it waits in.
    pub(super) queue: usize,
    /// The credentials of the last attempt, if there was one, and which of their access tokens.
    pub(super) sender: Option<usize>,
    pub(super) token: u32,
    /// How often another user tried it after it was rate limited.
    pub(super) moves: u32,
    /// Credentials that the service did not let change or read it, while others might be let.
    pub(super) forbidden_to: Vec<usize>,
    /// Those of them who were refused only what uses the numbers, and by which of these questions.
    pub(super) refused_questions: Vec<(usize, Step)>,
    /// By which credentials its last try ended in an error that may pass.
    pub(super) failed_by: Option<usize>,
    /// How often a token was refused.
    pub(super) refusals: u32,
    pub(super) row_span: RowSpan,
}

/// What confirmations say of the values that were sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Confirmed {
    AsSent,
    /// One names other values.
    Otherwise,
}

/// What was read longer ago than this is read again before a change that had to wait for something else than
/// its turn: however slow the pace is, each row is read once where nothing is in its way. The service has no
/// request that changes only what was read, so some moment always stays in which somebody else's change is
/// overwritten. Another reading of each row that waits for a second or two would hardly make it shorter, and would
/// cost twice the requests just where the service asks for fewer.
const FRESH: Duration = Duration::from_secs(5);

/// Tries to read back a change that failed so often already, or what uses numbers that stay.
const FEW_TRIES: NonZeroU32 = NonZeroU32::MIN.saturating_add(4);

impl Job {
    /// How stubborn its next request is.
    pub(super) fn retry_policy(&self, usual: RetryPolicy) -> RetryPolicy {
        let can_do_without = match self.step {
            Step::ReadBack { .. } => self.may_have_been_applied,
            Step::Usage(_) => !self.row.changes.contains(&Change::Clear),
            Step::Read(_) | Step::Write(_) => false,
        };
        if can_do_without {
            RetryPolicy {
                tries: usual.tries.min(FEW_TRIES),
                ..usual
            }
        } else {
            usual
        }
    }

    /// Notes that its next request leaves, by a user of whom all requests were held back last at `held_at`. A
    /// change that had to wait for long, for its own sake or for that of others, asks again what is there, or
    /// what uses the numbers that it clears: somebody may have changed it meanwhile. So does each change of a
    /// row that has several.
    pub(super) fn departs(&mut self, now: Instant, held_at: Option<Instant>) {
        let is_old = self
            .read_at
            .is_some_and(|at| now.duration_since(at) > FRESH);
        let had_to_wait = is_old && self.put_off_at.max(held_at) >= self.read_at;
        if matches!(self.step, Step::Write(_)) && had_to_wait {
            // Before its first try it is as if nothing had been read. After one, what is there may be its own.
            if !self.is_previous_recorded {
                self.previous = None;
            }
            self.ask_again();
        }
        if self.step == self.first_step && !matches!(self.step, Step::Write(_)) {
            self.read_at = Some(now);
        }
    }

    /// It begins with its first question once more.
    pub(super) fn ask_again(&mut self) {
        self.step = self.first_step;
        self.errors_before = Some(self.errors);
        self.restricted.clear();
        self.fixed_usages.clear();
        self.usages = None;
        self.set_numbers = None;
        self.usage_fault = None;
        self.usage_page = None;
        self.usage_pages = 0;
        self.answer = None;
    }

    /// A request of another kind begins.
    pub(super) fn begin_errors(&mut self) {
        self.errors = self.errors_before.unwrap_or_default();
    }

    /// A try of this request may have taken effect, or may do so later.
    pub(super) fn note_doubt(&mut self, write: usize) {
        self.may_have_been_applied = true;
        self.note_late(write);
    }

    /// What this request has made may show later.
    pub(super) fn note_late(&mut self, write: usize) {
        if !self.may_arrive_late.contains(&write) {
            self.may_arrive_late.push(write);
        }
    }

    /// Its change may be there, or is there and was not read back yet.
    pub(super) fn has_left_in_doubt(&self) -> bool {
        self.may_have_been_applied || matches!(self.step, Step::ReadBack { .. })
    }

    /// What it comes to that is given up before the next try: `kind`, unless an earlier try may have taken
    /// effect.
    pub(super) fn kind_without_effect(&self, kind: OutcomeKind) -> OutcomeKind {
        if self.may_have_been_applied {
            OutcomeKind::Unknown
        } else {
            kind
        }
    }

    /// What it finds: what was read, once the earlier rows for its location are done that a plan has looked at.
    pub(super) fn found(&self) -> CurrentValues {
        self.current.with(&self.set_before)
    }

    /// Keeps what an attempt came to that was not the last.
    pub(super) fn note_result(&mut self, result: ApiResult) {
        if !matches!(self.step, Step::ReadBack { .. }) {
            self.last = Some(result);
        }
    }
}

/// What the next request for a row is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// What is there before anything is sent: the resources of the setting, one by one.
    Read(usize),
    /// What uses the numbers that are to be cleared, one resource by another.
    Usage(usize),
    /// One of the requests that change the setting.
    Write(usize),
    /// What is there after a change that is in doubt: in one resource.
    ReadBack { resource: usize, write: usize },
}

/// A request that has no answer yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct OnWire {
    /// The row may have been applied when no answer comes.
    pub(super) may_be_applied: bool,
    /// One of its requests has taken effect.
    pub(super) is_begun: bool,
    pub(super) attempts: u32,
}

impl OnWire {
    pub(super) fn of(job: &Job) -> OnWire {
        OnWire {
            may_be_applied: job.has_left_in_doubt() || matches!(job.step, Step::Write(_)),
            is_begun: !job.done.is_empty(),
            attempts: job.attempts,
        }
    }

    /// What the row is when no answer comes.
    pub(super) fn unfinished_kind(self) -> OutcomeKind {
        unfinished_kind(self.may_be_applied, self.is_begun)
    }
}

pub(super) fn unfinished_kind(may_have_been_applied: bool, is_begun: bool) -> OutcomeKind {
    match (may_have_been_applied, is_begun) {
        (true, _) => OutcomeKind::Unknown,
        (false, true) => OutcomeKind::Partly,
        (false, false) => OutcomeKind::NotAttempted,
    }
}

pub(super) fn outcome(kind: OutcomeKind, attempts: u32, reply: ApiResult) -> Outcome {
    match reply {
        Ok(Response {
            status,
            error_code,
            message,
            tracking_id,
            ..
        }) => Outcome {
            kind,
            status: Some(status),
            error_code,
            message,
            tracking_id,
            attempts,
            previous: None,
            usages: None,
            set_numbers: None,
            set_before: Vec::new(),
            untouched: Vec::new(),
            also_changed: Vec::new(),
            may_arrive_late: false,
        },
        Err(TransportError { message, .. }) => Outcome {
            attempts,
            ..Outcome::unsent(kind, message)
        },
    }
}
