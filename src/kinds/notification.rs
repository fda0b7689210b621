//! `notification.toolkit.fluxcd.io`.

use super::{
    EVERY_VERB, Kind, Path, SUSPENDED, Verb, dynamic, fixed, no_secret, path, ready_condition, secret_ref,
    typed,
};
use crate::api;

const GROUP: &str = "notification.toolkit.fluxcd.io";

/// Kinds without a reconciler have nothing to be asked for.
const STATIC_VERBS: &[Verb] = &[Verb::Get, Verb::Export, Verb::Suspend, Verb::Resume, Verb::Delete];

/// A webhook that asks for reconciliations.
pub static RECEIVER: Kind = Kind {
    kind: "Receiver",
    group: GROUP,
    version: "v1",
    older: &["v1beta2"],
    plural: "receivers",
    human: "receiver",
    path: path(&["receiver"]),
    get: Path { words: &["receivers"], aliases: &["receiver"] },
    in_get_all: true,
    finalized: true,
    verbs: EVERY_VERB,
    flags: &[],
    columns: &[SUSPENDED],
    ready: ready_condition,
    has_conditions: true,
    reconciler: dynamic,
    success: |_| "Receiver reconciliation completed".into(),
    source: None,
    secret: secret_ref,
    shown_source: None,
    typed: typed::<api::ReceiverSpec>,
};

/// Which events go to which provider.
pub static ALERT: Kind = Kind {
    kind: "Alert",
    group: GROUP,
    version: "v1beta3",
    older: &["v1beta2"],
    plural: "alerts",
    human: "alert",
    path: path(&["alert"]),
    get: Path { words: &["alerts"], aliases: &["alert"] },
    in_get_all: true,
    finalized: true,
    verbs: STATIC_VERBS,
    flags: &[],
    columns: &[SUSPENDED],
    ready: |_| ("True".into(), "Alert is Ready".into()),
    has_conditions: false,
    reconciler: fixed,
    success: |_| "Alert reconciliation completed".into(),
    source: None,
    secret: no_secret,
    shown_source: None,
    typed: typed::<api::AlertSpec>,
};

/// Where events go.
pub static PROVIDER: Kind = Kind {
    kind: "Provider",
    group: GROUP,
    version: "v1beta3",
    older: &["v1beta2"],
    plural: "providers",
    human: "alert provider",
    path: path(&["alert-provider"]),
    get: Path { words: &["alert-providers"], aliases: &["alert-provider"] },
    in_get_all: true,
    finalized: true,
    verbs: STATIC_VERBS,
    flags: &[],
    columns: &[],
    ready: |_| ("True".into(), "Provider is Ready".into()),
    has_conditions: false,
    reconciler: fixed,
    success: |_| "Provider reconciliation completed".into(),
    source: None,
    secret: secret_ref,
    shown_source: None,
    typed: typed::<api::ProviderSpec>,
};
