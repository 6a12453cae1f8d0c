//! The rows that a plan would change, as they are printed.

use std::io::{self, Write};

use crate::application::run_settings::{RunSettings, SummaryFormat};
use crate::journal::Journal;
use crate::model::wording::{listed, plural};
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
}

impl PlanLines {
    /// Shows one, or withholds it.
    pub(super) fn show(&mut self, line: &str, format: SummaryFormat) {
        if format == SummaryFormat::Json {
            return;
        }
        if self.shown == LINES_SHOWN {
            self.withheld += 1;
            return;
        }
        self.shown += 1;
        print(line);
    }

    /// Says what was withheld, and whose rows these are.
    pub(super) fn end(&self, settings: &RunSettings, journal: &Journal) {
        if self.withheld > 0 {
            let more = plural(self.withheld, "more row");
            let plan = settings.spec.output.display();
            print(&format!("… and {more} in {plan}"));
        }
        if self.shown > 0
            && !settings.is_quiet()
            && let Some(organizations) = named_organizations(journal)
        {
            say(&format!("the rows above are of {organizations}"));
        }
    }
}

/// The organizations of the sheet by name; `None` where a name is not known.
fn named_organizations(journal: &Journal) -> Option<String> {
    let begin = journal.run().last_begin()?;
    let names = begin.organizations.iter().take(ORGANIZATIONS_NAMED);
    let mut names: Vec<String> = names.map(|one| flatten(&one.name)).collect();
    if names.is_empty() || names.iter().any(String::is_empty) {
        return None;
    }
    let more = begin.organizations.len() - names.len();
    if more > 0 {
        names.push(plural(more as u64, "more organization"));
    }
    Some(listed(&names))
}

fn print(line: &str) {
    // Nothing can be done when nobody takes it; the plan has it too.
    let _ = writeln!(io::stdout().lock(), "{line}");
}
