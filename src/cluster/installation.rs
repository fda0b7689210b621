//! What a cluster runs: its Kubernetes, and its Flux.

use serde::Deserialize;
use serde_json::Value;

use super::{Cluster, List, Resource, Selection};
use crate::error::{Error, Result};

/// The label, and its value, of everything that is part of Flux.
pub const PART_OF: (&str, &str) = ("app.kubernetes.io/part-of", "flux");

/// The oldest Kubernetes that the distribution runs on.
const OLDEST: (u64, u64) = (1, 33);

/// The Flux of a cluster, as the labels of its GitRepository definition tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// For instance `v2.9.4`; empty where the label is missing.
    pub version: String,
    /// Whether `flux bootstrap` made it, so that a Git repository holds it.
    pub bootstrapped: bool,
    /// The tool that installed it, where it is not flux: for instance `Helm`.
    pub managed_by: Option<String>,
    /// The distribution's name; `flux` for the original.
    pub part_of: String,
}

impl Installation {
    /// `name-version`, as `flux check` prints it.
    pub fn distribution(&self) -> String {
        if self.part_of.is_empty() {
            self.version.clone()
        } else {
            format!("{}-{}", self.part_of, self.version)
        }
    }
}

/// The version of the API server.
#[derive(Debug, Clone)]
pub struct KubernetesVersion(pub semver::Version);

impl KubernetesVersion {
    /// Whether the distribution runs on it.
    pub fn is_supported(&self) -> bool {
        (self.0.major, self.0.minor) >= OLDEST
    }

    /// What is supported, as a range: `>=1.33.0-0`.
    pub fn supported() -> String {
        format!(">={}.{}.0-0", OLDEST.0, OLDEST.1)
    }
}

impl std::fmt::Display for KubernetesVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Cluster {
    /// The API server's version.
    ///
    /// # Errors
    /// It cannot be reached, or tells no version.
    pub async fn kubernetes_version(&self) -> Result<KubernetesVersion> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Info {
            git_version: String,
        }
        let info: Info = self.raw("/version").await?;
        let version = semver::Version::parse(info.git_version.trim_start_matches('v')).map_err(|_| {
            Error::failed(format!("the API server calls its version {:?}, which is none", info.git_version))
        })?;
        Ok(KubernetesVersion(version))
    }

    /// The Flux that is installed, or none.
    pub async fn installation(&self) -> Result<Option<Installation>> {
        let Some(resource) = Resource::built_in("CustomResourceDefinition") else { return Ok(None) };
        let crd = self.find(&resource, None, "gitrepositories.source.toolkit.fluxcd.io").await?;
        Ok(crd.map(|crd| {
            let label = |name: &str| crd["metadata"]["labels"][name].as_str().map(str::to_owned);
            Installation {
                version: label("app.kubernetes.io/version").unwrap_or_default(),
                bootstrapped: label("kustomize.toolkit.fluxcd.io/namespace").is_some(),
                managed_by: label("app.kubernetes.io/managed-by").filter(|tool| tool != "flux"),
                part_of: label(PART_OF.0).unwrap_or_default(),
            }
        }))
    }

    /// The objects of a built-in kind that are part of Flux; those of one namespace, or all.
    pub async fn part_of_flux(&self, kind: &str, namespace: Option<&str>) -> Result<Vec<Value>> {
        let Some(resource) = Resource::built_in(kind) else { return Ok(Vec::new()) };
        let labels = format!("{}={}", PART_OF.0, PART_OF.1);
        let which = Selection { namespace, labels: Some(&labels), ..Selection::default() };
        let list: List<Value> = self.list(&resource, &which).await?;
        Ok(list.items)
    }
}
