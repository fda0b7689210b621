//! A cluster, an imitation of GitHub with SSH, and the controllers: what `flux bootstrap github` runs against.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::cluster::Cluster;
use super::controllers::Controllers;
use super::flux::{Flux, Output};
use super::github::{GitHub, Key, TOKEN};

/// The subject of the commit that bootstrap makes for the Flux components.
pub fn components_commit() -> String {
    format!("Add Flux v{} component manifests", edgeflux::manifests::distribution::VERSION)
}

/// A cluster and a forge to bootstrap from.
pub struct Fleet {
    /// The cluster.
    pub cluster: Arc<Cluster>,
    /// The forge.
    pub github: GitHub,
    /// The controllers, which run while this exists.
    pub controllers: Controllers,
}

impl Fleet {
    /// None where `EDGEFLUX_TEST_SKIP` leaves out the controllers.
    pub fn start() -> Option<Self> {
        let cluster = Arc::new(Cluster::fresh());
        let controllers = Controllers::watch(&cluster, "flux-system")?;
        Some(Self { cluster, github: GitHub::start_with_ssh(), controllers })
    }

    /// `flux bootstrap github` with alice's token, `line` after what every run needs.
    pub fn bootstrap(&self, line: &str) -> Flux {
        bootstrap(&self.cluster, &self.github, line).env("GITHUB_TOKEN", TOKEN)
    }

    /// The output with placeholders for addresses, commits, keys and the cluster, as in the recordings.
    pub fn plain(&self, text: &str, repository: &str) -> String {
        let ssh = self.github.ssh().map_or(0, super::sshd::Sshd::port);
        let mut text = text.replace(&format!("127.0.0.1:{ssh}"), "SSH_HOST:SSH_PORT");
        text = text.replace(&self.github.hostname(), "GITHUB_HOST").replace(&self.identity(), "CLUSTER");
        let log = self.github.bare(repository).git(["log", "--reverse", "--format=%H", "--all"]);
        for (at, commit) in log.lines().enumerate() {
            text = text.replace(commit, &format!("COMMIT_{}", at + 1));
        }
        for key in self.keys(repository) {
            if let Some(base64) = key.public.split(' ').nth(1) {
                text = text.replace(base64, "PUBLIC_KEY");
            }
        }
        text
    }

    /// The identity of the cluster: the UID of kube-system.
    pub fn identity(&self) -> String {
        let uid = &self.cluster.get("Namespace", "", "kube-system")["metadata"]["uid"];
        uid.as_str().expect("every object has one").to_owned()
    }

    /// The repository's deploy keys.
    pub fn keys(&self, repository: &str) -> Vec<Key> {
        self.github.repository(repository).map(|it| it.keys).unwrap_or_default()
    }

    /// The Secret's values.
    pub fn secret(&self) -> serde_json::Map<String, Value> {
        self.cluster.get("Secret", "flux-system", "flux-system")["data"]
            .as_object()
            .cloned()
            .unwrap_or_default()
    }

    /// The state that a bootstrap leaves, without what differs from run to run (ids, keys, hashes and times of commits).
    pub fn state(&self, repository: &str) -> String {
        let found = self.github.repository(repository).expect("the repository was made");
        let keys: Vec<_> = found.keys.iter().map(|key| (&key.title, key.read_only)).collect();
        let secret: Vec<_> = self.secret().keys().cloned().collect();
        let commits = self.github.bare(repository);
        let sync = self.cluster.get("GitRepository", "flux-system", "flux-system");
        let sync =
            (sync["spec"]["url"].clone(), sync["spec"]["ref"].clone(), sync["spec"]["secretRef"].clone());
        let repositories: Vec<_> = self.github.world(|world| world.repositories.keys().cloned().collect());
        let state = format!(
            "{repositories:?} {} {:?}\nkeys {keys:?}\nsecret {secret:?}\ncommits {:?}\nfiles {:?}\nsync {sync:?}",
            found.visibility,
            found.teams,
            commits.subjects("main"),
            commits.files("main").keys(),
        );
        self.plain(&state, repository)
    }
}

/// `flux bootstrap github` without a token, `line` after what every run needs.
pub fn bootstrap(cluster: &Cluster, github: &GitHub, line: &str) -> Flux {
    Flux::new(cluster)
        .line("bootstrap github --branch=main")
        .args([
            format!("--hostname={}", github.hostname()),
            format!("--ca-file={}", github.ca_file().display()),
        ])
        .line(line)
        .limit(Duration::from_mins(5))
}

/// Asserts that the output has these lines in this order; others may be between them.
pub fn said_in_order(said: &str, lines: &[&str], output: &Output) {
    let mut rest = said.lines();
    for line in lines {
        assert!(rest.any(|it| it == *line), "{line:?} is missing or too early in\n{said}\n{output:?}");
    }
}
