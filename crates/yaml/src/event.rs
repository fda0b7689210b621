//! The grammar of YAML as in Go's packages: from tokens to events.

use std::borrow::Cow;

use super::cursor::Mark;
use super::node::Style;
use super::scalar::Schema;
use super::scan::Scanner;
use super::token::{Fault, TokenKind};

/// Prefix of the tags of YAML itself.
const CORE: &str = "tag:yaml.org,2002:";

mod block;
mod flow;

type Result<T> = std::result::Result<T, Fault>;

/// A scalar or alias, or the start or end of a collection or document.
pub(super) struct Event<'t> {
    pub kind: EventKind<'t>,
    pub anchor: Option<&'t str>,
    /// Tag in its short form (`!!int`, `!local`, `!`).
    pub tag: Option<Box<str>>,
    /// Start, after anchor and tag.
    pub start: Mark,
    pub end: Mark,
}

pub(super) enum EventKind<'t> {
    StreamEnd,
    DocumentStart,
    DocumentEnd,
    Alias(&'t str),
    Scalar(Cow<'t, str>, Style),
    SequenceStart { flow: bool },
    MappingStart { flow: bool },
    CollectionEnd,
}

/// What is expected next.
#[derive(Debug, Clone, Copy)]
enum State {
    ImplicitDocumentStart,
    DocumentStart,
    DocumentContent,
    DocumentEnd,
    BlockNode,
    BlockSequence { first: bool },
    IndentlessSequence,
    BlockMappingKey { first: bool },
    BlockMappingValue,
    FlowSequence { first: bool },
    FlowPairKey,
    FlowPairValue,
    FlowPairEnd,
    FlowMappingKey { first: bool },
    FlowMappingValue { empty: bool },
    End,
}

/// Where a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Flow,
    Block,
    /// In a block mapping, where the dashes of a list may not be indented.
    MappingInBlock,
}

pub(super) struct Events<'t> {
    scanner: Scanner<'t>,
    state: State,
    /// States to return to when open nodes end.
    states: Vec<State>,
    /// Starts of the open collections.
    starts: Vec<Mark>,
    /// Tag handles of this document and their prefixes.
    tag_prefixes: Vec<(&'t str, Cow<'t, str>)>,
}

impl<'t> Events<'t> {
    pub fn new(text: &'t str, schema: Schema) -> Self {
        Self {
            scanner: Scanner::new(text, schema),
            state: State::ImplicitDocumentStart,
            states: Vec::new(),
            starts: Vec::new(),
            tag_prefixes: Vec::new(),
        }
    }

    /// Returns the starts of comments, as far as the text has been read.
    pub fn into_comments(self) -> Vec<Mark> {
        self.scanner.into_comments()
    }

    /// Checks the rest of the text for control characters.
    pub fn check_rest(&mut self) -> Result<()> {
        self.scanner.check_rest()
    }

