//! When the run was at work, and what went over the wire meanwhile.

use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;
use maud::{Markup, PreEscaped, html};

use super::escaped_text::EscapedText;
use super::request_chart::{NARROW, WIDE, draw};
use super::run_model::{RunModel, WorkSession};
use crate::model::clock::in_words;
use crate::model::wording::{grouped, plural};

/// Pictures on a page; a run that went on more often shows the first ones.
const MOST_PICTURES: usize = 12;

/// Shorter waits for an answer are not told.
const WORTH_TELLING: Duration = Duration::from_secs(1);

const PERCENTILES: [(&str, f64); 3] = [("50 % (the median)", 0.5), ("90 %", 0.9), ("99 %", 0.99)];

pub(super) fn sittings(run: &RunModel) -> Markup {
    html! {
        section {
            h2 { "When" }
            div.wide tabindex="0" role="group" aria-label="When the run was at work" {
                table.sittings {
                    thead {
                        tr {
                            th scope="col" { "Began" }
                            th scope="col" { "Ended" }
                            th scope="col" { "Took" }
                            th.number scope="col" { "Rows finished" }
                            @if run.knows_traffic() { th.number scope="col" { "Requests" } }
                            th scope="col" { "How it ended" }
                        }
                    }
                    tbody {
                        @for (index, sitting) in run.sittings.iter().enumerate() {
                            (line(run, sitting, index + 1 == run.sittings.len()))
                        }
                    }
                }
            }
        }
    }
}

fn line(run: &RunModel, sitting: &WorkSession, is_last: bool) -> Markup {
    html! {
        tr {
            th.time scope="row" { (moment(sitting.began)) }
            td.time { (moment(sitting.last_sign)) }
            td.time {
                (in_words(sitting.took()))
                @if sitting.waited >= WORTH_TELLING {
                    ", and " (in_words(sitting.waited)) " at the question after the first rows"
                }
            }
            td.number { (grouped(sitting.rows)) }
            @if run.knows_traffic() { td.number { (grouped(sitting.requests)) } }
            td { (how_it_ended(sitting, is_last)) }
        }
    }
}

pub(super) fn how_it_ended(sitting: &WorkSession, is_last: bool) -> Markup {
    html! {
        @match &sitting.end {
            Some(end) if end.complete => "finished",
            Some(end) => {
                "stopped"
                @if let Some(why) = &end.stopped { ": " (EscapedText::of(why)) }
            }
            None if is_last => "not ended, or cut off; the last seconds may be missing here",
            None => "cut off; the last seconds before it may be missing here",
        }
    }
}

pub(super) fn traffic(run: &RunModel) -> Result<Markup> {
    if !run.knows_traffic() {
        return Ok(html! {
            section {
                h2 { "Traffic" }
                p { "Not known: an older wxbulk, which did not note it, wrote the record of the run or a part of it." }
            }
        });
    }
    if run.requests == 0 {
        return Ok(html! {});
    }
    let busy: Vec<&WorkSession> = run.sittings.iter().filter(|one| one.requests > 0).collect();
    let pictures = busy
        .iter()
        .take(MOST_PICTURES)
        .map(|sitting| picture(sitting));
    let pictures = pictures.collect::<Result<Vec<_>>>()?;
    Ok(html! {
        section {
            h2 { "Traffic" }
            @for picture in pictures { (picture) }
            @if busy.len() > MOST_PICTURES {
                p.more { "and " (plural((busy.len() - MOST_PICTURES) as u64, "later part")) " of the run, not drawn" }
            }
            (latencies(run))
        }
    })
}

fn picture(sitting: &WorkSession) -> Result<Markup> {
    let pauses = &sitting.pauses;
    let lengths = pauses
        .iter()
        .map(|(from, until)| Duration::try_from(until.duration_since(*from)).unwrap_or_default());
    let waited: Duration = lengths.sum();
    let throttled = sitting.series.steps.iter().map(|step| step.throttled).sum();
    let words = format!(
        "{} between {} and {}, up to {} in one second; {} of them answered with 429; {}",
        plural(sitting.requests, "request"),
        moment(sitting.began),
        moment(sitting.last_sign),
        grouped(sitting.series.peak),
        match throttled {
            0 => "none".to_string(),
            count => grouped(count),
        },
        match pauses.len() {
            0 => "no pause".to_string(),
            count => format!(
                "{}, {} in all",
                plural(count as u64, "pause"),
                in_words(waited)
            ),
        },
    );
    Ok(html! {
        figure {
            div role="img" aria-label={ "Requests a second over time: " (words) } {
                div.on-wide { (PreEscaped(draw(sitting, WIDE)?)) }
                div.on-narrow { (PreEscaped(draw(sitting, NARROW)?)) }
            }
            figcaption {
                p { strong { "Requests a second." } " " (words) "." }
                ul.legend {
                    li { span.swatch.requests {} "requests that ended" }
                    li { span.swatch.throttled {} "of them answered with 429, marked ▼ above" }
                    @if !pauses.is_empty() { li { span.swatch.pause {} "pause that the service asked for" } }
                }
            }
        }
    })
}

fn latencies(run: &RunModel) -> Markup {
    let latencies = &run.latencies;
    if latencies.total() == 0 {
        return html! { p { "No request was answered." } };
    }
    html! {
        h3 { "How long answers took" }
        table.narrow {
            thead { tr { th scope="col" { "Share of the answers" } th.number scope="col" { "took no longer than" } } }
            tbody {
                @for (name, share) in PERCENTILES {
                    tr { th scope="row" { (name) } td.number { (length(latencies.percentile(share))) } }
                }
                tr { th scope="row" { "all (the slowest)" } td.number { (length(latencies.slowest())) } }
            }
        }
        p {
            (plural(latencies.total(), "answer")) ", those with 429 left out"
            @if run.unanswered > 0 { "; " (plural(run.unanswered, "request")) " got no answer" }
            ". Times are exact to about 6 %."
        }
    }
}

pub(super) fn moment(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// `0.4 ms`, `312 ms`, `12.3 s`.
fn length(length: Duration) -> String {
    let milliseconds = length.as_secs_f64() * 1000.0;
    match milliseconds {
        ..10.0 => format!("{milliseconds:.1} ms"),
        ..10_000.0 => format!("{milliseconds:.0} ms"),
        _ => format!("{:.1} s", length.as_secs_f64()),
    }
}
