//! What the questions of one user share that are asked side by side: the pace, and what was said of its waits.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::time::Instant;

use crate::engine::abort::AbortReason;
use crate::engine::pace_feedback::bearable_wait;
use crate::model::clock;
use crate::model::response::ApiResult;
use crate::pace::{Feedback, InFlight, Pacer, SendDecision, WaitMemory};
use crate::traffic::GateWatch;

/// The pace of a user. Nothing is borrowed of it while anything is waited for.
#[derive(Debug)]
pub(super) struct SharedPace<'a> {
    pacer: RefCell<&'a mut Pacer>,
    on_wire: Cell<usize>,
    gate: RefCell<GateWatch>,
    /// The end of a wait that the person was told of.
    told_until: Cell<Option<Instant>>,
    /// A request has come back, or a token is no longer in question.
    news: Notify,
}

impl<'a> SharedPace<'a> {
    pub(super) fn new(pacer: &'a mut Pacer) -> SharedPace<'a> {
        SharedPace {
            pacer: RefCell::new(pacer),
            on_wire: Cell::default(),
            gate: RefCell::default(),
            told_until: Cell::default(),
            news: Notify::default(),
        }
    }

    /// When the next request may leave; `None` when it has to wait for one to return.
    pub(super) fn next_send(&self, now: Instant) -> Option<Instant> {
        let on_wire = self.on_wire.get();
        match self.pacer.borrow_mut().next_send(now, on_wire) {
            SendDecision::At(instant) => Some(instant),
            SendDecision::WhenOneReturns if on_wire > 0 => None,
            SendDecision::Now | SendDecision::WhenOneReturns => Some(now),
        }
    }

    pub(super) fn sent(&self, now: Instant) -> InFlight {
        self.on_wire.update(|on_wire| on_wire + 1);
        self.pacer.borrow_mut().sent(now)
    }

    /// A request has come back, or is not waited for any more.
    pub(super) fn returned(&self) {
        self.on_wire.update(|on_wire| on_wire.saturating_sub(1));
        self.news.notify_waiters();
    }

    /// A token is no longer in question.
    pub(super) fn tell(&self) {
        self.news.notify_waiters();
    }

    pub(super) fn news(&self) -> Notified<'_> {
        self.news.notified()
    }

    pub(super) fn answered(&self, ticket: InFlight, now: Instant, feedback: Feedback) {
        self.pacer.borrow_mut().answered(ticket, now, feedback);
    }

    /// How long nothing may leave, which is an error where it is longer than the user allows.
    pub(super) fn bearable_wait(
        &self,
        longest: Duration,
        now: Instant,
    ) -> Result<Duration, AbortReason> {
        bearable_wait(&self.pacer.borrow(), longest, now)
    }

    /// Whether the person was told of a wait with this end; from now on they were.
    pub(super) fn was_told_until(&self, opens: Instant) -> bool {
        let told = self.told_until.replace(Some(opens));
        told.is_some_and(|told| told >= opens)
    }

    /// The next process has to keep to it too, should this one be killed meanwhile.
    pub(super) fn keep_wait(&self, waits: Option<&WaitMemory>, result: &ApiResult, now: Instant) {
        self.gate.borrow_mut().ended(result);
        let closed_until = self.pacer.borrow().status(now).closed_until;
        let closed_for = closed_until.map(|until| until.duration_since(now));
        let told_at = clock::now();
        if let Some(waits) = waits
            && let Some(wait) = self.gate.borrow_mut().note(told_at, closed_for)
        {
            waits.remember(&wait, told_at);
        }
    }
}
