//! The Git layer over SSH against a real `sshd`: keys, agents, passwords, host keys, proxies.

use std::process::Command;
use std::time::Duration;

use edgeflux::git::{
    Access, Address, Algorithm, Auth, Curve, Error, KnownHosts, PrivateKey, certified_host_keys,
    known_hosts_text, list, scan_host_keys,
};
use edgeflux::secret::Secret;
use tempfile::TempDir;

use crate::git_layer::{clone, publish, remote};
use crate::support::socks::Socks;
use crate::support::sshd::{Sshd, keygen};

#[test]
fn every_kind_of_key_opens_an_ssh_server() {
    let server = Sshd::start();
    let there = server.create("fleet.git");
    there.commit("main", "first", &[("a.txt", Some("one\n"))]);
    let directory = TempDir::new().expect("a directory");
    let mut keys = Vec::new();
    for (kind, passphrase) in
        [("ed25519", ""), ("ed25519", "open sesame"), ("ecdsa", ""), ("rsa", "open sesame")]
    {
        let file = directory.path().join(format!("{kind}{}", passphrase.len()));
        let public = keygen(&file, kind, passphrase);
        let key = PrivateKey::parse(&std::fs::read(&file).expect("read"), &Secret::new(passphrase))
            .expect("parsed");
        let line = key.public_line().expect("a line");
        assert!(public.starts_with(line.trim_end()), "{public} is not {line}");
        keys.push(key);
    }
    for algorithm in [
        Algorithm::Ed25519,
        Algorithm::Ecdsa(Curve::P384),
        Algorithm::Ecdsa(Curve::P521),
        Algorithm::Rsa(2048),
    ] {
        keys.push(PrivateKey::generate(algorithm).expect("made"));
    }
    for (number, key) in keys.into_iter().enumerate() {
        let name = format!("{number} {}", key.type_name());
        server.authorize(&key.public_line().expect("a line"));
        let auth = Auth::SshKey { username: server.user().to_owned(), key };
        let mut remote = remote(&server.url("fleet.git"), auth);
        remote.known_hosts = KnownHosts::parse(&server.known_hosts());
        let mut here = clone(&remote, "main").unwrap_or_else(|e| panic!("{name}: {e}"));
        publish(&mut here, &format!("{number}.txt"), "x\n").unwrap_or_else(|e| panic!("{name}: {e}"));
    }
    assert_eq!(there.subjects("main").len(), 9);
}

#[test]
fn a_host_certificate_of_a_known_authority_is_accepted() {
    let kinds = ["rsa", "ecdsa", "ed25519"];
    let listed = |kind: &str, hosts: &str, validity: &str, lines: &str| {
        let (server, authority) = Sshd::start_certified(&[kind], hosts, validity);
        server.create("fleet.git").commit("main", "first", &[("a.txt", Some("one\n"))]);
        let key = PrivateKey::generate(Algorithm::Ed25519).expect("made");
        server.authorize(&key.public_line().expect("a line"));
        let auth = Auth::SshKey { username: server.user().to_owned(), key };
        let mut remote = remote(&server.url("fleet.git"), auth);
        let lines = lines.replace("PORT", &server.port().to_string()).replace("CA", &authority);
        remote.known_hosts = KnownHosts::parse(&lines);
        let certified = certified_host_keys(&remote);
        (list(&remote, Access::Read).map(drop), certified, server.known_hosts())
    };
    for kind in kinds {
        let (listing, certified, all) =
            listed(kind, "127.0.0.1,localhost", "-1d:+1d", "@cert-authority [127.0.0.1]:PORT CA");
        listing.unwrap_or_else(|error| panic!("{kind}: {error}"));
        let certified = certified.expect("they are shown");
        assert_eq!(certified.len(), 1, "{kind}");
        assert!(all.contains(&certified[0].known_hosts_line("127.0.0.1", 1)[16..]), "{kind}: {certified:?}");
    }
    let authority = "@cert-authority [127.0.0.1]:PORT CA";
    let (expired, ..) = listed("ed25519", "127.0.0.1", "-2d:-1d", authority);
    assert!(
        matches!(&expired, Err(Error::HostCertificate { reason, .. }) if reason.contains("expired")),
        "{expired:?}"
    );
    let (other, ..) = listed("ed25519", "git.example.com", "-1d:+1d", authority);
    assert!(matches!(&other, Err(Error::HostCertificate { .. })), "{other:?}");
    let revoked = format!("{authority}@revoked * CA");
    let (revoked, ..) = listed("ed25519", "127.0.0.1", "-1d:+1d", &revoked);
    assert!(matches!(&revoked, Err(Error::HostKeyChanged { .. })), "{revoked:?}");
    let (unknown, ..) = listed("ed25519", "127.0.0.1", "-1d:+1d", "@cert-authority [127.0.0.2]:PORT CA");
    assert!(matches!(&unknown, Err(Error::HostKeyUnknown { .. })), "{unknown:?}");
}

