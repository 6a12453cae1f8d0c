//! What a person is asked before anything is sent, since the sheet may say less than was meant: columns
//! that are not read although they seem to be meant, and what the eye does not see.

use csv::ByteRecord;

use crate::model::ids;
use crate::model::wording::plural;
use crate::sheet::Sheet;
use crate::sheet::check::Suspicion;
use crate::sheet::columns::{Columns, Meant, NearColumn};
use crate::sheet::number::number_in;
use crate::sheet::problem::{column_letters, shorten};
use crate::table::strip_text_formula;

/// Shorter bare digits may count anything.
const SHORTEST_LOCAL: usize = 7;

/// A question, and the flags that answer it where nobody can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// A sentence that says what was found and what would happen.
    pub finding: String,
    /// How to answer it beforehand.
    pub answer: String,
}

/// Counts what is in question while a sheet is checked.
#[derive(Debug, Default)]
pub(super) struct InQuestion {
    near: Vec<NearValues>,
    hidden_rows: Suspicion,
    /// For each field, the values in its column where that is hidden.
    hidden_numbers: Vec<Suspicion>,
}

#[derive(Debug)]
struct NearValues {
    near: NearColumn,
    values: Suspicion,
    first: String,
}

impl InQuestion {
    pub(super) fn of(columns: &Columns) -> InQuestion {
        let values = |near: &NearColumn| NearValues {
            near: near.clone(),
            values: Suspicion::default(),
            first: String::new(),
        };
        InQuestion {
            near: columns.near.iter().map(values).collect(),
            hidden_numbers: vec![Suspicion::default(); columns.fields.len()],
            ..InQuestion::default()
        }
    }

    /// Counts what a row has in columns that are not read.
    pub(super) fn add_row(&mut self, columns: &Columns, row: u64, record: &ByteRecord) {
        for NearValues {
            near,
            values,
            first,
        } in &mut self.near
        {
            let is_said = |column: Option<usize>| {
                column.is_some_and(|column| !text_in(record, column).is_empty())
            };
            let is_settled = match near.meant {
                Meant::OrgId => is_said(columns.org_id),
                Meant::OrgName => is_said(columns.org_id) || is_said(columns.org_name),
                _ => false,
            };
            let text = text_in(record, near.column);
            let is_meant = match near.meant {
                Meant::OtherNumber(_) => is_phone_number(&text),
                _ => !text.is_empty(),
            };
            if is_settled || !is_meant {
                continue;
            }
            if values.count == 0 {
                *first = shorten(&text);
            }
            values.add(row);
        }
    }

    /// Counts a row that would be sent although the eye does not see it, or some of it.
    pub(super) fn add_sent(
        &mut self,
        sheet: &Sheet,
        columns: &Columns,
        row: u64,
        record: &ByteRecord,
    ) {
        if sheet.hidden.is_row_hidden(row) {
            self.hidden_rows.add(row);
        }
        for (column, values) in columns.fields.iter().zip(&mut self.hidden_numbers) {
            if let Some(column) = *column
                && sheet.hidden.is_column_hidden(column)
                && !text_in(record, column).is_empty()
            {
                values.add(row);
            }
        }
    }

    pub(super) fn into_questions(self, sheet: &Sheet, columns: &Columns) -> Vec<Question> {
        let mut questions: Vec<Question> = self
            .near
            .iter()
            .filter(|near| near.values.count > 0)
            .map(|near| near.question(sheet, columns))
            .collect();
        if sheet.asks_about_hidden() {
            let rows = self.hidden_rows;
            if rows.count > 0 {
                questions.push(Question {
                    finding: format!(
                        "{} would be sent although hidden or filtered out in the workbook, the first is row {}",
                        plural(rows.count, "row"),
                        rows.first_row
                    ),
                    answer: HIDDEN_ANSWER.to_string(),
                });
            }
            for (column, values) in columns.fields.iter().zip(self.hidden_numbers) {
                if let (Some(column), true) = (column, values.count > 0) {
                    let name = String::from_utf8_lossy(&sheet.header[*column]).into_owned();
                    questions.push(Question {
                        finding: format!(
                            "column {} ({}) is hidden in the workbook, and its {} would be sent",
                            column_letters(*column),
                            shorten(&name),
                            plural(values.count, "number")
                        ),
                        answer: HIDDEN_ANSWER.to_string(),
                    });
                }
            }
        }
        questions
    }
}

const HIDDEN_ANSWER: &str =
    "add --hidden include to send them too, or --hidden skip to leave them out";

impl NearValues {
    fn question(&self, sheet: &Sheet, columns: &Columns) -> Question {
        let name = String::from_utf8_lossy(&sheet.header[self.near.column]).into_owned();
        let name = name.trim();
        let shown = shorten(name);
        let wanted = self.near.meant.name(columns.setting);
        let values = plural(self.values.count, "value");
        let first = format!(
            "the first in row {}: `{}`",
            self.values.first_row, self.first
        );
        let loss = match self.near.meant {
            Meant::OrgId | Meant::OrgName => {
                let organization = match &sheet.reading.default_org {
                    Some(_) => "the organization that --org names",
                    None => "the token's own organization",
                };
                format!(
                    "{} would go to {organization}, not to what the column says",
                    plural(self.values.count, "row")
                )
            }
            Meant::TargetId | Meant::TargetName => {
                let things = columns.setting.target.plural;
                format!("{things} would be looked up by their names alone")
            }
            Meant::Number(_) | Meant::OtherNumber(_) => "its numbers would not be sent".to_string(),
            Meant::Rule(_) => "its rules would not be sent".to_string(),
        };
        Question {
            finding: format!(
                "column {} (`{shown}`) looks like {wanted} and is not read, so {loss}; it holds {values}, {first}",
                column_letters(self.near.column)
            ),
            answer: format!(
                "if it is {wanted}, rename it so; if not, add --ignore-column \"{shown}\""
            ),
        }
    }
}

/// With its area at least: an extension looks like any other number.
pub(super) fn is_phone_number(text: &str) -> bool {
    let number = number_in(text);
    number.is_some_and(|number| number.starts_with('+') || number.len() >= SHORTEST_LOCAL)
}

/// The text of a cell, without blanks around it and what keeps a spreadsheet from changing it.
pub(super) fn text_in(record: &ByteRecord, column: usize) -> String {
    let text = String::from_utf8_lossy(record.get(column).unwrap_or_default());
    strip_text_formula(&text)
        .trim_matches(ids::is_blank)
        .to_string()
}
