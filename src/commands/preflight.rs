//! Checks of a cluster before Flux is installed on it, shared by `install` and `bootstrap`.

use crate::cluster::{Cluster, Installation, KubernetesVersion};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};

/// Refuses a Kubernetes version that Flux does not support.
pub async fn kubernetes_version(cluster: &Cluster) -> Result<()> {
    let version = cluster.kubernetes_version().await?;
    if version.is_supported() {
        return Ok(());
    }
    Err(Error::usage(format!(
        "Kubernetes {version} is not supported: Flux needs {}",
        KubernetesVersion::supported()
    ))
    .hint("upgrade the cluster first"))
}

/// Asks before the installation of another tool, such as Helm, is overridden. `force` is the answer yes.
pub fn other_installation(context: &Context, installation: Option<&Installation>, force: bool) -> Result<()> {
    let Some(installation) = installation else { return Ok(()) };
    let Some(tool) = installation.managed_by.as_ref().filter(|_| !force) else { return Ok(()) };
    context
        .ui
        .warning(format!("Flux {} has been installed on this cluster with {tool}!", installation.version));
    let question = format!("Are you sure you want to override the {tool} installation?");
    context.confirm(&question, "--force").map_err(|error| match error.kind() {
        ErrorKind::Interrupted => Error::new(ErrorKind::Interrupted, "canceled: nothing was changed").code(1),
        _ => error,
    })
}
