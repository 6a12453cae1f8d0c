//! Rows that are not as asked, gathered by their cause: a thousand of them take a few lines, and a
//! million no more room than a thousand.

use serde::{Deserialize, Serialize};

use crate::model::outcome::Outcome;

/// Groups told apart; a service that invents a new one for every row fills no page.
const MOST_GROUPS: usize = 40;

/// Ranges of rows named for a cause. The results name all.
const MOST_RANGES: usize = 60;

/// Tracking ids kept for a cause; Cisco support needs one or two.
const MOST_TRACKING_IDS: usize = 5;

/// The causes, in the order in which they were first met; beyond the most that are told apart, the
/// rows that had another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureGroups {
    pub causes: Vec<FailureGroup>,
    #[serde(default)]
    pub others: Rows,
}

/// One cause and its rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FailureGroup {
    /// As the first row got it.
    pub outcome: Outcome,
    pub rows: Rows,
    /// Row and tracking id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tracking_ids: Vec<(u64, Box<str>)>,
}

/// Numbers of rows, and the ranges they form as far as there are not too many.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    pub count: u64,
    /// First and last of each, in ascending order.
    pub ranges: Vec<(u64, u64)>,
}

impl FailureGroups {
    pub fn add(&mut self, row: u64, outcome: &Outcome) {
        let rows = match self.place_of(outcome) {
            Some(cause) => {
                if !outcome.tracking_id.is_empty() && cause.tracking_ids.len() < MOST_TRACKING_IDS {
                    let tracking_id = outcome.tracking_id.clone();
                    cause.tracking_ids.push((row, tracking_id));
                }
                &mut cause.rows
            }
            None => &mut self.others,
        };
        rows.add(row);
    }

    pub fn is_empty(&self) -> bool {
        self.causes.is_empty()
    }

    /// Whether a row is one of these, as far as they are named.
    pub fn contains(&self, row: u64) -> bool {
        let rows = self.causes.iter().map(|cause| &cause.rows);
        let mut ranges = rows.chain([&self.others]).flat_map(|rows| &rows.ranges);
        ranges.any(|(first, last)| (*first..=*last).contains(&row))
    }

    /// Adds those that were gathered elsewhere, of other rows.
    pub fn absorb(&mut self, gathered: FailureGroups) {
        for cause in gathered.causes {
            match self.place_of(&cause.outcome) {
                Some(place) => {
                    place.rows.absorb(&cause.rows);
                    place.tracking_ids.extend(cause.tracking_ids);
                    place.tracking_ids.truncate(MOST_TRACKING_IDS);
                }
                None => self.others.absorb(&cause.rows),
            }
        }
        self.others.absorb(&gathered.others);
    }

    fn place_of(&mut self, outcome: &Outcome) -> Option<&mut FailureGroup> {
        let is_same = |cause: &FailureGroup| {
            cause.outcome.kind == outcome.kind && cause.outcome.is_like(outcome)
        };
        let index = self.causes.iter().position(is_same).or_else(|| {
            (self.causes.len() < MOST_GROUPS).then(|| {
                self.causes.push(FailureGroup {
                    outcome: outcome.clone(),
                    rows: Rows::default(),
                    tracking_ids: Vec::new(),
                });
                self.causes.len() - 1
            })
        })?;
        self.causes.get_mut(index)
    }
}

impl Rows {
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub fn of(numbers: &[u64]) -> Rows {
        let mut rows = Rows::default();
        for row in numbers {
            rows.add(*row);
        }
        rows
    }

    pub fn add(&mut self, row: u64) {
        self.count += 1;
        self.add_range((row, row));
    }

    fn absorb(&mut self, others: &Rows) {
        self.count = self.count.saturating_add(others.count);
        others
            .ranges
            .iter()
            .for_each(|range| self.add_range(*range));
    }

