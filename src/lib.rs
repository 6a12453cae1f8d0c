//! wxbulk changes Webex Calling settings in bulk from a spreadsheet.

pub mod clock;
pub mod duplicates;
pub mod outcome;
pub mod pace;
pub mod reply;
pub mod retry;
pub mod row;
pub mod sheet;
pub mod simulator;
pub mod webex;
