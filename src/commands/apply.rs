//! `wxbulk apply`: send the changes of a sheet.

use anyhow::Result;

use crate::application;
use crate::application::exit_code::ExitCode;
use crate::application::run_settings::RunSettings;
use crate::application::session::Connect;
use crate::cli::ApplyFlags;
use crate::cli::resolve::apply_spec;

pub(super) async fn run(flags: ApplyFlags, network: &impl Connect) -> Result<ExitCode> {
    let (spec, run) = apply_spec(flags)?;
    application::run(RunSettings::from_flags(spec, run)?, network).await
}
