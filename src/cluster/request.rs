//! One HTTP exchange with the API server, and what its failures mean.

use std::sync::atomic::Ordering;
use std::time::Duration;

use http::StatusCode;
use http_body_util::BodyExt;
use kube::client::Body;
use kube::core::Status;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep, timeout};

use super::client::AUTHORITY;
use super::credentials::Signed;
use super::{Cluster, ProxyUrl, answer, headers};
use crate::error::{Error, Kind, Result};
use crate::net::{self, TlsError, Untrusted};

/// The pause before a server that is not ready is asked again, where it names none; doubled each time
/// up to `LONGEST_PAUSE`.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// After how long it is told that the server is not ready: a moment's trouble is nobody's concern.
const QUIET: Duration = Duration::from_secs(2);

/// The content types of requests with a body.
#[derive(Debug, Clone, Copy)]
pub(super) enum Content {
    /// A whole object.
    Json,
    /// RFC 7386.
    MergePatch,
    /// Server-side apply; JSON is YAML.
    Apply,
}

impl Content {
    fn header(self) -> &'static str {
        match self {
            Content::Json => "application/json",
            Content::MergePatch => "application/merge-patch+json",
            Content::Apply => "application/apply-patch+yaml",
        }
    }
}

/// Why a request failed, before it is told to the user.
#[derive(Debug)]
pub(super) enum Failure {
    /// The API server answered with this status.
    Status(Box<Status>),
    /// There was no answer.
    Other(Error),
}

impl Failure {
    /// Whether the object that was asked for is not there.
    pub(super) fn is_object_missing(&self) -> bool {
        matches!(self, Failure::Status(s) if s.code == 404 && s.details.as_ref().is_some_and(|d| !d.name.is_empty()))
    }

    /// Whether the API server does not know the resource itself.
    pub(super) fn is_resource_missing(&self) -> bool {
        matches!(self, Failure::Status(s) if s.code == 404) && !self.is_object_missing()
    }

    /// Whether the API server answered with this HTTP status.
    pub(super) fn is_status(&self, code: u16) -> bool {
        matches!(self, Failure::Status(s) if s.code == code)
    }

    /// The error as the user sees it.
    pub(super) fn into_error(self) -> Error {
        match self {
            Failure::Other(error) => error,
            Failure::Status(status) => answer::explain(&status),
        }
    }
}

impl Cluster {
    /// Sends a request and returns the answer's body.
    pub(super) async fn send(
        &self,
        method: http::Method,
        path: &str,
        body: Option<(Content, Vec<u8>)>,
    ) -> Result<Vec<u8>, Failure> {
        self.send_within(self.deadline, method, path, body).await
    }

