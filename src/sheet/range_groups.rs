//! Ranges in the groups of a cell's digits, which would be one number without what stands between them:
//! `9 5501-5510`, `+49 6100 7731 00-99`, `0161 496 0000-9`.
//!
//! A pair of groups is a range where the second is a little more than the first. Groups of two digits are
//! that by chance in every other number, so these have to be round as well, and joined by a dash.

use crate::sheet::digit_groups::{COMPLETE, DigitGroups, Group, LONGEST_WITH_TRUNK};
use crate::sheet::numbering_plan::Plan;

/// Numbers of a range lie closer together than this.
const RANGE: u32 = 100;

/// Digits of each of two numbers that only a blank keeps apart, behind an area code.
const BESIDE_EACH_OTHER: usize = 5;

impl DigitGroups<'_> {
    /// The one number that the digits would be, where they end in a range behind a number in a country, `+49 6100 7731 00-99`, or two of them, `+43 1 123456 123457`.
    /// `after_code` are the digits of the country's own. They are one number where its numbers have one length,
    /// or where they are in use and what stands before the last group is not.
    pub(super) fn range_within(&self, plan: &Plan, after_code: &str) -> Option<String> {
        let digits = self.digits();
        let code = digits.len() - after_code.len();
        let last = self.groups.last()?.digits.len();
        let before = after_code.get(..after_code.len().checked_sub(last)?)?;
        let is_strict = plan.is_strict() && plan.is_ordinary(after_code.len());
        // The library is asked last, since it takes longer than all else.
        let is_one_alone =
            || !plan.is_open() && plan.is_in_use(after_code) && !plan.is_in_use(before);
        let plus = if self.has_plus() { "+" } else { "" };
        (!is_strict && self.ends_in_range_of_area(code) && !is_one_alone())
            .then(|| format!("{plus}{digits}"))
    }

    /// The same where the country is not known.
    pub(super) fn holds_range(&self) -> bool {
        if self.first().starts_with('0') {
            return self.groups.len() > 2 && self.ends_in_range_of_area(1);
        }
        let is_pair = |two: &[Group]| {
            let length = two[0].digits.len();
            length > 3 && length == two[1].digits.len() && is_near(two[0].digits, two[1].digits)
        };
        self.groups.len() > 2
            && (self.groups.windows(2).any(is_pair)
                || self.ends_in_range()
                || self.ends_in_three_and_three()
                || self.ends_in_local_range())
            || self.repeats_prefix()
    }

    /// Whether a range stands at the end and a number before it that is complete but for its `first` digits:
    /// those of a country code, or the prefix dialed within the country.
    fn ends_in_range_of_area(&self, first: usize) -> bool {
        let [.., from, to] = &self.groups[..] else {
            return false;
        };
        let before = self.digits().len() - to.digits.len();
        let length = from.digits.len();
        let are_two = length >= BESIDE_EACH_OTHER
            && length == to.digits.len()
            && is_near(from.digits, to.digits);
        before >= first + COMPLETE && (are_two || self.ends_in_range())
    }

    /// `00-99`, `773100-99`, `501-525`, `20-49`: a dash, and what a range may begin and end with.
    fn ends_in_range(&self) -> bool {
        let [.., from, to] = &self.groups[..] else {
            return false;
        };
        let is_dash = |gap: &str| gap.contains(['-', '–']);
        if !is_dash(&to.gap) {
            return false;
        }
        let lengths = [from, to].map(|group| group.digits.len());
        let end = &from.digits[lengths[0].saturating_sub(lengths[1])..];
        if end.bytes().all(|digit| digit == b'0') && to.digits.ends_with('9') {
            return true;
        }
        // A dash between all groups joins none of them.
        !is_dash(&from.gap)
            && (is_round(from.digits, to.digits)
                || lengths[0] > 2 && lengths[0] == lengths[1] && is_near(from.digits, to.digits))
    }

    /// `7 201-210`, `1300 555 100 109`: two numbers of three digits; those of Spain are grouped so too.
    fn ends_in_three_and_three(&self) -> bool {
        let [before @ .., from, to] = &self.groups[..] else {
            return false;
        };
        let is_prefix = matches!(before, [prefix] if prefix.digits.len() < 3);
        [from, to].iter().all(|group| group.digits.len() == 3)
            && is_near(from.digits, to.digits)
            && (is_prefix || self.digits().len() > LONGEST_WITH_TRUNK)
    }

    /// `555-0100-0199`, `555 0100 02`: a local number of North America and the end of a range.
    fn ends_in_local_range(&self) -> bool {
        let [_, from, to] = &self.groups[..] else {
            return false;
        };
        if self.lengths()[..2] != [3, 4] || !(2..=4).contains(&to.digits.len()) {
            return false;
        }
        let end = &from.digits[4 - to.digits.len()..];
        let values = [end, to.digits].map(|digits| digits.parse::<u32>().unwrap_or_default());
        // Of two digits, each second pair is near.
        let most = if to.digits.len() < 3 { 9 } else { RANGE };
        (1..=most).contains(&values[1].saturating_sub(values[0]))
    }

    /// `8 5501 8 5502`: two extensions, each behind the prefix of its location.
    fn repeats_prefix(&self) -> bool {
        let [prefix, one, again, other] = &self.groups[..] else {
            return false;
        };
        prefix.digits == again.digits
            && prefix.digits.len() < one.digits.len()
            && one.digits.len() == other.digits.len()
            && is_near(one.digits, other.digits)
    }
}

/// Whether the second is a little more than the first, as at the end of a range.
pub(super) fn is_near(from: &str, to: &str) -> bool {
    let values = [from, to].map(|digits| digits.parse::<u32>().ok());
    let [Some(from), Some(to)] = values else {
        return false;
    };
    to > from && to - from <= RANGE
}

/// `00-50`, `1-10`, `100-499`, `20-99`: from the beginning of tens to the end of tens, or of hundreds.
fn is_round(from: &str, to: &str) -> bool {
    let values = [from, to].map(|digits| digits.parse::<u32>().ok());
    let [Some(first), Some(last)] = values else {
        return false;
    };
    let block = |digits: &str| if digits.len() < 3 { 10 } else { 100 };
    from.len() <= to.len() && last > first && first % block(from) < 2 && (last + 1) % block(to) < 2
}

/// `20-499`, `0100-1199`, `1-500`: from where a block of ten numbers begins to where one ends, or a block of a
/// hundred where both together are as long as a number.
pub(super) fn is_range_of_tens(first: &Group, second: &Group) -> bool {
    let lengths = [first, second].map(|group| group.digits.len());
    let values = [first, second].map(|group| group.digits.parse::<u32>().ok());
    let [Some(from), Some(to)] = values else {
        return false;
    };
    let block = if lengths[0] + lengths[1] < COMPLETE {
        10
    } else {
        100
    };
    let is_whole = |begin: u32| from % block == begin && (to + 1 - begin).is_multiple_of(block);
    lengths[0] <= lengths[1]
        && lengths[1] < 5
        && to > from
        && from > 0
        && (is_whole(0) || is_whole(1))
}
