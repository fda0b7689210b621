//! The flags of every command, as `kubectl` has them.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::values;
use crate::cluster;
use crate::context::{DEFAULT_NAMESPACE, Environment, Settings, check_namespace};
use crate::error::Result;
use crate::secret::Secret;

/// Flags that every command takes.
#[derive(Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// The kubeconfig file to use
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig to use
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
    /// The namespace of the objects meant [default: flux-system]
    #[arg(short, long, value_name = "NAME")]
    namespace: Option<String>,
    /// Take the namespace from the kubeconfig's context (also by FLUX_NS_FOLLOWS_KUBE_CONTEXT)
    #[arg(long)]
    ns_follows_kube_context: bool,
    /// How long this may take; while something moves, the time without progress
    #[arg(long, value_name = "DURATION", default_value = "5m0s", value_parser = values::duration)]
    timeout: Duration,
    /// Print the objects that are generated
    #[arg(long)]
    verbose: bool,
    /// The cluster of the kubeconfig to use
    #[arg(long, value_name = "NAME")]
    cluster: Option<String>,
    /// The user of the kubeconfig to use
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// The address of the Kubernetes API server
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// A bearer token for the Kubernetes API server
    #[arg(long, value_name = "TOKEN", hide_default_value = true)]
    token: Option<Secret>,
    /// Act as this user
    #[arg(long = "as", value_name = "USER")]
    impersonate: Option<String>,
    /// Act as a member of this group; may be given several times
    #[arg(long = "as-group", value_name = "GROUP", action = clap::ArgAction::Append)]
    impersonate_group: Vec<String>,
    /// Act as the user with this identifier
    #[arg(long = "as-uid", value_name = "UID")]
    impersonate_uid: Option<String>,
    /// Act as a user with this extra attribute; may be given several times
    #[arg(long = "as-user-extra", value_name = "KEY=VALUE", action = clap::ArgAction::Append)]
    impersonate_extra: Vec<String>,
    /// A file with the certificate authority of the API server
    #[arg(long, value_name = "FILE")]
    certificate_authority: Option<PathBuf>,
    /// A file with a client certificate
    #[arg(long, value_name = "FILE")]
    client_certificate: Option<PathBuf>,
    /// A file with the client certificate's key
    #[arg(long, value_name = "FILE")]
    client_key: Option<PathBuf>,
    /// Do not check the API server's certificate: connections can be listened to
    #[arg(long)]
    insecure_skip_tls_verify: bool,
    /// The name to look for in the API server's certificate
    #[arg(long, value_name = "NAME")]
    tls_server_name: Option<String>,
    /// Ask the API server for uncompressed answers
    #[arg(long)]
    disable_compression: bool,
    /// Accepted for flux's sake: nothing is cached
    #[arg(long, value_name = "DIR")]
    cache_dir: Option<PathBuf>,
    /// Accepted for flux's sake: requests are bounded by how many are open at once
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64))]
    kube_api_burst: Option<i64>,
    /// Accepted for flux's sake: requests are bounded by how many are open at once
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(f32))]
    kube_api_qps: Option<f32>,
}

impl GlobalArgs {
    /// The settings of these flags and the environment.
    ///
    /// # Errors
    /// A namespace that cannot be one.
    pub fn settings(self, environment: &Environment) -> Result<Settings> {
        // Scripts write `--context="$CONTEXT"`: nothing stands for not given.
        let given = |value: Option<String>| value.filter(|value| !value.is_empty());
        let path = |value: Option<PathBuf>| value.filter(|value| !value.as_os_str().is_empty());
        let connection = cluster::Options {
            kubeconfig: path(self.kubeconfig),
            environment: environment.kubeconfig.iter().flat_map(std::env::split_paths).collect(),
            home: environment.home.clone(),
            service: environment.service.clone(),
            pod_namespace: environment.pod_namespace.clone(),
            kubernetes_master: environment.kubernetes_master.clone(),
            context: given(self.context),
            cluster: given(self.cluster),
            user: given(self.user),
            server: given(self.server),
            token: self.token.filter(|token| !token.is_empty()),
            impersonate: given(self.impersonate),
            impersonate_groups: self.impersonate_group,
            impersonate_uid: given(self.impersonate_uid),
            impersonate_extra: self.impersonate_extra,
            certificate_authority: path(self.certificate_authority),
            client_certificate: path(self.client_certificate),
            client_key: path(self.client_key),
            insecure: self.insecure_skip_tls_verify,
            tls_server_name: given(self.tls_server_name),
            disable_compression: self.disable_compression,
            network: environment.network.clone(),
            timeout: self.timeout,
            silent: environment.completing.is_some(),
        };
        let follows = self.ns_follows_kube_context || environment.namespace_follows_context;
        let of_context = || follows.then(|| cluster::kubeconfig::context_namespace(&connection)).flatten();
        let namespace = match (self.namespace.or_else(of_context), &environment.namespace) {
            (Some(namespace), _) => check_namespace(&namespace).map(|()| namespace)?,
            (None, Some(namespace)) => check_namespace(namespace)
                .map(|()| namespace.clone())
                .map_err(|error| error.context("FLUX_SYSTEM_NAMESPACE"))?,
            (None, None) => DEFAULT_NAMESPACE.to_owned(),
        };
        Ok(Settings { connection, namespace, timeout: self.timeout, verbose: self.verbose })
    }
}
