//! Which servers are trusted: those that Go's programs trust, and no others.

use bytes::Bytes;
use edgeflux::net::{
    Client, Connector, Failure, Identity, Proxies, Roots, Settings, SystemRoots, TlsError, Untrusted,
    Unusable,
};
use http::Request;
use http_body_util::{BodyExt, Full};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::ssl::SslVersion;
use openssl::x509::X509;

use crate::support::flux::Flux;
use crate::support::pki::{Key, Made, Manner, Recipe, TlsServer};

const HOST: &str = "git.example.com";

/// Sends a request to a server that is known as `HOST`.
fn ask(server: &TlsServer, settings: Settings) -> Result<String, Failure> {
    let settings = Settings { server_name: settings.server_name.or(Some(HOST.into())), ..settings };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let patience = std::time::Duration::from_secs(20);
    let connector = Connector::new(settings, Proxies::none(), patience).map_err(Failure::Tls)?;
    let request = Request::get(format!("https://127.0.0.1:{}/", server.port)).body(Full::<Bytes>::default());
    runtime.block_on(async {
        let answer = Client::new(connector).send(request.unwrap()).await?;
        let body = answer.into_body().collect().await.map_err(|error| Failure::of(&*error))?;
        Ok(String::from_utf8_lossy(&body.to_bytes()).into_owned())
    })
}

fn trusting(roots: &[&Made]) -> Settings {
    let pem: Vec<u8> = roots.iter().flat_map(|made| made.pem()).collect();
    Settings { roots: Roots::only(&pem).unwrap(), ..Settings::default() }
}

/// Why a server with this certificate and chain is not trusted; none if it is.
fn refusal_of(leaf: &Made, chain: &[&Made], roots: &[&Made], host: &str) -> Option<Untrusted> {
    let chain = chain.iter().map(|made| made.certificate.clone()).collect();
    let server = TlsServer::start(leaf, Manner { chain, ..Manner::default() });
    let settings = Settings { server_name: Some(host.into()), ..trusting(roots) };
    match ask(&server, settings) {
        Ok(_) => {
            assert_eq!(server.seen().len(), 1);
            None
        }
        Err(Failure::Tls(TlsError::Untrusted(untrusted))) => {
            assert_eq!(server.seen(), [], "nothing is sent to a server that is not trusted");
            Some(untrusted)
        }
        Err(other) => panic!("{other:?}"),
    }
}

fn refused(leaf: &Made, chain: &[&Made], roots: &[&Made]) -> Untrusted {
    refusal_of(leaf, chain, roots, HOST).expect("refused")
}

fn trusted(leaf: &Made, chain: &[&Made], roots: &[&Made]) {
    assert_eq!(refusal_of(leaf, chain, roots, HOST), None);
}

fn server() -> Recipe<'static> {
    Recipe::server("DNS:git.example.com")
}

#[test]
fn a_certificate_of_a_trusted_authority_is_trusted() {
    let authority = Recipe::authority("ca").make();
    trusted(&server().by(&authority).make(), &[], &[&authority]);
    trusted(&server().by(&authority).make(), &[&authority], &[&authority]);
    let other = Recipe::authority("other").make();
    trusted(&server().by(&authority).make(), &[&other], &[&other, &authority]);
}

#[test]
fn a_self_signed_certificate_is_trusted_as_its_own_authority() {
    for made in [
        server().make(),
        server().with("basicConstraints", "critical,CA:TRUE").make(),
        server().with("basicConstraints", "CA:FALSE").with("keyUsage", "digitalSignature").make(),
        server().with("extendedKeyUsage", "serverAuth,clientAuth").make(),
    ] {
        trusted(&made, &[], &[&made]);
        let other = Recipe::authority("other").make();
        assert!(matches!(refused(&made, &[], &[&other]), Untrusted::SelfSigned { .. }));
        // The same name with another key is another certificate.
        let forged = server().make();
        refused(&forged, &[], &[&made]);
    }
}

