//! `flux create alert-provider`.

use clap::Args;

use super::{Common, apply, export, given, names};
use crate::api::{LocalReference, ProviderSpec, ProviderType};
use crate::commands::Command;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::kinds::PROVIDER;

/// The arguments of `flux create alert-provider`.
#[derive(Args)]
pub struct CreateAlertProvider {
    #[command(flatten)]
    common: Common,
    /// What to send to, for instance slack, github or generic
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// The channel to send to
    #[arg(long, value_name = "CHANNEL")]
    channel: Option<String>,
    /// The name to send as
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    /// The address to send to; one that is secret belongs into the Secret
    #[arg(long, value_name = "URL")]
    address: Option<String>,
    /// A Secret with the address or the token
    #[arg(long, value_name = "NAME")]
    secret_ref: Option<String>,
}

impl Command for CreateAlertProvider {
    async fn run(self, context: &Context) -> Result<()> {
        let target = self.common.target(context)?;
        let kind = given(self.kind).ok_or_else(|| {
            Error::usage("Provider type is required").hint("give it by --type=slack, for instance")
        })?;
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
