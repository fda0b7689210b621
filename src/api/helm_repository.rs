//! `HelmRepository`: a repository of Helm charts, with an index or in a container registry.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::crd::{AGE, Crd, READY, STATUS, schema_of, text};
use super::duration::Duration;
use super::meta::{AccessFrom, Condition, LocalReference};
use super::object::{Object, Spec};
use super::source::{Artifact, CloudProvider, TIMEOUT};
use super::string_enum::string_enum;

/// A repository of Helm charts as a source.
pub type HelmRepository = Object<HelmRepositorySpec>;

impl Spec for HelmRepositorySpec {
    const CRD: &'static Crd = &Crd {
        kind: "HelmRepository",
        plural: "helmrepositories",
        short_names: &["helmrepo"],
        group: "source.toolkit.fluxcd.io",
        version: "v1",
        category: "fluxcd-sources",
        description: "A repository of Helm charts from which HelmCharts and HelmReleases take theirs.",
        columns: &[text("URL", ".spec.url"), AGE, READY, STATUS],
        spec: schema_of::<HelmRepositorySpec>,
        status: Some(schema_of::<HelmRepositoryStatus>),
    };
}

/// Which repository of charts to use, and how to sign in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HelmRepositorySpec {
    /// Which other namespaces may refer to this object. Not used by any controller so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_from: Option<AccessFrom>,
    /// A Secret with "ca.crt" for an own certificate authority, and "tls.crt" with "tls.key" to
    /// sign in with a certificate. Goes before the certificates of secretRef.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cert_secret_ref: Option<LocalReference>,
    /// Talk to the registry without TLS. Only for the type "oci".
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub insecure: bool,
    /// How often to fetch the index, within a little jitter. Has no meaning for the type "oci".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<Duration>,
    /// Send the credentials also to another host when the index says that a chart lies there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pass_credentials: bool,
    /// Who signs the controller in at the registry. Only for the type "oci".
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "generic"))]
    pub provider: Option<CloudProvider>,
    /// A Secret with "username" and "password", or for the type "oci" one of the type
    /// kubernetes.io/dockerconfigjson.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
    /// Stop looking for changes until this is taken back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
    /// How long fetching the index, or signing in at the registry, may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = TIMEOUT))]
    pub timeout: Option<Duration>,
    /// The kind of repository: with an index over HTTP, or in a container registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#type: Option<HelmRepositoryType>,
    /// The address of the repository: over HTTP or HTTPS where its index.yaml lies, or starting
    /// with "oci://" without the chart's name.
    #[schemars(regex(pattern = r"^(http|https|oci)://.*$"))]
    pub url: String,
}

string_enum! {
    /// The kinds of chart repositories.
    pub enum HelmRepositoryType {
        /// With an index over HTTP.
        Default = "default",
        /// In a container registry.
        Oci = "oci",
    }
}

/// What the controller knows about the repository.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("default" = {"observedGeneration": -1}))]
pub struct HelmRepositoryStatus {
    /// The index of the last fetch that succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Artifact>,
    /// The state of the repository in its several aspects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// The request to reconcile that was last fulfilled: the annotation's value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
    /// The generation of the spec that was last looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The address within the cluster of the newest index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}
