//! Several users in one run, each with organizations, a pace and credentials of their own.

use std::iter;

use super::*;
use crate::model::ids;
use crate::sheet::managed_organizations::key_of;

/// An organization by its number.
fn organization(number: u64) -> String {
    format!("0a600000-0000-4000-8000-{number:012}")
}

/// What a run by several credentials is given.
struct Many {
    rows: u64,
    locations: u64,
    organization_of: fn(u64) -> u64,
    /// The organizations of each of the credentials, lane by lane.
    lanes: Vec<Vec<Vec<u64>>>,
    longest_wait: Duration,
}

struct PlayedMany {
    ended: RunResult,
    notes: Notes,
    /// Those of each of the credentials.
    requests: Vec<Vec<Request>>,
}

impl Many {
    /// Rows of organizations 0, 1, 2, … by turns, and a user for each of them.
    fn one_each(users: u64, rows: u64, organization_of: fn(u64) -> u64) -> Many {
        Many {
            rows,
            locations: u64::MAX,
            organization_of,
            lanes: (0..users).map(|user| vec![vec![user]]).collect(),
            longest_wait: 7200 * SECOND,
        }
    }

    /// So many users for one organization.
    fn for_one(users: usize, rows: u64) -> Many {
        Many {
            lanes: iter::repeat_n(vec![vec![0]], users).collect(),
            ..Many::one_each(1, rows, |_| 0)
        }
    }

    /// Each request is answered as the script says for the number of the credentials and the row.
    async fn play(self, script: impl Fn(usize, u64, usize) -> ApiResult) -> PlayedMany {
        let script = &script;
        let count = self.lanes.iter().map(Vec::len).sum();
        let services: Vec<_> = (0..count)
            .map(|sender| Scripted {
                script: move |row, turn| script(sender, row, turn),
                latency: Duration::from_millis(200),
                turns: RefCell::default(),
                requests: RefCell::default(),
                renewals: None,
                renewed: Cell::default(),
            })
            .collect();
        let settings = PaceSettings {
            concurrency: NonZeroUsize::new(4).expect("some"),
            ceiling: None,
            remembered: None,
        };
        let first = Pacer::new(&settings, Instant::now());
        let others = (1..self.lanes.len()).map(|_| first.beside(&settings, Instant::now()));
        let mut pacers: Vec<Pacer> = others.collect();
        pacers.insert(0, first);
        let mut unused = services.iter();
        let lanes = self.lanes.iter().zip(&mut pacers).map(|(lane, pacer)| {
            let credentials = lane.iter().map(|organizations| {
                let keys = organizations.iter().map(|one| key_of(&organization(*one)));
                let reach = Reach::Only(keys.map(|key| key.expect("an id")).collect());
                (unused.next().expect("one each"), reach)
            });
            Lane {
                credentials: credentials.collect(),
                pacer,
            }
        });
        let lanes = lanes.collect();
        let mut seen = SeenRows::default();
        let rows = 2..self.rows + 2;
        (rows.clone()).for_each(|number| seen.add(&row(number, self.locations)));
        let mut notes = Notes::default();
        let ended = run(
            lanes,
            RunPolicy {
                longest_wait: self.longest_wait,
                ..Case::default().policy
            },
            Batch {
                in_doubt: HashMap::new(),
                last_known: HashMap::new(),
                made: HashMap::new(),
                counts_before: Counts::default(),
                unmanaged: None,
                setting: &LOCATION_NUMBERS,
                duplicates: &seen.find_duplicates(),
                rows: rows.map(|number| {
                    Ok(Row {
                        org_id: Some(organization((self.organization_of)(number)).into()),
                        ..row(number, self.locations)
                    })
                }),
            },
            stream::pending(),
            &mut notes,
        )
        .await;
        PlayedMany {
            ended,
            notes,
            requests: services.iter().map(|one| one.requests.take()).collect(),
        }
    }
}

