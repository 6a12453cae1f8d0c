//! Takes down what happens in a run: first into the journal, then on the screen.

use std::time::Duration;

use anyhow::Result;
use tokio::time::Instant;

use crate::application::progress::Progress;
use crate::application::recorded_waits;
use crate::application::row_name::{RowNames, in_brackets};
use crate::application::run_settings::waiting_user;
use crate::engine::abort::AbortReason;
use crate::engine::pipeline::{Recorder, RowResult, Status};
use crate::journal::{
    CredentialEndRecord, CredentialRecord, GateRecord, Journal, Place, PreviousRecord, RowRecord,
    Sent,
};
use crate::model::clock;
use crate::model::counts::Counts;
use crate::model::current_values::CurrentValues;
use crate::model::outcome::{Outcome, OutcomeKind};
use crate::model::response::ApiResult;
use crate::model::row::Row;
use crate::pace::{KeptWait, WaitMemory};
use crate::stderr::say;
use crate::traffic::{GateWatch, Traffic};
use crate::webex::base_url::BaseUrl;

/// What is said of a row that an earlier try turns out to have changed.
const OUR_CHANGE: &str = "an earlier try had taken effect";

#[derive(Debug)]
pub(super) struct RunRecorder<'j> {
    journal: &'j mut Journal,
    progress: Progress,
    names: RowNames,
    traffic: Traffic,
    /// By their lanes.
    users: Vec<(WaitingUser<'j>, GateWatch)>,
    /// The last row that an earlier part of the run can have sent.
    sent_up_to: u64,
    started: Instant,
    sent: SentRows,
    /// Somebody wants to see the rows.
    shows_rows: bool,
    /// What other processes were told is no reason to wait, as somebody has chosen.
    forgets_waits: bool,
}

/// Who is to wait when the service says so, and where that is kept besides the journal.
#[derive(Debug)]
pub(super) struct WaitingUser<'j> {
    pub(super) credentials: Vec<CredentialRecord>,
    pub(super) fingerprint: Box<str>,
    /// Empty where it is not known.
    pub(super) person: Box<str>,
    /// The fingerprints of their other credentials, and what else they are known as by now.
    pub(super) others: Vec<Box<str>>,
    pub(super) waits: Option<&'j mut WaitMemory>,
    /// Where the service is, by which waits are kept; `None` in a rehearsal.
    pub(super) base_url: Option<&'j BaseUrl>,
}

impl WaitingUser<'_> {
    fn is_known_as(&self, name: &str) -> bool {
        let known = [&self.fingerprint, &self.person].into_iter();
        known.chain(&self.others).any(|known| **known == *name)
    }
}

/// The rows that this process finished.
#[derive(Debug, Default)]
pub(super) struct SentRows {
    pub(super) counts: Counts,
    /// How long it took, without what a person took to answer.
    pub(super) took: Duration,
    /// Each of them, where somebody wants to see it.
    pub(super) shown: Vec<ShownRow>,
}

/// What was wanted of a row, what became of it, and what was there after.
#[derive(Debug)]
pub(super) struct ShownRow {
    pub(super) row: Row<'static>,
    pub(super) outcome: Option<Outcome>,
    pub(super) found: Option<CurrentValues>,
}

impl SentRows {
    /// The place of a row among those that are shown.
    fn shown(&mut self, row: &Row<'_>) -> &mut ShownRow {
        let known = self
            .shown
            .iter()
            .position(|one| one.row.number == row.number);
        let index = known.unwrap_or_else(|| {
            self.shown.push(ShownRow {
                row: row.clone().into_owned(),
                outcome: None,
                found: None,
            });
            self.shown.len() - 1
        });
        &mut self.shown[index]
    }

    pub(super) fn absorb(&mut self, later: SentRows) {
        self.counts.absorb(&later.counts);
        self.took += later.took;
        self.shown.extend(later.shown);
    }
}

