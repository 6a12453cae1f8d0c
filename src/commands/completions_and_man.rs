//! `wxbulk completions` and `wxbulk man`.

use std::io;
use std::path::Path;

use anyhow::{Context, Result};
use clap_complete::Shell;

use crate::application::exit_code::ExitCode;
use crate::cli;
use crate::stderr::say;

pub(super) fn completions(shell: Shell) -> Result<ExitCode> {
    cli::write_completions(shell, io::stdout().lock()).context("cannot print the completions")?;
    Ok(ExitCode::Success)
}

pub(super) fn man(folder: &Path) -> Result<ExitCode> {
    cli::write_man_pages(folder)
        .with_context(|| format!("cannot write the manual pages into `{}`", folder.display()))?;
    say(&format!("the manual pages are in `{}`", folder.display()));
    Ok(ExitCode::Success)
}
