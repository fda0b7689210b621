//! A repository at a forge: made, opened to teams, and opened to the cluster by a deploy key.

use super::origin::{Admission, Origin};
use crate::error::{Error, Kind, Result};
use crate::forge::converge::{self, Change};
use crate::forge::{
    ErrorKind, Forge, Identity, KeyTitle, NewRepository, OwnerKind, Page, PublicKey, Repository,
    RepositoryRef, Role, TeamAccess, TokenKind, Visibility,
};
use crate::output::Ui;

/// What the flags ask of the forge.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Owner and name.
    pub at: RepositoryRef,
    /// The branch that is pushed to.
    pub branch: String,
    /// Whether the owner is said to be a user.
    pub personal: bool,
    /// Who is to see the repository.
    pub visibility: Visibility,
    /// Whether a repository that is there already is changed to that visibility.
    pub change_visibility: bool,
    /// Teams and their permissions.
    pub teams: Vec<TeamAccess>,
    /// How the cluster is let in.
    pub entry: Entry,
}

/// How the cluster is let in.
#[derive(Debug, Clone)]
pub enum Entry {
    /// By the token, through HTTPS.
    Token,
    /// By a deploy key, through SSH.
    DeployKey {
        /// Whether the key may only read.
        read_only: bool,
    },
}

/// What a deploy key's title says beside the cluster: namespace, branch, Secret and path of the sync.
#[derive(Debug, Clone)]
pub struct Purpose {
    /// The namespace of the sync.
    pub namespace: String,
    /// The Secret that holds the key.
    pub secret: String,
    /// The path as the sync has it; empty for the repository's root.
    pub path: String,
}

/// A repository at a forge.
pub struct AtForge<F> {
    forge: F,
    hostname: String,
    wanted: Wanted,
    purpose: Purpose,
    /// Known once `check` has passed.
    title: Option<KeyTitle>,
    found: Option<Repository>,
    owner_kind: OwnerKind,
}

impl<F: Forge> AtForge<F> {
    /// Nothing is asked yet. `hostname` is the forge's, for messages.
    pub fn new(forge: F, hostname: String, wanted: Wanted, purpose: Purpose) -> AtForge<F> {
        let owner_kind = if wanted.personal { OwnerKind::User } else { OwnerKind::Organisation };
        AtForge { forge, hostname, wanted, purpose, title: None, found: None, owner_kind }
    }

    fn web_url(&self) -> String {
        self.forge.page(&self.wanted.at, Page::Repository)
    }

    fn page(&self, page: Page) -> String {
        self.forge.page(&self.wanted.at, page)
    }

    fn needs_admin(&self, repository: &Repository) -> Option<&'static str> {
        if matches!(self.wanted.entry, Entry::DeployKey { .. }) {
            Some("adding a deploy key (use --token-auth to do without)")
        } else if !self.wanted.teams.is_empty() {
            Some("giving teams permissions")
        } else if self.wanted.change_visibility && !repository.visibility.satisfies(self.wanted.visibility) {
            Some("changing who can see it")
        } else {
            None
        }
    }

    /// Refuses a repository that is there but cannot be used.
    fn check_found(&self, repository: &Repository, identity: &Identity) -> Result<()> {
        let at = &self.wanted.at;
        if !repository.at.is_same(at) {
            return Err(Error::usage(format!("the repository {at} has moved to {}", repository.at)).hint(
                format!(
                    "give its new place: --owner={} --repository={}",
                    repository.at.owner(),
                    repository.at.name()
                ),
            ));
        }
        if repository.archived {
            return Err(Error::usage(format!("the repository {at} is archived: nobody can push to it"))
                .hint(format!("unarchive it at {}", self.page(Page::Settings))));
        }
        let scope = if repository.visibility == Visibility::Public { "public_repo" } else { "repo" };
        self.check_scope(identity, scope)?;
        // An app's token tells nothing of its rights here.
        let Some(login) = &identity.login else { return Ok(()) };
        let refuse = |role: &str, what: &str| {
            Error::new(Kind::Forbidden, format!("{login} lacks the role {role} in {at}, which {what} takes"))
                .hint(format!("have it granted at {}", self.page(Page::Access)))
        };
        if repository.role < Role::Write {
            return Err(refuse("Write", "pushing"));
        }
        match self.needs_admin(repository) {
            Some(what) if repository.role < Role::Admin => Err(refuse("Admin", what)),
            _ => Ok(()),
        }
    }

    fn check_scope(&self, identity: &Identity, scope: &str) -> Result<()> {
        if identity.has_scope(scope) {
            return Ok(());
        }
        let has = identity.scopes.as_deref().unwrap_or_default().join(", ");
        let has = if has.is_empty() { "none".to_owned() } else { has };
        Err(Error::new(Kind::Forbidden, format!("the token lacks the scope {scope} (it has: {has})"))
            .hint(format!("give it the scope {scope} at {}", self.page(Page::Token))))
    }

    /// Settles in whose name a repository that is not there will be made, or refuses.
    async fn check_missing(&mut self, ui: &Ui, identity: &Identity) -> Result<()> {
        let owner = self.wanted.at.owner().to_owned();
        let scope = if self.wanted.visibility == Visibility::Public { "public_repo" } else { "repo" };
        self.check_scope(identity, scope)?;
        let Some(kind) = self.forge.owner_kind(&owner).await? else {
            return Err(Error::not_found(format!("{} has no account {owner}", self.hostname))
                .hint("check --owner: it is a user's or an organisation's name"));
        };
        match (kind, &identity.login) {
            (OwnerKind::Organisation, _) if self.wanted.personal => {
                return Err(Error::usage(format!("{owner} is an organisation, not a user"))
                    .hint("leave out --personal"));
            }
            (OwnerKind::User, Some(login)) if !login.eq_ignore_ascii_case(&owner) => {
                return Err(Error::new(
                    Kind::Forbidden,
                    format!("the token is {login}'s: it cannot make a repository for the user {owner}"),
                )
                .hint(format!("use a token of {owner}, or have {owner} make the repository first")));
            }
            (OwnerKind::User, None) => {
                return Err(Error::new(
                    Kind::Forbidden,
                    "an app's token cannot make a repository for a user",
                )
                .hint(format!("make the repository first, or use a token of {owner}")));
            }
            (OwnerKind::User, _) if !self.wanted.personal => {
                ui.warning(format!("{owner} is a user, not an organisation: going on as with --personal"));
            }
            _ => {}
        }
        self.owner_kind = kind;
        Ok(())
    }

    /// Refuses a token that lacks the rights of its owner. A classic token's scopes tell; those of others
    /// show only when they are used.
    async fn check_rights(&self, identity: &Identity) -> Result<()> {
        if let Entry::DeployKey { .. } = self.wanted.entry {
            self.forge.deploy_keys(&self.wanted.at).await?;
        }
        if identity.kind != TokenKind::Classic {
            self.forge.check_administration(&self.wanted.at).await?;
        }
        Ok(())
    }

    async fn check_teams(&self, identity: &Identity) -> Result<()> {
        if self.wanted.teams.is_empty() {
            return Ok(());
        }
        let owner = self.wanted.at.owner();
        if self.owner_kind == OwnerKind::User {
            return Err(Error::usage(format!("{owner} is a user, and only organisations have teams"))
                .hint("leave out --team"));
        }
        for access in &self.wanted.teams {
            if self.forge.team_exists(owner, &access.team).await? {
                continue;
            }
            let mut error = Error::not_found(format!(
                "the organisation {owner} has no team {:?}, or hides it from the token",
                access.team
            ))
            .hint(format!("the teams are listed at {}", self.page(Page::Teams)));
            if !identity.has_scope("read:org") {
                error =
                    error.hint(format!("give the token the scope read:org at {}", self.page(Page::Token)));
            }
            return Err(error);
        }
        Ok(())
    }

    async fn check_branch(&self, ui: &Ui) -> Result<()> {
        let branch = self.forge.branch(&self.wanted.at, &self.wanted.branch).await?;
        if branch.is_some_and(|branch| branch.protected) {
            ui.warning(format!(
                "the branch {} is protected: a push may be refused; its rules are at {}",
                self.wanted.branch,
                self.page(Page::Branches)
            ));
        }
        Ok(())
    }

    fn title(&self) -> Result<&KeyTitle> {
        self.title.as_ref().ok_or_else(|| Error::failed("the deploy key was asked for before the checks"))
    }
}

