//! `flux bootstrap git` against real servers: `git http-backend`, a Kubernetes API server with its
//! controller manager, source-controller and kustomize-controller.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::cluster::Cluster;
use crate::support::controllers::Controllers;
use crate::support::fleet::components_commit;
use crate::support::flux::Flux;
use crate::support::git_http::{Fault, GitHttp};
use crate::support::repository::{Repository, git_command};
use crate::support::sshd::keygen;

const PASSWORD: &str = "hunter2-of-the-git-server";
const LIMIT: Duration = Duration::from_mins(4);

/// A Git server with one repository, and the command line that bootstraps from it.
struct Fleet {
    server: GitHttp,
    repository: Repository,
}

impl Fleet {
    fn new() -> Self {
        let server = GitHttp::start().basic("me", PASSWORD).basic_read_only("reader", PASSWORD);
        let repository = server.create("fleet.git");
        Self { server, repository }
    }

    fn bootstrap(&self, cluster: &Cluster) -> Flux {
        Flux::new(cluster)
            .limit(LIMIT)
            .env("GIT_PASSWORD", PASSWORD)
            .line("bootstrap git --allow-insecure-http --token-auth --username=me --path=clusters/one")
            .args([format!("--url={}", self.server.url("fleet.git"))])
    }

    fn file(&self, name: &str) -> String {
        let path = format!("clusters/one/flux-system/{name}");
        self.repository.files("main").remove(&path).unwrap_or_else(|| panic!("{path} is not there"))
    }
}

/// The Secret's values, decoded.
fn secret(cluster: &Cluster, name: &str) -> Value {
    let secret = cluster.get("Secret", "flux-system", name);
    let data = secret["data"].as_object().cloned().unwrap_or_default();
    let decoded = data.into_iter().map(|(key, value)| {
        let bytes = STANDARD.decode(value.as_str().expect("text")).expect("base64");
        (key, json!(String::from_utf8(bytes).expect("text")))
    });
    Value::Object(decoded.collect())
}

fn generation(cluster: &Cluster, kind: &str, name: &str) -> Value {
    cluster.get(kind, "flux-system", name)["metadata"]["generation"].clone()
}

