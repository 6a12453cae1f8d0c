//! What is told of several credentials: what each of them manages, and of how many users they are.

use std::collections::HashSet;

use crate::application::run_lanes::{Credential, RunLane, managed_by};
use crate::application::same_user::Unknown;
use crate::application::session::Session;
use crate::journal::{CredentialRecord, Person};
use crate::model::wording::plural;
use crate::sheet::managed_organizations::key_of;
use crate::sheet::organization_counts::OrganizationRows;
use crate::stderr::say;
use crate::webex::error_body::flatten;

/// Credentials that are listed; of more, how many.
const MOST_LISTED: usize = 20;

/// Organizations, or users, of each that are named.
const MOST_NAMED: usize = 3;

/// What else they manage is not known.
pub(super) fn tell_unlisted(names: &[String]) {
    if names.is_empty() {
        return;
    }
    let shown = names
        .iter()
        .take(MOST_LISTED)
        .map(|name| format!("`{name}`"));
    let more = match names.len().saturating_sub(MOST_LISTED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    say(&format!(
        "note: these credentials may not list organizations, so they are used for their user's own, or for those of the sheet that they may read: {}{more}",
        shown.collect::<Vec<_>>().join(", ")
    ));
}

/// Of one user there may be only one pace, and whose these are may not be asked.
pub(super) fn tell_unknown<S>(unknown: &Unknown, lanes: &[RunLane<S>]) {
    for (name, users) in unknown.left_out.iter().take(MOST_LISTED) {
        say(&format!(
            "warning: `{name}` is not used: it may belong to {}, who manage the same organizations, and two tokens of one user must not be faster than one\nhint: with the scope `spark:people_read` Webex says whose it is",
            one_of(users)
        ));
    }
    let more = unknown.left_out.len().saturating_sub(MOST_LISTED);
    if more > 0 {
        let more = plural(more as u64, "more credential");
        say(&format!("warning: {more} not used for the same reason"));
    }
    let names = &unknown.names;
    let is_alone = matches!(lanes, [only] if only.person.is_none());
    if names.is_empty() || is_alone {
        return;
    }
    let more = match names.len().saturating_sub(MOST_LISTED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let shown = names
        .iter()
        .take(MOST_LISTED)
        .map(|name| format!("`{name}`"));
    let shown = shown.collect::<Vec<_>>().join(", ");
    say(&format!(
        "warning: Webex does not say whose these credentials are: {shown}{more}\nhint: each counts as that of a user who manages the same organizations; if two others of them belong to one user, that user is sent more than the limit allows. With the scope `spark:people_read` Webex says whose they are"
    ));
}

/// `Ada or Ben`
fn one_of(users: &[String]) -> String {
    let more = if users.len() > MOST_NAMED {
        " or …"
    } else {
        ""
    };
    let named = &users[..users.len().min(MOST_NAMED)];
    format!("{}{more}", named.join(" or "))
}

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
