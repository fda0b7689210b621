//! YAML as sigs.k8s.io/yaml reads and writes it: by way of JSON.

mod pretty;

use edgeflux_yaml as yaml;
use serde_json::{Map, Number};

use super::arguments::{ANY, TEXT, YAML_MARKS, bytes_of, check_length, count_read, lossy, text};
use super::encodings::base64;
use super::json::{array, check, dict};
use crate::template::{Element, Error, Functions, Json, Signature, Text, Type, Value};

/// Deepest nesting that is written.
const MAX_DEPTH: usize = 1000;

pub fn add(functions: &mut Functions) {
    let one = Signature::new(ANY);
    functions.add("toYaml", one, |_, values| Ok(text(write(&values[0]).unwrap_or_default())));
    functions.add("mustToYaml", one, |_, values| write(&values[0]).map(text));
    functions.add("toYamlPretty", one, |_, values| Ok(text(pretty::write(&values[0]).unwrap_or_default())));
    let from = Signature::new(TEXT);
    functions.add("fromYaml", from, |call, values| {
        count_read(call, &values[0], YAML_MARKS)?;
        Ok(dict(read(&lossy(&values[0]), Type::Map)))
    });
    functions.add("fromYamlArray", from, |call, values| {
        count_read(call, &values[0], YAML_MARKS)?;
        Ok(array(read(&lossy(&values[0]), Type::List)))
    });
}

/// Writes a value without the last line break.
pub(super) fn write(value: &Value) -> Result<String, Error> {
    let json =
        Converter { size: 0 }.json(value, 0).map_err(|error| error.wrap("error marshaling into JSON: "))?;
    Ok(without_line_break(yaml::to_string(&json)))
}

fn without_line_break(mut text: String) -> String {
    if text.ends_with('\n') {
        text.pop();
    }
    text
}

/// Reads the first document, and ignores the others. It is null or of a type.
fn read(text: &str, wanted: Type) -> Result<Value, Error> {
    let json = crate::yaml::read(text)
        .map_err(|error| Error::new(format!("error converting YAML to JSON: yaml: {error}")))?;
    let value = match (Value::from(&json), wanted) {
        (Value::Nil, Type::List) => Value::list([]),
        (Value::Nil, _) => Value::map::<Text>([]),
        (value, _) => value,
    };
    check(&value, wanted).map_err(|error| error.wrap("error unmarshaling JSON: while decoding JSON: "))?;
    Ok(value)
}

/// Converts values to JSON, with a limit for their size.
struct Converter {
    size: usize,
}

impl Converter {
    fn json(&mut self, value: &Value, depth: usize) -> Result<serde_json::Value, Error> {
        if depth > MAX_DEPTH {
            let kind = value.type_name();
            return Err(Error::new(format!("json: unsupported value: encountered a cycle via {kind}")));
        }
        self.count(1)?;
        Ok(match value {
            Value::Nil => serde_json::Value::Null,
            Value::Bool(flag) => (*flag).into(),
            Value::Int(number) | Value::Int64(number) => (*number).into(),
            Value::Uint8(number) => (*number).into(),
            Value::Uint64(number) => (*number).into(),
            Value::Float(number) => {
                let number = Number::from_f64(*number).ok_or_else(|| {
                    let shown = value.to_string();
                    Error::new(format!("json: unsupported value: {shown}"))
                })?;
                serde_json::Value::Number(number)
            }
            Value::Complex(..) => return Err(Error::new("json: unsupported type: complex128")),
            Value::String(text) => self.string(&text.lossy())?,
            Value::List(list) if list.is_nil() => serde_json::Value::Null,
            Value::List(list) if list.element() == Element::Uint8 => self.string(&base64(&bytes_of(list)))?,
            Value::List(list) => {
                let items = list.items().clone();
                serde_json::Value::Array(
                    items.iter().map(|item| self.json(item, depth + 1)).collect::<Result<_, _>>()?,
                )
            }
            Value::Map(map) if map.is_nil() => serde_json::Value::Null,
            Value::Map(map) => {
                let entries = map.entries().clone();
                self.object(entries.iter().map(|(key, value)| (key.to_string(), value)), depth)?
            }
            Value::Object(object) => match object.json() {
                Json::Text(text) => self.string(&text)?,
                Json::Fields(fields) => {
                    self.object(fields.iter().map(|(key, value)| (key.clone(), value)), depth)?
                }
            },
        })
    }

    fn object<'v>(
        &mut self,
        entries: impl Iterator<Item = (String, &'v Value)>,
        depth: usize,
    ) -> Result<serde_json::Value, Error> {
        let mut object = Map::new();
        for (key, value) in entries {
            self.count(key.len())?;
            object.insert(key, self.json(value, depth + 1)?);
        }
        Ok(serde_json::Value::Object(object))
    }

    /// A text as it is after the way through JSON, which changes some control characters.
    fn string(&mut self, text: &str) -> Result<serde_json::Value, Error> {
        self.count(text.len())?;
        let text = yaml::reread_json(text).map_err(|error| {
            Error::new(format!("yaml: control characters are not allowed: {}", error.message))
        })?;
        Ok(text.into())
    }

    fn count(&mut self, size: usize) -> Result<(), Error> {
        self.size = self.size.saturating_add(size);
        check_length(self.size)
    }
}
