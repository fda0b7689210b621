//! The tree that the transformers work on: YAML without comments and anchors, but with the order of the fields and
//! with each scalar as it was written, since kustomize copies texts, not values.

use serde_json::{Map as JsonMap, Number, Value};

use super::error::{Error, Result};
use super::folded;
use super::scalar::{self, Plain};

/// A node of a document.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// Fields in the order of the document.
    Map(Map),
    /// A list.
    Seq(Vec<Node>),
    /// A leaf.
    Scalar(Scalar),
}

/// A leaf: its text, the type it was read as, and whether it was written without quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// The text, unquoted and unescaped.
    pub text: String,
    /// The type it was read as, or that a transformer gave it.
    pub tag: Tag,
    /// Neither quoted nor a block. A new text keeps this, and only a plain scalar can be anything but a string.
    pub plain: bool,
    /// Written as a block behind `>`, which changes the text where it is written again.
    pub(super) folded: bool,
}

/// The type of a scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// A text, whatever it looks like.
    Str,
    /// An integer.
    Int,
    /// A number with a fraction or an exponent.
    Float,
    /// `true` or `false`.
    Bool,
    /// `null`, `~` or nothing.
    Null,
    /// A date. It is kept as it was written.
    Timestamp,
    /// What the text looks like.
    Unset,
}

/// The fields of a mapping, in the order of the document.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Map {
    entries: Vec<(String, Node)>,
}

impl Scalar {
    /// A string.
    pub fn string(text: impl Into<String>) -> Self {
        Self { text: text.into(), tag: Tag::Str, plain: true, folded: false }
    }

    /// A plain scalar as it stands in a document.
    pub fn plain(text: impl Into<String>) -> Self {
        let text = text.into();
        let tag = scalar::tag_of(&text);
        Self { text, tag, plain: true, folded: false }
    }

    /// Takes the text and the type of `other` but stays quoted or plain, as kustomize sets a field that is there.
    pub(super) fn set(&mut self, text: &str, tag: Tag) {
        text.clone_into(&mut self.text);
        self.tag = tag;
    }

    /// The value.
    ///
    /// # Errors
    /// Where the text has been replaced by one that its type does not allow.
    pub fn to_json(&self) -> Result<Value> {
        if self.folded {
            return Ok(Value::String(folded::written(&self.text)));
        }
        if !self.plain || matches!(self.tag, Tag::Str | Tag::Timestamp) {
            return Ok(Value::String(self.text.clone()));
        }
        let plain = scalar::resolve(&self.text);
        let mismatch = |what: &str| {
            Err(Error::new(format!("{:?} was put where {what} stood", self.text))
                .hint("quote the value that is replaced"))
        };
        Ok(match (self.tag, plain) {
            (Tag::Bool, Plain::Bool(_)) | (Tag::Unset, _) | (Tag::Int, Plain::Int(_) | Plain::Uint(_)) => {
                value_of(plain, &self.text)?
            }
            (Tag::Float, Plain::Int(_) | Plain::Uint(_) | Plain::Float(_)) => value_of(plain, &self.text)?,
            (Tag::Null, _) => Value::Null,
            (Tag::Int, _) => return mismatch("an integer"),
            (Tag::Float, _) => return mismatch("a number"),
            (Tag::Bool, _) => return mismatch("true or false"),
            (Tag::Str | Tag::Timestamp, _) => Value::String(self.text.clone()),
        })
    }
}

fn value_of(plain: Plain, text: &str) -> Result<Value> {
    Ok(match plain {
        Plain::Null => Value::Null,
        Plain::Bool(value) => Value::Bool(value),
        Plain::Int(value) => Value::Number(value.into()),
        Plain::Uint(value) => Value::Number(value.into()),
        Plain::Float(value) => Value::Number(json_number(value).ok_or_else(|| {
            Error::new(format!("{text} is not a number that JSON knows")).hint("quote it if it is a text")
        })?),
        Plain::Timestamp | Plain::Str => Value::String(text.to_owned()),
    })
}

/// The number as a JSON text of Go would carry it on: `1.0` and `1e3` become integers there.
fn json_number(value: f64) -> Option<Number> {
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    if value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0 {
        return Some((value as i64).into());
    }
    if value.fract() == 0.0 && value.abs() < 1e21 {
        let digits = format!("{value:.0}");
        if let Ok(number) = digits.parse::<i64>() {
            return Some(number.into());
        }
        if let Ok(number) = digits.parse::<u64>() {
            return Some(number.into());
        }
    }
    Number::from_f64(value)
}

