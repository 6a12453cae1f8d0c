//! `wxbulk status`: how a run stands, or the runs of a folder; once, or until the run has ended.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use crate::application::exit_code::ExitCode;
use crate::application::status::{
    NeverStartedRun, ResultsAlone, RunList, RunStatus, StatusReader, Subject,
};
use crate::cli::StatusFlags;
use crate::model::clock;
use crate::model::hint::hints;
use crate::platform;
use crate::platform::line_breaks::{fit, stdout_width};
use crate::stderr::{say, visible};

/// How often a run is looked at.
const INTERVAL: Duration = Duration::from_secs(1);

pub(super) async fn run(flags: StatusFlags) -> Result<ExitCode> {
    let now = clock::now();
    let is_sound = match Subject::of(&flags.path)? {
        Subject::Folder(folder) => {
            let list = RunList::of(&folder, now);
            if list.is_empty() {
                say(&format!("no run was found in `{}`", folder.display()));
            }
            print(&list, || list.to_text(now, stdout_width()), flags.json)?;
            list.is_sound()
        }
        Subject::NeverStarted(journal) => {
            let run = NeverStartedRun::of(&journal);
            print(&run, || run.to_text(), flags.json)?;
            true
        }
        Subject::ResultsAlone(results) => {
            let results = ResultsAlone::read(&results)?;
            print(&results, || results.to_text(), flags.json)?;
            true
        }
        Subject::Run(journal) => {
            let mut reader = StatusReader::open(&journal)?;
            if flags.watch {
                watch(&mut reader, flags.json).await?;
            }
            let now = clock::now();
            let status = match reader.read(now) {
                Err(error) if reader.is_first_line_damaged() => {
                    say(&format!("error: {}", platform::describe_error(&error)));
                    hints(&error).for_each(|hint| say(&format!("hint: {hint}")));
                    return Ok(ExitCode::SomeRowsNotDone);
                }
                read => read?,
            };
            if flags.watch && flags.json {
                print_as_line(&status)?;
            } else {
                print(&status, || status.to_text(now), flags.json)?;
            }
            status.damage.is_none()
        }
    };
    Ok(if is_sound {
        ExitCode::Success
    } else {
        ExitCode::SomeRowsNotDone
    })
}

/// Prints how a run stands every second until it has ended; what it came to is left to the caller.
async fn watch(reader: &mut StatusReader, as_json: bool) -> Result<()> {
    let is_terminal = io::stdout().is_terminal();
    let mut shown = String::new();
    loop {
        let now = clock::now();
        let status = reader.read(now)?;
        if !status.is_running() {
            if is_terminal && !shown.is_empty() {
                writeln!(io::stdout())?;
            }
            return Ok(());
        }
        show(&status, &mut shown, as_json, is_terminal)?;
        tokio::time::sleep(INTERVAL).await;
    }
}

fn show(status: &RunStatus, shown: &mut String, as_json: bool, is_terminal: bool) -> Result<()> {
    if as_json {
        return print_as_line(status);
    }
    let mut out = io::stdout().lock();
    let line = status.to_line(clock::now());
    let line = visible(&line).into_owned();
    if is_terminal {
        // What a longer line before left is written over.
        let width = shown.chars().count();
        write!(out, "\r{line:width$}")?;
        out.flush()?;
    } else if line != *shown {
        writeln!(out, "{line}")?;
    }
    *shown = line;
    Ok(())
}

fn print_as_line(status: &RunStatus) -> Result<()> {
    writeln!(io::stdout(), "{}", serde_json::to_string(status)?)?;
    Ok(())
}

fn print(value: &impl Serialize, text: impl FnOnce() -> String, as_json: bool) -> Result<()> {
    let mut out = io::stdout().lock();
    if as_json {
        writeln!(out, "{}", serde_json::to_string_pretty(value)?)?;
    } else {
        out.write_all(fit(&visible(&text()), stdout_width()).as_bytes())?;
    }
    Ok(())
}
