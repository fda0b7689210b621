//! The parts of an index file, read line by line, so that memory does not grow with the file.
//!
//! A part is one version of a chart. An index in a form that cannot be split so (flow style, anchors, several documents)
//! gives [`Part::Unclear`], and is read as a whole.

use std::io::{self, BufRead};

/// Longest line of a file that is split.
const LONGEST_LINE: usize = 1 << 20;
/// Longest part of a file that is split.
const LONGEST_PART: usize = 4 << 20;

/// Part of an index.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// A key of the index other than `entries`, with its value, as a document.
    Top(String),
    /// `entries` without a value, or with one that follows.
    Entries,
    /// The line with the name of a chart: `name:`, as a document.
    Chart(String),
    /// A version of the last chart, as a document with a list of one element.
    Version(String),
    /// The file is not written line by line.
    Unclear,
}

/// Splits an index into its parts.
pub(super) struct Parts<R> {
    input: R,
    /// Line that was read too far, and the end of the file.
    next: Option<String>,
    ended: bool,
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Top,
    /// In `entries`, whose keys may not have been seen yet.
    Entries {
        indent: Option<usize>,
    },
    /// In the list of a chart, with the indentation of its dashes.
    Versions {
        keys: usize,
        dashes: usize,
    },
}

impl<R: BufRead> Parts<R> {
    pub(super) fn new(input: R) -> Parts<R> {
        Parts { input, next: None, ended: false, place: Place::Top }
    }

    /// Returns the next part; none at the end of the file.
    pub(super) fn part(&mut self) -> io::Result<Option<Part>> {
        let Some(line) = self.significant()? else { return Ok(None) };
        let indent = indentation(&line);
        let Some(indent) = indent else { return Ok(Some(Part::Unclear)) };
        match self.place {
            Place::Versions { dashes, .. } if indent == dashes && is_item(&line) => {
                self.version(line, dashes)
            }
            Place::Versions { keys, .. } if indent == keys => self.chart(line, keys),
            Place::Entries { indent: None } if indent > 0 => self.chart(line, indent),
            Place::Entries { indent: Some(keys) } if indent == keys && keys > 0 => self.chart(line, keys),
            _ if indent == 0 => self.top(line),
            _ => Ok(Some(Part::Unclear)),
        }
    }

    fn top(&mut self, line: String) -> io::Result<Option<Part>> {
        if line.starts_with("---") || line.starts_with("...") || line.starts_with('%') || is_item(&line) {
            return Ok(Some(Part::Unclear));
        }
        if line.trim_end() == "entries:" {
            self.place = Place::Entries { indent: None };
            return Ok(Some(Part::Entries));
        }
        self.place = Place::Top;
        // A list may be indented like its key.
        self.collect(line, |indent, next| indent > 0 || is_item(next)).map(|part| part.map(Part::Top))
    }

    fn chart(&mut self, line: String, keys: usize) -> io::Result<Option<Part>> {
        self.place = Place::Entries { indent: Some(keys) };
        if is_item(&line) || !line.trim_end().ends_with(':') {
            return Ok(Some(Part::Unclear));
        }
        // Without versions, the value is null.
        if let Some(next) = self.significant()? {
            if let Some(dashes) = indentation(&next).filter(|indent| *indent >= keys && is_item(&next)) {
                self.place = Place::Versions { keys, dashes };
            } else if indentation(&next).is_none_or(|indent| indent > keys) {
                self.next = Some(next);
                return Ok(Some(Part::Unclear));
            }
            self.next = Some(next);
        }
        Ok(Some(Part::Chart(line)))
    }

    fn version(&mut self, line: String, dashes: usize) -> io::Result<Option<Part>> {
        self.collect(line, |indent, _| indent > dashes).map(|part| part.map(Part::Version))
    }

    /// Appends the lines that belong to the first one.
    fn collect(
        &mut self,
        first: String,
        belongs: impl Fn(usize, &str) -> bool,
    ) -> io::Result<Option<String>> {
        let mut part = first;
        while let Some(line) = self.line()? {
            let is_blank = line.trim().is_empty();
            // The text of a comment or of a scalar is judged by the parser.
            let more = is_blank || indentation(&line).is_none_or(|indent| belongs(indent, &line));
            if !more {
                self.next = Some(line);
                break;
            }
            part.push_str(&line);
            if part.len() > LONGEST_PART {
                return Err(too_long("a version of a chart is longer than 4 MiB"));
            }
        }
        Ok(Some(part))
    }

    /// The next line that is neither blank nor a comment.
    fn significant(&mut self) -> io::Result<Option<String>> {
        while let Some(line) = self.line()? {
            let text = line.trim_start();
            if !text.is_empty() && !text.starts_with('#') {
                return Ok(Some(line));
            }
        }
        Ok(None)
    }

    fn line(&mut self) -> io::Result<Option<String>> {
        if let Some(line) = self.next.take() {
            return Ok(Some(line));
        }
        if self.ended {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        let mut limited = io::Read::take(&mut self.input, LONGEST_LINE as u64 + 1);
        limited.read_until(b'\n', &mut bytes)?;
        if bytes.len() > LONGEST_LINE {
            return Err(too_long("a line is longer than 1 MiB"));
        }
        self.ended = bytes.is_empty();
        let line = String::from_utf8(bytes)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))?;
        Ok((!self.ended).then_some(line))
    }
}

fn too_long(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

/// Number of spaces before a line; none if there are tabs.
fn indentation(line: &str) -> Option<usize> {
    let rest = line.trim_start_matches(' ');
    (!rest.starts_with('\t')).then_some(line.len() - rest.len())
}

/// Whether a line begins an element of a list.
fn is_item(line: &str) -> bool {
    let text = line.trim_start_matches(' ').trim_end_matches(['\n', '\r']);
    text == "-" || text.starts_with("- ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<Part> {
        let mut parts = Parts::new(text.as_bytes());
        std::iter::from_fn(|| parts.part().expect("a part")).take(20).collect()
    }

    fn version(text: &str) -> Part {
        Part::Version(text.to_owned())
    }

    #[test]
    fn an_index_is_split_into_versions() {
        let text = "apiVersion: v1\nentries:\n  # Charts\n  a:\n  - name: a\n    description: |\n      - x\n\n      y: z\n  \
            - version: 2\n  \"b c\":\n    - name: b\n  empty:\ngenerated: now\n";
        assert_eq!(
            parts(text),
            [
                Part::Top("apiVersion: v1\n".into()),
                Part::Entries,
                Part::Chart("  a:\n".into()),
                version("  - name: a\n    description: |\n      - x\n\n      y: z\n"),
                version("  - version: 2\n"),
                Part::Chart("  \"b c\":\n".into()),
                version("    - name: b\n"),
                Part::Chart("  empty:\n".into()),
                Part::Top("generated: now\n".into()),
            ]
        );
    }

    #[test]
    fn other_forms_are_unclear() {
        for text in [
            "---\na: b\n",
            "entries:\n  a: []\n",
            "entries:\n  a: &x\n  - b: c\n",
            "entries:\n  a:\n    b: c\n",
            "entries:\n- a\n",
            "entries:\n    a:\n    - b: c\n  d:\n",
        ] {
            assert!(parts(text).contains(&Part::Unclear), "{text}");
        }
    }

    #[test]
    fn a_list_at_the_top_belongs_to_its_key() {
        assert_eq!(
            parts("publicKeys:\n- a\n- b\nserverInfo: {}\n"),
            [Part::Top("publicKeys:\n- a\n- b\n".into()), Part::Top("serverInfo: {}\n".into())]
        );
    }
}