impl<F: Forge> Origin for AtForge<F> {
    async fn check(&mut self, ui: &Ui, cluster: &str) -> Result<()> {
        let Purpose { namespace, secret, path } = &self.purpose;
        self.title = Some(KeyTitle::new(namespace, &self.wanted.branch, secret, path, cluster));
        ui.action(format!("connecting to {}", self.hostname));
        let identity = self.forge.identity().await?;
        match self.forge.repository(&self.wanted.at).await? {
            Some(repository) => {
                self.check_found(&repository, &identity)?;
                let administers = self.needs_admin(&repository).is_some();
                self.found = Some(repository);
                if administers {
                    self.check_rights(&identity).await?;
                }
                self.check_branch(ui).await?;
            }
            None => self.check_missing(ui, &identity).await?,
        }
        self.check_teams(&identity).await
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
        let at = self.wanted.at.clone();
        let wanted = self.wanted.visibility;
        let repository = if let Some(repository) = self.found.take() {
            repository
        } else {
            let new = NewRepository { at: at.clone(), owner_kind: self.owner_kind, visibility: wanted };
            let made = self.forge.create_repository(&new).await?;
            ui.success(format!("repository {:?} created", self.web_url()));
            made
        };
        if repository.visibility.satisfies(wanted) {
            self.found = Some(repository);
        } else if self.wanted.change_visibility {
            self.found = Some(self.forge.set_visibility(&at, wanted).await?);
            ui.success(format!("repository {:?} is {wanted} now", self.web_url()));
        } else {
            ui.warning(format!(
                "repository {:?} is {}, and stays so: --reconcile makes it {wanted}",
                self.web_url(),
                repository.visibility
            ));
            self.found = Some(repository);
        }
        if self.wanted.teams.is_empty() {
            return Ok(());
        }
        ui.action("reconciling repository permissions");
        for access in &self.wanted.teams {
            if converge::team_access(&self.forge, &at, access).await? != Change::None {
                ui.success(format!(
                    "granted {:?} permissions to {:?}",
                    access.permission.as_str(),
                    access.team
                ));
            }
        }
        ui.success("reconciled repository permissions");
        Ok(())
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
            // A token that may only push does not see the keys. There is a former key only if one was in
            // the Secret.
            Err(error)
                if current.is_none()
                    && matches!(error.kind(), ErrorKind::Forbidden | ErrorKind::NotFound) =>
            {
                if former.is_some() {
                    ui.warning(format!(
                        "the token may not delete the former deploy key: delete it at {}",
                        self.page(Page::DeployKeys)
                    ));
                }
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        for key in removed.deleted {
            ui.success(format!("deleted the former deploy key {:?} of {:?}", key.title, self.web_url()));
        }
        for key in removed.left {
            let used = key.last_used.map_or_else(String::new, |when| format!(", last used {when}"));
            ui.warning(format!(
                "deploy key {:?}{used} may be another cluster's and was left; if it is not, delete it at {}",
                key.title,
                self.page(Page::DeployKeys)
            ));
        }
        Ok(())
    }
}
