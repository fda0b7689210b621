//! Kustomizations whose source is an ExternalArtifact, which an ArtifactGenerator makes of the same repository.

use std::fs;

use crate::support::flux::{Flux, Output};
use crate::support::repository::git_command;
use crate::support::tree::Tree;

fn kustomization(name: &str, artifact: &str, path: &str) -> String {
    format!(
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: {name}, namespace: flux-system}}\n\
         spec: {{path: {path}, sourceRef: {{kind: ExternalArtifact, name: {artifact}}}}}\n"
    )
}

fn sync(cluster: &str) -> String {
    format!(
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: flux-system, namespace: flux-system}}\n\
         spec: {{path: ./clusters/{cluster}, sourceRef: {{kind: GitRepository, name: flux-system}}}}\n"
    )
}

fn generator(name: &str, more: &str) -> String {
    format!(
        "apiVersion: source.extensions.fluxcd.io/v1beta1\nkind: ArtifactGenerator\nmetadata: {{name: {name}, namespace: flux-system}}\n\
         spec:\n  sources: [{{alias: repo, kind: GitRepository, name: flux-system}}]\n{more}"
    )
}

fn apps(cluster: &str) -> String {
    let more = format!(
        "  artifacts:\n  - name: apps\n    originRevision: '@repo'\n    copy:\n\
         \x20   - {{from: '@repo/apps/base/**', to: '@artifact/base/', exclude: ['*.md', 'skipped.yaml']}}\n\
         \x20   - {{from: '@repo/apps/{cluster}/**', to: '@artifact/here/'}}\n\
         \x20   - {{from: '@repo/apps/values.yaml', to: '@artifact/base/values.yaml', strategy: Merge}}\n"
    );
    generator("apps", &more)
}

fn config(name: &str, value: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{value: {value}}}\n")
}

/// A repository of two clusters whose artifacts have the same names.
fn fleet() -> Tree {
    Tree::of(&[
        ("clusters/one/sync.yaml", &sync("one")),
        ("clusters/one/artifacts.yaml", &apps("one")),
        ("clusters/one/apps.yaml", &kustomization("apps", "apps", "./here")),
        ("clusters/two/sync.yaml", &sync("two")),
        ("clusters/two/artifacts.yaml", &apps("two")),
        ("clusters/two/apps.yaml", &kustomization("apps", "apps", "./here")),
        (
            "apps/base/kustomization.yaml",
            "resources: [app.yaml]\nconfigMapGenerator: [{name: values, files: [values.yaml]}]\n",
        ),
        ("apps/base/app.yaml", &config("app", "base")),
        ("apps/base/values.yaml", "image: {name: app, tag: one}\nports: [1, 2]\n"),
        ("apps/base/skipped.yaml", "not: an object\n"),
        ("apps/values.yaml", "image: {tag: two}\nports: [3]\n"),
        ("apps/one/kustomization.yaml", "resources: [../base]\nnamePrefix: one-\n"),
        ("apps/two/kustomization.yaml", "resources: [../base]\nnamePrefix: two-\n"),
    ])
}

fn all(tree: &Tree, more: &str) -> Output {
    Flux::bare().line("build kustomization --all --path .").line(more).dir(tree.root()).run()
}

/// The Kustomizations in the output, each with what it renders.
fn sections(output: &Output) -> Vec<(String, String)> {
    let mut sections: Vec<(String, String)> = Vec::new();
    for line in output.stdout.split_inclusive('\n') {
        match (line.strip_prefix("# "), sections.last_mut()) {
            (Some(title), _) => sections.push((title.trim_end().to_owned(), String::new())),
            (None, Some((_, text))) => text.push_str(line),
            (None, None) => panic!("a line before the first title: {line}"),
        }
    }
    sections
}

#[test]
fn an_artifact_renders_as_the_copied_files_would() {
    let tree = fleet();
    let before = tree.names();
    let output = all(&tree, "");
    assert_eq!(output.code, Some(0), "{output:?}");
    assert_eq!(output.stderr, "");
    assert_eq!(tree.names(), before);
    let sections = sections(&output);
    for cluster in ["one", "two"] {
        let title = format!(
            "flux-system/apps (path ExternalArtifact/flux-system/apps/here, defined in clusters/{cluster})"
        );
        let found: Vec<_> = sections.iter().filter(|(other, _)| *other == title).collect();
        let [(_, rendered)] = found.as_slice() else { panic!("{title}: {output:?}") };
        let app = fs::read_to_string(tree.path("apps/base/app.yaml")).unwrap();
        let base = fs::read_to_string(tree.path("apps/base/kustomization.yaml")).unwrap();
        let here = fs::read_to_string(tree.path(&format!("apps/{cluster}/kustomization.yaml"))).unwrap();
        let copy = Tree::of(&[
            ("here/kustomization.yaml", &here),
            ("base/kustomization.yaml", &base),
            ("base/app.yaml", &app),
            ("base/values.yaml", "image:\n  name: app\n  tag: two\nports:\n- 3\n"),
            ("ks.yaml", &kustomization("apps", "apps", "./here")),
        ]);
        let line = "build kustomization apps --dry-run --path here --kustomization-file ks.yaml";
        let expected = Flux::bare().line(line).dir(copy.root()).ok();
        assert_eq!(*rendered, expected.stdout);
        assert!(rendered.contains(&format!("name: {cluster}-app")), "{rendered}");
    }
}

