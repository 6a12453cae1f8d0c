//! How a run stands, in words.

use std::fmt::{self, Write};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::credential_status;
use super::run_status::{ResultsFile, RunState, RunStatus, SheetCopy};
use crate::application::credential_notes::users_in_words;
use crate::application::spool::Spool;
use crate::application::summary::say_how_it_stands;
use crate::journal::{Machine, Person};
use crate::model::clock;
use crate::model::wording::{grouped, listed, plural};
use crate::platform;
use crate::webex::error_body::flatten;

/// When so much time has passed since the last row, that is worth a word.
const STANDSTILL: SignedDuration = SignedDuration::from_secs(15);

/// Customers named; the others are counted.
const CUSTOMERS_NAMED: usize = 3;

impl RunStatus {
    /// All of it, a line for each thing to know.
    pub fn to_text(&self, now: Timestamp) -> String {
        let mut text = String::new();
        // Writing into a text cannot fail.
        let _ = self.write(&mut text, now);
        text
    }

    /// What changes while it runs, in one line.
    pub fn to_line(&self, now: Timestamp) -> String {
        let mut parts = vec![self.finished()];
        parts.extend(self.outcomes_in_words());
        parts.extend(self.speed());
        parts.extend(self.wait(now));
        parts.extend(self.standstill(now));
        parts.extend(credential_status::sum(&self.credentials, now));
        parts.push(self.state_in_words(now));
        parts.join(", ")
    }

    fn write(&self, out: &mut String, now: Timestamp) -> fmt::Result {
        writeln!(
            out,
            "{}: {} of {}, {}",
            self.results.display(),
            self.kind(),
            self.sheet.name,
            self.state_in_words(now)
        )?;
        writeln!(out, "  {}", self.origin())?;
        if let Some(whose) = self.whose() {
            writeln!(out, "  rows of {whose}")?;
        }
        match self.outcomes_in_words() {
            Some(outcomes) => writeln!(out, "  {}: {outcomes}", self.how_it_stands())?,
            None => writeln!(out, "  {}", self.how_it_stands())?,
        }
        let lines = [
            self.speed(),
            self.wait(now),
            self.standstill(now),
            self.unfinished(),
            self.backup(),
            self.of_plan(),
        ];
        let credentials = credential_status::lines(&self.credentials, now);
        for line in lines.into_iter().flatten().chain(credentials) {
            writeln!(out, "  {line}")?;
        }
        writeln!(out, "  {}", self.results_in_words())?;
        self.write_damage_of_copy(out)?;
        if let Some(undone) = &self.undone {
            let how = if undone.completely {
                "undone"
            } else {
                "partly undone"
            };
            writeln!(out, "  {how} by {}", undone.runs_in_words("`"))?;
        }
        for line in &self.not_undone {
            writeln!(out, "{line}")?;
        }
        if let Some(damage) = &self.damage {
            let journal = self.journal.display().to_string();
            writeln!(
                out,
                "damaged: {}; what is said above leaves out what they held",
                damage.describe(&journal)
            )?;
            writeln!(
                out,
                "hint: put back a copy of it from before the damage, and keep this one"
            )?;
        }
        for step in &self.next {
            let is_here = step.folder.is_empty() || step.folder == platform::current_folder();
            let place = match &*step.folder {
                // A process has no folder.
                _ if is_here || self.is_running() => String::new(),
                folder => format!(", in the folder `{folder}`"),
            };
            writeln!(out, "hint: {}{place}: {}", step.purpose, step.command)?;
        }
        Ok(())
    }

    fn write_damage_of_copy(&self, out: &mut String) -> fmt::Result {
        let copy = Spool::path_for(&self.results);
        let (copy, sheet) = (copy.display(), &self.sheet.name);
        match self.sheet_copy {
            None => Ok(()),
            Some(SheetCopy::Damaged) => writeln!(
                out,
                "  its own copy of the sheet, `{copy}`, is damaged; `{sheet}` is as it was and takes its place"
            ),
            Some(SheetCopy::Lost) => {
                writeln!(
                    out,
                    "  its own copy of the sheet, `{copy}`, is damaged, and `{sheet}` is not what the run began with"
                )?;
                writeln!(
                    out,
                    "hint: to go on with the run, put back `{sheet}` as it was when the run began, or a copy of `{copy}` from before the damage"
                )
            }
        }
    }

