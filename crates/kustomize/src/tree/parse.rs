//! Parsing YAML into nodes, and a file into Kubernetes objects: aliases and merge keys are resolved, lists of objects are
//! taken apart.

use std::borrow::Cow;
use std::collections::{HashSet, VecDeque};

use edgeflux_yaml::node::{self as yaml, Kind, Style};
use edgeflux_yaml::{ReadError, Schema};

use super::schema_comments::SchemaComments;
use super::{Block, Map, Node, Presentation, Scalar, Seq, Tag};
use crate::error::{Error, Result};

/// Highest number of nodes that the aliases of one document may copy; beyond it, parsing fails.
const MAX_ALIAS_COPIES: usize = 100_000;

/// Returns the Kubernetes objects of a file.
///
/// Kustomize splits a file at its separator lines before it parses, so that each part is a document of its own and what
/// follows a `...` is ignored.
pub(crate) fn objects(text: &str) -> Result<Vec<Node>> {
    let text = &*unix_lines(text);
    let documents = split_documents(text)?;
    let mut queue = VecDeque::new();
    for document in &documents {
        let Some(node) = self::document(document.text, document.line)? else { continue };
        let is_list = matches!(node.get("kind").and_then(Node::text), Some("List" | "ResourceList"));
        match node {
            Node::Map(mut map) if documents.len() == 1 && is_list && map.get("items").is_some() => {
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

/// Checks that an object has a kind and a name; a list needs no name.
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

fn unix_lines(text: &str) -> Cow<'_, str> {
    if text.contains("\r\n") { text.replace("\r\n", "\n").into() } else { text.into() }
}

/// A document of a file, and the number of lines before it.
struct Document<'a> {
    text: &'a str,
    line: usize,
}

fn split_documents(text: &str) -> Result<Vec<Document<'_>>> {
    let mut documents = Vec::new();
    let (mut start, mut line) = (0, 0);
    let mut from = 0;
    while let Some(at) = text[from..].find("\n---") {
        let at = from + at;
        let Some(end) = text[at + 1..].find('\n').map(|end| at + 1 + end) else { break };
        let behind = text[at + 4..end].trim();
        let lines = text[start..=at].matches('\n').count();
        if !behind.is_empty() && !behind.starts_with('#') {
            return Err(Error::new(format!("content after a document separator: {behind:?}"))
                .line(line + lines + 1)
                .hint("move it to the next line"));
        }
        documents.push(Document { text: &text[start..=at], line });
        line += lines + 1;
        start = end + 1;
        from = start;
    }
    documents.push(Document { text: &text[start..], line });
    Ok(documents)
}

/// Parses the first document of a text; `None` if it is empty or null. Errors count lines from `lines_before`.
pub(crate) fn document(text: &str, lines_before: usize) -> Result<Option<Node>> {
    let at = |error: ReadError| ReadError { line: lines_before + error.line, ..error };
    let first = yaml::first_tree(text, Schema::Kyaml).map_err(at)?;
    let Some(document) = first.filter(|document| !document.is_empty()) else { return Ok(None) };
    let comments = SchemaComments::of(text);
    let mut reader = Reader { lines_before, copies: 0, expanding: Vec::new(), path: Vec::new(), comments };
    let node = reader.node(document.root())?;
    Ok(Some(node).filter(|node| !node.is_null()))
}

struct Reader<'t> {
    lines_before: usize,
    comments: SchemaComments<'t>,
    copies: usize,
    /// Lines and columns of the anchors that are being expanded.
    expanding: Vec<(usize, usize)>,
    /// Path of the value that is being read; fields other than the object's annotations and those above them are empty.
    path: Vec<&'static str>,
}

