//! Makes nodes of tokens: the grammar of YAML, as Go's packages have it.

use std::borrow::Cow;

use super::cursor::Mark;
use super::node::Style;
use super::scalar::Schema;
use super::scan::Scanner;
use super::token::{Fault, Kind};

/// What tags of YAML itself begin with.
const CORE: &str = "tag:yaml.org,2002:";

mod flow;

type Result<T> = std::result::Result<T, Fault>;

/// A node, or the start or the end of one that holds others.
pub(super) struct Event<'t> {
    pub kind: EventKind<'t>,
    pub anchor: Option<&'t str>,
    /// In its short form (`!!int`, `!local`, `!`).
    pub tag: Option<Box<str>>,
    /// Where it starts, behind its anchor and tag.
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

/// Where a node may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Flow,
    Block,
    /// In a block mapping, where the dashes of a list need not be indented.
    MappingInBlock,
}

pub(super) struct Events<'t> {
    scanner: Scanner<'t>,
    state: State,
    /// What follows when the nodes that are open have ended.
    states: Vec<State>,
    /// Where the open collections start.
    starts: Vec<Mark>,
    /// Handles of tags and what they stand for, in this document.
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

    /// Where comments start, as far as the text has been read.
    pub fn into_comments(self) -> Vec<Mark> {
        self.scanner.into_comments()
    }

    /// Looks for control characters in what has not been read.
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

    /// Goes on behind the node that has ended.
    fn pop(&mut self) {
        self.state = self.states.pop().unwrap_or(State::End);
    }

    fn document_start(&mut self, first: bool) -> Result<Event<'t>> {
        if first {
            self.scanner.take()?;
        } else {
            while matches!(self.scanner.peek()?.kind, Kind::DocumentEnd) {
                self.scanner.take()?;
            }
        }
        let token = self.scanner.peek()?;
        let (start, end) = (token.start, token.end);
        match token.kind {
            Kind::StreamEnd => {
                self.state = State::End;
                Ok(event(EventKind::StreamEnd, start, end))
            }
            Kind::Version(..) | Kind::TagDirective { .. } | Kind::DocumentStart => self.explicit_document(),
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
        if !matches!(token.kind, Kind::DocumentStart) {
            return Fault::new(token.start, "did not find expected <document start>");
        }
        let token = self.scanner.take()?;
        self.states.push(State::DocumentEnd);
        self.state = State::DocumentContent;
        Ok(event(EventKind::DocumentStart, token.start, token.end))
    }

    fn directives(&mut self) -> Result<()> {
        let mut version = false;
        while matches!(self.scanner.peek()?.kind, Kind::Version(..) | Kind::TagDirective { .. }) {
            let token = self.scanner.take()?;
            match token.kind {
                Kind::Version(..) if version => {
                    return Fault::new(token.start, "found duplicate %YAML directive");
                }
                Kind::Version(1, 1) => version = true,
                Kind::Version(major, minor) => {
                    let message =
                        format!("found incompatible YAML document: version {major}.{minor}, not 1.1");
                    return Fault::new(token.start, message);
                }
                Kind::TagDirective { handle, prefix } => {
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
            Kind::Version(..)
            | Kind::TagDirective { .. }
            | Kind::DocumentStart
            | Kind::DocumentEnd
            | Kind::StreamEnd => {
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
        if matches!(token.kind, Kind::DocumentEnd) {
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
                Kind::Alias(name) if properties_end.is_none() => {
                    let token = self.scanner.take()?;
                    self.pop();
                    return Ok(event(EventKind::Alias(name), token.start, token.end));
                }
                Kind::Anchor(name) if anchor.is_none() => {
                    anchor = Some(name);
                    properties_end = Some(self.scanner.take()?.end);
                }
                Kind::Tag { .. } if tag.is_none() => {
                    let token = self.scanner.take()?;
                    properties_end = Some(token.end);
                    if let Kind::Tag { handle, suffix } = token.kind {
                        tag = Some(self.tag(handle, suffix, token.start)?);
                    }
                }
                _ => break,
            }
        }
        let token = self.scanner.peek()?;
        let (mut start, mut end) = (token.start, token.end);
        let kind = match token.kind {
            Kind::BlockEntry if place == Place::MappingInBlock => {
                self.state = State::IndentlessSequence;
                EventKind::SequenceStart { flow: false }
            }
            Kind::Scalar(..) => {
                let Kind::Scalar(text, style) = self.scanner.take()?.kind else {
                    return Fault::new(start, "unexpected end of the text");
                };
                self.pop();
                EventKind::Scalar(text, style)
            }
            Kind::FlowSequenceStart => {
                self.state = State::FlowSequence { first: true };
                EventKind::SequenceStart { flow: true }
            }
            Kind::FlowMappingStart => {
                self.state = State::FlowMappingKey { first: true };
                EventKind::MappingStart { flow: true }
            }
            Kind::BlockSequenceStart if place != Place::Flow => {
                self.state = State::BlockSequence { first: true };
                EventKind::SequenceStart { flow: false }
            }
            Kind::BlockMappingStart if place != Place::Flow => {
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

    /// The tag in its short form.
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

    /// Opens a collection: its first token says only that it is there.
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

    /// What should stand at `mark` in the collection that is open.
    fn expected<T>(&self, what: &str, problem: &str, mark: Mark) -> Result<T> {
        let line = self.starts.last().map_or(0, |start| start.line) + 1;
        Fault::new(
            mark,
            format!("while parsing a {what} that starts in line {line}, did not find expected {problem}"),
        )
    }

    /// Reads the node that follows, and goes on with `then`.
    fn child(&mut self, place: Place, then: State) -> Result<Event<'t>> {
        self.states.push(then);
        self.node(place)
    }

    /// A value that is not written, and goes on with `then`.
    fn blank(&mut self, mark: Mark, then: State) -> Event<'t> {
        self.state = then;
        empty(mark)
    }

    fn block_sequence(&mut self, first: bool) -> Result<Event<'t>> {
        self.open(first)?;
        let token = self.scanner.peek()?;
        match token.kind {
            Kind::BlockEntry => {
                let mark = self.scanner.take()?.end;
                let then = State::BlockSequence { first: false };
                match self.scanner.peek()?.kind {
                    Kind::BlockEntry | Kind::BlockEnd => Ok(self.blank(mark, then)),
                    _ => self.child(Place::Block, then),
                }
            }
            Kind::BlockEnd => self.close(),
            _ => {
                let mark = token.start;
                self.expected("block collection", "'-' indicator", mark)
            }
        }
    }

    fn indentless_sequence(&mut self) -> Result<Event<'t>> {
        let token = self.scanner.peek()?;
        if !matches!(token.kind, Kind::BlockEntry) {
            let mark = token.start;
            self.pop();
            return Ok(event(EventKind::CollectionEnd, mark, mark));
        }
        let mark = self.scanner.take()?.end;
        match self.scanner.peek()?.kind {
            Kind::BlockEntry | Kind::Key | Kind::Value | Kind::BlockEnd => {
                Ok(self.blank(mark, State::IndentlessSequence))
            }
            _ => self.child(Place::Block, State::IndentlessSequence),
        }
    }

    fn block_mapping_key(&mut self, first: bool) -> Result<Event<'t>> {
        self.open(first)?;
        let token = self.scanner.peek()?;
        match token.kind {
            Kind::Key => {
                let mark = self.scanner.take()?.end;
                self.in_block_mapping(mark, State::BlockMappingValue)
            }
            Kind::BlockEnd => self.close(),
            _ => {
                let mark = token.start;
                self.expected("block mapping", "key", mark)
            }
        }
    }

    fn block_mapping_value(&mut self) -> Result<Event<'t>> {
        let then = State::BlockMappingKey { first: false };
        let token = self.scanner.peek()?;
        if !matches!(token.kind, Kind::Value) {
            let mark = token.start;
            return Ok(self.blank(mark, then));
        }
        let mark = self.scanner.take()?.end;
        self.in_block_mapping(mark, then)
    }

    /// A key or a value, behind its indicator, which ends at `mark`.
    fn in_block_mapping(&mut self, mark: Mark, then: State) -> Result<Event<'t>> {
        match self.scanner.peek()?.kind {
            Kind::Key | Kind::Value | Kind::BlockEnd => Ok(self.blank(mark, then)),
            _ => self.child(Place::MappingInBlock, then),
        }
    }
}

fn event(kind: EventKind<'_>, start: Mark, end: Mark) -> Event<'_> {
    Event { kind, anchor: None, tag: None, start, end }
}

/// A scalar that is not written.
fn empty<'t>(mark: Mark) -> Event<'t> {
    event(EventKind::Scalar("".into(), Style::Plain), mark, mark)
}
