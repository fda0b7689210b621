//! All host keys of an SSH server, as `ssh-keyscan` collects them.

use super::error::{Error, Result};
use super::known_hosts::HostKey;
use super::remote::Remote;
use super::transport::ssh::{HOST_KEY_ALGORITHMS, dial, handshake, shown_key};

/// The host keys of the remote's server, one of each type that it has, in the order of OpenSSH's preference.
///
/// One connection for each type: a server shows only one key at a time. `preferred` limits the
/// search to these algorithms (`--ssh-hostkey-algos`); empty means all.
pub fn scan_host_keys(remote: &Remote, preferred: &[String]) -> Result<Vec<HostKey>> {
    let wanted = |name: &str| preferred.is_empty() || preferred.iter().any(|p| p == name);
    let mut keys: Vec<HostKey> = Vec::new();
    let mut failure = None;
    for (algorithm, key_type) in HOST_KEY_ALGORITHMS {
        if !wanted(algorithm) || keys.iter().any(|key| key.key_type == key_type) {
            continue;
        }
        match handshake(remote, dial(remote)?, algorithm) {
            Ok(session) => keys.extend(shown_key(&session)),
            Err(error @ Error::Timeout { .. }) => return Err(error),
            // Servers without a key of this type end the connection; each in its own words.
            Err(error) => failure = Some(error),
        }
    }
    if keys.is_empty() {
        return Err(failure.unwrap_or_else(|| remote.network("it has no host key of a type asked for")));
    }
    Ok(keys)
}

/// The lines for `known_hosts`, without a line feed at the end, as flux stores them in its Secret.
pub fn known_hosts_text(keys: &[HostKey], host: &str, port: u16) -> String {
    let lines: Vec<String> = keys.iter().map(|key| key.known_hosts_line(host, port)).collect();
    lines.join("\n")
}
