//! How a run shows itself while it goes on: a bar on a terminal, a line every ten seconds where
//! there is none, nothing when nobody wants it. All on stderr; the only place that draws.

use std::collections::VecDeque;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::Instant;

use crate::clock;
use crate::outcome::OutcomeKind;
use crate::pipeline::Status;
use crate::summary::{grouped, plural};

/// Between two lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// The speed shown is that of the last so many seconds.
const SPEED_SPAN: Duration = Duration::from_secs(15);

/// Redraws of the bar a second.
const FRAMES: u8 = 10;

/// Whether and how progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// A bar if stderr is a terminal, else lines.
    Suited,
    /// Lines, since something else writes to the terminal too.
    Lines,
    Silent,
}

/// Shows how far a run is.
#[derive(Debug)]
pub struct Progress {
    display: Display,
    total: u64,
    done: u64,
    /// Of this run alone.
    as_asked: u64,
    failed: u64,
    is_stopping: bool,
    speed: Speed,
}

#[derive(Debug)]
enum Display {
    Bar(ProgressBar),
    Lines { next: Instant },
    Silent,
}

impl Progress {
    /// `total` rows to send, of which `done` were before this run began.
    pub fn start(manner: Manner, total: u64, done: u64) -> Progress {
        let now = Instant::now();
        let display = match manner {
            Manner::Silent => Display::Silent,
            Manner::Suited if io::stderr().is_terminal() => Display::Bar(bar(total, done)),
            Manner::Suited | Manner::Lines => Display::Lines {
                next: now + LINE_EVERY,
            },
        };
        Progress {
            display,
            total,
            done,
            as_asked: 0,
            failed: 0,
            is_stopping: false,
            speed: Speed::start(now, done),
        }
    }

    pub fn finished(&mut self, kind: OutcomeKind) {
        self.done += 1;
        if kind.is_as_asked() {
            self.as_asked += 1;
        } else {
            self.failed += 1;
        }
    }

    pub fn show(&mut self, status: &Status) {
        let now = Instant::now();
        self.speed.note(now, self.done);
        if status.is_stopping && !std::mem::replace(&mut self.is_stopping, true) {
            let answers = plural(status.on_wire as u64, "answer");
            self.interject(&format!(
                "stopping: waiting for {answers}; stop again to leave at once"
            ));
        }
        let line = self.describe(now, status);
        match &mut self.display {
            Display::Bar(bar) => {
                bar.set_position(self.done);
                bar.set_message(line);
            }
            Display::Lines { next } if *next <= now => {
                *next = now + LINE_EVERY;
                say(&format!(
                    "{}/{} {line}",
                    grouped(self.done),
                    grouped(self.total)
                ));
            }
            Display::Lines { .. } | Display::Silent => {}
        }
    }

    /// Writes a line above the bar.
    fn interject(&self, line: &str) {
        match &self.display {
            Display::Bar(bar) => bar.suspend(|| say(line)),
            Display::Lines { .. } | Display::Silent => say(line),
        }
    }

    fn describe(&self, now: Instant, status: &Status) -> String {
        let mut parts = vec![format!("{} ok", grouped(self.as_asked))];
        if self.failed > 0 {
            parts.push(format!("{} failed", grouped(self.failed)));
        }
        if status.is_stopping {
            parts.push(format!("stopping, {} answers to come", status.on_wire));
            return parts.join(", ");
        }
        if let Some(closed_for) = status.closed_for {
            let until = clock::time_of_day(clock::now(), closed_for);
            let wait = clock::in_words(closed_for);
            parts.push(format!(
                "the service asked us to wait until {until} ({wait})"
            ));
            return parts.join(", ");
        }
        if let Some(silent_for) = status.silent_for.filter(|silence| silence.as_secs() > 0) {
            let silence = clock::in_words(silent_for);
            parts.push(format!("no answer for {silence}, trying again"));
            return parts.join(", ");
        }
        let speed = self.speed.per_second(now);
        if speed > 0.0 {
            parts.push(format!("{speed:.1}/s"));
        }
        parts.push(format!("{} in flight", status.on_wire));
        if status.backing_off > 0 {
            parts.push(format!("{} to try again", status.backing_off));
        }
        let left = self.total.saturating_sub(self.done);
        if let Some(left) = time_left(left, speed) {
            parts.push(format!("{} left", clock::in_words(left)));
        }
        parts.join(", ")
    }

