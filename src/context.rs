//! What a command works with: settings, output, and the cluster once somebody asks for it.
//!
//! The only module that reads the environment.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::OnceCell;

use crate::cluster::{self, Cluster};
use crate::error::{Error, Kind, Result};
use crate::git::KnownHosts;
use crate::net::{ProxySettings, SystemRoots};
use crate::output::Ui;
use crate::secret::Secret;

/// The namespace that Flux lives in unless told otherwise.
pub const DEFAULT_NAMESPACE: &str = "flux-system";

/// The environment variables that change what commands do, read once.
#[derive(Default, Clone)]
pub struct Environment {
    /// `KUBECONFIG`: paths with the platform's separator.
    pub kubeconfig: Option<OsString>,
    /// `HOME`
    pub home: Option<PathBuf>,
    /// `FLUX_SYSTEM_NAMESPACE`: the default of `--namespace`.
    pub namespace: Option<String>,
    /// `FLUX_NS_FOLLOWS_KUBE_CONTEXT`: set to anything, as the flag of that name.
    pub namespace_follows_context: bool,
    /// `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT`: the API server, inside a Pod.
    pub service: Option<(String, String)>,
    /// `POD_NAMESPACE`: the namespace of the Pod.
    pub pod_namespace: Option<String>,
    /// `KUBERNETES_MASTER`: the server, where nothing else names one.
    pub kubernetes_master: Option<String>,
    /// `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, in capitals or not.
    pub proxies: ProxySettings,
    /// `NO_COLOR`: set to anything but nothing.
    pub no_color: bool,
    /// `FLUX_COMPLETE`: the shell whose completion script asks for candidates.
    pub completing: Option<String>,
}

impl Environment {
    /// Reads the process's environment.
    #[allow(clippy::disallowed_methods)] // The one place that does.
    pub fn read() -> Self {
        let text = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
        let path = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        SystemRoots { file: path("SSL_CERT_FILE").map(PathBuf::from), directories: path("SSL_CERT_DIR") }
            .install();
        Environment {
            kubeconfig: std::env::var_os("KUBECONFIG").filter(|value| !value.is_empty()),
            home: std::env::var_os("HOME").map(PathBuf::from),
            namespace: text("FLUX_SYSTEM_NAMESPACE"),
            namespace_follows_context: text("FLUX_NS_FOLLOWS_KUBE_CONTEXT").is_some(),
            service: text("KUBERNETES_SERVICE_HOST").zip(text("KUBERNETES_SERVICE_PORT")),
            pod_namespace: text("POD_NAMESPACE"),
            kubernetes_master: text("KUBERNETES_MASTER"),
            proxies: Self::proxies(),
            no_color: text("NO_COLOR").is_some(),
            completing: text("FLUX_COMPLETE"),
        }
    }

    /// A variable that one command alone looks at, such as `GITHUB_TOKEN`.
    #[allow(clippy::disallowed_methods)]
    pub fn variable(name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }

    /// A variable that is set, be it to nothing, as it is: not every value is UTF-8.
    #[allow(clippy::disallowed_methods)]
    pub fn value(name: &str) -> Option<OsString> {
        std::env::var_os(name)
    }

    /// The proxies on the way to servers, each variable in capitals or not.
    pub fn proxies() -> ProxySettings {
        let either = |name: &str| Self::variable(name).or_else(|| Self::variable(&name.to_lowercase()));
        ProxySettings {
            http: either("HTTP_PROXY").map(Secret::new),
            https: either("HTTPS_PROXY").map(Secret::new),
            all: either("ALL_PROXY").map(Secret::new),
            no_proxy: either("NO_PROXY"),
        }
    }

    /// The user's own `known_hosts`: the files of `SSH_KNOWN_HOSTS`, else OpenSSH's.
    pub fn known_hosts() -> KnownHosts {
        let files: Vec<PathBuf> = if let Some(list) = Self::variable("SSH_KNOWN_HOSTS") {
            std::env::split_paths(&list).collect()
        } else {
            let own = Self::variable("HOME").map(|home| PathBuf::from(home).join(".ssh/known_hosts"));
            let all = own.into_iter().chain([PathBuf::from("/etc/ssh/ssh_known_hosts")]);
            // OpenSSH reads two of each.
            all.flat_map(|path| [path.clone(), path.with_file_name(second(&path))]).collect()
        };
        let mut known = KnownHosts::default();
        for file in files {
            // A file that is not there knows nobody.
            if let Ok(bytes) = std::fs::read(file) {
                known.extend(KnownHosts::parse(&String::from_utf8_lossy(&bytes)));
            }
        }
        known
    }
}

/// The name of the second file beside a `known_hosts`: `known_hosts2`.
fn second(path: &std::path::Path) -> OsString {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push("2");
    name
}

/// The settings that every command has.
#[derive(Default, Clone)]
pub struct Settings {
    /// How to reach the cluster.
    pub connection: cluster::Options,
    /// The namespace of the objects meant.
    pub namespace: String,
    /// How long a command may take; of waiting, the time without progress.
    pub timeout: Duration,
    /// Whether to print generated objects.
    pub verbose: bool,
}

/// What a command works with.
pub struct Context {
    /// Settings from flags and environment.
    pub settings: Settings,
    /// Output.
    pub ui: Ui,
    cluster: OnceCell<Cluster>,
}

impl Context {
    /// A context with these settings, which is not connected to any cluster yet.
    pub fn new(settings: Settings, ui: Ui) -> Self {
        Context { settings, ui, cluster: OnceCell::new() }
    }

    /// The cluster, connected to at the first call. Commands that need none never call this, so
    /// they work without a kubeconfig.
    pub async fn cluster(&self) -> Result<&Cluster> {
        self.cluster.get_or_try_init(|| Cluster::connect(&self.settings.connection)).await
    }

    /// The cluster, if a command has connected to it.
    pub fn connected(&self) -> Option<&Cluster> {
        self.cluster.get()
    }

    /// Goes on only if the user says yes.
    ///
    /// # Errors
    /// The user says no, or there is no terminal to ask on: then `flag` is named as the way to go
    /// on without being asked.
    pub fn confirm(&self, question: &str, flag: &str) -> Result<()> {
        match self.ui.confirm(question)? {
            Some(true) => Ok(()),
            Some(false) => Err(Error::new(Kind::Interrupted, "aborting").code(1)),
            None => {
                Err(Error::usage("aborting: this needs a confirmation, and there is no terminal to ask on")
                    .hint(format!("add {flag} to go on without being asked")))
            }
        }
    }

    /// The namespace of the objects meant.
    pub fn namespace(&self) -> &str {
        &self.settings.namespace
    }
}

/// Refuses what is not a DNS label (RFC 1123): at most 63 of `a-z`, `0-9` and `-`, with a letter or
/// digit at both ends.
pub fn check_namespace(namespace: &str) -> Result<()> {
    let alphanumeric = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let valid = namespace.len() <= 63
        && alphanumeric(namespace.chars().next())
        && alphanumeric(namespace.chars().next_back())
        && namespace.chars().all(|c| c == '-' || alphanumeric(Some(c)));
    if valid {
        return Ok(());
    }
    Err(Error::usage(format!("namespace must be a valid DNS label: {namespace:?}"))
        .hint("use at most 63 lower-case letters, digits and dashes"))
}
