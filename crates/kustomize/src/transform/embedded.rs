//! Values inside a text that itself holds JSON or YAML, such as the configuration file in a ConfigMap.

use super::{embedded_yaml, go_json};
use crate::error::Result;
use crate::field_path::{self, Kind, Step};
use crate::node::{Node, Tag};
use crate::read;

/// Sets `value` where `path` leads through a text into the mapping or list that it holds. False where it does not.
pub(super) fn set(object: &mut Node, path: &[Step], value: &Node, create: Option<Kind>) -> Result<bool> {
    for at in 1..path.len() {
        let (outer, inner) = path.split_at(at);
        let Ok(Some(Node::Scalar(scalar))) = field_path::get(object, outer) else { continue };
        if scalar.tag == Tag::Null {
            // As in kustomize, nothing is made below an explicit null, and that is no error.
            return Ok(create.is_some());
        }
        let Ok(Some(mut document)) = read::document(&scalar.text, 0) else { return Ok(false) };
        let mut put = |node: &mut Node| {
            match (node, value) {
                (Node::Scalar(old), Node::Scalar(new)) => old.text.clone_from(&new.text),
                (node, value) => *node = value.clone(),
            }
            Ok(())
        };
        if !matches!(field_path::visit(&mut document, inner, create, &mut put), Ok(count) if count > 0) {
            return Ok(false);
        }
        // As in kustomize, a value of the wrong type leaves JSON as it is.
        let Ok(text) = written(&document, &scalar.text) else { return Ok(true) };
        let mut put = |node: &mut Node| {
            if let Node::Scalar(scalar) = node {
                scalar.text.clone_from(&text);
            }
            Ok(())
        };
        field_path::visit(object, outer, None, &mut put)?;
        return Ok(true);
    }
    Ok(false)
}

/// The document in the style of the text that it came from: JSON in one line or indented, or YAML.
fn written(document: &Node, before: &str) -> Result<String> {
    if !before.trim_start().starts_with(['{', '[']) {
        return match embedded_yaml::written(document, before) {
            Some(text) => Ok(text),
            None => Ok(edgeflux_yaml::to_string(&document.to_json()?).trim().to_owned()),
        };
    }
    let value = document.to_json()?;
    if before.contains('\n') && before.contains("  ") {
        return Ok(go_json::indented(&value));
    }
    let mut text = String::new();
    go_json::write(&mut text, &value);
    Ok(text)
}
