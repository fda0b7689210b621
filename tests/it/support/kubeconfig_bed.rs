//! An API server that remembers its requests, and kubeconfigs for it.

use std::fs;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use openssl::ssl::SslContext;
use tempfile::TempDir;

use super::flux::{Flux, Output};
use super::loopback::Loopback;
use super::tls::Authority;

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
    pub fn last(&self, name: &str) -> Vec<String> {
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

    pub fn write_for(&self, server: &str, cluster: &str, user: &str) {
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
    pub fn sent(&self, args: &[&str]) -> Option<String> {
        let output = self.flux().args(args).ok();
        assert!(output.stdout.contains("fleet"), "{output:?}");
        self.authorizations().last().expect("a request").clone()
    }
}

/// Runs `flux`, which must fail with a hint and with these words.
pub fn fails(bed: &Bed, args: &[&str], words: &[&str]) -> Output {
    let output = bed.flux().args(args).fails(1);
    for word in words {
        assert!(output.stderr.contains(word), "{word:?} is missing: {output:?}");
    }
    assert!(output.stderr.contains("hint: "), "{output:?}");
    output
}
