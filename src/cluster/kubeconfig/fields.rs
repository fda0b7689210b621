//! The fields of a kubeconfig, with the types that client-go gives them. What is wrong is said with file and line, and
//! never with the value, which may be a credential.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use edgeflux_yaml::node::{self, Kind, Node};
use serde_json::Value;

use crate::error::{Error, Result};

/// Base64 as Go's decoder takes it: the unused bits of the last character may be anything.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// A kubeconfig file and its text.
pub(super) struct File {
    pub path: PathBuf,
    pub text: String,
}

impl File {
    /// The directory that relative paths in the file start from.
    pub fn directory(&self) -> PathBuf {
        let path = std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone());
        path.parent().map_or_else(|| PathBuf::from("/"), Path::to_owned)
    }

    /// The line of the value at `path`; none where aliases or merges bring it.
    fn line(&self, path: &[Step]) -> Option<usize> {
        let documents = node::trees(&self.text).ok()?;
        let mut node = documents.first().filter(|document| !document.is_empty())?.root();
        for step in path {
            node = below(node.target(), step)?;
        }
        Some(node.line())
    }
}

fn below<'d, 't>(node: Node<'d, 't>, step: &Step) -> Option<Node<'d, 't>> {
    match step {
        Step::Index(index) => node.children().nth(*index),
        Step::Key(key) => node
            .pairs()
            .find(|(name, _)| matches!(name.kind(), Kind::Scalar(text, _) if text == key))
            .map(|(_, value)| value),
    }
}

/// A step from the top of a kubeconfig to one of its values.
#[derive(Clone)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

/// A mapping of a kubeconfig and the place where it is.
#[derive(Clone)]
pub(super) struct Fields<'a> {
    /// Null counts as an empty mapping.
    value: &'a Value,
    file: &'a File,
    path: Vec<Step>,
}

impl<'a> Fields<'a> {
    /// The mapping `value`, which is at `path` of `file`.
    pub fn new(value: &'a Value, file: &'a File, path: Vec<Step>) -> Result<Self> {
        let fields = Fields { value, file, path };
        match value {
            Value::Object(_) | Value::Null => Ok(fields),
            other => Err(fields.wrong(None, &format!("must be a mapping, not {}", kind(other)))),
        }
    }

    /// A text; empty counts as not set.
    pub fn text(&self, key: &str) -> Result<Option<String>> {
        match self.raw(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
            Some(other) => Err(self.wrong_type(key, "a string", other)),
        }
    }

    /// A path, relative to the file's directory.
    pub fn path(&self, key: &str) -> Result<Option<PathBuf>> {
        Ok(self.text(key)?.map(|text| self.resolve(&text)))
    }

    /// `text` as a path relative to the file's directory.
    pub fn resolve(&self, text: &str) -> PathBuf {
        let path = Path::new(text);
        if path.is_absolute() { path.to_owned() } else { clean(&self.file.directory().join(path)) }
    }

    /// A boolean; false where it is not set.
    pub fn flag(&self, key: &str) -> Result<bool> {
        match self.raw(key) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(value)) => Ok(*value),
            Some(other) => Err(self.wrong_type(key, "true or false", other)),
        }
    }

    /// Bytes in base64, in which whitespace does not count; empty counts as not set.
    pub fn bytes(&self, key: &str) -> Result<Option<Vec<u8>>> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        let text: String = text.split_ascii_whitespace().collect();
        let bytes = BASE64.decode(text).map_err(|_| self.wrong(Some(key), "is not base64"))?;
        Ok(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }

    /// A mapping; none where it is not set or null.
    pub fn mapping(&self, key: &str) -> Result<Option<Fields<'a>>> {
        match self.raw(key) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => Fields::new(value, self.file, self.below(key)).map(Some),
        }
    }

    /// A list of anything; empty where it is not set.
    pub fn list(&self, key: &str) -> Result<&'a [Value]> {
        match self.raw(key) {
            None | Some(Value::Null) => Ok(&[]),
            Some(Value::Array(list)) => Ok(list),
            Some(other) => Err(self.wrong_type(key, "a list", other)),
        }
    }

    /// A list of mappings.
    pub fn mappings(&self, key: &str) -> Result<Vec<Fields<'a>>> {
        let entries = self.list(key)?.iter().enumerate();
        entries.map(|(index, value)| Fields::new(value, self.file, self.entry(key, index))).collect()
    }

    /// A list of texts.
    pub fn texts(&self, key: &str) -> Result<Vec<String>> {
        let texts = self.list(key)?.iter().map(|value| match value {
            Value::String(text) => Ok(text.clone()),
            Value::Null => Ok(String::new()),
            other => {
                Err(self.wrong(Some(key), &format!("must be a list of strings, but has {}", kind(other))))
            }
        });
        texts.collect()
    }

    /// The keys of the mapping.
    pub fn keys(&self) -> impl Iterator<Item = &'a String> + use<'a> {
        self.value.as_object().into_iter().flat_map(|map| map.keys())
    }

    /// The value of a key as it is.
    pub fn raw(&self, key: &str) -> Option<&'a Value> {
        self.value.get(key)
    }

    /// The place of an entry of a list.
    pub fn entry(&self, key: &str, index: usize) -> Vec<Step> {
        let mut path = self.below(key);
        path.push(Step::Index(index));
        path
    }

    fn below(&self, key: &str) -> Vec<Step> {
        let mut path = self.path.clone();
        path.push(Step::Key(key.to_owned()));
        path
    }

    fn wrong_type(&self, key: &str, wanted: &str, found: &Value) -> Error {
        self.wrong(Some(key), &format!("must be {wanted}, not {}", kind(found)))
    }

    /// The error of a field, or of the mapping itself.
    pub fn wrong(&self, key: Option<&str>, what: &str) -> Error {
        let path = key.map_or_else(|| self.path.clone(), |key| self.below(key));
        wrong(self.file, &path, what)
    }
}

/// The error of the value at `path`.
pub(super) fn wrong(file: &File, path: &[Step], what: &str) -> Error {
    let name = path.iter().rev().find_map(|step| match step {
        Step::Key(key) => Some(format!("{key} ")),
        Step::Index(_) => None,
    });
    let line = file.line(path).map(|line| format!("line {line}: ")).unwrap_or_default();
    Error::usage(format!("kubeconfig {}: {line}{}{what}", file.path.display(), name.unwrap_or_default()))
        .hint("fix the file, or name another with --kubeconfig")
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number (quote it)",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

/// The path without `.` and `..`, by its text alone.
fn clean(path: &Path) -> PathBuf {
    let mut cleaned = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                cleaned.pop();
            }
            part => cleaned.push(part),
        }
    }
    cleaned
}
