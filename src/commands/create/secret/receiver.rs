//! `flux create secret receiver`.

use clap::Args;
use openssl::rand::rand_bytes;

use super::super::{Common, given, references};
use super::{finish, given_secret, manifest};
use crate::api::{ReceiverType, webhook_path};
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::secret::Secret;

/// Where the Secret says under which address the caller finds the webhook.
const ADDRESS: &str = "notification.toolkit.fluxcd.io/webhook";

/// The arguments of `flux create secret receiver`.
#[derive(Args)]
pub struct SecretReceiver {
    #[command(flatten)]
    common: Common,
    /// Type of the webhook: generic, generic-hmac, github, gitlab, bitbucket, harbor, dockerhub, quay, gcr,
    /// nexus, acr or cdevents
    #[arg(long = "type", value_name = "TYPE", value_parser = references::receiver_type)]
    kind: Option<ReceiverType>,
    /// Hostname at which the webhook is reachable
    #[arg(long, value_name = "HOST")]
    hostname: Option<String>,
    /// Token of the webhook [default: a generated token]
    #[arg(id = "receiver_token", long = "token", value_name = "TOKEN")]
    token: Option<Secret>,
    /// Email address of the service account that signs requests from gcr
    #[arg(long, value_name = "ADDRESS")]
    email_claim: Option<String>,
    /// Audience of requests from gcr [default: the URL of the webhook]
    #[arg(long, value_name = "URL")]
    audience_claim: Option<String>,
}

impl Described for SecretReceiver {
    const ABOUT: About = About::new("receiver", "Create or update a Secret with the token of a Receiver")
        .details("The URL of the webhook is stored in an annotation of the Secret.")
        .usage("<NAME> --type <TYPE> --hostname <HOST>")
        .examples(&[
            (
                "Generate a token for a GitHub webhook",
                "flux create secret receiver webhook-token --type=github \
                 --hostname=flux.example.com",
            ),
            (
                "Use an existing token",
                "flux create secret receiver webhook-token --type=generic \
                 --hostname=flux.example.com --token=token",
            ),
        ]);
}

impl Command for SecretReceiver {
    async fn run(self, context: &Context) -> Result<()> {
        let target = self.common.target(context)?;
        let kind = self.kind.ok_or_else(|| Error::required("--type", "--type=github"))?;
        let host = given(self.hostname).ok_or_else(|| {
            Error::required("--hostname", "--hostname=flux.example.com, where the sender reaches the webhook")
        })?;
        if host.contains('/') || host.chars().any(char::is_whitespace) {
            return Err(Error::usage(format!("invalid --hostname '{host}': it is not a valid hostname"))
                .hint("use a hostname without a scheme or path: --hostname=flux.example.com"));
        }
        let (email, audience) = (given(self.email_claim), given(self.audience_claim));
        let gcr = kind == ReceiverType::Gcr;
        if gcr && email.is_none() {
            return Err(Error::usage("--email-claim is required for gcr receiver type")
                .hint("use the email address of the service account that sends the requests"));
        }
        if !gcr && (email.is_some() || audience.is_some()) {
            context.ui.warning("--email-claim and --audience-claim apply to --type=gcr only");
        }
        let token = match given_secret(self.token) {
            Some(token) => token,
            None => new_token()?,
        };
        let webhook =
            format!("https://{host}{}", webhook_path(token.expose(), &target.name, &target.namespace));
        let mut secret = manifest(&target, None, &["audience", "email", "token"]).with_secret("token", token);
        if let Some(email) = email.filter(|_| gcr) {
            secret =
                secret.with("email", email).with("audience", audience.unwrap_or_else(|| webhook.clone()));
        }
        finish(&secret.annotated(ADDRESS, webhook), context, &target, "receiver").await
    }
}

/// 32 random bytes as hexadecimal digits.
fn new_token() -> Result<Secret> {
    let mut bytes = [0_u8; 32];
    rand_bytes(&mut bytes)
        .map_err(|error| Error::failed(format!("failed to generate random token: {error}")))?;
    Ok(Secret::new(hex::encode(bytes)))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Scene;

    #[test]
    fn a_secret_for_a_receiver_is_exported() {
        assert_snapshot!(Scene::offline().run("flux create secret receiver hook --token=secret-token --type=generic --hostname=flux.example.com --export"), @"
        ---
        apiVersion: v1
        kind: Secret
        metadata:
          annotations:
            notification.toolkit.fluxcd.io/webhook: https://flux.example.com/hook/ee39c9c0d72eae74dc20f8aef17b2454822f29cf48a45682c0bc294772e8bdc9
          name: hook
          namespace: flux-system
        stringData:
          token: secret-token
        ");
    }
}
