//! From kubeconfig and flags to a connection.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::time::Duration;

use tokio::sync::OnceCell;

use super::access::Access;
use super::credentials::Session;
use super::secrets::Secrets;
use super::{Cluster, kubeconfig};
use crate::clock::Clock;
use crate::error::Result;
use crate::event::Events;
use crate::net::NetworkSettings;
use crate::secret::Secret;

/// Flags and environment variables about the cluster, as in kubectl. None keeps the kubeconfig's value.
#[derive(Default, Clone)]
pub struct Options {
    /// `--kubeconfig`: the one file to read.
    pub kubeconfig: Option<PathBuf>,
    /// The files of `KUBECONFIG`, merged in their order.
    pub environment: Vec<PathBuf>,
    /// The user's home, for `~/.kube/config`.
    pub home: Option<PathBuf>,
    /// `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT`: the API server, inside a Pod.
    pub service: Option<(String, String)>,
    /// `POD_NAMESPACE`: the namespace of the Pod.
    pub pod_namespace: Option<String>,
    /// `KUBERNETES_MASTER`: the server, if nothing else names one.
    pub kubernetes_master: Option<String>,
    /// `--context`
    pub context: Option<String>,
    /// `--cluster`
    pub cluster: Option<String>,
    /// `--user`
    pub user: Option<String>,
    /// `--server`
    pub server: Option<String>,
    /// `--token`; replaces every other credential.
    pub token: Option<Secret>,
    /// `--as`
    pub impersonate: Option<String>,
    /// `--as-group`
    pub impersonate_groups: Vec<String>,
    /// `--as-uid`
    pub impersonate_uid: Option<String>,
    /// `--as-user-extra`: `key=value`, a key may come several times.
    pub impersonate_extra: Vec<String>,
    /// `--certificate-authority`: a file.
    pub certificate_authority: Option<PathBuf>,
    /// `--client-certificate`: a file.
    pub client_certificate: Option<PathBuf>,
    /// `--client-key`: a file.
    pub client_key: Option<PathBuf>,
    /// `--insecure-skip-tls-verify`
    pub insecure: bool,
    /// `--tls-server-name`
    pub tls_server_name: Option<String>,
    /// `--disable-compression`
    pub disable_compression: bool,
    /// Proxies, unless the kubeconfig names one, and the certificates that the system trusts.
    pub network: NetworkSettings,
    /// Longest wait for an answer.
    pub timeout: Duration,
    /// Whether exec credential plugins must neither print nor ask anything, as during shell completion.
    pub silent: bool,
}

impl Options {
    /// Whether flags name an entry of the kubeconfig.
    pub(super) fn selects(&self) -> bool {
        self.context.is_some() || self.cluster.is_some() || self.user.is_some()
    }
}

impl Cluster {
    /// Connects: reads the kubeconfig, gets credentials and creates the client. Sends no request to the API server.
    /// Credentials expire by `clock`.
    ///
    /// # Errors
    /// The kubeconfig is missing, unreadable or incomplete, or there are no credentials.
    pub async fn connect(options: &Options, clock: Clock, events: Events) -> Result<Cluster> {
        let access = Access::new(&kubeconfig::resolve(options)?, options)?;
        for warning in &access.warnings {
            events.warning(warning);
        }
        let server = access.shown_server();
        let secrets = Secrets::of(&access);
        Ok(Cluster {
            session: Session::open(access, options.timeout, clock).await?,
            clock,
            server,
            timeout: options.timeout,
            older_versions: Mutex::default(),
            secrets,
            events,
            reported_not_ready: AtomicBool::new(false),
            lost_watches: AtomicUsize::new(0),
            is_api_server: OnceCell::new(),
        })
    }
}
