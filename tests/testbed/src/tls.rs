//! A certificate authority for one test, and the TLS servers that it vouches for.

use std::path::PathBuf;

use openssl::ssl::{AlpnError, SslContext, SslMethod, SslVerifyMode, SslVersion, select_next_proto};
use tempfile::TempDir;

use super::pki::{Made, Recipe};

/// A certificate authority that only those trust who were given its file.
pub struct Authority {
    made: Made,
    directory: TempDir,
}

impl Authority {
    /// Makes a new authority and writes its certificate to a file.
    pub fn new() -> Self {
        let made = Recipe::authority("edgeflux test authority")
            .with("keyUsage", "critical,keyCertSign,cRLSign")
            .make();
        let directory = TempDir::new().expect("a temporary directory");
        let authority = Self { made, directory };
        std::fs::write(authority.file(), authority.pem()).expect("the authority's file");
        authority
    }

    /// The authority's certificate as PEM.
    pub fn pem(&self) -> String {
        text(self.made.pem())
    }

    /// A file with the authority's certificate, for `--ca-file`.
    pub fn file(&self) -> PathBuf {
        self.directory.path().join("ca.crt")
    }

    /// The certificate and the key (PEM) of a server that is known as `localhost`, `127.0.0.1` and the further DNS `names`.
    pub fn certificate(&self, names: &[&str]) -> (String, String) {
        pem(&self.server(names))
    }

    /// The certificate and the key (PEM) of a client.
    pub fn client(&self, name: &str) -> (String, String) {
        pem(&Recipe::new(name, super::pki::Key::P256)
            .with("extendedKeyUsage", "clientAuth")
            .with("authorityKeyIdentifier", "keyid")
            .by(&self.made)
            .make())
    }

    /// The TLS of a server with such a certificate.
    pub fn server_tls(&self, names: &[&str]) -> SslContext {
        self.context(names, false)
    }

    /// As [`Self::server_tls`], for a server that takes only clients with a certificate of this authority.
    pub fn server_tls_for_clients(&self) -> SslContext {
        self.context(&[], true)
    }

    fn context(&self, names: &[&str], clients: bool) -> SslContext {
        let server = self.server(names);
        let mut context = SslContext::builder(SslMethod::tls_server()).expect("a TLS server");
        context.set_min_proto_version(Some(SslVersion::TLS1_2)).expect("OpenSSL has TLS 1.2");
        context.set_certificate(&server.certificate).expect("our own certificate");
        context.set_private_key(&server.key).expect("its key");
        context.set_alpn_select_callback(|_, offered| {
            select_next_proto(b"\x08http/1.1", offered).ok_or(AlpnError::NOACK)
        });
        if clients {
            context.cert_store_mut().add_cert(self.made.certificate.clone()).expect("our own certificate");
            context.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
            context.set_session_id_context(b"edgeflux").expect("a short name");
        }
        context.build()
    }

    fn server(&self, names: &[&str]) -> Made {
        let mut all = "DNS:localhost,IP:127.0.0.1".to_owned();
        for name in names {
            all.push_str(",DNS:");
            all.push_str(name);
        }
        Recipe::server(&all)
            .with("extendedKeyUsage", "serverAuth")
            .with("authorityKeyIdentifier", "keyid")
            .by(&self.made)
            .make()
    }
}

fn pem(made: &Made) -> (String, String) {
    (text(made.pem()), text(made.key.private_key_to_pem_pkcs8().expect("a key that was just made")))
}

fn text(pem: Vec<u8>) -> String {
    String::from_utf8(pem).expect("PEM is text")
}
