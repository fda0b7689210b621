//! `flux bootstrap github`.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use futures::StreamExt as _;
use futures::channel::mpsc;

use super::args::SharedArgs;
use super::forge::{AtForge, Entry, Purpose, Wanted};
use super::plan::{self, Author, Introduction, Plan, SourceAccess, SourceKey};
use super::secret::Credentials;
use super::{flow, signing};
use crate::cli::values;
use crate::commands::{Command, Inherited};
use crate::context::{Context, Environment};
use crate::error::{Error, Result};
use crate::forge::{Event, Events, GitHub, Limits, RepositoryRef, TeamAccess, Token, Visibility};
use crate::git::{Address, Auth, Secret};
use crate::output::Ui;

/// The variable that holds the access token.
const TOKEN_VARIABLE: &str = "GITHUB_TOKEN";

/// The arguments of `flux bootstrap github`.
#[derive(Debug, Args)]
pub struct BootstrapGitHub {
    #[command(flatten)]
    shared: Inherited<SharedArgs>,
    /// The GitHub user or organization that owns the repository
    #[arg(long, default_value = "", hide_default_value = true)]
    owner: String,
    /// The repository's name; it is made if it is not there
    #[arg(long, default_value = "", hide_default_value = true)]
    repository: String,
    /// A team, as NAME or NAME:LEVEL with the level pull, triage, push, maintain or admin; maintain
    /// without one
    #[arg(long = "team", value_delimiter = ',', value_name = "TEAM")]
    teams: Vec<String>,
    /// The owner is a user rather than an organization
    #[arg(long)]
    personal: bool,
    /// The repository is private; given expressly, a repository that is there is changed too
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true",
        value_parser = values::boolean)]
    private: Option<bool>,
    /// How often the cluster looks at the repository
    #[arg(long, default_value = "1m0s", value_parser = values::duration)]
    interval: Duration,
    /// GitHub's host; of GitHub Enterprise with its port where it has one
    #[arg(long, default_value = "github.com")]
    hostname: String,
    /// The path in the repository that the cluster follows
    #[arg(long, default_value = "", hide_default_value = true)]
    path: String,
    /// Let the deploy key write too, as image automation needs
    #[arg(long)]
    read_write_key: bool,
    /// Change a repository that is there to what the flags say, defaults included
    #[arg(long)]
    reconcile: bool,
}

impl Command for BootstrapGitHub {
    async fn run(self, context: &Context) -> Result<()> {
        let (tell, mut told) = mpsc::unbounded();
        let events: Events = Arc::new(move |event| {
            // Nobody listens any more only when the command has ended.
            let _ = tell.unbounded_send(event);
        });
        let listening = async {
            while let Some(event) = told.next().await {
                show(&context.ui, &event);
            }
            std::future::pending().await
        };
        tokio::select! {
            outcome = self.bootstrap(context, events) => outcome,
            outcome = listening => outcome,
        }
    }
}

/// Tells of a pause before a call to GitHub is made again.
fn show(ui: &Ui, event: &Event) {
    let Event::Waiting { what, why, pause } = event;
    let pause = (pause.as_secs_f64() * 10.0).ceil() / 10.0;
    ui.waiting(format!("{why}: waiting {pause} s, then trying again to {what}"));
}

