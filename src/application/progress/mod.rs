//! Shows how far a run is: a bar on a terminal, a line every ten seconds where there is none,
//! nothing with `--quiet`. All of it goes to standard error.
//!
//! ```text
//! status of the loop ─▶ view (texts for a width) ─▶ bar (indicatif) ─▶ terminal
//!          failures by cause ─▶ lines above the bar ───────────────────┘
//! ```

mod bar;
mod failures;
mod terminal;
mod throughput;
mod user_lines;
mod view;
mod wrap;

use std::time::Duration;

use indicatif::TermLike;
use tokio::time::Instant;

use crate::engine::pipeline::{LaneActivity, Status};
use crate::model::clock;
use crate::model::outcome::Outcome;
use crate::model::wording::plural;
use crate::pace::Phase;
use crate::stderr::say;
use bar::Bar;
use failures::Failures;
use terminal::Terminal;
use throughput::Throughput;
use user_lines::{UserActivity, UserLine};
use view::{Activity, View};
pub use wrap::wrap;

/// Between two lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Failures are gathered for so long before they are said, so that those of one cause share a line.
const FAILURES_EVERY: Duration = Duration::from_secs(1);

/// Whether and how progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgressMode {
    /// A bar if standard error is a terminal that can draw one, else lines.
    Auto,
    /// Lines, since the log goes to the terminal too.
    Lines,
    Hidden,
}

/// Shows how far a run is.
#[derive(Debug)]
pub struct Progress {
    display: Display,
    total: u64,
    done: u64,
    /// Of this run alone.
    succeeded: u64,
    failed: u64,
    failures: Failures,
    failures_due: Instant,
    is_stopping: bool,
    throughput: Throughput,
    users: Vec<User>,
}

/// One of several users.
#[derive(Debug)]
struct User {
    name: String,
    throughput: Throughput,
    /// Why its credentials ended, the last of them.
    why_ended: String,
}

#[derive(Debug)]
enum Display {
    Bar(Bar),
    Lines { next: Instant },
    Hidden,
}

impl Progress {
    /// `total` rows to send, of which `done` were before this run began.
    pub fn start(mode: ProgressMode, total: u64, done: u64) -> Progress {
        let now = Instant::now();
        let lines = Display::Lines {
            next: now + LINE_EVERY,
        };
        let display = match mode {
            ProgressMode::Hidden => Display::Hidden,
            ProgressMode::Auto => Bar::find(total).map_or(lines, Display::Bar),
            ProgressMode::Lines => lines,
        };
        Progress {
            display,
            total,
            done,
            succeeded: 0,
            failed: 0,
            failures: Failures::default(),
            failures_due: now + FAILURES_EVERY,
            is_stopping: false,
            throughput: Throughput::start(now, done),
            users: Vec::new(),
        }
    }

    /// By the names of those who send.
    #[must_use]
    pub fn of_users(mut self, names: Vec<String>) -> Progress {
        let users = names.into_iter().map(|name| User {
            name,
            throughput: Throughput::start(Instant::now(), 0),
            why_ended: String::new(),
        });
        self.users = users.collect();
        self
    }

    /// Credentials of a user send nothing more.
    pub fn credential_ended(&mut self, user: usize, why: &str) {
        if let Some(user) = self.users.get_mut(user) {
            user.why_ended = why.to_string();
        }
    }

    /// A row is done; `name` is that of its location, where it is known.
    pub fn finished(&mut self, row: u64, name: &str, outcome: &Outcome) {
        self.done += 1;
        if outcome.kind.is_success() {
            self.succeeded += 1;
        } else {
            self.failed += 1;
            self.failures.add(row, name, outcome);
        }
    }

    /// Says what must be known, above the bar.
    pub fn say(&self, line: &str) {
        match &self.display {
            Display::Bar(bar) => bar.write_above(&wrap(line, Some(bar.width()))),
            Display::Lines { .. } => say_at(line),
            Display::Hidden => say(line),
        }
    }

    pub fn show(&mut self, status: &Status) {
        let now = Instant::now();
        // What a pause does to the speed shows once it is over; until then the time left would
        // only grow and grow.
        if status.closed_for.is_none() {
            self.throughput.note(now, self.done);
        }
        for (user, lane) in self.users.iter_mut().zip(&status.lanes) {
            if lane.activity == LaneActivity::Sending {
                user.throughput.note(now, lane.rows);
            }
        }
        let mut lines = Vec::new();
        if self.failures_due <= now {
            self.failures_due = now + FAILURES_EVERY;
            lines = self.news(false);
        }
        if status.is_stopping && !std::mem::replace(&mut self.is_stopping, true) {
            let answers = plural(status.on_wire as u64, "answer");
            lines.push(format!(
                "stopping: waiting for {answers}; stop again to leave at once"
            ));
        }
        let view = self.view(status);
        match &mut self.display {
            Display::Bar(bar) => {
                bar.write_above(&lines);
                bar.show(&view);
            }
            Display::Lines { next } => {
                if *next <= now {
                    *next = now + LINE_EVERY;
                    lines.push(view.line());
                }
                say_at_each(&lines);
            }
            Display::Hidden => say_each(&lines),
        }
    }

    /// The lines about failures that are due.
    fn news(&mut self, is_end: bool) -> Vec<String> {
        match &self.display {
            Display::Bar(bar) => self.failures.news(Some(bar.width()), is_end),
            Display::Lines { .. } => self.failures.news(None, is_end),
            Display::Hidden => Vec::new(),
        }
    }

