//! Report for people, in flux's format.

use std::borrow::Cow;

use serde_json::Value;

use crate::commands::diff::outcome::{Action, Below, Change, Comparison, Outcome};
use crate::commands::marks;
use crate::output::Ui;
use edgeflux_diff::{self as diff, Node, Paint, ReportOptions};

/// Wording of the report.
#[derive(Debug, Clone, Copy)]
struct Wording {
    /// Word for a changed object.
    changed: &'static str,
    /// Whether the report names each Flux Kustomization and HelmRelease.
    named: bool,
}

impl Wording {
    /// Comparison of a directory with the cluster.
    const CLUSTER: Wording = Wording { changed: "drifted", named: false };
    /// Comparison of two states of a repository.
    const STATES: Wording = Wording { changed: "changed", named: true };
}

/// Writes the report. On a terminal it fits the width and has colors, and control characters are made visible.
pub fn human(comparison: &Comparison, ui: &Ui) -> String {
    let wording = if comparison.states.is_some() { Wording::STATES } else { Wording::CLUSTER };
    let look = ReportOptions {
        columns: ui.columns().unwrap_or(ReportOptions::default().columns),
        paint: Paint { colors: ui.has_colors() },
    };
    let mut out = String::new();
    for outcome in &comparison.outcomes {
        if wording.named && outcome.differs() {
            out.push_str(&directory(outcome));
        }
        write(outcome, wording, look, ui.columns().is_some(), &mut out);
    }
    out
}

fn directory(outcome: &Outcome) -> String {
    format!("📁 {} changed\n", outcome.title())
}

fn write(outcome: &Outcome, wording: Wording, look: ReportOptions, terminal: bool, out: &mut String) {
    for change in &outcome.changes {
        out.push_str(&line(change, wording, look.paint));
        if let (Action::Changed, Some(from), Some(to)) = (change.action, &change.from, &change.to) {
            let (from, to) = (visible(from, terminal), visible(to, terminal));
            let (from, to) = (Node::new(&from), Node::new(&to));
            out.push_str(&diff::human(&diff::compare(&from, &to), look));
        }
        match &change.below {
            Some(Below::Compared(below)) if below.differs() => {
                out.push_str(&directory(below));
                write(below, wording, look, terminal, out);
            }
            Some(Below::Elsewhere) => {
                let subject = change.id.subject();
                let text = format!("⚠️ {subject} skipped: diff not supported for remote clusters");
                out.push_str(&paint_line(look.paint, &text, Paint::note));
            }
            _ => {}
        }
    }
}

/// Name of the object; on a terminal, without control characters.
fn visible(object: &Value, terminal: bool) -> Cow<'_, Value> {
    if terminal { Cow::Owned(shown(object)) } else { Cow::Borrowed(object) }
}

fn shown(value: &Value) -> Value {
    let text = |text: &str| text.replace(|c: char| c.is_control() && !matches!(c, '\n' | '\t'), "\u{fffd}");
    match value {
        Value::String(string) => text(string).into(),
        Value::Array(items) => items.iter().map(shown).collect(),
        Value::Object(fields) => fields.iter().map(|(key, value)| (text(key), shown(value))).collect(),
        other => other.clone(),
    }
}

fn line(change: &Change, wording: Wording, paint: Paint) -> String {
    let (word, color): (&str, fn(Paint, &str) -> String) = match change.action {
        Action::Created | Action::Recreated => ("created", Paint::added),
        Action::Changed => (wording.changed, Paint::strong),
        Action::Deleted => ("deleted", Paint::removed),
        Action::Kept if change.from.as_ref().is_some_and(marks::is_unpruned) => {
            ("kept: its pruning is disabled", Paint::note)
        }
        Action::Kept if change.from.as_ref().is_some_and(marks::is_kept_by_helm) => {
            ("kept: its resource policy is to keep it", Paint::note)
        }
        Action::Kept => ("kept: it is not labeled as this Kustomization's", Paint::note),
        Action::Skipped => ("skipped", Paint::note),
        Action::Unchanged => return String::new(),
    };
    paint_line(paint, &format!("► {} {word}", change.id.subject()), color)
}

fn paint_line(paint: Paint, text: &str, color: fn(Paint, &str) -> String) -> String {
    format!("{}\n", color(paint, text))
}
