//! The name of a row, behind its number: that of its location, and of its customer where the run has
//! rows of several, whose locations are often called the same: `row 3 (Contoso / Oslo)`.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::journal::{BeginRecord, Organization};
use crate::model::ids;
use crate::model::row::{Row, TargetKey};
use crate::webex::error_body::flatten;

/// The customers of a run by the ids of their organizations; none where the run has rows of only one.
#[derive(Debug, Default)]
pub(super) struct RowNames {
    customers: HashMap<TargetKey, String>,
    /// The organization of rows that name none.
    own: String,
}

impl RowNames {
    pub(super) fn of(begin: Option<&BeginRecord>) -> RowNames {
        let organizations = begin.map_or(&[][..], |begin| &begin.organizations);
        let are_several = match organizations {
            [first, others @ ..] => others.iter().any(|other| other.name != first.name),
            [] => false,
        };
        if !are_several {
            return RowNames::default();
        }
        let named = organizations.iter().filter(|one| !one.name.is_empty());
        RowNames {
            own: begin.map_or(String::new(), |begin| begin.own_organization.clone()),
            customers: named
                .map(|Organization { id, name, .. }| {
                    (ids::key_of_id(id, ids::ORGANIZATION), name.clone())
                })
                .collect(),
        }
    }

    /// `Contoso / Oslo`
    pub(super) fn of_row<'r>(&self, row: &'r Row<'_>) -> Cow<'r, str> {
        self.of_place(row.org_id.as_deref(), &row.name)
    }

    pub(super) fn of_place<'n>(&self, org_id: Option<&str>, name: &'n str) -> Cow<'n, str> {
        if self.customers.is_empty() {
            return Cow::Borrowed(name);
        }
        let key = ids::key_of_id(org_id.unwrap_or(&self.own), ids::ORGANIZATION);
        match self.customers.get(&key) {
            None => Cow::Borrowed(name),
            Some(customer) if name.is_empty() => Cow::Owned(customer.clone()),
            Some(customer) => Cow::Owned(format!("{customer} / {name}")),
        }
    }
}

/// ` (Oslo)`; nothing where there is no name.
pub(super) fn in_brackets(name: &str) -> String {
    match name {
        "" => String::new(),
        name => format!(" ({})", flatten(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(organizations: &[(&str, &str)]) -> RowNames {
        let organizations = organizations.iter().map(|(id, name)| Organization {
            id: (*id).into(),
            name: (*name).into(),
            rows: 1,
        });
        RowNames::of(Some(&BeginRecord {
            organizations: organizations.collect(),
            ..BeginRecord::default()
        }))
    }

    #[test]
    fn a_row_has_its_customer_where_there_are_several() {
        let several = names(&[("a", "Acme"), ("", "Own Ltd"), ("c", "")]);
        let one = names(&[("a", "Acme"), ("A", "Acme")]);
        for (names, org_id, name, said) in [
            (&several, Some("a"), "Oslo", "Acme / Oslo"),
            (&several, Some("a"), "", "Acme"),
            (&several, None, "Oslo", "Own Ltd / Oslo"),
            (&several, Some("c"), "Oslo", "Oslo"),
            (&several, Some("unknown"), "", ""),
            (&one, Some("a"), "Oslo", "Oslo"),
            (&names(&[]), None, "Oslo", "Oslo"),
        ] {
            assert_eq!(names.of_place(org_id, name), said);
        }
    }
}
