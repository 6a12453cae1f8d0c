//! Pages of runs that went badly, or that somebody wanted to go badly.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::journal_gathering::Gathering;
use super::page::{may_be_replaced, render};
use super::run_model::RunModel;
use crate::application::run_settings::ChangeList;
use crate::journal::{
    BeginRecord, EndRecord, Entry, InputFile, MeaningfulSettings, Organization, Place, RowRecord,
    RunHeader, Sent,
};
use crate::model::current_values::CurrentValues;
use crate::model::outcome::{Outcome, OutcomeKind};
use crate::setting;
use crate::table::FileChecksum;
use crate::traffic::{Interval, LatencyCounts};

/// What somebody may try to get onto a page, wherever a text can stand.
const HOSTILE: &str = "<script>alert(1)</script>\"><img src=x onerror=alert(2)>'--></style></title>]]><svg onload=alert(3)>\u{202e}\u{0}\u{1b}\u{7f}\u{2066}&lt;b&gt;{{x}}";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).expect("a time")
}

fn header(text: &str) -> RunHeader {
    RunHeader {
        wxbulk: text.into(),
        format: 1,
        started_at: at(0),
        input: InputFile {
            name: text.into(),
            size: 1000,
            sha256: text.into(),
            rows: 6,
            ..InputFile::default()
        },
        setting: setting::ALL[0].name.into(),
        settings: MeaningfulSettings {
            base_url: text.into(),
            org: Some(text.into()),
            country: Some(text.into()),
            skip_invalid: true,
            allow_duplicates: true,
            only_failed: true,
            rehearsal: false,
            backup: true,
            plan: false,
            export: false,
            ..MeaningfulSettings::default()
        },
        ..RunHeader::default()
    }
}

fn begin(second: i64, text: &str) -> Entry {
    Entry::Begin(BeginRecord {
        wxbulk: text.into(),
        began_at: at(second),
        command: text.into(),
        concurrency: 10,
        rate: Some(text.into()),
        organizations: vec![Organization {
            id: text.into(),
            name: text.into(),
            rows: 6,
        }],
        ..BeginRecord::default()
    })
}

fn row(row: u64, kind: OutcomeKind, text: &str) -> Entry {
    Entry::Row(RowRecord {
        row,
        check: 0,
        finished_at: at(row.cast_signed()),
        place: None,
        sent: None,
        outcome: Outcome {
            kind,
            status: (kind != OutcomeKind::Unknown).then_some(404),
            error_code: text.into(),
            message: text.into(),
            tracking_id: text.into(),
            attempts: 1,
            previous: None,
            usages: None,
            set_numbers: None,
            set_before: Vec::new(),
            untouched: Vec::new(),
            also_changed: Vec::new(),
            may_arrive_late: false,
        },
    })
}

fn traffic(second: i64) -> Entry {
    Entry::Traffic(Interval {
        from: at(second),
        requests: vec![3, 0, 2],
        throttled: vec![1],
        unanswered: 1,
        latencies: LatencyCounts {
            at_most: vec![(204_799, 3)],
            slowest: 200_000,
        },
        pauses: vec![(at(second + 1), at(second + 2))],
    })
}

fn end(second: i64, stopped: Option<&str>, outcomes: &[(OutcomeKind, u64)]) -> Entry {
    Entry::End(EndRecord {
        finished_at: at(second),
        complete: stopped.is_none(),
        results: FileChecksum { size: 0, crc32: 0 },
        stopped: stopped.map(str::to_string),
        outcomes: outcomes.iter().copied().collect::<BTreeMap<_, _>>(),
        without_record: crate::model::failure_groups::FailureGroups::default(),
        skipped: crate::model::failure_groups::FailureGroups::default(),
    })
}

fn run_model(header: RunHeader, entries: Vec<Entry>) -> RunModel {
    let mut gathering = Gathering::of(setting::ALL[0]);
    for entry in entries {
        gathering.add(entry);
    }
    gathering.finish(header)
}

