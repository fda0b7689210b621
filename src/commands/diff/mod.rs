//! `flux diff`: shows what Flux would change in the cluster.

pub mod all;
mod definition;
mod drift;
pub mod helm_release;
mod ignore;
mod inventory;
mod mask;
mod normalize;
mod object;
mod outcome;
mod policy;
mod release;
mod report;
mod revisions;
mod takeover;

use std::io::Write as _;

use clap::{ArgAction, Args, ValueEnum};

use self::drift::Drift;
use self::object::Comparer;
use self::outcome::{Comparison, Outcome};
use self::report::github;
use self::revisions::States;
use super::{Command, only_name};
use crate::commands::about::{About, Described};
use crate::commands::render_args::RenderArgs;
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::kinds;
use crate::output::Report;
use crate::render::Values;
use crate::render::states::Start;

/// The entry of the group in help and man pages.
pub const ABOUT: About = About::new("diff", "Show what Flux would change").examples(&[
    ("Compare a directory with the cluster", "flux diff kustomization apps --path ./apps/production"),
    (
        "Show what a branch changes in all Kustomizations and HelmReleases",
        "flux diff all --base=main --path=clusters/edge-1 --allow-remote",
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
    /// A page for a browser, in one file
    Html,
    /// For GitHub Actions: a comment on stdout, annotations on stderr
    Github,
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
    /// Short for --from with the commit at which the working tree, or --to, branched off this revision
    #[arg(long, value_name = "REVISION", conflicts_with = "from")]
    base: Option<String>,
    /// Revision or directory to compare --from or --base with [default: the working tree]
    #[arg(long, value_name = "REVISION")]
    to: Option<String>,
}

impl Described for DiffKustomization {
    const ABOUT: About =
        About::new("kustomization", "Show what applying a Flux Kustomization would change in the cluster")
            .aliases(&["ks"])
            .details(
                "Exits with 0 if nothing would change, with 1 if something would, and with 2 on \
                 errors. The values of Secrets are masked.\n\
                 \n\
                 --from and --base compare two states of a repository without a cluster. --from=main starts from what \
                 main is now, so that later commits on main show as reverted. --base=main starts from the commit at \
                 which HEAD branched off main, as `git diff main...` and pull requests do. Both end with the working \
                 tree, or with --to.",
            )
            .usage("(<NAME> --path <DIR> | --base <REVISION> | --from <REVISION>)")
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
                    "Show what a branch changes, without a cluster",
                    "flux diff kustomization --base=main --path=clusters/edge-1",
                ),
                (
                    "Write a page for a browser",
                    "flux diff kustomization --base=main --path=clusters/edge-1 -o html > changes.html",
                ),
            ]);
    const USAGE_EXIT_CODE: Option<u8> = Some(TROUBLE);
    const COMPLETES: Option<&'static kinds::Kind> = Some(&kinds::KUSTOMIZATION);
}

impl Command for DiffKustomization {
    async fn run(self, context: &Context) -> Result<()> {
        let name = only_name(context, &self.names);
        let comparison = match (start(self.from.as_deref(), self.base.as_deref()), name) {
            (Some(start), _) => self.states(context, start, name).await,
            (None, _) if self.to.is_some() => Err(Error::usage("--to requires --base or --from")
                .hint("add --base or --from with the revision to compare with")),
            (None, Some(name)) => self.cluster(context, name).await.map(Comparison::with_cluster),
            (None, None) => {
                return Err(Error::usage("kustomization name is required").hint(
                    "for example: flux diff kustomization apps --path=./apps, or use --base to compare revisions",
                ));
            }
        };
        let comparison = comparison.map_err(|error| annotated(context, self.output, error))?;
        report(context, &comparison, self.output, (&self.render.path, name))
    }
}

/// What two states of a repository are compared from, if they are.
fn start<'a>(from: Option<&'a str>, base: Option<&'a str>) -> Option<Start<'a>> {
    from.map(Start::At).or(base.map(Start::MergeBase))
}

