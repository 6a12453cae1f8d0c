//! The ways in which a run can be wrong.

/// What was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Undo cleared what it had never read.
    Cleared,
    /// A row that took effect is told to have failed.
    FailedButApplied,
    /// Undo says it is done, and left out a row that took effect and is told to have failed.
    UndoSkipsFailed,
    /// The same of a row that was found to be as asked, because we had made it so.
    UndoSkipsUnchanged,
    /// The same of any other row.
    UndoSkips,
    /// Of several rows for one location an earlier one won, since its first request came late.
    LateChangeWins,
    /// Undo put something back that was not there.
    PutBackOtherwise,
    /// Undo wrote what the run had not.
    UndidUntouched,
    /// Undo says somebody changed what nobody did.
    AccusesFalsely,
    /// Results older than their journal were believed, and a finished row was sent again.
    SentAgainFromOldResults,
    /// What another administrator set was overwritten in spite of a guard.
    OverwroteOther,
    /// A command that was printed does not work.
    HintDoesNotWork,
    /// What was sent is not what the plan showed.
    NotAsPlanned,
    /// A row that was on the wire at a kill was sent again over what somebody had set meanwhile.
    OverwroteAfterKill,
    /// Results of a rehearsal were taken for real ones.
    RehearsalForReal,
    /// An earlier number came back in another spelling.
    OtherSpelling,
    /// Something was sent that nobody approved.
    Unapproved,
    /// A sheet that was overwritten while it was sent went out.
    OverwrittenWhileSent,
    /// A run does not go on without the sheet as it was.
    NeedsTheSheet,
    /// A finished row was sent again after the journal was damaged.
    SentAgainAfterDamage,
    /// It is advised to delete a journal that holds rows.
    AdvisesDeleting,
    /// The service was asked before the time it had said.
    AskedEarly,
    /// What somebody typed into a results file is gone.
    TypedIsLost,
    /// A number typed into a row of the results that was done is neither sent nor spoken of, and the
    /// exit code is 0.
    TypedIsIgnored,
    /// One location ends every resumed run.
    EndsEveryRun,
    /// A finished row was sent again.
    SentAgain,
    /// Exit code 2, and something was sent.
    SentThoughRefused,
    /// Exit code 0, and a location is not as asked.
    NotAsAsked,
    /// `updated`, and nothing took effect.
    UpdatedButNot,
    /// It does not end.
    Hangs,
    /// It panicked.
    Panics,
}
