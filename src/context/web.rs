//! HTTP requests to servers that are neither an API server nor a forge: webhooks, catalogs and downloads.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::LOCATION;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use url::{Host, Url};

use super::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::event::Events;
use crate::net::{Body, Client, Connector, Failure, NetworkSettings, Proxies, Roots, Settings};

/// Timeout of a connection attempt, with proxy and TLS handshake.
const CONNECT: Duration = Duration::from_secs(30);

/// HTTP client with this machine's proxies and certificates.
pub struct Web {
    client: Client,
    events: Events,
}

/// Response with its complete body.
pub struct Reply {
    /// Status.
    pub status: StatusCode,
    /// Address of a redirect that was not followed.
    pub location: Option<String>,
    /// Body.
    pub body: Vec<u8>,
}

impl Web {
    /// Prepares a client that follows redirects. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// The proxy settings or the certificates of this machine cannot be used.
    pub fn new(context: &Context) -> Result<Web> {
        Ok(Web {
            client: Client::new(connector(&context.environment.network)?),
            events: context.events.clone(),
        })
    }

    /// Like [`Web::new`], for requests that carry secrets: redirects to another host are not followed.
    ///
    /// # Errors
    /// As for [`Web::new`].
    pub fn within_host(context: &Context) -> Result<Web> {
        let client = Client::within_host(connector(&context.environment.network)?);
        Ok(Web { client, events: context.events.clone() })
    }

    /// Sends a request and reads a response of at most `most` bytes.
    ///
    /// # Errors
    /// There is no complete response. Any status is a response.
    pub async fn send(&self, request: Request<Full<Bytes>>, most: u64) -> Result<Reply, Failure> {
        let (status, location, body) = self.open(request).await?;
        let mut content = Vec::new();
        copy(body, &mut content, most).await?;
        Ok(Reply { status, location, body: content })
    }

    /// Sends a request and writes the body of a successful response, of at most `most` bytes, to `sink`. Returns the
    /// status.
    ///
    /// # Errors
    /// There is no complete response, or it cannot be written.
    pub async fn download(
        &self,
        request: Request<Full<Bytes>>,
        most: u64,
        sink: &mut impl Write,
    ) -> Result<StatusCode, Failure> {
        let (status, _, body) = self.open(request).await?;
        if status.is_success() {
            copy(body, sink, most).await?;
        }
        Ok(status)
    }

    async fn open(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<(StatusCode, Option<String>, Body), Failure> {
        let (method, uri, start) = (request.method().clone(), request.uri().clone(), Instant::now());
        let sent = self.client.send(request).await;
        // The path of a webhook is a secret.
        let url = format!("{}://{}", uri.scheme_str().unwrap_or_default(), uri.host().unwrap_or_default());
        self.events.request(&method, url, sent.as_ref().ok().map(http::Response::status), start);
        let (parts, body) = sent?.into_parts();
        let location = parts.headers.get(LOCATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Ok((parts.status, location, body))
    }
}

fn connector(network: &NetworkSettings) -> Result<Connector> {
    let unusable = |cause: String| Error::usage(format!("failed to prepare the connection: {cause}"));
    let proxies = Proxies::new(network).map_err(|error| unusable(error.to_string()))?;
    let settings = Settings { roots: Roots::system(&network.roots), http2: true, ..Settings::default() };
    Connector::new(settings, proxies, CONNECT).map_err(|error| unusable(error.to_string()))
}

/// Copies a body as it comes.
async fn copy(body: Body, sink: &mut impl Write, most: u64) -> Result<(), Failure> {
    let mut body = std::pin::pin!(body);
    let mut left = most;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Failure::of(&*error))?;
        let Ok(data) = frame.into_data() else { continue };
        left = left.checked_sub(data.len() as u64).ok_or_else(|| {
            Failure::Interrupted(format!("the response is larger than {} MiB", most.div_ceil(1 << 20)))
        })?;
        let written = sink.write_all(&data);
        written.map_err(|error: io::Error| Failure::Interrupted(format!("writing the response: {error}")))?;
    }
    Ok(())
}

/// Whether requests to a URL could be read by others on the network: plain HTTP to another machine.
pub fn is_exposed(url: &Url) -> bool {
    let is_loopback = match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    url.scheme() == "http" && !is_loopback
}

/// Error for a request that got no complete response. `what` is the request, to follow "failed to".
pub fn unanswered(what: &str, failure: &Failure) -> Error {
    let kind = match failure {
        Failure::TimedOut(_) => ErrorKind::Timeout,
        _ => ErrorKind::Unreachable,
    };
    let hint = match failure {
        Failure::Tls(error) => error.next_step("SSL_CERT_FILE"),
        Failure::Unreachable(_) => {
            "check the address, the network, and the proxy in HTTPS_PROXY if one is needed".to_owned()
        }
        Failure::TimedOut(_) | Failure::Interrupted(_) => {
            "check that the server is up, then run the same command again".to_owned()
        }
    };
    Error::new(kind, format!("failed to {what}: {failure}")).hint(hint)
}
