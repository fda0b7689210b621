//! What becomes of a text that stands behind `>` when kustomize writes it and reads it back, which it does once with every
//! object.

use std::borrow::Cow;

use edgeflux_yaml::node::Style;
use edgeflux_yaml::reread;

/// The text after it was written behind `>` and read back.
pub(super) fn written(text: &str) -> String {
    reread(text, Style::Folded).map_or_else(|_| text.to_owned(), Cow::into_owned)
}
