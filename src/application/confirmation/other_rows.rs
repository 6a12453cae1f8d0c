//! The rows that are left once the first ones are done, and whether they are to be sent, too.

use anyhow::Result;

use crate::application::confirmation::expected_time::expected_time;
use crate::application::run_settings::RunSettings;
use crate::application::terminal_question::{Answer, is_a_terminal, yes_or_no};
use crate::journal::Journal;
use crate::model::outcome::OutcomeKind;
use crate::model::wording::{grouped, plural};
use crate::platform::StopRequests;
use crate::sheet::check::CheckedSheet;

/// What is left once the first rows are done.
#[derive(Debug, Clone, Copy)]
pub(in crate::application) struct RowsLeft {
    pub(in crate::application) rows: u64,
    /// How many of them a plan says will be changed.
    pub(in crate::application) to_change: Option<u64>,
    /// How many of those that are done are not as they were wanted.
    pub(in crate::application) failed: u64,
}

impl RowsLeft {
    /// Of the rows that are `ready` to be sent those that a run has not done. What a plan said would change
    /// and was found as it is to be was `unchanged`.
    pub(in crate::application) fn of(
        ready: u64,
        planned: Option<u64>,
        journal: &Journal,
    ) -> Result<RowsLeft> {
        let done = journal.counts()?;
        let changed = done.rows.saturating_sub(done.of(OutcomeKind::Unchanged));
        let failed = done.by_kind().iter();
        let failed = failed.filter(|(kind, _)| !kind.is_success());
        Ok(RowsLeft {
            failed: failed.map(|(_, count)| count).sum(),
            rows: ready.saturating_sub(journal.finished()),
            to_change: planned.map(|planned| planned.saturating_sub(changed)),
        })
    }

    /// `54 rows (45 would change, 9 have nothing to do)`
    fn in_words(self) -> String {
        let rows = plural(self.rows, "row");
        let to_change = self.to_change.map(|count| count.min(self.rows));
        match to_change.map(|count| (count, self.rows - count)) {
            None | Some((_, 0)) => rows,
            Some((changed, idle)) => {
                let have = if idle == 1 { "has" } else { "have" };
                let (changed, idle) = (grouped(changed), grouped(idle));
                format!("{rows} ({changed} would change, {idle} {have} nothing to do)")
            }
        }
    }
}

/// Asks whether the others are to be sent too; where nobody can be asked they are not.
pub(in crate::application) async fn are_others_wanted(
    settings: &RunSettings,
    checked: &CheckedSheet,
    left: RowsLeft,
    stop: &mut impl StopRequests,
) -> Result<bool> {
    if !is_a_terminal() {
        return Ok(false);
    }
    let failed = match left.failed {
        0 => String::new(),
        1 => "1 of the rows that are done is not as wanted. ".to_string(),
        several => format!(
            "{} of the rows that are done are not as wanted. ",
            grouped(several)
        ),
    };
    let question = format!(
        "{failed}Send the other {}? About {}",
        left.in_words(),
        expected_time(settings, checked, left.rows).in_words()
    );
    let answer = yes_or_no(&question, Answer::No, stop).await?;
    Ok(answer == Some(Answer::Yes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_left_are_told_apart_where_a_plan_tells_what_they_come_to() {
        for (rows, to_change, said) in [
            (54, None, "54 rows"),
            (
                54,
                Some(45),
                "54 rows (45 would change, 9 have nothing to do)",
            ),
            (2, Some(1), "2 rows (1 would change, 1 has nothing to do)"),
            (1, Some(1), "1 row"),
            // Somebody made a change of the plan before it was sent.
            (1, Some(2), "1 row"),
        ] {
            let left = RowsLeft {
                rows,
                to_change,
                failed: 0,
            };
            assert_eq!(left.in_words(), said);
        }
    }
}
