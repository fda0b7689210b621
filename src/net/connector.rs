//! Connections to HTTP servers: direct or through a proxy, with or without TLS.

use std::error::Error as StdError;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::proxy::{SocksV4, SocksV5, Tunnel};
use hyper_util::client::legacy::connect::{Connected, Connection as Known, HttpConnector};
use hyper_util::client::proxy::matcher::Intercept;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead as _, ReadBuf};
use tower_service::Service;

use super::proxy::Proxies;
use super::tls::{Error, Settings, Stream, Tls, system_error};

type BoxError = Box<dyn StdError + Send + Sync>;

/// Connector for hyper's HTTP client.
#[derive(Clone)]
pub struct Connector {
    dial: Dial,
    proxies: Proxies,
    patience: Duration,
}

/// Connection to a server or proxy.
pub struct Connection {
    stream: TokioIo<Box<dyn Stream>>,
    http2: bool,
    /// Whether it leads to a proxy that expects absolute URIs.
    to_proxy: bool,
    /// Whether it uses TLS, and nothing was received yet.
    may_be_refused: bool,
}

/// Error of a connection attempt that took too long.
#[derive(Debug, thiserror::Error)]
#[error("no connection within {0:?}")]
pub struct TimedOut(pub Duration);

impl Connector {
    /// Creates a connector. `patience` is the timeout of a connection attempt, with proxy and TLS handshake.
    pub fn new(settings: Settings, proxies: Proxies, patience: Duration) -> Result<Connector, Error> {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        let dial = Dial { http, tls: Tls::new(settings)?, secure: None };
        Ok(Connector { dial, proxies, patience })
    }

    /// Returns `Proxy-Authorization` for a plain HTTP request that goes through a proxy with credentials.
    pub(super) fn proxy_authorization(&self, to: &Uri) -> Option<http::HeaderValue> {
        let proxy = self.proxies.intercept(to).filter(|_| to.scheme_str() == Some("http"))?;
        matches!(proxy.uri().scheme_str(), Some("http" | "https")).then(|| proxy.basic_auth().cloned())?
    }

    async fn connect(self, to: Uri) -> Result<Connection, BoxError> {
        let Some(proxy) = self.proxies.intercept(&to) else {
            return self.dial.server().call(to).await;
        };
        let mut dial = self.dial.clone();
        let connection = match proxy.uri().scheme_str() {
            Some("socks5" | "socks5h") => {
                let mut socks = SocksV5::new(with_port(proxy.uri())?, dial.plain());
                if let Some((user, password)) = proxy.raw_auth() {
                    socks = socks.with_auth(user.to_owned(), password.to_owned());
                }
                socks.call(to.clone()).await?
            }
            Some("socks4" | "socks4a") => {
                SocksV4::new(with_port(proxy.uri())?, dial.plain()).call(to.clone()).await?
            }
            _ if to.scheme_str() == Some("http") => {
                let connection = dial.proxy().call(proxy.uri().clone()).await?;
                return Ok(Connection { to_proxy: true, ..connection });
            }
            _ => tunnel(&proxy, dial.proxy()).call(to.clone()).await?,
        };
        if to.scheme_str() == Some("https") {
            dial.secure(&to, false, connection).await
        } else {
            Ok(connection)
        }
    }
}

fn tunnel(proxy: &Intercept, dial: Dial) -> Tunnel<Dial> {
    let tunnel = Tunnel::new(proxy.uri().clone(), dial);
    match proxy.basic_auth() {
        Some(authorization) => tunnel.with_auth(authorization.clone()),
        None => tunnel,
    }
}

/// Returns the URI of a SOCKS proxy with its port, 1080 by default.
fn with_port(proxy: &Uri) -> Result<Uri, BoxError> {
    let host = proxy.host().unwrap_or_default();
    let port = proxy.port_u16().unwrap_or(1080);
    Ok(format!("socks5://{host}:{port}").parse()?)
}

impl Service<Uri> for Connector {
    type Response = Connection;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Connection, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let (this, patience) = (self.clone(), self.patience);
        Box::pin(async move {
            let connected = tokio::time::timeout(patience, this.connect(to)).await;
            connected.unwrap_or_else(|_| Err(Box::new(TimedOut(patience))))
        })
    }
}

/// Connects to the host of a URI, without a proxy.
#[derive(Clone)]
struct Dial {
    http: HttpConnector,
    tls: Tls,
    /// Peer of the TLS handshake for `https`. `None` makes a TCP connection only.
    secure: Option<Party>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Party {
    Server,
    Proxy,
}

impl Dial {
    fn server(&self) -> Dial {
        Dial { secure: Some(Party::Server), ..self.clone() }
    }

    fn proxy(&self) -> Dial {
        Dial { secure: Some(Party::Proxy), ..self.clone() }
    }

    fn plain(&self) -> Dial {
        Dial { secure: None, ..self.clone() }
    }

    /// Adds TLS to a connection.
    async fn secure(&mut self, to: &Uri, is_proxy: bool, below: Connection) -> Result<Connection, BoxError> {
        let host = to.host().unwrap_or_default();
        let host = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
        let stream = self.tls.connect(host, is_proxy, below.stream.into_inner()).await?;
        let http2 = stream.ssl().selected_alpn_protocol() == Some(b"h2");
        Ok(Connection { http2, may_be_refused: true, ..Connection::of(Box::new(stream)) })
    }
}

impl Service<Uri> for Dial {
    type Response = Connection;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Connection, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.http.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let mut this = self.clone();
        Box::pin(async move {
            let tcp = this.http.call(to.clone()).await?.into_inner();
            let plain = Connection::of(Box::new(tcp));
            match this.secure.filter(|_| to.scheme_str() == Some("https")) {
                Some(party) => this.secure(&to, party == Party::Proxy, plain).await,
                None => Ok(plain),
            }
        })
    }
}

impl Connection {
    fn of(stream: Box<dyn Stream>) -> Self {
        Self { stream: TokioIo::new(stream), http2: false, to_proxy: false, may_be_refused: false }
    }

    /// Finds out why nothing can be sent. In TLS 1.3 a server refuses a client after the handshake, and closes the connection,
    /// so that a request may fail before the refusal is read.
    fn refusal(&mut self, broken: io::Error, context: &mut Context<'_>) -> io::Error {
        let mut byte = [0];
        if self.may_be_refused
            && let Poll::Ready(Err(error)) =
                Pin::new(self.stream.inner_mut()).poll_read(context, &mut ReadBuf::new(&mut byte))
            && Error::find(&error).is_some()
        {
            return error;
        }
        plain(broken)
    }
}

/// Unwraps an error of the connection below TLS.
fn plain(error: io::Error) -> io::Error {
    let wrapped = error.get_ref().and_then(|wrapped| wrapped.downcast_ref());
    wrapped.and_then(system_error).unwrap_or(error)
}

impl Known for Connection {
    fn connected(&self) -> Connected {
        let connected = Connected::new().proxy(self.to_proxy);
        if self.http2 { connected.negotiated_h2() } else { connected }
    }
}

impl Read for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.may_be_refused &= !matches!(result, Poll::Ready(Ok(())));
        result.map_err(plain)
    }
}

impl Write for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(context, bytes);
        result.map_err(|broken| self.refusal(broken, context))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.stream).poll_flush(context);
        result.map_err(|broken| self.refusal(broken, context))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context).map_err(plain)
    }
}
