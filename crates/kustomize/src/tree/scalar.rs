//! Scalars: the leaves of a document.

use super::resolve::{Plain, resolve};

/// A leaf of a document: its text, its type, and whether it is written without quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// Text without quotes and escapes.
    pub text: String,
    /// Type that the text was read as, or that a transformer gave it.
    pub tag: Tag,
    /// Neither quoted nor a block. A new text keeps this, and only a plain scalar can be anything but a string.
    pub plain: bool,
    /// Block style that the text is written in.
    pub(crate) block: Block,
    /// Number of the shared YAML node that the scalar belongs to, 0 for none. Scalars of an object with the same number
    /// are one node to kustomize: a change of one changes all.
    pub(crate) shared: u32,
}

/// Block style of a scalar, which matters when kustomize writes it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Block {
    /// On one line or in quotes.
    #[default]
    None,
    /// After `|`.
    Literal,
    /// After `>`.
    Folded,
}

/// Type of a scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// A string, whatever it looks like.
    Str,
    /// An integer.
    Int,
    /// A number with a fraction or an exponent.
    Float,
    /// `true` or `false`.
    Bool,
    /// `null`, `~` or nothing.
    Null,
    /// A date.
    Timestamp,
    /// The type that the text resolves to.
    Unset,
}

impl Scalar {
    /// Returns a string.
    pub fn string(text: impl Into<String>) -> Self {
        Self { text: text.into(), tag: Tag::Str, plain: true, block: Block::None, shared: 0 }
    }

    /// Returns a plain scalar as it is written in a document.
    pub fn plain(text: impl Into<String>) -> Self {
        let text = text.into();
        let tag = Tag::of_plain(&text);
        Self { tag, ..Self::string(text) }
    }

    /// Sets text and type and stays quoted or plain, as kustomize sets an existing field.
    pub(crate) fn set(&mut self, text: &str, tag: Tag) {
        text.clone_into(&mut self.text);
        self.tag = tag;
    }
}

impl Tag {
    /// Returns the type of the plain scalar `text`.
    pub(crate) fn of_plain(text: &str) -> Self {
        match resolve(text) {
            Plain::Null => Self::Null,
            Plain::Bool(_) => Self::Bool,
            Plain::Int(_) | Plain::Uint(_) => Self::Int,
            Plain::Float(_) => Self::Float,
            Plain::Timestamp => Self::Timestamp,
            Plain::Str => Self::Str,
        }
    }
}
