//! The values of a file in their order, on which the MAC depends.

use std::fmt::{self, Write as _};

use openssl::hash::{Hasher, MessageDigest};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

use super::cipher::DataKey;
use super::error::{Error, Result};
use super::metadata::Metadata;
use edgeflux_yaml::comments::{self, Step};
use edgeflux_yaml::node::{self, Kind, Style};
use edgeflux_yaml::{Plain, Schema, resolve_plain};

/// A value, a collection or a comment.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tree {
    Map(Vec<(String, Tree)>),
    Seq(Vec<Tree>),
    Scalar(Scalar),
    /// A comment on the next entry, or on the previous one if it is the last. It is an entry without a name itself.
    Comment {
        /// Text without the `#`.
        text: String,
        /// Whether it is at the end of the entry's line.
        beside: bool,
    },
}

/// A single value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// Bytes: a binary file is one such value.
    Text(Vec<u8>),
}

impl Tree {
    pub fn string(text: impl Into<String>) -> Self {
        Self::Scalar(Scalar::Text(text.into().into_bytes()))
    }

    pub fn get(&self, name: &str) -> Option<&Tree> {
        match self {
            Self::Map(entries) => entries.iter().find(|(other, _)| other == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// Returns the items of a list field; empty if it is missing or null.
    pub fn list(&self, name: &str) -> &[Tree] {
        match self.get(name) {
            Some(Self::Seq(items)) => items,
            _ => &[],
        }
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Scalar(Scalar::Text(text)) => std::str::from_utf8(text).ok(),
            _ => None,
        }
    }

    pub fn of_json(value: &Value) -> Self {
        match value {
            Value::Null => Self::Scalar(Scalar::Null),
            Value::Bool(value) => Self::Scalar(Scalar::Bool(*value)),
            Value::Number(number) => Self::Scalar(scalar_of_number(number)),
            Value::String(text) => Self::string(text.as_str()),
            Value::Array(items) => Self::Seq(items.iter().map(Self::of_json).collect()),
            Value::Object(fields) => {
                Self::Map(fields.iter().map(|(name, value)| (name.clone(), Self::of_json(value))).collect())
            }
        }
    }

    pub fn into_json(self) -> Value {
        match self {
            Self::Scalar(scalar) => scalar.into_json(),
            Self::Comment { .. } => Value::Null,
            Self::Seq(items) => Value::Array(
                items.into_iter().filter(|item| !item.is_comment()).map(Self::into_json).collect(),
            ),
            Self::Map(entries) => Value::Object(
                entries
                    .into_iter()
                    .filter(|(_, value)| !value.is_comment())
                    .map(|(name, value)| (name, value.into_json()))
                    .collect(),
            ),
        }
    }

    /// Returns whether it is a comment.
    pub fn is_comment(&self) -> bool {
        matches!(self, Self::Comment { .. })
    }

    /// Converts a YAML document with its comments.
    pub fn of_yaml(
        node: node::Node<'_, '_>,
        comments: &mut comments::ByEntry,
        path: &mut Vec<Step>,
    ) -> Result<Self> {
        Ok(match node.kind() {
            Kind::Alias => Self::of_yaml(node.target(), comments, path)?,
            Kind::Sequence { .. } => {
                let mut items = Vec::new();
                for (at, item) in node.children().enumerate() {
                    path.push(Step::Index(at));
                    let own = comments.remove(path).unwrap_or_default();
                    let value = Self::of_yaml(item, comments, path);
                    path.pop();
                    items.extend(commented(own, value?));
                }
                Self::Seq(items)
            }
            Kind::Mapping { .. } => {
                let mut entries = Vec::new();
                for (key, value) in node.pairs() {
                    let Kind::Scalar(name, _) = key.target().kind() else {
                        let what = format!("a field name on line {} is not a string", key.line());
                        return Err(Error::Format { format: "YAML", what });
                    };
                    path.push(Step::Key(name.to_owned()));
                    let own = comments.remove(path).unwrap_or_default();
                    let value = Self::of_yaml(value, comments, path);
                    path.pop();
                    entries.extend(commented(own, value?).map(|value| {
                        (if value.is_comment() { String::new() } else { name.to_owned() }, value)
                    }));
                }
                Self::Map(entries)
            }
            Kind::Scalar(text, style) => {
                let is_plain = style == Style::Plain && node.tag().is_none();
                Self::Scalar(match resolve_plain(text, Schema::Kyaml) {
                    Plain::Null if is_plain => Scalar::Null,
                    Plain::Bool(value) if is_plain => Scalar::Bool(value),
                    Plain::Int(value) if is_plain => Scalar::Int(value),
                    Plain::Float(value) if is_plain => Scalar::Float(value),
                    _ => Scalar::Text(text.as_bytes().to_vec()),
                })
            }
        })
    }
}

/// Returns a value among its comments.
fn commented(comments: comments::Comments, value: Tree) -> impl Iterator<Item = Tree> {
    let comment = |beside| move |text| Tree::Comment { text, beside };
    let above = comments.above.into_iter().map(comment(false));
    let below = comments.below.into_iter().map(comment(false));
    above.chain(comments.beside.map(comment(true))).chain([value]).chain(below)
}

fn scalar_of_number(number: &Number) -> Scalar {
    match number.as_i64() {
        Some(value) => Scalar::Int(value),
        None => Scalar::Float(number.as_f64().unwrap_or_default()),
    }
}

impl Scalar {
    fn into_json(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => value.into(),
            Self::Int(value) => value.into(),
            Self::Float(value) => value.into(),
            Self::Text(text) => String::from_utf8_lossy(&text).into_owned().into(),
        }
    }

    /// Returns the bytes for the MAC, and for dotenv and INI. Nulls are not part of the MAC.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Null => Vec::new(),
            Self::Bool(true) => b"True".to_vec(),
            Self::Bool(false) => b"False".to_vec(),
            Self::Int(value) => value.to_string().into_bytes(),
            Self::Float(value) => value.to_string().into_bytes(),
            Self::Text(text) => text.clone(),
        }
    }
}

