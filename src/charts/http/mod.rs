//! HTTP client for chart repositories and registries: limits, deadlines, retries and progress.

mod attempts;
mod body;

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{
    ACCEPT, AUTHORIZATION, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    LAST_MODIFIED, USER_AGENT,
};
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use url::{Host, Url};

use super::connection::Connection;
use super::{Error, ErrorKind, Limits, Result};
use crate::event::Events;
use crate::net::{self, Client, Connector, Failure, NetworkSettings, Proxies, Roots, Settings};
use crate::redact::Redactor;
use crate::secret::Secret;

pub(super) use body::Sink;

const AGENT: &str = concat!("edgeflux/", env!("CARGO_PKG_VERSION"));

/// Hint for a failure that may pass.
const AGAIN: &str = "check that the server is up, then run the same command again";

/// HTTP client of one source. Clones share their connections.
#[derive(Clone)]
pub(super) struct Http {
    /// For texts, which may be compressed on the way.
    compressed: Client,
    /// For files with a digest.
    verbatim: Client,
    limits: Limits,
    events: Events,
    redactor: Redactor,
    /// Object that configures the connection, for hints: `HelmRepository apps/podinfo`.
    object: String,
}

/// Request of a file.
pub(super) struct Ask<'a> {
    /// What it is for, to follow "failed to".
    pub what: &'a str,
    pub url: &'a Url,
    /// Value of `Authorization`.
    pub authorization: Option<Secret>,
    /// Value of `Accept`.
    pub accept: Option<&'static str>,
    /// Answer of the last time, for `304 Not Modified`.
    pub known: Option<&'a Validators>,
    /// Whether the body may be compressed on the way.
    pub compressed: bool,
    /// Most bytes of the body.
    pub most: u64,
    /// What is transferred, where progress is reported.
    pub progress: Option<&'a str>,
}

/// What identifies the version of a file on a server.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Validators {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
}

/// Response. The sink has the body of a successful one.
pub(super) struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// Start of the body of a response that is not a success.
    pub message: String,
}

impl Reply {
    pub(super) fn validators(&self) -> Validators {
        let text = |name| self.header(name).map(str::to_owned);
        Validators { etag: text(ETAG), last_modified: text(LAST_MODIFIED) }
    }

