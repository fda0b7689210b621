//! `ExternalArtifact`: an artifact that a third-party controller provides.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::crd::{AGE, Crd, READY, STATUS, schema_of, text};
use super::meta::{Condition, NamespacedKindReference};
use super::object::{Object, Spec};
use super::source::Artifact;

/// Artifact that a third-party controller provides.
pub type ExternalArtifact = Object<ExternalArtifactSpec>;

impl Spec for ExternalArtifactSpec {
    const CRD: &'static Crd = &Crd {
        kind: "ExternalArtifact",
        plural: "externalartifacts",
        short_names: &["ea"],
        group: "source.toolkit.fluxcd.io",
        version: "v1",
        category: "fluxcd-sources",
        description: "Artifact produced by a controller other than source-controller.",
        columns: &[AGE, READY, STATUS, text("Source", ".spec.sourceRef.name")],
        spec: schema_of::<ExternalArtifactSpec>,
        status: Some(schema_of::<ExternalArtifactStatus>),
    };
}

/// Desired state of an ExternalArtifact: the object that it originates from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExternalArtifactSpec {
    /// Reference to the object whose controller produced the artifact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_ref: Option<NamespacedKindReference>,
}

/// Observed state of an ExternalArtifact.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExternalArtifactStatus {
    /// Latest artifact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Artifact>,
    /// Conditions of the ExternalArtifact.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
}
