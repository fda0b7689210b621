//! `flux create tenant`: namespaces with a ServiceAccount and a role for a tenant.

use std::collections::BTreeMap;

use clap::{ArgAction, Args};
use serde_json::{Value, json};

use super::{Common, given, names};
use crate::args::values::{self, List};
use crate::cluster::Cluster;
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::object::{ObjectMeta, ObjectRef, Resource};
use crate::output::{Manifest, Report};

/// Label with the name of the tenant.
const LABEL: &str = "toolkit.fluxcd.io/tenant";

/// The arguments of `flux create tenant`.
#[derive(Args)]
pub struct CreateTenant {
    #[command(flatten)]
    common: Common,
    /// Namespaces of the tenant, separated by commas
    #[arg(long, value_name = "NAMES", action = ArgAction::Append, value_parser = values::list)]
    with_namespace: Vec<List>,
    /// Name of the ServiceAccount [default: the name of the tenant]
    #[arg(long, value_name = "NAME")]
    with_service_account: Option<String>,
    /// ClusterRole to bind to the ServiceAccount in the namespaces
    #[arg(long, value_name = "NAME", default_value = "cluster-admin")]
    cluster_role: String,
    /// Do not create the namespaces
    #[arg(long)]
    skip_namespace: bool,
}

impl Described for CreateTenant {
    const ABOUT: About = About::new("tenant", "Create or update a tenant")
        .details("A tenant is a set of namespaces with a ServiceAccount that may only act in them.")
        .usage("<NAME> --with-namespace <NAMES>")
        .examples(&[
            (
                "Create a tenant with two namespaces",
                "flux create tenant dev-team --with-namespace=frontend --with-namespace=backend",
            ),
            (
                "Print the objects of a tenant with a custom cluster role",
                "flux create tenant dev-team --with-namespace=frontend --cluster-role=dev-team \
                 --export",
            ),
        ]);
}

/// Objects of a tenant in one namespace.
struct Share {
    namespace: Option<Value>,
    account: Value,
    binding: Value,
}

impl Command for CreateTenant {
    async fn run(self, context: &Context) -> Result<()> {
        let target = self.common.target(context)?;
        let tenant = target.name.as_str();
        if self.cluster_role.is_empty() {
            return Err(Error::required("--cluster-role", "--cluster-role=cluster-admin"));
        }
        let account = names::reference("--with-service-account", given(self.with_service_account))?;
        let account = account.unwrap_or_else(|| tenant.to_owned());
        let namespaces = List::all(self.with_namespace);
        if namespaces.is_empty() {
            return Err(Error::required("--with-namespace", "--with-namespace=apps"));
        }
        let mut labels = target.labels.clone();
        labels.insert(LABEL.into(), tenant.into());
        let mut shares = Vec::new();
        for namespace in namespaces {
            let namespace = names::namespace("--with-namespace", Some(namespace))?
                .ok_or_else(|| Error::usage("--with-namespace is empty"))?;
            let share = share(tenant, &namespace, &account, &self.cluster_role, &labels);
            shares.push(if self.skip_namespace { Share { namespace: None, ..share } } else { share });
        }
        if target.export {
            let report = Report::new(&context.ui);
            for share in shares {
                for object in
                    [share.namespace, Some(share.account), Some(share.binding)].into_iter().flatten()
                {
                    report.object(&Manifest::of(&object))?;
                }
            }
            return Ok(());
        }
        let cluster = context.cluster().await?;
        for share in shares {
            share.apply(context, cluster).await?;
        }
        context.ui.success("tenant setup completed");
        Ok(())
    }
}

fn share(
    tenant: &str,
    namespace: &str,
    account: &str,
    role: &str,
    labels: &BTreeMap<String, String>,
) -> Share {
    let group = "rbac.authorization.k8s.io";
    Share {
        namespace: Some(json!({
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": namespace, "labels": labels},
        })),
        account: json!({
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": account, "namespace": namespace, "labels": labels},
        }),
        binding: json!({
            "apiVersion": format!("{group}/v1"),
            "kind": "RoleBinding",
            "metadata": {"name": format!("{tenant}-reconciler"), "namespace": namespace, "labels": labels},
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": role},
            "subjects": [
                {"apiGroup": group, "kind": "User", "name": format!("gotk:{namespace}:reconciler")},
                {"kind": "ServiceAccount", "name": account, "namespace": namespace},
            ],
        }),
    }
}

impl Share {
    async fn apply(&self, context: &Context, cluster: &Cluster) -> Result<()> {
        if let Some(namespace) = &self.namespace {
            context.ui.action(format!("applying namespace {}", namespace.name()));
            apply(cluster, Resource::NAMESPACE, namespace).await?;
        }
        context.ui.action(format!("applying service account {}", self.account.name()));
        apply(cluster, Resource::SERVICE_ACCOUNT, &self.account).await?;
        context.ui.action(format!("applying role binding {}", self.binding.name()));
        replace_other_role(cluster, &self.binding).await?;
        apply(cluster, Resource::ROLE_BINDING, &self.binding).await
    }
}

/// Creates an object, or updates the labels and subjects of the existing one.
async fn apply(cluster: &Cluster, resource: Resource, object: &Value) -> Result<()> {
    let change = |existing: &mut Value, wanted: &Value| {
        for (key, value) in wanted["metadata"]["labels"].as_object().into_iter().flatten() {
            existing["metadata"]["labels"][key] = value.clone();
        }
        if let Some(subjects) = wanted.get("subjects") {
            existing["subjects"] = subjects.clone();
        }
    };
    cluster.upsert(&ObjectRef::of(resource, object), object, change).await.map(drop)
}

/// Deletes a binding to another role: the role of a binding is immutable.
async fn replace_other_role(cluster: &Cluster, binding: &Value) -> Result<()> {
    let at = ObjectRef::of(Resource::ROLE_BINDING, binding);
    if let Some(existing) = cluster.find(&at).await?
        && existing["roleRef"] != binding["roleRef"]
    {
        cluster.delete(&at).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Scene;

    #[test]
    fn a_tenant_is_exported_with_its_namespace_account_and_role_binding() {
        assert_snapshot!(Scene::offline().run("flux create tenant web --with-namespace=web --export"), @"
        ---
        apiVersion: v1
        kind: Namespace
        metadata:
          labels:
            toolkit.fluxcd.io/tenant: web
          name: web
        ---
        apiVersion: v1
        kind: ServiceAccount
        metadata:
          labels:
            toolkit.fluxcd.io/tenant: web
          name: web
          namespace: web
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: RoleBinding
        metadata:
          labels:
            toolkit.fluxcd.io/tenant: web
          name: web-reconciler
          namespace: web
        roleRef:
          apiGroup: rbac.authorization.k8s.io
          kind: ClusterRole
          name: cluster-admin
        subjects:
        - apiGroup: rbac.authorization.k8s.io
          kind: User
          name: gotk:web:reconciler
        - kind: ServiceAccount
          name: web
          namespace: web
        ");
    }
}
