//! `flux bootstrap git` over SSH: private keys, generated keys, agents, passwords, host keys.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tempfile::TempDir;

use crate::support::assets;
use crate::support::cluster::Cluster;
use crate::support::controllers::Controllers;
use crate::support::flux::Flux;
use crate::support::repository::Repository;
use crate::support::sshd::{Sshd, keygen};

struct Fleet {
    server: Sshd,
    repository: Repository,
    scratch: TempDir,
}

impl Fleet {
    fn new(server: Sshd) -> Self {
        let repository = server.create("fleet.git");
        repository.commit("main", "Initial commit", &[("README.md", Some("ours\n"))]);
        Self { server, repository, scratch: TempDir::new().expect("a directory") }
    }

    fn bootstrap(&self, cluster: &Cluster) -> Flux {
        Flux::new(cluster)
            .limit(Duration::from_mins(4))
            .line("bootstrap git --path=clusters/one")
            .args([format!("--url={}", self.server.url("fleet.git"))])
    }

    /// A private key's file, and its public line.
    fn key(&self, name: &str, kind: &str, passphrase: &str) -> (String, String) {
        let file = self.scratch.path().join(name);
        let public = keygen(&file, kind, passphrase);
        (file.to_str().expect("a plain path").to_owned(), public)
    }

    /// A `known_hosts` with the server's keys.
    fn known_hosts(&self) -> PathBuf {
        let file = self.scratch.path().join("known_hosts");
        std::fs::write(&file, self.server.known_hosts()).expect("written");
        file
    }
}

/// A value of the cluster's Secret.
fn credential(cluster: &Cluster, key: &str) -> Option<String> {
    let secret = cluster.try_get("Secret", "flux-system", "flux-system")?;
    let text = secret["data"][key].as_str()?.to_owned();
    Some(String::from_utf8(STANDARD.decode(text).expect("base64")).expect("text"))
}

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

/// An SSH agent that ends with the test.
struct Agent {
    child: Child,
    socket: PathBuf,
}

