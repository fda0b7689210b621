//! JSON patches (RFC 6902), with the deviations of the library that kustomize uses: `replace` adds a missing field, indexes
//! may count from the end, and `test` reads a missing field as null.

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::tree::go_json;

/// The operations of a patch.
#[derive(Debug, Clone)]
pub(crate) struct JsonPatch {
    /// Invalid operations are reported when they are applied.
    operations: Vec<Result<Operation>>,
    /// The text of a patch that is written as JSON: its values are compared as they are written.
    json: Option<String>,
}

#[derive(Debug, Clone)]
struct Operation {
    action: Action,
    path: String,
}

#[derive(Debug, Clone)]
enum Action {
    Add(Value),
    Replace(Value),
    Test(Value),
    Remove,
    Move(String),
    Copy(String),
}

impl JsonPatch {
    /// Reads a patch from YAML or JSON.
    pub fn read(text: &str) -> Result<Self> {
        let value = if text.starts_with('[') {
            serde_json::from_str(text)
                .map_err(|error| Error::new(format!("not JSON: {error}")).line(error.line()))?
        } else {
            edgeflux_yaml::first_document(text)?
        };
        let Value::Array(items) = value else {
            return Err(Error::new("a JSON patch must be a list of operations"));
        };
        if let Some(index) = items.iter().position(|item| !item.is_object() && !item.is_null()) {
            return Err(Error::new(
                "an operation must be a mapping with op and \
                path",
            )
            .field(format!("[{index}]")));
        }
        let operations = items
            .into_iter()
            .enumerate()
            .map(|(index, item)| operation(item).map_err(|error| error.field(format!("[{index}]"))))
            .collect();
        Ok(Self { operations, json: text.starts_with('[').then(|| text.to_owned()) })
    }

    /// Returns whether it has no operations.
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// Applies the operations in order.
    pub fn apply(&self, document: &mut Value) -> Result<()> {
        self.operations.iter().try_for_each(|operation| {
            let operation = operation.as_ref().map_err(Clone::clone)?;
            operation
                .apply(document, self.json.as_deref())
                .map_err(|error| error.during(format!("{} {}", operation.name(), operation.path)))
        })
    }
}

/// Returns the first string of a value that Go writes in another way than `json` does.
fn written_otherwise<'a>(value: &'a Value, json: &str) -> Option<&'a str> {
    match value {
        Value::String(text) => Some(text.as_str()).filter(|text| !json.contains(&go_text(text))),
        Value::Array(items) => items.iter().find_map(|item| written_otherwise(item, json)),
        Value::Object(fields) => fields.values().find_map(|value| written_otherwise(value, json)),
        _ => None,
    }
}

fn go_text(text: &str) -> String {
    let mut written = String::new();
    go_json::write(&mut written, &text.into());
    written
}

fn operation(item: Value) -> Result<Operation> {
    let Value::Object(mut fields) = item else {
        return Err(Error::new("an operation must be a mapping with op and path"));
    };
    let text = |fields: &Map<String, Value>, name: &str| {
        fields.get(name).and_then(Value::as_str).map(str::to_owned).ok_or_else(|| {
            Error::new(format!("an operation without {name}"))
                .hint("every operation needs op and path; copy and move also need from")
        })
    };
    let path = text(&fields, "path")?;
    let value = fields.remove("value").unwrap_or(Value::Null);
    let action = match text(&fields, "op")?.as_str() {
        "add" => Action::Add(value),
        "replace" => Action::Replace(value),
        "test" => Action::Test(value),
        "remove" => Action::Remove,
        "move" => Action::Move(text(&fields, "from")?),
        "copy" => Action::Copy(text(&fields, "from")?),
        other => {
            return Err(Error::new(format!("unknown operation {other:?}"))
                .hint("it must be add, remove, replace, move, copy or test"));
        }
    };
    Ok(Operation { action, path })
}

impl Operation {
    fn name(&self) -> &'static str {
        match self.action {
            Action::Add(_) => "add",
            Action::Replace(_) => "replace",
            Action::Test(_) => "test",
            Action::Remove => "remove",
            Action::Move(_) => "move",
            Action::Copy(_) => "copy",
        }
    }

    fn apply(&self, document: &mut Value, json: Option<&str>) -> Result<()> {
        match &self.action {
            Action::Add(value) => add(document, &self.path, value.clone()),
            Action::Replace(value) => replace(document, &self.path, value),
            Action::Test(value) => {
                let found = if self.path.is_empty() { document.clone() } else { get(document, &self.path)? };
                if found == *value {
                    return match json.and_then(|json| written_otherwise(value, json)) {
                        None => Ok(()),
                        Some(text) => Err(Error::new(format!(
                            "kustomize compares {text:?} literally, but writes it as {}",
                            go_text(text)
                        ))
                        .hint("write it that way, or write the patch as YAML")),
                    };
                }
                Err(Error::new(format!("expected {value}, found {found}")))
            }
            Action::Remove => remove(document, &self.path).map(drop),
            Action::Move(from) => {
                let value = remove(document, from)?;
                add(document, &self.path, value)
            }
            Action::Copy(from) => {
                let value = get(document, from)?;
                add(document, &self.path, value)
            }
        }
    }
}

