//! The report for people.

use super::certificate;
use super::columns::{self, beside};
use super::compare::{Detail, Difference, Entries, Item, Path, Step};
use super::lines::{Edit, lines};
use super::paint::{Paint, width};
use super::readable;
use super::tree::{Node, Shape, Tag};

/// Options of a report.
#[derive(Debug, Clone, Copy)]
pub struct ReportOptions {
    /// Width of the terminal in columns: what fits is put side by side.
    pub columns: usize,
    /// Colors.
    pub paint: Paint,
}

impl Default for ReportOptions {
    /// Returns the options without a terminal: 80 columns, no colors.
    fn default() -> Self {
        ReportOptions { columns: 80, paint: Paint::default() }
    }
}

/// Reports the differences of two objects.
///
/// Each difference starts with an empty line and its path; an empty line ends the report.
pub fn human(differences: &[Difference<'_>], options: ReportOptions) -> String {
    let mut out = String::new();
    for difference in differences {
        out.push('\n');
        out.push_str(&path(&difference.path, options.paint));
        out.push('\n');
        let blocks: Vec<String> = difference.details.iter().map(|detail| block(detail, options)).collect();
        columns::write(&mut out, 0, options.columns, &blocks);
    }
    out.push('\n');
    out
}

fn path(path: &Path<'_>, paint: Paint) -> String {
    if path.is_empty() {
        return paint.strong("(root level)");
    }
    let step = |step: &Step<'_>| match step {
        Step::Key(key) => paint.strong(key),
        Step::Named { name, .. } => paint.strong(name),
        Step::Index(at) => paint.strong(&at.to_string()),
    };
    // An empty key is not shown in the path.
    path.iter().map(step).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(".")
}

fn block(detail: &Detail<'_>, options: ReportOptions) -> String {
    let paint = options.paint;
    match detail {
        Detail::Added(entries) => {
            let mut out = paint.note(&format!("+ {} added:\n", count_of(entries)));
            columns::write(&mut out, 2, options.columns, &[paint.added(&readable::entries(entries))]);
            out
        }
        Detail::Removed(entries) => {
            let mut out = paint.note(&format!("- {} removed:\n", count_of(entries)));
            columns::write(&mut out, 0, options.columns, &[paint.removed(&readable::entries(entries))]);
            out
        }
        Detail::Changed { from, to } => changed(from, to, options),
        Detail::Reordered { from, to } => reordered(from, to, options),
    }
}

fn count_of(entries: &Entries<'_>) -> String {
    match entries {
        Entries::Map(entries) => plural(entries.len(), "map entry", "map entries"),
        Entries::List(items) => plural(items.len(), "list entry", "list entries"),
    }
}

/// Counts things, in words up to twelve.
fn plural(count: usize, one: &str, many: &str) -> String {
    const WORDS: [&str; 13] = [
        "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
        "twelve",
    ];
    let noun = if count == 1 { one } else { many };
    match WORDS.get(count) {
        Some(word) => format!("{word} {noun}"),
        None => format!("{count} {noun}"),
    }
}

fn changed(from: &Node<'_>, to: &Node<'_>, options: ReportOptions) -> String {
    if let (Shape::Scalar(Tag::Text, from), Shape::Scalar(Tag::Text, to)) = (&from.shape, &to.shape) {
        return changed_text(from, to, options);
    }
    let paint = options.paint;
    let (from_type, to_type) = (from.type_name(), to.type_name());
    let note = if from_type == to_type {
        "± value change\n".to_owned()
    } else {
        format!("± type change from {from_type} to {to_type}\n")
    };
    let shown = |node: &Node<'_>| match &node.shape {
        Shape::Scalar(Tag::Null, _) => "<nil>".to_owned(),
        _ => readable::value(node).trim_end_matches('\n').to_owned(),
    };
    let mut out = paint.note(&note);
    out.push_str(&paint.removed(&prefixed("- ", &shown(from))));
    out.push_str(&paint.added(&prefixed("+ ", &shown(to))));
    out
}

