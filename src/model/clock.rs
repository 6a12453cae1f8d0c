//! The one place that reads the wall clock. Everything else takes the time as an argument or
//! uses tokio's clock.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The wall-clock time.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the place that owns the wall clock"
)]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// The time of day where the user is, `after` from `now`: `14:02:31`, with the date in front
/// when it is not today.
pub fn time_of_day(now: Timestamp, after: Duration) -> String {
    time_of_day_at(now.checked_add(after).unwrap_or(Timestamp::MAX), now)
}

/// The same of an instant, seen from `now`.
pub fn time_of_day_at(then: Timestamp, now: Timestamp) -> String {
    let zone = TimeZone::system();
    let (today, then) = (
        now.to_zoned_datetime(zone.clone()),
        then.to_zoned_datetime(zone),
    );
    let format = if today.date() == then.date() {
        "%H:%M:%S"
    } else {
        "%Y-%m-%d %H:%M:%S"
    };
    then.strftime(format).to_string()
}

/// The date and the time of day where the user is, and what their clock is called there:
/// `2026-03-04 14:02:31 CET`.
pub fn date_and_time(at: Timestamp) -> String {
    let there = at.to_zoned_datetime(TimeZone::system());
    there.strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
}

/// A length of time for programs.
pub fn milliseconds(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX)
}

/// A length of time for people, two units at most: `38 s`, `4 min 10 s`, `2 h 5 min`.
pub fn in_words(length: Duration) -> String {
    // Rounded up: a wait that is announced as over should be over.
    let seconds = length.as_secs() + u64::from(length.subsec_nanos() > 0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 if seconds.is_multiple_of(60) => format!("{} min", seconds / 60),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..86_400 if (seconds / 60).is_multiple_of(60) => format!("{} h", seconds / 3600),
        3600..86_400 => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3600 % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_read_well() {
        for (seconds, words) in [
            (0.0, "0 s"),
            (0.2, "1 s"),
            (38.0, "38 s"),
            (60.0, "1 min"),
            (250.0, "4 min 10 s"),
            (7200.0, "2 h"),
            (7500.0, "2 h 5 min"),
            (90_000.0, "1 d 1 h"),
        ] {
            assert_eq!(in_words(Duration::from_secs_f64(seconds)), words);
        }
    }
}
