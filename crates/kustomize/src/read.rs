//! From a text to the nodes of its documents, and from those to resources: aliases and merge keys are resolved, lists of
//! objects taken apart.

use std::collections::{HashSet, VecDeque};

use edgeflux_yaml::node::{self as tree, Kind, Style};
use edgeflux_yaml::{ReadError, Schema};

use super::error::{Error, Result};
use super::look::Look;
use super::node::{Block, Map, Node, Scalar, Tag};
use super::scalar;
use super::seq::Seq;

/// The most nodes that the aliases of one document may copy.
const MOST_COPIES: usize = 100_000;

/// The objects of a text.
///
/// Kustomize splits a text at its separator lines before it parses, so that each part is a document of its own and
/// what follows a `...` is ignored.
pub(super) fn objects(text: &str) -> Result<Vec<Node>> {
    let text = &*unix_lines(text);
    let parts = parts(text)?;
    let mut queue = VecDeque::new();
    for part in &parts {
        let Some(node) = document(part.text, part.line)? else { continue };
        let is_list = matches!(node.get("kind").and_then(Node::text), Some("List" | "ResourceList"));
        match node {
            Node::Map(mut map) if parts.len() == 1 && is_list && map.get("items").is_some() => {
                if let Some(Node::Seq(items)) = map.remove("items") {
                    queue.extend(items);
                }
            }
            node => queue.push_back(node),
        }
    }
    let mut objects = Vec::with_capacity(queue.len());
    for node in &queue {
        check_object(node)?;
    }
    while let Some(mut node) = queue.pop_front() {
        if node.is_null_or_empty() {
            continue;
        }
        let is_list = node.get("kind").and_then(Node::text).is_some_and(|kind| kind.ends_with("List"));
        let items = if is_list { node.as_map_mut().and_then(|map| map.remove("items")) } else { None };
        match items {
            Some(Node::Seq(items)) => {
                for item in items {
                    check_object(&item)?;
                    queue.push_back(item.through_json()?);
                }
            }
            Some(items) if items.is_null() => {}
            Some(items) => {
                return Err(
                    Error::new(format!("expected a list, found {}", items.kind_name())).field("items")
                );
            }
            None => objects.push(node),
        }
    }
    Ok(objects)
}

/// An object has a kind and a name; a list needs no name.
fn check_object(node: &Node) -> Result<()> {
    if node.is_null_or_empty() {
        return Ok(());
    }
    let Node::Map(map) = node else {
        return Err(Error::new(format!("expected a Kubernetes object, found {}", node.kind_name())));
    };
    let text = |node: Option<&Node>| node.and_then(Node::text).unwrap_or_default().to_owned();
    let kind = text(map.get("kind"));
    let name = text(node.at(&["metadata", "name"]));
    if kind.is_empty() {
        return Err(match name.as_str() {
            "" => Error::new("an object without kind and metadata.name")
                .hint("every document must be a Kubernetes object"),
            name => Error::new(format!("the object {name:?} has no kind")),
        });
    }
    if name.is_empty() && !kind.ends_with("List") {
        return Err(Error::new(format!("the {kind} has no name")).field("metadata.name"));
    }
    Ok(())
}

fn unix_lines(text: &str) -> std::borrow::Cow<'_, str> {
    if text.contains("\r\n") { text.replace("\r\n", "\n").into() } else { text.into() }
}

/// A part of a text between separators, and the number of lines before it.
struct Part<'a> {
    text: &'a str,
    line: usize,
}

fn parts(text: &str) -> Result<Vec<Part<'_>>> {
    let mut parts = Vec::new();
    let (mut start, mut line) = (0, 0);
    let mut from = 0;
    while let Some(at) = text[from..].find("\n---") {
        let at = from + at;
        let Some(end) = text[at + 1..].find('\n').map(|end| at + 1 + end) else { break };
        let behind = text[at + 4..end].trim();
        let lines = text[start..=at].matches('\n').count();
        if !behind.is_empty() && !behind.starts_with('#') {
            return Err(Error::new(format!("content behind a document separator: {behind:?}"))
                .line(line + lines + 1)
                .hint("put it on the next line"));
        }
        parts.push(Part { text: &text[start..=at], line });
        line += lines + 1;
        start = end + 1;
        from = start;
    }
    parts.push(Part { text: &text[start..], line });
    Ok(parts)
}

