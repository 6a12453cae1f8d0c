//! What the service makes of one request: the order of its checks, and what goes wrong with the work.

use std::collections::HashMap;
use std::time::Duration;

use hyper::header::{ALLOW, LOCATION, RETRY_AFTER};
use hyper::{Method, StatusCode};
use serde_json::Value;

use super::answer::{Answer, Problem, Shape};
use super::behavior::Behavior;
use super::clock::Moment;
use super::damage::damaged;
use super::dice::dice;
use super::directory::Directory;
use super::doorkeeper::{Doorkeeper, RefreshRefused};
use super::faults::Fault;
use super::limiter::Limiter;
use super::log::Treatment;
use super::numbers::Change;
use super::retry_after::{self, Announcement};
use super::route::{Route, pairs};
use super::work::{Work, spot, work};

/// A request, read off the wire.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) method: Method,
    /// As sent, without the query.
    pub(super) path: String,
    pub(super) route: Route,
    pub(super) query: Vec<(String, String)>,
    /// Scheme, host and port as the client knows them.
    pub(super) origin: String,
    pub(super) authorization: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) tracking_id: String,
    pub(super) body: Vec<u8>,
}

/// What happens to it.
#[derive(Debug)]
pub(super) struct Verdict {
    /// `None` breaks the connection off.
    pub(super) answer: Option<Answer>,
    /// In real time.
    pub(super) delay: Duration,
    pub(super) treatment: Treatment,
    pub(super) meddled: bool,
    /// It holds one of the places under a concurrency cap until it is over.
    pub(super) passed_the_limit: bool,
}

pub(super) struct Service {
    behavior: Behavior,
    door: Doorkeeper,
    limiter: Limiter,
    directory: Directory,
    /// How many requests got as far as the work, by what they ask for.
    turns: HashMap<String, u64>,
    working: u32,
}

impl Service {
    pub(super) fn new(mut behavior: Behavior) -> Result<Service, String> {
        let locations = std::mem::take(&mut behavior.locations);
        let directory = Directory::new(locations, behavior.own_organization.as_deref())?;
        Ok(Service {
            door: Doorkeeper::new(behavior.access.clone()),
            limiter: Limiter::new(behavior.limit),
            directory,
            behavior,
            turns: HashMap::new(),
            working: 0,
        })
    }

    pub(super) fn state(&self) -> Value {
        self.directory.state()
    }

    /// One that passed the limit is over.
    pub(super) fn done(&mut self) {
        self.working = self.working.saturating_sub(1);
    }

    /// Decides and does at once what comes of a request; only the answer is held back. So a client that breaks off
    /// in between finds its change made, as it would at the service.
    pub(super) fn handle(&mut self, asked: &Asked, now: Moment) -> Verdict {
        let mut verdict = Verdict {
            answer: None,
            delay: self.real(self.behavior.latency.least()),
            treatment: Treatment {
                body: match asked.route {
                    // It holds the client's secrets.
                    Route::AccessToken => String::new(),
                    _ => String::from_utf8_lossy(&asked.body).into_owned(),
                },
                ..Treatment::default()
            },
            meddled: false,
            passed_the_limit: false,
        };
        verdict.answer = match self.checked(asked, now, &mut verdict) {
            Err(refusal) => Some(refusal),
            Ok(()) => self.worked(asked, now, &mut verdict),
        };
        verdict
    }

