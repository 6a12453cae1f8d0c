//! Reads a `Retry-After` header into the time to wait from `now`.

use std::time::Duration;

use jiff::civil::DateTime;
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::model::response::RetryAfter;

/// What a past or zero time becomes: asking again at once earns another refusal.
const INSTEAD_OF_NONE: Duration = Duration::from_secs(1);

/// Longer than anyone waits; keeps an absurd value within what clocks can add.
const LONGEST_WAIT: Duration = Duration::from_hours(366 * 24);

/// From here on a number is no length of time but a point in it: seconds since 1970, and
/// milliseconds. As a length the first is 31 years.
const SECONDS_SINCE_1970: f64 = 1e9;
const MILLISECONDS_SINCE_1970: f64 = 1e12;
const MICROSECONDS_SINCE_1970: f64 = 1e15;
const NANOSECONDS_SINCE_1970: f64 = 1e18;
/// Up to a hundred times where each begins, which is far in the future; beyond it a number is absurd.
const SPAN: f64 = 100.0;

/// Reads all `Retry-After` headers of one answer; of several, the longest wait counts.
///
/// A point in time is held against the answer's own `Date`, where it has one, so that a clock that
/// is wrong here does no harm.
pub fn read<'a>(
    headers: impl Iterator<Item = &'a [u8]>,
    date: Option<&[u8]>,
    now: Timestamp,
) -> RetryAfter {
    let mut headers = headers.peekable();
    if headers.peek().is_none() {
        return RetryAfter::Missing;
    }
    let date = date.and_then(|date| std::str::from_utf8(date).ok());
    let now = date.and_then(|text| read_date(text.trim())).unwrap_or(now);
    headers.fold(RetryAfter::Missing, |so_far, header| {
        let wait = std::str::from_utf8(header)
            .ok()
            .and_then(|text| read_one(text.trim(), now));
        match (so_far, wait) {
            (RetryAfter::Wait(one), Some(other)) => RetryAfter::Wait(one.max(other)),
            (RetryAfter::Wait(one), None) => RetryAfter::Wait(one),
            (_, Some(wait)) => RetryAfter::Wait(wait),
            (_, None) => RetryAfter::Unreadable,
        }
    })
}

/// One time to wait, or several with commas between them, as some proxies join headers: the longest counts.
fn read_one(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim_matches(|around: char| around.is_whitespace() || "\";".contains(around));
    if is_one_number_in_groups(text) {
        return None;
    }
    let Some(wait) = read_wait(text, now) else {
        let waits = parts(text).into_iter().map(|one| read_wait(&one, now));
        return waits.collect::<Option<Vec<_>>>()?.into_iter().max();
    };
    Some(wait)
}

/// `1,795,698,030`: what it counts is not known.
fn is_one_number_in_groups(text: &str) -> bool {
    let mut groups = text.split(',').skip(1).peekable();
    let is_group =
        |group: &str| group.len() == 3 && group.bytes().all(|byte| byte.is_ascii_digit());
    text.matches(',').count() > 1 && groups.peek().is_some() && groups.all(is_group)
}

/// What stands between commas, but for that of a day of the week, which belongs to its date.
fn parts(text: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut day = String::new();
    for part in text.split(',').map(str::trim) {
        if day.is_empty() && !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphabetic())
        {
            day = format!("{part}, ");
        } else {
            parts.push(std::mem::take(&mut day) + part);
        }
    }
    if !day.is_empty() {
        parts.push(day);
    }
    parts
}

fn read_wait(text: &str, now: Timestamp) -> Option<Duration> {
    // A negative span is a time in the past.
    let until = |then: Timestamp| Duration::try_from(then.duration_since(now)).unwrap_or_default();
    let wait = match read_number(text) {
        Some(seconds) => match point_in_time(seconds) {
            Some(then) => until(then),
            None => Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(LONGEST_WAIT),
        },
        None => {
            if let Some(then) = read_date(text) {
                until(then)
            } else {
                // `120s`, `2 minutes`, `PT2M`.
                let span: SignedDuration = text.parse().ok()?;
                match point_in_time(span.as_secs_f64()) {
                    Some(then) => until(then),
                    None => Duration::try_from(span).unwrap_or_default(),
                }
            }
        }
    };
    if wait.is_zero() {
        return Some(INSTEAD_OF_NONE);
    }
    Some(wait.min(LONGEST_WAIT))
}

