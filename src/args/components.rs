//! The flags by which `install` and `bootstrap` choose what is installed.

use clap::{Args, ValueEnum};

use crate::error::{Error, Result};
use crate::manifests::distribution::VERSION;
use crate::manifests::{COMPONENTS, Component, Credentials, Options};
use crate::secret::Secret;

/// What is installed, and how it is set up.
#[derive(Args)]
pub struct ComponentArgs {
    /// Version of Flux to install; must be the version that this command contains
    #[arg(short = 'v', long, value_name = "VERSION")]
    version: Option<String>,
    /// Components to install, separated by commas
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        default_value = "source-controller,kustomize-controller,helm-controller,notification-controller"
    )]
    components: Vec<String>,
    /// Additional components, such as image-reflector-controller,image-automation-controller
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    components_extra: Vec<String>,
    /// Container registry to pull the images from
    #[arg(long, value_name = "REGISTRY", default_value = "ghcr.io/fluxcd")]
    registry: String,
    /// Secret with the credentials to pull the images
    #[arg(long, value_name = "NAME")]
    image_pull_secret: Option<String>,
    /// Credentials of the registry; creates the Secret of --image-pull-secret
    #[arg(long, value_name = "USER:PASSWORD")]
    registry_creds: Option<Secret>,
    /// Watch all namespaces; if false, watch only the namespace of Flux
    #[arg(long, action = clap::ArgAction::Set, default_value_t = true)]
    watch_all_namespaces: bool,
    /// Create network policies that deny traffic from other namespaces to the components
    #[arg(long, action = clap::ArgAction::Set, default_value_t = true)]
    network_policy: bool,
    /// Log level of the components
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t = LogLevel::Info)]
    log_level: LogLevel,
    /// DNS domain of the cluster
    #[arg(long, value_name = "DOMAIN", default_value = "cluster.local")]
    cluster_domain: String,
    /// Keys of taints that the components tolerate, separated by commas
    #[arg(long, value_name = "KEYS", value_delimiter = ',')]
    toleration_keys: Vec<String>,
    /// Refused; the manifests are part of this command
    #[arg(long, value_name = "PATH", hide = true)]
    manifests: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LogLevel {
    Debug,
    Info,
    Error,
}

impl LogLevel {
    fn as_str(self) -> &'static str {
        match self {
            LogLevel::Debug => "debug",
            LogLevel::Info => "info",
            LogLevel::Error => "error",
        }
    }
}

impl ComponentArgs {
    /// The options of an installation in `namespace`.
    ///
    /// # Errors
    /// A component, version, registry or credentials that cannot be used.
    pub fn options(&self, namespace: &str) -> Result<Options> {
        self.check_version()?;
        if self.manifests.is_some() {
            return Err(Error::usage("--manifests is not supported: this command contains its manifests")
                .hint(
                    "to customize the installation, add patches to the kustomization.yaml next to \
                    gotk-components.yaml",
                ));
        }
        let components =
            Component::all_named(self.components.iter().chain(&self.components_extra)).map_err(|e| {
                let names: Vec<&str> = COMPONENTS.iter().map(|component| component.name).collect();
                Error::usage(format!("component {} is not available", e.0))
                    .hint(format!("available components: {}", names.join(", ")))
            })?;
        if components.is_empty() {
            return Err(Error::usage("no component is selected")
                .hint("omit --components to install the default components"));
        }
        let registry_credentials = match (&self.registry_creds, &self.image_pull_secret) {
            (None, _) => None,
            (Some(_), None) => {
                return Err(Error::usage("--registry-creds requires --image-pull-secret to be set")
                    .hint("add --image-pull-secret with the name of the Secret to create"));
            }
            (Some(credentials), Some(_)) => {
                Some(credentials.expose().parse::<Credentials>().map_err(|_| {
                    Error::usage("invalid --registry-creds format, expected 'user:password'")
                        .hint("for example: --registry-creds=USER:PASSWORD")
                })?)
            }
        };
        let options = Options {
            namespace: namespace.to_owned(),
            components,
            registry: self.registry.clone(),
            image_pull_secret: self.image_pull_secret.clone(),
            registry_credentials,
            network_policy: self.network_policy,
            watch_all_namespaces: self.watch_all_namespaces,
            log_level: self.log_level.as_str().to_owned(),
            cluster_domain: self.cluster_domain.clone(),
            toleration_keys: self.toleration_keys.clone(),
        };
        options.check().map_err(|error| {
            Error::usage(format!("invalid {} {:?}", error.option, error.value)).hint(error.reason)
        })?;
        Ok(options)
    }

    /// Refuses versions other than the one that this command carries.
    fn check_version(&self) -> Result<()> {
        let Some(asked) = &self.version else { return Ok(()) };
        if asked.trim_start_matches('v') == VERSION || asked == "latest" {
            return Ok(());
        }
        Err(Error::usage(format!("this command installs Flux v{VERSION} only, not {asked}"))
            .hint("use the release of edgeflux that contains that version, or omit --version"))
    }
}
