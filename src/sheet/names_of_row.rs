//! What the cells of a row call its organization and what it is for.

use csv::ByteRecord;

use crate::model::ids;
use crate::sheet::columns::Columns;
use crate::table::strip_text_formula;

/// What a row calls its organization and what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Called<'r> {
    pub organization: Option<&'r str>,
    pub target: Option<&'r str>,
}

impl Called<'_> {
    pub fn is_any(&self) -> bool {
        self.organization.is_some() || self.target.is_some()
    }
}

/// The names that a row gives.
pub fn names_in<'r>(columns: &Columns, record: &'r ByteRecord) -> Called<'r> {
    Called {
        organization: text_in(columns.org_name, record),
        target: text_in(columns.target_name, record),
    }
}

/// The text of a cell, without what is blank around it; `None` where nothing stands there.
pub fn text_in(column: Option<usize>, record: &ByteRecord) -> Option<&str> {
    let cell = record.get(column?)?;
    let text = std::str::from_utf8(cell).unwrap_or_default();
    let text = strip_text_formula(text).trim_matches(ids::is_blank);
    (!text.is_empty()).then_some(text)
}

/// The names that stand in for ids which a row does not give.
pub fn called<'r>(columns: &Columns, record: &'r ByteRecord) -> Called<'r> {
    let stands_in = |name: Option<usize>, id: Option<usize>| {
        let name = text_in(name, record)?;
        text_in(id, record).is_none().then_some(name)
    };
    Called {
        organization: stands_in(columns.org_name, columns.org_id),
        target: stands_in(columns.target_name, columns.target_id),
    }
}
