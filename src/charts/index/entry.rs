//! Entries of an index, as strictly as Helm reads them.
//!
//! A value of a wrong type makes the whole index invalid, and in YAML an unknown field does too; an entry without name, or
//! with an invalid version, is skipped. The case of fields does not matter, as in Go. In YAML, numbers and booleans become texts
//! in the fields that an index adds to the metadata of a chart, such as `digest`, but not in the metadata.

use edgeflux_helm::semver;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Version of a chart in an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::charts) struct Entry {
    #[serde(rename = "v")]
    pub version: String,
    /// Time in seconds since 1970 and nanoseconds; none if the index has none.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub created: Option<(i64, i32)>,
    #[serde(rename = "d", default, skip_serializing_if = "String::is_empty")]
    pub digest: String,
    /// URL of the archive, possibly relative; Flux uses the first one only.
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// Text in which an index is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    Yaml,
    Json,
}

/// Type of a field that is read but not used.
enum Unused {
    Text,
    LooseText,
    Texts,
    Flag,
    TextsByName,
}

fn unused(field: &str) -> Option<Unused> {
    Some(match field {
        "home" | "description" | "icon" | "condition" | "tags" | "appversion" | "kubeversion" => Unused::Text,
        "checksum" | "engine" | "tillerversion" | "url" => Unused::LooseText,
        "sources" | "keywords" => Unused::Texts,
        "deprecated" | "removed" => Unused::Flag,
        "annotations" => Unused::TextsByName,
        _ => return None,
    })
}

impl Entry {
    /// Reads an element of a list of versions; none if Helm skips it.
    pub(super) fn read(value: &Value, syntax: Syntax) -> Result<Option<Entry>, String> {
        let fields = match value {
            Value::Null => return Ok(None),
            Value::Object(fields) => fields,
            _ => return Err("a version is not an object".to_owned()),
        };
        let reader = Reader { syntax };
        let (mut name, mut kind) = (String::new(), String::new());
        let mut entry = Entry { version: String::new(), created: None, digest: String::new(), url: None };
        let mut skipped = false;
        for (field, value) in fields {
            match field.to_ascii_lowercase().as_str() {
                "name" => name = text(field, value)?,
                "version" => entry.version = text(field, value)?,
                "apiversion" => drop(text(field, value)?),
                "type" => kind = text(field, value)?,
                "digest" => entry.digest = reader.loose_text(field, value)?,
                "urls" => entry.url = reader.loose_texts(field, value)?.into_iter().next(),
                "created" => entry.created = time(field, value)?,
                "maintainers" => skipped |= !reader.maintainers(value)?,
                "dependencies" => skipped |= !reader.dependencies(value)?,
                other => match unused(other) {
                    Some(Unused::Text) => drop(text(field, value)?),
                    Some(Unused::LooseText) => drop(reader.loose_text(field, value)?),
                    Some(Unused::Texts) => drop(texts(field, value)?),
                    Some(Unused::Flag) => flag(field, value)?,
                    Some(Unused::TextsByName) => texts_by_name(field, value)?,
                    None => reader.unknown(field)?,
                },
            }
        }
        // The checks of Helm's `Metadata.Validate`.
        let is_name = !matches!(name.as_str(), "" | "." | "..") && !name.contains('/');
        let is_kind = matches!(kind.as_str(), "" | "application" | "library");
        if skipped || !is_name || !is_kind || semver::Version::parse(&entry.version).is_err() {
            return Ok(None);
        }
        Ok(Some(entry))
    }
}

/// Reads values as Go does: null is an empty value.
#[derive(Clone, Copy)]
pub(super) struct Reader {
    pub syntax: Syntax,
}

impl Reader {
    pub(super) fn unknown(self, field: &str) -> Result<(), String> {
        match self.syntax {
            Syntax::Yaml => Err(format!("unknown field {field:?}")),
            Syntax::Json => Ok(()),
        }
    }

