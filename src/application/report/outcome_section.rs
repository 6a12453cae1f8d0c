//! What became of the rows: how many came to what, and of those that are not done, why.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::escaped_text::EscapedText;
use super::run_model::RunModel;
use crate::model::failure_groups::{FailureGroup, Rows};
use crate::model::outcome::{Outcome, OutcomeKind};
use crate::model::wording::{grouped, plural};

/// Rows of a cause that are named one by one.
const MOST_NAMED: usize = 20;

pub(super) fn outcomes(run: &RunModel) -> Markup {
    let is_plan = run.header.settings.plan;
    let meaning = |kind| match kind {
        OutcomeKind::Updated if run.header.settings.rehearsal => {
            "the simulator took the change; nothing was changed in Webex"
        }
        OutcomeKind::Skipped if !run.skipped.is_empty() => "left out; why is told below",
        kind => meaning(kind, is_plan),
    };
    let of_run = lines(&run.outcomes, meaning, run.rows());
    let untold = html! {
        @if run.rows_untold > 0 {
            (line("no record", "left out by the check, done before, or not yet sent when the record of the run was read", run.rows_untold, run.rows()))
        }
    };
    html! {
        section {
            h2 { "What became of the rows" }
            (table(&html! { (of_run) (untold) }, run.rows()))
        }
    }
}

fn lines(
    outcomes: &BTreeMap<OutcomeKind, u64>,
    meaning: impl Fn(OutcomeKind) -> &'static str,
    all: u64,
) -> Markup {
    html! {
        @for (kind, count) in outcomes.iter().filter(|(_, count)| **count > 0) {
            (line(kind.word(), meaning(*kind), *count, all))
        }
    }
}

fn table(lines: &Markup, all: u64) -> Markup {
    html! {
        table {
            thead {
                tr {
                    th scope="col" { "Outcome" }
                    th scope="col" { "What it means" }
                    th.number scope="col" { "Rows" }
                    th.number scope="col" { "Share" }
                }
            }
            tbody { (lines) }
            tfoot {
                tr {
                    th scope="row" { "all" }
                    td {}
                    td.number { (grouped(all)) }
                    td.number {}
                }
            }
        }
    }
}

fn line(word: &str, meaning: &str, count: u64, all: u64) -> Markup {
    html! {
        tr {
            th scope="row" { (word) }
            td { (meaning) }
            td.number { (grouped(count)) }
            td.number { (share(count, all)) }
        }
    }
}

fn meaning(kind: OutcomeKind, is_plan: bool) -> &'static str {
    match kind {
        OutcomeKind::Updated => "the service took the change",
        OutcomeKind::Unchanged => "the numbers were already so",
        OutcomeKind::Skipped => {
            "not sent: nothing to change, skipped in the plan, outside of the part that was chosen, hidden, or the same as an earlier row"
        }
        OutcomeKind::Failed if is_plan => "the numbers could not be read",
        OutcomeKind::Conflict => "the numbers were not as expected and were left alone",
        OutcomeKind::Partly => "one of several changes of the row took effect",
        OutcomeKind::Failed => "the service refused it, or kept failing",
        OutcomeKind::Unknown => {
            "it may have taken effect; why that is not known is told below, and sending it again does no harm"
        }
        OutcomeKind::Invalid => "the row is wrong and was left out",
        OutcomeKind::NotAttempted => "the run ended before its turn",
        OutcomeKind::Different => "the numbers are not as the sheet says",
    }
}

fn share(count: u64, all: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a share in per cent")]
    let share = 100.0 * count as f64 / all.max(1) as f64;
    // A few of very many are not none.
    match share {
        ..0.1 if count > 0 => "< 0.1 %".to_string(),
        99.9.. if count < all => "> 99.9 %".to_string(),
        _ => format!("{share:.1} %"),
    }
}

pub(super) fn causes(run: &RunModel) -> Markup {
    let causes = &run.causes;
    if causes.is_empty() {
        return html! {};
    }
    html! {
        section {
            h2 {
                @match (run.rows_not_done(), run.rows_in_doubt()) {
                    (0, 1..) => "Rows that may be done, by cause",
                    (_, 1..) => "Rows not done, or perhaps not, by cause",
                    _ => "Rows not done, by cause",
                }
            }
            p {
                "The message is the one that the first of these rows got. Cisco support asks for a tracking id; those of all rows are in the results file."
            }
            @for cause in &causes.causes {
                (block(cause, &run.names))
            }
            @if causes.others.count > 0 {
                div.cause {
                    h3 { "Other causes" }
                    (rows(&causes.others, &run.names))
                }
            }
        }
    }
}

