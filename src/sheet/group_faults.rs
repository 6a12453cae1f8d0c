//! What the grouping of a cell's digits says: a minus sign, a decimal point, a range, two numbers, an
//! extension behind a number. Only what helps to read one number may be taken out; a cell that can be
//! read two ways is refused with its readings.

use crate::sheet::digit_groups::{COMPLETE, DigitGroups, Group, LONGEST_WITH_TRUNK};
use crate::sheet::numbering_plan::{LONGEST, Plan};
use crate::sheet::range_groups::{is_near, is_range_of_tens};

/// The same where there is no room left for an area before them.
const COMPLETE_ANYWHERE: usize = 10;

/// Digits of the number of a line in a list.
const LONGEST_OF_LIST: usize = 2;

const SHORTEST_EXTENSION: usize = 2;
pub(super) const LONGEST_EXTENSION: usize = 10;

/// Digits of a number of France, `01 23 45 67 89`.
const FRENCH: usize = 10;

const MONTHS: u32 = 12;
const DAYS: u32 = 31;

/// Numbers of three digits in a list lie closer together than this; those of Spain are grouped so too.
const LIST: u64 = 20;

/// What keeps a cell from being one number.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum GroupFault {
    Minus,
    Decimal,
    Range,
    /// A range, two numbers, or one.
    Ambiguous,
    /// The same in a country, where the number would be this one.
    PossiblyRange(String),
    /// A date as well.
    PossiblyDate,
    /// What stands first may count the lines of a list.
    PossiblyListed,
    /// So many digits follow a number that is complete without them.
    Extension {
        complete: String,
        rest: String,
    },
    /// The same, but with them it can be a number as well.
    PossiblyExtension {
        complete: String,
        rest: String,
    },
}

