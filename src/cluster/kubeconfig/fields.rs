//! Fields of a kubeconfig, with the types of client-go. Errors name file and line, and never the value, which may be a
//! credential.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use edgeflux_yaml::node::{self, Kind, Node};
use serde_json::Value;

use crate::error::{Error, Result};

/// Base64 as decoded by Go: the unused bits of the last character are ignored.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// A kubeconfig file with its text.
pub(super) struct File {
    pub path: PathBuf,
    pub text: String,
}

impl File {
    /// Returns the directory that relative paths in the file refer to.
    pub fn directory(&self) -> PathBuf {
        let path = std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone());
        path.parent().map_or_else(|| PathBuf::from("/"), Path::to_owned)
    }

    /// Returns the line of the value at `path`; none if it comes from an alias or a merge.
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

/// A step on the path to a value of a kubeconfig.
#[derive(Clone)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

/// A mapping of a kubeconfig with its location.
#[derive(Clone)]
pub(super) struct Fields<'a> {
    /// The mapping; null is an empty one.
    value: &'a Value,
    file: &'a File,
    path: Vec<Step>,
}

impl<'a> Fields<'a> {
    /// Creates the fields of a mapping at `path` of `file`.
    pub fn new(value: &'a Value, file: &'a File, path: Vec<Step>) -> Result<Self> {
        let fields = Fields { value, file, path };
        match value {
            Value::Object(_) | Value::Null => Ok(fields),
            other => Err(fields.wrong(None, &format!("must be a mapping, not {}", kind(other)))),
        }
    }

    /// Returns a string; an empty one is not set.
    pub fn text(&self, key: &str) -> Result<Option<String>> {
        match self.raw(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
            Some(other) => Err(self.wrong_type(key, "a string", other)),
        }
    }

    /// Returns a path, relative to the file's directory.
    pub fn path(&self, key: &str) -> Result<Option<PathBuf>> {
        Ok(self.text(key)?.map(|text| self.resolve(&text)))
    }

    /// Resolves a path relative to the file's directory.
    pub fn resolve(&self, text: &str) -> PathBuf {
        let path = Path::new(text);
        if path.is_absolute() { path.to_owned() } else { clean(&self.file.directory().join(path)) }
    }

    /// Returns a boolean; false if it is not set.
    pub fn flag(&self, key: &str) -> Result<bool> {
        match self.raw(key) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(value)) => Ok(*value),
            Some(other) => Err(self.wrong_type(key, "true or false", other)),
        }
    }

    /// Decodes base64, ignoring whitespace; an empty string is not set.
    pub fn bytes(&self, key: &str) -> Result<Option<Vec<u8>>> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        let text: String = text.split_ascii_whitespace().collect();
        let bytes = BASE64.decode(text).map_err(|_| self.wrong(Some(key), "is not base64"))?;
        Ok(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }

    /// Returns a mapping; none if it is not set or null.
    pub fn mapping(&self, key: &str) -> Result<Option<Fields<'a>>> {
        match self.raw(key) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => Fields::new(value, self.file, self.below(key)).map(Some),
        }
    }

    /// Returns a list; empty if it is not set.
    pub fn list(&self, key: &str) -> Result<&'a [Value]> {
        match self.raw(key) {
            None | Some(Value::Null) => Ok(&[]),
            Some(Value::Array(list)) => Ok(list),
            Some(other) => Err(self.wrong_type(key, "a list", other)),
        }
    }

    /// Returns a list of mappings.
    pub fn mappings(&self, key: &str) -> Result<Vec<Fields<'a>>> {
        let entries = self.list(key)?.iter().enumerate();
        entries.map(|(index, value)| Fields::new(value, self.file, self.entry(key, index))).collect()
    }

    /// Returns a list of strings.
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

    /// Returns the keys of the mapping.
    pub fn keys(&self) -> impl Iterator<Item = &'a String> + use<'a> {
        self.value.as_object().into_iter().flat_map(|map| map.keys())
    }

    /// Returns the value of a key.
    pub fn raw(&self, key: &str) -> Option<&'a Value> {
        self.value.get(key)
    }

    /// Returns the path of an entry of a list.
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

    /// Creates the error for a field, or for the mapping itself.
    pub fn wrong(&self, key: Option<&str>, what: &str) -> Error {
        let path = key.map_or_else(|| self.path.clone(), |key| self.below(key));
        wrong(self.file, &path, what)
    }
}

/// Creates the error for the value at `path`.
pub(super) fn wrong(file: &File, path: &[Step], what: &str) -> Error {
    let name = path.iter().rev().find_map(|step| match step {
        Step::Key(key) => Some(format!("{key} ")),
        Step::Index(_) => None,
    });
    let line = file.line(path).map(|line| format!("line {line}: ")).unwrap_or_default();
    Error::usage(format!("kubeconfig {}: {line}{}{what}", file.path.display(), name.unwrap_or_default()))
        .hint("fix the file, or use another one with --kubeconfig")
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

/// Removes `.` and `..` from a path without looking at the file system.
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
