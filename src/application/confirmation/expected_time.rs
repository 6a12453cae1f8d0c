//! How long a run will take, said before it starts: rows and the requests for each, at the rate that its
//! earlier part or an earlier run found, or that is usual; and until when the access token is good for it.

use std::time::Duration;

use tokio::time::Instant;

use crate::application::run_settings::{RunSettings, Target};
use crate::engine::pipeline::{Task, UsageCheck};
use crate::model::clock;
use crate::model::wording::{grouped, plural};
use crate::pace::{Estimate, Rate};
use crate::setting::Setting;
use crate::setting::usage_after_row;
use crate::sheet::check::CheckedSheet;
use crate::webex::Renewal;

/// Requests a second where no limit is known: what the service documents for most of its calls. More is promised
/// only where a run of these rows got it for minutes: what is remembered of the limit may be of a short run, or of
/// a service that stood in for Webex.
const USUAL_RATE: f64 = 5.0;

/// A personal access token lives so long at most.
const PERSONAL_TOKEN: Duration = Duration::from_hours(12);

/// What a run will take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::application) struct ExpectedTime {
    rows: u64,
    requests_a_row: u64,
    /// Those that show what uses the numbers of rows, at most.
    usage_requests: u64,
    per_second: f64,
    known_from: KnownFrom,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KnownFrom {
    AnEarlierRun,
    /// One that was faster. For how long it would have stayed so nobody knows.
    AFasterRun,
    TheRateFlag,
    WhatIsUsual,
}

/// What this number of rows will take.
pub(in crate::application) fn expected_time(
    settings: &RunSettings,
    checked: &CheckedSheet,
    rows: u64,
) -> ExpectedTime {
    let reads = checked
        .setting
        .map_or(1, |setting| setting.resources.len() as u64);
    let is_read_back = |setting: &Setting| setting.when_ignored.is_some();
    let read_back = u64::from(checked.setting.is_some_and(is_read_back));
    let requests_a_row = match settings.spec.task {
        Task::Write => 1,
        Task::Read => reads,
        Task::ReadThenWrite => reads + 1 + read_back,
    };
    #[expect(clippy::cast_precision_loss, reason = "there are few users")]
    let of_all = |of_each: f64| of_each * settings.users as f64;
    let is_real = matches!(settings.target, Target::Service { .. });
    let measured = settings.lineage.requests_a_second.filter(|_| is_real);
    let remembered = settings.pace.remembered.and_then(trusted);
    let (known, known_from) = match (measured, remembered) {
        // These rows, or others of their run, took so long.
        (Some(measured), _) => (measured, KnownFrom::AnEarlierRun),
        (None, Some(per_second)) if per_second > USUAL_RATE => {
            (of_all(USUAL_RATE), KnownFrom::AFasterRun)
        }
        (None, Some(per_second)) => (of_all(per_second), KnownFrom::AnEarlierRun),
        (None, None) => (of_all(USUAL_RATE), KnownFrom::WhatIsUsual),
    };
    let ceiling = settings.pace.ceiling.map(Rate::per_second);
    let (per_second, known_from) = match ceiling {
        Some(ceiling) if ceiling <= known => (ceiling, KnownFrom::TheRateFlag),
        _ => (known, known_from),
    };
    ExpectedTime {
        rows,
        requests_a_row,
        usage_requests: usage_requests(settings, checked, rows),
        per_second: per_second.max(0.01),
        known_from,
    }
}

/// A remembered rate if it was seen to hold. What a few requests made of it is a guess: one row that had to wait for a
/// minute says nothing of how long the next one takes.
fn trusted(found: Estimate) -> Option<f64> {
    found.is_known().then_some(found.per_second)
}

/// Requests that show what uses the numbers of the rows, where it is asked.
fn usage_requests(settings: &RunSettings, checked: &CheckedSheet, rows: u64) -> u64 {
    let Some(setting) = checked.setting else {
        return 0;
    };
    let is_plan = settings.spec.task == Task::Read;
    let check = settings.spec.usage_check;
    let asked = match check {
        UsageCheck::Never => 0,
        UsageCheck::Always => rows,
        UsageCheck::WhereCleared if is_plan && check.plan_asks_of_all(setting) => rows,
        UsageCheck::WhereCleared => rows.min(checked.rows_about_usage),
    };
    asked.saturating_mul(usage_after_row::read_for_usage(setting, is_plan).len() as u64)
}

impl ExpectedTime {
    pub(in crate::application) fn with_requests_a_row(self, requests_a_row: u64) -> ExpectedTime {
        ExpectedTime {
            requests_a_row,
            ..self
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "an estimate in seconds")]
    fn length(&self) -> Duration {
        let requests = self.rows as f64 * self.requests_a_row as f64 + self.usage_requests as f64;
        let seconds = (requests / self.per_second).ceil().max(1.0);
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }

    pub(in crate::application) fn in_words(&self) -> String {
        clock::in_words(self.length())
    }

