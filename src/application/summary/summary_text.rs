//! A summary as a person reads it.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use super::{ResultsForm, Summary, UndoKind, say_status};
use crate::model::clock;
use crate::model::outcome::OutcomeKind;
use crate::model::wording::{grouped, listed, plural};

impl fmt::Display for Summary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(reason) = &self.reason {
            writeln!(out, "stopped: {reason}")?;
            if let Some(hint) = reason.hint(self.setting) {
                writeln!(out, "hint: {hint}")?;
            }
        }
        writeln!(out, "{} {}", self.say_this_time(), self.say_sheet())?;
        out.write_str(&plural(self.requests, "request"))?;
        if self.throttled > 0 {
            let times = plural(self.throttled, "time");
            write!(out, ", rate limited {times}")?;
        }
        out.write_char('\n')?;
        for (kind, count) in self.counts.by_kind() {
            writeln!(out, "  {:<14}{count:>8}", kind.word())?;
        }
        if !self.counts.by_status().is_empty() {
            let statuses = self.counts.by_status().iter();
            let statuses: Vec<String> = statuses
                .map(|(status, count)| format!("{} × {count}", say_status(*status)))
                .collect();
            writeln!(out, "last answers: {}", statuses.join(", "))?;
        }
        if self.results_form == ResultsForm::NotKept {
            writeln!(out, "no plan is kept, since nothing differs")?;
        } else if let Some(results) = &self.results {
            writeln!(out, "results: {results}{}", self.results_form.remark())?;
        }
        if !self.adds_up() {
            writeln!(
                out,
                "error: the sheet has {} and the results have {}; do not trust these results",
                plural(self.rows_in_sheet, "row"),
                self.counts.rows
            )?;
        }
        if self.reason.is_some() {
            let left = self.rows_left;
            let are = if left == 1 { "is" } else { "are" };
            writeln!(out, "{} {are} left; to go on:", plural(left, "row"))?;
            writeln!(out, "  {}", self.resume)?;
        } else if self.results.is_none() {
            writeln!(out, "nothing needs to be sent again; to write the results:")?;
            writeln!(out, "  {}", self.resume)?;
        } else {
            self.write_hints(out)?;
        }
        Ok(())
    }
}

impl Summary {
    /// `2 rows sent in 1 s: 2 updated.`
    fn say_this_time(&self) -> String {
        let verb = self.verb;
        if self.sent.rows == 0 {
            return format!("no row {verb}.");
        }
        let unseen = self.sent.confirmed_and_unseen;
        let kinds = self.sent.by_kind().iter();
        let kinds = kinds.map(|(kind, count)| match kind {
            OutcomeKind::Unknown => (self.word(*kind), count.saturating_sub(unseen)),
            kind => (self.word(*kind), *count),
        });
        let kinds = kinds.chain([(self.word_of_unseen(), unseen)]);
        let kinds = kinds.filter(|(_, count)| *count > 0);
        let kinds: Vec<String> = kinds
            .map(|(word, count)| format!("{} {word}", grouped(count)))
            .collect();
        let took = clock::in_words(self.took);
        if self.is_export() {
            let targets = self.setting.target.count(self.sent.rows);
            return format!("{targets} {verb} in {took}: {}.", kinds.join(", "));
        }
        // Nothing was sent for what somebody else changed or uses.
        let conflicts = match verb {
            "sent" => self.sent.of(OutcomeKind::Conflict),
            _ => 0,
        };
        let left_alone = match conflicts {
            0 => String::new(),
            rows => format!(" and {} left alone", grouped(rows)),
        };
        format!(
            "{} {verb}{left_alone} in {took}: {}.",
            plural(self.sent.rows.saturating_sub(conflicts), "row"),
            kinds.join(", ")
        )
    }

    /// What became of a row; of an undo, which values are there now.
    fn word(&self, kind: OutcomeKind) -> &'static str {
        match (self.undo, kind) {
            (Some(UndoKind::PutsBack), OutcomeKind::Updated) => "put back",
            (Some(UndoKind::PutsBack), OutcomeKind::Unchanged) => "back already",
            (Some(UndoKind::SetsAgain), OutcomeKind::Updated) => "set again",
            (Some(UndoKind::SetsAgain), OutcomeKind::Unchanged) => "so already",
            (_, kind) => kind.word(),
        }
    }

    /// The same of a row that was confirmed and could not be looked at then.
    fn word_of_unseen(&self) -> &'static str {
        match self.undo {
            Some(UndoKind::PutsBack) => "put back but not read back",
            Some(UndoKind::SetsAgain) => "set again but not read back",
            None => "changed but not read back",
        }
    }

    pub(super) fn is_export(&self) -> bool {
        self.is_of("export")
    }

    fn is_of(&self, command: &str) -> bool {
        let of = self.facts.get("command");
        of.is_some_and(|of| of == command)
    }

    /// `Of 60 rows in the sheet, 57 are done, 2 skipped and 1 is not done.`
    fn say_sheet(&self) -> String {
        let rows = if self.is_export() {
            self.setting.target.count(self.rows_in_sheet)
        } else {
            plural(self.rows_in_sheet, "row") + " in the sheet"
        };
        say_how_it_stands(&rows, self.counts.by_kind(), self.verb == "read") + "."
    }
}

/// `Of 60 rows in the sheet, 57 are done, 2 skipped and 1 is not done`: the counts add up to the rows. Of a row that
/// is `unknown` nobody can say that it is not done.
pub(in crate::application) fn say_how_it_stands(
    rows: &str,
    outcomes: &BTreeMap<OutcomeKind, u64>,
    is_read: bool,
) -> String {
    // What is left alone in a plan was read all the same.
    let counts = |kind: OutcomeKind| match kind {
        OutcomeKind::Skipped => false,
        OutcomeKind::Conflict => is_read,
        kind => kind.is_success(),
    };
    let all: u64 = outcomes.values().sum();
    let done = outcomes.iter().filter(|(kind, _)| counts(**kind));
    let done: u64 = done.map(|(_, count)| count).sum();
    let skipped = outcomes.get(&OutcomeKind::Skipped).copied();
    let skipped = skipped.unwrap_or_default();
    let unknown = outcomes.get(&OutcomeKind::Unknown).copied();
    let unknown = unknown.filter(|_| !is_read).unwrap_or_default();
    let others = all - done - skipped - unknown;
    let are = |count| if count == 1 { "is" } else { "are" };
    let verb = if is_read { "read" } else { "done" };
    let mut parts = vec![format!("{} {} {verb}", grouped(done), are(done))];
    if skipped > 0 {
        parts.push(format!("{} skipped", grouped(skipped)));
    }
    if unknown > 0 {
        parts.push(format!("{} may be done", grouped(unknown)));
    }
    if others > 0 {
        parts.push(format!("{} {} not {verb}", grouped(others), are(others)));
    }
    format!("Of {rows}, {}", listed(&parts))
}