/// The first document of a text, or nothing where it is empty or null.
pub(super) fn document(text: &str, lines_before: usize) -> Result<Option<Node>> {
    let at = |error: ReadError| ReadError { line: lines_before + error.line, ..error };
    let first = tree::first_tree(text, Schema::Kyaml).map_err(at)?;
    let Some(document) = first.filter(|document| !document.is_empty()) else { return Ok(None) };
    let comments = Comments::of(text);
    let mut reader = Reader { lines_before, copies: 0, expanding: Vec::new(), place: Vec::new(), comments };
    let node = reader.node(document.root())?;
    Ok(Some(node).filter(|node| !node.is_null()))
}

struct Reader<'t> {
    lines_before: usize,
    comments: Comments<'t>,
    copies: usize,
    /// The lines of the aliases that are being followed.
    expanding: Vec<(usize, usize)>,
    /// The fields that lead to what is being read; only the way to the object's annotations has names.
    place: Vec<&'static str>,
}

impl Reader<'_> {
    fn error(&self, node: tree::Node<'_, '_>, message: impl Into<String>) -> Error {
        Error { column: Some(node.column()), ..Error::new(message).line(self.lines_before + node.line()) }
    }

    fn node(&mut self, node: tree::Node<'_, '_>) -> Result<Node> {
        if !self.expanding.is_empty() {
            self.copies += 1;
            if self.copies > MOST_COPIES {
                return Err(self.error(node, "the aliases repeat too much"));
            }
        }
        match node.kind() {
            Kind::Scalar(text, style) => self.scalar(node, text, style).map(Node::Scalar),
            Kind::Sequence { flow } => {
                let mut list: Seq =
                    node.children().map(|item| self.item(item, flow)).collect::<Result<_>>()?;
                list.look = Look { flow, described: flow && self.comments.behind(node), ..Look::default() };
                Ok(Node::Seq(list))
            }
            Kind::Mapping { flow } => {
                let mut map = self.mapping(node)?;
                map.look = Look { flow, described: flow && self.comments.behind(node), ..Look::default() };
                Ok(Node::Map(map))
            }
            Kind::Alias => {
                let target = node.target();
                let place = (target.line(), target.column());
                if self.expanding.contains(&place) {
                    return Err(self.error(node, "the anchor's value contains itself"));
                }
                self.expanding.push(place);
                let value = self.node(target)?;
                self.expanding.pop();
                Ok(value)
            }
        }
    }

    /// An item of a list. A comment above its dash is the item's.
    fn item(&mut self, node: tree::Node<'_, '_>, flow: bool) -> Result<Node> {
        let mut item = self.node(node)?;
        if !flow && let Node::Map(map) = &mut item {
            map.look.described |= self.comments.above(node.line(), false);
        }
        Ok(item)
    }

    fn scalar(&self, node: tree::Node<'_, '_>, text: &str, style: Style) -> Result<Scalar> {
        let decoded;
        let mut text = text;
        let plain = style == Style::Plain;
        let tag = match node.tag() {
            // Where "!" stands before a plain value, Go's readers do as if it did not.
            None | Some("!") if plain => scalar::tag_of(text),
            Some("!!binary") => {
                decoded = edgeflux_yaml::decode_binary(text)
                    .ok_or_else(|| self.error(node, "!!binary value contains invalid base64 data"))?;
                text = &decoded;
                Tag::Str
            }
            Some("!!int") => Tag::Int,
            Some("!!float") => Tag::Float,
            Some("!!bool") => Tag::Bool,
            Some("!!null") => Tag::Null,
            Some("!!timestamp") => Tag::Timestamp,
            // A tag of another program says nothing here, but that the value is not of another type.
            None | Some(_) => Tag::Str,
        };
        // Under an explicit type the quotes say nothing.
        let plain = plain || (node.tag().is_some() && tag != Tag::Str);
        // Annotations lose their style before kustomize writes.
        let block = match style {
            _ if self.place.starts_with(&["metadata", "annotations"]) => Block::None,
            Style::Folded => Block::Folded,
            Style::Literal => Block::Literal,
            _ => Block::None,
        };
        Ok(Scalar { tag, plain, block, ..Scalar::string(text) })
    }

    fn mapping(&mut self, node: tree::Node<'_, '_>) -> Result<Map> {
        let mut entries: Vec<(String, Node)> = Vec::new();
        let mut names = HashSet::new();
        let mut merge = None;
        for (key, value) in node.pairs() {
            let name = match key.target().kind() {
                Kind::Scalar("<<", Style::Plain) if key.tag().is_none_or(|tag| tag == "!!merge") => {
                    if merge.replace(value).is_some() {
                        return Err(self.error(key, "the merge key << stands twice"));
                    }
                    continue;
                }
                Kind::Scalar(text, style) => {
                    let scalar = self.scalar(key.target(), text, style)?;
                    if !matches!(scalar.tag, Tag::Str) {
                        return Err(self
                            .error(key, format!("the field name {text} is not a text"))
                            .hint(format!("write \"{text}\"")));
                    }
                    scalar.text
                }
                _ => return Err(self.error(key, "a field name must be a text")),
            };
            if !names.insert(name.clone()) {
                return Err(self.error(key, format!("the field {name} stands twice")));
            }
            self.place.push(match (self.place.as_slice(), name.as_str()) {
                ([], "metadata") => "metadata",
                (["metadata"], "annotations") => "annotations",
                _ => "",
            });
            let content = self.node(value);
            self.place.pop();
            let mut content = content?;
            if let Some(look) = content.look_mut() {
                look.name_described =
                    self.comments.beside(key) || self.comments.above(key.line(), entries.is_empty());
            }
            entries.push((name, content));
        }
        let mut map = Map::from_entries(entries);
        if let Some(value) = merge {
            self.merge(value, &mut map)?;
        }
        Ok(map)
    }

    /// Adds the fields of `<<`, of which the first to name a field wins, and the mapping's own before all.
    fn merge(&mut self, value: tree::Node<'_, '_>, map: &mut Map) -> Result<()> {
        let target = value.target();
        match target.kind() {
            Kind::Mapping { .. } => {
                if let Node::Map(fields) = self.node(value)? {
                    for (name, field) in fields.into_entries() {
                        if map.get(&name).is_none() {
                            map.push_as_is(name, field);
                        }
                    }
                }
                Ok(())
            }
            Kind::Sequence { .. } if value.kind() != Kind::Alias => {
                value.children().try_for_each(|item| self.merge(item, map))
            }
            _ => Err(self.error(value, "<< takes a mapping or a list of mappings")),
        }
    }
}

