//! What a journal says about its run as a whole: what it is about, who began it, when and why.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::row_history::RowOrder;
use crate::model::failure_groups::Rows;
use crate::model::ids;
use crate::model::run_id::RunId;
use crate::setting::location_numbers::LOCATION_NUMBERS;
use crate::sheet::row_selector::RowSelector;

/// Raised when an older wxbulk could no longer read what is written. In format 1 lines stood
/// alone; since 2 each is bound to its run and to the line before it.
/// Since 3 a run may be about another setting than the numbers of locations; those of numbers are
/// still written in format 2.
pub const FORMAT: u32 = 3;

/// The format of a run that is about this setting.
pub fn format_for(setting: &str) -> u32 {
    if is_of_numbers(setting) { 2 } else { FORMAT }
}

/// What all runs were about that do not say it.
fn numbers() -> String {
    LOCATION_NUMBERS.name.to_string()
}

fn is_of_numbers(setting: &str) -> bool {
    setting == LOCATION_NUMBERS.name
}

/// What the run is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunHeader {
    pub wxbulk: String,
    pub format: u32,
    /// Derived from the rest where an older wxbulk gave none.
    #[serde(default, skip_serializing_if = "RunId::is_empty")]
    pub id: RunId,
    pub started_at: Timestamp,
    pub input: InputFile,
    /// The name of what its rows set; the numbers of locations where none is given.
    #[serde(default = "numbers", skip_serializing_if = "is_of_numbers")]
    pub setting: String,
    pub settings: MeaningfulSettings,
    /// The plan whose rows are sent, or that they are held against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanFile>,
    /// The run whose failed rows this one sends again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<RunId>,
    /// When the first of these runs began, one before the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_began: Option<Timestamp>,
    /// The run that this one undoes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<RunId>,
    /// Rows of that run that cannot be put back, and so are not among those of this one.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: u64,
    /// What was said of those rows, and how they can be undone, a line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_undone: Vec<String>,
}

/// The sheet, well enough to tell whether it is still the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputFile {
    pub name: String,
    pub size: u64,
    pub sha256: String,
    pub rows: u64,
    /// Which sheet of a workbook it is, where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worksheet: Option<String>,
}

/// A plan, well enough to tell which one it was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanFile {
    pub name: String,
    pub sha256: String,
    /// The run that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<RunId>,
}

/// The settings under which the same sheet means something else.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact that another tool reads as true or false"
)]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MeaningfulSettings {
    pub base_url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
    /// As what it was named, where that was no id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    pub skip_invalid: bool,
    pub allow_duplicates: bool,
    pub only_failed: bool,
    /// Rows that were left alone because of a conflict are among those.
    #[serde(default, skip_serializing_if = "is_false")]
    pub include_conflicts: bool,
    pub rehearsal: bool,
    /// The present numbers are read and noted before each change.
    #[serde(default)]
    pub backup: bool,
    /// The present numbers are read and nothing is changed.
    #[serde(default)]
    pub plan: bool,
    /// Of all that is there, not of what a sheet asks for.
    #[serde(default, skip_serializing_if = "is_false")]
    pub export: bool,
    /// Numbers are cleared even where rules use them.
    #[serde(default, skip_serializing_if = "is_false")]
    pub even_if_used: bool,
    /// It was asked of all rows what uses their numbers.
    #[serde(default, skip_serializing_if = "is_false")]
    pub usage: bool,
    /// Which sheet of a workbook was named, and how the text was said to be written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub separator: Option<String>,
    /// What was done with hidden rows and columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden: Option<String>,
    /// The part of the sheet that the run is about.
    #[serde(default, skip_serializing_if = "RowSelector::is_whole_sheet")]
    pub part: RowSelector,
    /// How many rows were to go first and to be seen by a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<u64>,
    /// Columns that are the person's own although they look like others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignored_columns: Vec<String>,
}

impl RunHeader {
    /// Where a row has its place in the order of all rows, as long as nothing else was noted of it.
    pub fn order_of(&self, row: u64) -> RowOrder {
        (self.first_began.unwrap_or(self.started_at), row)
    }
}

impl MeaningfulSettings {
    /// Whether the run planned what a sheet asks for, so that its output can be applied under it.
    pub fn is_plan_of_sheet(&self) -> bool {
        self.plan && !self.export
    }
}

/// Who began a run, and where.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Author {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<Person>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine: Option<Machine>,
}

