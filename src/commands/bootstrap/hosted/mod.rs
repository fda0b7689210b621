//! Bootstrap from a repository at a forge, the same for all forges.
//!
//! A forge's own file beside this directory declares its flags and calls [`run()`].

mod checks;
mod run;

pub use run::{HostedFlags, run, token};

use super::origin::{Admission, Origin};
use crate::error::{Error, Result};
use crate::forge::converge::{self, Change};
use crate::forge::{
    ErrorKind, Forge, KeyTitle, NewRepository, OwnerKind, Page, PublicKey, Repository, RepositoryRef,
    TeamAccess, Visibility,
};
use crate::output::Ui;

/// Wanted state of the repository at the forge.
struct Wanted {
    at: RepositoryRef,
    /// Branch that is pushed to.
    branch: String,
    /// Whether the flags say that the owner is a user.
    personal: bool,
    visibility: Visibility,
    /// Whether the visibility of an existing repository is changed.
    change_visibility: bool,
    teams: Vec<TeamAccess>,
    entry: Entry,
}

/// How the cluster gets access to the repository.
enum Entry {
    /// With the token, over HTTPS.
    Token,
    /// With a deploy key, over SSH.
    DeployKey { read_only: bool },
}

/// What the title of the cluster's deploy key names beside the cluster and the branch.
struct KeyPurpose {
    namespace: String,
    secret: String,
    /// Path of the sync; empty for the root of the repository.
    path: String,
}

/// Repository at a forge.
struct AtForge<F> {
    forge: F,
    wanted: Wanted,
    purpose: KeyPurpose,
    /// Title of the cluster's deploy key, known once `check` has passed.
    title: Option<KeyTitle>,
    /// The repository; `None` until it exists.
    found: Option<Repository>,
    owner_kind: OwnerKind,
}

impl<F: Forge> AtForge<F> {
    fn new(forge: F, wanted: Wanted, purpose: KeyPurpose) -> AtForge<F> {
        let owner_kind = if wanted.personal { OwnerKind::User } else { OwnerKind::Organization };
        AtForge { forge, wanted, purpose, title: None, found: None, owner_kind }
    }

    fn page(&self, page: Page) -> String {
        self.forge.page(&self.wanted.at, page)
    }

    fn web_url(&self) -> String {
        self.page(Page::Repository)
    }

    fn title(&self) -> Result<&KeyTitle> {
        self.title.as_ref().ok_or_else(|| Error::failed("the deploy key was requested before the checks"))
    }

    async fn reconcile_visibility(&self, ui: &Ui, repository: Repository) -> Result<Repository> {
        let wanted = self.wanted.visibility;
        if repository.visibility.satisfies(wanted) {
            return Ok(repository);
        }
        if self.wanted.change_visibility {
            let changed = self.forge.set_visibility(&self.wanted.at, wanted).await?;
            ui.success(format!("repository {:?} is now {wanted}", self.web_url()));
            return Ok(changed);
        }
        ui.warning(format!(
            "repository {:?} stays {}; use --reconcile to make it {wanted}",
            self.web_url(),
            repository.visibility
        ));
        Ok(repository)
    }

    async fn reconcile_teams(&self, ui: &Ui) -> Result<()> {
        if self.wanted.teams.is_empty() {
            return Ok(());
        }
        ui.action("reconciling repository permissions");
        for access in &self.wanted.teams {
            if converge::team_access(&self.forge, &self.wanted.at, access).await? != Change::None {
                let (level, team) = (access.level.as_str(), &access.team);
                ui.success(format!("granted {level:?} permissions to {team:?}"));
            }
        }
        ui.success("reconciled repository permissions");
        Ok(())
    }
}

impl<F: Forge> Origin for AtForge<F> {
    async fn check(&mut self, ui: &Ui, cluster: &str) -> Result<()> {
        let KeyPurpose { namespace, secret, path } = &self.purpose;
        self.title = Some(KeyTitle::new(namespace, &self.wanted.branch, secret, path, cluster));
        ui.action(format!("connecting to {}", self.forge.hostname()));
        self.check_forge(ui).await
    }

    fn is_missing(&self) -> bool {
        self.found.is_none()
    }

    async fn examine(&mut self, public_key: &str) -> Result<Admission> {
        if self.found.is_none() || matches!(self.wanted.entry, Entry::Token) {
            return Ok(Admission::Admitted);
        }
        let key = PublicKey::new(public_key);
        let foreign =
            converge::is_of_another_cluster(&self.forge, &self.wanted.at, self.title()?, &key).await?;
        Ok(if foreign { Admission::NeedsAnotherKey } else { Admission::Admitted })
    }

    async fn prepare(&mut self, ui: &Ui) -> Result<()> {
        let repository = if let Some(repository) = self.found.take() {
            repository
        } else {
            let new = NewRepository {
                at: self.wanted.at.clone(),
                owner_kind: self.owner_kind,
                visibility: self.wanted.visibility,
            };
            let created = self.forge.create_repository(&new).await?;
            ui.success(format!("repository {:?} created", self.web_url()));
            created
        };
        self.found = Some(self.reconcile_visibility(ui, repository).await?);
        self.reconcile_teams(ui).await
    }

    async fn admit(&mut self, ui: &Ui, public_key: &str) -> Result<Admission> {
        let Entry::DeployKey { read_only } = self.wanted.entry else { return Ok(Admission::Admitted) };
        let title = self.title()?;
        let key = PublicKey::new(public_key);
        match converge::deploy_key(&self.forge, &self.wanted.at, title, &key, read_only).await {
            Ok(Change::None) => {}
            Ok(Change::Created | Change::Updated) => {
                ui.success(format!("configured deploy key \"{title}\" for {:?}", self.web_url()));
            }
            Err(error) if matches!(error.kind(), ErrorKind::KeyOfAnotherCluster | ErrorKind::KeyInUse) => {
                return Ok(Admission::NeedsAnotherKey);
            }
            Err(error) => return Err(error.into()),
        }
        Ok(Admission::Admitted)
    }

    async fn retire(&mut self, ui: &Ui, current: Option<&str>, former: Option<&str>) -> Result<()> {
        let (current, former) = (current.map(PublicKey::new), former.map(PublicKey::new));
        let title = self.title()?;
        let removed = converge::remove_former_keys(
            &self.forge,
            &self.wanted.at,
            title,
            current.as_ref(),
            former.as_ref(),
        )
        .await;
        let removed = match removed {
            Ok(removed) => removed,
            // A token that may only push cannot list keys. There is a former key only if the Secret had one.
            Err(error)
                if current.is_none()
                    && matches!(error.kind(), ErrorKind::Forbidden | ErrorKind::NotFound) =>
            {
                if former.is_some() {
                    ui.warning(format!(
                        "the token is not allowed to delete the previous deploy key; delete it at {}",
                        self.page(Page::DeployKeys)
                    ));
                }
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        for key in removed.deleted {
            ui.success(format!("deleted the previous deploy key {:?} of {:?}", key.title, self.web_url()));
        }
        for key in removed.kept {
            let used = key.last_used.map_or_else(String::new, |when| format!(", last used {when}"));
            ui.warning(format!(
                "deploy key {:?}{used} may belong to another cluster and was kept; if it does not, delete it at {}",
                key.title,
                self.page(Page::DeployKeys)
            ));
        }
        Ok(())
    }
}
