//! `flux trigger receiver`.

use std::time::Duration;

use clap::Args;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;

use super::oidc;
use super::webhook::Webhook;
use crate::api::webhook_path;
use crate::args::values;
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::context::web::Web;
use crate::error::{Error, ErrorKind, Result};
use crate::names;
use crate::redact::Redactor;
use crate::secret::Secret;

/// Types of Receivers that can be triggered.
const TYPES: &str = "generic, generic-hmac, generic-oidc";
/// Providers of OIDC tokens.
const PROVIDERS: &str = "github, forgejo";
/// Audience of OIDC tokens unless `--oidc-audience` names another.
const AUDIENCE: &str = "notification-controller";

/// The arguments of `flux trigger receiver`.
#[derive(Args)]
pub struct TriggerReceiver {
    /// Name of the Receiver
    name: Option<String>,
    /// Token in the Receiver's Secret; not allowed with generic-oidc
    #[arg(id = "receiver_token", long = "token", value_name = "TOKEN")]
    token: Option<Secret>,
    /// URL at which notification-controller receives webhooks, without the path of the Receiver
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Type of the Receiver: generic, generic-hmac or generic-oidc
    #[arg(long = "type", value_name = "TYPE", default_value = "generic")]
    kind: String,
    /// Provider to request the OIDC token from: github or forgejo (generic-oidc only)
    #[arg(long, value_name = "NAME")]
    oidc_provider: Option<String>,
    /// OIDC token (generic-oidc only); also read from FLUX_TRIGGER_RECEIVER_OIDC_TOKEN
    #[arg(long, value_name = "TOKEN")]
    oidc_token: Option<Secret>,
    /// Audience of the OIDC token to request, with --oidc-provider [default: notification-controller]
    #[arg(long, value_name = "NAME")]
    oidc_audience: Option<String>,
    /// JSON to send in the request
    #[arg(long, value_name = "JSON", default_value = "{}")]
    payload: String,
    /// Number of retries after a failed connection or a temporary status (404, 408, 429, 5xx)
    #[arg(long, value_name = "N", default_value = "10", allow_negative_numbers = true)]
    retries: i64,
    /// Time between retries
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = values::duration)]
    retry_delay: Duration,
}

impl Described for TriggerReceiver {
    const ABOUT: About = About::new("receiver", "Trigger the webhook of a Receiver")
        .details(
            "Computes the path of the webhook from the name, the namespace and the token of the Receiver, and \
             sends the payload there. For generic-hmac, the request is also signed with the token; for \
             generic-oidc, it carries an OIDC token, and the Receiver has no token. No access to the cluster \
             is needed.",
        )
        .usage("<NAME> --url <URL> (--token <TOKEN> | --type <TYPE>)")
        .examples(&[
            (
                "Trigger a generic Receiver",
                "flux trigger receiver apps --token=my-token --url=https://flux-webhook.example.com",
            ),
            (
                "Sign a payload for a generic-hmac Receiver",
                "flux trigger receiver apps --type=generic-hmac --token=my-token \
                 --url=https://flux-webhook.example.com --payload='{\"image\":\"ghcr.io/org/app:v1.0.0\"}'",
            ),
            (
                "Trigger a generic-oidc Receiver from GitHub Actions",
                "flux trigger receiver apps --type=generic-oidc --oidc-provider=github \
                 --url=https://flux-webhook.example.com",
            ),
        ]);
}

/// How a request is authenticated.
enum Authentication {
    /// By its path alone.
    Path,
    /// By a signature with the Receiver's token.
    Hmac,
    /// By the OIDC token of a flag; without one, that of the environment.
    Token(Option<Secret>),
    /// By an OIDC token for this audience, from the runner of the job.
    Requested(String),
}

