//! A run may go on with fewer credentials than it began with: the organizations of which all rows are done
//! need nobody who manages them.

use std::collections::HashSet;

use anyhow::Result;

use crate::application::journal_guard::Earlier;
use crate::model::row::TargetKey;
use crate::sheet::directory::{Directory, key_of};
use crate::sheet::selection::Selection;

/// Those that have rows, and none that an earlier part of the run has left.
pub(super) fn of_earlier_parts(
    selection: &Selection<'_>,
    earlier: &Earlier,
) -> Result<HashSet<TargetKey>> {
    if !earlier.is_resumed() {
        return Ok(HashSet::new());
    }
    let names = earlier.names().cloned();
    let directory = names.map(|names| Directory::default().with_names(names));
    let directory = directory.unwrap_or_default();
    let selection = Selection {
        directory: &directory,
        ..*selection
    };
    let organizations = |done: Vec<bool>| -> Result<HashSet<TargetKey>> {
        let mut found = HashSet::new();
        for row in selection.rows_to_send(None, done)? {
            found.extend(row?.org_id.as_deref().and_then(key_of));
        }
        Ok(found)
    };
    let all = organizations(Vec::new())?;
    let left = organizations(earlier.finished_rows())?;
    Ok(all.difference(&left).copied().collect())
}
