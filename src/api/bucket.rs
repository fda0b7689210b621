//! `Bucket`: an object storage bucket as a source.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::crd::{AGE, Crd, READY, STATUS, schema_of, text};
use super::duration::Duration;
use super::meta::{Condition, LocalReference};
use super::object::{Object, Spec};
use super::source::{Artifact, TIMEOUT};
use super::string_enum::string_enum;

/// Object storage bucket as a source.
pub type Bucket = Object<BucketSpec>;

impl Spec for BucketSpec {
    const CRD: &'static Crd = &Crd {
        kind: "Bucket",
        plural: "buckets",
        short_names: &[],
        group: "source.toolkit.fluxcd.io",
        version: "v1",
        category: "fluxcd-sources",
        description: "Produces an artifact from the files of an object storage bucket.",
        columns: &[text("Endpoint", ".spec.endpoint"), AGE, READY, STATUS],
        spec: schema_of::<BucketSpec>,
        status: Some(schema_of::<BucketStatus>),
    };
}

/// Desired state of a Bucket: the bucket to watch and its credentials.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [
    {
        "message": "STS configuration is only supported for the 'aws' and 'generic' Bucket providers",
        "rule": "self.provider == 'aws' || self.provider == 'generic' || !has(self.sts)",
    },
    {
        "message": "'aws' is the only supported STS provider for the 'aws' Bucket provider",
        "rule": "self.provider != 'aws' || !has(self.sts) || self.sts.provider == 'aws'",
    },
    {
        "message": "'ldap' is the only supported STS provider for the 'generic' Bucket provider",
        "rule": "self.provider != 'generic' || !has(self.sts) || self.sts.provider == 'ldap'",
    },
    {
        "message": "spec.sts.secretRef is not required for the 'aws' STS provider",
        "rule": "!has(self.sts) || self.sts.provider != 'aws' || !has(self.sts.secretRef)",
    },
    {
        "message": "spec.sts.certSecretRef is not required for the 'aws' STS provider",
        "rule": "!has(self.sts) || self.sts.provider != 'aws' || !has(self.sts.certSecretRef)",
    },
    {
        "message": "ServiceAccountName is not supported for the 'generic' Bucket provider",
        "rule": "self.provider != 'generic' || !has(self.serviceAccountName)",
    },
    {
        "message": "cannot set both .spec.secretRef and .spec.serviceAccountName",
        "rule": "!has(self.secretRef) || !has(self.serviceAccountName)",
    },
]))]
pub struct BucketSpec {
    /// Name of the bucket.
    pub bucket_name: String,
    /// Reference to a Secret with TLS data.
    /// The key "ca.crt" contains a CA certificate; "tls.crt" and "tls.key" contain a client certificate.
    /// Only supported for the provider "generic".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cert_secret_ref: Option<LocalReference>,
    /// Host of the object storage, with an optional port.
    pub endpoint: String,
    /// Files to exclude from the artifact, in .gitignore format. Overrides the default exclusions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore: Option<String>,
    /// Allows connecting to the object storage over plain HTTP.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub insecure: bool,
    /// Interval at which the bucket is checked for changes. The actual interval is subject to jitter.
    pub interval: Duration,
    /// Prefix of the object names to fetch. The object storage applies the filter.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub prefix: Option<String>,
    /// Object storage provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "generic"))]
    pub provider: Option<BucketProvider>,
    /// Reference to a Secret with the proxy settings for the object storage.
    /// The key "address" is required; "username" and "password" are optional.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_secret_ref: Option<LocalReference>,
    /// Region of the bucket.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub region: Option<String>,
    /// Reference to a Secret that contains the credentials.
    /// The keys depend on the provider: "accesskey" and "secretkey" for S3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
    /// Service account whose workload identity authenticates to the object storage.
    /// Not supported for the provider "generic".
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub service_account_name: Option<String>,
    /// Security token service (STS) that issues temporary credentials for the object storage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sts: Option<BucketSts>,
    /// Suspends the reconciliation of the Bucket.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
    /// Timeout of fetching the files.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = TIMEOUT), extend("default" = "60s"))]
    pub timeout: Option<Duration>,
}

string_enum! {
    /// Object storage providers.
    pub enum BucketProvider {
        /// Any S3-compatible object storage.
        Generic = "generic",
        /// Amazon S3.
        Aws = "aws",
        /// Google Cloud Storage.
        Gcp = "gcp",
        /// Azure Blob Storage.
        Azure = "azure",
    }
}

/// Security token service (STS), which issues temporary credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BucketSts {
    /// Reference to a Secret with TLS data for the STS endpoint.
    /// The key "ca.crt" contains a CA certificate; "tls.crt" and "tls.key" contain a client certificate.
    /// Only supported for the provider "ldap".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cert_secret_ref: Option<LocalReference>,
    /// URL of the STS endpoint.
    #[schemars(regex(pattern = r"^(http|https)://.*$"))]
    pub endpoint: String,
    /// STS provider.
    pub provider: BucketStsProvider,
    /// Reference to a Secret that contains the keys "username" and "password" for the STS endpoint.
    /// Only supported for the provider "ldap".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
}

string_enum! {
    /// Security token service (STS) providers.
    pub enum BucketStsProvider {
        /// AWS Security Token Service.
        Aws = "aws",
        /// STS with LDAP authentication, such as that of MinIO.
        Ldap = "ldap",
    }
}

/// Observed state of a Bucket.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("default" = {"observedGeneration": -1}))]
pub struct BucketStatus {
    /// Artifact of the last successful reconciliation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Artifact>,
    /// Conditions of the Bucket.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Value of the last handled reconcile request annotation. It is used to detect new requests.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub last_handled_reconcile_at: Option<String>,
    /// Last observed generation of the spec.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Ignore rules used for the current artifact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_ignore: Option<String>,
    /// URL of the latest artifact, reachable within the cluster.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub url: Option<String>,
}
