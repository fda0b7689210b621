//! The one cluster that all tests of this process share.

use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;

use super::cluster::Cluster;
use super::control_plane::ControlPlane;
use super::flux::Flux;

impl Cluster {
    /// kube-apiserver and etcd, with the Flux kinds known. A test takes a namespace of its own
    /// ([`Self::namespace`]) and changes nothing outside it. Namespaces never go away and Deployments get
    /// no Pods: there is no controller manager.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(|| {
            let cluster = Self::ready(ControlPlane::start(false), None);
            cluster.know_flux_kinds();
            cluster
        })
    }

    /// Makes the Flux kinds known, by the definitions that our own binary installs.
    pub fn know_flux_kinds(&self) {
        let export = Flux::bare()
            .line("install --export --components-extra")
            .args(["image-reflector-controller,image-automation-controller,source-watcher"])
            .ok();
        let objects = edgeflux_yaml::documents(&export.stdout).expect("flux writes YAML");
        let definitions: Vec<&Value> =
            objects.iter().filter(|it| it["kind"] == "CustomResourceDefinition").collect();
        for definition in &definitions {
            self.apply_value(definition);
        }
        self.wait("the Flux kinds", Duration::from_mins(1), || {
            definitions.iter().all(|it| {
                let kind = it["spec"]["names"]["kind"].as_str().expect("a definition names its kind");
                self.knows(kind)
            })
        });
    }
}
