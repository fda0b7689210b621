//! The graph as a picture: SVG without scripts or references, all text escaped.

use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::layout::{HEIGHT, Layout, Line, Point, WIDTH};
use super::{Edge, Graph, Relation, State, Vertex};
use crate::output::printable;

/// Distance from the edge of the picture.
const MARGIN: f64 = 24.0;
/// Height of title and legend.
const HEADER: f64 = 60.0;
/// Columns of a name; a longer one is shortened in its middle.
const COLUMNS: usize = 30;
/// How far a line between objects of one layer swings out.
const SWING: f64 = 44.0;
/// Radius of the corners of a lane.
const CORNER: f64 = 6.0;
/// Where lines of the tree, and those of sources, reach an object: parts of its height.
const ENDS: (f64, f64) = (0.4, 0.72);

/// Colors of the lines of sources, one after the other.
const SOURCES: [&str; 6] = ["#7c3aed", "#0f766e", "#c2410c", "#1d4ed8", "#be185d", "#4d7c0f"];

pub(in crate::commands::tree) fn write(graph: &Graph) -> String {
    let layout = Layout::of(graph);
    let (width, height) = ((layout.width + 2.0 * MARGIN).max(760.0), layout.height + HEADER + 2.0 * MARGIN);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         font-family=\"ui-sans-serif, 'Segoe UI', Helvetica, Arial, sans-serif\">\n"
    );
    text.push_str("<defs>\n");
    let sources = SOURCES.iter().enumerate().map(|(at, color)| (format!("source{at}"), *color));
    let others =
        [("applies", "#6b7280"), ("dependency", "#9ca3af")].map(|(name, color)| (name.to_owned(), color));
    for (name, color) in sources.chain(others) {
        let _ = writeln!(
            text,
            "<marker id=\"{name}\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\">\
             <path d=\"M0 0L8 4L0 8z\" fill=\"{color}\"/></marker>"
        );
    }
    text.push_str("</defs>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
    header(&mut text, graph);
    let _ = writeln!(text, "<g transform=\"translate({MARGIN} {})\">", MARGIN + HEADER);
    for it in &layout.lines {
        line(&mut text, graph, &layout, it);
    }
    for edge in graph.edges.iter().filter(|edge| edge.relation == Relation::Dependency) {
        let (path, end) = start(&layout, edge.from, &[]);
        let path = reach(path, end, target(&layout, edge), layout.corners[edge.from]);
        stroke(&mut text, &path, "#9ca3af", " stroke-dasharray=\"5 4\"", Some("dependency"));
    }
    for (vertex, corner) in graph.vertices.iter().zip(&layout.corners) {
        object(&mut text, graph, vertex, *corner);
    }
    text.push_str("</g>\n</svg>\n");
    text
}

/// The title, and what colors and lines mean.
fn header(text: &mut String, graph: &Graph) {
    let title = graph.vertices.first().map(|root| root.id.to_string()).unwrap_or_default();
    let y = MARGIN + 12.0;
    let _ = writeln!(
        text,
        "<text x=\"{MARGIN}\" y=\"{y}\" font-size=\"16\" font-weight=\"600\" fill=\"#111827\">{}</text>",
        escaped(&title)
    );
    let (mut x, y) = (MARGIN, MARGIN + 38.0);
    for state in State::ALL {
        let count = graph.vertices.iter().filter(|vertex| vertex.state == state).count();
        if count == 0 {
            continue;
        }
        let (fill, border) = state.colors();
        let label = format!("{count} {}", state.as_str());
        let _ = writeln!(
            text,
            "<rect x=\"{x}\" y=\"{}\" width=\"12\" height=\"12\" rx=\"3\" fill=\"{fill}\" stroke=\"{border}\"/>\
             <text x=\"{}\" y=\"{y}\" font-size=\"12\" fill=\"#374151\">{label}</text>",
            y - 10.0,
            x + 18.0
        );
        x += 18.0 + 7.0 * columns(&label) + 18.0;
    }
    let lines = [
        ("applies", "#6b7280", "", "applies"),
        ("source0", SOURCES[0], "", "is the source"),
        ("dependency", "#9ca3af", "5 4", "must be ready first"),
    ];
    for (name, color, dashes, label) in lines {
        let _ = writeln!(
            text,
            "<path d=\"M{x} {0}H{1}\" stroke=\"{color}\" stroke-width=\"1.5\" stroke-dasharray=\"{dashes}\" marker-end=\"url(#{name})\"/>\
             <text x=\"{2}\" y=\"{y}\" font-size=\"12\" fill=\"#374151\">{label}</text>",
            y - 4.0,
            x + 28.0,
            x + 34.0
        );
        x += 34.0 + 7.0 * columns(label) + 18.0;
    }
}

fn object(text: &mut String, graph: &Graph, vertex: &Vertex, corner: Point) {
    let (fill, border) = vertex.state.colors();
    let about = format!("{}: {}\n{}", vertex.id, vertex.state.as_str(), vertex.message);
    let _ = writeln!(
        text,
        "<g transform=\"translate({:.1} {:.1})\"><title>{}</title>\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"{}\" fill=\"{fill}\" stroke=\"{border}\" stroke-width=\"1.2\"/>\
         <text x=\"12\" y=\"17\" font-size=\"10\" fill=\"#4b5563\">{}</text>\
         <text x=\"{}\" y=\"17\" font-size=\"10\" text-anchor=\"end\" fill=\"{border}\">{}</text>\
         <text x=\"12\" y=\"34\" font-size=\"12.5\" font-weight=\"600\" fill=\"#111827\">{}</text></g>",
        corner.x,
        corner.y,
        escaped(about.trim_end()),
        if vertex.is_source { 20 } else { 6 },
        escaped(&vertex.id.group_kind.kind),
        WIDTH - 12.0,
        vertex.state.as_str(),
        escaped(&shortened(&vertex.label(graph)))
    );
}

