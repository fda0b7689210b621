//! The graph in the language of Mermaid, which GitHub draws in Markdown.

use std::fmt::Write as _;

use super::{Graph, Relation, State};
use crate::output::printable;

pub(in crate::commands::tree) fn write(graph: &Graph) -> String {
    let mut text = String::from("flowchart LR\n");
    for (at, vertex) in graph.vertices.iter().enumerate() {
        let _ = writeln!(
            text,
            "  n{at}[\"{}<br>{}\"]:::{}",
            escaped(&vertex.id.group_kind.kind),
            escaped(&vertex.label(graph)),
            vertex.state.as_str()
        );
    }
    for edge in &graph.edges {
        let arrow = match edge.relation {
            Relation::Applies => "-->",
            Relation::Source => "==>",
            Relation::Dependency => "-.->",
        };
        let _ = writeln!(text, "  n{} {arrow} n{}", edge.from, edge.to);
    }
    for state in State::ALL {
        let (fill, border) = state.colors();
        let _ = writeln!(text, "  classDef {} fill:{fill},stroke:{border},color:#111827", state.as_str());
    }
    text
}

/// The text with Mermaid's entities for everything but letters, digits and what names are made of.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in printable(text.to_owned()).chars() {
        if char.is_alphanumeric() || matches!(char, '-' | '.' | '/' | ':' | ' ') {
            out.push(char);
        } else {
            let _ = write!(out, "#{};", u32::from(char));
        }
    }
    out
}
