//! Manual pages, made from the flags.

use std::fs;
use std::io;
use std::path::Path;

use clap::CommandFactory;

use super::Cli;

/// Writes `wxbulk.1` and a page for each command into `folder`, which is created if it does not
/// exist.
pub fn write_man_pages(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    clap_mangen::generate_to(Cli::command(), folder)
}
