//! What a run came to: counts, words, exit code.

mod summary_hints;
mod summary_text;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::application::exit_code::ExitCode;
use crate::application::results::Remedies;
use crate::application::run_settings::{LaterChanges, RunSettings};
use crate::engine::abort::AbortReason;
use crate::model::counts::Counts;
use crate::model::outcome::OutcomeKind;
use crate::setting::Setting;
pub use summary_hints::Again;
pub(in crate::application) use summary_text::say_how_it_stands;

/// What a run came to.
#[derive(Debug)]
pub struct Summary {
    /// What stands in the results, of all rows of the sheet.
    pub counts: Counts,
    /// Rows of these outside of the part that the command was about.
    pub outside: Counts,
    /// What can be done about those that are not done.
    pub remedies: Remedies,
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
    /// Rows that an undo cannot put back, or organizations that an export lacks.
    pub left_out: u64,
    pub requests: u64,
    pub throttled: u64,
    pub took: Duration,
    /// Where the results are; `None` when they could not be written.
    pub results: Option<String>,
    /// What can be done with the results in Excel.
    pub results_form: ResultsForm,
    /// A difference is told by the exit code.
    pub fails_on_difference: bool,
    /// Rows that differ although their location is as a later row asks for.
    pub set_again: u64,
    /// A page or a log that was asked for could not be written.
    pub is_output_missing: bool,
    /// The command that goes on with this run.
    pub resume: String,
    /// How to send again what failed.
    pub again: Again,
    /// The same for all rows of the results.
    pub again_outside: Option<String>,
    /// Later runs that changed what an undo was to put back, and how many of its rows were left alone for each.
    pub undo_first: Vec<(LaterChanges, u64)>,
    /// Rows for which the plan that was applied approved nothing.
    pub not_approved: u64,
    /// The rows were held against a plan.
    pub is_under_plan: bool,
    /// What an undo does to the values.
    pub undo: Option<UndoKind>,
    /// The command that plans what is not done.
    pub plan_left: Option<String>,
    /// Who, when, why, of what, and which commands make sense now, for programs.
    pub facts: Map<String, Value>,
}

/// What an undo does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndoKind {
    PutsBack,
    /// One of an undo: it sends once more what a run had set.
    SetsAgain,
}

