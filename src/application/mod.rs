//! A run from the opened sheet to the written results, whatever command asked for it.

mod carry_over;
pub mod check_notes;
mod confirmation;
mod earlier_choices;
pub mod earlier_runs;
mod edited_rows;
pub mod exit_code;
mod expected_time;
mod finalize;
mod first_rows;
mod journal_guard;
pub mod logging;
pub mod missing_file;
mod plan_guard;
pub mod possible_secret;
mod precheck;
pub mod preflight;
pub mod progress;
mod recorder;
pub mod rehearsal;
pub mod report;
pub mod results;
mod run;
pub mod session;
pub mod settings;
mod spool;
pub mod status;
pub mod suggested_commands;
pub mod summary;
pub mod undo_sheet;

pub use run::run;
