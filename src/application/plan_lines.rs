//! The rows that a plan would change, as they are printed.

use std::collections::HashSet;
use std::io::{self, Write};

use anyhow::anyhow;

use crate::application::run_settings::{RunSettings, SummaryFormat};
use crate::journal::{Journal, Organization};
use crate::model::ids;
use crate::model::row::TargetKey;
use crate::model::wording::{listed, plural};
use crate::platform;
use crate::platform::line_breaks::{fit, stdout_width};
use crate::stderr::say;
use crate::webex::error_body::flatten;

/// Organizations that are named.
const ORGANIZATIONS_NAMED: usize = 5;

/// Lines that are shown; the file has them all.
const LINES_SHOWN: u64 = 20;

/// The lines of a plan: the first of them are printed. What a program reads has nothing besides.
#[derive(Debug, Default)]
pub(super) struct PlanLines {
    shown: u64,
    withheld: u64,
    /// Whose the rows are that are shown; `None`: their rows name none.
    organizations: HashSet<Option<TargetKey>>,
    /// Why one could not be printed, the first time.
    error: Option<io::Error>,
}

impl PlanLines {
    /// Shows one, of a row for this organization, or withholds it.
    pub(super) fn show(&mut self, line: &str, org_id: Option<&str>, format: SummaryFormat) {
        if format == SummaryFormat::Json {
            return;
        }
        if self.shown == LINES_SHOWN {
            self.withheld += 1;
            return;
        }
        self.shown += 1;
        let key = org_id.map(|id| ids::key_of_id(id, ids::ORGANIZATION));
        self.organizations.insert(key);
        self.print(line);
    }

    /// Says what was withheld, and whose rows these are. Returns whether all was printed.
    pub(super) fn end(mut self, settings: &RunSettings, journal: &Journal) -> bool {
        if self.withheld > 0 {
            let more = plural(self.withheld, "more row");
            let plan = settings.spec.output.display();
            self.print(&format!("… and {more} in {plan}"));
        }
        if self.shown > 0
            && !settings.is_quiet()
            && let Some(organizations) = self.named_organizations(journal)
        {
            say(&format!("the rows above are of {organizations}"));
        }
        if let Some(error) = &self.error {
            let why = platform::describe_error(&anyhow!(io::Error::from(error.kind())));
            say(&format!(
                "error: the rows of the plan cannot be printed: {why}"
            ));
        }
        self.error.is_none()
    }

    fn print(&mut self, line: &str) {
        let printed = writeln!(io::stdout().lock(), "{}", fit(line, stdout_width()));
        // Whoever closes a pipe has seen enough.
        let printed = printed.or_else(|error| match error.kind() {
            io::ErrorKind::BrokenPipe => Ok(()),
            _ => Err(error),
        });
        if let Err(error) = printed {
            self.error.get_or_insert(error);
        }
    }

    /// The organizations of the rows that are shown, by name; `None` where a name is not known.
    fn named_organizations(&self, journal: &Journal) -> Option<String> {
        let begin = journal.run().last_begin()?;
        let key = |id: &str| ids::key_of_id(id, ids::ORGANIZATION);
        let own = &*begin.own_organization;
        let is_shown = |one: &&Organization| {
            let is_own = one.id.is_empty() || (!own.is_empty() && key(own) == key(&one.id));
            (is_own && self.organizations.contains(&None))
                || (!one.id.is_empty() && self.organizations.contains(&Some(key(&one.id))))
        };
        let shown: Vec<&Organization> = begin.organizations.iter().filter(is_shown).collect();
        let names = shown.iter().take(ORGANIZATIONS_NAMED);
        let mut names: Vec<String> = names.map(|one| flatten(&one.name)).collect();
        if names.is_empty() || names.iter().any(String::is_empty) {
            return None;
        }
        let more = shown.len() - names.len();
        if more > 0 {
            names.push(plural(more as u64, "more organization"));
        }
        Some(listed(&names))
    }
}