    /// `20,000 rows take about 2 h 14 min: 2 requests each, at 5 a second, as is usual`
    pub(in crate::application) fn sentence(&self) -> String {
        let verb = if self.rows == 1 { "takes" } else { "take" };
        let about = match self.known_from {
            KnownFrom::AFasterRun => "up to",
            _ => "about",
        };
        let from = match self.known_from {
            KnownFrom::AnEarlierRun => "as an earlier run found",
            KnownFrom::AFasterRun => "which is usual; an earlier run was faster",
            KnownFrom::TheRateFlag => "as --rate says",
            KnownFrom::WhatIsUsual => "which is usual",
        };
        let more = match self.usage_requests {
            0 => String::new(),
            more => format!(
                " and up to {} more to see what uses the numbers",
                grouped(more)
            ),
        };
        format!(
            "{} {verb} {about} {}: {} each{more}, at {} a second, {from}",
            plural(self.rows, "row"),
            self.in_words(),
            plural(self.requests_a_row, "request"),
            say_rate(self.per_second),
        )
    }

    /// What is known of the end of the access token.
    pub(in crate::application) fn token_sentence(
        &self,
        target: &Target,
        renewal: Renewal,
    ) -> Option<String> {
        if matches!(target, Target::Rehearsal { .. }) {
            return None;
        }
        match renewal {
            Renewal::DueAt(at) => {
                let good_for = at.checked_duration_since(Instant::now())?;
                // Where no end is said there is none to tell.
                let is_told = !good_for.is_zero() && good_for < Duration::from_hours(24 * 300);
                let (whose, verb) = match target {
                    Target::Service { credentials, .. } if credentials.len() > 1 => {
                        ("all access tokens are", "are")
                    }
                    _ => ("the access token is", "is"),
                };
                is_told.then(|| {
                    format!(
                        "{whose} good until {} at least, and {verb} renewed in time",
                        clock::time_of_day(clock::now(), good_for)
                    )
                })
            }
            Renewal::Impossible if self.length() > PERSONAL_TOKEN => Some(
                "warning: that is longer than a personal access token lives, which is 12 hours; with a service app (--service-app) the run needs no new one"
                    .to_string(),
            ),
            Renewal::Impossible => None,
        }
    }
}

/// `5` or `0.8`.
fn say_rate(per_second: f64) -> String {
    let rounded = format!("{per_second:.1}");
    rounded.trim_end_matches(".0").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(rows: u64, requests_a_row: u64, per_second: f64) -> ExpectedTime {
        ExpectedTime {
            rows,
            requests_a_row,
            usage_requests: 0,
            per_second,
            known_from: KnownFrom::WhatIsUsual,
        }
    }

    #[test]
    fn rows_and_their_requests_and_the_rate_make_the_time() {
        for (expected, sentence) in [
            (
                expected(20_000, 2, 5.0),
                "20,000 rows take about 2 h 13 min: 2 requests each, at 5 a second, which is usual",
            ),
            (
                expected(1, 1, 0.84),
                "1 row takes about 2 s: 1 request each, at 0.8 a second, which is usual",
            ),
            (
                ExpectedTime {
                    known_from: KnownFrom::AFasterRun,
                    ..expected(1000, 1, 5.0)
                },
                "1,000 rows take up to 3 min 20 s: 1 request each, at 5 a second, which is usual; an earlier run was faster",
            ),
            (
                ExpectedTime {
                    usage_requests: 1200,
                    ..expected(1000, 1, 5.0)
                },
                "1,000 rows take about 7 min 20 s: 1 request each and up to 1,200 more to see what uses the numbers, at 5 a second, which is usual",
            ),
        ] {
            assert_eq!(expected.sentence(), sentence);
        }
    }

    #[test]
    fn a_rate_is_trusted_as_far_as_it_was_observed() {
        for (per_second, spread, expected) in [
            // Found, and found long ago.
            (16.0, 0.05, Some(16.0)),
            (16.0, 0.65, Some(16.0)),
            // Made of two rows, the last of which was refused.
            (16.0, 1.0, None),
            // Made of one row, which had to wait for 45 seconds.
            (0.02, 1.0, None),
            (2.0, 0.05, Some(2.0)),
        ] {
            let found = Estimate {
                per_second,
                burst: 0.0,
                spread,
                age: Duration::ZERO,
                is_of_another: false,
            };
            assert_eq!(trusted(found), expected, "{found:?}");
        }
    }

    #[test]
    fn a_run_that_outlives_a_personal_token_is_told_so() {
        let target = Target::Service {
            base_url: crate::webex::base_url::BaseUrl::read("https://webexapis.com/v1")
                .expect("a URL"),
            proxy: None,
            credentials: Vec::new(),
        };
        let said = |rows| expected(rows, 1, 5.0).token_sentence(&target, Renewal::Impossible);
        assert_eq!(said(200_000), None);
        assert!(said(220_000).expect("a warning").contains("12 hours"));
        let rehearsal = Target::Rehearsal {
            speed: 1.0,
            users: 1,
        };
        let long = expected(220_000, 1, 5.0);
        assert_eq!(long.token_sentence(&rehearsal, Renewal::Impossible), None);
    }
}
