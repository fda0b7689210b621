//! Subject alternative names, and host name verification.

use std::net::IpAddr;

use super::der::{Reader, tag};

/// Subject alternative names.
#[derive(Default)]
pub(super) struct Names {
    pub(super) dns: Vec<String>,
    /// 4 or 16 bytes each.
    pub(super) addresses: Vec<Vec<u8>>,
    pub(super) emails: Vec<String>,
    pub(super) uris: Vec<String>,
    /// The complete DER of the extension.
    pub(super) der: Vec<u8>,
}

impl Names {
    /// Parses the extension. `None` if Go's parser would refuse it.
    pub(super) fn read(mut value: Reader) -> Option<Names> {
        let mut names = Names::default();
        let all = value.expect(tag::SEQUENCE)?;
        names.der = all.whole.to_vec();
        let mut list = Reader::new(all.content);
        while !list.is_empty() {
            let name = list.any()?;
            match name.tag {
                // Email addresses, host names and URIs are ASCII.
                0x81 | 0x82 | 0x86 if !name.content.is_ascii() => return None,
                0x81 => names.emails.push(text(name.content)),
                0x82 => names.dns.push(text(name.content)),
                0x86 => names.uris.push(text(name.content)),
                0x87 if !matches!(name.content.len(), 4 | 16) => return None,
                0x87 => names.addresses.push(name.content.to_vec()),
                _ => {}
            }
        }
        Some(names)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.dns.is_empty() && self.addresses.is_empty() && self.emails.is_empty() && self.uris.is_empty()
    }
}

fn text(ascii: &[u8]) -> String {
    String::from_utf8_lossy(ascii).into_owned()
}

/// Whether one of the names matches the host, as in Go: IP addresses match IP addresses only, and a wildcard is a complete
/// first label.
pub(super) fn matches(names: &Names, host: &str) -> bool {
    if let Some(address) = address(host) {
        return names.addresses.iter().filter_map(|bytes| from_bytes(bytes)).any(|it| it == address);
    }
    let host = host.to_ascii_lowercase();
    let usual = is_host(&host, false);
    names.dns.iter().any(|name| {
        if usual && is_host(name, true) {
            matches_pattern(&name.to_ascii_lowercase(), host.strip_suffix('.').unwrap_or(&host))
        } else {
            !matches!(name.as_str(), "" | ".")
                && !matches!(host.as_str(), "" | ".")
                && name.eq_ignore_ascii_case(&host)
        }
    })
}

/// Whether a name, possibly with a wildcard, matches a host.
pub(super) fn matches_pattern(pattern: &str, host: &str) -> bool {
    let (mut pattern, mut host) = (pattern.split('.'), host.split('.'));
    if let (Some(first), Some(label)) = (pattern.next(), host.next())
        && first != "*"
        && first != label
    {
        return false;
    }
    pattern.eq(host)
}

/// Parses an IP address, with or without brackets.
pub(super) fn address(host: &str) -> Option<IpAddr> {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    bare.parse().ok().map(|address: IpAddr| address.to_canonical())
}

fn from_bytes(bytes: &[u8]) -> Option<IpAddr> {
    let address = match bytes.len() {
        4 => IpAddr::from(<[u8; 4]>::try_from(bytes).ok()?),
        _ => IpAddr::from(<[u8; 16]>::try_from(bytes).ok()?),
    };
    Some(address.to_canonical())
}

pub(super) fn show_address(bytes: &[u8]) -> String {
    from_bytes(bytes).map(|address| address.to_string()).unwrap_or_default()
}

/// Whether this is a valid host name. A pattern may start with a wildcard label; a host may end with a dot.
fn is_host(name: &str, is_pattern: bool) -> bool {
    let name = if is_pattern { name } else { name.strip_suffix('.').unwrap_or(name) };
    !matches!(name, "" | "*")
        && name.split('.').enumerate().all(|(at, label)| {
            let wildcard = is_pattern && at == 0 && label == "*";
            let usual = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
            wildcard || !label.is_empty() && !label.starts_with('-') && label.bytes().all(usual)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_match_as_in_go() {
        for (name, host, right) in [
            ("example.com", "example.com", true),
            ("example.com", "EXAMPLE.com", true),
            ("example.com", "example.com.", true),
            ("example.com", "www.example.com", false),
            ("*.example.com", "www.example.com", true),
            ("*.example.com", "a.b.example.com", false),
            ("*.example.com", "example.com", false),
            ("*.local", "git.local", true),
            ("w*.example.com", "www.example.com", false),
            ("www.*.com", "www.example.com", false),
            ("*", "localhost", false),
            ("a_b.example.com", "a_b.example.com", true),
            ("-a.example.com", "-a.example.com", true),
            ("127.0.0.1", "127.0.0.1", false),
            ("", "", false),
        ] {
            let names = Names { dns: vec![name.into()], ..Names::default() };
            assert_eq!(matches(&names, host), right, "{name} {host}");
        }
    }

    #[test]
    fn addresses_match_addresses_alone() {
        let names = Names {
            addresses: vec![
                vec![10, 0, 0, 1],
                IpAddr::from([0xfd00, 0, 0, 0, 0, 0, 0, 1_u16])
                    .to_string()
                    .parse::<std::net::Ipv6Addr>()
                    .unwrap()
                    .octets()
                    .to_vec(),
            ],
            ..Names::default()
        };
        for (host, right) in [
            ("10.0.0.1", true),
            ("::ffff:10.0.0.1", true),
            ("10.0.0.2", false),
            ("[fd00::1]", true),
            ("fd00::2", false),
        ] {
            assert_eq!(matches(&names, host), right, "{host}");
        }
    }
}
