//! What the cells of one row mean: ids, numbers, `REMOVE`, or what is wrong with them.

use std::borrow::Cow;
use std::cell::RefCell;

use csv::ByteRecord;

use crate::model::change::Change;
use crate::model::ids::{self, Id, IdFault, Kind};
use crate::model::row::Row;
use crate::setting::FieldKind;
use crate::sheet::cell_diagnostics::{self, CellDiagnostic, DOUBTS};
use crate::sheet::columns::Columns;
use crate::sheet::directory::Directory;
use crate::sheet::field_count::wrong_width;
use crate::sheet::managed_organizations::key_of;
use crate::sheet::name_beside_id::contradicting;
use crate::sheet::names_of_row::{Called, called};
use crate::sheet::number::read_change;
use crate::sheet::problem::{Place, Problem, shorten};
use crate::sheet::problem_kind::ProblemKind;
use crate::sheet::restored_cells::RestoredCell;
use crate::sheet::rule_cell::{read_action, read_yes_or_no};
use crate::sheet::{NumberedRecord, Origin, ReadOptions, verbatim};
use crate::table::strip_text_formula;

/// The organization's id that was read last. Rows of one organization mostly stand together, and
/// its id need not be looked at in each.
#[derive(Debug, Default)]
pub struct LastOrganization(RefCell<String>);

impl LastOrganization {
    fn read<'c>(&self, cell: &'c str) -> Result<Cow<'c, str>, IdFault> {
        if !cell.is_empty() && *self.0.borrow() == cell {
            return Ok(Cow::Borrowed(cell));
        }
        let id = read_id(cell, ids::ORGANIZATION)?.text;
        if id == cell {
            cell.clone_into(&mut self.0.borrow_mut());
        }
        Ok(id)
    }
}

fn no_text(cell: &[u8], place: Place) -> Problem {
    let found = shorten(&String::from_utf8_lossy(cell));
    let says = format!("`{found}` is not UTF-8 text; save the sheet as \"CSV UTF-8\"");
    Problem::of_kind(ProblemKind::NotText, place, says)
}

/// Reads one record.
pub fn read_row<'r>(
    numbered: &'r NumberedRecord,
    columns: &Columns,
    header: &ByteRecord,
    reading: &ReadOptions,
    directory: &Directory,
    last_organization: &LastOrganization,
    restored: &[(usize, RestoredCell)],
) -> Result<Row<'r>, Vec<Problem>> {
    let NumberedRecord { row, record, .. } = numbered;
    if let Some(problem) = wrong_width(*row, record, columns) {
        return Err(vec![problem]);
    }
    let place = |column| {
        let name = header.get(column).unwrap_or_default();
        Place::cell(*row, column, shorten(&String::from_utf8_lossy(name)))
    };
    if memchr::memchr(0, record.as_slice()).is_some() {
        return Err(cells_with_nul(record, place));
    }
    let text = std::str::from_utf8(record.as_slice()).ok();
    let cell = |column: Option<usize>| -> Option<&'r str> {
        let Some(range) = column.and_then(|column| record.range(column)) else {
            return Some("");
        };
        let of_whole_text = text.and_then(|text| text.get(range.clone()));
        of_whole_text.or_else(|| std::str::from_utf8(&record.as_slice()[range]).ok())
    };
    let ids = [columns.org_id, columns.target_id];
    let fields: Option<Vec<&str>> = columns.fields.iter().map(|column| cell(*column)).collect();
    let ([Some(org_cell), Some(target_cell)], Some(fields)) = (ids.map(cell), fields) else {
        let unreadable = ids.iter().chain(&columns.fields).flatten().copied();
        let unreadable = unreadable.filter(|column| cell(Some(*column)).is_none());
        return Err(unreadable
            .map(|column| no_text(&record[column], place(column)))
            .collect());
    };
    let called = called(columns, record);
    let mut problems = Vec::new();
    let default = reading.default_org.as_deref();
    let org_id = read_org(org_cell, &called, default, directory, last_organization);
    let org_id = org_id.and_then(|org_id| {
        let fault = directory.managed.fault(org_id.as_deref());
        fault.map_or(Ok(org_id), Err)
    });
    let org_id = org_id.unwrap_or_else(|CellDiagnostic { kind, says }| {
        let column = called.organization.and(columns.org_name);
        let place = column.or(columns.org_id).map_or(Place::row(*row), place);
        problems.push(Problem::of_kind(kind, place, says));
        None
    });
    if org_id.is_none() && called.target.is_some() {
        problems.extend(named_in_no_organization(columns, *row, directory));
    }
    let kind = columns.setting.target;
    let target_id = read_id(target_cell, kind.id);
    let advice = if_for_nothing(org_cell, &target_id, &called);
    problems.retain(|_| advice.is_none());
    let target = match target_id {
        Ok(id) => Some(id),
        // Of an organization that is none there is nothing to look up.
        Err(IdFault::Empty) if called.target.is_some() && !problems.is_empty() => None,
        Err(fault) => {
            let id = match called.target {
                Some(name) => directory.target(kind, org_id.as_deref(), name),
                None => Err(name_fault(&fault, target_cell, kind.id, kind.name_column)),
            };
            id.map_err(|CellDiagnostic { kind, mut says }| {
                says.extend(advice);
                let column = called.target.and(columns.target_name);
                let place = place(column.unwrap_or(columns.target()));
                problems.push(Problem::of_kind(kind, place, says));
            })
            .ok()
        }
    };
    let key = target.as_ref().map(|id| id.key);
    let other = contradicting(directory, columns, record, org_id.as_deref(), key);
    let other = other.filter(|_| reading.origin == Origin::Person);
    problems.extend(other.map(|one| one.problem(place(one.name_column), header)));
    let mut changes = Vec::with_capacity(fields.len());
    for (index, text) in fields.into_iter().enumerate() {
        match read_or_restored(index, text, columns, reading, restored) {
            Ok(change) => changes.push(change),
            Err(CellDiagnostic { kind, says }) => {
                let column = columns.fields[index].unwrap_or_default();
                problems.push(Problem::of_kind(kind, place(column), says));
            }
        }
    }
    let Some(target) = target.filter(|_| problems.is_empty()) else {
        return Err(problems);
    };
    if changes.iter().all(|change| *change == Change::Keep) {
        return Err(vec![Problem::nothing_to_change(*row)]);
    }
    // What wxbulk wrote says all of it.
    if reading.origin == Origin::Person {
        (columns.setting.imply)(&mut changes);
    }
    Ok(Row {
        number: *row,
        org_id,
        name: directory.name_or_listed(cell(columns.target_name), kind, target.key),
        target_id: target.text,
        key: target.key,
        changes,
        expected: Vec::new(),
        used_before: Vec::new(),
    })
}

