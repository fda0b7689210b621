//! `NO_PROXY`, by the rules of Go programs such as `kubectl` and flux.

use std::net::IpAddr;

/// Whether a server is reached without a proxy.
///
/// This machine always is. `no_proxy` lists IP addresses, networks (`10.0.0.0/8`), domains with their subdomains
/// (`example.com`), subdomains alone (`.example.com`), and `*` for everything; all but `*` may have a port.
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
            Some(address) => contains(entry, address),
            None => is_domain_of(&entry.to_ascii_lowercase(), &host),
        }
    })
}

/// Splits the port off an entry. An IPv6 address has a port only after brackets.
fn split_port(entry: &str) -> (&str, Option<u16>) {
    if let Some((address, rest)) = entry.strip_prefix('[').and_then(|entry| entry.split_once(']')) {
        return (address, rest.strip_prefix(':').and_then(|port| port.parse().ok()));
    }
    match entry.split_once(':') {
        Some((name, port)) if !port.contains(':') => (name, port.parse().ok()),
        _ => (entry, None),
    }
}

/// Whether an entry is this address or a network that contains it.
fn contains(entry: &str, address: IpAddr) -> bool {
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

/// Whether an entry is this name or one of its parent domains.
fn is_domain_of(entry: &str, host: &str) -> bool {
    match entry.trim_start_matches('*').strip_prefix('.') {
        Some(above) => host.strip_suffix(above).is_some_and(|rest| rest.ends_with('.')),
        None => host == entry || host.strip_suffix(entry).is_some_and(|rest| rest.ends_with('.')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_always_reached_directly() {
        for host in ["127.0.0.1", "127.8.8.8", "localhost", "[::1]", "LocalHost."] {
            assert!(is_direct(host, 6443, ""), "{host}");
        }
        assert!(!is_direct("10.0.0.1", 6443, ""));
        assert!(!is_direct("edge.example.com", 6443, ""));
    }

    #[test]
    fn entries_are_read_as_go_reads_them() {
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
