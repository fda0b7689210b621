//! `Alert`: which events are sent where.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::crd::{AGE, Crd, schema_of};
use super::meta::LocalReference;
use super::object::{Object, Spec};
use super::string_enum::string_enum;

/// Which events are sent where.
pub type Alert = Object<AlertSpec>;

impl Spec for AlertSpec {
    const CRD: &'static Crd = &Crd {
        kind: "Alert",
        plural: "alerts",
        short_names: &[],
        group: "notification.toolkit.fluxcd.io",
        version: "v1beta3",
        category: "fluxcd-notifications",
        description: "Which events of which objects are sent to a Provider.",
        columns: &[AGE],
        spec: schema_of::<AlertSpec>,
        status: None,
    };
}

/// Which events of which objects are sent to which provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AlertSpec {
    /// Facts to add to every event, such as the name of the cluster. What the event says itself
    /// goes before them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub event_metadata: BTreeMap<String, String>,
    /// The least serious events to send: "info" for all of them, "error" for failures alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "info"))]
    pub event_severity: Option<Severity>,
    /// The objects whose events are sent.
    pub event_sources: Vec<EventSource>,
    /// Regular expressions in Go's syntax: an event whose message matches one is not sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclusion_list: Vec<String>,
    /// Regular expressions in Go's syntax: only events whose message matches one are sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inclusion_list: Vec<String>,
    /// The Provider to send to.
    pub provider_ref: LocalReference,
    /// A short text about what the events are of, sent with each. Old: write it as "summary"
    /// into eventMetadata.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub summary: Option<String>,
    /// Stop sending until this is taken back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
}

string_enum! {
    /// How serious an event is.
    pub enum Severity {
        /// Something happened.
        Info = "info",
        /// Something failed.
        Error = "error",
    }
}

string_enum! {
    /// The kinds of objects that have events and can be asked to reconcile.
    pub enum EventKind {
        /// A bucket of an object storage.
        Bucket = "Bucket",
        /// A Git repository.
        GitRepository = "GitRepository",
        /// A folder of manifests.
        Kustomization = "Kustomization",
        /// An installed chart.
        HelmRelease = "HelmRelease",
        /// A chart.
        HelmChart = "HelmChart",
        /// A repository of charts.
        HelmRepository = "HelmRepository",
        /// The tags of an image.
        ImageRepository = "ImageRepository",
        /// The choice of a tag.
        ImagePolicy = "ImagePolicy",
        /// New tags written to a Git repository.
        ImageUpdateAutomation = "ImageUpdateAutomation",
        /// An artifact in a container registry.
        OciRepository = "OCIRepository",
        /// A rule by which archives are made.
        ArtifactGenerator = "ArtifactGenerator",
        /// An archive of another controller.
        ExternalArtifact = "ExternalArtifact",
    }
}

/// Objects whose events are sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventSource {
    /// The API group and version of the objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// The kind of the objects.
    pub kind: EventKind,
    /// Labels that the objects must have. Only with the name "*".
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub match_labels: BTreeMap<String, String>,
    /// The name of one object, or "*" for all of the kind.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// The namespace of the objects; that of this object when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub namespace: Option<String>,
}