/// What to do with a row that says nothing of what it is for: a total or a note, such as `Total,,3`, has
/// words where the ids stand, or nothing.
fn if_for_nothing(
    org_cell: &str,
    target_id: &Result<Id<'_>, IdFault>,
    called: &Called<'_>,
) -> Option<&'static str> {
    let is_empty = *target_id == Err(IdFault::Empty);
    let is_for_nothing =
        is_empty && !called.is_any() && read_id(org_cell, ids::ORGANIZATION).is_err();
    is_for_nothing.then_some(". If the row is a total or a note, delete it")
}

/// By its name something of the token's own organization could be taken for another's.
fn named_in_no_organization(columns: &Columns, row: u64, directory: &Directory) -> Option<Problem> {
    if columns.org_id.or(columns.org_name).is_some() || !directory.lacks_organizations() {
        return None;
    }
    let noun = columns.setting.target.noun;
    let says = format!(
        "Webex does not say which organizations the token manages, so a {noun} of this name could be in another organization; add a column `orgId`, or add --org with the organization's id"
    );
    Some(Problem::of_kind(
        ProblemKind::NotManaged,
        Place::row(row),
        says,
    ))
}

fn cells_with_nul(record: &ByteRecord, place: impl Fn(usize) -> Place) -> Vec<Problem> {
    let has_nul = |(_, cell): &(usize, &[u8])| cell.contains(&0);
    let cells = record.iter().enumerate().filter(has_nul);
    cells
        .map(|(column, _)| {
            let says = "the cell holds a NUL character, which no text has; type it again";
            Problem::of_kind(ProblemKind::NotText, place(column), says)
        })
        .collect()
}

/// What a cell asks of a field, or asked before a spreadsheet has changed it.
fn read_or_restored<'r>(
    index: usize,
    text: &'r str,
    columns: &Columns,
    reading: &ReadOptions,
    restored: &[(usize, RestoredCell)],
) -> Result<Change<'r>, CellDiagnostic> {
    match restored.iter().find(|(field, _)| *field == index) {
        Some((_, RestoredCell::Number(number))) => Ok(Change::to(Some(number))),
        Some((_, RestoredCell::Lost)) => Err(cell_diagnostics::of_lost_digits(text)),
        None => read_field(text, columns.setting.fields[index].kind, reading),
    }
}

/// What a cell asks of a field.
pub(super) fn read_field<'r>(
    text: &'r str,
    kind: FieldKind,
    reading: &ReadOptions,
) -> Result<Change<'r>, CellDiagnostic> {
    match (reading.origin, kind) {
        (Origin::Person, FieldKind::Number) => read_change(text, reading.country.as_ref()),
        (Origin::Person, FieldKind::Action) => read_action(text),
        (Origin::Person, FieldKind::YesOrNo) => read_yes_or_no(text),
        (Origin::Undo | Origin::ResultsOfUndo, _) => Ok(verbatim::read_change(text)),
    }
}

