//! What the service says of the organizations and the things in them that rows name: which ids their names
//! stand for.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;

use crate::model::ids::{self, Id};
use crate::model::row::TargetKey;
use crate::setting::target_kind::TargetKind;
use crate::sheet::cell_diagnostics::CellDiagnostic;
use crate::sheet::managed_organizations::{ManagedOrganizations, key_of};
use crate::sheet::names::{Names, ResolvedNames, as_called, as_seen};
use crate::sheet::problem::shorten;
use crate::sheet::problem_kind::ProblemKind;

/// What is known; nothing, as long as nobody was asked.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    /// Which organizations the credentials manage.
    pub managed: ManagedOrganizations,
    /// `None`: names were not looked up.
    names: Option<ResolvedNames>,
    /// Where among them the things of an organization are.
    targets: HashMap<Option<TargetKey>, usize>,
    /// What things are called by their ids, once that is asked; `None` of one that has several names.
    called: OnceCell<HashMap<TargetKey, Option<Box<str>>>>,
}

impl From<ManagedOrganizations> for Directory {
    fn from(managed: ManagedOrganizations) -> Directory {
        Directory {
            managed,
            ..Directory::default()
        }
    }
}

impl Directory {
    #[must_use]
    pub fn with_names(mut self, names: ResolvedNames) -> Directory {
        let lists = names.targets.iter().enumerate();
        self.targets = lists
            .map(|(at, list)| (list.org_id.as_deref().and_then(key_of), at))
            .collect();
        self.names = Some(names);
        self.called = OnceCell::new();
        self
    }

    /// What names mean, without what anybody manages: for rows that need nobody to send them.
    #[must_use]
    pub fn names_alone(&self) -> Directory {
        Directory {
            managed: ManagedOrganizations::default(),
            ..self.clone()
        }
    }

    /// Nothing is known by which a row could be judged.
    pub fn is_empty(&self) -> bool {
        self.managed.is_empty() && self.names.is_none()
    }

    /// What the names of rows are by now.
    pub fn names(&self) -> Option<&ResolvedNames> {
        self.names.as_ref()
    }

    /// Names were looked up, and which organizations the token manages is not known.
    pub fn lacks_organizations(&self) -> bool {
        self.names.is_some() && self.managed.is_empty()
    }

    /// Whether a name of an organization can be looked up, or may still be.
    pub fn tells_organizations(&self) -> bool {
        let names = self.names.as_ref();
        names.is_none_or(|names| !names.organizations.is_empty())
    }

