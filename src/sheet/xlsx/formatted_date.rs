//! The date that a workbook's number is shown as.

use jiff::ToSpan;
use jiff::civil::{Date, date};

/// The day after the last one Excel knows, the end of the year 9999.
const LAST_DAY: f64 = 2_958_466.0;

/// What Excel shows for a date that is none.
pub(super) const NO_DATE: &str = "########";

const SECONDS_A_DAY: f64 = 86_400.0;

pub(super) fn show_date(days: f64, counts_from_1904: bool) -> String {
    if !(0.0..LAST_DAY).contains(&days) {
        return NO_DATE.to_string();
    }
    // Excel takes 1900 for a leap year, so days before its March are one off.
    let first: Date = match counts_from_1904 {
        true => date(1904, 1, 1),
        false if days < 60.0 => date(1899, 12, 31),
        false => date(1899, 12, 30),
    };
    let seconds = (days.fract() * SECONDS_A_DAY).round();
    let [hour, minute, second] = [seconds / 3600.0, seconds / 60.0 % 60.0, seconds % 60.0];
    let time = format!(
        "{:02}:{:02}:{:02}",
        hour.floor(),
        minute.floor(),
        second.floor()
    );
    let Ok(day) = format!("{:.0}", days.trunc())
        .parse::<i64>()
        .map_err(|_| ())
        .and_then(|days| first.checked_add(days.days()).map_err(|_| ()))
    else {
        return NO_DATE.to_string();
    };
    match (days < 1.0, days.fract() == 0.0) {
        (true, _) => time,
        (false, true) => day.to_string(),
        (false, false) => format!("{day} {time}"),
    }
}
