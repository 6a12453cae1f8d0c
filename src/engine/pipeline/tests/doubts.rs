//! Changes that may have been applied, against a service that knows its state.

use super::*;

/// What comes of a try to write: whether it takes effect, and what is answered.
pub(super) type Try = (Effect, ApiResult);

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Effect {
    None,
    Now,
    /// After the next request for the location that takes effect.
    Late,
}

/// Locations and their first number.
struct Stateful<F, G> {
    write: F,
    read: G,
    values: RefCell<HashMap<u64, String>>,
    late: RefCell<HashMap<u64, String>>,
    writes: RefCell<HashMap<u64, usize>>,
    reads: Cell<usize>,
}

impl<F, G> Service for Stateful<F, G>
where
    F: Fn(u64, usize) -> Try,
    G: Fn(ApiResult) -> ApiResult,
{
    async fn write(&self, _: &Resource, row: &Row<'_>, _: Vec<u8>, _: u128) -> ApiResult {
        sleep(Duration::from_millis(100)).await;
        let turn = *(self.writes.borrow_mut().entry(row.number))
            .and_modify(|turn| *turn += 1)
            .or_insert(1);
        let (effect, answer) = (self.write)(row.number, turn);
        let location = row.key.0;
        let wanted = row.changes[0].field().unwrap_or_default().to_string();
        match effect {
            Effect::None => {}
            Effect::Late => {
                self.late.borrow_mut().insert(location, wanted);
            }
            Effect::Now => {
                self.values.borrow_mut().insert(location, wanted);
                let late = self.late.borrow_mut().remove(&location);
                late.and_then(|late| self.values.borrow_mut().insert(location, late));
            }
        }
        answer
    }

    async fn read(&self, _: &Resource, row: &Row<'_>, _: u128) -> ApiResult {
        sleep(Duration::from_millis(100)).await;
        self.reads.set(self.reads.get() + 1);
        let values = self.values.borrow();
        let value = values.get(&row.key.0).map(String::as_str);
        (self.read)(Ok(Response {
            current: Some(CurrentValues::of([value, None, None])),
            ..Response::bare(200)
        }))
    }

    async fn read_page(&self, _: &Resource, _: &str, _: u128) -> ApiResult {
        unreachable!("no list has pages")
    }

    async fn check_token(&self, _tracking: u128) -> ApiResult {
        status(200)
    }

    fn renewal(&self) -> Renewal {
        Renewal::Impossible
    }

    async fn renew(&self) -> ApiResult {
        status(400)
    }
}

pub(super) struct Ended {
    pub(super) outcomes: HashMap<u64, Outcome>,
    pub(super) reads: usize,
    pub(super) writes: HashMap<u64, usize>,
}

impl Ended {
    pub(super) fn kind(&self, row: u64) -> OutcomeKind {
        self.outcomes[&row].kind
    }
}

pub(super) async fn play(
    task: Task,
    rows: &[(u64, u64)],
    notes: Notes,
    write: impl Fn(u64, usize) -> Try,
    read: impl Fn(ApiResult) -> ApiResult,
) -> Ended {
    let rows = rows.iter();
    let rows = rows.map(|(number, location)| Row {
        key: TargetKey(*location),
        ..super::row(*number, u64::MAX)
    });
    let policy = RunPolicy {
        task,
        ..Case::default().policy
    };
    play_rows(policy, &rows.collect::<Vec<_>>(), notes, write, read).await
}

pub(super) async fn play_rows(
    policy: RunPolicy,
    rows: &[Row<'static>],
    notes: Notes,
    write: impl Fn(u64, usize) -> Try,
    read: impl Fn(ApiResult) -> ApiResult,
) -> Ended {
    let service = Stateful {
        write,
        read,
        values: RefCell::default(),
        late: RefCell::default(),
        writes: RefCell::default(),
        reads: Cell::default(),
    };
    let mut seen = SeenRows::default();
    for row in rows {
        seen.add(row);
    }
    let settings = PaceSettings {
        concurrency: NonZeroUsize::new(4).expect("some"),
        ceiling: None,
        remembered: None,
    };
    let mut notes = notes;
    let in_doubt = std::mem::take(&mut notes.in_doubt);
    let ended = run(
        vec![Lane::only(
            &service,
            &mut Pacer::new(&settings, Instant::now()),
        )],
        policy,
        Batch {
            in_doubt,
            last_known: std::mem::take(&mut notes.last_known),
            made: HashMap::new(),
            counts_before: Counts::default(),
            unmanaged: None,
            setting: &LOCATION_NUMBERS,
            duplicates: &seen.find_duplicates(),
            rows: rows.iter().map(|row| Ok(row.clone())),
        },
        stream::pending(),
        &mut notes,
    )
    .await;
    assert!(ended.reason.is_none(), "{:?}", ended.reason);
    assert!(ended.unfinished.is_empty(), "{:?}", ended.unfinished);
    assert_eq!(notes.finished.len(), rows.len());
    Ended {
        outcomes: notes.finished.into_iter().collect(),
        reads: service.reads.get(),
        writes: service.writes.take(),
    }
}

/// The answer to a reading, with this as the first number.
#[expect(
    clippy::unnecessary_wraps,
    reason = "it stands for what a request comes to"
)]
pub(super) fn found(number: Option<&str>) -> ApiResult {
    Ok(Response {
        current: Some(CurrentValues::of([number, None, None])),
        ..Response::bare(200)
    })
}