    pub fn next(&mut self) -> Result<Event<'t>> {
        match self.state {
            State::ImplicitDocumentStart => self.document_start(true),
            State::DocumentStart => self.document_start(false),
            State::DocumentContent => self.document_content(),
            State::DocumentEnd => self.document_end(),
            State::BlockNode => self.node(Place::Block),
            State::BlockSequence { first } => self.block_sequence(first),
            State::IndentlessSequence => self.indentless_sequence(),
            State::BlockMappingKey { first } => self.block_mapping_key(first),
            State::BlockMappingValue => self.block_mapping_value(),
            State::FlowSequence { first } => self.flow_sequence(first),
            State::FlowPairKey => self.flow_pair_key(),
            State::FlowPairValue => self.flow_pair_value(),
            State::FlowPairEnd => self.flow_pair_end(),
            State::FlowMappingKey { first } => self.flow_mapping_key(first),
            State::FlowMappingValue { empty } => self.flow_mapping_value(empty),
            State::End => {
                let mark = self.scanner.peek()?.start;
                Ok(event(EventKind::StreamEnd, mark, mark))
            }
        }
    }

    /// Continues after a node that has ended.
    fn pop(&mut self) {
        self.state = self.states.pop().unwrap_or(State::End);
    }

    fn document_start(&mut self, first: bool) -> Result<Event<'t>> {
        if first {
            self.scanner.take()?;
        } else {
            while matches!(self.scanner.peek()?.kind, TokenKind::DocumentEnd) {
                self.scanner.take()?;
            }
        }
        let token = self.scanner.peek()?;
        let (start, end) = (token.start, token.end);
        match token.kind {
            TokenKind::StreamEnd => {
                self.state = State::End;
                Ok(event(EventKind::StreamEnd, start, end))
            }
            TokenKind::Version(..) | TokenKind::TagDirective { .. } | TokenKind::DocumentStart => {
                self.explicit_document()
            }
            _ if first => {
                self.directives()?;
                self.states.push(State::DocumentEnd);
                self.state = State::BlockNode;
                Ok(event(EventKind::DocumentStart, start, end))
            }
            _ => self.explicit_document(),
        }
    }

    fn explicit_document(&mut self) -> Result<Event<'t>> {
        self.directives()?;
        let token = self.scanner.peek()?;
        if !matches!(token.kind, TokenKind::DocumentStart) {
            return Fault::new(token.start, "did not find expected <document start>");
        }
        let token = self.scanner.take()?;
        self.states.push(State::DocumentEnd);
        self.state = State::DocumentContent;
        Ok(event(EventKind::DocumentStart, token.start, token.end))
    }

    fn directives(&mut self) -> Result<()> {
        let mut version = false;
        while matches!(self.scanner.peek()?.kind, TokenKind::Version(..) | TokenKind::TagDirective { .. }) {
            let token = self.scanner.take()?;
            match token.kind {
                TokenKind::Version(..) if version => {
                    return Fault::new(token.start, "found duplicate %YAML directive");
                }
                TokenKind::Version(1, 1) => version = true,
                TokenKind::Version(major, minor) => {
                    let message =
                        format!("found incompatible YAML document: version {major}.{minor}, not 1.1");
                    return Fault::new(token.start, message);
                }
                TokenKind::TagDirective { handle, prefix } => {
                    if self.tag_prefixes.iter().any(|(other, _)| *other == handle) {
                        return Fault::new(token.start, "found duplicate %TAG directive");
                    }
                    self.tag_prefixes.push((handle, prefix));
                }
                _ => {}
            }
        }
        for (handle, prefix) in [("!", "!"), ("!!", CORE)] {
            if !self.tag_prefixes.iter().any(|(other, _)| *other == handle) {
                self.tag_prefixes.push((handle, prefix.into()));
            }
        }
        Ok(())
    }

    fn document_content(&mut self) -> Result<Event<'t>> {
        let token = self.scanner.peek()?;
        match token.kind {
            TokenKind::Version(..)
            | TokenKind::TagDirective { .. }
            | TokenKind::DocumentStart
            | TokenKind::DocumentEnd
            | TokenKind::StreamEnd => {
                let mark = token.start;
                self.pop();
                Ok(empty(mark))
            }
            _ => self.node(Place::Block),
        }
    }

    fn document_end(&mut self) -> Result<Event<'t>> {
        let token = self.scanner.peek()?;
        let mark = token.start;
        if matches!(token.kind, TokenKind::DocumentEnd) {
            self.scanner.take()?;
        }
        self.tag_prefixes.clear();
        self.state = State::DocumentStart;
        Ok(event(EventKind::DocumentEnd, mark, mark))
    }

    fn node(&mut self, place: Place) -> Result<Event<'t>> {
        let first = self.scanner.peek()?.start;
        let mut properties_end = None;
        let (mut anchor, mut tag) = (None, None);
        loop {
            match self.scanner.peek()?.kind {
                TokenKind::Alias(name) if properties_end.is_none() => {
                    let token = self.scanner.take()?;
                    self.pop();
                    return Ok(event(EventKind::Alias(name), token.start, token.end));
                }
                TokenKind::Anchor(name) if anchor.is_none() => {
                    anchor = Some(name);
                    properties_end = Some(self.scanner.take()?.end);
                }
                TokenKind::Tag { .. } if tag.is_none() => {
                    let token = self.scanner.take()?;
                    properties_end = Some(token.end);
                    if let TokenKind::Tag { handle, suffix } = token.kind {
                        tag = Some(self.tag(handle, suffix, token.start)?);
                    }
                }
                _ => break,
            }
        }
        let token = self.scanner.peek()?;
        let (mut start, mut end) = (token.start, token.end);
        let kind = match token.kind {
            TokenKind::BlockEntry if place == Place::MappingInBlock => {
                self.state = State::IndentlessSequence;
                EventKind::SequenceStart { flow: false }
            }
            TokenKind::Scalar(..) => {
                let TokenKind::Scalar(text, style) = self.scanner.take()?.kind else {
                    return Fault::new(start, "unexpected end of the text");
                };
                self.pop();
                EventKind::Scalar(text, style)
            }
            TokenKind::FlowSequenceStart => {
                self.state = State::FlowSequence { first: true };
                EventKind::SequenceStart { flow: true }
            }
            TokenKind::FlowMappingStart => {
                self.state = State::FlowMappingKey { first: true };
                EventKind::MappingStart { flow: true }
            }
            TokenKind::BlockSequenceStart if place != Place::Flow => {
                self.state = State::BlockSequence { first: true };
                EventKind::SequenceStart { flow: false }
            }
            TokenKind::BlockMappingStart if place != Place::Flow => {
                self.state = State::BlockMappingKey { first: true };
                EventKind::MappingStart { flow: false }
            }
            _ => {
                let Some(mark) = properties_end else {
                    let what = if place == Place::Flow { "flow" } else { "block" };
                    let message = format!("while parsing a {what} node, did not find expected node content");
                    return Fault::new(first, message);
                };
                (start, end) = (mark, mark);
                self.pop();
                EventKind::Scalar("".into(), Style::Plain)
            }
        };
        Ok(Event { kind, anchor, tag, start, end })
    }

    /// Returns a tag in its short form.
    fn tag(&self, handle: &str, suffix: Cow<'t, str>, mark: Mark) -> Result<Box<str>> {
        let tag = if handle.is_empty() {
            suffix
        } else {
            let prefix = self.tag_prefixes.iter().find(|(other, _)| *other == handle);
            prefix.map(|(_, prefix)| format!("{prefix}{suffix}")).unwrap_or_default().into()
        };
        if tag.is_empty() {
            return Fault::new(mark, format!("found undefined tag handle: {handle}"));
        }
        Ok(match tag.strip_prefix(CORE) {
            Some(name) => format!("!!{name}").into(),
            None => tag.into(),
        })
    }

    /// Opens a collection, whose first token has no content.
    fn open(&mut self, first: bool) -> Result<()> {
        if first {
            let start = self.scanner.take()?.start;
            self.starts.push(start);
        }
        Ok(())
    }

    /// Ends a collection with the next token.
    fn close(&mut self) -> Result<Event<'t>> {
        let token = self.scanner.take()?;
        self.pop();
        self.starts.pop();
        Ok(event(EventKind::CollectionEnd, token.start, token.end))
    }

    /// Returns an error about what is missing at `mark` in the open collection.
    fn expected<T>(&self, what: &str, problem: &str, mark: Mark) -> Result<T> {
        let line = self.starts.last().map_or(0, |start| start.line) + 1;
        Fault::new(
            mark,
            format!("while parsing a {what} that starts on line {line}, did not find expected {problem}"),
        )
    }

    /// Reads the next node, and continues with `then`.
    fn child(&mut self, place: Place, then: State) -> Result<Event<'t>> {
        self.states.push(then);
        self.node(place)
    }

    /// Returns an empty value, and continues with `then`.
    fn blank(&mut self, mark: Mark, then: State) -> Event<'t> {
        self.state = then;
        empty(mark)
    }
}

fn event(kind: EventKind<'_>, start: Mark, end: Mark) -> Event<'_> {
    Event { kind, anchor: None, tag: None, start, end }
}

/// Returns an empty scalar.
fn empty<'t>(mark: Mark) -> Event<'t> {
    event(EventKind::Scalar("".into(), Style::Plain), mark, mark)
}
