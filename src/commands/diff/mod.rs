//! `flux diff`: shows what Flux would change in the cluster.

pub mod all;
mod drift;
pub mod helm_release;
mod ignore;
mod inventory;
mod marks;
mod mask;
mod normalize;
mod object;
mod outcome;
mod policy;
mod release;
mod report;
mod revisions;
mod side;
mod takeover;

use clap::{ArgAction, Args, ValueEnum};

use self::drift::Drift;
use self::object::Comparer;
use self::outcome::Outcome;
use self::report::Wording;
use self::revisions::Comparison;
use super::{Command, only_name};
use crate::commands::about::{About, Described};
use crate::commands::render_args::RenderArgs;
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::kinds;
use crate::output::Report;
use crate::render::Values;

/// The entry of the group in help and man pages.
pub const ABOUT: About = About::new("diff", "Show what Flux would change").examples(&[
    ("Compare a directory with the cluster", "flux diff kustomization apps --path ./apps/production"),
    (
        "Compare all Kustomizations and HelmReleases with those of a branch",
        "flux diff all --from=main --path=clusters/edge-1 --allow-remote",
    ),
    ("Compare a HelmRelease with the cluster", "flux diff helmrelease podinfo -n podinfo --allow-remote"),
]);

/// Exit code of a failed comparison; 1 means that something differs.
pub const TROUBLE: u8 = 2;

/// How differences are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people, as flux prints it
    Human,
    /// For programs
    Json,
    /// For a comment on a pull request
    Markdown,
    /// A patch of YAML files
    Unified,
}

/// The arguments of `flux diff kustomization`.
#[derive(Debug, Args)]
pub struct DiffKustomization {
    /// Name of the Flux Kustomization
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    render: RenderArgs,
    /// Show progress on a terminal
    #[arg(long, action = ArgAction::Set, default_value_t = true)]
    progress_bar: bool,
    /// Allow a Kustomization that is not in the cluster yet; requires --kustomization-file
    #[arg(long)]
    ignore_not_found: bool,
    /// Output format
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t = Format::Human)]
    output: Format,
    /// Compare without a cluster, starting from this revision or directory; --path may be relative to the root of the repository
    #[arg(long, value_name = "REVISION")]
    from: Option<String>,
    /// Revision or directory to compare --from with [default: the working tree]
    #[arg(long, value_name = "REVISION")]
    to: Option<String>,
}

impl Described for DiffKustomization {
    const ABOUT: About =
        About::new("kustomization", "Show what applying a Flux Kustomization would change in the cluster")
            .aliases(&["ks"])
            .details(
                "Exits with 0 if nothing would change, with 1 if something would, and with 2 on \
                 errors. The values of Secrets are masked.",
            )
            .usage("(<NAME> --path <DIR> | --from <REVISION>)")
            .examples(&[
                (
                    "Compare a directory with the cluster",
                    "flux diff kustomization apps --path ./apps/production",
                ),
                (
                    "Use a Kustomization in a file",
                    "flux diff kustomization apps --path ./apps/production --kustomization-file \
                     ./clusters/edge-1/apps.yaml",
                ),
                (
                    "Compare the working tree with a branch, without a cluster",
                    "flux diff kustomization --from=main --path=clusters/edge-1",
                ),
            ]);
    const USAGE_EXIT_CODE: Option<u8> = Some(TROUBLE);
    const COMPLETES: Option<&'static kinds::Kind> = Some(&kinds::KUSTOMIZATION);
}

impl Command for DiffKustomization {
    async fn run(self, context: &Context) -> Result<()> {
        let name = only_name(context, &self.names);
        let (outcomes, wording) = match (&self.from, name) {
            (Some(from), _) => (self.states(context, from, name).await.map_err(trouble)?, Wording::STATES),
            (None, _) if self.to.is_some() => {
                let error = Error::usage("--to requires --from");
                return Err(trouble(error.hint("add --from with the revision or directory to compare with")));
            }
            (None, Some(name)) => {
                (vec![self.cluster(context, name).await.map_err(trouble)?], Wording::CLUSTER)
            }
            (None, None) => return Err(Error::usage(
                "kustomization name is \
                required",
            )
            .hint(
                "for example: flux diff kustomization apps --path=./apps, or use --from to compare revisions",
            )),
        };
        report(context, outcomes, self.output, wording)
    }
}

impl DiffKustomization {
    /// Compares two states of a repository.
    async fn states(&self, context: &Context, from: &str, name: Option<&str>) -> Result<Vec<Outcome>> {
        let unfit = [
            ("--kustomization-file", self.render.kustomization_file.is_some()),
            ("--recursive", self.render.recursive),
            ("--ignore-not-found", self.ignore_not_found),
        ];
        if let Some((flag, _)) = unfit.iter().find(|(_, given)| *given) {
            return Err(Error::usage(format!("{flag} cannot be used with --from"))
                .hint("--from compares all Flux Kustomizations of the repository"));
        }
        let comparison = Comparison {
            args: &self.render,
            releases: None,
            name,
            states: (from, self.to.as_deref()),
            progress: self.progress_bar,
        };
        revisions::compare(context, &comparison).await
    }

