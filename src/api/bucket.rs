//! `Bucket`: a bucket of an object storage.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::crd::{AGE, Crd, READY, STATUS, schema_of, text};
use super::duration::Duration;
use super::meta::{Condition, LocalReference};
use super::object::{Object, Spec};
use super::source::{Artifact, TIMEOUT};
use super::string_enum::string_enum;

/// A bucket of an object storage as a source.
pub type Bucket = Object<BucketSpec>;

impl Spec for BucketSpec {
    const CRD: &'static Crd = &Crd {
        kind: "Bucket",
        plural: "buckets",
        short_names: &[],
        group: "source.toolkit.fluxcd.io",
        version: "v1",
        category: "fluxcd-sources",
        description: "A bucket of an object storage whose files are offered to the other controllers as an archive.",
        columns: &[text("Endpoint", ".spec.endpoint"), AGE, READY, STATUS],
        spec: schema_of::<BucketSpec>,
        status: Some(schema_of::<BucketStatus>),
    };
}

/// Which bucket to watch, and how to sign in.
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
    /// The name of the bucket.
    pub bucket_name: String,
    /// A Secret with "ca.crt" for an own certificate authority, and "tls.crt" with "tls.key" to
    /// sign in with a certificate. Only for the provider "generic".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cert_secret_ref: Option<LocalReference>,
    /// The host of the object storage, with its port where needed.
    pub endpoint: String,
    /// Files to leave out of the archive, in the syntax of .gitignore. Replaces the built-in
    /// list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore: Option<String>,
    /// Talk to the object storage without TLS.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub insecure: bool,
    /// How often to look for changes, within a little jitter.
    pub interval: Duration,
    /// The part of the bucket to take: files whose names start with this. Filtered by the
    /// storage itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// The kind of object storage.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "generic"))]
    pub provider: Option<BucketProvider>,
    /// A Secret with the "address" of a proxy for this storage and, where needed, its
    /// "username" and "password".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_secret_ref: Option<LocalReference>,
    /// The region in which the bucket lies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// A Secret with the credentials, in the provider's own keys: "accesskey" and "secretkey"
    /// for S3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
    /// The service account whose cloud identity signs in. Not for the provider "generic".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_account_name: Option<String>,
    /// Where to exchange credentials for short-lived ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sts: Option<BucketSts>,
    /// Stop looking for changes until this is taken back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
    /// How long fetching the files may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = TIMEOUT), extend("default" = "60s"))]
    pub timeout: Option<Duration>,
}

string_enum! {
    /// The kinds of object storage.
    pub enum BucketProvider {
        /// Anything that speaks S3.
        Generic = "generic",
        /// Amazon S3.
        Aws = "aws",
        /// Google Cloud Storage.
        Gcp = "gcp",
        /// Azure Blob Storage.
        Azure = "azure",
    }
}

/// A security token service, which gives short-lived credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BucketSts {
    /// A Secret with "ca.crt" for an own certificate authority of the service, and "tls.crt"
    /// with "tls.key" to sign in there with a certificate. Only for the provider "ldap".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cert_secret_ref: Option<LocalReference>,
    /// The address of the service.
    #[schemars(regex(pattern = r"^(http|https)://.*$"))]
    pub endpoint: String,
    /// The kind of service.
    pub provider: BucketStsProvider,
    /// A Secret with "username" and "password" for the service. Only for the provider "ldap".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
}

string_enum! {
    /// The kinds of security token services.
    pub enum BucketStsProvider {
        /// Amazon's own.
        Aws = "aws",
        /// One that asks an LDAP directory, as MinIO has.
        Ldap = "ldap",
    }
}

/// What the controller knows about the bucket.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("default" = {"observedGeneration": -1}))]
pub struct BucketStatus {
    /// The archive of the last fetch that succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Artifact>,
    /// The state of the bucket in its several aspects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// The request to reconcile that was last fulfilled: the annotation's value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
    /// The generation of the spec that was last looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The files that the archive leaves out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_ignore: Option<String>,
    /// The address within the cluster of the newest archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}
