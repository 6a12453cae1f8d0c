//! What a run shows of itself, as text for the room there is.

use std::time::Duration;

use super::user_lines::{self, UserLine};
use crate::model::clock;
use crate::model::wording::{grouped, plural};

/// Fewer cells of a bar tell nothing.
const NARROWEST_BAR: usize = 5;

/// How things stand in a run.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct View {
    pub(super) total: u64,
    /// Those of earlier runs included.
    pub(super) done: u64,
    /// Of this run alone.
    pub(super) succeeded: u64,
    pub(super) failed: u64,
    /// Rows that met an error and are to be tried again.
    pub(super) to_try_again: usize,
    pub(super) time_left: Option<Duration>,
    pub(super) activity: Activity,
    /// What each of several users does.
    pub(super) users: Vec<UserLine>,
}

/// What a run is activity now.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Activity {
    /// No limit met yet, or the limit is being narrowed down.
    FindingThePace {
        per_second: Option<f64>,
    },
    /// Just under the limit, or as fast as was allowed.
    Sending {
        per_second: Option<f64>,
    },
    /// The service asked for it.
    Waiting {
        until: String,
        longer: Duration,
    },
    /// Nothing is left but rows that met an error.
    TryingAgain,
    /// Nothing answers.
    Unanswered {
        since: Duration,
    },
    Stopping {
        answers: usize,
    },
}

impl View {
    /// What stands to the right of the bar and its counts, as far as there is room.
    pub(super) fn beside_bar(&self, width: usize) -> String {
        let counts = self.rows().chars().count() + 1;
        let room = width.saturating_sub(NARROWEST_BAR + counts);
        let left = self.time_left_text().map(|left| format!(" · {left}"));
        left.filter(|left| left.chars().count() <= room)
            .unwrap_or_default()
    }

    /// The lines below the bar.
    pub(super) fn below_bar(&self, width: usize) -> Vec<String> {
        let mut parts = vec![self.activity.to_text()];
        parts.extend(self.counts());
        let mut lines = vec![join_what_fits(&parts, width)];
        lines.extend(user_lines::below_bar(&self.users, width));
        lines
    }

    /// Where there is no terminal: all of it in one line.
    pub(super) fn line(&self) -> String {
        let mut parts = vec![self.rows(), self.activity.to_text()];
        parts.extend(user_lines::in_words(&self.users));
        parts.extend(self.counts());
        parts.extend(self.time_left_text());
        parts.join(", ")
    }

    fn rows(&self) -> String {
        format!("{}/{}", grouped(self.done), grouped(self.total))
    }

    fn counts(&self) -> Vec<String> {
        let mut counts = Vec::new();
        if self.failed > 0 {
            counts.push(format!("{} failed", grouped(self.failed)));
        }
        counts.push(format!("{} ok", grouped(self.succeeded)));
        if self.to_try_again > 0 && self.activity != Activity::TryingAgain {
            counts.push(format!(
                "{} to try again",
                grouped(self.to_try_again as u64)
            ));
        }
        counts
    }

    fn time_left_text(&self) -> Option<String> {
        let left = self.time_left?;
        Some(format!("{} left", clock::in_words(left)))
    }
}

impl Activity {
    fn to_text(&self) -> String {
        let rate = |per_second: &Option<f64>| {
            per_second.map_or(String::new(), |rate| format!(" {rate:.1}/s"))
        };
        match self {
            Activity::FindingThePace { per_second } => {
                format!("finding the pace{}", rate(per_second))
            }
            Activity::Sending { per_second } => format!("sending{}", rate(per_second)),
            Activity::Waiting { until, longer } => {
                format!("rate limited until {until} ({})", clock::in_words(*longer))
            }
            Activity::TryingAgain => "trying the last ones again".to_string(),
            Activity::Unanswered { since } => {
                format!("no answer for {}, trying again", clock::in_words(*since))
            }
            Activity::Stopping { answers } => {
                format!("stopping, {} to come", plural(*answers as u64, "answer"))
            }
        }
    }
}

/// As many of `parts` as there is room for, the first ones first.
pub(super) fn join_what_fits(parts: &[String], width: usize) -> String {
    let fits = |count: &usize| parts[..*count].join(" · ").chars().count() <= width;
    let count = (1..=parts.len()).rev().find(fits).unwrap_or(1);
    truncate(&parts[..count.min(parts.len())].join(" · "), width)
}

/// The first `width` columns, with a mark where something was cut off.
pub(super) fn truncate(text: &str, width: usize) -> String {
    console::truncate_str(text, width, "…").into_owned()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn view(activity: Activity) -> View {
        View {
            total: 20_000,
            done: 10_200,
            succeeded: 10_188,
            failed: 12,
            to_try_again: 0,
            time_left: Some(Duration::from_mins(125)),
            activity,
            users: Vec::new(),
        }
    }

    /// One of each kind.
    pub(in super::super) fn views() -> Vec<View> {
        let rate = Some(12.34);
        let waiting = Activity::Waiting {
            until: "14:02:31".into(),
            longer: Duration::from_secs(38),
        };
        vec![
            View {
                done: 0,
                succeeded: 0,
                failed: 0,
                time_left: None,
                ..view(Activity::FindingThePace { per_second: None })
            },
            view(Activity::FindingThePace { per_second: rate }),
            View {
                to_try_again: 3,
                ..view(Activity::Sending { per_second: rate })
            },
            view(waiting),
            view(Activity::Unanswered {
                since: Duration::from_secs(12),
            }),
            View {
                done: 19_998,
                to_try_again: 2,
                time_left: None,
                ..view(Activity::TryingAgain)
            },
            View {
                time_left: None,
                ..view(Activity::Stopping { answers: 10 })
            },
        ]
    }

    #[test]
    fn a_line_tells_the_same_where_there_is_no_terminal() {
        let lines: Vec<String> = views().iter().map(View::line).collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        0/20,000, finding the pace, 0 ok
        10,200/20,000, finding the pace 12.3/s, 12 failed, 10,188 ok, 2 h 5 min left
        10,200/20,000, sending 12.3/s, 12 failed, 10,188 ok, 3 to try again, 2 h 5 min left
        10,200/20,000, rate limited until 14:02:31 (38 s), 12 failed, 10,188 ok, 2 h 5 min left
        10,200/20,000, no answer for 12 s, trying again, 12 failed, 10,188 ok, 2 h 5 min left
        19,998/20,000, trying the last ones again, 12 failed, 10,188 ok
        10,200/20,000, stopping, 10 answers to come, 12 failed, 10,188 ok
        ");
    }
}
