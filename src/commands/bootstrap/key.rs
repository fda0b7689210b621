//! The cluster's SSH key: the user's, the one in the Secret, or a new one.

use super::host_keys;
use super::plan::{Introduction, Plan, SourceKey};
use crate::commands::secret_manifest::{SecretManifest, StoredSecret};
use crate::commands::ssh::KeyPair;
use crate::context::{Context, Environment};
use crate::error::{Error, Result};
use crate::git::{self, Access, Auth, KnownHosts, Remote};

/// SSH key of the cluster, with the host keys that the cluster trusts.
#[derive(Clone)]
pub struct ClusterKey {
    pair: KeyPair,
    known_hosts: String,
}

impl ClusterKey {
    /// Chooses the key and reads the server's host keys. Nothing is written.
    pub async fn choose(
        environment: &Environment,
        plan: &Plan,
        source: &SourceKey,
        stored: Option<&StoredSecret>,
    ) -> Result<Self> {
        let known_hosts = host_keys::for_cluster(environment, plan, source, stored).await?;
        let pair = match (&source.given, stored.and_then(KeyPair::usable)) {
            (Some(given), _) => given.clone(),
            (None, Some(stored)) => stored,
            (None, None) => KeyPair::generate(source.algorithm)?,
        };
        Ok(Self { pair, known_hosts })
    }

    /// Creates another key, for the same server.
    pub fn renewed(&self, source: &SourceKey) -> Result<Self> {
        Ok(Self { pair: KeyPair::generate(source.algorithm)?, known_hosts: self.known_hosts.clone() })
    }

    /// Line for a deploy key or `authorized_keys`.
    pub fn public(&self) -> &str {
        &self.pair.public
    }

    /// Adds the key and the host keys to the cluster's Secret.
    pub fn store(&self, secret: SecretManifest) -> SecretManifest {
        self.pair.clone().store(secret, self.known_hosts.clone())
    }

    /// Ensures that the server accepts the key. If it does not, the user is asked to add it.
    pub async fn introduce(
        &self,
        context: &Context,
        plan: &Plan,
        source: &SourceKey,
        stored: Option<&StoredSecret>,
    ) -> Result<()> {
        let is_new = stored.and_then(|secret| secret.text("identity.pub")) != Some(self.public());
        if is_new {
            self.show(context);
        }
        if source.introduction == Introduction::ByOrigin {
            return Ok(());
        }
        let Err(refused) = self.read_repository(plan, source).await else { return Ok(()) };
        if !is_new {
            self.show(context);
        }
        if source.introduction == Introduction::Silent {
            return Err(refused.context("the cluster's key has no access").hint(
                "grant read access to the key of --private-key-file first, or omit --silent to be \
                    prompted to add a new key",
            ));
        }
        if !context.ui.confirm_or_read("Please give the key access to your repository")? {
            return Err(Error::usage("aborting: the cluster's key was not granted access")
                .hint("nothing was written; run the same command to be asked again"));
        }
        self.read_repository(plan, source).await.map_err(|error| {
            error
                .context("the cluster's key still has no access")
                .hint("nothing was written; run the command again to create and show a new key")
        })
    }

    fn show(&self, context: &Context) {
        context.ui.success(format!("public key: {}", self.public().trim_end()));
    }

    /// Reads the repository's branches as the cluster will.
    async fn read_repository(&self, plan: &Plan, source: &SourceKey) -> Result<()> {
        let username = source.address.user().unwrap_or_else(|| "git".into());
        let remote = Remote {
            address: source.address.clone(),
            auth: Auth::SshKey { username, key: self.pair.open()? },
            known_hosts: KnownHosts::parse(&self.known_hosts),
            ..plan.remote.clone()
        };
        git::run_blocking(move || git::list(&remote, Access::Read)).await?;
        Ok(())
    }
}
