//! Asks the person at the terminal before anything changes: whether to keep what is there now, and
//! whether to change what the sheet asks for.

pub(in crate::application) mod added_organizations;
pub(in crate::application) mod expected_changes;
pub(in crate::application) mod expected_time;
pub(in crate::application) mod other_rows;

use anyhow::{Result, bail};

use crate::application::confirmation::added_organizations::AddedOrganizations;
use crate::application::confirmation::expected_changes::ChangesAhead;
use crate::application::confirmation::expected_time::expected_time;
use crate::application::confirmation::other_rows::{RowsLeft, are_others_wanted};
use crate::application::credential_notes::users_in_words;
use crate::application::journal_guard::Earlier;
use crate::application::plan_guard::PlanGuard;
use crate::application::plan_guard::plan_edits::{self, PlannedChanges};
use crate::application::rows_for_later::RowsForLater;
use crate::application::run_settings::{Backup, Confirmation, RunSettings, Target};
use crate::application::service_facts::ServiceFacts;
use crate::application::session::Session;
use crate::application::suggested_commands;
use crate::application::terminal_question::{Answer, is_a_terminal, yes_or_no};
use crate::engine::pipeline::Task;
use crate::model::wording::{grouped, plural};
use crate::platform::StopRequests;
use crate::sheet::check::{CheckedSheet, OrganizationRows};
use crate::stderr::say;
use crate::webex::base_url::WEBEX;
use crate::webex::error_body::flatten;
use crate::webex::{Renewal, Service};

/// Organizations named in the question; the others are counted.
const ORGANIZATIONS_NAMED: usize = 5;

/// The rows that a question is about.
#[derive(Debug)]
pub(in crate::application) struct RowsAhead<'c> {
    checked: &'c CheckedSheet,
    /// What a plan would change.
    planned: Option<PlannedChanges>,
    /// Rows that are not sent this time.
    for_later: u64,
}

impl<'c> RowsAhead<'c> {
    pub(in crate::application) fn new(
        checked: &'c CheckedSheet,
        plan: &PlanGuard,
        for_later: Option<&RowsForLater>,
    ) -> RowsAhead<'c> {
        RowsAhead {
            checked,
            planned: plan.changes(),
            for_later: for_later.map_or(0, |later| later.rows),
        }
    }

    /// Those that are sent now.
    fn rows_now(&self, facts: &ServiceFacts, earlier: &Earlier) -> u64 {
        if facts.abort.is_some() {
            return 0;
        }
        let others = earlier.finished().saturating_add(self.for_later);
        self.checked.rows_to_send().saturating_sub(others)
    }
}

/// Asks what has to be asked. The settings come back with the person's choices; `None`: nothing is
/// to be sent.
pub(in crate::application) async fn confirm(
    mut settings: RunSettings,
    ahead: RowsAhead<'_>,
    facts: &ServiceFacts,
    earlier: &Earlier,
    session: &mut Session<impl Service, impl StopRequests>,
) -> Result<Option<RunSettings>> {
    let (renewal, stop) = (session.renewal(), &mut session.stop);
    let RowsAhead {
        checked, planned, ..
    } = &ahead;
    let rows = ahead.rows_now(facts, earlier);
    if let Some(planned) = planned
        && planned.leading_nowhere > 0
        && rows > 0
        && !settings.is_quiet()
    {
        say(&plan_edits::say_leading_nowhere(
            planned.leading_nowhere,
            "`reason` in the plan says",
        ));
    }
    let Target::Service { base_url, .. } = &settings.target else {
        say_what_to_expect(&settings, checked, rows, renewal);
        return Ok(Some(settings));
    };
    if settings.done_before > 0 && !is_wanted_again(&settings, stop).await? {
        return Ok(nothing_was_sent());
    }
    let is_given = settings.spec.confirmation == Confirmation::Given;
    if rows > 0
        && earlier.waits_for_a_word()
        && is_a_terminal()
        && let Some(journal) = earlier.journal()
        && let left = RowsLeft::of(
            checked.rows_to_send(),
            planned.as_ref().map(|plan| plan.rows),
            journal,
        )?
        && !are_others_wanted(&settings, checked, left, stop).await?
    {
        return Ok(nothing_was_sent());
    }
    // What was begun was wanted, and where nothing can be sent there is nothing to ask.
    let added = AddedOrganizations::of(checked, earlier);
    if is_given || rows == 0 || (earlier.is_resumed() && added.is_empty()) {
        say_what_to_expect(&settings, checked, rows, renewal);
        return Ok(Some(settings));
    }
    let elsewhere = match base_url.as_str() {
        WEBEX => String::new(),
        address => format!(" at {address}"),
    };
    let change = if earlier.is_resumed() {
        let signed_in = signed_in_as(facts);
        let time = expected_time(&settings, checked, rows).in_words();
        format!(
            "{}. About {time}",
            added.question(facts, &elsewhere, &signed_in)
        )
    } else {
        question(&settings, &ahead, facts, &elsewhere)
    };
    if !is_a_terminal() {
        bail!("there is no terminal to ask on: {change}\nhint: add --yes if that is what you want");
    }
    if earlier.is_resumed() {
        let is_wanted = yes_or_no(&change, Answer::No, stop).await? == Some(Answer::Yes);
        return Ok(if is_wanted {
            Some(settings)
        } else {
            nothing_was_sent()
        });
    }
    if settings.spec.task == Task::Write && settings.spec.backup == Backup::Ask {
        let expected = expected_time(&settings, checked, rows);
        let [without, with] = [1, 2].map(|calls| expected.with_requests_a_row(calls).in_words());
        let takes = if with == without {
            format!("about {with} in either case")
        } else {
            format!("about {with} instead of {without}")
        };
        let keep =
            format!("Save the current values first, so that you can undo this? It takes {takes}");
        match yes_or_no(&keep, Answer::Yes, stop).await? {
            Some(Answer::Yes) => settings.spec.keep_current_values(),
            Some(Answer::No) => {}
            None => return Ok(nothing_was_sent()),
        }
    }
    let expected = expected_time(&settings, checked, rows);
    if let Some(sentence) = expected.token_sentence(&settings.target, renewal) {
        say(&sentence);
    }
    let question = question(&settings, &ahead, facts, &elsewhere);
    match yes_or_no(&question, Answer::No, stop).await? {
        Some(Answer::Yes) => Ok(Some(settings)),
        Some(Answer::No) | None => Ok(nothing_was_sent()),
    }
}

