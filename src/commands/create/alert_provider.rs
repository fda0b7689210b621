//! `flux create alert-provider`.

use clap::Args;

use super::{Common, apply, export, given, names};
use crate::api::{LocalReference, ProviderSpec, ProviderType};
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::kinds::PROVIDER;

/// The arguments of `flux create alert-provider`.
#[derive(Args)]
pub struct CreateAlertProvider {
    #[command(flatten)]
    common: Common,
    /// Type of the provider, such as slack, github or generic
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// Channel to post to
    #[arg(long, value_name = "CHANNEL")]
    channel: Option<String>,
    /// Username to post as
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    /// Address of the service or repository; use --secret-ref for secret addresses
    #[arg(long, value_name = "URL")]
    address: Option<String>,
    /// Secret with the address or token
    #[arg(long, value_name = "NAME")]
    secret_ref: Option<String>,
}

impl Described for CreateAlertProvider {
    const ABOUT: About = About::new("alert-provider", "Create or update a Provider")
        .details("A Provider defines where Alerts send events.")
        .usage("<NAME> --type <TYPE>")
        .examples(&[
            (
                "Send events to a Slack channel",
                "flux create alert-provider slack --type=slack --channel=deployments \
                 --secret-ref=slack-token",
            ),
            (
                "Set commit statuses on GitHub",
                "flux create alert-provider github --type=github \
                 --address=https://github.com/acme/fleet --secret-ref=github-token",
            ),
        ]);
}

impl Command for CreateAlertProvider {
    async fn run(self, context: &Context) -> Result<()> {
        let target = self.common.target(context)?;
        let kind = given(self.kind).ok_or_else(|| Error::required("--type", "--type=slack"))?;
        let kind: ProviderType =
            kind.parse().map_err(|error| Error::usage(format!("invalid --type: {error}")))?;
        let object = target.object(ProviderSpec {
            r#type: kind,
            channel: given(self.channel),
            username: given(self.username),
            address: given(self.address),
            secret_ref: names::reference("--secret-ref", self.secret_ref)?.map(LocalReference::new),
            ..ProviderSpec::default()
        });
        if target.export {
            return export(context, &object);
        }
        apply::apply(context, &PROVIDER, &object).await
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Scene;

    #[test]
    fn a_provider_is_exported() {
        assert_snapshot!(Scene::offline().run("flux create alert-provider slack --type=slack --channel=general --address=https://hooks.example.com --secret-ref=slack --export"), @"
        ---
        apiVersion: notification.toolkit.fluxcd.io/v1beta3
        kind: Provider
        metadata:
          name: slack
          namespace: flux-system
        spec:
          address: https://hooks.example.com
          channel: general
          secretRef:
            name: slack
          type: slack
        ");
    }
}
