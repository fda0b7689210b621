//! The components of Flux, as a table: name, image and needs of each controller.

use crate::api::{
    AlertSpec, ArtifactGeneratorSpec, BucketSpec, Crd, ExternalArtifactSpec, GitRepositorySpec,
    HelmChartSpec, HelmReleaseSpec, HelmRepositorySpec, ImagePolicySpec, ImageRepositorySpec,
    ImageUpdateAutomationSpec, KustomizationSpec, OciRepositorySpec, ProviderSpec, ReceiverSpec, Spec,
};

/// A controller of the distribution.
#[derive(Debug)]
pub struct Component {
    /// Name on the command line, and of its Deployment, ServiceAccount and image.
    pub name: &'static str,
    /// Tag of its image.
    pub tag: &'static str,
    /// Whether it is installed by default.
    pub default: bool,
    /// CRDs of the kinds that it reconciles.
    pub crds: &'static [&'static Crd],
    /// Whether it has the priority class `system-cluster-critical`, so that it keeps running if the node is short of memory.
    pub(super) critical: bool,
    /// Whether it stores and serves artifacts. Only one Pod may write them, so the old Pod ends before the new one starts.
    pub(super) storage: bool,
    /// Whether it sends events to notification-controller.
    pub(super) sends_events: bool,
    /// Whether it can use ExternalArtifacts, if a component that creates them is installed.
    pub(super) takes_external_artifacts: bool,
    /// Environment variables, besides those of every component.
    pub(super) env: &'static [(&'static str, &'static str)],
    /// Names and numbers of its ports, besides those for metrics and health.
    pub(super) ports: &'static [(&'static str, u16)],
    /// Path and port of the readiness probe.
    pub(super) readiness: (&'static str, &'static str),
    /// CPU request, as a Kubernetes quantity.
    pub(super) cpu_request: &'static str,
    /// Termination grace period, in seconds.
    pub(super) grace_seconds: u16,
    /// Names and mount paths of its `emptyDir` volumes.
    pub(super) volumes: &'static [(&'static str, &'static str)],
    /// Its Services.
    pub(super) services: &'static [Service],
}

/// A Service of a component, on port 80.
#[derive(Debug)]
pub(super) struct Service {
    pub name: &'static str,
    /// Name of the component's port.
    pub port: &'static str,
    /// Value of the label `control-plane`.
    pub control_plane: &'static str,
}

/// A component that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("component {0} is not available")]
pub struct UnknownComponent(pub String);

/// Defaults of a component; each row of the table sets what differs.
const PLAIN: Component = Component {
    name: "",
    tag: "",
    default: true,
    crds: &[],
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
        crds: &[
            BucketSpec::CRD,
            ExternalArtifactSpec::CRD,
            GitRepositorySpec::CRD,
            HelmChartSpec::CRD,
            HelmRepositorySpec::CRD,
            OciRepositorySpec::CRD,
        ],
        env: &[("TUF_ROOT", "/tmp/.sigstore")],
        services: &[Service { name: "source-controller", port: "http", control_plane: "controller" }],
        ..STORE
    },
    Component {
        name: "kustomize-controller",
        tag: "v1.9.6",
        crds: &[KustomizationSpec::CRD],
        critical: true,
        takes_external_artifacts: true,
        grace_seconds: 60,
        ..PLAIN
    },
    Component {
        name: "helm-controller",
        tag: "v1.6.5",
        crds: &[HelmReleaseSpec::CRD],
        critical: true,
        takes_external_artifacts: true,
        grace_seconds: 600,
        ..PLAIN
    },
    Component {
        name: NOTIFICATION_CONTROLLER,
        tag: "v1.9.4",
        crds: &[AlertSpec::CRD, ProviderSpec::CRD, ReceiverSpec::CRD],
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
        crds: &[ImagePolicySpec::CRD, ImageRepositorySpec::CRD],
        volumes: &[("temp", "/tmp"), ("data", "/data")],
        ..PLAIN
    },
    Component {
        name: "image-automation-controller",
        tag: "v1.2.5",
        default: false,
        crds: &[ImageUpdateAutomationSpec::CRD],
        ..PLAIN
    },
    Component {
        name: SOURCE_WATCHER,
        tag: "v2.2.4",
        default: false,
        crds: &[ArtifactGeneratorSpec::CRD],
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
