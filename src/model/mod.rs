//! The words of the problem: rows, outcomes, ids, responses and time. Nothing here does I/O.

pub mod change;
pub mod clock;
pub mod counts;
pub mod current_values;
pub mod failure_groups;
pub mod hexadecimal;
pub mod hint;
pub mod ids;
pub mod outcome;
pub mod phone_number;
pub mod response;
pub mod row;
pub mod run_id;
pub mod token_shape;
pub mod unseen;
pub mod usage;
pub mod wording;