    /// Compares with the cluster.
    async fn cluster(&self, context: &Context, name: &str) -> Result<Outcome> {
        let renderer = self.render.renderer(context, Values::Cluster)?.as_controller();
        if self.ignore_not_found && self.render.kustomization_file.is_none() {
            return Err(Error::usage("kustomization file is required when assuming new kustomizations")
                .hint("add --kustomization-file with the file of the Flux Kustomization"));
        }
        let kustomization = match renderer.kustomization(context, name).await {
            Err(error) if error.kind() == ErrorKind::NotFound && self.ignore_not_found => {
                renderer.kustomization_of_file(context, name)?
            }
            Err(error) if error.kind() == ErrorKind::NotFound && self.render.kustomization_file.is_some() => {
                return Err(error.hint("add --ignore-not-found if the cluster does not have it yet"));
            }
            kustomization => kustomization?,
        };
        if !kustomization.object["spec"]["kubeConfig"].is_null() {
            context.ui.warning(format!(
                "Kustomization {name} is applied to another cluster (spec.kubeConfig): comparing with the \
                cluster that contains the Kustomization"
            ));
        }
        let cluster = context.cluster().await?;
        let status = self.progress_bar.then(|| context.ui.status());
        let comparer = Comparer { context, cluster, status };
        let drift = Drift { comparer, renderer: &renderer, recursive: self.render.recursive };
        drift.compare(&kustomization, &mut Vec::new()).await
    }
}

/// Gives an error the exit code of a failed comparison.
fn trouble(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Interrupted | ErrorKind::BrokenPipe => error,
        _ => error.code(TROUBLE),
    }
}

/// Prints a comparison in the chosen format.
///
/// # Errors
/// Something differs, or could not be compared.
fn report(context: &Context, mut outcomes: Vec<Outcome>, format: Format, wording: Wording) -> Result<()> {
    let failures: Vec<Error> = outcomes.iter_mut().flat_map(Outcome::take_failures).collect();
    let text = match format {
        Format::Human => report::human(&outcomes, wording, &context.ui),
        Format::Json => report::json(&outcomes, &failures),
        Format::Markdown => report::markdown(&outcomes, &failures),
        Format::Unified => report::unified(&outcomes),
    };
    Report::new(&context.ui).document(&text)?;
    finish(&outcomes, failures)
}

/// What the command ends with, after everything was printed.
fn finish(outcomes: &[Outcome], mut failures: Vec<Error>) -> Result<()> {
    if let Some(last) = failures.pop() {
        if failures.is_empty() {
            return Err(last.code(TROUBLE));
        }
        failures.push(last);
        let messages: Vec<String> = failures.iter().map(ToString::to_string).collect();
        let error = Error::failed(format!(
            "{} objects could not be compared:\n  {}",
            failures.len(),
            messages.join("\n  ")
        ));
        let mut hints: Vec<&String> = failures.iter().flat_map(Error::hints).collect();
        hints.sort();
        hints.dedup();
        return Err(hints.into_iter().fold(error.code(TROUBLE), Error::hint));
    }
    if outcomes.iter().any(Outcome::differs) {
        // In flux's words, which scripts look for.
        let message = "identified at least one change, exiting with non-zero exit code";
        return Err(Error::new(ErrorKind::Differs, message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Scene;

    const KUSTOMIZATION: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n\
                                 metadata:\n  name: apps\n  namespace: flux-system\n\
                                 spec:\n  interval: 10m\n  prune: true\n  path: ./apps\n  sourceRef:\n    kind: GitRepository\n    name: fleet\n";

    fn config(name: &str, value: &str) -> String {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  namespace: apps\ndata:\n  key: {value}\n"
        )
    }

    #[test]
    fn changes_and_additions_are_shown() {
        let scene = Scene::with_flux()
            .file("apps/config.yaml", &config("config", "new"))
            .file("apps/more.yaml", &config("more", "new"))
            .object(&edgeflux_yaml::documents(&config("config", "old")).unwrap()[0]);
        assert_snapshot!(scene.run("flux diff kustomization apps --path=[dir]/apps"), @"
        ► ConfigMap/apps/config drifted

        data.key
        ± value change
        - old
        + new

        metadata
        + one map entry added:
          labels:
            kustomize.toolkit.fluxcd.io/name: apps
            kustomize.toolkit.fluxcd.io/namespace: flux-system

        ► ConfigMap/apps/more created
        [stderr]
        ⚠️ identified at least one change, exiting with non-zero exit code
        [exit code 1]
        ");
    }

    #[test]
    fn two_directories_are_compared_without_a_cluster() {
        let scene = Scene::offline()
            .file("old/apps.yaml", KUSTOMIZATION)
            .file("old/apps/config.yaml", &config("config", "old"))
            .file("new/apps.yaml", KUSTOMIZATION)
            .file("new/apps/config.yaml", &config("config", "new"));
        assert_snapshot!(scene.run("flux diff kustomization --from=[dir]/old --to=[dir]/new --path=."), @"
        📁 Kustomization/flux-system/apps (apps) changed
        ► ConfigMap/apps/config changed

        data.key
        ± value change
        - old
        + new

        [stderr]
        ⚠️ identified at least one change, exiting with non-zero exit code
        [exit code 1]
        ");
    }
}
