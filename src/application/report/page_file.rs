//! The file that holds a page about a run: where it may be written, and what it may replace.

use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};

use crate::application::missing_file::ensure_it_exists;
use crate::application::output_name::OutputNames;
use crate::application::report::{self, PageChoice};
use crate::application::run_settings::ChangeList;
use crate::application::spool::Spool;
use crate::journal::{self, Journal};
use crate::model::hint::WithHint;
use crate::platform::{self, Readers};
use crate::sheet::is_standard_output;
use crate::stderr::say;

/// The number of bytes at the beginning of a page within which it tells which run it is about.
const LOOKED_AT: u64 = 4096;

/// Makes sure, before anything is sent, that the page can be written in the end.
pub fn ensure_there_is_room(output: &Path, results: &Path) -> Result<()> {
    let shown = output.display();
    let own = [Journal::path_for(results), Spool::path_for(results)];
    if output == results || own.iter().any(|own| output == own) {
        bail!("the report would overwrite `{shown}`; name another file with --report");
    }
    let folder = platform::folder_of(output);
    if !folder.is_dir() {
        bail!(
            "the report cannot be written: there is no folder `{}`",
            folder.display()
        );
    }
    ensure_it_may_be_replaced(output, results, "")
}

/// Only a page about the same run and the same part of it, made again, or about a rehearsal is ever written over.
fn ensure_it_may_be_replaced(output: &Path, results: &Path, part: &str) -> Result<()> {
    let shown = output.display();
    if is_standard_output(output) {
        bail!(
            "the report cannot go to the standard output or into a pipe, since it is written in one piece at the end; name a file for it"
        );
    }
    if !platform::is_taken(output) {
        return Ok(());
    }
    let mut start = Vec::new();
    // A link that leads nowhere has no beginning.
    if output.exists() {
        platform::open_file(output)
            .and_then(|file| file.take(LOOKED_AT).read_to_end(&mut start))
            .with_context(|| format!("cannot read `{shown}`"))?;
    }
    // Of a run that has no journal yet there can be no page.
    let run = journal::header_of(&Journal::path_for(results)).ok();
    if report::may_be_replaced(&String::from_utf8_lossy(&start), run.as_ref(), part) {
        return Ok(());
    }
    bail!("`{shown}` exists already; move it away, or name another file for the report")
}

/// Writes the page about the run that left `results`, or about what was chosen of it.
pub fn write(results: &Path, output: &Path, choice: &PageChoice, list: ChangeList) -> Result<()> {
    let journal = Journal::path_for(results);
    if !journal.exists() {
        ensure_it_exists(results, "results")?;
        let error = anyhow!(
            "there is nothing to report from: `{}` does not exist",
            journal.display()
        );
        return Err(match OutputNames::of_sheet(results, "results").latest() {
            Some(latest) => error.with_hint(format!("did you mean `{}`?", latest.display())),
            None => error.with_hint("name the results of a run; its journal stands beside them as long as nobody moves or deletes it"),
        });
    }
    ensure_it_may_be_replaced(output, results, &choice.stamp())?;
    let page = report::page(results, &journal, choice, list)?;
    platform::write_atomically(output, page.as_bytes(), Readers::Usual)
        .with_context(|| format!("cannot write the report `{}`", output.display()))
}

pub fn say_where(output: &Path) {
    say(&format!("report: {}", output.display()));
}
