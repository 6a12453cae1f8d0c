//! Counts the organizations of a sheet, and the rows of each.

use std::collections::HashMap;

use crate::model::ids;
use crate::model::row::TargetKey;

/// Organizations counted exactly; more than a partner has.
const ORGANIZATIONS_COUNTED: usize = 100_000;

/// Organizations remembered with their id, for those who ask whose locations a run was about.
const ORGANIZATIONS_NAMED: usize = 1000;

/// An organization and how many rows it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationRows {
    /// `None`: the token's own.
    pub id: Option<String>,
    pub rows: u64,
}

/// Counts different organizations, however their ids are written, and the rows of the first ones.
#[derive(Debug, Clone, Default)]
pub struct OrganizationCounts {
    /// Where in `named` they are, or would be.
    places: HashMap<Option<TargetKey>, usize>,
    pub named: Vec<OrganizationRows>,
    /// The one of the last row, since sheets are sorted more often than not.
    last: Option<usize>,
}

impl OrganizationCounts {
    /// Rows that name none are for `own`, under which they count where others name it.
    #[must_use]
    pub fn with_own(mut self, own: Option<&str>) -> OrganizationCounts {
        let key = own.map(|id| ids::key_of_id(id, ids::ORGANIZATION));
        if key.is_none() || !self.places.contains_key(&key) {
            return self;
        }
        let Some(unnamed) = self.places.remove(&None) else {
            return self;
        };
        self.last = None;
        if unnamed < self.named.len() {
            let rows = self.named.remove(unnamed).rows;
            let places = self.places.values_mut();
            places.for_each(|place| *place -= usize::from(*place > unnamed));
            let own = self
                .places
                .get(&key)
                .and_then(|own| self.named.get_mut(*own));
            if let Some(own) = own {
                own.rows += rows;
            }
        }
        self
    }

    /// Whether rows name none.
    pub fn has_unnamed(&self) -> bool {
        self.places.contains_key(&None)
    }

    pub fn count(&self) -> usize {
        self.places.len()
    }

    pub fn add(&mut self, org_id: Option<&str>) {
        if let Some(last) = self.last.and_then(|last| self.named.get_mut(last))
            && last.id.as_deref() == org_id
        {
            last.rows += 1;
            return;
        }
        let next = self.places.len();
        let key = org_id.map(|id| ids::key_of_id(id, ids::ORGANIZATION));
        let place = match self.places.get(&key) {
            Some(place) => *place,
            None if next < ORGANIZATIONS_COUNTED => *self.places.entry(key).or_insert(next),
            None => return,
        };
        if place == self.named.len() && place < ORGANIZATIONS_NAMED {
            self.named.push(OrganizationRows {
                id: org_id.map(str::to_string),
                rows: 0,
            });
        }
        if let Some(named) = self.named.get_mut(place) {
            named.rows += 1;
        }
        self.last = Some(place);
    }
}
