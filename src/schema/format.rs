//! Formats of texts that the API server checks.

use std::net::{Ipv4Addr, Ipv6Addr};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use edgeflux_kustomize::names;

/// Whether a text has a format. Formats that Kubernetes does not check fit every text.
pub(super) fn is_valid(format: &str, text: &str) -> bool {
    match format.replace('-', "").as_str() {
        "datetime" => text.parse::<jiff::Timestamp>().is_ok() && text.contains(['T', 't']),
        "date" => text.parse::<jiff::civil::Date>().is_ok() && text.len() == "2006-01-02".len(),
        "ipv4" => text.parse::<Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<Ipv6Addr>().is_ok() && text.contains(':'),
        "cidr" => is_cidr(text),
        "mac" => is_mac(text),
        "uuid" => is_uuid(text, None),
        "uuid3" => is_uuid(text, Some('3')),
        "uuid4" => is_uuid(text, Some('4')),
        "uuid5" => is_uuid(text, Some('5')),
        "byte" => STANDARD.decode(text).is_ok(),
        "uri" => text.starts_with('/') || url::Url::parse(text).is_ok(),
        "email" => text.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty()),
        "hostname" => {
            text.len() <= 255 && text.split('.').all(|part| names::is_label(&part.to_ascii_lowercase()))
        }
        "duration" => is_duration(text),
        "k8sshortname" => names::is_label(text),
        "k8slongname" => names::is_subdomain(text),
        _ => true,
    }
}

fn is_cidr(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return false };
    let Ok(bits) = bits.parse::<u8>() else { return false };
    match address.parse::<std::net::IpAddr>() {
        Ok(address) => bits <= if address.is_ipv4() { 32 } else { 128 },
        Err(_) => false,
    }
}

/// Six or eight bytes in hexadecimal.
fn is_mac(text: &str) -> bool {
    let parts: Vec<&str> = text.split([':', '-']).collect();
    matches!(parts.len(), 6 | 8)
        && parts.iter().all(|part| part.len() == 2 && part.chars().all(|char| char.is_ascii_hexdigit()))
}

/// 32 hexadecimal digits, with or without hyphens after the 8th, 12th, 16th and 20th.
fn is_uuid(text: &str, version: Option<char>) -> bool {
    let digits: String = text.chars().filter(|char| *char != '-').collect();
    let hyphens = text.char_indices().filter(|(_, char)| *char == '-').count();
    digits.len() == 32
        && digits.chars().all(|char| char.is_ascii_hexdigit())
        && hyphens <= 4
        && version.is_none_or(|version| digits.chars().nth(12) == Some(version))
}

/// A duration of Go, such as `1h30m`, or a number with a unit in words, such as `22 ns`.
fn is_duration(text: &str) -> bool {
    let unit = text.trim_start_matches(|char: char| char.is_ascii_digit() || matches!(char, '.' | ' '));
    let words = [
        "ns", "us", "ms", "s", "m", "h", "d", "w", "nanos", "micros", "millis", "secs", "minutes", "hours",
        "days", "weeks",
    ];
    if text == "0" || (text.starts_with(|char: char| char.is_ascii_digit()) && words.contains(&unit)) {
        return true;
    }
    let mut rest = text.trim_start_matches(['+', '-']);
    let mut parts = 0_u32;
    while !rest.is_empty() {
        let number =
            rest.len() - rest.trim_start_matches(|char: char| char.is_ascii_digit() || char == '.').len();
        if number == 0 || rest[..number].parse::<f64>().is_err() {
            return false;
        }
        rest = &rest[number..];
        let Some(unit) =
            ["ns", "us", "µs", "ms", "s", "m", "h"].into_iter().find(|unit| rest.starts_with(unit))
        else {
            return false;
        };
        // `ms` begins with `m`.
        let unit = if rest.starts_with("ms") { "ms" } else { unit };
        rest = &rest[unit.len()..];
        parts += 1;
    }
    parts > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_those_of_the_api_server() {
        for (format, right, wrong) in [
            ("date-time", "2026-01-01T00:00:00Z", "2026-01-01"),
            ("date", "2026-01-01", "1.1.2026"),
            ("ipv4", "10.0.0.1", "10.0.0"),
            ("ipv6", "::1", "10.0.0.1"),
            ("cidr", "10.0.0.0/8", "10.0.0.0/33"),
            ("mac", "00:11:22:33:44:55", "00:11:22"),
            ("uuid", "01234567-89ab-cdef-0123-456789abcdef", "01234567"),
            ("uuid4", "01234567-89ab-4def-8123-456789abcdef", "01234567-89ab-3def-8123-456789abcdef"),
            ("byte", "YQ==", "!"),
            ("uri", "https://example.org", "x"),
            ("email", "a@b", "a"),
            ("hostname", "a.example.org", "a_b"),
            ("duration", "1h30m", "1y"),
            ("duration", "22 ns", "x"),
            ("duration", "1.5ms", ""),
            ("k8s-short-name", "a-b", "a.b"),
            ("k8s-long-name", "a.b", "A"),
        ] {
            assert!(is_valid(format, right), "{format}: {right}");
            assert!(!is_valid(format, wrong), "{format}: {wrong}");
        }
        assert!(is_valid("password", "anything"));
    }
}