#[test]
fn a_pinned_certificate_is_trusted_regardless_of_its_issuer() {
    let authority = Recipe::authority("ca").make();
    let between = Recipe::authority("between").by(&authority).make();
    let leaf = server().by(&between).make();
    trusted(&leaf, &[&between], &[&leaf]);
    trusted(&leaf, &[&between], &[&between]);
    trusted(&leaf, &[], &[&between]);
    // Host and validity are checked for a pinned certificate, too.
    let host = refusal_of(&leaf, &[], &[&leaf], "other.example.com");
    assert!(matches!(host, Some(Untrusted::WrongHost { .. })));
    let old = server().by(&between).days(-9, -1).make();
    assert!(matches!(refused(&old, &[], &[&old]), Untrusted::Expired { .. }));
    // Another certificate by the same key is not pinned.
    let renewed = server().key(leaf.key.clone()).by(&between).make();
    assert!(matches!(refused(&renewed, &[], &[&leaf]), Untrusted::UnknownAuthority { .. }));
}

#[test]
fn every_kind_of_key_and_hash_that_go_knows_is_trusted() {
    let digests = [MessageDigest::sha256(), MessageDigest::sha384(), MessageDigest::sha512()];
    let keys = [Key::Rsa(1024), Key::Rsa(2048), Key::P256, Key::P384, Key::P521, Key::Ed25519];
    for (at, key) in keys.into_iter().enumerate() {
        for digest in digests {
            let authority = Recipe::authority("ca").key(key.make()).digest(digest).make();
            let leaf_key = keys[(at + 1) % keys.len()];
            trusted(&server().key(leaf_key.make()).digest(digest).by(&authority).make(), &[], &[&authority]);
        }
    }
    let authority = Recipe::authority("ca").key(Key::Curve(Nid::SECP224R1).make()).make();
    trusted(&server().by(&authority).make(), &[], &[&authority]);
}

#[test]
fn x509_v1_authorities_are_trusted_as_roots_only() {
    let authority = Recipe::authority("ca").version_1().make();
    trusted(&server().by(&authority).make(), &[], &[&authority]);
    // Only a trusted certificate may lack the CA constraint.
    let root = Recipe::authority("root").make();
    let between = Recipe::new("between", Key::P256).by(&root).version_1().make();
    let leaf = server().by(&between).make();
    assert!(matches!(refused(&leaf, &[&between], &[&root]), Untrusted::NotAuthority { .. }));
    trusted(&leaf, &[&between], &[&between]);
}

#[test]
fn among_authorities_with_the_same_name_the_right_one_is_found() {
    let make = || Recipe::new("kubernetes", Key::P256).with("basicConstraints", "CA:TRUE").make();
    let (old, new, other) = (make(), make(), make());
    let leaf = server().by(&new).make();
    trusted(&leaf, &[], &[&old, &new]);
    trusted(&leaf, &[], &[&new, &old]);
    trusted(&leaf, &[&old, &new, &other], &[&other, &new]);
    assert!(matches!(refused(&leaf, &[], &[&old]), Untrusted::OtherKey { .. }));
}

#[test]
fn an_authority_reissued_with_the_same_key_is_trusted() {
    let first = Recipe::authority("ca").days(-9, -1).make();
    let again = Recipe::authority("ca").key(first.key.clone()).make();
    let strict = server().with("authorityKeyIdentifier", "keyid:always,issuer:always");
    let leaf = strict.by(&first).make();
    trusted(&leaf, &[], &[&first, &again]);
    trusted(&leaf, &[&first], &[&again]);
    assert!(matches!(refused(&leaf, &[], &[&first]), Untrusted::Expired { .. }));
}