impl Map {
    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.entries.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The value of a field.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Node> {
        self.entries.iter_mut().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Sets a field, at its place where it is there, otherwise at the end.
    pub fn set(&mut self, name: &str, value: Node) {
        match self.get_mut(name) {
            Some(old) => *old = value,
            None => self.entries.push((name.to_owned(), value)),
        }
    }

    /// Adds a field that is known not to be there.
    pub(super) fn push(&mut self, name: String, value: Node) {
        self.entries.push((name, value));
    }

    /// Takes a field away.
    pub fn remove(&mut self, name: &str) -> Option<Node> {
        let at = self.entries.iter().position(|(key, _)| key == name)?;
        Some(self.entries.remove(at).1)
    }

    /// Keeps the fields whose names pass.
    pub(super) fn retain(&mut self, mut keeps: impl FnMut(&str) -> bool) {
        self.entries.retain(|(name, _)| keeps(name));
    }

    /// The fields in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.entries.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// The values in order.
    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = (&str, &mut Node)> {
        self.entries.iter_mut().map(|(key, value)| (key.as_str(), value))
    }

    pub(super) fn into_entries(self) -> Vec<(String, Node)> {
        self.entries
    }

    pub(super) fn from_entries(entries: Vec<(String, Node)>) -> Self {
        Self { entries }
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no field.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl Node {
    /// A string as kustomize sets it: in quotes where it would be read as something else by YAML 1.1.
    pub fn string(text: impl Into<String>) -> Self {
        let scalar = Scalar::string(text);
        Self::Scalar(Scalar { plain: scalar::is_text_in_yaml_1_1(&scalar.text), ..scalar })
    }

    /// A mapping without fields.
    pub fn empty_map() -> Self {
        Self::Map(Map::default())
    }

    /// An explicit null, or nothing where a value could stand.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Scalar(Scalar { tag: Tag::Null, .. }))
    }

    /// Null, or a mapping or list without content.
    pub(super) fn is_null_or_empty(&self) -> bool {
        match self {
            Self::Map(map) => map.is_empty(),
            Self::Seq(items) => items.is_empty(),
            Self::Scalar(scalar) => scalar.tag == Tag::Null,
        }
    }

    /// The fields of a mapping.
    pub fn as_map(&self) -> Option<&Map> {
        if let Self::Map(map) = self { Some(map) } else { None }
    }

    /// The fields of a mapping.
    pub fn as_map_mut(&mut self) -> Option<&mut Map> {
        if let Self::Map(map) = self { Some(map) } else { None }
    }

    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        if let Self::Scalar(scalar) = self { Some(&scalar.text) } else { None }
    }

    /// The text of a scalar, as kustomize compares it: empty for mappings and lists.
    pub(super) fn text_or_empty(&self) -> &str {
        self.text().unwrap_or_default()
    }

    /// The text of a scalar, as kustomize reads data: empty for null, too.
    pub(super) fn data_text(&self) -> &str {
        if self.is_null() { "" } else { self.text_or_empty() }
    }

    /// A field of a mapping.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.as_map()?.get(name)
    }

    /// A field of a mapping.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Node> {
        self.as_map_mut()?.get_mut(name)
    }

    /// The node below a path of field names.
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, name| node.get(name))
    }

    /// What the node is, for messages.
    pub(super) fn kind_name(&self) -> &'static str {
        match self {
            Self::Map(_) => "a mapping",
            Self::Seq(_) => "a list",
            Self::Scalar(_) => "a single value",
        }
    }

    /// Sets a field of this mapping to a string, keeping the quotes of the one that is there.
    pub(super) fn set_text(&mut self, name: &str, text: &str) {
        let Self::Map(map) = self else { return };
        match map.get_mut(name) {
            Some(Node::Scalar(old)) => old.set(text, Tag::Unset),
            Some(other) => *other = Node::string(text),
            None => map.push(name.to_owned(), Node::string(text)),
        }
    }

    /// The value that is printed.
    pub fn to_json(&self) -> Result<Value> {
        Ok(match self {
            Self::Scalar(scalar) => scalar.to_json()?,
            Self::Seq(items) => {
                let mut list = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    list.push(item.to_json().map_err(|error| inside(error, &format!("[{index}]")))?);
                }
                Value::Array(list)
            }
            Self::Map(map) => {
                let mut object = JsonMap::new();
                for (name, value) in map.iter() {
                    object.insert(name.to_owned(), value.to_json().map_err(|error| inside(error, name))?);
                }
                Value::Object(object)
            }
        })
    }

    /// The node as it is read from JSON: with the types that its scalars have, and quotes around all texts.
    pub(super) fn through_json(&self) -> Result<Self> {
        let mut node = Self::from_json(&self.to_json()?);
        node.quote();
        Ok(node)
    }

    fn quote(&mut self) {
        match self {
            Self::Map(map) => map.values_mut().for_each(|(_, value)| value.quote()),
            Self::Seq(items) => items.iter_mut().for_each(Self::quote),
            Self::Scalar(scalar) => scalar.plain &= scalar.tag != Tag::Str,
        }
    }

    /// The node of a value.
    pub fn from_json(value: &Value) -> Self {
        let scalar = |text: String, tag| Self::Scalar(Scalar { text, tag, plain: true, folded: false });
        match value {
            Value::Null => scalar("null".to_owned(), Tag::Null),
            Value::Bool(value) => scalar(value.to_string(), Tag::Bool),
            Value::Number(number) if number.is_f64() => {
                scalar(edgeflux_yaml::to_string(value).trim_end().to_owned(), Tag::Float)
            }
            Value::Number(number) => scalar(number.to_string(), Tag::Int),
            Value::String(text) => {
                // Kustomize writes the object out and reads it again here: what needs quotes has them from now on.
                let plain = !edgeflux_yaml::to_string(value).starts_with(['"', '\'', '|', '>']);
                Self::Scalar(Scalar { plain, ..Scalar::string(text) })
            }
            Value::Array(items) => Self::Seq(items.iter().map(Self::from_json).collect()),
            Value::Object(fields) => Self::Map(Map::from_entries(
                fields.iter().map(|(name, value)| (name.clone(), Self::from_json(value))).collect(),
            )),
        }
    }
}

/// Puts a step in front of the path of an error.
fn inside(mut error: Error, step: &str) -> Error {
    error.field = Some(match error.field {
        Some(rest) if rest.starts_with('[') => format!("{step}{rest}"),
        Some(rest) => format!("{step}.{rest}"),
        None => step.to_owned(),
    });
    error
}

#[cfg(test)]
mod tests {
    use super::Node;

    #[test]
    fn the_text_of_a_number_from_json_is_what_go_writes() {
        assert_eq!(Node::from_json(&serde_json::json!(1e-6)).text(), Some("1e-06"));
    }
}
