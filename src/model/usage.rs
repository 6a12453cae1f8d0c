//! What uses a value: a number to which a rule of the same location sends calls.

use serde::{Deserialize, Serialize};

/// One rule that sends calls to a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Which number of the location, counted from zero.
    pub number: usize,
    /// Which calls go there, such as `INTERNATIONAL calls`.
    pub calls: Box<str>,
}
