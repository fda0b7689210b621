//! `ExternalArtifact`: a source that another controller provides.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::crd::{AGE, Crd, READY, STATUS, schema_of, text};
use super::meta::{Condition, NamespacedKindReference};
use super::object::{Object, Spec};
use super::source::Artifact;

/// A source that another controller provides.
pub type ExternalArtifact = Object<ExternalArtifactSpec>;

impl Spec for ExternalArtifactSpec {
    const CRD: &'static Crd = &Crd {
        kind: "ExternalArtifact",
        plural: "externalartifacts",
        short_names: &["ea"],
        group: "source.toolkit.fluxcd.io",
        version: "v1",
        category: "fluxcd-sources",
        description: "An archive that a controller other than Flux's source-controller made and offers.",
        columns: &[AGE, READY, STATUS, text("Source", ".spec.sourceRef.name")],
        spec: schema_of::<ExternalArtifactSpec>,
        status: Some(schema_of::<ExternalArtifactStatus>),
    };
}

/// Where the archive comes from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExternalArtifactSpec {
    /// The object whose controller made the archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_ref: Option<NamespacedKindReference>,
}

/// What is known about the archive.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExternalArtifactStatus {
    /// The archive as it was last made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Artifact>,
    /// The state of the archive in its several aspects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
}
