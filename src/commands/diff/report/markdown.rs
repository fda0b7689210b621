//! Report as a comment for a pull request.

use std::fmt::Write as _;

use super::{Harm, counts, hunks, plural, shown, words};
use crate::commands::diff::outcome::{Change, Comparison, Outcome};

/// Longest report, in bytes. GitHub accepts 65,536 characters; the rest is left for text around it.
const LONGEST: usize = 60_000;

/// Longest message or warning, in bytes.
const LONGEST_MESSAGE: usize = 1_000;

/// Room for the note about what does not fit, in bytes.
const NOTE: usize = 200;

/// Writes the comment: counts, what could not be compared, warnings, and a line for each object with a collapsed patch.
pub fn markdown(comparison: &Comparison) -> String {
    within(comparison, LONGEST)
}

/// Writes the comment in at most so many bytes.
pub(super) fn within(comparison: &Comparison, longest: usize) -> String {
    let mut text = Text { out: String::new(), longest: longest.saturating_sub(NOTE), left_out: 0 };
    let failures: Vec<String> = comparison.failures().map(ToString::to_string).collect();
    let all = || comparison.all().filter(|outcome| !shown(&outcome.changes).is_empty());
    match overview(comparison) {
        Some(overview) => {
            text.out.push_str(&overview);
            text.out.push_str("\n\n");
        }
        None if failures.is_empty() => text.out.push_str("No changes.\n"),
        None => {}
    }
    text.list("Could not be compared", &failures);
    let of_outcome = |outcome: &Outcome| {
        let subject = outcome.subject();
        outcome.warnings.iter().map(move |warning| format!("{subject}: {warning}")).collect::<Vec<_>>()
    };
    let warnings: Vec<String> =
        comparison.warnings.iter().cloned().chain(comparison.all().flat_map(of_outcome)).collect();
    text.list("Warnings", &warnings);
    let harm = Harm::in_comparison(comparison);
    for outcome in all() {
        let shown = shown(&outcome.changes);
        let heading = format!("### {}\n\n{}\n\n", code(&outcome.title()), counts(&shown));
        // A heading without anything below it would say nothing.
        if !text.has_room(heading.len() + LONGEST_MESSAGE) {
            text.left_out += shown.len();
            continue;
        }
        text.out.push_str(&heading);
        for change in shown {
            let warnings = harm.of(change, outcome);
            text.change(change, &warnings);
        }
        text.out.push('\n');
    }
    text.finish()
}

/// `2 created, 1 changed in 2 Kustomizations`, in bold; none if nothing is shown.
pub(super) fn overview(comparison: &Comparison) -> Option<String> {
    let changes: Vec<&Change> = comparison.all().flat_map(|outcome| shown(&outcome.changes)).collect();
    let mut kinds: Vec<(&str, usize)> = Vec::new();
    for outcome in comparison.all().filter(|outcome| !shown(&outcome.changes).is_empty()) {
        let kind = outcome.kind.kind;
        match kinds.iter_mut().find(|(other, _)| *other == kind) {
            Some((_, count)) => *count += 1,
            None => kinds.push((kind, 1)),
        }
    }
    let kinds: Vec<String> = kinds.into_iter().map(|(kind, count)| plural(count, kind)).collect();
    let counts = counts(&changes);
    (!counts.is_empty()).then(|| format!("**{counts}** in {}", kinds.join(" and ")))
}

/// The comment so far.
struct Text {
    out: String,
    longest: usize,
    /// Number of changes that did not fit.
    left_out: usize,
}

impl Text {
    fn has_room(&self, length: usize) -> bool {
        self.out.len() + length <= self.longest
    }

    /// Adds a heading and a list, in at most a quarter of the comment.
    fn list(&mut self, heading: &str, items: &[String]) {
        if items.is_empty() {
            return;
        }
        let end = self.out.len() + self.longest / 4;
        let _ = writeln!(self.out, "### {heading}\n");
        for (at, item) in items.iter().enumerate() {
            let line = format!("- {}\n", code(&cut(item, LONGEST_MESSAGE)));
            if self.out.len() + line.len() > end {
                let _ = writeln!(self.out, "- {} more", items.len() - at);
                break;
            }
            self.out.push_str(&line);
        }
        self.out.push('\n');
    }

    /// Adds an object with its patch; without it if that does not fit.
    fn change(&mut self, change: &Change, warnings: &[String]) {
        let (_, sign) = words(change.action);
        let subject = change.id.subject();
        let warnings =
            warnings.iter().fold(String::new(), |all, warning| format!("{all} ⚠️ {}", text(warning)));
        let hunks = hunks(change);
        let line = |note: &str| format!("- {sign} {}{note}{warnings}\n", code(&subject));
        let section = if hunks.is_empty() {
            line("")
        } else {
            let longest = hunks.split(|c| c != '`').map(str::len).max().unwrap_or(0);
            let fence = "`".repeat(longest.max(2) + 1);
            let subject = html(&subject);
            format!(
                "<details><summary>{sign} <code>{subject}</code>{warnings}</summary>\n\n{fence}diff\n{hunks}{fence}\n\n</details>\n"
            )
        };
        if self.has_room(section.len()) {
            return self.out.push_str(&section);
        }
        let line =
            line(&format!(": the patch of {} does not fit here", plural(hunks.lines().count(), "line")));
        if !hunks.is_empty() && self.has_room(line.len()) {
            return self.out.push_str(&line);
        }
        self.left_out += 1;
    }

    fn finish(mut self) -> String {
        if self.left_out > 0 {
            let verb = if self.left_out == 1 { "does" } else { "do" };
            let _ = writeln!(self.out, "{} {verb} not fit here.", plural(self.left_out, "more change"));
        }
        self.out.truncate(self.out.trim_end().len());
        self.out.push('\n');
        self.out
    }
}

/// Cuts a text at a length in bytes.
pub(super) fn cut(text: &str, longest: usize) -> String {
    if text.len() <= longest {
        return text.to_owned();
    }
    let mut end = longest;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", &text[..end])
}

/// A text as code in one line, in which nothing has a meaning for Markdown and nobody is mentioned.
fn code(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A text between HTML elements, in which nobody is mentioned.
fn text(text: &str) -> String {
    let escaped = |c: char| match c {
        '@' | '#' => format!("{c}&#8203;"),
        c => html(c.encode_utf8(&mut [0; 4])),
    };
    text.chars().fold(String::new(), |all, c| all + &escaped(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_has_no_markup_and_one_line() {
        assert_eq!(code("a *b* @c\n  #1"), "`a *b* @c #1`");
        assert_eq!(code("`a` ``b"), "``` `a` ``b ```");
        assert_eq!(text("<@a> & #1"), "&lt;@&#8203;a&gt; &amp; #&#8203;1");
        assert_eq!((cut("aé", 2), cut("aé", 3)), ("a…".to_owned(), "aé".to_owned()));
    }
}
