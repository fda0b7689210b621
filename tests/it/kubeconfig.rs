//! The kubeconfig that a command uses when none is named.

use crate::support::cluster::Cluster;
use crate::support::flux::Flux;

/// Runs its argument with a private `/etc`, where K3s has written its kubeconfig for root alone.
const ON_K3S: &str = r#"
mkdir -p "$HOME/etc/rancher/k3s"
cp -a /etc/passwd /etc/group /etc/hosts /etc/nsswitch.conf "$HOME/etc/"
cp "$K3S" "$HOME/etc/rancher/k3s/k3s.yaml"
chmod 600 "$HOME/etc/rancher/k3s/k3s.yaml"
cp "$(command -v flux)" "$HOME/etc/flux"
export K3S_SCRIPT
exec unshare --mount sh -ec 'mount --bind "$HOME/etc" /etc; eval "$K3S_SCRIPT"'
"#;

/// Needs root and mount namespaces.
fn on_k3s(namespace: &str, script: &str) -> Flux {
    Flux::shell(ON_K3S, &[])
        .env("K3S", Cluster::shared().kubeconfig())
        .env("K3S_SCRIPT", script)
        .env("FLUX_SYSTEM_NAMESPACE", namespace)
}

#[test]
fn the_kubeconfig_of_k3s_is_the_last_one_tried() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("k3s");
    cluster.apply(&format!(
        "apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {{name: fleet, namespace: {namespace}}}
spec: {{url: 'https://example.com/fleet', interval: 1m}}
"
    ));
    let output = on_k3s(&namespace, "flux get sources git").ok();
    assert!(output.stdout.contains("fleet"), "{output:?}");

    // The user's kubeconfig comes first, and so does one that is named, even if it is missing.
    let own = "mkdir ~/.kube; echo 'kind: Config' > ~/.kube/config; flux get sources git";
    let output = on_k3s(&namespace, own).fails(1);
    assert!(output.stderr.contains("no current context"), "{output:?}");
    let output = on_k3s(&namespace, "KUBECONFIG=/nowhere flux get sources git").fails(1);
    assert!(output.stderr.contains("no such file in KUBECONFIG: /nowhere"), "{output:?}");
    let output = on_k3s(&namespace, "flux get sources git --kubeconfig=/nowhere").fails(1);
    assert!(output.stderr.contains("/nowhere"), "{output:?}");
}

#[test]
fn an_unreadable_kubeconfig_of_k3s_is_reported_with_a_fix() {
    let namespace = Cluster::shared().namespace("k3s-root");
    let script = "setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/ /etc/flux get sources git";
    let output = on_k3s(&namespace, script).fails(1);
    for word in ["/etc/rancher/k3s/k3s.yaml", "permission denied", "sudo", "--write-kubeconfig-mode"] {
        assert!(output.stderr.contains(word), "{word:?} is missing: {output:?}");
    }
    // The copy command in the hint creates the directory, and a file that only the user can read.
    for word in ["mkdir -p ~/.kube &&", "umask 077"] {
        assert!(output.stderr.contains(word), "{word:?} is missing: {output:?}");
    }
}

#[test]
fn a_kubeconfig_of_k3s_in_an_unreadable_directory_is_reported() {
    let namespace = Cluster::shared().namespace("k3s-folder");
    let script = "chmod 700 /etc/rancher/k3s
setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/ /etc/flux get sources git";
    let output = on_k3s(&namespace, script).fails(1);
    for word in ["/etc/rancher/k3s/k3s.yaml", "permission denied", "sudo"] {
        assert!(output.stderr.contains(word), "{word:?} is missing: {output:?}");
    }
}

#[test]
fn an_invalid_kubeconfig_is_reported_without_its_credentials() {
    let home = tempfile::TempDir::new().unwrap();
    let file = home.path().join("kubeconfig");
    for wrong in [
        "token: hunter2\n    bad: [",
        "password: hunter2\n    bad: }",
        "token: [hunter2]",
        "token: {hunter2: hunter2}",
        "token: hunter2\n    token: hunter2",
        "client-key-data: [hunter2",
        "exec: hunter2",
        "exec: {args: hunter2}",
        "token: hunter2\n  user: {}",
    ] {
        let users = format!("users:\n- name: u\n  user:\n    {wrong}\n");
        let cluster = "clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]";
        let context = "current-context: c\ncontexts: [{name: c, context: {cluster: c, user: u}}]";
        std::fs::write(&file, format!("apiVersion: v1\nkind: Config\n{cluster}\n{context}\n{users}"))
            .unwrap();
        let output = Flux::bare().env("KUBECONFIG", &file).line("get kustomizations").fails(1);
        assert!(!format!("{output:?}").contains("hunter2"), "{wrong}: {output:?}");
        assert!(output.stderr.contains(&*file.to_string_lossy()), "{wrong}: {output:?}");
        assert!(output.stderr.contains("line "), "{wrong}: {output:?}");
    }
}
