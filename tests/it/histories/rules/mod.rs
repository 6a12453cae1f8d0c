//! The rule, held against each command: after undo the world is as before; what was approved is what
//! is sent; nothing that was not read is put back; what somebody else changed is left alone; exit 0
//! means what was meant.

mod ended;
mod sent;
mod undone;

use std::collections::BTreeSet;
use std::fs;

use super::command::{HANGS, Origin, Overwriting, Ran, Run};
use super::history::SheetRow;
pub(super) use super::kinds::Kind;
use super::play::Played;
use super::service::{Body, NUMBERS, Put, Writer, place};

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
        let words = self.ran.line.split_whitespace().skip(1);
        let is_told =
            |word: &&str| !word.starts_with("http") && !["--base-url", "--yes"].contains(word);
        let line: Vec<&str> = words.filter(is_told).collect();
        let line = line.join(" ").replace(self.played.prefix(), "");
        let code = self.ran.code;
        let code = code.map_or("killed".into(), |code| format!("exit {code}"));
        let said = said.as_ref();
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
            let lines = ran.stderr.lines();
            let said: Vec<&str> = lines
                .skip_while(|line| !line.contains("panicked"))
                .take(2)
                .collect();
            return self.fails(Kind::Panics, said.join(" "));
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
            let is_without_sheet = self.played.overwriting == Overwriting::Done;
            let kind = if is_without_sheet && ran.has("--resume") {
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
            None => self.approved(run, put),
        }
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
