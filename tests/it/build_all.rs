//! `flux build kustomization --all`: every Flux Kustomization of a directory, and those that they render.

use std::process::Command;

use crate::support::flux::{Flux, Output};
use crate::support::tree::Tree;

fn kustomization(name: &str, path: &str, more: &str) -> String {
    format!(
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: {name}, namespace: flux-system}}\n\
         spec: {{path: {path}, sourceRef: {{kind: GitRepository, name: flux-system}}{more}}}\n"
    )
}

fn config(name: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{value: \"${{VALUE:=none}}\"}}\n"
    )
}

fn all(tree: &Tree, more: &str) -> Output {
    Flux::bare().line("build kustomization --all").line(more).dir(tree.root()).run()
}

/// The Kustomizations in the output, each with its path.
fn titles(output: &Output) -> Vec<String> {
    let titles = output.stdout.lines().filter_map(|line| line.strip_prefix("# "));
    titles.map(|title| title.split_once(", defined in").unwrap().0.replace("(path ", "(") + ")").collect()
}

#[test]
fn each_kustomization_is_rendered_once_as_its_parent_renders_it() {
    let tree = Tree::of(&[
        ("clusters/one/flux-system/sync.yaml", &kustomization("flux-system", "./clusters/one", "")),
        ("clusters/one/apps.yaml", &kustomization("apps", "./apps", "")),
        (
            "clusters/one/kustomization.yaml",
            "resources: [flux-system/sync.yaml, apps.yaml, ../../base]\n\
             patches: [{target: {name: apps}, patch: '[{\"op\": \"add\", \"path\": \"/spec/namePrefix\", \"value\": \"patched-\"}]'}]\n",
        ),
        ("clusters/two/flux-system/sync.yaml", &kustomization("flux-system", "./clusters/two", "")),
        ("clusters/two/apps.yaml", &kustomization("apps", "./apps", "")),
        ("base/kustomization.yaml", "resources: [more.yaml]\nnameSuffix: -of-base\n"),
        ("base/more.yaml", &kustomization("more", "/deep/./", "")),
        ("apps/app.yaml", &config("app")),
        // A cycle, and one below it.
        ("deep/app.yaml", &format!("{}---\n{}", config("deep"), kustomization("back", "clusters/one", ""))),
    ]);
    let before = tree.names();
    let output = all(&tree, "--path .");
    assert_eq!(output.code, Some(0), "{output:?}");
    assert_eq!(
        titles(&output),
        [
            "flux-system/flux-system (clusters/one)",
            "flux-system/apps (apps)",
            "flux-system/more-of-base (deep)",
            "flux-system/back (clusters/one)",
            "flux-system/flux-system (clusters/two)",
            "flux-system/apps (apps)",
        ]
    );
    assert!(
        output.stdout.contains("name: patched-app\n") && output.stdout.contains("name: app\n"),
        "{output:?}"
    );
    assert!(
        output.stdout.contains("# flux-system/apps (path apps, defined in clusters/two)\n"),
        "{output:?}"
    );
    assert_eq!(output.stderr, "");
    assert_eq!(tree.names(), before);
    // The order does not depend on the threads.
    for _ in 0..5 {
        assert_eq!(all(&tree, "--path .").stdout, output.stdout);
    }
    // Only a part of the repository.
    let part = all(&tree, "--path clusters/two");
    assert_eq!(titles(&part), ["flux-system/flux-system (clusters/two)", "flux-system/apps (apps)"]);
}

#[test]
fn failures_are_counted_and_the_other_kustomizations_are_printed() {
    let tree = Tree::of(&[
        (
            "all.yaml",
            &[
                kustomization("bad", "bad", ""),
                kustomization("good", "good", ""),
                kustomization("worse", "worse", ""),
            ]
            .join("---\n"),
        ),
        ("good/app.yaml", &config("app")),
        ("bad/kustomization.yaml", "resources: [gone.yaml]\n"),
        ("worse/app.yaml", "kind: ConfigMap\n"),
    ]);
    let output = all(&tree, "--path .");
    assert_eq!(output.code, Some(1), "{output:?}");
    assert_eq!(titles(&output), ["flux-system/good (good)"]);
    for line in [
        "✗ flux-system/bad (path bad, defined in .): kustomize build failed",
        "✗ flux-system/worse (path worse, defined in .): kustomize build failed",
        "✗ 2 of 3 Kustomizations failed to render",
    ] {
        assert!(output.stderr.contains(line), "{output:?}");
    }
}

