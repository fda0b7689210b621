//! What the GitHub stand-in knows: accounts, tokens, repositories with their keys and teams.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::{Value, json};

use super::fault::Fault;
use crate::support::repository::Repository as Bare;

/// A token's owner and rights.
#[derive(Clone)]
pub struct TokenRights {
    /// The user.
    pub login: String,
    /// A classic token's scopes; `None` for a fine-grained token.
    pub scopes: Option<Vec<String>>,
    /// A fine-grained token whose permission "Administration" is read-only.
    pub reads_settings_only: bool,
}

/// A deploy key.
#[derive(Clone, Debug)]
pub struct Key {
    /// GitHub's number for it.
    pub id: u64,
    /// Its title.
    pub title: String,
    /// The public key, without comment.
    pub public: String,
    /// Whether it may only read.
    pub read_only: bool,
}

/// A repository.
#[derive(Clone, Debug)]
pub struct Repository {
    /// `private`, `internal` or `public`.
    pub visibility: String,
    /// The branch that a clone checks out.
    pub default_branch: String,
    /// Read-only for everybody.
    pub archived: bool,
    /// Deploy keys, oldest first.
    pub keys: Vec<Key>,
    /// Team → permission.
    pub teams: BTreeMap<String, String>,
    /// Branches under protection.
    pub protected: BTreeSet<String>,
    /// User → `pull`, `push`, `admin`; the owner, and an organisation's members, have `admin`.
    pub roles: BTreeMap<String, String>,
}

pub(super) struct Rule {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) left: usize,
    pub(super) fault: Fault,
}

/// A call as it came in.
#[derive(Clone, Debug)]
pub struct Call {
    /// `GET /repos/alice/fleet -> 404`; `git push /alice/fleet.git as alice -> 200`. Without an answer
    /// the status is `closed` or `stalled`.
    pub line: String,
    /// The body, if it was JSON.
    pub body: Value,
}

/// The state of the stand-in; tests may look at it and change it by hand, as people do on the web pages.
pub struct World {
    /// Users by login.
    pub users: BTreeSet<String>,
    /// Organisations and their teams.
    pub organisations: BTreeMap<String, BTreeSet<String>>,
    /// Tokens and what they may do.
    pub tokens: BTreeMap<String, TokenRights>,
    /// Repositories by `owner/name`.
    pub repositories: BTreeMap<String, Repository>,
    /// All calls in the order of their answers.
    pub calls: Vec<Call>,
    pub(super) rules: Vec<Rule>,
    pub(super) next_id: u64,
    pub(super) root: PathBuf,
}

impl World {
    /// Makes a repository on disk and in the list.
    pub fn add_repository(&mut self, name: &str, visibility: &str) -> Bare {
        self.repositories.insert(
            name.to_owned(),
            Repository {
                visibility: visibility.to_owned(),
                default_branch: "main".to_owned(),
                archived: false,
                keys: Vec::new(),
                teams: BTreeMap::new(),
                protected: BTreeSet::new(),
                roles: BTreeMap::new(),
            },
        );
        Bare::init(&self.root.join(format!("{name}.git")), "main")
    }

    /// The first fault that is meant for this call, used up by one.
    pub(super) fn fault(&mut self, method: &str, path: &str) -> Option<Fault> {
        let meant = |rule: &&mut Rule| rule.left > 0 && rule.method == method && path.contains(&rule.path);
        let rule = self.rules.iter_mut().find(meant)?;
        rule.left -= 1;
        Some(rule.fault.clone())
    }

    /// What `login` may do in the repository: `admin`, `push`, `pull` or nothing.
    pub(super) fn role(&self, login: &str, name: &str) -> Option<String> {
        let repository = self.repositories.get(name)?;
        let owner = name.split('/').next().unwrap_or_default();
        if let Some(role) = repository.roles.get(login) {
            return Some(role.clone());
        }
        if owner == login || self.organisations.contains_key(owner) {
            return Some("admin".to_owned());
        }
        (repository.visibility == "public").then(|| "pull".to_owned())
    }

    pub(super) fn describe(&self, name: &str, login: &str, base: &str) -> Value {
        let repository = &self.repositories[name];
        let (owner, short) = name.split_once('/').expect("owner/name");
        let kind = if self.organisations.contains_key(owner) { "Organization" } else { "User" };
        let role = self.role(login, name).unwrap_or_default();
        json!({
            "id": 1,
            "name": short,
            "full_name": name,
            "owner": { "login": owner, "type": kind },
            "private": repository.visibility != "public",
            "visibility": repository.visibility,
            "default_branch": repository.default_branch,
            "archived": repository.archived,
            "html_url": format!("{base}/{name}"),
            "clone_url": format!("{base}/{name}.git"),
            "permissions": permissions(&role),
        })
    }
}

/// All five levels, each holding the lower ones.
pub(super) fn permissions(level: &str) -> Value {
    const LEVELS: [&str; 5] = ["pull", "triage", "push", "maintain", "admin"];
    let height = LEVELS.iter().position(|it| *it == level);
    LEVELS.iter().enumerate().map(|(at, name)| ((*name).to_owned(), json!(height >= Some(at)))).collect()
}
