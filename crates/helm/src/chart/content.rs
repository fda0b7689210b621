//! Content of a chart's files.

use std::ops::Deref;
use std::sync::Arc;

/// Content of a file. Clones share it, and so do the templates that are parsed from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content(Form);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Form {
    Text(Arc<str>),
    /// Not UTF-8.
    Bytes(Arc<[u8]>),
}

impl Content {
    /// The content as text. Bytes that are not UTF-8 become U+FFFD.
    pub fn text(&self) -> Arc<str> {
        match &self.0 {
            Form::Text(text) => text.clone(),
            Form::Bytes(bytes) => String::from_utf8_lossy(bytes).into(),
        }
    }
}

impl Deref for Content {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Form::Text(text) => text.as_bytes(),
            Form::Bytes(bytes) => bytes,
        }
    }
}

impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Self {
        Self(match String::from_utf8(bytes) {
            Ok(text) => Form::Text(text.into()),
            Err(error) => Form::Bytes(error.into_bytes().into()),
        })
    }
}

impl From<Content> for Arc<[u8]> {
    fn from(content: Content) -> Self {
        match content.0 {
            Form::Text(text) => text.into(),
            Form::Bytes(bytes) => bytes,
        }
    }
}