    /// Once the results tell of the whole sheet, as the last line of the run says it.
    fn how_it_stands(&self) -> String {
        let told = self.outcomes.values().sum::<u64>();
        let is_over = matches!(self.state, RunState::Finished | RunState::Stopped);
        if !is_over || told != self.sheet.rows {
            return self.finished();
        }
        let rows = plural(self.sheet.rows, "row") + " in the sheet";
        let is_read = self.plan.is_some() && self.command != "export";
        say_how_it_stands(&rows, &self.outcomes, is_read)
    }

    /// As the bar counts, failed rows included.
    fn finished(&self) -> String {
        let to_send = plural(self.rows.to_send, "row");
        format!("{} of {to_send} finished", grouped(self.rows.done))
    }

    fn kind(&self) -> String {
        let command = if self.command.is_empty() {
            "run"
        } else {
            &self.command
        };
        if self.rehearsal {
            format!("rehearsal of `{command}`")
        } else {
            command.to_string()
        }
    }

    pub(super) fn state_in_words(&self, now: Timestamp) -> String {
        match (self.state, &self.stopped) {
            (RunState::Running, _) => format!("running for {}", between(self.began_at, now)),
            (RunState::Finished, _) => "finished".into(),
            (RunState::Stopped, Some(why)) => format!("stopped: {why}"),
            (RunState::Stopped, None) => "stopped".into(),
            (RunState::Killed, _) => format!(
                "killed or cut off, last sign {}",
                clock::date_and_time(self.last_sign_at)
            ),
        }
    }

    /// Who, where, when and why.
    fn origin(&self) -> String {
        let began = clock::date_and_time(self.started_at);
        let mut origin = format!("run {}, begun {began}", self.run);
        if let Some(first) = &self.begun_by {
            origin += &by(first.person.as_ref(), first.machine.as_ref());
            let went_on = clock::date_and_time(self.began_at);
            let _ = write!(origin, "; went on {went_on}");
        }
        origin += &by(self.person.as_ref(), self.machine.as_ref());
        if let Some(users) = users_in_words(self.credentials.iter().map(|one| &one.credential)) {
            let _ = write!(origin, ", signed in as {users}");
        }
        if let Some(note) = &self.note {
            let _ = write!(origin, ", note: {note}");
        }
        origin
    }

