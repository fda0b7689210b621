//! Connections: versions of TLS and HTTP, and servers without TLS.

use edgeflux::net::{Failure, Settings, TlsError, Untrusted};
use openssl::ssl::SslVersion;

use super::{ask, refused, server, trusting};
use crate::support::pki::{Manner, Recipe, TlsServer};

#[test]
fn an_unknown_authority_is_named() {
    let (root, other) = (Recipe::authority("home").make(), Recipe::authority("other").make());
    let refusal = refused(&server().by(&root).make(), &[], &[&other]);
    assert_eq!(refusal, Untrusted::UnknownAuthority { issuer: "\"home\"".into() });
    // A root that the server sends is not trusted either.
    refused(&server().by(&root).make(), &[&root], &[&other]);
    assert!(refusal.next_step("--ca-file").contains("--ca-file"));
}

#[test]
fn insecure_skip_tls_verify_skips_verification() {
    let stranger = Recipe::server("DNS:other.example.com").days(-9, -1).make();
    let server = TlsServer::start(&stranger, Manner::default());
    let settings =
        Settings { insecure: true, server_name: Some("asked.example.com".into()), ..Settings::default() };
    ask(&server, settings).unwrap();
    assert_eq!(server.seen()[0].server_name.as_deref(), Some("asked.example.com"));
}

#[test]
fn tls_1_2_and_1_3_are_supported_and_nothing_older() {
    let made = server().make();
    for (version, spoken) in [
        (SslVersion::TLS1, None),
        (SslVersion::TLS1_1, None),
        (SslVersion::TLS1_2, Some("TLSv1.2")),
        (SslVersion::TLS1_3, Some("TLSv1.3")),
    ] {
        let server = TlsServer::start(&made, Manner { version: Some(version), ..Manner::default() });
        match (ask(&server, trusting(&[&made])), spoken) {
            (Ok(_), Some(version)) => assert_eq!(server.seen()[0].version, version),
            (Err(Failure::Tls(TlsError::OldVersion)), None) => {}
            (other, _) => panic!("{version:?}: {other:?}"),
        }
    }
}

#[test]
fn a_server_without_tls_is_distinguished_from_an_untrusted_one() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = std::io::Write::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let made = server().make();
    assert_eq!(ask(&TlsServer::elsewhere(port), trusting(&[&made])), Err(Failure::Tls(TlsError::NotTls)));
}

#[test]
fn http_2_is_offered_on_request_and_http_1_1_accepted() {
    let made = server().make();
    for (http2, protocol) in [(true, Some(b"http/1.1".to_vec())), (false, None)] {
        let server = TlsServer::start(&made, Manner { alpn: true, ..Manner::default() });
        ask(&server, Settings { http2, ..trusting(&[&made]) }).unwrap();
        assert_eq!(server.seen()[0].protocol, protocol);
    }
}
