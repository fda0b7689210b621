//! `flux export`: objects as manifests, ready for a repository.

use std::collections::BTreeSet;

use clap::Args;
use serde_json::{Map, Value, json};

use super::{KindCommand, name_required, only_name};
use crate::cluster::{Cluster, ListSelector};
use crate::commands::about::{About, DescribedVerb, KindFlag};
use crate::context::Context;
use crate::error::{Error, Result, ResultExt};
use crate::kinds::{Flag, Kind, Verb};
use crate::object::{ObjectRef, Resource};
use crate::output::{Manifest, Report};

/// The flags of `flux export` and all under it.
#[derive(Debug, Args)]
pub struct Export {
    /// Name of the object
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Export all objects of the kind in the namespace
    #[arg(long)]
    all: bool,
}

impl DescribedVerb for Export {
    const VERB: Verb = Verb::Export;
    const ABOUT: About = About::new("export", "Print objects as YAML for a Git repository")
        .details("The status and other fields that the cluster adds are omitted.")
        .examples(&[
            ("Export a Kustomization", "flux export kustomization apps > apps.yaml"),
            (
                "Export all GitRepositories in a namespace",
                "flux export source git --all -n apps > sources.yaml",
            ),
        ]);
    const ABOUT_KIND: About = About::new("", "Print {kinds} as YAML").usage("(<NAME> | --all)").examples(&[
        ("Export the {kind} {name}", "flux export {path} {name} > {name}.yaml"),
        ("Export all {kinds} in a namespace", "flux export {path} --all -n apps > apps.yaml"),
    ]);
    const FLAGS: &'static [KindFlag] = &[KindFlag {
        flag: Flag::WithCredentials,
        name: "with-credentials",
        help: "Include the Secret with the credentials of each object",
    }];
}

impl KindCommand for Export {
    async fn run(self, context: &Context, kind: &'static Kind, flags: &[Flag]) -> Result<()> {
        if self.names.is_empty() && !self.all {
            return Err(name_required(kind, "add one or more names, or --all"));
        }
        let cluster = context.cluster().await?;
        let (resource, namespace) = (Resource::from(kind), context.namespace());
        let mut found = if self.all {
            let selector = ListSelector::namespace(namespace);
            let list = cluster
                .list_mapped(&resource, &selector, |object| Some(Exported::new(kind, &object)))
                .await?;
            list.ok_or_else(|| cluster.not_served(&resource))?.items
        } else {
            let Some(name) = only_name(context, &self.names) else { return Ok(()) };
            let at = ObjectRef::new(&resource, namespace, name);
            match cluster.get(&at).await {
                Ok(object) => vec![Exported::new(kind, &object)],
                Err(error) => return Err(cluster.hint_namespaces_of(error, &at).await),
            }
        };
        if found.is_empty() {
            let error = Error::not_found(format!("no objects found in {namespace} namespace"));
            return Err(cluster.hint_other_namespaces(error, &resource).await);
        }
        let report = Report::new(&context.ui);
        let mut exported = BTreeSet::new();
        for object in &mut found {
            for field in &object.unknown {
                report.note(format!("{field} is newer than this command; exported unchanged"));
            }
            report.object(&object.manifest)?;
            if flags.contains(&Flag::WithCredentials)
                && let Some(secret) = object.secret.take()
                && exported.insert(secret.clone())
            {
                report.object(&credentials(cluster, namespace, &secret).await?)?;
            }
        }
        Ok(())
    }
}

/// Exported form of an object.
struct Exported {
    manifest: Manifest,
    /// Name of the Secret with the object's credentials.
    secret: Option<String>,
    /// Fields that our API types do not have.
    unknown: Vec<String>,
}

impl Exported {
    /// Converts an object as flux does: only what a user writes, in the order and the spelling of the API types. If the
    /// object does not fit our types because the Flux in the cluster is older or newer, its spec is kept unchanged: an
    /// export must not lose anything.
    fn new(kind: &Kind, object: &Value) -> Exported {
        let secret = (kind.secret)(object);
        let same_version = object["apiVersion"].as_str().is_none_or(|version| version == kind.api_version());
        let typed = if same_version { (kind.typed)(object).ok() } else { None };
        let mut unknown = Vec::new();
        let manifest = match typed {
            Some(typed) => {
                lost(&object["spec"], &typed["spec"], "spec", &mut unknown);
                if unknown.is_empty() { typed } else { plain(kind, object) }
            }
            None => plain(kind, object),
        };
        for field in &mut unknown {
            *field = format!(
                "{field} of {} {}",
                kind.kind,
                object["metadata"]["name"].as_str().unwrap_or_default()
            );
        }
        Exported { manifest: Manifest::of(&manifest), secret, unknown }
    }
}

/// The object without the fields that the cluster sets.
fn plain(kind: &Kind, object: &Value) -> Value {
    let mut metadata = Map::new();
    for field in ["name", "namespace", "labels", "annotations"] {
        if let Some(value) = object["metadata"].get(field) {
            metadata.insert(field.into(), value.clone());
        }
    }
    let version = object["apiVersion"].as_str().map_or_else(|| kind.api_version(), str::to_owned);
    json!({"apiVersion": version, "kind": kind.kind, "metadata": metadata, "spec": object["spec"]})
}

