//! What `flux` makes of the certificates of the system, and what it says of a server that it does not trust.

use edgeflux::net::{Roots, Settings, SystemRoots};
use openssl::x509::X509;

use super::{ask, server};
use crate::support::flux::Flux;
use crate::support::pki::{Key, Manner, Recipe, TlsServer};

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
