//! A number in a format of a fraction: `# ?/?` shows 5501.5 as 5501 1/2, and `0/0` shows 5501 as 5501/1.

use super::format_code::{Token, fill, tokens};

/// The largest denominator that is looked for where the format leaves it open; three places are the most in common use.
const LARGEST_DENOMINATOR: u32 = 999;

/// The parts of a pattern with a fraction in it.
struct Fraction {
    /// What stands before the numerator, which may have places for the whole part.
    whole: Vec<Token>,
    shows_zero: bool,
    /// Digits that stand in the pattern itself: `# ??/16`.
    fixed: Option<u32>,
    places: usize,
    behind: Vec<Token>,
}

/// What a number that is not negative is shown as in a pattern of a fraction; `None` where the pattern has none.
pub(super) fn show(pattern: &str, number: f64) -> Option<String> {
    let fraction = Fraction::of(pattern)?;
    let has_whole = fraction.whole.iter().any(is_place);
    let whole = if has_whole { number.trunc() } else { 0.0 };
    let (numerator, denominator) = fraction.nearest(number - whole);
    // What is rounded up is the next whole number.
    let is_next = has_whole && numerator >= f64::from(denominator);
    let (whole, numerator) = if is_next {
        (whole + 1.0, 0.0)
    } else {
        (whole, numerator)
    };
    let is_shown = !has_whole || numerator > 0.0 || fraction.shows_zero;
    let last = fraction.whole.iter().rposition(is_place);
    let before = match last {
        Some(last) if !is_shown => &fraction.whole[..=last],
        _ => &fraction.whole[..],
    };
    let digits = match whole {
        0.0 if is_shown => String::new(),
        whole => format!("{whole:.0}"),
    };
    let mut shown = fill(&pattern_of(before), &digits);
    let mut behind = String::new();
    if is_shown {
        let gap = before.iter().rev().take_while(|token| !is_place(token));
        let has_gap = gap.into_iter().any(|token| *token == Token::Literal(' '));
        if has_gap && !shown.is_empty() {
            shown.push(' ');
        }
        behind = format!("{numerator:.0}/{denominator}");
    }
    Some(shown + &behind + &fill(&pattern_of(&fraction.behind), ""))
}

impl Fraction {
    fn of(pattern: &str) -> Option<Fraction> {
        let tokens: Vec<Token> = tokens(pattern).collect();
        let slash = tokens.iter().position(|token| *token == Token::Code('/'))?;
        let numerator = tokens[..slash].iter().rev().take_while(|one| is_place(one));
        let start = slash - numerator.count();
        let is_digit = |token: &Token| matches!(token, Token::Literal('1'..='9'));
        let below = tokens[slash + 1..].iter();
        let places = below
            .take_while(|token| is_place(token) || is_digit(token))
            .count();
        let denominator = &tokens[slash + 1..=slash + places];
        if start == slash || places == 0 {
            return None;
        }
        let digits = denominator.iter().map(|token| match token {
            Token::Literal(digit) => *digit,
            _ => '0',
        });
        let fixed = denominator.iter().any(is_digit).then_some(digits);
        Some(Fraction {
            shows_zero: tokens[start..slash].contains(&Token::Code('0')),
            whole: tokens[..start].to_vec(),
            fixed: fixed.and_then(|digits| digits.collect::<String>().parse().ok()),
            places,
            behind: tokens[slash + 1 + places..].to_vec(),
        })
    }

    /// The numerator and denominator nearest to a number.
    fn nearest(&self, number: f64) -> (f64, u32) {
        if let Some(fixed) = self.fixed {
            return ((number * f64::from(fixed)).round(), fixed);
        }
        let places = u32::try_from(self.places).unwrap_or(u32::MAX);
        let largest = 10_u32.checked_pow(places).map_or(u32::MAX, |next| next - 1);
        let off = |denominator: u32| {
            let exact = number * f64::from(denominator);
            (exact - exact.round()).abs() / f64::from(denominator)
        };
        let all = 1..=largest.min(LARGEST_DENOMINATOR);
        let best = all.min_by(|one, other| off(*one).total_cmp(&off(*other)));
        let best = best.unwrap_or(1);
        ((number * f64::from(best)).round(), best)
    }
}

fn is_place(token: &Token) -> bool {
    matches!(token, Token::Code('0' | '#' | '?'))
}

fn pattern_of(tokens: &[Token]) -> String {
    let mut pattern = String::new();
    for token in tokens {
        match token {
            Token::Literal(literal) => pattern.extend(['\\', *literal]),
            Token::Code(code) => pattern.push(*code),
            Token::Bracketed(_) | Token::Fill(_) | Token::Unshown => {}
        }
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    // As LibreOffice shows them, but for the width that it fills up with blanks.
    #[test]
    fn a_fraction_is_shown_as_a_spreadsheet_shows_it() {
        for (pattern, number, shown) in [
            ("# ?/?", 5501.0, "5501"),
            ("# ?/?", 5501.5, "5501 1/2"),
            ("# ?/?", 0.5, "1/2"),
            ("# ??/??", 5501.25, "5501 1/4"),
            ("# ??/16", 5501.5, "5501 8/16"),
            ("# ?/100", 5501.25, "5501 25/100"),
            ("0 0/2", 5501.0, "5501 0/2"),
            ("0/0", 5501.0, "5501/1"),
            ("?/?", 5501.5, "11003/2"),
            ("#/#", 5501.25, "22005/4"),
            ("0 ???/???", 5501.0, "5501"),
            ("\\+0/1", 5501.0, "+5501/1"),
            ("00000000000 ?/?", 5501.0, "00000005501"),
            ("#\\-?/?", 5501.0, "5501"),
            ("#\\-?/?", 5501.5, "5501-1/2"),
            ("0 ?/?", 0.0, "0"),
            ("# ?/?", 0.99, "1"),
            ("# ?/?\\x", 5501.0, "5501x"),
            ("# ????/????????????????????", 5501.5, "5501 1/2"),
        ] {
            assert_eq!(
                show(pattern, number).as_deref(),
                Some(shown),
                "{pattern} {number}"
            );
        }
        for pattern in ["0", "/0", "0/", "0\\/0", "/"] {
            assert_eq!(show(pattern, 5501.0), None, "{pattern}");
        }
    }
}
