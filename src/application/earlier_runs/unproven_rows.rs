//! Rows of results that are sent again and may have been changed before, of which neither a journal nor
//! their own cells prove what was there before that: what is read now may be our own change.

use std::path::Path;

use anyhow::Result;

use crate::model::hint::{Hinted, WithHint};
use crate::model::wording::plural;

/// What was found in the rows of a file.
#[derive(Debug, Default)]
pub(in crate::application) struct UnprovenRows {
    count: u64,
    /// The first of them, and why it proves nothing.
    first: Option<(u64, String)>,
}

impl UnprovenRows {
    /// Adds a row, unless there is no reason why it should prove nothing.
    pub(in crate::application) fn add(&mut self, row: u64, why: Option<String>) {
        let Some(why) = why else { return };
        self.count += 1;
        self.first.get_or_insert((row, why));
    }

    /// Refuses to send them: the values from before would be read again.
    pub(in crate::application) fn refuse(self, results: &Path) -> Result<()> {
        let Some((row, why)) = self.first else {
            return Ok(());
        };
        let more = match self.count - 1 {
            0 => String::new(),
            more => format!("; and so it is with {}", plural(more, "more row")),
        };
        let shown = results.display();
        let refused = Hinted::new(
            format!(
                "row {row} of `{shown}` may have been changed by its run, and what was there before is not proven: {why}{more}"
            ),
            "put the journal of that run back beside the file, or the cells as the run wrote them",
        );
        Err(refused.with_hint(
            "without them, put these rows into a sheet of their own, without the result columns; what is there now is then what an undo puts back",
        ))
    }
}
