//! Credentials that a run does without: why, and whether they might be asked at another time.

use crate::engine::abort::AbortReason;
use crate::engine::api_queries::QueryError;
use crate::model::wording::plural;
use crate::stderr::say;

/// Credentials of which it is said that they are left out; of more, how many.
const MOST_SAID: usize = 10;

/// Credentials that a run does without.
#[derive(Debug, Default)]
pub struct LeftOut {
    /// What they are called.
    pub names: Vec<String>,
    /// Why, of the first that might be asked at another time.
    pub unasked: Option<AbortReason>,
    /// Credentials that may not list organizations, so that others than the person's own may be theirs too.
    pub unlisted: Vec<String>,
}

/// Credentials that are left out, and why.
#[derive(Debug, Default)]
pub(super) struct Refused {
    said: Vec<(String, String)>,
    /// The first that might be asked at another time.
    unasked: Option<(String, QueryError)>,
    first_reason: Option<AbortReason>,
}

impl Refused {
    /// An error is one that ends all.
    pub(super) fn add(&mut self, name: &str, error: QueryError) -> Result<(), AbortReason> {
        self.note(name, &error);
        match error {
            QueryError::Stopped(reason @ AbortReason::Interrupted) => return Err(reason),
            error if error.may_pass() => {
                // Of a wait it is known when it ends.
                let is_first = self
                    .unasked
                    .as_ref()
                    .is_none_or(|(_, first)| error.is_wait() && !first.is_wait());
                if is_first {
                    self.unasked = Some((name.to_string(), error));
                }
            }
            QueryError::Stopped(reason) => {
                self.first_reason.get_or_insert(reason);
            }
            error => {
                let message = error.to_string();
                self.first_reason
                    .get_or_insert(AbortReason::MayNotRead { message });
            }
        }
        Ok(())
    }

    pub(super) fn note(&mut self, name: &str, error: &QueryError) {
        self.said.push((name.to_string(), error.to_string()));
    }

    pub(super) fn end(self, nobody_is_left: bool) -> Result<LeftOut, AbortReason> {
        tell_left_out(&self.said);
        let mut unasked = match self.unasked {
            Some((_, QueryError::Stopped(reason))) if nobody_is_left || reason.is_wait() => {
                Some(reason)
            }
            Some((credential, error)) => Some(AbortReason::NotAsked {
                credential,
                message: error.to_string(),
            }),
            None => None,
        };
        if nobody_is_left && let Some(reason) = unasked.take().or(self.first_reason) {
            return Err(reason);
        }
        Ok(LeftOut {
            names: self.said.into_iter().map(|(name, _)| name).collect(),
            unasked,
            unlisted: Vec::new(),
        })
    }
}

fn tell_left_out(left_out: &[(String, String)]) {
    for (name, why) in left_out.iter().take(MOST_SAID) {
        say(&format!("warning: `{name}` is left out: {why}"));
    }
    let more = left_out.len().saturating_sub(MOST_SAID);
    if more > 0 {
        let more = plural(more as u64, "more credential");
        say(&format!("warning: {more} left out"));
    }
}
