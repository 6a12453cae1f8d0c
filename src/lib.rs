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
//! The modules stand in five layers, the lowest last, and imports go strictly down; a test reads
//! the headings below and holds the modules to them.

// Layer: commands, and what a person types.
pub mod cli;
pub mod commands;

// Layer: application, a run from the opened sheet to the written results.
pub mod application;

// Layer: engine, the one loop.
pub mod engine;

// Layer: parts, each usable alone.
pub mod journal;
pub mod pace;
pub mod retry;
pub mod setting;
pub mod sheet;
pub mod simulator;
pub mod table;
pub mod traffic;
pub mod webex;

// Layer: model, and what belongs to the machine.
pub mod model;
pub mod platform;
pub mod stderr;
