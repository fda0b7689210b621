//! Variable substitution in rendered objects.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::expand::expand_recording;
use super::settings::is_variable_name;
use crate::error::{Error, Result, Warning};
use crate::tree::Node;
use crate::types::resource::Resource;

/// Label or annotation that disables substitution in an object.
const SUBSTITUTE: &str = "kustomize.toolkit.fluxcd.io/substitute";

/// Returns whether a label or annotation disables substitution in the object.
pub(super) fn is_disabled(resource: &Resource) -> bool {
    ["labels", "annotations"]
        .iter()
        .any(|field| resource.metadata_texts(field).any(|pair| pair == (SUBSTITUTE, "disabled")))
}

/// Replaces the variables in the text of an object. Unless `strict`, variables without a value and a default become empty,
/// and their names are returned.
pub(super) fn substitute(
    resource: &mut Resource,
    values: &BTreeMap<String, String>,
    strict: bool,
) -> Result<BTreeSet<String>> {
    // Invalid names are reported once something is substituted, not for directories without objects.
    if let Some(name) = values.keys().find(|name| !is_variable_name(name)) {
        return Err(Error::new(format!("invalid variable name {name:?}"))
            .field("spec.postBuild.substitute")
            .hint("use letters, digits and underscores, and do not start with a digit"));
    }
    let unset = RefCell::default();
    let value = |name: &str| values.get(name).cloned();
    let note = (!strict).then_some(&unset);
    let object = substituted(&resource.to_json()?, &value, note)
        .map_err(|error| error.during(format!("substitution in {}", resource.id())))?;
    resource.node = Node::from_json(&object);
    Ok(unset.into_inner())
}

/// Replaces the variables in the text of an object, and in that of each item of a list, unless a label or annotation
/// disables it there. A variable for which `value` returns `None` is an error, unless it has a default. Returns none if
/// nothing is to be replaced.
///
/// # Errors
/// An expression is invalid, a variable has neither a value nor a default, or the result is not an object.
pub fn substitute_object(object: &Value, value: &dyn Fn(&str) -> Option<String>) -> Result<Option<Value>> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let is_disabled =
        ["labels", "annotations"].iter().any(|field| object["metadata"][*field][SUBSTITUTE] == "disabled");
    if is_disabled {
        return Ok(None);
    }
    let items = object["items"].as_array().filter(|_| text(&object["kind"]).ends_with("List"));
    if let Some(items) = items {
        let mut list = object.clone();
        for (at, item) in items.iter().enumerate() {
            if let Some(item) = substitute_object(item, value)? {
                list["items"][at] = item;
            }
        }
        return Ok(Some(list));
    }
    let subject = format!("{}/{}", text(&object["kind"]), text(&object["metadata"]["name"]));
    substituted(object, value, None).map(Some).map_err(|error| error.during(subject))
}

fn substituted(
    object: &Value,
    value: &dyn Fn(&str) -> Option<String>,
    note: Option<&RefCell<BTreeSet<String>>>,
) -> Result<Value> {
    let text = expand_recording(&edgeflux_yaml::to_string(object), value, note)?;
    let object = edgeflux_yaml::first_document(&text).map_err(|error| {
        Error::new(format!("the result is not valid YAML: {}", error.message)).hint("quote the variable")
    })?;
    if !object.is_object() {
        return Err(Error::new("the result is not an object"));
    }
    Ok(object)
}

/// Expressions that nothing replaces, in fields where they must be meant for the controller.
#[derive(Debug, Default)]
pub(super) struct Unreplaced {
    /// First object, its field and the expression.
    first: Option<(String, String, String)>,
    objects: usize,
}

