//! Draws a frame of a few lines at the foot of the terminal and takes it away again.

use std::io;
use std::time::Duration;

use console::Term;
use tokio::time::Instant;

/// Columns left free at the right: the `^C` or `^Z` that the terminal shows when the key is
/// pressed must not break the line, or the frame could not be found again; and some terminals
/// break a line already when its last column is written.
const FREE: usize = 3;

/// Frames come ten times a second. After a longer gap the process was stopped (Ctrl-Z) and the
/// shell has written below the frame. The signal that says so can arrive after the next frame.
const LONGEST_GAP: Duration = Duration::from_secs(1);

/// A frame on the terminal behind stderr.
#[derive(Debug)]
pub(super) struct Terminal {
    term: Term,
    /// What stands on the terminal now, without the line break it does not end in.
    drawn: String,
    last_drawn: Instant,
}

impl Terminal {
    /// `None` where nothing can be drawn: no terminal, or one without a movable cursor.
    pub(super) fn find() -> Option<Terminal> {
        let term = Term::buffered_stderr();
        (term.is_term() && !console::is_dumb()).then(|| Terminal {
            term,
            drawn: String::new(),
            last_drawn: Instant::now(),
        })
    }

    /// Columns that a line may fill.
    pub(super) fn width(&self) -> usize {
        self.columns().saturating_sub(FREE)
    }

    /// Replaces what stands there with `lines` above, which stay, and `frame`.
    ///
    /// Nothing can be done when the terminal takes no more.
    pub(super) fn draw(&mut self, lines: &[String], frame: &str) {
        let now = Instant::now();
        let gap = now.duration_since(std::mem::replace(&mut self.last_drawn, now));
        if gap > LONGEST_GAP {
            // It stays where it is.
            self.drawn.clear();
        } else if lines.is_empty() && frame == self.drawn {
            return;
        }
        let _ = self.try_draw(lines, frame);
    }

    fn try_draw(&mut self, lines: &[String], frame: &str) -> io::Result<()> {
        let drawn = std::mem::take(&mut self.drawn);
        if !drawn.is_empty() {
            let rows = rows(&drawn, self.columns());
            self.term.clear_line()?;
            self.term.move_cursor_up(rows - 1)?;
            self.term.write_str("\r")?;
            self.term.clear_to_end_of_screen()?;
        }
        for line in lines {
            self.term.write_line(line)?;
        }
        self.term.write_str(frame)?;
        self.drawn = frame.to_string();
        self.term.flush()
    }

    fn columns(&self) -> usize {
        usize::from(self.term.size().1)
    }
}

/// Rows that `frame` takes on a terminal of so many columns, which may have been made narrower
/// since it was drawn.
fn rows(frame: &str, columns: usize) -> usize {
    let rows_of = |line: &str| {
        console::measure_text_width(line)
            .div_ceil(columns.max(1))
            .max(1)
    };
    frame.split('\n').map(rows_of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_takes_more_rows_once_the_terminal_was_made_narrower() {
        let frame = format!("{}\n{}", "█".repeat(77), "x".repeat(30));
        assert_eq!([80, 40, 20].map(|columns| rows(&frame, columns)), [2, 3, 6]);
        assert_eq!(rows("", 0), 1);
    }
}