fn changed_text(from: &str, to: &str, options: ReportOptions) -> String {
    let paint = options.paint;
    if let (Some(from), Some(to)) = (certificate::summary(from), certificate::summary(to)) {
        let mut out = paint.note("± certificate change\n");
        let both = [paint.removed(&prefixed("- ", &from)), paint.added(&prefixed("+ ", &to))];
        columns::write(&mut out, 0, options.columns, &both);
        return out;
    }
    let trimmed = |text: &str| text.trim_matches([' ', '\n']).to_owned();
    if trimmed(from) == trimmed(to) {
        let visible = |text: &str| text.replace('\n', "↵\n").replace(' ', "·");
        let mut out = paint.note("± whitespace only change\n");
        let both =
            [paint.removed(&prefixed("- ", &visible(from))), paint.added(&prefixed("+ ", &visible(to)))];
        columns::write(&mut out, 0, options.columns, &both);
        return out;
    }
    if from.contains('\n') || to.contains('\n') {
        return changed_lines(from, to, paint);
    }
    let mut out = paint.note("± value change\n");
    out.push_str(&paint.removed(&prefixed("- ", from)));
    out.push_str(&paint.added(&prefixed("+ ", to)));
    out
}

/// Reports the lines that differ.
fn changed_lines(from: &str, to: &str, paint: Paint) -> String {
    let (mut inserts, mut deletions) = (0, 0);
    let mut changes = String::new();
    for (edit, text) in lines(from, to) {
        match edit {
            Edit::Equal => {}
            Edit::Insert => {
                inserts += 1;
                changes.push_str(&paint.added(&each_prefixed("+ ", &text)));
            }
            Edit::Delete => {
                deletions += 1;
                changes.push_str(&paint.removed(&each_prefixed("- ", &text)));
            }
        }
    }
    let (inserts, deletions) =
        (plural(inserts, "insert", "inserts"), plural(deletions, "deletion", "deletions"));
    let note = format!("± value change in multiline text ({inserts}, {deletions})\n");
    format!("{}{changes}\n", paint.note(&note))
}

fn reordered(from: &[Item<'_>], to: &[Item<'_>], options: ReportOptions) -> String {
    const SEPARATOR: &str = ", ";
    let paint = options.paint;
    let text = |item: &Item<'_>| match item {
        Item::Name(name) if !name.is_empty() => name.to_string(),
        Item::Name(_) => "\n".to_owned(),
        Item::Entry(node) => match node.text() {
            "" => readable::value(node),
            text => text.to_owned(),
        },
    };
    let texts = |items: &[Item<'_>]| items.iter().map(text).collect::<Vec<_>>();
    let (from, to) = (texts(from), texts(to));
    let length = |texts: &[String]| {
        texts.iter().map(|text| width(text)).sum::<usize>() + texts.len().saturating_sub(1) * SEPARATOR.len()
    };
    let mut out = paint.note("⇆ order changed\n");
    if length(&from).max(length(&to)) < options.columns / 2 {
        out.push_str(&paint.removed(&format!("- {}\n", from.join(SEPARATOR))));
        out.push_str(&paint.added(&format!("+ {}\n", to.join(SEPARATOR))));
    } else {
        out.push_str(&beside(" ", 2, &[paint.removed(&from.join("\n")), paint.added(&to.join("\n"))]));
    }
    out
}

/// Puts `prefix` before the text and indents further lines. A line break ends it.
fn prefixed(prefix: &str, text: &str) -> String {
    let mut out = String::new();
    for (at, line) in text.split('\n').enumerate() {
        if at == 0 {
            out.push_str(prefix);
        } else {
            out.extend(std::iter::repeat_n(' ', width(prefix)));
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}

/// Puts `prefix` before each line of the text. A line break ends it.
fn each_prefixed(prefix: &str, text: &str) -> String {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let mut out = String::new();
    for line in text.split('\n') {
        out.extend([prefix, line, "\n"]);
    }
    out
}
