//! Values of `spec.postBuild.substituteFrom`, from the cluster or from the files of a repository.
//!
//! In a repository several ConfigMaps or Secrets may have the wanted name. Those in the Kustomization's namespace are
//! preferred to those without a namespace; then the one whose directory has most in common with that of the
//! Kustomization's file, then the one nearest to the root, then the first by path. Rendered objects come last.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::flux_kustomization::FluxKustomization;
use super::repository::Repository;
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::object::{ObjectMeta, ObjectRef, Resource};
use edgeflux_kustomize::controller::Decrypt;

/// Values that were found for a Kustomization.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub values: BTreeMap<String, String>,
    /// References to missing objects that are not optional.
    pub missing: Vec<String>,
    pub warnings: Vec<String>,
}

struct Reference<'a> {
    kind: &'a str,
    name: &'a str,
    optional: bool,
}

/// References in their order; later ones take precedence.
fn references(object: &Value) -> Result<Vec<Reference<'_>>> {
    let references = object["spec"]["postBuild"]["substituteFrom"].as_array();
    references
        .into_iter()
        .flatten()
        .map(|reference| {
            let field = |name: &str| reference[name].as_str().unwrap_or_default();
            match field("kind") {
                kind @ ("ConfigMap" | "Secret") => {
                    Ok(Reference { kind, name: field("name"), optional: reference["optional"] == true })
                }
                kind => Err(Error::usage(format!(
                    "spec.postBuild.substituteFrom: {kind:?} is neither ConfigMap nor Secret"
                ))),
            }
        })
        .collect()
}

/// Gets values from the cluster.
///
/// # Errors
/// An object that is not optional is missing, or one cannot be read.
pub async fn of_cluster(context: &Context, object: &Value) -> Result<BTreeMap<String, String>> {
    let mut values = BTreeMap::new();
    for Reference { kind, name, optional } in references(object)? {
        let resource = if kind == "Secret" { Resource::SECRET } else { Resource::CONFIG_MAP };
        let namespace = object.namespace().unwrap_or_else(|| context.namespace());
        let found = match context.cluster().await?.get(&ObjectRef::new(resource, namespace, name)).await {
            Err(error) if error.kind() == ErrorKind::NotFound && optional => continue,
            found => {
                found.map_err(|error| error.context(format!("substitute from '{kind}/{name}' error")))?
            }
        };
        add(&mut values, kind, &found);
    }
    Ok(values)
}

/// Gets values from the files of the repository, and from `rendered` objects.
pub(super) fn of_repository(
    repository: &Repository,
    rendered: &[Value],
    kustomization: &FluxKustomization,
    decrypt: Option<&dyn Decrypt>,
) -> Result<Found> {
    let mut found = Found::default();
    let namespace = kustomization.id().0;
    for Reference { kind, name, optional } in references(&kustomization.object)? {
        let reference = format!("{kind}/{name}");
        let best = best(repository, kustomization, kind, name)
            .or_else(|| rendered.iter().find(|object| rank(object, kind, name, namespace).is_some()));
        let Some(object) = best else {
            if !optional {
                found.missing.push(reference);
            }
            continue;
        };
        if !is_encrypted(object) {
            add(&mut found.values, kind, object);
            continue;
        }
        match decrypt.map(|decrypt| decrypt.object(object)) {
            Some(Ok(clear)) => add(&mut found.values, kind, &clear),
            outcome => {
                let why = match outcome {
                    Some(Err(message)) => message,
                    _ => "it is encrypted; add --decrypt to use it".to_owned(),
                };
                found.warnings.push(format!("{reference}: {why}; its variables are not substituted"));
                for field in ["data", "stringData"] {
                    for name in object[field].as_object().into_iter().flat_map(serde_json::Map::keys) {
                        found.values.insert(name.clone(), format!("${{{name}}}"));
                    }
                }
            }
        }
    }
    Ok(found)
}

/// The best matching object in the files.
fn best<'a>(
    repository: &'a Repository,
    kustomization: &FluxKustomization,
    kind: &str,
    name: &str,
) -> Option<&'a Value> {
    let candidates = repository.objects().iter().filter_map(|found| {
        let rank = rank(&found.object, kind, name, kustomization.id().0)?;
        let directory = found.file.parent().unwrap_or(Path::new(""));
        let common = directory
            .components()
            .zip(kustomization.near.components())
            .take_while(|(own, other)| own == other);
        let depth = directory.components().count();
        Some(((rank, Reverse(common.count()), depth, &found.file), &found.object))
    });
    candidates.min_by(|(one, _), (other, _)| one.cmp(other)).map(|(_, object)| object)
}

/// Rank of an object: 0 in the namespace, 1 without a namespace, none otherwise.
fn rank(object: &Value, kind: &str, name: &str, namespace: &str) -> Option<u8> {
    let metadata = &object["metadata"];
    if object["kind"] != kind || metadata["name"] != name {
        return None;
    }
    match metadata["namespace"].as_str().unwrap_or_default() {
        "" => Some(1),
        own if own == namespace || namespace.is_empty() => Some(0),
        _ => None,
    }
}

/// Whether SOPS has encrypted an object, or its values have been masked.
pub(super) fn is_encrypted(object: &Value) -> bool {
    let masked = |value: &Value| {
        let text = value.as_str().unwrap_or_default();
        text == "**SOPS**" || STANDARD.decode(text).is_ok_and(|content| content == b"**SOPS**")
    };
    object["sops"]["mac"].is_string()
        || ["data", "stringData"].iter().any(|field| {
            object[field]
                .as_object()
                .is_some_and(|data| object["kind"] == "Secret" && data.values().any(masked))
        })
}

/// Adds the data of a ConfigMap or Secret, without line breaks, as the controller does.
fn add(values: &mut BTreeMap<String, String>, kind: &str, object: &Value) {
    for field in ["data", "stringData"] {
        for (key, value) in object[field].as_object().into_iter().flatten() {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Null => String::new(),
                other => other.to_string(),
            };
            let value = match (kind, field) {
                ("Secret", "data") => {
                    let bare: String = text.split_whitespace().collect();
                    String::from_utf8_lossy(&STANDARD.decode(bare).unwrap_or_default()).into_owned()
                }
                // Only objects in files have `stringData`.
                ("Secret", _) | (_, "data") => text,
                _ => continue,
            };
            values.insert(key.clone(), value.replace('\n', ""));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn line_breaks_go_and_secrets_are_decoded() {
        let mut values = BTreeMap::new();
        add(&mut values, "ConfigMap", &json!({"data": {"A": "x\ny\n", "B": 7}, "stringData": {"N": "no"}}));
        add(&mut values, "Secret", &json!({"data": {"A": "ej0K"}, "stringData": {"C": "clear"}}));
        let expected = [("A", "z="), ("B", "7"), ("C", "clear")];
        assert_eq!(values, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    }

    #[test]
    fn an_object_of_another_namespace_is_not_meant() {
        let object =
            |namespace: &str| json!({"kind": "Secret", "metadata": {"name": "s", "namespace": namespace}});
        assert_eq!(rank(&object("flux-system"), "Secret", "s", "flux-system"), Some(0));
        assert_eq!(rank(&object(""), "Secret", "s", "flux-system"), Some(1));
        assert_eq!(rank(&object("other"), "Secret", "s", "flux-system"), None);
        assert_eq!(rank(&object(""), "ConfigMap", "s", "flux-system"), None);
    }
}
