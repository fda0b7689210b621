//! Kubernetes Secrets that commands write: printed as YAML, or written to the cluster beside what others keep in them.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::cluster::Cluster;
use crate::error::Result;
use crate::object::{ObjectRef, Resource};
use crate::secret::Secret;

/// A Secret to write.
pub struct SecretManifest {
    namespace: String,
    name: String,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    /// Kubernetes' type. The API server reads `None` as `Opaque`.
    kind: Option<&'static str>,
    data: BTreeMap<String, Secret>,
    /// Keys that this kind of Secret consists of. Those that are not in `data` are removed from an existing Secret.
    owned: &'static [&'static str],
}

impl SecretManifest {
    /// Starts a Secret without data.
    pub fn new(
        namespace: &str,
        name: &str,
        kind: Option<&'static str>,
        owned: &'static [&'static str],
    ) -> Self {
        SecretManifest {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
            kind,
            data: BTreeMap::new(),
            owned,
        }
    }

    /// Adds labels.
    #[must_use]
    pub fn labeled(mut self, labels: &BTreeMap<String, String>) -> Self {
        self.labels.extend(labels.clone());
        self
    }

    /// Adds an annotation.
    #[must_use]
    pub fn annotated(mut self, key: &str, value: String) -> Self {
        self.annotations.insert(key.to_owned(), value);
        self
    }

    /// Adds a value that is no secret.
    #[must_use]
    pub fn with(self, key: &str, value: impl Into<String>) -> Self {
        self.with_secret(key, Secret::new(value))
    }

    /// Adds a secret value.
    #[must_use]
    pub fn with_secret(mut self, key: &str, value: Secret) -> Self {
        self.data.insert(key.to_owned(), value);
        self
    }

    /// The Secret's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The Secret's namespace.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// A value, for the commands that show public ones.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.data.get(key).map(Secret::expose)
    }

    /// The object, values included.
    pub fn to_value(&self) -> Value {
        let mut object = json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": self.name, "namespace": self.namespace},
        });
        for (field, entries) in [("labels", &self.labels), ("annotations", &self.annotations)] {
            if !entries.is_empty() {
                object["metadata"][field] = json!(entries);
            }
        }
        let data = self.data.iter().map(|(key, value)| (key.clone(), value.expose().into()));
        let data: serde_json::Map<String, Value> = data.collect();
        if !data.is_empty() {
            object["stringData"] = Value::Object(data);
        }
        if let Some(kind) = self.kind {
            object["type"] = kind.into();
        }
        object
    }

    /// Whether `stored` already has exactly these values among the owned keys.
    pub fn matches(&self, stored: &StoredSecret) -> bool {
        let has = |(key, value): (&String, &Secret)| stored.bytes(key) == Some(value.expose().as_bytes());
        let stale = |key: &&str| stored.bytes(key).is_some() && !self.data.contains_key(*key);
        self.data.iter().all(has) && !self.owned.iter().any(stale)
    }

    /// Writes the Secret to the cluster. Keys, labels and annotations that are not ours stay as they are.
    pub async fn apply(&self, cluster: &Cluster) -> Result<()> {
        let change = |existing: &mut Value, wanted: &Value| {
            for field in ["labels", "annotations"] {
                for (key, value) in wanted["metadata"][field].as_object().into_iter().flatten() {
                    existing["metadata"][field][key] = value.clone();
                }
            }
            if let Some(data) = existing["data"].as_object_mut() {
                data.retain(|key, _| !self.owned.contains(&key.as_str()));
            }
            existing["stringData"] = wanted["stringData"].clone();
        };
        let object = self.to_value();
        cluster.hide_values(&object);
        let applied = cluster.upsert(&ObjectRef::of(Resource::SECRET, &object), &object, change).await;
        // The API server repeats what it refuses in its answer, but never a Secret's values.
        applied.map(drop).map_err(|error| error.context(format!("Secret {}/{}", self.namespace, self.name)))
    }
}

/// A Secret as it is in the cluster.
#[derive(Default)]
pub struct StoredSecret {
    values: BTreeMap<String, Zeroizing<Vec<u8>>>,
    immutable: bool,
}

impl StoredSecret {
    /// Reads a Secret; `None` if it does not exist.
    pub async fn find(cluster: &Cluster, namespace: &str, name: &str) -> Result<Option<Self>> {
        let found = cluster.find(&ObjectRef::new(Resource::SECRET, namespace, name)).await?;
        Ok(found.as_ref().map(Self::of))
    }

    fn of(object: &Value) -> Self {
        let data = object["data"].as_object().into_iter().flatten();
        let decoded = data.filter_map(|(key, value)| {
            Some((key.clone(), Zeroizing::new(STANDARD.decode(value.as_str()?).ok()?)))
        });
        StoredSecret { values: decoded.collect(), immutable: object["immutable"] == true }
    }

    /// A value.
    pub fn bytes(&self, key: &str) -> Option<&[u8]> {
        self.values.get(key).map(|value| value.as_slice())
    }

    /// A value that is text and not empty.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.bytes(key).and_then(|bytes| std::str::from_utf8(bytes).ok()).filter(|text| !text.is_empty())
    }

    /// Whether Kubernetes refuses to change it.
    pub fn is_immutable(&self) -> bool {
        self.immutable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNED: &[&str] = &["password", "username"];

    fn stored(data: &Value) -> StoredSecret {
        StoredSecret::of(&json!({ "data": data }))
    }

    #[test]
    fn a_stored_secret_matches_if_the_owned_keys_do() {
        let wanted = SecretManifest::new("n", "s", None, OWNED).with("username", "git");
        assert!(wanted.matches(&stored(&json!({"username": "Z2l0", "note": "a2VwdA=="}))));
        assert!(!wanted.matches(&stored(&json!({"username": "Z2l0", "password": "cA=="}))));
        assert!(!wanted.matches(&stored(&json!({"username": "b3RoZXI="}))));
        assert!(!wanted.matches(&StoredSecret::default()));
    }

    #[test]
    fn a_secret_without_data_type_and_labels_has_no_such_fields() {
        let object = SecretManifest::new("n", "s", None, OWNED).to_value();
        let expected =
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "n"}});
        assert_eq!(object, expected);
    }
}
