//! Faults, kills and resumes by the throw of seeded dice. After each kill and at the end the
//! books are compared: journal, results, and what the simulator saw.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use wxbulk::simulator::{Behavior, ClockSpeed};

use crate::harness::{Ran, Stage, location_id, number, rows_recorded, sheet};

const JOURNAL: &str = "sheet.results.csv.journal";
const AT_ONCE: usize = 20;
const FAULTS: &str = "404=1%,429=0.3%,423=0.3%,500=0.5%,502=0.5%,504=0.5%,reset-before=0.7%,\
    reset-after=0.7%,truncated=0.7%,oversized=0.3%,non-utf8=0.7%,bad-gzip=0.7%";

/// What the journal loses beyond the kill.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Loss {
    /// The program was killed; the system lives.
    Nothing,
    /// The power went: the end that was not synced is cut off, or is zeros or old bytes.
    Tail,
}

/// What a trial came to.
#[derive(Debug, Default)]
struct Figures {
    kills: usize,
    requests: usize,
    /// Rows sent again though nothing had gone wrong with them but the kill.
    sent_again: usize,
    most_unrecorded: usize,
    cut_off: usize,
}

#[expect(
    clippy::print_stdout,
    reason = "what was measured, for whoever runs it by hand"
)]
fn say(line: &str) {
    println!("{line}");
}

struct Trial {
    stage: Stage,
    rows: u64,
    dice: fastrand::Rng,
    figures: Figures,
    /// Each finished row's requests when it was first seen finished for good.
    settled: HashMap<u64, usize>,
    seen: usize,
}

impl Trial {
    fn new(seed: u64, rows: u64) -> Trial {
        // Seen only when the trial fails: how to play it again.
        say(&format!("seed {seed}"));
        let stage = Stage::new(Behavior {
            latency: "20ms..100ms".parse().expect("a latency"),
            faults: FAULTS.parse().expect("faults"),
            retry_after: "1s".parse().expect("a policy"),
            speed: ClockSpeed::new(20.0).expect("a speed"),
            seed,
            ..Behavior::instant()
        });
        stage.write("sheet.csv", sheet(rows));
        Trial {
            stage,
            rows,
            dice: fastrand::Rng::with_seed(seed),
            figures: Figures::default(),
            settled: HashMap::new(),
            seen: 0,
        }
    }

    /// Runs until done, killed at most `kills` times on the way.
    fn play(mut self, kills: usize, loss: Loss) -> Figures {
        let mut flags = "";
        while self.figures.kills < kills && self.run_and_kill(flags, kills) {
            self.take_stock(loss);
            flags = "--resume";
        }
        let ran = self
            .stage
            .apply(&format!("sheet.csv -c {AT_ONCE} --resume"));
        self.compare(&ran);
        self.figures
    }

    /// False when the run was done before the kill.
    fn run_and_kill(&mut self, flags: &str, kills: usize) -> bool {
        let journal = self.stage.path(JOURNAL);
        let length = || fs::metadata(&journal).map_or(0, |data| data.len());
        // A record has about this number of bytes; the kills spread over the whole run.
        let share = self.rows * 180 / kills as u64;
        let enough = length().max(500) + self.dice.u64(0..=share * 3 / 2);
        let mut child = self
            .stage
            .start_apply(&format!("sheet.csv -c {AT_ONCE} {flags}"));
        while length() < enough {
            if child.try_wait().expect("a child").is_some() {
                break;
            }
            std::thread::park_timeout(Duration::from_micros(200));
        }
        let _ = child.kill();
        let ran = Ran::of(child.wait_with_output().expect("it ends"));
        assert!(matches!(ran.code, None | Some(0 | 1)), "{}", ran.stderr);
        self.figures.kills += usize::from(ran.code.is_none());
        ran.code.is_none()
    }

    /// After a kill: what the journal knows, what the simulator saw, what is lost now.
    fn take_stock(&mut self, loss: Loss) {
        let mut journal = fs::read(self.stage.path(JOURNAL)).expect("a journal");
        let recorded = rows_recorded(&journal);
        let requests = self.stage.requests();
        let unrecorded: HashSet<u64> = requests[self.seen..]
            .iter()
            .filter(|request| request["fault"].is_null() && request["method"] == "PUT")
            .map(row_of)
            .filter(|row| !recorded.contains(row))
            .collect();
        assert!(unrecorded.len() <= AT_ONCE, "{unrecorded:?}");
        self.figures.most_unrecorded = self.figures.most_unrecorded.max(unrecorded.len());
        self.seen = requests.len();
        if loss == Loss::Tail {
            self.cut(&mut journal);
            fs::write(self.stage.path(JOURNAL), &journal).expect("it can be written");
        }
        let kept = rows_recorded(&journal);
        self.figures.cut_off += recorded.len() - kept.len();
        let counts = count_by_row(&requests);
        // Settled before, lost now: it may be sent again.
        self.settled.retain(|row, _| kept.contains(row));
        for row in kept {
            let count = counts[&row];
            let before = *self.settled.entry(row).or_insert(count);
            assert_eq!(count, before, "row {row} had its record and was sent again");
        }
    }

    fn cut(&mut self, journal: &mut Vec<u8>) {
        let header = journal
            .iter()
            .position(|byte| *byte == b'\n')
            .expect("a header")
            + 1;
        let least = header.max(journal.len().saturating_sub(6000));
        let length = self.dice.usize(least..=journal.len());
        let lost = journal.len() - length;
        journal.truncate(length);
        match self.dice.u8(0..4) {
            0 => journal.resize(length + lost, 0),
            1 => journal.extend((0..lost).map(|_| self.dice.u8(..))),
            _ => {}
        }
    }

