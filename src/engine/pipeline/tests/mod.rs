//! The loop on a paused clock, against a service that answers by a script.

mod doubts;
mod many_users;
mod old_readings;
mod order;
mod reads;
mod renewals;
mod second_looks;
mod stops;
mod throttling;
mod waits;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::num::NonZeroUsize;

use anyhow::anyhow;
use futures::stream;
use tokio::time::sleep;

use super::*;
use crate::engine::failure_limit::FailureLimit;
use crate::model::change::Change;
use crate::model::counts::Counts;
use crate::model::current_values::CurrentValues;
use crate::model::outcome::OutcomeKind;
use crate::model::response::{
    ApiResult, Body, Delivery, Response, RetryAfter, TransportCause, TransportError,
};
use crate::pace::{PaceSettings, Pacer};
use crate::retry::RetryPolicy;
use crate::setting::Resource;
use crate::setting::location_numbers::LOCATION_NUMBERS;
use crate::sheet::duplicates::SeenRows;
use crate::webex::Renewal;

const SECOND: Duration = Duration::from_secs(1);

/// One request: its row, when it left, when its answer came, and what that was.
#[derive(Debug, Clone)]
struct Request {
    row: u64,
    left: Instant,
    back: Option<Instant>,
    reply: ApiResult,
}

/// Answers the `n`-th request for a row, counted from one, as the script says.
struct Scripted<F> {
    script: F,
    latency: Duration,
    turns: RefCell<HashMap<u64, usize>>,
    requests: RefCell<Vec<Request>>,
    /// What the `n`-th request for a new token comes to, where there can be one.
    renewals: Option<fn(usize) -> ApiResult>,
    renewed: Cell<usize>,
}

impl<F: Fn(u64, usize) -> ApiResult> Service for Scripted<F> {
    async fn write(&self, _: &Resource, row: &Row<'_>, _: Vec<u8>, _: u128) -> ApiResult {
        self.answer(row.number).await
    }

    /// By the same script; what it answers with 200 has no number set.
    async fn read(&self, _: &Resource, row: &Row<'_>, _: u128) -> ApiResult {
        let mut reply = self.answer(row.number).await;
        if let Ok(answer) = &mut reply
            && answer.status == 200
        {
            answer.current = Some(CurrentValues::default());
        }
        reply
    }

    /// What the script says of a row 0.
    async fn read_page(&self, _: &Resource, _: &str, _: u128) -> ApiResult {
        unreachable!("no list has pages")
    }

    async fn check_token(&self, _tracking: u128) -> ApiResult {
        sleep(self.latency).await;
        (self.script)(0, 1)
    }

    fn renewal(&self) -> Renewal {
        match self.renewals {
            Some(_) => Renewal::DueAt(Instant::now() + 60 * SECOND),
            None => Renewal::Impossible,
        }
    }

    async fn renew(&self) -> ApiResult {
        sleep(self.latency).await;
        let turn = self.renewed.get() + 1;
        self.renewed.set(turn);
        self.renewals.map_or(status(400), |script| script(turn))
    }
}

impl<F: Fn(u64, usize) -> ApiResult> Scripted<F> {
    async fn answer(&self, row: u64) -> ApiResult {
        let index = self.requests.borrow().len();
        let turn = *(self.turns.borrow_mut().entry(row))
            .and_modify(|turn| *turn += 1)
            .or_insert(1);
        let reply = (self.script)(row, turn);
        self.requests.borrow_mut().push(Request {
            row,
            left: Instant::now(),
            back: None,
            reply: reply.clone(),
        });
        sleep(self.latency).await;
        self.requests.borrow_mut()[index].back = Some(Instant::now());
        reply
    }
}

