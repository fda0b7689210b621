//! Sources: `source.toolkit.fluxcd.io`, and the generator of external ones.

use serde_json::Value;

use super::summary::shorten_digests;
use super::suspension::GENERATOR_RECONCILE;
use super::{
    Column, Content, Flag, Kind, Path, Reconciler, SUSPENDED, Summary, Suspension, Verb, artifact_revision,
    facts, fixed, path, ready_shortened, related_source, secret_ref, source_ref, text, usual,
};
use crate::api;

const REVISION: Column =
    Column { header: "Revision", content: Content::Text(|s| shorten_digests(&s.artifact_revision())) };

fn fetched(object: &Value) -> String {
    format!("fetched revision {}", artifact_revision(object).unwrap_or_default())
}

/// A folder of a Git repository.
pub static GIT_REPOSITORY: Kind = Kind {
    human: "source git",
    example: "fleet",
    path: path(&["source", "git"]),
    get: path(&["sources", "git"]),
    flags: &[Flag::WithCredentials],
    columns: &[REVISION, SUSPENDED],
    ready: ready_shortened,
    success: fetched,
    has_artifact: |_| true,
    secret: secret_ref,
    facts: facts::git_repository,
    traces_failure: true,
    ..usual::<api::GitRepositorySpec>()
};

/// An OCI artifact in a container registry.
pub static OCI_REPOSITORY: Kind = Kind {
    human: "source oci",
    path: path(&["source", "oci"]),
    get: path(&["sources", "oci"]),
    flags: &[Flag::WithCredentials],
    columns: &[REVISION, SUSPENDED],
    ready: ready_shortened,
    success: fetched,
    has_artifact: |_| true,
    secret: secret_ref,
    facts: facts::oci_repository,
    traces_failure: true,
    ..usual::<api::OciRepositorySpec>()
};

/// A repository of Helm charts.
pub static HELM_REPOSITORY: Kind = Kind {
    human: "source helm",
    path: path(&["source", "helm"]),
    get: path(&["sources", "helm"]),
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
    has_artifact: |object| text(object, "/spec/type").as_deref() != Some("oci"),
    secret: secret_ref,
    facts: facts::helm_repository,
    ..usual::<api::HelmRepositorySpec>()
};

/// A Helm chart fetched from a source.
pub static HELM_CHART: Kind = Kind {
    human: "source chart",
    path: path(&["source", "chart"]),
    get: path(&["sources", "chart"]),
    flags: &[Flag::WithCredentials, Flag::WithSource],
    // The revision is a semantic version, hence never cut.
    columns: &[Column { header: "Revision", content: Content::Text(Summary::artifact_revision) }, SUSPENDED],
    ready: ready_shortened,
    success: fetched,
    has_artifact: |_| true,
    source: Some(|object| source_ref(object, "/spec/sourceRef")),
    related: Some(related_source),
    facts: facts::helm_chart,
    upstream: facts::from_source,
    ..usual::<api::HelmChartSpec>()
};

/// A bucket of an object store.
pub static BUCKET: Kind = Kind {
    human: "source bucket",
    path: path(&["source", "bucket"]),
    get: path(&["sources", "bucket"]),
    flags: &[Flag::WithCredentials],
    columns: &[REVISION, SUSPENDED],
    ready: ready_shortened,
    success: fetched,
    has_artifact: |_| true,
    secret: secret_ref,
    facts: facts::bucket,
    traces_failure: true,
    ..usual::<api::BucketSpec>()
};

/// An artifact made by a controller that is not Flux's own.
pub static EXTERNAL_ARTIFACT: Kind = Kind {
    older: &[],
    human: "source external-artifact",
    path: path(&["source", "external"]),
    get: path(&["sources", "external"]),
    finalized: false,
    verbs: &[Verb::Get, Verb::Export, Verb::Wait],
    flags: &[Flag::WithCredentials],
    columns: &[
        REVISION,
        Column {
            header: "Source",
            content: Content::Text(|s| {
                // As written, without the object's own namespace where it names none.
                s.spec
                    .source_ref
                    .as_ref()
                    .map(|r| format!("{}/{}/{}", r.kind, r.namespace, r.name))
                    .unwrap_or_default()
            }),
        },
    ],
    ready: ready_shortened,
    reconciler: fixed,
    facts: facts::external_artifact,
    traces_failure: true,
    ..usual::<api::ExternalArtifactSpec>()
};

const GENERATOR: Suspension = Suspension::Annotation(GENERATOR_RECONCILE);

/// What splits and joins sources into external artifacts.
pub static ARTIFACT_GENERATOR: Kind = Kind {
    older: &[],
    human: "artifactgenerator",
    path: path(&["artifact", "generator"]),
    get: Path { words: &["artifacts", "generators"], aliases: &["generator"] },
    in_get_all: false,
    verbs: &[Verb::Get, Verb::Export, Verb::Wait],
    columns: &[Column { header: "Suspended", content: Content::Bool(|s| GENERATOR.holds_in(s)) }],
    suspension: GENERATOR,
    success: |_| "ArtifactGenerator reconciliation completed".into(),
    ..usual::<api::ArtifactGeneratorSpec>()
};
