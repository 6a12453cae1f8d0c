//! What a person chose a page to be about: a customer, or a part of the rows.

use std::fmt::Write;

use crate::sheet::row_selector::{Condition, RowSelector};

/// All rows where nothing is chosen.
#[derive(Debug, Default)]
pub struct PageChoice {
    /// The id or the name of an organization.
    pub organization: Option<String>,
    pub part: RowSelector,
}

impl PageChoice {
    pub fn is_all(&self) -> bool {
        self.organization.is_none() && self.part.is_whole_sheet()
    }

    /// What the name of the page's file says of it: `Acme-Ltd`.
    pub fn word(&self) -> String {
        let values = self
            .part
            .conditions()
            .iter()
            .map(|condition| match condition {
                Condition::Rows(rows) => rows.to_string(),
                Condition::Where(cell) => cell.value.clone(),
            });
        let texts: Vec<String> = self.organization.iter().cloned().chain(values).collect();
        let words = texts
            .iter()
            .flat_map(|text| text.split(|one: char| !one.is_alphanumeric()));
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        match &*words.join("-") {
            "" => "part".to_string(),
            word => word.chars().take(60).collect(),
        }
    }

    /// The same for a page's stamp: no two choices have the same one.
    pub(super) fn stamp(&self) -> String {
        let organization = self.organization.iter().map(|one| format!("--org {one}"));
        let said = organization
            .chain(self.part.flags())
            .collect::<Vec<_>>()
            .join(" ");
        let mut stamp = String::new();
        for letter in said.chars() {
            // Writing into a text cannot fail.
            let _ = match letter {
                letter if letter.is_ascii_alphanumeric() => write!(stamp, "{letter}"),
                letter => write!(stamp, "-{:x}-", u32::from(letter)),
            };
        }
        stamp
    }
}
