//! Smart HTTP (gitprotocol-http): one GET for the references, one POST for each exchange.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, USER_AGENT};
use reqwest::{Certificate, NoProxy, Proxy, StatusCode, Url};
use tokio::runtime::Runtime;

use super::super::error::{Access, Error, Result};
use super::super::remote::{Auth, Remote};
use super::Transfer;

/// Servers tell Git from browsers by the first word.
const AGENT: &str = concat!("git/2.40 (edgeflux/", env!("CARGO_PKG_VERSION"), ")");

/// One connection's HTTP client. Requests block: libgit2 knows no other way.
pub(super) struct Client {
    shared: Arc<Shared>,
    base: Url,
}

struct Shared {
    remote: Remote,
    client: reqwest::Client,
    runtime: Runtime,
}

impl Client {
    pub(super) fn new(remote: &Remote) -> Result<Self> {
        let local = |what: &str, e: &dyn std::fmt::Display| Error::Local(format!("{what}: {e}"));
        // Only the first caller in the process sets it; every one sets the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| local("starting the network runtime", &e))?;
        let patience = remote.patience;
        let mut builder = reqwest::Client::builder()
            .no_proxy()
            .connect_timeout(patience.within(patience.connect))
            .read_timeout(patience.within(patience.stall))
            .redirect(redirects());
        for proxy in proxies(remote)? {
            builder = builder.proxy(proxy);
        }
        if let Some(ca) = &remote.ca {
            let certificates = Certificate::from_pem_bundle(ca)
                .ok()
                .filter(|all| !all.is_empty())
                .ok_or_else(|| Error::Tls {
                    remote: remote.name(),
                    detail: "the CA file holds no PEM certificate".into(),
                })?;
            builder = builder.tls_certs_merge(certificates);
        }
        let client = builder.build().map_err(|e| Error::Tls { remote: remote.name(), detail: chain(&e) })?;
        let mut base = remote.address.url().clone();
        // Fail only for URLs without a host, and an `Address` has one.
        let _ = base.set_username("");
        let _ = base.set_password(None);
        Ok(Self { shared: Arc::new(Shared { remote: remote.clone(), client, runtime }), base })
    }

    /// Asks for the references. The repository may answer from elsewhere; later requests then go there.
    pub(super) fn advertisement(&mut self, program: &str, access: Access) -> Result<Stream> {
        let mut url = under(&self.base, "info/refs");
        url.set_query(Some(&format!("service={program}")));
        let shared = Arc::clone(&self.shared);
        let request = shared.client.get(url);
        let response = shared.send(request, access, "asking for its branches")?;
        let wanted = format!("application/x-{program}-advertisement");
        let given =
            response.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        if given != wanted {
            return Err(Error::NotGit {
                remote: shared.remote.name(),
                detail: format!("it answered with {:?}", shared.remote.said(&given)),
            });
        }
        if let Some(base) = response.url().path().strip_suffix("/info/refs") {
            let mut moved = response.url().clone();
            moved.set_path(base);
            moved.set_query(None);
            self.base = moved;
        }
        Ok(Stream::new(shared, Exchange::Answer(response)))
    }

    /// The content of a file of at most `most_bytes`.
    pub(super) fn file(&self, url: &Url, most_bytes: usize) -> Result<Vec<u8>> {
        const DOING: &str = "asking for the file";
        let shared = &self.shared;
        let mut url = url.clone();
        // Fail only for URLs without a host, and an `Address` has one.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        let mut request = shared.client.get(url);
        if let Auth::Basic { username, password } = &shared.remote.auth {
            request = request.basic_auth(username, Some(password.expose()));
        }
        let answer = shared.within_deadline(DOING, async { request.send().await })?;
        let mut response = answer.map_err(|e| shared.failed(&e, DOING))?;
        if !response.status().is_success() {
            return Err(shared.remote.network(format!("the server answered with {}", response.status())));
        }
        let mut content = Vec::new();
        while let Some(piece) = shared.next(&mut response)? {
            if content.len() + piece.len() > most_bytes {
                return Err(Error::Local(format!(
                    "the file is larger than {} MiB",
                    most_bytes / (1024 * 1024)
                )));
            }
            content.extend_from_slice(&piece);
        }
        Ok(content)
    }

