//! Complete objects, as commands write them: API version, kind, metadata and spec.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Crd;

/// Spec of a kind.
pub trait Spec: Serialize {
    /// CRD of the kind.
    const CRD: &'static Crd;
}

/// Object without a status, as `create` and `bootstrap` write it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Object<S> {
    /// API group and version, such as "source.toolkit.fluxcd.io/v1".
    pub api_version: String,
    /// Kind, such as "GitRepository".
    pub kind: String,
    /// Name, namespace, labels and annotations.
    pub metadata: Metadata,
    /// Desired state.
    pub spec: S,
}

/// Metadata of an object, limited to what users set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    /// Name.
    pub name: String,
    /// Namespace; empty for cluster-scoped objects.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

impl<S: Spec> Object<S> {
    /// Creates an object of the spec's kind, in the API version that edgeflux installs.
    pub fn new(namespace: impl Into<String>, name: impl Into<String>, spec: S) -> Self {
        Self {
            api_version: S::CRD.api_version(),
            kind: S::CRD.kind.to_owned(),
            metadata: Metadata { name: name.into(), namespace: namespace.into(), ..Metadata::default() },
            spec,
        }
    }

    /// Returns the object as a JSON value.
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).expect("the API types have text keys and no failing serializer")
    }
}