#[test]
fn a_cross_signed_authority_leads_to_either_root() {
    let (old, new) = (Recipe::authority("old").make(), Recipe::authority("new").make());
    let crossed = Recipe::authority("new").key(new.key.clone()).by(&old).make();
    let leaf = server().by(&new).make();
    trusted(&leaf, &[&crossed], &[&old]);
    trusted(&leaf, &[&crossed], &[&new]);
    let expired = Recipe::authority("new").key(new.key.clone()).by(&old).days(-9, -1).make();
    trusted(&leaf, &[&expired, &crossed], &[&old]);
    // Two that sign each other form no chain.
    let back = Recipe::authority("old").key(old.key.clone()).by(&new).make();
    let stranger = Recipe::authority("stranger").make();
    assert!(matches!(refused(&leaf, &[&crossed, &back], &[&stranger]), Untrusted::UnknownAuthority { .. }));
}

#[test]
fn validity_is_checked_for_every_certificate() {
    let root = Recipe::authority("root").make();
    let old_root = Recipe::authority("root").days(-9, -1).make();
    let between = |days: (i64, i64), by| Recipe::authority("between").days(days.0, days.1).by(by).make();
    let (good, old, early) = (between((-1, 3), &root), between((-9, -1), &root), between((1, 3), &root));

    let expired = refused(&server().days(-9, -1).by(&root).make(), &[], &[&root]);
    assert!(
        matches!(&expired, Untrusted::Expired { subject, .. } if subject.contains("server")),
        "{expired}"
    );
    let not_yet = refused(&server().days(1, 3).by(&root).make(), &[], &[&root]);
    assert!(matches!(not_yet, Untrusted::NotYetValid { .. }), "{not_yet}");
    for (wrong, is_old) in [(&old, true), (&early, false)] {
        let refusal = refused(&server().by(wrong).make(), &[wrong], &[&root]);
        let named = refusal.to_string().contains("between");
        assert!(named && matches!(refusal, Untrusted::Expired { .. }) == is_old, "{refusal}");
    }
    let refusal = refused(&server().by(&old_root).make(), &[], &[&old_root]);
    assert!(matches!(refusal, Untrusted::Expired { .. }), "{refusal}");
    trusted(&server().by(&good).make(), &[&good], &[&root]);
}

#[test]
fn the_host_name_is_checked() {
    let root = Recipe::authority("root").make();
    let made = |names| Recipe::server(names).by(&root).make();
    for (names, host, right) in [
        ("DNS:git.example.com", "GIT.example.com", true),
        ("DNS:git.example.com", "git.example.com.", true),
        ("DNS:*.example.com", "git.example.com", true),
        ("DNS:*.local", "git.local", true),
        ("DNS:*.example.com", "example.com", false),
        ("DNS:*.example.com", "a.git.example.com", false),
        ("DNS:g*.example.com", "git.example.com", false),
        ("DNS:example.com", "git.example.com", false),
        ("IP:127.0.0.1", "127.0.0.1", true),
        ("IP:127.0.0.1", "127.0.0.2", false),
        ("DNS:127.0.0.1", "127.0.0.1", false),
        ("IP:fd00::1", "fd00:0:0::1", true),
        ("IP:127.0.0.1,DNS:localhost", "localhost", true),
        ("email:git@example.com", "example.com", false),
    ] {
        let refusal = refusal_of(&made(names), &[], &[&root], host);
        assert_eq!(refusal.is_none(), right, "{names} {host}: {refusal:?}");
        assert!(matches!(refusal, None | Some(Untrusted::WrongHost { .. })), "{refusal:?}");
    }
    let only = Recipe::new(HOST, Key::P256).by(&root).make();
    assert!(matches!(refused(&only, &[], &[&root]), Untrusted::OnlyCommonName { .. }));
    let none = Recipe::new("somebody", Key::P256).by(&root).make();
    assert_eq!(refused(&none, &[], &[&root]), Untrusted::WrongHost { host: HOST.into(), names: vec![] });
    let both = Recipe::server("DNS:other.example.com,IP:10.0.0.1").by(&root).make();
    let told = refused(&both, &[], &[&root]).to_string();
    for word in [HOST, "other.example.com", "10.0.0.1"] {
        assert!(told.contains(word), "{told}");
    }
}

