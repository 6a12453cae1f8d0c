//! What the bar and its line say: text made from how things stand and the room there is.

use std::time::Duration;

use crate::model::clock;
use crate::model::wording::{grouped, plural};

/// Cells of the bar: where there is room, and the fewest that still tell something.
const WIDEST_BAR: usize = 30;
const NARROWEST_BAR: usize = 5;

/// How things stand in a run.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct View {
    pub(super) total: u64,
    /// Those of earlier runs included.
    pub(super) done: u64,
    /// Of this run alone.
    pub(super) as_asked: u64,
    pub(super) failed: u64,
    /// Rows that met an error and are to be tried again.
    pub(super) to_try_again: usize,
    pub(super) time_left: Option<Duration>,
    pub(super) activity: Activity,
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
    QueryError {
        since: Duration,
    },
    Stopping {
        answers: usize,
    },
}

impl View {
    /// The bar and the line below it, each of `width` columns at most.
    pub(super) fn frame(&self, width: usize) -> String {
        let rows = format!("{}/{}", grouped(self.done), grouped(self.total));
        let mut beside_bar = vec![rows];
        beside_bar.extend(self.time_left_text());
        let room = width.saturating_sub(NARROWEST_BAR + 1);
        let numbers = join_what_fits(&beside_bar, room);
        let used = numbers.chars().count() + 1;
        let cells = width.saturating_sub(used).min(WIDEST_BAR);
        let bar = self.bar(cells);
        let mut counts = self.counts();
        counts.insert(0, self.activity.to_text());
        let below = join_what_fits(&counts, width);
        format!(
            "{}\n{below}",
            truncate(format!("{bar} {numbers}").trim_start(), width)
        )
    }

    /// Where there is no terminal: all of it in one line.
    pub(super) fn line(&self) -> String {
        let rows = format!("{}/{}", grouped(self.done), grouped(self.total));
        let mut parts = vec![rows, self.activity.to_text()];
        parts.extend(self.counts());
        parts.extend(self.time_left_text());
        parts.join(", ")
    }

    fn bar(&self, cells: usize) -> String {
        let cells_done = u128::from(self.done.min(self.total)) * cells as u128;
        let full = cells_done / u128::from(self.total.max(1));
        let full = usize::try_from(full).unwrap_or(cells);
        "█".repeat(full) + &"░".repeat(cells - full)
    }

    fn counts(&self) -> Vec<String> {
        let mut counts = Vec::new();
        if self.failed > 0 {
            counts.push(format!("{} failed", grouped(self.failed)));
        }
        counts.push(format!("{} ok", grouped(self.as_asked)));
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
                format!("told to wait until {until} ({})", clock::in_words(*longer))
            }
            Activity::TryingAgain => "trying the last ones again".to_string(),
            Activity::QueryError { since } => {
                format!("no answer for {}, trying again", clock::in_words(*since))
            }
            Activity::Stopping { answers } => {
                format!("stopping, {} to come", plural(*answers as u64, "answer"))
            }
        }
    }
}

/// As many of `parts` as there is room for, the first ones first.
fn join_what_fits(parts: &[String], width: usize) -> String {
    let fits = |count: &usize| parts[..*count].join(" · ").chars().count() <= width;
    let count = (1..=parts.len()).rev().find(fits).unwrap_or(1);
    truncate(&parts[..count.min(parts.len())].join(" · "), width)
}

/// The first `width` columns, with a mark where something was cut off.
pub(super) fn truncate(text: &str, width: usize) -> String {
    console::truncate_str(text, width, "…").into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(activity: Activity) -> View {
        View {
            total: 20_000,
            done: 10_200,
            as_asked: 10_188,
            failed: 12,
            to_try_again: 0,
            time_left: Some(Duration::from_mins(125)),
            activity,
        }
    }

    fn views() -> Vec<View> {
        let rate = Some(12.34);
        let waiting = Activity::Waiting {
            until: "14:02:31".into(),
            longer: Duration::from_secs(38),
        };
        vec![
            View {
                done: 0,
                as_asked: 0,
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
            view(Activity::QueryError {
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

    fn frames(width: usize) -> String {
        let frames: Vec<String> = views().iter().map(|view| view.frame(width)).collect();
        frames.join("\n\n")
    }

    #[test]
    fn it_reads_well_at_80_columns() {
        insta::assert_snapshot!(frames(77), @"
        ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░ 0/20,000
        finding the pace · 0 ok

        ███████████████░░░░░░░░░░░░░░░ 10,200/20,000 · 2 h 5 min left
        finding the pace 12.3/s · 12 failed · 10,188 ok

        ███████████████░░░░░░░░░░░░░░░ 10,200/20,000 · 2 h 5 min left
        sending 12.3/s · 12 failed · 10,188 ok · 3 to try again

        ███████████████░░░░░░░░░░░░░░░ 10,200/20,000 · 2 h 5 min left
        told to wait until 14:02:31 (38 s) · 12 failed · 10,188 ok

        ███████████████░░░░░░░░░░░░░░░ 10,200/20,000 · 2 h 5 min left
        no answer for 12 s, trying again · 12 failed · 10,188 ok

        █████████████████████████████░ 19,998/20,000
        trying the last ones again · 12 failed · 10,188 ok

        ███████████████░░░░░░░░░░░░░░░ 10,200/20,000
        stopping, 10 answers to come · 12 failed · 10,188 ok
        ");
    }

    #[test]
    fn it_reads_well_at_40_columns() {
        insta::assert_snapshot!(frames(37), @"
        ░░░░░░░░░░░░░░░░░░░░░░░░░░░░ 0/20,000
        finding the pace · 0 ok

        ███░░░ 10,200/20,000 · 2 h 5 min left
        finding the pace 12.3/s · 12 failed

        ███░░░ 10,200/20,000 · 2 h 5 min left
        sending 12.3/s · 12 failed

        ███░░░ 10,200/20,000 · 2 h 5 min left
        told to wait until 14:02:31 (38 s)

        ███░░░ 10,200/20,000 · 2 h 5 min left
        no answer for 12 s, trying again

        ██████████████████████░ 19,998/20,000
        trying the last ones again

        ███████████░░░░░░░░░░░░ 10,200/20,000
        stopping, 10 answers to come
        ");
    }

    #[test]
    fn a_line_tells_the_same_where_there_is_no_terminal() {
        let lines: Vec<String> = views().iter().map(View::line).collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        0/20,000, finding the pace, 0 ok
        10,200/20,000, finding the pace 12.3/s, 12 failed, 10,188 ok, 2 h 5 min left
        10,200/20,000, sending 12.3/s, 12 failed, 10,188 ok, 3 to try again, 2 h 5 min left
        10,200/20,000, told to wait until 14:02:31 (38 s), 12 failed, 10,188 ok, 2 h 5 min left
        10,200/20,000, no answer for 12 s, trying again, 12 failed, 10,188 ok, 2 h 5 min left
        19,998/20,000, trying the last ones again, 12 failed, 10,188 ok
        10,200/20,000, stopping, 10 answers to come, 12 failed, 10,188 ok
        ");
    }

    #[test]
    fn no_line_is_longer_than_there_is_room() {
        for width in 1..120 {
            for view in views() {
                let frame = view.frame(width);
                assert_eq!(frame.lines().count(), 2);
                for line in frame.lines() {
                    assert!(line.chars().count() <= width, "{width}: {line}");
                }
            }
        }
    }
}
