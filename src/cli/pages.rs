//! What is made from the flags by itself: shell completions and manual pages.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use super::Cli;

/// Writes the script that makes `shell` complete commands and flags.
pub fn write_completions(shell: Shell, mut out: impl Write) -> io::Result<()> {
    // clap_complete panics when its writer fails, so it writes into memory.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "wxbulk", &mut script);
    out.write_all(&script)
}

/// Writes `wxbulk.1` and a page for each command into `folder`, which is made where there is none.
pub fn write_man_pages(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    clap_mangen::generate_to(Cli::command(), folder)
}
