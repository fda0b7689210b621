//! Report for GitHub Actions: annotations, a comment for the pull request, and the summary of the job.

use std::fmt::Write as _;

use super::markdown::{cut, overview, within};
use super::{Harm, plural};
use crate::commands::diff::outcome::{Comparison, Outcome};
use crate::error::Error;

/// Annotations of a kind that GitHub shows for a step.
const ANNOTATIONS: usize = 10;

/// Longest message of an annotation, in bytes. GitHub cuts it at 64 KiB, but nobody reads that much there.
const LONGEST_MESSAGE: usize = 4_000;

/// Longest comment, in bytes. GitHub accepts 65,536 characters; a workflow may add a line.
const LONGEST_COMMENT: usize = 65_000;

/// Longest summary of a step, in bytes, for GitHub Actions.
pub const LONGEST_SUMMARY: usize = 1_000_000;

/// A comment for a pull request. Its first line is hidden, and the same in every run with this path and name, so that a
/// workflow finds its comment again.
pub fn comment(comparison: &Comparison, path: &str, name: Option<&str>) -> String {
    let marker = marker(path, name);
    let text = within(comparison, LONGEST_COMMENT - marker.len());
    format!("{marker}{text}")
}

/// The summary of the job, in at most so many bytes.
pub fn summary(comparison: &Comparison, longest: usize) -> String {
    within(comparison, longest.min(LONGEST_SUMMARY))
}

fn marker(path: &str, name: Option<&str>) -> String {
    let mut marker = "<!-- flux diff".to_owned();
    for word in [Some(path).filter(|path| !path.is_empty()), name].into_iter().flatten() {
        marker.push(' ');
        let mut last = ' ';
        for c in word.chars() {
            let is_plain = c.is_alphanumeric() || matches!(c, '/' | '.' | '_') || (c == '-' && last != '-');
            if is_plain {
                marker.push(c);
            } else {
                // Writing to a text cannot fail.
                let _ = write!(marker, "%{:02X}", u32::from(c));
            }
            last = if is_plain { c } else { ' ' };
        }
    }
    marker.push_str(" -->\n");
    marker
}

/// Workflow commands that annotate files with what failed and what hurts, no more of a kind than GitHub shows.
pub fn annotations(comparison: &Comparison) -> Vec<String> {
    let harm = Harm::in_comparison(comparison);
    let (mut errors, mut warnings) = (Vec::new(), Vec::new());
    warnings.extend(comparison.warnings.iter().map(|warning| command("warning", None, "flux diff", warning)));
    for outcome in comparison.all() {
        let Outcome { changes, warnings: of_outcome, failures, .. } = outcome;
        let at = |kind: &str, message: &str| command(kind, Some(outcome), &outcome.subject(), message);
        errors.extend(failures.iter().map(|error| at("error", &with_hints(error))));
        for change in changes {
            let subject = change.id.subject();
            let harm = harm.of(change, outcome).into_iter();
            warnings.extend(harm.map(|harm| at("warning", &format!("{subject}: {harm}"))));
        }
        warnings.extend(of_outcome.iter().map(|warning| at("warning", warning)));
    }
    let overview = overview(comparison).unwrap_or_else(|| "**no changes**".to_owned());
    let notice = command("notice", None, "flux diff", &overview.replace("**", ""));
    limited("error", errors).into_iter().chain(limited("warning", warnings)).chain([notice]).collect()
}

/// Workflow command for an error before anything was compared.
pub fn failure(error: &Error) -> String {
    command("error", None, "flux diff", &with_hints(error))
}

/// Leaves out annotations that GitHub would not show, and says how many.
fn limited(kind: &str, mut commands: Vec<String>) -> Vec<String> {
    if commands.len() > ANNOTATIONS {
        let left_out = commands.split_off(ANNOTATIONS - 1).len();
        commands.push(command(
            kind,
            None,
            "flux diff",
            &format!(
                "{} not shown here; see the comment or the summary",
                plural(left_out, &format!("more {kind}"))
            ),
        ));
    }
    commands
}

fn with_hints(error: &Error) -> String {
    let hints = error.hints().iter().map(|hint| format!("\nhint: {hint}"));
    format!("{error}{}", hints.collect::<String>())
}

/// Workflow command of a kind: `::error file=…,line=…,title=…::message`.
fn command(kind: &str, outcome: Option<&Outcome>, title: &str, message: &str) -> String {
    let place = match outcome.and_then(|outcome| outcome.definition.as_ref()) {
        Some(definition) => format!("file={},line={},", property(&definition.file), definition.line),
        None => String::new(),
    };
    format!("::{kind} {place}title={}::{}", property(title), escaped(&cut(message, LONGEST_MESSAGE)))
}

/// Escapes a message.
fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property.
fn property(text: &str) -> String {
    escaped(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::diff::outcome::Definition;
    use crate::kinds::KUSTOMIZATION;

    #[test]
    fn what_ends_a_command_is_escaped() {
        let mut outcome = Outcome::new(&KUSTOMIZATION, ("flux-system", "apps"), "");
        outcome.definition = Some(Definition { file: "a,b:c%.yaml".to_owned(), line: 7 });
        assert_eq!(
            command("error", Some(&outcome), &outcome.subject(), "a: b, 5%\r\n::warning::c"),
            "::error file=a%2Cb%3Ac%25.yaml,line=7,title=Kustomization/flux-system/apps::a: b, 5%25%0D%0A::warning::c"
        );
    }

    #[test]
    fn no_more_annotations_are_written_than_are_shown() {
        let commands = |count: usize| vec!["::error::a".to_owned(); count];
        assert_eq!(limited("error", commands(10)).len(), 10);
        let limited = limited("error", commands(12));
        assert_eq!(limited.len(), 10);
        assert_eq!(
            limited[9],
            "::error title=flux diff::3 more errors not shown here; see the comment or the summary"
        );
    }

    #[test]
    fn the_marker_is_one_comment_whatever_the_path_is() {
        assert_eq!(marker("clusters/prod", Some("apps")), "<!-- flux diff clusters/prod apps -->\n");
        assert_eq!(marker("", None), "<!-- flux diff -->\n");
        assert_eq!(marker("a-->\nb c--d", None), "<!-- flux diff a-%2D%3E%0Ab%20c-%2Dd -->\n");
    }
}
