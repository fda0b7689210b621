//! Where objects and lines are drawn: in layers from left to right, without overlaps.
//!
//! An object is one layer to the right of what applied it, and a source one layer to the left of its first user. In a
//! layer, objects are in the order of the tree, so that the lines of the tree do not cross. A line that passes a layer
//! has a place of its own there and goes around the objects. The lines from a source to the objects of a layer are one
//! line, which runs down a lane of its own before the layer and branches off to each object. Heights are found by moving
//! objects towards their neighbors as far as those of the same layer allow.

use super::{Graph, Relation};

/// Width of an object.
pub(super) const WIDTH: f64 = 236.0;
/// Height of an object.
pub(super) const HEIGHT: f64 = 44.0;
/// Distance between layers.
const BETWEEN: f64 = 76.0;
/// Smallest distance between objects of a layer.
const GAP: f64 = 12.0;
/// Width that is kept for a lane before a layer.
const LANE: f64 = 10.0;
/// Distance between the lane next to a layer and the layer.
const BRANCH: f64 = 22.0;
/// Height that is kept for a passing line.
const PASSAGE: f64 = 4.0;
/// How often objects are moved towards their neighbors.
const ROUNDS: usize = 12;

/// The drawing, from its upper left corner.
pub(super) struct Layout {
    pub width: f64,
    pub height: f64,
    /// Upper left corner of each object.
    pub corners: Vec<Point>,
    /// Lines, each for one edge or more.
    pub lines: Vec<Line>,
}

/// A line from an object to others of one layer: an edge of the tree, or all edges from a source to the layer.
#[derive(Debug)]
pub(super) struct Line {
    /// Where it begins.
    pub from: usize,
    /// Edges that it stands for.
    pub edges: Vec<usize>,
    /// What it passes in the layers between its ends, from left to right: the middle of each place.
    pub passages: Vec<Point>,
    /// Horizontal place of the lane in which it reaches several objects.
    pub lane: Option<f64>,
    /// Layer of the objects that it reaches.
    layer: usize,
    /// Its order in the layers that it passes.
    rank: usize,
}

/// A point of the drawing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub x: f64,
    pub y: f64,
}

/// What takes a place in a layer.
#[derive(Clone, Copy)]
struct Item {
    /// Order in the layer: the place of the object in the tree.
    rank: usize,
    vertex: Option<usize>,
    /// Line that passes.
    line: usize,
    /// Middle.
    y: f64,
}

/// Lines between the items of neighboring layers: layer and item on the left, and item on the right.
type Links = Vec<(usize, usize, usize)>;

impl Item {
    fn height(self) -> f64 {
        if self.vertex.is_some() { HEIGHT } else { PASSAGE }
    }
}

impl Layout {
    pub fn of(graph: &Graph) -> Layout {
        let layer = layers(graph);
        let mut lines = lines(graph, &layer);
        let (mut items, pairs) = items(graph, &layer, &lines);
        place(&mut items, &pairs);
        let top = items.iter().flatten().map(|item| item.y - item.height() / 2.0).fold(f64::MAX, f64::min);
        let mut corners = vec![Point { x: 0.0, y: 0.0 }; graph.vertices.len()];
        let mut height: f64 = 0.0;
        let mut x = 0.0;
        for (layer, items) in items.iter().enumerate() {
            for line in lines.iter_mut().filter(|line| line.layer == layer && line.edges.len() > 1) {
                x += LANE;
                line.lane = Some(x - BRANCH);
            }
            for item in items {
                let y = item.y - top;
                height = height.max(y + item.height() / 2.0);
                match item.vertex {
                    Some(vertex) => corners[vertex] = Point { x, y: y - HEIGHT / 2.0 },
                    None => lines[item.line].passages.push(Point { x: x + WIDTH / 2.0, y }),
                }
            }
            x += WIDTH + BETWEEN;
        }
        Layout { width: (x - BETWEEN).max(WIDTH), height, corners, lines }
    }
}

/// The lines of a graph, without those of dependencies: these go around the objects.
fn lines(graph: &Graph, layer: &[usize]) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for (edge, it) in graph.edges.iter().enumerate().filter(|(_, it)| it.relation != Relation::Dependency) {
        let (from, layer) = (it.from, layer[it.to]);
        let is_shared = |line: &&mut Line| {
            let first = graph.edges[line.edges[0]];
            it.relation == Relation::Source
                && first.relation == Relation::Source
                && (line.from, line.layer) == (from, layer)
        };
        if let Some(line) = lines.iter_mut().find(is_shared) {
            line.edges.push(edge);
        } else {
            let (edges, passages) = (vec![edge], Vec::new());
            lines.push(Line { from, edges, passages, lane: None, layer, rank: it.to });
        }
    }
    for line in &mut lines {
        let mut ends: Vec<usize> = line.edges.iter().map(|edge| graph.edges[*edge].to).collect();
        ends.sort_unstable();
        line.rank = ends[ends.len() / 2];
    }
    lines
}

