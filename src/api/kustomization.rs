//! `Kustomization`: builds a directory of a source and applies the manifests.

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

/// Builds a directory of a source and applies the manifests.
pub type Kustomization = Object<KustomizationSpec>;

impl Spec for KustomizationSpec {
    const CRD: &'static Crd = &Crd {
        kind: "Kustomization",
        plural: "kustomizations",
        short_names: &["ks"],
        group: "kustomize.toolkit.fluxcd.io",
        version: "v1",
        category: "fluxcd-appliers",
        description: "Builds a source directory with kustomize and reconciles its objects in the cluster.",
        columns: &[AGE, READY, STATUS],
        spec: schema_of::<KustomizationSpec>,
        status: Some(schema_of::<KustomizationStatus>),
    };
}

/// Desired state of a Kustomization: the manifests to build and how to apply them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KustomizationSpec {
    /// Kustomize build metadata to add to the objects, as annotations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub build_metadata: Vec<BuildMetadata>,
    /// Labels and annotations to apply to all objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub common_metadata: Option<CommonMetadata>,
    /// Paths of directories with kustomize components, relative to spec.path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<String>,
    /// How to decrypt manifests before they are applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decryption: Option<Decryption>,
    /// What happens to the applied objects when the Kustomization is deleted. Defaults to "MirrorPrune".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<DeletionPolicy>,
    /// Kustomizations that must be ready before this one is applied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<DependencyReference>,
    /// Recreates objects whose update fails because of an immutable field.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schemars(extend("default" = false))]
    pub force: bool,
    /// CEL expressions that evaluate the health of custom resources.
    /// They apply if wait or healthChecks is specified.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub health_check_exprs: Vec<HealthCheckExpr>,
    /// Objects that must be healthy for the Kustomization to become ready.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub health_checks: Vec<NamespacedKindReference>,
    /// Fields to leave unchanged in the cluster.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<IgnoreRule>,
    /// Ignores components that do not exist in the source.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ignore_missing_components: bool,
    /// Image overrides: a new name, tag or digest for a container image.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<Image>,
    /// Interval at which the Kustomization is reconciled, even if the source is unchanged.
    /// The actual interval is subject to jitter.
    pub interval: Duration,
    /// Access to the cluster to apply the objects to. Defaults to the local cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kube_config: Option<KubeConfig>,
    /// Prefix to add to the names of all objects.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    #[schemars(length(min = 1, max = 200))]
    pub name_prefix: Option<String>,
    /// Suffix to add to the names of all objects.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    #[schemars(length(min = 1, max = 200))]
    pub name_suffix: Option<String>,
    /// Patches to apply to the built objects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patches: Vec<Patch>,
    /// Path of the directory to build.
    /// If it has no kustomization.yaml, one is generated for its manifests.
    /// Defaults to the root of the source.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub path: Option<String>,
    /// Variable substitution in the built manifests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_build: Option<PostBuild>,
    /// Enables garbage collection of objects that were removed from the source.
    pub prune: bool,
    /// Interval at which a failed reconciliation is retried. Defaults to the interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_interval: Option<Duration>,
    /// Service account to impersonate when applying the objects.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub service_account_name: Option<String>,
    /// Reference to the source of the manifests.
    pub source_ref: KustomizationSource,
    /// Suspends the reconciliation of the Kustomization.
    /// Reconciliations that are already running are not interrupted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
    /// Namespace to set on all objects. Overrides the namespace in the manifests.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    #[schemars(length(min = 1, max = 63))]
    pub target_namespace: Option<String>,
    /// Timeout of build, apply and health checks. Defaults to the interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
    /// Waits for all applied objects to become healthy. The healthChecks are then ignored.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub wait: bool,
}

string_enum! {
    /// Annotations that kustomize adds to the objects of a build.
    pub enum BuildMetadata {
        /// File and repository of an object.
        OriginAnnotations = "originAnnotations",
        /// Transformers that changed an object.
        TransformerAnnotations = "transformerAnnotations",
    }
}

/// Decryption of manifests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Decryption {
    /// Encryption tool that was used for the manifests.
    pub provider: DecryptionProvider,
    /// Reference to a Secret that contains private keys (age, OpenPGP) or the credentials of a key management
    /// service (KMS).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
    /// Service account whose workload identity authenticates to the key management service (KMS).
    /// Credentials in the Secret take precedence.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub service_account_name: Option<String>,
}

string_enum! {
    /// Encryption tools.
    pub enum DecryptionProvider {
        /// SOPS, with age, OpenPGP or a cloud key management service (KMS).
        Sops = "sops",
    }
}

string_enum! {
    /// What happens to the applied objects when a Kustomization is deleted.
    pub enum DeletionPolicy {
        /// Deletes the objects if prune is enabled, and orphans them otherwise.
        MirrorPrune = "MirrorPrune",
        /// Deletes the objects.
        Delete = "Delete",
        /// Deletes the objects and waits until they are terminated.
        WaitForTermination = "WaitForTermination",
        /// Leaves the objects in the cluster.
        Orphan = "Orphan",
    }
}

/// Variable substitution in the built manifests.
/// Variables are written as ${name}; bash string functions, such as ${name:=default}, are supported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PostBuild {
    /// Values by variable name. They take precedence over those from substituteFrom.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub substitute: BTreeMap<String, String>,
    /// References to ConfigMaps and Secrets whose keys are variable names. Later references take precedence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub substitute_from: Vec<SubstituteReference>,
    /// When to substitute variables.
    /// "Always" substitutes even without variables, so that defaults in the manifests apply.
    /// Defaults to "WithVariables".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub substitute_strategy: Option<SubstituteStrategy>,
}

string_enum! {
    /// When variables are substituted.
    pub enum SubstituteStrategy {
        /// If at least one variable is defined.
        WithVariables = "WithVariables",
        /// Always.
        Always = "Always",
    }
}

/// Reference to an object that contains variables.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SubstituteReference {
    /// Kind of the referent.
    pub kind: ConfigKind,
    /// Name of the referent, in the same namespace.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// Ignores a missing referent, as if it had no variables.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schemars(extend("default" = false))]
    pub optional: bool,
}

/// Reference to a source of manifests, by default in the namespace of the Kustomization.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KustomizationSource {
    /// API group and version of the source.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub api_version: Option<String>,
    /// Kind of the source.
    pub kind: KustomizationSourceKind,
    /// Name of the source.
    pub name: String,
    /// Namespace of the source. Defaults to the namespace of the Kustomization.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub namespace: Option<String>,
}

string_enum! {
    /// Kinds of sources that provide manifests.
    pub enum KustomizationSourceKind {
        /// OCI artifact in a container registry.
        OciRepository = "OCIRepository",
        /// Git repository.
        GitRepository = "GitRepository",
        /// Object storage bucket.
        Bucket = "Bucket",
        /// Artifact of a third-party controller.
        ExternalArtifact = "ExternalArtifact",
    }
}

/// Observed state of a Kustomization.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("default" = {"observedGeneration": -1}))]
pub struct KustomizationStatus {
    /// Conditions of the Kustomization.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Last reconciliations, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<History>,
    /// Objects that were applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inventory: Option<Inventory>,
    /// Origin revision of the last applied source revision, such as the Git commit of an OCI artifact.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub last_applied_origin_revision: Option<String>,
    /// Revision of the source that was last applied.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub last_applied_revision: Option<String>,
    /// Revision of the source of the last attempted reconciliation.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub last_attempted_revision: Option<String>,
    /// Value of the last handled reconcile request annotation. It is used to detect new requests.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub last_handled_reconcile_at: Option<String>,
    /// Last observed generation of the spec.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
}
