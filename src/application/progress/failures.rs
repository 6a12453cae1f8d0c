//! Failed rows gathered by their cause, so that a thousand of them take a few lines.

use super::view::truncate;
use crate::application::row_name::in_brackets;
use crate::model::outcome::{Outcome, code_after, with_status};
use crate::model::wording::grouped;

/// Groups told apart; a service that invents a new one for every row fills no screen.
const MOST_GROUPS: usize = 20;

/// The failures of this run by cause, in the order in which they were first met.
#[derive(Debug, Default)]
pub(super) struct Failures {
    groups: Vec<Group>,
}

#[derive(Debug)]
struct Group {
    /// As the first row got it.
    outcome: Outcome,
    first_row: u64,
    /// What that row calls its location; empty where it does not.
    first_name: Box<str>,
    count: u64,
    /// How many there were when it was last said.
    said: u64,
}

impl Failures {
    pub(super) fn add(&mut self, row: u64, name: &str, outcome: &Outcome) {
        let is_same = |group: &&mut Group| group.outcome.is_like(outcome);
        if let Some(group) = self.groups.iter_mut().find(is_same) {
            group.count += 1;
            if row < group.first_row {
                group.first_row = row;
                group.first_name = name.into();
            }
            return;
        }
        if self.groups.len() > MOST_GROUPS {
            if let Some(group) = self.groups.last_mut() {
                group.count += 1;
            }
            return;
        }
        let is_last = self.groups.len() == MOST_GROUPS;
        self.groups.push(Group {
            outcome: if is_last {
                Outcome::unsent(outcome.kind, "other causes")
            } else {
                outcome.clone()
            },
            first_row: row,
            first_name: name.into(),
            count: 1,
            said: 0,
        });
    }

    /// Lines of `width` columns at most for the causes that are new or have grown tenfold since
    /// they were last said; at the end of a run, for all that have grown.
    pub(super) fn news(&mut self, width: usize, is_end: bool) -> Vec<String> {
        let mut lines = Vec::new();
        for group in &mut self.groups {
            let is_news = group.said == 0 || group.count >= group.said.saturating_mul(10);
            if group.count > group.said && (is_news || is_end) {
                group.said = group.count;
                lines.push(group.line(width));
            }
        }
        lines
    }
}

impl Group {
    /// `404 Location not found (25223) × 12, first in row 57 (Oslo)`. Where there is no room for all of it,
    /// the name goes and then the code, which most people can do without.
    fn line(&self, width: usize) -> String {
        let row = grouped(self.first_row);
        let place = if self.count == 1 {
            format!(", in row {row}")
        } else {
            format!(" × {}, first in row {row}", grouped(self.count))
        };
        let Outcome {
            status,
            message,
            error_code,
            ..
        } = &self.outcome;
        let cause = match status {
            Some(status) => with_status(*status, message),
            None => message.to_string(),
        };
        let cause: String = cause.chars().filter(|one| !one.is_control()).collect();
        let cause = cause.trim_end_matches(|last: char| last == '.' || last.is_whitespace());
        let room = width.saturating_sub(place.chars().count()).max(3);
        let with_code = cause.to_string() + &code_after(error_code);
        let name = in_brackets(&self.first_name);
        if console::measure_text_width(&(with_code.clone() + &name)) <= room {
            return with_code + &place + &name;
        }
        if console::measure_text_width(&with_code) <= room {
            return with_code + &place;
        }
        truncate(cause, room) + &place
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::outcome::OutcomeKind;

    fn failed(status: Option<u16>, code: &str, message: &str) -> Outcome {
        Outcome {
            status,
            error_code: code.into(),
            ..Outcome::unsent(OutcomeKind::Failed, message)
        }
    }

    #[test]
    fn a_cause_is_said_when_it_is_met_when_it_has_grown_tenfold_and_at_the_end() {
        let mut failures = Failures::default();
        let mut said = Vec::new();
        for row in 57..1300 {
            failures.add(
                row,
                "",
                &failed(Some(404), "25223", &format!("no place {row}")),
            );
            if row == 900 {
                failures.add(
                    row,
                    "",
                    &failed(Some(400), "", "The number is not valid here"),
                );
                failures.add(row, "", &failed(None, "", "no answer within 60 s"));
            }
            said.extend(failures.news(77, false));
        }
        said.extend(failures.news(77, true));
        assert_eq!(failures.news(77, true), [] as [String; 0]);
        insta::assert_snapshot!(said.join("\n"), @"
        404 no place 57 (25223), in row 57
        404 no place 57 (25223) × 10, first in row 57
        404 no place 57 (25223) × 100, first in row 57
        400 The number is not valid here, in row 900
        no answer within 60 s, in row 900
        404 no place 57 (25223) × 1,000, first in row 57
        404 no place 57 (25223) × 1,243, first in row 57
        ");
    }

    #[test]
    fn a_line_keeps_its_numbers_on_a_narrow_terminal_and_has_no_control_characters() {
        let mut failures = Failures::default();
        for row in 2..14 {
            failures.add(
                row,
                "a location with a long name",
                &failed(Some(400), "", "\u{1b}[2JThe \u{7}number is long"),
            );
        }
        let lines = failures.news(37, false);
        insta::assert_snapshot!(lines.join("\n"), @"400 [2JThe numb… × 12, first in row 2");
    }

    #[test]
    fn the_first_row_has_its_name_where_there_is_room() {
        let mut failures = Failures::default();
        let refused = failed(Some(404), "25223", "Location not found");
        failures.add(12, "Madrid", &refused);
        insta::assert_snapshot!(failures.news(77, false).join("\n"), @"404 Location not found (25223), in row 12 (Madrid)");
        failures.add(11, "Oslo\u{1b}[2J", &refused);
        insta::assert_snapshot!(failures.news(77, true).join("\n"), @"404 Location not found (25223) × 2, first in row 11 (Oslo [2J)");
    }

    #[test]
    fn a_new_cause_in_every_row_fills_no_screen() {
        let mut failures = Failures::default();
        for row in 2..1000 {
            failures.add(row, "", &failed(None, "", &format!("reason {row}")));
        }
        let lines = failures.news(77, true);
        assert_eq!(lines.len(), MOST_GROUPS + 1);
        assert_eq!(lines[MOST_GROUPS], "other causes × 978, first in row 22");
    }
}
