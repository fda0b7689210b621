//! Certificates of every kind, wrong ones too, and TLS servers that show them.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::BigNum;
use openssl::conf::{Conf, ConfMethod};
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Private};
use openssl::rsa::Rsa;
use openssl::ssl::{AlpnError, Ssl, SslContext, SslMethod, SslStream, SslVerifyMode, SslVersion};
use openssl::x509::{X509, X509Extension, X509NameBuilder};

/// The kind of a key.
#[derive(Clone, Copy)]
pub enum Key {
    /// RSA with this many bits.
    Rsa(u32),
    /// ECDSA on a named curve.
    Curve(Nid),
    /// Ed25519.
    Ed25519,
}

impl Key {
    /// ECDSA on P-256.
    pub const P256: Key = Key::Curve(Nid::X9_62_PRIME256V1);
    /// ECDSA on P-384.
    pub const P384: Key = Key::Curve(Nid::SECP384R1);
    /// ECDSA on P-521.
    pub const P521: Key = Key::Curve(Nid::SECP521R1);

    /// Generates a key.
    pub fn make(self) -> PKey<Private> {
        match self {
            Key::Rsa(bits) => PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap(),
            Key::Curve(curve) => {
                let group = EcGroup::from_curve_name(curve).unwrap();
                PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
            }
            Key::Ed25519 => PKey::generate_ed25519().unwrap(),
        }
    }
}

/// A certificate with its key.
#[derive(Clone)]
pub struct Made {
    /// The certificate.
    pub certificate: X509,
    /// Its private key.
    pub key: PKey<Private>,
}

impl Made {
    /// The certificate as PEM.
    pub fn pem(&self) -> Vec<u8> {
        self.certificate.to_pem().unwrap()
    }
}

/// Describes a certificate before it is made.
#[derive(Clone)]
pub struct Recipe<'a> {
    subject: &'a str,
    issuer: Option<&'a Made>,
    key: PKey<Private>,
    /// 0 is version 1.
    version: i32,
    /// From and to, in days from now.
    days: (i64, i64),
    digest: MessageDigest,
    extensions: Vec<(&'a str, &'a str)>,
}

impl<'a> Recipe<'a> {
    /// A self-signed certificate without extensions.
    pub fn new(subject: &'a str, key: Key) -> Self {
        Self {
            subject,
            issuer: None,
            key: key.make(),
            version: 2,
            days: (-1, 3),
            digest: MessageDigest::sha256(),
            extensions: Vec::new(),
        }
    }

    /// An authority.
    pub fn authority(subject: &'a str) -> Self {
        Self::new(subject, Key::P256)
            .with("basicConstraints", "critical,CA:TRUE")
            .with("subjectKeyIdentifier", "hash")
    }

    /// A server's certificate.
    pub fn server(names: &'a str) -> Self {
        Self::new("server", Key::P256).with("subjectAltName", names)
    }

    /// Sets who signs it; by default, itself.
    #[must_use]
    pub fn by(mut self, issuer: &'a Made) -> Self {
        self.issuer = Some(issuer);
        self
    }

    /// Sets its key.
    #[must_use]
    pub fn key(mut self, key: PKey<Private>) -> Self {
        self.key = key;
        self
    }

    /// Makes it an X.509 v1 certificate, which has no extensions.
    #[must_use]
    pub fn version_1(mut self) -> Self {
        self.version = 0;
        self.extensions.clear();
        self
    }

    /// Sets its validity, in days from now.
    #[must_use]
    pub fn days(mut self, from: i64, to: i64) -> Self {
        self.days = (from, to);
        self
    }

    /// Sets the hash that is signed.
    #[must_use]
    pub fn digest(mut self, digest: MessageDigest) -> Self {
        self.digest = digest;
        self
    }

    /// Adds or replaces an extension, written as in OpenSSL's configuration.
    #[must_use]
    pub fn with(mut self, name: &'a str, value: &'a str) -> Self {
        self.extensions.retain(|(known, _)| *known != name);
        self.extensions.push((name, value));
        self
    }

    /// Makes and signs it.
    #[allow(deprecated, reason = "the typed builders cannot write every extension")]
    pub fn make(self) -> Made {
        let mut name = X509NameBuilder::new().unwrap();
        name.append_entry_by_nid(Nid::COMMONNAME, self.subject).unwrap();
        let name = name.build();
        let mut builder = X509::builder().unwrap();
        builder.set_version(self.version).unwrap();
        builder.set_subject_name(&name).unwrap();
        let issuer = self.issuer.map(|issuer| issuer.certificate.as_ref());
        builder.set_issuer_name(issuer.map_or(&*name, |issuer| issuer.subject_name())).unwrap();
        let mut serial = BigNum::new().unwrap();
        serial.rand(64, openssl::bn::MsbOption::MAYBE_ZERO, false).unwrap();
        builder.set_serial_number(&Asn1Integer::from_bn(&serial).unwrap()).unwrap();
        builder.set_not_before(&in_days(self.days.0)).unwrap();
        builder.set_not_after(&in_days(self.days.1)).unwrap();
        builder.set_pubkey(&self.key).unwrap();
        let conf = Conf::new(ConfMethod::default()).unwrap();
        for (name, value) in &self.extensions {
            let context = builder.x509v3_context(issuer, Some(&conf));
            let extension = X509Extension::new(None, Some(&context), name, value)
                .unwrap_or_else(|error| panic!("{name}={value}: {error}"));
            builder.append_extension(extension).unwrap();
        }
        let signer = self.issuer.map_or(&self.key, |issuer| &issuer.key);
        let digest = if signer.id() == Id::ED25519 { MessageDigest::null() } else { self.digest };
        builder.sign(signer, digest).unwrap();
        Made { certificate: builder.build(), key: self.key }
    }
}

