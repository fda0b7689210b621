//! Objects of an installation, and their YAML in `gotk-components.yaml` and `install --export`.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::components::{Component, NOTIFICATION_CONTROLLER, SOURCE_WATCHER};
use super::pull_secret::Credentials;
use super::{distribution, policies, pull_secret, roles, workloads};

/// Options of an installation, as set by the flags of `install`.
#[derive(Clone, Debug)]
pub struct Options {
    /// Namespace of the components, a DNS label.
    pub namespace: String,
    /// Components, in the order in which they are written.
    pub components: Vec<&'static Component>,
    /// Registry of the images, with a path if needed.
    pub registry: String,
    /// Name of the image pull secret; none for public images.
    pub image_pull_secret: Option<String>,
    /// Credentials of the image pull secret; none if it exists already.
    pub registry_credentials: Option<Credentials>,
    /// Whether network policies restrict access from other namespaces.
    pub network_policy: bool,
    /// Whether the components watch all namespaces, or only their own.
    pub watch_all_namespaces: bool,
    /// Log level: `debug`, `info` or `error`.
    pub log_level: String,
    /// DNS domain of the cluster.
    pub cluster_domain: String,
    /// Keys of the taints that the components tolerate.
    pub toleration_keys: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            namespace: "flux-system".into(),
            components: Component::defaults(),
            registry: "ghcr.io/fluxcd".into(),
            image_pull_secret: None,
            registry_credentials: None,
            network_policy: true,
            watch_all_namespaces: true,
            log_level: "info".into(),
            cluster_domain: "cluster.local".into(),
            toleration_keys: Vec::new(),
        }
    }
}

impl Options {
    /// Address to which the components send events; empty without notification-controller.
    ///
    /// The host ends with a dot, so that it is a complete name and is not sent to a proxy for `.local`.
    pub(super) fn events_address(&self) -> String {
        if self.has(NOTIFICATION_CONTROLLER) {
            format!("http://{NOTIFICATION_CONTROLLER}.$(RUNTIME_NAMESPACE).svc.{}./", self.cluster_domain)
        } else {
            String::new()
        }
    }

    /// Whether a component creates ExternalArtifacts.
    pub(super) fn makes_external_artifacts(&self) -> bool {
        self.has(SOURCE_WATCHER)
    }

    fn has(&self, name: &str) -> bool {
        self.components.iter().any(|component| component.name == name)
    }

    /// Labels of all objects of the installation.
    pub(super) fn labels(&self) -> Map<String, Value> {
        Map::from_iter([
            ("app.kubernetes.io/instance".into(), self.namespace.as_str().into()),
            ("app.kubernetes.io/part-of".into(), "flux".into()),
            ("app.kubernetes.io/version".into(), format!("v{}", distribution::VERSION).into()),
        ])
    }

    /// Labels of all objects of a component.
    pub(super) fn labels_of(&self, component: &Component) -> Map<String, Value> {
        let mut labels = self.labels();
        labels.insert("app.kubernetes.io/component".into(), component.name.into());
        labels
    }

    /// Returns the image pull secret, if its credentials are given. It is applied together with the other objects, but
    /// never written to a file.
    pub fn pull_secret(&self) -> Option<Value> {
        let name = self.image_pull_secret.as_deref()?;
        let credentials = self.registry_credentials.as_ref()?;
        Some(pull_secret::of(&self.namespace, name, &self.registry, credentials))
    }
}

/// Returns the objects of an installation in the order in which they are written and applied: the namespace, what the
/// components share, then for each component its CRDs and its own objects.
pub fn install(options: &Options) -> Vec<Value> {
    let mut objects = vec![namespace(options)];
    if options.network_policy {
        objects.extend(policies::of(options));
    }
    objects.extend(roles::of(options));
    for &component in &options.components {
        objects.extend(crds(options, component));
        objects.extend(workloads::of(options, component));
    }
    objects
}

/// Returns the objects of an installation as YAML, after a comment with its version and components.
pub fn to_yaml(options: &Options) -> String {
    let names: Vec<&str> = options.components.iter().map(|component| component.name).collect();
    let mut text = String::with_capacity(256 * 1024);
    // Writing into a String cannot fail.
    let _ = write!(
        text,
        "---\n{}\n# Flux Version: v{}\n# Components: {}\n",
        distribution::GENERATED,
        distribution::VERSION,
        names.join(",")
    );
    for (index, object) in install(options).iter().enumerate() {
        if index > 0 {
            text.push_str("---\n");
        }
        text.push_str(&edgeflux_yaml::to_string(object));
    }
    text
}

fn namespace(options: &Options) -> Value {
    let mut labels = options.labels();
    labels.insert("pod-security.kubernetes.io/warn".into(), "restricted".into());
    labels.insert("pod-security.kubernetes.io/warn-version".into(), "latest".into());
    json!({
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"labels": labels, "name": options.namespace},
    })
}

/// Returns the CRDs of a component. Variable substitution is disabled for them, since their descriptions contain dollar
/// signs.
fn crds(options: &Options, component: &Component) -> impl Iterator<Item = Value> {
    component.crds.iter().map(|crd| {
        let annotations = json!({
            // The generator of Flux's own manifests. The same value keeps a repository unchanged, whichever tool writes to
            // it.
            "controller-gen.kubebuilder.io/version": "v0.21.0",
            "kustomize.toolkit.fluxcd.io/substitute": "disabled",
        });
        crd.to_value(Map::from_iter([
            ("annotations".into(), annotations),
            ("labels".into(), options.labels_of(component).into()),
        ]))
    })
}
