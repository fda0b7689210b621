//! ID tokens of OpenID Connect that authenticate a trigger.

use http::Request;
use http::header::{AUTHORIZATION, HeaderValue};
use serde_json::Value;
use url::Url;

use crate::context::Context;
use crate::context::web::{Web, is_exposed, unanswered};
use crate::error::{Error, ErrorKind, Result};
use crate::redact::Redactor;
use crate::secret::Secret;

/// Variable with the token if no flag names one.
pub const TOKEN_VARIABLE: &str = "FLUX_TRIGGER_RECEIVER_OIDC_TOKEN";
/// Variable with the address at which a job of GitHub or Forgejo requests its token.
const REQUEST_URL: &str = "ACTIONS_ID_TOKEN_REQUEST_URL";
/// Variable with the credentials for that address.
const REQUEST_TOKEN: &str = "ACTIONS_ID_TOKEN_REQUEST_TOKEN";
/// Maximum size of the response, in bytes.
const MOST_BYTES: u64 = 1 << 20;

/// Token of [`TOKEN_VARIABLE`].
pub fn from_environment(context: &Context) -> Result<Secret> {
    context.environment.variable(TOKEN_VARIABLE).map(Secret::new).ok_or_else(|| {
        Error::usage(format!(
            "no OIDC token provided: set --oidc-provider, --oidc-token or the {TOKEN_VARIABLE} environment variable"
        ))
        .hint("in GitHub or Forgejo Actions, use --oidc-provider=github or --oidc-provider=forgejo")
    })
}

/// Requests a token for `audience` from the job's runner. GitHub and Forgejo have the same API.
pub async fn request(context: &Context, audience: &str) -> Result<Secret> {
    let what = "request an OIDC token";
    let variable = |name| context.environment.variable(name);
    let (Some(address), Some(credentials)) = (variable(REQUEST_URL), variable(REQUEST_TOKEN)) else {
        return Err(Error::usage(format!(
            "failed to {what}: {REQUEST_URL} and {REQUEST_TOKEN} must be set in the environment"
        ))
        .hint("grant the Actions job the permission 'id-token: write'"));
    };
    let credentials = Secret::new(credentials);
    let mut redactor = Redactor::default();
    redactor.hide(credentials.expose());
    let unusable = || Error::usage(format!("failed to {what}: {REQUEST_URL} is not a valid URL"));
    let mut url = Url::parse(&address).map_err(|_| unusable())?;
    if is_exposed(&url) {
        return Err(Error::usage(format!("failed to {what}: {REQUEST_URL} is plain HTTP")).hint(
            "serve the forge of the job over HTTPS: anyone on the network could read the credentials",
        ));
    }
    let others: Vec<(String, String)> =
        url.query_pairs().filter(|(name, _)| name != "audience").map(|(n, v)| (n.into(), v.into())).collect();
    url.query_pairs_mut().clear().extend_pairs(others).append_pair("audience", audience);
    let mut authorization = HeaderValue::try_from(format!("bearer {}", credentials.expose()))
        .map_err(|_| Error::usage(format!("failed to {what}: {REQUEST_TOKEN} has invalid characters")))?;
    authorization.set_sensitive(true);
    let sent =
        Request::get(url.as_str()).header(AUTHORIZATION, authorization).body(http_body_util::Full::default());
    let sent = sent.map_err(|_| unusable())?;
    let reply = Web::within_host(context)?.send(sent, MOST_BYTES).await;
    let reply = reply.map_err(|failure| unanswered(what, &failure).redacted(&redactor))?;
    if !reply.status.is_success() {
        let words = super::webhook::words(&reply.body, &redactor);
        return Err(Error::new(
            ErrorKind::Forbidden,
            format!("failed to {what}: status {}{words}", reply.status),
        )
        .hint("check that the Actions job has the permission 'id-token: write'"));
    }
    let token = serde_json::from_slice::<Value>(&reply.body).ok();
    let token = token.as_ref().and_then(|answer| answer["value"].as_str()).filter(|token| !token.is_empty());
    token.map(Secret::new).ok_or_else(|| {
        Error::failed(format!("failed to {what}: the response does not contain a token"))
            .hint(format!("check {REQUEST_URL}"))
    })
}
