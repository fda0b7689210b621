//! Kinds of flux-operator: `fluxcd.controlplane.io`. Its CRDs come with the operator, not with Flux.

use serde_json::{Map, Value, json};

use crate::object::ObjectMeta;

use super::suspension::OPERATOR_RECONCILE;
use super::{
    Applier, Column, Content, EVERY_VERB, Fact, Kind, Path, Product, Record, SourceRef, Suspension,
    dependencies, dynamic, facts, no_secret, path, ready_condition, ready_shortened, secret_ref, summary,
    text,
};

/// Group of all kinds of flux-operator.
const GROUP: &str = "fluxcd.controlplane.io";

/// Group in the labels of what a ResourceSet applied.
const LABELS_OF_SETS: &str = "resourceset.fluxcd.controlplane.io";

const SUSPENSION: Suspension = Suspension::Annotation(OPERATOR_RECONCILE);

const SUSPENDED: Column =
    Column { header: "Suspended", content: Content::Bool(|summary| SUSPENSION.holds_in(summary)) };

/// Annotation with the interval of an object.
const INTERVAL: &str = "fluxcd.controlplane.io/reconcileEvery";

/// Defaults of the operator's kinds.
const OPERATOR: Kind = Kind {
    kind: "",
    group: GROUP,
    version: "v1",
    older: &[],
    plural: "",
    human: "",
    example: "flux",
    path: path(&[]),
    get: path(&[]),
    product: Product::FluxOperator,
    in_get_all: true,
    // `uninstall` keeps the operator and its objects.
    finalized: false,
    verbs: EVERY_VERB,
    flags: &[],
    columns: &[SUSPENDED],
    ready: ready_condition,
    has_conditions: true,
    reconciler: dynamic,
    acknowledges: true,
    suspension: SUSPENSION,
    interval: |object| Some(object.annotation(INTERVAL).unwrap_or("1h").to_owned()),
    success: |_| String::new(),
    has_artifact: |_| false,
    source: None,
    related: None,
    depends_on: |_| Vec::new(),
    revision: |object| text(object, "/status/lastAppliedRevision"),
    secret: no_secret,
    shown_source: None,
    facts: |_| Vec::new(),
    upstream: |_| Vec::new(),
    applies: None,
    traces_failure: false,
    typed: as_written,
};

/// The Flux installation that the operator manages.
pub static FLUX_INSTANCE: Kind = Kind {
    kind: "FluxInstance",
    plural: "fluxinstances",
    human: "fluxinstance",
    path: path(&["fluxinstance"]),
    get: Path { words: &["fluxinstances"], aliases: &["fluxinstance"] },
    columns: &[
        Column {
            header: "Revision",
            content: Content::Text(|s| summary::shorten_digests(&s.status.last_applied_revision)),
        },
        SUSPENDED,
    ],
    ready: ready_shortened,
    success: |object| {
        format!("applied revision {}", text(object, "/status/lastAppliedRevision").unwrap_or_default())
    },
    facts: |object| {
        let version = facts::always(object, "version", "Version", "/spec/distribution/version");
        let revision = facts::always(object, "revision", "Revision", "/status/lastAppliedRevision");
        vec![version, revision]
    },
    applies: Some(Applier { labels: GROUP, record: Record::Inventory }),
    ..OPERATOR
};

/// What the operator reports about the installation. The operator creates and maintains it.
pub static FLUX_REPORT: Kind = Kind {
    kind: "FluxReport",
    plural: "fluxreports",
    human: "fluxreport",
    path: path(&["fluxreport"]),
    get: Path { words: &["fluxreports"], aliases: &["fluxreport"] },
    columns: &[
        Column {
            header: "Last updated",
            content: Content::Text(|s| s.ready_since().unwrap_or_default().to_owned()),
        },
        SUSPENDED,
    ],
    // The operator writes the spec, too, and records no request.
    acknowledges: false,
    success: |_| "FluxReport reconciliation requested".into(),
    ..OPERATOR
};

