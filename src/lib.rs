//! wxbulk changes Webex Calling settings in bulk from a spreadsheet.

pub mod cli;
pub mod clock;
pub mod commands;
pub mod duplicates;
pub mod journal;
pub mod logging;
pub mod outcome;
pub mod pace;
pub mod pipeline;
pub mod platform;
pub mod progress;
pub mod reachability;
pub mod reply;
pub mod results;
pub mod retry;
pub mod row;
pub mod selection;
pub mod settings;
pub mod sheet;
pub mod simulator;
pub mod stop;
pub mod summary;
pub mod webex;
