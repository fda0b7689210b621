//! Deploy keys. The title tells which cluster a key belongs to; the public key identifies it.

use std::fmt;

/// SSH public key, compared without its comment: forges drop or change that.
#[derive(Debug, Clone)]
pub struct PublicKey(String);

impl PublicKey {
    /// Takes a line `ALGORITHM BASE64 [COMMENT]`.
    pub fn new(line: &str) -> PublicKey {
        PublicKey(line.trim().to_owned())
    }

    /// Returns the line, without white space around it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn identity(&self) -> impl Iterator<Item = &str> {
        self.0.split_ascii_whitespace().take(2)
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &PublicKey) -> bool {
        self.identity().eq(other.identity())
    }
}

impl Eq for PublicKey {}

/// Title of a deploy key: its purpose and its cluster.
///
/// flux uses the title `NAMESPACE-BRANCH-SECRET-PATH`, which is the same for two clusters with the same path, and
/// replaces a key that has it: the second cluster locks out the first. Our titles end with the cluster's identity.
/// flux's titles are still recognized, but do not name a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyTitle {
    purpose: String,
    cluster: String,
}

impl KeyTitle {
    /// `cluster` is the cluster's identity: the UID of its namespace `kube-system`. `path` is the sync's
    /// (`./clusters/one`), empty for the root of the repository.
    pub fn new(namespace: &str, branch: &str, secret: &str, path: &str, cluster: &str) -> KeyTitle {
        let parts = [namespace, branch, secret, path];
        let purpose = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
        KeyTitle { purpose, cluster: cluster.to_owned() }
    }

    /// Returns whose key `title` names.
    pub(super) fn owner_of(&self, title: &str) -> KeyOwner {
        match title.rsplit_once(CLUSTER_BEGINS) {
            Some((purpose, rest)) => match rest.strip_suffix(CLUSTER_ENDS) {
                None => KeyOwner::Unknown,
                Some(cluster) if cluster != self.cluster => KeyOwner::AnotherCluster,
                Some(_) if purpose == self.purpose => KeyOwner::Ours,
                Some(_) => KeyOwner::OurCluster,
            },
            None if title == self.purpose => KeyOwner::Flux,
            None => KeyOwner::Unknown,
        }
    }
}

const CLUSTER_BEGINS: &str = " (cluster ";
const CLUSTER_ENDS: &str = ")";

impl fmt::Display for KeyTitle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{CLUSTER_BEGINS}{}{CLUSTER_ENDS}", self.purpose, self.cluster)
    }
}

/// Owner of a key by its title.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyOwner {
    /// This cluster's, for this purpose.
    Ours,
    /// This cluster's, for another purpose.
    OurCluster,
    /// Another cluster's.
    AnotherCluster,
    /// Created by flux for this purpose, in an unknown cluster.
    Flux,
    /// The title does not tell.
    Unknown,
}

/// Deploy key to add.
#[derive(Debug, Clone)]
pub struct NewDeployKey {
    /// Its title.
    pub title: String,
    /// The key.
    pub public_key: PublicKey,
    /// Whether it may only read.
    pub read_only: bool,
}

/// Deploy key of a repository.
#[derive(Debug, Clone)]
pub struct DeployKey {
    /// The forge's number of the key.
    pub id: u64,
    /// Its title.
    pub title: String,
    /// The key.
    pub public_key: PublicKey,
    /// Whether it may only read.
    pub read_only: bool,
    /// Time of its last use in the forge's format, if the forge tells.
    pub last_used: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_starts_like_fluxs_and_ends_with_the_cluster() {
        let title = KeyTitle::new("flux-system", "main", "flux-system", "./clusters/cluster1", "uid-1");
        assert_eq!(title.to_string(), "flux-system-main-flux-system-./clusters/cluster1 (cluster uid-1)");
        let root = KeyTitle::new("flux-system", "main", "flux-system", "", "uid-1");
        assert_eq!(root.to_string(), "flux-system-main-flux-system (cluster uid-1)");
    }

    #[test]
    fn a_key_is_ours_only_by_purpose_and_cluster() {
        let ours = KeyTitle::new("flux-system", "main", "flux-system", "./a", "uid-1");
        let of = |path: &str, cluster: &str| {
            ours.owner_of(&KeyTitle::new("flux-system", "main", "flux-system", path, cluster).to_string())
        };
        assert_eq!(of("./a", "uid-1"), KeyOwner::Ours);
        assert_eq!(of("./b", "uid-1"), KeyOwner::OurCluster);
        assert_eq!(of("./a", "uid-2"), KeyOwner::AnotherCluster);
        assert_eq!(of("./a", "uid-11"), KeyOwner::AnotherCluster);
        assert_eq!(ours.owner_of("flux-system-main-flux-system-./a"), KeyOwner::Flux);
        assert_eq!(ours.owner_of("flux-system-main-flux-system-./b"), KeyOwner::Unknown);
        assert_eq!(ours.owner_of("laptop (cluster uid-1"), KeyOwner::Unknown);
    }

    #[test]
    fn public_keys_are_compared_without_their_comment() {
        assert_eq!(PublicKey::new("ssh-ed25519 AAAA me@home\n"), PublicKey::new("ssh-ed25519  AAAA"));
        assert_ne!(PublicKey::new("ssh-ed25519 AAAA"), PublicKey::new("ssh-ed25519 AAAB"));
        assert_ne!(PublicKey::new("ssh-ed25519 AAAA"), PublicKey::new("ssh-rsa AAAA"));
    }
}
