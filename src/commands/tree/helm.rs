//! The objects of a Helm release, from the Secret in which Helm keeps it.

use std::io::{BufReader, Read};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use serde::Deserialize;
use serde_json::Value;

use super::fleet::Reader;
use super::node::Id;
use crate::cluster::ListSelector;
use crate::error::{Error, ErrorKind, Result};
use crate::kinds::{self, HELM_RELEASE};
use crate::object::{ObjectMeta, ObjectRef, Resource};

/// First bytes of a gzip stream.
const GZIP: [u8; 3] = [0x1f, 0x8b, 0x08];

/// Most bytes of a release after decompression. A Secret holds 1 MiB.
const MOST_BYTES: u64 = 64 << 20;

/// What is read of a release; its values and templates are skipped.
#[derive(Deserialize)]
struct Release {
    #[serde(default)]
    manifest: String,
}

/// The objects of a HelmRelease's newest release, and the CRDs that helm-controller applied for it. None if there is no
/// release yet. What cannot be read is reported, and left out.
pub(super) async fn objects(reader: &Reader<'_>, object: &Value) -> Vec<Id> {
    let status = &object["status"];
    let history = status["history"].as_array();
    let latest = history.into_iter().flatten().max_by_key(|snapshot| snapshot["version"].as_i64());
    let storage = status["storageNamespace"].as_str().filter(|namespace| !namespace.is_empty());
    let (Some(latest), Some(storage)) = (latest, storage) else { return Vec::new() };
    let (name, version) = (latest["name"].as_str().unwrap_or_default(), latest["version"].as_i64());
    let secret = format!("sh.helm.release.v1.{name}.v{}", version.unwrap_or_default());
    let found = reader.cluster.find(&ObjectRef::new(Resource::SECRET, storage, secret)).await;
    let manifest = match found {
        // Helm keeps the release elsewhere, or it was deleted.
        Ok(None) => return Vec::new(),
        Ok(Some(secret)) => manifest(&secret),
        Err(error) => Err(error),
    };
    let of_release = async |manifest: String| -> Result<Vec<Id>> {
        let documents =
            edgeflux_yaml::documents(&manifest).map_err(|error| Error::failed(error.to_string()))?;
        let mut ids = Vec::new();
        for object in documents.iter().flat_map(items) {
            ids.extend(id(reader, object, latest["namespace"].as_str().unwrap_or_default()).await);
        }
        Ok(ids)
    };
    let ids = match manifest {
        Ok(manifest) => of_release(manifest).await,
        Err(error) => Err(error),
    };
    let mut ids = ids.unwrap_or_else(|error| {
        reader.problem(format!("the objects of {} are not shown: {error}", object.full_name()));
        Vec::new()
    });
    if applies_crds(object) {
        crds(reader, object, &mut ids).await;
    }
    ids
}

/// The manifest in Helm's Secret.
fn manifest(secret: &Value) -> Result<String> {
    let unreadable = || Error::failed(format!("failed to decode Helm's {}", secret.full_name()));
    let data = secret["data"]["release"].as_str().ok_or_else(unreadable)?;
    // Kubernetes encodes the value, and Helm has encoded what is in it.
    let outer = STANDARD.decode(data).map_err(|_| unreadable())?;
    let inner = STANDARD.decode(outer).map_err(|_| unreadable())?;
    let release: Release = if inner.starts_with(&GZIP) {
        let clear = BufReader::new(GzDecoder::new(inner.as_slice()).take(MOST_BYTES));
        serde_json::from_reader(clear).map_err(|_| unreadable())?
    } else {
        serde_json::from_slice(&inner).map_err(|_| unreadable())?
    };
    Ok(release.manifest)
}

/// The objects in a document: those of a list, or itself.
fn items(document: &Value) -> impl Iterator<Item = &Value> {
    let list = document["items"].as_array().filter(|_| document.kind().ends_with("List"));
    let own = list.is_none().then_some(document);
    let is_object =
        |it: &&Value| !it.kind().is_empty() && !it.api_version().is_empty() && !it.name().is_empty();
    list.into_iter().flatten().chain(own).filter(is_object)
}

/// Identity of a chart's object. Helm installs those without a namespace into that of the release.
async fn id(reader: &Reader<'_>, object: &Value, release_namespace: &str) -> Option<Id> {
    let (api_version, kind) = (object.api_version(), object.kind());
    let (group, _) = api_version.rsplit_once('/').unwrap_or_default();
    // A kustomization file.
    if group == "kustomize.config.k8s.io" {
        return None;
    }
    let namespace = match object.namespace() {
        Some(namespace) => namespace,
        None if is_namespaced(reader, api_version, kind).await => release_namespace,
        None => "",
    };
    Some(Id::new(group, kind, namespace, object.name()))
}

async fn is_namespaced(reader: &Reader<'_>, api_version: &str, kind: &str) -> bool {
    if let Some(resource) = kinds::resource(api_version, kind) {
        return resource.namespaced;
    }
    let key = (api_version.to_owned(), kind.to_owned());
    let known = reader.scopes.borrow().get(&key).copied();
    if let Some(known) = known {
        return known;
    }
    let found = reader.cluster.resource_of_kind(api_version, kind).await;
    let namespaced = found.is_ok_and(|resource| resource.namespaced);
    reader.scopes.borrow_mut().insert(key, namespaced);
    namespaced
}

/// Whether helm-controller applies the CRDs of the chart.
fn applies_crds(object: &Value) -> bool {
    ["install", "upgrade"].iter().any(|action| {
        let policy = object["spec"][action]["crds"].as_str().unwrap_or_default();
        !policy.is_empty() && policy != "Skip"
    })
}

async fn crds(reader: &Reader<'_>, object: &Value, ids: &mut Vec<Id>) {
    let crd = Resource::CUSTOM_RESOURCE_DEFINITION;
    let group = HELM_RELEASE.group;
    let labels = format!(
        "{group}/name={},{group}/namespace={}",
        object.name(),
        object.namespace().unwrap_or_default()
    );
    let selector = ListSelector { labels: Some(&labels), ..ListSelector::default() };
    match reader.cluster.names(&crd, &selector).await {
        Ok(names) => {
            for name in names {
                if !ids.iter().any(|id| id.name == name && id.group_kind.kind == crd.kind) {
                    ids.push(Id::new(&crd.group, &crd.kind, "", &name));
                }
            }
        }
        Err(error) if error.kind() == ErrorKind::Forbidden => {
            reader.problem(format!("the CRDs of Helm releases are not shown: {error}"));
        }
        Err(error) => reader.problem(format!("the CRDs of {} are not shown: {error}", object.full_name())),
    }
}
