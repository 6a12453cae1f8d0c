//! What stands in a column that is not read and may have been meant for one of ours.

use csv::ByteRecord;

use crate::model::change::Change;
use crate::model::ids::{self, Kind};
use crate::model::wording::plural;
use crate::setting::target_kind::TargetKind;
use crate::setting::{self, Setting};
use crate::sheet::Sheet;
use crate::sheet::cell_diagnostics::ID_BEGINS;
use crate::sheet::cell_text::{SHORTEST_LOCAL, has_text, text_in};
use crate::sheet::columns::{About, ByName, Columns, Meant, typed_name};
use crate::sheet::number::{REMOVE, number_in};
use crate::sheet::problem::{column_letters, shorten};
use crate::sheet::question::Question;
use crate::sheet::rule_cell::{looks_like_rule, read_yes_or_no};
use crate::sheet::suspicion::Suspicion;

/// No id is shorter than a UUID.
const SHORTEST_ID: usize = 36;

/// Fewer digits count something, where the column's name does not say what they are.
pub(super) const SHORTEST_EXTENSION: usize = 3;

/// Such a column, as far as the sheet was read.
#[derive(Debug)]
pub(super) struct NearValues {
    column: usize,
    meant: Meant,
    /// What it was meant for, its cells tell, not its name.
    about: Option<About>,
    /// Of what its ids are, where its cells tell.
    target: Option<&'static TargetKind>,
    values: Suspicion,
    first: String,
    /// Whether its values are not all the same.
    differs: bool,
    /// Cells with something else.
    others: u64,
    has_single_digits: bool,
    /// Extensions and what else they may be: of how many digits, and the first of them.
    by_length: Vec<(usize, Suspicion, String)>,
}

/// What a cell is in such a column.
enum Tells {
    Nothing,
    Value,
    /// A value if other numbers have as many digits.
    Digits(usize),
    Other,
}

impl NearValues {
    pub(super) fn of(column: usize, meant: Meant, about: Option<About>) -> NearValues {
        NearValues {
            column,
            meant,
            about,
            target: None,
            values: Suspicion::default(),
            first: String::new(),
            differs: false,
            others: 0,
            has_single_digits: false,
            by_length: Vec::new(),
        }
    }

    pub(super) fn column(&self) -> usize {
        self.column
    }

    pub(super) fn add_row(&mut self, columns: &Columns, row: u64, record: &ByteRecord) {
        match self.tells(columns, record) {
            Tells::Nothing => {}
            Tells::Other => {
                let cell = record.get(self.column).unwrap_or_default().trim_ascii();
                self.others += u64::from(!cell.is_empty());
                self.has_single_digits |= matches!(cell, [digit] if digit.is_ascii_digit());
            }
            Tells::Digits(length) => {
                let known = self.by_length.iter_mut();
                if let Some((_, values, _)) = known.into_iter().find(|(one, ..)| *one == length) {
                    values.add(row);
                    return;
                }
                let mut values = Suspicion::default();
                values.add(row);
                let first = shorten(&text_in(record, self.column));
                self.by_length.push((length, values, first));
            }
            Tells::Value if self.is_settled(columns, record) => {}
            Tells::Value => {
                if self.values.count == 0 {
                    self.learn_from(columns, &text_in(record, self.column));
                    self.first = shorten(&text_in(record, self.column));
                }
                self.differs |= self.first != shorten(&text_in(record, self.column));
                self.values.add(row);
            }
        }
    }

    /// Whether the row says in another column what this one may say.
    fn is_settled(&self, columns: &Columns, record: &ByteRecord) -> bool {
        let is_said = |column: Option<usize>| column.is_some_and(|column| has_text(record, column));
        match self.meant {
            Meant::OrgId if self.about.is_none() => is_said(columns.org_id),
            Meant::OrgId | Meant::OrgName => is_said(columns.org_id) || is_said(columns.org_name),
            _ => false,
        }
    }