impl PlayedMany {
    #[track_caller]
    fn finished(&self) -> BTreeSet<u64> {
        self.notes.rows_finished()
    }

    #[track_caller]
    fn assert_all_updated(&self, rows: u64) {
        assert!(self.ended.reason.is_none(), "{:?}", self.ended);
        assert_eq!(self.finished(), (2..rows + 2).collect());
        let kinds = self.notes.finished.iter().map(|(_, outcome)| outcome.kind);
        assert!(kinds.into_iter().all(|kind| kind == OutcomeKind::Updated));
    }

    /// None of one user's requests left between a throttled answer to that user and the time it named.
    #[track_caller]
    fn assert_nobody_left_early(&self, lanes: &[&[usize]]) {
        for lane in lanes {
            let requests = lane
                .iter()
                .flat_map(|sender| self.requests[*sender].clone());
            let requests: Vec<Request> = requests.collect();
            for refused in &requests {
                let Ok(Response {
                    retry_after: RetryAfter::Wait(wait),
                    ..
                }) = refused.reply
                else {
                    continue;
                };
                let said = refused.back.expect("it was answered");
                let is_early = |one: &&Request| one.left > said && one.left < said + wait;
                assert!(!requests.iter().any(|one| is_early(&one)), "{refused:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn each_row_goes_by_the_credentials_that_manage_its_organization() {
    for organization_of in [|row| row % 5, |row| row / 40] as [fn(u64) -> u64; 2] {
        let played = Many::one_each(5, 190, organization_of)
            .play(|_, _, _| status(204))
            .await;
        played.assert_all_updated(190);
        for (sender, requests) in played.requests.iter().enumerate() {
            let mut rows = requests.iter().map(|one| one.row);
            assert!(rows.all(|row| organization_of(row) == sender as u64));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_user_who_waits_holds_up_no_other_and_rows_that_others_manage_go_by_them() {
    // Both manage organization 0, and only the first one organization 1.
    let case = Many {
        lanes: vec![vec![vec![0, 1]], vec![vec![0]]],
        ..Many::one_each(2, 200, |row| u64::from(row > 190))
    };
    let start = Instant::now();
    let played = case
        .play(|sender, _, turn| match (sender, turn) {
            (0, 1) if start.elapsed() < SECOND => throttled(600),
            _ => status(204),
        })
        .await;
    played.assert_all_updated(200);
    played.assert_nobody_left_early(&[&[0], &[1]]);
    let last_of_other = played.requests[1].last().expect("some");
    assert!(last_of_other.left - start < 60 * SECOND);
    assert!(start.elapsed() > 600 * SECOND, "its own rows wait");
}

#[tokio::test(start_paused = true)]
async fn credentials_that_end_leave_their_rows_to_others_or_for_later() {
    // All are for organization 0, and only the second ones for organization 1.
    let lanes = || vec![vec![vec![0]], vec![vec![0, 1]], vec![vec![0]]];
    for (last_of_shared, is_stopped) in [(1000, false), (250, true)] {
        let organization_of: fn(u64) -> u64 = match last_of_shared {
            1000 => |_| 0,
            _ => |row| u64::from(row > 250),
        };
        let case = Many {
            lanes: lanes(),
            ..Many::one_each(2, 300, organization_of)
        };
        let asked = Cell::new(0);
        let played = case
            .play(|sender, _, _| {
                asked.set(asked.get() + u32::from(sender == 1));
                status(if sender == 1 && asked.get() > 20 {
                    401
                } else {
                    204
                })
            })
            .await;
        assert_eq!(played.notes.senders_ended, [1]);
        let finished = played.finished();
        assert!((2..=250).all(|row| finished.contains(&row)));
        if is_stopped {
            let reason = played.ended.reason.as_ref();
            assert!(matches!(reason, Some(AbortReason::Unauthorized { .. })));
            // And those of its own organization that went before it ended.
            assert_eq!(finished.len(), 249 + 20);
        } else {
            played.assert_all_updated(300);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_forbidden_to_one_goes_by_another_and_fails_where_it_is_forbidden_to_all() {
    // The second may read only, and may change organization 1 in the last case.
    for (lanes, ends) in [
        (vec![vec![vec![0, 1]], vec![vec![0, 1]]], true),
        (vec![vec![vec![0, 1], vec![0, 1]]], false),
        (
            vec![vec![vec![0, 1]], vec![vec![0, 1]], vec![vec![0, 1]]],
            true,
        ),
        (vec![vec![vec![0]], vec![vec![0, 1]]], false),
    ] {
        let case = Many {
            lanes,
            ..Many::one_each(2, 200, |row| row % 2)
        };
        let played = case
            .play(|sender, row, _| match (sender, row) {
                (_, 30) => status(403),
                (1, _) if ends || row % 2 == 0 => status(403),
                _ => status(204),
            })
            .await;
        assert!(played.ended.reason.is_none(), "{:?}", played.ended);
        let failed = played.notes.finished.iter();
        let failed = failed.filter(|(_, outcome)| outcome.kind != OutcomeKind::Updated);
        assert_eq!(failed.map(|(row, _)| *row).collect::<Vec<u64>>(), [30]);
        assert_eq!(played.finished().len(), 200);
        let of_second = &played.requests[1];
        let forbidden = of_second.iter().filter(|one| is_forbidden(one)).count();
        assert!(forbidden < 20, "{forbidden}");
        assert!(played.notes.senders_ended.is_empty());
        assert_eq!(
            played.notes.standing_back,
            if ends { vec![1] } else { vec![] }
        );
    }
}

#[tokio::test(start_paused = true)]
async fn each_of_two_may_change_what_is_forbidden_to_the_other() {
    // In the order of the sheet the first half is for the first, or every second row.
    for is_for_first in [|row| row < 102, |row| row % 2 == 0] as [fn(u64) -> bool; 2] {
        for order in [0, 1] {
            let played = Many::for_one(2, 200)
                .play(|sender, row, _| {
                    let is_own = is_for_first(row) == (sender == order);
                    status(if is_own { 204 } else { 403 })
                })
                .await;
            played.assert_all_updated(200);
            assert!(played.notes.senders_ended.is_empty());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_forbidden_to_everybody_from_the_start_ends_the_run() {
    let played = Many::for_one(3, 200).play(|_, _, _| status(403)).await;
    let reason = played.ended.reason.as_ref();
    assert!(
        matches!(reason, Some(AbortReason::MayNotChange { .. })),
        "{reason:?}"
    );
    let requests: usize = played.requests.iter().map(Vec::len).sum();
    assert!(requests < 100, "{requests}");
    // Of two customers only one is forbidden to all.
    let case = Many {
        lanes: vec![vec![vec![0]], vec![vec![0]], vec![vec![1]]],
        ..Many::one_each(2, 200, |row| row % 2)
    };
    let played = case
        .play(|_, row, _| status(if row % 2 == 0 { 403 } else { 204 }))
        .await;
    assert_eq!(
        played.finished().iter().filter(|row| *row % 2 == 1).count(),
        100
    );
    assert_eq!(played.notes.senders_ended.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn one_to_whom_nothing_is_answered_holds_up_no_other() {
    let broken = || {
        Err(TransportError {
            delivery: Delivery::MaybeSent,
            cause: TransportCause::Broken,
            message: "the connection broke".into(),
        })
    };
    for silent in [0, 1] {
        let start = Instant::now();
        let case = Many {
            // Organization 1 is that of the silent one alone.
            lanes: vec![
                vec![vec![0, u64::from(silent == 0)]],
                vec![vec![0, u64::from(silent == 1)]],
            ],
            ..Many::one_each(2, 200, |_| 0)
        };
        let played = case
            .play(|sender, _, _| {
                if sender == silent {
                    broken()
                } else {
                    status(204)
                }
            })
            .await;
        played.assert_all_updated(200);
        assert!(start.elapsed() < 60 * SECOND, "{:?}", start.elapsed());
    }
    // What only the silent one may send stays for later, after the usual patience.
    let start = Instant::now();
    let last_answer = Cell::new(start);
    let played = Many::one_each(2, 4000, |row| row % 2)
        .play(|sender, _, _| {
            if sender == 0 {
                return broken();
            }
            last_answer.set(Instant::now());
            status(204)
        })
        .await;
    assert!(matches!(
        played.ended.reason,
        Some(AbortReason::Unreachable { .. })
    ));
    assert_eq!(
        played.finished().iter().filter(|row| *row % 2 == 1).count(),
        2000
    );
}

#[tokio::test(start_paused = true)]
async fn what_fails_by_one_is_tried_by_another_and_ends_well() {
    for failing in [0, 1] {
        for answer in [500, 503] {
            let played = Many::for_one(2, 60)
                .play(|sender, _, _| status(if sender == failing { answer } else { 204 }))
                .await;
            played.assert_all_updated(60);
            // A row in doubt is tried by the other one, and not again and again by the same.
            let mut tries: HashMap<u64, u32> = HashMap::new();
            for request in &played.requests[failing] {
                *tries.entry(request.row).or_default() += 1;
            }
            assert!(tries.values().all(|tries| *tries <= 2), "{tries:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_fails_by_one_is_not_left_to_another_who_has_to_wait_for_long() {
    let start = Instant::now();
    let played = Many::for_one(2, 60)
        .play(|sender, row, turn| match (sender, row, turn) {
            (1, ..) if start.elapsed() < SECOND => throttled(600),
            (0, 20 | 50, 1) => status(500),
            _ => status(204),
        })
        .await;
    played.assert_all_updated(60);
    assert!(start.elapsed() < 300 * SECOND, "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_one_token_alone_is_refused_goes_by_another_in_the_order_of_the_rows() {
    // The token is accepted where it is checked, and refused for every row.
    let case = Many {
        locations: 20,
        ..Many::for_one(2, 60)
    };
    let played = case
        .play(|sender, row, _| match (sender, row) {
            (0, 1..) => status(401),
            _ => status(204),
        })
        .await;
    played.assert_all_updated(60);
    assert_eq!(played.notes.standing_back, [0]);
    let mut last: HashMap<u64, u64> = HashMap::new();
    for request in &played.requests[1] {
        if let Some(before) = last.insert(request.row % 20, request.row) {
            assert!(before < request.row, "{request:?}");
        }
    }
}

fn is_forbidden(request: &Request) -> bool {
    matches!(&request.reply, Ok(answer) if answer.status == 403)
}

#[tokio::test(start_paused = true)]
async fn the_run_ends_when_the_last_credentials_do() {
    let played = Many::for_one(3, 100).play(|_, _, _| status(401)).await;
    let reason = played.ended.reason;
    assert!(matches!(reason, Some(AbortReason::Unauthorized { .. })));
    assert_eq!(played.notes.senders_ended.len(), 3, "the last one too");
    assert!(played.notes.finished.is_empty());
}

#[tokio::test(start_paused = true)]
async fn two_credentials_of_one_user_share_a_pace_and_one_goes_on_without_the_other() {
    let case = Many {
        lanes: vec![vec![vec![0], vec![0, 1]]],
        ..Many::one_each(2, 100, |row| row % 2)
    };
    let start = Instant::now();
    let played = case
        .play(|sender, row, turn| match (sender, row, turn) {
            (_, 20, 1) => throttled(30),
            (0, ..) if start.elapsed() > 40 * SECOND => status(401),
            _ => status(204),
        })
        .await;
    played.assert_all_updated(100);
    played.assert_nobody_left_early(&[&[0, 1]]);
}

#[tokio::test(start_paused = true)]
async fn a_user_who_would_wait_for_too_long_leaves_the_rows_to_others() {
    let case = Many {
        longest_wait: 60 * SECOND,
        ..Many::for_one(2, 100)
    };
    let played = case
        .play(|sender, _, _| match sender {
            0 => throttled(3600),
            _ => status(204),
        })
        .await;
    played.assert_all_updated(100);
    assert_eq!(played.notes.senders_ended, [0]);
}

#[tokio::test(start_paused = true)]
async fn a_row_that_everyone_is_refused_fails_alone_and_others_are_not_taken_for_it() {
    let played = Many::for_one(4, 400)
        .play(|_, row, _| if row == 30 { throttled(1) } else { status(204) })
        .await;
    let failed = played.notes.finished.iter();
    let failed: Vec<u64> = failed
        .filter(|(_, outcome)| outcome.kind != OutcomeKind::Updated)
        .map(|(row, _)| *row)
        .collect();
    assert_eq!(failed, [30]);
    assert_eq!(played.finished().len(), 400);
    assert!(played.ended.throttled < 20, "{}", played.ended.throttled);
}

#[tokio::test(start_paused = true)]
async fn rows_of_one_location_keep_their_order_whoever_sends_them() {
    let case = Many {
        locations: 7,
        ..Many::for_one(3, 140)
    };
    let played = case
        .play(|sender, row, turn| {
            let mut dice = dice(sender as u64, row, turn);
            status(if turn < 4 && dice.u8(..) < 60 {
                503
            } else {
                204
            })
        })
        .await;
    assert_eq!(played.finished().len(), 140);
    let mut all: Vec<Request> = played.requests.concat();
    all.sort_by_key(|request| request.left);
    for location in 0..7 {
        let requests = all.iter().filter(|one| one.row % 7 == location);
        let requests: Vec<&Request> = requests.collect();
        for two in requests.windows(2) {
            assert!(two[0].row <= two[1].row, "{two:?}");
            assert!(two[0].back <= Some(two[1].left), "{two:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_is_answered_each_row_has_one_outcome_and_nobody_leaves_early() {
    for seed in 0..30 {
        let case = Many {
            lanes: vec![
                vec![vec![0, 1], vec![1]],
                vec![vec![1, 2]],
                vec![vec![0, 2]],
            ],
            ..Many::one_each(3, 150, |row| row % 3)
        };
        let played = case
            .play(
                |sender, row, turn| match dice(seed << 8 | sender as u64, row, turn).u8(..) {
                    0..=9 => throttled(3),
                    10..=19 => status(503),
                    20..=24 => silence(Delivery::MaybeSent),
                    25..=29 => status(404),
                    _ => status(204),
                },
            )
            .await;
        assert!(played.ended.reason.is_none(), "{seed}: {:?}", played.ended);
        assert_eq!(played.finished().len(), 150, "{seed}");
        played.assert_nobody_left_early(&[&[0, 1], &[2], &[3]]);
    }
}

#[test]
fn the_organizations_of_these_tests_have_ids() {
    assert!(ids::read(&organization(7), ids::ORGANIZATION).is_ok());
}

#[tokio::test(start_paused = true)]
async fn who_may_send_rows_that_nobody_else_may_leaves_the_others_to_them() {
    // The first half is of an organization of both users, the second half of one of them alone.
    for organization_of in [(|row| u64::from(row >= 102)) as fn(u64) -> u64, |row| {
        u64::from(row % 2 == 1)
    }] {
        let case = Many {
            lanes: vec![vec![vec![0]], vec![vec![0, 1]]],
            ..Many::one_each(2, 200, organization_of)
        };
        let played = case.play(|_, _, _| status(204)).await;
        played.assert_all_updated(200);
        let sent: Vec<usize> = played.requests.iter().map(Vec::len).collect();
        assert!(sent.iter().all(|sent| *sent >= 95), "{sent:?}");
    }
}
