//! Comments, carried over from a text that was read to a text that is written.
//!
//! Writing sorts keys and chooses styles, so a comment is kept with its entry (above it, at the end of its line, or below
//! it), and written there again.

use std::collections::BTreeMap;

use super::cursor::Mark;
use super::error::ReadError;
use super::node::{self, Kind, Node};
use super::scalar::Schema;
use super::{documents, parse, to_string};

/// Characters that end a comment.
const BREAKS: &[char] = &['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];

/// A step of a path: a key of a map, or an index of a list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// A key.
    Key(String),
    /// An index, from 0.
    Index(usize),
}

/// Comments of an entry, each without its `#`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comments {
    /// On lines of their own above it.
    pub above: Vec<String>,
    /// At the end of its line.
    pub beside: Option<String>,
    /// On lines of their own below it, if no entry follows.
    pub below: Vec<String>,
}

/// Comments of a document by the paths of their entries.
pub type ByEntry = BTreeMap<Vec<Step>, Comments>;

/// Position of an entry in its text.
struct Place {
    path: Vec<Step>,
    /// Line of its key or dash, from 1.
    line: usize,
    /// Column of its key or dash, from 1.
    column: usize,
    /// Byte at which its key or value starts.
    start: usize,
    /// Line at whose end its comment may be.
    end_line: usize,
}

/// Reads the comments of the first document with content.
///
/// # Errors
/// The text is not valid YAML.
pub fn read(text: &str) -> Result<ByEntry, ReadError> {
    let mut found = ByEntry::new();
    let comments = scan(text);
    if comments.is_empty() {
        return Ok(found);
    }
    let places = places(text)?;
    for comment in comments {
        let next = places.iter().position(|place| place.start > comment.start);
        let last = places[..next.unwrap_or(places.len())].last();
        let above = next.map(|next| &places[next]).filter(|next| comment.column <= next.column);
        match (comment.beside, last, above) {
            (true, Some(last), _) => found.entry(last.path.clone()).or_default().beside = Some(comment.text),
            (_, _, Some(next)) => found.entry(next.path.clone()).or_default().above.push(comment.text),
            (_, Some(last), None) => {
                let owner = owner(last, &places, comment.column);
                found.entry(owner.to_vec()).or_default().below.push(comment.text);
            }
            // A text of comments alone has no entries.
            (_, None, None) => {}
        }
    }
    Ok(found)
}

/// Writes `value` as [`to_string`] does, with the comments at their entries.
pub fn write(value: &serde_json::Value, comments: &ByEntry) -> String {
    let text = to_string(value);
    if comments.is_empty() {
        return text;
    }
    let Ok(places) = places(&text) else { return text };
    let mut above: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let mut beside: BTreeMap<usize, &str> = BTreeMap::new();
    let mut below: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let last_line = text.lines().count();
    for (index, place) in places.iter().enumerate() {
        let Some(comments) = comments.get(&place.path) else { continue };
        let written = |comment: &String| format!("{}#{comment}", " ".repeat(place.column - 1));
        above.entry(place.line).or_default().extend(comments.above.iter().map(written));
        if let Some(comment) = &comments.beside {
            beside.insert(place.end_line, comment);
        }
        // An entry ends before the next one that is not inside it.
        let after = places[index + 1..].iter().find(|next| !next.path.starts_with(&place.path));
        let end = after.map_or(last_line, |after| after.line - 1);
        below.entry(end).or_default().extend(comments.below.iter().map(written));
    }
    let mut out = String::with_capacity(text.len() * 2);
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        for comment in above.get(&number).into_iter().flatten() {
            push_line(&mut out, comment);
        }
        match beside.get(&number) {
            Some(comment) => push_line(&mut out, &format!("{line} #{comment}")),
            None => push_line(&mut out, line),
        }
        for comment in below.get(&number).into_iter().flatten() {
            push_line(&mut out, comment);
        }
    }
    // Comments must never change the value; without them, it is safe.
    if documents(&out) == documents(&text) { out } else { text }
}

fn push_line(out: &mut String, line: &str) {
    out.push_str(line);
    out.push('\n');
}

struct Comment {
    text: String,
    /// Whether it follows something on its line.
    beside: bool,
    column: usize,
    start: usize,
}

fn scan(text: &str) -> Vec<Comment> {
    let comment = |mark: Mark| {
        let start = mark.offset as usize;
        let before = text[..start].rsplit(BREAKS).next().unwrap_or_default();
        let behind = text[start + 1..].split(BREAKS).next().unwrap_or_default();
        Comment {
            text: behind.trim_end().to_owned(),
            beside: !before.trim_start_matches('\u{feff}').trim().is_empty(),
            column: mark.column as usize + 1,
            start,
        }
    };
    // Errors are reported when the values of the text are read.
    parse::comments(text).into_iter().map(comment).collect()
}

