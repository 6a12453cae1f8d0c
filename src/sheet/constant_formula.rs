//! Formulas whose value is no phone number: those of digits and signs alone, which is what a spreadsheet makes
//! of a phone number that is typed with a sign in front (`+12025550101-5501` becomes 12025544600), and those
//! that add up, count or tell the time.

/// Functions whose values are sums, counts, chances and dates. A file has their English names in any language.
const NO_NUMBER: [&str; 13] = [
    "SUM",
    "SUMIF",
    "SUBTOTAL",
    "AGGREGATE",
    "AVERAGE",
    "PRODUCT",
    "COUNT",
    "COUNTA",
    "COUNTIF",
    "TODAY",
    "NOW",
    "RAND",
    "RANDBETWEEN",
];

/// Whether a formula, without its `=`, has a value that is no phone number.
pub(super) fn is_calculation(formula: &str) -> bool {
    is_arithmetic(formula) || is_sum_or_date(formula)
}

/// Whether it calculates with digits that were typed, and with nothing else.
fn is_arithmetic(formula: &str) -> bool {
    let is_operator = |character| matches!(character, '+' | '-' | '*' | '/' | '^' | '%');
    let is_known = |character: char| {
        character.is_ascii_digit() || is_operator(character) || "(). ".contains(character)
    };
    let first = |character| matches!(character, '+' | '-' | '(' | ' ');
    let inside = formula.trim_start_matches(first);
    formula.chars().all(is_known) && inside.contains(is_operator)
}

/// Whether all of it is one call of such a function.
fn is_sum_or_date(formula: &str) -> bool {
    let call = formula.trim().trim_start_matches('+');
    let Some((name, arguments)) = call.split_once('(') else {
        return false;
    };
    let mut depth = 1_u32;
    let end = arguments.find(|character| {
        depth += u32::from(character == '(');
        depth -= u32::from(character == ')');
        depth == 0
    });
    let is_whole = end.is_some_and(|end| end + 1 == arguments.len());
    is_whole && NO_NUMBER.iter().any(|one| name.eq_ignore_ascii_case(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_sums_and_dates_are_no_phone_numbers() {
        for (formula, calculates) in [
            ("+12025550101-5501", true),
            ("+49211-1234", true),
            ("+1+202+555+101", true),
            ("2025-550-101", true),
            ("1234567/30", true),
            ("(1234567)*1", true),
            ("2^13", true),
            ("5501%", true),
            ("+(202)-5550101", true),
            ("+12025550101", false),
            ("(12025550101)", false),
            ("--5501", false),
            ("5501", false),
            ("A1+0", false),
            ("A1-B1", false),
            ("\"+\"&12025550101", false),
            ("VALUE(\"5501\")", false),
            ("1E3+4", false),
            ("SUM(C2:C9)", true),
            ("sum(C2,C3)", true),
            ("SUBTOTAL(9,C2:C9)", true),
            ("TODAY()", true),
            ("+RANDBETWEEN(1,9)", true),
            ("SUM(C2*(1+C3))", true),
            ("SUM(C2)+(C3)", false),
            ("SUM(C2:C9)&\"\"", false),
            ("SUMS(C2)", false),
            ("VLOOKUP(A2,B:C,2)", false),
            ("MAX(C2:C9)+1", false),
            ("", false),
        ] {
            assert_eq!(is_calculation(formula), calculates, "{formula}");
        }
    }
}
