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

/// An object of one of the kinds, without a status: what `create` and `bootstrap` write.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Object<S> {
    /// Group and version, as in "source.toolkit.fluxcd.io/v1".
    pub api_version: String,
    /// The kind, as in "GitRepository".
    pub kind: String,
    /// Name, namespace, labels and annotations.
    pub metadata: Metadata,
    /// What the object asks for.
    pub spec: S,
}

/// The part of an object's metadata that a user writes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    /// The object's name.
    pub name: String,
    /// The namespace, empty for an object without one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// The labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The annotations.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

impl<S: Spec> Object<S> {
    /// Creates an object of the spec's kind, in the API version that this distribution installs.
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
