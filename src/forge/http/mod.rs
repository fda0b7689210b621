//! HTTP client of all forges: requests, responses, retries, rate limits.
//!
//! [`Api`] is what differs between forges: address, credentials and the explanation of refusals.

use std::time::Instant;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full};

use super::{Error, ErrorKind, Result, Token};
use crate::event::Events;
use crate::net::{self, Connector, Failure, NetworkSettings, Proxies, Roots, Settings};

mod call;
mod refusal;
mod retry;

pub(super) use call::{Answer, Call};
pub(super) use refusal::{Refusal, in_words};
pub(super) use retry::Attempts;
pub use retry::Limits;

/// Forges refuse requests that do not name the program.
const AGENT: &str = concat!("edgeflux/", env!("CARGO_PKG_VERSION"));

/// Hint for a failure that may pass.
const AGAIN: &str = "nothing is left half done: run the same command again";

/// What is particular about the HTTP API of a forge.
pub(super) trait Api: Send + Sync {
    /// Right that a request needs; it selects the explanation of a refusal.
    type Right: Send + Sync;

    /// Name of the forge: `GitHub`.
    const NAME: &'static str;

    /// Host with its port, for messages.
    fn host(&self) -> &str;

    /// Base URL of the API, without a slash at its end.
    fn base(&self) -> String;

    /// Media type of responses that a request asks for unless it names another.
    fn media_type(&self) -> &'static str {
        "application/json"
    }

    /// Header with the credentials.
    fn credentials(&self, token: &Token) -> (HeaderName, String);

    /// Explains a response that is not a success.
    fn explain(&self, right: &Self::Right, refusal: &Refusal<'_>) -> Error;
}

/// HTTP client of a forge.
pub(super) struct Client<A> {
    pub(super) api: A,
    http: net::Client,
    token: Token,
    limits: Limits,
    events: Events,
}

impl<A: Api> Client<A> {
    /// Prepares the client; nothing is sent. `ca_bundle` contains certificates (PEM) that are trusted in addition to the
    /// system's.
    ///
    /// Must be called within a tokio runtime.
    pub(super) fn new(
        api: A,
        token: Token,
        ca_bundle: Option<&[u8]>,
        network: &NetworkSettings,
        limits: Limits,
        events: Events,
    ) -> Result<Client<A>> {
        let what = format!("prepare the connection to {}", api.host());
        let unusable = |cause: String| Error::new(ErrorKind::Invalid, what.clone(), cause);
        let roots = match ca_bundle {
            Some(pem) => Roots::beside_system(pem, &network.roots).map_err(|_| {
                unusable("the CA file contains no certificate".to_owned())
                    .hint("use a file with PEM certificates (-----BEGIN CERTIFICATE-----) for --ca-file")
            })?,
            None => Roots::system(&network.roots),
        };
        let proxies = Proxies::new(network).map_err(|error| unusable(error.to_string()))?;
        let settings = Settings { roots, http2: true, ..Settings::default() };
        let connector =
            Connector::new(settings, proxies, limits.connect).map_err(|error| unusable(error.to_string()))?;
        Ok(Client { api, http: net::Client::new(connector), token, limits, events })
    }

    /// Sends a request until it succeeds, fails for good, or the time is over. For questions, and for changes that may
    /// be repeated.
    pub(super) async fn repeat(&self, call: &Call<'_, A::Right>) -> Result<Answer> {
        let mut attempts = self.attempts();
        loop {
            match self.once(call).await {
                Ok(answer) => return Ok(answer),
                Err(error) => attempts.pause(error).await?,
            }
        }
    }

    /// Like [`Client::repeat`], with `None` for what is not found.
    pub(super) async fn find(&self, call: &Call<'_, A::Right>) -> Result<Option<Answer>> {
        match self.repeat(call).await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Starts the attempts of a change that must not be made twice: the caller sends with [`Client::once`] and looks
    /// after each failure whether the attempt was successful nevertheless.
    pub(super) fn attempts(&self) -> Attempts<'_> {
        Attempts::new(self.limits, &self.events)
    }

    /// Sends a request once.
    pub(super) async fn once(&self, call: &Call<'_, A::Right>) -> Result<Answer> {
        let sent = tokio::time::timeout(self.limits.answer, self.exchange(call)).await;
        let (status, headers, body) = sent.unwrap_or_else(|_| {
            let seconds = self.limits.answer.as_secs_f32();
            let cause = format!("no response from {} within {seconds} s", self.api.host());
            Err(Error::new(ErrorKind::TimedOut, call.what.to_owned(), cause).hint(AGAIN))
        })?;
        if status.is_success() {
            return Ok(Answer {
                what: call.what.to_owned(),
                forge: A::NAME,
                host: self.api.host().to_owned(),
                headers,
                body,
            });
        }
        let redactor = self.token.redactor();
        let refusal =
            Refusal { what: call.what, status, headers: &headers, body: &body, redactor: &redactor };
        Err(self.api.explain(&call.right, &refusal))
    }

    async fn exchange(&self, call: &Call<'_, A::Right>) -> Result<(StatusCode, HeaderMap, String)> {
        let unusable = |cause: String| Error::new(ErrorKind::Invalid, call.what.to_owned(), cause);
        let (name, credentials) = self.api.credentials(&self.token);
        let mut credentials = HeaderValue::try_from(credentials)
            .map_err(|_| unusable("the token contains characters that HTTP does not allow".into()))?;
        credentials.set_sensitive(true);
        let mut request = Request::builder()
            .method(call.method.clone())
            .uri(format!("{}{}", self.api.base(), call.route))
            .header(ACCEPT, call.accept.unwrap_or_else(|| self.api.media_type()))
            .header(USER_AGENT, AGENT)
            .header(name, credentials);
        let body = match &call.body {
            Some(body) => {
                request = request.header(CONTENT_TYPE, "application/json");
                Bytes::from(body.to_string())
            }
            None => Bytes::new(),
        };
        let request = request.body(Full::new(body)).map_err(|error| unusable(error.to_string()))?;
        let start = Instant::now();
        let sent = self.http.send(request).await;
        let url = format!("{}{}", self.api.base(), call.route);
        self.events.request(&call.method, url, sent.as_ref().ok().map(http::Response::status), start);
        let (parts, body) = sent.map_err(|failure| self.failed(call, failure))?.into_parts();
        let body = body.collect().await.map_err(|error| self.failed(call, Failure::of(&*error)))?;
        let body = String::from_utf8_lossy(&body.to_bytes()).into_owned();
        Ok((parts.status, parts.headers, body))
    }

    /// Explains a request without a complete response.
    fn failed(&self, call: &Call<'_, A::Right>, failure: Failure) -> Error {
        let host = self.api.host();
        let fail = |kind, cause: String| {
            let cause = self.token.redactor().redact(&cause).into_owned();
            Error::new(kind, call.what.to_owned(), cause)
        };
        match failure {
            Failure::Tls(error) => {
                fail(ErrorKind::Certificate, format!("no TLS connection to {host}: {error}"))
                    .hint(error.next_step("--ca-file"))
            }
            Failure::Unreachable(cause) => {
                fail(ErrorKind::Unreachable, format!("no connection to {host}: {cause}"))
                    .hint("check --hostname, the network, and the proxy in HTTPS_PROXY if one is needed")
            }
            Failure::TimedOut(cause) => fail(ErrorKind::TimedOut, format!("{host}: {cause}")).hint(AGAIN),
            Failure::Interrupted(cause) => {
                fail(ErrorKind::Interrupted, format!("the connection to {host} was closed: {cause}"))
                    .hint(AGAIN)
            }
        }
    }
}
