//! The HTTP client of one API server.

use std::time::Duration;

use hyper_util::client::legacy::Client as Hyper;
use hyper_util::rt::TokioExecutor;
use kube::client::{Body, ClientBuilder, ConfigExt};
use tower_http::decompression::Decompression;

use super::access::{Access, Identity};
use crate::error::{Error, Result};
use crate::net::{self, Connector, Proxies, Roots, Settings};

/// Timeout of a connection attempt. Flaky links need more than a data center.
const CONNECT: Duration = Duration::from_secs(30);

/// Setting for trusted certificates, for messages.
pub(super) const AUTHORITY: &str = "certificate-authority in the kubeconfig or --certificate-authority";

/// Creates a client for the server of `access` with a client certificate. It adds no credentials.
pub(super) fn new(access: &Access, identity: Option<&Identity>) -> Result<kube::Client> {
    let server = access.shown_server();
    let roots = match &access.trust.authorities {
        Some(pem) => Roots::only(pem).map_err(|_| {
            Error::usage(format!("the certificate authority of the kubeconfig for {server} is not valid"))
                .hint(
                    "check it with openssl x509 -noout -text, or use another one with \
                    --certificate-authority",
                )
        })?,
        None => Roots::system(&access.network.roots),
    };
    let identity =
        identity.map(|it| net::Identity::read(&it.certificate, &it.key)).transpose().map_err(|error| {
            Error::usage(format!(
                "the client certificate of the kubeconfig for {server} cannot be used: {error}"
            ))
            .hint(error.next_step())
        })?;
    let settings = Settings {
        roots,
        identity,
        insecure: access.trust.insecure,
        server_name: access.trust.server_name.clone(),
        http2: false,
    };
    let proxies = access.proxy.as_ref().map_or_else(Proxies::none, |proxy| Proxies::always(proxy.as_str()));
    let connector = Connector::new(settings, proxies, CONNECT).map_err(|error| {
        Error::usage(format!("cannot use the kubeconfig's settings for {server}: {error}"))
            .hint("check the certificates and keys in the kubeconfig")
    })?;
    let http: Hyper<Connector, Body> = Hyper::builder(TokioExecutor::new()).build(connector);
    let service = Decompression::new(http).gzip(!access.disable_compression);
    let base = kube::Config::new(access.server.clone()).base_uri_layer();
    Ok(ClientBuilder::new(service, "default").with_layer(&base).build())
}