impl UndoKind {
    pub fn of(settings: &RunSettings) -> Option<UndoKind> {
        let kind = match settings.lineage.sets_again {
            Some(_) => UndoKind::SetsAgain,
            None => UndoKind::PutsBack,
        };
        (settings.spec.command == "undo").then_some(kind)
    }
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
            None if self.not_done() > 0 || self.is_output_missing => ExitCode::SomeRowsNotDone,
            None if self.fails_on_difference
                && self.counts.of(OutcomeKind::Different) > self.set_again =>
            {
                ExitCode::Different
            }
            None => ExitCode::Success,
        }
    }

    /// Rows that the command was about and that are not done.
    fn not_done(&self) -> u64 {
        let outside = self.outside.not_done();
        self.counts.not_done().saturating_sub(outside)
    }

    /// Those of them that were left alone.
    fn conflicts(&self) -> u64 {
        let outside = self.outside.of(OutcomeKind::Conflict);
        self.counts
            .of(OutcomeKind::Conflict)
            .saturating_sub(outside)
    }

    /// The others that another run may send.
    fn to_repeat(&self) -> u64 {
        let left = self.not_done().saturating_sub(self.not_approved);
        left.saturating_sub(self.conflicts())
    }

    /// There is nothing to go on with.
    pub fn has_ended(&self) -> bool {
        self.reason.is_none() && self.results.is_some() && self.adds_up()
    }

    /// Every row of the sheet has exactly one outcome in the results, if there are any.
    fn adds_up(&self) -> bool {
        self.results.is_none() || self.counts.rows == self.rows_in_sheet
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
            "confirmedNotReadBack": self.counts.confirmed_and_unseen,
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
            "exitCode": self.exit_code().with_left_out(self.left_out) as u8,
        });
        if let Value::Object(json) = &mut json {
            json.extend(self.facts.clone());
        }
        json
    }

    /// What is said to a program where nothing was sent, and why where there is a reason to tell.
    pub fn of_refusal(why: Option<&str>, hints: &[&str]) -> Value {
        json!({
            "reason": "refused",
            "stopped": why,
            "hints": hints,
            "results": null,
            "resume": null,
            "exitCode": ExitCode::NothingSent as u8,
        })
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
            left_out: 0,
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
            set_again: 0,
            is_output_missing: false,
            counts,
            outside: Counts::default(),
            remedies: Remedies::default(),
            again_outside: None,
            reason,
            requests: 1234,
            throttled: 2,
            took: Duration::from_secs(75),
            results: Some("sheet.results.csv".into()),
            results_form: ResultsForm::PlainCsv,
            resume: "wxbulk apply sheet.csv --resume".into(),
            again: Again::Rows("wxbulk apply sheet.results.csv --only-failed".into()),
            undo_first: Vec::new(),
            not_approved: 0,
            is_under_plan: false,
            undo: None,
            plan_left: None,
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
        4 rows sent in 1 min 15 s: 2 updated, 1 failed, 1 unknown. Of 5 rows in the sheet, 2 are done, 1 may be done and 2 are not done.
        1,234 requests, rate limited 2 times
          updated              2
          failed               1
          unknown              1
          invalid              1
        last answers: none × 1, 204 × 2, 404 × 1
        results: sheet.results.csv (plain CSV; --excel makes one for Excel)
        hint: to send again the 3 rows that are not done, or may not be, correct them in `sheet.results.csv`, then run:
          wxbulk apply sheet.results.csv --only-failed
        ");
        insta::assert_snapshot!(summary.to_json().to_string(), @r#"{"confirmedNotReadBack":0,"exitCode":1,"note":"CHG-123","outcomes":{"conflict":0,"different":0,"failed":1,"invalid":1,"not-attempted":0,"partly":0,"skipped":0,"unchanged":0,"unknown":1,"updated":2},"reason":null,"requests":1234,"results":"sheet.results.csv","resume":null,"rows":5,"rowsLeft":0,"seconds":75.0,"statuses":{"204":2,"404":1,"none":1},"stopped":null,"thisPart":{"outcomes":{"conflict":0,"different":0,"failed":1,"invalid":0,"not-attempted":0,"partly":0,"skipped":0,"unchanged":0,"unknown":1,"updated":2},"requests":1234,"rows":4,"seconds":75.0,"throttled":2},"throttled":2}"#);
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
        1 row sent in 1 min 15 s: 1 updated. Of 2 rows in the sheet, 1 is done and 1 is not done.
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
    fn a_failed_row_without_a_wrong_cell_is_not_told_to_correct_one() {
        let refused = (OutcomeKind::Failed, Some(400), 1);
        let ignored = (OutcomeKind::Failed, Some(204), 1);
        let all = [refused, refused, ignored, ignored];
        let failing = (OutcomeKind::Failed, Some(500), 6);
        let wrong = "correct in `sheet.results.csv` what `message` says is wrong, then";
        for (rows, not_correctable, to_try_again, said) in [
            (&all[..2], 0, 0, "correct them in `sheet.results.csv`, then"),
            (&all[1..3], 1, 0, wrong),
            (&[refused, failing], 0, 1, wrong),
            (
                &all[2..],
                2,
                0,
                "first do what `message` in `sheet.results.csv` says, or leave them out, then",
            ),
            (
                &[failing, failing],
                0,
                2,
                "to send again the 2 rows that are not done, run",
            ),
        ] {
            let mut summary = summary(rows, None);
            summary.remedies.not_correctable = not_correctable;
            summary.remedies.to_try_again = to_try_again;
            let text = summary.to_string();
            assert!(text.contains(said), "{text}");
        }
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
