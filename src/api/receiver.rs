//! `Receiver`: a webhook that triggers the reconciliation of objects.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::alert::EventKind;
use super::crd::{AGE, Crd, READY, STATUS, schema_of};
use super::duration::Duration;
use super::meta::{Condition, LocalReference};
use super::object::{Object, Spec};
use super::string_enum::string_enum;

/// Webhook that triggers the reconciliation of objects.
pub type Receiver = Object<ReceiverSpec>;

impl Spec for ReceiverSpec {
    const CRD: &'static Crd = &Crd {
        kind: "Receiver",
        plural: "receivers",
        short_names: &[],
        group: "notification.toolkit.fluxcd.io",
        version: "v1",
        category: "fluxcd-notifications",
        description: "Webhook that triggers the reconciliation of objects.",
        columns: &[AGE, READY, STATUS],
        spec: schema_of::<ReceiverSpec>,
        status: Some(schema_of::<ReceiverStatus>),
    };
}

/// Desired state of a Receiver: the accepted requests and the objects to reconcile.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [
    {
        "message": "generic-oidc receivers must define at least one oidcProvider",
        "rule": "self.type != 'generic-oidc' || (has(self.oidcProviders) && size(self.oidcProviders) > 0)",
    },
    {
        "message": "oidcProviders can only be set when type is generic-oidc",
        "rule": "self.type == 'generic-oidc' || !has(self.oidcProviders) || size(self.oidcProviders) == 0",
    },
    {
        "message": "secretRef cannot be set when type is generic-oidc",
        "rule": "self.type != 'generic-oidc' || !has(self.secretRef)",
    },
    {
        "message": "secretRef is required when type is not generic-oidc",
        "rule": "self.type == 'generic-oidc' || has(self.secretRef)",
    },
]))]
pub struct ReceiverSpec {
    /// Events to handle, as named by the sender, such as "push" for GitHub. Defaults to all events.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<String>,
    /// Interval at which the Secret is read again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "10m"))]
    pub interval: Option<Duration>,
    /// OpenID Connect (OIDC) issuers whose tokens are accepted.
    /// Required for the type "generic-oidc", and not allowed otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-map-keys" = ["issuerURL"], "x-kubernetes-list-type" = "map"))]
    pub oidc_providers: Vec<OidcProvider>,
    /// CEL expression that determines whether an object is reconciled.
    /// "res" is the object and "req" is the request.
    /// For "generic-oidc", "claims" contains the claims of the token.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub resource_filter: Option<String>,
    /// Objects to reconcile.
    pub resources: Vec<ReceiverResource>,
    /// Reference to a Secret that contains the key "token", which authenticates requests.
    /// Required for all types except "generic-oidc".
    /// For "gcr", the Secret also contains the expected "email" and "audience".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
    /// Suspends the Receiver. Requests are ignored while it is set.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
    /// Type of the sender, which determines how requests are verified and parsed.
    pub r#type: ReceiverType,
}

string_enum! {
    /// Types of webhook senders.
    pub enum ReceiverType {
        /// Any sender, without verification apart from the secret URL.
        Generic = "generic",
        /// Any sender, with requests signed with HMAC.
        GenericHmac = "generic-hmac",
        /// Any sender, with an OpenID Connect (OIDC) token.
        GenericOidc = "generic-oidc",
        /// GitHub.
        GitHub = "github",
        /// GitLab.
        GitLab = "gitlab",
        /// Bitbucket Server.
        Bitbucket = "bitbucket",
        /// Harbor.
        Harbor = "harbor",
        /// Docker Hub.
        DockerHub = "dockerhub",
        /// Quay.
        Quay = "quay",
        /// Google container registries.
        Gcr = "gcr",
        /// Sonatype Nexus.
        Nexus = "nexus",
        /// Azure Container Registry.
        Acr = "acr",
        /// Any sender of CDEvents.
        CdEvents = "cdevents",
    }
}

/// Selects objects to reconcile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReceiverResource {
    /// API group and version of the objects.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub api_version: Option<String>,
    /// CEL expression like resourceFilter, for these objects only. Both expressions must be true.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub filter: Option<String>,
    /// Kind of the objects.
    pub kind: EventKind,
    /// Labels that the objects must have. Requires the name to be "*".
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub match_labels: BTreeMap<String, String>,
    /// Name of the object, or "*" for all objects of the kind.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// Namespace of the objects. Defaults to the namespace of the Receiver.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    #[schemars(length(min = 1, max = 253))]
    pub namespace: Option<String>,
}

/// OpenID Connect (OIDC) issuer, and the requirements on its tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OidcProvider {
    /// Audience that tokens must have. Defaults to "notification-controller".
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub audience: Option<String>,
    /// URL of the issuer, exactly as in the "iss" claim of its tokens.
    #[serde(rename = "issuerURL")]
    #[schemars(regex(pattern = "^https?://"))]
    pub issuer_url: String,
    /// Requirements on the claims of a token.
    /// Public issuers issue tokens to anyone, so restrict the subject here.
    #[schemars(length(min = 1))]
    pub validations: Vec<OidcValidation>,
    /// Variables for the validations, available as "vars." followed by the name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<OidcVariable>,
}

/// Requirement on the claims of a token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OidcValidation {
    /// CEL expression over "claims" and "vars" that must be true.
    pub expression: String,
    /// Error message if the expression is false.
    pub message: String,
}

/// Variable computed from the claims of a token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OidcVariable {
    /// CEL expression over "claims" and the preceding variables.
    pub expression: String,
    /// Name of the variable.
    pub name: String,
}

/// Observed state of a Receiver.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("default" = {"observedGeneration": -1}))]
pub struct ReceiverStatus {
    /// Conditions of the Receiver.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Value of the last handled reconcile request annotation. It is used to detect new requests.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub last_handled_reconcile_at: Option<String>,
    /// Last observed generation of the spec.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Path of the webhook: "/hook/" followed by a checksum of token, name and namespace.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub webhook_path: Option<String>,
}

/// The path under which notification-controller serves the Receiver of this name. A Receiver without a token has an
/// empty one.
pub fn webhook_path(token: &str, name: &str, namespace: &str) -> String {
    format!("/hook/{}", hex::encode(Sha256::digest(format!("{token}{name}{namespace}"))))
}

#[cfg(test)]
mod tests {
    use super::webhook_path;

    #[test]
    fn the_path_of_a_webhook_is_the_controllers_own() {
        // Seen with flux 2.9.4.
        assert_eq!(
            webhook_path("abcdef0123456789", "app", "m-apply-secret-receiver"),
            "/hook/896d79cef3ffa11912cf482d365a2721e3b6ad00794537116e1a4cb33975ea1a"
        );
    }
}
