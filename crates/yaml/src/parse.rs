//! Parsing text into nodes, with limits that keep hostile texts from exhausting memory or stack.

use std::collections::HashMap;

use super::cursor::{Mark, index};
use super::error::ReadError;
use super::event::{Event, EventKind, Events};
use super::node::{Content, Document, Record};
use super::scalar::Schema;
use super::token::Fault;

/// Largest text in bytes; a larger one is refused. A Kubernetes object has at most 1.5 MB.
const MAX_TEXT: usize = 16 << 20;
/// Highest number of nodes in all documents of a text; a larger text is refused.
const MAX_NODES: usize = 1_000_000;
/// Highest depth of nested collections, also by aliases; a deeper text is refused.
pub(super) const MAX_DEPTH: usize = 200;

/// Parses all documents of `text`, including those without content.
pub(super) fn documents(text: &str, schema: Schema) -> Result<Vec<Document<'_>>, ReadError> {
    let mut builder = Builder::new(text, schema)?;
    while builder.step()? {}
    Ok(builder.documents)
}

/// Parses the first document of `text`; anything but control characters may follow.
pub(super) fn first_document(text: &str, schema: Schema) -> Result<Option<Document<'_>>, ReadError> {
    let mut builder = Builder::new(text, schema)?;
    while builder.step()? && !builder.document_ended {}
    builder.events.check_rest().map_err(|fault| builder.error(fault))?;
    Ok(builder.documents.pop())
}

/// Returns the positions of the comments of `text`, up to the first error.
pub(super) fn comments(text: &str) -> Vec<Mark> {
    let mut events = Events::new(text, Schema::Kyaml);
    while events.next().is_ok_and(|event| !matches!(event.kind, EventKind::StreamEnd)) {}
    events.into_comments()
}

struct Builder<'t> {
    events: Events<'t>,
    documents: Vec<Document<'t>>,
    document_ended: bool,
    /// Open collections, outermost first.
    open: Vec<u32>,
    /// Anchors of this document.
    anchors: HashMap<&'t str, u32>,
    nodes: usize,
}

impl<'t> Builder<'t> {
    fn new(text: &'t str, schema: Schema) -> Result<Self, ReadError> {
        let builder = Self {
            events: Events::new(text, schema),
            documents: Vec::new(),
            document_ended: false,
            open: Vec::new(),
            anchors: HashMap::new(),
            nodes: 0,
        };
        if text.len() > MAX_TEXT {
            let message = format!("the text is longer than {MAX_TEXT} bytes");
            return Err(builder.error(Fault { mark: Mark::default(), message }));
        }
        if text.starts_with("\u{feff}\u{feff}") {
            let message = "a second byte-order mark at the start of the text".to_owned();
            return Err(builder.error(Fault { mark: Mark::default(), message }));
        }
        Ok(builder)
    }

    /// Handles the next event; returns whether there was one.
    fn step(&mut self) -> Result<bool, ReadError> {
        let event = self.events.next();
        event.and_then(|event| self.take(event)).map_err(|fault| self.error(fault))
    }

    fn take(&mut self, event: Event<'t>) -> Result<bool, Fault> {
        let (start, end, tag) = (event.start, event.end, event.tag);
        match event.kind {
            EventKind::StreamEnd => return Ok(false),
            EventKind::DocumentStart => {
                let number = self.documents.len() + 1;
                self.documents.push(Document { number, records: Vec::new() });
                self.anchors.clear();
                self.document_ended = false;
            }
            EventKind::DocumentEnd => self.document_ended = true,
            EventKind::Scalar(text, style) => {
                self.node(Content::Scalar(text, style), event.anchor, tag, start, end)?;
            }
            EventKind::SequenceStart { flow } => {
                self.collection(Content::Sequence { flow }, event.anchor, tag, start, end)?;
            }
            EventKind::MappingStart { flow } => {
                self.collection(Content::Mapping { flow }, event.anchor, tag, start, end)?;
            }
            EventKind::CollectionEnd => {
                if let (Some(at), Some(document)) = (self.open.pop(), self.documents.last_mut()) {
                    let after = index(document.records.len());
                    let entry = &mut document.records[at as usize];
                    entry.end = after;
                    entry.span.1 = end.offset;
                }
            }
            EventKind::Alias(name) => {
                let Some(&target) = self.anchors.get(name) else {
                    return Fault::new(start, format!("unknown anchor '{name}' referenced"));
                };
                self.node(Content::Alias(target), None, None, start, end)?;
            }
        }
        Ok(true)
    }