#[derive(Default)]
struct Notes {
    finished: Vec<(u64, Outcome)>,
    lost: Vec<u64>,
    /// Records that can be taken before there is no room any more.
    room: Option<usize>,
    ticks_fail: bool,
    /// Rows whose numbers an earlier run recorded.
    known: Vec<u64>,
    found: Vec<(u64, Instant)>,
    /// What an earlier part of the run left in doubt.
    in_doubt: HashMap<TargetKey, u64>,
    /// What may be there after a row that it left alone or in doubt.
    last_known: HashMap<TargetKey, LastKnown>,
    /// It may have sent all rows.
    was_sent_before: bool,
    read_back: Vec<u64>,
    senders_ended: Vec<usize>,
    standing_back: Vec<usize>,
}

impl Notes {
    /// Numbers of the rows with a record, each of them once.
    #[track_caller]
    fn rows_finished(&self) -> BTreeSet<u64> {
        let rows: BTreeSet<u64> = self.finished.iter().map(|(row, _)| *row).collect();
        assert_eq!(rows.len(), self.finished.len(), "a row finished twice");
        rows
    }
}

impl Recorder for Notes {
    fn previous_of(&self, row: &Row<'_>) -> Option<CurrentValues> {
        self.known
            .contains(&row.number)
            .then(CurrentValues::default)
    }

    fn may_have_been_sent(&self, _: &Row<'_>) -> bool {
        self.was_sent_before
    }

    fn found(&mut self, row: &Row<'_>, _present: &CurrentValues) -> Result<()> {
        if self.room == Some(self.found.len()) {
            return Err(anyhow!("no room"));
        }
        self.found.push((row.number, Instant::now()));
        Ok(())
    }

    fn read_back(&mut self, row: &Row<'_>, _current: &CurrentValues) {
        self.read_back.push(row.number);
    }

    fn ended(&mut self, _: usize, _: &ApiResult, _: Duration) {}

    fn finished(&mut self, finished: &[RowResult]) -> Result<()> {
        let more = finished.iter();
        let more = more.map(|finished| (finished.row.number, finished.outcome.clone()));
        if (self.room).is_some_and(|room| self.finished.len() + finished.len() > room) {
            return Err(anyhow!("no room"));
        }
        self.finished.extend(more);
        Ok(())
    }

    fn told_to_wait(&mut self, _: usize, _: Duration) -> Result<()> {
        Ok(())
    }

    fn stands_back(&mut self, sender: usize, _: &str) {
        self.standing_back.push(sender);
    }

    fn known_as(&mut self, _: usize, _: Vec<String>) -> Option<Duration> {
        None
    }

    fn sender_ended(&mut self, sender: usize, _: &AbortReason) -> Result<()> {
        self.senders_ended.push(sender);
        Ok(())
    }

    fn tick(&mut self, _status: &Status) -> Result<()> {
        if self.ticks_fail {
            return Err(anyhow!("no journal"));
        }
        Ok(())
    }

    fn cannot_record(&mut self, finished: &RowResult) {
        self.lost.push(finished.row.number);
    }
}

/// What a run is given.
struct Case {
    rows: u64,
    /// Rows with the same remainder are for one location.
    locations: u64,
    /// The organization of a row.
    organization_of: fn(u64) -> u64,
    at_once: usize,
    latency: Duration,
    policy: RunPolicy,
    stops: Vec<Duration>,
    notes: Notes,
    renewals: Option<fn(usize) -> ApiResult>,
}

impl Default for Case {
    fn default() -> Case {
        Case {
            rows: 50,
            locations: u64::MAX,
            organization_of: |_| 0,
            at_once: 4,
            latency: Duration::from_millis(200),
            policy: RunPolicy {
                task: Task::Write,
                retry: RetryPolicy::default(),
                longest_wait: 7200 * SECOND,
                failure_limit: None,
                first: None,
                usage_check: UsageCheck::WhereCleared,
                even_if_used: false,
                always_sent: &[],
                back_already: None,
                read_back: |_| false,
                seed: 1,
            },
            stops: Vec::new(),
            notes: Notes::default(),
            renewals: None,
        }
    }
}

/// What came of it.
struct Played {
    ended: RunResult,
    notes: Notes,
    requests: Vec<Request>,
    renewed: usize,
    took: Duration,
}