#[test]
fn only_authorities_sign() {
    let root = Recipe::authority("root").make();
    let leaf = Recipe::server("DNS:other.example.com").with("basicConstraints", "CA:FALSE").by(&root).make();
    let plain = Recipe::server("DNS:other.example.com").by(&root).make();
    let no_sign =
        Recipe::authority("no").with("keyUsage", "critical,digitalSignature,cRLSign").by(&root).make();
    for signer in [&leaf, &plain, &no_sign] {
        let made = server().by(signer).make();
        let refusal = refused(&made, &[signer], &[&root]);
        assert!(matches!(refusal, Untrusted::NotAuthority { .. }), "{refusal}");
        // Trusting it does not make it an authority.
        refused(&made, &[], &[signer]);
    }
}

#[test]
fn path_length_constraints_are_checked() {
    let root = Recipe::authority("root").with("basicConstraints", "critical,CA:TRUE,pathlen:0").make();
    trusted(&server().by(&root).make(), &[], &[&root]);
    let between = Recipe::authority("between").by(&root).make();
    let refusal = refused(&server().by(&between).make(), &[&between], &[&root]);
    assert!(matches!(&refusal, Untrusted::PathTooLong { subject } if subject.contains("root")), "{refusal}");
    let wide = Recipe::authority("wide").with("basicConstraints", "critical,CA:TRUE,pathlen:1").make();
    let between = Recipe::authority("between").by(&wide).make();
    trusted(&server().by(&between).make(), &[&between], &[&wide]);
}

#[test]
fn name_constraints_are_checked() {
    for (constraint, names, right) in [
        ("critical,permitted;DNS:example.com", "DNS:git.example.com", true),
        ("permitted;DNS:example.com", "DNS:git.example.com", true),
        ("critical,permitted;DNS:.example.com", "DNS:git.example.com", true),
        ("critical,permitted;DNS:other.com", "DNS:git.example.com", false),
        ("permitted;DNS:other.com", "DNS:git.example.com", false),
        ("critical,excluded;DNS:example.com", "DNS:git.example.com", false),
        ("critical,excluded;DNS:git.example.com", "DNS:git.example.com,DNS:*.example.com", false),
        ("critical,excluded;DNS:git.example.com", "DNS:*.example.com", false),
        ("critical,permitted;IP:10.0.0.0/255.0.0.0", "DNS:git.example.com,IP:10.1.2.3", true),
        ("critical,permitted;IP:10.0.0.0/255.0.0.0", "DNS:git.example.com,IP:11.1.2.3", false),
        ("critical,permitted;IP:10.0.0.0/255.0.0.0", "DNS:git.example.com,IP:fd00::1", false),
        ("critical,excluded;IP:fd00::/ff00::", "DNS:git.example.com,IP:fd00::1", false),
        ("critical,permitted;URI:.example.com", "DNS:git.example.com,URI:https://a.example.com/x", true),
        ("critical,permitted;URI:.example.com", "DNS:git.example.com,URI:https://10.0.0.1/x", false),
        ("critical,permitted;email:example.com", "DNS:git.example.com,email:me@example.com", true),
        ("critical,permitted;email:me@example.com", "DNS:git.example.com,email:you@example.com", false),
    ] {
        let root = Recipe::authority("root").make();
        let between = Recipe::authority("limited").with("nameConstraints", constraint).by(&root).make();
        let refusal = refusal_of(&Recipe::server(names).by(&between).make(), &[&between], &[&root], HOST);
        assert_eq!(refusal.is_none(), right, "{constraint} {names}: {refusal:?}");
        assert!(matches!(refusal, None | Some(Untrusted::NotPermitted { .. })), "{refusal:?}");
        let pinned = Recipe::authority("limited").with("nameConstraints", constraint).make();
        let refusal = refusal_of(&Recipe::server(names).by(&pinned).make(), &[], &[&pinned], HOST);
        assert_eq!(refusal.is_none(), right, "the root limits as well: {constraint} {names}");
    }
}

