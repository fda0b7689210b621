//! `Alert`: forwards events of selected objects to a `Provider`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::crd::{AGE, Crd, schema_of};
use super::meta::LocalReference;
use super::object::{Object, Spec};
use super::string_enum::string_enum;

/// Forwards events of selected objects to a provider.
pub type Alert = Object<AlertSpec>;

impl Spec for AlertSpec {
    const CRD: &'static Crd = &Crd {
        kind: "Alert",
        plural: "alerts",
        short_names: &[],
        group: "notification.toolkit.fluxcd.io",
        version: "v1beta3",
        category: "fluxcd-notifications",
        description: "Forwards events of selected objects to a Provider.",
        columns: &[AGE],
        spec: schema_of::<AlertSpec>,
        status: None,
    };
}

/// Desired state of an Alert: the events to forward and the Provider to send them to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AlertSpec {
    /// Metadata to add to each event, such as the name of the cluster.
    /// Does not override keys that the event already has.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub event_metadata: BTreeMap<String, String>,
    /// Minimum severity of the events to send: "info" for all events, or "error" for errors only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "info"))]
    pub event_severity: Option<Severity>,
    /// Objects whose events are forwarded.
    pub event_sources: Vec<EventSource>,
    /// Regular expressions (Go syntax) of messages to exclude. An event that matches any of them is not sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclusion_list: Vec<String>,
    /// Regular expressions (Go syntax) of messages to include.
    /// If specified, only events that match one of them are sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inclusion_list: Vec<String>,
    /// Reference to the Provider that receives the events.
    pub provider_ref: LocalReference,
    /// Short description of the impact or context, added to each event.
    /// Deprecated: set the key "summary" in eventMetadata instead.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    #[schemars(length(max = 255))]
    pub summary: Option<String>,
    /// Suspends the Alert. No events are sent while it is set.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
}

string_enum! {
    /// Severity of an event.
    pub enum Severity {
        /// Informational event.
        Info = "info",
        /// Error event.
        Error = "error",
    }
}

string_enum! {
    /// Kinds of Flux objects that emit events and can be reconciled on request.
    pub enum EventKind {
        /// Object storage bucket.
        Bucket = "Bucket",
        /// Git repository.
        GitRepository = "GitRepository",
        /// Flux Kustomization.
        Kustomization = "Kustomization",
        /// Helm release.
        HelmRelease = "HelmRelease",
        /// Helm chart.
        HelmChart = "HelmChart",
        /// Helm chart repository.
        HelmRepository = "HelmRepository",
        /// Tags of a container image.
        ImageRepository = "ImageRepository",
        /// Selection of an image tag.
        ImagePolicy = "ImagePolicy",
        /// Automated image updates in a Git repository.
        ImageUpdateAutomation = "ImageUpdateAutomation",
        /// OCI artifact in a container registry.
        OciRepository = "OCIRepository",
        /// Generator of artifacts from other sources.
        ArtifactGenerator = "ArtifactGenerator",
        /// Artifact of a third-party controller.
        ExternalArtifact = "ExternalArtifact",
    }
}

/// Selects the objects whose events are forwarded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventSource {
    /// API group and version of the objects.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub api_version: Option<String>,
    /// Kind of the objects.
    pub kind: EventKind,
    /// Labels that the objects must have. Requires the name to be "*".
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub match_labels: BTreeMap<String, String>,
    /// Name of the object, or "*" for all objects of the kind.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// Namespace of the objects. Defaults to the namespace of the Alert.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    #[schemars(length(min = 1, max = 253))]
    pub namespace: Option<String>,
}
