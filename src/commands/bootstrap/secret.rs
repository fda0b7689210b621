//! The Secret through which the cluster reaches the repository.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::cluster::{Cluster, Resource};
use crate::error::{Error, Result};

/// The keys that hold credentials. Those that are no longer wanted are removed, others are left alone.
const CREDENTIALS: [&str; 9] = [
    "bearerToken",
    "ca.crt",
    "caFile",
    "identity",
    "identity.pub",
    "known_hosts",
    "password",
    "sshPassphrase",
    "username",
];

/// What the cluster is to know, by the keys that source-controller reads.
pub type Credentials = BTreeMap<&'static str, String>;

/// The Secret as it is in the cluster.
#[derive(Default)]
pub struct Existing {
    values: BTreeMap<String, Vec<u8>>,
    /// Whether Kubernetes keeps it as it is.
    immutable: bool,
}

impl Existing {
    /// A value as text.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.values.get(key).and_then(|bytes| std::str::from_utf8(bytes).ok())
    }

    /// Refuses credentials that it can never hold.
    pub fn check(&self, namespace: &str, name: &str, credentials: &Credentials) -> Result<()> {
        if !self.immutable || self.holds(credentials) {
            return Ok(());
        }
        Err(Error::usage(format!(
            "the Secret {namespace}/{name} is immutable and does not hold the credentials of this bootstrap"
        ))
        .hint("delete it, or name another by --secret-name"))
    }

    /// Whether it holds exactly these credentials.
    pub fn holds(&self, credentials: &Credentials) -> bool {
        difference(self, credentials).is_empty()
    }
}

/// Reads the Secret; `None` when there is none.
pub async fn find(cluster: &Cluster, namespace: &str, name: &str) -> Result<Option<Existing>> {
    let found = cluster.find(&resource()?, Some(namespace), name).await?;
    Ok(found.map(|secret| {
        let data = secret["data"].as_object().cloned().unwrap_or_default();
        let decoded =
            data.into_iter().filter_map(|(key, value)| Some((key, STANDARD.decode(value.as_str()?).ok()?)));
        Existing { values: decoded.collect(), immutable: secret["immutable"] == true }
    }))
}

/// Makes the Secret hold exactly these credentials. What else is in it stays.
pub async fn apply(
    cluster: &Cluster,
    namespace: &str,
    name: &str,
    existing: Option<&Existing>,
    credentials: &Credentials,
) -> Result<()> {
    let resource = resource()?;
    let Some(existing) = existing else {
        let data: Map<String, Value> = credentials
            .iter()
            .map(|(key, value)| ((*key).to_owned(), json!(STANDARD.encode(value))))
            .collect();
        let secret = json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": { "name": name, "namespace": namespace },
            "type": "Opaque",
            "data": data,
        });
        return cluster.create(&resource, Some(namespace), &secret).await.map(drop);
    };
    let change = difference(existing, credentials);
    if change.is_empty() {
        return Ok(());
    }
    cluster.patch(&resource, Some(namespace), name, &json!({ "data": change })).await.map(drop)
}

/// The merge patch of `data`: new values, and null for credentials that go.
fn difference(existing: &Existing, credentials: &Credentials) -> Map<String, Value> {
    let mut change = Map::new();
    for (key, value) in credentials {
        if existing.values.get(*key).map(Vec::as_slice) != Some(value.as_bytes()) {
            change.insert((*key).to_owned(), json!(STANDARD.encode(value)));
        }
    }
    for key in CREDENTIALS {
        if existing.values.contains_key(key) && !credentials.contains_key(key) {
            change.insert(key.to_owned(), Value::Null);
        }
    }
    change
}

fn resource() -> Result<Resource> {
    Resource::built_in("Secret")
        .ok_or_else(|| Error::failed("the kind Secret is missing in the table of kinds"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_credentials_removes_the_former_and_keeps_what_is_not_ours() {
        let values = BTreeMap::from([
            ("identity".to_owned(), b"key".to_vec()),
            ("known_hosts".to_owned(), b"host".to_vec()),
            ("note".to_owned(), b"kept".to_vec()),
            ("username".to_owned(), b"git".to_vec()),
        ]);
        let existing = Existing { values, immutable: false };
        let wanted = Credentials::from([("username", "git".to_owned()), ("password", "p".to_owned())]);
        let change = Value::Object(difference(&existing, &wanted));
        assert_eq!(change, json!({"identity": null, "known_hosts": null, "password": "cA=="}));
        assert!(difference(&Existing::default(), &Credentials::new()).is_empty());
        assert!(existing.check("n", "s", &wanted).is_ok());
        assert!(Existing { immutable: true, ..existing }.check("n", "s", &wanted).is_err());
    }
}
