//! What became of a row, in the words of the results file.

use serde::{Deserialize, Serialize};

use crate::model::current_values::CurrentValues;
use crate::model::usage::Usage;

/// The word in the `outcome` column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeKind {
    /// The service took the change.
    Updated,
    /// The numbers were already as asked, so nothing was sent.
    Unchanged,
    /// The present value is not what the plan, the backup or a guard expects; it was left alone.
    Conflict,
    /// One of several requests of the row took effect.
    Partly,
    /// The service refused it, or could not do it however often it was asked; it had no effect, but for
    /// one that may arrive late.
    Failed,
    /// A try may have taken effect.
    Unknown,
    /// The sheet's fault; never sent.
    Invalid,
    /// Nothing to do, or the twin of an earlier row.
    Skipped,
    /// The run ended first.
    NotAttempted,
    /// Only looked at: the numbers are not as asked.
    Different,
}

impl OutcomeKind {
    pub const ALL: [OutcomeKind; 10] = [
        OutcomeKind::Updated,
        OutcomeKind::Unchanged,
        OutcomeKind::Conflict,
        OutcomeKind::Partly,
        OutcomeKind::Failed,
        OutcomeKind::Unknown,
        OutcomeKind::Invalid,
        OutcomeKind::Skipped,
        OutcomeKind::NotAttempted,
        OutcomeKind::Different,
    ];

    pub fn word(self) -> &'static str {
        match self {
            OutcomeKind::Updated => "updated",
            OutcomeKind::Unchanged => "unchanged",
            OutcomeKind::Conflict => "conflict",
            OutcomeKind::Partly => "partly",
            OutcomeKind::Failed => "failed",
            OutcomeKind::Unknown => "unknown",
            OutcomeKind::Invalid => "invalid",
            OutcomeKind::Skipped => "skipped",
            OutcomeKind::NotAttempted => "not-attempted",
            OutcomeKind::Different => "different",
        }
    }

    /// Reads the word back, as a person may have left it: any case, spaces around it.
    pub fn from_word(word: &str) -> Option<OutcomeKind> {
        let word = word.trim();
        Self::ALL
            .into_iter()
            .find(|kind| kind.word().eq_ignore_ascii_case(word))
    }

    /// Whether the location now is as the row asks, as far as this run can tell; or was to be looked
    /// at only.
    pub fn is_success(self) -> bool {
        matches!(
            self,
            OutcomeKind::Updated
                | OutcomeKind::Unchanged
                | OutcomeKind::Skipped
                | OutcomeKind::Different
        )
    }
}

/// How a row ends that was left alone since it clears a number in use.
pub const WHERE_IN_USE: &str = "change that rule first, or add --even-if-used";

/// What is said of a row that was confirmed and should be read back, and could not.
pub const NOT_READ_BACK: &str = "confirmed, but the values could not be read back";

/// What became of one row: the result columns but for the row number and the time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    #[serde(rename = "outcome")]
    pub kind: OutcomeKind,
    /// The HTTP status of the last answer; a transport error never poses as one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub error_code: Box<str>,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub message: Box<str>,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub tracking_id: Box<str>,
    /// Requests sent for this row.
    pub attempts: u32,
    /// The values before anything was sent, where they were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<CurrentValues>,
    /// What uses the numbers beside the row's own fields, where that was asked. Journals of rules alone have
    /// had here what uses one that is not set; those have no `set_numbers`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usages: Option<Vec<Usage>>,
    /// Of rules alone: which numbers of the location are set, counted from zero, where that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_numbers: Option<Vec<usize>>,
    /// The values that earlier rows have given to fields of the same location, or of a plan would give; the
    /// empty text where they clear one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub set_before: Vec<(usize, Box<str>)>,
    /// Of a row of several requests of which some took effect, or may have: the fields of those that
    /// certainly did not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub untouched: Vec<usize>,
    /// Fields that the row did not ask for and that were others after it, with what was found there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_changed: Vec<(usize, Box<str>)>,
    /// A try was answered so, or broke off so, that its change may arrive yet, whatever was read since.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub may_arrive_late: bool,
}

impl Outcome {
    /// An outcome that no request led to.
    pub fn unsent(kind: OutcomeKind, message: impl Into<Box<str>>) -> Outcome {
        Outcome {
            kind,
            status: None,
            error_code: Box::default(),
            message: message.into(),
            tracking_id: Box::default(),
            attempts: 0,
            previous: None,
            usages: None,
            set_numbers: None,
            set_before: Vec::new(),
            untouched: Vec::new(),
            also_changed: Vec::new(),
            may_arrive_late: false,
        }
    }

    /// Of a plan: what the row finds once the earlier rows for its location are done.
    pub fn found(&self) -> Option<CurrentValues> {
        let previous = self.previous.as_ref()?;
        Some(previous.with(&self.set_before))
    }

    /// Whether the row was left alone since it clears a number in use.
    pub fn is_of_use(&self) -> bool {
        self.kind == OutcomeKind::Conflict && self.message.ends_with(WHERE_IN_USE)
    }

    /// Whether the service confirmed the change of a row that is `unknown` only since nobody could look at it then.
    pub fn is_confirmed_and_unseen(&self) -> bool {
        self.kind == OutcomeKind::Unknown && *self.message == *NOT_READ_BACK
    }