    /// The gateway's part: is there such a thing, may one, and is there room?
    fn checked(&mut self, asked: &Asked, now: Moment, verdict: &mut Verdict) -> Result<(), Answer> {
        let refuse = |status, message: &str| {
            Problem::new(status, message).in_shape(Shape::Message, &asked.tracking_id)
        };
        if asked.route == Route::Unknown {
            let message = "The requested resource could not be found.";
            return Err(refuse(StatusCode::NOT_FOUND, message));
        }
        if !asked.route.takes(&asked.method) {
            let refusal = refuse(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed.");
            return Err(refusal.with_header(ALLOW, asked.route.allows()));
        }
        // A refresh is how one without a good token gets one.
        if asked.route == Route::AccessToken {
            return Err(self.refreshed(asked, now));
        }
        let authorization = asked.authorization.as_deref();
        verdict.treatment.authorized = self.door.admits(authorization, now.simulated);
        if !verdict.treatment.authorized {
            let message = "The request requires a valid access token set in the Authorization request header.";
            return Err(refuse(StatusCode::UNAUTHORIZED, message));
        }
        if let Err(wait) = self.limiter.ask(now.simulated, self.working) {
            return Err(self.throttled(asked, now, wait));
        }
        self.working += 1;
        verdict.passed_the_limit = true;
        if !self.door.may(asked.route.scopes(&asked.method)) {
            let message = "The access token does not have the scope this request needs.";
            return Err(refuse(StatusCode::FORBIDDEN, message));
        }
        Ok(())
    }

    /// The work, with what befalls it.
    fn worked(&mut self, asked: &Asked, now: Moment, verdict: &mut Verdict) -> Option<Answer> {
        let (seed, subject, turn) = self.turn(asked);
        let latency = self.behavior.latency;
        verdict.delay = self.real(latency.pick(&mut dice(seed, "latency", &subject, turn)));
        verdict.meddled = turn > 0 && self.meddle(asked, &subject, turn);
        let fault = self.behavior.faults.strike(seed, &subject, turn);
        let mut dice = dice(seed, "how", &subject, turn);
        verdict.treatment.fault = fault.map(|fault| fault.to_string());
        let Some(fault) = fault else {
            let (answer, applied) = self.work(asked);
            verdict.treatment.applied = applied;
            return Some(answer);
        };
        match fault {
            Fault::Status(status) => Some(self.failed(asked, now, status, &mut dice)),
            Fault::OddRetryAfter => {
                let announced = retry_after::odd(dice.usize(0..1000), now.wall);
                Some(too_many(asked, &announced, &mut dice))
            }
            Fault::UnreadableRetryAfter => {
                let announced = retry_after::unreadable(dice.usize(0..1000));
                Some(too_many(asked, &announced, &mut dice))
            }
            Fault::AbsurdRetryAfter => {
                let announced = retry_after::absurd(dice.usize(0..1000));
                Some(too_many(asked, &announced, &mut dice))
            }
            Fault::Redirect => {
                let problem = Problem::new(StatusCode::FOUND, "Found.");
                let answer = problem.in_shape(Shape::Html, &asked.tracking_id);
                let elsewhere = format!("https://elsewhere.invalid{}", asked.path);
                Some(answer.with_header(LOCATION, &elsewhere))
            }
            Fault::ResetBefore => None,
            Fault::ResetAfter => {
                verdict.treatment.applied = self.work(asked).1;
                None
            }
            Fault::Stall => {
                verdict.delay = self.real(self.behavior.stall);
                let (answer, applied) = self.work_or(asked, StatusCode::GATEWAY_TIMEOUT, &mut dice);
                verdict.treatment.applied = applied;
                Some(answer)
            }
            Fault::Truncated
            | Fault::Oversized
            | Fault::Endless
            | Fault::NonUtf8
            | Fault::BadGzip => {
                let failing = StatusCode::INTERNAL_SERVER_ERROR;
                let (answer, applied) = self.work_or(asked, failing, &mut dice);
                verdict.treatment.applied = applied;
                Some(damaged(answer, fault))
            }
        }
    }

    /// What is thrown for, and how many times before: the location, or the path, apart for each method.
    fn turn(&mut self, asked: &Asked) -> (u64, String, u64) {
        let behavior = &self.behavior;
        let seed = behavior.seed;
        let nothing_to_throw_for = behavior.faults.is_none()
            && !behavior.latency.varies()
            && behavior.meddling.of_one() <= 0.0;
        if nothing_to_throw_for {
            return (seed, String::new(), 0);
        }
        let place = asked.route.location().unwrap_or(&asked.path);
        let subject = format!("{} {place}", asked.method);
        let turn = self.turns.entry(subject.clone()).or_default();
        *turn += 1;
        (seed, subject, *turn - 1)
    }

    /// Another client comes in between.
    fn meddle(&mut self, asked: &Asked, subject: &str, turn: u64) -> bool {
        let mut dice = dice(self.behavior.seed, "meddling", subject, turn);
        if dice.f64() >= self.behavior.meddling.of_one() {
            return false;
        }
        let number = format!("+1202555{:04}", dice.u32(0..10_000));
        let change = format!(r#"{{"autoTransferNumber1":"{number}"}}"#);
        match (
            spot(asked, &self.directory),
            Change::read(change.as_bytes()),
        ) {
            (Some(spot), Ok(change)) => self.directory.change(spot, change),
            _ => return false,
        }
        true
    }

    /// The work, or in half of the cases an error in its place.
    fn work_or(&mut self, asked: &Asked, status: StatusCode, dice: &mut fastrand::Rng) -> Work {
        if dice.bool() {
            return self.work(asked);
        }
        let problem = Problem::new(status, reason(status));
        let answer = problem.in_shape(Shape::any(dice), &asked.tracking_id);
        (answer, false)
    }

    fn work(&mut self, asked: &Asked) -> Work {
        work(asked, &mut self.directory, self.behavior.paging)
    }

    fn refreshed(&mut self, asked: &Asked, now: Moment) -> Answer {
        let form = pairs(&String::from_utf8_lossy(&asked.body));
        let kind = asked.content_type.as_deref().unwrap_or_default();
        let refuse = |status, message: &str| {
            Problem::new(status, message).in_shape(Shape::Message, &asked.tracking_id)
        };
        if !kind.starts_with("application/x-www-form-urlencoded") {
            let message = "Content type must be application/x-www-form-urlencoded.";
            return refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, message);
        }
        match self.door.refresh(&form, now.simulated, self.behavior.speed) {
            Ok(tokens) => Answer::json(StatusCode::OK, &tokens),
            Err(RefreshRefused::GrantType) => {
                refuse(StatusCode::BAD_REQUEST, "The grant type is not supported.")
            }
            Err(RefreshRefused::Client) => {
                refuse(StatusCode::UNAUTHORIZED, "The client is not known.")
            }
            Err(RefreshRefused::RefreshToken) => {
                refuse(StatusCode::BAD_REQUEST, "The refresh token is not valid.")
            }
        }
    }

    /// The limit's own refusal.
    fn throttled(&mut self, asked: &Asked, now: Moment, wait: Duration) -> Answer {
        let announced = self.announce(now, wait);
        let mut dice = dice(self.behavior.seed, "throttled", &asked.tracking_id, 0);
        too_many(asked, &announced, &mut dice)
    }

    fn announce(&mut self, now: Moment, wait: Duration) -> Announcement {
        let behavior = &self.behavior;
        let announced = behavior
            .retry_after
            .announce(wait, behavior.speed, now.wall);
        if let Some(wait) = announced.wait {
            self.limiter.announced(now.simulated, wait);
        }
        announced
    }

    /// A status that came out of nowhere.
    fn failed(
        &mut self,
        asked: &Asked,
        now: Moment,
        status: u16,
        dice: &mut fastrand::Rng,
    ) -> Answer {
        let wait = Duration::from_secs(dice.u64(1..=5));
        if status == StatusCode::TOO_MANY_REQUESTS.as_u16() {
            let announced = self.announce(now, wait);
            return too_many(asked, &announced, dice);
        }
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let problem = Problem::new(status, reason(status));
        let answer = problem.in_shape(Shape::any(dice), &asked.tracking_id);
        // These two may say when to come back. They speak for one location, so no gate closes with them.
        let may_announce = [StatusCode::LOCKED, StatusCode::SERVICE_UNAVAILABLE].contains(&status);
        if may_announce && dice.bool() {
            let behavior = &self.behavior;
            let announced = behavior
                .retry_after
                .announce(wait, behavior.speed, now.wall);
            return with_announcement(answer, &announced);
        }
        answer
    }

    fn real(&self, simulated: Duration) -> Duration {
        self.behavior.speed.simulated_to_real(simulated)
    }
}

fn too_many(asked: &Asked, announced: &Announcement, dice: &mut fastrand::Rng) -> Answer {
    let status = StatusCode::TOO_MANY_REQUESTS;
    let problem = Problem::new(status, "Too many requests were made. Try again later.");
    let answer = problem.in_shape(Shape::any(dice), &asked.tracking_id);
    with_announcement(answer, announced)
}

fn with_announcement(answer: Answer, announced: &Announcement) -> Answer {
    let values = announced.values.iter();
    values.fold(answer, |answer, value| {
        answer.with_header(RETRY_AFTER, value)
    })
}

fn reason(status: StatusCode) -> &'static str {
    status.canonical_reason().unwrap_or("Something went wrong.")
}
