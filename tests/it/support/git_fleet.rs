//! A Git server with one repository, which `flux bootstrap git` bootstraps from.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::cluster::Cluster;
use super::flux::Flux;
use super::git_http::GitHttp;
use super::repository::Repository;

/// The password of the user `me` at the Git server.
pub const PASSWORD: &str = "hunter2-of-the-git-server";

/// Longest run of a bootstrap on a loaded machine.
const LIMIT: Duration = Duration::from_mins(4);

/// A Git server with one repository, and the command line that bootstraps from it.
pub struct GitFleet {
    pub server: GitHttp,
    pub repository: Repository,
}

impl GitFleet {
    pub fn new() -> Self {
        let server = GitHttp::start().basic("me", PASSWORD).basic_read_only("reader", PASSWORD);
        let repository = server.create("fleet.git");
        Self { server, repository }
    }

    /// `flux bootstrap git` with what every run needs.
    pub fn bootstrap(&self, cluster: &Cluster) -> Flux {
        Flux::new(cluster)
            .limit(LIMIT)
            .env("GIT_PASSWORD", PASSWORD)
            .line("bootstrap git --allow-insecure-http --token-auth --username=me --path=clusters/one")
            .args([format!("--url={}", self.server.url("fleet.git"))])
    }

    /// A file of the directory `flux-system` in the repository.
    pub fn file(&self, name: &str) -> String {
        let path = format!("clusters/one/flux-system/{name}");
        self.repository.files("main").remove(&path).unwrap_or_else(|| panic!("{path} is not there"))
    }
}

/// The Secret's values, decoded.
pub fn secret(cluster: &Cluster, name: &str) -> Value {
    let secret = cluster.get("Secret", "flux-system", name);
    let data = secret["data"].as_object().cloned().unwrap_or_default();
    let decoded = data.into_iter().map(|(key, value)| {
        let bytes = STANDARD.decode(value.as_str().expect("text")).expect("base64");
        (key, json!(String::from_utf8(bytes).expect("text")))
    });
    Value::Object(decoded.collect())
}
