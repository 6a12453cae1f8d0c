//! A run, whatever it is to do: open, check, compare with what stands on disk, look up, ask, send,
//! finish.

use anyhow::Result;

use crate::application::carry_over;
use crate::application::confirmation::{RowsAhead, confirm};
use crate::application::connected::{Connected, select};
use crate::application::earlier_choices;
use crate::application::earlier_runs::EarlierRuns;
use crate::application::exit_code::ExitCode;
use crate::application::finalize::finalize;
use crate::application::journal_guard;
use crate::application::plan_guard;
use crate::application::precheck::precheck;
use crate::application::recorder::SentRows;
use crate::application::run_settings::RunSettings;
use crate::application::sending::Sending;
use crate::application::session::Connect;
use crate::application::spool::{self, Spool};
use crate::engine::pipeline::{RunResult, Task};
use crate::sheet::{Origin, Sheet};
use crate::stderr::say;

/// Carries a run out. What it holds of the outside comes from `network`. Where the sheet lets nothing be sent,
/// the error is a [`RefusedSheet`](super::refused_sheet::RefusedSheet).
pub async fn run(settings: RunSettings, network: &impl Connect) -> Result<ExitCode> {
    let Opened {
        mut settings,
        spool,
        sheet,
        earlier_runs,
    } = Opened::open(settings)?;
    let checked = precheck(&sheet, &settings)?;
    let earlier = journal_guard::compare(&settings, &sheet, &checked)?;
    let connected = Connected::connect(network, &mut settings, &sheet, checked, &earlier).await?;
    let Some(Connected {
        mut session,
        facts,
        checked,
        for_later,
    }) = connected
    else {
        return Ok(ExitCode::NothingSent);
    };
    let selection = select(&settings, &sheet, &checked, &facts.directory)?;
    let plan = plan_guard::open(&settings, &selection, &checked, &facts)?;
    let ahead = RowsAhead::new(&checked, &plan, for_later.as_ref());
    let Some(settings) = confirm(settings, ahead, &facts, &earlier, &mut session).await? else {
        return Ok(ExitCode::NothingSent);
    };
    let first = earlier.first_rows_left(&settings)?;
    let mut journal =
        journal_guard::begin(&settings, &sheet, earlier, &spool, &facts, &checked, &plan)?;
    carry_over::carry_over(&earlier_runs, &sheet, &settings.target, &mut journal)?;
    let sending = Sending {
        settings: &settings,
        selection: &selection,
        checked: &checked,
        plan: &plan,
        unmanaged: for_later.as_ref().map(|later| &later.reason),
    };
    let (ended, sent) = match facts.abort {
        // Asking showed that there is no point.
        Some(reason) => (RunResult::before_the_first_row(reason), SentRows::default()),
        None => sending.run(session, first, &mut journal).await?,
    };
    Ok(finalize(
        &settings, &selection, &checked, journal, ended, &sent,
    ))
}

/// What a run goes by, before anything is asked.
#[derive(Debug)]
struct Opened {
    settings: RunSettings,
    spool: Spool,
    sheet: Sheet,
    /// Whose rows it takes over.
    earlier_runs: EarlierRuns,
}

impl Opened {
    /// What earlier runs chose is taken over with what they did.
    fn open(settings: RunSettings) -> Result<Opened> {
        let mut settings = earlier_choices::take_over(settings)?;
        let spool = Spool::open(&settings)?;
        let mut sheet = open(&settings, &spool)?;
        let earlier_runs = carry_over::prepare(&mut settings, &mut sheet)?;
        read_first(&mut settings, &sheet);
        Ok(Opened {
            settings,
            spool,
            sheet,
            earlier_runs,
        })
    }
}

/// Opens the run's copy of the sheet, under the name of the person's own file.
fn open(settings: &RunSettings, spool: &Spool) -> Result<Sheet> {
    let path = &settings.spec.sheet.path;
    let reading = settings.spec.sheet.reading.clone();
    // The sheet of an undo was made of its part alone.
    let is_of_a_part = reading.origin == Origin::Person;
    let mut sheet = Sheet::of_file(path, spool.file()?, reading)?;
    if is_of_a_part && sheet.columns.is_ok() {
        sheet.choose_part(&settings.spec.sheet.part)?;
    }
    plan_guard::obey(settings, &mut sheet)?;
    plan_guard::ensure_its_record_is_there(settings, &sheet)?;
    if !settings.is_quiet() {
        sheet.assumptions.iter().for_each(|said| say(said));
    }
    spool::tell_changes(settings, &sheet)?;
    Ok(sheet)
}

/// What has to be read before it is changed is kept as well, so that it can be undone.
fn read_first(settings: &mut RunSettings, sheet: &Sheet) {
    let columns = sheet.columns.as_ref();
    let needs_read = columns.is_ok_and(|columns| columns.setting.needs_read);
    if needs_read && settings.spec.task == Task::Write {
        settings.spec.keep_current_values();
    }
}
