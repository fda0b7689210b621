//! The flags of every command, as `kubectl` has them.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::args::values;
use crate::cluster;
use crate::context::{DEFAULT_NAMESPACE, Environment, Settings, check_namespace};
use crate::error::Result;
use crate::secret::Secret;

/// Heading of the global options in help and man pages.
pub const HEADING: &str = "Global options";

/// Flags that every command takes. Not `Debug`: one of them is a token.
#[derive(Args)]
#[command(next_help_heading = HEADING)]
pub struct GlobalArgs {
    /// Path to the kubeconfig file
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// Kubeconfig context to use
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
    /// Namespace of the objects [default: flux-system]
    #[arg(short, long, value_name = "NAME")]
    namespace: Option<String>,
    /// Use the namespace of the kubeconfig context; also set by FLUX_NS_FOLLOWS_KUBE_CONTEXT
    #[arg(long)]
    ns_follows_kube_context: bool,
    /// Timeout of the operation; starts over whenever there is progress
    #[arg(long, value_name = "DURATION", default_value = "5m0s", value_parser = values::duration)]
    timeout: Duration,
    /// Print generated objects, and each request to a server without its credentials
    #[arg(long)]
    verbose: bool,
    /// Kubeconfig cluster to use
    #[arg(long, value_name = "NAME")]
    cluster: Option<String>,
    /// Kubeconfig user to use
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Address and port of the Kubernetes API server
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// Bearer token for the Kubernetes API server
    #[arg(long, value_name = "TOKEN", hide_default_value = true)]
    token: Option<Secret>,
    /// User to impersonate
    #[arg(long = "as", value_name = "USER")]
    impersonate: Option<String>,
    /// Group to impersonate; can be repeated
    #[arg(long = "as-group", value_name = "GROUP", action = clap::ArgAction::Append)]
    impersonate_group: Vec<String>,
    /// UID to impersonate
    #[arg(long = "as-uid", value_name = "UID")]
    impersonate_uid: Option<String>,
    /// Extra attribute of the impersonated user; can be repeated
    #[arg(long = "as-user-extra", value_name = "KEY=VALUE", action = clap::ArgAction::Append)]
    impersonate_extra: Vec<String>,
    /// File with the CA certificate of the API server
    #[arg(long, value_name = "FILE")]
    certificate_authority: Option<PathBuf>,
    /// File with a client certificate for the API server
    #[arg(long, value_name = "FILE")]
    client_certificate: Option<PathBuf>,
    /// File with the key of the client certificate
    #[arg(long, value_name = "FILE")]
    client_key: Option<PathBuf>,
    /// Do not verify the certificate of the API server; the connection is insecure
    #[arg(long)]
    insecure_skip_tls_verify: bool,
    /// Server name to expect in the certificate of the API server
    #[arg(long, value_name = "NAME")]
    tls_server_name: Option<String>,
    /// Request uncompressed responses from the API server
    #[arg(long)]
    disable_compression: bool,
    /// Ignored; edgeflux keeps no discovery cache
    #[arg(long, value_name = "DIR")]
    cache_dir: Option<PathBuf>,
    /// Ignored; edgeflux limits the number of open requests instead
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64))]
    kube_api_burst: Option<i64>,
    /// Ignored; edgeflux limits the number of open requests instead
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
        let given = self.namespace.or_else(of_context);
        let namespace_given = given.is_some();
        let namespace = match (given, &environment.namespace) {
            (Some(namespace), _) => check_namespace(&namespace).map(|()| namespace)?,
            (None, Some(namespace)) => check_namespace(namespace)
                .map(|()| namespace.clone())
                .map_err(|error| error.context("FLUX_SYSTEM_NAMESPACE"))?,
            (None, None) => DEFAULT_NAMESPACE.to_owned(),
        };
        let GlobalArgs { timeout, verbose, .. } = self;
        Ok(Settings { connection, namespace, namespace_given, timeout, verbose })
    }
}
