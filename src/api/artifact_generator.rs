//! `ArtifactGenerator`: generates artifacts from the content of other sources.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::crd::{AGE, Crd, READY, STATUS, schema_of};
use super::kustomize::CommonMetadata;
use super::meta::Condition;
use super::object::{Object, Spec};
use super::string_enum::string_enum;

/// Generates artifacts from the content of other sources.
pub type ArtifactGenerator = Object<ArtifactGeneratorSpec>;

impl Spec for ArtifactGeneratorSpec {
    const CRD: &'static Crd = &Crd {
        kind: "ArtifactGenerator",
        plural: "artifactgenerators",
        short_names: &["ag"],
        group: "source.extensions.fluxcd.io",
        version: "v1beta1",
        category: "fluxcd-sources",
        description: "Generates ExternalArtifacts from the content of one or more sources.",
        columns: &[AGE, READY, STATUS],
        spec: schema_of::<ArtifactGeneratorSpec>,
        status: Some(schema_of::<ArtifactGeneratorStatus>),
    };
}

/// Desired state of an ArtifactGenerator: the sources and the artifacts to generate from them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [{
    "message": "artifact names must be valid Kubernetes object names when pathPattern is not set",
    "rule": r"has(self.pathPattern) && size(self.pathPattern) > 0 || self.artifacts.all(a, a.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$'))",
}]))]
pub struct ArtifactGeneratorSpec {
    /// Artifacts to generate.
    #[schemars(length(min = 1, max = 1000))]
    pub artifacts: Vec<OutputArtifact>,
    /// Labels and annotations to add to all generated ExternalArtifacts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub common_metadata: Option<CommonMetadata>,
    /// Pattern of directories in a source, each of which generates its own artifacts.
    /// Its format is "@alias/" followed by a path.
    /// Placeholders in the path, such as "{app}", can be used in the artifacts.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    #[schemars(length(max = 1024), regex(pattern = r"^@([a-z0-9]([a-z0-9_-]*[a-z0-9])?)/(.*)$"))]
    pub path_pattern: Option<String>,
    /// Sources to copy content from.
    #[schemars(length(min = 1, max = 1000))]
    pub sources: Vec<ArtifactSource>,
}

/// Reference to a source, by default in the namespace of the ArtifactGenerator.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ArtifactSource {
    /// Alias of the source, unique within the ArtifactGenerator.
    #[schemars(length(max = 63), regex(pattern = r"^[a-z0-9]([a-z0-9_-]*[a-z0-9])?$"))]
    pub alias: String,
    /// Kind of the source.
    pub kind: ArtifactSourceKind,
    /// Name of the source.
    #[schemars(length(max = 253), regex(pattern = r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"))]
    pub name: String,
    /// Namespace of the source. Defaults to the namespace of the ArtifactGenerator.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    #[schemars(length(min = 1, max = 63), regex(pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"))]
    pub namespace: Option<String>,
}

string_enum! {
    /// Kinds of sources that an ArtifactGenerator can copy from.
    pub enum ArtifactSourceKind {
        /// Object storage bucket.
        Bucket = "Bucket",
        /// Git repository.
        GitRepository = "GitRepository",
        /// OCI artifact in a container registry.
        OciRepository = "OCIRepository",
        /// Helm chart.
        HelmChart = "HelmChart",
        /// Artifact of a third-party controller.
        ExternalArtifact = "ExternalArtifact",
    }
}

/// Artifact to generate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OutputArtifact {
    /// Copy operations, performed in order. Later operations overwrite the files of earlier ones.
    #[schemars(length(min = 1))]
    pub copy: Vec<CopyOperation>,
    /// Name of the generated ExternalArtifact. May contain placeholders of the pathPattern.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// Alias of the source, as "@alias", whose origin revision is recorded in the artifact.
    /// An origin revision is, for example, the Git commit that an OCI artifact was built from.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    #[schemars(length(max = 64), regex(pattern = r"^@([a-z0-9]([a-z0-9_-]*[a-z0-9])?)$"))]
    pub origin_revision: Option<String>,
    /// Alias of the source, as "@alias", whose revision becomes the revision of the artifact.
    /// If not specified, the revision is the digest of the content.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    #[schemars(length(max = 64), regex(pattern = r"^@([a-z0-9]([a-z0-9_-]*[a-z0-9])?)$"))]
    pub revision: Option<String>,
}

/// Copies files from a source to an artifact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CopyOperation {
    /// Glob patterns of files to exclude. A pattern without a slash matches the file's base name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100), inner(length(max = 1024)))]
    pub exclude: Vec<String>,
    /// Files to copy: "@alias/" followed by a glob pattern within that source.
    #[schemars(length(min = 1, max = 1024), regex(pattern = r"^@([a-z0-9]([a-z0-9_-]*[a-z0-9])?)/(.*)$"))]
    pub from: String,
    /// How to copy files that already exist in the artifact. Defaults to "Overwrite".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<CopyStrategy>,
    /// Destination: "@artifact/" followed by the path of a directory or file in the artifact.
    #[schemars(
        length(min = 1, max = 1024),
        regex(
            pattern = r"^@artifact/([^/]{0,1}|[^./][^/]|[.][^./]|[^/]{3,})(/([^/]{0,1}|[^./][^/]|[.][^./]|[^/]{3,}))*$"
        )
    )]
    pub to: String,
}

string_enum! {
    /// How files are copied to an artifact.
    pub enum CopyStrategy {
        /// Overwrites existing files.
        Overwrite = "Overwrite",
        /// Merges YAML files in the way Helm merges values.
        Merge = "Merge",
        /// Extracts tarballs (.tar.gz, .tgz).
        Extract = "Extract",
    }
}

/// Observed state of an ArtifactGenerator.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ArtifactGeneratorStatus {
    /// Conditions of the ArtifactGenerator.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Generated artifacts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inventory: Vec<GeneratedArtifact>,
    /// Value of the last handled reconcile request annotation. It is used to detect new requests.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub last_handled_reconcile_at: Option<String>,
    /// Digest of the state of all sources, used to detect changes.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub observed_sources_digest: Option<String>,
}

/// Reference to a generated artifact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GeneratedArtifact {
    /// Digest of the artifact.
    pub digest: String,
    /// File name of the artifact.
    pub filename: String,
    /// Name of the ExternalArtifact.
    pub name: String,
    /// Namespace of the ExternalArtifact.
    pub namespace: String,
}
