//! Rows with fewer or more cells than the header.
//!
//! Cells beyond the header's that are all empty do no harm: spreadsheets like to add them. Nor do cells
//! that are missing at the end, once the location's is there: Excel leaves out separators where the last
//! columns of sixteen rows are empty, people who type do so too, and any spreadsheet fills such rows up
//! when it saves them again. A separator that is missing further in moves an id into a column where it is
//! refused; only among the numbers it could go unseen, so such rows are counted for the user to hear.

use csv::ByteRecord;

use crate::model::ids;
use crate::sheet::columns::Columns;
use crate::sheet::problem::{Place, Problem, column_letters, shorten};
use crate::sheet::problem_kind::ProblemKind;

/// What is wrong with the number of cells in a row.
pub(super) fn wrong_width(row: u64, record: &ByteRecord, columns: &Columns) -> Option<Problem> {
    let cells = record.len();
    let width = columns.width;
    let refuse = |kind, message: String| Some(Problem::of_kind(kind, Place::row(row), message));
    let target = columns.target();
    let target = columns.target_name.map_or(target, |name| name.min(target));
    let noun = columns.setting.target.noun;
    if cells <= target && is_comment(record) {
        return refuse(
            ProblemKind::Width,
            format!(
                "`{}` looks like a comment, which a sheet cannot have; delete the row",
                shorten(String::from_utf8_lossy(record.get(0).unwrap_or_default()).trim())
            ),
        );
    }
    if cells <= target {
        return refuse(
            ProblemKind::Width,
            format!(
                "it ends before the {noun}'s column, {}; are separators missing? If the row is a total or a note, delete it",
                column_letters(target)
            ),
        );
    }
    let surplus = (width..cells).rfind(|index| !record[*index].is_empty())?;
    let has = format!(
        "it has {} cells (up to column {}) and the header has {width}",
        surplus + 1,
        column_letters(surplus)
    );
    if let Some(found) = shifted_target(record, columns) {
        let (found, wanted) = (column_letters(found), column_letters(columns.target()));
        return refuse(
            ProblemKind::Shifted,
            format!(
                "{has}, and the {noun}'s id is in column {found} instead of {wanted}; move the cells back, or in a CSV file put quotes around the cell before it that has a separator in it"
            ),
        );
    }
    let or_ignored = if surplus < columns.named_or_not {
        ", or add --ignore-column \"\" to leave all columns without a name as they are"
    } else {
        ""
    };
    refuse(
        ProblemKind::Width,
        format!(
            "{has}; delete what is in the surplus cells or give their columns a name in the header{or_ignored}; in a CSV file, a cell with a separator in it needs quotes around it"
        ),
    )
}

/// `# checked by Ann`, `// end`, `-- end --`.
fn is_comment(record: &ByteRecord) -> bool {
    let first = record.get(0).unwrap_or_default().trim_ascii();
    let begins = [&b"#"[..], b"//", b"--", b"/*"];
    begins.iter().any(|begin| first.starts_with(begin))
}

/// Where the id of what a row is for went when the cells of a row have moved to the right.
fn shifted_target(record: &ByteRecord, columns: &Columns) -> Option<usize> {
    let is_id = |index: &usize| {
        let cell = record.get(*index).unwrap_or_default();
        std::str::from_utf8(cell)
            .is_ok_and(|cell| ids::read(cell, columns.setting.target.id).is_ok())
    };
    let at = columns.target_id?;
    if is_id(&at) {
        return None;
    }
    (at + 1..record.len()).find(is_id)
}