/// Draws a line to the objects that it reaches.
fn line(text: &mut String, graph: &Graph, layout: &Layout, line: &Line) {
    let (path, end) = start(layout, line.from, &line.passages);
    let is_source = graph.edges[line.edges[0]].relation == Relation::Source;
    let (name, color) = if is_source {
        let before = graph.vertices[..line.from].iter().filter(|vertex| vertex.is_source).count();
        let at = before % SOURCES.len();
        (format!("source{at}"), SOURCES[at])
    } else {
        ("applies".to_owned(), "#6b7280")
    };
    let from = layout.corners[line.from];
    let Some(trunk) = line.lane else {
        for edge in &line.edges {
            let path = reach(path.clone(), end, target(layout, &graph.edges[*edge]), from);
            stroke(text, &path, color, "", Some(&name));
        }
        return;
    };
    if !line.passages.is_empty() {
        stroke(text, &path, color, "", None);
    }
    for edge in &line.edges {
        let path = branch(end, trunk, target(layout, &graph.edges[*edge]));
        stroke(text, &path, color, "", Some(&name));
    }
}

/// The path from an object through what it passes, and where it ends.
fn start(layout: &Layout, from: usize, passages: &[Point]) -> (String, Point) {
    let corner = layout.corners[from];
    let mut last = Point { x: corner.x + WIDTH, y: corner.y + HEIGHT / 2.0 };
    let mut path = format!("M{:.1} {:.1}", last.x, last.y);
    for passage in passages {
        let (left, right) = (passage.x - WIDTH / 2.0, passage.x + WIDTH / 2.0);
        bend(&mut path, last, Point { x: left, y: passage.y });
        let _ = write!(path, "H{right:.1}");
        last = Point { x: right, y: passage.y };
    }
    (path, last)
}

/// Where an edge reaches its object, on the left side.
fn target(layout: &Layout, edge: &Edge) -> Point {
    let corner = layout.corners[edge.to];
    let part = match edge.relation {
        Relation::Applies => ENDS.0,
        Relation::Source => ENDS.1,
        Relation::Dependency => 0.5,
    };
    Point { x: corner.x - 1.0, y: corner.y + part * HEIGHT }
}

/// Goes on to an object: from the left, or around the right side to one of the same layer or back.
fn reach(mut path: String, last: Point, to: Point, from: Point) -> String {
    if from.x < to.x {
        bend(&mut path, last, to);
    } else {
        let end = Point { x: to.x + WIDTH + 2.0, y: to.y };
        let far = last.x.max(end.x) + SWING;
        let _ = write!(path, "C{far:.1} {:.1} {far:.1} {:.1} {:.1} {:.1}", last.y, end.y, end.x, end.y);
    }
    path
}

/// The path from the end of a line down or up its lane to an object.
fn branch(last: Point, lane: f64, to: Point) -> String {
    let (way, radius) = ((to.y - last.y).signum(), CORNER.min((to.y - last.y).abs() / 2.0));
    let mut path = format!("M{:.1} {:.1}H{:.1}", last.x, last.y, lane - radius);
    let _ = write!(path, "Q{lane:.1} {:.1} {lane:.1} {:.1}", last.y, last.y + way * radius);
    let _ =
        write!(path, "V{:.1}Q{lane:.1} {:.1} {:.1} {:.1}", to.y - way * radius, to.y, lane + radius, to.y);
    let _ = write!(path, "H{:.1}", to.x);
    path
}

fn stroke(text: &mut String, path: &str, color: &str, style: &str, marker: Option<&str>) {
    let marker = marker.map(|name| format!(" marker-end=\"url(#{name})\"")).unwrap_or_default();
    let _ = writeln!(
        text,
        "<path d=\"{path}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"1.3\"{style}{marker}/>"
    );
}

fn bend(path: &mut String, from: Point, to: Point) {
    let half = f64::midpoint(from.x, to.x);
    let _ = write!(path, "C{half:.1} {:.1} {half:.1} {:.1} {:.1} {:.1}", from.y, to.y, to.x, to.y);
}

/// The width of a label, in columns.
fn columns(label: &str) -> f64 {
    u32::try_from(label.width()).map_or(0.0, f64::from)
}

/// The name, with an ellipsis in its middle if it is too long.
fn shortened(name: &str) -> String {
    if name.width() <= COLUMNS {
        return name.to_owned();
    }
    let half = (COLUMNS - 1) / 2;
    let take = |chars: &mut dyn Iterator<Item = char>| {
        let mut width = 0;
        let fits = chars.take_while(|char| {
            width += char.width().unwrap_or(0);
            width <= half
        });
        fits.collect::<Vec<char>>()
    };
    let start: String = take(&mut name.chars()).into_iter().collect();
    let end: String = take(&mut name.chars().rev()).into_iter().rev().collect();
    format!("{start}…{end}")
}

/// The text for between tags or quotes.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in printable(text.to_owned()).chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // No characters of XML.
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            char => out.push(char),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_and_control_characters_are_escaped() {
        assert_eq!(escaped("<script a=\"'&\u{1b}"), "&lt;script a=&quot;&apos;&amp;^[");
    }

    #[test]
    fn long_names_are_shortened_in_the_middle() {
        let name = "a-very-long-namespace/and-a-very-long-name-too";
        assert_eq!(shortened(name), "a-very-long-na…-long-name-too");
        assert_eq!(shortened("short"), "short");
    }
}
