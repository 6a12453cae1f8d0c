//! What the service says of the organizations and the things in them that rows name: whether a token manages
//! them, and which ids their names stand for.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;

use crate::model::ids::{self, Id};
use crate::model::row::TargetKey;
use crate::setting::target_kind::TargetKind;
use crate::sheet::cell_diagnostics::CellDiagnostic;
use crate::sheet::names::{Names, ResolvedNames, as_called, as_seen};
use crate::sheet::problem::shorten;
use crate::sheet::problem_kind::ProblemKind;
use crate::webex::lists::Organization;

/// Organizations named where a row could be for any of them.
const CANDIDATES: usize = 3;

/// What is known; nothing, as long as nobody was asked.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact about the credentials or the run that does not follow from the others"
)]
#[derive(Debug, Clone, Default)]
pub struct Directory {
    /// The organizations that the token manages, or all credentials together; none where that is not known.
    managed: Vec<(TargetKey, Organization)>,
    /// Their number, where there are several credentials.
    credentials: Option<usize>,
    /// Some of them were left out, so there may be more organizations.
    lacks_some: bool,
    /// The ids are those of a run, and right: nobody is to correct them.
    has_recorded_ids: bool,
    /// Rows of organizations that nobody manages stay for later.
    is_partial: bool,
    /// Names mean what they did when the run began, whoever is left out by now.
    has_settled_names: bool,
    /// The organization that rows without one were for when the run began.
    own: Option<TargetKey>,
    /// The token's own, where that is known.
    own_of_token: Option<String>,
    /// The own organization of somebody who manages only another one.
    own_elsewhere: Option<String>,
    /// `None`: names were not looked up.
    names: Option<ResolvedNames>,
    /// Where among them the things of an organization are.
    targets: HashMap<Option<TargetKey>, usize>,
    /// What things are called by their ids, once that is asked; `None` of one that has several names.
    called: OnceCell<HashMap<TargetKey, Option<Box<str>>>>,
}

impl Directory {
    pub fn new(organizations: &[Organization]) -> Directory {
        let keyed = organizations
            .iter()
            .filter_map(|organization| Some((key_of(&organization.id)?, organization.clone())));
        Directory {
            managed: keyed.collect(),
            ..Directory::default()
        }
    }

    /// What several credentials manage together; `credentials` is their number.
    #[must_use]
    pub fn of_several(self, credentials: usize) -> Directory {
        Directory {
            credentials: Some(credentials),
            ..self
        }
    }

    /// Some credentials were left out, so a name of an organization, or a row without one, may mean one of
    /// theirs.
    #[must_use]
    pub fn without_some(self) -> Directory {
        Directory {
            lacks_some: true,
            ..self
        }
    }

    /// The ids that rows have were sent before.
    #[must_use]
    pub fn of_recorded_ids(self) -> Directory {
        Directory {
            has_recorded_ids: true,
            ..self
        }
    }

    /// Rows of an organization that nobody manages are no fault: they stay for later.
    #[must_use]
    pub fn leaving_some(self) -> Directory {
        Directory {
            is_partial: true,
            ..self
        }
    }

    /// What rows meant when the run began, they mean in its later parts. `own` is the organization of those
    /// that name none.
    #[must_use]
    pub fn of_run_begun(self, own: Option<&str>) -> Directory {
        Directory {
            has_settled_names: true,
            own: own.and_then(key_of),
            ..self
        }
    }

    /// A single token's own organization.
    #[must_use]
    pub fn of_token(self, own: &str) -> Directory {
        Directory {
            own_of_token: Some(own).filter(|id| !id.is_empty()).map(String::from),
            ..self
        }
    }

    /// The id of the organization of rows that name none, where that is known.
    pub fn own_organization(&self) -> Option<&str> {
        self.only_one().or(self.own_of_token.as_deref())
    }

