//! The rule, held against each command: after undo the world is as before; what was approved is what
//! is sent; nothing that was not read is put back; what somebody else changed is left alone; exit 0
//! means what was meant.

use std::collections::BTreeSet;
use std::fs;

use super::files;
use super::history::SheetRow;
pub(super) use super::kinds::Kind;
use super::play::{Origin, Overwriting, Played, Ran, Run};
use super::service::{Body, NUMBERS, Put, Writer, place};

/// Stands for the exit code of what had to be killed.
pub(super) const HANGS: i32 = -1;

#[derive(Debug, Clone)]
pub(super) struct Violation {
    pub(super) kind: Kind,
    /// The command, what was expected and what happened.
    pub(super) said: String,
}

/// Judges the command that ended last.
pub(super) fn judge(played: &Played) -> Result<(), Violation> {
    let puts = played.service(|service| service.puts.clone());
    let case = Case {
        played,
        ran: played.ran.last().expect("a command has ended"),
        number: played.ran.len(),
        puts: &puts,
    };
    case.process()?;
    for put in puts.iter().filter(|put| put.command == case.number) {
        case.put(put)?;
    }
    case.end()?;
    case.undone()?;
    case.files()
}

struct Case<'a> {
    played: &'a Played,
    ran: &'a Ran,
    number: usize,
    puts: &'a [Put],
}

