//! What the exit code and the outcomes say is so.

use crate::histories::history::SheetRow;

use super::{Case, Kind, Violation, after, body, is_odd, is_same};
use crate::histories::files;
use crate::histories::service::{Arrival, Body, Put, Writer, place};

impl Case<'_> {
    /// What the exit code and the outcomes say is so.
    pub(super) fn end(&self) -> Result<(), Violation> {
        let (Some(index), Some(run), Some(code)) = (self.ran.run, self.run(), self.ran.code) else {
            return Ok(());
        };
        if run.is_plan || run.is_rehearsal {
            return Ok(());
        }
        self.poisoned(index, code)?;
        if code == 0 && run.undoes.is_none() {
            self.as_asked(index)?;
        }
        if !matches!(code, 0 | 1 | 3 | 130) || self.played.is_damaged {
            return Ok(());
        }
        let outcomes = files::outcomes(&self.played.file(&run.output)).unwrap_or_default();
        for (location, outcome) in outcomes {
            let place = place(location);
            let own = self
                .puts_of(index, location)
                .filter(|put| run.commands.contains(&put.command));
            let is_success = |put: &Put| put.status.is_some_and(|status| status < 300);
            let own: Vec<&Put> = own.collect();
            let others = self
                .played
                .service(|service| service.writers[location].contains(&Writer::Other));
            let had_effect = own
                .iter()
                .filter(|put| put.took_effect && put.arrival != Arrival::AfterTheEnd)
                .any(|put| put.before != after(put) && !is_success(put));
            if outcome == "failed" && had_effect && !others {
                return self.fails(
                    Kind::FailedButApplied,
                    format!("{place} is `failed`, but a try took effect"),
                );
            }
            let is_changed = self
                .puts_of(index, location)
                .any(|put| put.took_effect || put.arrival != Arrival::AtOnce);
            // Of a try in doubt that asks for what is there, nobody can tell whether it took effect.
            let asks_for_change = own.is_empty() || own.iter().any(|put| put.before != after(put));
            if outcome == "updated" && !is_changed && asks_for_change {
                let kind = if self.line_of(index).iter().any(|run| run.is_rehearsal) {
                    Kind::RehearsalForReal
                } else {
                    Kind::UpdatedButNot
                };
                return self.fails(
                    kind,
                    format!("{place} is `updated`, and nothing was changed there"),
                );
            }
        }
        Ok(())
    }

    fn as_asked(&self, index: usize) -> Result<(), Violation> {
        let run = &self.played.runs[index];
        let commands = self.commands_of(index);
        for location in 0..self.played.history.state.len() {
            let mut wanted: Body = Default::default();
            for row in run.rows.iter().filter(|row| row.location == location) {
                for (wanted, asked) in wanted.iter_mut().zip(body(row)) {
                    *wanted = asked.or(wanted.take());
                }
            }
            for (field, wanted) in wanted.iter().enumerate() {
                let (now, writer) = self.played.service(|service| {
                    (
                        service.state[location][field].clone(),
                        service.writers[location][field],
                    )
                });
                let is_others = match writer {
                    Writer::Other => true,
                    Writer::Command(by) => !commands.contains(&by),
                    Writer::Nobody => false,
                };
                let is_met = wanted.as_ref().is_none_or(|wanted| is_same(wanted, &now));
                if !is_met && !is_others {
                    let place = place(location);
                    let line = self.line_of(index);
                    let kind = if line.iter().any(|run| run.is_rehearsal) {
                        Kind::RehearsalForReal
                    } else if line.iter().any(|run| run.by_hand.contains(&location)) {
                        Kind::TypedIsIgnored
                    } else if self.has_twins(location) {
                        Kind::LateChangeWins
                    } else if is_odd(&now) {
                        Kind::OtherSpelling
                    } else {
                        Kind::NotAsAsked
                    };
                    return self.fails(kind, format!("{place} has {now:?} and not {wanted:?}"));
                }
            }
        }
        Ok(())
    }

    /// One location that answers 401 does not keep the others from being sent.
    fn poisoned(&self, index: usize, code: i32) -> Result<(), Violation> {
        let run = &self.played.runs[index];
        let Some(poisoned) = self.played.poisoned else {
            return Ok(());
        };
        let [.., before, _] = run.commands[..] else {
            return Ok(());
        };
        let sent = self
            .puts
            .iter()
            .filter(|put| put.command == self.number)
            .count();
        let is_left = |row: &&SheetRow| {
            row.location != poisoned && self.puts_of(index, row.location).next().is_none()
        };
        if code == 3
            && self.ran.has("--resume")
            && self.played.ran[before - 1].code == Some(3)
            && sent == 0
            && self.played.service(|service| service.struck) > 0
            && let Some(row) = run.rows.iter().find(is_left)
        {
            let (place, poisoned) = (place(row.location), place(poisoned));
            return self.fails(
                Kind::EndsEveryRun,
                format!("{poisoned} alone answers 401, and {place} is never sent"),
            );
        }
        Ok(())
    }
}
