//! How much a run will change, for the question before it: told no more exactly than it is known.

use crate::application::plan_guard::plan_edits::PlannedChanges;
use crate::application::run_settings::RunSettings;
use crate::engine::pipeline::Task;
use crate::model::wording::{grouped, plural};
use crate::sheet::check::CheckedSheet;

/// How much will be changed, as far as it is known before the present values are read.
#[derive(Debug)]
pub(in crate::application) enum ChangesAhead {
    /// A plan has read them.
    Exactly { planned: PlannedChanges, rows: u64 },
    /// All that the sheet says is sent.
    All { rows: u64, set: u64, cleared: u64 },
    /// All of it as it was before a run, be that set or changed now.
    PutBack {
        rows: u64,
        /// Values that are not back yet.
        set: u64,
        cleared: u64,
        /// Rows of these that earlier undos have put back.
        back: u64,
        /// What is put back was set by a run that an undo took back.
        sets_again: bool,
    },
    /// Only what differs is sent, which shows when it is read.
    AtMost { rows: u64, set: u64, cleared: u64 },
}

impl ChangesAhead {
    pub(in crate::application) fn of(
        settings: &RunSettings,
        checked: &CheckedSheet,
        planned: Option<PlannedChanges>,
    ) -> ChangesAhead {
        let rows = checked.rows_to_send();
        let (set, cleared) = (checked.values_set, checked.values_cleared);
        let back = &settings.lineage.back_already;
        match planned {
            Some(planned) => ChangesAhead::Exactly { planned, rows },
            None if settings.spec.command == "undo" => ChangesAhead::PutBack {
                rows,
                set: set.saturating_sub(back.values.set),
                cleared: cleared.saturating_sub(back.values.cleared),
                back: back.rows.min(rows),
                sets_again: settings.lineage.sets_again.is_some(),
            },
            None if settings.spec.task == Task::Write => ChangesAhead::All { rows, set, cleared },
            None => ChangesAhead::AtMost { rows, set, cleared },
        }
    }

    /// `42 locations`, `up to 60 locations`
    pub(in crate::application) fn targets(&self, checked: &CheckedSheet) -> String {
        // Several rows may be for one.
        let count = |rows| match checked.setting {
            Some(setting) if checked.duplicates.is_empty() => setting.target.count(rows),
            Some(_) | None => plural(rows, "row"),
        };
        match *self {
            ChangesAhead::Exactly { ref planned, .. } => count(planned.rows),
            ChangesAhead::All { rows, .. } => count(rows),
            ChangesAhead::PutBack { rows, back, .. } => count(rows - back),
            ChangesAhead::AtMost { rows, .. } => format!("up to {}", count(rows)),
        }
    }

    pub(in crate::application) fn in_words(&self, noun: &str) -> String {
        match *self {
            ChangesAhead::Exactly { ref planned, rows } => {
                let &PlannedChanges {
                    values_set,
                    values_changed,
                    values_cleared,
                    ..
                } = planned;
                let counts = [
                    (values_set, "set"),
                    (values_changed, "changed"),
                    (values_cleared, "cleared"),
                ];
                let more = if planned.rows > 0 { " more" } else { "" };
                let others = match rows.saturating_sub(planned.rows) {
                    0 => String::new(),
                    1 => format!("; 1{more} row is so already and is only read"),
                    others => format!(
                        "; {}{more} rows are so already and are only read",
                        grouped(others)
                    ),
                };
                say_counts_of_values(noun, &counts) + &others
            }
            ChangesAhead::All { set, cleared, .. } => {
                say_counts_of_values(noun, &[(set, "set"), (cleared, "cleared")])
            }
            ChangesAhead::PutBack {
                set,
                cleared,
                back,
                sets_again,
                ..
            } => {
                let verb = if sets_again { "set again" } else { "put back" };
                let counts = [(set, verb), (cleared, "cleared")];
                let said = say_counts_of_values(noun, &counts);
                match back {
                    0 => said,
                    1 => said + "; 1 more row is back already and is only read",
                    back => format!(
                        "{said}; {} more rows are back already and are only read",
                        grouped(back)
                    ),
                }
            }
            ChangesAhead::AtMost { set, cleared, .. } => {
                let counts = [(set, "to set"), (cleared, "to clear")];
                let counts = counts.iter().filter(|(count, _)| *count > 0);
                let counts = counts
                    .enumerate()
                    .map(|(index, (count, verb))| match index {
                        0 => format!("{} {verb}", plural(*count, noun)),
                        _ => format!("{} {verb}", grouped(*count)),
                    });
                let counts: Vec<String> = counts.collect();
                format!(
                    "The sheet has {}; what is so already is only read",
                    counts.join(", ")
                )
            }
        }
    }
}

/// `25 numbers will be set, 20 changed, 4 cleared`; nothing of what none is.
fn say_counts_of_values(noun: &str, counts: &[(u64, &str)]) -> String {
    let counts = counts.iter().filter(|(count, _)| *count > 0).enumerate();
    let said: Vec<String> = counts
        .map(|(index, (count, verb))| match index {
            0 => format!("{} will be {verb}", plural(*count, noun)),
            _ => format!("{} {verb}", grouped(*count)),
        })
        .collect();
    if said.is_empty() {
        return format!("No {noun} will be changed");
    }
    said.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_says_no_more_than_is_known() {
        let planned = |rows, values_set, values_changed, values_cleared| ChangesAhead::Exactly {
            planned: PlannedChanges {
                rows,
                values_set,
                values_changed,
                values_cleared,
                ..PlannedChanges::default()
            },
            rows: 60,
        };
        for (changes, said) in [
            (
                planned(42, 25, 20, 4),
                "25 numbers will be set, 20 changed, 4 cleared; 18 more rows are so already and are only read",
            ),
            (planned(60, 0, 1, 1), "1 number will be changed, 1 cleared"),
            (
                planned(59, 0, 1000, 0),
                "1,000 numbers will be changed; 1 more row is so already and is only read",
            ),
            (
                planned(0, 0, 0, 0),
                "No number will be changed; 60 rows are so already and are only read",
            ),
            (
                ChangesAhead::All {
                    rows: 60,
                    set: 100,
                    cleared: 9,
                },
                "100 numbers will be set, 9 cleared",
            ),
            (
                ChangesAhead::PutBack {
                    rows: 6,
                    set: 6,
                    cleared: 0,
                    back: 2,
                    sets_again: false,
                },
                "6 numbers will be put back; 2 more rows are back already and are only read",
            ),
            (
                ChangesAhead::PutBack {
                    rows: 6,
                    set: 6,
                    cleared: 1,
                    back: 0,
                    sets_again: true,
                },
                "6 numbers will be set again, 1 cleared",
            ),
            (
                ChangesAhead::AtMost {
                    rows: 60,
                    set: 100,
                    cleared: 9,
                },
                "The sheet has 100 numbers to set, 9 to clear; what is so already is only read",
            ),
        ] {
            assert_eq!(changes.in_words("number"), said);
        }
    }
}