#[test]
fn an_empty_repository_and_cluster_are_bootstrapped_and_stay_so() {
    let cluster = Arc::new(Cluster::fresh());
    let fleet = Fleet::new();
    let Some(controllers) = Controllers::watch(&cluster, "flux-system") else { return };
    let first = fleet.bootstrap(&cluster).ok();
    assert_eq!(first.stdout, "");
    let url = fleet.server.url("fleet.git");
    let commits = fleet.repository.git(["log", "--reverse", "--format=%H", "main"]);
    let commits: Vec<&str> = commits.lines().collect();
    let [components, sync] = commits[..] else { panic!("two commits: {commits:?}") };
    let expected = format!(
        "► cloning branch \"main\" from Git repository \"{url}\"
✔ cloned repository
► generating component manifests
✔ generated component manifests
✔ committed component manifests to \"main\" (\"{components}\")
► pushing component manifests to \"{url}\"
► installing components in \"flux-system\" namespace
✔ installed components
✔ reconciled components
► determining if source secret \"flux-system/flux-system\" exists
► generating source secret
► applying source secret \"flux-system/flux-system\"
✔ reconciled source secret
► generating sync manifests
✔ generated sync manifests
✔ committed sync manifests to \"main\" (\"{sync}\")
► pushing sync manifests to \"{url}\"
► applying sync manifests
✔ reconciled sync configuration
◎ waiting for GitRepository \"flux-system/flux-system\" to be reconciled
✔ GitRepository reconciled successfully
◎ waiting for Kustomization \"flux-system/flux-system\" to be reconciled
✔ Kustomization reconciled successfully
► confirming components are healthy
✔ helm-controller: deployment ready
✔ kustomize-controller: deployment ready
✔ notification-controller: deployment ready
✔ source-controller: deployment ready
✔ all components are healthy
"
    );
    assert_eq!(first.stderr, expected);
    assert_eq!(fleet.repository.subjects("main"), ["Add Flux sync manifests", components_commit().as_str()]);
    let authors = fleet.repository.git(["log", "--format=%an <%ae> %cn <%ce>", "main"]);
    assert!(authors.lines().all(|line| line.starts_with("Flux <") && !line.contains("<>")), "{authors}");
    assert_eq!(
        fleet.file("kustomization.yaml"),
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n- gotk-components.yaml\n- gotk-sync.yaml\n"
    );
    let exported = Flux::bare().line("install --export").ok();
    assert_eq!(fleet.file("gotk-components.yaml"), exported.stdout);
    assert_eq!(secret(&cluster, "flux-system"), json!({"username": "me", "password": PASSWORD}));

    // Again: nothing to do, nothing done.
    let before = generation(&cluster, "GitRepository", "flux-system");
    let pushes = fleet.server.requests().len();
    let again = fleet.bootstrap(&cluster).ok();
    for line in [
        "✔ component manifests are up to date",
        "✔ source secret up to date",
        "✔ sync manifests are up to date",
    ] {
        assert!(again.stderr.contains(line), "{again:?}");
    }
    assert!(!again.stderr.contains("installing components"), "{again:?}");
    assert_eq!(fleet.repository.subjects("main").len(), 2);
    assert_eq!(generation(&cluster, "GitRepository", "flux-system"), before);
    let seen = fleet.server.requests();
    assert!(!seen[pushes..].iter().any(|it| it.method == "POST" && it.target.ends_with("receive-pack")));

    // Another component: committed, and applied at once rather than at the next interval.
    let more =
        fleet.bootstrap(&cluster).line("--components-extra=image-reflector-controller --interval=10m").ok();
    assert!(more.stderr.contains("✔ image-reflector-controller: deployment ready"), "{more:?}");
    assert_eq!(fleet.repository.subjects("main").len(), 4);

    // Another path would leave the first without its cluster: refused, and nothing is pushed.
    let commits = fleet.repository.subjects("main").len();
    let other = fleet.bootstrap(&cluster).line("--path=clusters/two").fails(1);
    assert!(
        other.stderr.contains("would overwrite path (\"./clusters/one\") of existing Kustomization"),
        "{other:?}"
    );
    assert_eq!(fleet.repository.subjects("main").len(), commits);

    // What was changed by hand comes back.
    cluster.patch(
        "Secret",
        "flux-system",
        "flux-system",
        &json!({"data": {"password": "eA==", "identity": "eA=="}}),
    );
    cluster.patch("Kustomization", "flux-system", "flux-system", &json!({"spec": {"prune": false}}));
    fleet.bootstrap(&cluster).ok();
    assert_eq!(secret(&cluster, "flux-system"), json!({"username": "me", "password": PASSWORD}));
    assert_eq!(cluster.get("Kustomization", "flux-system", "flux-system")["spec"]["prune"], true);

    // Suspended, it would be waited for in vain.
    cluster.patch("Kustomization", "flux-system", "flux-system", &json!({"spec": {"suspend": true}}));
    let suspended = fleet.bootstrap(&cluster).fails(1);
    assert!(suspended.stderr.contains("is suspended"), "{suspended:?}");
    drop(controllers);
}

#[test]
fn a_bootstrap_killed_after_each_effect_is_finished_by_the_next() {
    let cluster = Arc::new(Cluster::fresh());
    let fleet = Fleet::new();
    fleet.repository.commit("main", "Initial commit", &[("README.md", Some("ours\n"))]);
    let Some(controllers) = Controllers::watch(&cluster, "flux-system") else { return };
    let there = |kind: &str, namespace: &str, name: &str| cluster.try_get(kind, namespace, name).is_some();
    let commits = || fleet.repository.subjects("main").len();
    let effects: [(&str, &dyn Fn() -> bool); 6] = [
        ("the components' commit", &|| commits() >= 2),
        ("the namespace", &|| there("Namespace", "", "flux-system")),
        ("a definition", &|| {
            there("CustomResourceDefinition", "", "kustomizations.kustomize.toolkit.fluxcd.io")
        }),
        ("a controller", &|| there("Deployment", "flux-system", "source-controller")),
        ("the Secret", &|| there("Secret", "flux-system", "flux-system")),
        ("the sync's commit", &|| commits() >= 3),
    ];
    for (what, seen) in effects {
        let mut run = fleet.bootstrap(&cluster).spawn();
        cluster.wait(what, Duration::from_mins(2), || seen() || !run.runs());
        let output = run.kill();
        assert!(seen(), "{what}: {output:?}");
    }
    let mut run = fleet.bootstrap(&cluster).spawn();
    cluster.wait("the sync", Duration::from_mins(2), || {
        !run.runs() || cluster.try_get("Kustomization", "flux-system", "flux-system").is_some()
    });
    run.kill();
    let last = fleet.bootstrap(&cluster).ok();
    assert!(last.stderr.contains("✔ all components are healthy"), "{last:?}");
    assert_eq!(
        fleet.repository.subjects("main"),
        ["Add Flux sync manifests", components_commit().as_str(), "Initial commit"]
    );
    fleet.repository.git(["fsck", "--strict"]);
    let mut files: Vec<String> = fleet.repository.files("main").into_keys().collect();
    files.sort();
    assert_eq!(
        files,
        [
            "README.md",
            "clusters/one/flux-system/gotk-components.yaml",
            "clusters/one/flux-system/gotk-sync.yaml",
            "clusters/one/flux-system/kustomization.yaml"
        ]
    );
    drop(controllers);
}

