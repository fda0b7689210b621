//! TLS with OpenSSL.
//!
//! Versions, cipher suites, groups and signature algorithms are those of Go's `crypto/tls`, except for post-quantum
//! groups. [`super::verify`] verifies certificates.

use std::error::Error as StdError;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use openssl::error::ErrorStack;
use openssl::ssl::{
    self, ErrorCode, Ssl, SslContext, SslMethod, SslMode, SslOptions, SslRef, SslVerifyMode, SslVersion,
};
use openssl::x509::{X509Ref, X509StoreContext, X509VerifyResult};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_openssl::SslStream;

use super::certificate::Certificate;
use super::identity::Identity;
use super::name;
use super::roots::Roots;
use super::verify::Untrusted;

const CIPHERS_OF_TLS_1_2: &str = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:\
    ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:\
    ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA";
const GROUPS: &str = "X25519:P-256:P-384:P-521";
const SIGNATURES: &str = "rsa_pss_rsae_sha256:ecdsa_secp256r1_sha256:ed25519:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:\
    rsa_pkcs1_sha256:rsa_pkcs1_sha384:rsa_pkcs1_sha512:ecdsa_secp384r1_sha384:ecdsa_secp521r1_sha512";
/// `SSL_OP_LEGACY_SERVER_CONNECT`: like Go, accept servers without secure renegotiation. There is never a renegotiation.
const LEGACY_SERVER_CONNECT: SslOptions = SslOptions::from_bits_retain(0x4);
/// ALPN protocols: HTTP/2 and HTTP/1.1.
const HTTP_2_OR_1: &[u8] = b"\x02h2\x08http/1.1";

/// Transport below TLS.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// TLS settings.
#[derive(Clone, Default)]
pub struct Settings {
    /// Trusted certificates.
    pub roots: Roots,
    /// Client certificate.
    pub identity: Option<Identity>,
    /// Disables the verification of the server's certificate.
    pub insecure: bool,
    /// Name for SNI and host name verification, instead of the host.
    pub server_name: Option<String>,
    /// Offers HTTP/2.
    pub http2: bool,
}

/// TLS client.
#[derive(Clone)]
pub(super) struct Tls {
    context: SslContext,
    /// The same context without HTTP/2, for proxies.
    plain: SslContext,
    settings: Settings,
}

/// Reasons why there is no TLS connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The server's certificate is not trusted.
    #[error("{0}")]
    Untrusted(Untrusted),
    /// The peer does not speak TLS.
    #[error("the server does not speak TLS on this port")]
    NotTls,
    /// The server supports only TLS 1.1 or older.
    #[error("the server does not support TLS 1.2 or newer")]
    OldVersion,
    /// The server requires a client certificate.
    #[error("the server requires a client certificate")]
    NoIdentity,
    /// The server refused the client certificate, by the name of its alert.
    #[error("the server does not accept the client certificate ({0})")]
    IdentityRefused(&'static str),
    /// Another error of the handshake.
    #[error("the TLS handshake failed: {0}")]
    Handshake(String),
}

impl Error {
    /// Returns what the user can do about it. `authority` is the setting for trusted certificates.
    pub fn next_step(&self, authority: &str) -> String {
        match self {
            Self::Untrusted(untrusted) => untrusted.next_step(authority),
            Self::NotTls => "check the host, the port and the scheme of the address".into(),
            Self::OldVersion => "enable TLS 1.2 or 1.3 on the server".into(),
            Self::NoIdentity => "configure a client certificate and its key".into(),
            Self::IdentityRefused(_) => {
                "check that the client certificate is still valid and signed by an authority that the server trusts".into()
            }
            Self::Handshake(_) => "check the TLS settings of the server, and of proxies and firewalls in between".into(),
        }
    }

    /// Finds the TLS error behind an error of another library, also one after the handshake.
    pub fn find(error: &(dyn StdError + 'static)) -> Option<Error> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(found) = error.downcast_ref::<Error>() {
                return Some(found.clone());
            }
            if let Some(found) = error.downcast_ref::<ssl::Error>()
                && found.code() != ErrorCode::SYSCALL
                && let Some(errors) = found.ssl_error()
            {
                return Some(explain(errors, true));
            }
            // The source of an I/O error is that of the error it wraps.
            let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
            next = match wrapped {
                Some(wrapped) => Some(wrapped),
                None => error.source(),
            };
        }
        None
    }
}

impl Tls {
    pub(super) fn new(settings: Settings) -> Result<Tls, Error> {
        let context = |http2| context(&settings, http2).map_err(|errors| explain(&errors, false));
        let plain = context(false)?;
        let context = if settings.http2 { context(true)? } else { plain.clone() };
        Ok(Tls { context, plain, settings })
    }

