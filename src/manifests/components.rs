//! The table of the components: what each controller is called, runs and needs.

use crate::api::{
    AlertSpec, ArtifactGeneratorSpec, BucketSpec, Definition, ExternalArtifactSpec, GitRepositorySpec,
    HelmChartSpec, HelmReleaseSpec, HelmRepositorySpec, ImagePolicySpec, ImageRepositorySpec,
    ImageUpdateAutomationSpec, KustomizationSpec, OciRepositorySpec, ProviderSpec, ReceiverSpec, Spec,
};

/// A controller of the distribution.
#[derive(Debug)]
pub struct Component {
    /// The name on the command line and of its Deployment, ServiceAccount and image.
    pub name: &'static str,
    /// The tag of its image.
    pub tag: &'static str,
    /// Whether it is installed when no components are named.
    pub default: bool,
    /// The kinds that it reconciles.
    pub definitions: &'static [&'static Definition],
    /// Keeps running when the node is short of memory: without it, nothing is deployed.
    pub(super) critical: bool,
    /// Keeps files that only one Pod may write to, so the old Pod ends before the new one starts,
    /// and serves them.
    pub(super) storage: bool,
    /// Tells notification-controller about its events.
    pub(super) sends_events: bool,
    /// Takes archives of other controllers, once a controller that makes them is installed.
    pub(super) takes_external_artifacts: bool,
    /// Environment variables beside those that every component has.
    pub(super) env: &'static [(&'static str, &'static str)],
    /// Names and numbers of its ports, beside those of metrics and health.
    pub(super) ports: &'static [(&'static str, u16)],
    /// Path and port that answer when it is ready.
    pub(super) readiness: (&'static str, &'static str),
    /// The share of a processor that it is sure to get.
    pub(super) cpu_request: &'static str,
    /// Seconds to finish its work when it is told to end.
    pub(super) grace_seconds: u16,
    /// Names and paths of its folders, all of them empty at the start.
    pub(super) volumes: &'static [(&'static str, &'static str)],
    /// The Services through which its ports are reached.
    pub(super) services: &'static [Service],
}

/// A Service of a component, on port 80.
#[derive(Debug)]
pub(super) struct Service {
    pub name: &'static str,
    /// The port of the component, by its name.
    pub port: &'static str,
    /// The value of its label `control-plane`.
    pub control_plane: &'static str,
}

/// A component that is not in the table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("component {0} is not available")]
pub struct UnknownComponent(pub String);

/// What most components have; each row says what it has of its own.
const PLAIN: Component = Component {
    name: "",
    tag: "",
    default: true,
    definitions: &[],
    critical: false,
    storage: false,
    sends_events: true,
    takes_external_artifacts: false,
    env: &[],
    ports: &[],
    readiness: ("/readyz", "healthz"),
    cpu_request: "100m",
    grace_seconds: 10,
    volumes: &[("temp", "/tmp")],
    services: &[],
};

/// What the components have that keep files and serve them.
const STORE: Component = Component {
    critical: true,
    storage: true,
    ports: &[("http", 9090)],
    readiness: ("/", "http"),
    cpu_request: "50m",
    volumes: &[("data", "/data"), ("tmp", "/tmp")],
    ..PLAIN
};

/// The components of the distribution. The order is that of the default list and, after it, of
/// the extra components.
pub static COMPONENTS: [Component; 7] = [
    Component {
        name: "source-controller",
        tag: "v1.9.6",
        definitions: &[
            BucketSpec::DEFINITION,
            ExternalArtifactSpec::DEFINITION,
            GitRepositorySpec::DEFINITION,
            HelmChartSpec::DEFINITION,
            HelmRepositorySpec::DEFINITION,
            OciRepositorySpec::DEFINITION,
        ],
        env: &[("TUF_ROOT", "/tmp/.sigstore")],
        services: &[Service { name: "source-controller", port: "http", control_plane: "controller" }],
        ..STORE
    },
    Component {
        name: "kustomize-controller",
        tag: "v1.9.6",
        definitions: &[KustomizationSpec::DEFINITION],
        critical: true,
        takes_external_artifacts: true,
        grace_seconds: 60,
        ..PLAIN
    },
    Component {
        name: "helm-controller",
        tag: "v1.6.5",
        definitions: &[HelmReleaseSpec::DEFINITION],
        critical: true,
        takes_external_artifacts: true,
        grace_seconds: 600,
        ..PLAIN
    },
    Component {
        name: NOTIFICATION_CONTROLLER,
        tag: "v1.9.4",
        definitions: &[AlertSpec::DEFINITION, ProviderSpec::DEFINITION, ReceiverSpec::DEFINITION],
        sends_events: false,
        ports: &[("http", 9090), ("http-webhook", 9292)],
        services: &[
            Service { name: NOTIFICATION_CONTROLLER, port: "http", control_plane: "controller" },
            Service { name: "webhook-receiver", port: "http-webhook", control_plane: "controller" },
        ],
        ..PLAIN
    },
    Component {
        name: "image-reflector-controller",
        tag: "v1.2.5",
        default: false,
        definitions: &[ImagePolicySpec::DEFINITION, ImageRepositorySpec::DEFINITION],
        volumes: &[("temp", "/tmp"), ("data", "/data")],
        ..PLAIN
    },
    Component {
        name: "image-automation-controller",
        tag: "v1.2.5",
        default: false,
        definitions: &[ImageUpdateAutomationSpec::DEFINITION],
        ..PLAIN
    },
    Component {
        name: SOURCE_WATCHER,
        tag: "v2.2.4",
        default: false,
        definitions: &[ArtifactGeneratorSpec::DEFINITION],
        services: &[Service { name: SOURCE_WATCHER, port: "http", control_plane: SOURCE_WATCHER }],
        ..STORE
    },
];

/// The component that is told about the events of the others.
pub(super) const NOTIFICATION_CONTROLLER: &str = "notification-controller";
/// The component that makes archives for the others.
pub(super) const SOURCE_WATCHER: &str = "source-watcher";

impl Component {
    /// The component of this name.
    pub fn named(name: &str) -> Result<&'static Self, UnknownComponent> {
        COMPONENTS
            .iter()
            .find(|component| component.name == name)
            .ok_or_else(|| UnknownComponent(name.to_owned()))
    }

    /// The components of these names, each once, in the order in which they are first named.
    pub fn all_named<N: AsRef<str>>(
        names: impl IntoIterator<Item = N>,
    ) -> Result<Vec<&'static Self>, UnknownComponent> {
        let mut components: Vec<&'static Self> = Vec::new();
        for name in names {
            let component = Self::named(name.as_ref())?;
            if !components.iter().any(|other| other.name == component.name) {
                components.push(component);
            }
        }
        Ok(components)
    }

    /// The components that are installed when none are named.
    pub fn defaults() -> Vec<&'static Self> {
        COMPONENTS.iter().filter(|component| component.default).collect()
    }

    /// The image in a registry; under the name in which the sources of the distribution have it
    /// when `registry` is empty.
    pub fn image(&self, registry: &str) -> String {
        let registry = if registry.is_empty() { "fluxcd" } else { registry };
        format!("{registry}/{}:{}", self.name, self.tag)
    }
}
