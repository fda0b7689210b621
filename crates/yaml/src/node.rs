//! Nodes of a document in their order, with style, tag and position.
//!
//! The nodes of a document are in one array, each before its children, so a tree is one allocation and an alias is an
//! index. [`Node`] is a view into it.

use std::borrow::Cow;
use std::ops::Range;

use super::error::ReadError;
use super::parse;
use super::scalar::Schema;

/// Style of a scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// In single quotes.
    SingleQuoted,
    /// In double quotes.
    DoubleQuoted,
    /// After `|`.
    Literal,
    /// After `>`.
    Folded,
}

/// Kind of a node, with its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind<'a> {
    /// A scalar: its text without quotes and escapes, and its style.
    Scalar(&'a str, Style),
    /// A sequence.
    Sequence {
        /// Whether it is written as `[a, b]`.
        flow: bool,
    },
    /// A mapping.
    Mapping {
        /// Whether it is written as `{a: b}`.
        flow: bool,
    },
    /// `*name`: an alias of another node, see [`Node::target`].
    Alias,
}

/// A document of a text.
#[derive(Debug)]
pub struct Document<'t> {
    /// Number of the document in its text, from 1.
    pub number: usize,
    pub(super) records: Vec<Record<'t>>,
}

/// A node in the array of its document.
#[derive(Debug)]
pub(super) struct Record<'t> {
    pub content: Content<'t>,
    /// Tag in its short form (`!!int`, `!local`); `!` for the non-specific tag.
    pub tag: Option<Box<str>>,
    pub line: u32,
    pub column: u32,
    /// Start and end in bytes of the text.
    pub span: (u32, u32),
    /// Index after the last node below this one.
    pub end: u32,
}

#[derive(Debug)]
pub(super) enum Content<'t> {
    Scalar(Cow<'t, str>, Style),
    Sequence { flow: bool },
    Mapping { flow: bool },
    Alias(u32),
}

/// Parses all documents of `text` in the Kubernetes schema, including those without content.
///
/// # Errors
/// The text is not valid YAML.
pub fn trees(text: &str) -> Result<Vec<Document<'_>>, ReadError> {
    parse::documents(text, Schema::Kubernetes)
}

/// Parses all documents of `text` in `schema`, including those without content.
///
/// # Errors
/// The text is not valid YAML.
pub fn trees_with(text: &str, schema: Schema) -> Result<Vec<Document<'_>>, ReadError> {
    parse::documents(text, schema)
}

/// Parses the first document of `text` in `schema`. Like Go's `Unmarshal`, it ignores what follows.
///
/// # Errors
/// The document is not valid YAML.
pub fn first_tree(text: &str, schema: Schema) -> Result<Option<Document<'_>>, ReadError> {
    parse::first_document(text, schema)
}

impl<'t> Document<'t> {
    /// Returns whether the document has no content.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Returns the root node. The document must not be empty.
    pub fn root(&self) -> Node<'_, 't> {
        Node { document: self, at: 0 }
    }
}

/// A node of a [`Document`].
#[derive(Debug, Clone, Copy)]
pub struct Node<'d, 't> {
    document: &'d Document<'t>,
    at: u32,
}

impl<'d, 't> Node<'d, 't> {
    fn record(self) -> &'d Record<'t> {
        &self.document.records[self.at as usize]
    }

    /// Returns the kind.
    pub fn kind(self) -> Kind<'d> {
        match &self.record().content {
            Content::Scalar(text, style) => Kind::Scalar(text, *style),
            Content::Sequence { flow } => Kind::Sequence { flow: *flow },
            Content::Mapping { flow } => Kind::Mapping { flow: *flow },
            Content::Alias(_) => Kind::Alias,
        }
    }

    /// Returns the tag in its short form: `!!int`, `!local`, `!`.
    pub fn tag(self) -> Option<&'d str> {
        self.record().tag.as_deref()
    }

    /// Returns the line of its start, from 1.
    pub fn line(self) -> usize {
        self.record().line as usize
    }

    /// Returns the column of its start in characters, from 1.
    pub fn column(self) -> usize {
        self.record().column as usize
    }

    /// Returns its bytes in the text, without anchor and tag. The span of a block collection or block scalar may include
    /// line breaks and comments that follow.
    pub fn span(self) -> Range<usize> {
        let (start, end) = self.record().span;
        start as usize..end as usize
    }

    /// Returns the node of an alias; any other node is its own target.
    #[must_use]
    pub fn target(self) -> Self {
        match self.record().content {
            Content::Alias(at) => Self { at, ..self },
            _ => self,
        }
    }

    /// Returns the number of its document, from 1.
    pub fn document_number(self) -> usize {
        self.document.number
    }

    /// Returns its index in the array of its document.
    pub(super) fn index(self) -> u32 {
        self.at
    }

    /// Returns the items of a sequence, or the keys and values of a mapping in turn; nothing for other nodes.
    pub fn children(self) -> Children<'d, 't> {
        let end = self.record().end;
        Children { document: self.document, at: self.at + 1, end }
    }

    /// Returns the keys of a mapping with their values, in order.
    pub fn pairs(self) -> impl Iterator<Item = (Self, Self)> {
        let mut children = self.children();
        std::iter::from_fn(move || Some((children.next()?, children.next()?)))
    }
}

/// See [`Node::children`].
#[derive(Debug, Clone)]
pub struct Children<'d, 't> {
    document: &'d Document<'t>,
    at: u32,
    end: u32,
}

impl<'d, 't> Iterator for Children<'d, 't> {
    type Item = Node<'d, 't>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.end {
            return None;
        }
        let node = Node { document: self.document, at: self.at };
        self.at = node.record().end;
        Some(node)
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Style, trees};

    #[test]
    fn nodes_have_order_style_and_position() {
        let text = "b: 'x' # c\na:\n- &i 1\n- !t {k: \"v\"}\n- *i\n---\n|\n z\n";
        let documents = trees(text).expect("two documents");
        let root = documents[0].root();
        assert_eq!((root.kind(), root.line(), root.column()), (Kind::Mapping { flow: false }, 1, 1));
        let pairs: Vec<_> = root.pairs().collect();
        assert_eq!(pairs[0].0.kind(), Kind::Scalar("b", Style::Plain));
        assert_eq!(pairs[0].1.kind(), Kind::Scalar("x", Style::SingleQuoted));
        assert_eq!(&text[pairs[0].1.span()], "'x'");
        let items: Vec<_> = pairs[1].1.children().collect();
        assert_eq!(items.len(), 3);
        assert_eq!((items[1].kind(), items[1].tag()), (Kind::Mapping { flow: true }, Some("!t")));
        assert_eq!((items[1].line(), items[1].column()), (4, 6));
        assert_eq!(items[2].kind(), Kind::Alias);
        assert_eq!(items[2].target().kind(), Kind::Scalar("1", Style::Plain));
        let second = documents[1].root();
        assert_eq!((second.document_number(), second.kind()), (2, Kind::Scalar("z\n", Style::Literal)));
    }
}
