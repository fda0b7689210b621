//! Everything that is decided before a bootstrap begins.

use std::time::Duration;

use super::files;
use crate::context::{Context, Environment};
use crate::error::{Error, Result};
use crate::git::{Address, Algorithm, CommitInfo, KeyError, KeyFile, PrivateKey, Remote, Secret, Signer};
use crate::manifests::sync::{Sync, spec_path};
use crate::manifests::{Options, distribution, is_subdomain};
use crate::redact::Redactor;

use super::args::SharedArgs;
use super::secret::Credentials;

/// The address of commits whose author gives none. The top-level domain is reserved (RFC 2606): it is nobody's mailbox.
const NO_ADDRESS: &str = "flux@edgeflux.invalid";

/// How the cluster shows the repository's server who it is.
#[derive(Clone)]
pub enum SourceAccess {
    /// By a password or token, with the certificates to trust.
    Token(Credentials),
    /// By an SSH key.
    Key(SourceKey),
}

impl std::fmt::Debug for SourceAccess {
    /// Without the credentials.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Token(credentials) => f.debug_list().entries(credentials.keys()).finish(),
            Self::Key(key) => key.fmt(f),
        }
    }
}

/// The cluster's SSH key.
#[derive(Debug, Clone)]
pub struct SourceKey {
    /// The user's own key; without one the Secret's is kept, or a new one made.
    pub given: Option<GivenKey>,
    /// The kind of key to make.
    pub algorithm: Algorithm,
    /// The server and repository as the cluster reaches them.
    pub address: Address,
    /// Who gives a key access.
    pub introduction: Introduction,
}

/// Who gives the cluster's key access to the repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Introduction {
    /// The user, who is asked to.
    Asked,
    /// The user, before the command began: no question.
    Silent,
    /// The origin, through its API.
    ByOrigin,
}

/// A key from a file of the user's.
#[derive(Clone)]
pub struct GivenKey {
    /// The file's content, as it goes into the Secret.
    pub pem: String,
    /// Its passphrase, empty for none.
    pub passphrase: Secret,
    /// The key itself.
    pub key: PrivateKey,
}

impl std::fmt::Debug for GivenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "GivenKey({:?})", self.key)
    }
}

/// What a bootstrap does.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What to install.
    pub components: Options,
    /// What the cluster follows.
    pub sync: Sync,
    /// The cluster's folder, normal: `clusters/one`, empty for the root.
    pub path: String,
    /// The repository as this command reaches it.
    pub remote: Remote,
    /// How the cluster reaches it.
    pub access: SourceAccess,
    /// What signs the commits.
    pub signer: Option<Signer>,
    /// Author and appendix.
    pub author: Author,
    /// Whether to take over an installation of another tool.
    pub force: bool,
}

impl Plan {
    /// Hides the credentials of this command and of the cluster in what servers and controllers say.
    pub fn redactor(&self) -> Redactor {
        let mut redactor = self.remote.redactor();
        match &self.access {
            SourceAccess::Token(credentials) => {
                for key in ["password", "bearerToken"] {
                    if let Some(secret) = credentials.get(key) {
                        redactor.hide(secret);
                    }
                }
            }
            SourceAccess::Key(SourceKey { given: Some(given), .. }) => {
                redactor.hide(&given.pem);
                redactor.hide(given.passphrase.expose());
            }
            SourceAccess::Key(_) => {}
        }
        redactor
    }
}

/// Who commits, and what is added to every message.
#[derive(Debug, Clone)]
pub struct Author {
    name: String,
    email: String,
    appendix: Option<String>,
}

impl Author {
    /// The author that the flags name.
    ///
    /// # Errors
    /// Names that Git cannot hold.
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
                return Err(Error::usage(format!("{flag} cannot be {text:?}")).hint(
                    "Git's names and addresses are not empty and hold neither < nor > nor line breaks",
                ));
            }
        }
        Ok(author)
    }

    /// The commit of the components.
    pub fn components(&self) -> CommitInfo {
        self.commit(format!("Add Flux v{} component manifests", distribution::VERSION))
    }

    /// The commit of the sync.
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

/// The cluster's folder in its normal form.
///
/// # Errors
/// A path that leads out of the repository (flux cuts that off silently), or that Git keeps for itself;
/// a sparse checkout without it.
pub fn folder(path: &str, sparse_checkout: &[String]) -> Result<String> {
    let wrong = |error: crate::git::Error| {
        Error::usage(error.to_string())
            .hint("--path is a folder of the repository, seen from its root, such as clusters/production")
    };
    let normal = crate::git::normal_path(path.trim()).map_err(wrong)?;
    let mut covered = sparse_checkout.is_empty();
    for folder in sparse_checkout {
        let folder = crate::git::normal_path(folder.trim()).map_err(wrong)?;
        covered |= folder.is_empty() || normal == folder || normal.starts_with(&format!("{folder}/"));
    }
    if !covered {
        return Err(Error::usage(format!("--sparse-checkout leaves out --path {normal:?}"))
            .hint(format!("add {normal} to --sparse-checkout: the cluster would not see its own folder")));
    }
    Ok(normal)
}

