//! The check that goes before a run: says what is wrong with the sheet, and whether any of it may be
//! sent.

use std::fmt::Write as _;
use std::io::Write as _;

use anyhow::Result;

use crate::application::own_organization::OWN_ORGANIZATION;
use crate::application::plan_guard::NewPlan;
use crate::application::plan_guard::plan_edits::plan_and_send;
use crate::application::refused_sheet::RefusedSheet;
use crate::application::run_settings::{BadRows, Confirmation, RunSettings, Start, Target};
use crate::application::sheet_notes::{Checking, say_doubts};
use crate::application::suggested_commands;
use crate::application::terminal_question::can_ask;
use crate::model::wording::{it_or_them, plural};
use crate::platform::line_breaks::stderr_width;
use crate::sheet::Sheet;
use crate::sheet::check::{CheckedSheet, check};
use crate::sheet::directory::Directory;
use crate::sheet::problem_kind::ProblemKind;
use crate::sheet::problem_list::{ListFormat, ProblemList};
use crate::sheet::question::Question;
use crate::stderr::{self, say};

/// Organizations that nobody manages of which something is said; of more, how many.
const MOST_UNMANAGED: usize = 20;

/// Checks the whole sheet. Where nothing may be sent, the error is a [`RefusedSheet`]. What is in question is said
/// first, since the answer may change what else is found.
pub(super) fn precheck(sheet: &Sheet, settings: &RunSettings) -> Result<CheckedSheet> {
    let mut said = Vec::new();
    let mut listing = ProblemList::begin(ListFormat::Text, &mut said)?;
    listing = listing.of_width(stderr_width());
    let checked = check(
        sheet,
        &Directory::default(),
        settings.spec.sheet.duplicates,
        |problem| listing.add(problem, &mut said),
    )?;
    if is_in_question(&checked, settings) {
        for question in questions(&checked) {
            say(&question);
        }
    } else if sheet.is_for_own_organization() && is_first_of(settings) {
        say(OWN_ORGANIZATION);
    }
    stderr::lock().write_all(&said)?;
    for (when, setting) in &sheet.possible_settings {
        let command = suggested_commands::with_setting(settings, setting.name);
        say(&format!("hint: {when}: {command}"));
    }
    let list_all = suggested_commands::list_problems(settings);
    for line in listing.withheld(&format!("; to list them all: {list_all}")) {
        say(&line);
    }
    ensure_it_may_go_on(sheet, &checked, settings)?;
    ensure_it_is_answered(&checked, settings)?;
    Ok(checked)
}

/// Whether something about the sheet is in question. What a run reads that goes on, and what an undo or an
/// export reads, was asked about when it was sent first.
pub(super) fn is_in_question(checked: &CheckedSheet, settings: &RunSettings) -> bool {
    let is_new = matches!(settings.spec.command, "apply" | "plan");
    !checked.questions.is_empty() && settings.start == Start::Fresh && is_new
}

/// Fails where something is in question, and nobody will be asked.
fn ensure_it_is_answered(
    checked: &CheckedSheet,
    settings: &RunSettings,
) -> Result<(), RefusedSheet> {
    if !is_in_question(checked, settings) {
        return Ok(());
    }
    // Rows that contradict each other are not sent, whatever is answered.
    let can_ask = can_ask(settings) && checked.waiting == 0;
    if can_ask {
        return Ok(());
    }
    Err(refuse(checked, questions(checked)))
}

fn questions(checked: &CheckedSheet) -> Vec<String> {
    let questions = checked.questions.iter();
    questions.map(Question::in_words).collect()
}

/// Whether the sheet's organization has to be said. Of a plan or of results it was said before, the
/// question before sending names it, and a rehearsal knows none.
fn is_first_of(settings: &RunSettings) -> bool {
    let is_asked = settings.spec.confirmation == Confirmation::Ask;
    let was_said = settings.start == Start::Resume
        || settings.spec.sheet.reading.rows.is_of_results()
        || settings.is_of_own_plan();
    // Of several nobody knows yet whether they have one organization.
    let is_real =
        matches!(&settings.target, Target::Service { credentials, .. } if credentials.len() == 1);
    let is_of_a_person = matches!(settings.spec.command, "apply" | "plan");
    is_real && is_of_a_person && !is_asked && !was_said && !settings.is_quiet()
}

/// Checks the sheet once more where the service said something that it can be held against, and
/// tells only what is new. Where nothing may be sent, the error is a [`RefusedSheet`].
pub(super) fn recheck(
    sheet: &Sheet,
    settings: &RunSettings,
    directory: &Directory,
    before: CheckedSheet,
) -> Result<CheckedSheet> {
    // Rows that name none count as those that name the same one.
    let is_counted = before.organizations < 2 || directory.managed.own_organization().is_none();
    let checked = if directory.is_empty() && is_counted {
        before
    } else {
        check_against(sheet, settings, directory, &before)?
    };
    if !settings.is_quiet() {
        let how = Checking {
            is_copy: false,
            can_be_completed: settings.spec.preconditions.is_none(),
            is_country_typed: settings.typed.has("country"),
        };
        for doubt in say_doubts(&checked, how) {
            say(&doubt);
        }
    }
    Ok(checked)
}