impl Unreplaced {
    /// Checks an object in which nothing was replaced.
    pub(super) fn check(&mut self, object: &Value) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        if let Some((field, expression)) = find(object, &mut Vec::new()) {
            self.objects += 1;
            let subject = format!("{}/{}", text(&object["kind"]), text(&object["metadata"]["name"]));
            self.first.get_or_insert((subject, field, expression));
        }
    }

    /// Returns a warning of all expressions; `has_post_build` says whether the Flux Kustomization has a `spec.postBuild`.
    pub(super) fn warning(self, has_post_build: bool) -> Option<Warning> {
        let (subject, field, expression) = self.first?;
        let others = match self.objects - 1 {
            0 => String::new(),
            1 => " (and one more object has such expressions)".to_owned(),
            count => format!(" (and {count} more objects have such expressions)"),
        };
        let why = if has_post_build {
            "spec.postBuild of the Flux Kustomization sets no variables, so the controller substitutes \
            nothing"
        } else {
            "the Flux Kustomization has no spec.postBuild"
        };
        Some(
            Warning::new(format!("{field} keeps {expression} unsubstituted{others}: {why}"))
                .hint(
                    "set the variable in spec.postBuild.substitute, or set \
                    spec.postBuild.substituteStrategy to Always to use only defaults",
                )
                .during(subject),
        )
    }
}

/// Finds the first expression that can only be meant for the controller: `${NAME}` in a name, namespace, label or image,
/// and a default such as `${NAME:=…}` elsewhere, except in data, scripts and texts of several lines.
fn find(value: &Value, path: &mut Vec<String>) -> Option<(String, String)> {
    match value {
        Value::String(text) => {
            let last = path.last().map(String::as_str).unwrap_or_default();
            let is_strict = matches!(last, "image" | "namespace")
                || matches!(&path[..], [metadata, field, ..] if metadata == "metadata" && (field == "name" || field == "labels"));
            let expression = expression(text)?;
            let is_meant = is_strict || (expression.contains(":=") && !text.contains('\n'));
            is_meant.then(|| (path.join("."), expression.to_owned()))
        }
        Value::Array(items) => items.iter().enumerate().find_map(|(at, item)| {
            path.push(at.to_string());
            let found = find(item, path);
            path.pop();
            found
        }),
        Value::Object(fields) => fields.iter().find_map(|(name, field)| {
            let is_data = path.is_empty() && matches!(&**name, "data" | "stringData" | "binaryData");
            if is_data || matches!(&**name, "command" | "args" | "description") {
                return None;
            }
            path.push(name.clone());
            let found = find(field, path);
            path.pop();
            found
        }),
        _ => None,
    }
}

/// Returns the first `${NAME…}` of a text that is not escaped by another dollar.
fn expression(text: &str) -> Option<&str> {
    let mut from = 0;
    while let Some(at) = text[from..].find("${") {
        let start = from + at;
        from = start + 2;
        let name = text[from..].find(|char: char| !(char == '_' || char.is_ascii_alphanumeric()));
        let is_escaped = text[..start].ends_with('$');
        if let (false, Some(length @ 1..), Some(end)) = (is_escaped, name, text[from..].find('}'))
            && is_variable_name(&text[from..from + length])
        {
            return Some(&text[start..=from + end]);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(object: &Value) -> Option<(String, String)> {
        find(object, &mut Vec::new())
    }

    #[test]
    fn expressions_for_the_controller_are_found() {
        let meant = |field: &str, expression: &str| Some((field.to_owned(), expression.to_owned()));
        for (object, expected) in [
            (json!({"metadata": {"name": "${front:=dev}"}}), meant("metadata.name", "${front:=dev}")),
            (json!({"metadata": {"labels": {"env": "x-${ENV}"}}}), meant("metadata.labels.env", "${ENV}")),
            (
                json!({"spec": {"containers": [{"image": "a:${TAG}"}]}}),
                meant("spec.containers.0.image", "${TAG}"),
            ),
            (json!({"spec": {"host": "${HOST:=a.example}"}}), meant("spec.host", "${HOST:=a.example}")),
            (json!({"spec": {"host": "${HOST}"}}), None),
            (json!({"metadata": {"name": "$${front:=dev}"}}), None),
            (json!({"metadata": {"name": "a-$front-${}-${1a}"}}), None),
            (json!({"data": {"run.sh": "echo ${X:=y}"}}), None),
            (json!({"spec": {"args": ["${X:=y}"], "command": ["${X:=y}"]}}), None),
            (json!({"spec": {"script": "set -e\necho ${X:=y}\n"}}), None),
        ] {
            assert_eq!(found(&object), expected, "{object}");
        }
    }
}