impl<'j> RunRecorder<'j> {
    pub(super) fn new(
        journal: &'j mut Journal,
        progress: Progress,
        users: Vec<WaitingUser<'j>>,
        sent_up_to: u64,
    ) -> RunRecorder<'j> {
        RunRecorder {
            names: RowNames::of(journal.run().last_begin()),
            journal,
            progress,
            traffic: Traffic::start(clock::now()),
            users: users
                .into_iter()
                .map(|user| (user, GateWatch::default()))
                .collect(),
            sent_up_to,
            started: Instant::now(),
            sent: SentRows::default(),
            shows_rows: false,
            forgets_waits: false,
        }
    }

    /// Keeps each row, for somebody who wants to see it.
    pub(super) fn showing_rows(self, shows_rows: bool) -> RunRecorder<'j> {
        RunRecorder { shows_rows, ..self }
    }

    /// Whether waits that others were told are forgotten.
    pub(super) fn forgetting_waits(self, forgets_waits: bool) -> RunRecorder<'j> {
        RunRecorder {
            forgets_waits,
            ..self
        }
    }

    /// What is found as asked although an earlier try of ours may have changed it is our change, and
    /// to be undone as one.
    fn with_what_was_known(&self, row: &Row<'_>, outcome: Outcome) -> Result<Outcome> {
        if outcome.kind != OutcomeKind::Unchanged {
            return Ok(outcome);
        }
        let history = self.journal.row(row.number)?;
        let is_ours = history.at(&Place::of(row)).is_some_and(|change| {
            change.may_have_been_applied && change.sent.last() == Some(&Sent::of(row))
        });
        if !is_ours {
            return Ok(outcome);
        }
        Ok(Outcome {
            kind: OutcomeKind::Updated,
            message: OUR_CHANGE.into(),
            ..outcome
        })
    }

    /// Credentials by their number, and their lane.
    fn credential(&self, sender: usize) -> Option<(usize, &CredentialRecord)> {
        let users = self.users.iter().enumerate();
        let mut credentials =
            users.flat_map(|(lane, (user, _))| user.credentials.iter().map(move |one| (lane, one)));
        credentials.nth(sender)
    }

    pub(super) fn end(mut self) -> SentRows {
        self.progress.end();
        if let Some(interval) = self.traffic.end() {
            // Only a report misses it; the rows matter more, and what ails the disk they will tell.
            let _ = self.journal.note_traffic(interval);
        }
        self.sent.took = self.started.elapsed();
        self.sent
    }
}

