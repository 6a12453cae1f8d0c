//! The commands that follow a run, and what each of them is for.

use std::fmt;

use super::{ResultsForm, Summary};
use crate::model::outcome::OutcomeKind;
use crate::model::wording::{it_or_them, plural, plural_were};
use crate::sheet::result_columns::NOT_READ;

/// The command that sends again what failed, and what is to be said of it.
#[derive(Debug)]
pub enum Again {
    /// Nothing was sent for it to repeat.
    Never,
    /// A plan approves nothing for them: another one of the corrected sheet, or this one without them.
    Plan {
        sheet: String,
        /// It was made by `undo`, and nobody corrects it.
        is_of_undo: bool,
        again: String,
        without: String,
        /// This plan as it is, or where it is one of results these under it.
        apply: Option<String>,
    },
    /// The plan was of a part of the results, and approves nothing for the others.
    PlanWhatIsLeft,
    /// The failed rows of the results, once they are corrected; those in conflict where it is told to.
    Rows(String),
    /// The same undo, which leaves rows in conflict alone unless it is forced.
    Undo(String),
}

impl Summary {
    /// No command to paste has `--force`: it would bypass what has just left rows alone.
    fn write_undo_again(&self, out: &mut fmt::Formatter<'_>, command: &str) -> fmt::Result {
        let unseen = self.unseen();
        let rows = self.to_repeat().saturating_sub(unseen);
        let look = format!(
            "look at the {} that Webex says {} back and that could not be read then",
            plural(unseen, "row"),
            if unseen == 1 { "is" } else { "are" }
        );
        let purpose = match (rows, unseen) {
            (0, 0) => None,
            (0, _) => Some(look),
            (rows, unseen) => {
                let are = if rows == 1 { "is" } else { "are" };
                let unknown = self.counts.of(OutcomeKind::Unknown).saturating_sub(unseen);
                let or_may_not = if unknown > 0 { ", or may not be" } else { "" };
                let again = format!(
                    "try again to put back the {} that {are} not{or_may_not}",
                    plural(rows, "row")
                );
                Some(match unseen {
                    0 => again,
                    _ => format!("{again}, and to {look}"),
                })
            }
        };
        if let Some(purpose) = purpose {
            writeln!(out, "hint: to {purpose}:\n  {command}")?;
        }
        let mut conflicts = self.conflicts();
        for (later, rows) in self.undo_first.iter().filter(|(_, rows)| *rows > 0) {
            let it = it_or_them(*rows);
            conflicts = conflicts.saturating_sub(*rows);
            if later.is_same_run {
                writeln!(
                    out,
                    "hint: {} left alone, since later rows of the same run changed {it}; to undo all of them at once:\n  {}",
                    plural(*rows, "row"),
                    later.undo
                )?;
                continue;
            }
            writeln!(
                out,
                "hint: {} left alone, since the later run of `{}` changed {it}; undo that run first, then this one again:\n  {}",
                plural(*rows, "row"),
                later.results,
                later.undo
            )?;
        }
        if self.remedies.of_use > 0 {
            conflicts = conflicts.saturating_sub(self.remedies.of_use);
            self.write_of_use(out, command)?;
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

    /// What can be done about rows that were left alone; `command` sends those that are not done.
    fn write_conflicts(&self, out: &mut fmt::Formatter<'_>, command: &str) -> fmt::Result {
        let others = self.conflicts().saturating_sub(self.remedies.of_use);
        if others > 0 {
            writeln!(
                out,
                "hint: {} left alone: `message` in {} says why. To send {} once nothing is in the way any more:\n  {command} --include conflict",
                plural_were(others, "row"),
                self.results_named(),
                it_or_them(others)
            )?;
        }
        if self.remedies.of_use > 0 {
            self.write_of_use(out, &format!("{command} --include conflict"))?;
        }
        Ok(())
    }

    /// How what is not done is sent otherwise than it was asked for or approved.
    fn write_plan_left(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(plan) = &self.plan_left else {
            return Ok(());
        };
        let conflicts = self.conflicts().saturating_sub(self.remedies.of_use);
        let corrected = match self.again {
            // Nothing is wrong in the cells of a row that is in conflict.
            Again::PlanWhatIsLeft => self.counts.not_done().saturating_sub(conflicts),
            _ => self.not_approved,
        };
        let overwrite = match conflicts {
            1 => "to overwrite what was found in the row in conflict, ".to_string(),
            _ => format!("to overwrite what was found in the {conflicts} rows in conflict, "),
        };
        // What is not as it was approved has to be planned before it is sent.
        let correctable = match &self.again {
            Again::Rows(_) if self.is_under_plan => {
                let as_they_are = self.remedies.to_try_again + self.remedies.not_correctable;
                self.to_repeat().saturating_sub(as_they_are)
            }
            _ => 0,
        };
        let first = match (corrected, conflicts) {
            (0, 0) if correctable == 0 => return Ok(()),
            (0, _) if correctable > 0 => format!(
                "to send something else in {}, first correct {} in {}; then{}",
                if correctable == 1 {
                    "that row"
                } else {
                    "those rows"
                },
                it_or_them(correctable),
                self.results_named(),
                match conflicts {
                    0 => " ".to_string(),
                    _ => format!(", or {overwrite}"),
                }
            ),
            (0, _) => overwrite,
            (rows, conflicts) => {
                let which = match self.again {
                    Again::PlanWhatIsLeft => "not done",
                    _ => "for which nothing was approved",
                };
                format!(
                    "to send the {} {which}, correct {} in {}; then{}",
                    plural(rows, "row"),
                    it_or_them(rows),
                    self.results_named(),
                    match conflicts {
                        0 => " ".to_string(),
                        _ => format!(", or {overwrite}"),
                    }
                )
            }
        };
        writeln!(
            out,
            "hint: {first}plan what is not done and look at the plan, which ends with the command that sends it:\n  {plan}"
        )
    }

    /// Rows that were confirmed and could not be looked at then.
    fn unseen(&self) -> u64 {
        let outside = self.outside.confirmed_and_unseen;
        self.counts.confirmed_and_unseen.saturating_sub(outside)
    }

    /// `row that is not done`, `2 rows that are not done, or may not be`.
    fn rows_not_done(&self, count: u64) -> String {
        let may_not_be = match self.counts.of(OutcomeKind::Unknown) {
            0 => "",
            _ => ", or may not be",
        };
        match count {
            1 => format!("row that is not done{may_not_be}"),
            _ => format!("{} that are not done{may_not_be}", plural(count, "row")),
        }
    }

    /// The file in which rows are corrected.
    fn results_named(&self) -> String {
        match &self.results {
            Some(results) => format!("`{results}`"),
            None => "the results".to_string(),
        }
    }

    /// What comes before the failed rows are sent again: no cell can be corrected where Webex does not let a row
    /// be changed.
    fn what_to_do_first(&self, rows: u64) -> String {
        let results = self.results_named();
        let them = it_or_them(rows);
        match (self.remedies.not_correctable, self.remedies.to_try_again) {
            (0, 0) => format!("correct {them} in {results}, then "),
            (_, all) if all >= rows => String::new(),
            (all, _) if all >= rows => {
                format!("first do what `message` in {results} says, or leave {them} out, then ")
            }
            _ => format!("correct in {results} what `message` says is wrong, then "),
        }
    }

    /// What can be done about rows that clear a number in use; `command` sends them once more.
    fn write_of_use(&self, out: &mut fmt::Formatter<'_>, command: &str) -> fmt::Result {
        let clear = if self.remedies.of_use == 1 {
            "it clears"
        } else {
            "they clear"
        };
        writeln!(
            out,
            "hint: {} left alone, since rules use numbers that {clear}. Change those rules first, then run:\n  {command}\nor clear the numbers all the same:\n  {command} --even-if-used",
            plural_were(self.remedies.of_use, "row")
        )
    }

    /// What can be done about the rows that are not done.
    pub(super) fn write_hints(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rows, conflicts) = (self.to_repeat(), self.conflicts());
        match &self.again {
            Again::Plan {
                apply: Some(apply), ..
            } if rows + conflicts == 0
                && self.counts.of(OutcomeKind::Different) > 0
                && self.results_form != ResultsForm::NotKept =>
            {
                writeln!(out, "hint: to apply this plan:\n  {apply}")?;
            }
            _ if rows + conflicts == 0 => {}
            Again::PlanWhatIsLeft => {}
            Again::Rows(command) => {
                if rows > 0 && self.is_under_plan {
                    writeln!(
                        out,
                        "hint: to send again the {}, as approved, run:\n  {command}",
                        self.rows_not_done(rows)
                    )?;
                } else if rows > 0 {
                    writeln!(
                        out,
                        "hint: to send again the {}, {}run:\n  {command}",
                        self.rows_not_done(rows),
                        self.what_to_do_first(rows)
                    )?;
                }
                self.write_conflicts(out, command)?;
            }
            Again::Undo(command) => self.write_undo_again(out, command)?,
            Again::Plan {
                sheet,
                is_of_undo,
                again,
                without,
                ..
            } => {
                let rows = rows + conflicts;
                let them = it_or_them(rows);
                let to_try_again = self.remedies.to_try_again;
                let not_correctable = self.remedies.not_correctable + conflicts;
                let correct = match (to_try_again, not_correctable) {
                    (all, _) if all >= rows => {
                        "Nothing is wrong in the sheet; plan again once that is over".to_string()
                    }
                    // What stands in the sheet of an undo was there before the run.
                    (some, others) if some + others >= rows || *is_of_undo => {
                        "No cell is wrong: see to what it says, and plan again".to_string()
                    }
                    (0, 0) => format!("Correct {them} in `{sheet}` and plan again"),
                    _ => format!("Correct in `{sheet}` what it says is wrong, and plan again"),
                };
                writeln!(
                    out,
                    "hint: the plan approves nothing for {}; `reason` says why. {correct}:\n  {again}",
                    plural(rows, "row")
                )?;
                if self.remedies.of_use > 0 {
                    writeln!(
                        out,
                        "or plan to clear numbers in use all the same:\n  {again} --even-if-used"
                    )?;
                }
                if self.counts.of(OutcomeKind::Different) > 0 {
                    writeln!(out, "or apply the plan without {them}:\n  {without}")?;
                }
            }
            Again::Never if self.is_export() => writeln!(
                out,
                "hint: what could not be read is marked in the column `{NOT_READ}`, and left out when the sheet is checked, planned or applied; to read it, export once more into another file"
            )?,
            Again::Never => writeln!(
                out,
                "hint: correct the rows in the sheet, then run the same command with another file for --output"
            )?,
        }
        self.write_plan_left(out)?;
        let outside = self.outside.not_done();
        if let Some(command) = self.again_outside.as_ref().filter(|_| outside > 0) {
            let include = match self.outside.of(OutcomeKind::Conflict) {
                0 => "",
                _ => " --include conflict",
            };
            writeln!(
                out,
                "hint: {} outside of the chosen part {} not done either; to send all rows that are not done:\n  {command}{include}",
                plural(outside, "row"),
                if outside == 1 { "is" } else { "are" }
            )?;
        }
        Ok(())
    }
}
