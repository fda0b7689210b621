//! What an answer means that is no success: the API server's own words, or something else that is
//! at its address.

use http::StatusCode;
use http::header::LOCATION;
use http::response::Parts;
use kube::core::Status;
use serde_json::Value;
use tokio::time::timeout;
use url::Url;

use super::Cluster;
use super::request::Failure;
use crate::error::{Error, Kind};

/// The header by which an API server tells its answers apart in its audit log: on every one of them.
const AUDIT: &str = "audit-id";

/// What is said of an address that leads elsewhere.
const WRONG_ADDRESS: &str = "check the address of the cluster: `server` in the kubeconfig and its context, or --server; most begin with https://";

impl Cluster {
    /// The failure that this answer is.
    pub(super) async fn refused(&self, parts: &Parts, body: &[u8]) -> Failure {
        if matches!(parts.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
            && self.session.access().withheld
        {
            return Failure::Other(anonymous(&self.server, parts.status));
        }
        if let Some(status) = own_status(parts.status, body) {
            return Failure::Status(Box::new(status));
        }
        // A group that is not served is answered by an API server in plain text, too.
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

    /// Whether what is at the address answers as an API server does. Asked once. No answer does not
    /// speak against it.
    async fn is_api_server(&self) -> bool {
        let ask = async || {
            let version = self.exchange(&http::Method::GET, "/version", None);
            let Ok(Ok((parts, body))) = timeout(self.deadline, version).await else { return true };
            let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
            parts.status.is_success() && answer["gitVersion"].is_string() || answer["kind"] == "Status"
        };
        *self.recognised.get_or_init(ask).await
    }

    /// The error of an answer that is a success and not what was asked for.
    pub(super) fn unexpected(&self, path: &str, body: &[u8], error: &serde_json::Error) -> Error {
        let server = &self.server;
        let error = if serde_json::from_slice::<serde::de::IgnoredAny>(body).is_err() {
            Error::usage(format!(
                "{server} does not look like a Kubernetes API server: it answered {path} with something that is no JSON{}",
                quote(&self.redacted(body, None))
            ))
        } else {
            Error::failed(format!("{server}{path} answered something unexpected: {error}"))
        };
        error.hint(WRONG_ADDRESS)
    }
}

/// The error that an API server's refusal is for the user.
pub(super) fn explain(status: &Status) -> Error {
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
        504 => Error::timeout(message.clone())
            .hint("the API server is slow or overloaded: try again, or allow more time by --timeout"),
        500.. => Error::failed(message.clone()).hint(
            "the API server, or a webhook that it asks, failed: try again; if that does not help, its log tells why",
        ),
        _ => Error::failed(message.clone()),
    }
}

/// The error of a server that names another address. Nobody is asked there: credentials are for this server alone.
fn redirected(server: &str, code: StatusCode, to: &str) -> Error {
    let to = Url::parse(to).ok().filter(Url::has_host).map(|to| to.origin().ascii_serialization());
    let to = to.map(|to| format!(" to {to}")).unwrap_or_default();
    Error::usage(format!("{server} redirects{to} ({code}), and credentials are not sent anywhere else"))
        .hint("if the API server is there, write that address in the kubeconfig or at --server")
        .hint(WRONG_ADDRESS)
}

/// The error of a server that wants credentials, which are not sent over plain HTTP.
fn anonymous(server: &str, code: StatusCode) -> Error {
    Error::new(
        Kind::Forbidden,
        format!(
            "{server} wants credentials ({code}), and those of the kubeconfig are not sent over plain HTTP"
        ),
    )
    .hint("write https:// in the server's address: in the kubeconfig, or at --server")
}

/// The error of an answer that no API server gave.
fn foreign(server: &str, code: StatusCode, body: &[u8]) -> Error {
    let text = String::from_utf8_lossy(body);
    // What Go's servers and nginx say.
    if text.contains("HTTP request to an HTTPS server") || text.contains("sent to HTTPS port") {
        return Error::usage(format!("{server} speaks HTTPS, and was asked over plain HTTP ({code})"))
            .hint("write https:// in the server's address: in the kubeconfig, or at --server");
    }
    let quote = quote(body);
    match code.as_u16() {
        403 | 407 => Error::new(
            Kind::Forbidden,
            format!("{server} answered {code}{quote}: not the API server, but a proxy before it refuses"),
        )
        .hint("check the address of the cluster, and what proxies on the way to it let through"),
        500.. => Error::new(
            Kind::Unreachable,
            format!("{server} does not answer as a Kubernetes API server does: {code}{quote}"),
        )
        .hint("check that the API server behind this address is up")
        .hint(WRONG_ADDRESS),
        _ => Error::usage(format!(
            "{server} does not look like a Kubernetes API server: it answered {code}{quote}"
        ))
        .hint(WRONG_ADDRESS),
    }
}

/// The status in an answer's body, where it is one.
fn own_status(code: StatusCode, body: &[u8]) -> Option<Status> {
    let mut status: Status = serde_json::from_slice(body).ok()?;
    if status.code == 0 && status.message.is_empty() {
        return None;
    }
    status.code = code.as_u16();
    Some(status)
}

/// The status that an answer's code and text make up.
pub(super) fn made_status(code: StatusCode, body: &[u8]) -> Status {
    own_status(code, body).unwrap_or_else(|| {
        let text: String = String::from_utf8_lossy(body).trim().chars().take(300).collect();
        let message = if text.is_empty() { code.to_string() } else { text };
        Status { code: code.as_u16(), message, ..Status::default() }
    })
}

/// The first line of a text in brackets. Nothing of pages meant for browsers.
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
    fn an_answer_without_a_status_is_told_with_its_server_and_what_to_do() {
        let server = "http://10.0.0.1:6443";
        for (code, body, wanted) in [
            (400, "Client sent an HTTP request to an HTTPS server.\n", "https://"),
            (403, "blocked by policy", "a proxy before it refuses"),
            (404, "404 page not found\n", "does not look like a Kubernetes API server"),
            (302, "", "302 Found"),
            (502, "<html>Bad Gateway</html>", "502 Bad Gateway"),
        ] {
            let error = foreign(server, StatusCode::from_u16(code).unwrap(), body.as_bytes());
            let told = format!("{error} {:?}", error.hints());
            assert!(told.contains(server) && told.contains(&code.to_string()), "{told}");
            assert!(told.contains(wanted) && !told.contains('<'), "{told}");
            assert_ne!(error.kind(), Kind::NotFound, "{told}");
        }
    }
}
