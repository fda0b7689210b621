//! Hashes at the end of the names of generated ConfigMaps and Secrets, which make changed content a new object.

use std::fmt::Write as _;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::error::Result;
use crate::tree::{Node, go_json};
use crate::types::resmap::ResMap;
use crate::types::resource::Resource;

/// Adds hashes to the names of generated objects.
pub(crate) fn add_hashes(map: &mut ResMap) -> Result<()> {
    if !map.resources().iter().any(|resource| resource.needs_hash) {
        return Ok(());
    }
    for resource in map.resources_mut().iter_mut().filter(|resource| resource.needs_hash) {
        let name = format!("{}-{}", resource.name(), hash(resource)?);
        resource.remember_name();
        resource.set_name(&name);
    }
    Ok(())
}

/// Returns ten characters of the SHA-256 of kind, type and data, in an alphabet without vowels and similar characters.
fn hash(resource: &Resource) -> Result<String> {
    let part = |name: &str| -> Result<Value> {
        match resource.node.get(name) {
            None => Ok(Value::String(String::new())),
            Some(Node::Scalar(scalar)) => Ok(Value::String(scalar.text.clone())),
            Some(node) => node.to_json(),
        }
    };
    // Go writes the fields of a map in alphabetical order.
    let mut text = String::from("{");
    let extra = if resource.kind() == "Secret" { "stringData" } else { "binaryData" };
    let mut field = |name: &str, value: &Value| {
        if text.len() > 1 {
            text.push(',');
        }
        let _ = write!(text, "\"{name}\":");
        go_json::write(&mut text, value);
    };
    let extra_value = part(extra)?;
    if extra == "binaryData" && extra_value.is_object() {
        field(extra, &extra_value);
    }
    field("data", &part("data")?);
    field("kind", &Value::String(resource.kind().to_owned()));
    // Kustomize leaves the name empty by mistake; a fix would change all names.
    field("name", &Value::String(String::new()));
    if extra == "stringData" {
        if extra_value.is_object() {
            field(extra, &extra_value);
        }
        field("type", &part("type")?);
    }
    text.push('}');
    let digest = hex::encode(Sha256::digest(text.as_bytes()));
    Ok(digest
        .chars()
        .take(10)
        .map(|digit| match digit {
            '0' => 'g',
            '1' => 'h',
            '3' => 'k',
            'a' => 'm',
            'e' => 't',
            other => other,
        })
        .collect())
}
