//! Status line with the progress of the work, on a terminal only.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Ui;

/// Returns to the start of the line and erases it.
const CLEAR: &str = "\r\x1b[2K";

/// A status line, overwritten by each text and erased when it is dropped.
pub struct Status<'a> {
    ui: &'a Ui,
    shown: AtomicBool,
}

impl Ui {
    /// Creates a status line.
    pub fn status(&self) -> Status<'_> {
        Status { ui: self, shown: AtomicBool::new(false) }
    }
}

impl Status<'_> {
    /// Replaces the status with `text`. Does nothing without a terminal.
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
