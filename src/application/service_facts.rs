//! What the service says before a run, as a value that the steps after it are given.

use crate::engine::abort::{AbortReason, MissingCredential};
use crate::journal::CredentialRecord;
use crate::sheet::directory::Directory;
use crate::sheet::names::ResolvedNames;
use crate::webex::error_body::flatten;
use crate::webex::lists::Person;

/// What the service says before a run, of the token and of the sheet's names.
#[derive(Debug, Default)]
pub(super) struct ServiceFacts {
    pub directory: Directory,
    /// Whose token it is, where that may be asked and there is only one.
    pub person: Option<Person>,
    /// All credentials, where there are several.
    pub credentials: Vec<CredentialRecord>,
    /// Why there is no point in sending anything.
    pub abort: Option<AbortReason>,
    /// Why some of the credentials could not be asked, so that rows which nobody manages are left for later.
    pub unasked: Option<AbortReason>,
    /// Credentials that an earlier part of the run had and that rows are left for now.
    pub missing: Vec<MissingCredential>,
}

impl ServiceFacts {
    /// What an organization is called, `None` for the token's own, where that is known.
    pub(super) fn organization_name(&self, id: Option<&str>) -> Option<String> {
        let own = || self.person.as_ref().map(|person| person.org_id.as_str());
        let name = self.directory.managed.name_of(id.or_else(own)?);
        name.map(flatten)
    }

    /// The id of the organization of rows that name none, where that is known.
    pub(super) fn own_organization(&self) -> Option<&str> {
        self.directory.managed.own_organization()
    }

    /// Also where nothing more can be asked: what is done must be told.
    pub(super) fn nothing_but(known: Option<&ResolvedNames>, reason: AbortReason) -> ServiceFacts {
        let names = known.cloned();
        let directory = names.map(|names| Directory::default().with_names(names));
        ServiceFacts::pointless(directory.unwrap_or_default(), reason)
    }

    pub(super) fn pointless(directory: Directory, reason: AbortReason) -> ServiceFacts {
        ServiceFacts {
            directory,
            abort: Some(reason),
            ..ServiceFacts::default()
        }
    }
}
