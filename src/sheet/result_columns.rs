//! The columns that results and plans have after the person's own. A results file is itself a valid
//! sheet, so they are known again, and replaced.

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
