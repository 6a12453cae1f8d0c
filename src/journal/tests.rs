//! Journals written, damaged, read back and carried over.

use std::sync::LazyLock;

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::model::current_values::CurrentValues;
use crate::model::outcome::{Outcome, OutcomeKind};
use crate::model::run_id::RunId;

fn header(bits: u64) -> RunHeader {
    RunHeader {
        wxbulk: "1.0.0".into(),
        format: FORMAT,
        id: RunId::from_bits(bits),
        input: InputFile {
            name: "sheet.csv".into(),
            size: 10_000,
            rows: 50,
            ..InputFile::default()
        },
        ..RunHeader::default()
    }
}

fn place() -> Place {
    Place {
        org_id: None,
        id: "here".into(),
        name: Box::default(),
    }
}

fn values(first: &str) -> CurrentValues {
    CurrentValues::of([Some(first), None, None])
}

fn sent() -> Sent {
    Sent(vec![Some("ours".into()), None, None])
}

fn previous(row: u64, first: &str) -> PreviousRecord {
    PreviousRecord {
        row,
        check: 1,
        values: values(first),
        place: Some(place()),
        sent: Some(sent()),
    }
}

fn record(row: u64, kind: OutcomeKind) -> RowRecord {
    RowRecord {
        row,
        check: 1,
        finished_at: Timestamp::UNIX_EPOCH,
        place: Some(place()),
        sent: Some(sent()),
        outcome: Outcome::unsent(kind, ""),
    }
}

#[test]
fn a_row_that_was_on_the_wire_is_known_and_its_first_reading_counts() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("journal");
    let mut journal = Journal::create(&path, header(1)).expect("created");
    journal.note_previous(previous(2, "first")).expect("noted");
    drop(journal);

    let (mut journal, _) = Journal::open(&path).expect("opened");
    assert!(journal.run().in_flight(2, 1).is_some());
    assert!(
        journal.run().in_flight(2, 9).is_none(),
        "it asks for something else"
    );
    let history = journal.row(2).expect("read");
    let change = history.latest().expect("a change");
    assert!(change.may_have_been_applied && change.outcome.is_none());
    assert_eq!(change.earlier, Some(values("first")));

    // It is looked at again, and shows our own change by now.
    journal.note_previous(previous(2, "ours")).expect("noted");
    let finished = record(2, OutcomeKind::Updated);
    journal.finish_rows(&mut [finished]).expect("noted");
    drop(journal);

    let run = RecordedRun::open(&path).expect("opened");
    assert!(run.in_flight(2, 1).is_none() && run.damage().is_none());
    let history = run.row(2).expect("read");
    assert_eq!(history.changes.len(), 1);
    assert_eq!(history.changes[0].earlier, Some(values("first")));
    assert!(run.row(3).expect("read").is_empty());
}

#[test]
fn what_is_carried_over_is_joined_with_what_follows() {
    let folder = tempfile::tempdir().expect("a folder");
    let (old, new) = (folder.path().join("old"), folder.path().join("new"));
    let mut journal = Journal::create(&old, header(1)).expect("created");
    for row in 2..102 {
        let kind = if row == 7 {
            OutcomeKind::Unknown
        } else {
            OutcomeKind::Updated
        };
        journal
            .note_previous(previous(row, "first"))
            .expect("noted");
        journal
            .finish_rows(&mut [record(row, kind)])
            .expect("noted");
    }
    drop(journal);
    let before = RecordedRun::open(&old).expect("opened");
    let mut journal = Journal::create(&new, header(2)).expect("created");
    let mut records = before.records().expect("read");
    // The person took out the first rows.
    let rows = (5..before.rows()).map(|row| Ok((row - 3, records.history_of(row)?)));
    journal
        .carry_over(&before.header().id, rows)
        .expect("carried");
    assert_eq!(journal.row(4).expect("read"), before.row(7).expect("read"));
    assert_eq!(journal.finished(), 0, "they are not of this run");

    let mut again = record(4, OutcomeKind::Unchanged);
    again.outcome.previous = Some(values("ours"));
    journal.finish_rows(&mut [again]).expect("noted");
    drop(journal);
    let (journal, _) = Journal::open(&new).expect("opened");
    let history = journal.row(4).expect("read");
    let change = history.latest().expect("a change");
    assert_eq!(change.earlier, Some(values("first")));
    assert!(change.may_have_been_applied, "it was our change");
    assert_eq!(
        journal.row(98).expect("read"),
        before.row(101).expect("read")
    );
}

