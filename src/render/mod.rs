//! Renders Flux Kustomizations from directories of this machine, for `build` and `diff`.
//!
//! ```text
//! let renderer = args.renderer(context, Values::Cluster)?; // from the flags of the command
//! let kustomization = renderer.kustomization(context, name).await?;    // the object from the cluster or a file, and its directory
//! let rendered = renderer.render(context, &kustomization).await?;      // objects and warnings, as kustomize-controller makes them
//! for below in renderer.below(&kustomization, &rendered.objects)? {}   // the Flux Kustomizations among them (--recursive)
//! ```
//!
//! Nothing here prints or writes to the directory. [`Renderer::all`] renders all Kustomizations of a directory without a
//! cluster.

mod all;
mod artifact;
mod checkout;
mod file;
mod flux_kustomization;
pub mod helm;
mod remote;
mod renderer;
mod repository;
mod secrets;
mod source_files;
mod sources;
pub mod states;
mod variables;
mod walk;

use crate::error::{Error, Result};

pub use all::{All, Elsewhere, Progress, Run};
pub use edgeflux_kustomize::controller::Rendered;
pub use flux_kustomization::{FluxKustomization, is_flux_kustomization};
pub use remote::Fetcher;
pub use renderer::{Renderer, Values};
pub use repository::Repository;
pub use secrets::decryption;
pub use variables::of_cluster as variables_of_cluster;

/// Runs blocking work on another thread, so that Ctrl-C is noticed.
pub async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Error::failed(format!("rendering was aborted: {error}")))?
}