fn in_days(days: i64) -> Asn1Time {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    Asn1Time::from_unix(i64::try_from(now).unwrap() + days * 86_400).unwrap()
}

/// How a TLS server behaves.
#[derive(Clone, Default)]
pub struct Manner {
    /// Further certificates that it shows.
    pub chain: Vec<X509>,
    /// The only protocol version it has.
    pub version: Option<SslVersion>,
    /// It requires a client certificate of this authority.
    pub clients_by: Option<X509>,
    /// Its answer, instead of an empty list of Kubernetes objects. `PORT` stands for the server's port.
    pub body: Option<String>,
    /// It selects HTTP/1.1 by ALPN.
    pub alpn: bool,
    /// Resets the connections of clients that it refuses, as most servers do.
    pub resets: bool,
}

/// A TLS server on loopback.
pub struct TlsServer {
    /// Its port on 127.0.0.1.
    pub port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
}

/// A request and its connection, as the server saw them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// The name in SNI.
    pub server_name: Option<String>,
    /// The common name of the client's certificate.
    pub client: Option<String>,
    /// The protocol selected by ALPN.
    pub protocol: Option<Vec<u8>>,
    /// The TLS version, as OpenSSL writes it.
    pub version: &'static str,
    /// Head and body of the request.
    pub request: String,
}

impl TlsServer {
    /// Starts a server with this certificate.
    pub fn start(made: &Made, manner: Manner) -> TlsServer {
        let mut context = SslContext::builder(SslMethod::tls_server()).unwrap();
        context.set_security_level(0);
        context.set_certificate(&made.certificate).unwrap();
        context.set_private_key(&made.key).unwrap();
        for certificate in manner.chain {
            context.add_extra_chain_cert(certificate).unwrap();
        }
        if manner.version.is_some() {
            context.set_min_proto_version(manner.version).unwrap();
            context.set_max_proto_version(manner.version).unwrap();
            context.set_cipher_list("ALL:@SECLEVEL=0").unwrap();
        }
        if let Some(authority) = manner.clients_by {
            context.cert_store_mut().add_cert(authority).unwrap();
            context.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
        }
        if manner.alpn {
            context.set_alpn_select_callback(|_, offered| {
                openssl::ssl::select_next_proto(b"\x08http/1.1", offered).ok_or(AlpnError::NOACK)
            });
        }
        let context = context.build();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let body = manner
            .body
            .unwrap_or_else(|| r#"{"kind":"List","apiVersion":"v1","metadata":{},"items":[]}"#.into());
        let body = body.replace("PORT", &port.to_string());
        let log = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (ssl, body, log) = (Ssl::new(&context).unwrap(), body.clone(), Arc::clone(&log));
                std::thread::spawn(move || {
                    let raw = stream.try_clone();
                    let Ok(mut stream) = ssl.accept(stream) else {
                        // Closing with unread input resets the connection.
                        if !manner.resets
                            && let Ok(mut raw) = raw
                        {
                            let _ = raw.shutdown(std::net::Shutdown::Write);
                            let _ = std::io::copy(&mut raw, &mut std::io::sink());
                        }
                        return;
                    };
                    answer(&mut stream, &body, &log);
                });
            }
        });
        TlsServer { port, seen }
    }

    /// Whatever listens on this port.
    pub fn elsewhere(port: u16) -> TlsServer {
        TlsServer { port, seen: Arc::default() }
    }

    /// The requests so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

fn answer(stream: &mut SslStream<TcpStream>, body: &str, log: &Mutex<Vec<Seen>>) {
    let mut request = Vec::new();
    let mut buffer = [0_u8; 4096];
    while !is_complete(&request) {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(count) => request.extend_from_slice(&buffer[..count]),
        }
    }
    let ssl = stream.ssl();
    let common_name = |certificate: X509| {
        let entry = certificate.subject_name().entries_by_nid(Nid::COMMONNAME).next()?;
        entry.data().to_string().ok()
    };
    log.lock().unwrap().push(Seen {
        server_name: ssl.servername(openssl::ssl::NameType::HOST_NAME).map(ToOwned::to_owned),
        client: ssl.peer_certificate().and_then(common_name),
        protocol: ssl.selected_alpn_protocol().map(<[u8]>::to_vec),
        version: ssl.version_str(),
        request: String::from_utf8_lossy(&request).into_owned(),
    });
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
    let _ = write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let _ = stream.shutdown();
}

/// Whether a whole request, with its body, has been read.
fn is_complete(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}