fn page_of(run: &RunModel, undo: &str) -> String {
    render(run, undo, ChangeList::Folded, "").expect("a page")
}

/// The words of a page without its pictures, a line for each paragraph and row.
fn words(page: &str) -> String {
    let body = page.split("<body>").nth(1).expect("a body");
    let mut words = String::new();
    let mut is_picture = false;
    for part in body.split('<').skip(1) {
        let (tag, text) = part.split_once('>').expect("a tag ends");
        match tag {
            "/td" | "/th" | "/dt" => words.push_str(" | "),
            "/summary" | "/p" | "/tr" | "/h1" | "/h2" | "/h3" | "/li" | "/dd" | "/pre" => {
                words.push('\n');
            }
            "/svg" => is_picture = false,
            _ => is_picture |= tag.starts_with("svg "),
        }
        if !is_picture {
            words.push_str(text.trim_matches('\n'));
        }
    }
    let lines = words.lines().map(|line| line.trim_end_matches(" | "));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn nothing_from_outside_becomes_part_of_the_page() {
    let entries = |text: &str| {
        vec![
            begin(0, text),
            row(2, OutcomeKind::Failed, text),
            row(3, OutcomeKind::Unknown, text),
            row(4, OutcomeKind::Updated, text),
            traffic(2),
            end(9, Some(text), &[]),
        ]
    };
    let tags = |page: &str| -> Vec<String> {
        let parts = page.split('<').skip(1);
        let tags = parts.map(|part| part.split('>').next().expect("a part").to_string());
        tags.filter(|tag| !tag.starts_with("meta name=\"wxbulk\""))
            .collect()
    };
    let hostile = page_of(&run_model(header(HOSTILE), entries(HOSTILE)), HOSTILE);
    let harmless = page_of(&run_model(header("x"), entries("x")), "x");
    // However long and odd the texts are, the page is made of the same tags and attributes.
    assert_eq!(tags(&hostile), tags(&harmless));
    assert!(!hostile.contains(['\u{202e}', '\u{0}', '\u{1b}', '\u{7f}', '\u{2066}']));
    assert!(hostile.matches("&lt;script&gt;alert(1)").count() >= 12);
    assert!(hostile.contains("‹U+202E›"));
    assert!(hostile.contains("<meta name=\"wxbulk\" content=\"run 2027-"));
}

#[test]
fn a_run_that_was_stopped_and_cut_off_is_told_so() {
    let run = run_model(
        header("numbers.csv"),
        vec![
            begin(0, "apply"),
            row(2, OutcomeKind::Updated, ""),
            row(3, OutcomeKind::Failed, "25223"),
            traffic(2),
            end(5, Some("interrupted"), &[(OutcomeKind::Updated, 1)]),
            begin(1000, "apply"),
            row(1004, OutcomeKind::Failed, "25223"),
            traffic(1003),
        ],
    );
    insta::assert_snapshot!(words(&page_of(&run, "wxbulk undo numbers.results.csv")), @"
    Webex Calling · change report · numbers.csv
    Auto transfer numbers of 6 locations, apply
    !Not ended. The run was cut off without a chance to say why; resuming it finishes the sheet.
    Rows in the sheet | 6
    Done | 1
    Not done | 2
    Rows changed | 1
    To do | 3
    Requests sent | 10
    429 answers | 2
    Time at work | 9 s
    What became of the rows
    Outcome | What it means | Rows | Share
    updated | the service took the change | 1 | 16.7 %
    failed | the service refused it, or kept failing | 2 | 33.3 %
    no record | left out by the check, done before, or not yet sent when the record of the run was read | 3 | 50.0 %
    all |  | 6
    Rows not done, by cause
    The message is the one that the first of these rows got. Cisco support asks for a tracking id; those of all rows are in the results file.
    failed · status 404 · code 25223
    25223
    2 rows: 3, 1004
    Row | Tracking id for Cisco support
    3 | 25223
    1004 | 25223
    The way back
    The numbers from before were kept. This puts them back at 1 location, after asking, with an access token as for the run:
    wxbulk undo numbers.results.csv
    It needs the results file of the run. What somebody else has changed since is left alone, and the undo is itself recorded, so that it can be undone too.
    What was asked
    Command | wxbulk apply, version apply
    Sheet | numbers.csv, 6 rows, 1,000 bytes
    SHA-256 of the sheet | numbers.csv
    Service | numbers.csv
    Rows without an organization | belong to numbers.csv
    Numbers without a country | belong to numbers.csv
    Which rows | those that an earlier run did not get done; bad rows left out; several rows for one location in the order of the sheet
    Numbers from before | read and kept before each change
    Pace | 10 requests at once at most, no more than apply
    When
    Began | Ended | Took | Rows finished | Requests | How it ended
    2027-01-15 08:00:00 | 2027-01-15 08:00:05 | 5 s | 2 | 5 | stopped: interrupted
    2027-01-15 08:16:40 | 2027-01-15 08:16:44 | 4 s | 1 | 5 | not ended, or cut off; the last seconds may be missing here
    Traffic
    Requests a second. 5 requests between 2027-01-15 08:00:00 and 2027-01-15 08:00:05, up to 3 in one second; 1 of them answered with 429; 1 pause, 1 s in all.
    requests that ended
    of them answered with 429, marked ▼ above
    pause that the service asked for
    Requests a second. 5 requests between 2027-01-15 08:16:40 and 2027-01-15 08:16:44, up to 3 in one second; 1 of them answered with 429; 1 pause, 1 s in all.
    requests that ended
    of them answered with 429, marked ▼ above
    pause that the service asked for
    How long answers took
    Share of the answers | took no longer than
    50 % (the median) | 200 ms
    90 % | 200 ms
    99 % | 200 ms
    all (the slowest) | 200 ms
    6 answers, those with 429 left out; 2 requests got no answer. Times are exact to about 6 %.
    Organizations
    1 organization
    Organization | Rows to send | Done | Not done
    apply
    apply | 6 | 0
    All times are UTC. Rows are numbered as a spreadsheet shows them: the header is row 1. Written by wxbulk 0.1.0 from the record that the run kept, the file that ends in .journal.
    ");
}

#[test]
fn a_journal_of_an_older_version_gives_a_page_that_says_what_is_not_known() {
    let old = vec![
        row(2, OutcomeKind::Updated, ""),
        end(5, None, &[]),
        row(3, OutcomeKind::Failed, "25223"),
        end(3000, None, &[]),
    ];
    let text = words(&page_of(
        &run_model(header("old.csv"), old),
        "wxbulk undo old.results.csv",
    ));
    assert!(text.contains("Not known: an older wxbulk"), "{text}");
    assert!(text.contains("no record"), "{text}");
    assert_eq!(text.matches("| finished").count(), 2, "{text}");
}

#[test]
fn a_page_tells_what_was_changed_and_where_it_failed() {
    let place = |org: &str, name: &str| Place {
        org_id: Some(org.into()),
        id: "id".into(),
        name: name.into(),
    };
    let record =
        |number: u64, kind, place, previous: [Option<&str>; 3], sent: [Option<&str>; 3]| {
            let Entry::Row(record) = row(number, kind, "") else {
                panic!("not a row");
            };
            Entry::Row(RowRecord {
                place: Some(place),
                sent: Some(Sent(sent.map(|text| text.map(Box::from)).into())),
                outcome: Outcome {
                    previous: Some(CurrentValues::of(previous)),
                    ..record.outcome
                },
                ..record
            })
        };
    let organization = |id: &str, name: &str| Organization {
        id: id.into(),
        name: name.into(),
        rows: 2,
    };
    let run = run_model(
        header("numbers.xlsx"),
        vec![
            Entry::Begin(BeginRecord {
                began_at: at(0),
                organizations: vec![organization("a", "Acme"), organization("b", "Bolt")],
                ..BeginRecord::default()
            }),
            record(
                3,
                OutcomeKind::Updated,
                place("a", "Lyon"),
                [None, Some("5502"), Some("5503")],
                [Some("+12025550101"), Some(""), Some("5503")],
            ),
            record(
                2,
                OutcomeKind::Updated,
                place("a", ""),
                [Some("2025550199"), None, None],
                [Some("+12025550102"), None, Some("")],
            ),
            record(
                4,
                OutcomeKind::Failed,
                place("b", "Malaga <i>"),
                [None, None, None],
                [Some("5501"), None, None],
            ),
            end(9, None, &[]),
        ],
    );
    let text = words(&page_of(&run, "wxbulk undo numbers.results.xlsx"));
    for part in [
        "Numbers set | 1\nNumbers changed | 1\nNumbers cleared | 1\n",
        "1 row: 4 (Bolt / Malaga &lt;i&gt;)",
        "2 rows, old and new",
        "2 | Acme | id | n1: +12025550199 → +12025550102",
        "3 | Acme | Lyon | n1: nothing → +12025550101\nn2: 5502 → nothing",
        "2 organizations, 1 with rows not done",
        "Bolt\nb | 2 | 0 | 1",
        "Acme\na | 2 | 2",
    ] {
        assert!(text.contains(part), "{part}\n\n{text}");
    }
    assert!(
        text.find("Bolt\nb") < text.find("Acme\na"),
        "failures come first"
    );
}

#[test]
fn the_time_in_which_somebody_was_asked_is_no_time_at_work() {
    let machine = crate::journal::Machine {
        host: "desk".into(),
        ..crate::journal::Machine::default()
    };
    let goes_on = |second, first_rows_shown| {
        Entry::Begin(BeginRecord {
            began_at: at(second),
            machine: Some(machine.clone()),
            first_rows_shown,
            ..BeginRecord::default()
        })
    };
    let updated = |number| row(number, OutcomeKind::Updated, "");
    let run = run_model(
        header("numbers.xlsx"),
        vec![
            goes_on(0, false),
            updated(2),
            // Shown, and the answer, ten minutes later.
            goes_on(2, true),
            goes_on(602, true),
            updated(610),
            end(612, None, &[]),
        ],
    );
    assert_eq!(run.sittings.len(), 1);
    assert_eq!(run.took().as_secs(), 12);
    let text = words(&page_of(&run, ""));
    assert!(text.contains("Time at work | 12 s"), "{text}");
    let took = "12 s, and 10 min at the question after the first rows";
    assert!(text.contains(took), "{text}");
}

#[test]
fn a_journal_without_anything_but_its_header_gives_a_page() {
    let text = words(&page_of(&run_model(header("x"), Vec::new()), ""));
    assert!(text.contains("Not ended."), "{text}");
}

#[test]
fn only_a_page_of_the_same_run_or_of_a_rehearsal_may_be_replaced() {
    let run = header("abc");
    let page = page_of(&run_model(run.clone(), Vec::new()), "");
    assert!(may_be_replaced(&page, Some(&run), ""));
    assert!(!may_be_replaced(&page, None, ""));
    let later = RunHeader {
        started_at: at(1),
        ..run.clone()
    };
    assert!(!may_be_replaced(&page, Some(&later), ""));
    let mut rehearsal = run.clone();
    rehearsal.settings.rehearsal = true;
    let page = page_of(&run_model(rehearsal, Vec::new()), "");
    assert!(may_be_replaced(&page, Some(&run), "") && may_be_replaced(&page, None, ""));
    assert!(!may_be_replaced("<!DOCTYPE html>", Some(&run), ""));
}

/// The colors of the light page and of the dark one.
fn themes() -> [BTreeMap<String, [f64; 3]>; 2] {
    let style = include_str!("style.css");
    let (light, dark) = style
        .split_once("@media screen and (prefers-color-scheme: dark)")
        .expect("two themes");
    let read = |part: &str| -> BTreeMap<String, [f64; 3]> {
        let part = part.split_once(":root {").expect("colors").1;
        let part = part.split_once('}').expect("an end").0;
        let lines = part
            .lines()
            .filter_map(|line| line.trim().strip_prefix("--"));
        lines
            .map(|line| {
                let (name, value) = line.split_once(": #").expect("a color");
                let channel = |at: usize| {
                    let value = u8::from_str_radix(&value[at..at + 2], 16).expect("a number");
                    f64::from(value) / 255.0
                };
                (name.to_string(), [channel(0), channel(2), channel(4)])
            })
            .collect()
    };
    [read(light), read(dark)]
}

/// As the Web Content Accessibility Guidelines reckon it.
fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let luminance = |color: [f64; 3]| {
        let [red, green, blue] = color.map(|channel| {
            if channel <= 0.04045 {
                channel / 12.92
            } else {
                ((channel + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    };
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn words_stand_out_from_their_background_in_both_themes() {
    let texts = [
        ("words", "page"),
        ("words", "raised"),
        ("words", "good-back"),
        ("words", "warning-back"),
        ("words", "problem-back"),
        ("words", "note-back"),
        ("quiet", "page"),
        ("quiet", "raised"),
        ("good", "good-back"),
        ("warning", "warning-back"),
        ("problem", "problem-back"),
        ("note", "note-back"),
    ];
    let shapes = [
        ("requests", "page"),
        ("throttled", "page"),
        ("requests", "pause"),
        ("throttled", "pause"),
        ("note", "page"),
    ];
    for theme in themes() {
        let least = [(&texts[..], 4.5), (&shapes[..], 3.0)];
        for (pairs, least) in least {
            for (front, back) in pairs {
                let contrast = contrast(theme[*front], theme[*back]);
                assert!(contrast >= least, "{front} on {back}: {contrast:.2}");
            }
        }
    }
}

#[test]
fn every_color_of_a_picture_is_the_pages_to_change() {
    let page = page_of(&run_model(header("x"), vec![begin(0, "x"), traffic(2)]), "");
    let (style, body) = page.split_once("</style>").expect("a style");
    let (light, _) = style.split_once("@media").expect("two themes");
    for part in body.split("=\"#").skip(1) {
        let color = &part[..6];
        assert!(style.contains(&format!("=\"#{color}\"] {{")), "#{color}");
        let color = color.to_ascii_lowercase();
        assert!(
            light.contains(&format!(": #{color};")),
            "#{color} is no color of the light page"
        );
    }
}

#[test]
fn the_pace_of_parts_that_differ_is_told_of_each() {
    let part = |second: i64, rate: Option<&str>| {
        Entry::Begin(BeginRecord {
            began_at: at(second),
            concurrency: 10,
            rate: rate.map(str::to_string),
            ..BeginRecord::default()
        })
    };
    let pace = |rates: &[Option<&str>]| {
        let begins = rates.iter().zip(0..).map(|(rate, at)| part(at, *rate));
        let html = page_of(&run_model(header("x"), begins.collect()), "wxbulk undo x");
        let text = words(&html);
        let found = text.lines().find_map(|line| line.strip_prefix("Pace | "));
        found.unwrap_or_default().to_string()
    };
    insta::assert_snapshot!(pace(&[None, None]), @"10 requests at once at most, as fast as the service allowed");
    insta::assert_snapshot!(pace(&[Some("2/s"), Some("2/s")]), @"10 requests at once at most, no more than 2/s");
    insta::assert_snapshot!(pace(&[Some("2/s"), None, Some("5/s"), None]), @"10 requests at once at most, parts of the run differ: no more than 2/s, as fast as the service allowed and no more than 5/s");
}
