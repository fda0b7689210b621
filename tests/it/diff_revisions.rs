//! `flux diff kustomization --from --to`: two states of a repository, without a cluster.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::flux::{Flux, Output};
use crate::support::repository::git_command;

const SYNC: &str = "apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: flux-system, namespace: flux-system}
spec: {interval: 1m, url: 'https://git.example.com/acme/fleet'}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: flux-system, namespace: flux-system}
spec: {interval: 10m, path: ./clusters/prod, prune: true, sourceRef: {kind: GitRepository, name: flux-system}}
";

const APPS: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec:
  interval: 10m
  path: ./apps
  prune: true
  targetNamespace: apps
  sourceRef: {kind: GitRepository, name: flux-system}
  postBuild: {substituteFrom: [{kind: ConfigMap, name: settings}]}
";

const SETTINGS: &str = "apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: flux-system}
data: {host: one.example.com}
";

fn map(name: &str, data: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{{data}}}\n")
}

fn secret(value: &str) -> String {
    format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: token}}\nstringData: {{token: {value}}}\n")
}

/// A clone whose branch `main` has two commits, and a working tree with a further change.
struct Clone {
    home: TempDir,
}

impl Clone {
    fn new() -> Self {
        let clone = Self { home: TempDir::new().unwrap() };
        clone.git(&["init", "--quiet", "--initial-branch=main", "."]);
        clone.write("clusters/prod/flux-system/gotk-sync.yaml", SYNC);
        clone.write("clusters/prod/apps.yaml", APPS);
        clone.write("clusters/prod/settings.yaml", SETTINGS);
        clone.write("apps/cm.yaml", &map("cm", "host: '${host}', a: '1'"));
        clone.write("apps/token.yaml", &secret("hidden-before"));
        clone.write("apps/gone.yaml", &map("gone", ""));
        clone.commit("one");
        clone.write("clusters/prod/settings.yaml", &SETTINGS.replace("one.", "two."));
        clone.write("apps/token.yaml", &secret("hidden-after"));
        clone.write("apps/new.yaml", &map("new", "b: '1'"));
        fs::remove_file(clone.home.path().join("apps/gone.yaml")).unwrap();
        clone.commit("two");
        clone.write("apps/new.yaml", &map("new", "b: '2'"));
        clone
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.home.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn git(&self, args: &[&str]) -> String {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
        let output = git_command(self.home.path()).args(identity).args(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "-m", message]);
    }

    fn diff(&self, line: &str) -> Output {
        diff(self.home.path(), line)
    }
}

fn diff(directory: &Path, line: &str) -> Output {
    Flux::bare().dir(directory).line(&format!("diff kustomization {line}")).run()
}

const BETWEEN: &str = "📁 Kustomization/flux-system/flux-system (clusters/prod) changed
► ConfigMap/flux-system/settings changed

data.host
± value change
- one.example.com
+ two.example.com

📁 Kustomization/flux-system/apps (apps) changed
► ConfigMap/apps/cm changed

data.host
± value change
- one.example.com
+ two.example.com

► ConfigMap/apps/new created
► Secret/apps/token changed

data.token
± value change
- *** (before)
+ *** (after)

► ConfigMap/apps/gone deleted
";

#[test]
fn revisions_are_compared_and_the_working_tree_is_left_alone() {
    let clone = Clone::new();
    let status = clone.git(&["status", "--porcelain"]);
    let output = clone.diff("--from main~1 --to main --path clusters/prod");
    assert_eq!(output.stdout, BETWEEN, "{}", output.stderr);
    assert_eq!(output.code, Some(1));
    assert_eq!(clone.git(&["status", "--porcelain"]), status);

    // Temporary copies are removed, too.
    let temporary = TempDir::new().unwrap();
    let line = "diff kustomization --from main~1 --to main --path clusters/prod";
    let output = Flux::bare().dir(clone.home.path()).env("TMPDIR", temporary.path()).line(line).run();
    assert_eq!(output.code, Some(1), "{}", output.stderr);
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);

    let same = clone.diff("--from main --to HEAD --path clusters/prod");
    assert_eq!((same.code, same.stdout.as_str(), same.stderr.as_str()), (Some(0), "", ""));

    let one = clone.diff("flux-system --from main~1 --to main --path clusters/prod");
    assert!(one.stdout.contains("settings") && !one.stdout.contains("apps/cm"), "{}", one.stdout);
}

