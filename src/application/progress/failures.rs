//! Failed rows gathered by their cause, so that a thousand of them take a few lines.

use super::wrap::wrap;
use crate::application::row_name::in_brackets;
use crate::model::outcome::{Outcome, code_after};
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

    /// Lines of `width` columns at most, where there is a terminal, for the causes that are new or have
    /// grown tenfold since they were last said; at the end of a run, for all that have grown. Nothing
    /// of a message is left out: it says what to do.
    pub(super) fn news(&mut self, width: Option<usize>, is_end: bool) -> Vec<String> {
        let mut lines = Vec::new();
        for group in &mut self.groups {
            let is_news = group.said == 0 || group.count >= group.said.saturating_mul(10);
            if group.count > group.said && (is_news || is_end) {
                group.said = group.count;
                lines.extend(wrap(&group.in_words(), width));
            }
        }
        lines
    }
}

impl Group {
    /// `404 Location not found (25223) × 12, first in row 57 (Oslo)`; of what the service did not refuse
    /// `row 57 (Oslo) and 11 more: left alone: n2 is in use`, which is a sentence about the row.
    fn in_words(&self) -> String {
        let row = grouped(self.first_row) + &in_brackets(&self.first_name);
        let cause: String = self
            .outcome
            .in_words()
            .chars()
            .filter(|one| !one.is_control())
            .collect();
        let cause = cause.trim_end_matches(|last: char| last == '.' || last.is_whitespace());
        let cause = cause.to_string() + &code_after(&self.outcome.error_code);
        let is_about_the_row = self.outcome.status.is_some() && self.outcome.refusal().is_none();
        match (is_about_the_row, self.count) {
            (true, 1) => format!("row {row}: {cause}"),
            (true, count) => format!("row {row} and {} more: {cause}", grouped(count - 1)),
            (false, 1) => format!("{cause}, in row {row}"),
            (false, count) => format!("{cause} × {}, first in row {row}", grouped(count)),
        }
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
            said.extend(failures.news(Some(77), false));
        }
        said.extend(failures.news(Some(77), true));
        assert_eq!(failures.news(Some(77), true), [] as [String; 0]);
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
        let lines = failures.news(Some(37), false);
        insta::assert_snapshot!(lines.join("\n"), @"
        400 [2JThe number is long × 12, first
          in row 2 (a location with a long
          name)
        ");
    }

    #[test]
    fn the_first_row_has_its_name_where_there_is_room() {
        let mut failures = Failures::default();
        let refused = failed(Some(404), "25223", "Location not found");
        failures.add(12, "Madrid", &refused);
        insta::assert_snapshot!(failures.news(Some(77), false).join("\n"), @"404 Location not found (25223), in row 12 (Madrid)");
        failures.add(11, "Oslo\u{1b}[2J", &refused);
        insta::assert_snapshot!(failures.news(Some(77), true).join("\n"), @"404 Location not found (25223) × 2, first in row 11 (Oslo [2J)");
    }

    #[test]
    fn a_row_that_was_left_alone_is_named_first_and_told_in_full() {
        let left_alone = |message| Outcome {
            status: Some(200),
            ..Outcome::unsent(OutcomeKind::Conflict, message)
        };
        let used = "left alone: n2 is in use: INTERNATIONAL calls are transferred to it; change that rule first, or add --even-if-used";
        let changed = "left alone, not as expected: n1 expected none, found 5501";
        let mut failures = Failures::default();
        failures.add(16, "Leeds", &left_alone(used));
        failures.add(17, "", &left_alone(changed));
        insta::assert_snapshot!(failures.news(Some(37), false).join("\n"), @"
        row 16 (Leeds): left alone: n2 is in
          use: INTERNATIONAL calls are
          transferred to it; change that rule
          first, or add --even-if-used
        row 17: left alone, not as expected:
          n1 expected none, found 5501
        ");
        failures.add(26, "Ulm", &left_alone(used));
        insta::assert_snapshot!(failures.news(None, true).join("\n"), @"row 16 (Leeds) and 1 more: left alone: n2 is in use: INTERNATIONAL calls are transferred to it; change that rule first, or add --even-if-used");
    }

    #[test]
    fn a_new_cause_in_every_row_fills_no_screen() {
        let mut failures = Failures::default();
        for row in 2..1000 {
            failures.add(row, "", &failed(None, "", &format!("reason {row}")));
        }
        let lines = failures.news(Some(77), true);
        assert_eq!(lines.len(), MOST_GROUPS + 1);
        assert_eq!(lines[MOST_GROUPS], "other causes × 978, first in row 22");
    }
}
