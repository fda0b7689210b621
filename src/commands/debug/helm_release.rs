//! `flux debug helmrelease`: status, history, or the values that the release gets.

use std::collections::BTreeMap;

use clap::Args;
use futures::future::join_all;
use serde_json::{Value, json};

use super::show::{self, Shown, is_one};
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::commands::notation::Output;
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::kinds::{self, HELM_RELEASE};
use crate::object::{ObjectMeta, ObjectRef, Resource};
use edgeflux_helm::controller::Settings;
use edgeflux_helm::functions;

/// The arguments of `flux debug helmrelease`.
#[derive(Debug, Args)]
pub struct DebugHelmRelease {
    /// Name of the HelmRelease
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Show the status
    #[arg(long)]
    show_status: bool,
    /// Show the merged values; they may contain secrets
    #[arg(long)]
    show_values: bool,
    /// Show the history of releases
    #[arg(long)]
    show_history: bool,
    /// Output format: text (YAML with comments), json, yaml, jsonpath=TEMPLATE or custom-columns=HEADER:PATH,...
    #[arg(short, long, value_name = "FORMAT", default_value = "text", value_parser = Output::parse)]
    output: Output,
}

impl Described for DebugHelmRelease {
    const ABOUT: About = About::new("helmrelease", "Show the values, status or history of a HelmRelease")
        .aliases(&["hr"])
        .details(
            "--show-values merges values as helm-controller does: the entries of spec.valuesFrom in order, \
             then spec.values. An entry with a targetPath sets a single value, which may override one in \
             spec.values.\n\n\
             Values from Secrets are printed in plain text.",
        )
        .usage("<NAME> (--show-status | --show-values | --show-history)")
        .examples(&[
            ("Show the values that the chart gets", "flux debug helmrelease podinfo --show-values -n apps"),
            ("Show the status", "flux debug helmrelease podinfo --show-status -n apps"),
            ("Print the history as JSON", "flux debug helmrelease podinfo --show-history -o json -n apps"),
        ]);
    const COMPLETES: Option<&'static kinds::Kind> = Some(&HELM_RELEASE);
}

impl Command for DebugHelmRelease {
    async fn run(self, context: &Context) -> Result<()> {
        let name = show::name(&self.names, "flux debug helmrelease podinfo --show-values")?;
        if !is_one(&[self.show_status, self.show_values, self.show_history]) {
            // In flux's words.
            let error = "exactly one of --show-status, --show-values, or --show-history must be set";
            return Err(Error::usage(error).hint("for example: flux debug helmrelease podinfo --show-values"));
        }
        let object = show::get(context, &HELM_RELEASE, name).await?;
        let shown = if self.show_status {
            Shown {
                title: "Status",
                anchor: "helmrelease-status",
                content: with_nulls(object["status"].clone()),
            }
        } else if self.show_history {
            let mut status = with_nulls(object["status"].clone());
            let history = Some(status["history"].take()).filter(Value::is_array).unwrap_or_else(|| json!([]));
            Shown { title: "History", anchor: "history", content: history }
        } else {
            Shown { title: "Values", anchor: "", content: merged(context, &object).await? }
        };
        show::print(context, &object, &shown, "helm/helmreleases", self.output.notation())
    }
}

/// Adds the times that flux prints as null if they are not set.
fn with_nulls(mut status: Value) -> Value {
    // Indexing would add an empty history.
    let history = status.get_mut("history").and_then(Value::as_array_mut);
    for snapshot in history.into_iter().flatten().filter_map(Value::as_object_mut) {
        snapshot.entry("deleted").or_insert(Value::Null);
        let hooks = snapshot.get_mut("testHooks").and_then(Value::as_object_mut);
        for hook in hooks.into_iter().flat_map(serde_json::Map::values_mut).filter_map(Value::as_object_mut) {
            hook.entry("lastStarted").or_insert(Value::Null);
            hook.entry("lastCompleted").or_insert(Value::Null);
        }
    }
    if status.is_null() { json!({}) } else { status }
}

/// An entry of `spec.valuesFrom`.
struct Reference<'a> {
    kind: &'a str,
    name: &'a str,
    key: &'a str,
    optional: bool,
}

impl<'a> Reference<'a> {
    fn of(entry: &'a Value) -> Self {
        let text = |field: &str| entry[field].as_str().unwrap_or_default();
        let key = text("valuesKey");
        Reference {
            kind: text("kind"),
            name: text("name"),
            key: if key.is_empty() { "values.yaml" } else { key },
            optional: entry["optional"] == true,
        }
    }

    fn resource(&self) -> Option<Resource> {
        match self.kind {
            "ConfigMap" => Some(Resource::CONFIG_MAP),
            "Secret" => Some(Resource::SECRET),
            _ => None,
        }
    }

    /// Error for the reference, in flux's words.
    fn error(&self, namespace: &str, why: &str) -> Error {
        let Reference { kind, name, key, .. } = self;
        Error::failed(format!(
            "could not resolve {kind} chart values reference '{namespace}/{name}' with key '{key}': {why}"
        ))
    }

    /// The text at the key of a ConfigMap or Secret.
    fn text(&self, object: &Value) -> Option<String> {
        let value = object["data"].get(self.key)?.as_str()?;
        Some(if self.kind == "Secret" { show::decoded(value) } else { value.to_owned() })
    }
}

/// The values that the release gets.
async fn merged(context: &Context, object: &Value) -> Result<Value> {
    let cluster = context.cluster().await?;
    let namespace = object.namespace().unwrap_or_default();
    let references: Vec<Reference<'_>> =
        object["spec"]["valuesFrom"].as_array().into_iter().flatten().map(Reference::of).collect();
    // Each object is read once: several references may use keys of it.
    let wanted: BTreeMap<(&str, &str), Resource> = references
        .iter()
        .filter_map(|reference| Some(((reference.kind, reference.name), reference.resource()?)))
        .collect();
    let gets = wanted
        .into_iter()
        .map(async |(id, resource)| (id, cluster.get(&ObjectRef::new(resource, namespace, id.1)).await));
    let found: BTreeMap<(&str, &str), Result<Value>> = join_all(gets).await.into_iter().collect();
    let mut data = Vec::new();
    for reference in &references {
        let Some(object) = found.get(&(reference.kind, reference.name)) else {
            return Err(reference
                .error(namespace, "unsupported values reference kind")
                .hint("the kind must be ConfigMap or Secret"));
        };
        let text = match object {
            Ok(object) => reference.text(object).ok_or("key not found"),
            Err(error) if error.kind() == ErrorKind::NotFound => Err("resource not found"),
            Err(error) => return Err(error.clone().context("failed to read values")),
        };
        data.push(match text {
            Ok(text) => Some(text),
            Err(_) if reference.optional => None,
            Err(why) => {
                let error = reference.error(namespace, why);
                return Err(error.hint("create it, or set optional: true in spec.valuesFrom"));
            }
        });
    }
    let composed = Settings::without_chart(object)?.compose(&data);
    let values = composed.map_err(|error| {
        let number = error.field.trim_start_matches("spec.valuesFrom[").trim_end_matches(']').parse();
        match number.ok().and_then(|number: usize| references.get(number)) {
            Some(reference) => {
                reference.error(namespace, &error.message).hint("check its data and its targetPath")
            }
            None => error.into(),
        }
    })?;
    functions::to_json(&values).map_err(|error| Error::failed(format!("values: {error}")))
}