    pub(super) async fn send_within(
        &self,
        deadline: Duration,
        method: http::Method,
        path: &str,
        body: Option<(Content, Vec<u8>)>,
    ) -> Result<Vec<u8>, Failure> {
        let started = Instant::now();
        let mut pause = FIRST_PAUSE;
        let mut last: Option<Status> = None;
        loop {
            let left = deadline.saturating_sub(started.elapsed());
            let Ok(answer) = timeout(left, self.exchange(&method, path, body.as_ref())).await else {
                return Err(match &last {
                    Some(status) => self.never_ready(status, started.elapsed()),
                    None => self.silent(deadline),
                });
            };
            let (parts, bytes) = answer?;
            if parts.status.is_success() {
                self.told.store(false, Ordering::Relaxed);
                return Ok(bytes);
            }
            let asked_for = pause_asked_for(&parts);
            if asked_for.is_none() && !is_passing(parts.status, &method) {
                return Err(self.refused(&parts, &bytes).await);
            }
            let status = last.insert(answer::made_status(parts.status, &bytes));
            let left = deadline.saturating_sub(started.elapsed());
            if left.is_zero() || asked_for.is_some_and(|asked_for| asked_for > left) {
                return Err(self.never_ready(status, started.elapsed()));
            }
            let rest = asked_for.unwrap_or(pause).min(left);
            if started.elapsed() + rest >= QUIET {
                self.tell_not_ready(status);
            }
            sleep(rest).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Says once, until the server answers again, that it is not ready and is asked again.
    fn tell_not_ready(&self, status: &Status) {
        if let Some(troubles) = &self.troubles
            && !self.told.swap(true, Ordering::Relaxed)
        {
            let sentence = format!("{}: it is asked again until --timeout", self.not_ready(status));
            // Where nobody listens any more, nobody needs to know.
            let _ = troubles.send(sentence);
        }
    }

    fn not_ready(&self, status: &Status) -> String {
        let code = StatusCode::from_u16(status.code).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        let state = if code == StatusCode::TOO_MANY_REQUESTS { "busy" } else { "not ready" };
        let message = status.message.lines().next().unwrap_or_default().trim();
        // Pages for browsers, and what only repeats the code, tell nothing more.
        let message = if message.is_empty() || message.contains('<') || code.to_string().contains(message) {
            String::new()
        } else {
            format!(": {message}")
        };
        format!("the Kubernetes API server {} is {state} ({code}{message})", self.server)
    }

    /// The failure of a server that was not ready for the whole time.
    fn never_ready(&self, status: &Status, waited: Duration) -> Failure {
        let waited = Duration::from_secs(waited.as_secs());
        Failure::Other(
            Error::new(Kind::Unreachable, format!("{}, for {waited:?} already", self.not_ready(status)))
                .hint("wait until the cluster has started (K3s: `journalctl -u k3s` tells how far it is), or allow more time by --timeout"),
        )
    }

    /// One request and its whole answer, whatever that is.
    pub(super) async fn exchange(
        &self,
        method: &http::Method,
        path: &str,
        sent: Option<&(Content, Vec<u8>)>,
    ) -> Result<(http::response::Parts, Vec<u8>), Failure> {
        let (parts, mut body) = self.ask(method, path, sent).await?.into_parts();
        // Piece by piece: a page of a long list is in memory once.
        let mut bytes = Vec::new();
        while let Some(frame) = body.frame().await {
            if let Ok(data) = frame.map_err(|error| self.explain(error))?.into_data() {
                bytes.extend_from_slice(&data);
            }
        }
        if !parts.status.is_success() {
            // What refuses may repeat the request, and with it credentials.
            bytes = self.redacted(&bytes, sent.map(|(_, sent)| sent.as_slice()));
        }
        Ok((parts, bytes))
    }

    /// Sends a request with the credentials of the kubeconfig and, where they are not accepted, once more with new
    /// ones. Redirects are not followed: they would take the credentials elsewhere.
    async fn ask(
        &self,
        method: &http::Method,
        path: &str,
        body: Option<&(Content, Vec<u8>)>,
    ) -> Result<http::Response<Body>, Failure> {
        let mut signed = self.session.signed().await.map_err(Failure::Other)?;
        let mut renewed = false;
        loop {
            let request = self.request(method, path, body, &signed)?;
            self.secrets.learn(signed.header.as_ref());
            let response = signed.client.send(request).await.map_err(|error| self.explain(error))?;
            if response.status() != StatusCode::UNAUTHORIZED || renewed {
                return Ok(response);
            }
            match self.session.renewed(&signed).await.map_err(Failure::Other)? {
                Some(other) => signed = other,
                None => return Ok(response),
            }
            renewed = true;
        }
    }

    fn request(
        &self,
        method: &http::Method,
        path: &str,
        body: Option<&(Content, Vec<u8>)>,
        signed: &Signed,
    ) -> Result<http::Request<Body>, Failure> {
        // With the server's own path before it, the whole has to be a URI.
        let joined = format!("{}{path}", self.server);
        let invalid = |error: &dyn std::fmt::Display| {
            let shown: String = path.chars().take(200).collect();
            Failure::Other(
                Error::usage(format!("a request to {} cannot be sent: {shown:?}: {error}", self.server))
                    .hint("check the names, selectors and fields that were given"),
            )
        };
        joined.parse::<http::Uri>().map_err(|error| invalid(&error))?;
        let mut request = http::Request::builder()
            .method(method)
            .uri(path)
            .body(Body::from(body.map(|(_, bytes)| bytes.clone()).unwrap_or_default()))
            .map_err(|error| invalid(&error))?;
        let all = request.headers_mut();
        if let Some((content, _)) = body {
            all.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static(content.header()));
        }
        headers::sign(all, &self.session.access().headers, signed.header.as_ref());
        Ok(request)
    }

    /// Asks for an answer that goes on, such as a watch, and returns its body. Only its beginning is
    /// waited for here.
    pub(super) async fn open(&self, path: &str) -> Result<Body, Failure> {
        let exchange = async {
            let (parts, body) = self.ask(&http::Method::GET, path, None).await?.into_parts();
            if parts.status.is_success() {
                return Ok(body);
            }
            let bytes = body.collect().await.map_err(|error| self.explain(error))?.to_bytes();
            Err(self.refused(&parts, &self.redacted(&bytes, None)).await)
        };
        timeout(self.deadline, exchange).await.unwrap_or_else(|_| Err(self.silent(self.deadline)))
    }

    /// The failure of a server that does not answer.
    fn silent(&self, deadline: Duration) -> Failure {
        let server = &self.server;
        Failure::Other(if deadline.is_zero() {
            Error::timeout(format!("{server} was given no time to answer"))
                .hint("--timeout is 0: allow some time")
        } else {
            Error::timeout(format!("{server} did not answer within {deadline:?}"))
                .hint("check that the cluster is up, or allow more time by --timeout")
        })
    }

    /// Sends a request and reads the JSON that it is answered with.
    pub(super) async fn send_json<T: DeserializeOwned>(
        &self,
        method: http::Method,
        path: &str,
        body: Option<(Content, Vec<u8>)>,
    ) -> Result<T, Failure> {
        let bytes = self.send(method, path, body).await?;
        serde_json::from_slice(&bytes).map_err(|error| Failure::Other(self.unexpected(path, &bytes, &error)))
    }

    /// What a client error means: no raw chain of library errors reaches the user.
    pub(super) fn explain(&self, error: kube::Error) -> Failure {
        match error {
            kube::Error::Api(mut status) => {
                status.message = self.secrets.redactor().redact(&status.message).into_owned();
                Failure::Status(status)
            }
            error => Failure::Other(self.no_answer(&error).redacted(&self.secrets.redactor())),
        }
    }

    /// Why there was no answer.
    fn no_answer(&self, error: &kube::Error) -> Error {
        let server = &self.server;
        let root = match net::Failure::of(error) {
            net::Failure::Tls(error) => return refused_by_tls(server, &error),
            other => other.to_string(),
        };
        if let Some(proxy) = self.session.access().proxy.as_ref().map(ProxyUrl::shown) {
            Error::new(
                Kind::Unreachable,
                format!("cannot reach the Kubernetes API server {server} through the proxy {proxy}: {root}"),
            )
            .hint("check that the proxy is up and lets this address through: it is the one of HTTPS_PROXY, or proxy-url in the kubeconfig")
            .hint("name the server's host in NO_PROXY to reach it without the proxy")
        } else {
            Error::new(Kind::Unreachable, format!("cannot reach the Kubernetes API server {server}: {root}"))
                .hint("check that the cluster is up and that the kubeconfig and its context (--kubeconfig, --context) are the ones meant")
        }
    }
}

/// Explains why there is no TLS connection to the server.
fn refused_by_tls(server: &str, error: &TlsError) -> Error {
    let (kind, what) = match error {
        TlsError::Untrusted(why) => {
            (Kind::Unreachable, format!("the certificate of {server} is not trusted: {why}"))
        }
        TlsError::NotTls => (Kind::Usage, format!("{server} does not speak TLS")),
        TlsError::NoIdentity | TlsError::IdentityRefused(_) => {
            (Kind::Forbidden, format!("no TLS connection to {server}: {error}"))
        }
        TlsError::OldVersion | TlsError::Handshake(_) => {
            (Kind::Unreachable, format!("no TLS connection to {server}: {error}"))
        }
    };
    let told = Error::new(kind, what).hint(error.next_step(AUTHORITY));
    match error {
        TlsError::Untrusted(Untrusted::WrongHost { names, .. }) if !names.is_empty() => told.hint(
            "if it is the right server, set the expected name with tls-server-name in the kubeconfig or --tls-server-name",
        ),
        _ => told,
    }
}

/// After how long a server that is busy or still starting wants to be asked again. It has not looked
/// at the request then, so that a change may be sent again, too.
fn pause_asked_for(answer: &http::response::Parts) -> Option<Duration> {
    let busy = answer.status == http::StatusCode::TOO_MANY_REQUESTS || answer.status.is_server_error();
    let seconds = answer.headers.get(http::header::RETRY_AFTER).filter(|_| busy)?;
    seconds.to_str().ok()?.parse().map(Duration::from_secs).ok()
}

/// Whether an answer says that the same request may succeed a little later. A gateway that has lost
/// patience does not know whether a change was made.
fn is_passing(code: StatusCode, method: &http::Method) -> bool {
    match code {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => true,
        StatusCode::GATEWAY_TIMEOUT => method == http::Method::GET,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_server_is_asked_again_when_it_says_so() {
        let pause = |status: u16, after: Option<&str>| {
            let mut answer = http::Response::builder().status(status);
            if let Some(after) = after {
                answer = answer.header("Retry-After", after);
            }
            pause_asked_for(&answer.body(()).unwrap().into_parts().0)
        };
        assert_eq!(pause(429, Some("1")), Some(Duration::from_secs(1)));
        assert_eq!(pause(503, Some("2")), Some(Duration::from_secs(2)));
        assert_eq!(pause(503, None), None);
        assert_eq!(pause(403, Some("1")), None);
    }

    #[test]
    fn a_change_that_may_have_been_made_is_not_sent_again() {
        for code in [429, 503] {
            assert!(is_passing(StatusCode::from_u16(code).unwrap(), &http::Method::POST), "{code}");
        }
        assert!(is_passing(StatusCode::GATEWAY_TIMEOUT, &http::Method::GET));
        assert!(!is_passing(StatusCode::GATEWAY_TIMEOUT, &http::Method::POST));
        assert!(!is_passing(StatusCode::INTERNAL_SERVER_ERROR, &http::Method::GET));
    }
}
