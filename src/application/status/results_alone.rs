//! What results tell without their journal: how many rows came to what.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use serde::Serialize;

use crate::model::counts::Counts;
use crate::model::outcome::OutcomeKind;
use crate::model::wording::{grouped, plural};
use crate::sheet::{NumberedRecord, ReadOptions, Sheet};

/// What results tell without their journal.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResultsAlone {
    pub results: PathBuf,
    pub rows: u64,
    pub outcomes: std::collections::BTreeMap<OutcomeKind, u64>,
    /// Rows without an outcome that could be understood.
    pub without_outcome: u64,
}

impl ResultsAlone {
    pub fn read(path: &Path) -> Result<ResultsAlone> {
        let sheet = Sheet::open(path, ReadOptions::default())?;
        let shown = path.display();
        let Ok(columns) = &sheet.columns else {
            bail!("`{shown}` is neither the results of a run nor a journal");
        };
        let mut counts = Counts::default();
        let mut rows = 0;
        let mut numbered = NumberedRecord::default();
        let mut records = sheet.records()?;
        while records.read(&mut numbered)? {
            rows += 1;
            if let Some(kind) = columns.outcome_in(&numbered.record) {
                counts.add_kind(kind);
            }
        }
        if counts.rows == 0 {
            bail!("`{shown}` has no results in it, and no run of it was found beside it");
        }
        Ok(ResultsAlone {
            results: path.to_path_buf(),
            rows,
            outcomes: counts.by_kind().clone(),
            without_outcome: rows - counts.rows,
        })
    }

    pub fn to_text(&self) -> String {
        let outcomes = self.outcomes.iter();
        let mut parts: Vec<String> = outcomes
            .map(|(kind, count)| format!("{} {}", grouped(*count), kind.word()))
            .collect();
        if self.without_outcome > 0 {
            parts.push(format!(
                "{} without an outcome",
                grouped(self.without_outcome)
            ));
        }
        format!(
            "{}: {}: {}\n  its journal is not beside it, so only what stands in the file is known\n",
            self.results.display(),
            plural(self.rows, "row"),
            parts.join(", ")
        )
    }
}
