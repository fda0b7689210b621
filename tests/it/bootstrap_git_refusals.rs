//! What `flux bootstrap git` refuses before anything is written, to the repository or the cluster.

use crate::support::cluster::Cluster;
use crate::support::git_fleet::{GitFleet, PASSWORD};

#[test]
fn invalid_flags_and_repositories_are_refused_before_anything_is_written() {
    let cluster = Cluster::api_only();
    let fleet = GitFleet::new();
    let head = fleet.repository.commit(
        "main",
        "ours",
        &[
            ("clusters/broken/flux-system/kustomization.yaml", Some("resources: [gotk-components.yaml\n")),
            (
                "clusters/unsynced/flux-system/kustomization.yaml",
                Some("resources:\n- gotk-components.yaml\n"),
            ),
            ("clusters/link", Some("a file where a directory is to be\n")),
            ("clusters/left-out/kustomization.yaml", Some("resources: [mine.yaml]\n")),
            ("clusters/left-out/mine.yaml", Some("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: mine}\n")),
            ("clusters/torn/kustomization.yaml", Some("resources: [flux-system, not-there.yaml]\n")),
            (
                "clusters/foreign/flux-system/kustomization.yaml",
                Some("resources: [gotk-components.yaml, gotk-sync.yaml, foo.yaml]\n"),
            ),
            (
                "clusters/foreign/flux-system/foo.yaml",
                Some("apiVersion: example.com/v1\nkind: Foo\nmetadata: {name: foo}\n"),
            ),
            (
                "clusters/moved/flux-system/kustomization.yaml",
                Some("resources: [gotk-components.yaml, gotk-sync.yaml]\npatches:\n- target: {kind: Kustomization}\n  patch: '[{\"op\": \"replace\", \"path\": \"/spec/path\", \"value\": \"./other\"}]'\n"),
            ),
        ],
    );
    let scratch = tempfile::TempDir::new().expect("a directory");
    let no_key = scratch.path().join("no-key");
    std::fs::write(&no_key, "no key\n").expect("written");
    let no_key = no_key.to_str().expect("a plain path");
    let cases: Vec<(Vec<&str>, &str)> = vec![
        (vec!["--path=../../clusters/x"], "it points outside the repository"),
        (vec!["--path=clusters/.git/x"], "Git reserves this name"),
        (vec!["--path=clusters/link/x"], "clusters/link\" in the repository is a file, not a directory"),
        (vec!["--path=clusters/broken"], "does not render"),
        (vec!["--path=clusters/unsynced"], "does not render GitRepository"),
        (vec!["--path=clusters/left-out"], "omits flux-system"),
        (
            vec!["--path=clusters/torn"],
            "the manifests in clusters/torn, which the cluster will apply, do not render",
        ),
        (vec!["--path=clusters/foreign"], "no matches for kind \"Foo\""),
        (vec!["--path=clusters/moved"], "changes spec.path of the sync"),
        (vec!["--secret-name=Bad_N"], "--secret-name cannot be \"Bad_N\""),
        (vec!["--interval=1us"], "--interval must be a positive number of whole milliseconds"),
        (vec!["--interval=0s"], "--interval must be a positive number of whole milliseconds"),
        (vec!["--allow-insecure-http=false"], "scheme http is insecure"),
        (vec!["--url="], "--url is required"),
        (vec!["--url=git@example.com:fleet.git"], "write it as ssh://git@example.com/fleet.git"),
        (vec!["--url=ftp://example.com/fleet.git"], "scheme \"ftp\" is not supported"),
        (vec!["--url=http://me:geheim@127.0.0.1:1/fleet.git"], "contains a password"),
        (vec!["--username=nobody"], "refused the credentials"),
        (vec!["--username=reader"], "does not allow pushing"),
        (vec!["--with-bearer-token"], "refused the credentials"),
        (vec!["--branch=a..b"], "does not allow this branch name"),
        (vec!["--components=source-controller"], "component kustomize-controller is required"),
        (vec!["--components-extra=nothing-controller"], "component nothing-controller is not available"),
        (vec!["--registry-creds=a:b"], "--registry-creds requires --image-pull-secret"),
        (vec!["--registry-creds=a", "--image-pull-secret=x"], "invalid --registry-creds format"),
        (vec!["--sparse-checkout=apps"], "--sparse-checkout does not include --path"),
        (vec!["--version=v2.0.0"], "not v2.0.0"),
        (vec!["--author-name="], "--author-name cannot be"),
        (vec!["--author-email=a<b>"], "--author-email cannot be"),
        (vec!["--gpg-key-ring=/nowhere.gpg"], "cannot read the GPG key ring /nowhere.gpg"),
        (vec!["--gpg-key-ring", no_key], "the file is not an OpenPGP key ring"),
        (vec!["--gpg-passphrase=x"], "require --gpg-key-ring"),
        (vec!["--ssh-signing-key-file", no_key], "invalid SSH signing key"),
        (vec!["--ssh-signing-key-file=/nowhere"], "cannot read the SSH signing key"),
        (vec!["--ssh-signing-password=x"], "--ssh-signing-password requires --ssh-signing-key-file"),
        (vec!["--ssh-signing-reuse-private-key"], "requires --private-key-file"),
        (vec!["--ssh-signing-reuse-private-key", "--ssh-signing-key-file", no_key], "mutually exclusive"),
        (vec!["--gpg-key-ring", no_key, "--ssh-signing-key-file", no_key], "mutually exclusive"),
        (vec!["--private-key-file", no_key], "no private key found"),
        (vec!["--private-key-file=/nowhere"], "cannot read the private key /nowhere"),
        (vec!["--ca-file=/nowhere"], "cannot read the TLS CA file"),
        (vec!["--ca-file", no_key], "contains no certificate"),
        (vec!["--token-auth=false", "--silent"], "failed to read the SSH host keys"),
        (vec!["--kubeconfig=/nowhere"], "/nowhere"),
        (vec!["--context=nowhere"], "nowhere"),
        (vec!["--namespace=Not_A_Label"], "namespace must be a valid DNS label"),
        (vec!["--ssh-rsa-bits=1023"], "multiple of 8"),
        (vec!["--ssh-ecdsa-curve=p111"], "p111"),
        (vec!["--log-level=loud"], "loud"),
        (vec!["--interval=soon"], "soon"),
        (vec!["--nothing"], "--nothing"),
    ];
    for (flags, why) in cases {
        let output = fleet.bootstrap(&cluster).args(&flags).run();
        let said = &output.stderr;
        assert!(output.code.is_some_and(|code| code != 0), "{flags:?}: {output:?}");
        assert!(said.contains(why), "{flags:?} does not say {why:?}: {output:?}");
        for secret in [PASSWORD, "geheim"] {
            assert!(!said.contains(secret) && !output.stdout.contains(secret), "{flags:?} tells a secret");
        }
        assert!(!output.stdout.contains('\u{1b}'), "{output:?}");
    }
    let url = fleet.server.url("nowhere.git");
    let missing = fleet.bootstrap(&cluster).args([format!("--url={url}")]).fails(1);
    assert!(missing.stderr.contains("was not found"), "{missing:?}");
    let asked = fleet.bootstrap(&cluster).env("GIT_PASSWORD", "").fails(1);
    assert!(asked.stderr.contains("could not read token"), "{asked:?}");
    let stranger = fleet.bootstrap(&cluster).env("KUBECONFIG", "/nowhere").fails(1);
    assert!(!stranger.stderr.is_empty());

    assert_eq!(fleet.repository.head("main"), Some(head));
    assert_eq!(fleet.repository.branches(), ["main"]);
    assert!(cluster.try_get("Namespace", "", "flux-system").is_none());
    assert!(
        cluster.try_get("CustomResourceDefinition", "", "gitrepositories.source.toolkit.fluxcd.io").is_none()
    );
}