    fn view(&self, status: &Status) -> View {
        let rate = self.rate(status);
        let per_second = self.throughput.per_second(throughput::SHORT);
        let left = self.total.saturating_sub(self.done);
        let activity = if status.is_stopping {
            Activity::Stopping {
                answers: status.on_wire,
            }
        } else if let Some(longer) = status.closed_for {
            Activity::Waiting {
                until: clock::time_of_day(clock::now(), longer),
                longer,
            }
        } else if let Some(since) = status.silent_for.filter(|since| since.as_secs() > 0) {
            Activity::Unanswered { since }
        } else if status.backing_off > 0 && status.backing_off as u64 == left {
            Activity::TryingAgain
        } else if matches!(status.pace.phase, Phase::Starting | Phase::Searching) {
            Activity::FindingThePace { per_second }
        } else {
            Activity::Sending { per_second }
        };
        let is_foreseeable = !matches!(
            activity,
            Activity::Stopping { .. } | Activity::Unanswered { .. } | Activity::TryingAgain
        );
        let time_left = rate.filter(|_| is_foreseeable).and_then(|rate| {
            let sending = time_left(left, rate)?;
            sending.checked_add(status.closed_for.unwrap_or_default())
        });
        View {
            total: self.total,
            done: self.done,
            succeeded: self.succeeded,
            failed: self.failed,
            to_try_again: status.backing_off,
            time_left,
            activity,
            users: self.users(status),
        }
    }

    /// What each of several users does.
    fn users(&self, status: &Status) -> Vec<UserLine> {
        if status.lanes.len() < 2 {
            return Vec::new();
        }
        let lines = self.users.iter().zip(&status.lanes).map(|(user, lane)| {
            let activity = match lane.activity {
                LaneActivity::Sending => UserActivity::Sending {
                    per_second: user.throughput.per_second(throughput::SHORT),
                },
                LaneActivity::Waiting(longer) => UserActivity::Waiting {
                    until: clock::time_of_day(clock::now(), longer),
                    longer,
                },
                LaneActivity::Idle => UserActivity::Idle,
                LaneActivity::Ended => UserActivity::Ended {
                    why: user.why_ended.clone(),
                },
            };
            UserLine {
                name: user.name.clone(),
                rows: lane.rows,
                activity,
            }
        });
        lines.collect()
    }

    /// Rows a second to expect: what was measured, and no more than the limit that was found.
    fn rate(&self, status: &Status) -> Option<f64> {
        let span = match status.pace.phase {
            Phase::Starting => throughput::SHORT,
            Phase::Searching | Phase::Holding | Phase::AtMost(_) => throughput::LONG,
        };
        let measured = self.throughput.per_second(span)?;
        Some(status.pace.rate.map_or(measured, |rate| measured.min(rate)))
    }

    /// Takes the bar away, so that what is written next stands in its place, and says which
    /// failures have not been said.
    pub fn end(&mut self) {
        let lines = self.news(true);
        match &self.display {
            Display::Bar(bar) => {
                bar.clear();
                say_each(&lines);
            }
            Display::Lines { .. } => say_at_each(&lines),
            Display::Hidden => {}
        }
        self.display = Display::Hidden;
    }
}

/// A text that is broken between words, where a person reads it at a terminal.
pub fn for_terminal(text: &str) -> String {
    let width = Terminal::find().map(|terminal| terminal.width().into());
    wrap(text, width).join("\n")
}

fn say_each(lines: &[String]) {
    for line in lines {
        say(line);
    }
}

fn say_at_each(lines: &[String]) {
    for line in lines {
        say_at(line);
    }
}

/// Says when it was, too: whoever reads the log of a night wants to know.
fn say_at(line: &str) {
    let time = clock::time_of_day(clock::now(), Duration::ZERO);
    say(&format!("{time} {line}"));
}

fn time_left(rows: u64, per_second: f64) -> Option<Duration> {
    #[expect(clippy::cast_precision_loss, reason = "an estimate in seconds")]
    let seconds = rows as f64 / per_second;
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|_| rows > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::outcome::OutcomeKind;
    use crate::pace::PaceStatus;

    fn status(phase: Phase, rate: Option<f64>) -> Status {
        Status {
            on_wire: 10,
            backing_off: 0,
            lanes: Vec::new(),
            pace: PaceStatus {
                closed_until: None,
                rate,
                phase,
            },
            closed_for: None,
            silent_for: None,
            is_stopping: false,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_left_follows_the_pace_and_counts_the_pause() {
        let mut progress = Progress::start(ProgressMode::Hidden, 2000, 0);
        let starting = status(Phase::Starting, None);
        progress.show(&starting);
        assert_eq!(progress.view(&starting).time_left, None);
        for _ in 0..4 {
            for row in 0..20 {
                progress.finished(row, "", &Outcome::unsent(OutcomeKind::Updated, ""));
            }
            tokio::time::advance(Duration::from_secs(1)).await;
            progress.show(&starting);
        }
        let left = |status: &Status| progress.view(status).time_left.map(|left| left.as_secs());
        assert_eq!(left(&starting), Some(1920 / 20));
        let held = status(Phase::Holding, Some(5.0));
        assert_eq!(left(&held), Some(1920 / 5));
        let closed = Status {
            closed_for: Some(Duration::from_secs(38)),
            ..held.clone()
        };
        assert_eq!(left(&closed), Some(1920 / 5 + 38));
        let stopping = Status {
            is_stopping: true,
            ..held
        };
        assert_eq!(left(&stopping), None);
    }
}
