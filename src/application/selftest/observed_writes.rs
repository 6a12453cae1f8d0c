//! What became of the requests of a selftest that change something: the journal has their answers, and what
//! was there before each of them, which is what the one before it left.

use anyhow::Result;

use super::findings::{Answered, Finding, Verdict, mask};
use super::plain_reads::same;
use super::probe_rows::{BACK, EMPTY, EXTENSION, LAST, REVERSED, SAME, SPELLED};
use crate::journal::{RecordedRun, Sent};
use crate::model::current_values::CurrentValues;
use crate::model::outcome::{Outcome, OutcomeKind};
use crate::setting::location_numbers::LOCATION_NUMBERS;

/// The rows as far as they are recorded, in order.
pub(super) struct ObservedWrites {
    rows: Vec<(u64, ObservedWrite)>,
}

struct ObservedWrite {
    outcome: Outcome,
    sent: Option<Sent>,
}

impl ObservedWrites {
    pub(super) fn of(run: &RecordedRun) -> Result<ObservedWrites> {
        let mut records = run.records()?;
        let mut rows = Vec::new();
        for row in SAME..=LAST {
            if let Some(record) = records.of_row(row)? {
                let (outcome, sent) = (record.outcome, record.sent);
                rows.push((row, ObservedWrite { outcome, sent }));
            }
        }
        Ok(ObservedWrites { rows })
    }

    pub(super) fn findings(&self) -> Vec<Finding> {
        let same_numbers = "PUT of all three as they were read, an unset one as the empty text";
        vec![
            self.of_same(
                SAME,
                "writing back what was read changes nothing",
                same_numbers,
            ),
            self.of_same(
                REVERSED,
                "the order of the fields does not matter",
                "PUT of the same with the third number first",
            ),
            self.of_the_extension(),
            self.of_the_others(),
            self.of_clearing(),
            self.of_the_empty_object(),
            self.of_spelling(),
            self.of_the_end(),
        ]
    }

    /// Whether the last look found what the first one found, letter for letter.
    pub(super) fn are_spelled_as_before(&self) -> bool {
        let both = self.before().zip(self.found_before(LAST));
        both.is_some_and(|(before, last)| same(before, last))
    }

    /// The same but for the spelling.
    pub(super) fn are_put_back(&self) -> bool {
        self.changed_fields()
            .is_some_and(|changed| changed.is_empty())
    }

