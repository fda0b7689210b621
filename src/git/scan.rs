//! Host keys of an SSH server, as `ssh-keyscan` reads them.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};

use super::error::{Error, Result};
use super::host_key::{HostKey, host_name};
use super::known_hosts::Verdict;
use super::remote::Remote;
use super::transport::ssh::{CERTIFICATE_ALGORITHMS, HOST_KEY_ALGORITHMS, dial, handshake, shown_key};
use super::wire::first_string;

/// Reads the host keys of the remote's server, one of each type, in the order of OpenSSH's preference.
///
/// A server shows one key per connection. The first connection reads which types it has, since servers block clients
/// that open many connections in vain. `preferred` limits the search to these algorithms; empty means all.
pub fn scan_host_keys(remote: &Remote, preferred: &[String]) -> Result<Vec<HostKey>> {
    let offered = offered_algorithms(remote)?;
    let wanted = |name: &str| {
        let preferred = preferred.is_empty() || preferred.iter().any(|p| p == name);
        preferred && offered.as_ref().is_none_or(|offered| offered.iter().any(|o| o == name))
    };
    let mut keys: Vec<HostKey> = Vec::new();
    let mut failure = None;
    for (algorithm, key_type) in HOST_KEY_ALGORITHMS {
        if !wanted(algorithm) || keys.iter().any(|key| key.key_type == key_type) {
            continue;
        }
        match handshake(remote, dial(remote)?, algorithm) {
            Ok(session) => keys.extend(shown_key(&session)),
            Err(error @ Error::Timeout { .. }) => return Err(error),
            // Servers without a key of this type end the connection, with different errors.
            Err(error) => failure = Some(error),
        }
    }
    if keys.is_empty() {
        return Err(failure.unwrap_or_else(|| remote.network("it has no host key of a requested type")));
    }
    Ok(keys)
}

/// Reads the host keys of the remote's server that an authority in its known hosts has signed.
pub fn certified_host_keys(remote: &Remote) -> Result<Vec<HostKey>> {
    let (host, port) = (remote.address.host(), remote.address.port());
    let offered = offered_algorithms(remote)?.unwrap_or_default();
    let mut keys: Vec<HostKey> = Vec::new();
    for algorithm in CERTIFICATE_ALGORITHMS {
        if !offered.iter().any(|offered| offered == algorithm) {
            continue;
        }
        let session = handshake(remote, dial(remote)?, algorithm)?;
        let Some(shown) = shown_key(&session) else { continue };
        let verdict = remote.known_hosts.check(host, port, &shown);
        let key = shown.without_certificate();
        match verdict {
            Verdict::Known if !keys.contains(&key) => keys.push(key),
            Verdict::BadCertificate(reason) => {
                return Err(Error::HostCertificate { host: host_name(host, port), reason });
            }
            _ => {}
        }
    }
    Ok(keys)
}

/// Returns the lines for `known_hosts`, without a line feed at the end, as flux stores them in a Secret.
pub fn known_hosts_text(keys: &[HostKey], host: &str, port: u16) -> String {
    let lines: Vec<String> = keys.iter().map(|key| key.known_hosts_line(host, port)).collect();
    lines.join("\n")
}

/// Reads the host key algorithms that the server offers from its first packet (RFC 4253, sections 4.2, 6 and 7.1).
/// `None` if the server does not start like an SSH server.
fn offered_algorithms(remote: &Remote) -> Result<Option<Vec<String>>> {
    /// Maximum size of what is read, in bytes. SSH packets have at most 35,000; the lines before them are few.
    const LONGEST: u64 = 64 * 1024;
    let mut stream = dial(remote)?;
    if stream.write_all(b"SSH-2.0-edgeflux\r\n").is_err() {
        return Ok(None);
    }
    let mut reader = BufReader::new(stream.take(LONGEST));
    let mut line = Vec::new();
    while !line.starts_with(b"SSH-") {
        line.clear();
        if !matches!(reader.read_until(b'\n', &mut line), Ok(read) if read > 0) {
            return Ok(None);
        }
    }
    let mut length = [0; 4];
    if reader.read_exact(&mut length).is_err() {
        return Ok(None);
    }
    let mut packet = Vec::new();
    let wanted = u64::from(u32::from_be_bytes(length)).min(LONGEST);
    if !matches!(reader.take(wanted).read_to_end(&mut packet), Ok(read) if read as u64 == wanted) {
        return Ok(None);
    }
    Ok(host_key_algorithms(&packet))
}

/// Returns the second list of names in an `SSH_MSG_KEXINIT` packet (without its length).
fn host_key_algorithms(packet: &[u8]) -> Option<Vec<String>> {
    const KEXINIT: u8 = 20;
    const COOKIE: usize = 16;
    let (_padding, payload) = packet.split_first()?;
    let (kind, payload) = payload.split_first()?;
    let lists = payload.get(COOKIE..).filter(|_| *kind == KEXINIT)?;
    let first = first_string(lists)?;
    let second = first_string(lists.get(4 + first.len()..)?)?;
    Some(second.split(',').map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::super::wire::Writer;
    use super::*;

    #[test]
    fn the_offer_is_the_second_list_of_the_first_packet() {
        let packet = Writer::default()
            .raw(&[4, 20])
            .raw(&[0; 16])
            .string(b"curve25519-sha256")
            .string(b"rsa-sha2-512,ssh-ed25519")
            .string(b"aes128-ctr")
            .finish();
        let offered = host_key_algorithms(&packet).expect("a list");
        assert_eq!(offered, ["rsa-sha2-512", "ssh-ed25519"]);
        for cut in 0..packet.len() - 20 {
            assert!(host_key_algorithms(&packet[..cut]).is_none_or(|cut| cut.len() <= 2), "{cut}");
        }
        assert_eq!(host_key_algorithms(&[4, 21]), None);
    }
}
