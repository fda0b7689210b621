//! Lines that are drawn again in place on a terminal: each time over those of the last time.

use std::io;
use std::sync::atomic::Ordering;

use super::terminal::Terminal;
use super::{Report, Screen, Ui};

/// Erases the last lines of a terminal.
pub(super) fn erase(lines: usize) -> String {
    format!("{}\x1b[J", above(lines))
}

/// Moves the cursor to the first of the last lines.
fn above(lines: usize) -> String {
    if lines > 0 { format!("\x1b[{lines}A\r") } else { String::new() }
}

/// The place at the end of the output that is drawn again and again. What is drawn last stays when it is dropped.
pub struct InPlace<'a> {
    report: Report<'a>,
    ui: &'a Ui,
    is_begun: bool,
}

impl<'a> InPlace<'a> {
    /// Creates a place in which nothing is drawn yet.
    pub fn new(ui: &'a Ui) -> Self {
        InPlace { report: Report::new(ui), ui, is_begun: false }
    }

    /// Draws a screen in place of the last one. Without a terminal, an empty line separates screens.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn screen(&mut self, screen: &Screen) -> io::Result<()> {
        if self.ui.screen().is_some() {
            let (height, terminal) = self.measure();
            return self.lines(screen.lines(terminal), height);
        }
        if std::mem::replace(&mut self.is_begun, true) {
            self.report.empty_line()?;
        }
        self.report.screen(screen)?;
        self.report.flush()
    }

    /// Draws lines in place of the last ones. Those that do not fit on a terminal of this height are counted in the last
    /// line.
    pub(super) fn lines(&self, mut lines: Vec<String>, height: usize) -> io::Result<()> {
        // The cursor takes the last line of the terminal.
        let most = height.saturating_sub(1).max(2);
        if lines.len() > most {
            let hidden = lines.len() - most + 1;
            lines.truncate(most - 1);
            lines.push(format!("… {hidden} more lines"));
        }
        let drawn = self.ui.drawn.swap(lines.len(), Ordering::Relaxed);
        let mut text = above(drawn);
        for line in &lines {
            text.push_str(line);
            text.push_str("\x1b[K\n");
        }
        text.push_str("\x1b[J");
        self.report.document(&text)?;
        self.report.flush()
    }

    /// Height of the terminal as it is now, and its width.
    pub(super) fn measure(&self) -> (usize, Terminal) {
        let streams = self.ui.lock();
        let size = (streams.size)();
        let columns = size.map(|(_, columns)| columns).or(streams.columns);
        (size.map_or(usize::MAX, |(lines, _)| lines), Terminal { columns, colors: streams.colors })
    }
}

impl Drop for InPlace<'_> {
    /// What follows is shown below what was drawn.
    fn drop(&mut self) {
        self.ui.drawn.store(0, Ordering::Relaxed);
    }
}
