//! One line that says how far work is, on a terminal only, gone when the work is done.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Ui;

/// Back to the line's beginning, and empty it.
const CLEAR: &str = "\r\x1b[2K";

/// A line that is written over and over, until it is dropped.
pub struct Status<'a> {
    ui: &'a Ui,
    shown: AtomicBool,
}

impl Ui {
    /// A line for how far work is.
    pub fn status(&self) -> Status<'_> {
        Status { ui: self, shown: AtomicBool::new(false) }
    }
}

impl Status<'_> {
    /// Shows `text` in place of what was shown before. Nothing happens where nobody sits at a terminal.
    pub fn show(&self, text: &str) {
        let mut streams = self.ui.lock();
        if streams.terminal {
            self.shown.store(true, Ordering::Relaxed);
            // Progress that cannot be shown must not end the work.
            let _ = write!(streams.err, "{CLEAR}{text}");
        }
    }
}

impl Drop for Status<'_> {
    fn drop(&mut self) {
        if self.shown.load(Ordering::Relaxed) {
            let _ = write!(self.ui.lock().err, "{CLEAR}");
        }
    }
}
