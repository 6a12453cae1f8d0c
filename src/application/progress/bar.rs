//! The bar, and the lines below it that say what a run is doing. indicatif draws them.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use super::terminal::Terminal;
use super::view::View;
use crate::stderr::say;

/// The message is what follows the counts: the time left, and the lines below the bar.
const TEMPLATE: &str = "{bar:30} {human_pos}/{human_len}{msg}";

/// Where there is less room, the bar takes what is left.
const NARROW_TEMPLATE: &str = "{wide_bar} {human_pos}/{human_len}{msg}";

/// The columns that a bar of 30 cells, seven digits twice and a time left need.
const NARROW: usize = 70;

/// A bar at the foot of the terminal.
#[derive(Debug)]
pub(super) struct Bar {
    bar: ProgressBar,
    terminal: Terminal,
}

impl Bar {
    /// `None` where there is no terminal to draw on.
    pub(super) fn find(total: u64) -> Option<Bar> {
        let terminal = Terminal::find()?;
        let bar = progress_bar(Box::new(terminal.clone()), total);
        Some(Bar { bar, terminal })
    }

    /// Columns that a line may fill.
    pub(super) fn width(&self) -> usize {
        self.terminal.width().into()
    }

    pub(super) fn show(&self, view: &View) {
        show(&self.bar, view, self.width());
    }

    /// Writes lines above the bar, which stay.
    pub(super) fn write_above(&self, lines: &[String]) {
        if !lines.is_empty() {
            self.bar.suspend(|| lines.iter().for_each(|line| say(line)));
        }
    }

    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

fn progress_bar(terminal: Box<dyn TermLike>, total: u64) -> ProgressBar {
    let target = ProgressDrawTarget::term_like(terminal);
    ProgressBar::with_draw_target(Some(total), target)
}

fn show(bar: &ProgressBar, view: &View, width: usize) {
    let template = if width < NARROW {
        NARROW_TEMPLATE
    } else {
        TEMPLATE
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    let mut lines = vec![view.beside_bar(width)];
    lines.extend(view.below_bar(width));
    bar.set_position(view.done);
    bar.set_message(lines.join("\n"));
}

#[cfg(test)]
mod tests {
    use super::super::user_lines::tests::few_and_many;
    use super::super::view::tests::views;
    use super::*;
    use std::io;
    use std::sync::{Arc, Mutex};

    /// Keeps the lines that were drawn last.
    #[derive(Debug, Clone)]
    struct Paper {
        width: u16,
        lines: Arc<Mutex<Vec<String>>>,
    }

    impl Paper {
        fn lines(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
            self.lines.lock().expect("one thread")
        }
    }

    impl TermLike for Paper {
        fn width(&self) -> u16 {
            self.width
        }

        fn write_str(&self, text: &str) -> io::Result<()> {
            if !text.trim().is_empty() {
                self.lines().push(text.to_string());
            }
            Ok(())
        }

        fn write_line(&self, _: &str) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            self.lines().clear();
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

        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Those of one user, and of several.
    fn all_views() -> Vec<View> {
        let mut views = views();
        let sending = views[2].clone();
        views.extend(few_and_many().map(|users| View {
            users,
            ..sending.clone()
        }));
        views
    }

    fn drawn(width: u16) -> Vec<Vec<String>> {
        let draw = |view: &View| {
            let paper = Paper {
                width,
                lines: Arc::default(),
            };
            let bar = progress_bar(Box::new(paper.clone()), view.total);
            show(&bar, view, width.into());
            paper.lines().clone()
        };
        all_views().iter().map(draw).collect()
    }

    fn text(width: u16) -> String {
        let frames: Vec<String> = drawn(width).iter().map(|lines| lines.join("\n")).collect();
        frames.join("\n\n")
    }

    #[test]
    fn it_reads_well_at_80_columns() {
        insta::assert_snapshot!(text(77), @"
        ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░ 0/20,000
        finding the pace · 0 ok

        ███████████████░░░░░░░░░░░░░░░ 10,200/20,000 · 2 h 5 min left
        finding the pace 12.3/s · 12 failed · 10,188 ok

        ███████████████░░░░░░░░░░░░░░░ 10,200/20,000 · 2 h 5 min left
        sending 12.3/s · 12 failed · 10,188 ok · 3 to try again

        ███████████████░░░░░░░░░░░░░░░ 10,200/20,000 · 2 h 5 min left
        rate limited until 14:02:31 (38 s) · 12 failed · 10,188 ok

        ███████████████░░░░░░░░░░░░░░░ 10,200/20,000 · 2 h 5 min left
        no answer for 12 s, trying again · 12 failed · 10,188 ok

        █████████████████████████████░ 19,998/20,000
        trying the last ones again · 12 failed · 10,188 ok

        ███████████████░░░░░░░░░░░░░░░ 10,200/20,000
        stopping, 10 answers to come · 12 failed · 10,188 ok

        ███████████████░░░░░░░░░░░░░░░ 10,200/20,000 · 2 h 5 min left
        sending 12.3/s · 12 failed · 10,188 ok · 3 to try again
        Ada Adams                 sending 4.9/s · 3,310 done
        Bengt Björklund-Anderss…  rate limited until 14:02:31 (38 s) · 3,290 done
        customers/cyd.txt         ended: Webex rejected the access token: The reques…
        王小明                    idle, no row to send · 3,480 done

        ███████████████░░░░░░░░░░░░░░░ 10,200/20,000 · 2 h 5 min left
        sending 12.3/s · 12 failed · 10,188 ok · 3 to try again
        300 users: 280 sending, 12 rate limited until 14:05:21 at the latest, 8 ended
        ");
    }

    #[test]
    fn it_reads_well_at_40_columns() {
        insta::assert_snapshot!(text(37), @"
        ░░░░░░░░░░░░░░░░░░░░░░░░░░░░ 0/20,000
        finding the pace · 0 ok

        ███░░░ 10,200/20,000 · 2 h 5 min left
        finding the pace 12.3/s · 12 failed

        ███░░░ 10,200/20,000 · 2 h 5 min left
        sending 12.3/s · 12 failed

        ███░░░ 10,200/20,000 · 2 h 5 min left
        rate limited until 14:02:31 (38 s)

        ███░░░ 10,200/20,000 · 2 h 5 min left
        no answer for 12 s, trying again

        ██████████████████████░ 19,998/20,000
        trying the last ones again

        ███████████░░░░░░░░░░░░ 10,200/20,000
        stopping, 10 answers to come

        ███░░░ 10,200/20,000 · 2 h 5 min left
        sending 12.3/s · 12 failed
        Ada Ada…  sending 4.9/s · 3,310 done
        Bengt B…  rate limited until 14:02:31
        custome…  ended: Webex rejected the …
        王小明    idle, no row to send

        ███░░░ 10,200/20,000 · 2 h 5 min left
        sending 12.3/s · 12 failed
        300 users: 280 sending, 12 rate
          limited until 14:05:21 at the
          latest, 8 ended
        ");
    }

    #[test]
    fn no_line_is_longer_than_there_is_room() {
        for width in 20..120 {
            for lines in drawn(width) {
                assert!(lines.len() >= 2, "{lines:?}");
                for line in lines {
                    let columns = console::measure_text_width(&line);
                    assert!(columns <= width.into(), "{width}: {line}");
                }
            }
        }
    }
}