/// Rows that were not to be sent, by the reason why; and those that a plan does not have any more.
pub(super) fn left_out(run: &RunModel) -> Markup {
    let deleted = run.deleted_from_plan();
    if run.skipped.is_empty() && deleted.is_empty() {
        return html! {};
    }
    html! {
        section {
            h2 { "Rows left out" }
            @for cause in &run.skipped.causes {
                div.cause {
                    p.words { (EscapedText::of(&cause.outcome.message)) }
                    (rows(&cause.rows, &run.names))
                }
            }
            @if run.skipped.others.count > 0 {
                div.cause {
                    p.words { "other reasons" }
                    (rows(&run.skipped.others, &run.names))
                }
            }
            @for (sheet, deleted) in deleted {
                div.cause {
                    p.words { "not approved: deleted from the plan, so not sent; as they are numbered in " (EscapedText::of(sheet)) ", all other rows on this page as in " (EscapedText::of(&run.header.input.name)) }
                    (rows(deleted, &Names::new()))
                }
            }
        }
    }
}

/// What rows call their locations.
type Names = BTreeMap<u64, Box<str>>;

fn block(cause: &FailureGroup, names: &Names) -> Markup {
    let FailureGroup {
        outcome,
        rows: of,
        tracking_ids,
    } = cause;
    html! {
        div.cause {
            h3 { (title(outcome)) }
            p.words {
                @if outcome.message.is_empty() { (meaning(outcome.kind, false)) } @else { (EscapedText::of(&outcome.message)) }
            }
            (rows(of, names))
            @if !tracking_ids.is_empty() {
                table.narrow {
                    thead { tr { th.number scope="col" { "Row" } th scope="col" { "Tracking id for Cisco support" } } }
                    tbody {
                        @for (row, tracking_id) in tracking_ids {
                            tr { th.number scope="row" { (row) } td { code.long { (EscapedText::of(tracking_id)) } } }
                        }
                    }
                }
            }
        }
    }
}

/// `failed · 404 · code 25223`.
fn title(outcome: &Outcome) -> Markup {
    html! {
        (outcome.kind.word())
        @if let Some(status) = outcome.refusal() { " · status " (status) }
        @if !outcome.error_code.is_empty() { " · code " (EscapedText::of(&outcome.error_code)) }
    }
}

/// `12 rows: 57–60, 63, 71 and 6 more`; with names, `2 rows: 57 (Malaga), 58 (Lyon)`.
fn rows(rows: &Rows, names: &Names) -> Markup {
    let numbers = rows.ranges.iter().flat_map(|(first, last)| *first..=*last);
    let numbers: Vec<u64> = numbers.take(MOST_NAMED).collect();
    if numbers.iter().any(|row| names.contains_key(row)) {
        return named(rows, &numbers, names);
    }
    let more = rows.not_named();
    html! {
        p.rows {
            strong { (plural(rows.count, "row")) ":" } " "
            (rows.ranges_in_words(usize::MAX).join(", "))
            @if more > 0 { " and " (grouped(more)) " more" }
        }
    }
}

fn named(rows: &Rows, numbers: &[u64], names: &Names) -> Markup {
    let more = rows.count.saturating_sub(numbers.len() as u64);
    html! {
        p.rows {
            strong { (plural(rows.count, "row")) ":" } " "
            @for (index, row) in numbers.iter().enumerate() {
                @if index > 0 { ", " }
                (row)
                @if let Some(name) = names.get(row) { " (" (EscapedText::of(name)) ")" }
            }
            @if more > 0 { " and " (grouped(more)) " more" }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_told_in_ranges() {
        let mut all = Rows::default();
        for row in [57, 58, 59, 60, 63, 71] {
            all.add(row);
        }
        all.count += 6;
        let text = rows(&all, &Names::new()).into_string();
        assert!(text.contains("12 rows:"), "{text}");
        assert!(text.contains("57–60, 63, 71 and 6 more"), "{text}");
    }

    #[test]
    fn rows_have_the_names_of_their_locations_where_those_are_known() {
        let mut all = Rows::default();
        all.add(57);
        all.add(58);
        let names = Names::from([(58, "Lyon <b>".into())]);
        let text = rows(&all, &names).into_string();
        assert!(
            text.contains("57, 58 (<bdi>Lyon &lt;b&gt;</bdi>)"),
            "{text}"
        );
    }

    #[test]
    fn a_few_of_very_many_are_not_none_and_nearly_all_are_not_all() {
        let shares = [(0, 10), (1, 9999), (9998, 9999), (1, 3), (10, 10), (0, 0)];
        let shares = shares.map(|(count, all)| share(count, all));
        assert_eq!(
            shares,
            ["0.0 %", "< 0.1 %", "> 99.9 %", "33.3 %", "100.0 %", "0.0 %"]
        );
    }
}