/// Objects that are applied together, once for each set of inputs.
pub static RESOURCE_SET: Kind = Kind {
    kind: "ResourceSet",
    plural: "resourcesets",
    human: "resourceset",
    example: "apps",
    path: Path { words: &["resourceset"], aliases: &["rset"] },
    get: Path { words: &["resourcesets"], aliases: &["rset", "resourceset"] },
    success: |object| {
        let applied = object.pointer("/status/inventory/entries").and_then(Value::as_array);
        format!("applied {} objects", applied.map_or(0, Vec::len))
    },
    related: Some(input_providers),
    depends_on: |object| dependencies(object, "ResourceSet"),
    facts: |object| {
        let strategy = facts::present(object, "inputStrategy", "Input strategy", "/spec/inputStrategy/name");
        let account = facts::present(object, "serviceAccount", "Service account", "/spec/serviceAccountName");
        strategy.into_iter().chain(account).collect()
    },
    upstream: input_providers,
    applies: Some(Applier { labels: LABELS_OF_SETS, record: Record::Inventory }),
    ..OPERATOR
};

/// Where the inputs of a ResourceSet come from.
pub static RESOURCE_SET_INPUT_PROVIDER: Kind = Kind {
    kind: "ResourceSetInputProvider",
    plural: "resourcesetinputproviders",
    human: "resourcesetinputprovider",
    example: "pull-requests",
    path: Path { words: &["resourcesetinputprovider"], aliases: &["rsip"] },
    get: Path { words: &["resourcesetinputproviders"], aliases: &["rsip", "resourcesetinputprovider"] },
    success: |object| {
        let inputs = object.pointer("/status/exportedInputs").and_then(Value::as_array);
        format!("exported {} sets of inputs", inputs.map_or(0, Vec::len))
    },
    secret: secret_ref,
    facts: |object| -> Vec<Fact> {
        let kind = facts::always(object, "type", "Type", "/spec/type");
        std::iter::once(kind).chain(facts::present(object, "url", "URL", "/spec/url")).collect()
    },
    ..OPERATOR
};

/// The input providers that a ResourceSet names, in its own namespace. Those that it selects by labels are not known
/// without asking the cluster.
fn input_providers(object: &Value) -> Vec<SourceRef> {
    let references = object.pointer("/spec/inputsFrom").and_then(Value::as_array);
    let named = references.into_iter().flatten().filter_map(|reference| {
        Some(SourceRef {
            kind: RESOURCE_SET_INPUT_PROVIDER.kind.into(),
            name: text(reference, "/name")?,
            namespace: text(object, "/metadata/namespace").unwrap_or_default(),
            with_source: false,
        })
    });
    named.collect()
}

/// An object without what the cluster adds, its spec unchanged: there are no API types for the operator's kinds.
#[allow(clippy::unnecessary_wraps, reason = "the type of `Kind::typed`")]
fn as_written(object: &Value) -> serde_json::Result<Value> {
    let mut metadata = Map::new();
    for field in ["name", "namespace", "labels", "annotations"] {
        if let Some(value) = object["metadata"].get(field) {
            metadata.insert(field.into(), value.clone());
        }
    }
    let part = |field: &str| object[field].clone();
    Ok(
        json!({"apiVersion": part("apiVersion"), "kind": part("kind"), "metadata": metadata, "spec": part("spec")}),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_set_is_related_to_the_providers_that_it_names() {
        let set = json!({
            "metadata": {"name": "apps", "namespace": "apps"},
            "spec": {"inputsFrom": [{"name": "pull-requests"}, {"selector": {"matchLabels": {"a": "b"}}}]},
        });
        let found: Vec<_> =
            input_providers(&set).into_iter().map(|it| [it.kind, it.namespace, it.name].join("/")).collect();
        assert_eq!(found, ["ResourceSetInputProvider/apps/pull-requests"]);
    }
}
