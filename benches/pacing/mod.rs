//! Measures pacing on virtual time; the table and its test share it.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "compiled into the table and into its test, which use different parts"
)]

pub mod change;
pub mod distribution;
pub mod limiters;
pub mod outer_limits;
pub mod outer_table;
pub mod rules;
pub mod run;
pub mod scenarios;
pub mod senders;
pub mod table;
pub mod worlds;