/// Says how long it will take, where nobody is asked.
fn say_what_to_expect(settings: &RunSettings, checked: &CheckedSheet, rows: u64, renewal: Renewal) {
    if rows == 0 || settings.is_quiet() {
        return;
    }
    let expected = expected_time(settings, checked, rows);
    say(&expected.sentence());
    if let Some(sentence) = expected.token_sentence(&settings.target, renewal) {
        say(&sentence);
    }
}

fn nothing_was_sent() -> Option<RunSettings> {
    say("nothing was sent");
    None
}

/// Whether rows that are done already are to be sent again, which `--yes` does not say.
async fn is_wanted_again(settings: &RunSettings, stop: &mut impl StopRequests) -> Result<bool> {
    let done = format!(
        "{} of `{}` are done already, and all of its rows would be sent again",
        plural(settings.done_before, "row"),
        settings.spec.sheet.path.display()
    );
    if !is_a_terminal() {
        bail!(
            "{done}\n\
             hint: to send only the others, add --only-failed\n\
             hint: to send all of it again, delete the result columns from a copy and send that"
        );
    }
    let answer = yes_or_no(&format!("{done}; is that what you want?"), Answer::No, stop).await?;
    Ok(answer == Some(Answer::Yes))
}

/// Whether the sheet is to be read as its questions, which were shown, describe it. It is asked before anything is
/// looked up, since it says what that is.
pub(super) async fn is_meant_so(
    settings: &RunSettings,
    checked: &CheckedSheet,
    stop: &mut impl StopRequests,
) -> Result<bool> {
    let questions = &checked.questions;
    let hidden = questions.iter().filter(|one| one.is_about_hidden()).count();
    if hidden > 0 {
        say(&format!(
            "to leave out what is hidden, answer no and run:\n  {}",
            suggested_commands::without_hidden(settings)
        ));
    }
    let question = match hidden {
        0 => "Is the sheet meant to be read as described above? With no, nothing is sent",
        hidden if hidden == questions.len() => {
            "Send what is hidden, too? With no, nothing is sent at all"
        }
        _ => {
            "Read the sheet as described above, and send what is hidden, too? With no, nothing is sent at all"
        }
    };
    Ok(yes_or_no(question, Answer::No, stop).await? == Some(Answer::Yes))
}

/// `, signed in as admin@acme.example`; nothing where that is not known.
fn signed_in_as(facts: &ServiceFacts) -> String {
    let person = facts.person.as_ref();
    match person.and_then(|person| person.emails.first()) {
        Some(email) => format!(", signed in as {}", flatten(email)),
        None => users_in_words(&facts.credentials)
            .map_or(String::new(), |users| format!(", signed in as {users}")),
    }
}

