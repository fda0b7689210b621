//! OpenID Connect: the auth-provider `oidc` of a kubeconfig, with an ID token and a refresh token.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::net::{Client, Connector, Failure, NetworkSettings, Proxies, Roots, Settings};
use crate::secret::Secret;

/// Remaining lifetime below which an ID token is refreshed.
const SPARE: SignedDuration = SignedDuration::from_secs(10);
/// Timeout of a connection to the provider.
const CONNECT: Duration = Duration::from_secs(30);
/// Maximum size of a response of the provider, in bytes.
const MOST_BYTES: usize = 1 << 20;

/// Identity provider with its current tokens.
pub(super) struct Provider {
    settings: BTreeMap<String, Secret>,
    network: NetworkSettings,
    clock: Clock,
}

impl Provider {
    /// Creates a provider from the settings of the kubeconfig.
    pub(super) fn new(settings: BTreeMap<String, Secret>, network: NetworkSettings, clock: Clock) -> Self {
        Self { settings, network, clock }
    }

    fn setting(&self, name: &str) -> Option<&str> {
        self.settings.get(name).map(Secret::expose).filter(|value| !value.is_empty())
    }

    fn needed(&self, name: &str) -> Result<&str> {
        self.setting(name).ok_or_else(|| {
            refused(&format!(
                "the ID token has expired, and the kubeconfig's auth-provider oidc has no {name}"
            ))
        })
    }

    /// Returns a valid ID token, after a refresh if needed.
    pub(super) async fn token(&mut self) -> Result<&str> {
        if !self.setting("id-token").is_some_and(|token| is_good(token, self.clock.now())) {
            let (id_token, refresh_token) = self.refresh().await?;
            self.settings.insert("id-token".into(), id_token);
            if let Some(refresh_token) = refresh_token {
                self.settings.insert("refresh-token".into(), refresh_token);
            }
        }
        Ok(self.setting("id-token").unwrap_or_default())
    }

    /// Requests an ID token, and a new refresh token if the provider replaces it.
    async fn refresh(&self) -> Result<(Secret, Option<Secret>)> {
        let issuer = self.needed("idp-issuer-url")?.trim_end_matches('/');
        let refresh_token = self.needed("refresh-token")?;
        let (id, secret) = (self.needed("client-id")?, self.setting("client-secret").unwrap_or_default());
        if !issuer.starts_with("https://") {
            return Err(refused(&format!("the issuer {issuer} of the kubeconfig does not use https")));
        }
        let client = self.client()?;
        let discovery =
            Request::get(format!("{issuer}/.well-known/openid-configuration")).body(Full::default());
        let (status, described) = self.ask(&client, issuer, discovery).await?;
        let endpoint = described["token_endpoint"]
            .as_str()
            .filter(|it| status.is_success() && it.starts_with("https://"));
        let endpoint = endpoint.ok_or_else(|| {
            refused(&format!("{issuer} has no token endpoint in its OpenID configuration ({status})"))
        })?;
        // Providers expect the client's credentials in the header or in the form.
        let mut last = StatusCode::OK;
        for in_header in [true, false] {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            form.append_pair("grant_type", "refresh_token").append_pair("refresh_token", refresh_token);
            let mut request =
                Request::post(endpoint).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
            if in_header {
                request = request.header(AUTHORIZATION, basic(id, secret)?);
            } else {
                form.append_pair("client_id", id);
                if !secret.is_empty() {
                    form.append_pair("client_secret", secret);
                }
            }
            let (status, answer) = self.ask(&client, issuer, request.body(Full::from(form.finish()))).await?;
            let token = |name: &str| answer[name].as_str().map(Secret::from);
            if let Some(id_token) = token("id_token").filter(|_| status.is_success()) {
                return Ok((id_token, token("refresh_token")));
            }
            last = status;
        }
        Err(refused(&format!("{issuer} did not refresh the ID token ({last})")))
    }

