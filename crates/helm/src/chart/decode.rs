//! Decodes YAML into fields as Go does: names in any case, and numbers and booleans as text where text is expected.

use serde_json::{Map, Value};

use crate::error::Error;
use crate::yaml;

/// An object whose fields are decoded.
pub(crate) struct Fields<'a> {
    object: &'a Map<String, Value>,
    path: String,
}

impl<'a> Fields<'a> {
    /// The fields of a document. Null has none.
    pub fn of(value: &'a Value) -> Result<Self, Error> {
        Self::at(value, String::new())
    }

    fn at(value: &'a Value, path: String) -> Result<Self, Error> {
        static EMPTY: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
        match value {
            Value::Object(object) => Ok(Self { object, path }),
            Value::Null => Ok(Self { object: &EMPTY, path }),
            other => Err(mismatch(&path, "a map", other)),
        }
    }

    fn path(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// The value of a field that is not null. Of names that differ in case only, the last in byte order counts.
    pub fn get(&self, name: &str) -> Option<&'a Value> {
        let same = |(key, _): &(&String, &Value)| key.eq_ignore_ascii_case(name);
        self.object.iter().filter(same).map(|(_, value)| value).rfind(|value| !value.is_null())
    }

    /// Sets a text if the field is there.
    pub fn text(&self, name: &str, target: &mut String) -> Result<(), Error> {
        if let Some(value) = self.get(name) {
            *target = text(value, &self.path(name))?;
        }
        Ok(())
    }

    /// Sets a boolean if the field is there.
    pub fn bool(&self, name: &str, target: &mut bool) -> Result<(), Error> {
        match self.get(name) {
            None => {}
            Some(Value::Bool(value)) => *target = *value,
            Some(other) => return Err(mismatch(&self.path(name), "true or false", other)),
        }
        Ok(())
    }

    /// Sets a list of texts if the field is there.
    pub fn texts(&self, name: &str, target: &mut Vec<String>) -> Result<(), Error> {
        self.list(name, target, |value, path| text_or_empty(value, &path))
    }

    /// Adds texts by key if the field is there.
    pub fn text_map(
        &self,
        name: &str,
        target: &mut std::collections::BTreeMap<String, String>,
    ) -> Result<(), Error> {
        let Some(value) = self.get(name) else { return Ok(()) };
        let path = self.path(name);
        let Value::Object(entries) = value else { return Err(mismatch(&path, "a map", value)) };
        for (key, value) in entries {
            target.insert(key.clone(), text_or_empty(value, &format!("{path}.{key}"))?);
        }
        Ok(())
    }

    /// Sets a list if the field is there.
    pub fn list<T>(
        &self,
        name: &str,
        target: &mut Vec<T>,
        item: impl Fn(&'a Value, String) -> Result<T, Error>,
    ) -> Result<(), Error> {
        let Some(value) = self.get(name) else { return Ok(()) };
        let path = self.path(name);
        let Value::Array(items) = value else { return Err(mismatch(&path, "a list", value)) };
        *target = items
            .iter()
            .enumerate()
            .map(|(at, value)| item(value, format!("{path}[{at}]")))
            .collect::<Result<_, _>>()?;
        Ok(())
    }

    /// Sets a list of objects if the field is there. Items that are null are refused.
    pub fn objects<T>(
        &self,
        name: &str,
        target: &mut Vec<T>,
        item: impl Fn(&Fields<'_>) -> Result<T, Error>,
    ) -> Result<(), Error> {
        self.list(name, target, |value, path| {
            if value.is_null() {
                return Err(Error::new(format!("{name} must not contain empty or null nodes")));
            }
            item(&Fields::at(value, path)?)
        })
    }

    /// The fields of a nested object; `None` if it is not there.
    pub fn object(&self, name: &str) -> Result<Option<Self>, Error> {
        self.get(name).map(|value| Self::at(value, self.path(name))).transpose()
    }
}

fn text_or_empty(value: &Value, path: &str) -> Result<String, Error> {
    if value.is_null() { Ok(String::new()) } else { text(value, path) }
}

fn text(value: &Value, path: &str) -> Result<String, Error> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(value) => Ok(value.to_string()),
        Value::Number(number) => Ok(yaml::number_text(number)),
        other => Err(mismatch(path, "a text", other)),
    }
}

fn mismatch(path: &str, expected: &str, found: &Value) -> Error {
    let found = match found {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    };
    if path.is_empty() {
        return Error::new(format!("expected {expected}, found {found}"));
    }
    Error::new(format!("{path}: expected {expected}, found {found}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_text_as_in_go() {
        let texts = |text: &str| {
            let value = yaml::read(text).expect("YAML");
            let mut target = String::new();
            Fields::of(&value).and_then(|fields| fields.text("v", &mut target)).map(|()| target)
        };
        for (yaml, expected) in [
            ("v: 1.10", "1.1"),
            ("v: 3", "3"),
            ("v: 0.00001", "1e-05"),
            ("v: 1234567.5", "1.2345675e+06"),
            ("v: true", "true"),
            ("V: x", "x"),
            ("v: null", ""),
        ] {
            assert_eq!(texts(yaml), Ok(expected.to_owned()), "{yaml}");
        }
        assert_eq!(texts("v: [1]").expect_err("a list").message(), "v: expected a text, found a list");
        assert_eq!(texts("[1]").expect_err("a list").message(), "expected a map, found a list");
    }
}
