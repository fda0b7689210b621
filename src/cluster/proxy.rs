//! Which API servers are reached without the proxy of the environment.

use std::fmt;
use std::net::IpAddr;

use crate::error::{Error, Result};

/// The address of a proxy. It may hold a password, which `Debug` does not show.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyUrl(String);

impl ProxyUrl {
    /// Takes a URL as it is: the `proxy-url` of a kubeconfig.
    pub fn exactly(text: String) -> Self {
        Self(text)
    }

    /// Takes the value of `HTTPS_PROXY`: a URL, or a host with its port alone.
    pub fn new(text: &str) -> Self {
        Self(if text.contains("://") { text.to_owned() } else { format!("http://{text}") })
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The scheme, host and port, without the credentials.
    pub(super) fn shown(&self) -> String {
        let (scheme, rest) = self.0.split_once("://").unwrap_or(("http", &self.0));
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
        format!("{scheme}://{place}")
    }

    /// Refuses what is no proxy's address. `place` says where it was written. The value, which may hold a
    /// password, is not shown.
    pub(super) fn check(&self, place: &str) -> Result<()> {
        let wrong = |what: String| {
            Err(Error::usage(format!("{place} is not the address of a proxy: {what}"))
                .hint("it is written http://HOST:PORT, or with https:// or socks5://; special characters of a password as %40"))
        };
        match self.0.parse::<http::Uri>() {
            Err(error) => wrong(error.to_string()),
            Ok(uri) if uri.host().is_none_or(str::is_empty) => wrong("it names no host".into()),
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

/// Whether `host` is reached directly although `HTTPS_PROXY` is set, by the rules of Go's programs, `kubectl` and flux
/// among them: this machine always is; `no_proxy` (the value of `NO_PROXY`) lists addresses, networks as
/// `10.0.0.0/8`, names with all that is below them, names that begin with a dot for what is below them alone, and `*`
/// for everything; each but `*` also with a port.
pub(super) fn is_direct(host: &str, port: u16, no_proxy: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase();
    let address: Option<IpAddr> = host.parse().ok();
    if host == "localhost" || address.is_some_and(|address| address.is_loopback()) {
        return true;
    }
    no_proxy.split(',').map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| {
        let (entry, wanted) = split_port(entry);
        if wanted.is_some_and(|wanted| wanted != port) {
            return false;
        }
        match address {
            _ if entry == "*" => true,
            Some(address) => holds(entry, address),
            None => names(&entry.to_ascii_lowercase(), &host),
        }
    })
}

/// Takes the port off an entry. An IPv6 address has one only behind brackets.
fn split_port(entry: &str) -> (&str, Option<u16>) {
    if let Some((address, rest)) = entry.strip_prefix('[').and_then(|entry| entry.split_once(']')) {
        return (address, rest.strip_prefix(':').and_then(|port| port.parse().ok()));
    }
    match entry.split_once(':') {
        Some((name, port)) if !port.contains(':') => (name, port.parse().ok()),
        _ => (entry, None),
    }
}

/// Whether an entry is this address, or a network that holds it.
fn holds(entry: &str, address: IpAddr) -> bool {
    let Some((network, length)) = entry.split_once('/') else {
        return entry.parse() == Ok(address);
    };
    let (Ok(network), Ok(length)) = (network.parse::<IpAddr>(), length.parse::<u32>()) else { return false };
    let bits = |address: IpAddr| match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()) << 96, 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    };
    let ((network, size), (address, other)) = (bits(network), bits(address));
    let mask = u128::MAX.checked_shl(128 - length.min(128)).unwrap_or(0);
    size == other && length <= size && (network ^ address) & mask == 0
}

/// Whether an entry is this name, or one above it.
fn names(entry: &str, host: &str) -> bool {
    match entry.trim_start_matches('*').strip_prefix('.') {
        Some(above) => host.strip_suffix(above).is_some_and(|rest| rest.ends_with('.')),
        None => host == entry || host.strip_suffix(entry).is_some_and(|rest| rest.ends_with('.')),
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

    #[test]
    fn this_machine_is_always_reached_directly() {
        for host in ["127.0.0.1", "127.8.8.8", "localhost", "[::1]", "LocalHost."] {
            assert!(is_direct(host, 6443, ""), "{host}");
        }
        assert!(!is_direct("10.0.0.1", 6443, ""));
        assert!(!is_direct("edge.example.com", 6443, ""));
    }

    #[test]
    fn entries_are_understood_as_by_go() {
        for (host, entry, direct) in [
            ("edge.example.com", "*", true),
            ("10.1.2.3", "*", true),
            ("edge.example.com", "example.com", true),
            ("example.com", "example.com", true),
            ("example.com", ".example.com", false),
            ("edge.example.com", ".example.com", true),
            ("edge.example.com", "*.example.com", true),
            ("notexample.com", "example.com", false),
            ("notexample.com", ".example.com", false),
            ("Edge.Example.com", "EXAMPLE.com:6443", true),
            ("edge.example.com", "example.com:443", false),
            ("10.1.2.3", "10.1.2.3", true),
            ("10.1.2.3", "10.0.0.0/8", true),
            ("11.1.2.3", "10.0.0.0/8", false),
            ("11.1.2.3", "0.0.0.0/0", true),
            ("10.1.2.3", "10.1.2.3/32", true),
            ("10.1.2.3", "10.1.2.3:6443", true),
            ("10.1.2.3", "10.1.2.3:443", false),
            ("10.1.2.3", "10.0.0.0/99", false),
            ("[fd00::7]", "fd00::/8", true),
            ("[fd00::7]", "[fd00::7]:6443", true),
            ("[fd00::7]", "10.0.0.0/8", false),
            ("edge.example.com", "10.0.0.0/8, other.org ,example.com", true),
            ("edge.example.com", ", ,", false),
        ] {
            assert_eq!(is_direct(host, 6443, entry), direct, "{host} and {entry}");
        }
    }
}
