//! A Flux Kustomization in the cluster, and what it may render on disk.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::cluster::Cluster;
use super::flux::{Flux, Output};

/// A namespace with a Flux Kustomization called `app`, and directories of manifests.
pub struct Scene {
    pub cluster: &'static Cluster,
    pub namespace: String,
    pub home: TempDir,
}

impl Scene {
    pub fn new(prefix: &str) -> Self {
        let cluster = Cluster::shared();
        let scene = Self { cluster, namespace: cluster.namespace(prefix), home: TempDir::new().unwrap() };
        scene.kustomization("app", &json!({}));
        scene
    }

    /// A Flux Kustomization in the cluster, with further fields of `spec`.
    pub fn kustomization(&self, name: &str, more: &Value) -> Value {
        let mut object = json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
            "metadata": {"name": name, "namespace": self.namespace},
            "spec": {"interval": "10m", "path": "./app", "prune": true, "targetNamespace": self.namespace,
                "sourceRef": {"kind": "GitRepository", "name": "fleet"}},
        });
        for (field, value) in more.as_object().unwrap() {
            object["spec"][field] = value.clone();
        }
        self.cluster.apply_value(&object);
        object
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.home.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn flux(&self, line: &str) -> Output {
        Flux::new(self.cluster).dir(self.home.path()).line(line).args(["-n", &self.namespace]).run()
    }

    pub fn diff(&self, line: &str) -> Output {
        self.flux(&format!("diff kustomization {line}"))
    }

    /// Applies what a directory renders, as the controller does.
    pub fn deploy(&self, directory: &str) {
        let built = self.flux(&format!("build kustomization app --path {directory}"));
        assert_eq!(built.code, Some(0), "{}", built.stderr);
        for object in edgeflux_yaml::documents(&built.stdout).unwrap() {
            let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            let path = self.cluster.path(text("/kind"), text("/metadata/namespace"), text("/metadata/name"));
            let path = format!("{path}?fieldManager=kustomize-controller&force=true");
            let (code, answer) = self.cluster.request("PATCH", &path, Some(&object));
            assert!(code < 300, "{answer}");
        }
    }

    /// The text with this namespace where NS stands.
    pub fn named(&self, text: &str) -> String {
        text.replace("NS", &self.namespace)
    }
}
