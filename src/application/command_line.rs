//! A command as a person types it: taken apart, and written so that a shell takes it.

use crate::platform;

/// A command as it was typed, taken apart. A name that is no text could not be printed so that it can
/// be typed again, so these are texts.
#[derive(Debug, Clone, Default)]
pub struct TypedCommand {
    /// All its words, the program first.
    pub words: Vec<String>,
    /// The file that it names.
    pub file: Option<String>,
    /// Its flags, in the order of its help.
    pub flags: Vec<TypedFlag>,
    /// The folder where it was typed, from which it names its files.
    pub folder: String,
}

/// A flag that was typed.
#[derive(Debug, Clone)]
pub struct TypedFlag {
    /// Its long name.
    pub name: String,
    pub value: Option<String>,
    /// The commands that take it.
    pub commands: Vec<String>,
}

impl TypedCommand {
    /// Whether a flag was typed, by its long name.
    pub fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|one| one.name == flag)
    }

    /// The same command about another file.
    pub fn name_another_file(&mut self, name: &str) {
        if let Some(file) = self.file.replace(name.to_string())
            && let Some(word) = self.words.iter_mut().skip(1).find(|word| **word == file)
        {
            *word = as_operand(name);
        }
    }
}

/// A name that begins as a flag does is not taken for one when its folder stands before it.
pub(super) fn as_operand(name: &str) -> String {
    if name.starts_with('-') && name != "-" {
        format!("./{name}")
    } else {
        name.to_string()
    }
}

/// A command of these words, as a shell takes it.
pub(crate) fn join(words: &[String]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| quote(word)).collect();
    quoted.join(" ")
}

/// Quotes a word where a shell would take it apart.
fn quote(word: &str) -> String {
    // PowerShell makes several words of one with a comma, and something else of one with an `@`.
    let plain = if cfg!(windows) {
        "-_./:=+"
    } else {
        "-_./:=+,@%"
    };
    let is_plain = |character: char| character.is_alphanumeric() || plain.contains(character);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_string();
    }
    platform::quoted_for_shell(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_a_shell_would_take_apart_are_quoted() {
        assert_eq!(quote("sheets/20%.csv"), "sheets/20%.csv");
        #[cfg(unix)]
        for (word, quoted) in [
            ("my sheet.csv", "'my sheet.csv'"),
            ("$5 `each`.csv", "'$5 `each`.csv'"),
            ("Ann's.csv", r"'Ann'\''s.csv'"),
            ("", "''"),
            ("a\u{1b}[31m1'\\b\n.csv", r"$'a\033[31m1\'\\b\012.csv'"),
        ] {
            assert_eq!(quote(word), quoted);
        }
        #[cfg(windows)]
        assert_eq!(quote("my sheet.csv"), "\"my sheet.csv\"");
    }
}