#[test]
fn extended_key_usage_is_checked_along_the_chain() {
    let root = Recipe::authority("root").make();
    for (purpose, right) in [
        ("serverAuth", true),
        ("critical,serverAuth,clientAuth", true),
        ("anyExtendedKeyUsage", true),
        ("clientAuth", false),
        ("1.2.3.4", false),
    ] {
        let leaf = server().with("extendedKeyUsage", purpose).by(&root).make();
        let between = Recipe::authority("between").with("extendedKeyUsage", purpose).by(&root).make();
        let below = server().by(&between).make();
        for refusal in
            [refusal_of(&leaf, &[], &[&root], HOST), refusal_of(&below, &[&between], &[&root], HOST)]
        {
            assert_eq!(refusal.is_none(), right, "{purpose}: {refusal:?}");
            assert!(matches!(refusal, None | Some(Untrusted::NotForServers { .. })), "{refusal:?}");
        }
    }
    // Key usage of leaves is not checked.
    trusted(&server().with("keyUsage", "critical,keyAgreement").by(&root).make(), &[], &[&root]);
}

#[test]
fn signatures_with_weak_hashes_are_refused() {
    let root = Recipe::authority("root").digest(MessageDigest::sha1()).make();
    trusted(&server().by(&root).make(), &[], &[&root]);
    for digest in [MessageDigest::sha1(), MessageDigest::md5()] {
        let rsa = Recipe::authority("root").key(Key::Rsa(2048).make()).make();
        let refusal = refused(&server().digest(digest).by(&rsa).make(), &[], &[&rsa]);
        assert!(matches!(refusal, Untrusted::Insecure { .. }), "{refusal}");
    }
    let between = Recipe::authority("between").digest(MessageDigest::sha1()).by(&root).make();
    let refusal = refused(&server().by(&between).make(), &[&between], &[&root]);
    assert!(matches!(&refusal, Untrusted::Insecure { algorithm: "SHA-1", .. }), "{refusal}");
}

#[test]
fn short_rsa_keys_are_refused() {
    let root = Recipe::authority("root").make();
    let leaf = server().key(Key::Rsa(768).make()).by(&root).make();
    assert!(matches!(refused(&leaf, &[], &[&root]), Untrusted::KeySize { bits: 768, .. }));
    let short = Recipe::authority("short").key(Key::Rsa(768).make()).make();
    assert!(matches!(refused(&server().by(&short).make(), &[], &[&short]), Untrusted::KeySize { .. }));
}

#[test]
fn unknown_critical_extensions_are_refused() {
    let root = Recipe::authority("root").make();
    let leaf = server().with("1.2.3.4.5", "critical,DER:0500").by(&root).make();
    assert!(matches!(refused(&leaf, &[], &[&root]), Untrusted::CriticalExtension { .. }));
    trusted(&server().with("1.2.3.4.5", "DER:0500").by(&root).make(), &[], &[&root]);
    let limited = Recipe::authority("limited").with("nameConstraints", "critical,permitted;RID:1.2.3").make();
    assert!(matches!(
        refused(&server().by(&limited).make(), &[], &[&limited]),
        Untrusted::CriticalExtension { .. }
    ));
}

#[test]
fn policy_constraints_are_checked() {
    let root = Recipe::authority("root").make();
    let demanding = |policies| {
        Recipe::authority("demanding")
            .with("policyConstraints", "critical,requireExplicitPolicy:0")
            .with("certificatePolicies", policies)
            .by(&root)
            .make()
    };
    let between = demanding("1.2.3.4");
    trusted(&server().with("certificatePolicies", "1.2.3.4").by(&between).make(), &[&between], &[&root]);
    for leaf in
        [server().by(&between).make(), server().with("certificatePolicies", "1.2.3.5").by(&between).make()]
    {
        assert_eq!(refused(&leaf, &[&between], &[&root]), Untrusted::Policies);
    }
}

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
        let told = |it: &TlsError| matches!(it, TlsError::NoIdentity | TlsError::Handshake(_));
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