    fn tells(&self, columns: &Columns, record: &ByteRecord) -> Tells {
        let value_if = |is_one: bool| if is_one { Tells::Value } else { Tells::Other };
        let cell = record.get(self.column).unwrap_or_default();
        if self.meant == Meant::AnyRule {
            let is_of_calls = self.about.is_none_or(|about| about.is_rule);
            let is_choice = || {
                matches!(
                    read_yes_or_no(&text_in(record, self.column)),
                    Ok(Change::Set(_))
                )
            };
            return value_if(looks_like_rule(cell) || (is_of_calls && is_choice()));
        }
        let is_short = cell.len() < SHORTEST_ID;
        if self.meant == Meant::OrgName && self.about.is_some() {
            let text = text_in(record, self.column);
            return value_if(is_short && text.contains(char::is_alphabetic));
        }
        if self.about.is_some() && is_short {
            return Tells::Other;
        }
        let text = text_in(record, self.column);
        if text.is_empty() {
            return Tells::Nothing;
        }
        match (self.meant, self.about) {
            (Meant::OrgId, None)
                if columns.target_id.is_none() && ids::says_its_kind(&text, ids::LOCATION) =>
            {
                Tells::Other
            }
            (Meant::OrgId, Some(about)) => value_if(is_id_in(&text, about, ids::ORGANIZATION)),
            (Meant::TargetId, Some(about)) => value_if(target_of(columns, &text, about).is_some()),
            (Meant::Number(place, by_name), _) => number_tells(&text, by_name, place.is_some()),
            // A sheet of numbers may count such calls.
            (Meant::Rule(_), _) if !columns.setting.has_rules() => value_if(
                looks_like_rule(text.as_bytes())
                    || matches!(read_yes_or_no(&text), Ok(Change::Set(_))),
            ),
            _ => Tells::Value,
        }
    }

    /// Whether its values have to be compared with those that are read.
    pub(super) fn compares_lengths(&self) -> bool {
        matches!(
            self.meant,
            Meant::Number(_, ByName::Unknown | ByName::Telephone)
        )
    }

    /// Takes digits for numbers where the numbers that are read have as many: each is a bit.
    pub(super) fn compare_lengths(&mut self, lengths_read: u32) {
        let is_alone =
            lengths_read == 0 && matches!(self.meant, Meant::Number(_, ByName::Telephone));
        for (length, values, first) in std::mem::take(&mut self.by_length) {
            let is_read = is_alone || lengths_read & 1 << length != 0;
            if !is_read {
                self.others += values.count;
                continue;
            }
            let comes_first = self.values.count == 0 || values.first_row < self.values.first_row;
            if comes_first {
                self.values.first_row = values.first_row;
                self.first = first;
            }
            self.values.count += values.count;
        }
    }

    pub(super) fn is_organization(&self) -> bool {
        matches!(self.meant, Meant::OrgId | Meant::OrgName) && self.is_asked_about()
    }

    /// Where the name tells little most of the cells must tell it.
    pub(super) fn is_asked_about(&self) -> bool {
        let is_clear = match self.meant {
            Meant::AnyRule => {
                let is_by_name = self.about.is_none_or(|about| about.is_rule);
                is_by_name || self.values.count >= self.others
            }
            // One name may be that of the organization to which all rows go.
            Meant::OrgName if self.about.is_some() => self.differs,
            Meant::Number(_, ByName::Unknown) => self.values.count >= self.others,
            Meant::Number(_, ByName::Nothing) => {
                self.values.count >= self.others && !self.has_single_digits
            }
            _ => true,
        };
        self.values.count > 0 && is_clear
    }

    /// A column that is called as names are may hold ids.
    fn learn_from(&mut self, columns: &Columns, first: &str) {
        if self.meant == Meant::OrgName && ids::read(first, ids::ORGANIZATION).is_ok() {
            self.meant = Meant::OrgId;
        }
        if let (Meant::TargetId, Some(about)) = (self.meant, self.about) {
            self.target = target_of(columns, first, about);
        }
    }

