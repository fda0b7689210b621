//! `Provider`: a service that receives events.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::crd::{AGE, Crd, schema_of};
use super::duration::Duration;
use super::meta::LocalReference;
use super::object::{Object, Spec};
use super::source::TIMEOUT;
use super::string_enum::string_enum;

/// Service that receives events.
pub type Provider = Object<ProviderSpec>;

impl Spec for ProviderSpec {
    const CRD: &'static Crd = &Crd {
        kind: "Provider",
        plural: "providers",
        short_names: &[],
        group: "notification.toolkit.fluxcd.io",
        version: "v1beta3",
        category: "fluxcd-notifications",
        description: "Service that receives events of Alerts, such as a chat or Git hosting service.",
        columns: &[AGE],
        spec: schema_of::<ProviderSpec>,
        status: None,
    };
}

/// Desired state of a Provider: the service and its credentials.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [{
    "message": "spec.commitStatusExpr is only supported for the 'github', 'gitlab', 'gitea', 'bitbucketserver', 'bitbucket', 'azuredevops' provider types",
    "rule": "self.type == 'github' || self.type == 'gitlab' || self.type == 'gitea' || self.type == 'bitbucketserver' || self.type == 'bitbucket' || self.type == 'azuredevops' || !has(self.commitStatusExpr)",
}]))]
pub struct ProviderSpec {
    /// Address of the service: usually a URL; for some services a project or a namespace.
    /// An "address" in the Secret of secretRef takes precedence.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    #[schemars(length(max = 2048))]
    pub address: Option<String>,
    /// Reference to a Secret with TLS data.
    /// The key "ca.crt" contains a CA certificate; "tls.crt" and "tls.key" contain a client certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cert_secret_ref: Option<LocalReference>,
    /// Channel, room or similar within the service.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    #[schemars(length(max = 2048))]
    pub channel: Option<String>,
    /// CEL expression of the commit status ID, with "event", "alert" and "provider" as variables.
    /// It lets several clusters report separate commit statuses. Only supported for Git providers.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub commit_status_expr: Option<String>,
    /// Deprecated: has no effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<Duration>,
    /// URL of a proxy. Deprecated: use proxySecretRef instead.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    #[schemars(length(max = 2048), regex(pattern = r"^(http|https)://.*$"))]
    pub proxy: Option<String>,
    /// Reference to a Secret with the proxy settings for the service.
    /// The key "address" is required; "username" and "password" are optional.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_secret_ref: Option<LocalReference>,
    /// Reference to a Secret that contains the credentials, such as the key "token".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
    /// Service account whose workload identity authenticates to the service.
    /// Only supported for cloud services, and not in combination with credentials in the Secret.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub service_account_name: Option<String>,
    /// Suspends the Provider. No events are sent while it is set.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
    /// Timeout of sending an event. Defaults to 15 seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = TIMEOUT))]
    pub timeout: Option<Duration>,
    /// Type of the service.
    pub r#type: ProviderType,
    /// Username under which events are posted.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    #[schemars(length(max = 2048))]
    pub username: Option<String>,
}

string_enum! {
    /// Services that can receive events.
    pub enum ProviderType {
        /// Slack.
        Slack = "slack",
        /// Discord.
        Discord = "discord",
        /// Microsoft Teams.
        MsTeams = "msteams",
        /// Rocket.Chat.
        Rocket = "rocket",
        /// HTTP endpoint.
        Generic = "generic",
        /// HTTP endpoint, with requests signed with HMAC.
        GenericHmac = "generic-hmac",
        /// GitHub commit statuses.
        GitHub = "github",
        /// GitLab commit statuses.
        GitLab = "gitlab",
        /// Gitea commit statuses.
        Gitea = "gitea",
        /// Gitea pull request comments.
        GiteaPullRequestComment = "giteapullrequestcomment",
        /// Bitbucket Server commit statuses.
        BitbucketServer = "bitbucketserver",
        /// Bitbucket commit statuses.
        Bitbucket = "bitbucket",
        /// Azure DevOps commit statuses.
        AzureDevOps = "azuredevops",
        /// Google Chat.
        GoogleChat = "googlechat",
        /// Google Pub/Sub.
        GooglePubSub = "googlepubsub",
        /// Webex.
        Webex = "webex",
        /// Sentry.
        Sentry = "sentry",
        /// Azure Event Hubs.
        AzureEventHub = "azureeventhub",
        /// Telegram.
        Telegram = "telegram",
        /// Lark.
        Lark = "lark",
        /// Matrix.
        Matrix = "matrix",
        /// Opsgenie.
        Opsgenie = "opsgenie",
        /// Prometheus Alertmanager.
        Alertmanager = "alertmanager",
        /// Grafana annotations.
        Grafana = "grafana",
        /// GitHub repository dispatch events.
        GitHubDispatch = "githubdispatch",
        /// GitHub pull request comments.
        GitHubPullRequestComment = "githubpullrequestcomment",
        /// GitLab merge request comments.
        GitLabMergeRequestComment = "gitlabmergerequestcomment",
        /// PagerDuty.
        PagerDuty = "pagerduty",
        /// Datadog.
        Datadog = "datadog",
        /// NATS.
        Nats = "nats",
        /// Zulip.
        Zulip = "zulip",
        /// OpenTelemetry traces.
        Otel = "otel",
    }
}
