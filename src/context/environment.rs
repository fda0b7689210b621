//! The environment variables of the process, captured once.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::git::{Address, Auth, KnownHosts, Remote};
use crate::net::{NetworkSettings, SystemRoots};
use crate::secret::Secret;

/// Environment variables that change what commands do.
///
/// A value: [`Environment::read`] captures those of the process, a test collects its own:
/// `[("HOME", "/home/me")].into_iter().collect()`.
#[derive(Default, Clone)]
pub struct Environment {
    /// `KUBECONFIG`: paths with the platform's separator.
    pub kubeconfig: Option<OsString>,
    /// `HOME`
    pub home: Option<PathBuf>,
    /// `FLUX_SYSTEM_NAMESPACE`: the default of `--namespace`.
    pub namespace: Option<String>,
    /// Whether `FLUX_NS_FOLLOWS_KUBE_CONTEXT` is set, to the same effect as the flag of that name.
    pub namespace_follows_context: bool,
    /// `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT`: the API server, inside a Pod.
    pub service: Option<(String, String)>,
    /// `POD_NAMESPACE`: the namespace of the Pod.
    pub pod_namespace: Option<String>,
    /// `KUBERNETES_MASTER`: the API server if nothing else names one.
    pub kubernetes_master: Option<String>,
    /// `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, in upper or lower case; `SSL_CERT_FILE` and
    /// `SSL_CERT_DIR`.
    pub network: NetworkSettings,
    /// Whether `NO_COLOR` is set and not empty.
    pub no_color: bool,
    /// `FLUX_COMPLETE`: the shell whose completion script asks for candidates.
    pub completing: Option<String>,
    /// `TMPDIR`, or the system's default: the directory for temporary files.
    pub temporary: PathBuf,
    variables: Variables,
}

/// All variables by name. Values may be secrets, so there is no `Debug`.
type Variables = Arc<BTreeMap<OsString, OsString>>;

impl Environment {
    /// Captures the environment of the process.
    #[allow(clippy::disallowed_methods)] // The only place that reads it.
    pub fn read() -> Self {
        std::env::vars_os().collect()
    }

    /// Value of a variable. Empty values, and values that are not UTF-8, count as unset.
    pub fn variable(&self, name: &str) -> Option<String> {
        self.value(name)?.to_str().filter(|value| !value.is_empty()).map(ToOwned::to_owned)
    }

    /// Value of a variable as it is: possibly empty, and not necessarily UTF-8.
    pub fn value(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// Value of a variable that is accepted in upper and in lower case.
    fn in_either_case(&self, name: &str) -> Option<String> {
        self.variable(name).or_else(|| self.variable(&name.to_lowercase()))
    }

    /// Git server with this machine's proxies and certificates. It trusts no SSH host yet.
    pub fn remote(&self, address: Address, auth: Auth) -> Remote {
        let mut remote = Remote::new(address, auth);
        remote.network = self.network.clone();
        remote
    }

    /// SSH hosts that the user knows: from the files of `SSH_KNOWN_HOSTS`, otherwise from OpenSSH's.
    pub fn known_hosts(&self) -> KnownHosts {
        let files: Vec<PathBuf> = if let Some(list) = self.variable("SSH_KNOWN_HOSTS") {
            std::env::split_paths(&list).collect()
        } else {
            let own = self.variable("HOME").map(|home| PathBuf::from(home).join(".ssh/known_hosts"));
            let all = own.into_iter().chain([PathBuf::from("/etc/ssh/ssh_known_hosts")]);
            // OpenSSH reads `known_hosts` and `known_hosts2`.
            all.flat_map(|path| [path.clone(), path.with_file_name(second(&path))]).collect()
        };
        let mut known = KnownHosts::default();
        for file in files {
            // A missing file knows no host.
            if let Ok(bytes) = std::fs::read(file) {
                known.extend(KnownHosts::parse(&String::from_utf8_lossy(&bytes)));
            }
        }
        known
    }
}

impl<N: Into<OsString>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        let variables: BTreeMap<OsString, OsString> =
            variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        let raw = Environment { variables: Arc::new(variables), ..Environment::default() };
        let path = |name: &str| raw.value(name).filter(|value| !value.is_empty()).map(OsStr::to_owned);
        Environment {
            kubeconfig: path("KUBECONFIG"),
            home: raw.value("HOME").map(PathBuf::from),
            namespace: raw.variable("FLUX_SYSTEM_NAMESPACE"),
            namespace_follows_context: raw.variable("FLUX_NS_FOLLOWS_KUBE_CONTEXT").is_some(),
            service: raw.variable("KUBERNETES_SERVICE_HOST").zip(raw.variable("KUBERNETES_SERVICE_PORT")),
            pod_namespace: raw.variable("POD_NAMESPACE"),
            kubernetes_master: raw.variable("KUBERNETES_MASTER"),
            network: NetworkSettings {
                http: raw.in_either_case("HTTP_PROXY").map(Secret::new),
                https: raw.in_either_case("HTTPS_PROXY").map(Secret::new),
                all: raw.in_either_case("ALL_PROXY").map(Secret::new),
                no_proxy: raw.in_either_case("NO_PROXY"),
                roots: SystemRoots::new(path("SSL_CERT_FILE").map(PathBuf::from), path("SSL_CERT_DIR")),
            },
            no_color: raw.variable("NO_COLOR").is_some(),
            completing: raw.variable("FLUX_COMPLETE"),
            temporary: path("TMPDIR").map_or_else(std::env::temp_dir, PathBuf::from),
            variables: raw.variables,
        }
    }
}

/// Name of the second file beside a `known_hosts`: `known_hosts2`.
fn second(path: &Path) -> OsString {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push("2");
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_counts_as_unset() {
        let environment: Environment =
            [("KUBECONFIG", ""), ("NO_COLOR", ""), ("TOKEN", "")].into_iter().collect();
        assert_eq!(environment.kubeconfig, None);
        assert!(!environment.no_color);
        assert_eq!(environment.variable("TOKEN"), None);
        assert_eq!(environment.value("TOKEN"), Some(OsStr::new("")));
    }

    #[test]
    fn proxies_are_read_in_either_case() {
        let environment: Environment = [("no_proxy", "a"), ("HTTP_PROXY", "http://p")].into_iter().collect();
        let address = Address::parse("https://example.com/a.git").unwrap();
        let network = environment.remote(address, Auth::Anonymous).network;
        assert_eq!(network.http.as_ref().map(Secret::expose), Some("http://p"));
        assert_eq!(network.no_proxy.as_deref(), Some("a"));
    }
}
