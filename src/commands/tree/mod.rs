//! `flux tree`: the objects that a Flux object applied.

mod applied;
pub mod artifact;
mod fleet;
mod graph;
mod helm;
pub mod kustomization;
mod node;
pub mod operator;

use self::node::Node;
use super::notation::{NOTATIONS, Notation};
use crate::commands::about::About;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::output::printable;

/// The entry of the group in help and man pages.
pub const ABOUT: About = About::new("tree", "Show the objects that a Flux object applied").examples(&[
    ("Show what the root Kustomization applied", "flux tree kustomization flux-system"),
    ("Draw a picture of the cluster", "flux tree kustomization flux-system -o svg > cluster.svg"),
]);

/// How a tree is shown.
#[derive(Debug, Clone)]
enum Format {
    Text,
    Notation(Notation),
    Picture(Picture),
}

/// The language in which a graph is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Picture {
    Dot,
    Mermaid,
    Svg,
}

impl Format {
    /// Reads `--output`. Flux takes every other word for text; so do we, with a warning.
    ///
    /// # Errors
    /// A template or columns are invalid.
    fn read(context: &Context, word: &str, has_pictures: bool) -> Result<Format> {
        let invalid =
            |error| Error::usage(format!("invalid argument {word:?} for \"--output\" flag: {error}"));
        if let Some(notation) = Notation::parse(word).map_err(invalid)? {
            return Ok(Format::Notation(notation));
        }
        Ok(match word {
            "" | "text" => Format::Text,
            "dot" if has_pictures => Format::Picture(Picture::Dot),
            "mermaid" if has_pictures => Format::Picture(Picture::Mermaid),
            "svg" if has_pictures => Format::Picture(Picture::Svg),
            _ => {
                let pictures = if has_pictures { "dot, mermaid, svg, " } else { "" };
                context.ui.warning(format!(
                    "unknown output format {word:?}, showing text; use text, {pictures}{NOTATIONS}"
                ));
                Format::Text
            }
        })
    }

    /// Writes a tree. As in flux, an empty line follows text and YAML.
    fn write(&self, tree: &Node) -> Result<String> {
        match self {
            Format::Notation(Notation::Yaml) => Ok(Notation::Yaml.write(tree)? + "\n"),
            Format::Notation(notation) => notation.write(tree),
            Format::Text | Format::Picture(_) => Ok(printable(tree.text()) + "\n"),
        }
    }
}

#[cfg(test)]
mod tests;