fn check_against(
    sheet: &Sheet,
    settings: &RunSettings,
    directory: &Directory,
    before: &CheckedSheet,
) -> Result<CheckedSheet> {
    let mut said = Vec::new();
    let mut listing = ProblemList::begin(ListFormat::Text, &mut said)?;
    let duplicates = settings.spec.sheet.duplicates;
    // A whole organization is one thing to say, however many rows it has.
    let mut unmanaged: Vec<Unmanaged> = Vec::new();
    let checked = check(sheet, directory, duplicates, |problem| {
        let row = problem.place.row;
        let is_new = match problem.kind {
            ProblemKind::SameLocation => before.duplicates.contradicts(row).is_none(),
            kind => kind.is_known_to_the_service_only(),
        };
        if problem.kind == ProblemKind::NotManaged {
            let mut known = unmanaged.iter_mut();
            if let Some(one) = known.find(|one| one.message == problem.message) {
                (one.more, one.last) = (one.more + 1, row);
            } else {
                unmanaged.push(Unmanaged {
                    message: problem.message.clone(),
                    first: problem.to_string(),
                    more: 0,
                    last: row,
                });
            }
        } else if is_new {
            listing.add(problem, &mut said)?;
        }
        Ok(())
    })?;
    String::from_utf8_lossy(&said).lines().for_each(say);
    listing.withheld("").iter().for_each(|line| say(line));
    for organization in unmanaged.iter().take(MOST_UNMANAGED) {
        say(&organization.in_words());
    }
    let more = unmanaged.len().saturating_sub(MOST_UNMANAGED);
    if more > 0 {
        let more = plural(more as u64, "more organization");
        say(&format!("and the same of {more}"));
    }
    ensure_it_may_go_on(sheet, &checked, settings)?;
    Ok(checked)
}

/// Rows of which the same is said: nobody manages their organization.
struct Unmanaged {
    message: String,
    /// What is said of the first of them.
    first: String,
    more: u64,
    last: u64,
}

impl Unmanaged {
    fn in_words(&self) -> String {
        let Unmanaged { first, last, .. } = self;
        match self.more {
            0 => first.clone(),
            1 => format!("{first}; the same in row {last}"),
            more => format!(
                "{first}; the same in {} up to row {last}",
                plural(more, "more row")
            ),
        }
    }
}

/// Fails where what the check found lets no run begin, which is said here.
fn ensure_it_may_go_on(
    sheet: &Sheet,
    checked: &CheckedSheet,
    settings: &RunSettings,
) -> Result<(), RefusedSheet> {
    let is_refused = checked.bad_rows > 0 && settings.bad_rows == BadRows::Refuse;
    let is_unreadable = checked.second_table.is_some();
    let is_empty = checked.rows == 0 && checked.problems == 0;
    if !(is_refused || is_unreadable || is_empty || sheet.columns.is_err()) {
        return Ok(());
    }
    let mut hints = Vec::new();
    if is_empty {
        say("the sheet has a header and no rows");
    } else if is_refused && !is_unreadable {
        hints.extend(what_to_do(checked, settings));
    }
    for hint in &hints {
        say(&format!("hint: {hint}"));
    }
    if is_in_question(checked, settings) {
        hints.splice(..0, questions(checked));
    }
    Err(refuse(checked, hints))
}

/// Ends with how the sheet stands.
fn refuse(checked: &CheckedSheet, hints: Vec<String>) -> RefusedSheet {
    let refused = RefusedSheet::of(checked, hints);
    say(&refused.to_string());
    refused
}

/// What can be done about rows that are not sent. What a plan approves nothing for is corrected in its
/// sheet, since only a new plan can approve it.
fn what_to_do(checked: &CheckedSheet, settings: &RunSettings) -> Option<String> {
    let new_plan = NewPlan::of(settings).filter(|_| checked.not_approved > 0);
    let Some(new_plan) = new_plan else {
        return Some("correct these rows, or leave them out with --skip-invalid".to_string());
    };
    let them = it_or_them(checked.bad_rows);
    if settings.spec.sheet.reading.rows.is_of_results() {
        return how_results_are_planned(checked, settings);
    }
    let (sheet, command) = (new_plan.where_they_are(checked.rows), &new_plan.command);
    let again = format!("correct {them} {sheet} and plan again:\n  {command}");
    if checked.rows_to_send() == 0 {
        return Some(again);
    }
    Some(format!(
        "{again}\nor apply the plan without {them}:\n  {}",
        suggested_commands::with_flag(settings, "--skip-invalid")
    ))
}

/// The same in results, whose corrected rows are planned as they stand there.
fn how_results_are_planned(checked: &CheckedSheet, settings: &RunSettings) -> Option<String> {
    let results = &settings.spec.sheet.path;
    let plan = suggested_commands::plan_corrected(settings, results)?;
    let them = it_or_them(checked.bad_rows);
    let mut hint = format!(
        "correct {them} in `{}`, then {}",
        results.display(),
        plan_and_send(&plan)
    );
    if checked.rows_to_send() > 0 {
        let others = suggested_commands::with_flag(settings, "--skip-invalid");
        let _ = write!(hint, "\nor send the others without {them}:\n  {others}");
    }
    Some(hint)
}
