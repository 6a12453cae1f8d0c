//! Which organizations the credentials of a run manage, and which one a row without one is for.

use crate::model::ids;
use crate::model::row::TargetKey;
use crate::sheet::cell_diagnostics::CellDiagnostic;
use crate::sheet::names::as_seen;
use crate::sheet::problem::shorten;
use crate::sheet::problem_kind::ProblemKind;
use crate::webex::lists::Organization;

/// Organizations named where a row could be for any of them.
const CANDIDATES: usize = 3;

/// What is known of them; nothing, as long as nobody was asked.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact about the credentials or the run that does not follow from the others"
)]
#[derive(Debug, Clone, Default)]
pub struct ManagedOrganizations {
    /// Those that the token manages, or all credentials together; none where that is not known.
    all: Vec<(TargetKey, Organization)>,
    /// Their number, where there are several credentials.
    credentials: Option<usize>,
    /// Some credentials were left out, so a name of an organization, or a row without one, may mean one of
    /// theirs.
    pub lacks_some: bool,
    /// The ids that rows have were sent before, and are right: nobody is to correct them.
    pub has_recorded_ids: bool,
    /// Rows of organizations that nobody manages are no fault: they stay for later.
    pub is_partial: bool,
    /// Names mean what they did when the run began, whoever is left out by now.
    has_settled_names: bool,
    /// The organization that rows without one were for when the run began.
    own: Option<TargetKey>,
    /// The token's own, where that is known.
    own_of_token: Option<String>,
    /// The own organization of somebody who manages only another one.
    own_elsewhere: Option<String>,
}

impl ManagedOrganizations {
    pub fn new(organizations: &[Organization]) -> ManagedOrganizations {
        let keyed = organizations
            .iter()
            .filter_map(|organization| Some((key_of(&organization.id)?, organization.clone())));
        ManagedOrganizations {
            all: keyed.collect(),
            ..ManagedOrganizations::default()
        }
    }

    /// What several credentials manage together; `credentials` is their number.
    #[must_use]
    pub fn of_several(self, credentials: usize) -> ManagedOrganizations {
        ManagedOrganizations {
            credentials: Some(credentials),
            ..self
        }
    }

    /// Whose the credentials are, by their own organizations. A row that names none means either the only one
    /// they manage or a person's own: where these differ it can be read two ways.
    #[must_use]
    pub fn of_people<'p>(mut self, own: impl IntoIterator<Item = &'p str>) -> ManagedOrganizations {
        if let [(only, _)] = &self.all[..] {
            let mut own = own.into_iter();
            let elsewhere = own.find(|id| key_of(id).is_some_and(|key| key != *only));
            self.own_elsewhere = elsewhere.map(String::from);
        }
        self
    }

    /// What rows meant when the run began, they mean in its later parts. `own` is the organization of those
    /// that name none.
    pub fn keep_to_run_begun(&mut self, own: Option<&str>) {
        self.has_settled_names = true;
        self.own = own.and_then(key_of);
    }

    /// A single token's own organization.
    pub fn set_own_of_token(&mut self, own: &str) {
        self.own_of_token = Some(own).filter(|id| !id.is_empty()).map(String::from);
    }

    /// None is known.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The id of the organization of rows that name none, where that is known.
    pub fn own_organization(&self) -> Option<&str> {
        self.only_one().or(self.own_of_token.as_deref())
    }

    /// Whether a name of an organization means one of those that are known, and none of a credential that
    /// was left out.
    pub fn settled(&self, name: &str) -> Result<(), CellDiagnostic> {
        if self.lacks_some && !self.has_settled_names {
            let name = shorten(name);
            return Err(CellDiagnostic {
                kind: ProblemKind::UnknownName,
                says: format!(
                    "a credential was left out, and one of its organizations may be the one called `{name}`; put the organization's id into `orgId`, or put that credential right first"
                ),
            });
        }
        let mut managed = self.all.iter();
        let nameless = managed.find(|(_, one)| one.name.is_empty() && self.credentials.is_some());
        if let (Some((_, nameless)), false) = (nameless, self.has_settled_names) {
            let (name, id) = (shorten(name), shorten(&nameless.id));
            return Err(CellDiagnostic {
                kind: ProblemKind::UnknownName,
                says: format!(
                    "the credentials manage the organization `{id}`, whose name may not be asked and may be `{name}` too; put the id of the one that is meant in place of its name"
                ),
            });
        }
        Ok(())
    }

    /// Why a row cannot be for an organization; `None` is the token's own.
    pub fn fault(&self, org_id: Option<&str>) -> Option<CellDiagnostic> {
        let says = match org_id {
            _ if self.all.is_empty() && self.credentials.is_none() => return None,
            None if self.own_elsewhere.is_some() => self.say_own_elsewhere(),
            None if self.is_own_known() => return None,
            None if self.lacks_some => "the row does not say which organization it is for, and it may be for one of a credential that was left out; put the organization's id into `orgId`, or add --org with the id; `wxbulk whoami` lists the ids".to_string(),
            None => format!(
                "the row does not say which organization it is for, and {} {} ({}); put the organization's id into `orgId`, its name into `orgName`, or add --org with the id; `wxbulk whoami` lists the ids",
                match self.credentials {
                    None => "the token manages".to_string(),
                    Some(count) => format!("the {count} credentials manage"),
                },
                self.all.len(),
                self.candidates()
            ),
            Some(id) => {
                let key = key_of(id)?;
                let is_managed = self.all.iter().any(|(known, _)| *known == key);
                if is_managed || self.is_partial {
                    return None;
                }
                if self.lacks_some {
                    let says = format!(
                        "none of the credentials that are accepted manages the organization `{id}`; put right those that were left out, or add one that manages it (`wxbulk whoami` lists what each of these manages)"
                    );
                    let kind = ProblemKind::NotManaged;
                    return Some(CellDiagnostic { kind, says });
                }
                let correct = if self.has_recorded_ids { "" } else { "correct the id, or " };
                if let Some(count) = self.credentials {
                    let says = format!(
                        "none of the {count} credentials manages the organization `{id}`; {correct}add a token or service app that manages it (`wxbulk whoami` lists what each of these manages)"
                    );
                    let kind = ProblemKind::NotManaged;
                    return Some(CellDiagnostic { kind, says });
                }
                format!(
                    "the token does not manage the organization `{id}`; {correct}use a token that manages it (`wxbulk whoami` lists those of this one)"
                )
            }
        };
        let kind = ProblemKind::NotManaged;
        Some(CellDiagnostic { kind, says })
    }

    fn say_own_elsewhere(&self) -> String {
        let own = shorten(self.own_elsewhere.as_deref().unwrap_or_default());
        let only = self.only_one().unwrap_or_default();
        let name = self.name_of(only).filter(|name| !name.is_empty());
        format!(
            "the row does not say which organization it is for: a token belongs to the organization `{own}` and manages only `{}`{}; put the id of the one that is meant into `orgId`, or add --org with it",
            shorten(name.unwrap_or(only)),
            name.map_or(String::new(), |_| format!(" ({})", shorten(only))),
        )
    }

    /// Whether only one organization can be meant where a row names none.
    fn is_own_known(&self) -> bool {
        match &self.all[..] {
            [(only, _)] => !self.lacks_some || self.own == Some(*only),
            _ => false,
        }
    }

    /// The only organization there is, where there is only one.
    pub fn only_one(&self) -> Option<&str> {
        match &self.all[..] {
            [(_, only)] => Some(&only.id),
            _ => None,
        }
    }

    /// What an organization is called, if the service told.
    pub fn name_of(&self, id: &str) -> Option<&str> {
        let key = key_of(id)?;
        let mut known = self.all.iter();
        let (_, organization) = known.find(|(known, _)| *known == key)?;
        Some(&organization.name)
    }

    /// Those that are called so.
    pub(super) fn keys_of(&self, name: &str) -> impl Iterator<Item = TargetKey> {
        let name = as_seen(name).into_owned();
        let named = move |one: &Organization| as_seen(&one.name) == name;
        let all = self.all.iter().filter(move |(_, one)| named(one));
        all.map(|(key, _)| *key)
    }

    fn candidates(&self) -> String {
        let names = self.all.iter().take(CANDIDATES);
        let names: Vec<String> = names
            .map(|(_, organization)| format!("`{}`", shorten(&organization.name)))
            .collect();
        let more = if self.all.len() > CANDIDATES {
            ", …"
        } else {
            ""
        };
        format!("{}{more}", names.join(", "))
    }
}