#[test]
fn refusals_over_ssh_are_distinguished() {
    let server = Sshd::start();
    server.create("fleet.git").commit("main", "first", &[("a.txt", Some("one\n"))]);
    let key = PrivateKey::generate(Algorithm::Ed25519).expect("made");
    let auth = Auth::SshKey { username: server.user().to_owned(), key: key.clone() };
    let mut remote = remote(&server.url("fleet.git"), auth);
    let unknown = list(&remote, Access::Read).expect_err("no host key is known");
    assert!(
        matches!(&unknown, Error::HostKeyUnknown { host, .. } if *host == format!("[127.0.0.1]:{}", server.port())),
        "{unknown}"
    );
    let other = Sshd::start();
    let changed = other.known_hosts().replace(&other.port().to_string(), &server.port().to_string());
    remote.known_hosts = KnownHosts::parse(&changed);
    let changed = list(&remote, Access::Read).expect_err("another host key");
    assert!(matches!(changed, Error::HostKeyChanged { .. }), "{changed}");
    remote.known_hosts = KnownHosts::parse(&server.known_hosts());
    let stranger = list(&remote, Access::Read).expect_err("the key is not authorized");
    assert!(matches!(stranger, Error::AuthRefused { .. }), "{stranger}");
    server.authorize_read_only(&key.public_line().expect("a line"));
    list(&remote, Access::Read).expect("may read");
    let writes = list(&remote, Access::Write).expect_err("may not push");
    assert!(matches!(writes, Error::Forbidden { access: Access::Write, .. }), "{writes}");
    remote.address = Address::parse(&server.url("nowhere.git")).expect("a URL");
    let missing = list(&remote, Access::Read).expect_err("no such repository");
    assert!(matches!(missing, Error::NotFound { .. }), "{missing}");
}

#[test]
fn all_host_keys_are_scanned_and_each_is_sufficient() {
    let server = Sshd::start();
    server.create("fleet.git").commit("main", "first", &[("a.txt", Some("one\n"))]);
    let key = PrivateKey::generate(Algorithm::Ed25519).expect("made");
    server.authorize(&key.public_line().expect("a line"));
    let mut remote =
        remote(&server.url("fleet.git"), Auth::SshKey { username: server.user().to_owned(), key });
    let keys = scan_host_keys(&remote, &[]).expect("scanned");
    let text = known_hosts_text(&keys, "127.0.0.1", server.port());
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&text), sorted(&server.known_hosts()));
    for line in text.lines() {
        remote.known_hosts = KnownHosts::parse(line);
        list(&remote, Access::Read).unwrap_or_else(|e| panic!("{line}: {e}"));
    }
    let rsa = scan_host_keys(&remote, &["rsa-sha2-256".to_owned()]).expect("scanned");
    assert_eq!(rsa.iter().map(|k| k.key_type.as_str()).collect::<Vec<_>>(), ["ssh-rsa"]);
    // Only an algorithm whose key is not the known one is allowed.
    remote.known_hosts =
        KnownHosts::parse(&text.lines().filter(|l| l.contains("ed25519")).collect::<String>());
    remote.host_key_algorithms = vec!["rsa-sha2-512".into()];
    assert!(matches!(list(&remote, Access::Read), Err(Error::HostKeyChanged { .. })));
}

