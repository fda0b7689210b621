//! Types that the kinds of the source group share.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::meta::{LocalReference, Time};
use super::string_enum::string_enum;

/// How long a source operation may take: a pattern without hours.
pub(super) const TIMEOUT: &str = r"^([0-9]+(\.[0-9]+)?(ms|s|m))+$";

/// What a source made of its last fetch: a file that the other controllers download.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Artifact {
    /// The checksum of the file, as algorithm and hash joined by a colon.
    #[schemars(regex(pattern = r"^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$"))]
    pub digest: String,
    /// When the file was last written.
    pub last_update_time: Time,
    /// What the source itself says about the content, such as OCI annotations.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// Where the file lies in the controller's storage.
    pub path: String,
    /// The revision of the source that the file was made from: a Git commit, an OCI digest, a
    /// chart version and the like.
    pub revision: String,
    /// The size of the file in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<i64>,
    /// The address within the cluster from which the file is downloaded.
    pub url: String,
}

string_enum! {
    /// Who signs the controller in at a registry.
    pub enum CloudProvider {
        /// Credentials from a Secret or a service account's pull secrets, or none.
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
    /// The tool whose signatures are verified.
    pub enum VerificationProvider {
        /// Sigstore's cosign.
        Cosign = "cosign",
        /// The Notary Project's notation.
        Notation = "notation",
    }
}

/// An identity that may have signed without a key of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OidcIdentity {
    /// A regular expression in Go's syntax for the issuer of the identity.
    pub issuer: String,
    /// A regular expression in Go's syntax for the identity itself, such as a workflow's URL.
    pub subject: String,
}

/// How the signature of an OCI artifact is verified.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OciVerification {
    /// The identities that may have signed keylessly with cosign; one of them has to match.
    #[serde(rename = "matchOIDCIdentity", default, skip_serializing_if = "Vec::is_empty")]
    pub match_oidc_identity: Vec<OidcIdentity>,
    /// The tool that made the signature.
    #[schemars(extend("default" = "cosign"))]
    pub provider: VerificationProvider,
    /// The Secret with the trusted public keys or certificates. Without it cosign signatures are
    /// verified keylessly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
    /// The Secret with a Sigstore trusted root of one's own, under the key "trusted_root.json".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trusted_root_secret_ref: Option<LocalReference>,
}