    /// Reads a text that may be written as a number or boolean in YAML.
    pub(super) fn loose_text(self, field: &str, value: &Value) -> Result<String, String> {
        match value {
            Value::Number(number) if self.syntax == Syntax::Yaml => Ok(match number.as_f64() {
                Some(float) if number.is_f64() => float.to_string(),
                _ => number.to_string(),
            }),
            Value::Bool(flag) if self.syntax == Syntax::Yaml => Ok(flag.to_string()),
            value => text(field, value),
        }
    }

    pub(super) fn loose_texts(self, field: &str, value: &Value) -> Result<Vec<String>, String> {
        list(field, value)?.iter().map(|value| self.loose_text(field, value)).collect()
    }

    pub(super) fn loose_texts_by_name(self, field: &str, value: &Value) -> Result<(), String> {
        let Some(map) = map(field, value)? else { return Ok(()) };
        map.values().try_for_each(|value| self.loose_text(field, value).map(drop))
    }

    /// Whether the maintainers are valid.
    fn maintainers(self, value: &Value) -> Result<bool, String> {
        let mut valid = true;
        for value in list("maintainers", value)? {
            let Some(fields) = map("maintainers", value)? else {
                valid = false;
                continue;
            };
            for (field, value) in fields {
                match field.to_ascii_lowercase().as_str() {
                    "name" | "email" | "url" => drop(text(field, value)?),
                    _ => self.unknown(field)?,
                }
            }
        }
        Ok(valid)
    }

    /// Whether the dependencies are valid. Helm accepts several of one name in an index.
    fn dependencies(self, value: &Value) -> Result<bool, String> {
        let mut valid = true;
        for value in list("dependencies", value)? {
            let Some(fields) = map("dependencies", value)? else {
                valid = false;
                continue;
            };
            for (field, value) in fields {
                match field.to_ascii_lowercase().as_str() {
                    "name" | "version" | "repository" | "condition" => drop(text(field, value)?),
                    "alias" => {
                        let alias = text(field, value)?;
                        let is_part = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '-');
                        valid &= alias.chars().all(is_part);
                    }
                    "tags" => drop(texts(field, value)?),
                    "enabled" => flag(field, value)?,
                    "import-values" => drop(list(field, value)?),
                    _ => self.unknown(field)?,
                }
            }
        }
        Ok(valid)
    }
}

fn text(field: &str, value: &Value) -> Result<String, String> {
    match value {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text.clone()),
        _ => Err(format!("{field} is not a text")),
    }
}

fn texts(field: &str, value: &Value) -> Result<Vec<String>, String> {
    list(field, value)?.iter().map(|value| text(field, value)).collect()
}

fn texts_by_name(field: &str, value: &Value) -> Result<(), String> {
    let Some(map) = map(field, value)? else { return Ok(()) };
    map.values().try_for_each(|value| text(field, value).map(drop))
}

fn flag(field: &str, value: &Value) -> Result<(), String> {
    let is_flag = matches!(value, Value::Null | Value::Bool(_));
    if is_flag { Ok(()) } else { Err(format!("{field} is neither true nor false")) }
}

/// Reads a time: seconds since 1970 and nanoseconds.
pub(super) fn time(field: &str, value: &Value) -> Result<Option<(i64, i32)>, String> {
    let Value::String(text) = value else {
        return if value.is_null() { Ok(None) } else { Err(format!("{field} is not a time")) };
    };
    let time: Result<Timestamp, _> = text.parse();
    let time = time.map_err(|_| format!("{field} is not a time such as 2026-01-02T15:04:05Z"))?;
    Ok(Some((time.as_second(), time.subsec_nanosecond())))
}

fn list<'a>(field: &str, value: &'a Value) -> Result<&'a [Value], String> {
    match value {
        Value::Null => Ok(&[]),
        Value::Array(list) => Ok(list),
        _ => Err(format!("{field} is not a list")),
    }
}

