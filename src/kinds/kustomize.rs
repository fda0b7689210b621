//! `kustomize.toolkit.fluxcd.io`.

use super::summary::shorten_digests;
use super::{
    Column, EVERY_VERB, Flag, Kind, Path, SUSPENDED, dynamic, no_secret, ready_shortened, source_ref, text,
    typed,
};
use crate::api;

const WORDS: Path = Path { words: &["kustomization"], aliases: &["ks"] };

/// A folder of a source applied to the cluster.
pub static KUSTOMIZATION: Kind = Kind {
    kind: "Kustomization",
    group: "kustomize.toolkit.fluxcd.io",
    version: "v1",
    older: &["v1beta2"],
    plural: "kustomizations",
    human: "kustomization",
    path: WORDS,
    get: Path { words: &["kustomizations"], aliases: &["ks", "kustomization"] },
    in_get_all: true,
    finalized: true,
    verbs: EVERY_VERB,
    flags: &[Flag::ShowSource, Flag::WithSource],
    columns: &[
        Column { header: "Revision", cell: |s| shorten_digests(&s.status.last_applied_revision) },
        SUSPENDED,
    ],
    ready: ready_shortened,
    has_conditions: true,
    reconciler: dynamic,
    success: |object| {
        format!("applied revision {}", text(object, "/status/lastAppliedRevision").unwrap_or_default())
    },
    source: Some(|object| source_ref(object, "/spec/sourceRef")),
    secret: no_secret,
    shown_source: Some(|s| s.spec.source_ref.as_ref().map(|source| s.reference(source)).unwrap_or_default()),
    typed: typed::<api::KustomizationSpec>,
};
