//! SSH through the SOCKS 5 proxy in `ALL_PROXY`, as in Go programs (RFC 1928, RFC 1929).

use std::net::TcpStream;

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::SocksV5;
use hyper_util::client::proxy::matcher::Matcher;
use tower_service::Service as _;

use super::super::error::{Error, Result};
use super::super::remote::Remote;
use crate::secret::Secret;

/// Default port of a proxy.
const PORT: u16 = 1080;

/// SOCKS 5 proxy.
pub(super) struct Proxy {
    /// `HOST:PORT`.
    authority: String,
    credentials: Option<(String, Secret)>,
}

/// Returns the proxy on the way to the remote, unless `NO_PROXY` excludes it. Other kinds of proxies are not used for
/// SSH.
pub(super) fn proxy(remote: &Remote) -> Result<Option<Proxy>> {
    let Some(all) = remote.network.all.as_ref().and_then(|all| socks(all.expose())) else { return Ok(None) };
    if remote.network.is_direct(remote.address.host(), remote.address.port()) {
        return Ok(None);
    }
    // The matcher parses the URL and its credentials; it knows web addresses only, and all of them have this proxy.
    let found = Matcher::builder().all(all).build().intercept(&destination(remote)?);
    Ok(found.map(|found| Proxy {
        authority: authority(found.uri()),
        credentials: found.raw_auth().map(|(user, password)| (user.to_owned(), Secret::new(password))),
    }))
}

/// Returns the URL with its scheme in lowercase, if it is a SOCKS 5 proxy.
fn socks(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    matches!(scheme.as_str(), "socks5" | "socks5h").then(|| format!("{scheme}://{rest}"))
}

fn destination(remote: &Remote) -> Result<Uri> {
    let host = match remote.address.host() {
        ipv6 if ipv6.contains(':') => format!("[{ipv6}]"),
        host => host.to_owned(),
    };
    let uri = format!("https://{host}:{}", remote.address.port()).parse();
    uri.map_err(|_| remote.network(format!("{host} cannot be reached through a proxy")))
}

impl Proxy {
    /// Connects to the remote. The proxy resolves its name.
    pub(super) fn dial(self, remote: &Remote) -> Result<TcpStream> {
        let patience = remote.patience;
        // The connection to the proxy takes time, too.
        let limit = patience.within(patience.connect * 2);
        let proxy = self.authority;
        let unusable = || remote.network(format!("the value of ALL_PROXY is not a proxy URL ({proxy})"));
        let address: Uri = format!("socks5://{proxy}").parse().map_err(|_| unusable())?;
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_connect_timeout(Some(patience.within(patience.connect)));
        let mut socks = SocksV5::new(address, connector);
        if let Some((user, password)) = self.credentials {
            socks = socks.with_auth(user, password.expose().to_owned());
        }
        let to = destination(remote)?;
        let local = |e: std::io::Error| Error::Local(format!("preparing the connection: {e}"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(local)?;
        let dialled = runtime.block_on(async {
            let dialled = tokio::time::timeout(limit, socks.call(to)).await;
            let dialled = dialled.map_err(|_| remote.timed_out("connecting through the proxy", limit))?;
            let stream = dialled
                .map_err(|e| remote.network(format!("through the SOCKS proxy {proxy} of ALL_PROXY: {e}")))?;
            stream.into_inner().into_std().map_err(local)
        })?;
        dialled.set_nonblocking(false).map_err(local)?;
        Ok(dialled)
    }
}

fn authority(address: &Uri) -> String {
    let host = address.host().unwrap_or_default();
    format!("{host}:{}", address.port_u16().unwrap_or(PORT))
}
