//! SSH host keys: those that this command trusts, and those that the cluster will trust.

use super::plan::{Plan, SourceKey};
use crate::commands::secret_manifest::StoredSecret;
use crate::commands::ssh;
use crate::context::{Context, Environment};
use crate::error::Result;
use crate::git::{self, Auth, HostKey, KnownHosts, Remote, Scheme, certified_host_keys, known_hosts_text};

/// Sets the host keys that this command trusts: those of the user's `known_hosts`.
///
/// An unknown server is trusted on first use if a private key is given, as in flux, but never with an agent or a
/// password.
pub async fn trust_server(context: &Context, remote: &mut Remote) -> Result<()> {
    if remote.address.scheme() != Scheme::Ssh {
        return Ok(());
    }
    remote.known_hosts = context.environment.known_hosts();
    let (host, port) = (remote.address.host().to_owned(), remote.address.port());
    if remote.known_hosts.knows(&host, port) || !matches!(remote.auth, Auth::SshKey { .. }) {
        return Ok(());
    }
    let keys = ssh::scan(remote.clone())
        .await
        .map_err(|error| error.hint("check --url, and that this machine can reach the SSH server"))?;
    for key in &keys {
        context.ui.warning(format!(
            "{host} is not in known_hosts: trusting its host key {} {}",
            key.key_type,
            key.fingerprint()
        ));
    }
    remote.known_hosts.extend(KnownHosts::parse(&known_hosts_text(&keys, &host, port)));
    Ok(())
}

/// Returns the `known_hosts` lines for the cluster: all host keys of the server.
///
/// They are compared with the keys that are known already: the user's own, or else those that the cluster trusted
/// before.
pub async fn for_cluster(
    environment: &Environment,
    plan: &Plan,
    source: &SourceKey,
    stored: Option<&StoredSecret>,
) -> Result<String> {
    let mut remote = plan.remote.clone();
    remote.address = source.address.clone();
    let (host, port) = (source.address.host().to_owned(), source.address.port());
    let own = environment.known_hosts();
    let has_authority = !own.authorities(&host, port).is_empty();
    // This command may trust keys beyond the user's own files: the server has just shown them.
    let mut shown =
        if own.knows(&host, port) { Vec::new() } else { plan.remote.known_hosts.keys(&host, port) };
    if has_authority {
        remote.known_hosts = own.clone();
        let remote = remote.clone();
        shown = git::run_blocking(move || certified_host_keys(&remote)).await?;
    }
    let certified = has_authority && !shown.is_empty();
    if shown.is_empty() {
        shown = ssh::scan(remote).await.map_err(|error| {
            error.hint(
                "the cluster would use SSH to reach the repository there; set another host with \
                --ssh-hostname, or use --token-auth",
            )
        })?;
    }
    // If the user knows an authority only, a key that it has not signed is unknown.
    if !certified
        && own.knows(&host, port)
        && own.keys(&host, port).is_empty()
        && let Some(key) = shown.first()
    {
        return Err(git::Error::HostKeyUnknown {
            host: git::host_name(&host, port),
            key_type: key.key_type.clone(),
            fingerprint: key.fingerprint(),
        }
        .into());
    }
    let before = stored.and_then(|secret| secret.text("known_hosts")).map(KnownHosts::parse);
    let trusted = if own.knows(&host, port) { Some(own) } else { before };
    let known = trusted.map(|trusted| trusted.keys(&host, port)).unwrap_or_default();
    if let Some(changed) = changed(&known, &shown) {
        return Err(git::Error::HostKeyChanged {
            host: git::host_name(&host, port),
            key_type: changed.key_type.clone(),
            fingerprint: changed.fingerprint(),
        }
        .into());
    }
    Ok(known_hosts_text(&shown, &host, port))
}

/// Finds a key that replaces a known one of its type. A server may have several keys of a type; one that is known is
/// enough.
fn changed<'a>(known: &[HostKey], shown: &'a [HostKey]) -> Option<&'a HostKey> {
    known
        .iter()
        .filter(|known| !shown.iter().any(|key| key.blob == known.blob))
        .find_map(|known| shown.iter().find(|key| key.key_type == known.key_type))
}