impl DigitGroups<'_> {
    /// What is wrong with the cell, whichever country it is for.
    pub(super) fn sign_or_point(&self) -> Option<GroupFault> {
        let is_dash = |text: &str| text.contains(['-', '–', '~']);
        if is_dash(&self.before) || is_dash(&self.behind) || self.is_in_brackets_alone() {
            return Some(GroupFault::Minus);
        }
        if self.is_listed() {
            return Some(GroupFault::PossiblyListed);
        }
        if self.before.contains('.') || self.has_decimal_point() {
            return Some(GroupFault::Decimal);
        }
        let is_range = |gap: &str| {
            gap.contains('~') || gap.contains("..") || gap.matches(['-', '–']).count() > 1
        };
        let is_left_open = self.behind.contains("..");
        (is_left_open || self.gaps().any(is_range)).then_some(GroupFault::Range)
    }

    /// `(857)`, which is -857 to an accountant.
    fn is_in_brackets_alone(&self) -> bool {
        let are_in_brackets = self.groups.iter().all(|group| group.in_brackets);
        let is_one_in_a_bracket = self.groups.len() == 1 && self.has_stray_bracket;
        (are_in_brackets || is_one_in_a_bracket) && !self.has_plus()
    }

    /// `1) 5501`, `1. 5501`, `(1) 5501`. A zero in front is that of an area: `06. 12345678`.
    fn is_listed(&self) -> bool {
        let [first, others @ ..] = &self.groups[..] else {
            return false;
        };
        let Some(second) = others.first() else {
            return false;
        };
        let rest: usize = others.iter().map(|group| group.digits.len()).sum();
        let is_area = first.digits.starts_with('0') && rest >= COMPLETE;
        let has_point = second.gap.trim_end() == "." && second.gap.ends_with(' ');
        let is_only_point = others[1..].iter().all(|group| !group.gap.contains('.'));
        first.digits.len() <= LONGEST_OF_LIST
            && !self.has_plus()
            && !is_area
            && (self.has_stray_bracket
                || (first.in_brackets && rest < COMPLETE)
                || (has_point && is_only_point))
    }

    /// `5501.5`, `0.5501`, `12025550101.000`, `5501.1.0`; but +1.2025550101 and 030.1234567 are ways to
    /// write a number.
    fn has_decimal_point(&self) -> bool {
        let [.., whole, fraction] = &self.groups[..] else {
            return false;
        };
        let points = self.gaps().filter(|gap| gap.contains('.')).count();
        let are_zeros = |digits: &str| digits.bytes().all(|digit| digit == b'0');
        let is_zero = are_zeros(fraction.digits);
        let is_point = fraction.gap == "." || is_zero && fraction.gap.trim() == ".";
        if !is_point || points > 1 {
            return is_point && fraction.digits == "0" && !self.has_plus();
        }
        if self.groups.len() > 2 {
            // Behind other groups four digits are a group as well.
            return is_zero && fraction.digits.len() <= 3;
        }
        if is_zero {
            return true;
        }
        let is_after_code = self.has_plus()
            && Plan::of_international(&self.digits())
                .is_some_and(|(plan, _)| plan.code == whole.digits);
        let is_area_code = !self.has_plus()
            && whole.digits.len() > 1
            && whole.digits.starts_with('0')
            && !are_zeros(whole.digits)
            && (self.digits().len() > COMPLETE || self.may_be_date());
        !is_after_code && !is_area_code
    }

    /// What is wrong with a number that begins with `+`, or that is in a country once its digits are
    /// completed to one: `after_code` are those of the country's own.
    pub(super) fn fault_in(&self, plan: &Plan, after_code: &str) -> Option<GroupFault> {
        let is_strict = plan.is_ordinary(after_code.len()) && plan.is_strict();
        if let Some((complete, rest)) = self.range_end() {
            let before = complete
                .len()
                .saturating_sub(self.digits().len() - after_code.len());
            if plan.is_possible(before) && before >= COMPLETE && !is_strict {
                return Some(self.extension(complete.len(), rest.len()));
            }
        }
        if self.ends_in_brackets() {
            let rest = self.groups.last().map_or(0, |group| group.digits.len());
            return Some(self.extension(self.digits().len() - rest, rest));
        }
        if plan.is_ordinary(after_code.len()) || plan.is_in_use(after_code) {
            return self.fault_behind_one_in_use(plan, after_code).or_else(|| {
                self.range_within(plan, after_code)
                    .map(GroupFault::PossiblyRange)
            });
        }
        let before_code = self.digits().len().checked_sub(after_code.len())?;
        let is_complete = |end: &usize| {
            end.checked_sub(before_code)
                .is_some_and(|length| plan.is_ordinary(length))
        };
        let complete = self.ends().filter(is_complete).last()?;
        Some(self.extension(complete, self.digits().len() - complete))
    }

    /// A number that is in use, and a group behind it, in a country that has numbers as long as both.
    fn fault_behind_one_in_use(&self, plan: &Plan, after_code: &str) -> Option<GroupFault> {
        // Most cells are one group, and the library takes longer than all else that is done for a cell.
        self.ends().next()?;
        let digits = self.digits();
        let before_code = digits.len().checked_sub(after_code.len())?;
        let is_in_use = plan.is_in_use(after_code);
        // Where the whole is none that is known, its beginning need not be known either: +64 9 123 4567 12.
        let is_as_long_as_one =
            |before: &str| !is_in_use && !plan.is_open() && plan.is_as_long_as_one(before.len());
        let is_complete = |end: &usize| {
            let before = end.checked_sub(before_code).map(|end| &after_code[..end]);
            before.is_some_and(|before| plan.is_complete(before) || is_as_long_as_one(before))
        };
        let complete = self.ends().filter(is_complete).last()?;
        let is_natural = || {
            let length = complete - before_code;
            plan.is_open() || plan.group_ends(after_code).contains(&length)
        };
        if is_in_use && is_natural() {
            return None;
        }
        match self.extension(complete, digits.len() - complete) {
            GroupFault::Extension { complete, rest } => {
                Some(GroupFault::PossiblyExtension { complete, rest })
            }
            fault => Some(fault),
        }
    }

    /// What the grouping of bare digits says, whose country is not known.
    pub(super) fn fault_without_country(&self) -> Option<GroupFault> {
        if self.groups.len() < 2 {
            return None;
        }
        let digits = self.digits();
        if self.ends_in_brackets() {
            let rest = self.groups.last().map_or(0, |group| group.digits.len());
            return Some(self.extension(digits.len() - rest, rest));
        }
        if digits.len() > LONGEST_EXTENSION
            && let Some((plan, after_code)) = dialed_in_australia(&digits)
        {
            let has_trunk = plan.without_kept_trunk(after_code).is_some();
            return self.fault_in(plan, after_code).filter(|_| !has_trunk);
        }
        if digits.len() > LONGEST_EXTENSION
            && let Some(international) = digits.strip_prefix("00")
            && let Some((plan, after_code)) = Plan::of_international(international)
        {
            return self.fault_in(plan, after_code);
        }
        let lengths = self.lengths();
        let is_area_code = digits.starts_with('0');
        let french = Some(FRENCH).filter(|_| is_area_code && lengths.starts_with(&[2; FRENCH / 2]));
        if let Some(end) = north_american(&lengths).or(french) {
            return (end < digits.len()).then(|| {
                if self.is_repeated(&lengths) {
                    GroupFault::Ambiguous
                } else {
                    self.extension(end, digits.len() - end)
                }
            });
        }
        if self.may_be_date() {
            return Some(GroupFault::PossiblyDate);
        }
        if self.is_repeated(&lengths) || self.is_ambiguous_pair(&lengths) {
            return Some(GroupFault::Ambiguous);
        }
        if let Some((complete, rest)) = self.range_end()
            && complete.len() >= COMPLETE
        {
            return Some(self.extension(complete.len(), rest.len()));
        }
        if self.holds_range() {
            return Some(GroupFault::Ambiguous);
        }
        let last = lengths.last().copied().unwrap_or_default();
        let first = lengths[0];
        if lengths.len() == 2 && !is_area_code && last < first && first >= COMPLETE {
            return Some(self.extension(first, last));
        }
        let longest = if is_area_code {
            LONGEST_WITH_TRUNK
        } else {
            LONGEST
        };
        if digits.len() <= longest {
            return None;
        }
        // `011` is what North America dials before a country code.
        match digits.strip_prefix("011").map(Plan::of_international) {
            Some(Some((plan, after_code))) => self.fault_in(plan, after_code),
            _ => Some(self.extension(digits.len() - last, last)),
        }
    }

    /// What stands behind a number that is complete in its country. `is_complete` tells whether digits
    /// are.
    pub(super) fn fault_behind_complete(
        &self,
        is_complete: impl Fn(&str) -> bool,
    ) -> Option<GroupFault> {
        let digits = self.digits();
        let complete = self
            .ends()
            .filter(|end| is_complete(&digits[..*end]))
            .last()?;
        let is_of_another_country = Plan::of_international(&digits)
            .is_some_and(|(plan, after_code)| plan.is_ordinary(after_code.len()));
        Some(if is_of_another_country {
            GroupFault::Ambiguous
        } else {
            self.extension(complete, digits.len() - complete)
        })
    }

    /// `05-2025`, `2025 5`, `31-1`: a month of a year, or a day.
    fn may_be_date(&self) -> bool {
        let [first, second] = &self.groups[..] else {
            return false;
        };
        let is_year = |group: &Group| {
            let digits = group.digits;
            digits.len() == 4 && (digits.starts_with("19") || digits.starts_with("20"))
        };
        let is_at_most = |group: &Group, most: u32| {
            let value = group.digits.parse().ok();
            group.digits.len() < 3 && value.is_some_and(|value| (1..=most).contains(&value))
        };
        [(first, second), (second, first)]
            .iter()
            .any(|(one, other)| {
                is_at_most(one, MONTHS) && (is_year(other) || is_at_most(other, DAYS))
            })
    }

    /// Two numbers side by side that would make one as well: `5501-5510`, `995-1005`, `5501-10`. A short
    /// number before a longer one, `7 201`, is how people write an extension behind the prefix of its
    /// location.
    fn is_ambiguous_pair(&self, lengths: &[usize]) -> bool {
        let [first, second] = &self.groups[..] else {
            return false;
        };
        let begin_with_zero = [first, second].map(|group| group.digits.starts_with('0'));
        if is_range_of_tens(first, second) {
            return true;
        }
        match lengths {
            [1 | 2, 1 | 2] => true,
            [one, other] if one == other => begin_with_zero != [true, false] || *one < 4,
            [one, other] if one > other => {
                let end = &first.digits[one - other..];
                if begin_with_zero[0] {
                    return one + other < COMPLETE || is_near(end, second.digits);
                }
                *one < COMPLETE && (*one > 3 || second.digits > end)
            }
            // What follows is a number of its own, and what stands before is no country code.
            [_, other] if *other >= COMPLETE_ANYWHERE && !begin_with_zero[0] => {
                !is_country_code(first.digits)
            }
            _ => begin_with_zero == [false, false] && is_near(first.digits, second.digits),
        }
    }

    /// The same grouping twice or more, `202-555-0101 202-555-0102`, or numbers that follow each
    /// other, `501 502 503`, `100 200 300`.
    fn is_repeated(&self, lengths: &[usize]) -> bool {
        let count = lengths.len();
        if count < 2 || self.groups[0].digits.starts_with('0') && count < 3 {
            return false;
        }
        let repeats = |part: usize| {
            count.is_multiple_of(part)
                && count > part
                && lengths[..part].iter().sum::<usize>() >= COMPLETE
                && lengths.chunks(part).all(|chunk| chunk == &lengths[..part])
        };
        if (2..=count / 2).any(repeats) {
            return true;
        }
        let values: Option<Vec<u64>> = self
            .groups
            .iter()
            .map(|group| group.digits.parse().ok())
            .collect();
        let is_list = values.is_some_and(|values| {
            let step = values[1].saturating_sub(values[0]);
            let is_even = step > 0 && values.windows(2).all(|two| two[0] + step == two[1]);
            match lengths[0] {
                1 => step == 1 && is_even && self.gaps().all(|gap| gap == " "),
                2 => step == 1 && is_even,
                3 => {
                    let span = values[count - 1].saturating_sub(values[0]);
                    let is_short = span <= LIST && values.windows(2).all(|two| two[0] < two[1]);
                    is_short || is_even && step.is_multiple_of(10)
                }
                _ => true,
            }
        });
        let are_alike = lengths.iter().all(|length| *length == lengths[0])
            && (!self.groups[0].digits.starts_with('0') || self.groups[1].digits.starts_with('0'));
        count > 2 && are_alike && is_list
    }

    /// A number and, behind the only dash that stands apart, what may be the end of a range:
    /// `030 1234500 – 99`.
    fn range_end(&self) -> Option<(String, &str)> {
        let is_apart =
            |gap: &str| gap.contains('–') || gap.trim_matches(' ') != gap && gap.contains('-');
        let last = self.groups.last()?;
        let before = self
            .groups
            .len()
            .checked_sub(2)
            .map(|at| &self.groups[at])?;
        if !is_apart(&last.gap) || self.gaps().filter(|gap| is_apart(gap)).count() > 1 {
            return None;
        }
        let digits = self.digits();
        let complete = digits[..digits.len() - last.digits.len()].to_string();
        (last.digits.len() <= before.digits.len()).then_some((complete, last.digits))
    }

    fn ends_in_brackets(&self) -> bool {
        match &self.groups[..] {
            [others @ .., last] => {
                last.in_brackets && others.iter().any(|group| !group.in_brackets)
            }
            [] => false,
        }
    }

    fn extension(&self, complete: usize, rest: usize) -> GroupFault {
        if rest >= COMPLETE || complete < SHORTEST_EXTENSION {
            return GroupFault::Ambiguous;
        }
        let digits = self.digits();
        let plus = if self.has_plus() { "+" } else { "" };
        GroupFault::Extension {
            complete: format!("{plus}{}", &digits[..complete]),
            rest: digits[digits.len() - rest..].to_string(),
        }
    }
}

/// The number behind `0011`, which is dialed before the country code in Australia.
pub(super) fn dialed_in_australia(digits: &str) -> Option<(&'static Plan, &str)> {
    let (plan, after_code) = Plan::of_international(digits.strip_prefix("0011")?)?;
    let is_number =
        plan.is_ordinary(after_code.len()) || plan.without_kept_trunk(after_code).is_some();
    is_number.then_some((plan, after_code))
}

fn is_country_code(digits: &str) -> bool {
    Plan::of_international(digits).is_some_and(|(_, rest)| rest.is_empty())
}

/// How many digits are grouped as in North America, `1 202 555 0101`, where the first ones are.
fn north_american(lengths: &[usize]) -> Option<usize> {
    match lengths {
        [3, 3, 4, ..] => Some(10),
        [1, 3, 3, 4, ..] => Some(11),
        _ => None,
    }
}
