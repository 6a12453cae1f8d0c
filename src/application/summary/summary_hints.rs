//! The commands that follow a run, and what each of them is for.

use std::fmt;

use super::Summary;
use crate::model::outcome::OutcomeKind;
use crate::model::wording::{it_or_them, plural};

/// The command that sends again what failed, and what is to be said of it.
#[derive(Debug)]
pub enum Again {
    /// Nothing was sent for it to repeat.
    Never,
    /// A plan approves nothing for them: another one of the corrected sheet, or this one without them.
    Plan {
        sheet: String,
        again: String,
        without: String,
        /// This plan as it is, where it has what to apply and is no plan of results.
        apply: Option<String>,
    },
    /// The failed rows of the results, once they are corrected; those in conflict where it is told to.
    Rows(String),
    /// The same undo, which leaves rows in conflict alone unless it is forced.
    Undo(String),
}

impl Summary {
    /// No command to paste has `--force`: it would bypass what has just left rows alone.
    fn write_undo_again(&self, out: &mut fmt::Formatter<'_>, command: &str) -> fmt::Result {
        if !self.only_conflicts_are_left() {
            let rows = self.counts.not_done() - self.counts.of(OutcomeKind::Conflict);
            let are = if rows == 1 { "is" } else { "are" };
            writeln!(
                out,
                "hint: to try again to put back the {} that {are} not:\n  {command}",
                plural(rows, "row")
            )?;
        }
        let mut conflicts = self.counts.of(OutcomeKind::Conflict);
        for (later, rows) in self.undo_first.iter().filter(|(_, rows)| *rows > 0) {
            let it = it_or_them(*rows);
            writeln!(
                out,
                "hint: {} left alone, since the later run of `{}` changed {it}; undo that run first, then this one again:\n  {}",
                plural(*rows, "row"),
                later.results,
                later.undo
            )?;
            conflicts = conflicts.saturating_sub(*rows);
        }
        if conflicts > 0 {
            writeln!(
                out,
                "hint: {} left alone, the results say why; the same undo with --force puts back even what somebody changed since",
                plural(conflicts, "row")
            )?;
        }
        Ok(())
    }

    /// What can be done about the rows that are not done.
    pub(super) fn write_hints(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.again {
            Again::Plan {
                apply: Some(apply), ..
            } if self.to_repeat() == 0 && self.counts.of(OutcomeKind::Different) > 0 => {
                writeln!(out, "hint: to apply this plan:\n  {apply}")?;
            }
            _ if self.to_repeat() == 0 => {}
            Again::Rows(command) if self.only_conflicts_are_left() => {
                let rows = plural(self.to_repeat(), "row");
                let was = if self.to_repeat() == 1 { "was" } else { "were" };
                let it = it_or_them(self.to_repeat());
                if let Some([plan, send]) = &self.plan_conflicts {
                    writeln!(
                        out,
                        "hint: to change what was found there, first make a new plan of just {} and look at it:\n  {plan}\nthen send {it} under that plan:\n  {send}",
                        if self.to_repeat() == 1 {
                            "the row in conflict"
                        } else {
                            "the rows in conflict"
                        }
                    )?;
                }
                writeln!(
                    out,
                    "hint: {rows} {was} left alone: `message` in the results says why. To send {it} once nothing is in the way any more:\n  {command} --include conflict"
                )?;
            }
            Again::Rows(command) if self.plan_corrected.is_some() => writeln!(
                out,
                "hint: to send again the {} not done, as approved, run:\n  {command}\nwhere something else is to be sent, correct it in the results file; the command then says how to plan it",
                rows_that_are(self.to_repeat())
            )?,
            Again::Rows(command) => writeln!(
                out,
                "hint: to send again the {} not done, correct {} in the results file, then run:\n  {command}",
                rows_that_are(self.to_repeat()),
                it_or_them(self.to_repeat())
            )?,
            Again::Undo(command) => self.write_undo_again(out, command)?,
            Again::Plan {
                sheet,
                again,
                without,
                ..
            } => {
                let rows = self.to_repeat();
                let them = it_or_them(rows);
                writeln!(
                    out,
                    "hint: the plan approves nothing for {}; `reason` says why. Correct {them} in `{sheet}` and plan again:\n  {again}\nor apply the plan without {them}:\n  {without}",
                    plural(rows, "row")
                )?;
            }
            Again::Never => writeln!(
                out,
                "hint: correct the rows in the sheet, then run the same command with another file for --output"
            )?,
        }
        if let Some([plan, send]) = &self.plan_corrected
            && self.not_approved > 0
        {
            writeln!(
                out,
                "hint: to change the {} for which nothing was approved, correct {} in the results file, then plan what is not done and look at the plan:\n  {plan}\nthen send it under that plan:\n  {send}",
                plural(self.not_approved, "row"),
                it_or_them(self.not_approved)
            )?;
        }
        Ok(())
    }
}

/// `row that is`, `2 rows that are`.
fn rows_that_are(count: u64) -> String {
    match count {
        1 => "row that is".to_string(),
        _ => format!("{} that are", plural(count, "row")),
    }
}
