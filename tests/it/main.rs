//! Drives the real executable, against the simulator on a free port, and asks the simulator what
//! it saw.

#![expect(clippy::format_push_string, reason = "tests are read, not timed")]

mod apply;
mod check;
mod floors;
mod harness;
mod readme;
mod resume;
