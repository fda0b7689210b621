//! Spinner with the current wait and its duration, as the last line of a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Interval between two frames.
const TICK: Duration = Duration::from_millis(120);

/// A spinner. It disappears when it is dropped.
pub(super) struct Spinner {
    bar: ProgressBar,
    /// Line that stays when the spinner ends, if any.
    line: Option<String>,
}

impl Spinner {
    /// Shows `text` on stderr, cut to the terminal's width. It stays as a line when the spinner ends.
    pub(super) fn start(text: &str) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        // Our template is valid; without it, the default one would do.
        if let Ok(style) = ProgressStyle::with_template("{spinner:.cyan} {wide_msg} {elapsed}") {
            bar.set_style(style);
        }
        // One line, even if the message of an error has several.
        bar.set_message(text.replace(['\n', '\r'], " "));
        bar.enable_steady_tick(TICK);
        Spinner { bar, line: Some(text.to_owned()) }
    }

    /// Shows `text` like [`Spinner::start`]; nothing of it stays when the spinner ends.
    pub(super) fn passing(text: &str) -> Self {
        let mut spinner = Spinner::start(text);
        spinner.line = None;
        spinner
    }

    /// Removes the spinner and returns the line that stays.
    pub(super) fn stop(mut self) -> Option<String> {
        self.line.take()
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
