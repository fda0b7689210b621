//! `flux build kustomization`: the sources of variables, without a cluster and with one.

use serde_json::json;

use crate::support::cluster::Cluster;
use crate::support::flux::{Flux, Output};
use crate::support::tree::Tree;

const APP: &str =
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata: {host: \"${HOST}\", size: \"${SIZE}\"}\n";

fn kustomization(post_build: &str) -> String {
    format!(
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: app, namespace: flux-system}}\n\
         spec: {{path: ./app, postBuild: {post_build}}}\n"
    )
}

fn values(name: &str, namespace: &str, host: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}{namespace}}}\ndata: {{HOST: {host}, SIZE: big}}\n"
    )
}

fn build(tree: &Tree, more: &str) -> Output {
    Flux::bare()
        .line("build kustomization app --dry-run --path app --kustomization-file clusters/one/app.yaml")
        .line(more)
        .dir(tree.root())
        .run()
}

fn data(output: &Output) -> String {
    assert_eq!(output.code, Some(0), "{output:?}");
    let lines = output.stdout.lines().skip_while(|line| *line != "data:");
    lines.skip(1).take_while(|line| line.starts_with(' ')).map(str::trim).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_dry_run_finds_values_in_the_repository_nearest_to_the_kustomization() {
    let from = "{substituteFrom: [{kind: ConfigMap, name: settings}]}";
    let own = ", namespace: flux-system";
    let tree = Tree::of(&[
        ("app/app.yaml", APP),
        ("clusters/one/app.yaml", &kustomization(from)),
        ("clusters/one/settings.yaml", &values("settings", own, "one")),
        ("clusters/two/settings.yaml", &values("settings", own, "two")),
        ("a/first.yaml", &values("settings", own, "first")),
        ("clusters/one/plain.yaml", &values("settings", "", "without-namespace")),
        ("clusters/one/other.yaml", &values("settings", ", namespace: other", "another-namespace")),
        ("broken.yaml", "kind: ConfigMap\n  {{ if }}\n"),
    ]);
    let before = tree.names();
    assert_eq!(data(&build(&tree, "")), "host: one size: big");
    assert_eq!(data(&build(&tree, "--var HOST=mine")), "host: mine size: big");
    // As in flux: without looking values up, nothing is substituted.
    assert_eq!(data(&build(&tree, "--substitute-from nowhere")), "host: ${HOST} size: ${SIZE}");
    assert_eq!(tree.names(), before);
}

#[test]
fn inline_values_override_objects_and_later_objects_override_earlier() {
    let from = "{substitute: {SIZE: inline}, substituteFrom: [{kind: ConfigMap, name: one}, {kind: Secret, name: two}]}";
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: two}\ndata: {HOST: dHdvCg==}\nstringData: {SIZE: secret}\n";
    let tree = Tree::of(&[
        ("app/app.yaml", APP),
        ("clusters/one/app.yaml", &kustomization(from)),
        ("one.yaml", &values("one", "", "one")),
        ("two.yaml", secret),
    ]);
    assert_eq!(data(&build(&tree, "")), "host: two size: inline");
}

#[test]
fn missing_variables_are_reported_unless_optional() {
    let tree = Tree::of(&[("app/app.yaml", APP)]);
    tree.write("clusters/one/app.yaml", kustomization("{substituteFrom: [{kind: Secret, name: gone}]}"));
    let output = build(&tree, "");
    assert_eq!(data(&output), "host: ${HOST} size: ${SIZE}");
    assert!(output.stderr.contains("Secret/gone is not in the repository"), "{output:?}");
    tree.write(
        "clusters/one/app.yaml",
        kustomization("{substituteFrom: [{kind: Secret, name: gone, optional: true}]}"),
    );
    assert_eq!(build(&tree, "").stderr, "");
    tree.write("clusters/one/app.yaml", kustomization("{substituteFrom: [{kind: Pod, name: gone}]}"));
    let output = build(&tree, "");
    assert_eq!(output.code, Some(1), "{output:?}");
    assert!(output.stderr.contains("neither ConfigMap nor Secret"), "{output:?}");
}

