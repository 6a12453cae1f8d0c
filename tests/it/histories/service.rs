//! The service with its true state: what is set, who set it, what goes wrong, what was asked.

use std::collections::VecDeque;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::files;
use crate::harness::{location_id, org_id};

/// Seconds to wait, so long that a program that was killed meanwhile is back before they are over.
const LONG_WAIT: u32 = 5;

/// How far two clocks may be apart.
const SLACK: Duration = Duration::from_secs(2);

pub(super) const NUMBERS: usize = 3;

/// What a location has; empty where nothing is set.
pub(super) type Numbers = [String; NUMBERS];

/// What a request asks of each number; `None` leaves it as it is.
pub(super) type Body = [Option<String>; NUMBERS];

/// Who set a number last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Writer {
    Nobody,
    /// The command with this number.
    Command(usize),
    /// Another administrator.
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Put,
}

/// What goes wrong with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) on: Method,
    /// A change takes effect before it goes wrong.
    pub(super) takes_effect: bool,
    pub(super) how: How,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Status(u16),
    /// The connection breaks in place of an answer.
    Reset,
    /// The same, and the change takes effect later: after two more for its location, or when the
    /// command has ended.
    Late,
    /// No answer before the client gives up.
    Stall,
    /// The program is killed while the request is on the wire.
    Kill,
    /// The program is interrupted, and the request is answered well.
    Interrupt,
    /// A 429 that asks to wait; then the program is killed.
    ThrottleAndKill,
}

/// A change that was asked for.
#[derive(Debug, Clone)]
pub(super) struct Put {
    pub(super) command: usize,
    pub(super) location: usize,
    pub(super) body: Body,
    /// What was there when it came, and who had set it.
    pub(super) before: Numbers,
    pub(super) writers: [Writer; NUMBERS],
    pub(super) took_effect: bool,
    pub(super) arrival: Arrival,
    /// The status that was answered, if any was.
    pub(super) status: Option<u16>,
    /// More was asked afterwards, so the answer had arrived.
    pub(super) was_followed: bool,
}

/// When a change takes effect, if it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrival {
    AtOnce,
    Late,
    /// Once the command had ended, so that nothing could tell.
    AfterTheEnd,
}

/// What the transport does with a request.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Reaction {
    Answer {
        status: u16,
        wait: Option<u32>,
        body: String,
    },
    Reset,
    Stall,
    Kill,
    AnswerThenKill {
        status: u16,
        wait: Option<u32>,
    },
    InterruptThenAnswer {
        status: u16,
        body: String,
    },
}

#[derive(Debug)]
pub(super) struct Service {
    pub(super) state: Vec<Numbers>,
    pub(super) writers: Vec<[Writer; NUMBERS]>,
    faults: Vec<VecDeque<Fault>>,
    /// Changes on their way: where, what, and how many others come before.
    late: Vec<(usize, Body, u32)>,
    /// A location whose every request is answered 401.
    pub(super) poisoned: Option<usize>,
    pub(super) puts: Vec<Put>,
    pub(super) command: usize,
    pub(super) requests: usize,
    /// Until when nobody may ask anything.
    closed_until: Option<Instant>,
    /// A command asked before that, on its first request.
    pub(super) asked_early: bool,
    /// How often the current command was interrupted.
    pub(super) interrupts: usize,
    /// The sheet, to be overwritten at the first change.
    pub(super) overwrite: Option<PathBuf>,
    /// Faults of the current command that came about.
    pub(super) struck: usize,
}

impl Service {
    pub(super) fn new(state: Vec<Numbers>) -> Service {
        let count = state.len();
        Service {
            state,
            writers: vec![[Writer::Nobody; NUMBERS]; count],
            faults: vec![VecDeque::new(); count],
            late: Vec::new(),
            poisoned: None,
            puts: Vec::new(),
            command: 0,
            requests: 0,
            closed_until: None,
            asked_early: false,
            interrupts: 0,
            overwrite: None,
            struck: 0,
        }
    }

    /// A command begins; faults that nothing ran into before are over.
    pub(super) fn begin(&mut self, command: usize, faults: &[(usize, Fault)]) {
        self.command = command;
        self.struck = 0;
        self.requests = 0;
        self.asked_early = false;
        self.interrupts = 0;
        self.overwrite = None;
        self.faults.iter_mut().for_each(VecDeque::clear);
        for (location, fault) in faults {
            self.faults[*location].push_back(*fault);
        }
    }

    pub(super) fn meddle(&mut self, location: usize, field: usize, number: String) {
        self.state[location][field] = number;
        self.writers[location][field] = Writer::Other;
    }

    /// Answers `GET path` or `PUT path`, which came at `now` by the clock of the service.
    pub(super) fn handle(
        &mut self,
        now: Instant,
        method: &str,
        path: &str,
        body: &str,
    ) -> Reaction {
        self.requests += 1;
        let is_early = |until: Instant| now + SLACK < until;
        if self.requests == 1 && self.closed_until.is_some_and(is_early) {
            self.asked_early = true;
        }
        let path = path.split('?').next().unwrap_or_default();
        let numbers = path
            .strip_prefix("/telephony/config/locations/")
            .and_then(|rest| rest.strip_suffix("/outgoingPermission/autoTransferNumbers"));
        let Some(id) = numbers else {
            return answer(200, self.list(path));
        };
        let Some(location) = (0..self.state.len()).find(|index| location_id(*index as u64) == id)
        else {
            return answer(404, "{}");
        };
        if self.poisoned == Some(location) {
            self.struck += 1;
            return answer(401, "{}");
        }
        // A row may be read back after its change.
        if let Some(last) = self.puts.last_mut()
            && last.command == self.command
            && (last.location != location || method == "PUT")
        {
            last.was_followed = true;
        }
        let method = if method == "GET" {
            Method::Get
        } else {
            Method::Put
        };
        let queue = &mut self.faults[location];
        let fault = queue
            .iter()
            .position(|fault| fault.on == method)
            .and_then(|index| queue.remove(index));
        self.struck += usize::from(fault.is_some());
        self.interrupts += usize::from(fault.is_some_and(|fault| fault.how == How::Interrupt));
        if fault.is_some_and(|fault| fault.how == How::ThrottleAndKill) {
            // By the wall clock: the next command does not know how far a paused one was ahead of it.
            self.closed_until = Some(wall_clock() + Duration::from_secs(u64::from(LONG_WAIT)));
        }
        match method {
            Method::Get => {
                let [one, two, three] = &self.state[location];
                let numbers = json!({
                    "autoTransferNumber1": one, "autoTransferNumber2": two, "autoTransferNumber3": three
                });
                react(fault, 200, numbers.to_string())
            }
            Method::Put => self.put(location, fault, body),
        }
    }

