//! `wxbulk report`: the page about a run, or about one customer's rows of it, made from its journal.

use anyhow::Result;

use crate::application::exit_code::ExitCode;
use crate::application::report::PageChoice;
use crate::application::report::page_file::{say_where, write};
use crate::application::run_settings::ChangeList;
use crate::cli::ReportFlags;
use crate::cli::flag_values::read_part;

pub(super) fn run(flags: ReportFlags) -> Result<ExitCode> {
    let choice = PageChoice {
        part: read_part(&flags.part)?,
        organization: flags.org,
    };
    let ending = if choice.is_all() {
        "report.html".to_string()
    } else {
        format!("{}.report.html", choice.word())
    };
    let output = flags.output;
    let output = output.unwrap_or_else(|| flags.results.with_extension(ending));
    let list = ChangeList::from_flag(flags.report_changes);
    write(&flags.results, &output, &choice, list)?;
    say_where(&output);
    Ok(ExitCode::Success)
}
