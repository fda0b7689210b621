//! The objects of an installation, and their text as `gotk-components.yaml` and
//! `install --export` have it.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::components::{Component, NOTIFICATION_CONTROLLER, SOURCE_WATCHER};
use super::pull_secret::Credentials;
use super::{distribution, policies, pull_secret, roles, workloads};

/// What can be chosen about an installation; the flags of `install`.
#[derive(Clone, Debug)]
pub struct Options {
    /// The namespace that the components run in, a valid DNS label.
    pub namespace: String,
    /// The components, in the order in which they are written.
    pub components: Vec<&'static Component>,
    /// The registry of the images, with a path where it has one.
    pub registry: String,
    /// The Secret with which the images are pulled; none for images that anybody may pull.
    pub image_pull_secret: Option<String>,
    /// The credentials that go into that Secret; none when the Secret is there already.
    pub registry_credentials: Option<Credentials>,
    /// Whether other namespaces are kept away from the components by network policies.
    pub network_policy: bool,
    /// Whether the components look after objects in all namespaces, or in their own alone.
    pub watch_all_namespaces: bool,
    /// How much the components log: debug, info or error.
    pub log_level: String,
    /// The DNS domain of the cluster.
    pub cluster_domain: String,
    /// The keys of the taints that the components tolerate.
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
    /// Where the components send their events: nowhere without notification-controller.
    ///
    /// The name is complete, with the final dot, so that it passes by proxies for `.local`.
    pub(super) fn events_address(&self) -> String {
        if self.has(NOTIFICATION_CONTROLLER) {
            format!("http://{NOTIFICATION_CONTROLLER}.$(RUNTIME_NAMESPACE).svc.{}./", self.cluster_domain)
        } else {
            String::new()
        }
    }

    /// Whether some component makes archives for the others.
    pub(super) fn makes_external_artifacts(&self) -> bool {
        self.has(SOURCE_WATCHER)
    }

    fn has(&self, name: &str) -> bool {
        self.components.iter().any(|component| component.name == name)
    }

    /// The labels that every object of the installation has.
    pub(super) fn labels(&self) -> Map<String, Value> {
        Map::from_iter([
            ("app.kubernetes.io/instance".into(), self.namespace.as_str().into()),
            ("app.kubernetes.io/part-of".into(), "flux".into()),
            ("app.kubernetes.io/version".into(), format!("v{}", distribution::VERSION).into()),
        ])
    }

    /// The labels that every object of one component has.
    pub(super) fn labels_of(&self, component: &Component) -> Map<String, Value> {
        let mut labels = self.labels();
        labels.insert("app.kubernetes.io/component".into(), component.name.into());
        labels
    }

    /// The Secret with which the images are pulled, when its credentials are given. It is applied
    /// beside the other objects but never written into a file.
    pub fn pull_secret(&self) -> Option<Value> {
        let name = self.image_pull_secret.as_deref()?;
        let credentials = self.registry_credentials.as_ref()?;
        Some(pull_secret::of(&self.namespace, name, &self.registry, credentials))
    }
}

/// The objects of an installation in the order in which they are written and applied: the
/// namespace first, what is common to all components next, then for each component its
/// definitions before its own objects.
pub fn install(options: &Options) -> Vec<Value> {
    let mut objects = vec![namespace(options)];
    if options.network_policy {
        objects.extend(policies::of(options));
    }
    objects.extend(roles::of(options));
    for &component in &options.components {
        objects.extend(definitions(options, component));
        objects.extend(workloads::of(options, component));
    }
    objects
}

/// The objects of an installation as the text of a file, with the comment that says what made
/// it.
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

/// The custom resource definitions of a component. They are not to be changed by variables that
/// a Kustomization replaces: their texts contain dollar signs.
fn definitions(options: &Options, component: &Component) -> impl Iterator<Item = Value> {
    component.definitions.iter().map(|definition| {
        let annotations = json!({
            // The generator whose form the distribution's definitions have. Without it, a
            // repository would change with each tool that writes to it.
            "controller-gen.kubebuilder.io/version": "v0.21.0",
            "kustomize.toolkit.fluxcd.io/substitute": "disabled",
        });
        definition.to_crd(Map::from_iter([
            ("annotations".into(), annotations),
            ("labels".into(), options.labels_of(component).into()),
        ]))
    })
}