/// The layer of each object.
fn layers(graph: &Graph) -> Vec<usize> {
    let count = graph.vertices.len();
    let mut below = vec![Vec::new(); count];
    for edge in graph.edges.iter().filter(|edge| edge.relation == Relation::Applies) {
        below[edge.from].push(edge.to);
    }
    // Depth first. Edges back to an object above, which close a cycle, do not count.
    let (mut layer, mut order) = (vec![0; count], Vec::with_capacity(count));
    let (mut seen, mut above) = (vec![false; count], vec![false; count]);
    let mut forward = vec![Vec::new(); count];
    for start in 0..count {
        if seen[start] {
            continue;
        }
        seen[start] = true;
        above[start] = true;
        let mut path = vec![(start, 0)];
        while let Some((at, next)) = path.last_mut() {
            let at = *at;
            let Some(&to) = below[at].get(*next) else {
                above[at] = false;
                order.push(at);
                path.pop();
                continue;
            };
            *next += 1;
            if above[to] {
                continue;
            }
            forward[at].push(to);
            if !seen[to] {
                seen[to] = true;
                above[to] = true;
                path.push((to, 0));
            }
        }
    }
    for &at in order.iter().rev() {
        for &to in &forward[at] {
            layer[to] = layer[to].max(layer[at] + 1);
        }
    }
    for (at, vertex) in graph.vertices.iter().enumerate() {
        if !vertex.is_source {
            layer[at] += 1;
        }
    }
    for (at, _) in graph.vertices.iter().enumerate().filter(|(_, vertex)| vertex.is_source) {
        let users = graph.edges.iter().filter(|edge| edge.from == at && edge.relation == Relation::Source);
        layer[at] = users.map(|edge| layer[edge.to]).min().map_or(0, |first| first - 1);
    }
    let first = layer.iter().copied().min().unwrap_or(0);
    layer.iter().map(|layer| layer - first).collect()
}

/// The items of each layer in their order, and the lines between them.
fn items(graph: &Graph, layer: &[usize], lines: &[Line]) -> (Vec<Vec<Item>>, Links) {
    let count = layer.iter().max().map_or(0, |last| last + 1);
    let mut items: Vec<Vec<Item>> = vec![Vec::new(); count];
    for (vertex, &layer) in layer.iter().enumerate() {
        items[layer].push(Item { rank: vertex, vertex: Some(vertex), line: 0, y: 0.0 });
    }
    for (line, it) in lines.iter().enumerate() {
        let between = it.layer.saturating_sub(layer[it.from] + 1);
        for items in items.iter_mut().skip(layer[it.from] + 1).take(between) {
            items.push(Item { rank: it.rank, vertex: None, line, y: 0.0 });
        }
    }
    let mut at_vertex = vec![0; layer.len()];
    let mut at_line = vec![Vec::new(); lines.len()];
    for items in &mut items {
        items.sort_by_key(|item| (item.rank, item.vertex.is_some()));
        for (at, item) in items.iter().enumerate() {
            match item.vertex {
                Some(vertex) => at_vertex[vertex] = at,
                None => at_line[item.line].push(at),
            }
        }
    }
    let mut pairs = Links::new();
    for (line, it) in lines.iter().enumerate().filter(|(_, it)| layer[it.from] < it.layer) {
        let mut left = at_vertex[it.from];
        for (step, &right) in at_line[line].iter().enumerate() {
            pairs.push((layer[it.from] + step, left, right));
            left = right;
        }
        for edge in &it.edges {
            pairs.push((it.layer - 1, left, at_vertex[graph.edges[*edge].to]));
        }
    }
    (items, pairs)
}

