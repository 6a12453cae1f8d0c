//! What Ctrl-C does to a run: the first one sends no more and lets the answers come, the second one
//! leaves at once.

use super::{Pipeline, Recorder};
use crate::engine::abort::AbortReason;
use crate::webex::Service;

/// What an interrupted run does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interrupt {
    AwaitResponses,
    /// What is on the wire may or may not take effect.
    LeaveAtOnce,
}

impl<S: Service, R: Recorder> Pipeline<'_, S, R> {
    /// A run that is stopping already, for whatever reason, is left at once.
    pub(super) fn interrupt(&mut self) -> Interrupt {
        if self.stopping.is_some() {
            return Interrupt::LeaveAtOnce;
        }
        self.stop(AbortReason::Interrupted);
        Interrupt::AwaitResponses
    }
}