/// The comments of a text that hold JSON. Kustomize takes such a comment for the schema of what it stands beside.
struct Comments<'t> {
    text: &'t str,
    /// The lines of the text, where there are such comments at all.
    lines: Vec<&'t str>,
}

impl<'t> Comments<'t> {
    fn of(text: &'t str) -> Self {
        let lines =
            if text.contains('{') && text.contains('#') { text.lines().collect() } else { Vec::new() };
        Self { text, lines }
    }

    /// Whether one stands behind a list in brackets or a mapping in braces.
    fn behind(&self, node: tree::Node<'_, '_>) -> bool {
        !self.lines.is_empty() && self.rest(node).is_some_and(|rest| is_schema(rest.trim_start_matches(',')))
    }

    /// Whether one stands behind a field's name and its colon.
    fn beside(&self, key: tree::Node<'_, '_>) -> bool {
        !self.lines.is_empty()
            && self.rest(key).and_then(|rest| rest.trim_start().strip_prefix(':')).is_some_and(is_schema)
    }

    /// Whether one stands alone in the line above, which is not part of a longer comment. Above the `first` field of a
    /// mapping, empty lines may come between.
    fn above(&self, line: usize, first: bool) -> bool {
        let at = |line: usize| self.lines.get(line.checked_sub(1)?).map(|line| line.trim());
        let mut line = line;
        while first && line > 1 && at(line - 1) == Some("") {
            line -= 1;
        }
        let Some(above) = line.checked_sub(1).and_then(at) else { return false };
        let longer = line.checked_sub(2).and_then(at).is_some_and(|line| line.starts_with('#'));
        above.starts_with('#') && !longer && is_schema(above)
    }

    /// What follows a node in its last line.
    fn rest(&self, node: tree::Node<'_, '_>) -> Option<&'t str> {
        self.text.get(node.span().end..)?.lines().next()
    }
}

/// Whether a text is a comment that holds an object of JSON.
fn is_schema(text: &str) -> bool {
    let Some(comment) = text.trim().strip_prefix('#') else { return false };
    let comment = comment.trim_start_matches('#').trim();
    // What follows the object is not looked at.
    let mut values = serde_json::Deserializer::from_str(comment).into_iter::<serde_json::Value>();
    comment.starts_with('{')
        && matches!(values.next(), Some(Ok(serde_json::Value::Object(fields))) if !fields.is_empty())
}
