//! Shell completion: the scripts in the repository, and the candidates at run time.

use std::fs;
use std::path::Path;

use crate::support::cluster::Cluster;
use crate::support::flux::Flux;

const SCRIPTS: &[(&str, &str)] =
    &[("bash", "flux.bash"), ("zsh", "_flux"), ("fish", "flux.fish"), ("powershell", "flux.ps1")];

#[test]
fn the_completion_scripts_in_the_repository_are_up_to_date() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions");
    for (shell, file) in SCRIPTS {
        let printed = Flux::bare().args(["completion", shell]).ok().stdout;
        let kept = fs::read_to_string(directory.join(file)).unwrap_or_default();
        assert!(kept == printed, "write it again: flux completion {shell} > completions/{file}");
        assert!(printed.contains("FLUX_COMPLETE"), "{printed}");
    }
}

/// The candidates for the last word.
fn offered(flux: Flux, words: &[&str]) -> Vec<String> {
    let index = words.len() - 1;
    let output = flux
        .env("FLUX_COMPLETE", "bash")
        .env("_CLAP_COMPLETE_INDEX", index.to_string())
        .env("_CLAP_IFS", "\n")
        .args(["--"])
        .args(words)
        .ok();
    assert_eq!(output.stderr, "");
    output.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn commands_and_flags_are_offered_without_a_cluster() {
    let commands = offered(Flux::bare(), &["flux", "create", "sou"]);
    assert_eq!(commands, ["source"]);
    let kinds = offered(Flux::bare(), &["flux", "create", "source", ""]);
    for kind in ["git", "helm", "oci", "bucket", "chart"] {
        assert!(kinds.iter().any(|it| it == kind), "{kinds:?}");
    }
    let flags = offered(Flux::bare(), &["flux", "create", "source", "git", "app", "--tag"]);
    assert_eq!(flags, ["--tag", "--tag-semver"]);
}

#[test]
fn names_of_objects_namespaces_and_contexts_come_from_the_cluster() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("completion");
    for name in ["podinfo", "podinfo-two", "other"] {
        cluster.apply(&format!(
            "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {{interval: 1m, url: 'https://h/x', ref: {{branch: main}}}}\n"
        ));
    }
    let mut names = offered(Flux::new(cluster), &["flux", "get", "sources", "git", "-n", &namespace, "pod"]);
    names.sort();
    assert_eq!(names, ["podinfo", "podinfo-two"]);
    let flags = ["-n", &namespace];
    cluster.apply(&format!(
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: apps, namespace: {namespace}}}\nspec: {{interval: 1m, prune: true, sourceRef: {{kind: GitRepository, name: podinfo}}}}\n"
    ));
    for verb in ["build", "diff", "wait", "suspend", "reconcile"] {
        let line = [&["flux", verb, "kustomization"], &flags[..], &["ap"]].concat();
        assert_eq!(offered(Flux::new(cluster), &line), ["apps"], "{verb}");
    }
    let namespaces =
        offered(Flux::new(cluster), &["flux", "get", "sources", "git", "--namespace", "completion"]);
    assert!(namespaces.contains(&namespace), "{namespaces:?}");
    let contexts = offered(Flux::new(cluster), &["flux", "get", "all", "--context", ""]);
    assert!(!contexts.is_empty());
}

#[test]
fn an_unreachable_cluster_completes_nothing() {
    let offered = offered(Flux::bare().env("KUBECONFIG", "/nowhere"), &["flux", "get", "kustomizations", ""]);
    assert!(!offered.iter().any(|it| it.contains("error")), "{offered:?}");
}
