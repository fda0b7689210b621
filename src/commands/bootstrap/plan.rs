//! Plan of a bootstrap: everything that is decided before it starts.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::commands::ssh::{KeyPair, KeyPairFile};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::git::{Address, Algorithm, CommitInfo, Remote, Signer};
use crate::manifests::sync::{Sync, spec_path};
use crate::manifests::{Options, distribution};
use crate::names::is_subdomain;
use crate::output::Input;
use crate::redact::Redactor;
use crate::secret::Secret;
use crate::user_file;

use super::args::SharedArgs;

/// Email address of commits without --author-email. The top-level domain is reserved (RFC 2606), so nobody has it.
const NO_ADDRESS: &str = "flux@edgeflux.invalid";

/// Credentials of the cluster for HTTPS, by the keys that source-controller reads.
pub type Credentials = BTreeMap<&'static str, Secret>;

/// Credentials of the cluster for the repository.
#[derive(Clone)]
pub enum SourceAccess {
    /// Password or token, with the certificates to trust.
    Token(Credentials),
    /// SSH key.
    Key(SourceKey),
}

/// Wanted SSH key of the cluster.
#[derive(Clone)]
pub struct SourceKey {
    /// The user's own key. Without it the Secret's is kept, or a new one is created.
    pub given: Option<KeyPair>,
    /// Kind of key to create.
    pub algorithm: Algorithm,
    /// URL of the repository for the cluster.
    pub address: Address,
    /// Who gives the key access.
    pub introduction: Introduction,
}

/// Who gives the cluster's key access to the repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Introduction {
    /// The user, who is asked.
    Asked,
    /// The user, before the command was run: no question is asked.
    Silent,
    /// The origin, through its API.
    ByOrigin,
}

/// Plan of a bootstrap.
#[derive(Clone)]
pub struct Plan {
    /// Components to install.
    pub components: Options,
    /// Source and Kustomization of the cluster.
    pub sync: Sync,
    /// The cluster's directory, normalized: `clusters/one`, empty for the root.
    pub path: String,
    /// The repository for this command.
    pub remote: Remote,
    /// Credentials of the cluster.
    pub access: SourceAccess,
    /// Signing key of the commits.
    pub signer: Option<Signer>,
    /// Author of the commits, and text to append to messages.
    pub author: Author,
    /// Whether to override an installation of another tool.
    pub force: bool,
}

impl Plan {
    /// Returns a redactor for the credentials of this command and of the cluster.
    pub fn redactor(&self) -> Redactor {
        let mut redactor = self.remote.redactor();
        match &self.access {
            SourceAccess::Token(credentials) => {
                for key in ["password", "bearerToken"] {
                    if let Some(secret) = credentials.get(key) {
                        redactor.hide(secret.expose());
                    }
                }
            }
            SourceAccess::Key(SourceKey { given: Some(given), .. }) => {
                redactor.hide(given.private.expose());
                redactor.hide(given.passphrase.expose());
            }
            SourceAccess::Key(_) => {}
        }
        redactor
    }
}

/// Author of the commits, and text to append to every message.
#[derive(Debug, Clone)]
pub struct Author {
    name: String,
    email: String,
    appendix: Option<String>,
}

impl Author {
    /// Reads the flags.
    ///
    /// # Errors
    /// A name or address that Git cannot store.
    pub fn new(args: &SharedArgs) -> Result<Self> {
        let email = args.author_email.clone().filter(|email| !email.is_empty());
        let author = Self {
            name: args.author_name.trim().to_owned(),
            email: email.unwrap_or_else(|| NO_ADDRESS.to_owned()),
            appendix: args.commit_message_appendix.clone().filter(|text| !text.is_empty()),
        };
        for (flag, text) in [("--author-name", &author.name), ("--author-email", &author.email)] {
            let bad = text.is_empty() || text.chars().any(|c| c.is_control() || matches!(c, '<' | '>'));
            if bad {
                return Err(Error::usage(format!("{flag} cannot be {text:?}"))
                    .hint("use a value that is not empty and has no <, > or line breaks"));
            }
        }
        Ok(author)
    }

    /// Returns author and message of the first commit: the components.
    pub fn components(&self) -> CommitInfo {
        self.commit(format!("Add Flux v{} component manifests", distribution::VERSION))
    }

    /// Returns author and message of the second commit: the sync.
    pub fn sync(&self) -> CommitInfo {
        self.commit("Add Flux sync manifests".to_owned())
    }

    fn commit(&self, mut message: String) -> CommitInfo {
        if let Some(appendix) = &self.appendix {
            message.push_str("\n\n");
            message.push_str(appendix);
        }
        CommitInfo { author_name: self.name.clone(), author_email: self.email.clone(), message }
    }
}