impl Recorder for RunRecorder<'_> {
    fn previous_of(&self, row: &Row<'_>) -> Option<CurrentValues> {
        self.journal
            .previous_of(row.number, row.fingerprint())
            .cloned()
    }

    fn may_have_been_sent(&self, row: &Row<'_>) -> bool {
        row.number <= self.sent_up_to
    }

    fn found(&mut self, row: &Row<'_>, current: &CurrentValues) -> Result<()> {
        self.journal.note_previous(PreviousRecord {
            row: row.number,
            check: row.fingerprint(),
            values: current.clone(),
            place: Some(Place::of(row)),
            sent: Some(Sent::of(row)),
        })
    }

    fn read_back(&mut self, row: &Row<'_>, current: &CurrentValues) {
        if self.shows_rows {
            self.sent.shown(row).found = Some(current.clone());
        }
    }

    fn ended(&mut self, lane: usize, reply: &ApiResult, took: Duration) {
        self.traffic.ended(reply, took);
        self.users[lane].1.ended(reply);
    }

    fn finished(&mut self, finished: &[RowResult]) -> Result<()> {
        let now = clock::now();
        let mut records = Vec::with_capacity(finished.len());
        for RowResult { row, outcome } in finished {
            records.push(RowRecord {
                row: row.number,
                check: row.fingerprint(),
                finished_at: now,
                place: Some(Place::of(row)),
                sent: Some(Sent::of(row)),
                outcome: self.with_what_was_known(row, outcome.clone())?,
            });
        }
        self.journal.finish_rows(&mut records)?;
        for (record, RowResult { row, .. }) in records.iter().zip(finished) {
            let outcome = &record.outcome;
            let name = self.names.of_row(row);
            self.progress.finished(record.row, &name, outcome);
            self.sent.counts.add(outcome);
        }
        if self.shows_rows {
            for (RowResult { row, .. }, record) in finished.iter().zip(&records) {
                self.sent.shown(row).outcome = Some(record.outcome.clone());
            }
        }
        Ok(())
    }

    fn told_to_wait(&mut self, lane: usize, closed_for: Duration) -> Result<()> {
        let now = clock::now();
        let (user, gate) = &mut self.users[lane];
        let Some(wait) = gate.note(now, Some(closed_for)) else {
            return Ok(());
        };
        if let Some(waits) = &user.waits {
            waits.remember(&wait, now);
        }
        let KeptWait {
            until,
            told_at,
            status,
            tracking_id,
        } = wait;
        self.journal.note_gate(GateRecord {
            until,
            told_at,
            user: user.fingerprint.clone(),
            person: user.person.clone(),
            others: user.others.clone(),
            status,
            tracking_id,
        })
    }

    fn known_as(&mut self, lane: usize, names: Vec<String>) -> Option<Duration> {
        let (user, _) = &mut self.users[lane];
        let mut told: Vec<KeptWait> = Vec::new();
        for name in names {
            if user.is_known_as(&name) {
                continue;
            }
            told.extend(recorded_waits::longest_wait(
                self.journal.run().gates(),
                &name,
            ));
            if let (Some(waits), Some(base_url)) = (&mut user.waits, user.base_url) {
                waits.add_name(waiting_user(base_url, &name));
            }
            user.others.push(name.into());
        }
        let now = clock::now();
        told.extend(user.waits.as_ref().and_then(|waits| waits.recall(now)));
        let wait = told.into_iter().max_by_key(|wait| wait.until);
        let wait = wait.filter(|_| !self.forgets_waits)?;
        let left = wait.left(now)?;
        let said = recorded_waits::describe(&wait, now);
        self.progress.say(&format!(
            "note: {said}; nothing is sent by that user before then"
        ));
        Some(left)
    }

    fn stands_back(&mut self, sender: usize, message: &str) {
        if let Some((_, CredentialRecord { name, .. })) = self.credential(sender) {
            let word = format!(
                "note: `{name}` may not change the last 10 rows that went by it ({message}); of the rows that follow it sends what is forbidden to the others"
            );
            self.progress.say(&word);
        }
    }

    fn sender_ended(&mut self, sender: usize, reason: &AbortReason) -> Result<()> {
        let Some((lane, credential)) = self.credential(sender) else {
            return Ok(());
        };
        let CredentialRecord {
            name, fingerprint, ..
        } = credential.clone();
        let why = reason.to_string();
        let word = format!("warning: nothing more is sent by `{name}`: {why}");
        self.progress.say(&word);
        self.progress.credential_ended(lane, &why);
        self.journal.note_credential_end(CredentialEndRecord {
            ended_at: clock::now(),
            fingerprint,
            why,
        })
    }

    fn tick(&mut self, status: &Status) -> Result<()> {
        self.progress.show(status);
        let now = clock::now();
        if let Some(interval) = self.traffic.tick(now, status.closed_for) {
            self.journal.note_traffic(interval)?;
        }
        self.journal.tick()
    }

    fn cannot_record(&mut self, RowResult { row, outcome }: &RowResult) {
        self.progress.end();
        let Outcome {
            kind,
            status,
            message,
            ..
        } = outcome;
        let status = status.map_or(String::new(), |status| format!(", status {status}"));
        let said = if *kind == OutcomeKind::Updated {
            String::new()
        } else {
            format!(": {message}")
        };
        say(&format!(
            "not recorded: row {}{} is {}{status}{said}",
            row.number,
            in_brackets(&self.names.of_row(row)),
            kind.word()
        ));
    }
}
