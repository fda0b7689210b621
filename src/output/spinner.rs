//! What is being waited for, and for how long already, as the last line of a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Between two of its pictures.
const TICK: Duration = Duration::from_millis(120);

/// A line that turns. Dropped, it leaves nothing behind.
pub(super) struct Spinner {
    bar: ProgressBar,
    text: String,
}

impl Spinner {
    /// Shows `text` on stderr, cut to the terminal's width.
    pub(super) fn start(text: &str) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        // The template is ours and right; the default one would do as well.
        if let Ok(style) = ProgressStyle::with_template("{spinner:.cyan} {wide_msg} {elapsed}") {
            bar.set_style(style);
        }
        // One line, whatever an error's message holds.
        bar.set_message(text.replace(['\n', '\r'], " "));
        bar.enable_steady_tick(TICK);
        Spinner { bar, text: text.to_owned() }
    }

    /// Takes it away and returns its text.
    pub(super) fn stop(mut self) -> String {
        std::mem::take(&mut self.text)
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