impl Agent {
    fn start(directory: &Path) -> Self {
        let socket = directory.join("agent");
        let child = Command::new("ssh-agent")
            .arg("-D")
            .arg("-a")
            .arg(&socket)
            .stdout(Stdio::null())
            .spawn()
            .expect("ssh-agent runs");
        let agent = Self { child, socket };
        for _ in 0..500 {
            if agent.socket.exists() {
                return agent;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("ssh-agent makes its socket")
    }

    fn add(&self, key: &str) {
        let added = Command::new("ssh-add").arg("-q").arg(key).env("SSH_AUTH_SOCK", &self.socket).status();
        assert!(added.is_ok_and(|status| status.success()));
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // Without an answer it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_private_key_of_the_user_is_used_for_git_and_for_the_cluster() {
    let cluster = Arc::new(Cluster::fresh());
    let fleet = Fleet::new(Sshd::start());
    let (key, public) = fleet.key("id_locked", "ed25519", "open sesame");
    let Some(controllers) = Controllers::watch(&cluster, "flux-system") else { return };
    let run = |passphrase: &str| {
        fleet.bootstrap(&cluster).env("GIT_PASSWORD", passphrase).args(["--private-key-file", &key])
    };
    let locked = run("").fails(1);
    assert!(locked.stderr.contains("protected by a passphrase"), "{locked:?}");
    let stranger = run("open sesame").fails(1);
    assert!(stranger.stderr.contains("refused the credentials"), "{stranger:?}");
    fleet.server.authorize_read_only(&public);
    let reader = run("open sesame").fails(1);
    assert!(reader.stderr.contains("does not allow pushing"), "{reader:?}");
    assert_eq!(fleet.repository.subjects("main"), ["Initial commit"]);
    assert!(cluster.try_get("Namespace", "", "flux-system").is_none(), "nothing was written");

    let other = fleet.key("id_rsa", "rsa", "");
    fleet.server.authorize(&other.1);
    let first = fleet.bootstrap(&cluster).args(["--private-key-file", &other.0]).ok();
    assert!(first.stderr.contains("is not in known_hosts: trusting its host key"), "{first:?}");
    assert_eq!(credential(&cluster, "identity"), std::fs::read_to_string(&other.0).ok());
    let known = credential(&cluster, "known_hosts").expect("host keys");
    assert_eq!(sorted(&known), sorted(&fleet.server.known_hosts()), "every kind of host key");
    let line = credential(&cluster, "identity.pub").expect("a public key");
    assert!(other.1.starts_with(line.trim_end()), "{line}");
    assert_eq!(credential(&cluster, "password"), None);
    assert_eq!(fleet.repository.subjects("main").len(), 3);

    // Without the file and with an agent, the cluster keeps its key, and nothing is asked.
    let agent = Agent::start(fleet.scratch.path());
    agent.add(&other.0);
    let strict = fleet.bootstrap(&cluster).env("SSH_AUTH_SOCK", &agent.socket).fails(1);
    assert!(strict.stderr.contains("is not known") && strict.stderr.contains("ssh-keyscan -p"), "{strict:?}");
    let again = fleet
        .bootstrap(&cluster)
        .env("SSH_AUTH_SOCK", &agent.socket)
        .env("SSH_KNOWN_HOSTS", fleet.known_hosts())
        .ok();
    assert!(again.stderr.contains("✔ source secret up to date"), "{again:?}");
    assert!(!again.stderr.contains("public key"), "{again:?}");
    assert_eq!(credential(&cluster, "identity"), std::fs::read_to_string(&other.0).ok());
    drop(controllers);
}

#[test]
fn a_generated_key_is_shown_and_used_once_it_has_access() {
    let cluster = Arc::new(Cluster::fresh());
    let fleet = Fleet::new(Sshd::start());
    let (writer, public) = fleet.key("writer", "ecdsa", "");
    fleet.server.authorize(&public);
    let agent = Agent::start(fleet.scratch.path());
    agent.add(&writer);
    let Some(controllers) = Controllers::watch(&cluster, "flux-system") else { return };
    let run = || {
        fleet
            .bootstrap(&cluster)
            .env("SSH_AUTH_SOCK", &agent.socket)
            .env("SSH_KNOWN_HOSTS", fleet.known_hosts())
    };
    let nobody = fleet.bootstrap(&cluster).fails(1);
    assert!(nobody.stderr.contains("no SSH key"), "{nobody:?}");
    for (flux, why) in [
        (run(), "aborting"),
        (run().stdin("n\n"), "aborting"),
        (run().line("--silent"), "no access"),
        (run().stdin("y\n"), "still has no access"),
    ] {
        let refused = flux.fails(1);
        assert!(refused.stderr.contains("✔ public key: ecdsa-sha2-nistp384 "), "{refused:?}");
        assert!(refused.stderr.contains(why), "{refused:?}");
        assert_eq!(refused.stdout, "");
    }
    assert_eq!(fleet.repository.subjects("main"), ["Initial commit"]);
    assert!(cluster.try_get("Namespace", "", "flux-system").is_none(), "nothing was written");

    // The user gives the shown key access and confirms; the push is refused by a hook.
    let hook = fleet.repository.path().join("hooks/pre-receive");
    fs::create_dir_all(hook.parent().expect("it has one")).expect("a directory");
    fs::write(&hook, "#!/bin/sh\nexit 1\n").expect("a hook");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("a hook that runs");
    let mut child = Command::new(assets::flux())
        .args("bootstrap git --path=clusters/one --ssh-key-algorithm=ed25519".split(' '))
        .arg(format!("--url={}", fleet.server.url("fleet.git")))
        .env_clear()
        .env("HOME", fleet.scratch.path())
        .env("KUBECONFIG", cluster.kubeconfig())
        .env("SSH_AUTH_SOCK", &agent.socket)
        .env("SSH_KNOWN_HOSTS", fleet.known_hosts())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the built flux starts");
    let mut said = BufReader::new(child.stderr.take().expect("piped")).lines().map_while(Result::ok);
    let shown = said
        .find_map(|line| line.strip_prefix("✔ public key: ").map(str::to_owned))
        .expect("the key is shown before anything is asked");
    assert!(shown.starts_with("ssh-ed25519 "), "{shown}");
    fleet.server.authorize_read_only(&shown);
    child.stdin.take().expect("piped").write_all(b"y\n").expect("the command waits for an answer");
    let rest: Vec<String> = said.collect();
    assert!(!child.wait().expect("it ends").success(), "{rest:#?}");
    assert_eq!(fleet.repository.subjects("main"), ["Initial commit"]);
    assert_eq!(credential(&cluster, "identity.pub"), Some(format!("{shown}\n")), "kept: {rest:#?}");

    // The same command continues with that key, and asks nothing.
    fs::remove_file(&hook).expect("the hook was there");
    let output = run().ok();
    assert!(!output.stderr.contains("public key"), "{output:?}");
    let pem = credential(&cluster, "identity").expect("a key");
    assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n") && pem.ends_with("-----END PRIVATE KEY-----\n"));
    assert_eq!(credential(&cluster, "identity.pub"), Some(format!("{shown}\n")));
    drop(controllers);
}
