//! What a run came to: counts, words, exit code.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::application::earlier_runs::later_changes::LaterChanges;
use crate::application::exit_code::ExitCode;
use crate::application::plan_guard::NewPlan;
use crate::engine::abort::AbortReason;
use crate::model::clock;
use crate::model::counts::Counts;
use crate::model::outcome::OutcomeKind;
use crate::model::wording::{grouped, it_or_them, plural};
use crate::setting::Setting;
use crate::sheet::result_columns::NOT_READ;

/// What a run came to.
#[derive(Debug)]
pub struct Summary {
    /// What stands in the results, of all rows of the sheet.
    pub counts: Counts,
    /// What this process did: the rows it finished, and the word for what it did with them.
    pub sent: Counts,
    pub verb: &'static str,
    pub reason: Option<AbortReason>,
    /// What its rows set.
    pub setting: &'static Setting,
    /// Rows the check pass counted; the results must have as many.
    pub rows_in_sheet: u64,
    /// Rows that a resumed run would send.
    pub rows_left: u64,
    pub requests: u64,
    pub throttled: u64,
    pub took: Duration,
    /// Where the results are; `None` when they could not be written.
    pub results: Option<String>,
    /// What can be done with the results in Excel.
    pub results_form: ResultsForm,
    /// A difference is told by the exit code.
    pub fails_on_difference: bool,
    /// A page or a log that was asked for could not be written.
    pub is_output_missing: bool,
    /// The command that goes on with this run.
    pub resume: String,
    /// How to send again what failed.
    pub again: Again,
    /// The commands that plan the rows in conflict again and send them, where they were held against a plan.
    pub plan_conflicts: Option<[String; 2]>,
    /// Later runs that changed what an undo was to put back, and how many of its rows were left alone for each.
    pub undo_first: Vec<(LaterChanges, u64)>,
    /// Rows for which the plan that was applied approved nothing, and what can be done about them.
    pub not_approved: u64,
    pub new_plan: Option<NewPlan>,
    /// Who, when, why and of what, for programs.
    pub facts: Map<String, Value>,
}

/// The command that sends again what failed, and what is to be said of it.
#[derive(Debug)]
pub enum Again {
    /// Nothing was sent for it to repeat.
    Never,
    /// A plan approves nothing for them: another one of the corrected sheet, or this one without them.
    Plan {
        sheet: String,
        again: String,
        without: String,
    },
    /// The failed rows of the results, once they are corrected; those in conflict where it is told to.
    Rows(String),
    /// The same undo, which leaves rows in conflict alone unless it is forced.
    Undo(String),
}

/// The form of a file of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResultsForm {
    Workbook,
    /// Nothing is lost when Excel opens it by a double-click.
    CsvForExcel,
    /// Other programs read it; Excel drops signs and zeros when it opens it by a double-click.
    PlainCsv,
    /// Nothing differs, and only a difference was to be kept.
    NotKept,
}

impl ResultsForm {
    /// What follows the name of the file.
    fn remark(self) -> &'static str {
        match self {
            ResultsForm::Workbook | ResultsForm::NotKept => "",
            ResultsForm::CsvForExcel => " (CSV for Excel)",
            ResultsForm::PlainCsv => " (plain CSV; --excel makes one for Excel)",
        }
    }
}

impl Summary {
    pub fn exit_code(&self) -> ExitCode {
        match self.reason {
            Some(AbortReason::Interrupted) => ExitCode::Interrupted,
            Some(_) => ExitCode::Stopped,
            None if self.results.is_none() || !self.adds_up() => ExitCode::Stopped,
            None if self.counts.not_done() > 0 || self.is_output_missing => {
                ExitCode::SomeRowsNotDone
            }
            None if self.fails_on_difference && self.counts.of(OutcomeKind::Different) > 0 => {
                ExitCode::Different
            }
            None => ExitCode::Success,
        }
    }

