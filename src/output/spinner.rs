//! Spinner with the current wait and its duration, as the last line of a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Interval between two frames.
const TICK: Duration = Duration::from_millis(120);

/// A spinner. It disappears when it is dropped.
pub(super) struct Spinner {
    bar: ProgressBar,
    text: String,
}

impl Spinner {
    /// Shows `text` on stderr, cut to the terminal's width.
    pub(super) fn start(text: &str) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        // Our template is valid; without it, the default one would do.
        if let Ok(style) = ProgressStyle::with_template("{spinner:.cyan} {wide_msg} {elapsed}") {
            bar.set_style(style);
        }
        // One line, even if the message of an error has several.
        bar.set_message(text.replace(['\n', '\r'], " "));
        bar.enable_steady_tick(TICK);
        Spinner { bar, text: text.to_owned() }
    }

    /// Removes the spinner and returns its text.
    pub(super) fn stop(mut self) -> String {
        std::mem::take(&mut self.text)
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
