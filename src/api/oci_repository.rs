//! `OCIRepository`: an OCI artifact in a container registry as a source.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::crd::{AGE, Crd, READY, STATUS, schema_of, text};
use super::duration::Duration;
use super::meta::{Condition, LocalReference};
use super::object::{Object, Spec};
use super::source::{Artifact, CloudProvider, OciVerification, TIMEOUT};
use super::string_enum::string_enum;

/// OCI artifact as a source.
pub type OciRepository = Object<OciRepositorySpec>;

impl Spec for OciRepositorySpec {
    const CRD: &'static Crd = &Crd {
        kind: "OCIRepository",
        plural: "ocirepositories",
        short_names: &["ocirepo"],
        group: "source.toolkit.fluxcd.io",
        version: "v1",
        category: "fluxcd-sources",
        description: "Produces an artifact from an OCI artifact in a container registry.",
        columns: &[text("URL", ".spec.url"), READY, STATUS, AGE],
        spec: schema_of::<OciRepositorySpec>,
        status: Some(schema_of::<OciRepositoryStatus>),
    };
}

/// Desired state of an OCIRepository: the OCI artifact to watch and its credentials.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OciRepositorySpec {
    /// Reference to a Secret with TLS data.
    /// The key "ca.crt" contains a CA certificate; "tls.crt" and "tls.key" contain a client certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cert_secret_ref: Option<LocalReference>,
    /// Files to exclude from the artifact, in .gitignore format. Overrides the default exclusions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore: Option<String>,
    /// Allows connecting to the registry over plain HTTP.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub insecure: bool,
    /// Interval at which the OCI artifact is checked for changes. The actual interval is subject to jitter.
    pub interval: Duration,
    /// Layer of the OCI artifact to use. Defaults to the first layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer_selector: Option<LayerSelector>,
    /// Authentication provider of the registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "generic"))]
    pub provider: Option<CloudProvider>,
    /// Reference to a Secret with the proxy settings for the registry.
    /// The key "address" is required; "username" and "password" are optional.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_secret_ref: Option<LocalReference>,
    /// Version of the OCI artifact to pull. Defaults to the tag "latest".
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<OciRepositoryRef>,
    /// Reference to a Secret of the type kubernetes.io/dockerconfigjson that contains the credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
    /// Service account whose image pull secrets or workload identity authenticate to the registry.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub service_account_name: Option<String>,
    /// Suspends the reconciliation of the OCIRepository.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
    /// Timeout of registry operations, such as pulling.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = TIMEOUT), extend("default" = "60s"))]
    pub timeout: Option<Duration>,
    /// URL of the OCI artifact, starting with "oci://" and without a tag.
    #[schemars(regex(pattern = r"^oci://.*$"))]
    pub url: String,
    /// Verification of signatures. An OCI artifact that fails the verification is rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify: Option<OciVerification>,
}

/// Version of an OCI artifact. The order of precedence is digest, semver, tag.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OciRepositoryRef {
    /// Digest to pull: "sha256:" followed by 64 hexadecimal digits.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub digest: Option<String>,
    /// Semver range of tags. The latest tag in the range is pulled.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub semver: Option<String>,
    /// Regular expression of the tags to consider for the semver range.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub semver_filter: Option<String>,
    /// Tag to pull.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub tag: Option<String>,
}

/// Layer of an OCI artifact, and how to process it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LayerSelector {
    /// Media type of the layer. The first layer of this type is used.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub media_type: Option<String>,
    /// How to process the layer: extract its content, or copy it unchanged. Defaults to "extract".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<LayerOperation>,
}

string_enum! {
    /// How a layer is processed.
    pub enum LayerOperation {
        /// Extracts the content of the layer and builds the artifact from it.
        Extract = "extract",
        /// Copies the layer unchanged.
        Copy = "copy",
    }
}

/// Observed state of an OCIRepository.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("default" = {"observedGeneration": -1}))]
pub struct OciRepositoryStatus {
    /// Artifact of the last successful reconciliation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Artifact>,
    /// Conditions of the OCIRepository.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Value of the last handled reconcile request annotation. It is used to detect new requests.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub last_handled_reconcile_at: Option<String>,
    /// Last observed generation of the spec.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Ignore rules used for the current artifact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_ignore: Option<String>,
    /// Layer selector used for the current artifact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_layer_selector: Option<LayerSelector>,
    /// URL of the latest artifact, reachable within the cluster.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub url: Option<String>,
}
