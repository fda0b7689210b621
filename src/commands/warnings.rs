//! Warnings about the parts of a repository, of which many may be the same.

use crate::output::Ui;

/// Shows each warning once, and at the end how often it was repeated.
pub(super) struct Warnings<'a> {
    ui: &'a Ui,
    /// Start of each line, such as `at main: `.
    start: String,
    /// Texts, and how often they were repeated.
    shown: Vec<(String, usize)>,
}

impl<'a> Warnings<'a> {
    pub fn new(ui: &'a Ui, start: impl Into<String>) -> Self {
        Self { ui, start: start.into(), shown: Vec::new() }
    }

    /// Shows a warning about a part, such as `HelmRelease apps/podinfo`, unless it was shown about another.
    pub fn add(&mut self, part: &str, warning: &str) {
        if let Some((_, repeated)) = self.shown.iter_mut().find(|(shown, _)| shown == warning) {
            *repeated += 1;
            return;
        }
        self.ui.warning(format!("{}{part}: {warning}", self.start));
        self.shown.push((warning.to_owned(), 0));
    }

    /// Says how often warnings were repeated.
    pub fn finish(self) {
        for (warning, repeated) in self.shown.iter().filter(|(_, repeated)| *repeated > 0) {
            let others = if *repeated == 1 { "other" } else { "others" };
            self.ui.warning(format!("{}{repeated} {others}: {warning}", self.start));
        }
    }
}
