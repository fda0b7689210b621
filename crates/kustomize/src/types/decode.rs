//! Decoding YAML files into types, strictly, with the path of the field in every error.
//!
//! Fields match as in Go's JSON decoder: by their exact name first, then ignoring case.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use edgeflux_yaml::node::{self as yaml, Kind};
use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// A value to decode, and its path.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    value: &'a Value,
    segment: Segment<'a>,
    above: Option<&'a At<'a>>,
    /// Whether numbers and booleans are accepted as strings, and unknown fields are dropped.
    lenient: bool,
}

/// The last part of a path.
#[derive(Clone, Copy)]
enum Segment<'a> {
    Root,
    Field(&'a str),
    Item(usize),
}

/// A type that can be decoded.
pub(crate) trait Decode: Sized {
    /// Decodes the value at `at`, which is not null.
    fn decode(at: &At<'_>) -> Result<Self>;
}

/// Decodes the first document of a file.
///
/// # Errors
/// The error has `file`, the line and the field.
pub(crate) fn file<T: Decode>(file: &Path, text: &str) -> Result<T> {
    let value = value(file, text)?;
    decode(&value).map_err(|error| locate(error, text).file(file))
}

/// As [`file()`], but numbers and booleans are accepted as strings, and unknown fields are dropped.
pub(crate) fn file_leniently<T: Decode>(file: &Path, text: &str) -> Result<T> {
    let value = value(file, text)?;
    decode_leniently(&value).map_err(|error| locate(error, text).file(file))
}

/// Returns the value of a file, null if it is empty.
pub(crate) fn value(file: &Path, text: &str) -> Result<Value> {
    edgeflux_yaml::first_document(text).map_err(|error| Error::from(error).file(file))
}

/// Decodes a value that has no file of its own.
pub(crate) fn decode<T: Decode>(value: &Value) -> Result<T> {
    T::decode(&At { value, segment: Segment::Root, above: None, lenient: false })
}

/// As [`decode()`], but numbers and booleans are accepted as strings, and unknown fields are dropped.
pub(crate) fn decode_leniently<T: Decode>(value: &Value) -> Result<T> {
    decode_leniently_as(value, T::decode)
}

/// As [`decode_leniently()`], with a function.
pub(crate) fn decode_leniently_as<T>(value: &Value, read: impl FnOnce(&At<'_>) -> Result<T>) -> Result<T> {
    read(&At { value, segment: Segment::Root, above: None, lenient: true })
}

/// Adds the line of the error's field in `text`.
fn locate(error: Error, text: &str) -> Error {
    let line = error.field.as_deref().and_then(|field| line_of(field, text));
    match line {
        Some(line) => error.line(line),
        None => error,
    }
}

/// Returns the line of a field such as `images[0].newTag`, or of the nearest field above it that exists.
pub(crate) fn line_of(field: &str, text: &str) -> Option<usize> {
    let trees = yaml::trees(text).ok()?;
    let document = trees.iter().find(|document| !document.is_empty())?;
    let mut node = document.root();
    let mut line = None;
    for step in field.split(['.', '[']).filter(|step| !step.is_empty()) {
        let next = match (node.target().kind(), step.strip_suffix(']')) {
            (Kind::Sequence { .. }, Some(index)) => {
                node.target().children().nth(index.parse().ok()?).map(|item| (item.line(), item))
            }
            (Kind::Mapping { .. }, None) => node
                .target()
                .pairs()
                .find(|(key, _)| matches!(key.kind(), Kind::Scalar(name, _) if name == step))
                .map(|(key, value)| (key.line(), value)),
            _ => None,
        };
        let Some((at, next)) = next else { break };
        (line, node) = (Some(at), next);
    }
    line
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(above) = self.above else { return Ok(()) };
        above.fmt(f)?;
        match self.segment {
            Segment::Root => Ok(()),
            Segment::Field(name) if above.above.is_none() => f.write_str(name),
            Segment::Field(name) => write!(f, ".{name}"),
            Segment::Item(index) => write!(f, "[{index}]"),
        }
    }
}

impl<'a> At<'a> {
    /// Returns the value.
    pub fn value(&self) -> &'a Value {
        self.value
    }

    /// Returns an error about this value.
    pub fn error(&self, message: impl Into<String>) -> Error {
        let error = Error::new(message);
        match self.to_string() {
            field if field.is_empty() => error,
            field => error.field(field),
        }
    }

    fn expected(&self, what: &str) -> Error {
        let (found, hint) = match self.value {
            Value::Null => ("null".to_owned(), None),
            Value::Bool(value) => (value.to_string(), Some("quote it")),
            Value::Number(number) => (format!("the number {number}"), Some("quote it")),
            Value::String(text) => (format!("the string {text:?}"), None),
            Value::Array(_) => ("a list".to_owned(), None),
            Value::Object(_) => ("a mapping".to_owned(), None),
        };
        let error = self.error(format!("expected {what}, found {found}"));
        match hint {
            Some(hint) if what == "a string" => error.hint(hint),
            _ => error,
        }
    }