#[test]
fn the_users_own_kustomization_is_honoured_and_never_rewritten() {
    const OWN: &str = "\
# small nodes
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- gotk-components.yaml
- gotk-sync.yaml
- extra.yaml
patches:
- patch: |
    - op: replace
      path: /spec/template/spec/containers/0/resources
      value: {limits: {memory: 256Mi}}
  target:
    kind: Deployment
    labelSelector: app.kubernetes.io/part-of=flux
";
    const EXTRA: &str =
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: extra\n  namespace: flux-system\ndata: {a: b}\n";
    let cluster = Arc::new(Cluster::fresh());
    let fleet = Fleet::new();
    fleet.repository.commit(
        "main",
        "ours",
        &[
            ("clusters/one/flux-system/kustomization.yaml", Some(OWN)),
            ("clusters/one/flux-system/extra.yaml", Some(EXTRA)),
        ],
    );
    let Some(controllers) = Controllers::watch(&cluster, "flux-system") else { return };
    // Somebody else pushes while we do: before ours arrives, their commit is on the branch.
    let theirs = fleet.repository.clone();
    fleet.server.before_push(move || {
        theirs.commit("main", "theirs", &[("other.txt", Some("theirs\n"))]);
    });
    let output = fleet.bootstrap(&cluster).ok();
    assert!(output.stderr.contains("◎ another push to the branch came first"), "{output:?}");
    assert_eq!(
        fleet.repository.subjects("main"),
        ["Add Flux sync manifests", components_commit().as_str(), "theirs", "ours"]
    );
    assert_eq!(fleet.file("kustomization.yaml"), OWN);
    assert_eq!(fleet.repository.files("main")["other.txt"], "theirs\n");
    let limits = |name: &str| {
        let deployment = cluster.get("Deployment", "flux-system", name);
        deployment["spec"]["template"]["spec"]["containers"][0]["resources"].clone()
    };
    assert_eq!(limits("source-controller"), json!({"limits": {"memory": "256Mi"}}));
    assert_eq!(limits("helm-controller"), json!({"limits": {"memory": "256Mi"}}));
    assert_eq!(cluster.get("ConfigMap", "flux-system", "extra")["data"]["a"], "b");
    drop(controllers);
}

