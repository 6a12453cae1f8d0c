//! What is told of several credentials: what each of them manages, and of how many users they are.

use std::collections::HashSet;

use crate::application::run_lanes::{Credential, managed_by};
use crate::application::session::Session;
use crate::journal::{CredentialRecord, Person};
use crate::model::wording::plural;
use crate::sheet::directory::key_of;
use crate::sheet::organization_counts::OrganizationRows;
use crate::stderr::say;
use crate::webex::error_body::flatten;

/// Credentials that are listed; of more, how many.
const MOST_LISTED: usize = 20;

/// Organizations of each that are named.
const MOST_NAMED: usize = 3;

/// Lists what each of the credentials manages, where rows have other organizations, or none that could be
/// meant.
pub(super) fn where_some_are_missing<S, T>(session: &Session<S, T>, named: &[OrganizationRows]) {
    if !session.has_several {
        return;
    }
    let managed = managed_by(&session.lanes);
    let is_missing = |one: &OrganizationRows| match one.id.as_deref() {
        None => managed.len() != 1,
        Some(id) => {
            let wanted = key_of(id);
            wanted.is_some() && managed.iter().all(|known| key_of(&known.id) != wanted)
        }
    };
    if !named.iter().any(is_missing) {
        return;
    }
    say("what the credentials manage:");
    let credentials = session.lanes.iter().flat_map(|lane| &lane.credentials);
    let all = credentials.clone().count();
    for one in credentials.take(MOST_LISTED) {
        say(&format!("  `{}`: {}", one.name, in_words(one)));
    }
    if all > MOST_LISTED {
        let more = plural((all - MOST_LISTED) as u64, "more credential");
        say(&format!("  … and {more}; `wxbulk whoami` lists all"));
    }
}

/// `Acme Ltd`, or `12 organizations (Acme Ltd, Ajax plc, Avis AG, …)`
fn in_words<S>(one: &Credential<S>) -> String {
    let managed = one.manages.as_deref().unwrap_or_default();
    let called = managed.iter().map(|one| match &one.name {
        name if name.is_empty() => one.id.clone(),
        name => flatten(name),
    });
    let mut names: Vec<String> = called.take(MOST_NAMED).collect();
    if let [only] = &names[..] {
        return only.clone();
    }
    if managed.len() > MOST_NAMED {
        names.push("…".into());
    }
    let count = plural(managed.len() as u64, "organization");
    format!("{count} ({})", names.join(", "))
}

/// `Ada`, or `4 users (Ada, Ben, Cyd, …)`; `None` where there is only one of the credentials.
pub fn users_in_words<'a>(
    credentials: impl IntoIterator<Item = &'a CredentialRecord>,
) -> Option<String> {
    let mut seen = HashSet::new();
    let users = credentials.into_iter().filter(|one| {
        let person = one.person.as_ref().map(|person| &person.id);
        let id = person.filter(|id| !id.is_empty());
        seen.insert(id.unwrap_or(&one.fingerprint))
    });
    let names = users.map(|one| match &one.person {
        Some(Person { email, .. }) if !email.is_empty() => email,
        Some(Person { name, .. }) if !name.is_empty() => name,
        _ => &one.name,
    });
    let names: Vec<&str> = names.map(String::as_str).collect();
    if names.is_empty() {
        return None;
    }
    let more = if names.len() > MOST_NAMED {
        ", …"
    } else {
        ""
    };
    if let [only] = names[..] {
        return Some(only.to_string());
    }
    let first = names.len().min(MOST_NAMED);
    Some(format!(
        "{} ({}{more})",
        plural(names.len() as u64, "user"),
        names[..first].join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(person: &str, name: &str) -> CredentialRecord {
        CredentialRecord {
            name: name.into(),
            fingerprint: name.into(),
            person: (!person.is_empty()).then(|| Person {
                id: person.into(),
                name: person.into(),
                ..Person::default()
            }),
            organizations: 1,
            is_service_app: false,
        }
    }

    #[test]
    fn users_are_counted_once_however_many_credentials_they_have() {
        for (credentials, words) in [
            (vec![], None),
            (vec![of("Ada", "a"), of("Ada", "b")], Some("Ada")),
            (vec![of("Ada", "a"), of("", "b")], Some("2 users (Ada, b)")),
            (
                vec![
                    of("Ada", "a"),
                    of("Ben", "b"),
                    of("Cyd", "c"),
                    of("Dee", "d"),
                ],
                Some("4 users (Ada, Ben, Cyd, …)"),
            ),
        ] {
            assert_eq!(users_in_words(&credentials).as_deref(), words);
        }
    }
}
