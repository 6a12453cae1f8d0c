//! Measures pacing on virtual time; the table and its test share it.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "compiled into the table and into its test, which use different parts"
)]

pub mod limiters;
pub mod run;
pub mod scenarios;
pub mod senders;
pub mod table;
