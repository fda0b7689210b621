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

/// The flags of `flux create source` and all under it.
#[derive(Debug, Args)]
pub struct Flags {
    /// How long the controller may take to fetch the source [default: the API's own]
    #[arg(long, value_name = "DURATION", value_parser = references::interval)]
    fetch_timeout: Option<Duration>,
}

impl Flags {
    /// Timeout for the spec; 0 means not given.
    fn timeout(&self) -> Option<Duration> {
        self.fetch_timeout.filter(|timeout| timeout.as_nanos() > 0)
    }
}
