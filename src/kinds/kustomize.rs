//! `kustomize.toolkit.fluxcd.io`.

use super::summary::shorten_digests;
use super::{
    Applier, Column, Content, Flag, Kind, Path, Record, SUSPENDED, dependencies, facts, ready_shortened,
    related_source, source_ref, text, usual,
};
use crate::api;

const WORDS: Path = Path { words: &["kustomization"], aliases: &["ks"] };

/// A directory of a source that is applied to the cluster.
pub static KUSTOMIZATION: Kind = Kind {
    human: "kustomization",
    example: "apps",
    path: WORDS,
    get: Path { words: &["kustomizations"], aliases: &["ks", "kustomization"] },
    flags: &[Flag::ShowSource, Flag::WithSource],
    columns: &[
        Column {
            header: "Revision",
            content: Content::Text(|s| shorten_digests(&s.status.last_applied_revision)),
        },
        SUSPENDED,
    ],
    ready: ready_shortened,
    success: |object| {
        format!("applied revision {}", text(object, "/status/lastAppliedRevision").unwrap_or_default())
    },
    source: Some(|object| source_ref(object, "/spec/sourceRef")),
    related: Some(related_source),
    depends_on: |object| dependencies(object, "Kustomization"),
    revision: |object| text(object, "/status/lastAppliedRevision"),
    shown_source: Some(|s| s.spec.source_ref.as_ref().map(|source| s.reference(source)).unwrap_or_default()),
    facts: facts::kustomization,
    upstream: facts::from_source,
    applies: Some(Applier { labels: "kustomize.toolkit.fluxcd.io", record: Record::Inventory }),
    ..usual::<api::KustomizationSpec>()
};