/// Deserializes JSON with fields in order.
impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Tree;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_unit<E>(self) -> Result<Tree, E> {
                Ok(Tree::Scalar(Scalar::Null))
            }

            fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
                Ok(Tree::Scalar(Scalar::Bool(value)))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Tree, E> {
                Ok(Tree::Scalar(Scalar::Int(value)))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Tree, E> {
                Ok(Tree::Scalar(scalar_of_number(&Number::from(value))))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Tree, E> {
                Ok(Tree::Scalar(Scalar::Float(value)))
            }

            fn visit_str<E>(self, value: &str) -> Result<Tree, E> {
                Ok(Tree::string(value))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = items.next_element()? {
                    list.push(item);
                }
                Ok(Tree::Seq(list))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Tree, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = fields.next_entry()? {
                    entries.push(entry);
                }
                Ok(Tree::Map(entries))
            }
        }

        deserializer.deserialize_any(InOrder)
    }
}

/// Decrypts all values in place, and returns their MAC in hexadecimal digits.
pub(super) fn decrypt(documents: &mut [Tree], metadata: &Metadata, key: &DataKey) -> Result<String> {
    /// Start of a MAC of encrypted values alone, which tells it from one of all values: the SHA-256 of "sops".
    const ONLY_ENCRYPTED: [u8; 32] = [
        0x8a, 0x3f, 0xd2, 0xad, 0x54, 0xce, 0x66, 0x52, 0x7b, 0x10, 0x34, 0xf3, 0xd1, 0x47, 0xbe, 0x0b, 0x0b,
        0x97, 0x5b, 0x3b, 0xf4, 0x4f, 0x72, 0xc6, 0xfd, 0xad, 0xec, 0x81, 0x76, 0xf2, 0x7d, 0x69,
    ];
    let failed = |_| Error::Unsupported("SHA-512 in this build of OpenSSL");
    let mut mac = Hasher::new(MessageDigest::sha512()).map_err(failed)?;
    if metadata.mac_only_encrypted {
        mac.update(&ONLY_ENCRYPTED).map_err(failed)?;
    }
    let mut path = Vec::new();
    for document in documents {
        walk(document, &mut path, metadata, key, &mut |bytes| mac.update(bytes).map_err(failed))?;
    }
    let mut text = String::new();
    for byte in mac.finish().map_err(failed)?.iter() {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02X}");
    }
    Ok(text)
}

fn walk(
    tree: &mut Tree,
    path: &mut Vec<String>,
    metadata: &Metadata,
    key: &DataKey,
    mac: &mut dyn FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    match tree {
        Tree::Map(entries) => {
            for (name, value) in entries {
                // A comment has the path of its collection.
                let is_comment = value.is_comment();
                if !is_comment {
                    path.push(name.clone());
                }
                walk(value, path, metadata, key, mac)?;
                if !is_comment {
                    path.pop();
                }
            }
            Ok(())
        }
        Tree::Seq(items) => items.iter_mut().try_for_each(|item| walk(item, path, metadata, key, mac)),
        Tree::Comment { text, beside } => {
            // Old versions of SOPS did not encrypt comments. They are not part of the MAC; decrypted ones get a line of their own.
            if let Ok(Scalar::Text(decrypted)) = key.open(text, &(path.join(":") + ":")) {
                *text = String::from_utf8_lossy(&decrypted).into_owned();
                *beside = false;
            }
            Ok(())
        }
        Tree::Scalar(Scalar::Null) => Ok(()),
        Tree::Scalar(scalar) => {
            let text = match scalar {
                Scalar::Text(text) => std::str::from_utf8(text).ok(),
                _ => None,
            };
            let is_encrypted = metadata.rule.encrypts(path, text);
            if is_encrypted {
                let place = path.join(":") + ":";
                let what = "it is not encrypted, although the rules of the file require it";
                let text = text.ok_or(Error::Value { path: path.join("."), what })?;
                *scalar = key.open(text, &place)?;
            }
            if is_encrypted || !metadata.mac_only_encrypted { mac(&scalar.to_bytes()) } else { Ok(()) }
        }
    }
}
