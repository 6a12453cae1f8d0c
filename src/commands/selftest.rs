//! `wxbulk selftest`: asks the real service, at one location, what its documentation leaves open.

use anyhow::{Result, bail};

use crate::application::exit_code::ExitCode;
use crate::application::results::Form;
use crate::application::run_settings::{
    Backup, Confirmation, RunSettings, RunSpec, SheetSettings, SummaryFormat,
};
use crate::application::selftest::{self, ALWAYS_SENT, Files, Place, is_read_back};
use crate::application::session::Connect;
use crate::cli::SelftestFlags;
use crate::cli::flag_values::read_org_id;
use crate::engine::pipeline::{Task, UsageCheck};
use crate::model::ids;
use crate::setting::location_numbers::LOCATION_NUMBERS;
use crate::sheet::check::DuplicatePolicy;
use crate::sheet::row_selector::RowSelector;
use crate::sheet::{Origin, ReadOptions};

pub(super) async fn run(flags: SelftestFlags, network: &impl Connect) -> Result<ExitCode> {
    let Ok(location) = ids::read(&flags.location, ids::LOCATION) else {
        bail!(
            "--location: `{}` is not a location's id\nhint: it is long and begins with Y2lz, or a UUID such as Control Hub shows; `wxbulk export` lists those of your locations",
            flags.location
        );
    };
    let place = Place {
        org_id: read_org_id(flags.org.as_deref())?,
        location_id: location.text.into_owned(),
        name: flags.name,
    };
    let files = Files::of(&place.location_id);
    let spec = RunSpec {
        command: "selftest",
        sheet: SheetSettings {
            path: files.sheet.clone(),
            reading: ReadOptions {
                setting: Some(&LOCATION_NUMBERS),
                // Its cells hold values as the service spells them, and what must be found.
                origin: Origin::Undo,
                ..ReadOptions::default()
            },
            part: RowSelector::default(),
            duplicates: DuplicatePolicy::InOrder,
        },
        task: Task::ReadThenWrite,
        form: Form::ResultsWithPrevious,
        output: files.results.clone(),
        preconditions: Some(files.sheet.clone()),
        // The name of the location is asked for.
        confirmation: Confirmation::Given,
        backup: Backup::No,
        first: None,
        fails_on_difference: false,
        is_kept_if_different: false,
        // What is cleared is put back at once.
        usage_check: UsageCheck::Never,
        even_if_used: true,
    };
    let mut settings = RunSettings::from_flags(spec, flags.run)?;
    settings.policy.always_sent = ALWAYS_SENT;
    settings.policy.read_back = is_read_back;
    if settings.summary == SummaryFormat::Text {
        settings.summary = SummaryFormat::WhereStopped;
    }
    selftest::run(settings, place, &files, network).await
}