#[test]
fn an_agents_keys_open_an_ssh_server() {
    let server = Sshd::start();
    server.create("fleet.git").commit("main", "first", &[("a.txt", Some("one\n"))]);
    let directory = TempDir::new().expect("a directory");
    let socket = directory.path().join("agent");
    let mut agent =
        Command::new("ssh-agent").arg("-D").arg("-a").arg(&socket).spawn().expect("ssh-agent runs");
    let started = (0..200).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        socket.exists()
    });
    let run = || {
        assert!(started, "ssh-agent makes its socket");
        let mut remote = remote(
            &server.url("fleet.git"),
            Auth::SshAgent { username: server.user().to_owned(), socket: socket.clone() },
        );
        remote.known_hosts = KnownHosts::parse(&server.known_hosts());
        let empty = list(&remote, Access::Read).expect_err("no key yet");
        assert!(empty.to_string().contains("has no keys"), "{empty}");
        for (name, authorized) in [("stranger", false), ("friend", true)] {
            let file = directory.path().join(name);
            let public = keygen(&file, "ed25519", "");
            if authorized {
                server.authorize(&public);
            }
            let added = Command::new("ssh-add").arg("-q").arg(&file).env("SSH_AUTH_SOCK", &socket).status();
            assert!(added.is_ok_and(|status| status.success()));
            let listed = list(&remote, Access::Write);
            assert_eq!(listed.is_ok(), authorized, "{listed:?}");
        }
    };
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
    agent.kill().expect("the agent ends");
    agent.wait().expect("the agent ended");
    if let Err(panic) = result {
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn a_password_opens_an_ssh_server() {
    let server = Sshd::start_with_password("hunter2");
    server.create("fleet.git").commit("main", "first", &[("a.txt", Some("one\n"))]);
    let with = |password: &str| {
        let auth = Auth::SshPassword { username: server.user().to_owned(), password: Secret::new(password) };
        let mut remote = remote(&server.url("fleet.git"), auth);
        remote.known_hosts = KnownHosts::parse(&server.known_hosts());
        list(&remote, Access::Write)
    };
    assert!(with("hunter2").is_ok());
    assert!(matches!(with("wrong"), Err(Error::AuthRefused { .. })));
}

#[test]
fn a_socks_proxy_is_used_except_for_no_proxy_hosts() {
    let server = Sshd::start();
    server.create("fleet.git").commit("main", "first", &[("a.txt", Some("one\n"))]);
    let key = PrivateKey::generate(Algorithm::Ed25519).expect("made");
    server.authorize(&key.public_line().expect("a line"));
    // A name that only the proxy can resolve.
    let url = server.url("fleet.git").replace("127.0.0.1", "git.invalid");
    let mut far = remote(&url, Auth::SshKey { username: server.user().to_owned(), key });
    far.known_hosts = KnownHosts::parse(&server.known_hosts().replace("127.0.0.1", "git.invalid"));
    let socks = Socks::start("me", "geheim");
    for scheme in ["socks5", "SOCKS5H"] {
        far.network.all = Some(format!("{scheme}://me:geheim@{}", socks.address()).into());
        let mut here = clone(&far, "main").expect("through the proxy");
        publish(&mut here, &format!("{scheme}.txt"), "x\n").expect("pushed through the proxy");
    }
    let asked = format!("git.invalid:{}", server.port());
    assert!(socks.asked().len() >= 4 && socks.asked().iter().all(|it| *it == asked), "{:?}", socks.asked());

    let before = socks.asked().len();
    far.network.no_proxy = Some("other.invalid,.invalid".into());
    let direct = list(&far, Access::Read).expect_err("no such host");
    assert!(matches!(direct, Error::Network { .. }), "{direct}");
    assert_eq!(socks.asked().len(), before);

    far.network.no_proxy = None;
    for (url, why) in [
        (format!("socks5://me:geheim2@{}", socks.address()), "ALL_PROXY"),
        ("socks5://me:geheim2@127.0.0.1:9".to_owned(), "127.0.0.1:9"),
    ] {
        far.network.all = Some(url.into());
        let refused = list(&far, Access::Read).expect_err("no way through");
        let shown = format!("{refused} {refused:?}");
        assert!(shown.contains(why) && !shown.contains("geheim"), "{shown}");
    }
}
