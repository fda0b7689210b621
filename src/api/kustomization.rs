//! `Kustomization`: a folder of manifests of a source, applied to the cluster.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::crd::{AGE, Crd, READY, STATUS, schema_of};
use super::duration::Duration;
use super::kustomize::{CommonMetadata, HealthCheckExpr, IgnoreRule, Image, Patch};
use super::meta::{
    Condition, ConfigKind, DependencyReference, History, Inventory, KubeConfig, LocalReference,
    NamespacedKindReference,
};
use super::object::{Object, Spec};
use super::string_enum::string_enum;

/// A folder of manifests, applied to the cluster.
pub type Kustomization = Object<KustomizationSpec>;

impl Spec for KustomizationSpec {
    const CRD: &'static Crd = &Crd {
        kind: "Kustomization",
        plural: "kustomizations",
        short_names: &["ks"],
        group: "kustomize.toolkit.fluxcd.io",
        version: "v1",
        category: "fluxcd-appliers",
        description: "A folder of a source whose manifests are built with kustomize and kept applied to the cluster.",
        columns: &[AGE, READY, STATUS],
        spec: schema_of::<KustomizationSpec>,
        status: Some(schema_of::<KustomizationStatus>),
    };
}

/// What to build from which source, and how to apply it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KustomizationSpec {
    /// Notes of kustomize about where objects come from, to be kept on them as annotations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub build_metadata: Vec<BuildMetadata>,
    /// Labels and annotations for every object that is applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub common_metadata: Option<CommonMetadata>,
    /// Folders with components of kustomize to take in, relative to the path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<String>,
    /// How encrypted values in the manifests are decrypted before they are applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decryption: Option<Decryption>,
    /// What becomes of the applied objects when this object is deleted; "MirrorPrune" when left
    /// out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<DeletionPolicy>,
    /// Kustomizations that have to be ready before this one is applied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<DependencyReference>,
    /// Delete and create an object anew when a change to one of its fields is not allowed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schemars(extend("default" = false))]
    pub force: bool,
    /// How to read the health of custom resources. Used with wait or healthChecks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub health_check_exprs: Vec<HealthCheckExpr>,
    /// Objects that have to become healthy before this one counts as ready.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub health_checks: Vec<NamespacedKindReference>,
    /// Fields that are left as they are in the cluster.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<IgnoreRule>,
    /// Go on without components that the source does not have.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ignore_missing_components: bool,
    /// Other names, tags or digests for container images.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<Image>,
    /// How often to apply, within a little jitter, also when the source has not changed.
    pub interval: Duration,
    /// The cluster to apply to; the one in which this object lies when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kube_config: Option<KubeConfig>,
    /// A text to put before the name of every object.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 200))]
    pub name_prefix: Option<String>,
    /// A text to put after the name of every object.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 200))]
    pub name_suffix: Option<String>,
    /// Changes to the objects before they are applied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patches: Vec<Patch>,
    /// The folder of the source to build: one with a kustomization.yaml, or with manifests for
    /// which one is made. The root of the source when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Variables to replace in the built manifests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_build: Option<PostBuild>,
    /// Delete objects from the cluster that are no longer in the source.
    pub prune: bool,
    /// How soon to try again after a failure; the interval when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_interval: Option<Duration>,
    /// The service account in whose name the objects are applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_account_name: Option<String>,
    /// The source with the manifests.
    pub source_ref: KustomizationSource,
    /// Stop applying until this is taken back. What is running goes on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
    /// The namespace for every object, over the one that the manifests name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub target_namespace: Option<String>,
    /// How long building, applying and the health checks may take; the interval when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
    /// Wait until all applied objects are healthy. The healthChecks have no meaning then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub wait: bool,
}

string_enum! {
    /// Notes of kustomize on the objects that it builds.
    pub enum BuildMetadata {
        /// The file and repository that an object comes from.
        OriginAnnotations = "originAnnotations",
        /// The transformers that changed an object.
        TransformerAnnotations = "transformerAnnotations",
    }
}

/// How encrypted values are decrypted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Decryption {
    /// The tool with which the values were encrypted.
    pub provider: DecryptionProvider,
    /// The Secret with the private keys (age, OpenPGP) or the credentials of a key service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
    /// The service account whose cloud identity signs in at the key service. Credentials in the
    /// Secret go before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_account_name: Option<String>,
}

string_enum! {
    /// The tools with which values are encrypted.
    pub enum DecryptionProvider {
        /// SOPS, with age, OpenPGP or the key service of a cloud.
        Sops = "sops",
    }
}

string_enum! {
    /// What becomes of applied objects when their Kustomization is deleted.
    pub enum DeletionPolicy {
        /// They are deleted when prune is set, else they stay.
        MirrorPrune = "MirrorPrune",
        /// They are deleted.
        Delete = "Delete",
        /// They are deleted, and the Kustomization stays until they are gone.
        WaitForTermination = "WaitForTermination",
        /// They stay.
        Orphan = "Orphan",
    }
}

/// Variables to replace in the built manifests: ${name}, with the string functions of bash such
/// as ${name:=default}.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PostBuild {
    /// The values of variables by their names. They go before those of substituteFrom.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub substitute: BTreeMap<String, String>,
    /// ConfigMaps and Secrets whose keys are names of variables; the later ones go before the
    /// earlier ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub substitute_from: Vec<SubstituteReference>,
    /// Whether to replace also when no variable is defined, so that defaults written in the
    /// manifests apply; "WithVariables" when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub substitute_strategy: Option<SubstituteStrategy>,
}

string_enum! {
    /// When variables are replaced.
    pub enum SubstituteStrategy {
        /// When at least one is defined.
        WithVariables = "WithVariables",
        /// Always.
        Always = "Always",
    }
}

/// An object with values of variables.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SubstituteReference {
    /// The kind of the object.
    pub kind: ConfigKind,
    /// The name of the object, in the same namespace.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// Go on as if the object were empty when it does not exist.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schemars(extend("default" = false))]
    pub optional: bool,
}

/// A source of manifests, in the same namespace unless another one is named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KustomizationSource {
    /// The API group and version of the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// The kind of the source.
    pub kind: KustomizationSourceKind,
    /// The name of the source.
    pub name: String,
    /// The namespace of the source; that of this object when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

string_enum! {
    /// The kinds of sources that have manifests.
    pub enum KustomizationSourceKind {
        /// An artifact in a container registry.
        OciRepository = "OCIRepository",
        /// A Git repository.
        GitRepository = "GitRepository",
        /// A bucket.
        Bucket = "Bucket",
        /// An archive of another controller.
        ExternalArtifact = "ExternalArtifact",
    }
}

/// What the controller knows about the applied objects.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("default" = {"observedGeneration": -1}))]
pub struct KustomizationStatus {
    /// The state of the applied objects in its several aspects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// The last reconciliations, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<History>,
    /// The objects that were applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inventory: Option<Inventory>,
    /// The revision from which the applied source was itself made, such as the Git commit of an
    /// OCI artifact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_applied_origin_revision: Option<String>,
    /// The revision of the source that was last applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_applied_revision: Option<String>,
    /// The revision of the source that was last tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_attempted_revision: Option<String>,
    /// The request to reconcile that was last fulfilled: the annotation's value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
    /// The generation of the spec that was last looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
}