#[test]
fn what_cannot_work_is_refused_before_anything_is_written() {
    let cluster = Cluster::api_only();
    let fleet = Fleet::new();
    let head = fleet.repository.commit(
        "main",
        "ours",
        &[
            ("clusters/broken/flux-system/kustomization.yaml", Some("resources: [gotk-components.yaml\n")),
            (
                "clusters/unsynced/flux-system/kustomization.yaml",
                Some("resources:\n- gotk-components.yaml\n"),
            ),
            ("clusters/link", Some("a file where a folder is to be\n")),
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
    let scratch = tempfile::TempDir::new().expect("a folder");
    let no_key = scratch.path().join("no-key");
    std::fs::write(&no_key, "no key\n").expect("written");
    let no_key = no_key.to_str().expect("a plain path");
    let cases: Vec<(Vec<&str>, &str)> = vec![
        (vec!["--path=../../clusters/x"], "it leads out of the repository"),
        (vec!["--path=clusters/.git/x"], "Git keeps this name for itself"),
        (vec!["--path=clusters/link/x"], "clusters/link\" in the repository is a file, not a directory"),
        (vec!["--path=clusters/broken"], "does not render"),
        (vec!["--path=clusters/unsynced"], "renders no GitRepository"),
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
        (vec!["--url="], "no URL was given"),
        (vec!["--url=git@example.com:fleet.git"], "write it as ssh://git@example.com/fleet.git"),
        (vec!["--url=ftp://example.com/fleet.git"], "scheme \"ftp\" is not supported"),
        (vec!["--url=http://me:geheim@127.0.0.1:1/fleet.git"], "contains a password"),
        (vec!["--username=nobody"], "refused the credentials"),
        (vec!["--username=reader"], "does not allow pushing"),
        (vec!["--with-bearer-token"], "refused the credentials"),
        (vec!["--branch=a..b"], "does not allow such a name for a branch"),
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
        (vec!["--ca-file", no_key], "holds no certificate"),
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
fn what_the_cluster_would_not_take_is_refused_before_anything_is_written() {
    let cluster = Cluster::api_only();
    let fleet = Fleet::new();
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
    refuses(&["--secret-name=kept"], "the Secret flux-system/kept is immutable");
    refuses(&["--path=clusters/invalid"], "the API server refuses Deployment/flux-system/");
    cluster.delete("Namespace", "", "flux-system");
    refuses(&[], "the namespace flux-system is being deleted");
}

#[test]
fn a_right_that_is_missing_is_named_before_anything_is_written() {
    let cluster = Cluster::api_only();
    let fleet = Fleet::new();
    // May write all that is written, but not grant others what they do not have.
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
    for (user, says) in
        [("nobody", "may not create namespaces"), ("limited", "may not grant what ClusterRole")]
    {
        let output = fleet.bootstrap(&cluster).args([format!("--as={user}")]).fails(1);
        assert!(output.stderr.contains(says) && output.stderr.contains("cluster-admin"), "{output:?}");
    }
    assert_eq!(fleet.repository.head("main"), None);
    assert!(cluster.try_get("Namespace", "", "flux-system").is_none());
}

#[test]
fn the_flags_decide_what_is_committed_and_what_the_cluster_gets() {
    let cluster = Cluster::fresh();
    let fleet = Fleet::new();
    let scratch = tempfile::TempDir::new().expect("a folder");
    let key = scratch.path().join("sign");
    let public = keygen(&key, "ed25519", "open sesame");
    // No controller runs, so the wait at the end is in vain; everything is written by then.
    let output = fleet
        .bootstrap(&cluster)
        .line("--timeout=3s --branch=production --interval=5m --recurse-submodules --secret-name=git-access")
        .line("--sparse-checkout=clusters/one,apps --image-pull-secret=regcred --registry-creds=robot:geheim")
        .line("--components=source-controller,kustomize-controller --author-email=bot@example.com")
        .args(["--author-name=Fleet Bot", "--commit-message-appendix=[ci skip]"])
        .args(["--ssh-signing-password=open sesame", "--ssh-signing-key-file"])
        .args([&key])
        .fails(1);
    assert!(
        output.stderr.contains("GitRepository/flux-system/flux-system is not ready after 3s"),
        "{output:?}"
    );
    assert!(output.stderr.contains("no controller has taken it up"), "{output:?}");
    assert!(output.stderr.contains("✔ reconciled image pull secret regcred"), "{output:?}");
    assert_eq!(fleet.repository.branches(), ["production"]);
    let files = fleet.repository.files("production");
    let sync = &files["clusters/one/flux-system/gotk-sync.yaml"];
    for part in [
        "  interval: 5m0s\n  recurseSubmodules: true\n  ref:\n    branch: production\n",
        "  secretRef:\n    name: git-access\n  sparseCheckout:\n  - clusters/one\n  - apps\n",
        "  path: ./clusters/one\n",
    ] {
        assert!(sync.contains(part), "{part} is not in\n{sync}");
    }
    let log = fleet.repository.git(["log", "--format=%an <%ae>|%B|", "production"]);
    assert_eq!(
        log.trim(),
        format!(
            "Fleet Bot <bot@example.com>|Add Flux sync manifests\n\n[ci skip]|\n\
             Fleet Bot <bot@example.com>|{}\n\n[ci skip]|",
            components_commit()
        )
    );
    let allowed = scratch.path().join("allowed");
    std::fs::write(&allowed, format!("bot@example.com {public}")).expect("written");
    let allowed = format!("gpg.ssh.allowedSignersFile={}", allowed.display());
    for commit in ["production", "production~1"] {
        fleet.repository.git(["-c", "gpg.format=ssh", "-c", &allowed, "verify-commit", commit]);
    }
    let home = scratch.path().join("gpg");
    std::fs::create_dir(&home).expect("a folder");
    std::fs::set_permissions(&home, std::os::unix::fs::PermissionsExt::from_mode(0o700)).expect("its mode");
    let gpg = |args: &[&str]| {
        let out = std::process::Command::new("gpg")
            .args([
                "--batch",
                "--quiet",
                "--pinentry-mode",
                "loopback",
                "--passphrase",
                "open sesame",
                "--homedir",
            ])
            .arg(&home)
            .args(args)
            .output()
            .expect("the tests need gpg");
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        out.stdout
    };
    gpg(&["--quick-generate-key", "bot@example.com", "ed25519", "sign", "1d"]);
    let ring = scratch.path().join("ring.asc");
    std::fs::write(&ring, gpg(&["--armor", "--export-secret-keys"])).expect("written");
    let signed = fleet
        .bootstrap(&cluster)
        .line("--timeout=3s --branch=production --interval=6m --secret-name=other-access")
        .args(["--gpg-passphrase=open sesame", "--gpg-key-ring"])
        .args([&ring])
        .fails(1);
    assert!(signed.stderr.contains("no controller has taken it up"), "{signed:?}");
    // What changes is told before it does.
    let told = "⚠️ the Secret of GitRepository flux-system/flux-system changes from \"git-access\" to \"other-access\"";
    let (told, pushed) = (signed.stderr.find(told), signed.stderr.find("► pushing"));
    assert!(told.is_some_and(|told| pushed.is_some_and(|pushed| told < pushed)), "{signed:?}");
    let verified = git_command(fleet.repository.path())
        .env("GNUPGHOME", &home)
        .args(["verify-commit", "production"])
        .output()
        .expect("git runs");
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    let stopped =
        std::process::Command::new("gpgconf").arg("--homedir").arg(&home).args(["--kill", "all"]).status();
    assert!(stopped.is_ok_and(|status| status.success()));
    assert_eq!(secret(&cluster, "other-access"), secret(&cluster, "git-access"));
    assert_eq!(secret(&cluster, "git-access"), json!({"username": "me", "password": PASSWORD}));
    let pull = secret(&cluster, "regcred");
    assert!(pull[".dockerconfigjson"].as_str().is_some_and(|text| text.contains("geheim")));
    for (path, text) in files {
        assert!(!text.contains(PASSWORD) && !text.contains("geheim"), "{path} holds a secret");
    }
    assert!(!output.stderr.contains(PASSWORD) && !output.stderr.contains("geheim"), "{output:?}");
}

#[test]
fn a_git_server_that_fails_once_is_tried_again_or_named_and_nothing_is_lost() {
    let cluster = Cluster::fresh();
    let fleet = Fleet::new();
    let run = || fleet.bootstrap(&cluster).line("--timeout=8s").fails(1);
    for (fault, nth) in [
        (Fault::Status(500, "out of order"), 1),
        (Fault::HangUp, 2),
        (Fault::Status(429, "too many requests"), 3),
        (Fault::Status(502, "bad gateway"), 4),
        (Fault::HangUp, 5),
        (Fault::Status(403, "rate limit"), 3),
    ] {
        fleet.server.fail_nth(fleet.server.requests().len() + nth, fault);
        let output = run();
        let waited = output.stderr.contains("no controller has taken it up");
        let named = ["answered with", "could not be reached", "does not allow", "refused the push"];
        assert!(waited || named.iter().any(|words| output.stderr.contains(words)), "{output:?}");
        assert!(output.stderr.contains("  hint: "), "{output:?}");
    }
    let last = run();
    assert!(last.stderr.contains("✔ sync manifests are up to date"), "{last:?}");
    assert_eq!(fleet.repository.subjects("main"), ["Add Flux sync manifests", components_commit().as_str()]);
    fleet.repository.git(["fsck", "--strict"]);
}

#[test]
fn a_manifest_that_cannot_be_applied_ends_the_wait_with_its_reason() {
    let cluster = Arc::new(Cluster::fresh());
    let fleet = Fleet::new();
    let nothing = "apiVersion: example.com/v1\nkind: Nothing\nmetadata:\n  name: x\n  namespace: default\n";
    let right = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n  namespace: default\n";
    fleet.repository.commit("main", "ours", &[("clusters/one/apps.yaml", Some(nothing))]);
    let Some(controllers) = Controllers::watch(&cluster, "flux-system") else { return };
    let output = fleet.bootstrap(&cluster).fails(1);
    let reason = "no matches for kind \"Nothing\" in version \"example.com/v1\"";
    assert_eq!(output.stderr.matches(reason).count(), 1, "said once: {output:?}");
    assert!(output.stderr.contains("Kustomization/flux-system/flux-system failed"), "{output:?}");
    fleet.repository.commit("main", "corrected", &[("clusters/one/apps.yaml", Some(right))]);
    fleet.bootstrap(&cluster).ok();
    drop(controllers);
}
