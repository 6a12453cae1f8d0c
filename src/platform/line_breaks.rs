//! Breaks long lines between words where they are read on a terminal. Each command stays in one line, so that
//! it can be copied, and so does a word that is longer than a line, as a path or an id.

use std::borrow::Cow;

use console::{Term, measure_text_width};

/// What the lines after the first begin with, beside what the first one begins with.
const INDENT: &str = "  ";

/// How wide standard output is, where it is a terminal.
pub fn stdout_width() -> Option<usize> {
    width_of(&Term::stdout())
}

/// How wide standard error is, where it is a terminal.
pub fn stderr_width() -> Option<usize> {
    width_of(&Term::stderr())
}

fn width_of(term: &Term) -> Option<usize> {
    let (_, width) = term.is_term().then(|| term.size_checked())??;
    Some(width.into())
}

/// The text with each of its lines broken to this width; as it is where there is none.
pub fn fit(text: &str, width: Option<usize>) -> Cow<'_, str> {
    let Some(width) = width else {
        return Cow::Borrowed(text);
    };
    if text.lines().all(|line| measure_text_width(line) <= width) {
        return Cow::Borrowed(text);
    }
    let lines: Vec<String> = text.split('\n').map(|line| fit_line(line, width)).collect();
    Cow::Owned(lines.join("\n"))
}

fn fit_line(line: &str, width: usize) -> String {
    if measure_text_width(line) <= width {
        return line.to_string();
    }
    let start = &line[..line.len() - line.trim_start().len()];
    let (text, command) = split_command(line);
    if text.trim().is_empty() {
        return line.to_string();
    }
    let mut lines = Vec::new();
    let mut current = String::new();
    for word in text.trim_start().split(' ') {
        let joined = if current.is_empty() {
            format!("{start}{word}")
        } else {
            format!("{current} {word}")
        };
        if measure_text_width(&joined) <= width || current.is_empty() {
            current = joined;
            continue;
        }
        lines.push(std::mem::replace(
            &mut current,
            format!("{start}{INDENT}{word}"),
        ));
    }
    if !current.trim().is_empty() {
        lines.push(current);
    }
    if let Some(command) = command {
        lines.push(format!("{start}{INDENT}{command}"));
    }
    lines.join("\n")
}

/// What is said, and the command behind a colon, or that the whole line is.
fn split_command(line: &str) -> (&str, Option<&str>) {
    let mut place = 0;
    let mut before = ":";
    for word in line.split(' ') {
        let name = word.trim_end_matches(".exe");
        if name.ends_with("wxbulk") && !name.starts_with('`') && before.ends_with(':') {
            let (text, command) = line.split_at(place);
            return (text.trim_end(), Some(command));
        }
        place += word.len() + 1;
        if !word.is_empty() {
            before = word;
        }
    }
    (line, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words_and_commands_stay_whole() {
        for (text, fitted) in [
            ("a short line", "a short line"),
            (
                "hint: to see whether the values are there",
                "hint: to see whether\n  the values are there",
            ),
            (
                "delete: `a/very/long/path/to/a/file.csv`, as you like",
                "delete:\n  `a/very/long/path/to/a/file.csv`,\n  as you like",
            ),
            (
                "hint: to undo it: wxbulk undo numbers.results.csv --org Acme",
                "hint: to undo it:\n  wxbulk undo numbers.results.csv --org Acme",
            ),
            (
                "run:\n  wxbulk apply numbers.csv --only-failed\nor not",
                "run:\n  wxbulk apply numbers.csv --only-failed\nor not",
            ),
            (
                "the page that `wxbulk report` makes of it",
                "the page that `wxbulk\n  report` makes of it",
            ),
        ] {
            assert_eq!(fit(text, Some(22)), fitted);
        }
        assert_eq!(fit("as long as it is", None), "as long as it is");
    }
}
