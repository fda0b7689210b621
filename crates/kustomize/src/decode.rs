//! From a YAML file to typed settings, strictly, with the path of the field in every error.
//!
//! Fields match as Go's JSON decoder matches them: by their exact name first, then without regard to case.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde_json::{Map, Value};

use edgeflux_yaml::node::{self as tree, Kind};

use super::error::{Error, Result};

/// A value on its way into a type, and where it stands.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    value: &'a Value,
    step: Step<'a>,
    above: Option<&'a At<'a>>,
    /// Whether numbers and booleans pass for texts and unknown fields are dropped.
    lenient: bool,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Field(&'a str),
    Item(usize),
}

/// A type that settings can be read into.
pub(super) trait Decode: Sized {
    /// Reads the value at `at`, which is not null.
    fn decode(at: &At<'_>) -> Result<Self>;
}

/// Reads the one document of a settings file.
///
/// # Errors
/// With `file`, the line and the field.
pub(super) fn file<T: Decode>(file: &Path, text: &str) -> Result<T> {
    let value = value(file, text)?;
    decode(&value).map_err(|error| locate(error, text).file(file))
}

/// As [`file()`], but numbers and booleans pass for texts and unknown fields are dropped.
pub(super) fn file_leniently<T: Decode>(file: &Path, text: &str) -> Result<T> {
    let value = value(file, text)?;
    decode_leniently(&value).map_err(|error| locate(error, text).file(file))
}

/// The value of a settings file, null where it is empty.
pub(super) fn value(file: &Path, text: &str) -> Result<Value> {
    edgeflux_yaml::first_document(text).map_err(|error| Error::from(error).file(file))
}

/// Reads a value that stands in no file of its own.
pub(super) fn decode<T: Decode>(value: &Value) -> Result<T> {
    T::decode(&At { value, step: Step::Root, above: None, lenient: false })
}

/// As [`decode()`], but numbers and booleans pass for texts and unknown fields are dropped.
pub(super) fn decode_leniently<T: Decode>(value: &Value) -> Result<T> {
    decode_leniently_as(value, T::decode)
}

/// As [`decode_leniently()`], by a function of the caller's.
pub(super) fn decode_leniently_as<T>(value: &Value, read: impl FnOnce(&At<'_>) -> Result<T>) -> Result<T> {
    read(&At { value, step: Step::Root, above: None, lenient: true })
}

/// Adds the line at which the field of the error stands in `text`.
fn locate(error: Error, text: &str) -> Error {
    let line = error.field.as_deref().and_then(|field| line_of(field, text));
    match line {
        Some(line) => error.line(line),
        None => error,
    }
}

/// The line at which `images[0].newTag` stands, or the nearest one above that is there; nothing where none is.
pub(super) fn line_of(field: &str, text: &str) -> Option<usize> {
    let trees = tree::trees(text).ok()?;
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
        match self.step {
            Step::Root => Ok(()),
            Step::Field(name) if above.above.is_none() => f.write_str(name),
            Step::Field(name) => write!(f, ".{name}"),
            Step::Item(index) => write!(f, "[{index}]"),
        }
    }
}

impl<'a> At<'a> {
    /// The value itself.
    pub fn value(&self) -> &'a Value {
        self.value
    }

    /// An error about this value.
    pub fn error(&self, message: impl Into<String>) -> Error {
        let error = Error::new(message);
        match self.to_string() {
            field if field.is_empty() => error,
            field => error.field(field),
        }
    }

    fn expected(&self, what: &str) -> Error {
        let (found, hint) = match self.value {
            Value::Null => ("nothing".to_owned(), None),
            Value::Bool(value) => (value.to_string(), Some("write it in quotes")),
            Value::Number(number) => (format!("the number {number}"), Some("write it in quotes")),
            Value::String(text) => (format!("the text {text:?}"), None),
            Value::Array(_) => ("a list".to_owned(), None),
            Value::Object(_) => ("a mapping".to_owned(), None),
        };
        let error = self.error(format!("expected {what}, found {found}"));
        match hint {
            Some(hint) if what == "a text" => error.hint(hint),
            _ => error,
        }
    }

    /// The fields of a mapping, of which every one must be asked for before [`Fields::finish`].
    pub fn fields(&'a self) -> Result<Fields<'a>> {
        match self.value {
            Value::Object(object) => Ok(Fields { at: self, object, asked: Vec::new() }),
            _ => Err(self.expected("a mapping")),
        }
    }
}

/// The fields of a mapping that is being read.
pub(super) struct Fields<'a> {
    at: &'a At<'a>,
    object: &'a Map<String, Value>,
    asked: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// The field `name`, or nothing where it is missing or null.
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
                step: Step::Field(key),
                above: Some(self.at),
                lenient: self.at.lenient,
            })
            .map(Some),
        }
    }

    /// The field `name`, or the default where it is missing or null.
    pub fn get<T: Decode + Default>(&mut self, name: &'static str) -> Result<T> {
        Ok(self.optional(name)?.unwrap_or_default())
    }

    /// Refuses the fields that were not asked for.
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

/// The known name that is at most two edits, or a third of its length, away.
pub(super) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|known| (edits(name, known), known))
        .filter(|(edits, known)| *edits <= (known.len() / 3).max(2))
        .min()
        .map(|(_, known)| known)
}

/// The Levenshtein distance.
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
            _ => Err(at.expected("a text")),
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
        at.value.as_i64().ok_or_else(|| at.expected("a whole number"))
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
                T::decode(&At { value, step: Step::Item(index), above: Some(at), lenient: at.lenient })
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
                let value =
                    T::decode(&At { value, step: Step::Field(name), above: Some(at), lenient: at.lenient })?;
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
        assert_eq!(error.to_string(), "a.yaml:3: counts[1]: expected a whole number, found the text \"two\"");
        let error = read("name: 1.20\n").unwrap_err();
        assert_eq!(
            error.to_string(),
            "a.yaml:1: name: expected a text, found the number 1.2; write it in quotes"
        );
    }

    #[test]
    fn an_unknown_field_is_refused_with_the_nearest_known_one() {
        let error = read("counts: []\nnmae: x\n").unwrap_err();
        assert_eq!(error.to_string(), "a.yaml:2: nmae: unknown field \"nmae\"; did you mean \"name\"?");
    }
}
