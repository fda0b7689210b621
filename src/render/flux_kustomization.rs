//! A Flux Kustomization and the directory on this machine that it is rendered from.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use super::artifact::Artifact;
use super::source_files::SourceFiles;
use crate::api::Duration;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::kinds::KUSTOMIZATION;
use crate::object::ObjectRef;

/// A Flux Kustomization with its directory.
#[derive(Debug, Clone)]
pub struct FluxKustomization {
    /// The Flux Kustomization, with `status` if the cluster has it.
    pub object: Value,
    /// Directory of `spec.path` on this machine.
    pub directory: PathBuf,
    /// Directory of the file that defines it. Variables are looked up near it.
    pub(super) near: PathBuf,
    /// The ExternalArtifact that contains the directory, if it is not on disk.
    pub(super) artifact: Option<Arc<Artifact>>,
    /// Files of the source that contains the directory, if known.
    pub(super) files: Option<Arc<SourceFiles>>,
}

impl FluxKustomization {
    /// A Flux Kustomization without a directory yet.
    pub(super) fn unplaced(object: Value, near: PathBuf) -> Self {
        Self { object, directory: PathBuf::new(), near, artifact: None, files: None }
    }

    /// Namespace (empty if not given) and name.
    pub fn id(&self) -> (&str, &str) {
        (metadata(&self.object, "namespace"), metadata(&self.object, "name"))
    }

    /// Its source, as `--local-sources` names it: `Kind/namespace/name`.
    pub fn source(&self) -> String {
        let reference = &self.object["spec"]["sourceRef"];
        let field = |name: &str| reference[name].as_str().unwrap_or_default();
        let namespace = if field("namespace").is_empty() { self.id().0 } else { field("namespace") };
        format!("{}/{namespace}/{}", field("kind"), field("name"))
    }

    /// `spec.path`, relative to the source even if it begins with a slash.
    pub fn path(&self) -> &str {
        self.object["spec"]["path"].as_str().unwrap_or_default().trim_start_matches('/')
    }

    /// Checks that the controller can read all durations.
    pub(super) fn check_durations(&self) -> Result<()> {
        for field in ["interval", "retryInterval", "timeout"] {
            let value = &self.object["spec"][field];
            let is_read = value.as_str().is_some_and(|text| text.parse::<Duration>().is_ok());
            if !(value.is_null() || is_read) {
                let name = self.id().1;
                return Err(Error::usage(format!(
                    "Kustomization {name}: spec.{field} is not a duration: {value}"
                ))
                .hint("write it as 30s, 10m or 1h30m"));
            }
        }
        Ok(())
    }

    /// Directory of the file that defines it.
    pub fn defined_in(&self) -> &Path {
        &self.near
    }
}

fn metadata<'a>(object: &'a Value, field: &str) -> &'a str {
    object["metadata"][field].as_str().unwrap_or_default()
}

/// Whether an object is a Flux Kustomization rather than a kustomization file.
pub fn is_flux_kustomization(object: &Value) -> bool {
    object["kind"] == KUSTOMIZATION.kind
        && object["apiVersion"].as_str().and_then(|version| version.split_once('/')).map(|(group, _)| group)
            == Some(KUSTOMIZATION.group)
}

/// Gets a Flux Kustomization from the cluster.
pub(super) async fn live(context: &Context, namespace: &str, name: &str) -> Result<Value> {
    context.cluster().await?.get(&ObjectRef::new(&KUSTOMIZATION, namespace, name)).await
}

/// Reads a Flux Kustomization from a file.
pub(super) fn from_file(path: &Path, name: &str, namespace: &str) -> Result<Value> {
    let file = path.display();
    let content = std::fs::read(path)
        .map_err(|error| Error::failed(format!("failed to read kustomization file {file}: {error}")))?;
    let documents = edgeflux_yaml::decode(&content)
        .and_then(|text| json_objects(&text).map_or_else(|| edgeflux_yaml::documents(&text), Ok))
        .map_err(|error| Error::usage(format!("failed to parse kustomization file {file}: {error}")))?;
    let is_meant = |object: &Value| {
        let other = metadata(object, "namespace");
        is_flux_kustomization(object)
            && metadata(object, "name") == name
            && (other == namespace || other.is_empty())
    };
    documents.into_iter().find(is_meant).ok_or_else(|| {
        Error::not_found(format!(
            "failed to find a kustomization with name '{name}' and namespace '{namespace}' in file '{file}'"
        ))
    })
}

/// Reads objects from JSON. Kubernetes tries JSON before YAML: it accepts `\/`, for instance.
fn json_objects(text: &str) -> Option<Vec<Value>> {
    let objects: Vec<Value> =
        serde_json::Deserializer::from_str(text).into_iter().collect::<std::result::Result<_, _>>().ok()?;
    (!objects.is_empty() && objects.iter().all(Value::is_object)).then_some(objects)
}

/// Adds the cluster's `status` to a Flux Kustomization from a file.
pub(super) fn with_status(mut object: Value, live: &Value) -> Value {
    if live["status"]["inventory"].is_object() {
        object["status"] = live["status"].clone();
    }
    object
}