impl Author {
    /// Who began a run that somebody else, or another machine, went on with last.
    pub fn of_another(first: &BeginRecord, last: &BeginRecord) -> Option<Author> {
        let who = |begin: &BeginRecord| {
            let person = begin.person.as_ref().map(|person| person.id.clone());
            let machine = begin.machine.as_ref();
            (
                person,
                machine.map(|machine| (machine.user.clone(), machine.host.clone())),
            )
        };
        (who(first) != who(last)).then(|| Author {
            person: first.person.clone(),
            machine: first.machine.clone(),
        })
    }
}

/// The run began, or went on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BeginRecord {
    pub wxbulk: String,
    pub began_at: Timestamp,
    /// As it is typed: `apply`, `plan`, `undo` or `export`.
    pub command: String,
    /// How many requests may be under way at once.
    pub concurrency: usize,
    /// The rate that a person said must not be passed, such as `5/s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<String>,
    /// Rows of the sheet that are sent, those done before included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_to_send: Option<u64>,
    /// The command that goes on with the run, the one that sends again what failed in it, and the one
    /// that undoes it, as they are typed in this folder.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub resume_command: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub retry_command: String,
    /// The one that applies it, of a plan.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub apply_command: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub undo_command: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub folder: String,
    /// Its results, as they are named in this folder.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub results: String,
    /// Rows for which the plan that is applied approves nothing.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub not_approved: u64,
    /// The command that plans rows which are not done, where they are held to a plan.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub plan_command: String,
    /// The sheet that the plan which is applied was made of, and its rows that were deleted from the plan.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub planned_sheet: String,
    #[serde(default, skip_serializing_if = "Rows::is_empty")]
    pub deleted_from_plan: Rows,
    /// Those of its rows that were planned and marked as skipped in the plan.
    #[serde(default, skip_serializing_if = "Rows::is_empty")]
    pub skipped_in_plan: Rows,
    /// Rows of results that whoever approved the plan of them left out: the first and the last of each range.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out_of_plan: Vec<(u64, u64)>,
    /// The first rows were read back and shown, so the rest may go.
    #[serde(default, skip_serializing_if = "is_false")]
    pub first_rows_shown: bool,
    /// Somebody who saw the first rows wants the rest sent, or nobody could be asked and the run went on.
    #[serde(default, skip_serializing_if = "is_false")]
    pub rest_is_wanted: bool,
    /// Whose token it is, where the service says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Person>,
    /// The organization of rows that name none, where it is known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub own_organization: String,
    /// All credentials, where there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credentials: Vec<CredentialRecord>,
    /// Where it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<Machine>,
    /// Why, in the user's words: the number of a change, say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Whose locations the rows are about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[serde(alias = "organisations")]
    pub organizations: Vec<Organization>,
}

impl BeginRecord {
    /// Rows that name no organization are for this one, under which they count wherever it is named too.
    pub fn name_own_organization(&mut self) {
        let Some(unnamed) = self.organizations.iter().position(|one| one.id.is_empty()) else {
            return;
        };
        if self.own_organization.is_empty() {
            return;
        }
        let key = |id: &str| ids::key_of_id(id, ids::ORGANIZATION);
        let own_key = key(&self.own_organization);
        let mut own = Organization {
            id: self.own_organization.clone(),
            ..self.organizations[unnamed].clone()
        };
        self.organizations.retain(|one| {
            let is_own = !one.id.is_empty() && key(&one.id) == own_key;
            if is_own {
                own.rows += one.rows;
                if own.name.is_empty() {
                    own.name.clone_from(&one.name);
                }
            }
            !is_own
        });
        let unnamed = self.organizations.iter_mut().find(|one| one.id.is_empty());
        if let Some(one) = unnamed {
            *one = own;
        }
    }

    /// The id of the organization of a row; empty for the token's own where that is not known.
    pub fn organization_of<'o>(&'o self, org_id: Option<&'o str>) -> &'o str {
        org_id.unwrap_or(&self.own_organization)
    }
}

/// Whose the token is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub id: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub email: String,
}

/// What opens the service, without anything secret of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialRecord {
    /// The file or variable that it is from.
    pub name: String,
    pub fingerprint: String,
    /// Whose it is, where the service says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Person>,
    /// How many organizations it manages.
    pub organizations: u64,
    /// It is a service app, and no token.
    #[serde(default, rename = "serviceApp")]
    pub is_service_app: bool,
}

/// Where a run runs, and as whom.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    pub host: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// The process, by which another one on the same host sees whether it is still there.
    pub process: u32,
}

/// An organization of the sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// Empty for the token's own.
    pub id: String,
    /// Empty where it is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    pub rows: u64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over references"
)]
fn is_false(value: &bool) -> bool {
    !value
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over references"
)]
fn is_zero(value: &u64) -> bool {
    *value == 0
}
