//! Git over HTTP and SSH: clone, commit, sign, push; SSH keys and host keys.
//!
//! Calls block, each within the deadlines of its [`Remote`]: run them where blocking is allowed
//! (`tokio::task::spawn_blocking`). Nothing is read from the environment or from Git's configuration, except by
//! [`LocalRepository`]; what is needed comes in as data. No error, event or `Debug` text holds a credential.

mod address;
mod blocking;
mod certificate;
mod commit;
mod error;
mod export;
mod files;
mod host_key;
mod key_file;
mod keys;
mod known_hosts;
mod links;
mod listing;
mod local;
mod merge_base;
mod push;
mod remote;
mod repository;
mod retry;
mod revision;
mod scan;
mod sign;
mod snapshot;
mod staged;
mod submodules;
mod transport;
mod tree;
mod wire;

pub use address::{Address, Scheme};
pub use blocking::run_blocking;
pub use error::{Access, Error, Result};
pub use export::Export;
pub use files::{Entry, EntryKind, Files};
pub use host_key::{HostKey, host_name};
pub use key_file::KeyFile;
pub use keys::{Algorithm, Curve, KeyError, PrivateKey};
pub use known_hosts::{KnownHosts, Verdict};
pub use links::{MOST_LINKS, Resolved, Unresolved};
pub use listing::{Listing, list};
pub use local::{LocalRepository, origin_in};
pub use push::PushOutcome;
pub use remote::{Auth, Patience, Remote};
pub use repository::{BranchState, Repository};
pub use revision::{NotARevision, Revision};
pub use scan::{certified_host_keys, known_hosts_text, scan_host_keys};
pub use sign::{KeyringError, OpenPgpKey, Signer};
pub use snapshot::Snapshot;
pub use staged::Stored;
pub use submodules::read as submodules;
pub use transport::file;
pub use tree::{Changes, CommitInfo, normal_path};