    /// At the end: the results, the final state and the simulator's log tell the same.
    fn compare(&mut self, ran: &Ran) {
        let results = self.stage.results("sheet.results.csv");
        let (requests, state) = (self.stage.requests(), self.stage.state());
        let mut by_row: HashMap<u64, Vec<&Value>> = HashMap::new();
        for request in &requests {
            by_row.entry(row_of(request)).or_default().push(request);
        }
        assert_eq!(results.len() as u64, self.rows);
        let mut failed = 0;
        for (result, row) in results.iter().zip(2..) {
            assert_eq!(result["row"], row.to_string());
            assert_eq!(result["locationId"], location_id(row));
            let told = by_row[&row]
                .iter()
                .find(|request| request["trackingId"] == *result["trackingId"])
                .expect("the request the result tells of was seen");
            assert_eq!(
                told["status"].to_string(),
                result["status"],
                "row {row}: {told}"
            );
            match &*result["outcome"] {
                "updated" => {
                    // What it tells of may be the read that showed that the change is there.
                    let was_applied = |request: &&Value| request["applied"] == true;
                    assert!(by_row[&row].iter().any(was_applied), "row {row}: {told}");
                    let set = &state[location_id(row)]["autoTransferNumber1"];
                    assert_eq!(*set, json!(number(row)), "row {row}");
                }
                "failed" => {
                    failed += 1;
                    assert!(["404", "423"].contains(&&*result["status"]), "{result:?}");
                    assert_eq!(told["applied"], false, "row {row}: {told}");
                }
                // A try may have taken effect, and the read that would have told was refused as well.
                "unknown" => {
                    failed += 1;
                    let is_faulty = |request: &&Value| !request["fault"].is_null();
                    assert!(by_row[&row].iter().any(is_faulty), "{result:?}");
                }
                other => panic!("row {row} is {other}: {result:?}"),
            }
        }
        assert_eq!(ran.code, Some(i32::from(failed > 0)), "{}", ran.stderr);
        let counts = count_by_row(&requests);
        for (row, before) in &self.settled {
            assert_eq!(
                counts[row], *before,
                "row {row} was finished and sent again"
            );
        }
        let sound = |requests: &Vec<&Value>| {
            requests
                .iter()
                .filter(|request| request["fault"].is_null() && request["method"] == "PUT")
                .count()
        };
        let again = by_row
            .values()
            .map(|requests| sound(requests).saturating_sub(1));
        self.figures.sent_again = again.sum();
        self.figures.requests = requests.len();
        let Figures {
            kills,
            cut_off,
            sent_again,
            ..
        } = self.figures;
        assert!(
            sent_again <= kills * AT_ONCE + cut_off,
            "{:?}",
            self.figures
        );
    }
}

fn count_by_row(requests: &[Value]) -> HashMap<u64, usize> {
    let mut counts = HashMap::new();
    for request in requests.iter().filter(|request| request["method"] == "PUT") {
        *counts.entry(row_of(request)).or_default() += 1;
    }
    counts
}

/// The row a request was for: the last digits of its location's id.
fn row_of(request: &Value) -> u64 {
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD_NO_PAD;
    let id = request["locationId"].as_str().expect("an id");
    let id = BASE64_STANDARD_NO_PAD.decode(id).expect("base64");
    let id = String::from_utf8(id).expect("a text");
    let digits = id.rsplit('-').next().expect("a part");
    u64::from_str_radix(digits, 16).expect("a row")
}

/// Plays the trials of these seeds, a few at a time.
fn play_all(seeds: u64, play: impl Fn(u64) -> Figures + Sync) -> Figures {
    let next = AtomicU64::new(0);
    let play = |_| {
        let mut sum = Figures::default();
        loop {
            let seed = next.fetch_add(1, Ordering::SeqCst);
            if seed >= seeds {
                return sum;
            }
            sum.add(&play(seed));
        }
    };
    std::thread::scope(|scope| {
        let play = &play;
        let workers = [0, 1, 2].map(|worker| scope.spawn(move || play(worker)));
        let mut sum = Figures::default();
        for worker in workers {
            sum.add(&worker.join().expect("the trials of one worker held"));
        }
        sum
    })
}

impl Figures {
    fn add(&mut self, other: &Figures) {
        self.kills += other.kills;
        self.requests += other.requests;
        self.sent_again += other.sent_again;
        self.most_unrecorded = self.most_unrecorded.max(other.most_unrecorded);
        self.cut_off += other.cut_off;
    }
}

#[test]
fn whatever_breaks_and_whenever_it_is_killed_a_run_ends_with_the_truth() {
    let figures = play_all(24, |seed| {
        let mut dice = fastrand::Rng::with_seed(seed);
        let loss = if seed % 2 == 0 {
            Loss::Nothing
        } else {
            Loss::Tail
        };
        Trial::new(seed, dice.u64(150..400)).play(dice.usize(1..5), loss)
    });
    assert!(figures.kills >= 24, "{figures:?}");
}

#[test]
#[ignore = "takes minutes; by hand: cargo test -- --ignored --nocapture"]
fn two_hundred_kills_of_long_runs_lose_nothing() {
    for loss in [Loss::Nothing, Loss::Tail] {
        let figures = play_all(20, |seed| Trial::new(1000 + seed, 5000).play(10, loss));
        say(&format!("{loss:?}: {figures:?}"));
        assert!(figures.kills >= 190, "{figures:?}");
    }
}
