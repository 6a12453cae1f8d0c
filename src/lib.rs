//! wxbulk changes Webex Calling settings in bulk from a spreadsheet.

pub mod pace;
pub mod simulator;
