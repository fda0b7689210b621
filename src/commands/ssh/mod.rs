//! SSH keys and host keys that commands create, read and store in the cluster.

mod host_keys;
mod key_pair;

pub use host_keys::scan;
pub use key_pair::{KeyPair, KeyPairFile, passphrase_hint};