#[test]
fn a_revision_is_compared_with_the_working_tree_by_default() {
    let clone = Clone::new();
    let output = clone.diff("apps --from main --path clusters/prod");
    assert_eq!(
        output.stdout,
        "📁 Kustomization/flux-system/apps (apps) changed\n► ConfigMap/apps/new changed\n\ndata.b\n± value change\n- 1\n+ 2\n\n",
        "{}",
        output.stderr
    );
    assert_eq!(output.code, Some(1));
}

#[test]
fn directories_outside_of_a_repository_can_be_compared() {
    let clone = Clone::new();
    let directories = TempDir::new().unwrap();
    for (directory, revision) in [("old", "main~1"), ("new", "main")] {
        let path = directories.path().join(directory);
        fs::create_dir(&path).unwrap();
        let path = format!("--work-tree={}", path.display());
        clone.git(&[&path, "checkout", "--quiet", "--force", revision, "--", "."]);
    }
    fs::remove_dir_all(directories.path().join("new/.git")).ok();
    let elsewhere = TempDir::new().unwrap();
    let (old, new) = (directories.path().join("old"), directories.path().join("new"));
    let line = format!("--from {} --to {} --path clusters/prod", old.display(), new.display());
    let output = diff(elsewhere.path(), &line);
    assert_eq!(output.stdout, BETWEEN, "{}", output.stderr);
}

#[test]
fn every_format_hides_secrets() {
    let clone = Clone::new();
    for format in ["human", "json", "markdown", "unified", "html", "github"] {
        let output = clone.diff(&format!("--from main~1 --to main --path clusters/prod -o {format}"));
        assert_eq!(output.code, Some(1), "{}", output.stderr);
        let all = format!("{}{}", output.stdout, output.stderr);
        assert!(all.contains("token") && !all.contains("hidden") && !all.contains("aGlkZGVu"), "{all}");
    }
    let json = clone.diff("apps --from main~1 --to main --path clusters/prod -o json").stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    let apps = &json["kustomizations"][0];
    assert_eq!((apps["name"].as_str(), apps["directory"].as_str()), (Some("apps"), Some("apps")));
    let actions: Vec<_> = apps["changes"].as_array().unwrap().iter().map(|it| it["action"].clone()).collect();
    assert_eq!(actions, ["changed", "created", "changed", "deleted"]);
}

