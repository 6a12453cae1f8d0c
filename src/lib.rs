//! wxbulk changes Webex Calling settings in bulk from a spreadsheet.
//!
//! ```text
//!  sheet ── check (the whole file: problems, row count, duplicates, hash)
//!    │
//!    └─ read again ─ selection ─▶ pipeline ◀── pace: gate (Retry-After) → rate → permit
//!                                  │   ▲
//!                                  ▼   └── retry: decides
//!                               webex::http ──▶ the service, or the simulator
//!                                  │
//!                       outcome ───┼─▶ journal (completion order, durable)
//!                                  └─▶ progress (stderr)
//!  end, or stop:  sheet ⋈ journal ─▶ results (input order)
//!  then or later:         journal ─▶ report (a page)
//! ```
//!
//! The modules stand on floors, and imports go strictly down; a test holds them to it.

// The commands, and what a person types.
pub mod cli;
pub mod commands;
pub mod settings;

// What is written and shown.
pub mod logging;
pub mod progress;
pub mod report;
pub mod results;
pub mod reversal;
pub mod summary;

// The run.
pub mod causes;
pub mod inquiry;
pub mod journal;
pub mod pipeline;
pub mod reachability;
pub mod retry;
pub mod selection;
pub mod stop;
pub mod traffic;

// The person's file, and those we write.
pub mod duplicates;
pub mod sheet;
pub mod table;

// The service, when to ask it, and its stand-in.
pub mod pace;
pub mod simulator;
pub mod webex;

// The words, and what belongs to the machine.
pub mod clock;
pub mod outcome;
pub mod platform;
pub mod present;
pub mod reply;
pub mod row;
pub mod stderr;
