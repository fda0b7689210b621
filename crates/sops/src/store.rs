//! File formats: parsing trees and writing them.

use super::error::{Error, Result};
use super::metadata::Metadata;
use super::tree::{Scalar, Tree};
use super::{emit, ini};
use edgeflux_yaml::Schema;
use edgeflux_yaml::comments;
use edgeflux_yaml::node::trees_with;

/// Format of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// YAML, with any number of documents.
    Yaml,
    /// JSON.
    Json,
    /// Lines of `NAME=value`.
    Dotenv,
    /// Sections of `name = value`.
    Ini,
    /// Any content, encrypted as a whole in a JSON envelope.
    Binary,
}

impl Format {
    /// Returns the format of a file name, or of the key of a Secret.
    pub fn of_name(name: &str) -> Self {
        let ends = |end: &str| name.ends_with(end);
        if ends(".yaml") || ends(".yml") {
            Self::Yaml
        } else if ends(".json") || ends(".dockerconfigjson") {
            Self::Json
        } else if ends(".env") {
            Self::Dotenv
        } else if ends(".ini") {
            Self::Ini
        } else {
            Self::Binary
        }
    }

    /// Returns what every encrypted file of this format has.
    fn marker(self) -> &'static [u8] {
        match self {
            Self::Yaml => b"mac: ENC[",
            Self::Json | Self::Binary => b"\"mac\": \"ENC[",
            Self::Dotenv => b"sops_mac=ENC[",
            Self::Ini => b"[sops]",
        }
    }

    /// Returns whether the content of a file of this format is encrypted.
    pub fn is_encrypted(self, content: &[u8]) -> bool {
        let marker = self.marker();
        content.windows(marker.len()).any(|window| window == marker)
    }

    /// Detects the format of encrypted content; `None` if it is not encrypted.
    pub fn detect(content: &[u8]) -> Option<Self> {
        [Self::Json, Self::Dotenv, Self::Ini, Self::Yaml]
            .into_iter()
            .find(|format| format.is_encrypted(content))
    }

    fn name(self) -> &'static str {
        match self {
            Self::Yaml => "YAML",
            Self::Json => "JSON",
            Self::Dotenv => "dotenv",
            Self::Ini => "INI",
            Self::Binary => "a SOPS envelope",
        }
    }

    fn error(self, what: impl Into<String>) -> Error {
        Error::Format { format: self.name(), what: what.into() }
    }
}

/// Parses the documents of an encrypted file and its metadata.
pub(super) fn read(content: &[u8], format: Format) -> Result<(Vec<Tree>, Metadata)> {
    let text = std::str::from_utf8(content).map_err(|_| format.error("not UTF-8"))?;
    match format {
        Format::Yaml => {
            let parsed = trees_with(text, Schema::Kyaml).map_err(|error| format.error(error.to_string()))?;
            let mut documents = Vec::new();
            let mut metadata = None;
            // The metadata of the first document applies.
            let mut comments = comments::read(text).map_err(|error| format.error(error.to_string()))?;
            for document in parsed.iter().filter(|document| !document.is_empty()) {
                let mut document = Tree::of_yaml(document.root(), &mut comments, &mut Vec::new())?;
                comments.clear();
                // Every document has the same metadata.
                let own = Metadata::take(&mut document)?;
                metadata.get_or_insert(own);
                documents.push(document);
            }
            Ok((documents, metadata.ok_or_else(|| format.error("empty"))?))
        }
        Format::Json | Format::Binary => {
            let mut document: Tree = serde_json::from_str(text).map_err(|error| {
                // The message could contain a value.
                format.error(format!("line {}, column {}", error.line(), error.column()))
            })?;
            let metadata = Metadata::take(&mut document)?;
            Ok((vec![document], metadata))
        }
        Format::Dotenv => {
            let mut entries = Vec::new();
            let mut metadata = Vec::new();
            for (at, line) in text.split('\n').enumerate().filter(|(_, line)| !line.is_empty()) {
                if let Some(comment) = line.strip_prefix('#') {
                    entries.push((String::new(), Tree::Comment { text: comment.to_owned(), beside: false }));
                    continue;
                }
                let (name, value) =
                    line.split_once('=').ok_or_else(|| format.error(format!("no = on line {}", at + 1)))?;
                let value = Tree::string(value.replace("\\n", "\n"));
                match name.strip_prefix("sops_") {
                    Some(name) => metadata.push((name.to_owned(), value)),
                    None => entries.push((name.to_owned(), value)),
                }
            }
            Ok((vec![Tree::Map(entries)], Metadata::of(&unflattened(metadata))?))
        }
        Format::Ini => {
            let mut sections = ini::read(text)?;
            let at = sections.iter().position(|(name, _)| name == "sops");
            let (_, metadata) = sections.remove(at.ok_or_else(|| format.error("no section sops"))?);
            let line_breaks =
                |(name, value): (String, String)| (name, Tree::string(value.replace("\\n", "\n")));
            let metadata = Metadata::of(&unflattened(metadata.into_iter().map(line_breaks).collect()))?;
            let values = |entries: Vec<(String, String)>| {
                entries.into_iter().map(|(name, value)| (name, Tree::string(value)))
            };
            let document = sections
                .into_iter()
                .map(|(name, entries)| (name, Tree::Map(values(entries).collect())))
                .collect();
            Ok((vec![Tree::Map(document)], metadata))
        }
    }
}

