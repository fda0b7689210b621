//! Client certificates.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use edgeflux::net::{Connector, Failure, Identity, Proxies, Settings, TlsError, Unusable};
use hyper::rt::Write as _;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::ssl::SslVersion;
use tower_service::Service as _;

use super::{HOST, ask, server, trusting};
use crate::support::pki::{Key, Manner, Recipe, TlsServer};

/// The key in all supported file formats.
fn forms(key: &PKey<openssl::pkey::Private>) -> Vec<Vec<u8>> {
    let mut forms = vec![key.private_key_to_pem_pkcs8().unwrap()];
    if let Ok(rsa) = key.rsa() {
        forms.push(rsa.private_key_to_pem().unwrap());
    }
    if let Ok(key) = key.ec_key() {
        let sec1 = key.private_key_to_pem().unwrap();
        forms.push(
            [b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n", &sec1[..]]
                .concat(),
        );
    }
    forms
}

#[test]
fn client_certificates_of_every_kind_are_sent() {
    let authority = Recipe::authority("ca").make();
    let leaf = server().by(&authority).make();
    let versions = [SslVersion::TLS1_2, SslVersion::TLS1_3];
    for key in [Key::Rsa(2048), Key::P256, Key::P384, Key::P521, Key::Ed25519] {
        // Version 1, as made by `openssl x509 -req` and MicroK8s.
        let old = Recipe::new("jane", Key::P256).key(key.make()).by(&authority).version_1().make();
        let new = Recipe::new("jane", Key::P256).key(key.make()).with("extendedKeyUsage", "clientAuth");
        for client in [old, new.by(&authority).digest(MessageDigest::sha512()).make()] {
            for (form, version) in forms(&client.key).iter().zip(versions.into_iter().cycle()) {
                let manner = Manner {
                    clients_by: Some(authority.certificate.clone()),
                    version: Some(version),
                    ..Manner::default()
                };
                let server = TlsServer::start(&leaf, manner);
                let identity = Identity::read(&client.pem(), form).unwrap();
                ask(&server, Settings { identity: Some(identity), ..trusting(&[&authority]) }).unwrap();
                assert_eq!(server.seen()[0].client.as_deref(), Some("jane"));
            }
        }
    }
}

#[test]
fn intermediate_certificates_of_the_client_are_sent() {
    let authority = Recipe::authority("ca").make();
    let between = Recipe::authority("between").by(&authority).make();
    let client = Recipe::new("jane", Key::P256).by(&between).make();
    let leaf = server().by(&authority).make();
    let manner = Manner { clients_by: Some(authority.certificate.clone()), ..Manner::default() };
    let server = TlsServer::start(&leaf, manner);
    let chain = [client.pem(), between.pem()].concat();
    let identity = Identity::read(&chain, &forms(&client.key)[0]).unwrap();
    ask(&server, Settings { identity: Some(identity), ..trusting(&[&authority]) }).unwrap();
    assert_eq!(server.seen()[0].client.as_deref(), Some("jane"));
}

#[test]
fn a_rejected_client_certificate_is_distinguished_from_an_untrusted_server() {
    let authority = Recipe::authority("ca").make();
    let leaf = server().by(&authority).make();
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let manner = Manner {
            clients_by: Some(authority.certificate.clone()),
            version: Some(version),
            ..Manner::default()
        };
        let server = TlsServer::start(&leaf, manner);
        let none = ask(&server, trusting(&[&authority]));
        let told = |it: &TlsError| match it {
            TlsError::NoIdentity => true,
            // TLS 1.2 has no alert for it.
            TlsError::Handshake(_) => version == SslVersion::TLS1_2,
            _ => false,
        };
        assert!(matches!(&none, Err(Failure::Tls(it)) if told(it)), "{version:?}: {none:?}");
        let stranger = Recipe::new("jane", Key::P256).make();
        let identity = Identity::read(&stranger.pem(), &forms(&stranger.key)[0]).unwrap();
        let refused = ask(&server, Settings { identity: Some(identity), ..trusting(&[&authority]) });
        assert!(
            matches!(refused, Err(Failure::Tls(TlsError::IdentityRefused(_)))),
            "{version:?}: {refused:?}"
        );
        assert_eq!(server.seen(), []);
    }
}

#[test]
fn mismatched_certificates_and_keys_are_reported() {
    let (made, other) = (server().make(), server().key(Key::Rsa(2048).make()).make());
    let (certificate, key) = (made.pem(), forms(&made.key).remove(0));
    let encrypted =
        made.key.private_key_to_pem_pkcs8_passphrase(openssl::symm::Cipher::aes_256_cbc(), b"x").unwrap();
    for (certificate, key, why) in [
        (&certificate, &forms(&other.key)[0], Unusable::Mismatch),
        (&certificate, &forms(&server().make().key)[0], Unusable::Mismatch),
        (&certificate, &encrypted, Unusable::Encrypted),
        (&key, &certificate, Unusable::KeyAsCertificate),
        (&certificate, &certificate, Unusable::CertificateAsKey),
        (&b"nothing".to_vec(), &key, Unusable::NoCertificate),
        (&certificate, &b"nothing".to_vec(), Unusable::NoKey),
        (
            &certificate,
            &b"-----BEGIN PRIVATE KEY-----\nAQID\n-----END PRIVATE KEY-----\n".to_vec(),
            Unusable::UnknownKey,
        ),
    ] {
        assert_eq!(Identity::read(certificate, key).err(), Some(why));
    }
    // The PEM label does not matter, as in Go.
    let text = String::from_utf8(key).unwrap().replace("PRIVATE KEY", "RSA PRIVATE KEY");
    Identity::read(&certificate, text.as_bytes()).unwrap();
}

/// Servers refuse clients after the handshake in TLS 1.3. Requests that are sent then fail before the reason is read.
#[tokio::test]
async fn the_reason_is_read_when_a_request_breaks_off() {
    let authority = Recipe::authority("ca").make();
    let leaf = server().by(&authority).make();
    let manner = Manner {
        clients_by: Some(authority.certificate.clone()),
        version: Some(SslVersion::TLS1_3),
        resets: true,
        ..Manner::default()
    };
    let server = TlsServer::start(&leaf, manner);
    let settings = Settings { server_name: Some(HOST.into()), ..trusting(&[&authority]) };
    let mut connector = Connector::new(settings, Proxies::none(), Duration::from_mins(1)).unwrap();
    let address = format!("https://127.0.0.1:{}/", server.port);
    let mut connection = connector.call(address.parse().unwrap()).await.unwrap();
    // The first request may be sent before the connection is closed.
    let error = loop {
        let sent = poll_fn(|context| Pin::new(&mut connection).poll_write(context, b"GET / HTTP/1.1\r\n"));
        match sent.await {
            Ok(_) => tokio::time::sleep(Duration::from_millis(1)).await,
            Err(error) => break error,
        }
    };
    assert_eq!(TlsError::find(&error), Some(TlsError::NoIdentity), "{error:?}");
}
