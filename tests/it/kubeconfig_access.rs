//! The credentials that are sent to the API server of a kubeconfig, and those that never are.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::ssl::SslContext;
use tempfile::TempDir;

use crate::support::flux::{Flux, Output};
use crate::support::loopback::Loopback;
use crate::support::tls::Authority;

/// The objects of every kind that the server has.
const OBJECTS: &str = r#"{"items": [{"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository", "metadata": {"name": "fleet", "namespace": "flux-system"}}], "metadata": {"resourceVersion": "1"}}"#;

/// A request to the server: its path and headers.
type Request = (String, HeaderMap);

/// An API server that remembers all requests, and a directory for kubeconfigs.
pub struct Bed {
    pub directory: TempDir,
    pub authority: Authority,
    pub server: Loopback,
    asked: Arc<Mutex<Vec<Request>>>,
}

impl Bed {
    /// A server with TLS.
    pub fn secure() -> Self {
        Self::answering(true, |_, _| StatusCode::OK.into_response())
    }

    /// A server whose answers depend on the number of the request, from 1, and its headers.
    pub fn answering(
        secure: bool,
        answer: impl Fn(usize, &HeaderMap) -> Response + Clone + Send + Sync + 'static,
    ) -> Self {
        let authority = Authority::new();
        let tls = secure.then(|| authority.server_tls(&[]));
        Self::serving(authority, tls, answer)
    }

    /// A server of this authority with its own TLS.
    pub fn with(authority: Authority, tls: SslContext) -> Self {
        Self::serving(authority, Some(tls), |_, _| StatusCode::OK.into_response())
    }

    fn serving(
        authority: Authority,
        tls: Option<SslContext>,
        answer: impl Fn(usize, &HeaderMap) -> Response + Clone + Send + Sync + 'static,
    ) -> Self {
        let asked: Arc<Mutex<Vec<Request>>> = Arc::default();
        let record = Arc::clone(&asked);
        let router = Router::new().fallback(move |uri: Uri, headers: HeaderMap| {
            let answer = {
                let mut asked = record.lock().expect("no test panics with it");
                asked.push((uri.path().to_owned(), headers.clone()));
                answer(asked.len(), &headers)
            };
            async move {
                match answer.status() {
                    StatusCode::OK => ([(header::CONTENT_TYPE, "application/json")], OBJECTS).into_response(),
                    _ => answer,
                }
            }
        });
        let server = Loopback::serve(router, tls);
        Bed { directory: TempDir::new().expect("a directory"), authority, server, asked }
    }

    /// The `Authorization` headers of all requests so far.
    pub fn authorizations(&self) -> Vec<Option<String>> {
        let asked = self.asked.lock().expect("no test panics with it");
        let text = |(_, headers): &Request| {
            headers
                .get(header::AUTHORIZATION)
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        asked.iter().map(text).collect()
    }

    /// The path of the last request.
    pub fn last_path(&self) -> String {
        self.asked.lock().expect("no test panics with it").last().expect("a request").0.clone()
    }

    /// The values of a header in the last request.
    fn last(&self, name: &str) -> Vec<String> {
        let asked = self.asked.lock().expect("no test panics with it");
        let (_, last) = asked.last().expect("a request");
        last.get_all(name)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .collect()
    }

    /// Writes a kubeconfig of one context, with more fields of its cluster and the user in YAML's braces.
    pub fn write(&self, cluster: &str, user: &str) {
        self.write_for(&self.server.url(), cluster, user);
    }

    fn write_for(&self, server: &str, cluster: &str, user: &str) {
        let authority = if server.starts_with("https") {
            format!(", certificate-authority: {:?}", self.authority.file().display().to_string())
        } else {
            String::new()
        };
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts:\n- name: c\n  context: {{cluster: k, user: u}}\nclusters:\n- name: k\n  cluster: {{server: {server:?}{authority}{cluster}}}\nusers:\n- name: u\n  user: {user}\n"
        );
        self.file("config", &text);
    }

    pub fn file(&self, name: &str, text: &str) {
        fs::write(self.directory.path().join(name), text).expect("a file");
    }

