//! Report as a comment for a pull request.

use std::fmt::Write as _;

use super::hunks;
use crate::commands::diff::outcome::{Action, Change, Outcome};
use crate::error::Error;

/// Longest report, in characters. GitHub accepts 65,536; the rest is left for text around it.
const LONGEST: usize = 60_000;

/// Writes the comment: a line for each object, with a collapsed patch.
pub fn markdown(outcomes: &[Outcome], failures: &[Error]) -> String {
    let mut out = String::new();
    let mut left_out = 0;
    for outcome in outcomes.iter().flat_map(Outcome::all) {
        let shown = outcome.changes.iter().filter(|change| change.action != Action::Unchanged);
        let shown: Vec<&Change> = shown.collect();
        if shown.is_empty() {
            continue;
        }
        let _ = writeln!(out, "### {}\n\n{}\n", escape(&outcome.title()), summary(&shown));
        for change in shown {
            let section = section(change);
            if out.len() + section.len() > LONGEST {
                left_out += 1;
            } else {
                out.push_str(&section);
            }
        }
        out.push('\n');
    }
    if out.is_empty() && failures.is_empty() {
        out.push_str("No changes.\n");
    }
    if left_out > 0 {
        let _ = writeln!(out, "{left_out} more changes do not fit here.\n");
    }
    if !failures.is_empty() {
        out.push_str("### Could not be compared\n\n");
        for failure in failures {
            let _ = writeln!(out, "- {}", escape(&failure.to_string().replace('\n', " ")));
        }
    }
    out
}

/// `2 created, 1 changed`
fn summary(changes: &[&Change]) -> String {
    let mut parts = Vec::new();
    for (action, word) in [
        (Action::Created, "created"),
        (Action::Recreated, "recreated"),
        (Action::Changed, "changed"),
        (Action::Deleted, "deleted"),
        (Action::Kept, "kept although not there any more"),
        (Action::Skipped, "skipped"),
    ] {
        match changes.iter().filter(|change| change.action == action).count() {
            0 => {}
            count => parts.push(format!("{count} {word}")),
        }
    }
    parts.join(", ")
}

fn section(change: &Change) -> String {
    let sign = match change.action {
        Action::Created => "➕",
        Action::Changed => "✏️",
        Action::Recreated => "♻️",
        Action::Deleted => "➖",
        Action::Kept | Action::Skipped | Action::Unchanged => "⏭️",
    };
    let subject = html(&change.id.subject());
    let hunks = if change.action.is_change() { hunks(change) } else { String::new() };
    if hunks.is_empty() {
        return format!("- {sign} {}\n", escape(&change.id.subject()));
    }
    let longest = hunks.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!(
        "<details><summary>{sign} <code>{subject}</code></summary>\n\n{fence}diff\n{hunks}{fence}\n\n</details>\n"
    )
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Escapes the special characters of Markdown.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' | '@') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