fn in_doubt() -> [ApiResult; 5] {
    let foreign = Ok(Response {
        body: Body::Invalid,
        ..Response::bare(200)
    });
    [
        status(504),
        status(500),
        status(408),
        silence(Delivery::MaybeSent),
        foreign,
    ]
}

#[tokio::test(start_paused = true)]
async fn a_refusal_after_a_try_that_took_effect_is_updated_and_after_one_that_did_not_it_is_failed()
{
    for first in in_doubt() {
        for then in [400, 403, 409, 500] {
            for (task, effect, kind) in [
                (Task::Write, Effect::Now, OutcomeKind::Updated),
                (Task::ReadThenWrite, Effect::Now, OutcomeKind::Updated),
                // What was there before is not known.
                (Task::Write, Effect::None, OutcomeKind::Unknown),
                (Task::ReadThenWrite, Effect::None, OutcomeKind::Failed),
            ] {
                let write = |_, turn| match turn {
                    1 => (effect, first.clone()),
                    _ => (Effect::None, status(then)),
                };
                let ended = play(task, &[(2, 1)], Notes::default(), write, |read| read).await;
                assert_eq!(ended.kind(2), kind, "{first:?}, then {then}, {task:?}");
                assert!(
                    ended.outcomes[&2].may_arrive_late,
                    "as long as nobody knows"
                );
                let looked_first = usize::from(task == Task::ReadThenWrite);
                // Before a try that comes late it is looked at again.
                let may_look_again = looked_first == 1 && then == 500;
                let read_back = ended.reads - looked_first;
                assert!(
                    read_back == 1 || may_look_again,
                    "read back {read_back} times"
                );
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_back_stays_unknown_and_keeps_the_answer_to_the_change() {
    for unreadable in [status(403), status(504), silence(Delivery::MaybeSent)] {
        let write = |_, turn| (Effect::Now, status(if turn == 1 { 504 } else { 400 }));
        let ended = play(Task::Write, &[(2, 1)], Notes::default(), write, |_| {
            unreadable.clone()
        })
        .await;
        assert_eq!(ended.kind(2), OutcomeKind::Unknown);
        assert_eq!(ended.outcomes[&2].status, Some(400));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_was_not_changed() {
    let notes = Notes {
        was_sent_before: true,
        ..Notes::default()
    };
    let write = |_, _| (Effect::None, status(404));
    let ended = play(Task::Write, &[(2, 1)], notes, write, |_| status(404)).await;
    assert_eq!((ended.kind(2), ended.reads), (OutcomeKind::Failed, 1));
}

#[tokio::test(start_paused = true)]
async fn what_certainly_had_no_effect_is_not_read_back() {
    for first in [throttled(1), status(423), silence(Delivery::NotSent)] {
        let write = |_, turn| match turn {
            1 => (Effect::None, first.clone()),
            _ => (Effect::None, status(400)),
        };
        let ended = play(Task::Write, &[(2, 1)], Notes::default(), write, |read| read).await;
        assert_eq!(ended.kind(2), OutcomeKind::Failed, "{first:?}");
        assert_eq!(ended.reads, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_that_arrives_late_takes_the_later_row_of_its_location_with_it() {
    // Row 2 never gets an answer, and takes effect after row 3.
    let write = |row, turn| match (row, turn) {
        (2, 1) => (Effect::Late, silence(Delivery::MaybeSent)),
        (2, _) => (Effect::None, status(400)),
        _ => (Effect::Now, status(204)),
    };
    let rows = [(2, 1), (3, 1), (4, 2)];
    let ended = play(Task::Write, &rows, Notes::default(), write, |read| read).await;
    assert_eq!(ended.kind(2), OutcomeKind::Unknown);
    assert_eq!(ended.kind(3), OutcomeKind::Unknown);
    assert_eq!(ended.kind(4), OutcomeKind::Updated);

    // Where nothing arrives late, the read shows it.
    let write = |row, _| match row {
        2 => (Effect::None, status(504)),
        _ => (Effect::Now, status(204)),
    };
    let ended = play(Task::Write, &rows, Notes::default(), write, |read| read).await;
    assert_eq!(ended.kind(3), OutcomeKind::Updated);
    assert_eq!(ended.outcomes[&3].status, Some(204));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_proves_nothing_of_a_row_that_an_earlier_part_of_the_run_may_have_sent() {
    for (there, kind) in [("2", OutcomeKind::Updated), ("9", OutcomeKind::Unknown)] {
        let notes = Notes {
            was_sent_before: true,
            ..Notes::default()
        };
        let read = |_| found(Some(there));
        let write = |_, _| (Effect::None, status(400));
        let ended = play(Task::Write, &[(2, 1)], notes, write, read).await;
        assert_eq!((ended.kind(2), ended.reads), (kind, 1), "{there}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_row_that_an_earlier_part_of_the_run_left_in_doubt_is_not_forgotten() {
    for (there, kind, reads) in [
        ("3", OutcomeKind::Updated, 1),
        ("2", OutcomeKind::Unknown, 2),
    ] {
        // Row 2 was sent before, and row 3 is the last for its location.
        let notes = Notes {
            in_doubt: HashMap::from([(TargetKey(1), 2)]),
            ..Notes::default()
        };
        let read = |_| found(Some(there));
        let write = |_, _| (Effect::Now, status(204));
        let ended = play(Task::Write, &[(3, 1)], notes, write, read).await;
        assert_eq!((ended.kind(3), ended.reads), (kind, reads), "{there}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_row_on_the_wire_at_a_kill_is_looked_at_before_it_is_sent_again() {
    // The recorder knows what was there before: nothing was set.
    for (there, kind, writes) in [
        (None, OutcomeKind::Updated, 1),
        (Some("2"), OutcomeKind::Updated, 0),
        (Some("9999"), OutcomeKind::Conflict, 0),
    ] {
        let notes = Notes {
            known: vec![2],
            ..Notes::default()
        };
        let read = |_| found(there);
        let write = |_, _| (Effect::Now, status(204));
        let ended = play(Task::ReadThenWrite, &[(2, 1)], notes, write, read).await;
        assert_eq!(ended.kind(2), kind, "{there:?}");
        let sent = ended.writes.get(&2).copied().unwrap_or_default();
        assert_eq!(sent, writes, "{there:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn rows_that_follow_one_left_alone_are_left_alone_as_long_as_the_values_are_not_ours() {
    let all = [(2, 1), (3, 1), (4, 1)];
    let none = CurrentValues::default;
    let known_at_one = |known| HashMap::from([(TargetKey(1), known)]);
    let left_alone = || known_at_one(LastKnown::left_alone(none()));
    let in_doubt = || {
        known_at_one(LastKnown::perhaps_changed(
            none(),
            super::row(2, u64::MAX).changes,
        ))
    };
    // Rows, those on the wire at a kill, what an earlier part left open, what is there, rows sent.
    for (rows, known, last_known, there, sent) in [
        (&all[..], vec![2], HashMap::new(), Some("9999"), &[][..]),
        (&all[..], vec![2], HashMap::new(), None, &[2, 3, 4]),
        (&all[1..], vec![], left_alone(), Some("9999"), &[]),
        // Somebody has put it back; what is there then is ours.
        (&all[1..], vec![], left_alone(), None, &[3, 4]),
        (&all[1..], vec![], left_alone(), Some("2"), &[]),
        (&all[1..], vec![], in_doubt(), None, &[3, 4]),
        (&all[1..], vec![], in_doubt(), Some("2"), &[3, 4]),
        (&all[1..], vec![], in_doubt(), Some("9999"), &[]),
    ] {
        let notes = Notes {
            known,
            last_known,
            ..Notes::default()
        };
        let last = Cell::new(there.map(String::from));
        let read = |_| {
            let value = last.take();
            last.set(value.clone());
            found(value.as_deref())
        };
        let write = |row: u64, _| {
            last.set(Some(row.to_string()));
            (Effect::Now, status(204))
        };
        let ended = play(Task::ReadThenWrite, rows, notes, write, read).await;
        for (row, _) in rows {
            let is_sent = sent.contains(row);
            let kind = if is_sent {
                OutcomeKind::Updated
            } else {
                OutcomeKind::Conflict
            };
            assert_eq!(ended.kind(*row), kind, "row {row}, {there:?}");
            assert_eq!(ended.writes.contains_key(row), is_sent, "row {row}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_later_row_is_left_alone_where_somebody_changed_what_an_earlier_row_set() {
    // What is there after row 2, and whether rows 3 and 4 are sent.
    for (there, kind) in [
        (Some("2"), OutcomeKind::Updated),
        // A reading from before the change.
        (None, OutcomeKind::Updated),
        (Some("9999"), OutcomeKind::Conflict),
    ] {
        let last = Cell::new(None::<String>);
        let read = |_| {
            let value = last.take();
            last.set(value.clone());
            found(value.as_deref())
        };
        let write = |row: u64, _| {
            let is_first = row == 2;
            last.set(if is_first {
                there.map(String::from)
            } else {
                Some(row.to_string())
            });
            (Effect::Now, status(204))
        };
        let rows = [(2, 1), (3, 1), (4, 1)];
        let ended = play(Task::ReadThenWrite, &rows, Notes::default(), write, read).await;
        assert_eq!(ended.kind(2), OutcomeKind::Updated);
        for row in [3, 4] {
            assert_eq!(ended.kind(row), kind, "row {row}, {there:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_set_only_when_two_readings_say_so() {
    let bare = Response {
        body: Body::Bare,
        current: Some(CurrentValues::default()),
        ..Response::bare(200)
    };
    let full = |read: ApiResult| read;
    let reading = Cell::new(0);
    let bare_first = |read: ApiResult| {
        reading.set(reading.get() + 1);
        if reading.get() == 1 {
            Ok(bare.clone())
        } else {
            full(read)
        }
    };
    let write = |_, _| (Effect::Now, status(204));
    let ended = play(
        Task::ReadThenWrite,
        &[(2, 1)],
        Notes::default(),
        write,
        bare_first,
    )
    .await;
    assert_eq!((ended.kind(2), ended.reads), (OutcomeKind::Updated, 2));

    let always_bare = |_| Ok(bare.clone());
    let ended = play(Task::Read, &[(2, 1)], Notes::default(), write, always_bare).await;
    assert_eq!((ended.kind(2), ended.reads), (OutcomeKind::Different, 2));

    let other = |_| {
        Ok(Response {
            body: Body::Invalid,
            ..Response::bare(200)
        })
    };
    let ended = play(
        Task::ReadThenWrite,
        &[(2, 1)],
        Notes::default(),
        write,
        other,
    )
    .await;
    assert_eq!(ended.kind(2), OutcomeKind::Failed);
    assert!(ended.writes.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_later_row_is_as_asked_only_if_that_is_what_this_run_set_last() {
    let set = |n1: &'static str, n2: &'static str| {
        let change = |text: &'static str| match text {
            "" => Change::Keep,
            text => Change::Set(text.into()),
        };
        [change(n1), change(n2), Change::Keep]
    };
    // What the rows for one location ask for, which state each of them reads, and what the last one comes to.
    for (asked, read, kind) in [
        (
            [set("1", ""), set("2", ""), set("1", "")],
            [0, 1, 2],
            OutcomeKind::Updated,
        ),
        // The last one reads what was there before the second.
        (
            [set("1", ""), set("2", ""), set("1", "")],
            [0, 1, 1],
            OutcomeKind::Updated,
        ),
        (
            [set("1", ""), set("", "2"), set("1", "")],
            [0, 1, 2],
            OutcomeKind::Unchanged,
        ),
        // The second one reads what was there before the first.
        (
            [set("1", ""), set("", "2"), set("3", "")],
            [0, 0, 2],
            OutcomeKind::Updated,
        ),
        (
            [set("1", ""), set("", "2"), set("1", "")],
            [0, 0, 2],
            OutcomeKind::Unchanged,
        ),
    ] {
        let rows = (2..).zip(&asked).map(|(number, changes)| Row {
            key: TargetKey(1),
            ..Row {
                number,
                ..Row::asking(changes.clone())
            }
        });
        let states = RefCell::new(vec![CurrentValues::of([None::<&str>; 3])]);
        let reading = Cell::new(0);
        let take = |_| {
            let index = read[reading.replace(reading.get() + 1)];
            Ok(Response {
                current: Some(states.borrow()[index].clone()),
                ..Response::bare(200)
            })
        };
        let write = |row: u64, _| {
            let changes = &asked[usize::try_from(row - 2).expect("few rows")];
            let fields = changes.iter().enumerate();
            let set = fields.filter_map(|(index, change)| Some((index, change.field()?.into())));
            let set: Vec<_> = set.collect();
            let next = states.borrow().last().expect("a state").with(&set);
            states.borrow_mut().push(next);
            (Effect::Now, status(204))
        };
        let policy = RunPolicy {
            task: Task::ReadThenWrite,
            ..Case::default().policy
        };
        let rows: Vec<Row<'static>> = rows.collect();
        let ended = play_rows(policy, &rows, Notes::default(), write, take).await;
        assert_eq!(ended.kind(4), kind, "{asked:?} {read:?}");
        assert_eq!(ended.writes.contains_key(&4), kind == OutcomeKind::Updated);
    }
}
