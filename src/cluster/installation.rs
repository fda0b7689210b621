//! Versions of Kubernetes and Flux in the cluster, and the objects that belong to Flux.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use super::{Cluster, List, ListSelector};
use crate::error::{Error, Result};
use crate::object::{ObjectMeta, ObjectRef, Resource};

/// Label, and its value, of everything that is part of Flux.
pub const PART_OF: (&str, &str) = ("app.kubernetes.io/part-of", "flux");

/// Oldest supported version of Kubernetes.
const OLDEST: (u64, u64) = (1, 33);

/// Name of the CRD whose labels describe the installation.
const CRD: &str = "gitrepositories.source.toolkit.fluxcd.io";

/// The installed Flux, by the labels of its GitRepository CRD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// Version, such as `v2.9.4`; empty without the label.
    pub version: String,
    /// Whether `flux bootstrap` installed it, so that it is defined in a Git repository.
    pub bootstrapped: bool,
    /// Tool that installed it, such as `Helm`; none if it is flux.
    pub managed_by: Option<String>,
    /// Name of the distribution; `flux` for the upstream one.
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

/// Version of the API server.
#[derive(Debug, Clone)]
pub struct KubernetesVersion(pub semver::Version);

impl KubernetesVersion {
    /// Whether Flux supports it.
    pub fn is_supported(&self) -> bool {
        (self.0.major, self.0.minor) >= OLDEST
    }

    /// Supported versions, as a range: `>=1.33.0-0`.
    pub fn supported() -> String {
        format!(">={}.{}.0-0", OLDEST.0, OLDEST.1)
    }
}

impl fmt::Display for KubernetesVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Cluster {
    /// Gets the version of the API server.
    ///
    /// # Errors
    /// The API server cannot be reached, or its version is not a semantic version.
    pub async fn kubernetes_version(&self) -> Result<KubernetesVersion> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Info {
            git_version: String,
        }
        let Info { git_version } = self.raw("/version").await?;
        let version = semver::Version::parse(git_version.trim_start_matches('v'));
        let version = version.map_err(|_| {
            Error::failed(format!(
                "the API server has the version {git_version:?}, which is not a semantic version"
            ))
        })?;
        Ok(KubernetesVersion(version))
    }

    /// Gets the installed Flux, or none.
    pub async fn installation(&self) -> Result<Option<Installation>> {
        let crd = self.find(&ObjectRef::new(Resource::CUSTOM_RESOURCE_DEFINITION, None, CRD)).await?;
        Ok(crd.map(|crd| {
            let label = |key: &str| crd.label(key).map(str::to_owned);
            Installation {
                version: label("app.kubernetes.io/version").unwrap_or_default(),
                bootstrapped: label("kustomize.toolkit.fluxcd.io/namespace").is_some(),
                managed_by: label("app.kubernetes.io/managed-by").filter(|tool| tool != "flux"),
                part_of: label(PART_OF.0).unwrap_or_default(),
            }
        }))
    }

    /// Lists the objects of a resource that are part of Flux, in one namespace or all.
    pub async fn part_of_flux(&self, resource: &Resource, namespace: Option<&str>) -> Result<Vec<Value>> {
        let labels = format!("{}={}", PART_OF.0, PART_OF.1);
        let selector = ListSelector { namespace, labels: Some(&labels), ..ListSelector::default() };
        let list: List<Value> = self.list(resource, &selector).await?;
        Ok(list.items)
    }
}
