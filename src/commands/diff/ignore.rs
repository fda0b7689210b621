//! `spec.ignore` of a Flux Kustomization: fields that do not count as drift.

use regex::Regex;
use serde_json::Value;

use crate::error::{Error, Result};
use edgeflux_kustomize::LabelSelector;

/// `spec.ignore` of a Flux Kustomization.
#[derive(Debug, Default)]
pub(super) struct IgnoreRules(Vec<Rule>);

#[derive(Debug)]
struct Rule {
    /// JSON pointers (RFC 6901).
    paths: Vec<String>,
    target: Target,
}

/// Objects that a rule applies to; absent fields match all.
#[derive(Debug, Default)]
struct Target {
    group: Option<Regex>,
    version: Option<Regex>,
    kind: Option<Regex>,
    name: Option<Regex>,
    namespace: Option<Regex>,
    labels: LabelSelector,
    annotations: LabelSelector,
}

impl IgnoreRules {
    /// `spec.ignore` of a Flux Kustomization.
    ///
    /// # Errors
    /// A target has an invalid expression.
    pub(super) fn of(kustomization: &Value) -> Result<Self> {
        let rules = kustomization["spec"]["ignore"].as_array();
        let rule = |(at, rule): (usize, &Value)| {
            let paths = rule["paths"].as_array().into_iter().flatten();
            let target = target(&rule["target"]).map_err(|error| {
                error.context(format!("spec.ignore[{at}].target")).hint("fix it in the Flux Kustomization")
            })?;
            Ok(Rule { paths: paths.filter_map(Value::as_str).map(str::to_owned).collect(), target })
        };
        rules.into_iter().flatten().enumerate().map(rule).collect::<Result<_>>().map(IgnoreRules)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Removes the fields from `object` that the rules for `subject`, another state of it, ignore.
    pub(super) fn strip(&self, subject: &Value, object: &mut Value) {
        for rule in self.0.iter().filter(|rule| rule.target.matches(subject)) {
            for path in &rule.paths {
                remove(object, path);
            }
        }
    }
}

fn target(value: &Value) -> Result<Target> {
    let regex = |field: &str| match value[field].as_str().unwrap_or_default() {
        "" => Ok(None),
        pattern => match Regex::new(&format!("^(?:{pattern})$")) {
            Ok(regex) => Ok(Some(regex)),
            Err(_) => Err(Error::usage(format!("{field}: {pattern:?} is not a regular expression"))),
        },
    };
    let selector = |field: &str| {
        LabelSelector::parse(value[field].as_str().unwrap_or_default())
            .map_err(|error| Error::usage(format!("{field}: {error}")))
    };
    Ok(Target {
        group: regex("group")?,
        version: regex("version")?,
        kind: regex("kind")?,
        name: regex("name")?,
        namespace: regex("namespace")?,
        labels: selector("labelSelector")?,
        annotations: selector("annotationSelector")?,
    })
}

impl Target {
    fn matches(&self, object: &Value) -> bool {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let api_version = text(&object["apiVersion"]);
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", &api_version));
        let metadata = &object["metadata"];
        let fits =
            |regex: &Option<Regex>, text: &str| regex.as_ref().is_none_or(|regex| regex.is_match(text));
        let pairs = |field: &str| {
            let pairs = metadata[field].as_object();
            pairs.into_iter().flatten().map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default()))
        };
        fits(&self.group, group)
            && fits(&self.version, version)
            && fits(&self.kind, &text(&object["kind"]))
            && fits(&self.name, &text(&metadata["name"]))
            && fits(&self.namespace, &text(&metadata["namespace"]))
            && self.labels.matches(|| pairs("labels"))
            && self.annotations.matches(|| pairs("annotations"))
    }
}

/// Removes the field at a JSON pointer, if there is one.
fn remove(object: &mut Value, pointer: &str) {
    let Some((parent, last)) = pointer.rsplit_once('/') else { return };
    let Some(parent) = object.pointer_mut(parent) else { return };
    let last = last.replace("~1", "/").replace("~0", "~");
    match parent {
        Value::Object(fields) => {
            fields.remove(&last);
        }
        Value::Array(items) => {
            let at = match last.parse::<isize>() {
                // From the end, as the controller's library has it.
                Ok(at) if at < 0 => items.len().checked_sub(at.unsigned_abs()),
                Ok(at) => usize::try_from(at).ok(),
                Err(_) => None,
            };
            if let Some(at) = at.filter(|at| *at < items.len()) {
                items.remove(at);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rules_strip_fields_of_their_targets_alone() {
        let rules = IgnoreRules::of(&json!({"spec": {"ignore": [
            {"paths": ["/spec/replicas", "/metadata/annotations/a~1b", "/none/here"],
             "target": {"kind": "Deploy.*", "group": "apps", "labelSelector": "app=web"}},
            {"paths": ["/spec/list/-1"]},
        ]}}))
        .unwrap();
        let object = |kind: &str| {
            json!({"apiVersion": "apps/v1", "kind": kind,
                "metadata": {"name": "x", "labels": {"app": "web"}, "annotations": {"a/b": "1", "c": "2"}},
                "spec": {"replicas": 3, "list": [1, 2]}})
        };
        let strip = |kind: &str| {
            let mut stripped = object(kind);
            rules.strip(&object(kind), &mut stripped);
            stripped
        };
        let deployment = strip("Deployment");
        assert_eq!(deployment["spec"], json!({"list": [1]}));
        assert_eq!(deployment["metadata"]["annotations"], json!({"c": "2"}));
        assert_eq!(strip("XDeployment")["spec"], json!({"replicas": 3, "list": [1]}));
    }

    #[test]
    fn an_invalid_target_is_named() {
        let error = IgnoreRules::of(&json!({"spec": {"ignore": [{"paths": [], "target": {"name": "("}}]}}));
        assert_eq!(
            error.unwrap_err().to_string(),
            "spec.ignore[0].target: name: \"(\" is not a regular expression"
        );
    }
}
