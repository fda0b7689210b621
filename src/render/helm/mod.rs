//! Renders HelmReleases as helm-controller applies them.
//!
//! ```text
//! let releases = Releases::new(context, &renderer, &repository, objects, charts, options)?;
//! let release = releases.named(name).await?;        // the HelmRelease from the cluster, a file, or the repository
//! let rendered = releases.render(&[release]).await; // charts are fetched, and rendered with the values of each
//! ```

mod cache;
mod find;
mod keys;
mod load;
mod mask;
mod objects;
mod release;
mod releases;
mod stored;
mod suggestion;
mod values;

pub use cache::Cache;
pub use objects::{Files, Objects, Placed};
pub use release::{ReleaseOptions, RenderedRelease};
pub use releases::Releases;
pub use stored::Stored;
