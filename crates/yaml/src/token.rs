//! Tokens, which the scanner cuts a text into.

use std::borrow::Cow;

use super::cursor::Mark;
use super::node::Style;

/// A token.
#[derive(Debug)]
pub(super) struct Token<'t> {
    pub kind: TokenKind<'t>,
    pub start: Mark,
    pub end: Mark,
}

#[derive(Debug)]
pub(super) enum TokenKind<'t> {
    StreamStart,
    StreamEnd,
    /// `%YAML 1.1`
    Version(u8, u8),
    /// `%TAG !e! tag:example.com,2000:`
    TagDirective {
        handle: &'t str,
        prefix: Cow<'t, str>,
    },
    /// `---`
    DocumentStart,
    /// `...`
    DocumentEnd,
    /// Start of a block sequence. It has no text, like the next two.
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    /// `[`
    FlowSequenceStart,
    /// `]`
    FlowSequenceEnd,
    /// `{`
    FlowMappingStart,
    /// `}`
    FlowMappingEnd,
    /// `-`
    BlockEntry,
    /// `,`
    FlowEntry,
    /// `?`, or no text if only the colon after it shows that something is a key.
    Key,
    /// `:`
    Value,
    /// `*name`
    Alias(&'t str),
    /// `&name`
    Anchor(&'t str),
    /// `!handle!suffix`
    Tag {
        handle: &'t str,
        suffix: Cow<'t, str>,
    },
    Scalar(Cow<'t, str>, Style),
}

/// What is wrong with a text, and where.
#[derive(Debug)]
pub(super) struct Fault {
    pub mark: Mark,
    pub message: String,
}

impl Fault {
    pub fn new<T>(mark: Mark, message: impl Into<String>) -> Result<T, Self> {
        Err(Self { mark, message: message.into() })
    }
}
