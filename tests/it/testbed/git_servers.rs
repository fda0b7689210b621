//! The Git servers of the test bed, used by the real `git`.

use std::path::Path;
use std::process::Output;
use std::time::Duration;

use tempfile::TempDir;

use crate::support::git_http::{Fault, GitHttp};
use crate::support::repository::git_command;
use crate::support::sshd::{Sshd, keygen};
use crate::support::tls::Authority;

fn git(directory: &Path, args: &[&str], env: &[(&str, &str)]) -> Output {
    git_command(directory).args(args).envs(env.iter().copied()).output().expect("git runs")
}

fn ok(out: &Output) {
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}

fn refused(out: &Output, why: &str) {
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(!out.status.success(), "git was let in");
    assert!(said.contains(why), "{said}");
}

#[test]
fn git_over_http_checks_accounts_and_records_requests() {
    let server = GitHttp::start().basic("me", "secret").basic_read_only("you", "look");
    let repository = server.create("fleet.git");
    repository.commit("main", "first", &[("a.txt", Some("one\n"))]);
    let directory = TempDir::new().expect("a directory");
    let url = |who: &str| server.url("fleet.git").replace("//", &format!("//{who}@"));

    refused(&git(directory.path(), &["clone", &url("me:wrong"), "no"], &[]), "Authentication failed");
    ok(&git(directory.path(), &["clone", &url("you:look"), "w"], &[]));
    let work = directory.path().join("w");
    std::fs::write(work.join("b.txt"), "two\n").expect("a file");
    ok(&git(&work, &["add", "."], &[]));
    ok(&git(&work, &["commit", "-m", "second"], &[]));
    refused(&git(&work, &["push", &url("you:look"), "main"], &[]), "403");
    ok(&git(&work, &["push", &url("me:secret"), "main"], &[]));

    assert_eq!(repository.subjects("main"), ["second", "first"]);
    assert_eq!(repository.files("main")["b.txt"], "two\n");
    let pushes = |account: &str| {
        let requests = server.requests();
        let pushed = requests
            .iter()
            .filter(|it| it.method == "POST" && it.account == account && it.target.ends_with("receive-pack"));
        pushed.count()
    };
    assert_eq!((pushes("me"), pushes("you")), (1, 0));
}

#[test]
fn git_over_https_is_trusted_only_with_its_authority() {
    let authority = Authority::new();
    let server = GitHttp::start_tls(&authority).bearer("t0ken");
    server.create("fleet.git").commit("main", "first", &[("a.txt", Some("one\n"))]);
    let directory = TempDir::new().expect("a directory");
    let url = server.url("fleet.git");
    let header = "http.extraHeader=Authorization: Bearer t0ken";

    refused(&git(directory.path(), &["-c", header, "ls-remote", &url], &[]), "certificate");
    let ca = authority.file();
    let ca = [("GIT_SSL_CAINFO", ca.to_str().expect("a plain path"))];
    ok(&git(directory.path(), &["-c", header, "ls-remote", &url], &ca));
    refused(&git(directory.path(), &["ls-remote", &url], &ca), "");
}

#[test]
fn git_over_http_fails_and_races_on_request() {
    let server = GitHttp::start();
    let repository = server.create("fleet.git");
    repository.commit("main", "first", &[("a.txt", Some("one\n"))]);
    let directory = TempDir::new().expect("a directory");
    let url = server.url("fleet.git");
    let list = || git(directory.path(), &["ls-remote", &url], &[]);

    server.fail_nth(1, Fault::Status(500, "broken"));
    refused(&list(), "500");
    server.fail_nth(1, Fault::HangUp);
    refused(&list(), "");
    server.fail("git-upload-pack", 2, Fault::Header(429, "Retry-After", "1"));
    refused(&list(), "429");
    refused(&list(), "429");
    server.fail("git-upload-pack", 1, Fault::Stall(Duration::from_millis(1)));
    refused(&list(), "503");
    ok(&list());

    ok(&git(directory.path(), &["clone", &url, "w"], &[]));
    let work = directory.path().join("w");
    ok(&git(&work, &["commit", "--allow-empty", "-m", "mine"], &[]));
    let rival = repository.clone();
    server.before_push(move || {
        rival.commit("main", "theirs", &[("b.txt", Some("two\n"))]);
    });
    refused(&git(&work, &["push", "origin", "main"], &[]), "main");
    assert_eq!(repository.subjects("main"), ["theirs", "first"]);
}

#[test]
fn git_over_ssh_checks_keys_and_shows_every_host_key() {
    let server = Sshd::start();
    let repository = server.create("fleet.git");
    repository.commit("main", "first", &[("a.txt", Some("one\n"))]);
    let directory = TempDir::new().expect("a directory");
    let known = directory.path().join("known_hosts");
    std::fs::write(&known, server.known_hosts()).expect("a file");
    let public = |name: &str, kind: &str| keygen(&directory.path().join(name), kind, "");
    let ssh = |key: &str, host_key: &str| {
        format!(
            "ssh -F none -i {0}/{key} -o IdentitiesOnly=yes -o UserKnownHostsFile={0}/known_hosts -o BatchMode=yes -o HostKeyAlgorithms={host_key}",
            directory.path().display()
        )
    };
    let url = server.url("fleet.git");
    let run = |key: &str, host_key: &str, args: &[&str]| {
        let ssh = ssh(key, host_key);
        git(directory.path(), args, &[("GIT_SSH_COMMAND", ssh.as_str())])
    };

    server.authorize(&public("mine", "ed25519"));
    server.authorize_read_only(&public("yours", "ecdsa"));
    public("nobody", "ed25519");
    refused(&run("nobody", "ssh-ed25519", &["ls-remote", &url]), "Permission denied");
    for host_key in ["ssh-ed25519", "rsa-sha2-512", "ecdsa-sha2-nistp256"] {
        ok(&run("mine", host_key, &["ls-remote", &url]));
    }
    ok(&run("yours", "ssh-ed25519", &["clone", &url, "w"]));
    let push = ["-C", "w", "push", "origin", "HEAD:refs/heads/next"];
    refused(&run("yours", "ssh-ed25519", &push), "may read only");
    ok(&run("mine", "ssh-ed25519", &push));
    assert_eq!(repository.branches(), ["main", "next"]);
}
