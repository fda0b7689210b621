//! Errors for unsuccessful answers: of the API server, or of something else at its address.

use http::StatusCode;
use http::header::LOCATION;
use http::response::Parts;
use kube::core::Status;
use serde_json::Value;
use tokio::time::timeout;
use url::Url;

use super::Cluster;
use super::request::Failure;
use crate::error::{Error, ErrorKind};

/// Header that an API server adds to every answer, for its audit log.
const AUDIT: &str = "audit-id";

/// Hint for a wrong address.
const WRONG_ADDRESS: &str =
    "check the address of the cluster (`server` in the kubeconfig, or --server); most begin with https://";

impl Cluster {
    /// Returns the failure for an unsuccessful answer.
    pub(super) async fn refused(&self, parts: &Parts, body: &[u8]) -> Failure {
        if matches!(parts.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
            && self.session.access().withheld
        {
            return Failure::Other(anonymous(&self.server, parts.status));
        }
        if let Some(status) = own_status(parts.status, body) {
            return Failure::Status(Box::new(status));
        }
        // For a group that it does not serve, an API server answers in plain text as well.
        let known = parts.headers.contains_key(AUDIT)
            || parts.status == StatusCode::UNAUTHORIZED
            || parts.status == StatusCode::NOT_FOUND && self.is_api_server().await;
        if known {
            return Failure::Status(Box::new(made_status(parts.status, body)));
        }
        if let Some(to) = parts.headers.get(LOCATION).filter(|_| parts.status.is_redirection()) {
            return Failure::Other(redirected(&self.server, parts.status, to.to_str().unwrap_or_default()));
        }
        Failure::Other(foreign(&self.server, parts.status, body))
    }

    /// Whether an API server answers at the address, which is checked once. Without an answer it is assumed.
    async fn is_api_server(&self) -> bool {
        let ask = async || {
            let version = self.exchange(&http::Method::GET, "/version", None);
            let Ok(Ok((parts, body))) = timeout(self.timeout, version).await else { return true };
            let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
            parts.status.is_success() && answer["gitVersion"].is_string() || answer["kind"] == "Status"
        };
        *self.is_api_server.get_or_init(ask).await
    }

    /// Returns the error for a successful answer that cannot be decoded.
    pub(super) fn unexpected(&self, path: &str, body: &[u8], error: &serde_json::Error) -> Error {
        let server = &self.server;
        let error = if serde_json::from_slice::<serde::de::IgnoredAny>(body).is_err() {
            Error::usage(format!(
                "{server} does not look like a Kubernetes API server: its response to {path} is not JSON{}",
                quote(&self.redacted(body, None))
            ))
        } else {
            Error::failed(format!("unexpected response from {server}{path}: {error}"))
        };
        error.hint(WRONG_ADDRESS)
    }
}

/// Returns the error for a refusal of the API server.
pub(super) fn explain(status: &Status) -> Error {
    let message = if status.message.is_empty() { &status.reason } else { &status.message };
    match status.code {
        401 => Error::new(
            ErrorKind::Forbidden,
            "the API server does not accept the credentials of the kubeconfig",
        )
        .hint("log in again, or use another kubeconfig or context (--kubeconfig, --context)"),
        403 => Error::new(ErrorKind::Forbidden, message.clone())
            .hint("request these permissions, or use a context whose user has them (--context)"),
        404 => Error::not_found(message.clone()),
        409 | 422 | 400 => Error::usage(message.clone()),
        504 => Error::timeout(message.clone())
            .hint("the API server is slow or overloaded: try again, or allow more time with --timeout"),
        500.. => Error::failed(message.clone())
            .hint("the API server, or a webhook that it calls, failed: try again, or see its log"),
        _ => Error::failed(message.clone()),
    }
}

/// Returns the error for a redirect. It is not followed, since the credentials are for this server alone.
fn redirected(server: &str, code: StatusCode, to: &str) -> Error {
    let to = Url::parse(to).ok().filter(Url::has_host).map(|to| to.origin().ascii_serialization());
    let to = to.map(|to| format!(" to {to}")).unwrap_or_default();
    Error::usage(format!("{server} redirects{to} ({code}), and credentials are not sent to another server"))
        .hint("if the API server is at that address, set it in the kubeconfig or with --server")
        .hint(WRONG_ADDRESS)
}

/// Returns the error for a server that requires credentials, which are not sent over plain HTTP.
fn anonymous(server: &str, code: StatusCode) -> Error {
    Error::new(
        ErrorKind::Forbidden,
        format!(
            "{server} requires credentials ({code}), and those of the kubeconfig are not sent over plain HTTP"
        ),
    )
    .hint("use https:// in the server's address: in the kubeconfig, or with --server")
}

/// Returns the error for an answer that is not from an API server.
fn foreign(server: &str, code: StatusCode, body: &[u8]) -> Error {
    let text = String::from_utf8_lossy(body);
    // Messages of Go's servers and of nginx.
    if text.contains("HTTP request to an HTTPS server") || text.contains("sent to HTTPS port") {
        return Error::usage(format!("{server} speaks HTTPS, but the request was plain HTTP ({code})"))
            .hint("use https:// in the server's address: in the kubeconfig, or with --server");
    }
    let quote = quote(body);
    match code.as_u16() {
        403 | 407 => Error::new(
            ErrorKind::Forbidden,
            format!("{server} responded with {code}{quote}: a proxy refused the request, not the API server"),
        )
        .hint("check the address of the cluster, and which addresses the proxies allow"),
        500.. => Error::new(
            ErrorKind::Unreachable,
            format!("{server} does not respond like a Kubernetes API server: {code}{quote}"),
        )
        .hint("check that the API server at this address is running")
        .hint(WRONG_ADDRESS),
        _ => Error::usage(format!(
            "{server} does not look like a Kubernetes API server: it answered {code}{quote}"
        ))
        .hint(WRONG_ADDRESS),
    }
}

/// Returns the status in the body of an answer, if there is one.
fn own_status(code: StatusCode, body: &[u8]) -> Option<Status> {
    let mut status: Status = serde_json::from_slice(body).ok()?;
    if status.code == 0 && status.message.is_empty() {
        return None;
    }
    status.code = code.as_u16();
    Some(status)
}

/// Returns the status of an answer; if it has none, one with its code and text.
pub(super) fn made_status(code: StatusCode, body: &[u8]) -> Status {
    own_status(code, body).unwrap_or_else(|| {
        let text: String = String::from_utf8_lossy(body).trim().chars().take(300).collect();
        let message = if text.is_empty() { code.to_string() } else { text };
        Status { code: code.as_u16(), message, ..Status::default() }
    })
}

/// Quotes the first line of a text in parentheses; nothing of HTML pages.
fn quote(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let line = text.trim().lines().next().unwrap_or_default().trim_end();
    let readable = !line.contains(['<', '>', '\u{fffd}']) && !line.chars().any(char::is_control);
    if line.is_empty() || line.chars().count() > 120 || !readable {
        return String::new();
    }
    format!(" ({line:?})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_short_line_of_text_is_quoted() {
        assert_eq!(quote(b"404 page not found\n"), " (\"404 page not found\")");
        assert_eq!(quote(b"<html><head><title>502 Bad Gateway</title>"), "");
        assert_eq!(quote(&[0xff, 0xfe, 0x15]), "");
        assert_eq!(quote("x".repeat(121).as_bytes()), "");
        assert_eq!(quote(b""), "");
    }

    #[test]
    fn an_answer_without_a_status_is_reported_with_its_server_and_a_hint() {
        let server = "http://10.0.0.1:6443";
        for (code, body, wanted) in [
            (400, "Client sent an HTTP request to an HTTPS server.\n", "https://"),
            (403, "blocked by policy", "a proxy refused the request"),
            (404, "404 page not found\n", "does not look like a Kubernetes API server"),
            (302, "", "302 Found"),
            (502, "<html>Bad Gateway</html>", "502 Bad Gateway"),
        ] {
            let error = foreign(server, StatusCode::from_u16(code).unwrap(), body.as_bytes());
            let told = format!("{error} {:?}", error.hints());
            assert!(told.contains(server) && told.contains(&code.to_string()), "{told}");
            assert!(told.contains(wanted) && !told.contains('<'), "{told}");
            assert_ne!(error.kind(), ErrorKind::NotFound, "{told}");
        }
    }
}