    /// Performs a handshake with `host`.
    pub(super) async fn connect<S: Stream>(
        &self,
        host: &str,
        is_proxy: bool,
        stream: S,
    ) -> Result<SslStream<S>, Error> {
        let host = self.settings.server_name.as_deref().unwrap_or(host);
        let verdict: Arc<OnceLock<Result<(), Untrusted>>> = Arc::default();
        let start = || -> Result<Option<SslStream<S>>, ErrorStack> {
            if host.contains('\0') {
                return Ok(None);
            }
            let mut ssl = Ssl::new(if is_proxy { &self.plain } else { &self.context })?;
            // SNI is for host names only (RFC 6066).
            if name::address(host).is_none() {
                ssl.set_hostname(host.trim_end_matches('.'))?;
            }
            if self.settings.insecure {
                ssl.set_verify(SslVerifyMode::NONE);
            } else {
                self.check_certificates(&mut ssl, host, &verdict)?;
            }
            SslStream::new(ssl, stream).map(Some)
        };
        let started = start().map_err(|errors| explain(&errors, self.settings.identity.is_some()))?;
        let mut stream = started.ok_or_else(|| Error::Handshake(format!("invalid hostname {host:?}")))?;
        let shaken = Pin::new(&mut stream).connect().await;
        match (shaken, verdict.get()) {
            (_, Some(Err(untrusted))) => Err(Error::Untrusted(untrusted.clone())),
            (Ok(()), Some(Ok(()))) => Ok(stream),
            (Ok(()), None) if self.settings.insecure => Ok(stream),
            (Ok(()), None) => Err(Error::Untrusted(Untrusted::Unreadable)),
            (Err(error), _) => Err(match (system_error(&error), error.ssl_error()) {
                (Some(error), _) => Error::Handshake(error.to_string()),
                (None, Some(errors)) => explain(errors, self.settings.identity.is_some()),
                (None, None) => Error::Handshake("the server closed the connection".into()),
            }),
        }
    }

    /// Verifies the server's certificates with [`Roots::verify`] instead of OpenSSL's rules.
    fn check_certificates(
        &self,
        ssl: &mut SslRef,
        host: &str,
        verdict: &Arc<OnceLock<Result<(), Untrusted>>>,
    ) -> Result<(), ErrorStack> {
        let (roots, host, verdict) = (self.settings.roots.clone(), host.to_owned(), Arc::clone(verdict));
        let connection = X509StoreContext::ssl_idx()?;
        // OpenSSL calls back for each certificate and each error. The first call decides.
        ssl.set_verify_callback(SslVerifyMode::PEER, move |_, context| {
            let judged = verdict.get_or_init(|| {
                let shown = context.ex_data(connection).and_then(SslRef::peer_cert_chain);
                let read = |it: &X509Ref| it.to_der().ok().and_then(|der| Certificate::read(&der));
                let shown: Option<Vec<Certificate>> =
                    shown.and_then(|shown| shown.iter().map(read).collect());
                roots.verify(&shown.ok_or(Untrusted::Unreadable)?, &host)
            });
            // The error determines the alert.
            if judged.is_ok() {
                context.set_error(X509VerifyResult::OK);
            } else if context.error() == X509VerifyResult::OK {
                context.set_error(X509VerifyResult::APPLICATION_VERIFICATION);
            }
            judged.is_ok()
        });
        Ok(())
    }
}

fn context(settings: &Settings, http2: bool) -> Result<SslContext, ErrorStack> {
    let mut context = SslContext::builder(SslMethod::tls_client())?;
    context.set_mode(
        SslMode::AUTO_RETRY
            | SslMode::ACCEPT_MOVING_WRITE_BUFFER
            | SslMode::ENABLE_PARTIAL_WRITE
            | SslMode::RELEASE_BUFFERS
            | SslMode::NO_AUTO_CHAIN,
    );
    context.set_options(SslOptions::NO_COMPRESSION | SslOptions::NO_RENEGOTIATION | LEGACY_SERVER_CONNECT);
    context.set_min_proto_version(Some(SslVersion::TLS1_2))?;
    // The lists below are the limits. A higher level would refuse some client certificates that Go accepts.
    context.set_security_level(0);
    context.set_cipher_list(CIPHERS_OF_TLS_1_2)?;
    context.set_groups_list(GROUPS)?;
    context.set_sigalgs_list(SIGNATURES)?;
    if http2 {
        context.set_alpn_protos(HTTP_2_OR_1)?;
    }
    if let Some(identity) = &settings.identity {
        context.set_certificate(&identity.certificate)?;
        context.set_private_key(&identity.key)?;
        for certificate in &identity.chain {
            context.add_extra_chain_cert(certificate.clone())?;
        }
    }
    Ok(context.build())
}

/// Returns the error of the connection below TLS, if OpenSSL reports one.
pub(super) fn system_error(error: &ssl::Error) -> Option<io::Error> {
    if let Some(error) = error.io_error() {
        let copy = || io::Error::new(error.kind(), error.to_string());
        return Some(error.raw_os_error().map_or_else(copy, io::Error::from_raw_os_error));
    }
    let errors = error.ssl_error().filter(|_| error.code() == ErrorCode::SYSCALL)?;
    Some(io::Error::from_raw_os_error(errors.errors().first()?.reason_code()))
}

/// Translates OpenSSL's errors.
fn explain(errors: &ErrorStack, has_identity: bool) -> Error {
    /// Offset of the reason codes for received alerts.
    const ALERT: i32 = 1000;
    let Some(error) = errors.errors().first() else {
        return Error::Handshake("OpenSSL gives no reason".into());
    };
    let refused = |why| if has_identity { Error::IdentityRefused(why) } else { Error::NoIdentity };
    match error.reason_code() {
        // https proxy request, http request, packet too long, record length mismatch, wrong version number
        155 | 156 | 198 | 213 | 267 => Error::NotTls,
        // unsupported protocol, wrong SSL version, version too low, alert protocol version
        258 | 266 | 396 | 1070 => Error::OldVersion,
        code => match code - ALERT {
            42 => refused("bad certificate"),
            43 => refused("unsupported certificate"),
            44 => refused("revoked"),
            45 => refused("expired"),
            46 => refused("certificate unknown"),
            48 => refused("unknown authority"),
            49 => refused("access denied"),
            51 => refused("its signature is wrong"),
            116 => Error::NoIdentity,
            _ => Error::Handshake(error.reason().unwrap_or("OpenSSL gives no reason").to_owned()),
        },
    }
}