/// `Change 42 locations of Acme Ltd, signed in as admin@acme.example? 25 numbers will be set, 20 changed,
/// 4 cleared; 16 more rows are so already and are only read; …`
fn question(
    settings: &RunSettings,
    ahead: &RowsAhead<'_>,
    facts: &ServiceFacts,
    elsewhere: &str,
) -> String {
    let RowsAhead {
        checked,
        planned,
        for_later,
    } = ahead;
    let rows = checked.rows_to_send().saturating_sub(*for_later);
    let changes = ChangesAhead::of(settings, checked, planned.clone());
    let of = whose(settings, checked, facts, planned.as_ref());
    let signed_in = signed_in_as(facts);
    let noun = checked.setting.map_or("value", |setting| setting.noun);
    let undo = match (settings.spec.task, settings.spec.command) {
        (Task::Write, _) => "the current values will not be saved, so this cannot be undone",
        (_, "undo") if settings.spec.preconditions.is_none() => {
            "with --force, what somebody changed since is overwritten, too; the undo can be undone"
        }
        (_, "undo") => "what changed since is left alone, and the undo can be undone",
        _ => "the current values will be saved, so that you can undo this",
    };
    let used = if settings.spec.even_if_used && checked.values_cleared > 0 {
        " Numbers are cleared even where rules use them."
    } else {
        ""
    };
    let what = match settings.spec.command {
        "undo" => match &settings.lineage.sets_again {
            Some(first) => format!("Set again what `{}` had set, in", first.display()),
            None => format!("Put back the earlier {noun}s of"),
        },
        _ => "Change".to_string(),
    };
    let pilot = match settings.spec.first {
        Some(first) if first < rows => format!(
            " Only the first {} sent now; you see what became of {} and are asked again before the rest.",
            if first == 1 {
                "row is".to_string()
            } else {
                format!("{} are", plural(first, "row"))
            },
            if first == 1 { "it" } else { "them" },
        ),
        _ => String::new(),
    };
    let for_all = if pilot.is_empty() {
        ""
    } else {
        " for all of it"
    };
    let later = match for_later {
        0 => String::new(),
        1 => " 1 row of these stays for later.".to_string(),
        rows => format!(" {} rows of these stay for later.", grouped(*rows)),
    };
    format!(
        "{what} {}{of}{elsewhere}{signed_in}? {}; {undo}.{used}{later}{pilot} About {}{for_all}",
        changes.targets(checked),
        changes.in_words(noun),
        expected_time(settings, checked, rows).in_words(),
    )
}

/// The organizations by name, as far as they fit: ` of 3 organizations (Acme Ltd 4, Contoso 1, Fabrikam 2)`.
/// Of a plan, those of the rows that it changes.
fn whose(
    settings: &RunSettings,
    checked: &CheckedSheet,
    facts: &ServiceFacts,
    planned: Option<&PlannedChanges>,
) -> String {
    let planned = planned.filter(|planned| planned.rows > 0);
    let organizations = planned.map(|planned| {
        let organizations = planned.organizations.clone();
        organizations.with_own(facts.own_organization())
    });
    let (count, of_each, rows) = match planned.zip(organizations.as_ref()) {
        Some((planned, organizations)) => {
            (organizations.count(), &organizations.named, planned.rows)
        }
        None => (
            checked.organizations,
            &checked.organizations_named,
            checked.rows_to_send(),
        ),
    };
    let name_of = |one: &OrganizationRows| facts.organization_name(one.id.as_deref());
    if let ([only], 1) = (&of_each[..], count) {
        return match name_of(only) {
            Some(name) => format!(" of {name}"),
            None => " of 1 organization".to_string(),
        };
    }
    // Which rows earlier undos have put back is not told organization by organization.
    let are_some_back = settings.lineage.back_already.rows > 0;
    let up_to = if are_some_back { "up to " } else { "" };
    let of = format!(" of {up_to}{}", plural(count as u64, "organization"));
    // Rows that ask for the same as others are among those of a sheet, and are not sent.
    let are_rows_told = !are_some_back && of_each.iter().map(|one| one.rows).sum::<u64>() == rows;
    let names = of_each.iter().take(ORGANIZATIONS_NAMED).map(|one| {
        let name = name_of(one)?;
        Some(if are_rows_told {
            format!("{name} {}", grouped(one.rows))
        } else {
            name
        })
    });
    let Some(names) = names.collect::<Option<Vec<_>>>() else {
        return of;
    };
    match count.saturating_sub(names.len()) {
        0 => format!("{of} ({})", names.join(", ")),
        more => format!(
            "{of} ({} and {} more)",
            names.join(", "),
            grouped(more as u64)
        ),
    }
}
