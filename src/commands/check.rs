//! `flux check`.

use std::time::Duration;

use clap::Args;
use serde_json::Value;

use super::Command;
use crate::cli::values;
use crate::cluster::{Cluster, KubernetesVersion, PART_OF};
use crate::context::Context;
use crate::error::{Error, Kind, Result};

/// The arguments of `flux check`.
#[derive(Debug, Args)]
pub struct Check {
    /// Check only what an installation needs
    #[arg(long)]
    pre: bool,
    /// The components that must be installed
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    components: Vec<String>,
    /// Further components that must be installed
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    components_extra: Vec<String>,
    /// The time between two looks at components that are not ready yet
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = values::duration)]
    poll_interval: Duration,
}

impl Command for Check {
    async fn run(self, context: &Context) -> Result<()> {
        let ui = &context.ui;
        ui.action("checking prerequisites");
        let cluster = context.cluster().await?;
        let mut passed = kubernetes(context, cluster).await?;
        if self.pre {
            if !passed {
                return Err(Error::failed("prerequisites checks failed"));
            }
            ui.success("prerequisites checks passed");
            return Ok(());
        }
        ui.action("checking version in cluster");
        if let Some(installation) = cluster.installation().await? {
            ui.success(format!("distribution: {}", installation.distribution()));
            ui.success(format!("bootstrapped: {}", installation.bootstrapped));
        } else {
            ui.failure("Flux is not installed: the definition of GitRepository is missing");
            passed = false;
        }
        ui.action("checking controllers");
        passed &= self.controllers(context, cluster).await?;
        ui.action("checking crds");
        passed &= definitions(context, cluster).await?;
        if !passed {
            return Err(Error::failed("check failed").hint("the lines marked ✗ say what is missing"));
        }
        ui.success("all checks passed");
        Ok(())
    }
}

async fn kubernetes(context: &Context, cluster: &Cluster) -> Result<bool> {
    let version = cluster.kubernetes_version().await?;
    let supported = version.is_supported();
    if supported {
        context.ui.success(format!("Kubernetes {version} {}", KubernetesVersion::supported()));
    } else {
        context.ui.failure(format!(
            "Kubernetes version {version} does not match {}",
            KubernetesVersion::supported()
        ));
    }
    Ok(supported)
}

impl Check {
    /// Every controller that is installed is waited for; those asked for must be among them.
    async fn controllers(&self, context: &Context, cluster: &Cluster) -> Result<bool> {
        let (ui, namespace) = (&context.ui, context.namespace());
        let deployments = cluster.part_of_flux("Deployment", Some(namespace)).await?;
        if deployments.is_empty() {
            let (label, value) = PART_OF;
            ui.failure(format!(
                "no controllers found in the '{namespace}' namespace with the label selector '{label}={value}'"
            ));
            return Ok(false);
        }
        let mut passed = true;
        for deployment in &deployments {
            let name = deployment.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
            let outcomes = cluster
                .wait_rollouts(namespace, &[name], self.poll_interval, context.settings.timeout, |_| {})
                .await?;
            for outcome in outcomes {
                match outcome.failure {
                    None => ui.success(format!("{}: deployment ready", outcome.name)),
                    Some(why) => {
                        ui.failure(format!("{}: {why}", outcome.name));
                        passed = false;
                    }
                }
            }
            let containers = deployment.pointer("/spec/template/spec/containers").and_then(Value::as_array);
            for image in containers.into_iter().flatten().filter_map(|container| container["image"].as_str())
            {
                ui.action(image);
            }
        }
        let installed = |name: &String| {
            deployments
                .iter()
                .any(|d| d.pointer("/metadata/name").and_then(Value::as_str) == Some(name.as_str()))
        };
        for missing in self.components.iter().chain(&self.components_extra).filter(|name| !installed(name)) {
            ui.failure(format!("{missing}: deployment not found"));
            passed = false;
        }
        Ok(passed)
    }
}

async fn definitions(context: &Context, cluster: &Cluster) -> Result<bool> {
    let found = match cluster.part_of_flux("CustomResourceDefinition", None).await {
        Ok(found) => found,
        Err(error) if error.kind() == Kind::Forbidden => {
            context.ui.failure(error.to_string());
            return Ok(false);
        }
        Err(error) => return Err(error),
    };
    if found.is_empty() {
        let (label, value) = PART_OF;
        context.ui.failure(format!("no crds found with the label selector '{label}={value}'"));
        return Ok(false);
    }
    let mut passed = true;
    for definition in &found {
        let name = definition.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
        let stored = definition.pointer("/status/storedVersions").and_then(Value::as_array);
        if let Some(version) = stored.and_then(|versions| versions.last()?.as_str()) {
            context.ui.success(format!("{name}/{version}"));
        } else {
            context.ui.failure(format!("no stored versions for {name}"));
            passed = false;
        }
    }
    Ok(passed)
}
