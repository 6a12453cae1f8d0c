//! A question about a sheet.

pub(super) const HIDDEN_ANSWER: &str =
    "add --hidden include to send what is hidden, or --hidden skip to leave it out";

/// A question, and the flags that answer it where nobody can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// A sentence that says what was found and what would happen.
    pub finding: String,
    /// How to answer it beforehand.
    pub answer: String,
}

impl Question {
    pub fn in_words(&self) -> String {
        format!("{}; {}", self.finding, self.answer)
    }

    /// Whether it is about rows or columns that the workbook hides.
    pub fn is_about_hidden(&self) -> bool {
        self.answer == HIDDEN_ANSWER
    }
}
