//! The organizations of rows that are not sent, by what their cells say: a run has rows of them all the same.

use std::collections::{HashMap, HashSet};

use csv::ByteRecord;

use crate::model::ids;
use crate::model::row::TargetKey;
use crate::sheet::columns::Columns;
use crate::sheet::directory::Directory;
use crate::sheet::managed_organizations::key_of;
use crate::sheet::organization_counts::OrganizationRows;

/// Organizations remembered.
const MOST: usize = 1000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsentOrganization {
    pub id: String,
    /// As the sheet has it; empty where it does not.
    pub name: String,
}

#[derive(Debug, Default)]
pub(super) struct UnsentOrganizations {
    places: HashMap<TargetKey, usize>,
    found: Vec<UnsentOrganization>,
    /// Those of which only the name is known.
    names: HashSet<String>,
}

impl UnsentOrganizations {
    /// Adds that of a row, if its id is there or is known by its name.
    pub(super) fn add(&mut self, columns: &Columns, record: &ByteRecord, directory: &Directory) {
        let text = |column: Option<usize>| {
            let cell = std::str::from_utf8(record.get(column?)?).ok()?;
            Some(cell.trim_matches(ids::is_blank)).filter(|text| !text.is_empty())
        };
        let name = text(columns.org_name);
        let of_name = || directory.organization(name?).ok();
        let Some(id) = text(columns.org_id).map(Into::into).or_else(of_name) else {
            if let Some(name) = name.filter(|_| self.names.len() < MOST) {
                self.names.insert(name.to_lowercase());
            }
            return;
        };
        let Ok(read) = ids::read(&id, ids::ORGANIZATION) else {
            return;
        };
        if self.found.len() < MOST && !self.places.contains_key(&read.key) {
            self.places.insert(read.key, self.found.len());
            self.found.push(UnsentOrganization {
                id: read.text.into_owned(),
                name: name.unwrap_or_default().to_string(),
            });
        }
    }

    pub(super) fn without(mut self, sent: &[OrganizationRows]) -> Vec<UnsentOrganization> {
        for key in sent.iter().filter_map(|one| key_of(one.id.as_deref()?)) {
            self.places.remove(&key);
        }
        let mut places: Vec<usize> = self.places.into_values().collect();
        places.sort_unstable();
        let found = places.into_iter().map(|at| self.found[at].clone());
        found.collect()
    }

    /// How many there are besides these. `own`: that of rows which name none.
    pub(super) fn count_besides(
        mut self,
        sent: &[OrganizationRows],
        unsent: &[UnsentOrganization],
        own: Option<&str>,
    ) -> usize {
        let sent = sent.iter().map(|one| one.id.as_deref().or(own));
        let unsent = unsent.iter().map(|one| Some(&*one.id));
        for key in sent.chain(unsent).flatten().filter_map(key_of) {
            self.places.remove(&key);
        }
        self.places.len() + self.names.len()
    }
}