    pub(super) fn outcomes_in_words(&self) -> Option<String> {
        let outcomes = self.outcomes.iter();
        let parts: Vec<String> = outcomes
            .map(|(kind, count)| format!("{} {}", grouped(*count), kind.word()))
            .collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// The customers whose rows it has, as far as they are known: `Acme Ltd, Contoso and 3 more`; and
    /// the part of the sheet.
    fn whose(&self) -> Option<String> {
        let part = (!self.part.is_whole_sheet()).then(|| self.part.to_string());
        match (self.customers(), part) {
            (Some(customers), Some(part)) => Some(format!("{customers}, {part}")),
            (customers, part) => customers.or(part),
        }
    }

    pub(super) fn customers(&self) -> Option<String> {
        let all = &self.organizations;
        let with_name = all.iter().filter(|one| !one.name.is_empty());
        let mut names: Vec<String> = with_name
            .take(CUSTOMERS_NAMED)
            .map(|one| flatten(&one.name))
            .collect();
        let more = all.len() - names.len();
        match (names.is_empty(), more) {
            (_, 0) => {}
            // Of one nobody need be told that it is one.
            (true, 1) => return None,
            (true, more) => return Some(plural(more as u64, "organization")),
            (false, more) => names.push(format!("{} more", grouped(more as u64))),
        }
        (!names.is_empty()).then(|| listed(&names))
    }

    /// Whether a plan was applied, and whether its sheet is still the same.
    fn of_plan(&self) -> Option<String> {
        let plan = self.plan.as_ref()?;
        let applied: Vec<String> = plan
            .applied
            .iter()
            .map(|run| {
                if run.part == self.part {
                    format!("`{}`", run.results.display())
                } else {
                    format!("`{}` ({})", run.results.display(), run.part)
                }
            })
            .collect();
        let is_whole = plan.applied.iter().any(|run| run.part == self.part);
        let in_part = if is_whole { "" } else { " in part" };
        let applied = match (&applied[..], self.rehearsal) {
            (_, true) => return None,
            ([], false) => "not applied yet".to_string(),
            (_, false) => format!("applied{in_part}; the results are in {}", listed(&applied)),
        };
        let sheet = match plan.sheet_changed {
            Some(true) => {
                format!(
                    "; `{}` has changed since, and the plan has not",
                    self.sheet.name
                )
            }
            Some(false) => format!("; `{}` is as it was planned", self.sheet.name),
            None => String::new(),
        };
        Some(applied + &sheet)
    }

    fn speed(&self) -> Option<String> {
        let rate = self.rows_per_second?;
        let left = Duration::try_from_secs_f64(self.seconds_left?).ok()?;
        Some(format!(
            "{rate:.1} rows/s, about {} left",
            clock::in_words(left)
        ))
    }

    fn wait(&self, now: Timestamp) -> Option<String> {
        let gate = self.waiting.as_ref()?;
        let wait = Duration::try_from(gate.until.duration_since(now)).ok()?;
        let until = clock::time_of_day(now, wait);
        Some(match gate.status {
            Some(status) => format!("rate limited until {until} (answer {status})"),
            None => format!("rate limited until {until}"),
        })
    }

    /// Since when nothing was finished, where nobody was told to wait.
    fn standstill(&self, now: Timestamp) -> Option<String> {
        let is_told_to_wait = self.waiting.is_some();
        let since = self
            .last_row_at
            .filter(|_| self.is_running() && !is_told_to_wait)?;
        say_standstill(since, now)
    }

    fn unfinished(&self) -> Option<String> {
        let is_over = self.state != RunState::Running && self.rows.in_flight > 0;
        is_over.then(|| {
            let rows = plural(self.rows.in_flight, "row");
            format!("{rows} on the way when it ended; may have been applied")
        })
    }

    fn backup(&self) -> Option<String> {
        let kept = self.rows.with_earlier;
        (kept > 0 && self.plan.is_none()).then(|| {
            format!(
                "values from before the run are kept for {}",
                plural(kept, "row")
            )
        })
    }

    fn results_in_words(&self) -> &'static str {
        match (self.results_file, self.state) {
            (ResultsFile::AsWritten, _) => "results: as the run wrote them",
            (ResultsFile::Older, _) => {
                "results: older than the journal; more has happened since they were written"
            }
            (ResultsFile::Changed, _) => {
                "results: changed since the run wrote them; the journal counts"
            }
            (ResultsFile::Missing, RunState::Running) => "results: written when the run ends",
            (ResultsFile::Missing, _) => "results: not written, or moved; the journal has all rows",
        }
    }
}

/// ` by ada on build-7, signed in as ada@example.com`
fn by(person: Option<&Person>, machine: Option<&Machine>) -> String {
    let mut by = match machine {
        Some(machine) if !machine.user.is_empty() => {
            format!(" by {} on {}", machine.user, machine.host)
        }
        Some(machine) => format!(" on {}", machine.host),
        None => String::new(),
    };
    if let Some(person) = person {
        let name = if person.email.is_empty() {
            &person.name
        } else {
            &person.email
        };
        let _ = write!(by, ", signed in as {name}");
    }
    by
}

fn say_standstill(last_row: Timestamp, now: Timestamp) -> Option<String> {
    let is_still = now.duration_since(last_row) >= STANDSTILL;
    is_still.then(|| format!("no row was finished for {}", between(last_row, now)))
}

fn between(from: Timestamp, to: Timestamp) -> String {
    let length = Duration::try_from(to.duration_since(from)).unwrap_or_default();
    clock::in_words(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_stands_still_is_told_so() {
        let at = |second| Timestamp::from_second(second).expect("a time");
        assert_eq!(say_standstill(at(100), at(114)), None);
        let said = say_standstill(at(100), at(130));
        assert_eq!(said.as_deref(), Some("no row was finished for 30 s"));
    }
}
