//! The code of a number format: its sections, and what stands around and between the digits.

/// A part of a code, for some numbers only: `[<=9999999]###-####`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Section {
    condition: Option<(String, f64)>,
    pub(super) pattern: String,
}

impl Eq for Section {}

impl Section {
    pub(super) fn has_condition(&self) -> bool {
        self.condition.is_some()
    }

    /// Whether a number that is not negative is shown so.
    pub(super) fn is_for(&self, number: f64) -> bool {
        match &self.condition {
            None => true,
            Some((sign, limit)) => match sign.as_str() {
                "<" => number < *limit,
                "<=" => number <= *limit,
                ">" => number > *limit,
                ">=" => number >= *limit,
                "=" => number.total_cmp(limit).is_eq(),
                "<>" => number.total_cmp(limit).is_ne(),
                _ => false,
            },
        }
    }
}

/// Whether the code itself makes what it shows white: `[White]0`, or `[Color2]0` by the palette.
pub(super) fn is_white(code: &str) -> bool {
    let first = tokens(code).take_while(|token| *token != Token::Code(';'));
    first.into_iter().any(|token| match token {
        Token::Bracketed(color) => ["white", "color2", "color 2"]
            .iter()
            .any(|white| color.trim().eq_ignore_ascii_case(white)),
        _ => false,
    })
}

pub(super) fn sections(code: &str) -> Vec<Section> {
    let mut done = Vec::new();
    let mut section = Section::default();
    for token in tokens(code) {
        match token {
            Token::Code(';') => done.push(std::mem::take(&mut section)),
            Token::Code(character) => section.pattern.push(character),
            Token::Literal(character) => section.pattern.extend(['\\', character]),
            Token::Bracketed(text) => {
                // `[$€-407]`: a currency, and the language it is written in.
                let currency = text.strip_prefix('$').unwrap_or_default();
                let currency = currency.rsplit_once('-').map_or(currency, |(sign, _)| sign);
                section
                    .pattern
                    .extend(currency.chars().flat_map(|sign| ['\\', sign]));
                let limit = text.trim_start_matches(['<', '>', '=']);
                let sign = text[..text.len() - limit.len()].to_string();
                if let (false, Ok(limit)) = (sign.is_empty(), limit.trim().parse()) {
                    section.condition = Some((sign, limit));
                }
            }
            Token::Fill(_) | Token::Unshown => {}
        }
    }
    done.push(section);
    done
}

/// A piece of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A color, a language, a condition.
    Bracketed(String),
    /// A character that means something: `0`, `#`, `.`.
    Code(char),
    /// One that is shown as it is.
    Literal(char),
    /// One that is repeated until the cell is full, and that may be taken for a part of a number.
    Fill(char),
    /// A quote; width to be left, or filled with something else.
    Unshown,
}

impl Token {
    pub(super) fn code(self) -> Option<char> {
        match self {
            Token::Code(character) => Some(character),
            Token::Literal(_) | Token::Bracketed(_) | Token::Fill(_) | Token::Unshown => None,
        }
    }
}

pub(super) fn tokens(code: &str) -> impl Iterator<Item = Token> + '_ {
    let mut characters = code.chars();
    let mut is_quoted = false;
    std::iter::from_fn(move || {
        let character = characters.next()?;
        Some(match character {
            '"' => {
                is_quoted = !is_quoted;
                Token::Unshown
            }
            quoted if is_quoted => Token::Literal(quoted),
            '\\' => characters.next().map_or(Token::Unshown, Token::Literal),
            '_' => {
                characters.next();
                Token::Unshown
            }
            '*' => match characters.next() {
                Some(fill @ ('0'..='9' | '+' | '-')) => Token::Fill(fill),
                _ => Token::Unshown,
            },
            '[' => Token::Bracketed(
                characters
                    .by_ref()
                    .take_while(|next| *next != ']')
                    .collect(),
            ),
            '0' | '#' | '?' | '.' | ',' | ';' | '%' | '/' | '@' => Token::Code(character),
            letter if letter.is_ascii_alphabetic() => Token::Code(letter),
            other => Token::Literal(other),
        })
    })
}

/// Puts the digits of a whole number into a pattern, from the right. Thousands separators and decimals
/// that are zero are left out.
pub(super) fn fill(pattern: &str, digits: &str) -> String {
    let mut shown: Vec<char> = Vec::new();
    let tokens: Vec<Token> = tokens(pattern).collect();
    let whole_until = tokens.iter().position(|token| *token == Token::Code('.'));
    let is_place = |token: &Token| matches!(token, Token::Code('0' | '#' | '?'));
    let whole = &tokens[..whole_until.unwrap_or(tokens.len())];
    let first = whole.iter().position(is_place);
    // Behind a `0` every place shows a digit: `0###`.
    let first_zero = whole.iter().position(|token| *token == Token::Code('0'));
    let mut left = digits.chars().rev().peekable();
    for token in tokens[whole.len()..].iter().rev() {
        if let Token::Literal(shown_as) | Token::Code(shown_as @ '%') = token {
            shown.push(*shown_as);
        }
    }
    if first.is_none() && whole_until.is_some() {
        shown.extend(left.by_ref());
    }
    for (at, token) in whole.iter().enumerate().rev() {
        match token {
            Token::Literal(literal) => shown.push(*literal),
            Token::Code('%') => shown.push('%'),
            Token::Code('0' | '#' | '?') => {
                match left.next() {
                    Some(digit) => shown.push(digit),
                    None if first_zero.is_some_and(|zero| zero <= at) => shown.push('0'),
                    None => {}
                }
                if Some(at) == first {
                    shown.extend(left.by_ref());
                }
            }
            // One without a meaning is shown as it is.
            Token::Code(letter) if letter.is_ascii_alphabetic() => shown.push(*letter),
            Token::Code(_) | Token::Bracketed(_) | Token::Fill(_) | Token::Unshown => {}
        }
    }
    shown.reverse();
    shown.into_iter().collect::<String>().trim().to_string()
}

/// Whether a zero is shown: `#` and `?` leave it out.
pub(super) fn shows_zero(pattern: &str) -> bool {
    tokens(pattern).any(|token| token == Token::Code('0'))
}

/// Whether the number is shown in thousands: `0,` and `0.0,` leave the last three digits out.
pub(super) fn is_in_thousands(pattern: &str) -> bool {
    let codes: String = tokens(pattern).filter_map(Token::code).collect();
    codes.ends_with(',') || codes.contains(",.")
}

/// Puts a text into a pattern.
pub(super) fn fill_text(pattern: &str, text: &str) -> String {
    let mut shown = String::new();
    for token in tokens(pattern) {
        match token {
            Token::Literal(literal) => shown.push(literal),
            Token::Code('@') => shown.push_str(text),
            Token::Code(_) | Token::Bracketed(_) | Token::Fill(_) | Token::Unshown => {}
        }
    }
    shown
}
