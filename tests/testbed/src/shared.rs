//! The cluster that all tests of a process share.

use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;

use super::assets;
use super::cluster::Cluster;
use super::control_plane::ControlPlane;

impl Cluster {
    /// kube-apiserver and etcd with the Flux CRDs, started by the first caller. A test takes a namespace of its own
    /// ([`Self::namespace`]) and changes nothing outside of it. There is no controller manager: namespaces are never
    /// deleted, and Deployments get no Pods.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(|| {
            let cluster = Self::ready(ControlPlane::start(false), None);
            cluster.install_crds();
            cluster
        })
    }

    /// Creates the Flux CRDs that the built binary installs.
    pub fn install_crds(&self) {
        let extra =
            "--components-extra=image-reflector-controller,image-automation-controller,source-watcher";
        let export = Command::new(assets::flux())
            .args(["install", "--export", extra])
            .env_clear()
            .output()
            .expect("the built flux starts");
        assert!(export.status.success(), "{}", String::from_utf8_lossy(&export.stderr));
        let export = String::from_utf8(export.stdout).expect("flux writes text");
        let objects = edgeflux_yaml::documents(&export).expect("flux writes YAML");
        let definitions: Vec<&Value> =
            objects.iter().filter(|it| it["kind"] == "CustomResourceDefinition").collect();
        for definition in &definitions {
            self.apply_value(definition);
        }
        self.wait("the Flux CRDs", Duration::from_mins(1), || {
            definitions.iter().all(|it| {
                let kind = it["spec"]["names"]["kind"].as_str().expect("a definition names its kind");
                self.knows(kind)
            })
        });
    }
}