    /// Returns the fields of a mapping. Those that are not decoded are unknown to [`Fields::finish`].
    pub fn fields(&'a self) -> Result<Fields<'a>> {
        match self.value {
            Value::Object(object) => Ok(Fields { at: self, object, asked: Vec::new() }),
            _ => Err(self.expected("a mapping")),
        }
    }
}

/// Fields of a mapping that is being decoded.
pub(crate) struct Fields<'a> {
    at: &'a At<'a>,
    object: &'a Map<String, Value>,
    asked: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// Decodes the field `name`; `None` if it is missing or null.
    pub fn optional<T: Decode>(&mut self, name: &'static str) -> Result<Option<T>> {
        self.asked.push(name);
        let found = self.object.get_key_value(name).or_else(|| {
            self.object
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name) && !self.asked.contains(&key.as_str()))
        });
        match found {
            None | Some((_, Value::Null)) => Ok(None),
            Some((key, value)) => T::decode(&At {
                value,
                segment: Segment::Field(key),
                above: Some(self.at),
                lenient: self.at.lenient,
            })
            .map(Some),
        }
    }

    /// Decodes the field `name`; the default if it is missing or null.
    pub fn get<T: Decode + Default>(&mut self, name: &'static str) -> Result<T> {
        Ok(self.optional(name)?.unwrap_or_default())
    }

    /// Refuses the fields that were not decoded.
    pub fn finish(self) -> Result<()> {
        match self.unknown().next().filter(|_| !self.at.lenient) {
            None => Ok(()),
            Some(name) => {
                let error = self.at.error("").field;
                let field = error.map_or_else(|| name.to_owned(), |above| format!("{above}.{name}"));
                let error = Error::new(format!("unknown field {name:?}")).field(field);
                Err(match nearest(name, self.asked.iter().copied()) {
                    Some(known) => error.hint(format!("did you mean {known:?}?")),
                    None => error,
                })
            }
        }
    }

    fn unknown(&self) -> impl Iterator<Item = &'a str> {
        self.object
            .keys()
            .map(String::as_str)
            .filter(|key| !self.asked.iter().any(|asked| asked.eq_ignore_ascii_case(key)))
    }
}

/// Returns the most similar known name, at most two edits or a third of its length away.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|known| (edits(name, known), known))
        .filter(|(edits, known)| *edits <= (known.len() / 3).max(2))
        .min()
        .map(|(_, known)| known)
}

/// Returns the Levenshtein distance.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, a) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

impl Decode for String {
    fn decode(at: &At<'_>) -> Result<Self> {
        match at.value {
            Value::String(text) => Ok(text.clone()),
            Value::Bool(value) if at.lenient => Ok(value.to_string()),
            Value::Number(number) if at.lenient => Ok(number.to_string()),
            _ => Err(at.expected("a string")),
        }
    }
}

impl Decode for bool {
    fn decode(at: &At<'_>) -> Result<Self> {
        at.value.as_bool().ok_or_else(|| at.expected("true or false"))
    }
}

impl Decode for i64 {
    fn decode(at: &At<'_>) -> Result<Self> {
        at.value.as_i64().ok_or_else(|| at.expected("an integer"))
    }
}

impl Decode for Value {
    fn decode(at: &At<'_>) -> Result<Self> {
        Ok(at.value.clone())
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(at: &At<'_>) -> Result<Self> {
        let Value::Array(items) = at.value else { return Err(at.expected("a list")) };
        items
            .iter()
            .enumerate()
            .map(|(index, value)| {
                T::decode(&At { value, segment: Segment::Item(index), above: Some(at), lenient: at.lenient })
            })
            .collect()
    }
}

impl<T: Decode> Decode for BTreeMap<String, T> {
    fn decode(at: &At<'_>) -> Result<Self> {
        let Value::Object(fields) = at.value else { return Err(at.expected("a mapping")) };
        fields
            .iter()
            .map(|(name, value)| {
                let value = T::decode(&At {
                    value,
                    segment: Segment::Field(name),
                    above: Some(at),
                    lenient: at.lenient,
                })?;
                Ok((name.clone(), value))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Sample {
        name: String,
        counts: Vec<i64>,
    }

    impl Decode for Sample {
        fn decode(at: &At<'_>) -> Result<Self> {
            let mut fields = at.fields()?;
            let sample = Self { name: fields.get("name")?, counts: fields.get("counts")? };
            fields.finish()?;
            Ok(sample)
        }
    }

    fn read(text: &str) -> Result<Sample> {
        file(Path::new("a.yaml"), text)
    }

    #[test]
    fn a_field_matches_without_regard_to_case() {
        let sample = read("NAME: x\ncounts: [1]\n").unwrap();
        assert_eq!((sample.name.as_str(), sample.counts.as_slice()), ("x", &[1][..]));
    }

    #[test]
    fn an_error_names_file_line_field_and_remedy() {
        let error = read("counts:\n- 1\n- two\n").unwrap_err();
        assert_eq!(error.to_string(), "a.yaml:3: counts[1]: expected an integer, found the string \"two\"");
        let error = read("name: 1.20\n").unwrap_err();
        assert_eq!(error.to_string(), "a.yaml:1: name: expected a string, found the number 1.2; quote it");
    }

    #[test]
    fn an_unknown_field_is_refused_with_the_nearest_known_one() {
        let error = read("counts: []\nnmae: x\n").unwrap_err();
        assert_eq!(error.to_string(), "a.yaml:2: nmae: unknown field \"nmae\"; did you mean \"name\"?");
    }
}
