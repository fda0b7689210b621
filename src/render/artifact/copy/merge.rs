//! Strategy Merge: two YAML files become one.

use serde_json::{Map, Value};

use super::super::files::File;
use crate::error::{Error, Result};

/// Merges two YAML files: mappings recursively; of everything else the second file counts.
pub(super) fn merged(before: &File, after: &File) -> Result<File> {
    let mapping = |file: &File| {
        let failed = |what: String| Error::failed(format!("{}: {what}", file.origin.display()));
        let content = file.read().map_err(|error| failed(error.to_string()))?;
        let text = edgeflux_yaml::decode(&content).map_err(|error| failed(error.to_string()))?;
        let mut all = Map::new();
        for document in edgeflux_yaml::documents(&text).map_err(|error| failed(error.to_string()))? {
            match document {
                Value::Object(fields) => merge(&mut all, fields),
                Value::Null => {}
                _ => return Err(failed("not a mapping, and strategy Merge takes mappings".to_owned())),
            }
        }
        Ok(all)
    };
    let mut all = mapping(before)?;
    merge(&mut all, mapping(after)?);
    let content = edgeflux_yaml::to_string(&Value::Object(all)).into_bytes();
    Ok(File { origin: after.origin.clone(), content: Some(content.into()), checkout: None })
}

fn merge(into: &mut Map<String, Value>, from: Map<String, Value>) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Object(old)), Value::Object(new)) => merge(old, new),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}