    /// No command to paste has `--force`: it would bypass what has just left rows alone.
    fn write_undo_again(&self, out: &mut fmt::Formatter<'_>, command: &str) -> fmt::Result {
        if !self.only_conflicts_are_left() {
            let rows = self.counts.not_done() - self.counts.of(OutcomeKind::Conflict);
            let are = if rows == 1 { "is" } else { "are" };
            writeln!(
                out,
                "hint: to try again to put back the {} that {are} not:\n  {command}",
                plural(rows, "row")
            )?;
        }
        let mut conflicts = self.counts.of(OutcomeKind::Conflict);
        for (later, rows) in self.undo_first.iter().filter(|(_, rows)| *rows > 0) {
            let it = it_or_them(*rows);
            writeln!(
                out,
                "hint: {} left alone, since the later run of `{}` changed {it}; undo that run first, then this one again:\n  {}",
                plural(*rows, "row"),
                later.results,
                later.undo
            )?;
            conflicts = conflicts.saturating_sub(*rows);
        }
        if conflicts > 0 {
            writeln!(
                out,
                "hint: {} left alone, the results say why; the same undo with --force puts back even what somebody changed since",
                plural(conflicts, "row")
            )?;
        }
        Ok(())
    }

    /// What can be done about the rows that are not done.
    fn write_hints(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.again {
            _ if self.to_repeat() == 0 => {}
            Again::Rows(command) if self.only_conflicts_are_left() => {
                let rows = plural(self.to_repeat(), "row");
                let was = if self.to_repeat() == 1 { "was" } else { "were" };
                let it = it_or_them(self.to_repeat());
                if let Some([plan, send]) = &self.plan_conflicts {
                    writeln!(
                        out,
                        "hint: to change what was found there, first make a new plan of just {} and look at it:\n  {plan}\nthen send {it} under that plan:\n  {send}",
                        if self.to_repeat() == 1 {
                            "the row in conflict"
                        } else {
                            "the rows in conflict"
                        }
                    )?;
                }
                writeln!(
                    out,
                    "hint: {rows} {was} left alone: `message` in the results says why. To send {it} once nothing is in the way any more:\n  {command} --include conflict"
                )?;
            }
            Again::Rows(command) => writeln!(
                out,
                "hint: to send again the {} not done, correct {} in the results file, then run:\n  {command}",
                rows_that_are(self.to_repeat()),
                it_or_them(self.to_repeat())
            )?,
            Again::Undo(command) => self.write_undo_again(out, command)?,
            Again::Plan {
                sheet,
                again,
                without,
            } => {
                let rows = self.to_repeat();
                let them = it_or_them(rows);
                writeln!(
                    out,
                    "hint: the plan approves nothing for {}; `reason` says why. Correct {them} in `{sheet}` and plan again:\n  {again}\nor apply the plan without {them}:\n  {without}",
                    plural(rows, "row")
                )?;
            }
            Again::Never if self.is_export() => writeln!(
                out,
                "hint: what could not be read is marked in the column `{NOT_READ}`, and left out when the sheet is checked, planned or applied; to read it, export once more into another file"
            )?,
            Again::Never => writeln!(
                out,
                "hint: correct the rows in the sheet, then run the same command with another file for --output"
            )?,
        }
        if let Some(new_plan) = &self.new_plan
            && self.not_approved > 0
        {
            writeln!(
                out,
                "hint: to change the {} for which nothing was approved, correct {} {}, then run:\n  {}",
                plural(self.not_approved, "row"),
                it_or_them(self.not_approved),
                new_plan.where_they_are(self.rows_in_sheet),
                new_plan.command
            )?;
        }
        Ok(())
    }

    /// Rows that are not done and that another run may send.
    fn to_repeat(&self) -> u64 {
        self.counts.not_done().saturating_sub(self.not_approved)
    }

    /// There is nothing to go on with.
    pub fn has_ended(&self) -> bool {
        self.reason.is_none() && self.results.is_some() && self.adds_up()
    }

