//! Proxies on the way to servers, by the rules of Go programs.

use std::sync::Arc;

use http::Uri;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};

use super::no_proxy::is_direct;
use super::roots::SystemRoots;
use crate::secret::Secret;

/// Settings of this machine for connections: proxies and trusted certificates, from environment variables. URLs may
/// contain passwords.
#[derive(Clone, Default)]
pub struct NetworkSettings {
    /// `HTTP_PROXY`, for `http://`.
    pub http: Option<Secret>,
    /// `HTTPS_PROXY`, for `https://`.
    pub https: Option<Secret>,
    /// `ALL_PROXY`, for `ssh://` if it is a SOCKS 5 proxy (`socks5://` or `socks5h://`; both leave DNS to the proxy).
    pub all: Option<Secret>,
    /// `NO_PROXY`: hosts, domains and networks that are reached directly.
    pub no_proxy: Option<String>,
    /// Certificates that the system trusts.
    pub roots: SystemRoots,
}

impl NetworkSettings {
    /// URLs of the proxies, for a redactor.
    pub fn urls(&self) -> impl Iterator<Item = &str> {
        [&self.http, &self.https, &self.all].into_iter().flatten().map(Secret::expose)
    }

    /// Whether a server is reached without a proxy.
    pub fn is_direct(&self, host: &str, port: u16) -> bool {
        is_direct(host, port, self.no_proxy.as_deref().unwrap_or_default())
    }
}

/// Error of a variable whose value is not a proxy. The value, which may contain a password, is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the value of {0} is not a proxy URL")]
pub struct InvalidProxy(pub &'static str);

/// Proxies for the requests of an HTTP client.
#[derive(Clone)]
pub struct Proxies {
    matcher: Arc<Matcher>,
    /// `NO_PROXY`; `None` if the proxy is used for all servers.
    no_proxy: Option<String>,
}

impl Proxies {
    /// No proxy.
    pub fn none() -> Proxies {
        Proxies { matcher: Arc::new(Matcher::builder().build()), no_proxy: None }
    }

    /// One proxy for all servers.
    pub fn always(url: &str) -> Proxies {
        Proxies { matcher: Arc::new(Matcher::builder().all(url).build()), no_proxy: None }
    }

    /// The proxies of the environment. `ALL_PROXY` is not used for HTTP, as in Go programs.
    pub fn new(settings: &NetworkSettings) -> Result<Proxies, InvalidProxy> {
        let url = |name, value: &Option<Secret>| match value.as_ref().filter(|value| !value.is_empty()) {
            Some(url) if !is_proxy(url.expose()) => Err(InvalidProxy(name)),
            url => Ok(url.map(|url| url.expose().to_owned()).unwrap_or_default()),
        };
        let matcher = Matcher::builder()
            .http(url("HTTP_PROXY", &settings.http)?)
            .https(url("HTTPS_PROXY", &settings.https)?)
            .build();
        let no_proxy = settings.no_proxy.clone().unwrap_or_default();
        Ok(Proxies { matcher: Arc::new(matcher), no_proxy: Some(no_proxy) })
    }

    /// The proxy for a request.
    pub(super) fn intercept(&self, to: &Uri) -> Option<Intercept> {
        let port = to.port_u16().unwrap_or(if to.scheme_str() == Some("http") { 80 } else { 443 });
        let direct = |no_proxy: &String| is_direct(to.host().unwrap_or_default(), port, no_proxy);
        if self.no_proxy.as_ref().is_some_and(direct) {
            return None;
        }
        self.matcher.intercept(to)
    }
}

/// Whether `address` is a valid proxy: a URL, or `HOST:PORT`.
fn is_proxy(address: &str) -> bool {
    let url = if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
    let known = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"];
    url.parse().is_ok_and(|uri: Uri| {
        uri.scheme_str().is_some_and(|scheme| known.contains(&scheme))
            && uri.host().is_some_and(|host| !host.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy_for(url: &str, no_proxy: &str) -> Option<String> {
        let settings = NetworkSettings {
            http: Some("plain:3128".into()),
            https: Some("http://me:hidden@secure:3128".into()),
            all: Some("socks5://other:1080".into()),
            no_proxy: Some(no_proxy.to_owned()),
            ..NetworkSettings::default()
        };
        let proxies = Proxies::new(&settings).expect("valid");
        let found = proxies.intercept(&url.parse().expect("a URL"))?;
        Some(found.uri().host().unwrap_or_default().to_owned())
    }

    #[test]
    fn each_scheme_has_its_proxy() {
        assert_eq!(proxy_for("http://example.com/", "").as_deref(), Some("plain"));
        assert_eq!(proxy_for("https://example.com/", "").as_deref(), Some("secure"));
    }

    #[test]
    fn servers_in_no_proxy_and_this_machine_are_reached_directly() {
        assert_eq!(proxy_for("https://git.example.com:8443/", "example.com"), None);
        assert_eq!(proxy_for("https://git.example.com:8443/", "example.com:8443"), None);
        assert_eq!(proxy_for("https://git.example.com/", "example.com:8443").as_deref(), Some("secure"));
        assert_eq!(proxy_for("https://127.0.0.1:8443/", ""), None);
        assert!(
            Proxies::always("http://p:1").intercept(&"https://127.0.0.1/".parse().expect("a URL")).is_some()
        );
    }

    #[test]
    fn an_invalid_proxy_is_not_shown() {
        let settings =
            NetworkSettings { https: Some("ftp://me:hidden@x".into()), ..NetworkSettings::default() };
        let error = Proxies::new(&settings).err().expect("invalid");
        assert_eq!(error, InvalidProxy("HTTPS_PROXY"));
        assert!(!error.to_string().contains("hidden"));
    }
}
