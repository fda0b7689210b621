//! The graph in the language of Graphviz.

use std::fmt::Write as _;

use super::{Graph, Relation};
use crate::output::printable;

pub(in crate::commands::tree) fn write(graph: &Graph) -> String {
    let mut text = String::from(
        "digraph flux {\n  rankdir=LR;\n  node [shape=box, style=\"rounded,filled\", fontname=\"Helvetica\", fontsize=11];\n  edge [color=\"#6b7280\"];\n",
    );
    for (at, vertex) in graph.vertices.iter().enumerate() {
        let (fill, border) = vertex.state.colors();
        let _ = writeln!(
            text,
            "  n{at} [label=\"{}\\n{}\", tooltip=\"{}\", fillcolor=\"{fill}\", color=\"{border}\"];",
            quoted(&vertex.id.group_kind.kind),
            quoted(&vertex.label(graph)),
            quoted(&format!("{}: {}", vertex.state.as_str(), vertex.message)),
        );
    }
    for edge in &graph.edges {
        let style = match edge.relation {
            Relation::Applies => "",
            Relation::Source => " [color=\"#7c3aed\"]",
            Relation::Dependency => " [style=dashed, constraint=false, color=\"#9ca3af\"]",
        };
        let _ = writeln!(text, "  n{} -> n{}{style};", edge.from, edge.to);
    }
    text.push_str("}\n");
    text
}

/// The text for between double quotes.
fn quoted(text: &str) -> String {
    printable(text.to_owned()).replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
