//! What was asked of whom, and how it is put back.

use maud::{Markup, html};

use super::escaped_text::EscapedText;
use super::run_model::RunModel;
use crate::application::credential_notes::users_in_words;
use crate::journal::{BeginRecord, Machine, Person};
use crate::model::outcome::OutcomeKind;
use crate::model::wording::{listed, plural};

/// Who began or went on that are named.
const MOST_PEOPLE: usize = 50;

/// Paces of parts of a run that are named.
const MOST_PACES: usize = 10;

pub(super) fn what(run: &RunModel) -> Markup {
    let input = &run.header.input;
    let settings = &run.header.settings;
    let begin = run.begin();
    let (sent_from, checked) = if run.is_of_made_sheet() {
        ("Made of it, and sent", "what was sent")
    } else {
        ("Sheet", "the sheet")
    };
    let fact = |name: &str, value: Markup| {
        html! { tr { th scope="row" { (name) } td { (value) } } }
    };
    html! {
        section {
            h2 { "What was asked" }
            table.run {
                tbody {
                    @for who in who(run) {
                        (fact("Made by", html! { (EscapedText::of(&who)) }))
                    }
                    @if let Some(note) = begin.and_then(|begin| begin.note.as_ref()) {
                        (fact("Note", html! { (EscapedText::of(note)) }))
                    }
                    @if !run.header.id.is_empty() {
                        (fact("Run", html! { code { (run.header.id.as_str()) } (lineage(run)) }))
                    }
                    @if let Some(begin) = begin {
                        (fact("Command", html! { code { "wxbulk " (EscapedText::of(&begin.command)) } ", version " (EscapedText::of(&begin.wxbulk)) }))
                    } @else {
                        (fact("Made with", html! { "wxbulk " (EscapedText::of(&run.header.wxbulk)) }))
                    }
                    @if run.is_of_made_sheet() {
                        (fact("Sheet", html! { (EscapedText::of(&run.own_sheet)) }))
                    }
                    (fact(sent_from, html! { (EscapedText::of(&input.name)) ", " (plural(input.rows, "row"))
                        @if run.part.is_some() { " of it" } @else { ", " (plural(input.size, "byte")) } }))
                    (fact(&format!("SHA-256 of {checked}"), html! { code.long { (EscapedText::of(&input.sha256)) } }))
                    @if let Some(plan) = &run.header.plan {
                        (fact("Plan", html! { (EscapedText::of(&plan.name)) ", SHA-256 " code.long { (EscapedText::of(&plan.sha256)) }
                            @if let Some(begin) = begin.filter(|begin| !begin.planned_sheet.is_empty()) {
                                "; made of " (EscapedText::of(&begin.planned_sheet))
                            }
                        }))
                    }
                    (fact("Service", html! {
                        @if settings.rehearsal { "a simulator inside wxbulk" } @else { code { (EscapedText::of(&settings.base_url)) } }
                    }))
                    @if let Some(org) = &settings.org {
                        (fact("Rows without an organization", html! { "belong to " code.long { (EscapedText::of(org)) } }))
                    }
                    @if let Some(country) = &settings.country {
                        (fact("Numbers without a country", html! { "belong to " (EscapedText::of(country)) }))
                    }
                    (fact("Which rows", html! { (EscapedText::of(&which_rows(run))) }))
                    @if !settings.plan {
                        (fact("Numbers from before", html! {
                            @if settings.backup { "read and kept before each change" } @else { "not kept" }
                        }))
                    }
                    @if let Some(begin) = begin {
                        (fact("Pace", html! {
                            (plural(begin.concurrency as u64, "request")) (at_once(begin)) ", "
                            (EscapedText::of(&pace(run)))
                        }))
                    }
                }
            }
        }
    }
}

