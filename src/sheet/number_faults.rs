//! What keeps a cell from being a number, in words.

use crate::sheet::cell_diagnostics::CellDiagnostic;
use crate::sheet::country::{Country, Unclear};
use crate::sheet::digit_groups::COMPLETE;
use crate::sheet::group_faults::GroupFault;
use crate::sheet::numbering_plan::{LONGEST, Plan};
use crate::sheet::problem_kind::ProblemKind;

pub(super) fn say_trunk(plan: &Plan, after_code: &str, rest: &str) -> String {
    format!(
        "has `{}` (the trunk prefix, dialed only inside the country) after the country code +{code}; write +{code}{rest}",
        &after_code[..after_code.len() - rest.len()],
        code = plan.code
    )
}

pub(super) fn lacks_zero(plan: &Plan, after_code: &str) -> Option<CellDiagnostic> {
    plan.lacks_zero(after_code).then(|| CellDiagnostic {
        kind: ProblemKind::TrunkPrefix,
        says: format!(
            "lacks the 0 that such numbers of +{code} keep after the country code; write +{code}0{after_code}",
            code = plan.code
        ),
    })
}

pub(super) fn say_zero(digits: &str) -> String {
    let prefix = ["00", "011"].into_iter().find(|prefix| {
        let rest = digits.strip_prefix(prefix);
        rest.is_some_and(|rest| Plan::of_international(rest).is_some())
    });
    match prefix {
        Some(prefix) => format!(
            "has the prefix `{prefix}` after the `+`, which means the same; write +{}",
            &digits[prefix.len()..]
        ),
        None => {
            "has a `0` after the `+`, but no country code begins with 0; replace the 0 with the country code"
                .to_string()
        }
    }
}

pub(super) fn say_fault(fault: GroupFault, digits: &str) -> CellDiagnostic {
    let (kind, says) = match fault {
        GroupFault::Minus => (
            ProblemKind::Negative,
            "has a minus sign at an end or is all in brackets, which a spreadsheet takes for a negative amount; format the cell as text and type the digits alone".to_string(),
        ),
        GroupFault::Decimal => (
            ProblemKind::Decimal,
            "has a decimal point, as if it were an amount; format the cell as text and enter the phone number with digits only".to_string(),
        ),
        GroupFault::Range => (
            ProblemKind::Range,
            "is a range; put one number into the cell".to_string(),
        ),
        GroupFault::Ambiguous if digits.len() > LONGEST => (
            ProblemKind::SeveralNumbers,
            "is a range or two numbers; leave one in this cell and put the other into n1, n2 or n3".to_string(),
        ),
        GroupFault::Ambiguous if digits.len() < COMPLETE => (
            ProblemKind::SeveralNumbers,
            format!(
                "could be a range, two numbers or one number of {} digits; if it is one, write it as {digits}",
                digits.len()
            ),
        ),
        GroupFault::Ambiguous => (
            ProblemKind::SeveralNumbers,
            format!(
                "could be a range, two numbers or one number of {} digits; for one number, write + and the country code, or {digits}; for two, put the second into n1, n2 or n3",
                digits.len()
            ),
        ),
        GroupFault::PossiblyRange(whole) => (
            ProblemKind::SeveralNumbers,
            format!(
                "could be a range, two numbers or one number; if it is one, write {whole}; for two, put the second into n1, n2 or n3"
            ),
        ),
        GroupFault::PossiblyDate => (
            ProblemKind::SeveralNumbers,
            format!(
                "could be a date, a range, two numbers or one number of {} digits; if it is one, write it as {digits}",
                digits.len()
            ),
        ),
        GroupFault::Extension { complete, rest } => (
            ProblemKind::Extension,
            format!(
                "has `{rest}` after the complete number `{complete}`: an extension or the end of a range? Enter {complete} alone"
            ),
        ),
        GroupFault::PossiblyExtension { complete, rest } => (
            ProblemKind::Extension,
            format!(
                "has `{rest}` after `{complete}`, which is a complete number: if `{rest}` is an extension, enter {complete} alone; if all of it is one number, write {complete}{rest}"
            ),
        ),
    };
    CellDiagnostic { kind, says }
}

pub(super) fn not_a_number() -> CellDiagnostic {
    CellDiagnostic {
        kind: ProblemKind::NotANumber,
        says: "is not a phone number. Enter + and digits, for example +12025550101, or REMOVE to clear the number".to_string(),
    }
}

/// A slash behind what may be an area code.
pub(super) fn one_or_two(plain: &str) -> CellDiagnostic {
    let digits: String = plain.chars().filter(char::is_ascii_digit).collect();
    CellDiagnostic {
        kind: ProblemKind::SeveralNumbers,
        says: format!(
            "holds more than one number, or one with a slash behind its area code; for one number, write {digits}; for two, leave one in this cell and put the other into n1, n2 or n3"
        ),
    }
}

pub(super) fn say_unclear(unclear: &Unclear, digits: &str, country: &Country) -> CellDiagnostic {
    let code = country.code();
    let after_code = digits.strip_prefix(&code[1..]).unwrap_or(digits);
    let (kind, says) = match unclear {
        Unclear::WithCode => (
            ProblemKind::CountryUnclear,
            format!(
                "can be read with or without the country code {code}, as {code}{after_code} or as {code}{digits}; write the one that is meant"
            ),
        ),
        Unclear::KeptTrunk(rest) => {
            let says = say_trunk(country.plan(), after_code, rest);
            let may_be_national = country.plan().national(digits) == Some(digits);
            let own = &code[1..];
            let says = if may_be_national {
                format!("{says}, or {code}{digits} if {own} is part of its area code")
            } else {
                says
            };
            (ProblemKind::TrunkPrefix, says)
        }
    };
    CellDiagnostic { kind, says }
}