    pub(super) fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl Http {
    /// Prepares the client of a source; nothing is sent. Must be called within a tokio runtime.
    pub(super) fn new(
        object: &str,
        connection: &Connection,
        network: &NetworkSettings,
        limits: Limits,
        events: Events,
    ) -> Result<Http> {
        let unusable = |cause: String| {
            Error::new(ErrorKind::Invalid, format!("prepare the connection of {object}"), cause)
        };
        let roots = match &connection.authority {
            Some(pem) => Roots::beside_system(pem, &network.roots)
                .map_err(|_| unusable("its CA certificate is not in PEM format".to_owned()))?,
            None => Roots::system(&network.roots),
        };
        let proxies = match &connection.proxy {
            Some(proxy) => Proxies::always(proxy.expose()),
            None => Proxies::new(network).map_err(|error| unusable(error.to_string()))?,
        };
        let settings = Settings {
            roots,
            identity: connection.identity.clone(),
            insecure: connection.unverified,
            http2: true,
            ..Settings::default()
        };
        let connector =
            Connector::new(settings, proxies, limits.connect).map_err(|error| unusable(error.to_string()))?;
        let mut redactor = Redactor::default();
        for url in network.urls().chain(connection.proxy.iter().map(Secret::expose)) {
            if let Ok(url) = Url::parse(url) {
                redactor.hide_url(&url);
            }
        }
        if let Some(login) = &connection.login {
            redactor.hide_login(login.username.expose(), login.password.expose());
        }
        Ok(Http {
            compressed: Client::new(connector.clone()),
            verbatim: Client::verbatim(connector),
            limits,
            events,
            redactor,
            object: object.to_owned(),
        })
    }

    /// Adds a token that the server gave, which must not be shown.
    pub(super) fn hide(&mut self, token: &Secret) {
        self.redactor.hide(token.expose());
    }

    /// Sends a request until there is a response other than a transient failure, and writes its body to `sink` if it is a
    /// success.
    pub(super) async fn get(&self, ask: &Ask<'_>, sink: &mut dyn Sink) -> Result<Reply> {
        let mut attempts = attempts::Attempts::new(&self.limits, &self.events);
        loop {
            match self.once(ask, sink).await {
                Ok(reply) => return Ok(reply),
                Err((error, wait)) => attempts.pause(error, wait).await?,
            }
        }
    }

    /// Sends a request once. An error comes with the wait that the server asks for.
    async fn once(
        &self,
        ask: &Ask<'_>,
        sink: &mut dyn Sink,
    ) -> std::result::Result<Reply, (Error, Option<Duration>)> {
        let request = request(ask).map_err(|error| (error, None))?;
        let client = if ask.compressed { &self.compressed } else { &self.verbatim };
        let start = Instant::now();
        let sent = tokio::time::timeout(self.limits.answer, client.send(request)).await;
        let sent = sent.unwrap_or_else(|_| {
            Err(Failure::TimedOut(format!("no response within {} s", self.limits.answer.as_secs_f32())))
        });
        let status = sent.as_ref().ok().map(http::Response::status);
        self.events.request(&Method::GET, shown(ask.url), status, start);
        let response = sent.map_err(|failure| (self.failed(ask, failure), None))?;
        let from = net::origin(&response).map(ToString::to_string);
        let (parts, body) = response.into_parts();
        let (status, headers) = (parts.status, parts.headers);
        if status.is_success() {
            let expected = body::expected(&headers);
            let mut progress = body::Progress::new(ask, expected, &self.events);
            body::copy(body, sink, ask.most, self.limits.stall, &mut progress)
                .await
                .map_err(|fault| (self.faulty(ask, fault), None))?;
            return Ok(Reply { status, headers, message: String::new() });
        }
        let message = self.redactor.redact(&body::start(body, self.limits.stall).await).into_owned();
        let reply = Reply { status, headers, message };
        if status == StatusCode::TOO_MANY_REQUESTS
            || status == StatusCode::REQUEST_TIMEOUT
            || status.is_server_error()
        {
            let wait = reply.header(http::header::RETRY_AFTER).and_then(|it| it.trim().parse().ok());
            return Err((self.unsuccessful(ask, &reply, from.as_deref()), wait.map(Duration::from_secs)));
        }
        Ok(reply)
    }

    /// Explains a response that is not a success.
    pub(super) fn refused(&self, ask: &Ask<'_>, reply: &Reply) -> Error {
        self.unsuccessful(ask, reply, None)
    }

    fn unsuccessful(&self, ask: &Ask<'_>, reply: &Reply, from: Option<&str>) -> Error {
        let status = reply.status;
        let answer = match status.canonical_reason() {
            Some(reason) => format!("{} {reason}", status.as_u16()),
            None => status.as_u16().to_string(),
        };
        let from = from.and_then(|url| Url::parse(url).ok());
        let place = shown(from.as_ref().unwrap_or(ask.url));
        let words = if reply.message.is_empty() { String::new() } else { format!(": {}", reply.message) };
        let cause = format!("{place} answered {answer}{words}");
        let error = |kind| Error::new(kind, ask.what, cause.clone());
        let object = &self.object;
        match status.as_u16() {
            401 | 403 if ask.authorization.is_none() => error(ErrorKind::Refused)
                .hint(format!("if it needs credentials, name their Secret in spec.secretRef of {object}")),
            401 | 403 => error(ErrorKind::Refused)
                .hint(format!("check the Secret of {object}: its credentials are not accepted")),
            404 | 410 => error(ErrorKind::NotFound).hint(format!("check spec.url of {object}")),
            408 | 429 | 500..=599 => error(ErrorKind::Server).hint(AGAIN),
            _ => error(ErrorKind::Invalid)
                .hint(format!("check spec.url of {object}, and whether a login page responds instead")),
        }
    }

    /// Explains a request without a complete response.
    fn failed(&self, ask: &Ask<'_>, failure: Failure) -> Error {
        let host = host(ask.url);
        let error = |kind, cause: String| Error::new(kind, ask.what, cause);
        let error = match failure {
            Failure::Tls(tls) => error(ErrorKind::Invalid, format!("no TLS connection to {host}: {tls}"))
                .hint(
                    tls.next_step(&format!("ca.crt in the Secret of spec.certSecretRef of {}", self.object)),
                ),
            Failure::Unreachable(cause) => {
                error(ErrorKind::Unreachable, format!("no connection to {host}: {cause}")).hint(
                    "check the address, the network, and the proxy in HTTPS_PROXY if one is needed; \
                    --offline uses only what was fetched before",
                )
            }
            Failure::TimedOut(cause) => error(ErrorKind::TimedOut, format!("{host}: {cause}")).hint(AGAIN),
            Failure::Interrupted(cause) => {
                error(ErrorKind::Unreachable, format!("the connection to {host} was closed: {cause}"))
                    .hint(AGAIN)
            }
        };
        error.redacted(&self.redactor)
    }

    /// Explains a body that could not be read or stored.
    fn faulty(&self, ask: &Ask<'_>, fault: body::Fault) -> Error {
        match fault {
            body::Fault::Lost(failure) => self.failed(ask, failure),
            body::Fault::TooLarge => {
                let limit = ask.most / (1 << 20);
                let cause = format!("{} is larger than {limit} MiB", shown(ask.url));
                Error::new(ErrorKind::TooLarge, ask.what, cause)
                    .hint("source-controller has a limit too; check what the URL serves")
            }
            body::Fault::Disk(error) => {
                Error::new(ErrorKind::Local, ask.what, format!("writing the download: {error}"))
                    .hint("free some space, or set XDG_CACHE_HOME to a directory on another disk")
            }
        }
    }

    pub(super) fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    pub(super) fn events(&self) -> &Events {
        &self.events
    }
}

fn request(ask: &Ask<'_>) -> Result<Request<Full<Bytes>>> {
    let unusable = |cause: &str| Error::new(ErrorKind::Invalid, ask.what, cause);
    let mut url = ask.url.clone();
    // Credentials of a URL are sent as a header only.
    let cleared = url.set_username("").and_then(|()| url.set_password(None));
    cleared.map_err(|()| unusable("the URL has no host"))?;
    url.set_fragment(None);
    let mut request = Request::builder().uri(url.as_str()).header(USER_AGENT, AGENT);
    if let Some(accept) = ask.accept {
        request = request.header(ACCEPT, accept);
    }
    if let Some(authorization) = &ask.authorization {
        let mut value = HeaderValue::from_str(authorization.expose())
            .map_err(|_| unusable("the credentials contain characters that HTTP does not allow"))?;
        value.set_sensitive(true);
        request = request.header(AUTHORIZATION, value);
    }
    if let Some(known) = ask.known {
        if let Some(etag) = &known.etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        if let Some(time) = &known.last_modified {
            request = request.header(IF_MODIFIED_SINCE, time);
        }
    }
    request.body(Full::default()).map_err(|_| unusable("the URL is not valid"))
}

/// URL as messages show it: without credentials, query and fragment.
pub(super) fn shown(url: &Url) -> String {
    format!("{}://{}{}", url.scheme(), host(url), url.path())
}

/// Host and port of a URL.
pub(super) fn host(url: &Url) -> String {
    match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (host, _) => host.unwrap_or_default().to_owned(),
    }
}

/// Whether a URL leads to this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        // The hosts of `oci://` URLs are not parsed.
        None => false,
    }
}

/// Whether others on the network could read what is sent to a URL: plain HTTP to another machine.
pub(super) fn is_exposed(url: &Url) -> bool {
    url.scheme() == "http" && !is_loopback(url)
}
