//! What the run changed: how many values it set, changed and cleared, and each of them, old and new,
//! as far as a page has room.

use std::collections::HashMap;

use maud::{Markup, html};

use super::escaped_text::EscapedText;
use super::run_model::RunModel;
use crate::application::run_settings::ChangeList;
use crate::journal::{Organization, Place, PreviousRecord, RowRecord};
use crate::model::current_values::CurrentValues;
use crate::model::ids;
use crate::model::outcome::OutcomeKind;
use crate::model::wording::{grouped, plural};
use crate::setting::Setting;

/// Rows listed; the results have them all.
const MOST_ROWS: usize = 3000;

/// What became of the values of all rows.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Values where none was before, or where nobody knows what was.
    pub(super) set: u64,
    pub(super) changed: u64,
    pub(super) cleared: u64,
    /// An older wxbulk did not note what it sent.
    pub(super) are_unknown: bool,
    listed: Vec<ChangedRow>,
    not_listed: u64,
    /// What was there before rows that are on their way.
    noted: HashMap<u64, CurrentValues>,
}

#[derive(Debug)]
struct ChangedRow {
    number: u64,
    place: Option<Place>,
    fields: Vec<FieldChange>,
}

/// One value, before and after.
#[derive(Debug)]
struct FieldChange {
    column: &'static str,
    /// `None`: it was not read.
    old: Option<String>,
    /// Empty: it was cleared.
    new: String,
}

impl Changes {
    pub(super) fn note(&mut self, record: &PreviousRecord) {
        self.noted.insert(record.row, record.values.clone());
    }

    /// Adds a row that is finished. Of a plan those count that would be changed.
    /// `first` is what was there before the first of several runs that changed the row.
    pub(super) fn add(
        &mut self,
        setting: &Setting,
        record: &RowRecord,
        first: Option<&CurrentValues>,
    ) {
        let noted = self.noted.remove(&record.row);
        let earlier = first
            .or(record.outcome.previous.as_ref())
            .or(noted.as_ref());
        let is_change = matches!(
            record.outcome.kind,
            OutcomeKind::Updated | OutcomeKind::Different
        );
        self.are_unknown |= is_change && record.sent.is_none();
        let (Some(sent), true) = (&record.sent, is_change) else {
            return;
        };
        let fields: Vec<FieldChange> = (0..setting.fields.len())
            .filter_map(|index| {
                let new = sent.0.get(index)?.as_deref()?;
                field_change(setting, index, earlier, new)
            })
            .collect();
        for field in &fields {
            let count = match &field.old {
                _ if field.new.is_empty() => &mut self.cleared,
                Some(old) if !old.is_empty() => &mut self.changed,
                _ => &mut self.set,
            };
            *count = count.saturating_add(1);
        }
        if fields.is_empty() {
            return;
        }
        if self.listed.len() < MOST_ROWS {
            self.listed.push(ChangedRow {
                number: record.row,
                place: record.place.clone(),
                fields,
            });
        } else {
            self.not_listed += 1;
        }
    }

    /// Rows finish in another order than they stand in the sheet.
    pub(super) fn sort(&mut self) {
        self.listed.sort_by_key(|row| row.number);
    }
}

/// What a field's change came to; `None` where it had that value already.
fn field_change(
    setting: &Setting,
    index: usize,
    earlier: Option<&CurrentValues>,
    new: &str,
) -> Option<FieldChange> {
    let old = earlier.map(|earlier| earlier.text(index));
    let is_same = match old {
        None => false,
        Some("") => new.is_empty(),
        Some(old) => !new.is_empty() && setting.is_same(index, old, new),
    };
    (!is_same).then(|| FieldChange {
        column: setting.fields[index].column,
        old: old.map(|old| setting.plain(index, old)),
        new: setting.plain(index, new),
    })
}

pub(super) fn changes(run: &RunModel, list: ChangeList) -> Markup {
    let Changes {
        listed, not_listed, ..
    } = &run.changes;
    if listed.is_empty() {
        return html! {};
    }
    let rows = listed.len() as u64 + not_listed;
    let organizations = run.begin().map(|begin| &begin.organizations[..]);
    // Locations of several customers may have one name.
    let organizations = organizations.filter(|all| all.len() > 1);
    html! {
        section {
            h2 { @if run.header.settings.plan { "What would be changed" } @else { "What was changed" } }
            details open[list == ChangeList::Open] {
                summary {
                    (plural(rows, "row")) ", old and new"
                    // Those that are gone from the plan have the numbers of the sheet.
                    @if !run.deleted_from_plan().is_empty() {
                        ", numbered as in " (EscapedText::of(&run.header.input.name))
                    }
                }
                div.wide tabindex="0" role="group" aria-label="Old and new values" {
                    table {
                        thead {
                            tr {
                                th.number scope="col" { "Row" }
                                @if organizations.is_some() { th scope="col" { "Organization" } }
                                th scope="col" { (capitalized(run.target().noun)) }
                                th scope="col" { "Old → new" }
                            }
                        }
                        tbody {
                            @for row in listed { (line(row, organizations)) }
                        }
                    }
                }
                @if *not_listed > 0 {
                    p.more { "and " (grouped(*not_listed)) " more; the results have them all" }
                }
            }
        }
    }
}

fn line(row: &ChangedRow, organizations: Option<&[Organization]>) -> Markup {
    let place = row.place.as_ref();
    let org_id = place.and_then(|place| place.org_id.as_deref());
    let organization = organizations.map(|all| {
        let key = |id: &str| ids::key_of_id(id, ids::ORGANIZATION);
        let wanted = org_id.map(key);
        let known = all.iter().find(|one| Some(key(&one.id)) == wanted);
        let name = known.map(|one| &*one.name).filter(|name| !name.is_empty());
        name.or(org_id).unwrap_or_default()
    });
    html! {
        tr {
            th.number scope="row" { (row.number) }
            @if let Some(organization) = organization { td { (EscapedText::of(organization)) } }
            td { (named(row.place.as_ref())) }
            td {
                @for field in &row.fields {
                    p.change {
                        (field.column) ": "
                        @match field.old.as_deref() {
                            None => { "not read" }
                            Some("") => { "nothing" }
                            Some(old) => { (EscapedText::of(old)) }
                        }
                        " → "
                        @if field.new.is_empty() { "nothing" } @else { (EscapedText::of(&field.new)) }
                    }
                }
            }
        }
    }
}

/// `Location`
fn capitalized(noun: &str) -> String {
    let mut letters = noun.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// Its name where that is known, else its id.
fn named(place: Option<&Place>) -> Markup {
    html! {
        @if let Some(place) = place {
            @if place.name.is_empty() {
                code.long { (EscapedText::of(&place.id)) }
            } @else {
                (EscapedText::of(&place.name))
            }
        }
    }
}
