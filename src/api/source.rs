//! Types that the kinds of the source group share.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::meta::{LocalReference, Time};
use super::string_enum::string_enum;

/// Pattern of the timeout of a source operation; hours are not allowed.
pub(super) const TIMEOUT: &str = r"^([0-9]+(\.[0-9]+)?(ms|s|m))+$";

/// Artifact of a source: a file that other controllers download.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Artifact {
    /// Digest of the file, as "algorithm:hash".
    #[schemars(regex(pattern = r"^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$"))]
    pub digest: String,
    /// Time at which the file was last written.
    pub last_update_time: Time,
    /// Metadata of the source, such as OCI annotations.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// Path of the file in the controller's storage.
    pub path: String,
    /// Revision of the source, such as a Git commit, an OCI digest or a chart version.
    pub revision: String,
    /// Size of the file in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<i64>,
    /// URL of the file, reachable within the cluster.
    pub url: String,
}

string_enum! {
    /// Authentication providers of container registries.
    pub enum CloudProvider {
        /// Credentials in a Secret or image pull secrets, or anonymous access.
        Generic = "generic",
        /// Amazon Web Services.
        Aws = "aws",
        /// Microsoft Azure.
        Azure = "azure",
        /// Google Cloud.
        Gcp = "gcp",
    }
}

string_enum! {
    /// Signing tools whose signatures can be verified.
    pub enum VerificationProvider {
        /// Sigstore Cosign.
        Cosign = "cosign",
        /// Notary Project Notation.
        Notation = "notation",
    }
}

/// Identity of a keyless signature.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OidcIdentity {
    /// Regular expression (Go syntax) that the issuer of the identity must match.
    pub issuer: String,
    /// Regular expression (Go syntax) that the subject must match, such as the URL of a workflow.
    pub subject: String,
}

/// Signature verification of an OCI artifact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OciVerification {
    /// Identities to match in keyless Cosign signatures. A signature must match at least one of them.
    #[serde(rename = "matchOIDCIdentity", default, skip_serializing_if = "Vec::is_empty")]
    pub match_oidc_identity: Vec<OidcIdentity>,
    /// Signing tool that was used for the OCI artifact.
    #[schemars(extend("default" = "cosign"))]
    pub provider: VerificationProvider,
    /// Reference to a Secret that contains the trusted public keys or certificates.
    /// If not specified, Cosign signatures are verified with the keyless method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
    /// Reference to a Secret that contains a custom Sigstore trusted root in the key "trusted_root.json".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trusted_root_secret_ref: Option<LocalReference>,
}
