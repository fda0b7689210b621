//! `flux bootstrap git` without controllers: what its flags change, and Git servers that fail.

use serde_json::json;

use crate::support::cluster::Cluster;
use crate::support::fleet::components_commit;
use crate::support::git_fleet::{GitFleet, PASSWORD, secret};
use crate::support::git_http::Fault;
use crate::support::repository::git_command;
use crate::support::sshd::keygen;

#[test]
fn the_flags_decide_what_is_committed_and_what_the_cluster_gets() {
    let cluster = Cluster::fresh();
    let fleet = GitFleet::new();
    let scratch = tempfile::TempDir::new().expect("a directory");
    let key = scratch.path().join("sign");
    let public = keygen(&key, "ed25519", "open sesame");
    // No controller runs, so the wait at the end times out. Everything has been written by then.
    let output = fleet
        .bootstrap(&cluster)
        .line("--timeout=15s --branch=production --interval=5m --recurse-submodules --secret-name=git-access")
        .line("--sparse-checkout=clusters/one,apps --image-pull-secret=regcred --registry-creds=robot:geheim")
        .line("--components=source-controller,kustomize-controller --author-email=bot@example.com")
        .args(["--author-name=Fleet Bot", "--commit-message-appendix=[ci skip]"])
        .args(["--ssh-signing-password=open sesame", "--ssh-signing-key-file"])
        .args([&key])
        .fails(1);
    assert!(
        output.stderr.contains("GitRepository/flux-system/flux-system is not ready after 15s"),
        "{output:?}"
    );
    assert!(output.stderr.contains("no controller has picked it up"), "{output:?}");
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
    assert_eq!(secret(&cluster, "git-access"), json!({"username": "me", "password": PASSWORD}));
    let pull = secret(&cluster, "regcred");
    assert!(pull[".dockerconfigjson"].as_str().is_some_and(|text| text.contains("geheim")));
    for (path, text) in files {
        assert!(!text.contains(PASSWORD) && !text.contains("geheim"), "{path} holds a secret");
    }
    assert!(!output.stderr.contains(PASSWORD) && !output.stderr.contains("geheim"), "{output:?}");
}

#[test]
fn commits_are_signed_with_an_openpgp_key() {
    let cluster = Cluster::fresh();
    let fleet = GitFleet::new();
    let scratch = tempfile::TempDir::new().expect("a directory");
    let home = scratch.path().join("gpg");
    std::fs::create_dir(&home).expect("a directory");
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
        .line("--timeout=15s --branch=production --author-email=bot@example.com")
        .args(["--gpg-passphrase=open sesame", "--gpg-key-ring"])
        .args([&ring])
        .fails(1);
    assert!(signed.stderr.contains("no controller has picked it up"), "{signed:?}");
    let verified = git_command(fleet.repository.path())
        .env("GNUPGHOME", &home)
        .args(["verify-commit", "production"])
        .output()
        .expect("git runs");
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    let stopped =
        std::process::Command::new("gpgconf").arg("--homedir").arg(&home).args(["--kill", "all"]).status();
    assert!(stopped.is_ok_and(|status| status.success()));
}

#[test]
fn another_secret_is_announced_before_the_push() {
    let cluster = Cluster::fresh();
    let fleet = GitFleet::new();
    fleet.bootstrap(&cluster).line("--timeout=15s --secret-name=git-access").fails(1);
    let output =
        fleet.bootstrap(&cluster).line("--timeout=15s --interval=6m --secret-name=other-access").fails(1);
    let change = "⚠️ the Secret of GitRepository flux-system/flux-system changes from \"git-access\" to \"other-access\"";
    let (announced, pushed) = (output.stderr.find(change), output.stderr.find("► pushing"));
    assert!(announced.is_some_and(|announced| pushed.is_some_and(|pushed| announced < pushed)), "{output:?}");
    assert_eq!(secret(&cluster, "other-access"), secret(&cluster, "git-access"));
}

#[test]
fn a_git_server_that_fails_once_is_retried_or_named_and_nothing_is_lost() {
    let cluster = Cluster::fresh();
    let fleet = GitFleet::new();
    // No controller runs. A bootstrap that waits for one has written everything.
    let run = || {
        let mut run = fleet.bootstrap(&cluster).spawn();
        let waits = run.wait_for_error_output("◎ waiting for GitRepository");
        (waits, if waits { run.kill() } else { run.wait() })
    };
    for (fault, nth) in [
        (Fault::Status(500, "out of order"), 1),
        (Fault::HangUp, 2),
        (Fault::Status(429, "too many requests"), 3),
        (Fault::Status(502, "bad gateway"), 4),
        (Fault::HangUp, 5),
        (Fault::Status(403, "rate limit"), 3),
    ] {
        fleet.server.fail_nth(fleet.server.requests().len() + nth, fault);
        let (waits, output) = run();
        let named = ["responded with", "could not be reached", "does not allow", "refused the push"];
        let is_named = named.iter().any(|words| output.stderr.contains(words));
        assert!(waits || is_named && output.stderr.contains("  hint: "), "{output:?}");
    }
    let (waits, last) = run();
    assert!(waits, "{last:?}");
    assert!(last.stderr.contains("✔ sync manifests are up to date"), "{last:?}");
    assert_eq!(fleet.repository.subjects("main"), ["Add Flux sync manifests", components_commit().as_str()]);
    fleet.repository.git(["fsck", "--strict"]);
}