    fn only_conflicts_are_left(&self) -> bool {
        self.to_repeat() == self.counts.of(OutcomeKind::Conflict)
    }

    /// Every row of the sheet has exactly one outcome in the results, if there are any.
    fn adds_up(&self) -> bool {
        self.results.is_none() || self.counts.rows == self.rows_in_sheet
    }

    /// `2 rows sent in 1 s: 2 updated.`
    fn say_this_time(&self) -> String {
        let verb = self.verb;
        if self.sent.rows == 0 {
            return format!("no row {verb}.");
        }
        let kinds = self.sent.by_kind().iter();
        let kinds: Vec<String> = kinds
            .map(|(kind, count)| format!("{} {}", grouped(*count), kind.word()))
            .collect();
        let took = clock::in_words(self.took);
        if self.is_export() {
            let targets = self.setting.target.count(self.sent.rows);
            return format!("{targets} {verb} in {took}: {}.", kinds.join(", "));
        }
        // Nothing was sent for what somebody else changed or uses.
        let conflicts = match verb {
            "sent" => self.sent.of(OutcomeKind::Conflict),
            _ => 0,
        };
        let left_alone = match conflicts {
            0 => String::new(),
            rows => format!(" and {} left alone", grouped(rows)),
        };
        format!(
            "{} {verb}{left_alone} in {took}: {}.",
            plural(self.sent.rows.saturating_sub(conflicts), "row"),
            kinds.join(", ")
        )
    }

    fn is_export(&self) -> bool {
        self.facts
            .get("command")
            .is_some_and(|command| command == "export")
    }

    /// `Of 60 rows in the sheet, 57 are done and 3 skipped.`
    fn say_sheet(&self) -> String {
        let skipped = self.counts.of(OutcomeKind::Skipped);
        let kinds = OutcomeKind::ALL.into_iter();
        let verb = if self.verb == "read" { "read" } else { "done" };
        // What is left alone in a plan was read all the same.
        let counts = |kind: &OutcomeKind| match kind {
            OutcomeKind::Skipped => false,
            OutcomeKind::Conflict => verb == "read",
            kind => kind.is_success(),
        };
        let done: u64 = kinds.filter(counts).map(|kind| self.counts.of(kind)).sum();
        let are = if done == 1 { "is" } else { "are" };
        let skipped = match skipped {
            0 => String::new(),
            skipped => format!(" and {} skipped", grouped(skipped)),
        };
        let rows = if self.is_export() {
            self.setting.target.count(self.rows_in_sheet)
        } else {
            plural(self.rows_in_sheet, "row") + " in the sheet"
        };
        format!("Of {rows}, {} {are} {verb}{skipped}.", grouped(done))
    }

    pub fn to_json(&self) -> Value {
        let outcomes = |counts: &Counts| -> BTreeMap<&str, u64> {
            let kinds = OutcomeKind::ALL.into_iter();
            kinds.map(|kind| (kind.word(), counts.of(kind))).collect()
        };
        let statuses: BTreeMap<String, u64> = self
            .counts
            .by_status()
            .iter()
            .map(|(status, count)| (say_status(*status), *count))
            .collect();
        let mut json = json!({
            "rows": self.counts.rows,
            "outcomes": outcomes(&self.counts),
            "statuses": statuses,
            "requests": self.requests,
            "throttled": self.throttled,
            "seconds": self.took.as_secs_f64(),
            // The figures above are of all parts of the run, but for the requests and the time.
            "thisPart": {
                "rows": self.sent.rows,
                "outcomes": outcomes(&self.sent),
                "requests": self.requests,
                "throttled": self.throttled,
                "seconds": self.took.as_secs_f64(),
            },
            "reason": self.reason.as_ref().map(AbortReason::word),
            "stopped": self.reason.as_ref().map(ToString::to_string),
            "rowsLeft": self.rows_left,
            "results": self.results.as_ref().filter(|_| self.results_form != ResultsForm::NotKept),
            "resume": self.reason.is_some().then_some(&self.resume),
            "exitCode": self.exit_code() as u8,
        });
        if let Value::Object(json) = &mut json {
            json.extend(self.facts.clone());
        }
        json
    }