    /// Rows finish nearly in order, so a new one mostly belongs at the end.
    fn add_range(&mut self, (mut first, mut last): (u64, u64)) {
        let ranges = &mut self.ranges;
        let from = ranges.partition_point(|range| range.1.saturating_add(1) < first);
        let to = ranges.partition_point(|range| range.0 <= last.saturating_add(1));
        if from < to {
            first = first.min(ranges[from].0);
            last = last.max(ranges[to - 1].1);
        }
        ranges.splice(from..to.max(from), [(first, last)]);
        ranges.truncate(MOST_RANGES);
    }

    /// The first of the ranges in words, as many as `most` says: `2`, `5–9`.
    pub fn ranges_in_words(&self, most: usize) -> Vec<String> {
        let ranges = self.ranges.iter().take(most);
        let in_words = ranges.map(|(first, last)| {
            if first == last {
                first.to_string()
            } else {
                format!("{first}–{last}")
            }
        });
        in_words.collect()
    }

    /// Rows that are in none of the ranges.
    pub fn not_named(&self) -> u64 {
        let named = self
            .ranges
            .iter()
            .map(|(first, last)| last.saturating_sub(*first).saturating_add(1))
            .fold(0, u64::saturating_add);
        self.count.saturating_sub(named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::outcome::OutcomeKind;
    use proptest::prelude::*;

    fn failed(status: u16, message: &str) -> Outcome {
        Outcome {
            status: Some(status),
            tracking_id: format!("NA_{message}").into(),
            ..Outcome::unsent(OutcomeKind::Failed, message)
        }
    }

    #[test]
    fn rows_of_one_cause_form_ranges_in_whatever_order_they_finish() {
        let mut causes = FailureGroups::default();
        for row in [57, 59, 58, 12, 71, 60] {
            causes.add(row, &failed(404, &format!("no place {row}")));
        }
        causes.add(61, &failed(400, "bad"));
        assert_eq!(causes.causes.len(), 2);
        let cause = &causes.causes[0];
        assert_eq!(cause.rows.ranges, [(12, 12), (57, 60), (71, 71)]);
        assert_eq!((cause.rows.count, cause.rows.not_named()), (6, 0));
        assert_eq!(cause.tracking_ids.len(), MOST_TRACKING_IDS);
        assert_eq!(&*cause.outcome.message, "no place 57");
    }

    #[test]
    fn neither_many_causes_nor_many_rows_take_more_room() {
        let mut causes = FailureGroups::default();
        for row in (2..20_000).step_by(2) {
            causes.add(row, &failed(404, "no place"));
        }
        for row in 20_000..21_000 {
            causes.add(
                row,
                &Outcome::unsent(OutcomeKind::Failed, format!("reason {row}")),
            );
        }
        assert_eq!(causes.causes.len(), MOST_GROUPS);
        assert_eq!(causes.causes[0].rows.ranges.len(), MOST_RANGES);
        assert_eq!(causes.causes[0].rows.not_named(), 9999 - MOST_RANGES as u64);
        assert_eq!(causes.others.count, 1000 - (MOST_GROUPS as u64 - 1));
        assert_eq!(causes.others.ranges, [(20_039, 20_999)]);
    }

    proptest! {
        #[test]
        fn every_row_is_in_a_range_or_counted_as_not_named(rows in proptest::collection::btree_set(1_u64..400, 0..200), seed in 0_u64..) {
            let mut shuffled: Vec<u64> = rows.iter().copied().collect();
            fastrand::Rng::with_seed(seed).shuffle(&mut shuffled);
            let mut gathered = Rows::default();
            for row in &shuffled {
                gathered.add(*row);
            }
            prop_assert_eq!(gathered.count, rows.len() as u64);
            prop_assert!(gathered.ranges.is_sorted());
            prop_assert!(gathered.ranges.len() <= MOST_RANGES);
            if rows.len() <= MOST_RANGES {
                let named: Vec<u64> = gathered.ranges.iter().flat_map(|(first, last)| *first..=*last).collect();
                prop_assert_eq!(named, rows.into_iter().collect::<Vec<_>>());
            }
        }
    }
}