#[test]
fn sources_outside_of_the_repository_are_named_and_can_be_mapped() {
    let source = |name: &str, url: &str| {
        format!(
            "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {{name: {name}, namespace: flux-system}}\nspec: {{url: '{url}'}}\n"
        )
    };
    let from = |name: &str, source: &str| {
        kustomization(name, "app", "").replace("name: flux-system}", &format!("name: {source}}}"))
    };
    let tree = Tree::of(&[
        ("sync.yaml", &source("flux-system", "https://example.org/us/fleet.git")),
        ("same.yaml", &source("same", "ssh://git@example.org/us/fleet")),
        ("other.yaml", &source("other", "https://example.org/others/app")),
        (
            "ks.yaml",
            &[from("a", "same"), from("b", "other"), kustomization("c", "no/such", "")].join("---\n"),
        ),
        // A patch is not a Kustomization.
        (
            "patch.yaml",
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a}\nspec: {path: x}\n",
        ),
        ("app/app.yaml", &config("ours")),
        ("elsewhere/app/app.yaml", &config("theirs")),
    ]);
    let output = all(&tree, "--path .");
    assert_eq!(output.code, Some(0), "{output:?}");
    assert_eq!(titles(&output), ["flux-system/a (app)"]);
    assert!(
        output.stderr.contains("flux-system/b is skipped: GitRepository/flux-system/other"),
        "{output:?}"
    );
    assert!(output.stderr.contains("flux-system/c is skipped"), "{output:?}");
    let mapped = all(&tree, "--path . --local-sources GitRepository/flux-system/other=elsewhere");
    assert_eq!(titles(&mapped), ["flux-system/a (app)", "flux-system/b (elsewhere/app)"]);
}

#[test]
fn variables_rendered_by_another_kustomization_are_used() {
    let from = ", postBuild: {substituteFrom: [{kind: ConfigMap, name: settings}]}";
    let tree = Tree::of(&[
        (
            "ks.yaml",
            &[kustomization("apps", "apps", from), kustomization("values", "values", "")].join("---\n"),
        ),
        ("apps/app.yaml", &config("app")),
        (
            "values/kustomization.yaml",
            "namespace: flux-system\nconfigMapGenerator: [{name: settings, literals: [VALUE=rendered]}]\n\
             generatorOptions: {disableNameSuffixHash: true}\n",
        ),
    ]);
    let output = all(&tree, "--path .");
    assert_eq!(output.code, Some(0), "{output:?}");
    assert!(output.stdout.contains("value: rendered"), "{output:?}");
    assert_eq!(output.stderr, "");
}

#[test]
fn flags_that_conflict_with_all_are_refused() {
    let tree = Tree::of(&[("app/app.yaml", &config("app"))]);
    for (line, message) in [
        ("--path . name", "--all renders every Kustomization, but name was given"),
        (
            "--path . --kustomization-file \
            app/app.yaml",
            "--all and --kustomization-file cannot be used together",
        ),
        ("--path .", "no Flux Kustomization found in"),
        ("", "--path is required"),
    ] {
        let output = all(&tree, line);
        assert_eq!(output.code, Some(1), "{output:?}");
        assert!(output.stderr.contains(message), "{output:?}");
    }
}

fn source(more: &str) -> String {
    format!(
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {{name: flux-system, namespace: flux-system}}\n\
         spec: {{url: 'https://example.org/us/fleet.git'{more}}}\n---\n"
    )
}

