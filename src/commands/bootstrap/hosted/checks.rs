//! Checks of a forge, its repository and the token before anything is written.

use super::{AtForge, Entry};
use crate::error::{Error, ErrorKind, Result};
use crate::forge::{Forge, Identity, OwnerKind, Page, Purpose, Repository, Role};
use crate::output::Ui;

impl<F: Forge> AtForge<F> {
    /// Refuses what could not be done later, and remembers the repository if it exists.
    pub(super) async fn check_forge(&mut self, ui: &Ui) -> Result<()> {
        let identity = self.forge.identity().await?;
        match self.forge.repository(&self.wanted.at).await? {
            Some(repository) => {
                self.check_repository(&repository, &identity)?;
                let administers = self.needs_admin(&repository).is_some();
                self.found = Some(repository);
                if administers {
                    self.check_rights(&identity).await?;
                }
                self.check_branch(ui).await?;
            }
            None => self.check_owner(ui, &identity).await?,
        }
        self.check_teams(&identity).await
    }

    /// What needs the role Admin, if anything does.
    fn needs_admin(&self, repository: &Repository) -> Option<&'static str> {
        if matches!(self.wanted.entry, Entry::DeployKey { .. }) {
            Some("adding a deploy key (not needed with --token-auth)")
        } else if !self.wanted.teams.is_empty() {
            Some("granting permissions to teams")
        } else if self.wanted.change_visibility && !repository.visibility.satisfies(self.wanted.visibility) {
            Some("changing its visibility")
        } else {
            None
        }
    }

    /// Refuses an existing repository that cannot be used.
    fn check_repository(&self, repository: &Repository, identity: &Identity) -> Result<()> {
        let at = &self.wanted.at;
        if !repository.at.is_same(at) {
            let (owner, name) = (repository.at.owner(), repository.at.name());
            return Err(Error::usage(format!("the repository {at} has moved to {}", repository.at))
                .hint(format!("use its new path: --owner={owner} --repository={name}")));
        }
        if repository.archived {
            return Err(Error::usage(format!("the repository {at} is archived and read-only"))
                .hint(format!("unarchive it at {}", self.page(Page::Settings))));
        }
        self.check_scope(identity, Purpose::Repository(repository.visibility))?;
        // The forge does not reveal the rights of an app's token here.
        let Some(login) = &identity.login else { return Ok(()) };
        let refuse = |role: &str, what: &str| {
            Error::new(
                ErrorKind::Forbidden,
                format!("{login} lacks the role {role} in {at}, which is needed for {what}"),
            )
            .hint(format!("ask an administrator to grant it at {}", self.page(Page::Access)))
        };
        if repository.role < Role::Write {
            return Err(refuse("Write", "pushing"));
        }
        match self.needs_admin(repository) {
            Some(what) if repository.role < Role::Admin => Err(refuse("Admin", what)),
            _ => Ok(()),
        }
    }

    fn check_scope(&self, identity: &Identity, purpose: Purpose) -> Result<()> {
        let Some(scope) = self.forge.missing_scope(identity, purpose) else { return Ok(()) };
        let has = identity.scopes.as_deref().unwrap_or_default().join(", ");
        let has = if has.is_empty() { "none".to_owned() } else { has };
        Err(Error::new(ErrorKind::Forbidden, format!("the token lacks the scope {scope} (it has: {has})"))
            .hint(format!("add the scope {scope} to the token at {}", self.page(Page::Token))))
    }

    /// Finds out whether the owner is a user or an organization, and refuses an owner for whom the token cannot create
    /// a repository.
    async fn check_owner(&mut self, ui: &Ui, identity: &Identity) -> Result<()> {
        let owner = self.wanted.at.owner().to_owned();
        self.check_scope(identity, Purpose::Repository(self.wanted.visibility))?;
        let Some(kind) = self.forge.owner_kind(&owner).await? else {
            return Err(Error::not_found(format!("{} has no account named {owner}", self.forge.hostname()))
                .hint("check --owner: it must be the name of a user or an organization"));
        };
        let forbidden = |what: String, hint: String| Err(Error::new(ErrorKind::Forbidden, what).hint(hint));
        match (kind, &identity.login) {
            (OwnerKind::Organization, _) if self.wanted.personal => {
                return Err(
                    Error::usage(format!("{owner} is an organization, not a user")).hint("omit --personal")
                );
            }
            (OwnerKind::User, Some(login)) if !login.eq_ignore_ascii_case(&owner) => {
                return forbidden(
                    format!(
                        "the token belongs to {login}: it cannot create a repository for the user {owner}"
                    ),
                    format!("use a token of {owner}, or have {owner} create the repository first"),
                );
            }
            (OwnerKind::User, None) => {
                return forbidden(
                    "an app token cannot create a repository for a user".to_owned(),
                    format!("create the repository first, or use a token of {owner}"),
                );
            }
            (OwnerKind::User, _) if !self.wanted.personal => {
                ui.warning(format!("{owner} is a user, not an organization: continuing as with --personal"));
            }
            _ => {}
        }
        self.owner_kind = kind;
        Ok(())
    }

    /// Refuses a token that lacks rights of its owner. Scopes tell the rights of a token; without them they show only
    /// when they are used.
    async fn check_rights(&self, identity: &Identity) -> Result<()> {
        if let Entry::DeployKey { .. } = self.wanted.entry {
            self.forge.deploy_keys(&self.wanted.at).await?;
        }
        if identity.scopes.is_none() {
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
            return Err(Error::usage(format!("{owner} is a user, and only organizations have teams"))
                .hint("omit --team"));
        }
        for access in &self.wanted.teams {
            if self.forge.team_exists(owner, &access.team).await? {
                continue;
            }
            let error = Error::not_found(format!(
                "the organization {owner} has no team {:?}, or hides it from the token",
                access.team
            ))
            .hint(format!("see the list of teams at {}", self.page(Page::Teams)));
            return Err(match self.forge.missing_scope(identity, Purpose::Teams) {
                Some(scope) => {
                    error.hint(format!("add the scope {scope} to the token at {}", self.page(Page::Token)))
                }
                None => error,
            });
        }
        Ok(())
    }

    async fn check_branch(&self, ui: &Ui) -> Result<()> {
        let branch = self.forge.branch(&self.wanted.at, &self.wanted.branch).await?;
        if branch.is_some_and(|branch| branch.protected) {
            ui.warning(format!(
                "the branch {} is protected and may reject the push; see its rules at {}",
                self.wanted.branch,
                self.page(Page::Branches)
            ));
        }
        Ok(())
    }
}