/// Tells organizations apart however their ids were written.
pub fn key_of(org_id: &str) -> Option<TargetKey> {
    Some(ids::read(org_id, ids::ORGANIZATION).ok()?.key)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "0f3a6b1c-58d2-4e7f-9a01-b2c3d4e5f601";
    const OTHER: &str = "0f3a6b1c-58d2-4e7f-9a01-b2c3d4e5f602";

    fn managed(ids: &[&str]) -> ManagedOrganizations {
        let organization = |id: &&str| Organization {
            id: (*id).to_string(),
            name: format!("Customer {}", id.get(34..).unwrap_or_default()),
        };
        ManagedOrganizations::new(&ids.iter().map(organization).collect::<Vec<_>>())
    }

    fn fault(managed: &ManagedOrganizations, org_id: Option<&str>) -> Option<String> {
        managed.fault(org_id).map(|damage| damage.says)
    }

    #[test]
    fn a_row_is_for_an_organization_that_the_token_manages() {
        let partner = managed(&[ONE, OTHER]);
        assert_eq!(fault(&partner, Some(ONE)), None);
        let capitals = "0F3A6B1C-58D2-4E7F-9A01-B2C3D4E5F602";
        assert_eq!(fault(&partner, Some(capitals)), None);
        let said = fault(&managed(&[OTHER]), Some(ONE)).expect("a fault");
        insta::assert_snapshot!(said, @"the token does not manage the organization `0f3a6b1c-58d2-4e7f-9a01-b2c3d4e5f601`; correct the id, or use a token that manages it (`wxbulk whoami` lists those of this one)");
    }

    #[test]
    fn a_row_without_one_is_for_the_only_one_there_is() {
        assert_eq!(fault(&managed(&[ONE]), None), None);
        let said = fault(&managed(&[ONE, OTHER]), None).expect("a fault");
        insta::assert_snapshot!(said, @"the row does not say which organization it is for, and the token manages 2 (`Customer 01`, `Customer 02`); put the organization's id into `orgId`, its name into `orgName`, or add --org with the id; `wxbulk whoami` lists the ids");
    }

    #[test]
    fn where_nothing_is_known_nothing_is_refused() {
        assert_eq!(fault(&managed(&[]), None), None);
        assert_eq!(fault(&managed(&["not an id"]), Some(ONE)), None);
    }
}
