//! `flux create source`.

pub mod bucket;
pub mod chart;
pub mod git;
pub mod helm;
pub mod oci;
mod verify;

use clap::Args;

use super::references;
use crate::api::Duration;
use crate::commands::about::About;

/// The entry of the group in help and man pages.
pub const ABOUT: About = About::new("source", "Create or update a source").examples(&[
    (
        "Follow a branch of a Git repository",
        "flux create source git podinfo --url=https://github.com/stefanprodan/podinfo \
         --branch=master",
    ),
    (
        "Follow a tag of an OCI artifact",
        "flux create source oci podinfo \
         --url=oci://ghcr.io/stefanprodan/manifests/podinfo --tag=latest",
    ),
]);

/// The flags of `flux create source` and all under it.
#[derive(Debug, Args)]
pub struct Flags {
    /// Timeout for fetching the source in the cluster [default: 1m0s]
    #[arg(long, value_name = "DURATION", value_parser = references::interval)]
    fetch_timeout: Option<Duration>,
}

impl Flags {
    /// Timeout for the spec; 0 means not given.
    fn timeout(&self) -> Option<Duration> {
        self.fetch_timeout.filter(|timeout| timeout.as_nanos() > 0)
    }
}
