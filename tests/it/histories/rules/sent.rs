//! What was approved is what is sent, once; what somebody else changed is left alone.

use super::{Case, Kind, Violation, body, is_same};
use crate::histories::command::{Origin, Overwriting, Run};
use crate::histories::history::SheetRow;
use crate::histories::service::{Body, NUMBERS, Put, Writer, place};

impl Case<'_> {
    pub(super) fn approved(&self, run: &Run, put: &Put) -> Result<(), Violation> {
        let asks = |rows: &[SheetRow]| {
            let rows = rows.iter().filter(|row| row.location == put.location);
            let bodies: Vec<Body> = rows.map(body).collect();
            let mut asked = (0..bodies.len()).filter_map(|at| bodies[at..].split_first());
            asked.any(|(row, later)| is_asked(row, later, &put.body))
        };
        let (place, sent) = (place(put.location), &put.body);
        if !asks(&run.rows) {
            let kind = if self.played.overwriting == Overwriting::Done {
                Kind::OverwrittenWhileSent
            } else {
                Kind::Unapproved
            };
            return self.fails(
                kind,
                format!("{place} was sent {sent:?}, which no row asked"),
            );
        }
        if let Some(guard) = &run.guard
            && !asks(&guard.rows)
        {
            return self.fails(
                Kind::NotAsPlanned,
                format!("{place} was sent {sent:?}, which is not in the plan"),
            );
        }
        Ok(())
    }

    pub(super) fn again(&self, run: usize, put: &Put) -> Result<(), Violation> {
        let rows = &self.played.runs[run].whole;
        let is_finished = |earlier: &Put| {
            let ran = &self.played.ran[earlier.command - 1];
            let row = rows.iter().position(|row| row.location == put.location);
            let told = format!("not recorded: row {} ", row.map_or(0, |row| row + 2));
            if ran.stderr.contains(&told) {
                return false;
            }
            // Of several rows for one location the last is read back before any is finished, unless the run is cut off.
            if matches!(ran.code, None | Some(130)) && self.has_twins(put.location) {
                return false;
            }
            if ran.unheard.contains(&put.location) {
                return false;
            }
            ran.code.is_some() || (ran.line.contains(" -c 1 ") && earlier.was_followed)
        };
        let twin = self.puts_of(run, put.location).find(|earlier| {
            earlier.command < put.command
                && earlier.body == put.body
                && earlier.status.is_some_and(|status| status < 300)
                && is_finished(earlier)
        });
        let Some(twin) = twin else {
            return Ok(());
        };
        let parent = self.played.runs[run].parent;
        let parent = parent.and_then(|run| self.played.runs[run].commands.last());
        let was_killed = parent.is_some_and(|command| self.played.ran[command - 1].code.is_none());
        let kind = if self.played.is_damaged {
            Kind::SentAgainAfterDamage
        } else if was_killed {
            Kind::SentAgainFromOldResults
        } else {
            Kind::SentAgain
        };
        let (place, first) = (place(put.location), twin.command);
        self.fails(
            kind,
            format!("{place} was sent again what command {first} had finished"),
        )
    }

    /// What another administrator set is left alone where there is a guard.
    pub(super) fn others(&self, index: usize, put: &Put) -> Result<(), Violation> {
        let run = &self.played.runs[index];
        let place = place(put.location);
        for field in 0..NUMBERS {
            let Some(sent) = &put.body[field] else {
                continue;
            };
            let before = &put.before[field];
            if put.writers[field] != Writer::Other || before == sent {
                continue;
            }
            let said = format!("{place} had {before}, set by another admin, and was sent {sent}");
            if run.backup && run.guard.is_none() && !self.may_be_there(index, put, field) {
                return self.fails(
                    Kind::OverwroteOther,
                    format!("{said}; no earlier command of the run had found it"),
                );
            }
            let is_typed = self.ran.has("--only-failed") && self.ran.origin == Origin::Typed;
            // What a person types themselves counts where the row had been left alone before.
            let was_there = || {
                let parent = run
                    .parent
                    .and_then(|run| self.played.runs[run].commands.last());
                let ran = parent.map(|command| &self.played.ran[command - 1]);
                ran.is_some_and(|ran| ran.state_before[put.location][field] == *before)
            };
            if is_typed && !was_there() {
                continue;
            }
            let is_expected = |run: &Run| {
                let guard = run.guard.as_ref();
                guard.is_none_or(|guard| guard.state[put.location][field] == *before)
            };
            if run.undoes.is_some() || !is_expected(run) {
                return self.fails(Kind::OverwroteOther, said);
            }
            let may_have_arrived = |put: &Put| {
                put.status
                    .is_none_or(|status| status >= 500 || status == 408)
            };
            let mut earlier = self.puts_of(index, put.location);
            let was_on_the_wire = earlier.any(|earlier| {
                earlier.command < put.command
                    && earlier.before[field] != *before
                    && may_have_arrived(earlier)
            });
            if run.backup && self.ran.has("--resume") && was_on_the_wire {
                return self.fails(Kind::OverwroteAfterKill, said);
            }
        }
        Ok(())
    }
}

impl Case<'_> {
    /// Whether what another administrator set is what was there before the run, as far as an earlier
    /// command has recorded it: where that is another number, the row is left alone.
    fn may_be_there(&self, run: usize, put: &Put, field: usize) -> bool {
        let earlier = self.puts_of(run, put.location);
        let mut earlier = earlier
            .filter(|earlier| earlier.command < put.command)
            .peekable();
        let is_recorded = earlier.peek().is_some() && !self.played.is_damaged;
        !is_recorded || earlier.any(|earlier| earlier.before[field] == put.before[field])
    }
}

/// Whether a row asks for what was sent, without what `later` rows for the location may have set already.
fn is_asked(row: &Body, later: &[Body], sent: &Body) -> bool {
    (0..NUMBERS).all(|field| match (&row[field], &sent[field]) {
        (Some(asked), Some(sent)) => is_same(asked, sent),
        (Some(_), None) => later.iter().any(|row| row[field].is_some()),
        (asked, None) => asked.is_none(),
        (None, Some(_)) => false,
    })
}
