//! Types that several kinds share: references, conditions, inventories and selectors.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::string_enum::string_enum;

/// Whether a field is omitted from YAML and JSON as Go omits a `string` with `omitempty`: without text, or empty. Fields
/// that are a `*string` in the API keep an empty text.
#[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
pub fn is_no_text(text: &Option<String>) -> bool {
    text.as_deref().is_none_or(str::is_empty)
}

/// Timestamp in RFC 3339 format, such as "2024-05-01T12:00:00Z".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(pub String);

impl JsonSchema for Time {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Time".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "date-time"})
    }
}

/// Reference to an object in the same namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LocalReference {
    /// Name of the referent.
    pub name: String,
}

impl LocalReference {
    /// Creates a reference to the object of this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }
}

/// Reference to an object, by default in the namespace of the referrer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NamespacedReference {
    /// Name of the referent.
    pub name: String,
    /// Namespace of the referent. Defaults to the namespace of the object that contains the reference.
    #[serde(skip_serializing_if = "is_no_text")]
    pub namespace: Option<String>,
}

/// Reference to an object of any kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NamespacedKindReference {
    /// API group and version of the referent. Derived from the kind if not specified.
    #[serde(skip_serializing_if = "is_no_text")]
    pub api_version: Option<String>,
    /// Kind of the referent.
    pub kind: String,
    /// Name of the referent.
    pub name: String,
    /// Namespace of the referent. Defaults to the namespace of the object that contains the reference.
    #[serde(skip_serializing_if = "is_no_text")]
    pub namespace: Option<String>,
}

/// Reference to an object of the same kind that must be ready first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DependencyReference {
    /// Name of the dependency.
    pub name: String,
    /// Namespace of the dependency. Defaults to the namespace of the object that contains the reference.
    #[serde(skip_serializing_if = "is_no_text")]
    pub namespace: Option<String>,
    /// CEL expression that determines whether the dependency is ready.
    /// "self" is this object, and "dep" is the dependency.
    /// If not specified, the Ready condition of the dependency is used.
    #[serde(skip_serializing_if = "is_no_text")]
    pub ready_expr: Option<String>,
}

string_enum! {
    /// Kinds of objects that contain configuration values.
    pub enum ConfigKind {
        /// Sensitive values.
        Secret = "Secret",
        /// Non-sensitive values.
        ConfigMap = "ConfigMap",
    }
}

/// Access to a remote cluster. Exactly one of the references must be specified.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [
    {
        "message": "exactly one of spec.kubeConfig.configMapRef or spec.kubeConfig.secretRef must be specified",
        "rule": "has(self.configMapRef) || has(self.secretRef)",
    },
    {
        "message": "exactly one of spec.kubeConfig.configMapRef or spec.kubeConfig.secretRef must be specified",
        "rule": "!has(self.configMapRef) || !has(self.secretRef)",
    },
]))]
pub struct KubeConfig {
    /// Reference to a ConfigMap with the cloud provider and the cluster.
    /// It optionally contains the address and the CA certificate of the cluster.
    /// The controller authenticates with short-lived tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_map_ref: Option<LocalReference>,
    /// Reference to a Secret that contains a kubeconfig.
    /// Exec-based authentication is not supported: the controller's image lacks the binaries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<KubeConfigSecret>,
}

/// Reference to a Secret that contains a kubeconfig.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KubeConfigSecret {
    /// Key of the kubeconfig in the Secret. Defaults to "value", or "value.yaml" if that does not exist.
    #[serde(skip_serializing_if = "is_no_text")]
    pub key: Option<String>,
    /// Name of the Secret.
    pub name: String,
}

string_enum! {
    /// Status of a condition.
    pub enum ConditionStatus {
        /// The condition is true.
        True = "True",
        /// The condition is false.
        False = "False",
        /// The status is not known yet.
        Unknown = "Unknown",
    }
}

/// One aspect of the observed state of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// Time at which the status of the condition last changed.
    pub last_transition_time: Time,
    /// Human-readable details of the last transition. May be empty.
    #[schemars(length(max = 32768))]
    pub message: String,
    /// Generation of the object that the condition was set for.
    /// If it is lower than metadata.generation, the condition is out of date.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub observed_generation: Option<i64>,
    /// Machine-readable reason for the last transition, in CamelCase.
    #[schemars(length(min = 1, max = 1024), regex(pattern = r"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"))]
    pub reason: String,
    /// Status of the condition.
    pub status: ConditionStatus,
    /// Type of the condition, such as Ready, Reconciling or Stalled.
    #[schemars(
        length(max = 316),
        regex(
            pattern = r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$"
        )
    )]
    pub r#type: String,
}

/// Namespaces that may refer to an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccessFrom {
    /// Namespace selectors. A namespace must match at least one of them.
    pub namespace_selectors: Vec<NamespaceSelector>,
}

/// Selects namespaces by label.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NamespaceSelector {
    /// Labels that a namespace must have. If empty, all namespaces match.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub match_labels: BTreeMap<String, String>,
}

/// Label selector. All requirements must match, and an empty selector matches all objects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-map-type" = "atomic"))]
pub struct LabelSelector {
    /// Label selector requirements. All of them must match.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub match_expressions: Vec<LabelRequirement>,
    /// Labels that an object must have, with exactly these values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub match_labels: BTreeMap<String, String>,
}

/// Requirement on the value of a label.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LabelRequirement {
    /// Key of the label.
    pub key: String,
    /// Comparison operator: In, NotIn, Exists or DoesNotExist.
    pub operator: String,
    /// Values to compare with. Required for In and NotIn, and must be empty for Exists and DoesNotExist.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub values: Vec<String>,
}

/// Inventory of applied objects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Inventory {
    /// Applied objects, sorted by ID.
    pub entries: Vec<InventoryEntry>,
}

/// Applied object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InventoryEntry {
    /// ID of the object: namespace, name, group and kind, separated by underscores.
    pub id: String,
    /// API version in which the object was applied.
    pub v: String,
}

/// Reconciliations of the same content with the same result.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct History {
    /// Digest of the content.
    pub digest: String,
    /// Time at which the content was first reconciled.
    pub first_reconciled: Time,
    /// Time at which the content was last reconciled.
    pub last_reconciled: Time,
    /// Duration of the last reconciliation.
    pub last_reconciled_duration: String,
    /// Result of the last reconciliation: the reason of its Ready condition.
    pub last_reconciled_status: String,
    /// Metadata of the content, such as its revision.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// Number of times the content was reconciled.
    pub total_reconciliations: i64,
}
