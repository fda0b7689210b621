//! Flags of all `flux bootstrap` commands, and the checks that need neither the cluster nor a server.

use std::path::PathBuf;

use clap::Args;

use crate::args::components::ComponentArgs;
use crate::args::ssh_key::SshKeyArgs;
use crate::error::{Error, Result};
use crate::manifests::Options;
use crate::output::Input;
use crate::secret::Secret;

/// Controllers without which nothing is applied.
const REQUIRED: [&str; 2] = ["source-controller", "kustomize-controller"];

/// Flags of all `flux bootstrap` commands.
#[derive(Args)]
pub struct SharedArgs {
    #[command(flatten)]
    components: ComponentArgs,
    /// Branch to commit to and to sync from; created if missing
    #[arg(long, value_name = "BRANCH", default_value = "main")]
    pub branch: String,
    /// Clone submodules too when syncing
    #[arg(long)]
    pub recurse_submodules: bool,
    /// Directories to sync, separated by commas; must include --path
    #[arg(long, value_name = "PATHS", value_delimiter = ',')]
    pub sparse_checkout: Vec<String>,
    /// Let the cluster use the token or password instead of an SSH deploy key
    #[arg(long)]
    pub token_auth: bool,
    /// Secret with the credentials that the cluster uses for the repository
    #[arg(long, value_name = "NAME", default_value = "flux-system")]
    pub secret_name: String,
    #[command(flatten)]
    pub(super) ssh_key: SshKeyArgs,
    /// Host key algorithms to accept from the SSH server, separated by commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub ssh_hostkey_algos: Vec<String>,
    /// SSH host, with an optional port, if it differs from the HTTPS host
    #[arg(long, value_name = "HOST")]
    pub ssh_hostname: Option<String>,
    /// File with CA certificates of the Git server, in addition to those of the system
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// File with the SSH private key, used by this command and by the cluster
    #[arg(long, value_name = "FILE")]
    pub private_key_file: Option<PathBuf>,
    /// Author name for commits
    #[arg(long, value_name = "NAME", default_value = "Flux")]
    pub author_name: String,
    /// Author email address for commits
    #[arg(long, value_name = "ADDRESS")]
    pub author_email: Option<String>,
    /// File with an OpenPGP key ring to sign commits
    #[arg(long, value_name = "FILE")]
    pub gpg_key_ring: Option<PathBuf>,
    /// Passphrase of the OpenPGP key
    #[arg(long, value_name = "PASSPHRASE")]
    pub gpg_passphrase: Option<Secret>,
    /// ID of the OpenPGP key, if the key ring contains several
    #[arg(long, value_name = "ID")]
    pub gpg_key_id: Option<String>,
    /// File with an SSH private key to sign commits
    #[arg(long, value_name = "FILE")]
    pub ssh_signing_key_file: Option<PathBuf>,
    /// Passphrase of the SSH signing key
    #[arg(long, value_name = "PASSPHRASE", alias = "ssh-signing-passphrase")]
    pub ssh_signing_password: Option<Secret>,
    /// Sign commits with the key of --private-key-file
    #[arg(long)]
    pub ssh_signing_reuse_private_key: bool,
    /// Text to append to commit messages, such as '[ci skip]'
    #[arg(long, value_name = "TEXT")]
    pub commit_message_appendix: Option<String>,
    /// Replace an installation managed by another tool, such as Helm
    #[arg(long)]
    pub force: bool,
}

/// Checks that flags without a usable default are given, and names those that are not.
pub fn require(flags: &[(&str, &str)], example: &str) -> Result<()> {
    let missing: Vec<&str> =
        flags.iter().filter(|(_, value)| value.is_empty()).map(|(name, _)| *name).collect();
    let verb = match missing.len() {
        0 => return Ok(()),
        1 => "is",
        _ => "are",
    };
    Err(Error::usage(format!("{} {verb} required", missing.join(" and ")))
        .hint(format!("for example: {example}")))
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
    pub fn certificates(&self, input: &Input) -> Result<Option<Vec<u8>>> {
        let Some(file) = &self.ca_file else { return Ok(None) };
        let bytes = crate::user_file::read(input, file, "TLS CA file", "--ca-file")?;
        if let Some(what) = crate::pem::not_a_certificate(&bytes) {
            return Err(Error::usage(format!("{} contains no certificate: {what}", file.display()))
                .hint("use a file in PEM format, which begins with -----BEGIN CERTIFICATE-----"));
        }
        Ok(Some(bytes))
    }

    /// Returns the passphrase of the SSH signing key; empty without one.
    pub(super) fn ssh_signing_passphrase(&self) -> Secret {
        self.ssh_signing_password.clone().unwrap_or_default()
    }
}
