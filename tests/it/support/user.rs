//! Users with few rights.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::cluster::Cluster;
use super::flux::Flux;

/// A service account with rights in its own namespace, and a kubeconfig for it.
pub struct User {
    directory: TempDir,
}

impl User {
    /// Creates a user who may use these verbs on all resources of these API groups.
    pub fn of_namespace(cluster: &Cluster, namespace: &str, groups: &[&str], verbs: &[&str]) -> Self {
        let metadata = json!({"name": "user", "namespace": namespace});
        let create = |api_version: &str, kind: &str, fields: Value| {
            let mut object = json!({"apiVersion": api_version, "kind": kind, "metadata": metadata});
            object.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            cluster.apply_value(&object);
        };
        create("v1", "ServiceAccount", json!({}));
        let rules = json!([{"apiGroups": groups, "resources": ["*"], "verbs": verbs}]);
        create("rbac.authorization.k8s.io/v1", "Role", json!({"rules": rules}));
        create(
            "rbac.authorization.k8s.io/v1",
            "RoleBinding",
            json!({
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "user"},
                "subjects": [{"kind": "ServiceAccount", "name": "user", "namespace": namespace}],
            }),
        );
        let directory = TempDir::new().unwrap();
        let kubeconfig = cluster.kubeconfig_for(&cluster.token(namespace, "user"));
        fs::write(directory.path().join("kubeconfig"), kubeconfig).unwrap();
        User { directory }
    }

    /// The command as this user.
    pub fn flux(&self) -> Flux {
        Flux::bare().env("KUBECONFIG", self.directory.path().join("kubeconfig"))
    }
}
