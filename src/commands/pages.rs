//! `wxbulk completions` and `wxbulk man`.

use std::io;
use std::path::Path;

use anyhow::{Context, Result};
use clap_complete::Shell;

use crate::cli;
use crate::stderr::say;
use crate::summary::ExitCode;

pub(super) fn completions(shell: Shell) -> Result<ExitCode> {
    cli::write_completions(shell, io::stdout().lock()).context("cannot print the completions")?;
    Ok(ExitCode::AsAsked)
}

pub(super) fn man(folder: &Path) -> Result<ExitCode> {
    cli::write_man_pages(folder)
        .with_context(|| format!("cannot write the manual pages into `{}`", folder.display()))?;
    say(&format!("the manual pages are in `{}`", folder.display()));
    Ok(ExitCode::AsAsked)
}
