//! What the service says of the organisations that rows may be for.

use crate::row::{LocationKey, Row};
use crate::sheet::kind::ProblemKind;
use crate::sheet::problem::{Place, Problem, shorten};
use crate::webex::ids::{self, Kind};
use crate::webex::lists::Organization;

/// Organisations named where a row could be for any of them.
const CANDIDATES: usize = 3;

/// The organisations that a token manages; none where that is not known.
#[derive(Debug, Default)]
pub struct Register {
    organizations: Vec<(LocationKey, Organization)>,
}

impl Register {
    pub fn new(organizations: Vec<Organization>) -> Register {
        let keyed = organizations.into_iter().filter_map(|organization| {
            let key = ids::read(&organization.id, Kind::Organization).ok()?.key;
            Some((key, organization))
        });
        Register {
            organizations: keyed.collect(),
        }
    }

    /// Nothing is known by which a row could be judged.
    pub fn is_empty(&self) -> bool {
        self.organizations.is_empty()
    }

    /// What is wrong with the organisation of a row; `place` is where it is named.
    pub fn fault(&self, row: &Row<'_>, place: impl FnOnce() -> Place) -> Option<Problem> {
        let says = match row.org_id.as_deref() {
            _ if self.is_empty() => return None,
            None if self.organizations.len() == 1 => return None,
            None => format!(
                "it does not say which organisation is meant, and the token manages {} ({}); name one here, or with --org",
                self.organizations.len(),
                self.candidates()
            ),
            Some(id) => {
                let key = ids::read(id, Kind::Organization).ok()?.key;
                if self.organizations.iter().any(|(known, _)| *known == key) {
                    return None;
                }
                let id = shorten(id);
                format!("the token does not manage this organisation: `{id}`")
            }
        };
        Some(Problem::of_kind(ProblemKind::NotManaged, place(), says))
    }

    /// What an organisation is called, if the service told.
    pub fn name_of(&self, id: &str) -> Option<&str> {
        let key = ids::read(id, Kind::Organization).ok()?.key;
        let mut known = self.organizations.iter();
        let (_, organization) = known.find(|(known, _)| *known == key)?;
        Some(&organization.name)
    }

    fn candidates(&self) -> String {
        let names = self.organizations.iter().take(CANDIDATES);
        let names: Vec<String> = names
            .map(|(_, organization)| format!("`{}`", shorten(&organization.name)))
            .collect();
        let more = if self.organizations.len() > CANDIDATES {
            ", …"
        } else {
            ""
        };
        format!("{}{more}", names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::Change;

    const ONE: &str = "0f3a6b1c-58d2-4e7f-9a01-b2c3d4e5f601";
    const OTHER: &str = "0f3a6b1c-58d2-4e7f-9a01-b2c3d4e5f602";

    fn register(ids: &[&str]) -> Register {
        let organization = |id: &&str| Organization {
            id: (*id).to_string(),
            name: format!("Customer {}", id.get(34..).unwrap_or_default()),
        };
        Register::new(ids.iter().map(organization).collect())
    }

    fn fault(register: &Register, org_id: Option<&'static str>) -> Option<String> {
        let row = Row {
            number: 2,
            org_id: org_id.map(Into::into),
            location_id: "location".into(),
            key: LocationKey(1),
            changes: Change::NONE,
            expected: Change::NONE,
        };
        let fault = register.fault(&row, || Place::row(2));
        fault.map(|problem| problem.message)
    }

    #[test]
    fn a_row_is_for_an_organisation_that_the_token_manages() {
        let partner = register(&[ONE, OTHER]);
        assert_eq!(fault(&partner, Some(ONE)), None);
        let capitals = "0F3A6B1C-58D2-4E7F-9A01-B2C3D4E5F602";
        assert_eq!(fault(&partner, Some(capitals)), None);
        let said = fault(&register(&[OTHER]), Some(ONE)).expect("a fault");
        insta::assert_snapshot!(said, @"the token does not manage this organisation: `0f3a6b1c-58d2-4e7f-9a01-b2c3d4e5f601`");
    }

    #[test]
    fn a_row_without_one_is_for_the_only_one_there_is() {
        assert_eq!(fault(&register(&[ONE]), None), None);
        let said = fault(&register(&[ONE, OTHER]), None).expect("a fault");
        insta::assert_snapshot!(said, @"it does not say which organisation is meant, and the token manages 2 (`Customer 01`, `Customer 02`); name one here, or with --org");
    }

    #[test]
    fn where_nothing_is_known_nothing_is_refused() {
        assert_eq!(fault(&register(&[]), None), None);
        assert_eq!(fault(&register(&["not an id"]), Some(ONE)), None);
    }
}
