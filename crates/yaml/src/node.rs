//! A document as it stands in the text: nodes in their order, with style, tag and place.
//!
//! The nodes of a document lie in one array, each before its children, so that a tree is one
//! allocation and an alias is an index. [`Node`] is a view into it.

use std::borrow::Cow;
use std::ops::Range;

use super::error::ReadError;
use super::parse;
use super::scalar::Schema;

/// How a scalar is written.
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

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind<'a> {
    /// A text, unescaped, and how it was written.
    Scalar(&'a str, Style),
    /// A list; `flow` when in brackets.
    Sequence {
        /// Whether it is written as `[a, b]`.
        flow: bool,
    },
    /// A map; `flow` when in braces.
    Mapping {
        /// Whether it is written as `{a: b}`.
        flow: bool,
    },
    /// `*name`: the same as another node of the document, see [`Node::target`].
    Alias,
}

/// One document of a text.
#[derive(Debug)]
pub struct Document<'t> {
    /// Which document of the text it is, from 1.
    pub number: usize,
    pub(super) entries: Vec<Entry<'t>>,
}

/// A node in the array of its document.
#[derive(Debug)]
pub(super) struct Entry<'t> {
    pub content: Content<'t>,
    /// The tag in its short form (`!!int`, `!local`), `!` for the non-specific one.
    pub tag: Option<Box<str>>,
    pub line: u32,
    pub column: u32,
    /// The bytes of the text that it stands in.
    pub span: (u32, u32),
    /// The index after the last node below this one.
    pub end: u32,
}

#[derive(Debug)]
pub(super) enum Content<'t> {
    Scalar(Cow<'t, str>, Style),
    Sequence { flow: bool },
    Mapping { flow: bool },
    Alias(u32),
}

/// All documents of `text` as trees by the Kubernetes schema, those without content included.
pub fn trees(text: &str) -> Result<Vec<Document<'_>>, ReadError> {
    parse::documents(text, Schema::Kubernetes)
}

/// As [`trees`], by the rules of `schema`.
pub fn trees_with(text: &str, schema: Schema) -> Result<Vec<Document<'_>>, ReadError> {
    parse::documents(text, schema)
}

/// The first document of `text` by the rules of `schema`. Like Go's `Unmarshal`, it does not look at what
/// follows.
pub fn first_tree(text: &str, schema: Schema) -> Result<Option<Document<'_>>, ReadError> {
    parse::first_document(text, schema)
}

impl<'t> Document<'t> {
    /// Whether nothing stands in it.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The node that holds all others; only for a document that is not empty.
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
    fn entry(self) -> &'d Entry<'t> {
        &self.document.entries[self.at as usize]
    }

    /// What it is.
    pub fn kind(self) -> Kind<'d> {
        match &self.entry().content {
            Content::Scalar(text, style) => Kind::Scalar(text, *style),
            Content::Sequence { flow } => Kind::Sequence { flow: *flow },
            Content::Mapping { flow } => Kind::Mapping { flow: *flow },
            Content::Alias(_) => Kind::Alias,
        }
    }

    /// The tag in its short form: `!!int`, `!local`, `!`.
    pub fn tag(self) -> Option<&'d str> {
        self.entry().tag.as_deref()
    }

    /// The line that it starts on, from 1.
    pub fn line(self) -> usize {
        self.entry().line as usize
    }

    /// The character of the line that it starts at, from 1.
    pub fn column(self) -> usize {
        self.entry().column as usize
    }

    /// The bytes of the text that it stands in, without anchor and tag. For a block collection and a
    /// block scalar the end may lie beyond line breaks and comments that follow.
    pub fn span(self) -> Range<usize> {
        let (start, end) = self.entry().span;
        start as usize..end as usize
    }

    /// Follows an alias; any other node is its own target.
    #[must_use]
    pub fn target(self) -> Self {
        match self.entry().content {
            Content::Alias(at) => Self { at, ..self },
            _ => self,
        }
    }

    /// Which document of the text it is in, from 1.
    pub fn document_number(self) -> usize {
        self.document.number
    }

    /// The node's place in the array of its document.
    pub(super) fn index(self) -> u32 {
        self.at
    }

    /// The items of a sequence; the keys and values of a mapping in turn; nothing for other nodes.
    pub fn children(self) -> Children<'d, 't> {
        let end = self.entry().end;
        Children { document: self.document, at: self.at + 1, end }
    }

    /// The keys of a mapping with their values, in order.
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
        self.at = node.entry().end;
        Some(node)
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Style, trees};

    #[test]
    fn the_tree_shows_order_styles_and_places() {
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