#[test]
fn the_longest_wait_of_each_user_counts() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("journal");
    let mut journal = Journal::create(&path, header(1)).expect("created");
    let at = |second| Timestamp::from_second(second).expect("a time");
    for (user, until) in [("a", 100), ("b", 50), ("a", 70), ("b", 60)] {
        let record = GateRecord {
            until: at(until),
            told_at: at(0),
            user: user.into(),
            person: "me".into(),
            others: vec!["other".into()],
            status: Some(429),
            tracking_id: Box::default(),
        };
        journal.note_gate(record).expect("noted");
    }
    drop(journal);
    let run = RecordedRun::open(&path).expect("opened");
    let until = |user| {
        let gates = run.gates().iter().filter(|gate| gate.is_for(user));
        gates.map(|gate| gate.until).max()
    };
    assert_eq!(
        ["a", "b", "c", "me", "other"].map(until),
        [
            Some(at(100)),
            Some(at(60)),
            None,
            Some(at(100)),
            Some(at(100))
        ]
    );
}

static WRITTEN: LazyLock<Vec<u8>> = LazyLock::new(written);

/// A whole journal.
fn written() -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("journal");
    let mut journal = Journal::create(&path, header(1)).expect("created");
    for row in 2..12 {
        journal
            .note_previous(previous(row, "first"))
            .expect("noted");
        let finished = record(row, OutcomeKind::Updated);
        journal.finish_rows(&mut [finished]).expect("noted");
    }
    std::fs::read(&path).expect("a journal")
}

/// What is done to a file: bytes from one place to another are cut out, copied, or set to a value.
fn spoil(journal: &mut Vec<u8>, kind: u8, from: usize, length: usize, value: u8) {
    let from = from % journal.len();
    let until = journal.len().min(from + length);
    match kind {
        0 => drop(journal.drain(from..until)),
        1 => {
            let copy = journal[from..until].to_vec();
            journal.splice(from..from, copy);
        }
        2 => journal[from..until].fill(value),
        _ => journal[from] ^= 1 << (value % 8),
    }
}

proptest! {
    #[test]
    fn whatever_is_done_to_a_journal_nothing_is_read_that_was_not_written(
        kind in 0_u8..4, from in 0_usize..20_000, length in 1_usize..3000, value: u8,
    ) {
        let intact = &*WRITTEN;
        let mut spoilt = intact.clone();
        spoil(&mut spoilt, kind, from, length, value);
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal");
        std::fs::write(&path, &spoilt).expect("written");
        // Refused, or the beginning of what was written, from which a run can go on.
        if let Ok((journal, _)) = Journal::open(&path) {
            let rows = journal.finished();
            for row in 2..2 + rows {
                let history = journal.row(row).expect("read");
                let change = history.latest().expect("rows are in order");
                prop_assert_eq!(change.earlier.as_ref(), Some(&values("first")));
            }
            let kept = std::fs::read(&path).expect("a journal");
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace('\r', "").to_lowercase();
            prop_assert!(text(intact).starts_with(&text(&kept)));
        } else {
            prop_assert_eq!(std::fs::read(&path).expect("a journal"), spoilt);
        }
    }
}

#[test]
fn rows_without_an_organization_count_as_the_runs_own() {
    const OWN: &str = "0f3a6b1c-58d2-4e7f-9a01-b2c3d4e5f601";
    const OTHER: &str = "0f3a6b1c-58d2-4e7f-9a01-b2c3d4e5f602";
    let organization = |id: &str, rows| Organization {
        id: id.into(),
        name: String::new(),
        rows,
    };
    for (own, before, after) in [
        (OWN, vec![("", 3)], vec![(OWN, 3)]),
        (OWN, vec![(OTHER, 1), ("", 3)], vec![(OTHER, 1), (OWN, 3)]),
        (
            OWN,
            vec![(OWN, 2), (OTHER, 1), ("", 3)],
            vec![(OTHER, 1), (OWN, 5)],
        ),
        ("", vec![(OWN, 2), ("", 3)], vec![(OWN, 2), ("", 3)]),
    ] {
        let all = |of: Vec<(&str, u64)>| {
            let all = of.into_iter().map(|(id, rows)| organization(id, rows));
            all.collect::<Vec<_>>()
        };
        let mut begin = BeginRecord {
            own_organization: own.into(),
            organizations: all(before),
            ..BeginRecord::default()
        };
        begin.name_own_organization();
        assert_eq!(begin.organizations, all(after));
    }
}
