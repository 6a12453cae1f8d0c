//! How many values an undo puts back, and how many of them earlier undos have put back.

use std::collections::HashSet;

use crate::model::row::TargetKey;

/// How many values of a row, or of several, are put back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ValuesPutBack<T = u16> {
    pub set: T,
    pub cleared: T,
}

/// Rows of an undo that earlier undos have put back, and their values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowsBack {
    pub rows: u64,
    pub places: HashSet<TargetKey>,
    pub values: ValuesPutBack<u64>,
}
