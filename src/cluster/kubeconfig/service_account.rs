//! The ServiceAccount of the Pod that this process runs in.

use std::net::Ipv6Addr;
use std::path::Path;

use super::{ClusterEntry, Options, Resolved, UserEntry};
use crate::error::Result;

/// Directory in which the kubelet mounts token, certificate authority and namespace.
const DIRECTORY: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// Whether this process runs in a Pod with a mounted ServiceAccount.
pub(super) fn exists(options: &Options) -> bool {
    options.service.is_some() && Path::new(DIRECTORY).join("token").is_file()
}

/// Resolves the API server and the ServiceAccount of the Pod, with flags applied; none outside of a Pod.
pub(super) fn resolve(options: &Options) -> Result<Option<Resolved>> {
    let Some((host, port)) = options.service.as_ref().filter(|_| exists(options)) else { return Ok(None) };
    let directory = Path::new(DIRECTORY);
    let host = if host.parse::<Ipv6Addr>().is_ok() { format!("[{host}]") } else { host.clone() };
    let authority = directory.join("ca.crt");
    let mut resolved = Resolved {
        namespace: namespace(options),
        cluster: ClusterEntry {
            server: Some(format!("https://{host}:{port}")),
            certificate_authority: Some(authority).filter(|file| file.is_file()),
            ..ClusterEntry::default()
        },
        user: UserEntry { token_file: Some(directory.join("token")), ..UserEntry::default() },
        ..Resolved::default()
    };
    resolved.cluster.override_by(options);
    resolved.user.override_by(options)?;
    Ok(Some(resolved))
}

/// Returns the Pod's namespace; none outside of a Pod.
pub(super) fn namespace(options: &Options) -> Option<String> {
    if !exists(options) {
        return None;
    }
    options.pod_namespace.clone().or_else(|| {
        let text = std::fs::read_to_string(Path::new(DIRECTORY).join("namespace")).ok()?;
        Some(text.trim().to_owned()).filter(|namespace| !namespace.is_empty())
    })
}