#[test]
fn files_excluded_by_the_source_are_missing() {
    let tree = Tree::of(&[
        ("clusters/one/sync.yaml", &(source("") + &kustomization("apps", "apps", ""))),
        ("tests/ks.yaml", &kustomization("test", "apps", "")),
        (".github/ks.yaml", &kustomization("github", "apps", "")),
        ("apps/app.yaml", &config("app")),
        ("apps/more/extra.yaml", &config("extra")),
    ]);
    let names = |output: &Output| {
        let names = output.stdout.lines().filter_map(|line| line.strip_prefix("  name: "));
        names.map(str::to_owned).collect::<Vec<_>>()
    };
    // The defaults apply only if nothing else is set.
    let output = all(&tree, "--path .");
    assert_eq!(titles(&output), ["flux-system/apps (apps)", "flux-system/test (apps)"]);
    tree.write(".sourceignore", "/tests\n");
    let output = all(&tree, "--path .");
    assert_eq!(titles(&output), ["flux-system/github (apps)", "flux-system/apps (apps)"]);
    let output = all(&tree, "--path tests");
    assert!(output.stderr.contains("hint: tests/ks.yaml is excluded from the source"), "{output:?}");

    tree.write(".sourceignore", "/*\n!/clusters\n!/apps\n");
    assert_eq!(names(&all(&tree, "--path .")), ["app", "extra"]);
    // Patterns of deeper directories override, and those of the source come last.
    tree.write("apps/.sourceignore", "extra.yaml\n");
    assert_eq!(names(&all(&tree, "--path .")), ["app"]);
    tree.write("apps/.sourceignore", "*.yaml\n!more/*.yaml\n");
    assert_eq!(names(&all(&tree, "--path .")), ["extra"]);
    let ignoring =
        source(", ignore: \"/apps/more/**\\n!/apps/app.yaml\"") + &kustomization("apps", "apps", "");
    tree.write("clusters/one/sync.yaml", ignoring);
    assert_eq!(names(&all(&tree, "--path .")), ["app"]);

    // Resources that a kustomization names must exist, as in the cluster.
    tree.write("apps/kustomization.yaml", "resources: [app.yaml, more/extra.yaml]\n");
    tree.write("apps/.sourceignore", "");
    let output = all(&tree, "--path .");
    assert_eq!(output.code, Some(1), "{output:?}");
    assert!(output.stderr.contains("hint: apps/more/extra.yaml is excluded from the source"), "{output:?}");
    let sparse =
        source(", sparseCheckout: [./clusters, apps/app, apps/kust]") + &kustomization("apps", "apps", "");
    tree.write("clusters/one/sync.yaml", sparse);
    let output = all(&tree, "--path .");
    assert!(
        output.stderr.contains("apps/more/extra.yaml is excluded from the source by spec.sparseCheckout"),
        "{output:?}"
    );
}

#[test]
fn ignored_paths_are_left_out_of_bases() {
    let tree = Tree::of(&[
        ("ks.yaml", &kustomization("apps", "apps/overlay", "")),
        (
            "apps/overlay/kustomization.yaml",
            "resources: [../base, own.enc.yaml]\ncomponents: [../component]\n",
        ),
        ("apps/overlay/own.enc.yaml", "kind: ENC[x]\n"),
        ("apps/base/kustomization.yaml", "resources: [app.yaml, secret.enc.yaml]\n"),
        ("apps/base/app.yaml", &config("app")),
        ("apps/base/secret.enc.yaml", "kind: ENC[x]\n"),
        ("apps/component/kustomization.yaml", "kind: Component\nresources: [more.enc.yaml]\n"),
        ("apps/component/more.enc.yaml", "kind: ENC[x]\n"),
    ]);
    for line in ["--all --path .", "apps --dry-run --path apps/overlay --kustomization-file ks.yaml"] {
        let flux = Flux::bare().line("build kustomization").line(line).dir(tree.root());
        let output = flux.args(["--ignore-paths", "**/*.enc.yaml"]).run();
        assert_eq!(output.code, Some(0), "{output:?}");
        assert_eq!(output.stdout.matches("kind: ").count(), 1, "{output:?}");
    }
}

#[test]
fn ctrl_c_ends_a_build_and_leaves_no_files() {
    // A server that accepts connections and never answers.
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/app.yaml", server.local_addr().unwrap());
    let tree = Tree::of(&[
        ("ks.yaml", &kustomization("apps", "apps", "")),
        ("apps/kustomization.yaml", &format!("resources: ['{url}']\n")),
    ]);
    let before = tree.names();
    for line in ["--all --path .", "apps --dry-run --path apps --kustomization-file ks.yaml"] {
        let running =
            Flux::bare().line("build kustomization --allow-remote").line(line).dir(tree.root()).spawn();
        let connection = server.accept().unwrap();
        let interrupted = Command::new("kill").args(["-INT", &running.id().to_string()]).status().unwrap();
        assert!(interrupted.success());
        let output = running.wait();
        assert_eq!(output.code, Some(130), "{output:?}");
        assert_eq!(output.stdout, "");
        assert_eq!(tree.names(), before);
        drop(connection);
    }
}
