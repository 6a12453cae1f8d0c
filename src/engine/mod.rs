//! The engine: the one loop that sends rows, single queries, and the rules that end a run early.

pub mod abort;
mod abort_hints;
pub mod api_queries;
pub mod circuit_breaker;
pub mod failure_limit;
mod failure_watch;
mod first_answer;
mod first_contact;
mod origin;
mod pace_feedback;
pub mod pipeline;
mod token_renewal;
