//! Command lines as scripts write them: empty variables, too many arguments.

use tempfile::TempDir;

use crate::support::cluster::Cluster;
use crate::support::flux::Flux;

const SOURCE: &str = "create source git app --url=https://example.com/app --branch=main --export";

#[test]
fn an_empty_flag_counts_as_not_given() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("empty-flags");
    cluster.apply(&format!(
        "apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {{name: fleet, namespace: {namespace}}}
spec: {{url: 'https://example.com/fleet', interval: 1m}}
"
    ));
    let line = format!("get sources git -n {namespace}");
    let expected = Flux::new(cluster).line(&line).ok().stdout;
    assert!(expected.contains("fleet"), "{expected}");
    for flag in [
        "--kubeconfig=",
        "--context=",
        "--cluster=",
        "--user=",
        "--server=",
        "--token=",
        "--as=",
        "--as-uid=",
        "--tls-server-name=",
        "--certificate-authority=",
        "--client-certificate=",
        "--client-key=",
        "--cache-dir=",
        "--label-selector=",
        "--status-selector=",
    ] {
        let output = Flux::new(cluster).line(&line).args([flag]).ok();
        assert_eq!(output.stdout, expected, "{flag}: {output:?}");
    }
    let expected = Flux::bare().line(SOURCE).ok().stdout;
    let output = Flux::bare().line(SOURCE).args(["--ca-file=", "--private-key-file="]).ok();
    assert_eq!(output.stdout, expected);
}

#[test]
fn commands_that_take_no_arguments_refuse_or_warn_about_them() {
    for line in [
        "uninstall -s extra",
        "uninstall extra --dry-run",
        "install extra --export",
        "check --pre extra",
        "envsubst extra",
    ] {
        let output = Flux::bare().line(line).fails(1);
        let command = line.split_whitespace().next().unwrap_or_default();
        let says = format!("✗ unknown command \"extra\" for \"flux {command}\"");
        assert!(output.stderr.starts_with(&says), "{output:?}");
        assert_eq!(output.stdout, "", "{line}");
    }
    // Others ignore it, as flux does, with a warning.
    let output = Flux::bare().line("version --client extra").ok();
    assert!(output.stderr.contains("ignored: extra"), "{output:?}");
}

#[test]
fn a_build_of_several_names_builds_the_first_and_warns() {
    let home = TempDir::new().unwrap();
    let write = |name: &str, text: &str| std::fs::write(home.path().join(name), text).unwrap();
    write("kustomization.yaml", "resources: [map.yaml]\n");
    write("map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map}\n");
    let build = |more: &str| {
        let spec = format!(
            "interval: 10m\n  path: ./\n  prune: true\n  sourceRef: {{kind: GitRepository, name: a}}\n{more}"
        );
        let text = format!(
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: app, namespace: flux-system}}\nspec:\n  {spec}"
        );
        std::fs::create_dir_all(home.path().join("flux")).unwrap();
        write("flux/app.yaml", &text);
        Flux::bare()
            .dir(home.path())
            .line("build kustomization app more --path . --kustomization-file flux/app.yaml --dry-run")
            .run()
    };
    let output = build("");
    assert_eq!(output.code, Some(0), "{output:?}");
    assert!(output.stdout.contains("name: map") && output.stderr.contains("ignored: more"), "{output:?}");
    // What the API server would reject is rejected here, too: that is why a build runs in CI.
    for (wrong, says) in [
        ("  timeout: 5\n", "spec.timeout"),
        ("  retryInterval: 1d\n", "spec.retryInterval"),
        ("  suspend: 1\n", "spec.suspend"),
        ("  force: maybe\n", "spec.force"),
        ("  dependsOn: [a]\n", "spec.dependsOn[0]"),
        ("  healthChecks: {}\n", "spec.healthChecks"),
        ("  wait: 'yes'\n", "spec.wait"),
    ] {
        let output = build(wrong);
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""), "{wrong}: {output:?}");
        assert!(output.stderr.contains(says), "{wrong}: {output:?}");
    }
}

#[test]
fn an_invalid_diff_command_line_exits_with_2() {
    for line in ["--nope", "-o xml", "--timeout=x", "--progress-bar=zz", "-n Bad_", "--cluster"] {
        for command in ["diff kustomization app", "diff ks app"] {
            let output = Flux::bare().line(&format!("{command} {line}")).fails(2);
            assert_eq!(output.stdout, "", "{line}");
        }
    }
    Flux::bare().line("build kustomization app --nope").fails(1);
}

#[test]
fn an_invalid_namespace_in_the_environment_is_reported_with_its_variable() {
    let output = Flux::bare().env("FLUX_SYSTEM_NAMESPACE", "Bad_NS").line("get all").fails(1);
    assert!(
        output.stderr.contains("FLUX_SYSTEM_NAMESPACE") && output.stderr.contains("Bad_NS"),
        "{output:?}"
    );
    let line = format!("{SOURCE} -n apps");
    Flux::bare().env("FLUX_SYSTEM_NAMESPACE", "Bad_NS").line(&line).ok();
}