    /// What is said to a program where nothing was sent, and why where there is a reason to tell.
    pub fn of_refusal(why: Option<&str>) -> Value {
        json!({
            "reason": "refused",
            "stopped": why,
            "results": null,
            "resume": null,
            "exitCode": ExitCode::NothingSent as u8,
        })
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(reason) = &self.reason {
            writeln!(out, "stopped: {reason}")?;
            if let Some(hint) = reason.hint(self.setting) {
                writeln!(out, "hint: {hint}")?;
            }
        }
        writeln!(out, "{} {}", self.say_this_time(), self.say_sheet())?;
        out.write_str(&plural(self.requests, "request"))?;
        if self.throttled > 0 {
            let times = plural(self.throttled, "time");
            write!(out, ", rate limited {times}")?;
        }
        out.write_char('\n')?;
        for (kind, count) in self.counts.by_kind() {
            writeln!(out, "  {:<14}{count:>8}", kind.word())?;
        }
        if !self.counts.by_status().is_empty() {
            let statuses = self.counts.by_status().iter();
            let statuses: Vec<String> = statuses
                .map(|(status, count)| format!("{} × {count}", say_status(*status)))
                .collect();
            writeln!(out, "last answers: {}", statuses.join(", "))?;
        }
        if self.results_form == ResultsForm::NotKept {
            writeln!(out, "no plan is kept, since nothing differs")?;
        } else if let Some(results) = &self.results {
            writeln!(out, "results: {results}{}", self.results_form.remark())?;
        }
        if !self.adds_up() {
            writeln!(
                out,
                "error: the sheet has {} and the results have {}; do not trust these results",
                plural(self.rows_in_sheet, "row"),
                self.counts.rows
            )?;
        }
        if self.reason.is_some() {
            let left = self.rows_left;
            let are = if left == 1 { "is" } else { "are" };
            writeln!(out, "{} {are} left; to go on:", plural(left, "row"))?;
            writeln!(out, "  {}", self.resume)?;
        } else if self.results.is_none() {
            writeln!(out, "nothing needs to be sent again; to write the results:")?;
            writeln!(out, "  {}", self.resume)?;
        } else {
            self.write_hints(out)?;
        }
        Ok(())
    }
}

/// `row that is`, `2 rows that are`.
fn rows_that_are(count: u64) -> String {
    match count {
        1 => "row that is".to_string(),
        _ => format!("{} that are", plural(count, "row")),
    }
}

