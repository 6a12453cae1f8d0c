//! What a search believes of its own rate: whether it is more than the limit.

/// What it would mean if the limit had been met.
#[derive(Debug, Clone, Copy)]
pub(super) struct Excess {
    /// How likely the limit is below the rate at all.
    pub(super) chance: f64,
    /// The most of what is sent that it would refuse.
    pub(super) most: f64,
}
