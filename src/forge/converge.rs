//! What takes several questions and changes: makes the forge so, whatever is there, and says what it did.
//!
//! Each step may be cut off at any point and made again.

use super::deploy_key::KeyOwner;
use super::{
    DeployKey, Error, ErrorKind, Forge, KeyTitle, NewDeployKey, PublicKey, RepositoryRef, Result, TeamAccess,
};

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was not there and has been made.
    Created,
    /// It was there and has been changed.
    Updated,
    /// It was as it should be.
    None,
}

/// Gives a team the permission that it is to have; less or more is changed.
pub async fn team_access(forge: &impl Forge, at: &RepositoryRef, wanted: &TeamAccess) -> Result<Change> {
    let change = match forge.team_permission(at, &wanted.team).await? {
        Some(has) if has == wanted.permission => return Ok(Change::None),
        Some(_) => Change::Updated,
        None => Change::Created,
    };
    forge.grant(at, &wanted.team, wanted.permission).await?;
    Ok(change)
}

/// Makes the key a deploy key with that right and title.
///
/// A key that is there with the other right is replaced, since forges cannot change it — unless its title
/// says that another cluster has the same key: then [`ErrorKind::KeyOfAnotherCluster`], and this cluster
/// needs a key of its own.
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
                "the same key is another cluster's".to_owned(),
            )
            .hint(
                "each cluster needs a key of its own: delete the Secret that holds it and bootstrap again",
            ));
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

/// Whether the key is a deploy key already, whose title says that another cluster has it.
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

/// What [`remove_former_keys`] did.
#[derive(Debug, Clone, Default)]
pub struct Removed {
    /// Keys that were deleted.
    pub deleted: Vec<DeployKey>,
    /// Keys that look like this cluster's former ones but may be another's: they were left.
    pub left: Vec<DeployKey>,
}

/// Deletes the keys that this cluster had before: those with its title, and `former`, the one that its
/// Secret held. `current`, the key now in use, stays.
///
/// A key whose title names another cluster, or was given by somebody else, is never deleted. One with
/// Flux's title, which names no cluster, is deleted only if it is `former`.
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
                removed.left.push(key);
                continue;
            }
            KeyOwner::Unknown if was_ours => {
                removed.left.push(key);
                continue;
            }
            KeyOwner::OurCluster | KeyOwner::AnotherCluster | KeyOwner::Unknown => continue,
        }
        forge.delete_deploy_key(at, &key).await?;
        removed.deleted.push(key);
    }
    Ok(removed)
}
