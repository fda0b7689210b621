//! `flux delete`: deletes objects from the cluster.

use clap::Args;

use super::{KindCommand, listing, name_required, only_name};
use crate::commands::about::{About, DescribedVerb};
use crate::context::Context;
use crate::error::Result;
use crate::kinds::{Flag, Kind, Verb};
use crate::object::ObjectRef;

/// The flags of `flux delete` and all under it.
#[derive(Debug, Args)]
pub struct Delete {
    /// Name of the object
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Do not ask for confirmation
    #[arg(short, long)]
    silent: bool,
}

impl DescribedVerb for Delete {
    const VERB: Verb = Verb::Delete;
    const ABOUT: About = About::new("delete", "Delete an object from the cluster")
        .details(
            "Flux then also deletes what a HelmRelease, or a Kustomization with prune enabled, has \
            applied, unless the object is suspended.",
        )
        .examples(&[
            ("Delete a Kustomization", "flux delete kustomization apps"),
            ("Delete a GitRepository without confirmation", "flux delete source git fleet --silent"),
        ]);
    const ABOUT_KIND: About = About::new("", "Delete {a kind} from the cluster").usage("<NAME>").examples(&[
        ("Delete the {kind} {name}", "flux delete {path} {name}"),
        ("Delete it without confirmation", "flux delete {path} {name} --silent"),
    ]);
}

impl KindCommand for Delete {
    async fn run(self, context: &Context, kind: &'static Kind, _: &[Flag]) -> Result<()> {
        let Some(name) = only_name(context, &self.names) else {
            return Err(name_required(kind, listing(kind)));
        };
        let cluster = context.cluster().await?;
        let namespace = context.namespace();
        let at = ObjectRef::new(kind, namespace, name);
        if let Err(error) = cluster.get(&at).await {
            return Err(cluster.hint_namespaces_of(error, &at).await);
        }
        if !self.silent {
            let question = format!("Are you sure you want to delete this {}", kind.human);
            context.confirm(&question, "--silent (-s)")?;
        }
        context.ui.action(format!("deleting {} {name} in {namespace} namespace", kind.human));
        cluster.delete(&at).await?;
        context.ui.success(format!("{} deleted", kind.human));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Scene;

    #[test]
    fn an_object_is_deleted() {
        let scene = Scene::with_flux();
        assert_snapshot!(scene.run("flux delete kustomization apps"), @"
        [stderr]
        ✗ aborting: confirmation is required, and there is no terminal to ask on
          hint: add --silent (-s) to continue without confirmation
        [exit code 1]
        ");
        assert_snapshot!(scene.run("flux delete kustomization apps --silent"), @"
        [stderr]
        ► deleting kustomization apps in flux-system namespace
        ✔ kustomization deleted
        ");
        assert_snapshot!(scene.run("flux delete kustomization apps --silent"), @r#"
        [stderr]
        ✗ kustomizations.kustomize.toolkit.fluxcd.io "apps" not found
        [exit code 1]
        "#);
    }
}