#[test]
fn a_terminal_shows_colors_and_progress_but_no_escape_sequences_of_values() {
    let clone = Clone::new();
    clone.write("apps/cm.yaml", &map("cm", r#"host: "\e[2Jgone", a: '1'"#));
    let line = "diff kustomization apps --from main --path clusters/prod";
    let output = Flux::bare().dir(clone.home.path()).line(line).on_terminal().run();
    assert_eq!(output.code, Some(1), "{output:?}");
    assert!(output.stdout.contains("rendering Kustomizations"), "{output:?}");
    assert!(output.stdout.contains("\u{1b}[31m- two.example.com\u{1b}[0m"), "{output:?}");
    assert!(output.stdout.contains("+ \u{fffd}[2Jgone"), "{output:?}");
}

#[test]
fn a_patch_of_objects_fits_the_objects() {
    let clone = Clone::new();
    let patch = clone.diff("apps --from main~1 --to main --path clusters/prod -o unified").stdout;
    assert!(patch.contains("--- /dev/null\n+++ b/apps/ConfigMap/new.yaml\n@@ -0,0 +1,"), "{patch}");
    assert!(patch.contains("--- a/apps/ConfigMap/gone.yaml\n+++ /dev/null\n@@ -1,"), "{patch}");
    // Git itself reads it.
    let scratch = TempDir::new().unwrap();
    fs::write(scratch.path().join("patch"), &patch).unwrap();
    let stat = git_command(scratch.path()).args(["apply", "--numstat", "patch"]).output().unwrap();
    assert!(stat.status.success(), "{}\n{patch}", String::from_utf8_lossy(&stat.stderr));
    assert_eq!(String::from_utf8_lossy(&stat.stdout).lines().count(), 4, "{patch}");
}

#[test]
fn a_kustomization_that_fails_to_render_is_reported_and_the_rest_compared() {
    let clone = Clone::new();
    clone.write("apps/broken.yaml", "kind: [\n");
    clone.commit("broken");
    let output = clone.diff("--from main~2 --to main --path clusters/prod");
    assert_eq!(output.code, Some(2));
    assert!(output.stdout.contains("ConfigMap/flux-system/settings changed"), "{}", output.stdout);
    for words in ["at main: Kustomization/flux-system/apps (apps)", "broken.yaml"] {
        assert!(output.stderr.contains(words), "{}", output.stderr);
    }
}

#[test]
fn a_source_outside_of_the_repository_in_one_revision_deletes_nothing() {
    let clone = Clone::new();
    let moved = APPS.replace("kind: GitRepository, name: flux-system", "kind: ExternalArtifact, name: apps");
    assert_ne!(moved, APPS);
    clone.write("clusters/prod/apps.yaml", &moved.replace("./apps", "./inner"));
    clone.write("sub/inner/new.yaml", &map("new", "b: '2'"));
    let output = clone.diff("--from main --path clusters/prod");
    assert!(output.stdout.contains("► Kustomization/flux-system/apps changed"), "{output:?}");
    assert!(!output.stdout.contains("deleted") && !output.stdout.contains("ConfigMap"), "{output:?}");
    let says = "Kustomization/flux-system/apps is skipped: ExternalArtifact/flux-system/apps";
    assert_eq!(output.stderr.matches(says).count(), 1, "{output:?}");
    assert_eq!(output.code, Some(1));
    let output = clone.diff("apps --from main --path clusters/prod");
    assert_eq!(output.code, Some(2));
    assert!(output.stderr.contains("whose source is in the repository"), "{output:?}");

    let line = "apps --from main --path clusters/prod --local-sources=ExternalArtifact/flux-system/apps=sub";
    let output = clone.diff(line);
    let change =
        "📁 Kustomization/flux-system/apps (sub/inner) changed\n► ConfigMap/apps/new changed\n\ndata.b\n";
    assert!(output.stdout.starts_with(change), "{output:?}");
}

#[test]
fn a_base_is_where_the_branch_began() {
    let clone = Clone::new();
    clone.git(&["stash", "--quiet"]);
    clone.git(&["branch", "topic", "main"]);
    clone.write("apps/later.yaml", &map("later", "c: '1'"));
    clone.commit("later on main");
    clone.git(&["checkout", "--quiet", "topic"]);
    clone.git(&["stash", "pop", "--quiet"]);
    let change = "📁 Kustomization/flux-system/apps (apps) changed\n► ConfigMap/apps/new changed\n\ndata.b\n± value change\n- 1\n+ 2\n\n";
    let output = clone.diff("--base main --path clusters/prod");
    assert_eq!((output.stdout.as_str(), output.code), (change, Some(1)), "{}", output.stderr);
    // What main got since would be reverted.
    let output = clone.diff("--from main --path clusters/prod");
    assert!(output.stdout.contains("► ConfigMap/apps/later deleted"), "{output:?}");

    let output = clone.diff("--base topic --to main --path clusters/prod");
    assert!(output.stdout.ends_with("► ConfigMap/apps/later created\n"), "{output:?}");
    assert_eq!(clone.diff("--base main --to topic --path clusters/prod").code, Some(0));

    clone.git(&["checkout", "--quiet", "--force", "--orphan", "alone"]);
    clone.commit("alone");
    for (line, says) in [
        ("--base main", "main and HEAD have no commit in common"),
        ("--base nothing", "\"nothing\" is not a revision"),
        ("--base main --to apps", "--base cannot be used with --to=apps, a directory"),
        ("--base main --recursive", "--recursive cannot be used with --base"),
    ] {
        let output = clone.diff(&format!("{line} --path clusters/prod"));
        assert_eq!((output.code, output.stdout.as_str()), (Some(2), ""), "{line}");
        assert!(
            output.stderr.contains(says) && output.stderr.contains("hint: "),
            "{line}: {}",
            output.stderr
        );
    }
}

#[test]
fn a_shallow_clone_says_how_to_get_the_base() {
    let clone = Clone::new();
    clone.git(&["checkout", "--quiet", "--force", "-b", "topic"]);
    clone.write("apps/more.yaml", &map("more", "c: '1'"));
    clone.commit("topic");
    clone.git(&["checkout", "--quiet", "main"]);
    clone.write("apps/later.yaml", &map("later", "c: '1'"));
    clone.commit("later");
    let elsewhere = TempDir::new().unwrap();
    let from = format!("file://{}", clone.home.path().display());
    let to = elsewhere.path().join("clone");
    clone.git(&[
        "clone",
        "--quiet",
        "--depth=1",
        "--no-single-branch",
        "--branch=topic",
        &from,
        &to.to_string_lossy(),
    ]);
    let output = diff(&to, "--base origin/main --path clusters/prod");
    assert_eq!((output.code, output.stdout.as_str()), (Some(2), ""));
    assert!(output.stderr.contains("git fetch --unshallow"), "{}", output.stderr);
}

#[test]
fn annotations_name_the_file_of_the_kustomization() {
    let clone = Clone::new();
    clone.write("apps/broken.yaml", "kind: [\n");
    let output = clone.diff("--base main --path clusters/prod -o github");
    assert_eq!(output.code, Some(2), "{}", output.stderr);
    let start = "::error file=clusters/prod/apps.yaml,line=1,title=Kustomization/flux-system/apps::at the working tree";
    assert!(output.stderr.lines().any(|line| line.starts_with(start)), "{}", output.stderr);
    assert!(output.stdout.starts_with("<!-- flux diff clusters/prod -->\n"), "{}", output.stdout);
    assert!(output.stdout.contains("### Could not be compared"), "{}", output.stdout);
}

#[test]
fn missing_revisions_and_paths_are_reported_with_a_hint() {
    let clone = Clone::new();
    for (line, says) in [
        ("--from no-such --path clusters/prod", "\"no-such\" is not a revision"),
        ("--from main --path nothing", "no Flux Kustomization in nothing"),
        ("other --from main --path clusters/prod", "named \"other\""),
        ("--from main --path ../..", "no Flux Kustomization"),
    ] {
        let output = clone.diff(line);
        assert_eq!(output.code, Some(2), "{line}");
        assert!(
            output.stderr.contains(says) && output.stderr.contains("hint: "),
            "{line}: {}",
            output.stderr
        );
    }
    let nowhere = TempDir::new().unwrap();
    let output = diff(nowhere.path(), "--from main --path clusters/prod");
    assert_eq!(output.code, Some(2));
    assert!(output.stderr.contains("no Git repository"), "{}", output.stderr);
}

#[test]
fn symbolic_links_of_a_revision_are_not_followed_out_of_it() {
    let clone = Clone::new();
    let outside = TempDir::new().unwrap();
    fs::write(outside.path().join("cm.yaml"), map("outside", "top: secret")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("cm.yaml"), clone.home.path().join("apps/link.yaml"))
        .unwrap();
    clone.write("apps/kustomization.yaml", "resources: [cm.yaml, link.yaml]\n");
    clone.commit("link");
    let output = clone.diff("--from main~1 --to main --path clusters/prod");
    assert_eq!(output.code, Some(2), "{}", output.stdout);
    assert!(!output.stdout.contains("outside") && output.stderr.contains("apps"), "{}", output.stderr);
}