    /// Prepares an exchange, which is sent when libgit2 wants to read the answer.
    pub(super) fn request(&self, program: &'static str, access: Access) -> Stream {
        let exchange =
            Exchange::Question { url: under(&self.base, program), program, access, body: Vec::new() };
        Stream::new(Arc::clone(&self.shared), exchange)
    }
}

impl Shared {
    fn send(
        &self,
        request: reqwest::RequestBuilder,
        access: Access,
        doing: &str,
    ) -> Result<reqwest::Response> {
        if self.remote.patience.is_over() {
            return Err(self.remote.timed_out(doing, Duration::ZERO));
        }
        let mut request = request.header(USER_AGENT, AGENT).header(ACCEPT, "*/*");
        match &self.remote.auth {
            Auth::Basic { username, password } => {
                request = request.basic_auth(username, Some(password.expose()));
            }
            Auth::Bearer(token) => {
                let value = HeaderValue::from_str(&format!("Bearer {}", token.expose()));
                let mut value = value.map_err(|_| Error::AuthRefused {
                    remote: self.remote.name(),
                    detail: "the token holds characters that HTTP does not allow".into(),
                })?;
                value.set_sensitive(true);
                request = request.header(AUTHORIZATION, value);
            }
            _ => {}
        }
        let response = self
            .within_deadline(doing, async { request.send().await })?
            .map_err(|e| self.failed(&e, doing))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let detail = self.words_of(response);
        Err(refused(&self.remote, access, status, &detail))
    }

    /// The next piece of an answer; `None` at its end.
    fn next(&self, response: &mut reqwest::Response) -> Result<Option<Vec<u8>>> {
        const DOING: &str = "receiving";
        self.within_deadline(DOING, response.chunk())?
            .map(|piece| piece.map(|bytes| bytes.to_vec()))
            .map_err(|e| self.failed(&e, DOING))
    }

    fn within_deadline<T>(&self, doing: &str, future: impl Future<Output = T>) -> Result<T> {
        let patience = self.remote.patience;
        let limit = patience.within(patience.connect + patience.stall);
        self.runtime
            .block_on(async { tokio::time::timeout(limit, future).await })
            .map_err(|_| self.remote.timed_out(doing, limit))
    }

    /// What a refusing server says; pages for a browser say nothing to anybody.
    fn words_of(&self, mut response: reqwest::Response) -> String {
        let html = response
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|v| v.to_str().ok())
            .is_some_and(|kind| kind.contains("html"));
        let mut text = Vec::new();
        while !html && text.len() < 4096 {
            match self.next(&mut response) {
                Ok(Some(piece)) => text.extend_from_slice(&piece),
                _ => break,
            }
        }
        let text = String::from_utf8_lossy(&text);
        if text.trim_start().starts_with('<') { String::new() } else { self.remote.said(&text) }
    }

    fn failed(&self, error: &reqwest::Error, doing: &str) -> Error {
        let patience = self.remote.patience;
        if error.is_timeout() {
            let after = if error.is_connect() { patience.connect } else { patience.stall };
            return self.remote.timed_out(doing, patience.within(after));
        }
        let detail = chain(error);
        let certificate = ["certificate", "UnknownIssuer", "handshake", "received fatal alert"];
        if error.is_connect() && certificate.iter().any(|word| detail.contains(word)) {
            let detail = self.remote.redactor().redact(&detail).into_owned();
            return Error::Tls { remote: self.remote.name(), detail };
        }
        self.remote.network(detail)
    }
}

/// The meaning of a status that is no success.
fn refused(remote: &Remote, access: Access, status: StatusCode, detail: &str) -> Error {
    let name = remote.name();
    let words = |otherwise: &str| {
        if detail.is_empty() { otherwise.to_owned() } else { detail.to_owned() }
    };
    match status.as_u16() {
        401 => Error::AuthRefused {
            remote: name,
            detail: match detail {
                "" => format!("it does not accept {}", remote.auth.describe()),
                said => format!("it does not accept {}: {said}", remote.auth.describe()),
            },
        },
        403 => Error::Forbidden { remote: name, access, detail: words("403 Forbidden") },
        404 | 410 => Error::NotFound { remote: name, detail: words("the server knows no such repository") },
        407 => remote.network("the proxy asks for credentials; put them into the proxy's URL"),
        429 | 500..=599 => Error::Server {
            remote: name,
            status: status.as_u16(),
            detail: words(status.canonical_reason().unwrap_or("no reason given")),
        },
        _ => Error::NotGit { remote: name, detail: format!("it answered with {status}") },
    }
}

