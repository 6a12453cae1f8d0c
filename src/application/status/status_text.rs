//! How a run stands, in words.

use std::fmt::{self, Write};
use std::time::Duration;

use jiff::Timestamp;

use super::credential_status;
use super::run_status::{ResultsFile, RunState, RunStatus};
use crate::application::credential_notes::users_in_words;
use crate::model::clock;
use crate::model::wording::{grouped, plural};
use crate::platform;

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
        let mut parts = vec![format!(
            "{} of {} done",
            grouped(self.rows.done),
            plural(self.rows.to_send, "row")
        )];
        parts.extend(self.outcomes_in_words());
        parts.extend(self.speed());
        parts.extend(self.wait(now));
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
        write!(
            out,
            "  {} of {} done",
            grouped(self.rows.done),
            plural(self.rows.to_send, "row")
        )?;
        let is_of_the_sheet = self.outcomes.values().sum::<u64>() != self.rows.done;
        match self.outcomes_in_words() {
            Some(outcomes) if is_of_the_sheet => {
                writeln!(out, "; of all rows of the sheet {outcomes}")?;
            }
            Some(outcomes) => writeln!(out, ": {outcomes}")?,
            None => writeln!(out)?,
        }
        let lines = [
            self.speed(),
            self.wait(now),
            self.unfinished(),
            self.backup(),
        ];
        let credentials = credential_status::lines(&self.credentials, now);
        for line in lines.into_iter().flatten().chain(credentials) {
            writeln!(out, "  {line}")?;
        }
        writeln!(out, "  {}", self.results_in_words())?;
        if let Some(undone) = &self.undone {
            let how = if undone.completely {
                "undone"
            } else {
                "partly undone"
            };
            writeln!(out, "  {how} by {}", undone.runs_in_words())?;
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
        if let Some(process) = self.process_here() {
            writeln!(
                out,
                "hint: to stop it, so that --resume can go on later: kill {process}"
            )?;
        }
        for step in &self.next {
            let is_here = step.folder.is_empty() || step.folder == platform::current_folder();
            let place = match &*step.folder {
                _ if is_here => String::new(),
                folder => format!(", in the folder `{folder}`"),
            };
            writeln!(out, "hint: {}{place}: {}", step.purpose, step.command)?;
        }
        Ok(())
    }

    /// The process of a run at work on this machine, where it can be told to stop from another window.
    fn process_here(&self) -> Option<u32> {
        let machine = self.machine.as_ref()?;
        let is_here = machine.host == platform::host_name();
        (cfg!(unix) && self.is_running() && is_here).then_some(machine.process)
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
        let mut origin = format!(
            "run {}, begun {}",
            self.run,
            clock::date_and_time(self.started_at)
        );
        let _ = match &self.machine {
            Some(machine) if !machine.user.is_empty() => {
                write!(origin, " by {} on {}", machine.user, machine.host)
            }
            Some(machine) => write!(origin, " on {}", machine.host),
            None => Ok(()),
        };
        if let Some(person) = &self.person {
            let name = if person.email.is_empty() {
                &person.name
            } else {
                &person.email
            };
            let _ = write!(origin, ", signed in as {name}");
        }
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

    fn speed(&self) -> Option<String> {
        let rate = self.rows_per_second.filter(|rate| *rate > 0.0)?;
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let left = Duration::try_from_secs_f64(self.rows.left as f64 / rate).ok()?;
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

    fn unfinished(&self) -> Option<String> {
        let is_over = self.state != RunState::Running && self.rows.in_flight > 0;
        is_over.then(|| {
            let rows = plural(self.rows.in_flight, "row");
            format!("{rows} on the way when it ended; may have been applied")
        })
    }

    fn backup(&self) -> Option<String> {
        let kept = self.rows.with_earlier;
        (kept > 0).then(|| {
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

fn between(from: Timestamp, to: Timestamp) -> String {
    let length = Duration::try_from(to.duration_since(from)).unwrap_or_default();
    clock::in_words(length)
}
