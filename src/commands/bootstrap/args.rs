//! The flags that every `flux bootstrap` has, and what can be said of them without asking anybody.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::commands::component_args::{ComponentArgs, secret};
use crate::error::{Error, Result};
use crate::git::{Algorithm, Curve, Secret};
use crate::manifests::Options;

/// Controllers without which nothing would be synchronised.
const REQUIRED: [&str; 2] = ["source-controller", "kustomize-controller"];

/// The flags of every `flux bootstrap`.
#[derive(Debug, Args)]
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
    /// The kind of SSH key to make for the cluster
    #[arg(long, value_name = "KIND", value_enum, default_value_t = KeyAlgorithm::Ecdsa)]
    pub ssh_key_algorithm: KeyAlgorithm,
    /// The size of an RSA key, a multiple of 8
    #[arg(long, value_name = "BITS", default_value_t = 2048, value_parser = rsa_bits)]
    pub ssh_rsa_bits: u32,
    /// The curve of an ECDSA key
    #[arg(long, value_name = "CURVE", value_enum, default_value_t = EcdsaCurve::P384)]
    pub ssh_ecdsa_curve: EcdsaCurve,
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
    #[arg(long, value_name = "PASSPHRASE", value_parser = secret)]
    pub gpg_passphrase: Option<Secret>,
    /// The id of the OpenPGP key, where the ring has several
    #[arg(long, value_name = "ID")]
    pub gpg_key_id: Option<String>,
    /// A file with an SSH key to sign the commits with
    #[arg(long, value_name = "FILE")]
    pub ssh_signing_key_file: Option<PathBuf>,
    /// The passphrase of that key
    #[arg(long, value_name = "PASSPHRASE", alias = "ssh-signing-passphrase", value_parser = secret)]
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

/// Kinds of SSH keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KeyAlgorithm {
    /// RSA, with --ssh-rsa-bits.
    Rsa,
    /// ECDSA, on --ssh-ecdsa-curve.
    Ecdsa,
    /// Ed25519.
    Ed25519,
}

/// NIST curves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EcdsaCurve {
    /// P-256
    P256,
    /// P-384
    P384,
    /// P-521
    P521,
}

/// An RSA key's size: as flux, a multiple of 8; what is too short for servers of today, or takes minutes, is refused.
fn rsa_bits(text: &str) -> Result<u32, String> {
    let bits: u32 = text.parse().map_err(|_| "expected a number of bits".to_owned())?;
    match bits {
        _ if !bits.is_multiple_of(8) => Err("the number of bits must be a multiple of 8".into()),
        1024..=16384 => Ok(bits),
        _ => Err("expected 1024 to 16384 bits".into()),
    }
}

impl SharedArgs {
    /// What to install.
    ///
    /// # Errors
    /// As for `install`, and without a controller that a bootstrap needs.
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

    /// The kind of key to make for the cluster.
    pub fn key_algorithm(&self) -> Algorithm {
        match self.ssh_key_algorithm {
            KeyAlgorithm::Rsa => Algorithm::Rsa(self.ssh_rsa_bits),
            KeyAlgorithm::Ed25519 => Algorithm::Ed25519,
            KeyAlgorithm::Ecdsa => Algorithm::Ecdsa(match self.ssh_ecdsa_curve {
                EcdsaCurve::P256 => Curve::P256,
                EcdsaCurve::P384 => Curve::P384,
                EcdsaCurve::P521 => Curve::P521,
            }),
        }
    }

    /// The certificates of `--ca-file`.
    pub fn certificates(&self) -> Result<Option<Vec<u8>>> {
        let Some(file) = &self.ca_file else { return Ok(None) };
        let bytes = super::files::read(file, "TLS CA file")?;
        if let Some(what) = crate::pem::not_a_certificate(&bytes) {
            return Err(Error::usage(format!("{} holds no certificate: {what}", file.display()))
                .hint("give a file with `-----BEGIN CERTIFICATE-----` in it to --ca-file"));
        }
        Ok(Some(bytes))
    }

    /// The passphrase of the SSH signing key.
    pub(super) fn ssh_signing_passphrase(&self) -> Secret {
        self.ssh_signing_password.clone().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rsa_keys_have_sizes_that_servers_take() {
        assert_eq!(rsa_bits("4096"), Ok(4096));
        for wrong in ["", "0", "512", "2049", "1000000", "many"] {
            assert!(rsa_bits(wrong).is_err(), "{wrong}");
        }
    }
}