    pub(super) fn question(&self, sheet: &Sheet, columns: &Columns) -> Question {
        let name = String::from_utf8_lossy(&sheet.header[self.column]).into_owned();
        let name = name.trim();
        let shown = shorten(name);
        let called = match name {
            "" => "without a name".to_string(),
            _ => format!("`{shown}`"),
        };
        let wanted = match self.target {
            Some(target) => target.id_column.to_string(),
            None => self.meant.name(columns.widest),
        };
        let values = plural(self.values.count, "value");
        let first = format!(
            "the first in row {}: `{}`",
            self.values.first_row, self.first
        );
        let loss = match self.meant {
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
            Meant::Number(..) => "its numbers would not be sent".to_string(),
            Meant::Rule(_) => "its values would not be sent".to_string(),
            Meant::AnyRule => "its rules would not be sent".to_string(),
        };
        let rename = match self.meant {
            Meant::AnyRule if !columns.widest.has_rules() => only_elsewhere(columns.setting),
            Meant::AnyRule => "if it is, rename it to the calls that its rules are for, such as international or premiumServices1".to_string(),
            _ => format!("if it is, rename the column to {wanted}"),
        };
        Question {
            finding: format!(
                "column {} ({called}) looks like {wanted} and is not read, so {loss}; it holds {values}, {first}",
                column_letters(self.column)
            ),
            answer: format!(
                "{rename}; if not, add --ignore-column \"{}\"",
                typed_name(name)
            ),
        }
    }
}

/// Where rules are set, if not on what a setting is set on.
fn only_elsewhere(setting: &Setting) -> String {
    let mut with_rules = setting::ALL.into_iter().filter(|other| other.has_rules());
    with_rules.next().map_or(String::new(), |other| {
        format!(
            "if it is, its rules are not set for {}: put rules of {} into a sheet for --setting {}",
            setting.target.plural, other.target.plural, other.name
        )
    })
}

/// What a cell tells where the column may have numbers. A column that is called as the second telephone, say,
/// has them however badly they are written.
fn number_tells(text: &str, by_name: ByName, has_place: bool) -> Tells {
    let is_removed = text.eq_ignore_ascii_case(REMOVE);
    if by_name == ByName::Near {
        // A remark beside a number is none.
        let is_value =
            is_removed || text.contains(char::is_numeric) || text.starts_with(['#', '=']);
        return if is_value { Tells::Value } else { Tells::Other };
    }
    if is_removed && by_name != ByName::Counted {
        return Tells::Value;
    }
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let Some(number) = number_in(text) else {
        let is_number = by_name == ByName::Telephone && has_place && digits >= SHORTEST_EXTENSION;
        return if is_number {
            Tells::Value
        } else {
            Tells::Other
        };
    };
    let length = number.len();
    let is_year = length == 4 && ["19", "20"].iter().any(|begin| number.starts_with(begin));
    match by_name {
        _ if number.starts_with('+') || length >= SHORTEST_LOCAL => Tells::Value,
        ByName::Telephone | ByName::Nothing if length >= SHORTEST_EXTENSION => Tells::Value,
        ByName::Telephone => Tells::Digits(length),
        ByName::Unknown if !is_year => Tells::Digits(length),
        _ => Tells::Other,
    }
}

/// An id that says that it is one of `kind`, or what can be one where the column's name is about it.
fn is_id_in(text: &str, about: About, kind: Kind) -> bool {
    ids::says_its_kind(text, kind)
        || (about.id == Some(kind)
            && (text.starts_with(ID_BEGINS) || ids::read(text, kind).is_ok()))
}

/// What an id is of, where it may say what the rows are for. Where an address is all that says it, that
/// may be a thing of another kind.
fn target_of(columns: &Columns, text: &str, about: About) -> Option<&'static TargetKind> {
    let own = columns.setting.target;
    let may_be_other = own.has_common_name && !columns.is_told;
    let others = setting::ALL.into_iter().map(|setting| setting.target);
    let mut kinds = [own].into_iter().chain(others.filter(|_| may_be_other));
    kinds.find(|kind| is_id_in(text, about, kind.id))
}