/// The organization of a row. Where it gives no id, what it is called counts before `default_org`; but
/// what has an id is found without that too.
pub fn read_org<'r>(
    cell: &'r str,
    called: &Called<'r>,
    default_org: Option<&str>,
    directory: &Directory,
    last_organization: &LastOrganization,
) -> Result<Option<Cow<'r, str>>, CellDiagnostic> {
    match (last_organization.read(cell), called.organization) {
        (Ok(id), _) => Ok(Some(id)),
        (Err(IdFault::Empty), Some(name))
            if called.target.is_some() || directory.tells_organizations() =>
        {
            directory.organization(name).map(Some)
        }
        (Err(IdFault::Empty), _) => {
            let Some(default) = default_org else {
                return Ok(None);
            };
            if key_of(default).is_some() {
                return Ok(Some(Cow::Owned(default.to_string())));
            }
            let id = directory.organization(default)?;
            Ok(Some(Cow::Owned(id.into_owned())))
        }
        (Err(fault), _) => Err(name_fault(&fault, cell, ids::ORGANIZATION, "orgName")),
    }
}

/// What is wrong with a cell that should hold an id.
fn name_fault(fault: &IdFault, cell: &str, kind: Kind, name_column: &str) -> CellDiagnostic {
    let Kind {
        name: wanted, like, ..
    } = kind;
    let text = cell.trim_matches(ids::is_blank);
    let shown = shorten(text);
    let (kind, says) = match fault {
        IdFault::Empty => (
            ProblemKind::MissingId,
            format!("this cell is empty; the row needs {wanted}, or a value in `{name_column}`"),
        ),
        IdFault::OtherKind(found) => (
            ProblemKind::WrongColumn,
            format!("this is {found}, but the column needs {wanted}: `{shown}`"),
        ),
        IdFault::NoId => match cell_diagnostics::of_id(text, kind) {
            Some(CellDiagnostic { kind, says }) => (kind, format!("`{shown}` {says}")),
            None => (
                ProblemKind::NotAnId,
                format!(
                    "`{shown}` is not {wanted}; such an id looks like `{like}`, or like 8e81973e-0b1a-4c2d-9e3f-5a6b7c8d9e0f (a UUID){}",
                    if looks_like_name(text) {
                        format!(
                            "; if it is meant as {name_column}, put it into a column named `{name_column}`"
                        )
                    } else {
                        String::new()
                    }
                ),
            ),
        },
    };
    CellDiagnostic { kind, says }
}

/// Words rather than one long run of letters and digits.
fn looks_like_name(text: &str) -> bool {
    const LONGEST: usize = 60;
    let is_short = text.chars().count() <= LONGEST;
    is_short && text.chars().any(char::is_alphabetic) && !text.starts_with("Y2lz")
}

/// What else, beside an id, says that a row does not count. An id may stand in `<>`.
const CROSSED_OUT: [char; 6] = ['#', '!', '~', ':', '\\', '|'];

/// Words beside an id that say the same.
const CLOSED: [&str; 20] = [
    "closed",
    "old",
    "done",
    "skip",
    "ignore",
    "obsolete",
    "delete",
    "deleted",
    "cancelled",
    "canceled",
    "not",
    "don't",
    "unused",
    "inactive",
    "erledigt",
    "alt",
    "geschlossen",
    "nicht",
    "fermé",
    "cerrado",
];

/// The id in a cell, without what was pasted along: punctuation behind it, padding as it stands in an
/// address, the name of its thing in brackets.
pub(super) fn read_id(cell: &str, kind: Kind) -> Result<Id<'_>, IdFault> {
    let cell = strip_text_formula(cell);
    let fault = match ids::read(cell, kind) {
        Err(fault @ IdFault::NoId) => fault,
        read => return read,
    };
    // A row that is commented or crossed out.
    let plain = cell.trim_start();
    let begins = plain.starts_with([';', '/', '>']) || plain.starts_with("--");
    if begins || cell.contains(DOUBTS) || cell.contains(CROSSED_OUT) || cell.contains("[ ]") {
        return Err(fault);
    }
    let mut found = None;
    let mut has_other_words = false;
    for word in
        cell.split(|character: char| ids::is_blank(character) || "()[]<>{},;".contains(character))
    {
        let word = word
            .trim_end_matches('.')
            .trim_end_matches("%3D")
            .trim_end_matches("%3d");
        match ids::read(word, kind) {
            Ok(_) if found.is_some() => return Err(fault),
            Ok(id) => found = Some(id),
            Err(_) => {
                let plain = word.to_lowercase();
                if CLOSED.contains(&plain.trim_matches(|one: char| !one.is_alphanumeric())) {
                    return Err(fault);
                }
                has_other_words |= word.contains(char::is_alphanumeric);
            }
        }
    }
    // `id (name)`, but not an id beside something that may be another.
    let is_certain = !has_other_words || cell.contains('(');
    found.filter(|_| is_certain).ok_or(fault)
}
