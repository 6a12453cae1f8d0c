//! The commands that undo a run.

use std::path::Path;

use super::next_command::OF_THE_ROWS;
use crate::application::command_line::{as_operand, join};
use crate::application::run_settings::RunSettings;
use crate::engine::pipeline::Task;
use crate::journal::{BeginRecord, MeaningfulSettings};
use crate::webex::base_url::WEBEX;

/// The command that puts back what this run changes; `None` where it keeps nothing to put back.
pub fn undo_this(settings: &RunSettings) -> Option<String> {
    let spec = &settings.spec;
    if spec.task != Task::ReadThenWrite {
        return None;
    }
    let results = spec.output.to_string_lossy();
    let mut next = settings.typed.next("undo", &results);
    next.keep_all_but(&[OF_THE_ROWS, &["even-if-used", "force"]]);
    Some(next.into_line())
}

/// This undo of all rows of the results.
pub fn undo_all(settings: &RunSettings) -> String {
    let undone = settings.typed.file.as_deref().unwrap_or_default();
    let mut next = settings.typed.next("undo", undone);
    next.keep_all_but(&[OF_THE_ROWS]);
    next.into_line()
}

/// This undo with a journal named in the place of its results.
pub fn undo_by_journal(settings: &RunSettings, journal: &Path) -> String {
    let mut next = settings.typed.next("undo", &journal.to_string_lossy());
    next.keep_all_but(&[]);
    next.into_line()
}

/// The same of a run that `began` so and left these results. Where they have another name since, or an
/// older wxbulk wrote them, it has only what the run itself says of where it went.
pub fn undo(results: &Path, began: Option<&BeginRecord>, settings: &MeaningfulSettings) -> String {
    let name = results.file_name().unwrap_or_default().to_string_lossy();
    if let Some(began) = began
        && began.undo_command.contains(&*name)
    {
        return began.undo_command.clone();
    }
    let results = as_operand(&results.to_string_lossy());
    let mut words = vec!["wxbulk".into(), "undo".into(), results];
    if settings.base_url != WEBEX {
        words.extend(["--base-url".into(), settings.base_url.clone()]);
    }
    if let Some(org) = &settings.org {
        words.extend(["--org".into(), org.clone()]);
    }
    join(&words)
}

/// The recorded command that undoes a run, with another name for its results.
pub fn undo_renamed(began: &BeginRecord, results: &str) -> Option<String> {
    let named = |results: &str| join(&["undo".into(), as_operand(results)]);
    let (was, is) = (named(&began.results), named(results));
    let command = &began.undo_command;
    let is_recorded = !began.results.is_empty() && command.contains(&was);
    is_recorded.then(|| command.replacen(&was, &is, 1))
}