    /// The id of the organization of this name. Before names were looked up, the name itself.
    pub fn organization<'n>(&self, name: &'n str) -> Result<Cow<'n, str>, CellDiagnostic> {
        let Some(ResolvedNames { organizations, .. }) = &self.names else {
            return Ok(Cow::Borrowed(name));
        };
        if organizations.is_empty() {
            return Err(CellDiagnostic {
                kind: ProblemKind::UnknownName,
                says: "Webex does not say which organizations the token manages, so the name cannot be looked up; put the organization's id into `orgId`".to_string(),
            });
        }
        self.managed.settled(name)?;
        let id = organizations.id_of(name, name, "organization", "orgId")?;
        Ok(Cow::Owned(id.to_string()))
    }

    /// The id of the thing of this name in an organization. Before names were looked up, the name
    /// itself and a key that only the same name has.
    pub fn target<'n>(
        &self,
        kind: &TargetKind,
        org_id: Option<&str>,
        name: &'n str,
    ) -> Result<Id<'n>, CellDiagnostic> {
        let Some(names) = &self.names else {
            return Ok(Id {
                text: Cow::Borrowed(name),
                key: ids::key_of_name(org_id, &as_called(name, kind)),
            });
        };
        let unlisted = |why: &str| CellDiagnostic {
            kind: ProblemKind::UnknownName,
            says: format!(
                "the {} of its organization cannot be listed, so the name cannot be looked up ({why}); put the id into `{}`",
                kind.plural, kind.id_column
            ),
        };
        let at = self.targets.get(&org_id.and_then(key_of));
        let list = at.and_then(|at| names.targets.get(*at));
        let Some(list) = list else {
            return Err(unlisted("it was not asked for"));
        };
        let known = list.names.as_ref().map_err(|why| unlisted(why))?;
        let id = known.id_of(&as_called(name, kind), name, kind.noun, kind.id_column)?;
        match ids::read(id, kind.id) {
            Ok(id) => Ok(Id {
                text: Cow::Owned(id.text.into_owned()),
                key: id.key,
            }),
            Err(_) => Err(unlisted(&format!("its id there is `{}`", shorten(id)))),
        }
    }

    /// Whether a name is that of other organizations than the one with this id.
    pub(super) fn is_another_organization(&self, id: &str, name: &str) -> bool {
        let mut keys: Vec<TargetKey> = self.managed.keys_of(name).collect();
        if let Some(names) = &self.names {
            keys.extend(names.organizations.ids_of(name).filter_map(key_of));
        }
        !keys.is_empty() && key_of(id).is_some_and(|key| !keys.contains(&key))
    }

    /// Whether a name is that of other things in an organization than the one with this key.
    pub(super) fn is_another_target(
        &self,
        kind: &TargetKind,
        org_id: Option<&str>,
        key: TargetKey,
        name: &str,
    ) -> bool {
        let Some(known) = self.names_in(org_id) else {
            return false;
        };
        let called = as_called(name, kind);
        let ids = known.ids_of(&called);
        let keys = ids.filter_map(|id| ids::read(id, kind.id).ok().map(|id| id.key));
        let keys: Vec<TargetKey> = keys.collect();
        !keys.is_empty() && !keys.contains(&key)
    }

    /// Whether the things of an organization are known, and none has this name.
    pub(super) fn lacks_name(&self, kind: &TargetKind, org_id: Option<&str>, name: &str) -> bool {
        let known = self.names_in(org_id);
        let called = as_called(name, kind);
        known.is_some_and(|known| !known.is_empty() && known.ids_of(&called).next().is_none())
    }

    /// What a row calls the thing with this key; where it does not, what it is called in Webex.
    pub(super) fn name_or_listed<'n>(
        &self,
        cell: Option<&'n str>,
        kind: &TargetKind,
        key: TargetKey,
    ) -> Cow<'n, str> {
        let called = cell.filter(|name| !name.is_empty()).map(Cow::Borrowed);
        let listed = || Some(self.name_of_target(kind, key)?.to_string().into());
        called.or_else(listed).unwrap_or_default()
    }

    /// What a thing is called, where names were looked up and it has only one.
    fn name_of_target(&self, kind: &TargetKind, key: TargetKey) -> Option<&str> {
        let names = self.names.as_ref()?;
        let called = self.called.get_or_init(|| {
            let mut called: HashMap<TargetKey, Option<Box<str>>> = HashMap::new();
            let lists = names.targets.iter();
            let lists = lists.filter_map(|list| list.names.as_ref().ok());
            for (name, id) in lists.flat_map(Names::iter) {
                let entry = called.entry(ids::key_of_id(id, kind.id));
                let known = entry.or_insert_with(|| Some(name.into()));
                known.take_if(|known| **known != *name);
            }
            called
        });
        called.get(&key)?.as_deref()
    }

    fn names_in(&self, org_id: Option<&str>) -> Option<&Names> {
        let at = self.targets.get(&org_id.and_then(key_of))?;
        let list = self.names.as_ref()?.targets.get(*at)?;
        list.names.as_ref().ok()
    }
}

/// Whether two names are the same as names are compared.
pub fn is_same_name(kind: &TargetKind, one: &str, other: &str) -> bool {
    let plain = |name| as_called(name, kind).trim().to_string();
    plain(one) == plain(other)
}

/// Whether two names of organizations are the same as names are compared.
pub fn is_same_organization_name(one: &str, other: &str) -> bool {
    as_seen(one).trim() == as_seen(other).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "0f3a6b1c-58d2-4e7f-9a01-b2c3d4e5f601";
    const OTHER: &str = "0f3a6b1c-58d2-4e7f-9a01-b2c3d4e5f602";

    #[test]
    fn a_name_is_looked_up_in_the_organization_of_its_row() {
        use crate::setting::target_kind::LOCATION;
        use crate::sheet::names::NamesOf;
        let one = "0f3a6b1c-58d2-4e7f-9a01-b2c3d4e5f607";
        let of = |org_id: Option<&str>, names| NamesOf {
            org_id: org_id.map(String::from),
            names,
        };
        let london = Names::new([("London".to_string(), one.to_string())]);
        let names = ResolvedNames {
            organizations: Names::default(),
            targets: vec![
                of(Some(ONE), Ok(london)),
                of(None, Ok(Names::default())),
                of(Some(OTHER), Err("403".into())),
            ],
        };
        let directory = Directory::default().with_names(names);
        let capitals = ONE.to_ascii_uppercase();
        let found = directory
            .target(&LOCATION, Some(&capitals), "London")
            .expect("an id");
        assert_eq!(found, ids::read(one, ids::LOCATION).expect("an id"));
        assert!(directory.target(&LOCATION, None, "London").is_err());
        let said = directory
            .target(&LOCATION, Some(OTHER), "London")
            .expect_err("none");
        assert!(
            said.says.contains("cannot be looked up (403)"),
            "{}",
            said.says
        );
        assert!(directory.organization("Acme").is_err());
        let offline = Directory::default();
        assert_ne!(
            offline
                .target(&LOCATION, Some(ONE), "London")
                .expect("a key")
                .key,
            offline
                .target(&LOCATION, Some(OTHER), "London")
                .expect("a key")
                .key,
        );
    }
}
