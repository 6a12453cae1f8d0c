//! `wxbulk simulator`: runs the simulator until Ctrl-C.

use std::fs;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use futures::StreamExt;

use crate::application::exit_code::ExitCode;
use crate::application::rehearsal::known_things;
use crate::cli::SimulatorFlags;
use crate::platform::StopSignals;
use crate::sheet::check::{DuplicatePolicy, check};
use crate::sheet::directory::Directory;
use crate::sheet::selection::Selection;
use crate::sheet::{ReadOptions, Sheet};
use crate::simulator::{Behavior, Entity, Location, Locations, ParseError, Simulator};
use crate::stderr::say;

pub(super) async fn run(flags: SimulatorFlags) -> Result<ExitCode> {
    let listen: SocketAddr = flags.listen.parse().map_err(|_| {
        anyhow!(
            "--listen: `{}` is not an address; it looks like 127.0.0.1:8080",
            flags.listen
        )
    })?;
    let behavior = behavior(&flags)?;
    let mut simulator =
        Simulator::start(behavior, listen).with_context(|| format!("cannot listen on {listen}"))?;
    let mut stop = StopSignals::listen().context("cannot listen for Ctrl-C")?;
    let mut stdout = io::stdout();
    writeln!(stdout, "{}", simulator.base_url())?;
    stdout.flush()?;
    say(&format!(
        "to send to it, add to a command in another window: --base-url {}\nany token of 8 characters or more will do; Ctrl-C ends the simulator, and nothing of it is kept",
        simulator.base_url()
    ));
    tokio::select! {
        _ = stop.next() => Ok(ExitCode::Success),
        () = simulator.ended() => bail!("the simulator stopped by itself"),
    }
}

/// The flags take precedence over the file.
fn behavior(flags: &SimulatorFlags) -> Result<Behavior> {
    let mut behavior = match &flags.config {
        Some(path) => {
            let text = fs::read_to_string(path)
                .with_context(|| format!("cannot read `{}`", path.display()))?;
            Behavior::from_json(&text).map_err(|error| anyhow!("`{}`: {error}", path.display()))?
        }
        None => Behavior::default(),
    };
    if let Some(seed) = flags.seed {
        behavior.seed = seed;
    }
    if let Some(sheet) = &flags.locations {
        let (locations, entities) = things_of(sheet)?;
        behavior.locations = Locations::Exactly(locations);
        behavior.entities.extend(entities);
    }
    set(&mut behavior.limit, flags.limit.as_deref(), "--limit")?;
    set(
        &mut behavior.retry_after,
        flags.retry_after.as_deref(),
        "--retry-after",
    )?;
    set(&mut behavior.latency, flags.latency.as_deref(), "--latency")?;
    set(&mut behavior.faults, flags.faults.as_deref(), "--faults")?;
    set(&mut behavior.speed, flags.speed.as_deref(), "--speed")?;
    Ok(behavior)
}

fn set<T>(field: &mut T, text: Option<&str>, flag: &str) -> Result<()>
where
    T: std::str::FromStr<Err = ParseError>,
{
    if let Some(text) = text {
        *field = text.parse().map_err(|error| anyhow!("{flag}: {error}"))?;
    }
    Ok(())
}

fn things_of(path: &Path) -> Result<(Vec<Location>, Vec<Entity>)> {
    // The rows' own organizations count; those without one belong to the token's.
    let sheet = Sheet::open(path, ReadOptions::default())?;
    let duplicates = check(
        &sheet,
        &Directory::default(),
        DuplicatePolicy::InOrder,
        |_| Ok(()),
    )?
    .duplicates;
    let Ok(columns) = &sheet.columns else {
        bail!(
            "`{}` has no header with orgId, locationId and a number",
            path.display()
        );
    };
    known_things(&Selection {
        sheet: &sheet,
        columns,
        directory: &Directory::default(),
        duplicates: &duplicates,
        duplicate_policy: DuplicatePolicy::InOrder,
    })
}