impl TriggerReceiver {
    /// Checks the combination of type, token and OIDC flags.
    fn authentication(&self) -> Result<Authentication> {
        let given = |flag: &Option<String>| flag.clone().filter(|value| !value.is_empty());
        let (provider, audience) = (given(&self.oidc_provider), given(&self.oidc_audience));
        let oidc_token = self.oidc_token.clone().filter(|token| !token.is_empty());
        let kind = self.kind.as_str();
        match kind {
            "generic" | "generic-hmac" => {
                if self.token().is_none() {
                    return Err(Error::usage(format!("--token is required for --type={kind}"))
                        .hint("use the token in the Receiver's Secret (spec.secretRef)"));
                }
                if provider.is_some() || oidc_token.is_some() || audience.is_some() {
                    return Err(Error::usage(
                        "--oidc-provider, --oidc-token and --oidc-audience can only be set for --type=generic-oidc",
                    ));
                }
                return Ok(if kind == "generic" { Authentication::Path } else { Authentication::Hmac });
            }
            "generic-oidc" => {}
            _ => return Err(Error::usage(format!("invalid --type {kind:?}, must be one of: {TYPES}"))),
        }
        if self.token().is_some() {
            return Err(Error::usage(
                "--token must not be set for --type=generic-oidc, the Receiver of this type has no secret",
            )
            .hint("use --oidc-token with an OIDC token"));
        }
        match provider.as_deref() {
            Some(_) if oidc_token.is_some() => {
                Err(Error::usage("--oidc-provider and --oidc-token are mutually exclusive"))
            }
            Some("github" | "forgejo") => {
                Ok(Authentication::Requested(audience.unwrap_or_else(|| AUDIENCE.to_owned())))
            }
            Some(other) => {
                Err(Error::usage(format!("invalid --oidc-provider {other:?}, must be one of: {PROVIDERS}")))
            }
            None if audience.is_some() => {
                Err(Error::usage("--oidc-audience can only be set together with --oidc-provider"))
            }
            None => Ok(Authentication::Token(oidc_token)),
        }
    }

    /// Token of the Receiver.
    fn token(&self) -> Option<&Secret> {
        self.token.as_ref().filter(|token| !token.is_empty())
    }

    /// Sends the request until it succeeds, fails for good, or there are no retries left.
    async fn send(&self, context: &Context, name: &str, authentication: Authentication) -> Result<()> {
        let id = format!("{}/{name}", context.namespace());
        let token = self.token().map(Secret::expose).unwrap_or_default();
        let mut redactor = Redactor::default();
        redactor.hide(token);
        let header = match authentication {
            Authentication::Path => None,
            Authentication::Hmac => {
                Some((HeaderName::from_static("x-signature"), signature(token, &self.payload)?))
            }
            Authentication::Token(given) => {
                let token = given.map_or_else(|| oidc::from_environment(context), Ok)?;
                Some(bearer(&token, &mut redactor)?)
            }
            Authentication::Requested(audience) => {
                Some(bearer(&oidc::request(context, &audience).await?, &mut redactor)?)
            }
        };
        let base = self.url.as_deref().unwrap_or_default();
        let webhook = Webhook::new(base, &webhook_path(token, name, context.namespace()), redactor)?;
        let has_credentials =
            webhook.has_login() || header.as_ref().is_some_and(|(name, _)| name == AUTHORIZATION);
        if webhook.is_exposed() && has_credentials {
            return Err(Error::usage(format!(
                "{} is plain HTTP: credentials are not sent where anyone on the network can read them",
                webhook.shown()
            ))
            .hint("use an https:// URL, or forward a port: kubectl port-forward -n flux-system svc/webhook-receiver 8080:80"));
        }
        if webhook.is_exposed() {
            context.ui.warning(format!(
                "{} is plain HTTP: anyone on the network can read the request and send it again",
                webhook.shown()
            ));
        }
        let web = Web::within_host(context)?;
        context.ui.action(format!("triggering Receiver {id}"));
        let mut made = 0;
        loop {
            let Err(refused) = webhook.call(&web, &self.payload, header.as_ref()).await else {
                context.ui.success(format!("Receiver {id} triggered"));
                return Ok(());
            };
            if !refused.passes || made >= self.retries {
                return Err(refused.error);
            }
            made += 1;
            let delay = self.retry_delay;
            context.ui.waiting(format!("{}; retrying in {delay:?} ({made}/{})", refused.error, self.retries));
            tokio::time::sleep(delay).await;
        }
    }
}

