//! The facts of the Flux distribution that this binary installs.

/// The distribution's version, without a leading `v`.
pub const VERSION: &str = "2.9.4";

/// The version that `flux --version` prints: the distribution's, with our own as build metadata.
pub const CLIENT_VERSION: &str = concat!("2.9.4", "+edgeflux.", env!("CARGO_PKG_VERSION"));
