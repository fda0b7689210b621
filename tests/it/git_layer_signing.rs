//! Signed commits, verified by the real `git`, `gpg` and `ssh-keygen`.

use std::path::Path;
use std::process::Command;

use edgeflux::clock::Clock;
use edgeflux::git::{Algorithm, Auth, Curve, OpenPgpKey, PrivateKey, Signer};
use edgeflux::secret::Secret;
use tempfile::TempDir;

use crate::git_layer::{clone, info, remote, writing};
use crate::support::git_http::GitHttp;
use crate::support::repository::git_command;

#[test]
fn git_verifies_ssh_signatures_of_every_kind_of_key() {
    let server = GitHttp::start();
    let there = server.create("fleet.git");
    let mut here = clone(&remote(&server.url("fleet.git"), Auth::Anonymous), "main").expect("cloned");
    let directory = TempDir::new().expect("a directory");
    let allowed = directory.path().join("allowed");
    for algorithm in [
        Algorithm::Ed25519,
        Algorithm::Ecdsa(Curve::P256),
        Algorithm::Ecdsa(Curve::P384),
        Algorithm::Ecdsa(Curve::P521),
        Algorithm::Rsa(2048),
    ] {
        let key = PrivateKey::generate(algorithm).expect("made");
        std::fs::write(&allowed, format!("flux@example.com {}", key.public_line().expect("a line")))
            .expect("written");
        let text = format!("{algorithm:?}\n");
        here.publish("a file", &info("signed"), Some(&Signer::Ssh(key)), |_| Ok(writing("a", &text)))
            .expect("pushed");
        let config = format!("gpg.ssh.allowedSignersFile={}", allowed.display());
        there.git(["-c", "gpg.format=ssh", "-c", &config, "verify-commit", "main"]);
    }
    there.git(["fsck", "--strict"]);
}

fn gpg(home: &Path, args: &[&str]) -> Vec<u8> {
    let out = Command::new("gpg")
        .args(["--batch", "--quiet", "--pinentry-mode", "loopback", "--homedir"])
        .arg(home)
        .args(args)
        .output()
        .unwrap_or_else(|error| panic!("the tests need gpg: {error}"));
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    out.stdout
}

#[test]
fn git_verifies_openpgp_signatures_of_every_kind_of_key() {
    let server = GitHttp::start();
    let there = server.create("fleet.git");
    let mut here = clone(&remote(&server.url("fleet.git"), Auth::Anonymous), "main").expect("cloned");
    let home = TempDir::with_prefix("gpg").expect("a directory");
    std::fs::set_permissions(home.path(), std::os::unix::fs::PermissionsExt::from_mode(0o700))
        .expect("its mode");
    let mut ids = Vec::new();
    for (kind, passphrase) in
        [("rsa2048", ""), ("rsa3072", "open sesame"), ("ed25519", "open sesame"), ("nistp384", "")]
    {
        let user = format!("{kind}@example.com");
        gpg(home.path(), &["--passphrase", passphrase, "--quick-generate-key", &user, kind, "sign", "1d"]);
        for armor in [true, false] {
            let mut args = vec!["--passphrase", passphrase, "--export-secret-keys"];
            if armor {
                args.push("--armor");
            }
            args.push(&user);
            let ring = gpg(home.path(), &args);
            let now = Clock::system().unix_seconds().expect("a year between 1970 and 2106");
            let open = |pass: &str| OpenPgpKey::open(&ring, &Secret::new(pass), None, now);
            if !passphrase.is_empty() {
                assert!(open("").is_err() && open("wrong").is_err());
            }
            let key = open(passphrase).unwrap_or_else(|e| panic!("{kind}: {e}"));
            assert!(
                OpenPgpKey::open(&ring, &Secret::new(passphrase), None, now + 200_000).is_err(),
                "expired"
            );
            ids.push(key.key_id());
            let text = format!("{kind} {armor}\n");
            let signer = Signer::OpenPgp(Box::new(key), Clock::system());
            here.publish("a file", &info("signed"), Some(&signer), |_| Ok(writing("a", &text)))
                .expect("pushed");
            let verified = git_command(there.path())
                .env("GNUPGHOME", home.path())
                .args(["verify-commit", "main"])
                .output()
                .expect("git runs");
            assert!(verified.status.success(), "{kind}: {}", String::from_utf8_lossy(&verified.stderr));
        }
    }
    let all = gpg(home.path(), &["--passphrase", "open sesame", "--export-secret-keys"]);
    let last = ids.last().expect("some");
    let chosen =
        OpenPgpKey::open(&all, &Secret::new("open sesame"), Some(&format!("0x{}", last.to_lowercase())), 1);
    assert_eq!(chosen.expect("chosen by its id").key_id(), *last);
    let missing = OpenPgpKey::open(&all, &Secret::default(), Some("0123456789ABCDEF"), 1);
    assert!(missing.is_err());
    let public = gpg(home.path(), &["--export"]);
    assert!(OpenPgpKey::open(&public, &Secret::default(), None, 1).is_err());
    gpg_agent_stop(home.path());
}

/// Ends the agent that gpg starts for its directory.
fn gpg_agent_stop(home: &Path) {
    let stopped = Command::new("gpgconf").arg("--homedir").arg(home).args(["--kill", "all"]).status();
    assert!(stopped.is_ok_and(|status| status.success()));
}
