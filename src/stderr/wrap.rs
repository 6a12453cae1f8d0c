//! Breaks lines between words where they would meet the edge of the terminal.

use std::io::{self, Write};

use console::Term;
use textwrap::{Options, WordSeparator, WordSplitter};

/// Writes whole lines, wrapped where they go to a terminal.
#[derive(Debug)]
pub struct Wrapped<W> {
    out: W,
    /// `None`: to a file or a pipe, where nothing may be broken.
    columns: Option<usize>,
    line: Vec<u8>,
}

impl<W: Write> Wrapped<W> {
    pub(super) fn new(out: W, term: &Term) -> Wrapped<W> {
        let columns = term.is_term().then(|| usize::from(term.size().1));
        let line = Vec::new();
        Wrapped { out, columns, line }
    }
}

impl<W: Write> Write for Wrapped<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(columns) = self.columns else {
            return self.out.write(bytes);
        };
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(part);
            if part.ends_with(b"\n") {
                let line = String::from_utf8_lossy(&self.line);
                self.out.write_all(wrap(&line, columns).as_bytes())?;
                self.line.clear();
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        let wrapped = self.columns.map(|columns| wrap(&line, columns));
        self.out.write_all(wrapped.unwrap_or_default().as_bytes())?;
        self.out.flush()
    }
}

/// Lines that begin with a blank are tables, or commands to be copied: they stay as they are.
fn wrap(text: &str, columns: usize) -> String {
    let options = Options::new(columns)
        .subsequent_indent("  ")
        .break_words(false)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation);
    let lines = text.split_inclusive('\n').map(|line| {
        if line.starts_with(' ') {
            line.to_string()
        } else {
            textwrap::fill(line, &options)
        }
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_commands_stay_whole() {
        let text = "row 4, column C (n1): `1.20256E+10` is not a phone number any more\n\
            hint: mend the rows in the results file and send just those again:\n\
            \x20 wxbulk apply numbers.results.csv --only-failed --token-file token.txt\n\
            \n\
            results: /a/very/long/folder/that/does/not/fit/into/one/line/numbers.csv\n";
        insta::assert_snapshot!(wrap(text, 40), @"
        row 4, column C (n1): `1.20256E+10` is
          not a phone number any more
        hint: mend the rows in the results file
          and send just those again:
          wxbulk apply numbers.results.csv --only-failed --token-file token.txt

        results:
          /a/very/long/folder/that/does/not/fit/into/one/line/numbers.csv
        ");
        assert_eq!(wrap(text, 200), text);
    }

    proptest::proptest! {
        #[test]
        fn no_word_is_lost(text in "[a-z ,`\n]{0,200}", columns in 1..100_usize) {
            let wrapped = wrap(&text, columns);
            let words = |text: &str| text.split_whitespace().map(String::from).collect::<Vec<_>>();
            proptest::prop_assert_eq!(words(&text), words(&wrapped));
            proptest::prop_assert_eq!(text.ends_with('\n'), wrapped.ends_with('\n'));
        }
    }
}
