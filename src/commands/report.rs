//! `wxbulk report`: the page about a run, made from its journal.

use anyhow::Result;

use crate::application::exit_code::ExitCode;
use crate::application::report::ChangeList;
use crate::application::report::page_file::{say_where, write};
use crate::cli::ReportFlags;

pub(super) fn run(flags: ReportFlags) -> Result<ExitCode> {
    let output = flags
        .output
        .unwrap_or_else(|| flags.results.with_extension("report.html"));
    let list = ChangeList::from_flag(flags.report_changes);
    write(&flags.results, &output, list)?;
    say_where(&output);
    Ok(ExitCode::Success)
}