/// Finds the heights of items.
fn place(items: &mut [Vec<Item>], links: &[(usize, usize, usize)]) {
    for items in items.iter_mut() {
        let wanted = vec![(0.0, 1.0); items.len()];
        settle(items, &wanted);
    }
    for round in 0..ROUNDS {
        let to_right = round % 2 == 0;
        let mut sums: Vec<Vec<(f64, f64)>> =
            items.iter().map(|items| vec![(0.0, 0.0); items.len()]).collect();
        let count = items.len();
        for step in 0..count {
            let layer = if to_right { step } else { count - 1 - step };
            let wanted: Vec<(f64, f64)> = sums[layer]
                .iter()
                .zip(&items[layer])
                .map(|(&(sum, links), item)| if links > 0.0 { (sum / links, links) } else { (item.y, 0.1) })
                .collect();
            settle(&mut items[layer], &wanted);
            for &(left_layer, left, right) in links {
                if to_right && left_layer == layer {
                    add(&mut sums[layer + 1][right], items[layer][left].y);
                } else if !to_right && left_layer + 1 == layer {
                    add(&mut sums[left_layer][left], items[layer][right].y);
                }
            }
        }
    }
}

fn add(sum: &mut (f64, f64), y: f64) {
    *sum = (sum.0 + y, sum.1 + 1.0);
}

/// Moves the items of a layer as near as possible to the heights that they want, with a weight each, without changing
/// their order: the least squares, by merging neighbors that would overlap.
fn settle(items: &mut [Item], wanted: &[(f64, f64)]) {
    let mut offsets = Vec::with_capacity(items.len());
    let mut offset = 0.0;
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            offset += f64::midpoint(items[at - 1].height(), item.height()) + GAP;
        }
        offsets.push(offset);
    }
    // Blocks of items that touch: place of the first, weight, count.
    let mut blocks: Vec<(f64, f64, usize)> = Vec::new();
    for (&(y, weight), offset) in wanted.iter().zip(&offsets) {
        let mut block = (y - offset, weight, 1);
        while let Some(&(before, heavy, count)) = blocks.last() {
            if before <= block.0 {
                break;
            }
            let weight = heavy + block.1;
            block = ((before * heavy + block.0 * block.1) / weight, weight, count + block.2);
            blocks.pop();
        }
        blocks.push(block);
    }
    let places = blocks.iter().flat_map(|&(place, _, count)| std::iter::repeat_n(place, count));
    for ((item, place), offset) in items.iter_mut().zip(places).zip(offsets) {
        item.y = place + offset;
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::fleet;
    use super::*;

    #[test]
    fn two_hundred_objects_do_not_overlap_and_lines_go_around_them() {
        let graph = fleet(200);
        let layout = Layout::of(&graph);
        assert!(layout.width < 2_500.0 && layout.height < 12_000.0, "{} x {}", layout.width, layout.height);
        let corners = &layout.corners;
        for (at, one) in corners.iter().enumerate() {
            assert!(
                one.x >= 0.0
                    && one.y >= 0.0
                    && one.x + WIDTH <= layout.width
                    && one.y + HEIGHT <= layout.height + 0.1
            );
            for other in &corners[at + 1..] {
                let apart = (one.y - other.y).abs() + 0.1 >= HEIGHT + GAP;
                assert!(apart || (one.x - other.x).abs() > WIDTH, "{one:?} {other:?}");
            }
        }
        for passage in layout.lines.iter().flat_map(|line| &line.passages) {
            let inside = |it: &&Point| {
                it.x <= passage.x
                    && passage.x <= it.x + WIDTH
                    && it.y < passage.y
                    && passage.y < it.y + HEIGHT
            };
            assert_eq!(corners.iter().find(inside), None, "{passage:?}");
        }
    }

    #[test]
    fn lines_from_one_source_to_one_layer_share_a_lane() {
        let graph = fleet(200);
        let layout = Layout::of(&graph);
        let lanes: Vec<f64> = layout.lines.iter().filter_map(|line| line.lane).collect();
        assert_eq!(lanes.len(), 3, "{lanes:?}");
        for (at, lane) in lanes.iter().enumerate() {
            assert!(lanes[at + 1..].iter().all(|other| (lane - other).abs() >= LANE));
            let crossed = layout.corners.iter().find(|it| it.x <= *lane && *lane <= it.x + WIDTH);
            assert_eq!(crossed, None);
        }
        let edges: usize = layout.lines.iter().map(|line| line.edges.len()).sum();
        let drawn = graph.edges.iter().filter(|edge| edge.relation != Relation::Dependency);
        assert_eq!(edges, drawn.count());
    }

    #[test]
    fn appliers_are_left_of_what_they_apply_even_with_a_cycle() {
        let mut graph = fleet(30);
        graph.edges.push(super::super::Edge { from: 20, to: 0, relation: Relation::Applies });
        let layout = Layout::of(&graph);
        for edge in &graph.edges[..graph.edges.len() - 1] {
            if edge.relation != Relation::Dependency {
                assert!(layout.corners[edge.from].x < layout.corners[edge.to].x, "{edge:?}");
            }
        }
    }
}
