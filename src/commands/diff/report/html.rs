//! Report as one HTML file, which needs no other file and no script.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{ACTIONS, Harm, count, counts, hunks, plural, shown, words};
use crate::commands::diff::outcome::{Action, Change, Comparison, Outcome};
use crate::error::Error;

const STYLE: &str = include_str!("html.css");

/// Most lines of a change that is shown open. Longer ones, and whole objects, are folded.
const LONGEST_OPEN: usize = 60;

/// Most lines of all open changes, beyond which all others are folded.
const ALL_OPEN: usize = 1_500;

/// Writes the page.
pub fn html(comparison: &Comparison) -> String {
    let mut page = Page { out: String::new(), anchors: BTreeMap::new(), open: 0 };
    let title = if comparison.differs() { "Flux changes" } else { "No Flux changes" };
    page.head(title);
    page.add(&format!("<h1>{title}</h1>\n"));
    page.add(&match &comparison.states {
        Some((from, to)) => format!(
            "<p class=dim>From <code>{}</code> to <code>{}</code>. Values of Secrets are masked.</p>\n",
            escaped(from),
            escaped(to)
        ),
        None => {
            "<p class=dim>From the cluster to the directory. Values of Secrets are masked.</p>\n".to_owned()
        }
    });
    let outcomes: Vec<&Outcome> = comparison.all().filter(|outcome| is_listed(outcome)).collect();
    let anchors: Vec<String> = outcomes.iter().map(|outcome| page.anchor(&outcome.subject())).collect();
    if !outcomes.is_empty() {
        page.table(&outcomes, &anchors);
    }
    page.notes("Warnings", &comparison.warnings);
    let harm = Harm::in_comparison(comparison);
    for (outcome, anchor) in outcomes.iter().zip(&anchors) {
        page.outcome(outcome, anchor, &harm);
    }
    page.add("</body>\n</html>\n");
    page.out
}

/// Whether there is anything to say about an applier.
fn is_listed(outcome: &Outcome) -> bool {
    !(shown(&outcome.changes).is_empty() && outcome.failures.is_empty() && outcome.warnings.is_empty())
}

struct Page {
    out: String,
    /// Number of uses of each anchor.
    anchors: BTreeMap<String, usize>,
    /// Number of lines of open changes.
    open: usize,
}

