//! One thing that is wrong with the sheet, said so that it can be found and fixed.

use std::fmt;

use crate::model::token_shape::without_tokens;
use crate::sheet::problem_kind::ProblemKind;
use crate::sheet::result_columns::{ACTIONS, SKIPPED};

/// How much of a cell is shown, in characters.
const SHOWN: usize = 48;

/// Where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub row: u64,
    /// Index and name of the column, where it is about one cell.
    pub column: Option<(usize, String)>,
}

/// Where it is and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub place: Place,
    pub kind: ProblemKind,
    pub message: String,
}

impl Place {
    pub fn row(row: u64) -> Place {
        Place { row, column: None }
    }

    pub fn cell(row: u64, column: usize, name: impl Into<String>) -> Place {
        let column = Some((column, name.into()));
        Place { row, column }
    }
}

impl Problem {
    /// What is wrong with the file or its header.
    pub fn new(place: Place, message: impl Into<String>) -> Problem {
        Problem::of_kind(ProblemKind::Sheet, place, message)
    }

    pub fn of_kind(kind: ProblemKind, place: Place, message: impl Into<String>) -> Problem {
        Problem {
            place,
            kind,
            message: message.into(),
        }
    }

    /// A row that asks for nothing, which leaves the location as it should be.
    pub fn nothing_to_change(row: u64) -> Problem {
        Problem::of_kind(
            ProblemKind::NothingToChange,
            Place::row(row),
            "nothing to change: all cells that could be set are empty; fill in at least one, or enter REMOVE to clear a number",
        )
    }

    /// Whether the row asks for nothing, which is a note.
    pub fn is_idle(&self) -> bool {
        self.kind == ProblemKind::NothingToChange
    }

    /// A row for which the plan that is applied approves nothing.
    pub fn not_approved(row: u64) -> Problem {
        Problem::of_kind(
            ProblemKind::NotPlanned,
            Place::row(row),
            "the plan approves nothing for this row, so it is not sent; `reason` says why",
        )
    }

    /// The same in results.
    pub fn not_approved_in_results(row: u64) -> Problem {
        Problem::of_kind(
            ProblemKind::NotPlanned,
            Place::row(row),
            "the plan approves nothing for this row, so it is not sent; `reason` or `message` says why",
        )
    }

    /// A word in the column `action` of a plan that no plan writes there.
    pub fn unknown_action(place: Place, word: &str) -> Problem {
        let found = match word {
            "" => "this cell was emptied".to_string(),
            word => format!(
                "`{}` is not a word that a plan has here ({})",
                shorten(word),
                ACTIONS.join(", ")
            ),
        };
        Problem::of_kind(
            ProblemKind::NotAnAction,
            place,
            format!(
                "{found}; if the row is not to be sent, write `{SKIPPED}` or delete it, else put back the word that stood here"
            ),
        )
    }

    /// The header once more.
    pub fn second_header(row: u64) -> Problem {
        Problem::of_kind(
            ProblemKind::SecondHeader,
            Place::row(row),
            "this is the header again; delete the row",
        )
    }

    /// A second table, whose rows cannot be read by the first one's columns.
    pub fn second_table(row: u64) -> Problem {
        Problem::of_kind(
            ProblemKind::SecondHeader,
            Place::row(row),
            "a second table begins here, with other columns than the header; put it into a file of its own",
        )
    }

    /// Said beside its row, where the row need not be named.
    pub fn within_row(&self) -> String {
        match &self.place.column {
            Some((index, name)) => {
                format!(
                    "column {} ({name}): {}",
                    column_letters(*index),
                    self.message
                )
            }
            None => self.message.clone(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "row {}", self.row)?;
        match &self.column {
            Some((index, name)) if name.is_empty() => {
                write!(
                    formatter,
                    ", column {} (without a name)",
                    column_letters(*index)
                )
            }
            Some((index, name)) => {
                write!(formatter, ", column {} ({name})", column_letters(*index))
            }
            None => Ok(()),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.message)
    }
}

/// `0` → `A`, `26` → `AA`: as the spreadsheet shows it.
pub fn column_letters(index: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = index + 1;
    while rest > 0 {
        rest -= 1;
        letters.push(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"[rest % 26]);
        rest /= 26;
    }
    letters
        .iter()
        .rev()
        .map(|letter| char::from(*letter))
        .collect()
}

/// A cell as it can be shown in one line: invisible characters made visible, the end cut.
pub fn shorten(cell: &str) -> String {
    let mut shown = String::new();
    // A token may have got into the wrong cell.
    let cell = &without_tokens(cell);
    for (index, character) in cell.chars().enumerate() {
        if index == SHOWN {
            shown.push('…');
            break;
        }
        if character.is_control() || (character != ' ' && crate::model::ids::is_blank(character)) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_as_the_spreadsheet_names_them() {
        let letters = [0, 1, 25, 26, 27, 51, 52, 701, 702].map(column_letters);
        assert_eq!(
            letters,
            ["A", "B", "Z", "AA", "AB", "AZ", "BA", "ZZ", "AAA"]
        );
    }

    #[test]
    fn a_cell_is_shown_in_one_line_with_what_hides_in_it() {
        assert_eq!(shorten("a b"), "a b");
        assert_eq!(shorten("a\u{200b}\n"), "a\\u{200b}\\u{a}");
        assert_eq!(shorten(&"x".repeat(99)).chars().count(), SHOWN + 1);
    }
}
