//! The check that goes before a run: says what is wrong with the sheet, and whether any of it may be
//! sent.

use anyhow::Result;

use crate::application::plan_guard::NewPlan;
use crate::application::run_settings::{BadRows, RunSettings, Start};
use crate::application::sheet_notes::{say_counts, say_doubts};
use crate::application::suggested_commands;
use crate::application::terminal_question::can_ask;
use crate::model::wording::{it_or_them, plural};
use crate::sheet::Sheet;
use crate::sheet::check::{CheckedSheet, check};
use crate::sheet::directory::Directory;
use crate::sheet::problem_kind::ProblemKind;
use crate::sheet::problem_list::{ListFormat, ProblemList};
use crate::stderr::{self, say};

/// Organizations that nobody manages of which something is said; of more, how many.
const MOST_UNMANAGED: usize = 20;

/// Checks the whole sheet. `None`: nothing may be sent.
pub(super) fn precheck(sheet: &Sheet, settings: &RunSettings) -> Result<Option<CheckedSheet>> {
    let mut listing = ProblemList::begin(ListFormat::Text, &mut stderr::lock())?;
    let checked = check(
        sheet,
        &Directory::default(),
        settings.spec.sheet.duplicates,
        |problem| listing.add(problem, &mut stderr::lock()),
    )?;
    for (when, setting) in &sheet.possible_settings {
        let command = suggested_commands::with_setting(settings, setting.name);
        say(&format!("hint: {when}: {command}"));
    }
    let list_all = suggested_commands::list_problems(settings);
    for line in listing.withheld(&format!("; to list them all: {list_all}")) {
        say(&line);
    }
    let may_go_on = may_go_on(sheet, &checked, settings) && are_answered(&checked, settings);
    Ok(may_go_on.then_some(checked))
}

/// Whether something about the sheet is in question. What a run reads that goes on, and what an undo or an
/// export reads, was asked about when it was sent first.
pub(super) fn is_in_question(checked: &CheckedSheet, settings: &RunSettings) -> bool {
    let is_new = matches!(settings.spec.command, "apply" | "plan");
    !checked.questions.is_empty() && settings.start == Start::Fresh && is_new
}

/// Whether nothing is in question, or somebody will be asked.
fn are_answered(checked: &CheckedSheet, settings: &RunSettings) -> bool {
    if !is_in_question(checked, settings) {
        return true;
    }
    for question in &checked.questions {
        say(&format!("{}; {}", question.finding, question.answer));
    }
    // Rows that contradict each other are not sent, whatever is answered.
    let can_ask = can_ask(settings) && checked.waiting == 0;
    if !can_ask {
        say(&format!("{}; nothing was sent", say_counts(checked)));
    }
    can_ask
}

/// Checks the sheet once more where the service said something that it can be held against, and
/// tells only what is new. `None`: nothing may be sent.
pub(super) fn recheck(
    sheet: &Sheet,
    settings: &RunSettings,
    directory: &Directory,
    before: CheckedSheet,
) -> Result<Option<CheckedSheet>> {
    // Rows that name none count as those that name the same one.
    let is_counted = before.organizations < 2 || directory.own_organization().is_none();
    let checked = if directory.is_empty() && is_counted {
        before
    } else {
        let Some(checked) = check_against(sheet, settings, directory, &before)? else {
            return Ok(None);
        };
        checked
    };
    if !settings.is_quiet() {
        let can_be_completed = settings.spec.preconditions.is_none();
        for doubt in say_doubts(&checked, false, can_be_completed) {
            say(&doubt);
        }
    }
    Ok(Some(checked))
}

fn check_against(
    sheet: &Sheet,
    settings: &RunSettings,
    directory: &Directory,
    before: &CheckedSheet,
) -> Result<Option<CheckedSheet>> {
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
    Ok(may_go_on(sheet, &checked, settings).then_some(checked))
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

/// Whether what the check found lets a run begin.
fn may_go_on(sheet: &Sheet, checked: &CheckedSheet, settings: &RunSettings) -> bool {
    let is_refused = checked.bad_rows > 0 && settings.bad_rows == BadRows::Refuse;
    let is_unreadable = checked.second_table.is_some();
    let is_empty = checked.rows == 0 && checked.problems == 0;
    if is_empty {
        say("the sheet has a header and no rows");
    } else if is_refused && !is_unreadable {
        say_what_to_do(checked, settings);
    }
    if is_refused || is_unreadable || is_empty || sheet.columns.is_err() {
        say(&format!("{}; nothing was sent", say_counts(checked)));
        return false;
    }
    true
}

/// What can be done about rows that are not sent. What a plan approves nothing for is corrected in its
/// sheet, since only a new plan can approve it.
fn say_what_to_do(checked: &CheckedSheet, settings: &RunSettings) {
    let new_plan = NewPlan::of(settings).filter(|_| checked.not_approved > 0);
    let Some(new_plan) = new_plan else {
        say("hint: correct these rows, or leave them out with --skip-invalid");
        return;
    };
    let them = it_or_them(checked.bad_rows);
    if settings.spec.sheet.reading.rows.is_of_results() {
        say_how_results_are_planned(checked, settings);
        return;
    }
    let (sheet, command) = (new_plan.where_they_are(checked.rows), &new_plan.command);
    if checked.rows_to_send() == 0 {
        say(&format!(
            "hint: correct {them} {sheet} and plan again:\n  {command}"
        ));
        return;
    }
    say(&format!(
        "hint: correct {them} {sheet} and plan again:\n  {command}\nor apply the plan without {them}:\n  {}",
        suggested_commands::with_flag(settings, "--skip-invalid")
    ));
}

/// The same in results, whose corrected rows are planned as they stand there.
fn say_how_results_are_planned(checked: &CheckedSheet, settings: &RunSettings) {
    let results = &settings.spec.sheet.path;
    let Some([plan, send]) = suggested_commands::plan_corrected(settings, results) else {
        return;
    };
    let them = it_or_them(checked.bad_rows);
    say(&format!(
        "hint: once {them} {} corrected in `{}`, plan the rows that are not done and look at the plan:\n  {plan}\nthen send them under that plan:\n  {send}",
        if checked.bad_rows == 1 { "is" } else { "are" },
        results.display()
    ));
    if checked.rows_to_send() > 0 {
        say(&format!(
            "or send the others without {them}:\n  {}",
            suggested_commands::with_flag(settings, "--skip-invalid")
        ));
    }
}
