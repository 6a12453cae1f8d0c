//! Measures pacing on virtual time; the table and its test share it.

pub mod limiters;
pub mod run;
pub mod scenarios;
pub mod senders;
