//! The account of the Pod that this process runs in.

use std::net::Ipv6Addr;
use std::path::Path;

use super::{Choice, ClusterEntry, Options, UserEntry};
use crate::error::Result;

/// Where the kubelet leaves token, authority and namespace.
const DIRECTORY: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// Whether this process runs in a Pod that has an account.
pub(super) fn is_there(options: &Options) -> bool {
    options.service.is_some() && Path::new(DIRECTORY).join("token").is_file()
}

/// The API server and the account of the Pod, with flags applied; none outside of a Pod.
pub(super) fn choice(options: &Options) -> Result<Option<Choice>> {
    let Some((host, port)) = options.service.as_ref().filter(|_| is_there(options)) else { return Ok(None) };
    let directory = Path::new(DIRECTORY);
    let host = if host.parse::<Ipv6Addr>().is_ok() { format!("[{host}]") } else { host.clone() };
    let authority = directory.join("ca.crt");
    let mut choice = Choice {
        namespace: namespace(options),
        cluster: ClusterEntry {
            server: Some(format!("https://{host}:{port}")),
            certificate_authority: Some(authority).filter(|file| file.is_file()),
            ..ClusterEntry::default()
        },
        user: UserEntry { token_file: Some(directory.join("token")), ..UserEntry::default() },
        ..Choice::default()
    };
    choice.cluster.override_by(options);
    choice.user.override_by(options)?;
    Ok(Some(choice))
}

/// The Pod's namespace; none outside of a Pod.
pub(super) fn namespace(options: &Options) -> Option<String> {
    if !is_there(options) {
        return None;
    }
    options.pod_namespace.clone().or_else(|| {
        let text = std::fs::read_to_string(Path::new(DIRECTORY).join("namespace")).ok()?;
        Some(text.trim().to_owned()).filter(|namespace| !namespace.is_empty())
    })
}
