//! From the flags of a forge to a bootstrap.

use std::time::Duration;

use super::super::args::SharedArgs;
use super::super::plan::{self, Author, Credentials, Introduction, Plan, SourceAccess, SourceKey};
use super::super::{flow, signing};
use super::{AtForge, Entry, KeyPurpose, Wanted};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::event::Events;
use crate::forge::{Forge, RepositoryRef, TeamAccess, Token, Visibility};
use crate::git::{Address, Auth};
use crate::secret::Secret;

/// What the flags of a forge say about the repository.
pub struct HostedFlags<'a> {
    /// Owner and name.
    pub at: RepositoryRef,
    /// Values of `--team`.
    pub teams: &'a [String],
    /// `--personal`
    pub personal: bool,
    /// Visibility of the repository, if a flag sets it.
    pub visibility: Option<Visibility>,
    /// `--reconcile`
    pub reconcile: bool,
    /// `--read-write-key`
    pub read_write_key: bool,
    /// `--path`
    pub path: &'a str,
    /// `--interval`
    pub interval: Duration,
    /// User name with which this command pushes.
    pub username: &'a str,
}

/// Bootstraps from a repository at a forge. `token` asks for the access token, and `connect` prepares the forge with
/// that token and the certificates of `--ca-file`; both are called once the flags are checked.
pub async fn run<F: Forge>(
    context: &Context,
    shared: &SharedArgs,
    request: HostedFlags<'_>,
    token: impl FnOnce() -> Result<Token>,
    connect: impl FnOnce(Token, Option<&[u8]>, Events) -> Result<F>,
) -> Result<()> {
    let namespace = context.namespace();
    let wanted = wanted::<F>(shared, &request)?;
    let path = plan::directory(request.path, &shared.sparse_checkout)?;
    let components = shared.components(namespace)?;
    let author = Author::new(shared)?;
    let given = plan::given_key(context.ui.input(), shared, &Secret::default(), None)?;
    let signer = signing::signer(context, shared, &Secret::default(), None)?;
    let ca = shared.certificates(context.ui.input())?;
    let token = token()?;
    let forge = connect(token.clone(), ca.as_deref(), context.events.clone())?;

    let push = Address::parse(&forge.https_url(&wanted.at))?;
    let auth = Auth::Basic { username: request.username.to_owned(), password: token.secret().clone() };
    let remote = plan::remote(context, shared, push.clone(), auth, ca.clone());
    let (source, access) = match wanted.entry {
        Entry::Token => (push, SourceAccess::Token(credentials(&token, ca)?)),
        Entry::DeployKey { .. } => {
            let address = Address::parse(&forge.ssh_url(&wanted.at, shared.ssh_hostname.as_deref()))?;
            let key = SourceKey {
                given,
                algorithm: shared.ssh_key.algorithm(),
                address: address.clone(),
                introduction: Introduction::ByOrigin,
            };
            (address, SourceAccess::Key(key))
        }
    };
    let sync = plan::sync(shared, namespace, source.url().to_string(), &path, request.interval)?;
    let purpose = KeyPurpose {
        namespace: namespace.to_owned(),
        secret: shared.secret_name.clone(),
        path: if path.is_empty() { String::new() } else { sync.path.clone() },
    };
    let mut origin = AtForge::new(forge, wanted, purpose);
    let plan = Plan { components, sync, path, remote, access, signer, author, force: shared.force };
    flow::run(context, &plan, &mut origin).await.map_err(|error| error.redacted(&plan.redactor()))
}

/// The wanted state of the repository.
fn wanted<F: Forge>(shared: &SharedArgs, request: &HostedFlags<'_>) -> Result<Wanted> {
    let at = request.at.clone();
    let mut teams: Vec<TeamAccess> = Vec::new();
    for text in request.teams.iter().filter(|text| !text.trim().is_empty()) {
        let access = TeamAccess::parse::<F>(text)?;
        if let Some(other) = teams.iter().find(|it| it.team == access.team && it.level != access.level) {
            return Err(Error::usage(format!(
                "team {:?} has two levels: {} and {}",
                access.team, other.level, access.level
            ))
            .hint("list each team only once in --team"));
        }
        if !teams.contains(&access) {
            teams.push(access);
        }
    }
    if request.personal && !teams.is_empty() {
        return Err(Error::usage(format!("{} is a user, and only organizations have teams", at.owner()))
            .hint("omit --team, or --personal"));
    }
    let entry = if shared.token_auth {
        Entry::Token
    } else {
        Entry::DeployKey { read_only: !request.read_write_key }
    };
    Ok(Wanted {
        at,
        branch: shared.branch.clone(),
        personal: request.personal,
        visibility: request.visibility.unwrap_or(Visibility::Private),
        change_visibility: request.visibility.is_some() || request.reconcile,
        teams,
        entry,
    })
}

/// Reads the access token from its variable, or asks for it. `forge` names the forge in messages.
pub fn token(context: &Context, forge: &str, variable: &str) -> Result<Token> {
    let given = match context.environment.variable(variable) {
        Some(given) => Some(Secret::new(given)),
        None => context.ui.secret(&format!("Please enter your {forge} personal access token (PAT)"))?,
    };
    match given.filter(|given| !given.expose().trim().is_empty()) {
        Some(given) => Ok(Token::new(&given)?),
        None => Err(Error::usage(format!("could not read the {forge} personal access token"))
            .hint(format!("set {variable}, or pass the token on standard input"))),
    }
}

/// The cluster's credentials if it has no key.
fn credentials(token: &Token, ca: Option<Vec<u8>>) -> Result<Credentials> {
    let mut credentials =
        Credentials::from([("username", Secret::new("git")), ("password", token.secret().clone())]);
    if let Some(ca) = ca {
        credentials.insert("ca.crt", plan::ca_text(ca)?);
    }
    Ok(credentials)
}