    fn client(&self) -> Result<Client> {
        let unusable =
            |what: &str| refused(&format!("{what} of the kubeconfig's auth-provider oidc cannot be used"));
        let pem =
            match (self.setting("idp-certificate-authority-data"), self.setting("idp-certificate-authority"))
            {
                (Some(data), _) => {
                    Some(STANDARD.decode(data).map_err(|_| unusable("idp-certificate-authority-data"))?)
                }
                (None, Some(path)) => Some(
                    std::fs::read(PathBuf::from(path)).map_err(|_| unusable("idp-certificate-authority"))?,
                ),
                (None, None) => None,
            };
        let roots = match pem {
            Some(pem) => Roots::only(&pem).map_err(|_| unusable("idp-certificate-authority"))?,
            None => Roots::system(&self.network.roots),
        };
        let proxies = Proxies::new(&self.network).map_err(|error| refused(&error.to_string()))?;
        let connector = Connector::new(Settings { roots, ..Settings::default() }, proxies, CONNECT);
        Ok(Client::new(connector.map_err(|error| refused(&error.to_string()))?))
    }

    async fn ask(
        &self,
        client: &Client,
        issuer: &str,
        request: http::Result<Request<Full<Bytes>>>,
    ) -> Result<(StatusCode, Value)> {
        let failed = |failure: Failure| {
            let hint = match &failure {
                Failure::Tls(error) => error.next_step("idp-certificate-authority in the kubeconfig"),
                _ => "check that the provider is running and reachable".into(),
            };
            Error::new(
                ErrorKind::Unreachable,
                format!("failed to refresh the ID token at {issuer}: {failure}"),
            )
            .hint(hint)
        };
        let request = request
            .map_err(|_| refused(&format!("the issuer {issuer} of the kubeconfig is not a valid URL")))?;
        let exchange = async {
            let (parts, body) = client.send(request).await.map_err(failed)?.into_parts();
            let body = Limited::new(body, MOST_BYTES).collect().await;
            let body = body.map_err(|error| failed(Failure::of(&*error)))?.to_bytes();
            Ok((parts.status, serde_json::from_slice(&body).unwrap_or_default()))
        };
        let late = |_| Err(failed(Failure::TimedOut(format!("no response within {:?}", CONNECT * 2))));
        tokio::time::timeout(CONNECT * 2, exchange).await.unwrap_or_else(late)
    }
}

/// Whether a token is valid a little longer. The API server checks its signature.
fn is_good(token: &str, now: Timestamp) -> bool {
    let expiry = || {
        let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?.trim_end_matches('=')).ok()?;
        let claims: Value = serde_json::from_slice(&payload).ok()?;
        #[expect(clippy::cast_possible_truncation, reason = "parts of seconds do not matter")]
        let seconds = claims["exp"].as_i64().or_else(|| Some(claims["exp"].as_f64()? as i64))?;
        Timestamp::from_second(seconds).ok()
    };
    expiry().is_some_and(|expiry| expiry > now + SPARE)
}

fn basic(id: &str, secret: &str) -> Result<HeaderValue> {
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let value = format!("Basic {}", STANDARD.encode(format!("{}:{}", encode(id), encode(secret))));
    let mut value = HeaderValue::try_from(value)
        .map_err(|_| refused("client-id or client-secret has invalid characters"))?;
    value.set_sensitive(true);
    Ok(value)
}

fn refused(what: &str) -> Error {
    Error::new(ErrorKind::Forbidden, what.to_owned()).hint(
        "log in again with the program that wrote the kubeconfig, or name another context with --context",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_until_shortly_before_it_expires() {
        let now = Timestamp::from_second(1_000_000).unwrap();
        let token = |claims: &str| format!("e30.{}.x", URL_SAFE_NO_PAD.encode(claims));
        for (claims, good) in [
            (r#"{"exp":1000011}"#, true),
            (r#"{"exp":1000011.5}"#, true),
            (r#"{"exp":1000010}"#, false),
            (r#"{"exp":"1000099"}"#, false),
            ("{}", false),
            ("no JSON", false),
        ] {
            assert_eq!(is_good(&token(claims), now), good, "{claims}");
        }
        assert!(!is_good("", now) && !is_good("a.b", now));
    }
}
