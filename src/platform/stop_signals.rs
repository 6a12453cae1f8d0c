//! The signals that stop a run: Ctrl-C, and what terminals, services and a shutdown send.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::Stream;

/// Wishes to stop, one after the other. [`StopSignals`] are the real ones.
pub trait StopRequests: Stream<Item = ()> + Unpin {}

impl<T: Stream<Item = ()> + Unpin> StopRequests for T {}

/// The wish to stop, as often as it is uttered.
#[derive(Debug)]
pub struct StopSignals {
    #[cfg(unix)]
    signals: Vec<tokio::signal::unix::Signal>,
    #[cfg(windows)]
    signals: (
        tokio::signal::windows::CtrlC,
        tokio::signal::windows::CtrlBreak,
        tokio::signal::windows::CtrlClose,
        tokio::signal::windows::CtrlShutdown,
    ),
}

impl StopSignals {
    /// From now on the signals no longer end the process by themselves. What was ignored when it
    /// began stays ignored: `nohup` ignores the hangup, and a shell without job control the Ctrl-C
    /// of what it runs in the background.
    #[cfg(unix)]
    pub fn listen() -> io::Result<StopSignals> {
        use tokio::signal::unix::{SignalKind, signal};
        // Only Linux tells. Elsewhere every signal stops the run, as it does without `nohup`.
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let kinds = [
            SignalKind::interrupt(),
            SignalKind::terminate(),
            SignalKind::hangup(),
        ];
        let heeded = kinds.into_iter().filter(|kind| !is_ignored(*kind, &status));
        Ok(StopSignals {
            signals: heeded.map(signal).collect::<io::Result<_>>()?,
        })
    }

    #[cfg(windows)]
    pub fn listen() -> io::Result<StopSignals> {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};
        Ok(StopSignals {
            signals: (ctrl_c()?, ctrl_break()?, ctrl_close()?, ctrl_shutdown()?),
        })
    }
}

/// Whether the `SigIgn` line of a process's `status` has the bit of a signal, of which the lowest
/// is that of signal 1.
#[cfg(unix)]
fn is_ignored(kind: tokio::signal::unix::SignalKind, status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    let bit = u32::try_from(kind.as_raw_value() - 1).unwrap_or(u32::MAX);
    mask.unwrap_or_default()
        .checked_shr(bit)
        .is_some_and(|bits| bits & 1 == 1)
}

impl Stream for StopSignals {
    type Item = ();

    #[cfg(unix)]
    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<()>> {
        for signal in &mut self.signals {
            if signal.poll_recv(context).is_ready() {
                return Poll::Ready(Some(()));
            }
        }
        Poll::Pending
    }

    #[cfg(windows)]
    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<()>> {
        let (c, r#break, close, shutdown) = &mut self.signals;
        if c.poll_recv(context).is_ready()
            || r#break.poll_recv(context).is_ready()
            || close.poll_recv(context).is_ready()
            || shutdown.poll_recv(context).is_ready()
        {
            return Poll::Ready(Some(()));
        }
        Poll::Pending
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use tokio::signal::unix::SignalKind;

    #[test]
    fn what_was_ignored_at_the_start_is_read_from_the_mask() {
        let ignored = |mask: &str| {
            let status = format!(
                "Name:\twxbulk\nSigBlk:\t0000000000000000\nSigIgn:\t{mask}\nSigCgt:\t0000000000004003\n"
            );
            [
                SignalKind::hangup(),
                SignalKind::interrupt(),
                SignalKind::terminate(),
            ]
            .map(|kind| is_ignored(kind, &status))
        };
        assert_eq!(ignored("0000000000000000"), [false, false, false]);
        assert_eq!(ignored("0000000000000001"), [true, false, false]);
        assert_eq!(ignored("0000000000001006"), [false, true, false]);
        assert_eq!(ignored("0000000000004001"), [true, false, true]);
        assert_eq!(ignored("ffffffffffffffff"), [true, true, true]);
        assert_eq!(ignored("nonsense"), [false, false, false]);
        assert!(!is_ignored(SignalKind::hangup(), ""));
    }
}
