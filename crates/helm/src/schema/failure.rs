//! Why values do not match a schema, in Helm's words.

use std::fmt::{self, Write};

use crate::template::quote;

/// Length of a message, in bytes, after which no further failures are listed.
const MAX_MESSAGE: usize = 1 << 20;

/// What a failure is about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Kind {
    /// A failure whose reason is not shown.
    #[default]
    Unnamed,
    /// Several failures of one value.
    Group,
    /// The failure of a schema that another one refers to.
    Reference,
    /// The failure of a whole document, which a schema at an address does not accept.
    Schema(String),
    /// Any other failure.
    Message(String),
}

/// A value that a schema does not accept.
#[derive(Debug, Clone, Default)]
pub struct Failure {
    /// Pointer of the value.
    pub pointer: String,
    pub kind: Kind,
    pub causes: Vec<Failure>,
}

impl Failure {
    /// The failures of one value, without a group around them.
    pub fn into_ungrouped(self) -> Vec<Self> {
        if self.kind == Kind::Group { self.causes } else { vec![self] }
    }

    fn write(&self, out: &mut String, depth: usize) {
        if out.len() > MAX_MESSAGE {
            return;
        }
        let is_left_out = self.kind == Kind::Reference && self.causes.len() == 1;
        let mut below = depth;
        if !is_left_out {
            if depth > 0 {
                let _ = write!(out, "\n{}- ", "  ".repeat(depth - 1));
            }
            below += 1;
            let at = quoted(&self.pointer);
            let _ = match &self.kind {
                Kind::Schema(url) => write!(out, "jsonschema validation failed with {}", quoted(url)),
                Kind::Message(message) => write!(out, "at {at}: {message}"),
                Kind::Unnamed | Kind::Group | Kind::Reference => write!(out, "at {at}: validation failed"),
            };
        }
        for cause in &self.causes {
            cause.write(out, below);
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        self.write(&mut out, 0);
        f.write_str(&out)
    }
}

/// Text in single quotes.
pub fn quoted(text: &str) -> String {
    let text = quote(text.as_bytes()).replace("\\\"", "\"").replace('\'', "\\'");
    format!("'{}'", &text[1..text.len() - 1])
}

/// Texts in single quotes, with commas between them.
pub fn all_quoted<T: AsRef<str>>(texts: &[T]) -> String {
    texts.iter().map(|text| quoted(text.as_ref())).collect::<Vec<_>>().join(", ")
}
