//! Secret with the cluster's credentials for the repository.

use super::key::ClusterKey;
use super::plan::{Plan, SourceAccess};
use crate::commands::secret_manifest::{SecretManifest, StoredSecret};
use crate::error::{Error, Result};

/// Keys that hold credentials. A bootstrap removes those that it does not need and keeps all other keys.
const CREDENTIALS: &[&str] = &[
    "bearerToken",
    "ca.crt",
    "caFile",
    "identity",
    "identity.pub",
    "known_hosts",
    "password",
    "sshPassphrase",
    "username",
];

/// The Secret that a bootstrap writes. `key` is the cluster's SSH key, if the plan asks for one.
pub fn manifest(plan: &Plan, key: Option<&ClusterKey>) -> Result<SecretManifest> {
    let sync = &plan.sync;
    let secret = SecretManifest::new(&sync.namespace, &sync.secret, Some("Opaque"), CREDENTIALS);
    match (&plan.access, key) {
        (SourceAccess::Token(credentials), _) => {
            Ok(credentials.iter().fold(secret, |secret, (key, value)| secret.with_secret(key, value.clone())))
        }
        (SourceAccess::Key(_), Some(key)) => Ok(key.store(secret)),
        (SourceAccess::Key(_), None) => Err(Error::failed("the cluster has no SSH key")),
    }
}

/// Refuses an immutable Secret that lacks the wanted credentials.
pub fn check(stored: &StoredSecret, wanted: &SecretManifest) -> Result<()> {
    if !stored.is_immutable() || wanted.matches(stored) {
        return Ok(());
    }
    Err(Error::usage(format!(
        "Secret {}/{} is immutable and does not contain the credentials of this bootstrap",
        wanted.namespace(),
        wanted.name()
    ))
    .hint("delete it, or use another one with --secret-name"))
}
