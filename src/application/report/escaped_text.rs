//! Text from outside, made fit to stand on a page: nothing in it is taken for a tag, and nothing in
//! it is invisible or turns the text around it.

use std::fmt::Write as _;

use maud::{Markup, Render, html};

use crate::model::unseen::is_unseen;

/// Longer texts are cut; the results have them whole.
const LONGEST: usize = 600;

/// What somebody else wrote: the service, whoever made the sheet, the name of a file. The only way
/// such text gets onto the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EscapedText(String);

impl EscapedText {
    pub(super) fn of(text: &str) -> EscapedText {
        let mut visible = String::new();
        for (index, character) in text.trim().chars().enumerate() {
            if index == LONGEST {
                visible.push('…');
                break;
            }
            if is_unseen(character) {
                let _ = write!(visible, "‹U+{:04X}›", u32::from(character));
            } else {
                visible.push(character);
            }
        }
        EscapedText(visible)
    }

    /// For where there can be no tags, such as a title; still to be escaped.
    pub(super) fn plain(&self) -> &str {
        &self.0
    }
}

impl Render for EscapedText {
    fn render(&self) -> Markup {
        // Whichever way it is written, it turns nothing around it.
        html! { bdi { (self.0) } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_quotes_are_letters_and_what_steers_is_seen() {
        for (text, page) in [
            (
                "<script>alert(1)</script>",
                "&lt;script&gt;alert(1)&lt;/script&gt;",
            ),
            (
                "\"><img src=x onerror=alert(1)>",
                "&quot;&gt;&lt;img src=x onerror=alert(1)&gt;",
            ),
            ("]]> --> </style>", "]]&gt; --&gt; &lt;/style&gt;"),
            (
                "a\u{202e}b\u{0}c\u{7f}\u{1b}[2J",
                "a‹U+202E›b‹U+0000›c‹U+007F›‹U+001B›[2J",
            ),
            ("&lt;b&gt; &#60;", "&amp;lt;b&amp;gt; &amp;#60;"),
            ("مرحبا क्\u{200d}ष", "مرحبا क्\u{200d}ष"),
        ] {
            assert_eq!(
                EscapedText::of(text).render().into_string(),
                format!("<bdi>{page}</bdi>")
            );
        }
    }

    #[test]
    fn a_long_text_is_cut() {
        let text = EscapedText::of(&"é".repeat(100_000));
        assert_eq!(text.plain().chars().count(), LONGEST + 1);
    }

    proptest::proptest! {
        #[test]
        fn whatever_it_says_it_adds_no_tag(text in "\\PC*|[<>&\"'/!\\-\\]\u{0}-\u{20}a-z]*") {
            let page = EscapedText::of(&text).render().into_string();
            let inside = page.strip_prefix("<bdi>").and_then(|page| page.strip_suffix("</bdi>")).expect("its own tags");
            proptest::prop_assert!(!inside.contains(['<', '>', '"']));
            proptest::prop_assert!(!inside.chars().any(is_unseen));
        }
    }
}