    /// The columns of the numbers that somebody else has changed, where all that is not as before is theirs: a
    /// value that no request has sent. What is not set may have been taken away by a request.
    pub(super) fn changed_by_others(&self) -> Option<Vec<&'static str>> {
        let changed = self.changed_fields().filter(|fields| !fields.is_empty())?;
        let last = self.found_before(LAST)?;
        let is_sent = |index: usize, value: &str| {
            let sent = self.rows.iter().filter_map(|(_, row)| row.sent.as_ref());
            let mut sent = sent.filter_map(|sent| sent.0.get(index)?.as_deref());
            sent.any(|sent| LOCATION_NUMBERS.is_same(index, sent, value))
        };
        let names = LOCATION_NUMBERS.column_names();
        let others = changed.into_iter().map(|index| {
            let value = last.get(index)?;
            (!is_sent(index, value)).then(|| names[index])
        });
        others.collect()
    }

    /// The numbers that are not as before; `None` where that is not known.
    fn changed_fields(&self) -> Option<Vec<usize>> {
        let (before, last) = self.before().zip(self.found_before(LAST))?;
        let is_same = |index: &usize| match (before.get(*index), last.get(*index)) {
            (Some(one), Some(other)) => LOCATION_NUMBERS.is_same(*index, one, other),
            (one, other) => one == other,
        };
        let fields = 0..LOCATION_NUMBERS.fields.len();
        Some(fields.filter(|index| !is_same(index)).collect())
    }

    fn row(&self, wanted: u64) -> Option<&ObservedWrite> {
        let mut rows = self.rows.iter();
        rows.find(|(row, _)| *row == wanted).map(|(_, write)| write)
    }

    /// What was there before the first request.
    fn before(&self) -> Option<&CurrentValues> {
        self.found_before(SAME)
    }

    fn found_before(&self, row: u64) -> Option<&CurrentValues> {
        self.row(row)?.outcome.previous.as_ref()
    }

    /// What a request left there.
    fn found_after(&self, row: u64) -> Option<&CurrentValues> {
        let mut later = self.rows.iter().filter(|(other, _)| *other > row);
        later.find_map(|(_, write)| write.outcome.previous.as_ref())
    }

    /// The answer to a request, where it was sent and is known.
    fn answer(&self, row: u64) -> Option<Answered<'_>> {
        let outcome = &self.row(row)?.outcome;
        let status = outcome.status?;
        // It was confirmed, and read back otherwise.
        let is_otherwise = outcome.kind == OutcomeKind::Unknown && (200..300).contains(&status);
        let is_sent = matches!(
            outcome.kind,
            OutcomeKind::Updated | OutcomeKind::Failed | OutcomeKind::Partly
        );
        if !is_sent && !is_otherwise {
            return None;
        }
        let code = &outcome.error_code;
        let code = if code.is_empty() {
            String::new()
        } else {
            format!(" ({code})")
        };
        Some(Answered {
            is_success: outcome.kind == OutcomeKind::Updated || is_otherwise,
            text: format!("{status}{code}"),
            before: self.found_before(row)?,
            after: self.found_after(row)?,
        })
    }

    /// Of a request with the numbers from before the first one: what the request before it has left is no
    /// matter.
    fn of_same(&self, row: u64, question: &'static str, asked: &str) -> Finding {
        let answer = self.answer(row).zip(self.before());
        Finding::about(question, asked, answer, |(answered, first)| {
            let is_same = same(first, answered.after);
            let said = if is_same {
                "the numbers are the same, letter for letter"
            } else {
                "the numbers are not the same"
            };
            (said.into(), Verdict::of(answered.is_success && is_same))
        })
    }

    /// The place of the extension, and the extension.
    fn extension(&self) -> Option<(usize, &str)> {
        let sent = self.row(EXTENSION)?.sent.as_ref()?;
        let mut sent = sent.0.iter().enumerate();
        sent.find_map(|(index, value)| Some((index, value.as_deref()?)))
    }

    fn of_the_extension(&self) -> Finding {
        let (question, asked) = (
            "an extension of two digits is taken as a number",
            "PUT of one number that no rule uses",
        );
        let extension = self.extension();
        let answer = self.answer(EXTENSION).zip(extension);
        Finding::about(question, asked, answer, |(answered, (index, extension))| {
            let read = answered.after.get(*index);
            let is_there = read == Some(*extension);
            let said = match read {
                None => "nothing is set".to_string(),
                Some(read) if is_there => format!("it is read as {}", mask(read)),
                Some(read) => format!("{} is read", mask(read)),
            };
            (said, Verdict::of(answered.is_success && is_there))
        })
    }

    fn of_the_others(&self) -> Finding {
        let (question, asked) = (
            "fields that are left out keep their values",
            "the other two numbers after that PUT",
        );
        let answer = self.answer(EXTENSION).zip(self.extension());
        let answer = answer.filter(|(answered, _)| answered.is_success);
        Finding::about(question, asked, answer, |(answered, (place, _))| {
            let others = (0..LOCATION_NUMBERS.fields.len()).filter(|index| index != place);
            let mut others =
                others.map(|index| answered.before.get(index) == answered.after.get(index));
            let are_kept = others.all(|is_kept| is_kept);
            let said = if are_kept {
                "they are kept"
            } else {
                "they are not kept"
            };
            (said.into(), Verdict::of(are_kept))
        })
    }

    fn of_clearing(&self) -> Finding {
        let (question, asked) = (
            "the empty text clears a number",
            "PUT of the empty text where the extension was",
        );
        let place = self.extension().map(|(index, _)| index);
        let was_set = |answered: &Answered<'_>, index| answered.before.get(index).is_some();
        let is_asked = |index| {
            self.before()
                .is_some_and(|before| before.get(index).is_none())
        };
        let answer = self.answer(BACK).zip(place);
        let answer =
            answer.filter(|(answered, index)| was_set(answered, *index) && is_asked(*index));
        Finding::about(question, asked, answer, |(answered, index)| {
            let is_cleared = answered.after.get(*index).is_none();
            let said = if is_cleared {
                "it is cleared"
            } else {
                "it is not cleared"
            };
            (said.into(), Verdict::of(answered.is_success && is_cleared))
        })
    }

    fn of_the_empty_object(&self) -> Finding {
        let (question, asked) = (
            "an empty object is refused or changes nothing (the program never sends one)",
            "PUT of `{}`",
        );
        let sent = self.row(EMPTY).and_then(|row| row.sent.as_ref());
        let sets_one = |sent: &Sent| sent.0.iter().flatten().any(|value| !value.is_empty());
        if sent.is_some_and(sets_one) {
            return Finding {
                question,
                asked: asked.into(),
                answer: "not asked: rules use all numbers, or could not be read".into(),
                verdict: Verdict::NotKnown,
            };
        }
        Finding::about(question, asked, self.answer(EMPTY), |answered| {
            let is_same = same(answered.before, answered.after);
            let said = if is_same {
                "nothing is changed"
            } else {
                "numbers are changed"
            };
            (said.into(), Verdict::of(is_same))
        })
    }

    fn of_spelling(&self) -> Finding {
        let (question, asked) = (
            "a number that is read in another spelling is the same number",
            "PUT of the numbers that are set, as the program writes them",
        );
        let sent = self.row(SPELLED).and_then(|row| row.sent.as_ref());
        let answer = self.answer(SPELLED).zip(sent);
        Finding::about(question, asked, answer, |(answered, sent)| {
            let values = sent.0.iter().enumerate();
            let values = values.filter_map(|(index, value)| Some((index, value.as_deref()?)));
            let mut is_same = true;
            let shapes = values.map(|(index, value)| {
                let read = answered.after.get(index);
                is_same &= read.is_some_and(|read| LOCATION_NUMBERS.is_same(index, value, read));
                format!(
                    "{} is read as {}",
                    mask(value),
                    read.map_or("nothing".into(), mask)
                )
            });
            let shapes: Vec<String> = shapes.collect();
            (
                shapes.join("; "),
                Verdict::of(answered.is_success && is_same),
            )
        })
    }

    fn of_the_end(&self) -> Finding {
        let both = self.before().zip(self.found_before(LAST));
        let (answer, verdict) = match both {
            Some(_) if self.are_spelled_as_before() => ("they are", Verdict::AsAssumed),
            Some(_) if self.are_put_back() => ("they have another spelling", Verdict::Differs),
            Some(_) if self.changed_by_others().is_some() => {
                ("somebody else has changed one meanwhile", Verdict::NotKnown)
            }
            Some(_) => ("they are not", Verdict::Differs),
            None => ("they could not be read", Verdict::NotKnown),
        };
        Finding {
            question: "in the end the numbers are as they were, letter for letter",
            asked: "GET …/autoTransferNumbers".into(),
            answer: answer.into(),
            verdict,
        }
    }
}
