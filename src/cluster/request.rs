//! One HTTP exchange with the API server, and what its failures mean.

use std::time::Duration;

use http_body_util::BodyExt;
use kube::client::Body;
use kube::core::Status;
use serde::de::DeserializeOwned;

use super::Cluster;
use crate::error::{Error, Kind, Result};

/// How often a request is sent to a server that asks for patience, as Kubernetes' own client does.
const ATTEMPTS: u32 = 10;

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
            Failure::Status(status) => explain_status(&status),
        }
    }
}

fn explain_status(status: &Status) -> Error {
    let message = if status.message.is_empty() { &status.reason } else { &status.message };
    match status.code {
        401 => {
            Error::new(Kind::Forbidden, "the API server does not accept the credentials of the kubeconfig")
                .hint("log in again, or name another kubeconfig or context by --kubeconfig or --context")
        }
        403 => Error::new(Kind::Forbidden, message.clone())
            .hint("ask for these rights, or use a context whose user has them (--context)"),
        404 => Error::not_found(message.clone()),
        409 | 422 | 400 => Error::usage(message.clone()),
        504 => Error::timeout(message.clone()),
        _ => Error::failed(message.clone()),
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
        let exchange = async {
            let mut attempts = 1;
            loop {
                let (parts, answer) = self.exchange(&method, path, body.as_ref()).await?;
                if parts.status.is_success() {
                    return Ok(answer);
                }
                match pause_asked_for(&parts) {
                    Some(pause) if attempts < ATTEMPTS => tokio::time::sleep(pause).await,
                    _ => return Err(Failure::Status(Box::new(status_of(parts.status, &answer)))),
                }
                attempts += 1;
            }
        };
        match tokio::time::timeout(deadline, exchange).await {
            Ok(outcome) => outcome,
            Err(_) => Err(self.silent(deadline)),
        }
    }

    async fn exchange(
        &self,
        method: &http::Method,
        path: &str,
        body: Option<&(Content, Vec<u8>)>,
    ) -> Result<(http::response::Parts, Vec<u8>), Failure> {
        let mut request = http::Request::builder().method(method).uri(path);
        if let Some((content, _)) = body {
            request = request.header(http::header::CONTENT_TYPE, content.header());
        }
        let request = request
            .body(Body::from(body.map(|(_, bytes)| bytes.clone()).unwrap_or_default()))
            .map_err(|error| Failure::Other(Error::usage(format!("invalid request for {path}: {error}"))))?;
        let response = self.client.send(request).await.map_err(|error| self.explain(error))?;
        let (parts, mut body) = response.into_parts();
        // Piece by piece: a page of a long list is in memory once.
        let mut bytes = Vec::new();
        while let Some(frame) = body.frame().await {
            if let Ok(data) = frame.map_err(|error| self.explain(error))?.into_data() {
                bytes.extend_from_slice(&data);
            }
        }
        Ok((parts, bytes))
    }

    /// Asks for an answer that goes on, such as a watch, and returns its body. Only its beginning is
    /// waited for here.
    pub(super) async fn open(&self, path: &str) -> Result<Body, Failure> {
        let request = http::Request::builder()
            .uri(path)
            .body(Body::empty())
            .map_err(|error| Failure::Other(Error::usage(format!("invalid request for {path}: {error}"))))?;
        let exchange = async {
            let response = self.client.send(request).await.map_err(|error| self.explain(error))?;
            let (parts, body) = response.into_parts();
            if parts.status.is_success() {
                return Ok(body);
            }
            let bytes = body.collect().await.map_err(|error| self.explain(error))?.to_bytes();
            Err(Failure::Status(Box::new(status_of(parts.status, &bytes))))
        };
        tokio::time::timeout(self.deadline, exchange)
            .await
            .unwrap_or_else(|_| Err(self.silent(self.deadline)))
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
        serde_json::from_slice(&bytes).map_err(|error| {
            Failure::Other(Error::failed(format!(
                "{}{path} answered something unexpected: {error}",
                self.server
            )))
        })
    }

    /// What a client error means: no raw chain of library errors reaches the user.
    pub(super) fn explain(&self, error: kube::Error) -> Failure {
        if let kube::Error::Api(status) = error {
            return Failure::Status(status);
        }
        let mut causes: Vec<String> = Vec::new();
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
        while let Some(error) = cause {
            causes.push(error.to_string());
            cause = error.source();
        }
        let all = causes.join(": ");
        let root = causes.pop().unwrap_or_default();
        let server = &self.server;
        let found = if all.contains("certificate") || all.contains("Certificate") {
            Error::new(Kind::Unreachable, format!("the certificate of {server} is not trusted: {root}"))
                .hint("check the cluster's certificate-authority-data in the kubeconfig, or name its CA by --certificate-authority")
        } else if matches!(error, kube::Error::Auth(_)) {
            Error::new(
                Kind::Forbidden,
                format!("the kubeconfig's credentials for {server} cannot be used: {root}"),
            )
            .hint("log in again, or name another context by --context")
        } else {
            Error::new(Kind::Unreachable, format!("cannot reach the Kubernetes API server {server}: {root}"))
                .hint("check that the cluster is up and that the kubeconfig and its context (--kubeconfig, --context) are the ones meant")
        };
        Failure::Other(found)
    }
}

/// After how long a server that is busy or still starting wants to be asked again. It has not looked
/// at the request then, so that a change may be sent again, too.
fn pause_asked_for(answer: &http::response::Parts) -> Option<Duration> {
    let busy = answer.status == http::StatusCode::TOO_MANY_REQUESTS || answer.status.is_server_error();
    let seconds = answer.headers.get(http::header::RETRY_AFTER).filter(|_| busy)?;
    seconds.to_str().ok()?.parse().map(Duration::from_secs).ok()
}

/// The status in an answer's body, or one made of its HTTP status where the body is no status.
fn status_of(code: http::StatusCode, body: &[u8]) -> Status {
    if let Ok(mut status) = serde_json::from_slice::<Status>(body)
        && (status.code != 0 || !status.message.is_empty())
    {
        status.code = code.as_u16();
        return status;
    }
    let text: String = String::from_utf8_lossy(body).trim().chars().take(300).collect();
    let message = if text.is_empty() { code.to_string() } else { text };
    Status { code: code.as_u16(), message, ..Status::default() }
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
}
