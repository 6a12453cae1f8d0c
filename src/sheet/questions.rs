//! What a person is asked before anything is sent, since the sheet may say less than was meant: columns
//! that are not read although they seem to be meant, and what the eye does not see.

use csv::ByteRecord;

use crate::model::change::Change;
use crate::model::ids::{self, Kind};
use crate::model::wording::plural;
use crate::setting::{FieldKind, Setting, used_numbers};
use crate::sheet::Sheet;
use crate::sheet::cell_diagnostics::ID_BEGINS;
use crate::sheet::check::Suspicion;
use crate::sheet::columns::{Columns, Meant, NearColumn, OwnColumn, typed_name};
use crate::sheet::number::{REMOVE, number_in};
use crate::sheet::problem::{column_letters, shorten};
use crate::sheet::rule_cell::{looks_like_rule, read_yes_or_no};
use crate::table::strip_text_formula;

/// Shorter bare digits may count anything.
const SHORTEST_LOCAL: usize = 7;

/// No id is shorter than a UUID.
const SHORTEST_ID: usize = 36;

/// A question, and the flags that answer it where nobody can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// A sentence that says what was found and what would happen.
    pub finding: String,
    /// How to answer it beforehand.
    pub answer: String,
}

impl Question {
    /// Whether it is about rows or columns that the workbook hides.
    pub fn is_about_hidden(&self) -> bool {
        self.answer == HIDDEN_ANSWER
    }
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
    /// The column's name is near none of ours: what it was meant for, its cells tell.
    own: Option<OwnColumn>,
    values: Suspicion,
    first: String,
    /// Cells with something else.
    others: u64,
}

impl InQuestion {
    pub(super) fn of(columns: &Columns) -> InQuestion {
        let values = |column, meant, own| NearValues {
            near: NearColumn { column, meant },
            own,
            values: Suspicion::default(),
            first: String::new(),
            others: 0,
        };
        let near = columns.near.iter();
        let near = near.map(|near| values(near.column, near.meant, None));
        let may_be_target = columns.target_id.is_none();
        let may_be_rules = has_rules(columns.widest);
        let own = columns.own.iter().flat_map(|own| {
            let of_target = may_be_target.then_some(Meant::TargetId);
            let of_rules = may_be_rules.then_some(Meant::AnyRule);
            let meant = [Meant::OrgId].into_iter().chain(of_target).chain(of_rules);
            meant.map(|meant| values(own.column, meant, Some(own.clone())))
        });
        InQuestion {
            near: near.chain(own).collect(),
            hidden_numbers: vec![Suspicion::default(); columns.fields.len()],
            ..InQuestion::default()
        }
    }