#[test]
fn unreadable_certificates_in_a_bundle_are_skipped() {
    let made = server().make();
    let broken = b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n".to_vec();
    let both = [broken.clone(), made.pem()].concat();
    let server = TlsServer::start(&made, Manner::default());
    ask(&server, Settings { roots: Roots::only(&both).unwrap(), ..Settings::default() }).unwrap();
    assert!(Roots::only(&broken).is_err());
    assert!(Roots::beside_system(b"", &SystemRoots::default()).is_err());
    assert!(X509::from_pem(&made.pem()).is_ok());
}

/// `flux` asking an API server at `localhost`, with the certificates of the system where these variables say.
fn get(server: &TlsServer, variables: &[(&str, &std::path::Path)]) -> Flux {
    let url = format!("--server=https://localhost:{}", server.port);
    let flux = Flux::bare().args(["get", "kustomizations", &url, "--token=hunter2", "--timeout=20s"]);
    variables.iter().fold(flux, |flux, (name, path)| flux.env(name, path))
}

#[test]
fn ssl_cert_file_and_ssl_cert_dir_name_the_system_authorities() {
    let authority = Recipe::authority("home").make();
    let server = TlsServer::start(&Recipe::server("DNS:localhost").by(&authority).make(), Manner::default());
    let directory = tempfile::TempDir::new().unwrap();
    let (file, empty) = (directory.path().join("ca.pem"), directory.path().join("empty.pem"));
    let (inside, nothing) = (directory.path().join("certs"), directory.path().join("nothing"));
    for directory in [&inside, &nothing] {
        std::fs::create_dir(directory).unwrap();
    }
    std::fs::write(&file, authority.pem()).unwrap();
    std::fs::write(&empty, "").unwrap();
    std::fs::write(inside.join("home.crt"), authority.pem()).unwrap();
    std::os::unix::fs::symlink("home.crt", inside.join("0123abcd.0")).unwrap();

    let both = [nothing.as_os_str(), inside.as_os_str()].join(std::ffi::OsStr::new(":"));
    for variables in [
        vec![("SSL_CERT_FILE", file.as_path())],
        vec![("SSL_CERT_DIR", inside.as_path())],
        vec![("SSL_CERT_FILE", empty.as_path()), ("SSL_CERT_DIR", inside.as_path())],
        vec![("SSL_CERT_DIR", std::path::Path::new(&both))],
    ] {
        let before = server.seen().len();
        let output = get(&server, &variables).run();
        assert!(server.seen().len() > before, "{variables:?}: {output:?}");
    }
    let before = server.seen().len();
    for variables in [vec![], vec![("SSL_CERT_FILE", empty.as_path()), ("SSL_CERT_DIR", nothing.as_path())]] {
        let output = get(&server, &variables).fails(1);
        for word in ["localhost", "\"home\"", "unknown authority", "--certificate-authority"] {
            assert!(output.stderr.contains(word), "{word:?} is missing: {output:?}");
        }
    }
    assert_eq!(server.seen().len(), before, "nothing was sent");
}