fn map<'a>(field: &str, value: &'a Value) -> Result<Option<&'a Map<String, Value>>, String> {
    match value {
        Value::Null => Ok(None),
        Value::Object(map) => Ok(Some(map)),
        _ => Err(format!("{field} is not an object")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: &Value) -> Result<Option<Entry>, String> {
        Entry::read(value, Syntax::Yaml)
    }

    #[test]
    fn a_complete_entry_is_read() {
        let entry = read(
            &json!({"apiVersion": "v2", "appVersion": "1.5", "created": "2024-05-01T12:00:00.5+02:00",
            "dependencies": [{"name": "redis", "version": ">=1", "alias": "cache", "tags": ["a"], "enabled": true,
                "import-values": ["x", {"child": "a", "parent": "b"}]}],
            "maintainers": [{"name": "me", "email": "me@example.com"}], "annotations": {"a": "1"}, "deprecated": true,
            "digest": "ab", "name": "podinfo", "type": "application", "urls": ["a.tgz", "b.tgz"],
            "version": "6.5.0", "keywords": null}),
        );
        let created = Some((1_714_557_600, 500_000_000));
        let url = Some("a.tgz".to_owned());
        assert_eq!(entry, Ok(Some(Entry { version: "6.5.0".into(), created, digest: "ab".into(), url })));
    }

    #[test]
    fn numbers_become_texts_in_yaml_outside_of_the_metadata_only() {
        let value = json!({"name": "a", "version": "1.0.0", "digest": 15, "urls": [1.5, true]});
        let entry = Entry::read(&value, Syntax::Yaml).unwrap().unwrap();
        assert_eq!((entry.digest.as_str(), entry.url.as_deref()), ("15", Some("1.5")));
        assert!(Entry::read(&value, Syntax::Json).is_err());
        for (value, message) in [
            (json!({"version": 1.5}), "version is not a text"),
            (json!({"appVersion": true}), "appVersion is not a text"),
            (json!({"annotations": {"a": 1}}), "annotations is not a text"),
        ] {
            assert_eq!(read(&value), Err(message.to_owned()));
        }
    }

    #[test]
    fn the_case_of_fields_does_not_matter() {
        let entry = read(&json!({"Name": "a", "VERSION": "1.0.0", "Urls": ["a.tgz"]})).unwrap().unwrap();
        assert_eq!((entry.version.as_str(), entry.url.as_deref()), ("1.0.0", Some("a.tgz")));
    }

    #[test]
    fn unknown_fields_are_an_error_in_yaml_only() {
        let value = json!({"name": "a", "version": "1.0.0", "extra": 1});
        assert_eq!(Entry::read(&value, Syntax::Yaml), Err("unknown field \"extra\"".to_owned()));
        assert!(Entry::read(&value, Syntax::Json).unwrap().is_some());
    }

    #[test]
    fn entries_that_helm_skips_are_skipped() {
        for value in [
            json!(null),
            json!({}),
            json!({"name": "a"}),
            json!({"version": "1.0.0"}),
            json!({"name": "a", "version": "not a version"}),
            json!({"name": "..", "version": "1.0.0"}),
            json!({"name": "a/b", "version": "1.0.0"}),
            json!({"name": "a", "version": "1.0.0", "type": "plugin"}),
            json!({"name": "a", "version": "1.0.0", "maintainers": [null]}),
            json!({"name": "a", "version": "1.0.0", "dependencies": [{"name": "b", "alias": "x y"}]}),
        ] {
            assert_eq!(read(&value), Ok(None), "{value}");
        }
    }

    #[test]
    fn wrong_types_are_errors() {
        for (value, message) in [
            (json!("a"), "a version is not an object"),
            (json!({"urls": "a.tgz"}), "urls is not a list"),
            (json!({"created": "yesterday"}), "created is not a time such as 2026-01-02T15:04:05Z"),
            (json!({"annotations": []}), "annotations is not an object"),
            (json!({"deprecated": "no"}), "deprecated is neither true nor false"),
        ] {
            assert_eq!(read(&value), Err(message.to_owned()));
        }
    }
}
