//! Sources: `source.toolkit.fluxcd.io`, and the generator of external ones.

use serde_json::Value;

use super::summary::shorten_digests;
use super::{
    Column, EVERY_VERB, Flag, Kind, Path, Reconciler, SUSPENDED, Summary, Verb, dynamic, fixed, no_secret,
    path, ready_condition, ready_shortened, secret_ref, source_ref, text, typed,
};
use crate::api;

const GROUP: &str = "source.toolkit.fluxcd.io";

const REVISION: Column =
    Column { header: "Revision", cell: |s: &Summary| shorten_digests(&s.artifact_revision()) };

fn fetched(object: &Value) -> String {
    format!("fetched revision {}", text(object, "/status/artifact/revision").unwrap_or_default())
}

/// A folder of a Git repository.
pub static GIT_REPOSITORY: Kind = Kind {
    kind: "GitRepository",
    group: GROUP,
    version: "v1",
    older: &["v1beta2"],
    plural: "gitrepositories",
    human: "source git",
    path: path(&["source", "git"]),
    get: path(&["sources", "git"]),
    in_get_all: true,
    finalized: true,
    verbs: EVERY_VERB,
    flags: &[Flag::WithCredentials],
    columns: &[REVISION, SUSPENDED],
    ready: ready_shortened,
    has_conditions: true,
    reconciler: dynamic,
    success: fetched,
    source: None,
    secret: secret_ref,
    shown_source: None,
    typed: typed::<api::GitRepositorySpec>,
};

/// An OCI artifact in a container registry.
pub static OCI_REPOSITORY: Kind = Kind {
    kind: "OCIRepository",
    group: GROUP,
    version: "v1",
    older: &["v1beta2"],
    plural: "ocirepositories",
    human: "source oci",
    path: path(&["source", "oci"]),
    get: path(&["sources", "oci"]),
    in_get_all: true,
    finalized: true,
    verbs: EVERY_VERB,
    flags: &[Flag::WithCredentials],
    columns: &[REVISION, SUSPENDED],
    ready: ready_shortened,
    has_conditions: true,
    reconciler: dynamic,
    success: fetched,
    source: None,
    secret: secret_ref,
    shown_source: None,
    typed: typed::<api::OciRepositorySpec>,
};

/// A repository of Helm charts.
pub static HELM_REPOSITORY: Kind = Kind {
    kind: "HelmRepository",
    group: GROUP,
    version: "v1",
    older: &["v1beta2"],
    plural: "helmrepositories",
    human: "source helm",
    path: path(&["source", "helm"]),
    get: path(&["sources", "helm"]),
    in_get_all: true,
    finalized: true,
    verbs: EVERY_VERB,
    flags: &[Flag::WithCredentials],
    columns: &[REVISION, SUSPENDED],
    ready: |summary| {
        // A repository in a registry has no index to fetch, hence no reconciler and no condition.
        if summary.spec.repository_type.as_deref() == Some("oci") {
            ("True".into(), "Helm repository is Ready".into())
        } else {
            ready_shortened(summary)
        }
    },
    has_conditions: true,
    reconciler: |object| {
        if text(object, "/spec/type").as_deref() == Some("oci") {
            Reconciler::Static
        } else {
            Reconciler::Dynamic
        }
    },
    success: |object| {
        if text(object, "/spec/type").as_deref() == Some("oci") {
            "Helm repository is Ready".into()
        } else {
            fetched(object)
        }
    },
    source: None,
    secret: secret_ref,
    shown_source: None,
    typed: typed::<api::HelmRepositorySpec>,
};

/// A Helm chart fetched from a source.
pub static HELM_CHART: Kind = Kind {
    kind: "HelmChart",
    group: GROUP,
    version: "v1",
    older: &["v1beta2"],
    plural: "helmcharts",
    human: "source chart",
    path: path(&["source", "chart"]),
    get: path(&["sources", "chart"]),
    in_get_all: true,
    finalized: true,
    verbs: EVERY_VERB,
    flags: &[Flag::WithCredentials, Flag::WithSource],
    // The revision is a semantic version, hence never cut.
    columns: &[Column { header: "Revision", cell: Summary::artifact_revision }, SUSPENDED],
    ready: ready_shortened,
    has_conditions: true,
    reconciler: dynamic,
    success: fetched,
    source: Some(|object| source_ref(object, "/spec/sourceRef")),
    secret: no_secret,
    shown_source: None,
    typed: typed::<api::HelmChartSpec>,
};

/// A bucket of an object store.
pub static BUCKET: Kind = Kind {
    kind: "Bucket",
    group: GROUP,
    version: "v1",
    older: &["v1beta2"],
    plural: "buckets",
    human: "source bucket",
    path: path(&["source", "bucket"]),
    get: path(&["sources", "bucket"]),
    in_get_all: true,
    finalized: true,
    verbs: EVERY_VERB,
    flags: &[Flag::WithCredentials],
    columns: &[REVISION, SUSPENDED],
    ready: ready_shortened,
    has_conditions: true,
    reconciler: dynamic,
    success: fetched,
    source: None,
    secret: secret_ref,
    shown_source: None,
    typed: typed::<api::BucketSpec>,
};

/// An artifact made by a controller that is not Flux's own.
pub static EXTERNAL_ARTIFACT: Kind = Kind {
    kind: "ExternalArtifact",
    group: GROUP,
    version: "v1",
    older: &[],
    plural: "externalartifacts",
    human: "source external-artifact",
    path: path(&["source", "external"]),
    get: path(&["sources", "external"]),
    in_get_all: true,
    finalized: false,
    verbs: &[Verb::Get, Verb::Export],
    flags: &[Flag::WithCredentials],
    columns: &[
        REVISION,
        Column {
            header: "Source",
            cell: |s| {
                // As written, without the object's own namespace where it names none.
                s.spec
                    .source_ref
                    .as_ref()
                    .map(|r| format!("{}/{}/{}", r.kind, r.namespace, r.name))
                    .unwrap_or_default()
            },
        },
    ],
    ready: ready_shortened,
    has_conditions: true,
    reconciler: fixed,
    success: fetched,
    source: None,
    secret: no_secret,
    shown_source: None,
    typed: typed::<api::ExternalArtifactSpec>,
};

/// What splits and joins sources into external artifacts.
pub static ARTIFACT_GENERATOR: Kind = Kind {
    kind: "ArtifactGenerator",
    group: "source.extensions.fluxcd.io",
    version: "v1beta1",
    older: &[],
    plural: "artifactgenerators",
    human: "artifactgenerator",
    path: path(&["artifact", "generator"]),
    get: Path { words: &["artifacts", "generators"], aliases: &["generator"] },
    in_get_all: false,
    finalized: true,
    verbs: &[Verb::Get, Verb::Export],
    flags: &[],
    columns: &[Column {
        header: "Suspended",
        cell: |s| match s.metadata.annotations.generator_reconcile.as_deref() {
            Some("disabled") => "True".into(),
            _ => "False".into(),
        },
    }],
    ready: ready_condition,
    has_conditions: true,
    reconciler: dynamic,
    success: |_| "ArtifactGenerator reconciliation completed".into(),
    source: None,
    secret: no_secret,
    shown_source: None,
    typed: typed::<api::ArtifactGeneratorSpec>,
};