impl Page {
    fn add(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn head(&mut self, title: &str) {
        let _ = write!(
            self.out,
            "<!DOCTYPE html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n\
             <meta name=viewport content=\"width=device-width, initial-scale=1\">\n\
             <meta http-equiv=Content-Security-Policy content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n\
             <meta name=color-scheme content=\"light dark\">\n<meta name=referrer content=no-referrer>\n\
             <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n"
        );
    }

    /// An anchor that is unique in the page, and the same in every report about the same objects.
    fn anchor(&mut self, subject: &str) -> String {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_');
        let anchor: String =
            subject.chars().map(|c| if is_plain(c) { c.to_ascii_lowercase() } else { '-' }).collect();
        let uses = self.anchors.entry(anchor.clone()).or_default();
        *uses += 1;
        match *uses {
            1 => anchor,
            // A colon is in no other anchor.
            uses => format!("{anchor}:{uses}"),
        }
    }

    /// A table with the number of changes of each applier, with the actions that occur.
    fn table(&mut self, outcomes: &[&Outcome], anchors: &[String]) {
        let all: Vec<&Change> = outcomes.iter().flat_map(|outcome| shown(&outcome.changes)).collect();
        let has_failures = outcomes.iter().any(|outcome| !outcome.failures.is_empty());
        let columns: Vec<_> = ACTIONS.iter().filter(|(action, ..)| count(&all, *action) > 0).collect();
        let cell = |count: usize| match count {
            0 => "<td class=zero>0</td>".to_owned(),
            count => format!("<td>{count}</td>"),
        };
        let row = |changes: &[&Change], failures: usize| {
            let mut cells: String =
                columns.iter().map(|(action, ..)| cell(count(changes, *action))).collect();
            if has_failures {
                cells.push_str(&cell(failures));
            }
            cells
        };
        let mut header: String = columns
            .iter()
            .fold(String::new(), |head, (_, word, _)| format!("{head}<th scope=col>{}</th>", capital(word)));
        if has_failures {
            header.push_str("<th scope=col>Failed</th>");
        }
        let _ = writeln!(
            self.out,
            "<div class=scroll><table>\n<thead><tr><th scope=col>Applied by</th>{header}</tr></thead>\n<tbody>"
        );
        for (outcome, anchor) in outcomes.iter().zip(anchors) {
            let cells = row(&shown(&outcome.changes), outcome.failures.len());
            let subject = escaped(&outcome.subject()).replace('/', "/<wbr>");
            let _ = writeln!(self.out, "<tr><td><a href=\"#{anchor}\">{subject}</a></td>{cells}</tr>");
        }
        let failures = outcomes.iter().map(|outcome| outcome.failures.len()).sum();
        let _ = writeln!(
            self.out,
            "</tbody>\n<tfoot><tr><td>Total</td>{}</tr></tfoot>\n</table></div>",
            row(&all, failures)
        );
    }

    fn notes(&mut self, heading: &str, notes: &[String]) {
        if !notes.is_empty() {
            let _ = writeln!(self.out, "<h2>{heading}</h2>");
            self.list("notes", notes);
        }
    }

    fn list(&mut self, class: &str, items: &[String]) {
        if items.is_empty() {
            return;
        }
        let items =
            items.iter().fold(String::new(), |list, item| format!("{list}<li>{}</li>\n", escaped(item)));
        let _ = writeln!(self.out, "<ul class=\"{class}\">\n{items}</ul>");
    }

    fn outcome(&mut self, outcome: &Outcome, anchor: &str, harm: &Harm) {
        let shown = shown(&outcome.changes);
        let mut counts = counts(&shown);
        if !outcome.failures.is_empty() {
            let separator = if counts.is_empty() { "" } else { ", " };
            let _ = write!(counts, "{separator}{} failed", outcome.failures.len());
        }
        let _ = writeln!(
            self.out,
            "<details class=applier id=\"{anchor}\" open><summary>{} <span class=dim>{}</span></summary><div class=in>",
            escaped(&outcome.subject()),
            counts
        );
        if !outcome.directory.is_empty() {
            let _ = writeln!(self.out, "<p class=dim>In <code>{}</code></p>", escaped(&outcome.directory));
        }
        let errors: Vec<String> = outcome.failures.iter().map(with_hints).collect();
        self.list("notes errors", &errors);
        self.list("notes", &outcome.warnings);
        for change in shown {
            self.change(change, anchor, &harm.of(change, outcome));
        }
        self.add("</div></details>\n");
    }

    fn change(&mut self, change: &Change, above: &str, warnings: &[String]) {
        let (word, _) = words(change.action);
        let subject = escaped(&change.id.subject());
        let anchor = self.anchor(&format!("{above}--{}", change.id.subject()));
        let tag = format!("<code>{subject}</code> <span class=\"tag {word}\">{word}</span>");
        let hunks = hunks(change);
        let lines = hunks.lines().count();
        if lines == 0 {
            let _ = writeln!(self.out, "<div class=lone id=\"{anchor}\">{tag}</div>");
            return self.list("notes", warnings);
        }
        let is_open = !matches!(change.action, Action::Created | Action::Deleted)
            && lines <= LONGEST_OPEN
            && self.open + lines <= ALL_OPEN;
        if is_open {
            self.open += lines;
        }
        let open = if is_open { " open" } else { "" };
        let sign = if warnings.is_empty() { "" } else { " ⚠️" };
        let size = if is_open {
            String::new()
        } else {
            format!("<span class=dim>{}</span> ", plural(lines, "line"))
        };
        let tag = tag.replacen(" <span", &format!("{sign} {size}<span"), 1);
        let _ = writeln!(self.out, "<details class=object id=\"{anchor}\"{open}><summary>{tag}</summary>");
        self.list("notes", warnings);
        self.add("<pre>");
        for line in hunks.lines() {
            let line_html = escaped(line);
            let _ = match line.as_bytes().first() {
                Some(b'+') => write!(self.out, "<ins>{line_html}\n</ins>"),
                Some(b'-') => write!(self.out, "<del>{line_html}\n</del>"),
                Some(b'@') => write!(self.out, "<i>{line_html}\n</i>"),
                _ => write!(self.out, "<span>{line_html}\n</span>"),
            };
        }
        self.add("</pre></details>\n");
    }
}

fn with_hints(error: &Error) -> String {
    let hints = error.hints().iter().map(|hint| format!("\nhint: {hint}"));
    format!("{error}{}", hints.collect::<String>())
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Escapes a text for HTML. Control characters, and those that change the direction of text, become visible.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' => {
                let _ = write!(out, "[U+{:04X}]", u32::from(c));
            }
            // Pictures of control characters.
            '\0'..='\u{1f}' => out.extend(char::from_u32(0x2400 + u32::from(c))),
            '\u{7f}' => out.push('\u{2421}'),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_an_element_and_nothing_is_invisible() {
        assert_eq!(
            escaped("</pre><script>\"'&\r\0\u{1b}\u{7f}\u{85}\u{202e}"),
            "&lt;/pre&gt;&lt;script&gt;&quot;&#39;&amp;␍␀␛␡\u{fffd}[U+202E]"
        );
    }

    #[test]
    fn anchors_are_unique() {
        let mut page = Page { out: String::new(), anchors: BTreeMap::new(), open: 0 };
        let mut anchor = |subject| page.anchor(subject);
        assert_eq!(anchor("ConfigMap/a/b"), "configmap-a-b");
        assert_eq!(anchor("ConfigMap/a-b"), "configmap-a-b:2");
        assert_eq!(anchor("ClusterRole/system:x"), "clusterrole-system-x");
    }

    #[test]
    fn the_style_loads_nothing() {
        assert!(!STYLE.contains("url(") && !STYLE.contains("@import") && !STYLE.contains("</"));
    }
}