impl Reader<'_> {
    fn error(&self, node: yaml::Node<'_, '_>, message: impl Into<String>) -> Error {
        Error { column: Some(node.column()), ..Error::new(message).line(self.lines_before + node.line()) }
    }

    fn node(&mut self, node: yaml::Node<'_, '_>) -> Result<Node> {
        if !self.expanding.is_empty() {
            self.copies += 1;
            if self.copies > MAX_ALIAS_COPIES {
                return Err(self.error(node, "the aliases expand to too many nodes"));
            }
        }
        match node.kind() {
            Kind::Scalar(text, style) => self.scalar(node, text, style).map(Node::Scalar),
            Kind::Sequence { flow } => {
                let mut list: Seq =
                    node.children().map(|item| self.item(item, flow)).collect::<Result<_>>()?;
                list.presentation = Presentation {
                    flow,
                    schema_comment: flow && self.comments.after(node),
                    ..Presentation::default()
                };
                Ok(Node::Seq(list))
            }
            Kind::Mapping { flow } => {
                let mut map = self.mapping(node)?;
                map.presentation = Presentation {
                    flow,
                    schema_comment: flow && self.comments.after(node),
                    ..Presentation::default()
                };
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

    /// Reads an item of a list. A comment above its dash belongs to the item.
    fn item(&mut self, node: yaml::Node<'_, '_>, flow: bool) -> Result<Node> {
        let mut item = self.node(node)?;
        if !flow && let Node::Map(map) = &mut item {
            map.presentation.schema_comment |= self.comments.above(node.line(), false);
        }
        Ok(item)
    }

    fn scalar(&self, node: yaml::Node<'_, '_>, text: &str, style: Style) -> Result<Scalar> {
        let decoded;
        let mut text = text;
        let plain = style == Style::Plain;
        let tag = match node.tag() {
            // Go's readers ignore a "!" before a plain value.
            None | Some("!") if plain => Tag::of_plain(text),
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
            // An application's own tag makes the value a string.
            None | Some(_) => Tag::Str,
        };
        // With an explicit type, quotes have no meaning.
        let plain = plain || (node.tag().is_some() && tag != Tag::Str);
        // Annotations lose their style before kustomize writes them.
        let block = match style {
            _ if self.path.starts_with(&["metadata", "annotations"]) => Block::None,
            Style::Folded => Block::Folded,
            Style::Literal => Block::Literal,
            _ => Block::None,
        };
        Ok(Scalar { tag, plain, block, ..Scalar::string(text) })
    }

    fn mapping(&mut self, node: yaml::Node<'_, '_>) -> Result<Map> {
        let mut entries: Vec<(String, Node)> = Vec::new();
        let mut names = HashSet::new();
        let mut merge = None;
        for (key, value) in node.pairs() {
            let name = match key.target().kind() {
                Kind::Scalar("<<", Style::Plain) if key.tag().is_none_or(|tag| tag == "!!merge") => {
                    if merge.replace(value).is_some() {
                        return Err(self.error(key, "duplicate merge key <<"));
                    }
                    continue;
                }
                Kind::Scalar(text, style) => {
                    let scalar = self.scalar(key.target(), text, style)?;
                    if !matches!(scalar.tag, Tag::Str) {
                        return Err(self
                            .error(key, format!("the field name {text} is not a string"))
                            .hint(format!("write \"{text}\"")));
                    }
                    scalar.text
                }
                _ => return Err(self.error(key, "a field name must be a string")),
            };
            if !names.insert(name.clone()) {
                return Err(self.error(key, format!("duplicate field {name}")));
            }
            self.path.push(match (self.path.as_slice(), name.as_str()) {
                ([], "metadata") => "metadata",
                (["metadata"], "annotations") => "annotations",
                _ => "",
            });
            let content = self.node(value);
            self.path.pop();
            let mut content = content?;
            if let Some(presentation) = content.presentation_mut() {
                presentation.schema_comment_at_name =
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

    /// Adds the fields of the merge key `<<`. The mapping's own fields win, then the first to name a field.
    fn merge(&mut self, value: yaml::Node<'_, '_>, map: &mut Map) -> Result<()> {
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
            _ => Err(self.error(value, "<< needs a mapping or a list of mappings")),
        }
    }
}
