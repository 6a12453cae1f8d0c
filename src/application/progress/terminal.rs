//! The terminal behind standard error, as indicatif draws on it.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use console::Term;
use indicatif::TermLike;
use tokio::time::Instant;

/// Columns left free at the right: the `^C` or `^Z` that the terminal shows when the key is
/// pressed must not wrap, or the bar could not be found again; and some terminals wrap as soon as
/// their last column is written.
const FREE_COLUMNS: u16 = 3;

/// indicatif pads each line to the width, which must not be narrower than a character. On a
/// narrower terminal lines wrap.
const NARROWEST: u16 = 20;

/// Frames come ten times a second. After a longer gap the process was stopped (Ctrl-Z) and the
/// shell has written below the frame, which then stays where it is. SIGCONT would not do: it may
/// arrive after the next frame.
const LONGEST_GAP: Duration = Duration::from_secs(1);

/// Draws whole frames, and takes the last one away from the rows it takes up *now*.
///
/// indicatif goes up as many rows as a frame took when it was drawn, and fills each line to the
/// last column instead of ending it. A terminal that was made narrower since has wrapped the lines
/// again, and one that was made wider has joined them, so that pieces of the frame would be left
/// behind (<https://github.com/console-rs/indicatif/issues/182>,
/// <https://github.com/console-rs/indicatif/issues/695>). Here a frame is collected until it is
/// flushed, its lines end, and its rows are counted when it is removed.
#[derive(Debug, Clone)]
pub(super) struct Terminal {
    term: Term,
    frame: Arc<Mutex<Frame>>,
}

#[derive(Debug)]
struct Frame {
    /// On the terminal now, without a line break at its end.
    drawn: String,
    /// Lines of the next frame.
    next: Vec<String>,
    last_flush: Instant,
}

impl Terminal {
    /// `None` where nothing can be drawn: no terminal, or one without a movable cursor.
    pub(super) fn find() -> Option<Terminal> {
        let term = Term::buffered_stderr();
        (term.is_term() && !console::is_dumb()).then(|| Terminal {
            term,
            frame: Arc::new(Mutex::new(Frame {
                drawn: String::new(),
                next: Vec::new(),
                last_flush: Instant::now(),
            })),
        })
    }

    fn frame(&self) -> MutexGuard<'_, Frame> {
        self.frame.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn columns(&self) -> u16 {
        self.term.size().1
    }

    fn redraw(&self, drawn: &str, next: &str) -> io::Result<()> {
        if !drawn.is_empty() {
            // Row by row: tmux keeps what is cleared to the end of the screen in its history.
            self.term.clear_line()?;
            for _ in 1..rows_of(drawn, self.columns()) {
                self.term.move_cursor_up(1)?;
                self.term.clear_line()?;
            }
        }
        self.term.write_str(next)?;
        self.term.flush()
    }
}

impl TermLike for Terminal {
    fn width(&self) -> u16 {
        let columns = self.columns().saturating_sub(FREE_COLUMNS);
        columns.max(NARROWEST)
    }

    fn height(&self) -> u16 {
        self.term.size().0
    }

    /// A line, or the blanks that fill it.
    fn write_str(&self, text: &str) -> io::Result<()> {
        let line = text.trim_end();
        if !line.is_empty() {
            self.frame().next.push(line.to_string());
        }
        Ok(())
    }

    fn write_line(&self, line: &str) -> io::Result<()> {
        self.write_str(line)
    }

    /// Never fails: a run goes on when its terminal is gone, and indicatif would panic.
    fn flush(&self) -> io::Result<()> {
        let mut frame = self.frame();
        let now = Instant::now();
        let next = std::mem::take(&mut frame.next).join("\n");
        let gap = now.duration_since(std::mem::replace(&mut frame.last_flush, now));
        if gap > LONGEST_GAP {
            frame.drawn.clear();
        }
        if next != frame.drawn {
            let _ = self.redraw(&frame.drawn, &next);
            frame.drawn = next;
        }
        Ok(())
    }

    // Flushing removes the last frame.
    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        Ok(())
    }
}

/// Rows that `frame` takes on a terminal of this width.
fn rows_of(frame: &str, columns: u16) -> usize {
    let columns = usize::from(columns.max(1));
    let rows = |line: &str| console::measure_text_width(line).div_ceil(columns).max(1);
    frame.split('\n').map(rows).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_takes_more_rows_once_the_terminal_was_made_narrower() {
        let frame = format!("{}\n{}", "█".repeat(77), "x".repeat(30));
        let rows = [80, 40, 20].map(|columns| rows_of(&frame, columns));
        assert_eq!(rows, [2, 3, 6]);
        assert_eq!(rows_of("", 0), 1);
    }
}
