//! Flags of all `flux bootstrap` commands, and the checks that need neither the cluster nor a server.

use std::path::PathBuf;

use clap::Args;

use crate::commands::component_args::ComponentArgs;
use crate::commands::ssh::SshKeyArgs;
use crate::error::{Error, Result};
use crate::manifests::Options;
use crate::secret::Secret;

/// Controllers without which nothing is applied.
const REQUIRED: [&str; 2] = ["source-controller", "kustomize-controller"];

/// Flags of all `flux bootstrap` commands.
#[derive(Args)]
pub struct SharedArgs {
    #[command(flatten)]
    components: ComponentArgs,
    /// The branch to commit to and to follow
    #[arg(long, value_name = "NAME", default_value = "main")]
    pub branch: String,
    /// Let the cluster fetch submodules too
    #[arg(long)]
    pub recurse_submodules: bool,
    /// The only folders that the cluster fetches; --path must be in one of them
    #[arg(long, value_name = "PATHS", value_delimiter = ',')]
    pub sparse_checkout: Vec<String>,
    /// Let the cluster use the password or token rather than an SSH key of its own
    #[arg(long)]
    pub token_auth: bool,
    /// The Secret that holds the cluster's credentials for the repository
    #[arg(long, value_name = "NAME", default_value = "flux-system")]
    pub secret_name: String,
    #[command(flatten)]
    pub(super) ssh_key: SshKeyArgs,
    /// The host key algorithms that this command accepts over SSH
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub ssh_hostkey_algos: Vec<String>,
    /// The host (and port) that the cluster reaches over SSH, where it is another one than over HTTPS
    #[arg(long, value_name = "HOST")]
    pub ssh_hostname: Option<String>,
    /// A file with certificates (PEM) to trust beside the system's
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// A private key to reach the repository with, for this command and for the cluster
    #[arg(long, value_name = "FILE")]
    pub private_key_file: Option<PathBuf>,
    /// The author of the commits
    #[arg(long, value_name = "NAME", default_value = "Flux")]
    pub author_name: String,
    /// The e-mail address of that author
    #[arg(long, value_name = "ADDRESS")]
    pub author_email: Option<String>,
    /// A file with an OpenPGP key ring to sign the commits with
    #[arg(long, value_name = "FILE")]
    pub gpg_key_ring: Option<PathBuf>,
    /// The passphrase of the OpenPGP key
    #[arg(long, value_name = "PASSPHRASE")]
    pub gpg_passphrase: Option<Secret>,
    /// The id of the OpenPGP key, where the ring has several
    #[arg(long, value_name = "ID")]
    pub gpg_key_id: Option<String>,
    /// A file with an SSH key to sign the commits with
    #[arg(long, value_name = "FILE")]
    pub ssh_signing_key_file: Option<PathBuf>,
    /// The passphrase of that key
    #[arg(long, value_name = "PASSPHRASE", alias = "ssh-signing-passphrase")]
    pub ssh_signing_password: Option<Secret>,
    /// Sign the commits with the key of --private-key-file
    #[arg(long)]
    pub ssh_signing_reuse_private_key: bool,
    /// Text to add to the commits' messages, such as '[ci skip]'
    #[arg(long, value_name = "TEXT")]
    pub commit_message_appendix: Option<String>,
    /// Take over an installation that another tool, such as Helm, manages
    #[arg(long)]
    pub force: bool,
}

impl SharedArgs {
    /// Returns what to install.
    ///
    /// # Errors
    /// As for `install`, and if a controller is missing that a bootstrap needs.
    pub fn components(&self, namespace: &str) -> Result<Options> {
        let options = self.components.options(namespace)?;
        for required in REQUIRED {
            if !options.components.iter().any(|component| component.name == required) {
                return Err(Error::usage(format!("component {required} is required"))
                    .hint(format!("add {required} to --components")));
            }
        }
        Ok(options)
    }

    /// Reads the certificates of `--ca-file`.
    pub fn certificates(&self) -> Result<Option<Vec<u8>>> {
        let Some(file) = &self.ca_file else { return Ok(None) };
        let bytes = crate::user_file::read(file, "TLS CA file", "--ca-file")?;
        if let Some(what) = crate::pem::not_a_certificate(&bytes) {
            return Err(Error::usage(format!("{} holds no certificate: {what}", file.display()))
                .hint("give --ca-file a file with -----BEGIN CERTIFICATE-----"));
        }
        Ok(Some(bytes))
    }

    /// Returns the passphrase of the SSH signing key; empty without one.
    pub(super) fn ssh_signing_passphrase(&self) -> Secret {
        self.ssh_signing_password.clone().unwrap_or_default()
    }
}
