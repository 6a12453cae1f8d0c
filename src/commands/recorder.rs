//! Takes down what happens in a run: first into the journal, then on the screen.

use std::time::Duration;

use anyhow::Result;

use crate::clock;
use crate::journal::{Journal, PreviousRecord, RowRecord};
use crate::outcome::{Outcome, OutcomeKind};
use crate::pipeline::{Finished, Recorder, Status};
use crate::present::Present;
use crate::progress::Progress;
use crate::reply::Reply;
use crate::row::Row;
use crate::stderr::say;
use crate::traffic::Traffic;

#[derive(Debug)]
pub(super) struct RunRecorder<'j> {
    journal: &'j mut Journal,
    progress: Progress,
    traffic: Traffic,
}

impl<'j> RunRecorder<'j> {
    pub(super) fn new(journal: &'j mut Journal, progress: Progress) -> RunRecorder<'j> {
        RunRecorder {
            journal,
            progress,
            traffic: Traffic::start(clock::now()),
        }
    }

    pub(super) fn end(mut self) {
        self.progress.end();
        if let Some(interval) = self.traffic.end() {
            // Only a report misses it; the rows matter more, and what ails the disk they will tell.
            let _ = self.journal.note_traffic(interval);
        }
    }
}

impl Recorder for RunRecorder<'_> {
    fn previous_of(&self, row: &Row<'_>) -> Option<Present> {
        self.journal
            .previous_of(row.number, row.fingerprint())
            .cloned()
    }

    fn found(&mut self, row: &Row<'_>, present: &Present) -> Result<()> {
        self.journal.note_previous(PreviousRecord {
            row: row.number,
            check: row.fingerprint(),
            numbers: present.clone(),
        })
    }

    fn ended(&mut self, reply: &Reply, took: Duration) {
        self.traffic.ended(reply, took);
    }

    fn finished(&mut self, finished: &[Finished]) -> Result<()> {
        let now = clock::now();
        let records = finished.iter().map(|Finished { row, outcome }| RowRecord {
            row: row.number,
            check: row.fingerprint(),
            finished_at: now,
            outcome: outcome.clone(),
        });
        self.journal.finish_rows(records)?;
        for Finished { row, outcome } in finished {
            self.progress.finished(row.number, outcome);
        }
        Ok(())
    }

    fn tick(&mut self, status: &Status) -> Result<()> {
        self.progress.show(status);
        if let Some(interval) = self.traffic.tick(clock::now(), status.closed_for) {
            self.journal.note_traffic(interval)?;
        }
        self.journal.tick()
    }

    fn cannot_record(&mut self, Finished { row, outcome }: &Finished) {
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
            "not recorded: row {} is {}{status}{said}",
            row.number,
            kind.word()
        ));
    }
}