impl BootstrapGitHub {
    async fn bootstrap(&self, context: &Context, events: Events) -> Result<()> {
        let shared = &self.shared;
        let namespace = context.namespace();
        let wanted = self.wanted()?;
        let path = plan::folder(&self.path, &shared.sparse_checkout)?;
        let components = shared.components(namespace)?;
        let author = Author::new(shared)?;
        let given = plan::given_key(shared, &Secret::default(), None)?;
        let signer = signing::signer(shared, &Secret::default(), None)?;
        let ca = shared.certificates()?;
        let token = token(&context.ui)?;
        let limits = Limits::within(context.settings.timeout);
        let github = GitHub::new(&self.hostname, token.clone(), ca.as_deref(), limits, events)?;

        let push = Address::parse(&github.https_url(&wanted.at))?;
        let auth = Auth::Basic { username: self.owner.clone(), password: Secret::new(token.expose()) };
        let remote = plan::remote(context, shared, push.clone(), auth)?;
        let (source, access) = match wanted.entry {
            Entry::Token => (push, SourceAccess::Token(credentials(&token, ca)?)),
            Entry::DeployKey { .. } => {
                let address = Address::parse(&github.ssh_url(&wanted.at, shared.ssh_hostname.as_deref()))?;
                let key = SourceKey {
                    given,
                    algorithm: shared.key_algorithm(),
                    address: address.clone(),
                    introduction: Introduction::ByOrigin,
                };
                (address, SourceAccess::Key(key))
            }
        };
        let sync = plan::sync(shared, namespace, source.url().to_string(), &path, self.interval)?;
        let purpose = Purpose {
            namespace: namespace.to_owned(),
            secret: shared.secret_name.clone(),
            path: if path.is_empty() { String::new() } else { sync.path.clone() },
        };
        let hostname = github.hostname().to_owned();
        let mut origin = AtForge::new(github, hostname, wanted, purpose);
        let force = shared.force;
        let plan = Plan { components, sync, path, remote, access, signer, author, force };
        flow::run(context, &plan, &mut origin).await.map_err(|error| error.redacted(&plan.redactor()))
    }

    /// What the flags ask of GitHub.
    fn wanted(&self) -> Result<Wanted> {
        let at = RepositoryRef::new(&self.owner, &self.repository)?;
        let mut teams: Vec<TeamAccess> = Vec::new();
        for text in self.teams.iter().filter(|text| !text.trim().is_empty()) {
            let access: TeamAccess = text.parse()?;
            if let Some(other) =
                teams.iter().find(|it| it.team == access.team && it.permission != access.permission)
            {
                return Err(Error::usage(format!(
                    "team {:?} is given two levels: {} and {}",
                    access.team, other.permission, access.permission
                )));
            }
            if !teams.contains(&access) {
                teams.push(access);
            }
        }
        if self.personal && !teams.is_empty() {
            return Err(Error::usage(format!("{} is a user, and only organisations have teams", self.owner))
                .hint("leave out --team, or --personal"));
        }
        let private = self.private.unwrap_or(true);
        Ok(Wanted {
            at,
            branch: self.shared.branch.clone(),
            personal: self.personal,
            visibility: if private { Visibility::Private } else { Visibility::Public },
            change_visibility: self.private.is_some() || self.reconcile,
            teams,
            entry: if self.shared.token_auth {
                Entry::Token
            } else {
                Entry::DeployKey { read_only: !self.read_write_key }
            },
        })
    }
}

/// The access token, from its variable, else asked for or read from standard input.
fn token(ui: &Ui) -> Result<Token> {
    let given = match Environment::variable(TOKEN_VARIABLE) {
        Some(given) => Some(given),
        None => ui.secret("Please enter your GitHub personal access token (PAT)")?,
    };
    match given.filter(|given| !given.trim().is_empty()) {
        Some(given) => Ok(Token::new(&given)?),
        None => Err(Error::usage("could not read the GitHub personal access token")
            .hint(format!("set {TOKEN_VARIABLE}, or give the token on the standard input"))),
    }
}

/// What the cluster reaches the repository with when it has no key.
fn credentials(token: &Token, ca: Option<Vec<u8>>) -> Result<Credentials> {
    let mut credentials =
        Credentials::from([("username", "git".to_owned()), ("password", token.expose().to_owned())]);
    if let Some(ca) = ca {
        let text = String::from_utf8(ca).map_err(|_| Error::usage("the CA file is no text in PEM form"))?;
        credentials.insert("ca.crt", text);
    }
    Ok(credentials)
}