impl Case<'_> {
    /// `Ok` where this kind is passed over.
    fn fails(&self, kind: Kind, said: impl AsRef<str>) -> Result<(), Violation> {
        if self.played.passed_over.contains(&kind) {
            return Ok(());
        }
        let name = self.ran.line.split_whitespace().skip(1);
        let line: Vec<&str> = name
            .filter(|word| !word.starts_with("http") && !["--base-url", "--yes"].contains(word))
            .collect();
        let code = self
            .ran
            .code
            .map_or("killed".into(), |code| format!("exit {code}"));
        let (line, said) = (line.join(" "), said.as_ref());
        Err(Violation {
            kind,
            said: format!("`{line}` ({code}): {said}"),
        })
    }

    fn run(&self) -> Option<&Run> {
        Some(&self.played.runs[self.ran.run?])
    }

    /// The run and those whose results it goes on from.
    fn line_of(&self, run: usize) -> Vec<&Run> {
        let mut line = Vec::new();
        let mut next = Some(run);
        while let Some(run) = next {
            let run = &self.played.runs[run];
            line.push(run);
            next = run.parent;
        }
        line
    }

    fn commands_of(&self, run: usize) -> BTreeSet<usize> {
        let line = self.line_of(run);
        line.iter().flat_map(|run| run.commands.clone()).collect()
    }

    fn puts_of(&self, run: usize, location: usize) -> impl Iterator<Item = &Put> {
        let commands = self.commands_of(run);
        let puts = self.puts.iter();
        puts.filter(move |put| put.location == location && commands.contains(&put.command))
    }

    /// What may be put back: what was there before, but for what the run itself had set.
    fn earlier(&self, run: usize, location: usize, field: usize, has_twins: bool) -> Vec<String> {
        let commands = self.commands_of(run);
        let is_own =
            |writer: Writer| matches!(writer, Writer::Command(by) if commands.contains(&by));
        self.puts_of(run, location)
            .filter(|put| put.body[field].is_some())
            // Several rows for one location go back one after the other.
            .filter(|put| has_twins || !is_own(put.writers[field]))
            .map(|put| put.before[field].clone())
            .collect()
    }

    fn has_twins(&self, location: usize) -> bool {
        let rows = &self.played.history.rows;
        rows.iter().filter(|row| row.location == location).count() > 1
    }

    fn process(&self) -> Result<(), Violation> {
        let ran = self.ran;
        let sent = self
            .puts
            .iter()
            .filter(|put| put.command == self.number)
            .count();
        if ran.code == Some(HANGS) {
            return self.fails(Kind::Hangs, "it does not end");
        }
        if ran.stderr.contains("panicked") || ran.code == Some(101) {
            return self.fails(Kind::Panics, &ran.stderr);
        }
        if ran.code == Some(2) && sent > 0 {
            return self.fails(Kind::SentThoughRefused, "something was sent");
        }
        if ran.asked_early {
            return self.fails(
                Kind::AskedEarly,
                "the service had said to wait 5 s, and was asked before",
            );
        }
        let is_sound = self.played.poisoned.is_none() && !self.played.is_damaged;
        if ran.origin == Origin::JustPrinted && ran.code == Some(2) && is_sound {
            let said = ran
                .stderr
                .lines()
                .find(|line| line.starts_with("error"))
                .unwrap_or_default();
            let kind = if self.played.overwriting == Overwriting::Done {
                Kind::NeedsTheSheet
            } else {
                Kind::HintDoesNotWork
            };
            return self.fails(kind, format!("it was printed and is refused: {said}"));
        }
        if self.played.is_damaged
            && ran.stderr.contains("nothing was sent")
            && ran.stderr.contains("delete")
        {
            return self.fails(
                Kind::AdvisesDeleting,
                "it advises to delete a journal with rows in it",
            );
        }
        Ok(())
    }

    fn put(&self, put: &Put) -> Result<(), Violation> {
        let Some(index) = self.ran.run else {
            return self.fails(Kind::Unapproved, "a change was sent by no run");
        };
        let run = &self.played.runs[index];
        let place = place(put.location);
        let line = self.line_of(index);
        let is_after_rehearsal = line.iter().any(|run| run.is_rehearsal);
        let of_rehearsal = run
            .undoes
            .is_some_and(|run| self.line_of(run).iter().any(|run| run.is_rehearsal));
        if is_after_rehearsal || of_rehearsal {
            return self.fails(
                Kind::RehearsalForReal,
                format!("{place} was written because of a rehearsal's results"),
            );
        }
        self.again(index, put)?;
        self.others(index, put)?;
        let by_hand = line.iter().any(|run| run.by_hand.contains(&put.location));
        match run.undoes {
            Some(undone) if !by_hand => self.put_back(undone, put),
            Some(_) => Ok(()),
            None => self.approved(run, put, by_hand),
        }
    }

    fn approved(&self, run: &Run, put: &Put, by_hand: bool) -> Result<(), Violation> {
        let asks = |rows: &[SheetRow]| {
            let mut rows = rows.iter().filter(|row| row.location == put.location);
            rows.any(|row| is_alike(&body(row), &put.body))
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
            && !by_hand
            && !asks(&guard.rows)
        {
            return self.fails(
                Kind::NotAsPlanned,
                format!("{place} was sent {sent:?}, which is not in the plan"),
            );
        }
        Ok(())
    }

    fn again(&self, run: usize, put: &Put) -> Result<(), Violation> {
        let is_finished = |earlier: &Put| {
            let ran = &self.played.ran[earlier.command - 1];
            ran.code.is_some() || (ran.has("-c") && earlier.was_followed)
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
        let kind = if self.played.is_damaged {
            Kind::SentAgainAfterDamage
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
    fn others(&self, index: usize, put: &Put) -> Result<(), Violation> {
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
            let was_on_the_wire = self
                .puts_of(index, put.location)
                .any(|earlier| earlier.command < put.command && may_have_arrived(earlier));
            if run.backup && self.ran.has("--resume") && was_on_the_wire {
                return self.fails(Kind::OverwroteAfterKill, said);
            }
        }
        Ok(())
    }

    fn put_back(&self, undone: usize, put: &Put) -> Result<(), Violation> {
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
            let kind = match &**sent {
                _ if earlier.is_empty() => Kind::UndidUntouched,
                _ if earlier
                    .iter()
                    .any(|earlier| digits(earlier) == digits(sent) && earlier != sent)
                    || earlier.iter().any(|earlier| is_odd(earlier)) =>
                {
                    Kind::OtherSpelling
                }
                "" => Kind::Cleared,
                _ => Kind::PutBackOtherwise,
            };
            return self.fails(kind, said);
        }
        Ok(())
    }

    /// What the exit code and the outcomes say is so.
    fn end(&self) -> Result<(), Violation> {
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
                .any(|put| put.took_effect && put.before != after(put) && !is_success(put));
            if outcome == "failed" && had_effect && !others {
                return self.fails(
                    Kind::FailedButApplied,
                    format!("{place} is `failed`, but a try took effect"),
                );
            }
            let is_changed = self.puts_of(index, location).any(|put| put.took_effect);
            if outcome == "updated" && !is_changed {
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

    /// After an undo that says it is done, what the run changed is as before.
    fn undone(&self) -> Result<(), Violation> {
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
        for location in 0..self.played.history.state.len() {
            let (now, writers) = self
                .played
                .service(|service| (service.state[location].clone(), service.writers[location]));
            let is_foreign = |writer: &Writer| match writer {
                Writer::Nobody => false,
                Writer::Other => true,
                Writer::Command(by) => !own.contains(by),
            };
            let is_dropped = line.iter().any(|run| run.dropped.contains(&location));
            if writers.iter().any(is_foreign) || is_dropped {
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

    /// What a person typed is still somewhere.
    fn files(&self) -> Result<(), Violation> {
        for (file, typed) in &self.played.typed {
            let digits = typed.trim_start_matches('+').as_bytes();
            let entries = fs::read_dir(self.played.path("work")).expect("a folder");
            let is_there = entries.flatten().any(|entry| {
                let text = fs::read(entry.path()).unwrap_or_default();
                memchr::memmem::find(&text, digits).is_some()
            });
            if !is_there {
                let name = file.file_name().unwrap_or_default().display();
                return self.fails(
                    Kind::TypedIsLost,
                    format!("{typed}, typed into {name}, is gone"),
                );
            }
        }
        Ok(())
    }
}

/// What a row asks for.
fn body(row: &SheetRow) -> Body {
    row.cells.clone().map(|cell| match &*cell {
        "" => None,
        "REMOVE" => Some(String::new()),
        _ => Some(cell),
    })
}

fn after(put: &Put) -> [String; NUMBERS] {
    let mut after = put.before.clone();
    for (after, sent) in after.iter_mut().zip(&put.body) {
        if let Some(sent) = sent {
            after.clone_from(sent);
        }
    }
    after
}

fn is_alike(asked: &Body, sent: &Body) -> bool {
    asked
        .iter()
        .zip(sent)
        .all(|(asked, sent)| match (asked, sent) {
            (Some(asked), Some(sent)) => is_same(asked, sent),
            (None, None) => true,
            _ => false,
        })
}

/// A `+` that a spreadsheet took is put back.
fn is_same(one: &str, other: &str) -> bool {
    one.trim_start_matches('+') == other.trim_start_matches('+')
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Not only digits and a `+`.
fn is_odd(number: &str) -> bool {
    number
        .trim_start_matches('+')
        .bytes()
        .any(|byte| !byte.is_ascii_digit())
}