#[test]
fn variables_of_the_command_line_are_checked_and_never_shown() {
    let tree = Tree::of(&[("app/app.yaml", APP), ("clusters/one/app.yaml", &kustomization("{}"))]);
    for (line, message) in [
        ("--var 1X=hunter2", "\"1X\" is not a valid variable name"),
        ("--var hunter2", "--var: expected NAME=VALUE"),
    ] {
        let output = build(&tree, line);
        assert_eq!(output.code, Some(1), "{output:?}");
        assert!(output.stderr.contains(message) && !output.stderr.contains("hunter2"), "{output:?}");
    }
    assert_eq!(data(&build(&tree, "--var HOST=a=b --var SIZE=")), "host: a=b size: null");
    let strict = build(&tree, "--var HOST=a --strict-substitute");
    assert_eq!(strict.code, Some(1), "{strict:?}");
    assert!(strict.stderr.contains("SIZE"), "{strict:?}");
}

fn online(cluster: &Cluster, tree: &Tree, namespace: &str, more: &str) -> Output {
    Flux::new(cluster)
        .line("build kustomization app --path app -n")
        .args([namespace])
        .line(more)
        .dir(tree.root())
        .run()
}

#[test]
fn online_the_kustomization_and_its_values_come_from_the_cluster() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("build");
    let tree = Tree::of(&[
        ("app/app.yaml", APP),
        ("clusters/one/app.yaml", &kustomization("{}").replace("flux-system", &namespace)),
        // Set by the API server.
        ("settings.yaml", &values("settings", "", "repository")),
    ]);
    let missing = online(cluster, &tree, &namespace, "--kustomization-file clusters/one/app.yaml");
    assert_eq!(missing.code, Some(1), "{missing:?}");
    assert!(missing.stderr.contains("failed to get kustomization object"), "{missing:?}");
    assert_eq!(missing.stdout, "");

    cluster.apply_value(&json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": "app", "namespace": namespace},
        "spec": {
            "interval": "1h",
            "prune": true,
            "targetNamespace": "of-the-cluster",
            "sourceRef": {"kind": "GitRepository", "name": "s"},
            "postBuild": {"substituteFrom": [
                {"kind": "ConfigMap", "name": "settings"},
                {"kind": "Secret", "name": "more"},
                {"kind": "Secret", "name": "none", "optional": true},
            ]},
        },
    }));
    let without = online(cluster, &tree, &namespace, "");
    assert_eq!(without.code, Some(1), "{without:?}");
    assert!(without.stderr.contains("substitute from 'ConfigMap/settings' error"), "{without:?}");
    cluster.apply(&values("settings", &format!(", namespace: {namespace}"), "cluster"));
    cluster.apply_value(&json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "more", "namespace": namespace},
        "stringData": {"SIZE": "sec\nret"},
    }));
    let built = online(cluster, &tree, &namespace, "");
    assert_eq!(data(&built), "host: cluster size: secret");
    assert!(built.stdout.contains("namespace: of-the-cluster"), "{built:?}");
    assert!(
        built.stdout.contains(&format!("kustomize.toolkit.fluxcd.io/namespace: {namespace}")),
        "{built:?}"
    );
    assert_eq!(data(&online(cluster, &tree, &namespace, "--var HOST=mine")), "host: mine size: secret");

    // The spec in the file overrides that in the cluster.
    let local = online(cluster, &tree, &namespace, "--kustomization-file clusters/one/app.yaml");
    assert_eq!(data(&local), "host: ${HOST} size: ${SIZE}");
    assert!(!local.stdout.contains("of-the-cluster"), "{local:?}");
}

#[test]
fn online_and_recursive_nested_kustomizations_come_from_the_cluster() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("build");
    let below = |prefix: &str| {
        format!(
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: below, namespace: {namespace}}}\n\
             spec: {{interval: 1h, prune: true, path: below, {prefix}sourceRef: {{kind: GitRepository, name: s}}}}\n"
        )
    };
    let tree = Tree::of(&[("app/below.yaml", &below("namePrefix: file-, ")), ("below/app.yaml", APP)]);
    cluster.apply(&below("").replace("name: below", "name: app"));
    let flags = format!("--recursive --local-sources GitRepository/{namespace}/s=.");
    let new = online(cluster, &tree, &namespace, &flags);
    assert_eq!(new.code, Some(0), "{new:?}");
    assert!(new.stdout.contains("name: file-app"), "{new:?}");
    cluster.apply(&below("namePrefix: live-, "));
    let known = online(cluster, &tree, &namespace, &flags);
    assert!(known.stdout.contains("name: live-app"), "{known:?}");
    let unknown = online(cluster, &tree, &namespace, "--recursive");
    assert_eq!(unknown.code, Some(1), "{unknown:?}");
    assert!(
        unknown.stderr.contains(&format!("--local-sources=GitRepository/{namespace}/s=DIRECTORY")),
        "{unknown:?}"
    );
    assert_eq!(unknown.stdout, "");
}
