//! `notification.toolkit.fluxcd.io`.

use super::{Kind, Path, SUSPENDED, Verb, fixed, path, reference_to, secret_ref, usual};
use crate::api;

/// Kinds without a reconciler have nothing to be asked for.
const STATIC_VERBS: &[Verb] =
    &[Verb::Get, Verb::Export, Verb::Suspend, Verb::Resume, Verb::Delete, Verb::Wait];

/// A webhook that asks for reconciliations.
pub static RECEIVER: Kind = Kind {
    human: "receiver",
    example: "github",
    path: path(&["receiver"]),
    get: Path { words: &["receivers"], aliases: &["receiver"] },
    columns: &[SUSPENDED],
    success: |_| "Receiver reconciliation completed".into(),
    secret: secret_ref,
    ..usual::<api::ReceiverSpec>()
};

/// Which events go to which provider.
pub static ALERT: Kind = Kind {
    human: "alert",
    example: "errors",
    path: path(&["alert"]),
    get: Path { words: &["alerts"], aliases: &["alert"] },
    verbs: STATIC_VERBS,
    columns: &[SUSPENDED],
    ready: |_| ("True".into(), "Alert is Ready".into()),
    has_conditions: false,
    reconciler: fixed,
    related: Some(|object| reference_to(&PROVIDER, object, "/spec/providerRef").into_iter().collect()),
    success: |_| "Alert reconciliation completed".into(),
    ..usual::<api::AlertSpec>()
};

/// Where events go.
pub static PROVIDER: Kind = Kind {
    human: "alert provider",
    example: "slack",
    path: path(&["alert-provider"]),
    get: Path { words: &["alert-providers"], aliases: &["alert-provider"] },
    verbs: STATIC_VERBS,
    columns: &[],
    ready: |_| ("True".into(), "Provider is Ready".into()),
    has_conditions: false,
    reconciler: fixed,
    success: |_| "Provider reconciliation completed".into(),
    secret: secret_ref,
    ..usual::<api::ProviderSpec>()
};
