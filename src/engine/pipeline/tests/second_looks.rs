//! A change that waits for long between its reading and its writing is looked at again before it is sent.

use super::doubts::{Effect, Ended, found, play, play_rows};
use super::*;

/// A row that expects nothing to be set, as in a plan.
fn planned(number: u64) -> Row<'static> {
    let expected = vec![vec![Change::Clear], vec![], vec![]];
    Row {
        expected,
        ..row(number, u64::MAX)
    }
}

fn guarded() -> RunPolicy {
    RunPolicy {
        task: Task::ReadThenWrite,
        ..Case::default().policy
    }
}

fn sent(ended: &Ended, row: u64) -> usize {
    ended.writes.get(&row).copied().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn a_change_that_had_to_wait_is_tried_again_only_where_nobody_changed_anything_meanwhile() {
    // The first answer to the change, what is there then, what becomes of the row, and its requests.
    for (first, meanwhile, kind, writes, reads) in [
        (throttled(12), Some("9999"), OutcomeKind::Conflict, 1, 2),
        (throttled(12), None, OutcomeKind::Updated, 2, 2),
        // It took effect all the same.
        (throttled(12), Some("2"), OutcomeKind::Updated, 1, 2),
        (throttled(1), None, OutcomeKind::Updated, 2, 1),
    ] {
        let last = Cell::new(None::<&str>);
        let read = |_| found(last.get());
        let write = |_, turn| match turn {
            1 => {
                last.set(meanwhile);
                (Effect::None, first.clone())
            }
            _ => (Effect::Now, status(204)),
        };
        let ended = play(
            Task::ReadThenWrite,
            &[(2, 1)],
            Notes::default(),
            write,
            read,
        )
        .await;
        let sent = ended.writes.get(&2).copied().unwrap_or_default();
        let ended = (ended.kind(2), sent, ended.reads);
        assert_eq!(ended, (kind, writes, reads), "{first:?}, {meanwhile:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_that_another_row_made_wait_is_read_again_before_its_first_try() {
    // How long row 3 makes row 2 wait, which has been read; what is there then; what becomes of row 2
    // without a plan and with one, how often it is sent, and the readings of both.
    use OutcomeKind::{Conflict, Unchanged, Updated};
    for (wait, meanwhile, kinds, writes, reads) in [
        (12, None, [Updated, Updated], [1, 1], 5),
        // It is kept and can be undone, as that of any row that is read later. A plan did not see it.
        (12, Some("9999"), [Updated, Conflict], [1, 0], 5),
        // Somebody else set what the row asks for.
        (12, Some("2"), [Unchanged, Unchanged], [0, 0], 5),
        (2, None, [Updated, Updated], [1, 1], 4),
    ] {
        for (is_planned, kind, writes) in
            [(false, kinds[0], writes[0]), (true, kinds[1], writes[1])]
        {
            let rows = [2, 3].map(|number| match (is_planned, number) {
                (true, 2) => planned(2),
                _ => row(number, u64::MAX),
            });
            let reading = Cell::new(0);
            let read = |_| {
                reading.set(reading.get() + 1);
                match reading.get() {
                    // Row 2 is read a second time, since it might be no full answer, while row 3 is refused.
                    1 => found(None).map(|found| Response {
                        body: Body::Bare,
                        ..found
                    }),
                    2 => throttled(wait),
                    3 => found(None),
                    _ => found(meanwhile),
                }
            };
            let write = |_, _| (Effect::Now, status(204));
            let ended = play_rows(guarded(), &rows, Notes::default(), write, read).await;
            let shown = format!("{wait} s, {meanwhile:?}, planned: {is_planned}");
            let came = (ended.kind(2), sent(&ended, 2), ended.reads);
            assert_eq!(came, (kind, writes, reads), "{shown}");
            let previous = ended.outcomes[&2].previous.as_ref();
            let kept = previous.and_then(|previous| previous.get(0));
            assert_eq!(kept, meanwhile, "{shown}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_that_failed_and_backs_off_is_read_again_before_its_next_try() {
    // The answer to the first try, what is there then, what becomes of the row, and how often it is sent.
    use OutcomeKind::{Conflict, Updated};
    for answer in [status(500), silence(Delivery::MaybeSent)] {
        for (there, kind, writes) in [
            (None, Updated, 2),
            // The try took effect although it was answered with an error.
            (Some("2"), Updated, 1),
            (Some("9999"), Conflict, 1),
        ] {
            let last = Cell::new(None);
            let read = |_| found(last.get());
            let write = |_, turn| match turn {
                1 => {
                    last.set(there);
                    (Effect::None, answer.clone())
                }
                _ => (Effect::Now, status(204)),
            };
            let mut policy = guarded();
            policy.retry.first_delay = 1000 * SECOND;
            policy.retry.longest_delay = 1000 * SECOND;
            let rows = [row(2, u64::MAX)];
            let ended = play_rows(policy, &rows, Notes::default(), write, read).await;
            let came = (ended.kind(2), sent(&ended, 2), ended.reads);
            assert_eq!(came, (kind, writes, 2), "{answer:?}, {there:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_answers_slowly_costs_no_further_reading() {
    let case = Case {
        rows: 20,
        latency: 8 * SECOND,
        policy: guarded(),
        ..Case::default()
    };
    let played = case.play(|_, _| status(200)).await;
    played.assert_all_finished(20);
    assert_eq!(played.requests.len(), 40);
}
