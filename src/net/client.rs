//! HTTP client for Git servers, forges and OpenID Connect, on [`super::connector`].

use std::error::Error as StdError;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::PROXY_AUTHORIZATION;
use http::{Request, Response, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::client::legacy::Client as Hyper;
use hyper_util::rt::TokioExecutor;
use tower_http::decompression::{Decompression, DecompressionBody};
use tower_http::follow_redirect::policy::{Action, Attempt, FilterCredentials, Policy};
use tower_http::follow_redirect::{FollowRedirect, RequestUri};
use tower_service::Service;

use super::connector::{Connector, TimedOut};
use super::tls;

/// Number of redirects that are followed for one request.
const MOST_REDIRECTS: usize = 6;

type BoxError = Box<dyn StdError + Send + Sync>;

/// HTTP client. Clones share their connections.
#[derive(Clone)]
pub struct Client {
    service: FollowRedirect<Decompression<Sender>, Redirects>,
}

/// Body of a response.
pub type Body = DecompressionBody<Incoming>;

impl Client {
    /// Creates a client that connects with `connector`.
    pub fn new(connector: Connector) -> Client {
        Client::with_redirects(connector, Redirects::default())
    }

    /// Creates a client that does not follow redirects to another host: their response is returned.
    pub fn within_host(connector: Connector) -> Client {
        Client::with_redirects(connector, Redirects { within_host: true, ..Redirects::default() })
    }

    /// Creates a client for files whose digest matters: it neither asks for compressed bodies nor decompresses them.
    pub fn verbatim(connector: Connector) -> Client {
        Client::of(connector, Redirects::default(), Decompression::no_gzip)
    }

    fn with_redirects(connector: Connector, redirects: Redirects) -> Client {
        Client::of(connector, redirects, |service| service)
    }

    fn of(
        connector: Connector,
        redirects: Redirects,
        adapt: impl FnOnce(Decompression<Sender>) -> Decompression<Sender>,
    ) -> Client {
        let hyper = Hyper::builder(TokioExecutor::new()).build(connector.clone());
        let sender = Sender { hyper, connector };
        Client { service: FollowRedirect::with_policy(adapt(Decompression::new(sender)), redirects) }
    }

    /// Sends a request, follows redirects, and returns the response once its headers are here. Credentials are not sent
    /// to another host, and a redirect from `https` to `http` is an error.
    pub async fn send(&self, request: Request<Full<Bytes>>) -> Result<Response<Body>, Failure> {
        self.service.clone().call(request).await.map_err(|error| Failure::of(&*error))
    }
}

/// Returns the URI that a response came from, after redirects.
pub fn origin(response: &Response<Body>) -> Option<&Uri> {
    response.extensions().get::<RequestUri>().map(|RequestUri(uri)| uri)
}

/// Reasons why there is no response.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// No TLS connection.
    #[error(transparent)]
    Tls(#[from] tls::Error),
    /// A timeout.
    #[error("{0}")]
    TimedOut(String),
    /// No connection.
    #[error("{0}")]
    Unreachable(String),
    /// The connection was lost.
    #[error("{0}")]
    Interrupted(String),
}

impl Failure {
    /// Finds the failure behind an error of hyper, tower or kube.
    pub fn of(error: &(dyn StdError + 'static)) -> Failure {
        if let Some(tls) = tls::Error::find(error) {
            return Failure::Tls(tls);
        }
        let mut connecting = false;
        let mut parts: Vec<String> = Vec::new();
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(late) = error.downcast_ref::<TimedOut>() {
                return Failure::TimedOut(late.to_string());
            }
            connecting |= error
                .downcast_ref::<hyper_util::client::legacy::Error>()
                .is_some_and(hyper_util::client::legacy::Error::is_connect);
            let text = error.to_string();
            if parts.last() != Some(&text) {
                parts.push(text);
            }
            next = error.source();
        }
        // The innermost causes say what happened; the outer ones only that something did.
        let detail = parts.split_off(parts.len().saturating_sub(2)).join(": ");
        if connecting { Failure::Unreachable(detail) } else { Failure::Interrupted(detail) }
    }
}

/// Service that sends one request, without redirects.
#[derive(Clone)]
struct Sender {
    hyper: Hyper<Connector, Full<Bytes>>,
    connector: Connector,
}

impl Service<Request<Full<Bytes>>> for Sender {
    type Response = Response<Incoming>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Incoming>, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Full<Bytes>>) -> Self::Future {
        if let Some(authorization) = self.connector.proxy_authorization(request.uri()) {
            request.headers_mut().insert(PROXY_AUTHORIZATION, authorization);
        }
        let answer = self.hyper.request(request);
        Box::pin(async move { answer.await.map_err(Into::into) })
    }
}

/// Policy for redirects.
#[derive(Clone, Default)]
struct Redirects {
    /// Whether those to another host are not followed.
    within_host: bool,
    followed: usize,
    credentials: FilterCredentials,
}

impl Policy<Full<Bytes>, BoxError> for Redirects {
    fn redirect(&mut self, attempt: &Attempt<'_>) -> Result<Action, BoxError> {
        let is_https = |uri: &Uri| uri.scheme_str() == Some("https");
        if self.within_host && attempt.previous().host() != attempt.location().host() {
            return Ok(Action::Stop);
        }
        self.followed += 1;
        if is_https(attempt.previous()) && !is_https(attempt.location()) {
            return Err(Box::new(io::Error::other("the server redirects from https to http")));
        }
        if self.followed > MOST_REDIRECTS {
            return Err(Box::new(io::Error::other("the server redirects too many times")));
        }
        Policy::<Full<Bytes>, BoxError>::redirect(&mut self.credentials, attempt)
    }

    fn on_request(&mut self, request: &mut Request<Full<Bytes>>) {
        Policy::<Full<Bytes>, BoxError>::on_request(&mut self.credentials, request);
    }

    fn clone_body(&self, body: &Full<Bytes>) -> Option<Full<Bytes>> {
        Some(body.clone())
    }
}