    /// Whose the credentials are, by their own organizations. A row that names none means either the only one
    /// they manage or a person's own: where these differ it can be read two ways.
    #[must_use]
    pub fn of_people<'p>(mut self, own: impl IntoIterator<Item = &'p str>) -> Directory {
        if let [(only, _)] = &self.managed[..] {
            let mut own = own.into_iter();
            let elsewhere = own.find(|id| key_of(id).is_some_and(|key| key != *only));
            self.own_elsewhere = elsewhere.map(String::from);
        }
        self
    }

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
            managed: Vec::new(),
            credentials: None,
            lacks_some: false,
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
        self.settled(name)?;
        let id = organizations.id_of(name, name, "organization", "orgId")?;
        Ok(Cow::Owned(id.to_string()))
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
        let mut managed = self.managed.iter();
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

    /// Why a row cannot be for an organization; `None` is the token's own.
    pub fn fault(&self, org_id: Option<&str>) -> Option<CellDiagnostic> {
        let says = match org_id {
            _ if self.managed.is_empty() && self.credentials.is_none() => return None,
            None if self.own_elsewhere.is_some() => self.say_own_elsewhere(),
            None if self.is_own_known() => return None,
            None if self.lacks_some => "the row does not say which organization it is for, and it may be for one of a credential that was left out; put the organization's id into `orgId`, or add --org with the id; `wxbulk whoami` lists the ids".to_string(),
            None => format!(
                "the row does not say which organization it is for, and {} {} ({}); put the organization's id into `orgId`, its name into `orgName`, or add --org with the id; `wxbulk whoami` lists the ids",
                match self.credentials {
                    None => "the token manages".to_string(),
                    Some(count) => format!("the {count} credentials manage"),
                },
                self.managed.len(),
                self.candidates()
            ),
            Some(id) => {
                let key = key_of(id)?;
                let is_managed = self.managed.iter().any(|(known, _)| *known == key);
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
        match &self.managed[..] {
            [(only, _)] => !self.lacks_some || self.own == Some(*only),
            _ => false,
        }
    }

    /// The only organization there is, where there is only one.
    pub fn only_one(&self) -> Option<&str> {
        match &self.managed[..] {
            [(_, only)] => Some(&only.id),
            _ => None,
        }
    }

    /// What an organization is called, if the service told.
    pub fn name_of(&self, id: &str) -> Option<&str> {
        let key = key_of(id)?;
        let mut known = self.managed.iter();
        let (_, organization) = known.find(|(known, _)| *known == key)?;
        Some(&organization.name)
    }

    /// Whether a name is that of other organizations than the one with this id.
    pub(super) fn is_another_organization(&self, id: &str, name: &str) -> bool {
        let managed = self.managed.iter();
        let managed = managed.filter(|(_, one)| as_seen(&one.name) == as_seen(name));
        let mut keys: Vec<TargetKey> = managed.map(|(key, _)| *key).collect();
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

    fn candidates(&self) -> String {
        let names = self.managed.iter().take(CANDIDATES);
        let names: Vec<String> = names
            .map(|(_, organization)| format!("`{}`", shorten(&organization.name)))
            .collect();
        let more = if self.managed.len() > CANDIDATES {
            ", …"
        } else {
            ""
        };
        format!("{}{more}", names.join(", "))
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

/// Tells organizations apart however their ids were written.
pub fn key_of(org_id: &str) -> Option<TargetKey> {
    Some(ids::read(org_id, ids::ORGANIZATION).ok()?.key)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "0f3a6b1c-58d2-4e7f-9a01-b2c3d4e5f601";
    const OTHER: &str = "0f3a6b1c-58d2-4e7f-9a01-b2c3d4e5f602";

    fn directory(ids: &[&str]) -> Directory {
        let organization = |id: &&str| Organization {
            id: (*id).to_string(),
            name: format!("Customer {}", id.get(34..).unwrap_or_default()),
        };
        Directory::new(&ids.iter().map(organization).collect::<Vec<_>>())
    }

    fn fault(directory: &Directory, org_id: Option<&str>) -> Option<String> {
        directory.fault(org_id).map(|damage| damage.says)
    }

    #[test]
    fn a_row_is_for_an_organization_that_the_token_manages() {
        let partner = directory(&[ONE, OTHER]);
        assert_eq!(fault(&partner, Some(ONE)), None);
        let capitals = "0F3A6B1C-58D2-4E7F-9A01-B2C3D4E5F602";
        assert_eq!(fault(&partner, Some(capitals)), None);
        let said = fault(&directory(&[OTHER]), Some(ONE)).expect("a fault");
        insta::assert_snapshot!(said, @"the token does not manage the organization `0f3a6b1c-58d2-4e7f-9a01-b2c3d4e5f601`; correct the id, or use a token that manages it (`wxbulk whoami` lists those of this one)");
    }

    #[test]
    fn a_row_without_one_is_for_the_only_one_there_is() {
        assert_eq!(fault(&directory(&[ONE]), None), None);
        let said = fault(&directory(&[ONE, OTHER]), None).expect("a fault");
        insta::assert_snapshot!(said, @"the row does not say which organization it is for, and the token manages 2 (`Customer 01`, `Customer 02`); put the organization's id into `orgId`, its name into `orgName`, or add --org with the id; `wxbulk whoami` lists the ids");
    }

    #[test]
    fn where_nothing_is_known_nothing_is_refused() {
        assert_eq!(fault(&directory(&[]), None), None);
        assert_eq!(fault(&directory(&["not an id"]), Some(ONE)), None);
    }

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
        let directory = directory(&[]).with_names(names);
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