fn point_in_time(number: f64) -> Option<Timestamp> {
    let a_second = [
        (SECONDS_SINCE_1970, 1.0),
        (MILLISECONDS_SINCE_1970, 1e3),
        (MICROSECONDS_SINCE_1970, 1e6),
        (NANOSECONDS_SINCE_1970, 1e9),
    ];
    let is_of = |begins: f64| (begins..begins * SPAN).contains(&number);
    let (_, a_second) = a_second.into_iter().find(|(begins, _)| is_of(*begins))?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the numbers in question are far below 2^63"
    )]
    let milliseconds = (number / a_second * 1000.0) as i64;
    Timestamp::from_millisecond(milliseconds).ok()
}

/// A whole or decimal number, also as `1e3`. Not what `f64::from_str` takes as well, `inf` and `nan`.
fn read_number(text: &str) -> Option<f64> {
    let is_of_number = |byte: u8| byte.is_ascii_digit() || b".eE+-".contains(&byte);
    if !text.bytes().all(is_of_number) {
        return None;
    }
    text.parse().ok()
}

/// The three forms of RFC 9110: `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37
/// GMT` and `Sun Nov  6 08:49:37 1994`, and those of RFC 3339 and RFC 2822, with another zone. The day of the week adds nothing
/// and is passed over; without a zone the time is that of Greenwich.
fn read_date(text: &str) -> Option<Timestamp> {
    if let Ok(then) = text.parse() {
        return Some(then);
    }
    let is_zone = |word: &str| ["gmt", "utc", "ut", "z"].contains(&&*word.to_ascii_lowercase());
    let is_day_of_week = |word: &str| word.ends_with(',');
    let words: Vec<&str> = text
        .split_ascii_whitespace()
        .filter(|word| !is_zone(word) && !is_day_of_week(word))
        .collect();
    let date = words.join(" ");
    let zoned = DateTimeParser::new().parse_timestamp(&date).ok();
    let local = || {
        [
            "%d %b %Y %H:%M:%S",
            "%d-%b-%y %H:%M:%S",
            "%a %b %d %H:%M:%S %Y",
        ]
        .iter()
        .find_map(|format| DateTime::strptime(format, &date).ok())
        // Only the last day of the year 9999 is past what a timestamp can hold.
        .map(|civil| TimeZone::UTC.to_timestamp(civil).unwrap_or(Timestamp::MAX))
    };
    zoned.or_else(local)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1994-11-06 08:49:37 UTC, the date of the RFC's examples.
    fn now() -> Timestamp {
        Timestamp::from_second(784_111_777).expect("in range")
    }

    fn read_all(headers: &[&str]) -> RetryAfter {
        read(headers.iter().map(|text| text.as_bytes()), None, now())
    }

    fn wait(seconds: f64) -> RetryAfter {
        RetryAfter::Wait(Duration::from_secs_f64(seconds))
    }

    #[test]
    fn every_form_and_every_absurdity() {
        for (header, expected) in [
            ("30", wait(30.0)),
            (" 30 ", wait(30.0)),
            ("2.5", wait(2.5)),
            ("3600", wait(3600.0)),
            ("0", wait(1.0)),
            ("0.0", wait(1.0)),
            ("0.2", wait(0.2)),
            ("-5", wait(1.0)),
            ("Sun, 06 Nov 1994 08:50:07 GMT", wait(30.0)),
            ("Sunday, 06-Nov-94 08:50:07 GMT", wait(30.0)),
            ("Sun Nov  6 08:50:07 1994", wait(30.0)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", wait(1.0)),
            (
                "Fri, 31 Dec 9999 23:59:59 GMT",
                RetryAfter::Wait(LONGEST_WAIT),
            ),
            ("99999999999999999999999", RetryAfter::Wait(LONGEST_WAIT)),
            // 784111807 s is before 2001, which no service of today says.
            ("784111807", RetryAfter::Wait(LONGEST_WAIT)),
            ("rand(30),add(30)", RetryAfter::Unreadable),
            ("", RetryAfter::Unreadable),
            (".", RetryAfter::Unreadable),
            ("1.2.3", RetryAfter::Unreadable),
            ("inf", RetryAfter::Unreadable),
            ("1e3", wait(1000.0)),
            ("1e99", RetryAfter::Wait(LONGEST_WAIT)),
            ("5, 60", wait(60.0)),
            ("60,5", wait(60.0)),
            ("5, soon", RetryAfter::Unreadable),
            ("1,795,698,030", RetryAfter::Unreadable),
            ("1,120", wait(120.0)),
            ("\"30\"", wait(30.0)),
            ("30;", wait(30.0)),
            ("+30", wait(30.0)),
            ("30s", wait(30.0)),
            ("30 seconds", wait(30.0)),
            ("2m", wait(120.0)),
            ("PT2M", wait(120.0)),
            ("-PT2M", wait(1.0)),
            ("sun, 06 nov 1994 08:50:07 gmt", wait(30.0)),
            ("06 Nov 1994 08:50:07 GMT", wait(30.0)),
            ("Sun, 06 Nov 1994 08:50:07 UTC", wait(30.0)),
            ("Sun, 06 Nov 1994 08:50:07", wait(30.0)),
            ("Sun, 06 Nov 1994 08:50:07 +0000", wait(30.0)),
            ("Sun, 06 Nov 1994 09:50:07 +0100", wait(30.0)),
            ("Sun, 06 Nov 1994 08:50 +0000", wait(23.0)),
            ("Sun Nov  6 08:50:07 UTC 1994", wait(30.0)),
            ("1994-11-06T08:50:07Z", wait(30.0)),
            ("1994-11-06T09:50:07+01:00", wait(30.0)),
            ("NaN", RetryAfter::Unreadable),
            ("soon", RetryAfter::Unreadable),
            ("٣", RetryAfter::Unreadable),
        ] {
            assert_eq!(read_all(&[header]), expected, "{header:?}");
        }
    }

    #[test]
    fn of_several_headers_the_longest_readable_wait_counts() {
        assert_eq!(read_all(&[]), RetryAfter::Missing);
        assert_eq!(read_all(&["5", "60"]), wait(60.0));
        assert_eq!(read_all(&["60", "soon"]), wait(60.0));
        assert_eq!(read_all(&["soon", "60"]), wait(60.0));
    }

    #[test]
    fn a_point_in_time_is_held_against_the_date_of_the_answer() {
        // Our clock says 2026-11-26 12:00:00, the answer an hour later.
        let now = Timestamp::from_second(1_795_694_400).expect("in range");
        let date = "Thu, 26 Nov 2026 13:00:00 GMT";
        for (header, with_date, without) in [
            ("Thu, 26 Nov 2026 13:00:30 GMT", 30, 3630),
            ("1795698030", 30, 3630),
            ("1795698030.5", 31, 3631),
            ("1795698030000", 30, 3630),
            ("1795698030000000", 30, 3630),
            ("1795698030000000000", 30, 3630),
            ("1795698030s", 30, 3630),
            ("1795698030000ms", 30, 3630),
            (
                "Thu, 26 Nov 2026 13:00:10 GMT, Thu, 26 Nov 2026 13:00:30 GMT",
                30,
                3630,
            ),
            ("5, Thu, 26 Nov 2026 13:00:30 GMT", 30, 3630),
            ("Thu, 26 Nov 2026 12:59:00 GMT", 1, 3540),
            ("1795690000", 1, 1),
            ("30", 30, 30),
        ] {
            let seconds = |date: Option<&str>| match read(
                std::iter::once(header.as_bytes()),
                date.map(str::as_bytes),
                now,
            ) {
                // Rounded up.
                RetryAfter::Wait(wait) => (wait + Duration::from_millis(999)).as_secs(),
                other => panic!("{other:?}"),
            };
            assert_eq!(seconds(Some(date)), with_date, "{header}");
            assert_eq!(seconds(None), without, "{header}");
            assert_eq!(seconds(Some("yesterday")), without, "{header}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_header_makes_it_panic(header in proptest::collection::vec(0u8.., 0..40)) {
            if let RetryAfter::Wait(wait) = read(std::iter::once(&header[..]), Some(&header), now()) {
                assert!(!wait.is_zero() && wait <= LONGEST_WAIT);
            }
        }
    }
}
