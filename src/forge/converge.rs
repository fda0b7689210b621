//! Changes that take several requests: each reads the current state and changes what differs.
//!
//! Each can be interrupted at any point and repeated.

use super::deploy_key::KeyOwner;
use super::{
    DeployKey, Error, ErrorKind, Forge, KeyTitle, NewDeployKey, PublicKey, RepositoryRef, Result, TeamAccess,
};

/// What was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It did not exist and was created.
    Created,
    /// It was changed.
    Updated,
    /// Nothing.
    None,
}

/// Gives a team exactly the access that it should have.
pub async fn team_access(forge: &impl Forge, at: &RepositoryRef, wanted: &TeamAccess) -> Result<Change> {
    let change = match forge.team_access(at, &wanted.team).await? {
        Some(level) if level == wanted.level => return Ok(Change::None),
        Some(_) => Change::Updated,
        None => Change::Created,
    };
    forge.grant(at, &wanted.team, wanted.level).await?;
    Ok(change)
}

/// Adds a deploy key with this title and access.
///
/// A key with the other access is replaced, since forges cannot change it. If its title names another cluster, the error
/// is [`ErrorKind::KeyOfAnotherCluster`]: this cluster needs a key of its own.
pub async fn deploy_key(
    forge: &impl Forge,
    at: &RepositoryRef,
    title: &KeyTitle,
    public_key: &PublicKey,
    read_only: bool,
) -> Result<Change> {
    let there = forge.deploy_keys(at).await?.into_iter().find(|key| key.public_key == *public_key);
    let change = match &there {
        Some(key) if title.owner_of(&key.title) == KeyOwner::AnotherCluster => {
            return Err(Error::new(
                ErrorKind::KeyOfAnotherCluster,
                format!("use the deploy key {:?} of {at}", key.title),
                "another cluster has the same key".to_owned(),
            )
            .hint("each cluster needs its own key: delete the Secret that contains it and bootstrap again"));
        }
        Some(key) if key.read_only == read_only => return Ok(Change::None),
        Some(_) => Change::Updated,
        None => Change::Created,
    };
    if let Some(key) = &there {
        forge.delete_deploy_key(at, key).await?;
    }
    let new = NewDeployKey { title: title.to_string(), public_key: public_key.clone(), read_only };
    forge.add_deploy_key(at, &new).await?;
    Ok(change)
}

/// Whether the key is already a deploy key whose title names another cluster.
pub async fn is_of_another_cluster(
    forge: &impl Forge,
    at: &RepositoryRef,
    title: &KeyTitle,
    public_key: &PublicKey,
) -> Result<bool> {
    let keys = forge.deploy_keys(at).await?;
    Ok(keys
        .iter()
        .any(|key| key.public_key == *public_key && title.owner_of(&key.title) == KeyOwner::AnotherCluster))
}

/// Result of [`remove_former_keys`].
#[derive(Debug, Clone, Default)]
pub struct Removed {
    /// Deleted keys.
    pub deleted: Vec<DeployKey>,
    /// Keys that may be this cluster's or another's. They were kept.
    pub kept: Vec<DeployKey>,
}

/// Deletes the former keys of this cluster: those with its title, and `former`, the one from its Secret. `current`, the
/// key now in use, is kept.
///
/// A key whose title names another cluster or is the user's own is never deleted. A key with Flux's title, which names
/// no cluster, is deleted only if it is `former`.
pub async fn remove_former_keys(
    forge: &impl Forge,
    at: &RepositoryRef,
    title: &KeyTitle,
    current: Option<&PublicKey>,
    former: Option<&PublicKey>,
) -> Result<Removed> {
    let mut removed = Removed::default();
    for key in forge.deploy_keys(at).await? {
        if current == Some(&key.public_key) {
            continue;
        }
        let was_ours = former == Some(&key.public_key);
        match title.owner_of(&key.title) {
            KeyOwner::Ours => {}
            KeyOwner::OurCluster | KeyOwner::Flux if was_ours => {}
            KeyOwner::Flux => {
                removed.kept.push(key);
                continue;
            }
            KeyOwner::Unknown if was_ours => {
                removed.kept.push(key);
                continue;
            }
            KeyOwner::OurCluster | KeyOwner::AnotherCluster | KeyOwner::Unknown => continue,
        }
        forge.delete_deploy_key(at, &key).await?;
        removed.deleted.push(key);
    }
    Ok(removed)
}
