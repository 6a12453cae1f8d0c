//! How the process ends: each number has one meaning.

/// How the process ends. Each number has one meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitCode {
    /// Every row is as asked.
    Success = 0,
    /// Finished, and some rows are not as asked, or an output that was asked for (page, JSON, log)
    /// could not be written.
    SomeRowsNotDone = 1,
    /// Nothing was sent: the flags, the settings or the sheet are wrong.
    NothingSent = 2,
    /// Stopped before the end; `--resume` goes on.
    Stopped = 3,
    /// `plan --exit-code`: something differs.
    Different = 4,
    /// Interrupted by the user; `--resume` goes on.
    Interrupted = 130,
}

impl ExitCode {
    /// Rows that were left out before anything was sent are not done either.
    #[must_use]
    pub fn with_left_out(self, count: u64) -> ExitCode {
        match self {
            ExitCode::Success if count > 0 => ExitCode::SomeRowsNotDone,
            code => code,
        }
    }
}