    pub fn path(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    pub fn flux(&self) -> Flux {
        Flux::bare()
            .env("KUBECONFIG", self.directory.path().join("config"))
            .line("get sources git --timeout=20s")
    }

    /// The headers that a successful command sends.
    fn sent(&self, args: &[&str]) -> Option<String> {
        let output = self.flux().args(args).ok();
        assert!(output.stdout.contains("fleet"), "{output:?}");
        self.authorizations().last().expect("a request").clone()
    }
}

fn fails(bed: &Bed, args: &[&str], words: &[&str]) -> Output {
    let output = bed.flux().args(args).fails(1);
    for word in words {
        assert!(output.stderr.contains(word), "{word:?} is missing: {output:?}");
    }
    assert!(output.stderr.contains("hint: "), "{output:?}");
    output
}

#[test]
fn empty_fields_count_as_absent() {
    let bed = Bed::secure();
    bed.write(
        ", certificate-authority-data: '', tls-server-name: '', proxy-url: '', extensions: null, insecure-skip-tls-verify: null",
        "{token: t0, tokenFile: '', username: '', password: '', client-certificate: '', client-certificate-data: '', client-key: '', client-key-data: '', as: '', as-uid: '', as-groups: [], as-user-extra: {}, exec: null, auth-provider: null}",
    );
    assert_eq!(bed.sent(&[]).as_deref(), Some("Bearer t0"));
    bed.write("", "{token: '', tokenFile: token}");
    bed.file("token", "t1\n");
    assert_eq!(bed.sent(&[]).as_deref(), Some("Bearer t1"));
    bed.write("", "{}");
    assert_eq!(bed.sent(&[]), None);
    assert_eq!(bed.last("impersonate-user"), [""; 0]);
}

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
    fails(&bed, &[], &["is not the key of", "u.key", "u.crt"]);
}

#[test]
fn unused_entries_are_not_validated() {
    let bed = Bed::secure();
    let (server, authority) = (bed.server.url(), bed.authority.file().display().to_string());
    bed.file(
        "config",
        &format!(
            "current-context: c
contexts: [{{name: c, context: {{cluster: k, user: u}}}}, {{name: broken, context: [1]}}, {{name: broken}}, 7, null]
clusters: [{{name: broken, cluster: {{certificate-authority-data: '%', server: 7}}}}, {{name: broken}}, {{name: k, cluster: {{server: {server:?}, certificate-authority: {authority:?}}}}}]
users: [{{name: broken, user: {{exec: 5}}}}, {{name: broken, user: []}}, {{name: u, user: {{token: t}}}}, {{name: [], user: {{}}}}]
"
        ),
    );
    assert_eq!(bed.sent(&[]).as_deref(), Some("Bearer t"));
    for (flag, words) in [
        ("--cluster=broken", ["line 3", "broken"]),
        ("--user=broken", ["line 4", "broken"]),
        ("--context=broken", ["line 2", "context"]),
    ] {
        fails(&bed, &[flag], &words);
    }
}

#[test]
fn base64_data_may_have_line_breaks() {
    let bed = Bed::secure();
    let data = STANDARD.encode(bed.authority.pem());
    let (first, rest) = data.split_at(60);
    let server = bed.server.url();
    for written in [
        format!("|\n      {first}\n      {rest}\n"),
        format!(">-\n      {first}\n      {rest}\n"),
        format!("\"{first}\\n{rest}\\n\"\n"),
        format!("{first}\n      {rest}\n"),
    ] {
        bed.file(
            "config",
            &format!("current-context: c\ncontexts: [{{name: c, context: {{cluster: k}}}}]\nclusters:\n- name: k\n  cluster:\n    server: {server}\n    certificate-authority-data: {written}"),
        );
        assert_eq!(bed.sent(&[]), None, "{written}");
    }
}

#[test]
fn a_missing_context_cluster_or_user_is_named() {
    let bed = Bed::secure();
    bed.file(
        "config",
        "contexts: [{name: a, context: {cluster: k, user: gone}}, {name: b, context: {cluster: lost}}, {name: d, context: {}}, {name: e, context: {cluster: empty}}]\nclusters: [{name: k, cluster: {server: 'https://127.0.0.1:1'}}, {name: empty, cluster: {}}]\n",
    );
    fails(&bed, &[], &["no current context", "a, b, d"]);
    fails(&bed, &["--context=x"], &["context \"x\" does not exist", "a, b, d"]);
    fails(&bed, &["--context=a"], &["user \"gone\"", "context \"a\""]);
    fails(&bed, &["--context=a", "--user=none"], &["user \"none\""]);
    fails(&bed, &["--context=b"], &["cluster \"lost\"", "context \"b\""]);
    fails(&bed, &["--context=b", "--cluster=none"], &["cluster \"none\""]);
    fails(&bed, &["--context=d"], &["context \"d\" names no cluster"]);
    fails(&bed, &["--context=e"], &["cluster \"empty\" has no server"]);
    fails(&bed, &["--user=x"], &["no current context"]);
    bed.file("config", "current-context: gone\n");
    fails(&bed, &[], &["the current context \"gone\" is not in the kubeconfig"]);
    for (text, words) in [
        ("kind: Pod\napiVersion: v1\n", ["line 1", "Pod"]),
        ("kind: Config\napiVersion: v2\n", ["line 2", "v2"]),
        ("- a\n", ["line 1", "not a kubeconfig"]),
        ("text", ["line 1", "not a kubeconfig"]),
        ("current-context: 7\n", ["line 1", "current-context"]),
        ("\ncontexts: {}\n", ["line 2", "contexts"]),
        ("\nclusters: a\n", ["line 2", "clusters"]),
    ] {
        bed.file("config", text);
        fails(&bed, &[], &words);
    }
    fs::write(bed.directory.path().join("config"), b"a: b\nc: \xff\n").expect("a file");
    fails(&bed, &[], &["line 2", "UTF-8"]);
}