/// The sync of the flags.
pub fn sync(args: &SharedArgs, namespace: &str, url: String, path: &str, interval: Duration) -> Result<Sync> {
    if interval.is_zero() || !interval.as_nanos().is_multiple_of(1_000_000) {
        return Err(Error::usage("--interval is to be some whole milliseconds, and not none")
            .hint("the usual value is 1m; an hour, 1h, spares small machines"));
    }
    let interval = interval.try_into().map_err(|_| Error::usage("--interval is too long"))?;
    if !is_subdomain(&args.secret_name) {
        return Err(Error::usage(format!("--secret-name cannot be {:?}", args.secret_name))
            .hint("names are at most 253 lower-case letters, digits, dashes and dots"));
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

/// What to do about a key that cannot be opened. `flag` is the one that takes its passphrase, where the
/// command has such a flag.
pub fn key_hint(error: &KeyError, flag: Option<&str>) -> String {
    match (error, flag) {
        (KeyError::PassphraseNeeded, Some(flag)) => format!("give its passphrase by {flag}"),
        (KeyError::WrongPassphrase, Some(flag)) => format!("check the passphrase of {flag}"),
        (KeyError::PassphraseNeeded | KeyError::WrongPassphrase, None) => {
            "this command takes no passphrase: give a key without one (`ssh-keygen -p -f COPY` takes it off a copy), or leave the flag out and have a key made".into()
        }
        (KeyError::NotPrivate { instead, .. }, _) => (*instead).into(),
        _ => "give the file of an SSH private key (Ed25519, ECDSA or RSA), as ssh-keygen writes it".into(),
    }
}

/// The key of `--private-key-file`. `flag` is the one that takes its passphrase, where there is one.
///
/// # Errors
/// A file that cannot be read, or that is no key; a passphrase that is missing or wrong.
pub fn given_key(args: &SharedArgs, passphrase: &Secret, flag: Option<&str>) -> Result<Option<GivenKey>> {
    let Some(file) = &args.private_key_file else { return Ok(None) };
    let bytes = files::read(file, "private key")?;
    let wrong = |error: &dyn std::fmt::Display| Error::usage(format!("{}: {error}", file.display()));
    let unusable = |error: KeyError| wrong(&error).hint(key_hint(&error, flag));
    let file = KeyFile::read(&bytes).map_err(unusable)?;
    let key = file.open(passphrase).map_err(unusable)?;
    if let Some(obstacle) = file.obstacle() {
        return Err(wrong(&obstacle).hint("the cluster would not reach the repository with it"));
    }
    // A key that is not encrypted needs no passphrase; the password may be for something else.
    let passphrase = match file.open(&Secret::default()) {
        Ok(_) => Secret::default(),
        Err(_) => passphrase.clone(),
    };
    Ok(Some(GivenKey { pem: file.text().to_owned(), passphrase, key }))
}

/// A remote with this machine's settings.
pub fn remote(
    context: &Context,
    args: &SharedArgs,
    address: Address,
    auth: crate::git::Auth,
) -> Result<Remote> {
    let mut remote = Remote::new(address, auth);
    remote.ca = args.certificates()?;
    remote.proxy = Environment::git_proxies();
    remote.host_key_algorithms.clone_from(&args.ssh_hostkey_algos);
    remote.patience.stall = remote.patience.stall.min(context.settings.timeout);
    remote.patience.connect = remote.patience.connect.min(context.settings.timeout);
    Ok(remote)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_leaves_the_repository_is_refused() {
        assert_eq!(folder("./clusters/one/", &[]).ok().as_deref(), Some("clusters/one"));
        assert_eq!(folder("/", &[]).ok().as_deref(), Some(""));
        assert!(folder("../../clusters/x", &[]).is_err());
        assert!(folder("a/.git", &[]).is_err());
    }

    #[test]
    fn a_sparse_checkout_holds_the_path() {
        let sparse = |folders: &[&str]| {
            folder("clusters/one", &folders.iter().map(ToString::to_string).collect::<Vec<_>>()).is_ok()
        };
        assert!(sparse(&["apps", "./clusters"]));
        assert!(sparse(&["clusters/one/"]));
        assert!(!sparse(&["clusters/on"]));
    }
}