    fn put(&mut self, location: usize, fault: Option<Fault>, body: &str) -> Reaction {
        let fields: Value = serde_json::from_str(body).expect("JSON");
        let field = |number: usize| {
            let value = &fields[format!("autoTransferNumber{number}")];
            value.as_str().map(String::from)
        };
        let body = [field(1), field(2), field(3)];
        let reaction = react(fault, 204, String::new());
        if let Some(sheet) = self.overwrite.take() {
            let text = fs::read_to_string(&sheet).expect("a sheet");
            fs::write(sheet, files::overwritten(&text)).expect("it can be written");
        }
        let is_late = fault.is_some_and(|fault| fault.how == How::Late);
        let takes_effect = fault.is_none_or(|fault| fault.takes_effect);
        self.puts.push(Put {
            command: self.command,
            location,
            body: body.clone(),
            before: self.state[location].clone(),
            writers: self.writers[location],
            took_effect: takes_effect,
            arrival: if is_late {
                Arrival::Late
            } else {
                Arrival::AtOnce
            },
            status: match &reaction {
                Reaction::Answer { status, .. }
                | Reaction::AnswerThenKill { status, .. }
                | Reaction::InterruptThenAnswer { status, .. } => Some(*status),
                Reaction::Reset | Reaction::Stall | Reaction::Kill => None,
            },
            was_followed: false,
        });
        if takes_effect {
            self.set(location, body.clone());
        }
        for late in &mut self.late {
            late.2 -= u32::from(late.0 == location);
        }
        let due = self.late.extract_if(.., |late| late.2 == 0);
        for (location, body, _) in due.collect::<Vec<_>>() {
            // Only now anyone could know.
            let mut puts = self.puts.iter_mut();
            if let Some(put) =
                puts.rfind(|put| put.location == location && put.arrival == Arrival::Late)
            {
                put.took_effect = true;
            }
            self.set(location, body);
        }
        if is_late {
            self.late.push((location, body, 2));
        }
        reaction
    }

    fn set(&mut self, location: usize, body: Body) {
        for (index, value) in body.into_iter().enumerate() {
            if let Some(value) = value {
                self.state[location][index] = value;
                self.writers[location][index] = Writer::Command(self.command);
            }
        }
    }

    /// A command has ended: what was still on its way arrives.
    pub(super) fn end(&mut self) {
        for (location, body, _) in std::mem::take(&mut self.late) {
            let mut puts = self.puts.iter_mut();
            if let Some(put) =
                puts.rfind(|put| put.location == location && put.arrival == Arrival::Late)
            {
                put.took_effect = true;
                put.arrival = Arrival::AfterTheEnd;
            }
            self.set(location, body);
        }
    }

    fn list(&self, path: &str) -> String {
        let list = match path {
            "/organizations" => json!({"items": [{"id": org_id(1), "displayName": "Acme Ltd"}]}),
            "/people/me" => json!({
                "id": "me", "displayName": "Ann", "emails": ["ann@acme.example"], "orgId": org_id(1)
            }),
            "/telephony/config/locations" => {
                let locations = (0..self.state.len())
                    .map(|index| json!({"id": location_id(index as u64), "name": place(index)}));
                json!({"locations": locations.collect::<Vec<Value>>()})
            }
            // No rule uses a number.
            rules if rules.ends_with("/outgoingPermission") => json!({"callingPermissions": []}),
            rules if rules.ends_with("/digitPatterns") => json!({"digitPatterns": []}),
            _ => json!({"items": []}),
        };
        list.to_string()
    }
}

/// What a location is called.
pub(super) fn place(location: usize) -> &'static str {
    ["Paris", "Oslo", "Malaga", "Ghent", "Turin"][location]
}

fn answer(status: u16, body: impl Into<String>) -> Reaction {
    Reaction::Answer {
        status,
        wait: None,
        body: body.into(),
    }
}

fn react(fault: Option<Fault>, status: u16, body: String) -> Reaction {
    match fault.map(|fault| fault.how) {
        None => answer(status, body),
        Some(How::Status(429)) => Reaction::Answer {
            status: 429,
            wait: Some(1),
            body: "{}".into(),
        },
        Some(How::Status(status)) => answer(status, r#"{"message":"no"}"#),
        Some(How::Reset | How::Late) => Reaction::Reset,
        Some(How::Stall) => Reaction::Stall,
        Some(How::Kill) => Reaction::Kill,
        Some(How::Interrupt) => Reaction::InterruptThenAnswer { status, body },
        Some(How::ThrottleAndKill) => Reaction::AnswerThenKill {
            status: 429,
            wait: Some(LONG_WAIT),
        },
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the service has a clock of its own"
)]
pub(super) fn wall_clock() -> Instant {
    std::time::Instant::now().into()
}