    fn collection(
        &mut self,
        content: Content<'t>,
        anchor: Option<&'t str>,
        tag: Option<Box<str>>,
        start: Mark,
        end: Mark,
    ) -> Result<(), Fault> {
        if self.open.len() >= MAX_DEPTH {
            return Fault::new(start, format!("nested deeper than {MAX_DEPTH} levels"));
        }
        let at = self.node(content, anchor, tag, start, end)?;
        self.open.push(at);
        Ok(())
    }

    fn node(
        &mut self,
        content: Content<'t>,
        anchor: Option<&'t str>,
        tag: Option<Box<str>>,
        start: Mark,
        end: Mark,
    ) -> Result<u32, Fault> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Fault::new(start, format!("more than {MAX_NODES} values"));
        }
        let Some(document) = self.documents.last_mut() else {
            return Fault::new(start, "a value outside of a document");
        };
        let at = index(document.records.len());
        document.records.push(Record {
            content,
            tag,
            line: start.line + 1,
            column: start.column + 1,
            span: (start.offset, end.offset),
            end: at + 1,
        });
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor, at);
        }
        Ok(at)
    }

    fn error(&self, fault: Fault) -> ReadError {
        ReadError {
            line: fault.mark.line as usize + 1,
            column: fault.mark.column as usize + 1,
            document: self.documents.len().max(1),
            message: fault.message,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ops::RangeInclusive;

    use super::super::{document, documents};
    use super::{MAX_DEPTH, MAX_NODES, MAX_TEXT};

    fn refused(text: &str) -> String {
        documents(text).expect_err("refused").message
    }

    fn lines(numbers: RangeInclusive<usize>, line: impl Fn(usize) -> String) -> String {
        numbers.map(line).collect::<Vec<_>>().concat()
    }

    #[test]
    fn nesting_is_limited_in_every_style_and_through_aliases() {
        let too_deep = format!("nested deeper than {MAX_DEPTH} levels");
        let indented = lines(0..=MAX_DEPTH, |depth| format!("{}a:\n", " ".repeat(depth)));
        let both =
            ["- ".repeat(MAX_DEPTH / 2), "[".repeat(MAX_DEPTH - 1), "]".repeat(MAX_DEPTH - 1)].concat();
        let chain = lines(1..=MAX_DEPTH, |at| format!("a{at}: &a{at} [*a{}]\n", at - 1));
        for text in ["[".repeat(100_000), "- ".repeat(100_000), indented, both, format!("a0: &a0 x\n{chain}")]
        {
            assert_eq!(refused(&text), too_deep);
        }
        let deepest = MAX_DEPTH - 1;
        assert!(document(&format!("{}{}", "[".repeat(deepest), "]".repeat(deepest))).is_ok());
    }

    #[test]
    fn copies_by_aliases_are_limited() {
        let too_much = "the aliases expand to too many nodes";
        let laughs = lines(1..=12, |at| format!("a{at}: &a{at} [{}]\n", format!("*a{},", at - 1).repeat(10)));
        assert_eq!(refused(&format!("a0: &a0 x\n{laughs}")), too_much);
        let merges = lines(1..=40, |at| {
            format!("a{at}: &a{at} {{<<: [*a{before}, *a{before}], k{at}: 1}}\n", before = at - 1)
        });
        assert_eq!(refused(&format!("a0: &a0 {{x: 1}}\n{merges}")), too_much);
        let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), "*a,".repeat(9));
        assert_eq!(refused(&long), too_much);
        assert_eq!(refused("a: &a [*a]\n"), "the anchor's value contains itself");
    }

    #[test]
    fn the_size_of_texts_is_limited() {
        assert_eq!(refused(&" ".repeat(MAX_TEXT + 1)), "the text is longer than 16777216 bytes");
        assert_eq!(refused(&format!("[{}", "a,".repeat(MAX_NODES))), "more than 1000000 values");
    }

    #[test]
    fn an_unknown_anchor_is_an_error_with_its_name() {
        assert_eq!(refused("a: *b\n"), "unknown anchor 'b' referenced");
    }
}