impl DiffKustomization {
    /// Compares two states of a repository.
    async fn states(&self, context: &Context, from: Start<'_>, name: Option<&str>) -> Result<Comparison> {
        let unfit = [
            ("--kustomization-file", self.render.kustomization_file.is_some()),
            ("--recursive", self.render.recursive),
            ("--ignore-not-found", self.ignore_not_found),
        ];
        if let Some((flag, _)) = unfit.iter().find(|(_, given)| *given) {
            let own = if self.from.is_some() { "--from" } else { "--base" };
            return Err(Error::usage(format!("{flag} cannot be used with {own}"))
                .hint(format!("{own} compares all Flux Kustomizations of the repository")));
        }
        let states = States {
            args: &self.render,
            releases: None,
            name,
            ends: (from, self.to.as_deref()),
            locates: self.output == Format::Github,
            progress: self.progress_bar,
        };
        revisions::compare(context, &states).await
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

/// Gives an error before the comparison its exit code, and shows it among the annotations for GitHub Actions.
fn annotated(context: &Context, format: Format, error: Error) -> Error {
    let error = trouble(error);
    if format == Format::Github && error.exit_code() == TROUBLE {
        context.ui.plain(github::failure(&error));
    }
    error
}

/// Prints a comparison in the chosen format; that for GitHub Actions also prints annotations. `path` and `name` are what
/// the user gave.
///
/// # Errors
/// Something differs, or could not be compared.
fn report(
    context: &Context,
    comparison: &Comparison,
    format: Format,
    (path, name): (&str, Option<&str>),
) -> Result<()> {
    let text = match format {
        Format::Human => report::human(comparison, &context.ui),
        Format::Html => report::html(comparison),
        Format::Github => {
            for annotation in github::annotations(comparison) {
                context.ui.plain(annotation);
            }
            if let Some(file) = context.environment.variable("GITHUB_STEP_SUMMARY") {
                summarize(context, comparison, &file);
            }
            github::comment(comparison, path, name)
        }
        Format::Json => report::json(comparison),
        Format::Markdown => report::markdown(comparison),
        Format::Unified => report::unified(comparison),
    };
    Report::new(&context.ui).document(&text)?;
    finish(comparison)
}

/// Appends to the summary of the job, as far as GitHub accepts it.
fn summarize(context: &Context, comparison: &Comparison, file: &str) {
    let so_far =
        std::fs::metadata(file).map_or(0, |found| usize::try_from(found.len()).unwrap_or(usize::MAX));
    let room = github::LONGEST_SUMMARY.saturating_sub(so_far);
    let written = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(file)
        .and_then(|mut file| file.write_all(github::summary(comparison, room).as_bytes()));
    if let Err(error) = written {
        context.ui.warning(format!("the summary of the job was not written to {file}: {error}"));
    }
}

/// What the command ends with, after everything was printed.
fn finish(comparison: &Comparison) -> Result<()> {
    let failures: Vec<&Error> = comparison.failures().collect();
    match failures.as_slice() {
        [] => {}
        [failure] => return Err((*failure).clone().code(TROUBLE)),
        failures => {
            let messages: Vec<String> = failures.iter().map(ToString::to_string).collect();
            let error = Error::failed(format!(
                "{} objects could not be compared:\n  {}",
                failures.len(),
                messages.join("\n  ")
            ));
            let mut hints: Vec<&String> = failures.iter().flat_map(|failure| failure.hints()).collect();
            hints.sort();
            hints.dedup();
            return Err(hints.into_iter().fold(error.code(TROUBLE), Error::hint));
        }
    }
    if comparison.differs() {
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

    /// A repository whose new state shrinks a volume, deletes a namespace, and does not render everything.
    fn harmful() -> Scene {
        const SPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: apps\n";
        let claim = |size: &str| {
            format!(
                "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: data\n  namespace: apps\n\
                 spec:\n  resources:\n    requests:\n      storage: {size}\n"
            )
        };
        let secret = |value: &str| {
            format!(
                "apiVersion: v1\nkind: Secret\nmetadata:\n  name: token\n  namespace: apps\nstringData:\n  token: {value}\n"
            )
        };
        let broken = KUSTOMIZATION.replace("name: apps", "name: broken").replace("./apps", "./broken");
        Scene::offline()
            .file("old/clusters/apps.yaml", KUSTOMIZATION)
            .file("old/clusters/broken.yaml", &broken)
            .file("old/broken/config.yaml", &config("other", "old"))
            .file("old/apps/config.yaml", &config("config", "old"))
            .file("old/apps/space.yaml", SPACE)
            .file("old/apps/claim.yaml", &claim("2Gi"))
            .file("old/apps/secret.yaml", &secret("hidden-before"))
            .file("new/clusters/apps.yaml", &format!("# Apps\n---\n{KUSTOMIZATION}"))
            .file("new/clusters/broken.yaml", &broken)
            .file("new/broken/config.yaml", "kind: [\n")
            .file("new/apps/config.yaml", &config("config", "\"</pre><script>@all ` ``` x\""))
            .file("new/apps/claim.yaml", &claim("1Gi"))
            .file("new/apps/secret.yaml", &secret("hidden-after"))
    }

    #[test]
    fn github_gets_annotations_on_stderr_and_a_comment_on_stdout() {
        let scene = harmful().variable("GITHUB_STEP_SUMMARY", "[dir]/summary.md");
        let line = "flux diff kustomization --from=[dir]/old --to=[dir]/new --path=clusters -o github";
        let outcome = scene.run(line);
        for annotation in [
            "::error file=clusters/broken.yaml,line=1,title=Kustomization/flux-system/broken::at [dir]/new: ",
            "::warning file=clusters/apps.yaml,line=3,title=Kustomization/flux-system/apps::PersistentVolumeClaim/apps/data: \
             spec.resources.requests.storage shrinks from 2Gi to 1Gi, which the API server refuses\n",
            "::warning file=clusters/apps.yaml,line=3,title=Kustomization/flux-system/apps::Namespace/apps: its deletion \
             also deletes every object in the namespace\n",
            "::notice title=flux diff::3 changed, 1 deleted in 1 Kustomization\n",
        ] {
            assert!(outcome.stderr.contains(annotation), "{annotation}\n{}", outcome.stderr);
        }
        assert_eq!(outcome.stderr.matches("::").count(), 8, "{}", outcome.stderr);
        let comment = &outcome.stdout;
        let start = "<!-- flux diff clusters -->\n**3 changed, 1 deleted** in 1 Kustomization\n\n### Could not be compared\n\n- `at [dir]/new: ";
        assert!(comment.starts_with(start), "{comment}");
        for part in [
            "### `Kustomization/flux-system/apps (apps)`\n\n3 changed, 1 deleted\n\n<details><summary>",
            "<summary>✏️ <code>PersistentVolumeClaim/apps/data</code> ⚠️ spec.resources.requests.storage shrinks from 2Gi to 1Gi, which the API server refuses</summary>\n\n```diff\n@@ ",
            // The fence is longer than the one in the object.
            "<summary>✏️ <code>ConfigMap/apps/config</code></summary>\n\n````diff\n@@ ",
            "-  token: '*** (before)'\n+  token: '*** (after)'\n",
        ] {
            assert!(comment.contains(part), "{part}\n{comment}");
        }
        assert!(!comment.contains("hidden"), "{comment}");
        let summary = scene.read("summary.md");
        assert!(summary.starts_with("**3 changed, 1 deleted**") && !summary.contains("<!--"), "{summary}");
        assert!(!summary.contains("hidden"), "{summary}");
        scene.run(line);
        assert_eq!(scene.read("summary.md"), summary.repeat(2));
    }

    #[test]
    fn a_page_has_no_markup_of_objects_and_no_secrets() {
        let line = "flux diff kustomization --from=[dir]/old --to=[dir]/new --path=clusters -o html";
        let page = harmful().run(line).to_string();
        assert!(page.contains("&lt;/pre&gt;&lt;script&gt;@all") && !page.contains("<script"), "{page}");
        assert!(page.contains("*** (before)") && !page.contains("hidden-"), "{page}");
        assert!(
            page.contains("<li>spec.resources.requests.storage shrinks from 2Gi to 1Gi, which the API server refuses</li>"),
            "{page}"
        );
        assert!(page.contains("<tr><td>Total</td><td>3</td><td>1</td><td>1</td></tr>"), "{page}");
        assert!(page.contains("[exit code 2]"), "{page}");
    }

    #[test]
    fn an_error_before_the_comparison_is_an_annotation_too() {
        let scene = Scene::offline().file("apps/config.yaml", &config("config", "old"));
        let line = "flux diff kustomization --from=[dir]/apps --to=[dir]/apps --path=clusters -o github";
        let outcome = scene.run(line);
        assert_eq!((outcome.stdout.as_str(), outcome.code), ("", 2));
        let start = "::error title=flux diff::there is no Flux Kustomization in clusters, neither at [dir]/apps nor at [dir]/apps%0Ahint: add --path";
        assert!(outcome.stderr.starts_with(start), "{}", outcome.stderr);
    }

    #[test]
    fn base_and_from_exclude_each_other() {
        let outcome = Scene::offline().run("flux diff kustomization --from=main --base=main");
        assert_eq!((outcome.stdout.as_str(), outcome.code), ("", 2));
        assert!(outcome.stderr.contains("--base") && outcome.stderr.contains("--from"), "{}", outcome.stderr);
    }
}
