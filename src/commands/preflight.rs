//! Checks of a cluster before Flux is installed on it, shared by `install` and `bootstrap`.

use crate::cluster::{Cluster, FLUX_OPERATOR, Installation, Instance, KubernetesVersion};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::object::ObjectRef;

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

/// Asks before the installation of another tool, such as Helm or flux-operator, is overridden. `force` is the answer yes.
pub async fn other_installation(
    context: &Context,
    installation: Option<&Installation>,
    force: bool,
) -> Result<()> {
    if force {
        return Ok(());
    }
    let instance = context.cluster().await?.flux_instance().await?;
    let manager = installation.and_then(|installation| installation.managed_by.as_deref());
    let (tool, warning) = match (manager, &instance) {
        (None, None) => return Ok(()),
        (manager, Some(instance)) if manager.is_none_or(|tool| tool == FLUX_OPERATOR) => {
            (FLUX_OPERATOR, format!("flux-operator manages Flux on this cluster ({})", instance.at))
        }
        (manager, _) => {
            let version = installation.map(|installation| installation.version.as_str());
            let (tool, version) = (manager.unwrap_or_default(), version.unwrap_or_default());
            (tool, format!("Flux {version} has been installed on this cluster with {tool}!"))
        }
    };
    context.ui.warning(warning);
    if tool == FLUX_OPERATOR {
        context.ui.hints(&[format!("flux-operator would undo the change; {}", edit(instance.as_ref()))]);
    }
    let question = format!("Are you sure you want to override the {tool} installation?");
    context.confirm(&question, "--force").map_err(|error| match error.kind() {
        ErrorKind::Interrupted => Error::new(ErrorKind::Interrupted, "canceled: nothing was changed").code(1),
        _ => error,
    })
}

/// How to change a Flux that flux-operator manages.
fn edit(instance: Option<&Instance>) -> String {
    match instance.map(|instance| &instance.at) {
        Some(ObjectRef { namespace: Some(namespace), name, .. }) => {
            format!("edit the FluxInstance instead: kubectl edit fluxinstance {name} -n {namespace}")
        }
        _ => "edit the FluxInstance instead: flux get fluxinstances -A".to_owned(),
    }
}