    /// Counts what a row has in columns that are not read.
    pub(super) fn add_row(&mut self, columns: &Columns, row: u64, record: &ByteRecord) {
        let is_said = |column: Option<usize>| {
            column.is_some_and(|column| !text_in(record, column).is_empty())
        };
        for near in &mut self.near {
            if !near.may_be_meant(columns, record) {
                let cell = record.get(near.near.column).unwrap_or_default();
                near.others += u64::from(!cell.trim_ascii().is_empty());
                continue;
            }
            let is_settled = match near.near.meant {
                Meant::OrgId if near.own.is_none() => is_said(columns.org_id),
                Meant::OrgId | Meant::OrgName => {
                    is_said(columns.org_id) || is_said(columns.org_name)
                }
                _ => false,
            };
            if is_settled {
                continue;
            }
            if near.values.count == 0 {
                near.learn_from(&text_in(record, near.near.column));
                near.first = shorten(&text_in(record, near.near.column));
            }
            near.values.add(row);
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

    /// Whether a column that is not read may say which organizations the rows are for.
    pub(super) fn is_organization(&self) -> bool {
        let is_one = |near: &NearValues| {
            matches!(near.near.meant, Meant::OrgId | Meant::OrgName) && near.is_asked_about()
        };
        self.near.iter().any(is_one)
    }

    pub(super) fn into_questions(self, sheet: &Sheet, columns: &Columns) -> Vec<Question> {
        let mut questions: Vec<Question> = self
            .near
            .iter()
            .filter(|near| near.is_asked_about())
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

fn has_rules(setting: &Setting) -> bool {
    let mut fields = setting.fields.iter();
    fields.any(|field| field.kind == FieldKind::Action)
}

const HIDDEN_ANSWER: &str =
    "add --hidden include to send what is hidden, or --hidden skip to leave it out";

impl NearValues {
    /// Whether a row has something in the column that it can have been meant for.
    fn may_be_meant(&self, columns: &Columns, record: &ByteRecord) -> bool {
        if self.near.meant == Meant::AnyRule {
            return record.get(self.near.column).is_some_and(looks_like_rule);
        }
        let is_long = |cell: &[u8]| cell.len() >= SHORTEST_ID;
        if self.own.is_some() && !record.get(self.near.column).is_some_and(is_long) {
            return false;
        }
        let text = text_in(record, self.near.column);
        match (self.near.meant, &self.own) {
            (Meant::OrgId, Some(own)) => is_id_in(&text, own, ids::ORGANIZATION),
            (Meant::TargetId, Some(own)) => is_id_in(&text, own, ids::LOCATION),
            (Meant::PhoneNumber(_), _) => is_extension(&text, columns),
            (Meant::OtherNumber(_), _) => is_phone_number(&text),
            // A sheet of numbers may count such calls.
            (Meant::Rule(_), _) if !has_rules(columns.setting) => {
                looks_like_rule(text.as_bytes())
                    || matches!(read_yes_or_no(&text), Ok(Change::Set(_)))
            }
            // A remark beside a number is none.
            (Meant::Number(_), _) => {
                text.contains(char::is_numeric)
                    || text.starts_with(['#', '='])
                    || text.eq_ignore_ascii_case(REMOVE)
            }
            _ => !text.is_empty(),
        }
    }

    /// By its cells alone a column is one of rules if most of them are.
    fn is_asked_about(&self) -> bool {
        let is_by_cells = self.own.is_some() && self.near.meant == Meant::AnyRule;
        self.values.count > 0 && (!is_by_cells || self.values.count >= self.others)
    }

    /// A column that is called as names are may hold ids.
    fn learn_from(&mut self, first: &str) {
        if self.near.meant == Meant::OrgName && ids::read(first, ids::ORGANIZATION).is_ok() {
            self.near.meant = Meant::OrgId;
        }
    }

    fn question(&self, sheet: &Sheet, columns: &Columns) -> Question {
        let name = String::from_utf8_lossy(&sheet.header[self.near.column]).into_owned();
        let name = name.trim();
        let shown = shorten(name);
        let called = match name {
            "" => "without a name".to_string(),
            _ => format!("`{shown}`"),
        };
        let wanted = self.near.meant.name(columns.widest);
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
            Meant::Number(_) | Meant::PhoneNumber(_) | Meant::OtherNumber(_) => {
                "its numbers would not be sent".to_string()
            }
            Meant::Rule(_) => "its values would not be sent".to_string(),
            Meant::AnyRule => "its rules would not be sent".to_string(),
        };
        let rename = match self.near.meant {
            Meant::AnyRule => "if it is, rename it to the calls that its rules are for, such as international or premiumServices1".to_string(),
            _ => format!("if it is, rename the column to {wanted}"),
        };
        Question {
            finding: format!(
                "column {} ({called}) looks like {wanted} and is not read, so {loss}; it holds {values}, {first}",
                column_letters(self.near.column)
            ),
            answer: format!(
                "{rename}; if not, add --ignore-column \"{}\"",
                typed_name(name)
            ),
        }
    }
}

/// An id that says that it is one of `kind`, or what can be one where the column's name is about it.
fn is_id_in(text: &str, own: &OwnColumn, kind: Kind) -> bool {
    ids::says_its_kind(text, kind)
        || (own.about == Some(kind)
            && (text.starts_with(ID_BEGINS) || ids::read(text, kind).is_ok()))
}

/// Beside numbers that are read, two digits may count anything.
fn is_extension(text: &str, columns: &Columns) -> bool {
    let mut numbers = used_numbers::numbers_of(columns.widest).into_iter();
    let reads_numbers = numbers.any(|index| columns.reads(columns.widest.fields[index].column));
    let shortest = if reads_numbers { 3 } else { 2 };
    number_in(text).is_some_and(|number| number.len() >= shortest)
}

/// With its area at least: an extension looks like any other number.
pub(super) fn is_phone_number(text: &str) -> bool {
    let number = number_in(text);
    number.is_some_and(|number| number.starts_with('+') || number.len() >= SHORTEST_LOCAL)
}

/// The text of a cell, without blanks around it and what keeps a spreadsheet from changing it.
pub fn text_in(record: &ByteRecord, column: usize) -> String {
    let text = String::from_utf8_lossy(record.get(column).unwrap_or_default());
    strip_text_formula(&text)
        .trim_matches(ids::is_blank)
        .to_string()
}