#[test]
fn only_files_in_the_artifact_are_read() {
    let tree = fleet();
    tree.write("apps/one/kustomization.yaml", "resources: [../base, ../../clusters/one/apps.yaml]\n");
    tree.write("apps/.sourceignore", "/two/\n");
    tree.write("clusters/one/more.yaml", kustomization("more", "apps", "./not-there"));
    let output = all(&tree, "");
    assert_eq!(output.code, Some(1), "{output:?}");
    assert!(output.stderr.contains("../../clusters/one/apps.yaml"), "{output:?}");
    let missing = "spec.path: ExternalArtifact/flux-system/apps has no directory \"./not-there\"";
    assert!(output.stderr.contains(missing), "{output:?}");
    let ignored = "ArtifactGenerator/apps: copying from @repo/apps/two/** to @artifact/here/: no file of the source matches";
    assert!(output.stderr.contains(ignored), "{output:?}");
    assert!(
        output.stderr.contains("--local-sources=GitRepository/flux-system/flux-system=DIRECTORY"),
        "{output:?}"
    );
}

#[test]
fn every_directory_that_matches_a_pattern_becomes_an_artifact() {
    let more = "  pathPattern: '@repo/apps/{app}/envs/{env}'\n  artifacts:\n  - name: '{app}-{env}'\n    copy:\n\
        \x20   - {from: '@repo/apps/{app}/envs/{env}/**', to: '@artifact/'}\n";
    let tree = Tree::of(&[
        ("cluster/artifacts.yaml", &generator("apps", more)),
        ("cluster/auth.yaml", &kustomization("auth", "auth-prod", "./")),
        ("cluster/none.yaml", &kustomization("none", "auth-dev", "./")),
        ("apps/Auth/envs/prod/app.yaml", &config("auth", "prod")),
    ]);
    let output = all(&tree, "");
    assert!(output.stdout.contains("name: auth\n"), "{output:?}");
    assert_eq!(sections(&output).len(), 1, "{output:?}");
    let left_out = "none is skipped: ExternalArtifact/flux-system/auth-dev";
    assert_eq!(output.stderr.matches(left_out).count(), 1, "{output:?}");
}

#[test]
fn a_generator_is_used_as_its_kustomization_renders_it() {
    let more =
        "  artifacts:\n  - name: apps\n    copy: [{from: '@repo/apps/${cluster}/**', to: '@artifact/'}]\n";
    let tree = Tree::of(&[
        (
            "clusters/one.yaml",
            &sync("base").replace("spec: {", "spec: {postBuild: {substitute: {cluster: one}}, "),
        ),
        (
            "clusters/two.yaml",
            &sync("base")
                .replace("name: flux-system,", "name: two,")
                .replace("spec: {", "spec: {postBuild: {substitute: {cluster: two}}, "),
        ),
        ("clusters/base/artifacts.yaml", &generator("apps", more)),
        ("clusters/base/apps.yaml", &kustomization("apps", "apps", "./")),
        ("apps/one/app.yaml", &config("app", "of-one")),
        ("apps/two/app.yaml", &config("app", "of-two")),
    ]);
    let output = all(&tree, "");
    assert_eq!(output.code, Some(0), "{output:?}");
    let sections = sections(&output);
    let apps: Vec<_> = sections.iter().filter(|(title, _)| title.starts_with("flux-system/apps ")).collect();
    assert_eq!(apps.len(), 2, "{output:?}");
    assert!(apps[0].1.contains("of-one") && apps[1].1.contains("of-two"), "{output:?}");
}

#[test]
fn a_source_outside_of_the_repository_is_named_and_can_be_mapped() {
    let composed = "apiVersion: source.extensions.fluxcd.io/v1beta1\nkind: ArtifactGenerator\nmetadata: {name: composed, namespace: flux-system}\n\
        spec:\n  sources:\n  - {alias: own, kind: ExternalArtifact, name: base}\n  - {alias: charts, kind: HelmChart, name: charts}\n\
        \x20 artifacts:\n  - name: composed\n    copy:\n    - {from: '@own/**', to: '@artifact/'}\n    - {from: '@charts/more.yaml', to: '@artifact/'}\n";
    let base = "  artifacts:\n  - name: base\n    copy: [{from: '@repo/apps/**', to: '@artifact/'}]\n";
    let tree = Tree::of(&[
        ("cluster/artifacts.yaml", &format!("{}---\n{composed}", generator("base", base))),
        ("cluster/composed.yaml", &kustomization("composed", "composed", "./")),
        ("apps/app.yaml", &config("app", "one")),
    ]);
    let elsewhere = Tree::of(&[("more.yaml", &config("more", "two"))]);
    let output = all(&tree, "");
    assert!(output.stderr.contains("--local-sources=HelmChart/flux-system/charts="), "{output:?}");
    let mapped =
        all(&tree, &format!("--local-sources HelmChart/flux-system/charts={}", elsewhere.root().display()));
    assert_eq!(mapped.code, Some(0), "{mapped:?}");
    assert!(mapped.stdout.contains("name: app\n") && mapped.stdout.contains("name: more\n"), "{mapped:?}");
}

#[test]
fn a_diff_of_revisions_shows_changes_in_an_artifact() {
    let tree = fleet();
    fs::remove_dir_all(tree.path(".git")).unwrap();
    let git = |args: &[&str]| {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
        let output = git_command(tree.root()).args(identity).args(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    git(&["init", "--quiet", "--initial-branch=main", "."]);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "-m", "one"]);
    let line = "diff kustomization --path . --from main";
    let same = Flux::bare().line(line).dir(tree.root()).run();
    assert_eq!((same.code, same.stderr.as_str()), (Some(0), ""), "{same:?}");
    tree.write("apps/base/app.yaml", config("app", "changed"));
    let changed = Flux::bare().line(line).dir(tree.root()).run();
    assert_eq!(changed.code, Some(1), "{changed:?}");
    for name in ["ConfigMap/one-app changed", "ConfigMap/two-app changed"] {
        assert!(changed.stdout.contains(name), "{changed:?}");
    }
}
