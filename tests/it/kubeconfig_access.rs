//! The credentials that are sent to the API server of a kubeconfig, and those that never are.

use std::fs;

use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tempfile::TempDir;

use crate::support::flux::Flux;
use crate::support::kubeconfig_bed::{Bed, fails};
use crate::support::tls::Authority;

#[test]
fn credentials_are_chosen_as_client_go_chooses_them() {
    let bed = Bed::secure();
    let basic = |pair: &str| Some(format!("Basic {}", STANDARD.encode(pair)));
    bed.file("token", " from-a-file\r\n\n");
    for (user, sent) in [
        ("{token: t}", Some("Bearer t".to_owned())),
        ("{token: \"t\\n\"}", Some("Bearer t".to_owned())),
        ("{token: tök}", Some("Bearer tök".to_owned())),
        // A token file is kept up to date by others.
        ("{token: t, tokenFile: token}", Some("Bearer from-a-file".to_owned())),
        ("{token: t, tokenFile: gone}", Some("Bearer t".to_owned())),
        ("{username: me, password: 'p:ä'}", basic("me:p:ä")),
        ("{username: me}", basic("me:")),
        ("{password: p}", None),
        (
            "{token: t, exec: {apiVersion: client.authentication.k8s.io/v1, command: /nowhere, interactiveMode: Never}}",
            Some("Bearer t".to_owned()),
        ),
        ("{username: me, auth-provider: {name: oidc}}", basic("me:")),
    ] {
        bed.write("", user);
        assert_eq!(bed.sent(&[]), sent, "{user}");
    }
    for (user, words) in [
        ("{token: t, username: me}", ["token", "password"]),
        ("{tokenFile: token, username: me}", ["token", "password"]),
        ("{tokenFile: gone}", ["gone", "tokenFile"]),
        ("{tokenFile: empty}", ["empty", "tokenFile"]),
        ("{token: \"a\\nb\"}", ["user \"u\"", "line break"]),
        ("{token: \"a\\0b\"}", ["user \"u\"", "control character"]),
        (
            "{exec: {command: a, apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never}, auth-provider: {name: oidc}}",
            ["exec", "auth-provider"],
        ),
        ("{auth-provider: {name: gcp}}", ["gcp", "gke-gcloud-auth-plugin"]),
        ("{auth-provider: {name: azure}}", ["azure", "kubelogin"]),
        ("{auth-provider: {name: other}}", ["other", "unknown"]),
        ("{client-certificate-data: eA==}", ["client-certificate-data", "client-key"]),
        (
            "{client-certificate: a, client-certificate-data: eA==, client-key-data: eA==}",
            ["client-certificate", "client-certificate-data"],
        ),
        (
            "{client-certificate-data: eA==, client-key: a, client-key-data: eA==}",
            ["client-key", "client-key-data"],
        ),
        ("{client-certificate-data: eA==, client-key-data: eA==}", ["client-certificate-data", "PEM"]),
        ("{client-certificate-data: '%%%', client-key-data: eA==}", ["client-certificate-data", "base64"]),
        ("{as-uid: '7'}", ["impersonate", "--as"]),
    ] {
        bed.file("empty", "\n");
        bed.write("", user);
        fails(&bed, &[], &words);
    }
}

#[test]
fn flags_override_the_kubeconfig() {
    let bed = Bed::secure();
    let authority = bed.authority.file().display().to_string();
    bed.write("", "{username: me, password: p, tokenFile: gone}");
    assert_eq!(bed.sent(&["--token=flag"]).as_deref(), Some("Bearer flag"));
    // An empty flag counts as not given, as scripts write it.
    bed.write("", "{token: t}");
    assert_eq!(bed.sent(&["--token=", "--server=", "--context="]).as_deref(), Some("Bearer t"));

    // tls-server-name does not apply to another server.
    let server = format!("--server={}", bed.server.url());
    bed.write_for("https://127.0.0.1:1", ", tls-server-name: elsewhere", "{token: t}");
    assert_eq!(bed.sent(&[&server]).as_deref(), Some("Bearer t"));
    bed.write(", tls-server-name: elsewhere", "{token: t}");
    fails(&bed, &[], &["certificate"]);
    assert_eq!(bed.sent(&["--tls-server-name=localhost"]).as_deref(), Some("Bearer t"));

    // The authorities are replaced as a whole.
    let other = Authority::new();
    let theirs = STANDARD.encode(other.pem());
    bed.file("other.crt", &other.pem());
    let data = format!("server: {:?}, certificate-authority-data: {theirs}", bed.server.url());
    bed.file(
        "config",
        &format!("current-context: c\ncontexts: [{{name: c, context: {{cluster: k}}}}]\nclusters: [{{name: k, cluster: {{{data}}}}}]\n"),
    );
    fails(&bed, &[], &["certificate"]);
    assert_eq!(bed.sent(&[&format!("--certificate-authority={authority}")]), None);
    assert_eq!(bed.sent(&["--insecure-skip-tls-verify"]), None);
    bed.write(", insecure-skip-tls-verify: true", "{}");
    fails(&bed, &[], &["insecure-skip-tls-verify", "certificate authority"]);
    assert_eq!(bed.sent(&[&format!("--certificate-authority={authority}")]), None);
    fails(
        &bed,
        &["--insecure-skip-tls-verify", &format!("--certificate-authority={authority}")],
        &["insecure-skip-tls-verify"],
    );

    // Without any kubeconfig.
    let bare = |args: &[&str]| Flux::bare().line("get sources git").args(args).ok();
    bare(&[&server, &format!("--certificate-authority={authority}"), "--token=bare"]);
    assert_eq!(bed.authorizations().last(), Some(&Some("Bearer bare".to_owned())));
}

