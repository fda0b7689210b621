//! The HTTP client of one API server.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::access::{Access, Identity};
use super::credentials::Source;
use crate::error::{Error, Result};

/// The time to open a connection; flaky links need more than a data center's.
const CONNECT: Duration = Duration::from_secs(30);

/// A client for the server of `access` with this certificate. It adds no credentials but those of OpenID Connect.
#[allow(clippy::disallowed_methods)] // The one place where a client is made.
pub(super) fn new(access: &Access, identity: Option<&Identity>) -> Result<kube::Client> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut config = kube::Config::new(access.server.clone());
    if let Some(pem) = &access.trust.authorities {
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let certificates = certificates.map_err(|error| unusable(access, &error))?;
        config.root_cert = Some(certificates.iter().map(|certificate| certificate.to_vec()).collect());
    }
    config.accept_invalid_certs = access.trust.insecure;
    config.tls_server_name.clone_from(&access.trust.server_name);
    config.proxy_url = access.proxy.as_ref().and_then(|proxy| proxy.as_str().parse().ok());
    config.connect_timeout = Some(CONNECT);
    // Trying again is ours: who waits is told of it.
    config.default_retry = false;
    config.disable_compression = access.disable_compression;
    if let Some(identity) = identity {
        config.auth_info.client_certificate_data = Some(STANDARD.encode(&identity.certificate));
        config.auth_info.client_key_data = Some(STANDARD.encode(&identity.key).into());
    }
    if let Source::OpenIdConnect(settings) = &access.source {
        let provider: Result<kube::config::AuthProviderConfig, _> =
            serde_json::from_value(serde_json::json!({
                "name": "oidc",
                "config": settings.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
            }));
        config.auth_info.auth_provider = provider.ok();
    }
    kube::Client::try_from(config).map_err(|error| unusable(access, &error))
}

fn unusable(access: &Access, error: &dyn std::error::Error) -> Error {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    Error::usage(format!("cannot use the kubeconfig's settings for {}: {cause}", access.shown_server()))
        .hint("check the certificates and keys that the kubeconfig names")
}