#[test]
fn tls_failures_are_reported_with_host_and_hint_and_without_secrets() {
    let authority = Recipe::authority("home").make();
    let other = Recipe::authority("other").make();
    let local = Recipe::server("DNS:localhost");
    let directory = tempfile::TempDir::new().unwrap();
    for (made, trusted, words) in [
        (local.clone().days(-9, -1).by(&authority).make(), &authority, ["expired on", "renew"]),
        (local.clone().days(1, 3).by(&authority).make(), &authority, ["not valid until", "clock"]),
        (Recipe::server("DNS:k3s.lan").by(&authority).make(), &authority, ["k3s.lan", "--tls-server-name"]),
        (
            Recipe::new("localhost", Key::P256).by(&authority).make(),
            &authority,
            ["Common Name", "subjectAltName"],
        ),
        (local.clone().by(&authority).make(), &other, ["\"home\"", "--certificate-authority"]),
        (local.clone().make(), &other, ["self-signed", "--certificate-authority"]),
        (
            local.clone().by(&Recipe::authority("other").make()).make(),
            &other,
            ["another one of the same name", "its current"],
        ),
        (
            local.clone().with("extendedKeyUsage", "clientAuth").by(&authority).make(),
            &authority,
            ["serverAuth", "serverAuth"],
        ),
    ] {
        let server = TlsServer::start(&made, Manner::default());
        let file = directory.path().join("ca.pem");
        std::fs::write(&file, trusted.pem()).unwrap();
        let output =
            get(&server, &[]).args([&format!("--certificate-authority={}", file.display())]).fails(1);
        for word in words.into_iter().chain(["https://localhost:"]) {
            assert!(output.stderr.contains(word), "{word:?} is missing: {output:?}");
        }
        assert!(!output.stderr.contains("hunter2") && !output.stdout.contains("hunter2"), "{output:?}");
        assert_eq!(server.seen(), []);
    }
}

#[test]
fn an_expired_id_token_is_refreshed_at_a_provider_with_its_own_authority() {
    let authority = Recipe::authority("home").make();
    // One answer serves as the provider's configuration, its token response and the API server.
    let body = r#"{"kind":"List","apiVersion":"v1","metadata":{},"items":[],
        "token_endpoint":"https://localhost:PORT/token","id_token":"next.eyJleHAiOjk5OTk5OTk5OTl9.x"}"#;
    let server = TlsServer::start(
        &Recipe::server("DNS:localhost").by(&authority).make(),
        Manner { body: Some(body.into()), ..Manner::default() },
    );
    let directory = tempfile::TempDir::new().unwrap();
    let (file, kubeconfig) = (directory.path().join("ca.pem"), directory.path().join("config"));
    std::fs::write(&file, authority.pem()).unwrap();
    let url = format!("https://localhost:{}", server.port);
    let ca = file.display();
    let settings = format!(
        "idp-issuer-url: '{url}', idp-certificate-authority: '{ca}', client-id: me, client-secret: hunter2, \
         refresh-token: hunter3, id-token: e30.eyJleHAiOjB9.x"
    );
    std::fs::write(
        &kubeconfig,
        format!(
            "current-context: c
contexts: [{{name: c, context: {{cluster: c, user: u}}}}]
clusters: [{{name: c, cluster: {{server: '{url}', certificate-authority: '{ca}'}}}}]
users: [{{name: u, user: {{auth-provider: {{name: oidc, config: {{{settings}}}}}}}}}]
"
        ),
    )
    .unwrap();
    let output = Flux::bare().env("KUBECONFIG", &kubeconfig).line("get kustomizations --timeout=20s").run();
    let seen = server.seen();
    assert!(seen.len() >= 3, "{output:?}");
    assert!(seen[0].request.starts_with("GET /.well-known/openid-configuration "), "{}", seen[0].request);
    assert!(seen[1].request.starts_with("POST /token "), "{}", seen[1].request);
    assert!(seen[1].request.to_lowercase().contains("authorization: basic "), "{}", seen[1].request);
    for seen in &seen[2..] {
        assert!(seen.request.contains("Bearer next.eyJleHAiOjk5OTk5OTk5OTl9.x"), "{}", seen.request);
    }
    // An untrusted provider gets no request, and nothing secret is shown.
    let text = std::fs::read_to_string(&kubeconfig).unwrap().replace("idp-certificate-authority", "other");
    std::fs::write(&kubeconfig, text).unwrap();
    let output =
        Flux::bare().env("KUBECONFIG", &kubeconfig).line("get kustomizations --timeout=20s").fails(1);
    for word in ["localhost", "unknown authority", "idp-certificate-authority"] {
        assert!(output.stderr.contains(word), "{word:?} is missing: {output:?}");
    }
    assert!(!output.stderr.contains("hunter"), "{output:?}");
}
