//! The columns that results and plans have after the person's own. A results file is itself a valid
//! sheet, so they are known again, and replaced.

use super::plain_name::normalize;

/// The columns that every results file has, in this order.
pub const RESULT_COLUMNS: [&str; 8] = [
    "row",
    "outcome",
    "status",
    "errorCode",
    "message",
    "trackingId",
    "attempts",
    "finishedAt",
];

/// How the columns begin that tell the values from before a run, one for each field.
pub const PREVIOUS: &str = "previous";

/// How those begin that tell the values that a plan found.
pub const PRESENT: &str = "present";

/// How those begin that tell the values once a plan is applied.
pub const NEW: &str = "new";

/// The column of a plan that says what is to be done with a row.
pub const ACTION: &str = "action";

/// What stands there for a row that changes something.
pub const CHANGE: &str = "change";

/// What stands there for a row that is as it asks already.
pub const SAME: &str = "same";

/// What stands there for a row that the plan leaves out.
pub const SKIPPED: &str = "skipped";

/// What stands there for a row of which the plan does not say what it would change.
pub const CANNOT: &str = "cannot";

/// All that a plan says there.
pub const ACTIONS: [&str; 4] = [CHANGE, SAME, SKIPPED, CANNOT];

/// The column of a plan that says why.
pub const REASON: &str = "reason";

/// The column that tells what uses a number, counted from zero, once a plan is applied; in the sheet of an undo
/// what used it before the run, although it was not set.
pub fn used_by_column(number: usize) -> String {
    format!("usedBy{}", number + 1)
}

/// Stands between what uses one number.
pub const AND: &str = "; ";

/// The column of an export for values that stand in no cell of the column itself: `n1AsItIs`.
pub fn as_it_is(column: &str) -> String {
    format!("{column}AsItIs")
}

/// The column of an export that says why a row could not be read. Such a row is left out of what is made of
/// the export as long as that stands there: an empty cell in it does not mean that nothing is set.
pub const NOT_READ: &str = "notRead";

/// The column of an export with the call types that Webex lets nobody change.
pub const RESTRICTED: &str = "restricted";

/// The last column of results: see [`crate::sheet::row_check`].
pub const CHECK: &str = "rowCheck";

/// What stands in the column of an earlier value where none was set. Nothing stands there where it
/// was not read.
pub const NONE_SET: &str = "none";

/// The column of an undo's sheet that has the row of the results that are undone.
pub const UNDONE_ROW: &str = "resultsRow";

/// Follows the outcome of a row that was only rehearsed.
pub const REHEARSED: &str = " (rehearsal)";

/// Stands between values of which one must be found, in the sheet of an undo.
pub const OR: &str = "|";

/// The column with the organization, where we write a sheet.
pub const ORG_ID: &str = "orgId";

/// Whether a name is that of a column that every file of results has.
pub fn is_of_results(name: &str) -> bool {
    let name = normalize(name);
    RESULT_COLUMNS
        .iter()
        .any(|column| normalize(column) == name)
}
