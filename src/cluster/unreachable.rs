//! Errors of a server that cannot be reached or gives no answer.

use std::time::Duration;

use super::client::AUTHORITY;
use super::request::Failure;
use super::{Cluster, ProxyUrl};
use crate::error::{Error, ErrorKind};
use crate::net::{self, TlsError, Untrusted};

impl Cluster {
    /// Returns the failure of a server that did not respond in time.
    pub(super) fn no_answer_within(&self, timeout: Duration) -> Failure {
        let server = &self.server;
        Failure::Other(if timeout.is_zero() {
            Error::timeout(format!("{server} had no time to respond")).hint("set --timeout to more than 0")
        } else {
            Error::timeout(format!("{server} did not respond within {timeout:?}"))
                .hint("check that the cluster is running, or allow more time with --timeout")
        })
    }

    /// Translates an error of the client: library errors are not shown alone.
    pub(super) fn explain(&self, error: kube::Error) -> Failure {
        match error {
            kube::Error::Api(mut status) => {
                status.message = self.secrets.redactor().redact(&status.message).into_owned();
                Failure::Status(status)
            }
            error => Failure::Other(self.unreachable(&error).redacted(&self.secrets.redactor())),
        }
    }

    /// Returns the error of a server that cannot be reached.
    fn unreachable(&self, error: &kube::Error) -> Error {
        let server = &self.server;
        let root = match net::Failure::of(error) {
            net::Failure::Tls(error) => return no_tls(server, &error),
            other => other.to_string(),
        };
        if let Some(proxy) = self.session.access().proxy.as_ref().map(ProxyUrl::shown) {
            Error::new(
                ErrorKind::Unreachable,
                format!("cannot reach the Kubernetes API server {server} through the proxy {proxy}: {root}"),
            )
            .hint("check that the proxy is running and allows this address; it is set by HTTPS_PROXY, or by proxy-url in the kubeconfig")
            .hint("add the server's host to NO_PROXY to reach it without the proxy")
        } else {
            Error::new(ErrorKind::Unreachable, format!("cannot reach the Kubernetes API server {server}: {root}"))
                .hint("check that the cluster is running and that the right kubeconfig and context are used (--kubeconfig, --context)")
        }
    }
}

/// Returns the error of a server to which no TLS connection can be made.
fn no_tls(server: &str, error: &TlsError) -> Error {
    let (kind, what) = match error {
        TlsError::Untrusted(why) => {
            (ErrorKind::Unreachable, format!("the certificate of {server} is not trusted: {why}"))
        }
        TlsError::NotTls => (ErrorKind::Usage, format!("{server} does not speak TLS")),
        TlsError::NoIdentity | TlsError::IdentityRefused(_) => {
            (ErrorKind::Forbidden, format!("no TLS connection to {server}: {error}"))
        }
        TlsError::OldVersion | TlsError::Handshake(_) => {
            (ErrorKind::Unreachable, format!("no TLS connection to {server}: {error}"))
        }
    };
    let error_with_hint = Error::new(kind, what).hint(error.next_step(AUTHORITY));
    match error {
        TlsError::Untrusted(Untrusted::WrongHost { names, .. }) if !names.is_empty() => error_with_hint.hint(
            "if it is the right server, set the expected name with tls-server-name in the kubeconfig or --tls-server-name",
        ),
        _ => error_with_hint,
    }
}
