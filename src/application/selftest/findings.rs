//! What a selftest found: a question, what was asked, what was answered, and whether the program expects
//! that. Nothing of it names anybody.

use std::fmt::Write as _;

use crate::model::current_values::CurrentValues;

/// One question and its answer.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) question: &'static str,
    pub(super) asked: String,
    pub(super) answer: String,
    pub(super) verdict: Verdict,
}

/// How an answer fits what the program takes for granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    AsAssumed,
    Differs,
    /// It could not be asked, or the answer does not tell.
    NotKnown,
}

impl Verdict {
    pub(super) fn of(is_as_assumed: bool) -> Verdict {
        if is_as_assumed {
            Verdict::AsAssumed
        } else {
            Verdict::Differs
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Verdict::AsAssumed => "as assumed",
            Verdict::Differs => "differs",
            Verdict::NotKnown => "not known",
        }
    }
}

/// A request that was sent, its status, and the numbers before and after it.
pub(super) struct Answered<'o> {
    pub(super) is_success: bool,
    pub(super) text: String,
    pub(super) before: &'o CurrentValues,
    pub(super) after: &'o CurrentValues,
}

/// What holds an answer.
pub(super) trait Answer {
    fn text(&self) -> &str;
}

impl Answer for Answered<'_> {
    fn text(&self) -> &str {
        &self.text
    }
}

impl<T> Answer for (Answered<'_>, T) {
    fn text(&self) -> &str {
        &self.0.text
    }
}

impl Finding {
    /// Of an answer, where there is one.
    pub(super) fn about<A: Answer>(
        question: &'static str,
        asked: &str,
        answer: Option<A>,
        judge: impl FnOnce(&A) -> (String, Verdict),
    ) -> Finding {
        let (answer, verdict) = match answer {
            Some(answer) => {
                let (said, verdict) = judge(&answer);
                (format!("{}: {said}", answer.text()), verdict)
            }
            None => ("not asked, or no answer".to_string(), Verdict::NotKnown),
        };
        Finding {
            question,
            asked: asked.into(),
            answer,
            verdict,
        }
    }
}

/// The shape of a value: every digit is an `N` and every letter an `x`.
pub(super) fn mask(value: &str) -> String {
    let shape = value.chars().map(|character| match character {
        digit if digit.is_numeric() => 'N',
        letter if letter.is_alphabetic() => 'x',
        sign if sign.is_ascii_graphic() && !"`|".contains(sign) => sign,
        _ => '?',
    });
    let mut text = String::from("`");
    shape.for_each(|character| text.push(character));
    text.push('`');
    text
}

/// Names of the service's own, in a list; what does not look like one is counted.
pub(super) fn names(names: &[&str]) -> String {
    let is_a_name = |name: &&&str| {
        let mut characters = name.chars();
        name.len() <= 40 && characters.all(|one| one.is_ascii_alphabetic() || one == '_')
    };
    let shown: Vec<&str> = names.iter().filter(is_a_name).copied().collect();
    let mut text = shown.join(", ");
    if shown.len() < names.len() {
        let _ = write!(text, " and {} more", names.len() - shown.len());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_shows_the_shape_and_no_digit_and_no_letter() {
        for (value, masked) in [
            ("+49-6100773123", "`+NN-NNNNNNNNNN`"),
            ("sip:desk@example.com", "`xxx:xxxx@xxxxxxx.xxx`"),
            ("٣٣ `x`|", "`NN??x??`"),
        ] {
            assert_eq!(mask(value), masked);
        }
        assert_eq!(names(&["NATIONAL", "Ann's 5501"]), "NATIONAL and 1 more");
    }
}
