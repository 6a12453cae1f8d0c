//! A run that is connected: the service it sends to, what the service says, and the sheet held against that.

use anyhow::{Result, anyhow};

use crate::application::confirmation::is_meant_so;
use crate::application::journal_guard::Earlier;
use crate::application::precheck::{is_in_question, recheck};
use crate::application::refused_sheet::RefusedSheet;
use crate::application::rows_for_later::RowsForLater;
use crate::application::run_lanes::{self, RunLane};
use crate::application::run_settings::{RunSettings, Target};
use crate::application::service_facts::ServiceFacts;
use crate::application::session::{Connect, Session};
use crate::application::{
    credential_notes, kept_wait, own_organization, preflight, rows_for_later,
};
use crate::engine::abort::AbortReason;
use crate::platform::StopRequests;
use crate::sheet::check::CheckedSheet;
use crate::sheet::directory::Directory;
use crate::sheet::selection::Selection;
use crate::sheet::{Origin, Sheet};
use crate::stderr::say;
use crate::webex::Queries;

/// What a run knows once it has asked the service.
#[derive(Debug)]
pub(super) struct Connected<S, T> {
    pub(super) session: Session<S, T>,
    pub(super) facts: ServiceFacts,
    /// The sheet, also held against the facts.
    pub(super) checked: CheckedSheet,
    /// Rows that stay for later.
    pub(super) for_later: Option<RowsForLater>,
}

impl<S: Queries, T: StopRequests> Connected<S, T> {
    /// Nothing is asked while the service wants to be left alone. `None`: nothing may be sent.
    pub(super) async fn connect(
        network: &impl Connect<Service = S, Stop = T>,
        settings: &mut RunSettings,
        sheet: &Sheet,
        checked: CheckedSheet,
        earlier: &Earlier,
    ) -> Result<Option<Connected<S, T>>> {
        let offline = Directory::default();
        let selection = select(settings, sheet, &checked, &offline)?;
        let mut session = network.connect(settings, &selection)?;
        let recorded = |settings: &RunSettings, user: &str| earlier.recorded_wait(settings, user);
        if !kept_wait::hold(settings, &mut session, recorded).await? {
            return Ok(None);
        }
        if is_in_question(&checked, settings)
            && !is_meant_so(settings, &checked, &mut session.stop).await?
        {
            say("nothing was sent");
            return Ok(None);
        }
        let known = earlier.names();
        let mut facts =
            preflight::look_up(settings, &mut session, &selection, &checked, known).await?;
        settings.spec.sheet.reading.default_org = default_org(settings, &facts)?;
        if let Target::Service { .. } = settings.target {
            for begun in &settings.lineage.begun {
                own_organization::ensure_same(&checked, begun, &facts)?;
                own_organization::keep_to(&mut session, begun, &facts);
            }
        }
        if let Some(begun) = earlier.last_begin() {
            own_organization::ensure_same(&checked, begun, &facts)?;
            own_organization::keep_to(&mut session, begun, &facts);
            let own = Some(&*begun.own_organization);
            facts.directory.managed.keep_to_run_begun(own);
            facts.directory.managed.is_partial = true;
        }
        if settings.spec.sheet.reading.origin == Origin::Undo {
            facts.directory.managed.has_recorded_ids = true;
        }
        let named = checked.organizations_named.clone();
        let checked = recheck(sheet, settings, &facts.directory, checked);
        if let Err(error) = &checked
            && error.is::<RefusedSheet>()
        {
            credential_notes::where_some_are_missing(&session, &named);
            if settings.spec.sheet.reading.origin == Origin::Undo {
                let mut ids = named.iter().filter_map(|one| one.id.as_deref());
                let managed = ids.find(|id| facts.directory.managed.fault(Some(id)).is_none());
                rows_for_later::tell_what_an_undo_lacks(settings, &session, managed);
            }
        }
        let checked = checked?;
        let selection = select(settings, sheet, &checked, &facts.directory)?;
        let unasked = facts.unasked.as_ref();
        // Where nothing can be sent nobody was asked.
        let for_later = match &facts.abort {
            Some(_) => None,
            None => rows_for_later::tell(&session, &selection, earlier, unasked)?,
        };
        let reason = for_later.as_ref().map(|later| &later.reason);
        if let Some(AbortReason::NotManaged { missing, .. }) = reason {
            facts.missing.clone_from(missing);
        }
        run_lanes::know_users(settings, &session.lanes, &checked);
        let own = earlier.requests_a_second();
        settings.lineage.requests_a_second = own.or(settings.lineage.requests_a_second);
        if session.has_several {
            // Who has nothing to send is nobody whom a question or a page for one customer names.
            let busy = run_lanes::busy_users(&session.lanes, &checked);
            facts.credentials = busy.into_iter().flat_map(RunLane::records).collect();
        }
        if let (Some(person), [lane]) = (&facts.person, &mut session.lanes[..]) {
            lane.know(person.clone(), &settings.target);
        }
        // Now that it is known who they are.
        if session.lanes.iter().any(|lane| lane.person.is_some())
            && !kept_wait::hold(settings, &mut session, recorded).await?
        {
            return Ok(None);
        }
        Ok(Some(Connected {
            session,
            facts,
            checked,
            for_later,
        }))
    }
}

/// The organization of rows that name none, by its id once names are looked up.
fn default_org(settings: &RunSettings, facts: &ServiceFacts) -> Result<Option<String>> {
    let reading = &settings.spec.sheet.reading;
    match (reading.default_org_name(), facts.directory.names()) {
        (Some(name), Some(names)) => {
            let known = &names.organizations;
            let id = facts
                .directory
                .managed
                .settled(name)
                .and_then(|()| known.id_of(name, name, "organization", "--org"));
            let id = id.map_err(|fault| anyhow!("--org: {}", fault.says))?;
            Ok(Some(id.to_string()))
        }
        _ => Ok(reading.default_org.clone()),
    }
}

/// The rows of a checked sheet that a run sends.
pub(super) fn select<'a>(
    settings: &RunSettings,
    sheet: &'a Sheet,
    checked: &'a CheckedSheet,
    directory: &'a Directory,
) -> Result<Selection<'a>> {
    let columns = sheet.columns.as_ref();
    Ok(Selection {
        sheet,
        columns: columns.map_err(|_| anyhow!("the header of the sheet cannot be used"))?,
        directory,
        duplicates: &checked.duplicates,
        duplicate_policy: settings.spec.sheet.duplicates,
    })
}
