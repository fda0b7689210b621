//! Values inside a text that itself holds JSON or YAML, such as a configuration file in a ConfigMap.

use super::embedded_yaml;
use super::field_path::{self, NodeKind, PathStep};
use crate::error::Result;
use crate::tree::{Node, Tag, go_json, parse};

/// Sets `value` if `path` leads through a text into the mapping or list that it holds. Returns whether it does.
pub(super) fn set(
    object: &mut Node,
    path: &[PathStep],
    value: &Node,
    create: Option<NodeKind>,
) -> Result<bool> {
    for at in 1..path.len() {
        let (outer, inner) = path.split_at(at);
        let Ok(Some(Node::Scalar(scalar))) = field_path::get(object, outer) else { continue };
        if scalar.tag == Tag::Null {
            // As in kustomize, nothing is added below an explicit null, without an error.
            return Ok(create.is_some());
        }
        let Ok(Some(mut document)) = parse::document(&scalar.text, 0) else { return Ok(false) };
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
        let Ok(text) = write(&document, &scalar.text) else { return Ok(true) };
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

/// Writes the document in the style of its old text: JSON on one line or indented, or YAML.
fn write(document: &Node, before: &str) -> Result<String> {
    if !before.trim_start().starts_with(['{', '[']) {
        return match embedded_yaml::write(document, before) {
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
