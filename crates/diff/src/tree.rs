//! Objects as they are compared: as YAML, with the text and type of scalars, and keys in the order that Go writes.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::Value;

/// Type of a scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// Null.
    Null,
    /// `true` or `false`.
    Bool,
    /// An integer.
    Int,
    /// Any other number.
    Float,
    /// A string.
    Text,
}

/// Content of a node.
#[derive(Debug, Clone)]
pub enum Shape<'a> {
    /// A scalar: its type, and its text without quotes.
    Scalar(Tag, Cow<'a, str>),
    /// A map in the order in which Go writes its keys.
    Map(Vec<(&'a str, Node<'a>)>),
    /// A list.
    List(Vec<Node<'a>>),
}

/// A value with its YAML.
#[derive(Debug, Clone)]
pub struct Node<'a> {
    /// The value.
    pub value: &'a Value,
    /// Its YAML.
    pub shape: Shape<'a>,
}

impl<'a> Node<'a> {
    /// Returns the tree of a value.
    pub fn new(value: &'a Value) -> Self {
        let shape = match value {
            Value::Null => Shape::Scalar(Tag::Null, "null".into()),
            Value::Bool(true) => Shape::Scalar(Tag::Bool, "true".into()),
            Value::Bool(false) => Shape::Scalar(Tag::Bool, "false".into()),
            Value::Number(_) => {
                let text = edgeflux_yaml::to_string(value).trim_end().to_owned();
                let whole = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
                Shape::Scalar(if whole { Tag::Int } else { Tag::Float }, text.into())
            }
            Value::String(text) => Shape::Scalar(Tag::Text, text.into()),
            Value::Array(items) => Shape::List(items.iter().map(Node::new).collect()),
            Value::Object(fields) => {
                let mut entries = fields.iter().map(|(key, value)| (key.as_str(), value)).collect();
                edgeflux_yaml::sort_by_key(&mut entries);
                Shape::Map(entries.into_iter().map(|(key, value)| (key, Node::new(value))).collect())
            }
        };
        Self { value, shape }
    }

    /// Returns the text of a scalar; empty for other nodes.
    pub fn text(&self) -> &str {
        match &self.shape {
            Shape::Scalar(_, text) => text,
            _ => "",
        }
    }

    /// Returns the entries of a map; empty for other nodes.
    pub fn entries(&self) -> &[(&'a str, Node<'a>)] {
        match &self.shape {
            Shape::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Returns the value of a map entry.
    pub fn get(&self, key: &str) -> Option<&Node<'a>> {
        self.entries().iter().find(|(name, _)| *name == key).map(|(_, node)| node)
    }

    /// Returns the name of the type, as in "type change from int to string".
    pub fn type_name(&self) -> &'static str {
        match &self.shape {
            Shape::Map(_) => "map",
            Shape::List(_) => "list",
            Shape::Scalar(Tag::Null, _) => "<nil>",
            Shape::Scalar(Tag::Bool, _) => "bool",
            Shape::Scalar(Tag::Int, _) => "int",
            Shape::Scalar(Tag::Float, _) => "float",
            Shape::Scalar(Tag::Text, _) => "string",
        }
    }

    /// Returns a text that is equal for nodes that count as the same entry of a list: the types of scalars and the order
    /// of keys do not matter.
    pub fn fingerprint(&self) -> String {
        let mut text = String::new();
        self.write_fingerprint(&mut text);
        text
    }

    fn write_fingerprint(&self, out: &mut String) {
        match &self.shape {
            Shape::Scalar(_, text) => {
                let _ = write!(out, "{}:{text}", text.len());
            }
            Shape::Map(entries) if entries.is_empty() => out.push_str("[]"),
            Shape::Map(entries) => {
                let mut entries: Vec<_> = entries.iter().collect();
                entries.sort_unstable_by_key(|(key, _)| *key);
                out.push('{');
                for (key, node) in entries {
                    let _ = write!(out, "{}:{key}=", key.len());
                    node.write_fingerprint(out);
                }
                out.push('}');
            }
            Shape::List(items) => {
                out.push('[');
                for item in items {
                    item.write_fingerprint(out);
                    out.push(',');
                }
                out.push(']');
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_have_the_type_of_their_text() {
        for (value, tag, text) in [
            (json!(1), Tag::Int, "1"),
            (json!(-7), Tag::Int, "-7"),
            (json!(0.5), Tag::Float, "0.5"),
            (json!(1e21), Tag::Float, "1e+21"),
            (json!(3.0), Tag::Int, "3"),
        ] {
            match Node::new(&value).shape {
                Shape::Scalar(found, shown) => assert_eq!((found, shown.as_ref()), (tag, text)),
                _ => unreachable!("numbers are scalars"),
            }
        }
    }

    #[test]
    fn fingerprints_of_different_structures_differ() {
        let print = |value: &Value| Node::new(value).fingerprint();
        assert_eq!(print(&json!({"a": 1, "b": 2})), print(&json!({"b": "2", "a": "1"})));
        assert_ne!(print(&json!({"a": ["x", "y"]})), print(&json!({"a": ["x,y"]})));
        assert_ne!(print(&json!([["a"], "b"])), print(&json!([["a", "b"]])));
    }
}
