//! `ImageRepository`: scans a container registry for the tags of an image.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::crd::{AGE, Crd, READY, STATUS, schema_of, text, wide};
use super::duration::Duration;
use super::meta::{AccessFrom, Condition, LocalReference, Time};
use super::object::{Object, Spec};
use super::source::{CloudProvider, TIMEOUT};

/// Scans a container registry for the tags of an image.
pub type ImageRepository = Object<ImageRepositorySpec>;

impl Spec for ImageRepositorySpec {
    const CRD: &'static Crd = &Crd {
        kind: "ImageRepository",
        plural: "imagerepositories",
        short_names: &["imgrepo", "imagerepo"],
        group: "image.toolkit.fluxcd.io",
        version: "v1",
        category: "fluxcd-images",
        description: "Scans a container registry at regular intervals for the tags of an image.",
        columns: &[
            text("Image", ".spec.image"),
            text("Tags", ".status.lastScanResult.tagCount"),
            READY,
            STATUS,
            wide("Last scan", ".status.lastScanResult.scanTime"),
            AGE,
        ],
        spec: schema_of::<ImageRepositorySpec>,
        status: Some(schema_of::<ImageRepositoryStatus>),
    };
}

/// Desired state of an ImageRepository: the image to scan and its credentials.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImageRepositorySpec {
    /// Namespaces whose ImagePolicies may refer to the ImageRepository.
    /// If not specified, only the namespace of the ImageRepository has access.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_from: Option<AccessFrom>,
    /// Reference to a Secret with TLS data.
    /// The key "ca.crt" contains a CA certificate; "tls.crt" and "tls.key" contain a client certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cert_secret_ref: Option<LocalReference>,
    /// Regular expressions of tags to exclude.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 25), extend("default" = [r"^.*\.sig$"]))]
    pub exclusion_list: Vec<String>,
    /// Name of the image, without a tag.
    pub image: String,
    /// Allows connecting to the registry over plain HTTP.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub insecure: bool,
    /// Interval at which the image is scanned. The actual interval is subject to jitter.
    pub interval: Duration,
    /// Authentication provider of the registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "generic"))]
    pub provider: Option<CloudProvider>,
    /// Reference to a Secret with the proxy settings for the registry.
    /// The key "address" is required; "username" and "password" are optional.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_secret_ref: Option<LocalReference>,
    /// Reference to a Secret of the type kubernetes.io/dockerconfigjson that contains the credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
    /// Service account whose image pull secrets or workload identity authenticate to the registry.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    #[schemars(length(max = 253))]
    pub service_account_name: Option<String>,
    /// Suspends the reconciliation of the ImageRepository.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
    /// Timeout of a scan. Defaults to the interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = TIMEOUT))]
    pub timeout: Option<Duration>,
}

/// Observed state of an ImageRepository.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("default" = {"observedGeneration": -1}))]
pub struct ImageRepositoryStatus {
    /// Canonical name of the image, including the registry host.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub canonical_image_name: Option<String>,
    /// Conditions of the ImageRepository.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Value of the last handled reconcile request annotation. It is used to detect new requests.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub last_handled_reconcile_at: Option<String>,
    /// Result of the last scan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_scan_result: Option<ScanResult>,
    /// Exclusions of the last scan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub observed_exclusion_list: Vec<String>,
    /// Last observed generation of the spec.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
}

/// Result of a scan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScanResult {
    /// Sample of the tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub latest_tags: Vec<String>,
    /// Checksum of the tags, used to detect changes.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub revision: Option<String>,
    /// Time of the scan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scan_time: Option<Time>,
    /// Number of tags.
    pub tag_count: i32,
}
