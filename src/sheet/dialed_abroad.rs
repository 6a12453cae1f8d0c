//! Numbers as they are dialed from a country to another one: behind `00` in most, `010` in Japan, `001` and others
//! in Singapore, each by another carrier. The library of numbering plans knows what is dialed where. They are sent
//! as they stand. Where the same digits are another number as well, or are dialed so from other countries alone, the
//! cell is a problem with what they can be.

use crate::sheet::cell_diagnostics::CellDiagnostic;
use crate::sheet::country::Country;
use crate::sheet::digit_groups::DigitGroups;
use crate::sheet::numbering_plan::{Plan, SHORTEST_DIALED};
use crate::sheet::problem_kind::ProblemKind;

/// Dialed before the country code in most countries, and written for the `+` in others.
const WRITTEN: &str = "00";

/// What is dialed before the country code in other countries: in most, in Australia, in North America, in Japan, in
/// Singapore and Hong Kong, in Nigeria.
const PREFIXES: [&str; 6] = [WRITTEN, "0011", "011", "010", "001", "009"];

/// Japan's code, and how many digits choose a carrier there, `0033` or `009130`, before a number of the country.
/// The library does not know them: <https://en.wikipedia.org/wiki/Telephone_numbers_in_Japan>
const JAPAN: &str = "81";
const CARRIER: [usize; 2] = [4, 6];

/// A number of another country that is dialed from here.
#[derive(Debug)]
pub(super) struct DialedAbroad<'n> {
    /// How many digits are dialed before the country code.
    pub(super) prefix: usize,
    pub(super) plan: &'static Plan,
    pub(super) after_code: &'n str,
}

impl DialedAbroad<'_> {
    fn whole(&self) -> String {
        format!("+{}{}", self.plan.code, self.after_code)
    }

    fn is_possible(&self) -> bool {
        self.plan.is_possible(self.after_code.len())
    }

    fn is_in_use(&self) -> bool {
        self.plan.is_in_use(self.after_code)
    }

    /// It is written with `00` for the `+`, or is another number for this reason.
    fn or(&self, other: &str, reason: &str) -> CellDiagnostic {
        CellDiagnostic {
            kind: ProblemKind::CountryUnclear,
            says: format!(
                "can be read as {}, if 00 stands for the +, or as {other}, if {reason}; write the one that is meant",
                self.whole()
            ),
        }
    }
}

/// The number of another country that bare digits are where they are dialed from `country`. `None`: they are
/// none, or one behind the `00` that is dialed there. An error where they can be read two ways, or are not dialed
/// there.
pub(super) fn read<'n>(
    groups: &DigitGroups<'_>,
    digits: &'n str,
    country: &Country,
) -> Result<Option<DialedAbroad<'n>>, CellDiagnostic> {
    let home = country.plan();
    let dialed = as_dialed(digits, home).filter(DialedAbroad::is_in_use);
    let Some(written) = as_written(digits) else {
        return match dialed {
            None => from_elsewhere(digits, country).map_or(Ok(None), Err),
            dialed => Ok(dialed),
        };
    };
    let is_dialed_here = home.dials_abroad_with(WRITTEN) && written.is_possible();
    if groups.first() == WRITTEN && is_dialed_here {
        return Ok(None);
    }
    let dialed = dialed.filter(|_| groups.first() != WRITTEN);
    let Some(dialed) = dialed else {
        return match behind_carrier(digits, home) {
            Some((carrier, number)) if written.is_possible() && written.plan != home => {
                Err(written.or(&number, &format!("{carrier} chooses a carrier")))
            }
            _ if is_dialed_here => Ok(None),
            _ => from_elsewhere(digits, country).map_or(Ok(None), Err),
        };
    };
    if dialed.prefix == written.prefix {
        return Ok(None);
    }
    if !written.is_in_use() {
        return Ok(Some(dialed));
    }
    let prefix = &digits[..dialed.prefix];
    let reason = format!("{prefix} is what {} dials", country.code());
    Err(written.or(&dialed.whole(), &reason))
}

/// What is wrong with digits that are a number where they are dialed from other countries than `country`.
fn from_elsewhere(digits: &str, country: &Country) -> Option<CellDiagnostic> {
    if digits.len() < SHORTEST_DIALED {
        return None;
    }
    let others = PREFIXES.into_iter();
    let others = others.filter(|prefix| !country.plan().dials_abroad_with(prefix));
    let readings: Vec<(&str, String)> = others
        .filter_map(|prefix| {
            let (plan, after_code) = Plan::of_international(digits.strip_prefix(prefix)?)?;
            let is_number = if prefix == WRITTEN {
                plan.is_possible(after_code.len())
            } else {
                plan.is_in_use(after_code)
            };
            is_number.then(|| (prefix, format!("+{}{after_code}", plan.code)))
        })
        .collect();
    let says = match &readings[..] {
        [] => return None,
        [(prefix, number)] => format!(
            "begins with {prefix}, which is not what {} dials before the code of another country; write {number} if that is the number",
            country.code()
        ),
        all => {
            let ways = all.iter().map(|(prefix, number)| {
                format!("{number}, if {prefix} is dialed before the country code")
            });
            let ways: Vec<String> = ways.collect();
            format!(
                "can be read as {}; write the one that is meant",
                ways.join(", or as ")
            )
        }
    };
    Some(CellDiagnostic {
        kind: ProblemKind::CountryUnclear,
        says,
    })
}

/// What is wrong with digits that could be a number of `country` of which it has none yet, and are one in use where they
/// are dialed from elsewhere.
pub(super) fn or_of_country(
    digits: &str,
    after_code: &str,
    country: &Country,
) -> Option<CellDiagnostic> {
    let plan = country.plan();
    if plan.is_in_use(after_code) {
        return None;
    }
    let CellDiagnostic { kind, says } = from_elsewhere(digits, country)?;
    let says = format!(
        "{says}, or +{}{after_code} if it is one of {}",
        plan.code,
        country.code()
    );
    Some(CellDiagnostic { kind, says })
}

/// Whether bare digits are dialed to another country, in use or not.
pub(super) fn is_dialed(digits: &str, country: &Country) -> bool {
    as_dialed(digits, country.plan()).is_some() || as_written(digits).is_some()
}

fn as_dialed<'n>(digits: &'n str, home: &Plan) -> Option<DialedAbroad<'n>> {
    let (prefix, rest) = home.exit_prefix(digits)?;
    let (plan, after_code) = Plan::of_international(rest)?;
    Some(DialedAbroad {
        prefix,
        plan,
        after_code,
    })
}

fn as_written(digits: &str) -> Option<DialedAbroad<'_>> {
    let (plan, after_code) = Plan::of_international(digits.strip_prefix(WRITTEN)?)?;
    Some(DialedAbroad {
        prefix: WRITTEN.len(),
        plan,
        after_code,
    })
}

/// What chooses a carrier, and the number of the country itself behind it.
fn behind_carrier<'n>(digits: &'n str, home: &Plan) -> Option<(&'n str, String)> {
    let mut lengths = CARRIER.into_iter().filter(|_| home.code == JAPAN);
    lengths.find_map(|length| {
        let (carrier, rest) = digits.split_at_checked(length)?;
        let national = home.national(rest)?;
        let is_one = home.is_in_use(national);
        is_one.then(|| (carrier, format!("+{}{national}", home.code)))
    })
}
