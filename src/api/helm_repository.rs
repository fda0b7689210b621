//! `HelmRepository`: a Helm chart repository, with an index or in a container registry.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::crd::{AGE, Crd, READY, STATUS, schema_of, text};
use super::duration::Duration;
use super::meta::{AccessFrom, Condition, LocalReference};
use super::object::{Object, Spec};
use super::source::{Artifact, CloudProvider, TIMEOUT};
use super::string_enum::string_enum;

/// Helm chart repository as a source.
pub type HelmRepository = Object<HelmRepositorySpec>;

impl Spec for HelmRepositorySpec {
    const CRD: &'static Crd = &Crd {
        kind: "HelmRepository",
        plural: "helmrepositories",
        short_names: &["helmrepo"],
        group: "source.toolkit.fluxcd.io",
        version: "v1",
        category: "fluxcd-sources",
        description: "Helm chart repository that HelmCharts and HelmReleases refer to.",
        columns: &[text("URL", ".spec.url"), AGE, READY, STATUS],
        spec: schema_of::<HelmRepositorySpec>,
        status: Some(schema_of::<HelmRepositoryStatus>),
    };
}

/// Desired state of a HelmRepository: the repository and its credentials.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HelmRepositorySpec {
    /// Namespaces that may refer to the HelmRepository. Not implemented by any controller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_from: Option<AccessFrom>,
    /// Reference to a Secret with TLS data.
    /// The key "ca.crt" contains a CA certificate; "tls.crt" and "tls.key" contain a client certificate.
    /// Takes precedence over TLS data in the Secret of secretRef.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cert_secret_ref: Option<LocalReference>,
    /// Allows connecting to the registry over plain HTTP. Only supported for the type "oci".
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub insecure: bool,
    /// Interval at which the index is fetched.
    /// The actual interval is subject to jitter. Ignored for the type "oci".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<Duration>,
    /// Passes the credentials to other hosts too, if the index refers to charts there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pass_credentials: bool,
    /// Authentication provider of the registry. Only supported for the type "oci".
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "generic"))]
    pub provider: Option<CloudProvider>,
    /// Reference to a Secret with the keys "username" and "password".
    /// For the type "oci", a Secret of the type kubernetes.io/dockerconfigjson is supported too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
    /// Suspends the reconciliation of the HelmRepository.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
    /// Timeout of fetching the index or of logging in to the registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = TIMEOUT))]
    pub timeout: Option<Duration>,
    /// Type of the repository: "default" with an index over HTTP, or "oci" for a container registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#type: Option<HelmRepositoryType>,
    /// URL of the repository.
    /// For HTTP and HTTPS, the location of index.yaml. For OCI, "oci://" and the path without the chart name.
    #[schemars(regex(pattern = r"^(http|https|oci)://.*$"))]
    pub url: String,
}

string_enum! {
    /// Types of Helm chart repositories.
    pub enum HelmRepositoryType {
        /// Repository with an index over HTTP.
        Default = "default",
        /// Charts in a container registry.
        Oci = "oci",
    }
}

/// Observed state of a HelmRepository.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("default" = {"observedGeneration": -1}))]
pub struct HelmRepositoryStatus {
    /// Index of the last successful reconciliation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Artifact>,
    /// Conditions of the HelmRepository.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Value of the last handled reconcile request annotation. It is used to detect new requests.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub last_handled_reconcile_at: Option<String>,
    /// Last observed generation of the spec.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// URL of the latest index, reachable within the cluster.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub url: Option<String>,
}
