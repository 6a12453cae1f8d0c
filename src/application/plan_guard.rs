//! The plan that says what each row must find before it is changed.

use anyhow::Result;

use crate::application::preflight::ServiceFacts;
use crate::application::settings::RunSettings;
use crate::sheet::Sheet;
use crate::sheet::selection::Selection;

/// Opens the plan, if the run has one. It is read once to its end, so that a plan of another sheet is
/// noticed before anything is sent.
pub(super) fn open(
    settings: &RunSettings,
    selection: &Selection<'_>,
    facts: &ServiceFacts,
) -> Result<Option<Sheet>> {
    let Some(path) = &settings.spec.preconditions else {
        return Ok(None);
    };
    let plan = Sheet::open(path, settings.spec.sheet.reading.clone())?;
    if facts.abort.is_none() {
        let mut rows = selection.rows_to_send(Some(&plan), Vec::new())?;
        rows.try_for_each(|row| row.map(drop))?;
    }
    Ok(Some(plan))
}