/// Normalizes the cluster's directory.
///
/// # Errors
/// A path that leaves the repository (flux silently truncates it) or contains `.git`; a sparse checkout without it.
pub fn directory(path: &str, sparse_checkout: &[String]) -> Result<String> {
    let wrong = |error: crate::git::Error| {
        Error::usage(error.to_string())
            .hint("--path is a directory relative to the root of the repository, such as clusters/production")
    };
    let normal = crate::git::normal_path(path.trim()).map_err(wrong)?;
    let mut covered = sparse_checkout.is_empty();
    for directory in sparse_checkout {
        let directory = crate::git::normal_path(directory.trim()).map_err(wrong)?;
        covered |=
            directory.is_empty() || normal == directory || normal.starts_with(&format!("{directory}/"));
    }
    if !covered {
        return Err(Error::usage(format!("--sparse-checkout does not include --path {normal:?}"))
            .hint(format!("add {normal} to --sparse-checkout: the cluster needs its own directory")));
    }
    Ok(normal)
}

/// Creates the sync from the flags.
pub fn sync(args: &SharedArgs, namespace: &str, url: String, path: &str, interval: Duration) -> Result<Sync> {
    if interval.is_zero() || !interval.as_nanos().is_multiple_of(1_000_000) {
        return Err(Error::usage("--interval must be a positive number of whole milliseconds")
            .hint("the default is 1m; a longer one, such as 1h, saves resources on small machines"));
    }
    let interval = interval.try_into().map_err(|_| Error::usage("--interval is too long"))?;
    if !is_subdomain(&args.secret_name) {
        return Err(Error::usage(format!("--secret-name cannot be {:?}", args.secret_name))
            .hint("use at most 253 lowercase letters, digits, dashes and dots"));
    }
    Ok(Sync {
        namespace: namespace.to_owned(),
        url,
        branch: args.branch.clone(),
        secret: args.secret_name.clone(),
        interval,
        path: spec_path(path),
        recurse_submodules: args.recurse_submodules,
        sparse_checkout: args.sparse_checkout.clone(),
    })
}

/// Reads the key of `--private-key-file`. `flag` is the one that takes its passphrase, if there is one.
///
/// # Errors
/// A file that cannot be read or holds no private key, a missing or wrong passphrase, a key that controllers cannot
/// read.
pub fn given_key(
    input: &Input,
    args: &SharedArgs,
    passphrase: &Secret,
    flag: Option<&str>,
) -> Result<Option<KeyPair>> {
    let Some(path) = &args.private_key_file else { return Ok(None) };
    let file = KeyPairFile::read(
        "--private-key-file",
        path,
        &user_file::read(input, path, "private key", "--private-key-file")?,
    )?;
    let obstacle = file.obstacle();
    // The password may be for something else if the key is not encrypted.
    let passphrase = if file.is_encrypted() { passphrase.clone() } else { Secret::default() };
    let key = file.open(passphrase, flag)?;
    match obstacle {
        Some(obstacle) => Err(Error::usage(obstacle).hint(
            "use a key that the Flux controllers can read: the cluster needs it to reach the repository",
        )),
        None => Ok(Some(key)),
    }
}

/// The certificates of `--ca-file` as text.
pub fn ca_text(ca: Vec<u8>) -> Result<Secret> {
    let text = String::from_utf8(ca);
    text.map(Secret::new)
        .map_err(|_| Error::usage("the file of --ca-file is not UTF-8 text").hint("use a file in PEM format"))
}

/// Creates a remote with the flags, the certificates of `--ca-file` and this machine's settings.
pub fn remote(
    context: &Context,
    args: &SharedArgs,
    address: Address,
    auth: crate::git::Auth,
    ca: Option<Vec<u8>>,
) -> Remote {
    let mut remote = context.environment.remote(address, auth);
    remote.ca = ca;
    remote.events = context.events.clone();
    remote.host_key_algorithms.clone_from(&args.ssh_hostkey_algos);
    remote.patience.stall = remote.patience.stall.min(context.settings.timeout);
    remote.patience.connect = remote.patience.connect.min(context.settings.timeout);
    remote
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_leaves_the_repository_is_refused() {
        assert_eq!(directory("./clusters/one/", &[]).ok().as_deref(), Some("clusters/one"));
        assert_eq!(directory("/", &[]).ok().as_deref(), Some(""));
        assert!(directory("../../clusters/x", &[]).is_err());
        assert!(directory("a/.git", &[]).is_err());
    }

    #[test]
    fn a_sparse_checkout_must_include_the_path() {
        let sparse = |directories: &[&str]| {
            directory("clusters/one", &directories.iter().map(ToString::to_string).collect::<Vec<_>>())
                .is_ok()
        };
        assert!(sparse(&["apps", "./clusters"]));
        assert!(sparse(&["clusters/one/"]));
        assert!(!sparse(&["clusters/on"]));
    }
}
