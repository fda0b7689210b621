//! URLs of proxies for the API server.

use std::fmt;

use crate::error::{Error, Result};

/// URL of a proxy. It may contain a password, which `Debug` does not show.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyUrl(String);

impl ProxyUrl {
    /// Creates it from a URL: the `proxy-url` of a kubeconfig.
    pub fn exactly(text: String) -> Self {
        Self(text)
    }

    /// Creates it from the value of `HTTPS_PROXY`: a URL, or a host with its port.
    pub fn new(text: &str) -> Self {
        Self(if text.contains("://") { text.to_owned() } else { format!("http://{text}") })
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns scheme, host and port, without the credentials.
    pub(super) fn shown(&self) -> String {
        let (scheme, rest) = self.0.split_once("://").unwrap_or(("http", &self.0));
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
        format!("{scheme}://{place}")
    }

    /// Checks the address. `place` says where it is set. The value may contain a password and is not shown.
    pub(super) fn check(&self, place: &str) -> Result<()> {
        let wrong = |what: String| {
            Err(Error::usage(format!("{place} is not the address of a proxy: {what}"))
                .hint("write it as http://HOST:PORT, or with https:// or socks5://; escape special characters of a password, such as %40"))
        };
        match self.0.parse::<http::Uri>() {
            Err(error) => wrong(error.to_string()),
            Ok(uri) if uri.host().is_none_or(str::is_empty) => wrong("it has no host".into()),
            Ok(uri) => match uri.scheme_str() {
                Some("http" | "https" | "socks5") => Ok(()),
                Some(other) => wrong(format!("{other}:// is not supported")),
                None => wrong("it has no scheme".into()),
            },
        }
    }
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(proxy)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_proxy_is_shown_without_its_credentials() {
        for (url, shown) in [
            ("http://me:gehe@im@proxy:3128/x", "http://proxy:3128"),
            ("proxy:3128", "http://proxy:3128"),
            ("socks5://[::1]:1080", "socks5://[::1]:1080"),
        ] {
            assert_eq!(ProxyUrl::new(url).shown(), shown);
        }
    }

    #[test]
    fn what_is_no_address_of_a_proxy_is_refused_without_being_shown() {
        for wrong in ["http://me:geheim@", "http://me:geheim@ho st:1", "ftp://me:geheim@proxy:1", "http:///x"]
        {
            let error = ProxyUrl::new(wrong).check("HTTPS_PROXY").unwrap_err();
            let told = format!("{error} {:?}", error.hints());
            assert!(told.contains("HTTPS_PROXY") && !told.contains("geheim"), "{wrong}: {told}");
        }
        for right in ["proxy:3128", "http://me:geheim@proxy:3128", "socks5://10.0.0.1:1080"] {
            ProxyUrl::new(right).check("HTTPS_PROXY").unwrap();
        }
    }
}