impl Command for TriggerReceiver {
    async fn run(self, context: &Context) -> Result<()> {
        let name = self.name.as_deref().filter(|name| !name.is_empty()).ok_or_else(|| {
            Error::usage("name of the Receiver is required").hint("for example: flux trigger receiver apps")
        })?;
        if !names::is_subdomain(name) {
            return Err(Error::usage(format!("invalid Receiver name {name:?}"))
                .hint("use lowercase letters, digits, dashes and dots"));
        }
        if self.url.as_deref().is_none_or(str::is_empty) {
            return Err(Error::required("--url", "--url=https://flux-webhook.example.com"));
        }
        let authentication = self.authentication()?;
        let timeout = context.settings.timeout;
        let sent = tokio::time::timeout(timeout, self.send(context, name, authentication)).await;
        sent.unwrap_or_else(|_| {
            let message = format!(
                "failed to trigger Receiver {}/{name}: no attempt succeeded within {timeout:?}",
                context.namespace()
            );
            Err(Error::new(ErrorKind::Timeout, message).hint("allow more time with --timeout"))
        })
    }
}

/// Signature of a payload, as notification-controller expects it.
fn signature(token: &str, payload: &str) -> Result<HeaderValue> {
    let signed = || {
        let key = PKey::hmac(token.as_bytes())?;
        let mut signer = Signer::new(MessageDigest::sha256(), &key)?;
        signer.sign_oneshot_to_vec(payload.as_bytes())
    };
    let signed = signed().map_err(|error| Error::failed(format!("failed to sign the payload: {error}")))?;
    HeaderValue::try_from(format!("sha256={}", hex::encode(signed)))
        .map_err(|error| Error::failed(format!("failed to sign the payload: {error}")))
}

/// Header with an OIDC token.
fn bearer(token: &Secret, redactor: &mut Redactor) -> Result<(HeaderName, HeaderValue)> {
    redactor.hide(token.expose());
    let value = HeaderValue::try_from(format!("Bearer {}", token.expose()));
    let mut value =
        value.map_err(|_| Error::usage("the OIDC token contains characters that HTTP does not allow"))?;
    value.set_sensitive(true);
    Ok((AUTHORIZATION, value))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Scene;

    #[test]
    fn missing_and_contradicting_input_is_named() {
        let scene = Scene::offline();
        assert_snapshot!(scene.run("flux trigger receiver"), @"
        [stderr]
        ✗ name of the Receiver is required
          hint: for example: flux trigger receiver apps
        [exit code 1]
        ");
        assert_snapshot!(scene.run("flux trigger receiver apps"), @"
        [stderr]
        ✗ --url is required
          hint: for example: --url=https://flux-webhook.example.com
        [exit code 1]
        ");
        assert_snapshot!(scene.run("flux trigger receiver apps --url=ftp://flux.example.com --token=secret"), @"
        [stderr]
        ✗ invalid --url: it must begin with https:// or http://
          hint: for example: --url=https://flux-webhook.example.com
        [exit code 1]
        ");
        assert_snapshot!(scene.run("flux trigger receiver apps --url=https://flux.example.com"), @"
        [stderr]
        ✗ --token is required for --type=generic
          hint: use the token in the Receiver's Secret (spec.secretRef)
        [exit code 1]
        ");
        assert_snapshot!(
            scene.run("flux trigger receiver apps --url=http://flux.example.com --type=generic-oidc --oidc-token=secret"),
            @"
        [stderr]
        ✗ http://flux.example.com is plain HTTP: credentials are not sent where anyone on the network can read them
          hint: use an https:// URL, or forward a port: kubectl port-forward -n flux-system svc/webhook-receiver 8080:80
        [exit code 1]
        "
        );
        assert_snapshot!(scene.run("flux trigger receiver apps --url=https://flux.example.com --type=slack"), @r#"
        [stderr]
        ✗ invalid --type "slack", must be one of: generic, generic-hmac, generic-oidc
        [exit code 1]
        "#);
    }
}
