//! Host of a GitHub server and the addresses of its API.

use std::fmt;

use url::Url;

use crate::forge::{Error, ErrorKind, Result};

/// Host of a GitHub server, with its port unless it is 443.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Host(String);

impl Host {
    /// Takes `github.com`, `host:port`, or the address of the front page.
    pub(super) fn new(text: &str) -> Result<Host> {
        let invalid = |cause: &str| {
            Error::new(ErrorKind::Invalid, format!("use the hostname {text:?}"), cause.to_owned())
                .hint("use the host of the GitHub web pages: --hostname=github.example.com")
        };
        let trimmed = text.trim();
        if trimmed.starts_with("http://") {
            return Err(invalid("only HTTPS is supported"));
        }
        let bare = trimmed.strip_prefix("https://").unwrap_or(trimmed);
        let url = Url::parse(&format!("https://{bare}")).map_err(|_| invalid("not a valid hostname"))?;
        let plain = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        let Some(host) = url.host_str().filter(|_| plain) else {
            return Err(invalid(
                "not a valid \
            hostname",
            ));
        };
        Ok(Host(match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the host alone. An IPv6 address keeps its brackets.
    pub(super) fn without_port(&self) -> &str {
        match self.0.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => host,
            _ => &self.0,
        }
    }

    /// Whether it is github.com, not GitHub Enterprise.
    pub(super) fn is_github_com(&self) -> bool {
        self.0 == "github.com"
    }

    /// Returns the base URL of the API: `api.github.com`, `api.SUBDOMAIN.ghe.com` for GitHub Enterprise with data
    /// residency, and the path `/api/v3` of GitHub Enterprise Server.
    pub(super) fn api(&self) -> String {
        if self.is_github_com() || self.0.ends_with(".ghe.com") {
            format!("https://api.{self}")
        } else {
            format!("https://{self}/api/v3")
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_api_stands_where_each_kind_of_github_has_it() {
        for (hostname, api) in [
            ("github.com", "https://api.github.com"),
            ("https://GitHub.com/", "https://api.github.com"),
            ("octo.ghe.com", "https://api.octo.ghe.com"),
            ("github.example.com", "https://github.example.com/api/v3"),
            ("github.example.com:8443", "https://github.example.com:8443/api/v3"),
            ("10.0.0.7:8443", "https://10.0.0.7:8443/api/v3"),
            ("[::1]:8443", "https://[::1]:8443/api/v3"),
        ] {
            assert_eq!(Host::new(hostname).expect(hostname).api(), api);
        }
    }

    #[test]
    fn other_text_is_refused() {
        for text in ["", "http://github.com", "a b", "github.com/acme", "user@github.com", "host:port", "h?q"]
        {
            assert_eq!(Host::new(text).expect_err(text).kind(), ErrorKind::Invalid);
        }
    }

    #[test]
    fn the_port_can_be_removed() {
        for (hostname, host) in [
            ("ghe.example", "ghe.example"),
            ("ghe.example:8443", "ghe.example"),
            ("[::1]", "[::1]"),
            ("[::1]:1", "[::1]"),
        ] {
            assert_eq!(Host::new(hostname).expect(hostname).without_port(), host);
        }
    }
}
