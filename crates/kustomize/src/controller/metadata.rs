//! Labels and annotations that the controller adds to every object: those of the owner, and the common ones.

use std::collections::BTreeMap;

use serde_json::Value;

use super::settings::{CommonMetadata, Settings};
use crate::error::Warning;

/// Labels with the name and namespace of the owner.
const OWNER: [&str; 2] = ["kustomize.toolkit.fluxcd.io/name", "kustomize.toolkit.fluxcd.io/namespace"];

/// Adds the labels and annotations of `settings`.
///
/// The controller reads existing ones as strings: null becomes an empty string, and if a value has another type, all of
/// them are lost, which is a warning.
pub(super) fn add(object: &mut Value, settings: &Settings, warnings: &mut Vec<Warning>) {
    let owner = OWNER.iter().zip([&settings.name, &settings.namespace]);
    let owner = owner.map(|(name, text)| ((*name).to_owned(), text.clone())).collect();
    set(object, "labels", &owner, warnings);
    if let Some(CommonMetadata { labels, annotations }) = settings.common_metadata() {
        set(object, "labels", labels, warnings);
        set(object, "annotations", annotations, warnings);
    }
}

fn set(object: &mut Value, field: &str, more: &BTreeMap<String, String>, warnings: &mut Vec<Warning>) {
    let own = &object["metadata"][field];
    let read = texts(own);
    if let (Err(culprit), false) = (&read, more.is_empty()) {
        let (kind, name) = (text(&object["kind"]), text(&object["metadata"]["name"]));
        let warning = match culprit {
            Some(culprit) => Warning::new(format!(
                "metadata.{field}.{culprit} is not a string, so the controller drops all {field} of the \
                object"
            ))
            .hint("quote the value"),
            None => Warning::new(format!("metadata.{field} is not a mapping, so the controller drops it"))
                .hint(format!("write {field} as a mapping of names to values")),
        };
        warnings.push(warning.during(format!("{kind}/{name}")));
    }
    let mut pairs = read.unwrap_or_default();
    pairs.extend(more.iter().map(|(name, text)| (name.clone(), text.clone())));
    if !pairs.is_empty() {
        object["metadata"][field] =
            pairs.into_iter().map(|(name, text)| (name, Value::String(text))).collect();
    }
}

/// Returns the pairs of a mapping of strings. The error is the name of a value that is not a string, or `None` if there is
/// no mapping.
fn texts(pairs: &Value) -> Result<BTreeMap<String, String>, Option<String>> {
    match pairs {
        Value::Null => Ok(BTreeMap::new()),
        Value::Object(pairs) => {
            let pair = |(name, value): (&String, &Value)| match value {
                Value::String(text) => Ok((name.clone(), text.clone())),
                Value::Null => Ok((name.clone(), String::new())),
                _ => Err(Some(name.clone())),
            };
            pairs.iter().map(pair).collect()
        }
        _ => Err(None),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn added(object: &Value, spec: &Value) -> (Value, Vec<Warning>) {
        let owner = json!({"metadata": {"name": "k", "namespace": "ns"}, "spec": spec});
        let settings = Settings::from_object(&owner).unwrap();
        let (mut object, mut warnings) = (object.clone(), Vec::new());
        add(&mut object, &settings, &mut warnings);
        (object["metadata"].clone(), warnings)
    }

    #[test]
    fn null_becomes_an_empty_string() {
        let object = json!({"metadata": {"labels": {"a": null}, "annotations": {"b": null}}});
        let (metadata, warnings) = added(&object, &json!({}));
        assert_eq!(
            metadata,
            json!({"annotations": {"b": null},
                "labels": {"a": "", "kustomize.toolkit.fluxcd.io/name": "k", "kustomize.toolkit.fluxcd.io/namespace": "ns"}})
        );
        let (metadata, _) = added(&object, &json!({"commonMetadata": {"labels": {"env": "x"}}}));
        assert_eq!((&metadata["annotations"], &metadata["labels"]["env"]), (&json!({"b": ""}), &json!("x")));
        assert_eq!(warnings, []);
    }

    #[test]
    fn a_value_that_is_not_a_string_loses_all_labels() {
        let object = json!({"kind": "ConfigMap", "metadata": {"name": "c", "labels": {"a": 1, "b": "x"}, "annotations": {"c": 1}}});
        let (metadata, warnings) = added(&object, &json!({"commonMetadata": {"labels": {"env": "x"}}}));
        assert_eq!(metadata["labels"]["b"], Value::Null);
        assert_eq!((&metadata["labels"]["env"], &metadata["annotations"]), (&json!("x"), &json!({"c": 1})));
        assert_eq!(warnings.len(), 1);
        assert!(
            warnings[0].to_string().starts_with("ConfigMap/c: metadata.labels.a is not a string, so "),
            "{warnings:?}"
        );
        let common = json!({"commonMetadata": {"annotations": {"d": "y"}}});
        assert_eq!(added(&object, &common).0["annotations"], json!({"d": "y"}));
    }
}
