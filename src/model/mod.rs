//! The words of the problem: rows, outcomes, ids, responses and time. Nothing here does I/O.

pub mod clock;
pub mod counts;
pub mod current_numbers;
pub mod failure_groups;
pub mod ids;
pub mod outcome;
pub mod response;
pub mod row;
pub mod wording;
