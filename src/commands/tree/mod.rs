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
use super::notation::Notation;
use crate::commands::about::About;
use crate::context::Context;
use crate::error::Result;
use crate::output::printable;

/// The entry of the group in help and man pages.
pub const ABOUT: About = About::new("tree", "Show the objects that a Flux object applied").examples(&[
    ("Show what the root Kustomization applied", "flux tree kustomization flux-system"),
    ("Draw a picture of the cluster", "flux tree kustomization flux-system -o svg > cluster.svg"),
]);

/// How a tree is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    fn read(context: &Context, word: &str, has_pictures: bool) -> Format {
        match word {
            "" | "text" => Format::Text,
            "json" => Format::Notation(Notation::Json),
            "yaml" => Format::Notation(Notation::Yaml),
            "dot" if has_pictures => Format::Picture(Picture::Dot),
            "mermaid" if has_pictures => Format::Picture(Picture::Mermaid),
            "svg" if has_pictures => Format::Picture(Picture::Svg),
            _ => {
                let known =
                    if has_pictures { "text, json, yaml, dot, mermaid or svg" } else { "text, json or yaml" };
                context.ui.warning(format!("unknown output format {word:?}, showing text; use {known}"));
                Format::Text
            }
        }
    }

    /// Writes a tree. As in flux, an empty line follows text and YAML.
    fn write(self, tree: &Node) -> Result<String> {
        match self {
            Format::Notation(Notation::Json) => Notation::Json.write(tree),
            Format::Notation(Notation::Yaml) => Ok(Notation::Yaml.write(tree)? + "\n"),
            Format::Text | Format::Picture(_) => Ok(printable(tree.text()) + "\n"),
        }
    }
}

#[cfg(test)]
mod tests;