/// Those who began the run or went on with it, each once: whose token, and who at which machine.
fn who(run: &RunModel) -> Vec<String> {
    let mut all = Vec::new();
    let begins = run.sittings.iter().filter_map(|part| part.begin.as_ref());
    for begin in begins {
        let mut said = Vec::new();
        if let Some(Person { name, email, .. }) = &begin.person {
            let name = [name.as_str(), email.as_str()].join(" ");
            said.push(format!("signed in as {}", name.trim()));
        }
        if let Some(users) = users_in_words(&begin.credentials) {
            said.push(format!("signed in as {users}"));
        }
        if let Some(Machine { host, user, .. }) = &begin.machine {
            said.push(format!("{user}@{host}"));
        }
        let said = said.join(", ");
        if !said.is_empty() && !all.contains(&said) && all.len() < MOST_PEOPLE {
            all.push(said);
        }
    }
    all
}

fn at_once(begin: &BeginRecord) -> &'static str {
    if begin.credentials.is_empty() {
        " at once at most"
    } else {
        " of each user at once at most"
    }
}

/// How fast it was to be, of each of its parts where they differ.
fn pace(run: &RunModel) -> String {
    let begins = run.sittings.iter().filter_map(|part| part.begin.as_ref());
    let mut paces: Vec<String> = Vec::new();
    for begin in begins {
        let pace = match &begin.rate {
            Some(rate) => format!("no more than {rate}"),
            None => "as fast as the service allowed".to_string(),
        };
        if !paces.contains(&pace) && paces.len() < MOST_PACES {
            paces.push(pace);
        }
    }
    match &paces[..] {
        [only] => only.clone(),
        _ => format!("parts of the run differ: {}", listed(&paces)),
    }
}

fn lineage(run: &RunModel) -> String {
    match (&run.header.follows, &run.header.undoes) {
        (_, Some(undone)) => format!("; it undoes run {undone}"),
        (Some(before), None) => format!("; it goes on from run {before}"),
        (None, None) => String::new(),
    }
}

fn which_rows(run: &RunModel) -> String {
    if let Some(part) = &run.part {
        return part.clone();
    }
    let settings = &run.header.settings;
    let mut said = vec![if settings.only_failed {
        "those that an earlier run did not get done".to_string()
    } else if settings.part.is_whole_sheet() {
        "all".to_string()
    } else {
        settings.part.to_string()
    }];
    if settings.only_failed && !settings.part.is_whole_sheet() {
        said.push(settings.part.to_string());
    }
    if settings.skip_invalid {
        said.push("bad rows left out".to_string());
    }
    if settings.allow_duplicates {
        let noun = run.target().noun;
        said.push(format!(
            "several rows for one {noun} in the order of the sheet"
        ));
    }
    said.join("; ")
}

pub(super) fn way_back(run: &RunModel, undo: &str) -> Markup {
    let settings = &run.header.settings;
    let of = |kind: OutcomeKind| run.outcomes.get(&kind).copied().unwrap_or_default();
    let changed = of(OutcomeKind::Updated).saturating_add(of(OutcomeKind::Unknown));
    html! {
        section {
            h2 { "The way back" }
            @if settings.rehearsal || settings.plan {
                p { "Nothing was changed, so there is nothing to put back." }
            } @else if let Some(undone) = run.undone.as_ref().filter(|undone| undone.completely) {
                p { "Everything was put back by " (undone.runs_in_words("")) ". The results of an undo can be undone in turn." }
            } @else if changed == 0 {
                p { "No " (run.target().noun) " is known to have been changed, so there is nothing to put back." }
            } @else if settings.backup {
                p {
                    "The numbers from before were kept. This puts them back at " (run.target().count(changed))
                    ", after asking, with an access token as for the run:"
                }
                pre tabindex="0" { code { (EscapedText::of(undo)) } }
                p {
                    "It needs the results file of the run. What somebody else has changed since is left alone, and the undo is itself recorded, so that it can be undone too."
                }
            } @else {
                p {
                    "The numbers from before were not kept, since the run was made without " code { "--backup" }
                    "; wxbulk cannot put them back. An earlier sheet or export that has them can be sent like any other."
                }
            }
        }
    }
}
