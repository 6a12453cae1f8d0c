//! Numbers as they are dialed from a country to another one: behind `00` in most, `010` in Japan, `001` and others
//! in Singapore, each by another carrier. The library of numbering plans knows what is dialed where. They are sent
//! as they stand; where the same digits are another number as well, the cell is a problem with both.

use crate::sheet::cell_diagnostics::CellDiagnostic;
use crate::sheet::country::Country;
use crate::sheet::digit_groups::DigitGroups;
use crate::sheet::numbering_plan::Plan;
use crate::sheet::problem_kind::ProblemKind;

/// Dialed before the country code in most countries, and written for the `+` in others.
const WRITTEN: &str = "00";

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
/// none, or one behind the `00` that all countries understand. An error where they can be read two ways.
pub(super) fn read<'n>(
    groups: &DigitGroups<'_>,
    digits: &'n str,
    country: &Country,
) -> Result<Option<DialedAbroad<'n>>, CellDiagnostic> {
    let home = country.plan();
    let dialed = as_dialed(digits, home).filter(DialedAbroad::is_in_use);
    let Some(written) = as_written(digits) else {
        return Ok(dialed);
    };
    if groups.first() == WRITTEN {
        return Ok(None);
    }
    let Some(dialed) = dialed else {
        return match behind_carrier(digits, home) {
            Some((carrier, number)) if written.is_possible() && written.plan != home => {
                Err(written.or(&number, &format!("{carrier} chooses a carrier")))
            }
            _ => Ok(None),
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
