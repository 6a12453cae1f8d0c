//! What a run of the pipeline is given, what it tells meanwhile, and what comes of it.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use anyhow::Result;

use super::made_values::MadeByRows;
use super::possible_values::LastKnown;
use crate::engine::abort::AbortReason;
use crate::engine::failure_limit::FailureLimit;
use crate::model::counts::Counts;
use crate::model::current_values::CurrentValues;
use crate::model::outcome::Outcome;
use crate::model::response::ApiResult;
use crate::model::row::{Row, TargetKey};
use crate::pace::PaceStatus;
use crate::retry::RetryPolicy;
use crate::setting::Setting;
use crate::sheet::duplicates::Duplicates;

/// What is done for each row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Its changes are sent.
    Write,
    /// The present values are read, and nothing is changed.
    Read,
    /// The present values are read and recorded; then its changes are sent, if they would change
    /// anything and what the row expects is so.
    ReadThenWrite,
}

/// Of which rows it is asked what uses their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageCheck {
    /// Of those that clear one.
    WhereCleared,
    /// Of all.
    Always,
    /// Of none.
    Never,
}

impl UsageCheck {
    /// Whether a plan asks it of all rows. A plan of rules shows the numbers that they use.
    pub fn plan_asks_of_all(self, setting: &Setting) -> bool {
        match self {
            UsageCheck::Always => true,
            UsageCheck::WhereCleared => setting.has_rules(),
            UsageCheck::Never => false,
        }
    }
}

/// How a run goes about it.
#[derive(Debug, Clone)]
pub struct RunPolicy {
    pub task: Task,
    pub usage_check: UsageCheck,
    /// A number is cleared although it is used.
    pub even_if_used: bool,
    pub retry: RetryPolicy,
    /// A longer Retry-After than this stops the run.
    pub longest_wait: Duration,
    pub failure_limit: Option<FailureLimit>,
    /// The run ends after this number of rows that had something to do, each of them read back.
    pub first: Option<u64>,
    /// Rows that are sent although they would change nothing; they are read first.
    pub always_sent: &'static [u64],
    /// Of an undo: the places that earlier ones have put back. What is found as before elsewhere is read
    /// twice and sent all the same.
    pub back_already: Option<HashSet<TargetKey>>,
    /// Rows that are read back as those of `first` are. What they have taken away is theirs, and the rows that
    /// follow may put it back; what they have never sent is somebody else's.
    pub read_back: fn(&Row<'_>) -> bool,
    /// Seeds the spread of retries and the tracking ids.
    pub seed: u64,
}

/// What is sent.
#[derive(Debug)]
pub struct Batch<'a, I> {
    pub setting: &'static Setting,
    /// Which rows are for one location.
    pub duplicates: &'a Duplicates,
    pub rows: I,
    /// Locations with several rows: the first of them that an earlier part of the run may have
    /// changed without knowing.
    pub in_doubt: HashMap<TargetKey, u64>,
    /// Locations with several rows of which an earlier part of the run left one alone or in doubt: what
    /// may be there since.
    pub last_known: HashMap<TargetKey, LastKnown>,
    /// Locations with several rows, and what those have made of their fields that an earlier part sent, or
    /// planned.
    pub made: HashMap<TargetKey, MadeByRows>,
    /// What an earlier part of the run came to.
    pub counts_before: Counts,
    /// Why rows are left as they are that none of the credentials manages.
    pub unmanaged: Option<AbortReason>,
}

/// Takes down what happens. An error stops the run.
pub trait Recorder {
    /// The numbers that an earlier run recorded for a row before it sent anything for it.
    fn previous_of(&self, row: &Row<'_>) -> Option<CurrentValues>;
    /// An earlier part of the run, which kept no numbers, may have sent the row and not have heard what
    /// came of it.
    fn may_have_been_sent(&self, row: &Row<'_>) -> bool;
    /// Records the numbers before anything is sent for a row; they are safe when this returns.
    fn found(&mut self, row: &Row<'_>, present: &CurrentValues) -> Result<()>;
    /// What a row's change left there was read.
    fn read_back(&mut self, row: &Row<'_>, current: &CurrentValues);
    /// A request of a lane ended, so long after it left.
    fn ended(&mut self, lane: usize, reply: &ApiResult, took: Duration);
    /// Rows have their outcomes, all of which are on record when this returns; after an error none is.
    fn finished(&mut self, finished: &[RowResult]) -> Result<()>;
    /// The user of a lane is not to ask for so long; on record when this returns, since the next process
    /// has to keep to it too.
    fn told_to_wait(&mut self, lane: usize, closed_for: Duration) -> Result<()>;
    /// What the user of a lane is known as besides, whose access token was replaced: who waits has to be known by
    /// that too. Returns for how long the service has told them to wait, in another process or an earlier part.
    fn known_as(&mut self, lane: usize, names: Vec<String>) -> Option<Duration>;
    /// What these credentials, by their number, were not let change ten times in a row with this message is left to
    /// others from here on.
    fn stands_back(&mut self, sender: usize, message: &str);
    /// Credentials, by their number, send nothing more; others go on. On record when this returns.
    fn sender_ended(&mut self, sender: usize, reason: &AbortReason) -> Result<()>;
    /// Called some ten times a second.
    fn tick(&mut self, status: &Status) -> Result<()>;
    /// A row's outcome arrived when recording failed or had failed: the last chance to tell anyone.
    fn cannot_record(&mut self, finished: &RowResult);
}

/// A row that has its outcome.
#[derive(Debug)]
pub struct RowResult {
    pub row: Row<'static>,
    pub outcome: Outcome,
}

/// How things stand.
#[derive(Debug, Clone)]
pub struct Status {
    pub on_wire: usize,
    pub backing_off: usize,
    /// How each user stands, in the order of the lanes.
    pub lanes: Vec<LaneStatus>,
    /// That of all lanes together.
    pub pace: PaceStatus,
    /// How long the gate stays closed: the first one that opens, where all are.
    pub closed_for: Option<Duration>,
    pub silent_for: Option<Duration>,
    pub is_stopping: bool,
}

/// How one user stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneStatus {
    /// Rows that have their outcome by an answer to this user.
    pub rows: u64,
    pub activity: LaneActivity,
}

/// What one user does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LaneActivity {
    Sending,
    /// For so long, since the service says so.
    Waiting(Duration),
    /// No row is there that it may send.
    Idle,
    /// All its credentials have ended.
    Ended,
}

/// How a run ended.
#[derive(Debug)]
pub struct RunResult {
    /// `None`: every row has its outcome.
    pub reason: Option<AbortReason>,
    /// Rows that had been sent and have no record: `unknown` where a try may have taken effect,
    /// else `not-attempted`; with their true outcome where only the recording failed. A resumed
    /// run sends them again.
    pub unfinished: Vec<(u64, Outcome)>,
    pub requests: u64,
    pub throttled: u64,
    /// Rows that changed something, or would, although it could not be told what uses their numbers.
    pub usage_unknown: u64,
}

impl RunResult {
    /// It turned out beforehand that there was no point in it.
    pub fn before_the_first_row(reason: AbortReason) -> RunResult {
        RunResult {
            reason: Some(reason),
            unfinished: Vec::new(),
            requests: 0,
            throttled: 0,
            usage_unknown: 0,
        }
    }
}