/// Returns the innermost entry around `last` (or `last` itself) that is not deeper than `column`.
fn owner<'p>(last: &'p Place, places: &'p [Place], column: usize) -> &'p [Step] {
    let mut path = last.path.as_slice();
    loop {
        let place = places.iter().find(|place| place.path == path);
        if path.len() <= 1 || place.is_some_and(|place| place.column <= column) {
            return path;
        }
        path = &path[..path.len() - 1];
    }
}

/// Returns the entries of the first document with content, in the order of the text. What is in braces or brackets is part
/// of the entry around it.
fn places(text: &str) -> Result<Vec<Place>, ReadError> {
    let mut places = Vec::new();
    let documents = node::trees_with(text, Schema::Kyaml)?;
    if let Some(document) = documents.iter().find(|document| !document.is_empty()) {
        walk(text, document.root(), &mut Vec::new(), &mut places);
    }
    Ok(places)
}

fn walk(text: &str, node: Node<'_, '_>, path: &mut Vec<Step>, places: &mut Vec<Place>) {
    match node.kind() {
        Kind::Mapping { flow: false } => {
            for (key, value) in node.pairs() {
                let Kind::Scalar(name, _) = key.kind() else { continue };
                path.push(Step::Key(name.to_owned()));
                places.push(Place {
                    path: path.clone(),
                    line: key.line(),
                    column: key.column(),
                    start: key.span().start,
                    end_line: end_line(text, key, value),
                });
                walk(text, value, path, places);
                path.pop();
            }
        }
        Kind::Sequence { flow: false } => {
            for (index, item) in node.children().enumerate() {
                path.push(Step::Index(index));
                let (line, column) = dash(text, item);
                places.push(Place {
                    path: path.clone(),
                    line,
                    column,
                    start: item.span().start,
                    end_line: end_line(text, item, item),
                });
                walk(text, item, path, places);
                path.pop();
            }
        }
        _ => {}
    }
}

/// Returns the line at whose end the comment of an entry may be: the last line of a short value,
/// the first line of a block.
fn end_line(text: &str, start: Node<'_, '_>, value: Node<'_, '_>) -> usize {
    let block = match value.kind() {
        Kind::Scalar(_, style) => matches!(style, node::Style::Literal | node::Style::Folded),
        Kind::Mapping { flow } | Kind::Sequence { flow } => !flow,
        Kind::Alias => false,
    };
    if block || value.span().is_empty() {
        return start.line();
    }
    let inside = &text[value.span()];
    value.line() + inside.trim_end().matches('\n').count()
}

/// Returns line and column of the dash before an item.
fn dash(text: &str, item: Node<'_, '_>) -> (usize, usize) {
    let start = item.span().start.min(text.len());
    let Some(at) = text[..start].rfind('-') else { return (item.line(), item.column()) };
    let line_start = text[..at].rfind('\n').map_or(0, |at| at + 1);
    let lines_between = text[at..start].matches('\n').count();
    (item.line() - lines_between, text[line_start..at].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::super::document;
    use super::*;

    /// Reads a text and writes it again.
    fn carried(text: &str) -> String {
        write(&document(text).expect("a document"), &read(text).expect("readable"))
    }

    #[test]
    fn comments_stay_at_their_entries_when_keys_are_sorted() {
        let text = "\
# how many
# run
replicas: 2 # at least
image:
  # where from
  name: x
  tag: v1 # {\"$imagepolicy\": \"ns:app\"}
";
        let written = "\
image:
  # where from
  name: x
  tag: v1 # {\"$imagepolicy\": \"ns:app\"}
# how many
# run
replicas: 2 # at least
";
        assert_eq!(carried(text), written);
    }

    #[test]
    fn comments_of_lists_and_blocks_are_kept() {
        let text = "\
env: # the environment
# the first
- name: A # its name
  value: 'yes'
  # below value
- B
text: | # as it is
  # no comment
  line
flow: {a: 1, b: [2]} # of the whole
# the end
";
        let written = "\
env: # the environment
# the first
- name: A # its name
  value: \"yes\"
  # below value
- B
flow: # of the whole
  a: 1
  b:
  - 2
# the end
text: | # as it is
  # no comment
  line
";
        assert_eq!(carried(text), written);
    }

    #[test]
    fn a_text_without_comments_is_written_as_usual() {
        let text = "b: 1\na:\n- x: 'a # b'\n";
        assert_eq!(carried(text), to_string(&document(text).expect("a document")));
    }

    #[test]
    fn comments_never_change_the_value() {
        for text in [
            "a: 'one\n\n  two' # c\nb: 1\n",
            "- - 1 # c\n  # d\n  - 2\n# e\n",
            "a:\n  # only a comment\nb: # c\n  d: ~ # e\n",
            "? a # k\n: b # v\n",
            "a: &x 1 # anchor\nb: *x # alias\n",
            "# c\n---\n# d\na: \"x\" # e\n...\n",
            "a: |+\n  x\n\n# c\nb: >-\n  y\n  z\n# d\n",
        ] {
            let written = carried(text);
            assert_eq!(document(&written), document(text), "{text}\n{written}");
        }
    }
}
