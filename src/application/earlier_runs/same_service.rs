//! Whether what a file of results tells of happened at the service where a run goes.

use std::path::Path;

use anyhow::{Result, bail};

use crate::application::earlier_runs::EarlierRuns;
use crate::application::run_settings::Target;
use crate::sheet::columns::Columns;
use crate::sheet::row_check::CheckedPart;
use crate::sheet::{NumberedRecord, Sheet};
use crate::webex::base_url::WEBEX;

/// Stands for the base URL of a rehearsal.
pub const REHEARSAL: &str = "rehearsal";

impl EarlierRuns {
    /// Makes sure that what the file tells of happened where this run goes, so that what was only
    /// rehearsed is never taken for the real thing.
    pub fn ensure_same_service(
        &self,
        results: &Path,
        sheet: &Sheet,
        columns: &Columns,
        target: &str,
    ) -> Result<()> {
        if target == REHEARSAL {
            // Practising on anything does no harm.
            return Ok(());
        }
        for run in self.runs() {
            ensure_same(results, &run.header().settings.base_url, target)?;
            let setting = &run.header().setting;
            if *setting != columns.setting.name {
                bail!(
                    "`{}` is of a run about `{setting}`, not about `{}`; add --setting {setting}",
                    results.display(),
                    columns.setting.name
                );
            }
        }
        let mut records = sheet.records()?;
        let mut numbered = NumberedRecord::default();
        while records.read(&mut numbered)? {
            if columns.is_rehearsed(&numbered.record) {
                ensure_same(results, REHEARSAL, target)?;
            }
            let Some(check) = self.check_in(columns, &numbered) else {
                continue;
            };
            if self.place_of(&check.run).is_none()
                && !check.holds(CheckedPart::Service, Some(target))
            {
                bail!(
                    "row {} of `{}` was sent to another service than {target}, and its journal is not there to tell which\n\
                     hint: put the journal beside it, or name the service with --base-url",
                    numbered.row,
                    results.display()
                );
            }
        }
        Ok(())
    }
}

fn ensure_same(results: &Path, was: &str, target: &str) -> Result<()> {
    let shown = results.display();
    if was == target {
        return Ok(());
    }
    if was == REHEARSAL {
        bail!(
            "`{shown}` holds the results of a rehearsal, which changed nothing; add --rehearse to practise on it"
        );
    }
    let how = if was == WEBEX {
        "leave out --base-url".to_string()
    } else {
        format!("add --base-url {was}")
    };
    bail!("`{shown}` tells of {was}, and this run would go to {target}\nhint: {how}");
}

/// The base URL that a run goes to.
pub fn base_url(target: &Target) -> String {
    match target {
        Target::Service { base_url, .. } => base_url.to_string(),
        Target::Rehearsal { .. } => REHEARSAL.to_string(),
    }
}
