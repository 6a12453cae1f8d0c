//! The organizations of which a run that goes on would send rows and that no question before it named: their
//! credential was not accepted then, say. These are asked about.

use std::collections::HashSet;

use crate::application::confirmation::ORGANIZATIONS_NAMED;
use crate::application::journal_guard::Earlier;
use crate::application::service_facts::ServiceFacts;
use crate::journal::{Journal, RecordedRun};
use crate::model::wording::{grouped, listed, plural};
use crate::sheet::check::{CheckedSheet, OrganizationRows};
use crate::sheet::managed_organizations::key_of;

#[derive(Debug, Default)]
pub(in crate::application) struct AddedOrganizations<'c>(Vec<&'c OrganizationRows>);

impl<'c> AddedOrganizations<'c> {
    /// None of a run that begins, or where an older wxbulk did not note them.
    pub(in crate::application) fn of(checked: &'c CheckedSheet, earlier: &Earlier) -> Self {
        let run = earlier.journal().map(Journal::run);
        let Some(known) = run.and_then(RecordedRun::organizations) else {
            return AddedOrganizations::default();
        };
        let keys: HashSet<_> = known.iter().filter_map(|id| key_of(id)).collect();
        let is_known = |one: &&OrganizationRows| {
            let id = one.id.as_deref().unwrap_or_default();
            known.contains(id) || key_of(id).is_some_and(|key| keys.contains(&key))
        };
        let named = checked.organizations_named.iter();
        AddedOrganizations(named.filter(|one| !is_known(one)).collect())
    }

    pub(in crate::application) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `Go on with 7 rows of Fabrikam GmbH, too, signed in as …? No question before this one named it; …`
    pub(in crate::application) fn question(
        &self,
        facts: &ServiceFacts,
        elsewhere: &str,
        signed_in: &str,
    ) -> String {
        let rows = self.0.iter().map(|one| one.rows).sum();
        let names = self.0.iter().map(|one| {
            let id = one.id.as_deref();
            let name = facts.organization_name(id);
            name.unwrap_or_else(|| id.unwrap_or("the token's own organization").to_string())
        });
        let mut names: Vec<String> = names.take(ORGANIZATIONS_NAMED).collect();
        let more = self.0.len() - names.len();
        if more > 0 {
            names.push(format!("{} more", grouped(more as u64)));
        }
        let them = if self.0.len() == 1 { "it" } else { "them" };
        format!(
            "Go on with {} of {}, too{elsewhere}{signed_in}? No question before this one named {them}; with no, nothing is sent",
            plural(rows, "row"),
            listed(&names),
        )
    }
}
