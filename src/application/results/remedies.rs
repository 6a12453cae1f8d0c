//! What can be done about the rows that are not done, counted for the hints at the end of a run.

use crate::model::outcome::Outcome;

#[derive(Debug, Clone, Copy, Default)]
pub struct Remedies {
    /// Rows that were left alone since they clear a number in use.
    pub of_use: u64,
    /// Failed rows in whose cells there is nothing to correct.
    pub not_correctable: u64,
    /// Rows that can go again as they are.
    pub to_try_again: u64,
}

impl Remedies {
    /// `is_read_first`: the values of each row are read before they are changed, or are only read.
    pub(super) fn add(&mut self, outcome: &Outcome, is_read_first: bool) {
        let is_to_be_tried_again = outcome.is_to_be_tried_again();
        let is_not_correctable =
            outcome.has_nothing_to_correct() || outcome.is_of_refused_read(is_read_first);
        self.of_use += u64::from(outcome.is_of_use());
        self.not_correctable += u64::from(is_not_correctable && !is_to_be_tried_again);
        self.to_try_again += u64::from(is_to_be_tried_again);
    }
}