#[test]
fn impersonation_is_sent_in_headers() {
    let bed = Bed::secure();
    bed.write("", "{token: t, as: jane, as-uid: '7', as-groups: [a, b], as-user-extra: {example.com/k: [v, w], l: [x]}}");
    bed.sent(&[]);
    assert_eq!(bed.last("impersonate-user"), ["jane"]);
    assert_eq!(bed.last("impersonate-uid"), ["7"]);
    assert_eq!(bed.last("impersonate-group"), ["a", "b"]);
    assert_eq!(bed.last("impersonate-extra-example.com%2fk"), ["v", "w"]);
    bed.sent(&["--as=joe", "--as-group=c", "--as-user-extra=l=y", "--as-user-extra=l=z"]);
    assert_eq!(bed.last("impersonate-user"), ["joe"]);
    assert_eq!(bed.last("impersonate-uid"), ["7"]);
    assert_eq!(bed.last("impersonate-group"), ["c"]);
    assert_eq!(bed.last("impersonate-extra-l"), ["y", "z"]);
    assert_eq!(bed.last("impersonate-extra-example.com%2fk"), ["v", "w"]);
    bed.write("", "{token: t}");
    for wrong in ["--as=a\nb", "--as-user-extra=novalue", "--as-group=a"] {
        fails(&bed, &[wrong], &["--as"]);
    }
}

#[test]
fn a_token_file_that_changes_is_read_again() {
    let directory = TempDir::new().expect("a directory");
    let token = directory.path().join("token");
    fs::write(&token, "first\n").expect("a file");
    let rotated = token.clone();
    let bed = Bed::answering(true, move |_, headers| {
        if headers[header::AUTHORIZATION] == "Bearer second" {
            return StatusCode::OK.into_response();
        }
        // Replaced at once, as the kubelet does.
        let next = rotated.with_extension("next");
        fs::write(&next, "second\n").expect("a file");
        fs::rename(next, &rotated).expect("a file");
        StatusCode::UNAUTHORIZED.into_response()
    });
    bed.write("", &format!("{{tokenFile: {:?}}}", token.display().to_string()));
    bed.sent(&[]);
    let first_two = [Some("Bearer first".to_owned()), Some("Bearer second".to_owned())];
    assert_eq!(bed.authorizations()[..2], first_two);
}

#[test]
fn credentials_are_never_sent_over_plain_http() {
    let exec =
        "{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, interactiveMode: Never}}";
    for (user, withheld) in [
        ("{token: geheim}", true),
        ("{tokenFile: token}", true),
        ("{username: u, password: geheim}", true),
        ("{client-certificate: token, client-key: token}", true),
        (exec, true),
        ("{auth-provider: {name: gcp}}", true),
        ("{}", false),
    ] {
        let bed = Bed::answering(false, |_, _| StatusCode::OK.into_response());
        bed.file("token", "geheim");
        for server in [
            bed.server.url(),
            bed.server.url().replace("http://", ""),
            bed.server.url().replace("http://", "http://me:geheim@"),
        ] {
            bed.write_for(&server, ", certificate-authority: '', certificate-authority-data: ''", user);
            let output = bed.flux().ok();
            let warned = output.stderr.contains("are not sent");
            assert_eq!(warned, withheld || server.contains('@'), "{server} {user}: {output:?}");
            assert!(!format!("{output:?}").contains("geheim"), "{output:?}");
            bed.flux().args(["--token=geheim"]).ok();
        }
        assert!(bed.authorizations().iter().all(Option::is_none), "{user}: {:?}", bed.authorizations());
    }
    // A server that requires credentials is distinguished from one that rejects them.
    let bed = Bed::answering(false, |_, _| StatusCode::UNAUTHORIZED.into_response());
    bed.write("", "{token: geheim}");
    fails(&bed, &[], &["not sent over plain HTTP", "https://"]);
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = [Bed::secure(), Bed::answering(false, |_, _| StatusCode::OK.into_response())];
    for code in [StatusCode::MOVED_PERMANENTLY, StatusCode::FOUND, StatusCode::TEMPORARY_REDIRECT] {
        for other in &elsewhere {
            let to = other.server.url();
            let bed =
                Bed::answering(true, move |_, _| (code, [(header::LOCATION, to.clone())]).into_response());
            bed.write(", insecure-skip-tls-verify: false", "{token: geheim}");
            fails(&bed, &[], &[code.as_str()]);
        }
    }
    for other in &elsewhere {
        assert_eq!(other.authorizations(), []);
    }
}

#[test]
fn an_encrypted_client_key_is_reported() {
    let bed = Bed::secure();
    let pkcs8 = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let openssl = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nMIIB\n-----END RSA PRIVATE KEY-----\n";
    bed.file("u.crt", &bed.authority.pem());
    for key in [pkcs8, openssl] {
        bed.file("u.key", key);
        bed.write("", "{client-certificate: u.crt, client-key: u.key}");
        fails(&bed, &[], &["encrypted", "openssl pkey -in", "u.key", "user \"u\""]);
        let data = STANDARD.encode(key);
        bed.write("", &format!("{{client-certificate: u.crt, client-key-data: {data}}}"));
        fails(&bed, &[], &["encrypted", "client-key-data", "openssl pkey"]);
    }
    let (_, key) = bed.authority.certificate(&[]);
    bed.file("u.key", &key);
    bed.write("", "{client-certificate: u.crt, client-key: u.key}");
    fails(&bed, &[], &["does not match", "u.key", "u.crt"]);
}