#[test]
fn what_the_cluster_would_reject_is_refused_before_anything_is_written() {
    let cluster = Cluster::api_only();
    let fleet = GitFleet::new();
    let patch = "patches:\n- target: {kind: Deployment}\n  patch: '[{\"op\": \"add\", \"path\": \"/spec/replicas\", \"value\": -1}]'\n";
    let kustomization = format!("resources: [gotk-components.yaml, gotk-sync.yaml]\n{patch}");
    let head = fleet.repository.commit(
        "main",
        "ours",
        &[("clusters/invalid/flux-system/kustomization.yaml", Some(&kustomization))],
    );
    let refuses = |flags: &[&str], why: &str| {
        let output = fleet.bootstrap(&cluster).args(flags).fails(1);
        assert!(output.stderr.contains(why) && output.stderr.contains("hint: "), "{why}: {output:?}");
        assert_eq!(fleet.repository.head("main").as_ref(), Some(&head), "{output:?}");
        assert!(cluster.try_get("Deployment", "flux-system", "source-controller").is_none(), "{output:?}");
    };
    cluster.apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: flux-system}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: kept, namespace: flux-system}\nimmutable: true\ndata: {username: bWU=}\n");
    refuses(&["--secret-name=kept"], "Secret flux-system/kept is immutable");
    refuses(&["--path=clusters/invalid"], "the API server rejects Deployment/flux-system/");
    cluster.delete("Namespace", "", "flux-system");
    refuses(&[], "the namespace flux-system is being deleted");
}

#[test]
fn missing_permissions_are_named_before_anything_is_written() {
    let cluster = Cluster::api_only();
    let fleet = GitFleet::new();
    // May write everything, but not grant permissions that it does not have.
    cluster.apply(
        "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: writes-all}
rules:
- {apiGroups: ['', apps, networking.k8s.io], resources: ['*'], verbs: ['*']}
- {apiGroups: [apiextensions.k8s.io], resources: ['*'], verbs: ['*']}
- {apiGroups: [rbac.authorization.k8s.io], resources: ['*'], verbs: [get, list, create, patch]}
- {apiGroups: [source.toolkit.fluxcd.io, kustomize.toolkit.fluxcd.io], resources: ['*'], verbs: ['*']}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: writes-all}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: writes-all}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: limited}]
",
    );
    for (user, says) in [
        ("nobody", "is not allowed to create namespaces"),
        ("limited", "is not allowed to grant the permissions of ClusterRole"),
    ] {
        let output = fleet.bootstrap(&cluster).args([format!("--as={user}")]).fails(1);
        assert!(output.stderr.contains(says) && output.stderr.contains("cluster-admin"), "{output:?}");
    }
    assert_eq!(fleet.repository.head("main"), None);
    assert!(cluster.try_get("Namespace", "", "flux-system").is_none());
}
