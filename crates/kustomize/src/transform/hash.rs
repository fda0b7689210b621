//! The hash that goes to the names of generated ConfigMaps and Secrets, so that a new content is a new object.

use std::fmt::Write as _;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::go_json;
use crate::error::Result;
use crate::node::Node;
use crate::resmap::ResMap;
use crate::resource::Resource;

/// Adds the hash to the names of those that a generator asked it for.
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

/// Ten characters from the SHA-256 of kind, type and data, in an alphabet without vowels and look-alikes.
fn hash(resource: &Resource) -> Result<String> {
    let part = |name: &str| -> Result<Value> {
        match resource.node.get(name) {
            None => Ok(Value::String(String::new())),
            Some(Node::Scalar(scalar)) => Ok(Value::String(scalar.text.clone())),
            Some(node) => node.to_json(),
        }
    };
    // The fields in the order of their names, as Go writes a map.
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
    // Kustomize means to take the name and takes nothing; names stay what they are only if this stays so too.
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