/// Turns names such as `age__list_0__map_enc` into the lists and maps that they stand for.
fn unflattened(metadata: Vec<(String, Tree)>) -> Tree {
    let mut root = Tree::Map(Vec::new());
    for (name, value) in metadata {
        place(&mut root, &name, value);
    }
    root
}

fn place(tree: &mut Tree, name: &str, value: Tree) {
    const MAP: &str = "__map_";
    const LIST: &str = "__list_";
    let end =
        |text: &str| [text.find(MAP), text.find(LIST)].into_iter().flatten().min().unwrap_or(text.len());
    if let Some(rest) = name.strip_prefix(LIST) {
        let (number, rest) = rest.split_at(end(rest));
        if !matches!(tree, Tree::Seq(_)) {
            *tree = Tree::Seq(Vec::new());
        }
        // SOPS writes all items in order.
        let (Ok(at), Tree::Seq(items)) = (number.parse::<usize>(), tree) else { return };
        if at == items.len() {
            items.push(Tree::Scalar(Scalar::Null));
        }
        if let Some(item) = items.get_mut(at) {
            place(item, rest, value);
        }
        return;
    }
    let name = name.strip_prefix(MAP).unwrap_or(name);
    if name.is_empty() {
        *tree = value;
        return;
    }
    let (name, rest) = name.split_at(end(name));
    if !matches!(tree, Tree::Map(_)) {
        *tree = Tree::Map(Vec::new());
    }
    if let Tree::Map(entries) = tree {
        let at = entries.iter().position(|(other, _)| other == name).unwrap_or_else(|| {
            entries.push((name.to_owned(), Tree::Scalar(Scalar::Null)));
            entries.len() - 1
        });
        place(&mut entries[at].1, rest, value);
    }
}

/// Writes the content of a file.
pub(super) fn write(documents: &[Tree], format: Format) -> Result<Vec<u8>> {
    let only = || match documents {
        [document] => Ok(document),
        _ => Err(format.error("several documents")),
    };
    let fields = |tree: &Tree| match tree {
        Tree::Map(entries) => Ok(entries.clone()),
        _ => Err(format.error("not a mapping")),
    };
    match format {
        Format::Yaml => Ok(emit::yaml(documents).into_bytes()),
        Format::Json => Ok(emit::json(only()?).into_bytes()),
        Format::Binary => match only()?.get("data") {
            Some(Tree::Scalar(Scalar::Text(content))) => Ok(content.clone()),
            _ => Err(format.error("no data")),
        },
        Format::Dotenv => {
            let mut content = Vec::new();
            for (name, value) in fields(only()?)? {
                let value = match value {
                    Tree::Scalar(value) => value,
                    Tree::Comment { text, .. } => {
                        content.extend(format!("#{text}\n").into_bytes());
                        continue;
                    }
                    _ => return Err(format.error(format!("{name} is not a single value"))),
                };
                content.extend(name.into_bytes());
                content.push(b'=');
                for byte in value.to_bytes() {
                    match byte {
                        b'\n' => content.extend(b"\\n"),
                        byte => content.push(byte),
                    }
                }
                content.push(b'\n');
            }
            Ok(content)
        }
        Format::Ini => {
            let mut sections = Vec::new();
            for (name, section) in fields(only()?)?.into_iter().filter(|(_, value)| !value.is_comment()) {
                let mut entries = Vec::new();
                for (name, value) in fields(&section)? {
                    if value.is_comment() {
                        continue;
                    }
                    let Tree::Scalar(value) = value else {
                        return Err(format.error(format!("{name} is not a single value")));
                    };
                    entries.push((name, String::from_utf8_lossy(&value.to_bytes()).into_owned()));
                }
                sections.push((name, entries));
            }
            Ok(ini::write(&sections).into_bytes())
        }
    }
}
