//! `ArtifactGenerator`: archives made out of parts of several sources.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::crd::{AGE, Crd, READY, STATUS, schema_of};
use super::kustomize::CommonMetadata;
use super::meta::Condition;
use super::object::{Object, Spec};
use super::string_enum::string_enum;

/// Archives made out of parts of several sources.
pub type ArtifactGenerator = Object<ArtifactGeneratorSpec>;

impl Spec for ArtifactGeneratorSpec {
    const CRD: &'static Crd = &Crd {
        kind: "ArtifactGenerator",
        plural: "artifactgenerators",
        short_names: &["ag"],
        group: "source.extensions.fluxcd.io",
        version: "v1beta1",
        category: "fluxcd-sources",
        description: "Makes ExternalArtifacts out of parts of one or several sources.",
        columns: &[AGE, READY, STATUS],
        spec: schema_of::<ArtifactGeneratorSpec>,
        status: Some(schema_of::<ArtifactGeneratorStatus>),
    };
}

/// Which sources to take from, and which archives to make.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [{
    "message": "artifact names must be valid Kubernetes object names when pathPattern is not set",
    "rule": r"has(self.pathPattern) && size(self.pathPattern) > 0 || self.artifacts.all(a, a.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$'))",
}]))]
pub struct ArtifactGeneratorSpec {
    /// The archives to make.
    #[schemars(length(min = 1, max = 1000))]
    pub artifacts: Vec<OutputArtifact>,
    /// Labels and annotations for every ExternalArtifact that is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub common_metadata: Option<CommonMetadata>,
    /// Folders of a source, each of which gives archives of its own: "@alias/" and a pattern
    /// whose parts in braces, such as "{app}", can be used in the artifacts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024), regex(pattern = r"^@([a-z0-9]([a-z0-9_-]*[a-z0-9])?)/(.*)$"))]
    pub path_pattern: Option<String>,
    /// The sources to take from.
    #[schemars(length(min = 1, max = 1000))]
    pub sources: Vec<ArtifactSource>,
}

/// A source to take from, in the same namespace unless another one is named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ArtifactSource {
    /// The name for the source within this object.
    #[schemars(length(max = 63), regex(pattern = r"^[a-z0-9]([a-z0-9_-]*[a-z0-9])?$"))]
    pub alias: String,
    /// The kind of the source.
    pub kind: ArtifactSourceKind,
    /// The name of the source.
    #[schemars(length(max = 253), regex(pattern = r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"))]
    pub name: String,
    /// The namespace of the source; that of this object when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63), regex(pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"))]
    pub namespace: Option<String>,
}

string_enum! {
    /// The kinds of sources to take from.
    pub enum ArtifactSourceKind {
        /// A bucket.
        Bucket = "Bucket",
        /// A Git repository.
        GitRepository = "GitRepository",
        /// An artifact in a container registry.
        OciRepository = "OCIRepository",
        /// A chart.
        HelmChart = "HelmChart",
        /// An archive of another controller.
        ExternalArtifact = "ExternalArtifact",
    }
}

/// An archive to make.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OutputArtifact {
    /// What to copy into the archive, one after the other; later files replace earlier ones.
    #[schemars(length(min = 1))]
    pub copy: Vec<CopyOperation>,
    /// The name of the ExternalArtifact; with a pathPattern it may use its parts.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// The source, as "@alias", whose own origin (such as a Git commit) the archive names as its
    /// origin.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64), regex(pattern = r"^@([a-z0-9]([a-z0-9_-]*[a-z0-9])?)$"))]
    pub origin_revision: Option<String>,
    /// The source, as "@alias", whose revision the archive takes as its own; a checksum of the
    /// content when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64), regex(pattern = r"^@([a-z0-9]([a-z0-9_-]*[a-z0-9])?)$"))]
    pub revision: Option<String>,
}

/// Files to copy into an archive.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CopyOperation {
    /// Patterns of files to leave out; one without a slash is compared to the file's name alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100), inner(length(max = 1024)))]
    pub exclude: Vec<String>,
    /// What to copy: "@alias/" and a pattern of files within that source.
    #[schemars(length(min = 1, max = 1024), regex(pattern = r"^@([a-z0-9]([a-z0-9_-]*[a-z0-9])?)/(.*)$"))]
    pub from: String,
    /// How to copy onto a file that is there; "Overwrite" when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<CopyStrategy>,
    /// Where to copy to: "@artifact/" and a folder or file within the archive.
    #[schemars(
        length(min = 1, max = 1024),
        regex(
            pattern = r"^@artifact/([^/]{0,1}|[^./][^/]|[.][^./]|[^/]{3,})(/([^/]{0,1}|[^./][^/]|[.][^./]|[^/]{3,}))*$"
        )
    )]
    pub to: String,
}

string_enum! {
    /// How files are copied.
    pub enum CopyStrategy {
        /// Replace the file that is there.
        Overwrite = "Overwrite",
        /// Merge YAML files as Helm merges values.
        Merge = "Merge",
        /// Unpack archives (.tar.gz, .tgz).
        Extract = "Extract",
    }
}

/// What the controller has made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ArtifactGeneratorStatus {
    /// The state of the archives in its several aspects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// The archives that were made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inventory: Vec<GeneratedArtifact>,
    /// The request to reconcile that was last fulfilled: the annotation's value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
    /// A checksum of the state of all sources, which changes when they do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_sources_digest: Option<String>,
}

/// An archive that was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GeneratedArtifact {
    /// The checksum of the archive.
    pub digest: String,
    /// The name of the archive's file.
    pub filename: String,
    /// The name of the ExternalArtifact.
    pub name: String,
    /// The namespace of the ExternalArtifact.
    pub namespace: String,
}
