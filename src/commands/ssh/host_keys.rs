//! Host keys of SSH servers, for `known_hosts` in a Secret.

use crate::error::{Error, ErrorKind, Result};
use crate::git::{self, HostKey, Remote};

/// Reads all host keys of a server, one of each type. Nothing is compared with known keys.
///
/// # Errors
/// The server cannot be reached or shows no key in time. The caller adds a hint.
pub async fn scan(remote: Remote) -> Result<Vec<HostKey>> {
    let (host, port) = (remote.address.host().to_owned(), remote.address.port());
    git::run_blocking(move || git::scan_host_keys(&remote, &[])).await.map_err(|error| {
        Error::new(
            ErrorKind::Unreachable,
            format!("failed to read the SSH host keys of {host}:{port}: {error}"),
        )
    })
}
