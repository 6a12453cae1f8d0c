//! The organization of a run that a person means by an id or a name.

use anyhow::{Result, bail};

use crate::journal::Organization;
use crate::model::hint::Hinted;
use crate::model::wording::{listed, plural};
use crate::sheet::directory::is_same_organization_name;
use crate::sheet::managed_organizations::key_of;

/// Organizations that are named where none is called as it was typed.
const MOST_NAMED: usize = 20;

pub(super) fn organization_called<'o>(
    wanted: &str,
    organizations: &'o [Organization],
) -> Result<&'o Organization> {
    let key = key_of(wanted);
    let is_it = |one: &&Organization| match key {
        Some(key) => key_of(&one.id) == Some(key),
        None => !one.name.is_empty() && is_same_organization_name(&one.name, wanted),
    };
    let found: Vec<&Organization> = organizations.iter().filter(is_it).collect();
    let is_known = |one: &&Organization| !one.name.is_empty() || !one.id.is_empty();
    match found[..] {
        [only] => Ok(only),
        [] => {
            let known = organizations.iter().filter(is_known);
            let names = known.clone().map(|one| match &*one.name {
                "" => format!("`{}`", one.id),
                name => format!("`{name}`"),
            });
            let names: Vec<String> = names.take(MOST_NAMED).collect();
            let more = known.count().saturating_sub(MOST_NAMED);
            let more = (more > 0).then(|| plural(more as u64, "other"));
            let names = names.into_iter().chain(more).collect::<Vec<_>>();
            bail!(
                "the run has no row of an organization `{wanted}`{}",
                if names.is_empty() {
                    String::new()
                } else {
                    format!("; it has rows of {}", listed(&names))
                }
            )
        }
        ref several => {
            let ids: Vec<String> = several.iter().map(|one| format!("`{}`", one.id)).collect();
            Err(Hinted::new(
                format!("{} organizations are named `{wanted}`", several.len()),
                format!("name the right one's id with --org: {}", ids.join(", ")),
            ))
        }
    }
}
