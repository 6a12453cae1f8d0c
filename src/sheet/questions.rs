//! What a person is asked before anything is sent, since the sheet may say less than was meant: columns
//! that are not read although they seem to be meant, and what the eye does not see.

use csv::ByteRecord;

use crate::model::ids;
use crate::model::wording::plural;
use crate::setting::FieldKind;
use crate::sheet::Sheet;
use crate::sheet::cell_text::{has_text, text_in};
use crate::sheet::columns::{Columns, Meant, NearColumn};
use crate::sheet::near_column_cells::NearValues;
use crate::sheet::problem::{column_letters, shorten};
use crate::sheet::question::{HIDDEN_ANSWER, Question};
use crate::sheet::suspicion::Suspicion;

/// Counts what is in question while a sheet is checked.
#[derive(Debug, Default)]
pub(super) struct InQuestion {
    near: Vec<NearValues>,
    hidden_rows: Suspicion,
    /// Rows with a cell that conditional formatting may strike through.
    maybe_struck: Suspicion,
    /// Rows with a value that cannot be seen on what is behind it.
    unseen: Suspicion,
    /// Rows with one of which conditional formatting may make that so.
    maybe_unseen: Suspicion,
    /// For each field, the values in its column where that is hidden.
    hidden_numbers: Vec<Suspicion>,
    /// A bit for each number of digits that a number which is read has.
    lengths_read: u32,
}

impl InQuestion {
    pub(super) fn of(columns: &Columns) -> InQuestion {
        let near = columns.near.iter();
        let near = near.map(|near| NearValues::of(near.column, near.meant, None));
        let may_be_target = columns.target_id.is_none();
        // Places that are called alike may be there in each organization, an id only in one.
        let may_be_customer = may_be_target && columns.org_id.or(columns.org_name).is_none();
        let own = columns.own.iter().flat_map(|own| {
            let of_target = may_be_target.then_some(Meant::TargetId);
            let may_be_rules = columns.may_be_rules && (own.about.is_rule || !own.about.is_project);
            let of_rules = may_be_rules.then_some(Meant::AnyRule);
            let is_near =
                |near: &NearColumn| near.column == own.column && near.meant == Meant::OrgId;
            let of_organization = !columns.near.iter().any(is_near);
            let of_organization = of_organization.then_some(Meant::OrgId);
            let of_customer = (may_be_customer && own.about.id == Some(ids::ORGANIZATION))
                .then_some(Meant::OrgName);
            let of_organization = of_organization.into_iter().chain(of_customer);
            let meant = of_organization.chain(of_target).chain(of_rules);
            meant.map(|meant| NearValues::of(own.column, meant, Some(own.about)))
        });
        InQuestion {
            near: near.chain(own).collect(),
            hidden_numbers: vec![Suspicion::default(); columns.fields.len()],
            ..InQuestion::default()
        }
    }

    /// Counts what a row has in columns that are not read.
    pub(super) fn add_row(&mut self, columns: &Columns, row: u64, record: &ByteRecord) {
        if self.near.iter().any(NearValues::compares_lengths) {
            let numbers = columns.fields.iter().enumerate();
            let numbers = numbers
                .filter(|(index, _)| columns.setting.kind(*index) == Some(FieldKind::Number));
            for column in numbers.filter_map(|(_, column)| *column) {
                let text = text_in(record, column);
                let digits = text.bytes().filter(u8::is_ascii_digit).count();
                if digits > 0 {
                    self.lengths_read |= 1 << digits.min(31);
                }
            }
        }
        for near in &mut self.near {
            near.add_row(columns, row, record);
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
        } else if sheet.is_value_unseen(row) {
            self.unseen.add(row);
        }
        let mut values = columns.fields.iter().flatten();
        if values.any(|column| {
            has_text(record, *column) && sheet.hidden.are_letters_hidden_conditionally(row, *column)
        }) {
            self.maybe_unseen.add(row);
        }
        let mut read = columns.read();
        if sheet.hidden.may_strike_conditionally()
            && read.any(|column| sheet.hidden.is_struck_conditionally(row, column))
        {
            self.maybe_struck.add(row);
        }
        for (column, values) in columns.fields.iter().zip(&mut self.hidden_numbers) {
            if let Some(column) = *column
                && sheet.hidden.is_column_hidden(column)
                && has_text(record, column)
            {
                values.add(row);
            }
        }
    }

    /// Whether a column that is not read may say which organizations the rows are for.
    pub(super) fn is_organization(&self) -> bool {
        self.near.iter().any(NearValues::is_organization)
    }

    /// The columns of which a question is asked.
    pub(super) fn columns_asked_about(&mut self) -> Vec<usize> {
        for near in &mut self.near {
            near.compare_lengths(self.lengths_read);
        }
        let asked = self.near.iter().filter(|near| near.is_asked_about());
        asked.map(NearValues::column).collect()
    }

    pub(super) fn into_questions(mut self, sheet: &Sheet, columns: &Columns) -> Vec<Question> {
        for near in &mut self.near {
            near.compare_lengths(self.lengths_read);
        }
        let mut questions: Vec<Question> = self
            .near
            .iter()
            .filter(|near| near.is_asked_about())
            .map(|near| near.question(sheet, columns))
            .collect();
        if sheet.asks_about_hidden() {
            for (rows, such, why, answer) in [
                (
                    self.hidden_rows,
                    "hidden or filtered out in the workbook",
                    "",
                    HIDDEN_ANSWER,
                ),
                (
                    self.unseen,
                    "a value of such a row cannot be seen in the workbook",
                    ": the letters have the color of what is behind them, or are too small to be read",
                    HIDDEN_ANSWER,
                ),
                (
                    self.maybe_unseen,
                    "conditional formatting gives values in such rows the color of what is behind them where its condition is met",
                    "; which cannot be seen only the spreadsheet knows",
                    "remove the values that are not meant and the conditional formatting, or add --hidden include to send all of them",
                ),
                (
                    self.maybe_struck,
                    "conditional formatting strikes cells of such rows through where its condition is met",
                    "; which are struck only the spreadsheet knows",
                    "delete the rows that are struck through and the conditional formatting, or add --hidden include to send all of them",
                ),
            ] {
                if rows.count > 0 {
                    questions.push(Question {
                        finding: format!(
                            "{} would be sent although {such}, the first is row {}{why}",
                            plural(rows.count, "row"),
                            rows.first_row
                        ),
                        answer: answer.to_string(),
                    });
                }
            }
            for (column, values) in columns.fields.iter().zip(self.hidden_numbers) {
                if let (Some(column), true) = (column, values.count > 0) {
                    let name = String::from_utf8_lossy(&sheet.header[*column]).into_owned();
                    questions.push(Question {
                        finding: format!(
                            "column {} ({}) is hidden in the workbook, and its {} would be sent",
                            column_letters(*column),
                            shorten(&name),
                            plural(values.count, "value")
                        ),
                        answer: HIDDEN_ANSWER.to_string(),
                    });
                }
            }
        }
        questions
    }
}
