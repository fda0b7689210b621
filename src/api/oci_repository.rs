//! `OCIRepository`: an artifact in a container registry.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::crd::{AGE, Crd, READY, STATUS, schema_of, text};
use super::duration::Duration;
use super::meta::{Condition, LocalReference};
use super::object::{Object, Spec};
use super::source::{Artifact, CloudProvider, OciVerification, TIMEOUT};
use super::string_enum::string_enum;

/// An OCI artifact as a source.
pub type OciRepository = Object<OciRepositorySpec>;

impl Spec for OciRepositorySpec {
    const CRD: &'static Crd = &Crd {
        kind: "OCIRepository",
        plural: "ocirepositories",
        short_names: &["ocirepo"],
        group: "source.toolkit.fluxcd.io",
        version: "v1",
        category: "fluxcd-sources",
        description: "An artifact in a container registry that is watched and offered to the other controllers.",
        columns: &[text("URL", ".spec.url"), READY, STATUS, AGE],
        spec: schema_of::<OciRepositorySpec>,
        status: Some(schema_of::<OciRepositoryStatus>),
    };
}

/// Which artifact to watch, at which tag, and how to sign in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OciRepositorySpec {
    /// A Secret with "ca.crt" for an own certificate authority, and "tls.crt" with "tls.key" to
    /// sign in with a certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cert_secret_ref: Option<LocalReference>,
    /// Files to leave out, in the syntax of .gitignore. Replaces the built-in list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore: Option<String>,
    /// Talk to the registry without TLS.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub insecure: bool,
    /// How often to look for changes, within a little jitter.
    pub interval: Duration,
    /// Which layer of the artifact to take; the first one when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer_selector: Option<LayerSelector>,
    /// Who signs the controller in at the registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "generic"))]
    pub provider: Option<CloudProvider>,
    /// A Secret with the "address" of a proxy for this registry and, where needed, its
    /// "username" and "password".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_secret_ref: Option<LocalReference>,
    /// Which version of the artifact to take; the tag "latest" when left out.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<OciRepositoryRef>,
    /// A Secret of the type kubernetes.io/dockerconfigjson with the credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
    /// The service account whose pull secrets or cloud identity are used to sign in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_account_name: Option<String>,
    /// Stop looking for changes until this is taken back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
    /// How long an operation such as pulling may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = TIMEOUT), extend("default" = "60s"))]
    pub timeout: Option<Duration>,
    /// The address of the artifact without a tag, starting with "oci://".
    #[schemars(regex(pattern = r"^oci://.*$"))]
    pub url: String,
    /// Take only what carries a trusted signature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify: Option<OciVerification>,
}

/// Which version of an artifact to take. Digest goes before semver, semver before tag.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OciRepositoryRef {
    /// The digest to stay at, as in "sha256:" and 64 hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// A range of versions; the newest tag within it is taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub semver: Option<String>,
    /// A regular expression that a tag must match to be looked at for the range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub semver_filter: Option<String>,
    /// The tag to follow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
}

/// One layer of an artifact, and what to do with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LayerSelector {
    /// The media type of the layer; the first layer of that type is taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Whether the layer's archive is unpacked or kept as it is; unpacked when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<LayerOperation>,
}

string_enum! {
    /// What to do with a layer.
    pub enum LayerOperation {
        /// Unpack its archive and pack it again.
        Extract = "extract",
        /// Offer it as it is.
        Copy = "copy",
    }
}

/// What the controller knows about the artifact.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("default" = {"observedGeneration": -1}))]
pub struct OciRepositoryStatus {
    /// The file of the last pull that succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Artifact>,
    /// The state of the artifact in its several aspects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// The request to reconcile that was last fulfilled: the annotation's value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
    /// The generation of the spec that was last looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The files that the offered file leaves out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_ignore: Option<String>,
    /// The layer that the offered file was made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_layer_selector: Option<LayerSelector>,
    /// The address within the cluster of the newest file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}
