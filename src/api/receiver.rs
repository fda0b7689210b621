//! `Receiver`: a webhook at which objects are reconciled.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::alert::EventKind;
use super::crd::{AGE, Crd, READY, STATUS, schema_of};
use super::duration::Duration;
use super::meta::{Condition, LocalReference};
use super::object::{Object, Spec};
use super::string_enum::string_enum;

/// A webhook at which objects are reconciled.
pub type Receiver = Object<ReceiverSpec>;

impl Spec for ReceiverSpec {
    const CRD: &'static Crd = &Crd {
        kind: "Receiver",
        plural: "receivers",
        short_names: &[],
        group: "notification.toolkit.fluxcd.io",
        version: "v1",
        category: "fluxcd-notifications",
        description: "A webhook that other services call so that objects are reconciled at once.",
        columns: &[AGE, READY, STATUS],
        spec: schema_of::<ReceiverSpec>,
        status: Some(schema_of::<ReceiverStatus>),
    };
}

/// Who may call, and what is reconciled then.
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
    /// The events to act on, in the words of the caller, such as "push" for GitHub; all of them
    /// when left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<String>,
    /// How often to read the Secret again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "10m"))]
    pub interval: Option<Duration>,
    /// The issuers whose tokens are taken. Only, and then needed, for the type "generic-oidc".
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-map-keys" = ["issuerURL"], "x-kubernetes-list-type" = "map"))]
    pub oidc_providers: Vec<OidcProvider>,
    /// A CEL expression that says for each object whether it is reconciled, with the object as
    /// "res" and the request as "req", and the token's claims as "claims" for "generic-oidc".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_filter: Option<String>,
    /// The objects to reconcile.
    pub resources: Vec<ReceiverResource>,
    /// The Secret with the "token" that proves who calls. Needed for every type other than
    /// "generic-oidc"; for "gcr" it holds the expected "email" and "audience" too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
    /// Ignore calls until this is taken back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
    /// The kind of caller, which decides how a call is verified and understood.
    pub r#type: ReceiverType,
}

string_enum! {
    /// The kinds of callers.
    pub enum ReceiverType {
        /// Any, with a secret URL.
        Generic = "generic",
        /// Any, with a signature.
        GenericHmac = "generic-hmac",
        /// Any, with a token of OpenID Connect.
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
        /// Google's registries.
        Gcr = "gcr",
        /// Sonatype Nexus.
        Nexus = "nexus",
        /// Azure's registries.
        Acr = "acr",
        /// Any that sends CDEvents.
        CdEvents = "cdevents",
    }
}

/// Objects to reconcile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReceiverResource {
    /// The API group and version of the objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// A CEL expression like resourceFilter, for these objects alone. Both have to be true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
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

/// An issuer of OpenID Connect, and what its tokens have to say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OidcProvider {
    /// Whom a token has to be meant for; "notification-controller" when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// The address of the issuer, as its tokens write it.
    #[serde(rename = "issuerURL")]
    #[schemars(regex(pattern = "^https?://"))]
    pub issuer_url: String,
    /// What has to be true of a token's claims. Public issuers give tokens to anybody, so name
    /// the caller here.
    #[schemars(length(min = 1))]
    pub validations: Vec<OidcValidation>,
    /// Values to use in the validations, each as "vars." and its name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<OidcVariable>,
}

/// Something that has to be true of a token's claims.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OidcValidation {
    /// A CEL expression over "claims" and "vars" that has to be true.
    pub expression: String,
    /// What the caller is told when it is not.
    pub message: String,
}

/// A value computed from a token's claims.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OidcVariable {
    /// A CEL expression over "claims" and the variables before this one.
    pub expression: String,
    /// The name of the variable.
    pub name: String,
}

/// What the controller knows about the webhook.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("default" = {"observedGeneration": -1}))]
pub struct ReceiverStatus {
    /// The state of the webhook in its several aspects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// The request to reconcile that was last fulfilled: the annotation's value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
    /// The generation of the spec that was last looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The path of the webhook's URL: "/hook/" and a checksum of token, name and namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook_path: Option<String>,
}
