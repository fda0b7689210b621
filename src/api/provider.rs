//! `Provider`: a service that events are sent to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::crd::{AGE, Crd, schema_of};
use super::duration::Duration;
use super::meta::LocalReference;
use super::object::{Object, Spec};
use super::source::TIMEOUT;
use super::string_enum::string_enum;

/// A service that events are sent to.
pub type Provider = Object<ProviderSpec>;

impl Spec for ProviderSpec {
    const CRD: &'static Crd = &Crd {
        kind: "Provider",
        plural: "providers",
        short_names: &[],
        group: "notification.toolkit.fluxcd.io",
        version: "v1beta3",
        category: "fluxcd-notifications",
        description: "A service, such as a chat or a Git host, that Alerts send events to.",
        columns: &[AGE],
        spec: schema_of::<ProviderSpec>,
        status: None,
    };
}

/// Which service to send to, and how to sign in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [{
    "message": "spec.commitStatusExpr is only supported for the 'github', 'gitlab', 'gitea', 'bitbucketserver', 'bitbucket', 'azuredevops' provider types",
    "rule": "self.type == 'github' || self.type == 'gitlab' || self.type == 'gitea' || self.type == 'bitbucketserver' || self.type == 'bitbucket' || self.type == 'azuredevops' || !has(self.commitStatusExpr)",
}]))]
pub struct ProviderSpec {
    /// Where to send: most often a URL, for some services a project or a namespace. An "address"
    /// in the Secret goes before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 2048))]
    pub address: Option<String>,
    /// A Secret with "ca.crt" for an own certificate authority, and "tls.crt" with "tls.key" to
    /// sign in with a certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cert_secret_ref: Option<LocalReference>,
    /// The channel, room or the like within the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 2048))]
    pub channel: Option<String>,
    /// A CEL expression for the id of a commit status, over event, alert and provider, so that
    /// several clusters can each have their own. Only for Git hosts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit_status_expr: Option<String>,
    /// Has no effect any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<Duration>,
    /// The address of a proxy. Old: write it into a Secret and name that in proxySecretRef.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 2048), regex(pattern = r"^(http|https)://.*$"))]
    pub proxy: Option<String>,
    /// A Secret with the "address" of a proxy and, where needed, its "username" and "password".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_secret_ref: Option<LocalReference>,
    /// A Secret with the credentials, such as a "token".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
    /// The service account whose cloud identity signs in. Only for services of clouds, and not
    /// together with credentials in the Secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_account_name: Option<String>,
    /// Stop sending until this is taken back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
    /// How long sending an event may take; 15 seconds when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = TIMEOUT))]
    pub timeout: Option<Duration>,
    /// The service.
    pub r#type: ProviderType,
    /// The name under which events are posted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 2048))]
    pub username: Option<String>,
}

string_enum! {
    /// The services that events can be sent to.
    pub enum ProviderType {
        /// Slack.
        Slack = "slack",
        /// Discord.
        Discord = "discord",
        /// Microsoft Teams.
        MsTeams = "msteams",
        /// Rocket.Chat.
        Rocket = "rocket",
        /// Any HTTP server.
        Generic = "generic",
        /// Any HTTP server, with a signature.
        GenericHmac = "generic-hmac",
        /// Commit statuses at GitHub.
        GitHub = "github",
        /// Commit statuses at GitLab.
        GitLab = "gitlab",
        /// Commit statuses at Gitea.
        Gitea = "gitea",
        /// Comments on pull requests at Gitea.
        GiteaPullRequestComment = "giteapullrequestcomment",
        /// Commit statuses at Bitbucket Server.
        BitbucketServer = "bitbucketserver",
        /// Commit statuses at Bitbucket.
        Bitbucket = "bitbucket",
        /// Commit statuses at Azure DevOps.
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
        /// Annotations in Grafana.
        Grafana = "grafana",
        /// Repository dispatches at GitHub.
        GitHubDispatch = "githubdispatch",
        /// Comments on pull requests at GitHub.
        GitHubPullRequestComment = "githubpullrequestcomment",
        /// Comments on merge requests at GitLab.
        GitLabMergeRequestComment = "gitlabmergerequestcomment",
        /// PagerDuty.
        PagerDuty = "pagerduty",
        /// Datadog.
        Datadog = "datadog",
        /// NATS.
        Nats = "nats",
        /// Zulip.
        Zulip = "zulip",
        /// Traces by OpenTelemetry.
        Otel = "otel",
    }
}
