//! Formulas of digits and signs alone, which is what a spreadsheet makes of a phone number that is typed with
//! a sign in front: `+12025550101-5501` becomes 12025544600.

/// Whether a formula, without its `=`, calculates with digits that were typed, and with nothing else.
pub(super) fn is_calculation(formula: &str) -> bool {
    let is_operator = |character| matches!(character, '+' | '-' | '*' | '/' | '^' | '%');
    let is_known = |character: char| {
        character.is_ascii_digit() || is_operator(character) || "(). ".contains(character)
    };
    let first = |character| matches!(character, '+' | '-' | '(' | ' ');
    let inside = formula.trim_start_matches(first);
    formula.chars().all(is_known) && inside.contains(is_operator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_of_digits_and_signs_calculate() {
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
            ("", false),
        ] {
            assert_eq!(is_calculation(formula), calculates, "{formula}");
        }
    }
}
