//! Types of the Flux API: spec and status of every kind, from which YAML and CRDs are generated.
//!
//! Each kind has a file with its types and its [`Crd`] (names, short names, printer columns). `serde` writes objects
//! from the types, and `schemars` the schemas of the CRDs, with the doc comments as the descriptions that
//! `kubectl explain` shows. Optional fields that are not set are omitted, as with Go's `omitempty`.
//!
//! `Default` is implemented so that a spec can be written with `..Default::default()`. Fields other than
//! options, lists, maps and flags are required; their default values are placeholders.

// Doc comments become CRD descriptions, which are plain text without back quotes.
#![allow(clippy::doc_markdown)]
mod alert;
mod artifact_generator;
mod bucket;
mod crd;
mod duration;
mod external_artifact;
mod git_repository;
mod helm_action;
mod helm_chart;
mod helm_release;
mod helm_release_status;
mod helm_repository;
mod image_policy;
mod image_repository;
mod image_update_automation;
mod kustomization;
mod kustomize;
mod meta;
mod object;
mod oci_repository;
mod provider;
mod receiver;
mod source;
mod string_enum;
mod structural;

pub use alert::{Alert, AlertSpec, EventKind, EventSource, Severity};
pub use artifact_generator::{
    ArtifactGenerator, ArtifactGeneratorSpec, ArtifactGeneratorStatus, ArtifactSource, ArtifactSourceKind,
    CopyOperation, CopyStrategy, GeneratedArtifact, OutputArtifact,
};
pub use bucket::{Bucket, BucketProvider, BucketSpec, BucketStatus, BucketSts, BucketStsProvider};

pub use crd::{Column, Crd};
pub use duration::{Duration, DurationError};
pub use external_artifact::{ExternalArtifact, ExternalArtifactSpec, ExternalArtifactStatus};
pub use git_repository::{
    GitInclude, GitProvider, GitRepository, GitRepositoryRef, GitRepositorySpec, GitRepositoryStatus,
    GitVerification, GitVerificationMode,
};
pub use helm_action::{
    ChartNameChangeStrategy, CrdsPolicy, DeletionPropagation, Install, InstallRemediation, InstallStrategy,
    RemediationStrategy, Rollback, ServerSideApplyMode, StrategyName, Test, TestFilter, Uninstall, Upgrade,
    UpgradeRemediation, UpgradeStrategy,
};
pub use helm_chart::{
    ChartReconcileStrategy, ChartSource, ChartSourceKind, ChartVerification, HelmChart, HelmChartSpec,
    HelmChartStatus,
};
pub use helm_release::{
    ChartReference, ChartReferenceKind, ChartTemplate, ChartTemplateMetadata, ChartTemplateSource,
    ChartTemplateSpec, ChartTemplateVerification, DriftDetection, DriftDetectionMode, HelmRelease,
    HelmReleaseSpec, PostRenderKustomize, PostRenderStrategy, PostRenderer, ValuesReference, WaitStrategy,
    WaitStrategyName,
};
pub use helm_release_status::{HelmReleaseStatus, ReleaseAction, Snapshot, TestHookStatus};
pub use helm_repository::{HelmRepository, HelmRepositorySpec, HelmRepositoryStatus, HelmRepositoryType};
pub use image_policy::{
    AlphabeticalPolicy, DigestReflectionPolicy, ImagePolicy, ImagePolicyChoice, ImagePolicySpec,
    ImagePolicyStatus, ImageRef, NumericalPolicy, Order, SemVerPolicy, TagFilter,
};
pub use image_repository::{ImageRepository, ImageRepositorySpec, ImageRepositoryStatus, ScanResult};
pub use image_update_automation::{
    AutomationSource, AutomationSourceKind, CommitSpec, CommitUser, GitCheckout, GitSpec,
    ImageUpdateAutomation, ImageUpdateAutomationSpec, ImageUpdateAutomationStatus, PushSpec, SigningKey,
    SigningKeyType, UpdateStrategy, UpdateStrategyName,
};
pub use kustomization::{
    BuildMetadata, Decryption, DecryptionProvider, DeletionPolicy, Kustomization, KustomizationSource,
    KustomizationSourceKind, KustomizationSpec, KustomizationStatus, PostBuild, SubstituteReference,
    SubstituteStrategy,
};
pub use kustomize::{CommonMetadata, HealthCheckExpr, IgnoreRule, Image, Patch, Selector};
pub use meta::{
    AccessFrom, Condition, ConditionStatus, ConfigKind, DependencyReference, History, Inventory,
    InventoryEntry, KubeConfig, KubeConfigSecret, LabelRequirement, LabelSelector, LocalReference,
    NamespaceSelector, NamespacedKindReference, NamespacedReference, Time,
};
pub use object::{Metadata, Object, Spec};
pub use oci_repository::{
    LayerOperation, LayerSelector, OciRepository, OciRepositoryRef, OciRepositorySpec, OciRepositoryStatus,
};
pub use provider::{Provider, ProviderSpec, ProviderType};
pub use receiver::{
    OidcProvider, OidcValidation, OidcVariable, Receiver, ReceiverResource, ReceiverSpec, ReceiverStatus,
    ReceiverType, webhook_path,
};
pub use source::{Artifact, CloudProvider, OciVerification, OidcIdentity, VerificationProvider};
pub use string_enum::UnknownValue;

/// CRDs of the 15 kinds, by controller, in installation order.
pub static CRDS: [&Crd; 15] = [
    BucketSpec::CRD,
    ExternalArtifactSpec::CRD,
    GitRepositorySpec::CRD,
    HelmChartSpec::CRD,
    HelmRepositorySpec::CRD,
    OciRepositorySpec::CRD,
    KustomizationSpec::CRD,
    HelmReleaseSpec::CRD,
    AlertSpec::CRD,
    ProviderSpec::CRD,
    ReceiverSpec::CRD,
    ImagePolicySpec::CRD,
    ImageRepositorySpec::CRD,
    ImageUpdateAutomationSpec::CRD,
    ArtifactGeneratorSpec::CRD,
];

#[cfg(test)]
mod tests;
