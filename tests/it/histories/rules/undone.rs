//! After undo the world is as before, and nothing that was not read is put back.

use std::fs;

use super::{Case, Kind, Violation, digits, is_odd};
use crate::histories::command::is_about;
use crate::histories::files;
use crate::histories::service::{NUMBERS, Put, Writer, place};

impl Case<'_> {
    pub(super) fn put_back(&self, undone: usize, put: &Put) -> Result<(), Violation> {
        let place = place(put.location);
        for field in 0..NUMBERS {
            let Some(sent) = &put.body[field] else {
                continue;
            };
            let has_twins = self.has_twins(put.location);
            let earlier = self.earlier(undone, put.location, field, has_twins);
            if earlier.contains(sent) {
                continue;
            }
            let said = format!("{place} was sent {sent:?} where {earlier:?} was before");
            let is_other_spelling = |earlier: &String| digits(earlier) == digits(sent);
            let kind = match &**sent {
                _ if earlier.is_empty() => Kind::UndidUntouched,
                "" => Kind::Cleared,
                _ if earlier.iter().any(is_other_spelling) => Kind::OtherSpelling,
                _ => Kind::PutBackOtherwise,
            };
            return self.fails(kind, said);
        }
        Ok(())
    }

    /// After an undo that says it is done, what the run changed is as before.
    pub(super) fn undone(&self) -> Result<(), Violation> {
        let Some(undone) = self.ran.undoes else {
            return Ok(());
        };
        let line = self.line_of(undone);
        if line.iter().any(|run| run.is_rehearsal) {
            return Ok(());
        }
        let was_backed_up = line.last().is_some_and(|run| run.backup);
        if self.ran.code == Some(1) {
            return self.accusation(undone);
        }
        if self.ran.code != Some(0) || !was_backed_up {
            return Ok(());
        }
        let results = self.played.file(&self.played.runs[undone].output);
        let outcomes = files::outcomes(&results).unwrap_or_default();
        let mut own = self.commands_of(undone);
        own.extend(self.ran.run.iter().flat_map(|run| self.commands_of(*run)));
        let back = self.ran.run.map_or(Vec::new(), |run| self.line_of(run));
        for location in 0..self.played.history.state.len() {
            let (now, writers) = self
                .played
                .service(|service| (service.state[location].clone(), service.writers[location]));
            let is_foreign = |writer: &Writer| match writer {
                Writer::Nobody => false,
                Writer::Other => true,
                Writer::Command(by) => !own.contains(by),
            };
            let is_outside = !is_about(&self.ran.line, &self.played.runs[undone].whole, location);
            let is_dropped = line.iter().any(|run| run.dropped.contains(&location));
            // Somebody wants another number now than the one from before.
            let is_corrected = back.iter().any(|run| run.by_hand.contains(&location));
            if writers.iter().any(is_foreign) || is_outside || is_dropped || is_corrected {
                continue;
            }
            for (field, now) in now.iter().enumerate() {
                let mut changes = self.puts_of(undone, location).filter(|put| {
                    put.took_effect
                        && put.body[field]
                            .as_ref()
                            .is_some_and(|sent| *sent != put.before[field])
                });
                let earlier = self.earlier(undone, location, field, false);
                if changes.next().is_none() || earlier.contains(now) {
                    continue;
                }
                let outcome = outcomes.get(&location).map(String::as_str);
                let kind = match outcome {
                    _ if self.has_twins(location) => Kind::LateChangeWins,
                    Some("failed") => Kind::UndoSkipsFailed,
                    Some("unchanged") => Kind::UndoSkipsUnchanged,
                    _ if earlier.iter().any(|earlier| is_odd(earlier)) => Kind::OtherSpelling,
                    _ => Kind::UndoSkips,
                };
                let (place, outcome) = (place(location), outcome.unwrap_or("not told"));
                return self.fails(
                    kind,
                    format!("{place} ({outcome} in the results) has {now:?} and not {earlier:?}"),
                );
            }
        }
        Ok(())
    }

    /// Nobody is accused where nobody changed anything.
    fn accusation(&self, undone: usize) -> Result<(), Violation> {
        let Some(run) = self.run() else {
            return Ok(());
        };
        let results = fs::read_to_string(self.played.file(&run.output)).unwrap_or_default();
        let accuses = [
            "somebody changed",
            "somebody else changed",
            "changed after your run",
        ]
        .iter()
        .any(|words| results.contains(words) || self.ran.stderr.contains(words));
        let mut own = self.commands_of(undone);
        own.extend(self.ran.run.iter().flat_map(|run| self.commands_of(*run)));
        let is_own = |writer: &Writer| match writer {
            Writer::Nobody => true,
            Writer::Other => false,
            Writer::Command(by) => own.contains(by),
        };
        let nobody = self
            .played
            .service(|service| service.struck == 0 && service.writers.iter().flatten().all(is_own));
        if accuses && nobody {
            return self.fails(
                Kind::AccusesFalsely,
                "it says that somebody changed the numbers, and nobody did",
            );
        }
        Ok(())
    }
}
