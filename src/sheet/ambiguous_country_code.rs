//! Numbers that can be read two ways since nobody knows whether their country code is there: it may have been
//! left out behind a `+`, be there twice, or be that of another country than the one that was named.
//!
//! A number that is in use by one reading only is told by the library of numbering plans; which ranges are
//! in use changes, so this alone refuses nothing: it takes a second reading that is in use.

use crate::sheet::cell_diagnostics::CellDiagnostic;
use crate::sheet::country::Country;
use crate::sheet::dialed_abroad;
use crate::sheet::digit_groups::DigitGroups;
use crate::sheet::number_faults;
use crate::sheet::numbering_plan::{NORTH_AMERICA, Plan};
use crate::sheet::problem_kind::ProblemKind;

/// Shorter bare digits may be an extension with the prefix of its location.
const SHORTEST_COMPLETE: usize = 9;

fn unclear(says: String) -> CellDiagnostic {
    CellDiagnostic {
        kind: ProblemKind::CountryUnclear,
        says,
    }
}

/// A number behind `+` whose country code was left out: `+202-555-0101`. It may be one of `country`, and where
/// none was named, or it is grouped so, one of North America. `found` is what its digits are by themselves;
/// `None`: they begin with no country code.
pub(super) fn without_code(
    groups: &DigitGroups<'_>,
    digits: &str,
    found: Option<(&Plan, &str)>,
    country: Option<&Country>,
) -> Option<CellDiagnostic> {
    let north_america =
        Plan::of_code(NORTH_AMERICA).filter(|_| country.is_none() || groups.lengths() == [3, 3, 4]);
    // Where no country was named, numbers without their country code are taken for those of North America.
    let homes = country.map(Country::plan).into_iter().chain(north_america);
    homes.into_iter().find_map(|home| {
        let national = home.national(digits)?;
        if found.is_some_and(|(plan, _)| plan.code == home.code) || !home.is_in_use(national) {
            return None;
        }
        let whole = format!("+{}{national}", home.code);
        let Some((plan, after_code)) = found else {
            return Some(unclear(format!(
                "has no country code after the `+`; if it is a number of +{}, write {whole}",
                home.code
            )));
        };
        let is_grouped_as_home = is_grouped_as(groups, home, digits, national);
        let code = &plan.code;
        let is_other = is_grouped_as_home && !plan.is_in_use(after_code);
        if groups.first() == code && !is_other {
            return None;
        }
        if country.is_some() && groups.first() == code {
            return Some(unclear(format!(
                "could be {whole} with its country code left out, or a number of +{code}; write {whole}, or if it is one of +{code}, leave out --country and write the country code of all other numbers"
            )));
        }
        let begins_as_plan = || {
            let end = groups.first().len().checked_sub(code.len());
            end.is_some_and(|end| plan.group_ends(after_code).contains(&end))
        };
        let is_one_of_plan =
            plan.is_in_use(after_code) && (!is_grouped_as_home || begins_as_plan());
        (!is_one_of_plan).then(|| {
            unclear(format!(
                "could be {whole} with its country code left out, or a number of +{code}; write {whole}, or +{code} {after_code} with a space after the country code"
            ))
        })
    })
}

/// Whether the digits are in groups, each of which ends where one ends in a number of the plan, or before it.
fn is_grouped_as(groups: &DigitGroups<'_>, plan: &Plan, digits: &str, number: &str) -> bool {
    let before = digits.len() - number.len();
    let mut inside = plan.group_ends(number);
    inside.push(0);
    let mut ends = groups.ends().peekable();
    ends.peek().is_some()
        && ends.all(|end| {
            end.checked_sub(before)
                .is_some_and(|end| inside.contains(&end))
        })
}

/// A number whose country code stands there twice, `+49 49 30 1234567`, or before that of another country,
/// `+49 1 202 555 0101`.
pub(super) fn with_two_codes(
    groups: &DigitGroups<'_>,
    plan: &Plan,
    after_code: &str,
) -> Option<CellDiagnostic> {
    let second = groups.second().filter(|_| groups.first() == plan.code);
    let codes = [Some(&*plan.code), second];
    let inner = codes.into_iter().flatten().find_map(|code| {
        let inner = Plan::of_code(code)?;
        let rest = after_code.strip_prefix(code)?;
        inner.is_in_use(rest).then(|| format!("+{code}{rest}"))
    })?;
    (!plan.is_in_use(after_code)).then(|| {
        unclear(format!(
            "has a second country code after +{}; if the number is {inner}, write that",
            plan.code
        ))
    })
}

/// A number within the country whose groups are those of another one behind the country code: `062 21 5550100` in
/// Indonesia.
pub(super) fn behind_trunk(
    groups: &DigitGroups<'_>,
    plan: &Plan,
    digits: &str,
    after_code: &str,
) -> Option<CellDiagnostic> {
    let rest = after_code.strip_prefix(plan.code.as_str())?;
    let is_other = digits != after_code
        && is_grouped_as(groups, plan, digits, rest)
        && !is_grouped_as(groups, plan, digits, after_code)
        && plan.is_in_use(rest);
    is_other.then(|| number_faults::behind_trunk_and_code(plan, digits, rest))
}

/// Bare digits that are `after_code` as a number of the named country, and are in use only as one of another.
pub(super) fn of_another_country(
    groups: &DigitGroups<'_>,
    digits: &str,
    after_code: &str,
    country: &Country,
) -> Option<CellDiagnostic> {
    let plan = country.plan();
    if after_code != digits || plan.is_in_use(after_code) {
        return None;
    }
    let north_american = Plan::of_code(NORTH_AMERICA)
        .filter(|plan| groups.lengths() == [3, 3, 4] && plan.is_in_use(digits))
        .map(|plan| (plan, digits));
    let international = Plan::of_international(digits);
    let international = international.filter(|(plan, rest)| plan.is_in_use(rest));
    let (other, rest) = north_american.or(international)?;
    let code = country.code();
    Some(unclear(format!(
        "could be {code}{after_code} or +{}{rest}; write the one that is meant",
        other.code
    )))
}

/// Bare digits that are no number of the named country, and so long that they must be a complete one.
pub(super) fn of_no_country(
    groups: &DigitGroups<'_>,
    digits: &str,
    country: &Country,
) -> Option<CellDiagnostic> {
    let is_short = digits.len() < SHORTEST_COMPLETE;
    if is_short || dialed_abroad::is_dialed(digits, country) {
        return None;
    }
    // No group ends within a country code: `9 1 202 555 0101` is not one of +91.
    let is_apart = |plan: &Plan| groups.first().len() >= plan.code.len();
    let international = Plan::of_international(digits)
        .filter(|(plan, rest)| plan.is_in_use(rest) && is_apart(plan));
    if let Some((other, rest)) = international {
        let home = country.plan();
        let one_less = &digits[..digits.len() - 1];
        let is_one_too_many =
            home.is_strict() && !home.writes_trunk() && home.is_ordinary(one_less.len());
        return (is_one_too_many && home.is_in_use(one_less)).then(|| {
            unclear(format!(
                "has one digit too many for a number of {}, or is +{}{rest} with its `+` missing; write the one that is meant",
                country.code(),
                other.code
            ))
        });
    }
    let begins = digits.starts_with('0') && country.plan().is_ordinary(digits.len());
    let begins = if begins {
        ", and none begins like this"
    } else {
        ""
    };
    Some(unclear(format!(
        "is not a number of {} (those have {} digits{begins}) nor of another country with its `+` missing; correct it, or write + and its country code",
        country.code(),
        country.plan().lengths()
    )))
}
