//! The plan that takes the place of one that is applied: how it is made, and why that one was.

use std::path::{Path, PathBuf};

use crate::application::run_settings::RunSettings;
use crate::application::suggested_commands;
use crate::journal::{self, Journal, RecordedRun};
use crate::sheet::check::CheckedSheet;

/// The sheet that a plan was made of, and how a new plan is made of it.
#[derive(Debug)]
pub(in crate::application) struct NewPlan {
    pub sheet: String,
    pub command: String,
    /// Rows of that sheet. Where the plan has others by now, some were deleted from it, and those below
    /// them have other numbers than in the sheet.
    pub rows: u64,
}

impl NewPlan {
    /// `None` where the rows are not held against a plan that has its record.
    pub(in crate::application) fn of(settings: &RunSettings) -> Option<NewPlan> {
        NewPlan::in_place_of(settings.spec.preconditions.as_ref()?, settings)
    }

    /// How many rows are sent in no case before they are planned again.
    pub(in crate::application) fn count_unapproved(
        settings: &RunSettings,
        checked: &CheckedSheet,
    ) -> u64 {
        // A new plan has no word for them yet.
        let in_other_words = NewPlan::of(settings).map_or(0, |_| checked.in_other_words);
        checked.not_approved + in_other_words
    }

    /// The new plan in place of any plan.
    pub(super) fn in_place_of(plan: &Path, settings: &RunSettings) -> Option<NewPlan> {
        let header = journal::header_of(&Journal::path_for(plan)).ok()?;
        if !header.settings.is_plan_of_sheet() {
            return None;
        }
        let named = PathBuf::from(&header.input.name);
        let beside = plan.with_file_name(named.file_name().unwrap_or_default());
        let is_beside = !named.exists() && beside.exists();
        let sheet = if is_beside { beside } else { named };
        let sheet = sheet.to_string_lossy().into_owned();
        Some(NewPlan {
            command: suggested_commands::new_plan(settings, &sheet, &header.settings),
            sheet,
            rows: header.input.rows,
        })
    }

    /// Said of rows of a file that `has` this number of them, where the sheet has them at other places.
    pub(in crate::application) fn where_they_are(&self, has: u64) -> String {
        if has == self.rows {
            return format!("in `{}`", self.sheet);
        }
        format!(
            "in `{}` (where they have other numbers, since rows were deleted from the plan)",
            self.sheet
        )
    }
}

/// Why the plan was made that the rows are held against, in its maker's words.
pub(in crate::application) fn note(settings: &RunSettings) -> Option<String> {
    let plan = settings.spec.preconditions.as_ref()?;
    let run = RecordedRun::open(&Journal::path_for(plan)).ok()?;
    let begin = run
        .last_begin()
        .filter(|_| run.header().settings.is_plan_of_sheet())?;
    begin.note.clone()
}
