//! Shell completions, made from the flags.

use std::io::{self, Write};

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
