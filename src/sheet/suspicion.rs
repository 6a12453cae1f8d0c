//! What is counted while a sheet is checked and may not be as it was meant.

/// What is accepted but may not be what was meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Suspicion {
    pub count: u64,
    /// The row of the first one.
    pub first_row: u64,
}

impl Suspicion {
    pub(super) fn add(&mut self, row: u64) {
        if self.count == 0 {
            self.first_row = row;
        }
        self.count += 1;
    }

    pub(super) fn include(&mut self, other: Suspicion) {
        if other.count > 0 && (self.count == 0 || other.first_row < self.first_row) {
            self.first_row = other.first_row;
        }
        self.count += other.count;
    }
}
