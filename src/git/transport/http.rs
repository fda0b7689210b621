//! Smart HTTP (gitprotocol-http): one GET for the references, one POST for each exchange.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, USER_AGENT};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use tokio::runtime::Runtime;
use url::Url;

use super::super::error::{Access, Error, Result};
use super::super::remote::{Auth, Remote};
use super::Transfer;
use crate::net::{self, Connector, Failure, Proxies, Roots, Settings};

/// Value of `User-Agent`. Servers recognize Git by the first word.
const AGENT: &str = concat!("git/2.40 (edgeflux/", env!("CARGO_PKG_VERSION"), ")");

/// Name of the setting for trusted certificates, in hints.
const CA_FILE: &str = "--ca-file";

type Answer = Response<net::Body>;

/// HTTP client of a connection. Requests block, as libgit2 requires.
pub(super) struct Client {
    shared: Arc<Shared>,
    base: Url,
}

struct Shared {
    remote: Remote,
    client: net::Client,
    runtime: Runtime,
}

impl Client {
    pub(super) fn new(remote: &Remote) -> Result<Self> {
        let tls = |detail: String, next_step: String| Error::Tls { remote: remote.name(), detail, next_step };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| Error::Local(format!("starting the network runtime: {e}")))?;
        let roots = match &remote.ca {
            Some(ca) => Roots::beside_system(ca, &remote.network.roots).map_err(|_| {
                let detail = "the CA file contains no readable certificate in PEM format";
                tls(
                    detail.into(),
                    "use a file that begins with -----BEGIN CERTIFICATE----- for --ca-file".into(),
                )
            })?,
            None => Roots::system(&remote.network.roots),
        };
        let settings = Settings { roots, http2: true, ..Settings::default() };
        let patience = remote.patience;
        let proxies = Proxies::new(&remote.network).map_err(|error| remote.network(error.to_string()))?;
        let connector = Connector::new(settings, proxies, patience.within(patience.connect))
            .map_err(|e| tls(e.to_string(), e.next_step(CA_FILE)))?;
        let client = net::Client::new(connector);
        let mut base = remote.address.url().clone();
        // These fail only for URLs without a host, and an `Address` has one.
        let _ = base.set_username("");
        let _ = base.set_password(None);
        Ok(Self { shared: Arc::new(Shared { remote: remote.clone(), client, runtime }), base })
    }

    /// Requests the references. After a redirect, later requests go to the new address.
    pub(super) fn advertisement(&mut self, program: &str, access: Access) -> Result<Stream> {
        let mut url = under(&self.base, "info/refs");
        url.set_query(Some(&format!("service={program}")));
        let shared = Arc::clone(&self.shared);
        let request = shared.request(http::Method::GET, &url)?;
        let response = shared.send(request, access, "asking for its branches")?;
        let wanted = format!("application/x-{program}-advertisement");
        let given =
            response.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        if given != wanted {
            return Err(Error::NotGit {
                remote: shared.remote.name(),
                detail: format!("it responded with {:?}", shared.remote.said(&given)),
            });
        }
        let origin: Option<Url> = net::origin(&response).and_then(|uri| uri.to_string().parse().ok());
        if let Some(mut moved) = origin
            && let Some(base) = moved.path().strip_suffix("/info/refs").map(str::to_owned)
        {
            moved.set_path(&base);
            moved.set_query(None);
            self.base = moved;
        }
        Ok(Stream::new(shared, Exchange::Answer(response)))
    }

    /// Downloads a file of at most `most_bytes`.
    pub(super) fn file(&self, url: &Url, most_bytes: usize) -> Result<Vec<u8>> {
        const DOING: &str = "asking for the file";
        let shared = &self.shared;
        let mut url = url.clone();
        // These fail only for URLs without a host, and an `Address` has one.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        let mut request = shared.request(http::Method::GET, &url)?;
        if let Auth::Basic { username, password } = &shared.remote.auth
            && shared.is_own(request.uri())
        {
            request.headers_mut().insert(AUTHORIZATION, basic(username, password.expose()));
        }
        let answer = shared.within_deadline(DOING, shared.client.send(request))?;
        let mut response = answer.map_err(|e| shared.failed(e, DOING))?;
        if !response.status().is_success() {
            return Err(shared.remote.network(format!("the server responded with {}", response.status())));
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

    /// Prepares an exchange, which is sent once libgit2 reads the response.
    pub(super) fn request(&self, program: &'static str, access: Access) -> Stream {
        let exchange =
            Exchange::Question { url: under(&self.base, program), program, access, body: Vec::new() };
        Stream::new(Arc::clone(&self.shared), exchange)
    }
}

impl Shared {
    fn request(&self, method: http::Method, url: &Url) -> Result<Request<Full<Bytes>>> {
        let request = Request::builder().method(method).uri(url.as_str()).header(ACCEPT, "*/*");
        request
            .body(Full::default())
            .map_err(|e| self.remote.network(format!("not an address for HTTP: {e}")))
    }

    /// Whether a URL is on the server of the remote.
    fn is_own(&self, uri: &http::Uri) -> bool {
        let url: Option<Url> = uri.to_string().parse().ok();
        url.is_some_and(|url| url.origin() == self.remote.address.url().origin())
    }

    fn send(&self, mut request: Request<Full<Bytes>>, access: Access, doing: &str) -> Result<Answer> {
        if self.remote.patience.is_over() {
            return Err(self.remote.timed_out(doing, Duration::ZERO));
        }
        request.headers_mut().insert(USER_AGENT, HeaderValue::from_static(AGENT));
        match &self.remote.auth {
            // Credentials are not sent to a server that was reached by a redirect.
            _ if !self.is_own(request.uri()) => {}
            Auth::Basic { username, password } => {
                request.headers_mut().insert(AUTHORIZATION, basic(username, password.expose()));
            }
            Auth::Bearer(token) => {
                let value = HeaderValue::from_str(&format!("Bearer {}", token.expose()));
                let mut value = value.map_err(|_| Error::AuthRefused {
                    remote: self.remote.name(),
                    detail: "the token contains characters that HTTP does not allow".into(),
                })?;
                value.set_sensitive(true);
                request.headers_mut().insert(AUTHORIZATION, value);
            }
            _ => {}
        }
        let response =
            self.within_deadline(doing, self.client.send(request))?.map_err(|e| self.failed(e, doing))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let detail = self.words_of(response);
        Err(refused(&self.remote, access, status, &detail))
    }

    /// Returns the next piece of a response; `None` at its end.
    fn next(&self, response: &mut Answer) -> Result<Option<Vec<u8>>> {
        const DOING: &str = "receiving";
        let patience = self.remote.patience;
        loop {
            let limit = patience.within(patience.stall);
            let Some(frame) = self.within(limit, DOING, response.body_mut().frame())? else {
                return Ok(None);
            };
            let frame = frame.map_err(|e| self.failed(Failure::of(&*e), DOING))?;
            if let Ok(data) = frame.into_data() {
                return Ok(Some(data.to_vec()));
            }
        }
    }

    fn within_deadline<T>(&self, doing: &str, future: impl Future<Output = T>) -> Result<T> {
        let patience = self.remote.patience;
        self.within(patience.within(patience.connect + patience.stall), doing, future)
    }

    fn within<T>(&self, limit: Duration, doing: &str, future: impl Future<Output = T>) -> Result<T> {
        self.runtime
            .block_on(async { tokio::time::timeout(limit, future).await })
            .map_err(|_| self.remote.timed_out(doing, limit))
    }

    /// Returns the text of a refusal, except for HTML pages.
    fn words_of(&self, mut response: Answer) -> String {
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

    fn failed(&self, failure: Failure, doing: &str) -> Error {
        match failure {
            Failure::Tls(e) => {
                let detail = self.remote.redactor().redact(&e.to_string()).into_owned();
                Error::Tls { remote: self.remote.name(), detail, next_step: e.next_step(CA_FILE) }
            }
            Failure::TimedOut(_) => {
                let patience = self.remote.patience;
                self.remote.timed_out(doing, patience.within(patience.connect))
            }
            Failure::Unreachable(detail) | Failure::Interrupted(detail) => self.remote.network(detail),
        }
    }
}

/// Returns the value of `Authorization` for a user with a password.
fn basic(username: &str, password: &str) -> HeaderValue {
    let encoded = STANDARD.encode(format!("{username}:{password}"));
    // Base64 is valid in HTTP headers.
    let value = HeaderValue::try_from(format!("Basic {encoded}"));
    let mut value = value.unwrap_or_else(|_| HeaderValue::from_static("Basic"));
    value.set_sensitive(true);
    value
}

/// Converts a status other than success to an error.
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
        407 => remote.network("the proxy requires credentials; add them to the proxy URL"),
        429 | 500..=599 => Error::Server {
            remote: name,
            status: status.as_u16(),
            detail: words(status.canonical_reason().unwrap_or("no reason given")),
        },
        _ => Error::NotGit { remote: name, detail: format!("it responded with {status}") },
    }
}

/// State of an exchange: a request that is being written, or a response that is being read.
#[expect(clippy::large_enum_variant, reason = "there is one for each connection")]
enum Exchange {
    Question { url: Url, program: &'static str, access: Access, body: Vec<u8> },
    Answer(Answer),
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
                    let mut request =
                        self.shared.request(http::Method::POST, &url)?.map(|_| Full::from(body));
                    let kind = HeaderValue::try_from(format!("application/x-{program}-request"));
                    if let Ok(kind) = kind {
                        request.headers_mut().insert(CONTENT_TYPE, kind);
                    }
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

/// Appends to the path of `base`, whether or not it ends with a slash.
fn under(base: &Url, more: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{more}", base.path().trim_end_matches('/')));
    url
}