/// Collects the fields of `original` that `typed` lacks. Empty fields do not count.
fn lost(original: &Value, typed: &Value, path: &str, found: &mut Vec<String>) {
    match (original, typed) {
        (Value::Object(original), Value::Object(typed)) => {
            for (key, value) in original {
                let path = format!("{path}.{key}");
                match typed.get(key) {
                    Some(typed) => lost(value, typed, &path, found),
                    None if is_empty(value) => {}
                    None => found.push(path),
                }
            }
        }
        (Value::Array(original), Value::Array(typed)) => {
            for (at, (original, typed)) in original.iter().zip(typed).enumerate() {
                lost(original, typed, &format!("{path}[{at}]"), found);
            }
        }
        _ => {}
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) => false,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(is_empty),
    }
}

async fn credentials(cluster: &Cluster, namespace: &str, name: &str) -> Result<Manifest> {
    let failed = || format!("failed to retrieve secret {name}");
    let secret = cluster.get(&ObjectRef::new(Resource::SECRET, namespace, name)).await.context(failed())?;
    let mut manifest = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
    });
    for field in ["data", "type"] {
        if let Some(value) = secret.get(field) {
            manifest[field] = value.clone();
        }
    }
    Ok(Manifest::of(&manifest))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::kinds::{GIT_REPOSITORY, KUSTOMIZATION};
    use crate::testing::Scene;

    fn kustomization(extra: &Value) -> Value {
        let mut object = json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
            "kind": "Kustomization",
            "metadata": {"name": "apps", "namespace": "flux-system", "uid": "1", "generation": 3},
            "spec": {"interval": "10m", "prune": true, "suspend": false,
                "sourceRef": {"kind": "GitRepository", "name": "fleet"}},
            "status": {"observedGeneration": 3},
        });
        for (key, value) in extra.as_object().unwrap() {
            object["spec"][key] = value.clone();
        }
        object
    }

    #[test]
    fn fields_that_the_cluster_sets_are_omitted_and_durations_are_normalized() {
        let exported = Exported::new(&KUSTOMIZATION, &kustomization(&json!({})));
        assert_eq!(
            exported.manifest.text(),
            "apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: apps
  namespace: flux-system
spec:
  interval: 10m0s
  prune: true
  sourceRef:
    kind: GitRepository
    name: fleet
"
        );
        assert!(exported.unknown.is_empty());
    }

    #[test]
    fn empty_texts_are_omitted_unless_the_api_tells_them_from_missing_ones() {
        let kind: &Kind = &GIT_REPOSITORY;
        let object = json!({
            "apiVersion": kind.api_version(), "kind": kind.kind, "metadata": {"name": "apps", "namespace": "default"},
            "spec": {"interval": "1m0s", "url": "https://h/x", "ref": {"branch": "main", "tag": ""},
                     "ignore": ""},
        });
        assert_snapshot!(Exported::new(kind, &object).manifest.text(), @r#"
        apiVersion: source.toolkit.fluxcd.io/v1
        kind: GitRepository
        metadata:
          name: apps
          namespace: default
        spec:
          ignore: ""
          interval: 1m0s
          ref:
            branch: main
          url: https://h/x
        "#);
    }

    #[test]
    fn a_field_of_a_newer_flux_is_not_lost() {
        let exported = Exported::new(&KUSTOMIZATION, &kustomization(&json!({"newest": {"field": 1}})));
        assert_eq!(exported.unknown, ["spec.newest of Kustomization apps"]);
        assert!(
            exported.manifest.text().contains("  newest:\n    field: 1\n"),
            "{}",
            exported.manifest.text()
        );
    }

    #[test]
    fn an_object_of_another_version_keeps_its_version() {
        let mut object = kustomization(&json!({}));
        object["apiVersion"] = "kustomize.toolkit.fluxcd.io/v1beta2".into();
        let exported = Exported::new(&KUSTOMIZATION, &object);
        assert!(exported.manifest.text().starts_with("apiVersion: kustomize.toolkit.fluxcd.io/v1beta2\n"));
        assert!(!exported.manifest.text().contains("status"));
    }

    #[test]
    fn an_object_is_printed_as_its_manifest() {
        let scene = Scene::with_flux();
        assert_snapshot!(scene.run("flux export kustomization apps"), @"
        ---
        apiVersion: kustomize.toolkit.fluxcd.io/v1
        kind: Kustomization
        metadata:
          name: apps
          namespace: flux-system
        spec:
          interval: 10m0s
          path: ./apps
          postBuild:
            substitute:
              CLUSTER: edge
          prune: true
          sourceRef:
            kind: GitRepository
            name: fleet
        ");
        assert_snapshot!(scene.run("flux export source git --all --with-credentials"), @"
        ---
        apiVersion: source.toolkit.fluxcd.io/v1
        kind: GitRepository
        metadata:
          name: fleet
          namespace: flux-system
        spec:
          interval: 1m0s
          ref:
            branch: main
          secretRef:
            name: fleet
          url: https://git.example.com/fleet
        ---
        apiVersion: v1
        data:
          username: Z2l0
        kind: Secret
        metadata:
          name: fleet
          namespace: flux-system
        type: Opaque
        ");
        assert_snapshot!(scene.run("flux export kustomization missing"), @r#"
        [stderr]
        ✗ kustomizations.kustomize.toolkit.fluxcd.io "missing" not found
        [exit code 1]
        "#);
    }

    #[test]
    fn objects_of_flux_operator_are_exported_as_they_were_written() {
        assert_snapshot!(Scene::with_operator().run("flux export rsip --all"), @"
        ---
        apiVersion: fluxcd.controlplane.io/v1
        kind: ResourceSetInputProvider
        metadata:
          name: pull-requests
          namespace: flux-system
        spec:
          type: GitHubPullRequest
          url: https://github.com/example/app
        ");
    }
}
