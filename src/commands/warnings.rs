//! Warnings about the parts of a repository, of which many may be the same.

use crate::output::Ui;

/// Shows each warning once, and at the end which other parts have it too.
pub(super) struct Warnings<'a> {
    ui: &'a Ui,
    /// Start of each line, such as `at main: `.
    start: String,
    /// Texts, each with the other parts that have it.
    shown: Vec<(String, Vec<String>)>,
}

impl<'a> Warnings<'a> {
    pub fn new(ui: &'a Ui, start: impl Into<String>) -> Self {
        Self { ui, start: start.into(), shown: Vec::new() }
    }

    /// Shows a warning about a part, such as `HelmRelease apps/podinfo`, unless it was shown about another.
    pub fn add(&mut self, part: &str, warning: &str) {
        if let Some((_, others)) = self.shown.iter_mut().find(|(shown, _)| shown == warning) {
            others.push(part.to_owned());
            return;
        }
        self.ui.warning(format!("{}{part}: {warning}", self.start));
        self.shown.push((warning.to_owned(), Vec::new()));
    }

    /// Names the other parts that have the same warnings.
    pub fn finish(self) {
        const NAMED: usize = 3;
        for (warning, others) in self.shown.iter().filter(|(_, others)| !others.is_empty()) {
            let named = others[..others.len().min(NAMED)].join(", ");
            let more = match others.len().saturating_sub(NAMED) {
                0 => String::new(),
                number => format!(" and {number} more"),
            };
            self.ui.warning(format!("{}{named}{more}: {warning}", self.start));
        }
    }
}
