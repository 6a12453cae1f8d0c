//! Breaks a line between words where it is longer than the terminal is wide.

/// What the lines after the first begin with.
const INDENT: &str = "  ";

/// Columns of the widest character.
const WIDEST: usize = 2;

/// The lines of `text`, of `width` columns at most; one where there is no width. A word that is wider than
/// a line is broken.
pub fn wrap(text: &str, width: Option<usize>) -> Vec<String> {
    let Some(width) = width else {
        return vec![text.to_string()];
    };
    let width = width.max(INDENT.len() + WIDEST);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let mut word = word.to_string();
        loop {
            let is_begun = !line.trim().is_empty();
            let joined = if is_begun {
                format!("{line} {word}")
            } else {
                format!("{line}{word}")
            };
            if console::measure_text_width(&joined) <= width {
                line = joined;
                break;
            }
            if is_begun {
                lines.push(std::mem::replace(&mut line, INDENT.to_string()));
                continue;
            }
            let fits = console::truncate_str(&joined, width, "").into_owned();
            word = joined[fits.len()..].to_string();
            if fits.trim().is_empty() {
                // Not even one character has room.
                line = joined;
                break;
            }
            lines.push(fits);
            line = INDENT.to_string();
        }
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_nothing_is_lost() {
        let text = "row 16 (Leeds): left alone: n2 is in use; change that rule first";
        assert_eq!(wrap(text, None), [text]);
        assert_eq!(wrap(text, Some(80)), [text]);
        assert_eq!(
            wrap(text, Some(37)),
            [
                "row 16 (Leeds): left alone: n2 is in",
                "  use; change that rule first"
            ]
        );
        assert_eq!(wrap("", Some(37)), [""]);
    }

    #[test]
    fn a_word_wider_than_the_line_is_broken() {
        assert_eq!(
            wrap("no abcdefghijklmnopqrs 漢字漢字 x", Some(8)),
            [
                "no",
                "  abcdef",
                "  ghijkl",
                "  mnopqr",
                "  s",
                "  漢字漢",
                "  字 x"
            ]
        );
    }

    proptest::proptest! {
        #[test]
        fn every_character_but_blanks_is_there_once(text in "[a-z\u{4e00}-\u{4e10} ]{0,60}", width in 1_usize..40) {
            let lines = wrap(&text, Some(width));
            let kept = |text: &str| text.replace(' ', "");
            proptest::prop_assert_eq!(kept(&lines.concat()), kept(&text));
            let fits = |line: &String| console::measure_text_width(line) <= width.max(INDENT.len() + WIDEST);
            proptest::prop_assert!(lines.iter().all(fits), "{:?}", lines);
        }
    }
}
