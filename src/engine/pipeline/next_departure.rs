//! When a lane may send, and what: a row that fewer others may send before one that they may send too, of
//! those the first in the order of the sheet; or what has to be asked about its access token before that.

use tokio::time::Instant;

use super::lane::Sender;
use super::{Pipeline, Recorder};
use crate::engine::token_renewal::{TokenRenewal, TokenTask};
use crate::pace::SendDecision;
use crate::webex::{Renewal, Service};

/// Requests on the wire of several users together: each may take a connection, and a process may have but a
/// thousand.
const MOST_ON_WIRE: usize = 400;

/// What leaves next.
#[derive(Debug, Clone, Copy)]
pub(super) enum Departure {
    /// A question about the access token of a sender.
    Token { sender: usize, task: TokenTask },
    /// The first row of a queue.
    Row { sender: usize, queue: usize },
}

impl<S: Service, R: Recorder> Pipeline<'_, S, R> {
    /// The queues of a lane; some of them twice where it has several credentials.
    pub(super) fn queues_of(&self, lane: usize) -> Vec<usize> {
        let senders = self.lanes[lane].senders.iter();
        let queues = senders.flat_map(|sender| self.senders[*sender].queues.iter());
        queues.copied().collect()
    }

    /// Those of them from which rows may leave of which nothing was sent yet.
    pub(super) fn fresh_queues(&self, lane: usize) -> Vec<usize> {
        let senders = self.lanes[lane].senders.iter();
        let queues = senders.flat_map(|sender| {
            let queues = self.senders[*sender].queues.iter();
            queues.filter(|queue| !self.queues.at(**queue).stands_back(*sender))
        });
        queues.copied().collect()
    }

    /// The queue with the next row of those that a lane may send, and by which credentials it goes. Rows that
    /// fewer credentials may send go first: were the others first, a sheet with its organizations one after
    /// the other would leave somebody without work before its end.
    pub(super) fn head_of(&self, lane: usize, now: Instant) -> Option<(usize, usize)> {
        let is_free = |other: usize| {
            let other = &self.senders[other];
            self.lanes[other.lane].is_free(other, now)
        };
        let senders = self.lanes[lane].senders.iter();
        let heads = senders.flat_map(|sender| {
            let queues = self.senders[*sender].queues.iter();
            queues.filter_map(|queue| {
                let of_queue = self.queues.at(*queue);
                Some((
                    of_queue.senders.len(),
                    of_queue.head_for(*sender, is_free)?,
                    *sender,
                    *queue,
                ))
            })
        });
        // Of two credentials the first one goes on as long as it lasts.
        let (.., sender, queue) = heads.min_by_key(|(senders, row, ..)| (*senders, *row))?;
        Some((sender, queue))
    }

    /// Whether what goes next by a lane are rows that as few credentials may send as any of its rows.
    pub(super) fn has_narrowest(&self, lane: usize, now: Instant) -> bool {
        let width = |queue: usize| self.queues.at(queue).senders.len();
        let narrowest = self.fresh_queues(lane).into_iter().map(width).min();
        let next = self.head_of(lane, now).map(|(_, queue)| width(queue));
        next.is_some_and(|next| narrowest.is_none_or(|narrowest| next <= narrowest))
    }

    /// Nothing is under way of what a lane may send.
    pub(super) fn is_quiet(&self, lane: usize) -> bool {
        self.queues_of(lane).into_iter().all(|queue| {
            let queue = self.queues.at(queue);
            let mut senders = queue.senders.iter();
            let is_away = |sender: &usize| self.lanes[self.senders[*sender].lane].on_wire > 0;
            queue.backing_off == 0 && queue.is_empty() && !senders.any(is_away)
        })
    }

    pub(super) fn next_departure(&mut self, lane: usize, now: Instant) -> SendDecision {
        let under_way = self.under_way;
        let senders = self.lanes[lane].senders.iter();
        let renewals = senders.map(|sender| &self.senders[*sender].renewal);
        if renewals.clone().any(TokenRenewal::is_under_way) {
            return SendDecision::WhenOneReturns;
        }
        if self.lanes.len() > 1 && under_way >= MOST_ON_WIRE {
            return SendDecision::WhenOneReturns;
        }
        let renewed = renewals.filter_map(TokenRenewal::not_before).max();
        let reachable = self.reachable_at(lane, now);
        let lane = &mut self.lanes[lane];
        let is_closed = lane.pacer.status(now).closed_until.is_some();
        if is_closed || renewed > Some(now) || reachable.is_none_or(|at| at > now) {
            lane.held_at = Some(now);
        }
        let Some(reachable) = reachable else {
            return SendDecision::WhenOneReturns;
        };
        let reachable = reachable.max(renewed.unwrap_or(reachable));
        match lane.pacer.next_send(now, lane.on_wire) {
            SendDecision::Now if reachable > now => SendDecision::At(reachable),
            SendDecision::At(instant) => SendDecision::At(instant.max(reachable)),
            departure => departure,
        }
    }

    /// When a lane may send as far as silence is concerned; `None` while a request is on the wire that asks whether
    /// it is over. Of a lane that was answered nobody knows of any.
    fn reachable_at(&self, lane: usize, now: Instant) -> Option<Instant> {
        let lane = &self.lanes[lane];
        if lane.circuit_breaker.silent_for(now).is_none() {
            return Some(now);
        }
        let own = lane.circuit_breaker.next_departure(now, lane.on_wire)?;
        let of_all = self.circuit_breaker.next_departure(now, self.under_way)?;
        Some(own.max(of_all))
    }

    /// What leaves next by a lane.
    pub(super) fn next_of(&self, lane: usize, now: Instant) -> Option<Departure> {
        for sender in &self.lanes[lane].senders {
            // Whether a new token is due by its age matters where a row leaves with it.
            let renewal = &self.senders[*sender].renewal;
            if let Some(task) = renewal.due(now, Renewal::Impossible) {
                return Some(Departure::Token {
                    sender: *sender,
                    task,
                });
            }
        }
        let (sender, queue) = self.head_of(lane, now)?;
        let Sender {
            renewal, service, ..
        } = &self.senders[sender];
        Some(match renewal.due(now, service.renewal()) {
            Some(task) => Departure::Token { sender, task },
            None => Departure::Row { sender, queue },
        })
    }
}