    /// Takes the bar away, so that what is written next stands in its place.
    pub fn end(&mut self) {
        if let Display::Bar(bar) = &self.display {
            bar.finish_and_clear();
        }
        self.display = Display::Silent;
    }
}

/// Writes a line to stderr; nothing can be done when nobody takes it.
pub fn say(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

fn bar(total: u64, done: u64) -> ProgressBar {
    let bar =
        ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(FRAMES));
    // The template is checked by a test; without it the bar looks plainer.
    if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
        bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏ "));
    }
    bar.set_position(done);
    bar
}

const TEMPLATE: &str = "{bar:20} {human_pos}/{human_len} {wide_msg}";

fn time_left(rows: u64, per_second: f64) -> Option<Duration> {
    #[expect(clippy::cast_precision_loss, reason = "an estimate in seconds")]
    let seconds = rows as f64 / per_second;
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|_| rows > 0)
}

/// Finished rows a second over the last while.
#[derive(Debug)]
struct Speed {
    /// About one a second, the oldest first.
    samples: VecDeque<(Instant, u64)>,
    latest: u64,
}

impl Speed {
    fn start(now: Instant, done: u64) -> Speed {
        Speed {
            samples: VecDeque::from([(now, done)]),
            latest: done,
        }
    }

    fn note(&mut self, now: Instant, done: u64) {
        self.latest = done;
        let newest = self.samples.back().map(|(time, _)| *time);
        if newest.is_none_or(|time| now.duration_since(time) >= Duration::from_secs(1)) {
            self.samples.push_back((now, done));
        }
        while self.samples.len() > 1
            && (self.samples.front())
                .is_some_and(|(time, _)| now.duration_since(*time) > SPEED_SPAN)
        {
            self.samples.pop_front();
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
    fn per_second(&self, now: Instant) -> f64 {
        let Some((since, done)) = self.samples.front() else {
            return 0.0;
        };
        let seconds = now.duration_since(*since).as_secs_f64();
        (self.latest - done) as f64 / seconds.max(0.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pace::{PaceStatus, Phase};

    fn status() -> Status {
        Status {
            on_wire: 10,
            backing_off: 0,
            throttled: 0,
            pace: PaceStatus {
                closed_until: None,
                rate: None,
                phase: Phase::Starting,
            },
            closed_for: None,
            silent_for: None,
            is_stopping: false,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_line_says_what_is_happening_now() {
        let mut progress = Progress::start(Manner::Silent, 2000, 0);
        for _ in 0..40 {
            progress.finished(OutcomeKind::Updated);
        }
        tokio::time::advance(Duration::from_secs(8)).await;
        progress.finished(OutcomeKind::Failed);
        progress.show(&status());
        let now = Instant::now();
        assert_eq!(
            progress.describe(now, &status()),
            "40 ok, 1 failed, 5.1/s, 10 in flight, 6 min 23 s left"
        );
        let closed = Status {
            closed_for: Some(Duration::from_secs(38)),
            ..status()
        };
        let line = progress.describe(now, &closed);
        assert!(
            line.starts_with("40 ok, 1 failed, the service asked us to wait until "),
            "{line}"
        );
        assert!(line.ends_with(" (38 s)"), "{line}");
    }

    #[test]
    fn the_template_is_one() {
        assert!(ProgressStyle::with_template(TEMPLATE).is_ok());
    }
}
