//! The cluster's SSH key: the user's, the one that the Secret holds, or a new one; and the server's host keys.

use super::flow;
use super::plan::{Introduction, Plan, SourceKey};
use super::secret::{Credentials, Existing};
use crate::context::{Context, Environment};
use crate::error::{Error, Result};
use crate::git::{
    self, Access, Auth, KnownHosts, PrivateKey, Remote, Secret, certified_host_keys, known_hosts_text,
    scan_host_keys,
};

/// A key with all that its Secret holds.
#[derive(Clone)]
pub struct ClusterKey {
    /// The line for a deploy key or `authorized_keys`.
    pub public: String,
    /// What goes into the Secret.
    pub credentials: Credentials,
    key: PrivateKey,
}

impl ClusterKey {
    /// Settles which key the cluster has, and which host keys it trusts. Nothing is written.
    pub async fn choose(plan: &Plan, source: &SourceKey, existing: Option<&Existing>) -> Result<Self> {
        let known_hosts = host_keys(plan, source, existing).await?;
        let (pem, passphrase, key) = if let Some(given) = &source.given {
            (given.pem.clone(), given.passphrase.clone(), given.key.clone())
        } else if let Some(kept) = kept(existing) {
            kept
        } else {
            new_key(source)?
        };
        Self::new(pem, &passphrase, key, known_hosts)
    }

    /// Another key in the place of one that belongs to somebody else.
    pub fn renewed(&self, source: &SourceKey) -> Result<Self> {
        let (pem, passphrase, key) = new_key(source)?;
        let known_hosts = self.credentials.get("known_hosts").cloned().unwrap_or_default();
        Self::new(pem, &passphrase, key, known_hosts)
    }

    fn new(pem: String, passphrase: &Secret, key: PrivateKey, known_hosts: String) -> Result<Self> {
        let public = key.public_line().map_err(|error| Error::failed(error.to_string()))?;
        let mut credentials = Credentials::from([
            ("identity", pem),
            ("identity.pub", public.clone()),
            ("known_hosts", known_hosts),
        ]);
        if !passphrase.is_empty() {
            credentials.insert("password", passphrase.expose().to_owned());
        }
        Ok(Self { public, credentials, key })
    }

    /// Sees to it that the server accepts the key, by asking the user to give it access where it does not.
    pub async fn introduce(
        &self,
        context: &Context,
        plan: &Plan,
        source: &SourceKey,
        existing: Option<&Existing>,
    ) -> Result<()> {
        let is_new = existing.and_then(|secret| secret.text("identity.pub")) != Some(self.public.as_str());
        if is_new {
            self.show(context);
        }
        if source.introduction == Introduction::ByOrigin {
            return Ok(());
        }
        let remote = self.remote(plan, source);
        let Err(refused) = flow::blocking(move || git::list(&remote, Access::Read)).await else {
            return Ok(());
        };
        if !is_new {
            self.show(context);
        }
        if source.introduction == Introduction::Silent {
            return Err(refused
                .context("the cluster's key has no access")
                .hint("give the key of --private-key-file read access first, or leave --silent out to be shown a new key and asked"));
        }
        if !context.ui.confirm_or_read("Please give the key access to your repository")? {
            return Err(Error::usage("aborting: the cluster's key was not given access")
                .hint("nothing was written; the same command asks again"));
        }
        let remote = self.remote(plan, source);
        flow::blocking(move || git::list(&remote, Access::Read)).await.map(drop).map_err(|error| {
            error
                .context("the cluster's key still has no access")
                .hint("nothing was written; a new key is made and shown when the command is run again")
        })
    }

    fn show(&self, context: &Context) {
        context.ui.success(format!("public key: {}", self.public.trim_end()));
    }

    /// The repository as the cluster reaches it.
    fn remote(&self, plan: &Plan, source: &SourceKey) -> Remote {
        let username = source.address.user().unwrap_or_else(|| "git".into());
        let mut remote = plan.remote.clone();
        remote.address = source.address.clone();
        remote.auth = Auth::SshKey { username, key: self.key.clone() };
        let text = self.credentials.get("known_hosts").map(String::as_str).unwrap_or_default();
        remote.known_hosts = KnownHosts::parse(text);
        remote
    }
}

/// The key that the Secret holds, if it can be used.
fn kept(existing: Option<&Existing>) -> Option<(String, Secret, PrivateKey)> {
    let existing = existing?;
    let pem = existing.text("identity")?.to_owned();
    let passphrase = Secret::new(existing.text("password").unwrap_or_default());
    let key = PrivateKey::parse(pem.as_bytes(), &passphrase).ok()?;
    // A password beside a key that needs none is some other credential.
    let passphrase = match PrivateKey::parse(pem.as_bytes(), &Secret::default()) {
        Ok(_) => Secret::default(),
        Err(_) => passphrase,
    };
    Some((pem, passphrase, key))
}

fn new_key(source: &SourceKey) -> Result<(String, Secret, PrivateKey)> {
    let failed = |error: git::KeyError| Error::failed(format!("cannot make an SSH key: {error}"));
    let key = PrivateKey::generate(source.algorithm).map_err(failed)?;
    Ok((key.to_pem().map_err(failed)?, Secret::default(), key))
}

/// All host keys of the server, held against those that are known already: the user's own, else those
/// that the cluster trusted before.
async fn host_keys(plan: &Plan, source: &SourceKey, existing: Option<&Existing>) -> Result<String> {
    let mut remote = plan.remote.clone();
    remote.address = source.address.clone();
    let (host, port) = (source.address.host().to_owned(), source.address.port());
    let own = Environment::known_hosts();
    // What this command trusts beyond the user's own files it has just been shown by the server.
    let mut shown =
        if own.knows(&host, port) { Vec::new() } else { plan.remote.known_hosts.keys(&host, port) };
    if !own.authorities(&host, port).is_empty() {
        remote.known_hosts = own.clone();
        let asked = remote.clone();
        shown = flow::blocking(move || certified_host_keys(&asked)).await?;
    }
    let certified = !own.authorities(&host, port).is_empty() && !shown.is_empty();
    if shown.is_empty() {
        shown = flow::blocking(move || scan_host_keys(&remote, &[])).await.map_err(|error| {
            error
                .context(format!("reading the SSH host keys of {host}:{port}"))
                .hint("the cluster is to reach the repository over SSH there; name another host by --ssh-hostname, or use --token-auth")
        })?;
    }
    // Where an authority is known, a key that it has not signed is as unknown as any.
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
    let before = existing.and_then(|secret| secret.text("known_hosts")).map(KnownHosts::parse);
    let trusted = if own.knows(&host, port) { Some(own) } else { before };
    for known in trusted.iter().flat_map(|trusted| trusted.keys(&host, port)) {
        let changed = shown.iter().find(|key| key.key_type == known.key_type && key.blob != known.blob);
        let Some(changed) = changed else { continue };
        // A server may have several keys of a type; one that is known is enough.
        if shown.iter().any(|key| key.blob == known.blob) {
            continue;
        }
        return Err(git::Error::HostKeyChanged {
            host: git::host_name(&host, port),
            key_type: changed.key_type.clone(),
            fingerprint: changed.fingerprint(),
        }
        .into());
    }
    Ok(known_hosts_text(&shown, &host, port))
}
