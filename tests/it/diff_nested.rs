//! `flux diff kustomization` of nested Kustomizations, and of Kustomizations that the cluster does not have yet.

use serde_json::json;

use crate::support::scene::Scene;

#[test]
fn nested_kustomizations_are_compared_too() {
    let scene = Scene::new("diff");
    let with = |name: &str, more: &str| {
        format!(
            "---\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: {name}}}\nspec:\n  interval: 10m\n  path: ./inner\n  prune: true\n  targetNamespace: {}\n  sourceRef: {{kind: GitRepository, name: fleet}}\n{more}",
            scene.namespace
        )
    };
    scene.write(
        "app/all.yaml",
        &format!("{}{}", with("inner", ""), with("remote", "  kubeConfig: {secretRef: {name: x}}\n")),
    );
    scene.deploy("app");
    scene.write("app/new.yaml", &with("new", ""));
    scene.write("inner/cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: inner-cm}\n");
    let local = format!("app --path app -r --local-sources GitRepository/{}/fleet=.", scene.namespace);
    let output = scene.diff(&local);
    assert_eq!(
        output.stdout,
        scene.named(
            "📁 Kustomization/NS/inner changed
► ConfigMap/NS/inner-cm created
⚠️ Kustomization/NS/remote skipped: diff not supported for remote clusters
► Kustomization/NS/new created
"
        ),
        "{}",
        output.stderr
    );
    assert_eq!(output.code, Some(1));
    // The nested Kustomization is compared as it will be; flux uses it as it is.
    scene.write("app/all.yaml", &with("inner", "  namePrefix: my-\n"));
    let output = scene.diff(&local);
    assert!(
        output.stdout.contains(&scene.named("► ConfigMap/NS/my-inner-cm created\n")),
        "{}",
        output.stdout
    );

    let output = scene.diff("app --path app -r");
    assert_eq!(output.code, Some(2));
    let says = scene.named("cannot get local path for GitRepository/NS/fleet of kustomization inner");
    assert!(output.stderr.contains(&says) && output.stderr.contains("--local-sources="), "{}", output.stderr);
}

#[test]
fn a_kustomization_missing_in_the_cluster_is_read_from_its_file() {
    let scene = Scene::new("diff");
    scene.write("app/all.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\n");
    let file = scene.kustomization("app", &json!({})).to_string().replace("\"app\"", "\"new\"");
    scene.write("new.yaml", &file);
    let line = "new --path app --kustomization-file new.yaml";
    let missing = scene.diff(line);
    assert_eq!(missing.code, Some(2));
    assert!(
        missing.stderr.contains("\"new\" not found") && missing.stderr.contains("--ignore-not-found"),
        "{}",
        missing.stderr
    );
    let output = scene.diff(&format!("{line} --ignore-not-found"));
    assert_eq!(
        (output.code, output.stdout),
        (Some(1), scene.named("► ConfigMap/NS/cm created\n")),
        "{}",
        output.stderr
    );
}