/// An answer that is read, or a question that is still written.
enum Exchange {
    Question { url: Url, program: &'static str, access: Access, body: Vec<u8> },
    Answer(reqwest::Response),
    Over,
}

pub(super) struct Stream {
    shared: Arc<Shared>,
    exchange: Exchange,
    piece: Vec<u8>,
    read: usize,
}

impl Stream {
    fn new(shared: Arc<Shared>, exchange: Exchange) -> Self {
        Self { shared, exchange, piece: Vec::new(), read: 0 }
    }
}

impl Transfer for Stream {
    fn receive(&mut self, buffer: &mut [u8]) -> Result<usize> {
        while self.read == self.piece.len() {
            match std::mem::replace(&mut self.exchange, Exchange::Over) {
                Exchange::Question { url, program, access, body } => {
                    let request = self
                        .shared
                        .client
                        .post(url)
                        .header(CONTENT_TYPE, format!("application/x-{program}-request"))
                        .body(body);
                    let doing = match access {
                        Access::Read => "fetching",
                        Access::Write => "pushing",
                    };
                    self.exchange = Exchange::Answer(self.shared.send(request, access, doing)?);
                }
                Exchange::Answer(mut response) => {
                    if let Some(piece) = self.shared.next(&mut response)? {
                        self.piece = piece;
                        self.read = 0;
                        self.exchange = Exchange::Answer(response);
                    }
                }
                Exchange::Over => return Ok(0),
            }
        }
        let rest = &self.piece[self.read..];
        let count = buffer.len().min(rest.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.read += count;
        Ok(count)
    }

    fn send(&mut self, bytes: &[u8]) -> Result<()> {
        match &mut self.exchange {
            Exchange::Question { body, .. } => {
                body.extend_from_slice(bytes);
                Ok(())
            }
            _ => Err(self.shared.remote.network("the answer has begun already")),
        }
    }
}

/// `base` with more path, whether or not it ends with a slash.
fn under(base: &Url, more: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{more}", base.path().trim_end_matches('/')));
    url
}

/// Follows a few redirections, never from TLS to plain text.
fn redirects() -> reqwest::redirect::Policy {
    reqwest::redirect::Policy::custom(|attempt| {
        let downgrade =
            attempt.url().scheme() == "http" && attempt.previous().iter().any(|url| url.scheme() == "https");
        if downgrade {
            attempt.error("the server redirects from https to http")
        } else if attempt.previous().len() > 5 {
            attempt.error("too many redirections")
        } else {
            attempt.follow()
        }
    })
}

fn proxies(remote: &Remote) -> Result<Vec<Proxy>> {
    let settings = &remote.proxy;
    let except = settings.no_proxy.as_deref().and_then(NoProxy::from_string);
    let mut out = Vec::new();
    for (name, url, make) in [
        ("HTTP_PROXY", &settings.http, Proxy::http as fn(String) -> _),
        ("HTTPS_PROXY", &settings.https, Proxy::https),
    ] {
        let Some(url) = url.as_ref().filter(|url| !url.is_empty()) else {
            continue;
        };
        let proxy = make(url.clone())
            .map_err(|_| remote.network(format!("the value of {name} is not a proxy's URL")))?;
        out.push(proxy.no_proxy(except.clone()));
    }
    Ok(out)
}

/// An error with its causes, without URLs, whose user part could be a token.
fn chain(error: &reqwest::Error) -> String {
    let mut parts = Vec::new();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let text = cause.to_string();
        if parts.last() != Some(&text) {
            parts.push(text);
        }
        source = cause.source();
    }
    if parts.is_empty() {
        "the request failed".to_owned()
    } else {
        // The innermost cause says what happened; those around it say that something did.
        parts.split_off(parts.len().saturating_sub(2)).join(": ")
    }
}