/// What the last step of a path leads to.
enum Location<'a> {
    Field(&'a mut Map<String, Value>, String),
    Item(&'a mut Vec<Value>, String),
}

fn unescaped(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

fn place<'a>(document: &'a mut Value, path: &str) -> Result<Location<'a>> {
    let missing = || Error::new("no such path");
    let (above, last) =
        path.rsplit_once('/').ok_or_else(|| Error::new("invalid path").hint("start it with /"))?;
    let mut value = document;
    for step in above.split('/').skip(1) {
        let step = unescaped(step);
        value = match value {
            Value::Object(map) => map.get_mut(&step).ok_or_else(missing)?,
            Value::Array(items) => {
                let at = index(&step, items.len())?;
                &mut items[at]
            }
            _ => return Err(missing()),
        };
    }
    match value {
        Value::Object(map) => Ok(Location::Field(map, unescaped(last))),
        Value::Array(items) => Ok(Location::Item(items, unescaped(last))),
        _ => Err(missing()),
    }
}

/// Parses a list index below `length`; a negative one counts from the end.
fn index(key: &str, length: usize) -> Result<usize> {
    let number: i64 = key.parse().map_err(|_| {
        Error::new(format!("{key:?} is not a list index")).hint("use a number, or - to add at the end")
    })?;
    let at = if number < 0 { i64::try_from(length).unwrap_or(i64::MAX) + number } else { number };
    usize::try_from(at)
        .ok()
        .filter(|at| *at < length)
        .ok_or_else(|| Error::new(format!("the list has no item {number}")))
}

fn add(document: &mut Value, path: &str, value: Value) -> Result<()> {
    match place(document, path)? {
        Location::Field(map, key) => {
            map.insert(key, value);
        }
        Location::Item(items, key) if key == "-" => items.push(value),
        Location::Item(items, key) => {
            let at = index(&key, items.len() + 1)?;
            items.insert(at, value);
        }
    }
    Ok(())
}

fn replace(document: &mut Value, path: &str, value: &Value) -> Result<()> {
    if path.is_empty() {
        if !(value.is_object() || value.is_array()) {
            return Err(Error::new("the whole object can only be replaced by a mapping"));
        }
        document.clone_from(value);
        return Ok(());
    }
    match place(document, path)? {
        Location::Field(map, key) => {
            map.insert(key, value.clone());
        }
        Location::Item(items, key) => {
            let at = index(&key, items.len())?;
            items[at].clone_from(value);
        }
    }
    Ok(())
}

fn get(document: &mut Value, path: &str) -> Result<Value> {
    Ok(match place(document, path)? {
        Location::Field(map, key) => map.get(&key).cloned().unwrap_or(Value::Null),
        Location::Item(items, key) => items[index(&key, items.len())?].clone(),
    })
}

fn remove(document: &mut Value, path: &str) -> Result<Value> {
    match place(document, path)? {
        Location::Field(map, key) => map.remove(&key).ok_or_else(|| Error::new(format!("no field {key:?}"))),
        Location::Item(items, key) => {
            let at = index(&key, items.len())?;
            Ok(items.remove(at))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn patched(mut document: Value, patch: &str) -> Result<Value> {
        JsonPatch::read(patch)?.apply(&mut document)?;
        Ok(document)
    }

    #[test]
    fn replace_adds_a_missing_field() {
        let patch = "- op: replace\n  path: /a/b\n  value: 1\n";
        assert_eq!(patched(json!({"a": {}}), patch).unwrap(), json!({"a": {"b": 1}}));
    }

    #[test]
    fn a_negative_index_counts_from_the_end() {
        let list = json!({"a": [1, 2, 3]});
        let patch = |op: &str, at: &str| format!("- op: {op}\n  path: /a/{at}\n  value: 9\n");
        assert_eq!(patched(list.clone(), &patch("add", "-1")).unwrap(), json!({"a": [1, 2, 3, 9]}));
        assert_eq!(patched(list.clone(), &patch("replace", "-1")).unwrap(), json!({"a": [1, 2, 9]}));
        assert_eq!(patched(list.clone(), &patch("remove", "-3")).unwrap(), json!({"a": [2, 3]}));
        assert!(patched(list, &patch("remove", "-4")).is_err());
    }

    #[test]
    fn a_tilde_escapes_slash_and_tilde() {
        let patch = r#"[{"op": "add", "path": "/a~1b~0c", "value": true}]"#;
        assert_eq!(patched(json!({}), patch).unwrap(), json!({"a/b~c": true}));
    }

    #[test]
    fn an_error_names_the_operation_and_its_path() {
        let error = patched(json!({}), "- op: remove\n  path: /x\n").unwrap_err();
        assert_eq!(error.to_string(), "remove /x: no field \"x\"");
    }
}
