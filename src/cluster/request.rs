//! Requests to the API server and their answers.

use std::time::Instant;

use http::StatusCode;
use http_body_util::BodyExt;
use kube::client::Body;
use kube::core::Status;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use super::credentials::Signed;
use super::{Cluster, answer, headers, resource_names};
use crate::error::{Error, Result};

/// Content type of a request with a body.
#[derive(Debug, Clone, Copy)]
pub(super) enum Content {
    /// A complete object.
    Json,
    /// A merge patch (RFC 7386).
    MergePatch,
    /// A server-side apply patch. It is YAML, of which JSON is a subset.
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

/// Failure of a request.
#[derive(Debug)]
pub(super) enum Failure {
    /// The API server answered with this status.
    Status(Box<Status>),
    /// There was no answer.
    Other(Error),
}

impl Failure {
    /// Whether the requested object does not exist.
    pub(super) fn is_object_missing(&self) -> bool {
        matches!(self, Failure::Status(s) if s.code == 404 && s.details.as_ref().is_some_and(|d| !d.name.is_empty()))
    }

    /// Whether the API server does not serve the resource.
    pub(super) fn is_resource_missing(&self) -> bool {
        matches!(self, Failure::Status(s) if s.code == 404) && !self.is_object_missing()
    }

    /// Whether the API server answered with this HTTP status.
    pub(super) fn is_status(&self, code: u16) -> bool {
        matches!(self, Failure::Status(s) if s.code == code)
    }

    /// Returns the error as users see it.
    pub(super) fn into_error(self) -> Error {
        match self {
            Failure::Other(error) => error,
            Failure::Status(status) => answer::explain(&status),
        }
    }
}

impl Cluster {
    /// Sends a request and decodes the JSON of its answer.
    pub(super) async fn send_json<T: DeserializeOwned>(
        &self,
        method: http::Method,
        path: &str,
        body: Option<(Content, Vec<u8>)>,
    ) -> Result<T, Failure> {
        let bytes = self.send(method, path, body).await?;
        serde_json::from_slice(&bytes).map_err(|error| Failure::Other(self.unexpected(path, &bytes, &error)))
    }

    /// Sends one request and returns its answer, whether a success or not.
    pub(super) async fn exchange(
        &self,
        method: &http::Method,
        path: &str,
        sent: Option<&(Content, Vec<u8>)>,
    ) -> Result<(http::response::Parts, Vec<u8>), Failure> {
        let (parts, mut body) = self.ask(method, path, sent).await?.into_parts();
        // Frame by frame, so that a page of a long list is in memory once.
        let mut bytes = Vec::new();
        while let Some(frame) = body.frame().await {
            if let Ok(data) = frame.map_err(|error| self.explain(error))?.into_data() {
                bytes.extend_from_slice(&data);
            }
        }
        if !parts.status.is_success() {
            // A refusal may repeat the request, including credentials.
            bytes = self.redacted(&bytes, sent.map(|(_, sent)| sent.as_slice()));
        }
        Ok((parts, bytes))
    }

    /// Sends a request with the credentials of the kubeconfig and, if they are not accepted, once more with renewed
    /// ones. Redirects are not followed, since they would leak the credentials.
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
            let start = Instant::now();
            let sent = signed.client.send(request).await;
            let url = format!("{}{path}", self.server());
            self.events.request(method, url, sent.as_ref().ok().map(http::Response::status), start);
            let response = sent.map_err(|error| self.explain(error))?;
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
        // Together with the path of the server's address, it must be a URI.
        let joined = format!("{}{path}", self.server);
        let invalid = |error: &dyn std::fmt::Display| {
            let shown: String = path.chars().take(200).collect();
            Failure::Other(
                Error::usage(format!("a request to {} cannot be sent: {shown:?}: {error}", self.server))
                    .hint("check the names, selectors and fields on the command line"),
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
        if resource_names::is_discovery(path) {
            all.insert(http::header::ACCEPT, http::HeaderValue::from_static(resource_names::ACCEPTED));
        }
        headers::sign(all, &self.session.access().headers, signed.header.as_ref());
        Ok(request)
    }

    /// Sends a request whose answer does not end, such as a watch, and returns the body once the answer has begun.
    pub(super) async fn open(&self, path: &str) -> Result<Body, Failure> {
        let exchange = async {
            let (parts, body) = self.ask(&http::Method::GET, path, None).await?.into_parts();
            if parts.status.is_success() {
                return Ok(body);
            }
            let bytes = body.collect().await.map_err(|error| self.explain(error))?.to_bytes();
            Err(self.refused(&parts, &self.redacted(&bytes, None)).await)
        };
        timeout(self.timeout, exchange).await.unwrap_or_else(|_| Err(self.no_answer_within(self.timeout)))
    }
}