fn row(number: u64, locations: u64) -> Row<'static> {
    let change = Change::Set(number.to_string().into());
    Row {
        number,
        key: TargetKey(number % locations),
        ..Row::asking([change, Change::Keep, Change::Keep])
    }
}

impl Case {
    async fn play(self, script: impl Fn(u64, usize) -> ApiResult) -> Played {
        let Case {
            rows,
            locations,
            organization_of,
            mut notes,
            ..
        } = self;
        let service = Scripted {
            script,
            latency: self.latency,
            turns: RefCell::default(),
            requests: RefCell::default(),
            renewals: self.renewals,
            renewed: Cell::default(),
        };
        let settings = PaceSettings {
            concurrency: NonZeroUsize::new(self.at_once).expect("some"),
            ceiling: None,
            remembered: None,
        };
        let mut seen = SeenRows::default();
        (2..rows + 2).for_each(|number| seen.add(&row(number, locations)));
        let start = Instant::now();
        let stops = stream::iter(self.stops)
            .then(|after| sleep_until(start + after))
            .chain(stream::pending());
        let ended = run(
            vec![Lane::only(&service, &mut Pacer::new(&settings, start))],
            self.policy,
            Batch {
                in_doubt: HashMap::new(),
                last_known: HashMap::new(),
                made: HashMap::new(),
                counts_before: Counts::default(),
                unmanaged: None,
                setting: &LOCATION_NUMBERS,
                duplicates: &seen.find_duplicates(),
                rows: (2..rows + 2).map(|number| {
                    Ok(Row {
                        org_id: Some(organization_of(number).to_string().into()),
                        ..row(number, locations)
                    })
                }),
            },
            Box::pin(stops),
            &mut notes,
        )
        .await;
        Played {
            ended,
            notes,
            renewed: service.renewed.get(),
            requests: service.requests.take(),
            took: start.elapsed(),
        }
    }
}

impl Played {
    /// Numbers of the rows with a record, each of them once.
    #[track_caller]
    fn finished(&self) -> BTreeSet<u64> {
        self.notes.rows_finished()
    }

    #[track_caller]
    fn assert_all_finished(&self, rows: u64) {
        assert!(self.ended.reason.is_none(), "{:?}", self.ended);
        assert_eq!(self.finished(), (2..rows + 2).collect());
        assert!(self.ended.unfinished.is_empty());
    }

    fn unfinished(&self, kind: OutcomeKind) -> usize {
        let unfinished = self.ended.unfinished.iter();
        unfinished
            .filter(|(_, outcome)| outcome.kind == kind)
            .count()
    }

    /// No request left between a throttled answer and the time it named.
    #[track_caller]
    fn assert_nothing_left_early(&self) {
        for throttled in &self.requests {
            let Ok(Response {
                retry_after: RetryAfter::Wait(wait),
                ..
            }) = throttled.reply
            else {
                continue;
            };
            let said = throttled.back.expect("it was answered");
            let early = (self.requests.iter())
                .find(|request| request.left > said && request.left < said + wait);
            assert!(early.is_none(), "{early:?} although {throttled:?}");
        }
    }
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "it stands for what a request comes to"
)]
fn status(status: u16) -> ApiResult {
    Ok(Response::bare(status))
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "it stands for what a request comes to"
)]
fn throttled(seconds: u64) -> ApiResult {
    Ok(Response {
        status: 429,
        retry_after: RetryAfter::Wait(Duration::from_secs(seconds)),
        ..Response::default()
    })
}

fn silence(delivery: Delivery) -> ApiResult {
    Err(TransportError {
        cause: TransportCause::Broken,
        delivery,
        message: "gone".into(),
    })
}

/// Something else for each request of a seed, whatever the order.
fn dice(seed: u64, row: u64, turn: usize) -> fastrand::Rng {
    fastrand::Rng::with_seed(seed << 32 ^ row << 8 ^ turn as u64)
}
