//! Positions that nodes do not have: colons, dashes, comments, ends of lines.

use std::ops::Range;

use super::super::node::{Kind, Node, Style};
use super::splice::Slot;

pub(super) struct Layout<'t> {
    pub text: &'t str,
}

impl<'t> Layout<'t> {
    /// Returns the end of the line with `at`, before its line break.
    pub fn line_end(&self, at: usize) -> usize {
        let end = self.text[at..].find('\n').map_or(self.text.len(), |length| at + length);
        if self.text[at..end].ends_with('\r') { end - 1 } else { end }
    }

    /// Returns the start of the line after the one with `at`.
    pub fn after_line(&self, at: usize) -> usize {
        self.text[at..].find('\n').map_or(self.text.len(), |length| at + length + 1)
    }

    pub fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |before| before + 1)
    }

    /// Returns the column of `at`, from 0: the number of spaces that align with it.
    pub fn column(&self, at: usize) -> usize {
        self.text[self.line_start(at)..at].chars().count()
    }

    /// Returns the first comment in a range without scalars, including `#`.
    pub fn comment(&self, range: Range<usize>) -> &'t str {
        let between = self.text.get(range).unwrap_or_default();
        match between.find('#') {
            Some(at) => between[at..].lines().next().unwrap_or_default(),
            None => "",
        }
    }

    /// Returns the colon after a key; `None` for a key in the long form (`? key`).
    pub fn colon(&self, key: Node<'_, '_>) -> Option<usize> {
        let span = key.span();
        let line = self.line_start(span.start);
        if self.text[line..span.start].trim_start_matches([' ', '-']).starts_with('?') {
            return None;
        }
        let gap = self.text[span.end..].bytes().take_while(|byte| *byte == b' ').count();
        self.text[span.end + gap..].starts_with(':').then_some(span.end + gap)
    }

    /// Returns the dash of the item `at` in the block sequence `sequence`, which is in `slot`.
    pub fn dash(&self, slot: Slot<'_, '_>, sequence: Node<'_, '_>, at: usize) -> Option<usize> {
        let mut dash = self.first_dash(slot, sequence)?;
        let column = self.column(dash);
        for before in sequence.children().take(at) {
            let mut line = self.after_line(self.end(before, dash + 1));
            // Only empty lines and comments are between two items.
            dash = loop {
                if line >= self.text.len() {
                    return None;
                }
                let content = self.text[line..self.line_end(line)].trim_start_matches(' ');
                if content.starts_with('-') {
                    break self.line_end(line) - content.len();
                }
                if !content.trim().is_empty() && !content.starts_with('#') {
                    return None;
                }
                line = self.after_line(line);
            };
            if self.column(dash) != column {
                return None;
            }
        }
        Some(dash)
    }

    /// Returns the first dash. The span of the sequence starts there if it is indented, otherwise at the first item.
    fn first_dash(&self, slot: Slot<'_, '_>, sequence: Node<'_, '_>) -> Option<usize> {
        let start = sequence.span().start;
        if let Slot::Value { .. } = slot {
            let line = self.line_start(start);
            let indent = self.text[line..].bytes().take_while(|byte| *byte == b' ').count();
            let first = line + indent;
            return self.text[first..].starts_with('-').then_some(first);
        }
        self.text[start..].starts_with('-').then_some(start)
    }

    /// Returns the end of a node that is written after `after` (a colon or a dash): after its last character, before the line
    /// break.
    pub fn end(&self, node: Node<'_, '_>, after: usize) -> usize {
        match node.kind() {
            Kind::Scalar(_, Style::Literal | Style::Folded) => self.end_of_block_scalar(node, after),
            _ if is_blank(node) => after,
            Kind::Mapping { flow: false } => match node.pairs().last() {
                Some((key, value)) => {
                    self.end(value, self.colon(key).map_or(key.span().end, |colon| colon + 1))
                }
                None => node.span().end,
            },
            Kind::Sequence { flow: false } => match node.children().last() {
                Some(item) if is_blank(item) => self.text[..node.span().end].trim_end().len(),
                Some(item) => self.end(item, item.span().start),
                None => node.span().end,
            },
            _ => node.span().end,
        }
    }

    /// Returns the end of a block scalar. Empty lines after it belong to it only if its header has a `+`.
    fn end_of_block_scalar(&self, node: Node<'_, '_>, after: usize) -> usize {
        let span = node.span();
        let header = &self.text[after..self.line_end(after).max(after)];
        let header = header.split('#').next().unwrap_or_default();
        let end = span.end.max(after + header.trim_end().len());
        let kept = &self.text[..end];
        if header.contains('+') {
            kept.strip_suffix('\n').unwrap_or(kept).len()
        } else {
            kept.trim_end_matches(['\n', '\r', ' ']).len().max(after + header.trim_end().len())
        }
    }
}

/// Returns whether a node has no text.
pub(super) fn is_blank(node: Node<'_, '_>) -> bool {
    matches!(node.kind(), Kind::Scalar(_, Style::Plain)) && node.span().is_empty()
}

/// Returns the start of a node that is written after `after`.
pub(super) fn start(node: Node<'_, '_>, after: usize) -> usize {
    match node.kind() {
        Kind::Scalar(_, Style::Literal | Style::Folded) => after,
        _ if is_blank(node) => after,
        _ => node.span().start,
    }
}