fn say_status(status: Option<u16>) -> String {
    status.map_or_else(|| "none".to_string(), |status| status.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::outcome::Outcome;
    use crate::setting;

    fn summary(
        outcomes: &[(OutcomeKind, Option<u16>, u32)],
        reason: Option<AbortReason>,
    ) -> Summary {
        let mut counts = Counts::default();
        for (kind, status, attempts) in outcomes {
            counts.add(&Outcome {
                status: *status,
                attempts: *attempts,
                ..Outcome::unsent(*kind, "")
            });
        }
        Summary {
            setting: setting::ALL[0],
            rows_in_sheet: counts.rows,
            rows_left: counts.of(OutcomeKind::NotAttempted),
            sent: {
                let mut sent = Counts::default();
                for (kind, _, attempts) in outcomes {
                    if *attempts > 0 {
                        sent.add_kind(*kind);
                    }
                }
                sent
            },
            verb: "sent",
            fails_on_difference: false,
            is_output_missing: false,
            counts,
            reason,
            requests: 1234,
            throttled: 2,
            took: Duration::from_secs(75),
            results: Some("sheet.results.csv".into()),
            results_form: ResultsForm::PlainCsv,
            resume: "wxbulk apply sheet.csv --resume".into(),
            again: Again::Rows("wxbulk apply sheet.results.csv --only-failed".into()),
            plan_conflicts: None,
            undo_first: Vec::new(),
            not_approved: 0,
            new_plan: None,
            facts: Map::from_iter([("note".to_string(), json!("CHG-123"))]),
        }
    }

    #[test]
    fn a_finished_run_reads_well() {
        let summary = summary(
            &[
                (OutcomeKind::Updated, Some(204), 1),
                (OutcomeKind::Updated, Some(204), 2),
                (OutcomeKind::Failed, Some(404), 1),
                (OutcomeKind::Unknown, None, 6),
                (OutcomeKind::Invalid, None, 0),
            ],
            None,
        );
        assert_eq!(summary.exit_code(), ExitCode::SomeRowsNotDone);
        insta::assert_snapshot!(summary.to_string(), @"
        4 rows sent in 1 min 15 s: 2 updated, 1 failed, 1 unknown. Of 5 rows in the sheet, 2 are done.
        1,234 requests, rate limited 2 times
          updated              2
          failed               1
          unknown              1
          invalid              1
        last answers: none × 1, 204 × 2, 404 × 1
        results: sheet.results.csv (plain CSV; --excel makes one for Excel)
        hint: to send again the 3 rows that are not done, correct them in the results file, then run:
          wxbulk apply sheet.results.csv --only-failed
        ");
        insta::assert_snapshot!(summary.to_json().to_string(), @r#"{"exitCode":1,"note":"CHG-123","outcomes":{"conflict":0,"different":0,"failed":1,"invalid":1,"not-attempted":0,"partly":0,"skipped":0,"unchanged":0,"unknown":1,"updated":2},"reason":null,"requests":1234,"results":"sheet.results.csv","resume":null,"rows":5,"rowsLeft":0,"seconds":75.0,"statuses":{"204":2,"404":1,"none":1},"stopped":null,"thisPart":{"outcomes":{"conflict":0,"different":0,"failed":1,"invalid":0,"not-attempted":0,"partly":0,"skipped":0,"unchanged":0,"unknown":1,"updated":2},"requests":1234,"rows":4,"seconds":75.0,"throttled":2},"throttled":2}"#);
    }

    #[test]
    fn a_stopped_run_ends_with_the_command_that_goes_on() {
        let summary = summary(
            &[
                (OutcomeKind::Updated, Some(204), 1),
                (OutcomeKind::NotAttempted, None, 0),
            ],
            Some(AbortReason::Interrupted),
        );
        assert_eq!(summary.exit_code(), ExitCode::Interrupted);
        insta::assert_snapshot!(summary.to_string(), @"
        stopped: interrupted
        1 row sent in 1 min 15 s: 1 updated. Of 2 rows in the sheet, 1 is done.
        1,234 requests, rate limited 2 times
          updated              1
          not-attempted        1
        last answers: 204 × 1
        results: sheet.results.csv (plain CSV; --excel makes one for Excel)
        1 row is left; to go on:
          wxbulk apply sheet.csv --resume
        ");
    }

    #[test]
    fn a_difference_and_a_missing_page_are_told_by_the_exit_code() {
        let mut summary = summary(&[(OutcomeKind::Different, Some(200), 1)], None);
        assert_eq!(summary.exit_code(), ExitCode::Success);
        summary.fails_on_difference = true;
        assert_eq!(summary.exit_code(), ExitCode::Different);
        summary.is_output_missing = true;
        assert_eq!(summary.exit_code(), ExitCode::SomeRowsNotDone);
    }

    #[test]
    fn outcomes_that_do_not_add_up_are_said_loudly() {
        let mut summary = summary(&[(OutcomeKind::Updated, Some(204), 1)], None);
        assert_eq!(summary.exit_code(), ExitCode::Success);
        summary.rows_in_sheet = 2;
        assert_eq!(summary.exit_code(), ExitCode::Stopped);
        assert!(summary.to_string().contains("do not trust these results"));
        summary.results = None;
        assert!(!summary.to_string().contains("do not trust these results"));
    }
}