#[test]
fn no_kubeconfig_makes_the_program_panic() {
    let bed = Bed::secure();
    let long = "x".repeat(70_000);
    for server in [
        "127.0.0.1:1",
        "localhost:1",
        "edge.invalid",
        ":",
        "::1",
        "[::1",
        "[::1]:1",
        "https://",
        "https://:1",
        "https://127.0.0.1:1:1",
        "https://127.0.0.1:99999",
        "//127.0.0.1:1",
        "/path",
        "127.0.0.1:1/path",
        "https:127.0.0.1",
        "HTTPS://127.0.0.1:1",
        "https://127.0.0.1:1/a b",
        "https://127.0.0.1:1/%zz",
        "https://127.0.0.1:1/ä?b#c",
        "https://ä.invalid:1",
        "https://%zz",
        "https://a%00b",
        "ftp://127.0.0.1:1",
        "https://127.0.0.1:1\n",
        "https://u:p@127.0.0.1:1",
        "https://@:1",
        "https://127.0.0.1:1\\x",
        "data:,x",
        "https://-:1",
        "https://.:1",
        "https://..:1",
        "https://a..b:1",
        "https://1.2.3.4.5:1",
        "https://0x7f.1:1",
        &format!("https://{long}:1"),
        &format!("https://127.0.0.1:1/{long}"),
        &format!("https://{}:1", "a.".repeat(200)),
    ] {
        let output = Flux::bare()
            .line("get sources git --timeout=3s")
            .args([format!("--server={server}"), "--token=t".into()])
            .run();
        assert_eq!(output.code, Some(1), "{server}: {output:?}");
        assert!(
            output.stderr.contains("hint: ") && !output.stderr.contains("panicked"),
            "{server}: {output:?}"
        );
        assert!(!output.stderr.contains("has a bug"), "{server}: {output:?}");
    }
    bed.write("", "{token: t}");
    for args in [
        &["--tls-server-name=a b"][..],
        &["--tls-server-name=ä"],
        &["--tls-server-name=\u{1}"],
        &["--tls-server-name=."],
        &["--tls-server-name=[::1]"],
        &["--token=\u{1}"],
        &["--as=\u{7f}"],
        &["--as=a", "--as-group="],
        &["--as=a", "--as-user-extra= = "],
        &["--as=a", "--as-user-extra=ä/\u{1}=b"],
        &["--as=a", "--as-uid=\n"],
    ] {
        let output = bed.flux().args(args).run();
        assert!(matches!(output.code, Some(0 | 1)), "{args:?}: {output:?}");
        assert!(
            !output.stderr.contains("has a bug") && !output.stderr.contains("panicked"),
            "{args:?}: {output:?}"
        );
    }
    for proxy in [
        "http://",
        "http://:1",
        "127.0.0.1:1",
        "socks5://",
        "socks4://127.0.0.1:1",
        "http://a b:1",
        "http://u:\\n@127.0.0.1:1",
        "http://u:%zz@127.0.0.1:1",
        "http://u:%00@127.0.0.1:1",
        "socks5://u:p@127.0.0.1:1",
        "http://127.0.0.1:99999",
        "https://127.0.0.1:1",
        "\\x01",
        "ä://x",
        "http://[::1]:1",
        &long,
    ] {
        bed.write(&format!(", proxy-url: \"{proxy}\""), "{token: t}");
        let output = bed.flux().args(["--timeout=3s"]).fails(1);
        assert!(output.stderr.contains("hint: "), "{proxy}: {output:?}");
        assert!(
            !output.stderr.contains("has a bug") && !output.stderr.contains("panicked"),
            "{proxy}: {output:?}"
        );
    }
    for path in [
        "certificate-authority: '\0'",
        "certificate-authority: /",
        "certificate-authority: .",
        "tls-server-name: \"\\0\"",
    ] {
        bed.write(&format!(", {}", path.replace('\0', "\\0").replace('\'', "\"")), "{token: t}");
        let output = bed.flux().run();
        assert!(matches!(output.code, Some(0 | 1)), "{path}: {output:?}");
        assert!(
            !output.stderr.contains("has a bug") && !output.stderr.contains("panicked"),
            "{path}: {output:?}"
        );
    }
    bed.write("", "{token: t}");
    for selector in [long.clone(), "a".repeat(65_500)] {
        let output = bed.flux().args(["-l", &format!("a={}", &selector[..60]), "-n", &selector]).run();
        assert_eq!(output.code, Some(1), "{output:?}");
        assert!(!output.stderr.contains("has a bug") && !output.stderr.contains("panicked"), "{output:?}");
    }
    assert!(Path::new(&bed.path("config")).exists());
}
