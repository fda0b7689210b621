//! Releases that Helm has stored in the cluster.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use serde::Deserialize;
use serde_json::Value;

use super::release::placed;
use crate::cluster::Cluster;
use crate::error::{Error, Result};
use crate::object::{ObjectMeta, ObjectRef, Resource};
use edgeflux_helm::controller::Settings;

/// Largest release that is read, in bytes. A Secret holds at most 1 MiB, packed.
const LARGEST: u64 = 64 << 20;

/// A release as Helm has stored it.
#[derive(Debug)]
pub struct Stored {
    /// Its objects, with their namespaces.
    pub objects: Vec<Value>,
    /// Its hooks but tests, with their namespaces.
    pub hooks: Vec<Value>,
    /// Number of the revision.
    pub revision: i64,
}

#[derive(Deserialize)]
struct Release {
    #[serde(default)]
    manifest: String,
    #[serde(default)]
    hooks: Vec<Hook>,
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    version: i64,
}

#[derive(Deserialize)]
struct Hook {
    #[serde(default)]
    manifest: String,
    #[serde(default)]
    events: Vec<String>,
}

impl Stored {
    /// Reads the newest release of a HelmRelease, which its status names. `None` before the first installation.
    ///
    /// # Errors
    /// The Secret cannot be read, or is not Helm's.
    pub async fn newest(cluster: &Cluster, release: &Value) -> Result<Option<Self>> {
        let Some(newest) = release["status"]["history"].as_array().and_then(|history| history.first()) else {
            return Ok(None);
        };
        let settings = Settings::from_object(release)?;
        let own = settings.storage_namespace();
        let namespace = release["status"]["storageNamespace"].as_str().unwrap_or(own);
        let name = newest["name"].as_str().unwrap_or_default();
        let name = format!("sh.helm.release.v1.{name}.v{}", newest["version"]);
        let at = ObjectRef::new(Resource::SECRET, namespace, name);
        let Some(secret) = cluster.find(&at).await? else {
            return Err(Error::not_found(format!("{at}, which has the newest release, is missing")).hint(format!(
                "reconcile the HelmRelease, which installs it again: flux reconcile helmrelease {} --force",
                release.name()
            )));
        };
        let broken = || Error::failed(format!("{at} does not have a release of Helm"));
        let packed = secret["data"]["release"].as_str().and_then(|text| STANDARD.decode(text).ok());
        Self::read(&packed.ok_or_else(broken)?).ok_or_else(broken)?.map(Some)
    }

    /// Reads a release as it is stored: JSON, packed by gzip, in base64.
    fn read(packed: &[u8]) -> Option<Result<Self>> {
        let bytes = STANDARD.decode(packed).ok()?;
        let mut json = Vec::new();
        GzDecoder::new(bytes.as_slice()).take(LARGEST).read_to_end(&mut json).ok()?;
        let release: Release = serde_json::from_slice(&json).ok()?;
        let is_test = |hook: &&Hook| hook.events.iter().all(|event| event == "test");
        let hooks = release.hooks.iter().filter(|hook| !is_test(hook)).map(|hook| hook.manifest.as_str());
        let read = |manifest: &str| placed("the stored release", manifest, &release.namespace);
        let hooks: Result<Vec<Vec<Value>>> = hooks.map(read).collect();
        Some(
            read(&release.manifest)
                .and_then(|objects| Ok(Self { objects, hooks: hooks?.concat(), revision: release.version })),
        )
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_stored_release_has_objects_and_hooks() {
        let manifest = "---\n# Source: a\nkind: ConfigMap\napiVersion: v1\nmetadata:\n  name: a\n";
        let hook = "kind: Job\napiVersion: batch/v1\nmetadata:\n  name: b\n  namespace: other\n";
        let release = json!({"manifest": manifest, "namespace": "apps", "version": 3, "hooks": [
            {"manifest": hook, "events": ["pre-upgrade"]}, {"manifest": "kind: Pod", "events": ["test"]}]});
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(release.to_string().as_bytes()).unwrap();
        let stored = STANDARD.encode(packer.finish().unwrap());
        let stored = Stored::read(stored.as_bytes()).unwrap().unwrap();
        let found: Vec<_> = stored
            .objects
            .iter()
            .chain(&stored.hooks)
            .map(|object| (object.name(), object.namespace().unwrap()))
            .collect();
        assert_eq!((found, stored.revision), (vec![("a", "apps"), ("b", "other")], 3));
        assert!(Stored::read(b"nothing").is_none());
    }
}
