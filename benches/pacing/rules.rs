//! The rules that a service may enforce.

use std::collections::VecDeque;

/// How much of a token counts as a whole one: sums of fractions are never exact.
const NEARLY_ONE: f64 = 1.0 - 1e-9;

/// One rule that a service enforces. Times are those of the limiter's own clock.
#[derive(Debug, Clone)]
pub enum Rule {
    Bucket {
        rate: f64,
        burst: f64,
        level: f64,
        at: f64,
    },
    /// So many in each calendar window.
    Window {
        count: f64,
        length: f64,
        phase: f64,
        window: f64,
        used: f64,
    },
    /// So many in the time before each request.
    Log {
        count: usize,
        length: f64,
        log: VecDeque<f64>,
    },
    /// As `Window`, but the window before counts for the part of it that is not yet a whole length ago.
    Fading {
        count: f64,
        length: f64,
        phase: f64,
        window: f64,
        used: f64,
        before: f64,
    },
}

impl Rule {
    pub fn describe(&self) -> String {
        match self {
            Self::Bucket { rate, burst, .. } => format!("bucket {rate:.3}/s burst {burst}"),
            Self::Window { count, length, .. } => format!("window {count} in {length:.1} s"),
            Self::Log { count, length, .. } => format!("log {count} in {length:.1} s"),
            Self::Fading { count, length, .. } => format!("fading {count} in {length:.1} s"),
        }
    }

    fn enter(&mut self, now: f64) {
        match self {
            Self::Bucket {
                rate,
                burst,
                level,
                at,
            } => {
                *level = (*level + (now - *at).max(0.0) * *rate).min(*burst);
                *at = at.max(now);
            }
            Self::Window {
                length,
                phase,
                window,
                used,
                ..
            } => {
                let current = ((now + *phase) / *length).floor();
                if current > *window {
                    *window = current;
                    *used = 0.0;
                }
            }
            Self::Log { length, log, .. } => {
                while log.front().is_some_and(|first| first + *length <= now) {
                    log.pop_front();
                }
            }
            Self::Fading {
                length,
                phase,
                window,
                used,
                before,
                ..
            } => {
                let current = ((now + *phase) / *length).floor();
                if current > *window {
                    *before = if current > *window + 1.5 { 0.0 } else { *used };
                    *window = current;
                    *used = 0.0;
                }
            }
        }
    }

    /// The earliest time, not before `now`, at which a request would pass if nobody else came. Looks ahead, so it
    /// must not change anything.
    pub fn free_at(&self, now: f64) -> f64 {
        match self {
            Self::Bucket {
                rate,
                burst,
                level,
                at,
            } => {
                let level = (*level + (now - *at).max(0.0) * *rate).min(*burst);
                if level >= NEARLY_ONE {
                    now
                } else {
                    now + (1.0 - level) / *rate
                }
            }
            Self::Window {
                count,
                length,
                phase,
                window,
                used,
            } => {
                let current = ((now + *phase) / *length).floor();
                if current > *window || *used < *count {
                    now
                } else {
                    // A hair later, so that rounding never leaves it in the window that is full.
                    (*window + 1.0) * *length - *phase + 1e-6
                }
            }
            Self::Log { count, length, log } => {
                if log.len() < *count {
                    now
                } else {
                    now.max(log[log.len() - *count] + *length + 1e-9)
                }
            }
            Self::Fading {
                count,
                length,
                phase,
                window,
                used,
                before,
            } => {
                let current = ((now + *phase) / *length).floor();
                let (used, before) = if current > *window + 1.5 {
                    (0.0, 0.0)
                } else if current > *window {
                    (0.0, *used)
                } else {
                    (*used, *before)
                };
                let ends = (current + 1.0) * *length - *phase;
                let weight = (ends - now) / *length;
                if used + 1.0 + before * weight <= *count + 1e-9 {
                    return now;
                }
                if used + 1.0 <= *count && before > 0.0 {
                    return ends - (*count - used - 1.0) / before * *length + 1e-6;
                }
                // In the next window all that was used in this one counts, and fades.
                let next = (1.0 - (*count - 1.0) / used).max(0.0);
                ends + next * *length + 1e-6
            }
        }
    }

    pub fn take(&mut self, now: f64) {
        self.enter(now);
        match self {
            Self::Bucket { burst, level, .. } => *level = (*level - 1.0).max(-*burst),
            Self::Window { used, .. } | Self::Fading { used, .. } => *used += 1.0,
            Self::Log { log, .. } => log.push_back(now),
        }
    }
}

/// What rules are made of.
#[derive(Debug, Clone, Copy)]
pub struct Drawn {
    pub rate: f64,
    pub burst: f64,
    pub phase: f64,
    pub length: f64,
}

impl Drawn {
    pub fn bucket(self) -> Rule {
        Rule::Bucket {
            rate: self.rate,
            burst: self.burst,
            level: self.burst,
            at: 0.0,
        }
    }

    fn count(self) -> f64 {
        (self.rate * self.length).round().max(1.0)
    }

    pub fn window(self) -> Rule {
        Rule::Window {
            count: self.count(),
            length: self.length,
            phase: self.phase * self.length,
            window: -1.0,
            used: 0.0,
        }
    }

    pub fn log(self) -> Rule {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a count of at most some ten thousand"
        )]
        let count = self.count() as usize;
        Rule::Log {
            count,
            length: self.length,
            log: VecDeque::new(),
        }
    }

    pub fn fading(self) -> Rule {
        Rule::Fading {
            // Below two it would never again let one through at once.
            count: self.count().max(2.0),
            length: self.length,
            phase: self.phase * self.length,
            window: -1.0,
            used: 0.0,
            before: 0.0,
        }
    }
}