    /// Whether the row failed although its requests were answered as they should be: what is in its way stands in
    /// no cell of it.
    pub fn has_nothing_to_correct(&self) -> bool {
        self.kind == OutcomeKind::Failed && matches!(self.status, Some(200..=299))
    }

    /// Whether the row failed when its values were read before they were changed: the service refused its place, and
    /// not what was to be set there. Where no such place is known, its id may be wrong.
    pub fn is_of_refused_read(&self, is_read_first: bool) -> bool {
        let is_refused = !matches!(self.status, None | Some(404));
        self.kind == OutcomeKind::Failed && is_read_first && self.previous.is_none() && is_refused
    }

    /// Whether it is only for the service, or for who asks it, that the row is not done: the same row can go again
    /// as it is.
    pub fn is_to_be_tried_again(&self) -> bool {
        match (self.kind, self.status) {
            (OutcomeKind::Unknown, _) => true,
            (OutcomeKind::Failed, status) => matches!(
                status,
                None | Some(401 | 403 | 407 | 408 | 423 | 425 | 429 | 500..)
            ),
            _ => false,
        }
    }

    /// Whether the cause is the same. Of a refusal status and code say so, since its words may name the
    /// row's own ids; of anything else the words do, whatever numbers are in them.
    pub fn is_like(&self, other: &Outcome) -> bool {
        if self.status != other.status {
            return false;
        }
        let words = |outcome: &Outcome| -> String {
            let message = outcome.message.chars();
            message.filter(|one| !one.is_ascii_digit()).collect()
        };
        match self.refusal() {
            Some(_) => self.error_code == other.error_code,
            None if self.status.is_none() => self.message == other.message,
            None => words(self) == words(other),
        }
    }

    /// The status of an answer that says no. That of a read, after which the row was left alone, tells
    /// nobody anything.
    pub fn refusal(&self) -> Option<u16> {
        self.status.filter(|status| !(200..300).contains(status))
    }

    /// `404 Location not found`: what became of the row, with the status where the service said no.
    pub fn in_words(&self) -> String {
        match self.refusal() {
            Some(status) => with_status(status, &self.message),
            None => self.message.to_string(),
        }
    }
}

/// `404 Location not found`: a message with its status, which some pages of error begin with.
pub fn with_status(status: u16, message: &str) -> String {
    let status = status.to_string();
    let message = message.strip_prefix(&status).unwrap_or(message);
    format!("{status} {}", message.trim())
        .trim_end()
        .to_string()
}

/// ` (25223/8363)`: what follows a message that has a code.
pub fn code_after(code: &str) -> String {
    if code.is_empty() {
        return String::new();
    }
    format!(" ({code})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back_and_is_the_word_the_journal_uses() {
        for kind in OutcomeKind::ALL {
            assert_eq!(OutcomeKind::from_word(kind.word()), Some(kind));
            let json = serde_json::to_string(&kind).expect("a word");
            assert_eq!(json, format!("\"{}\"", kind.word()));
        }
        assert_eq!(
            OutcomeKind::from_word(" UPDATED "),
            Some(OutcomeKind::Updated)
        );
        assert_eq!(OutcomeKind::from_word("done"), None);
    }

    #[test]
    fn the_status_is_said_of_a_refusal_only() {
        let said = |status, message| {
            Outcome {
                status,
                ..Outcome::unsent(OutcomeKind::Conflict, message)
            }
            .in_words()
        };
        for (status, message, words) in [
            (Some(404), "Location not found", "404 Location not found"),
            (Some(404), "404 Not Found", "404 Not Found"),
            (Some(302), "moved", "302 moved"),
            (Some(200), "left alone", "left alone"),
            (
                Some(204),
                "other values were found",
                "other values were found",
            ),
            (None, "no answer within 60 s", "no answer within 60 s"),
        ] {
            assert_eq!(said(status, message), words);
        }
    }

    #[test]
    fn causes_are_told_apart_by_code_or_by_words() {
        let outcome = |status, code: &str, message: &str| Outcome {
            status,
            error_code: code.into(),
            ..Outcome::unsent(OutcomeKind::Conflict, message)
        };
        for (one, other, is_like) in [
            (
                (Some(404), "25223", "no 1"),
                (Some(404), "25223", "gone"),
                true,
            ),
            (
                (Some(404), "25223", "no 1"),
                (Some(404), "25224", "no 1"),
                false,
            ),
            (
                (Some(200), "", "n1 expected +1, found 2"),
                (Some(200), "", "n2 expected +37, found 4"),
                true,
            ),
            (
                (Some(200), "", "n1 expected +1, found 2"),
                (Some(200), "", "n1 is in use"),
                false,
            ),
            (
                (None, "", "no answer within 60 s"),
                (None, "", "no answer within 60 s"),
                true,
            ),
            ((None, "", "no answer"), (Some(500), "", "no answer"), false),
        ] {
            let [one, other] = [one, other].map(|(status, code, said)| outcome(status, code, said));
            assert_eq!(one.is_like(&other), is_like, "{one:?} {other:?}");
        }
    }
}
