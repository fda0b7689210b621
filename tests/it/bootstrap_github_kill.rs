//! `flux bootstrap github`, killed after each of its effects at GitHub, failed at each of its changes,
//! and run again.

use std::time::Duration;

use super::bootstrap_github_refusals::faults;
use crate::support::fleet::Fleet;
use crate::support::flux::Output;
use crate::support::github::{Fault, TOKEN};

const PATIENCE: Duration = Duration::from_mins(3);

/// The flags of the runs; the SSH server's address is added.
const LINE: &str =
    "--owner=acme --repository=fleet --path=clusters/one --team=sre:push --private --timeout=3m";

fn line(fleet: &Fleet, more: &str) -> String {
    let port = fleet.github.ssh().expect("it was asked for").port();
    format!("{LINE} --ssh-hostname=127.0.0.1:{port} {more}")
}

/// Kills a run when it has the answer to this call, so that the call has taken effect.
fn killed_after(fleet: &Fleet, more: &str, method: &str, path: &str) {
    fleet.github.fail(method, path, 1, Fault::DoneAndStall);
    let before = fleet.github.calls().len();
    let running = fleet.bootstrap(&line(fleet, more)).spawn();
    let deadline = std::time::Instant::now() + PATIENCE;
    while !fleet.github.calls()[before..].iter().any(|call| call.ends_with("-> stalled")) {
        assert!(std::time::Instant::now() < deadline, "{method} {path} was not called: {:?}", running.kill());
        std::thread::sleep(Duration::from_millis(20));
    }
    let output = running.kill();
    assert_eq!(output.code, None, "{output:?}");
    fleet.github.heal();
}

/// The flags of three consecutive runs: a first bootstrap and two changes.
const RUNS: [&str; 3] = ["", "--read-write-key", "--private=false --token-auth"];

#[test]
fn a_killed_bootstrap_is_completed_to_the_state_of_an_undisturbed_one() {
    // One after the other: each takes a control plane of its own.
    let Some(clean) = Fleet::start() else { return };
    let states = RUNS.map(|more| {
        clean.bootstrap(&line(&clean, more)).ok();
        clean.state("acme/fleet")
    });
    drop(clean);

    let killed = Fleet::start().expect("the first one started too");
    let push = ("POST", "/acme/fleet.git/git-receive-pack");
    let effects: [&[(&str, &str)]; 3] = [
        &[
            ("POST", "/orgs/acme/repos"),
            ("PUT", "/orgs/acme/teams/sre/repos/acme/fleet"),
            push,
            ("POST", "/repos/acme/fleet/keys"),
            push,
        ],
        &[("DELETE", "/repos/acme/fleet/keys/"), ("POST", "/repos/acme/fleet/keys")],
        &[("PATCH", "/repos/acme/fleet"), ("DELETE", "/repos/acme/fleet/keys/"), push],
    ];
    for ((more, effects), state) in RUNS.into_iter().zip(effects).zip(&states) {
        for (method, path) in effects {
            killed_after(&killed, more, method, path);
        }
        killed.bootstrap(&line(&killed, more)).ok();
        assert_eq!(killed.state("acme/fleet"), *state, "{more}");
    }
}

#[test]
fn a_change_that_fails_at_github_is_completed_by_the_same_command() {
    let Some(fleet) = Fleet::start() else { return };
    for (more, method, path, undo) in [
        ("", "POST", "/orgs/acme/repos", None),
        ("", "PUT", "/orgs/acme/teams/sre/repos/acme/fleet", Some("teams")),
        ("", "POST", "/repos/acme/fleet/keys", Some("keys")),
        ("--read-write-key", "DELETE", "/repos/acme/fleet/keys/", None),
        ("--private=false", "PATCH", "/repos/acme/fleet", None),
    ] {
        fleet.github.world(|world| {
            let Some(repository) = world.repositories.get_mut("acme/fleet") else { return };
            match undo {
                Some("teams") => repository.teams.clear(),
                Some("keys") => repository.keys.clear(),
                _ => {}
            }
        });
        for (fault, words) in faults() {
            let output = fails_at(&fleet, more, method, path, &fault);
            for word in words {
                assert!(output.stderr.contains(word), "{method} {path}: {word:?} is missing: {output:?}");
            }
        }
        let output = fleet.bootstrap(&line(&fleet, more)).ok();
        let found = fleet.github.repository("acme/fleet").expect("it was made");
        let rights: Vec<bool> = found.keys.iter().map(|key| key.read_only).collect();
        assert_eq!(rights, [!more.contains("--read-write-key")], "{output:?}");
        assert_eq!(found.visibility, if more.contains("--private=false") { "public" } else { "private" });
        assert_eq!(found.teams.len(), 1);
        assert_eq!(fleet.github.bare("acme/fleet").subjects("main").len(), 2, "{output:?}");
    }

    // Errors of Git have another text, but they must have one.
    for (fault, _) in faults() {
        fails_at(&fleet, "--token-auth", "POST", "/acme/fleet.git/git-receive-pack", &fault);
    }
    let output = fleet.bootstrap(&line(&fleet, "--token-auth")).ok();
    assert!(fleet.keys("acme/fleet").is_empty(), "{output:?}");
    assert_eq!(fleet.github.bare("acme/fleet").subjects("main").len(), 3, "{output:?}");
}

/// Runs while GitHub fails at this call. The failure must be reported with a hint and without the token.
fn fails_at(fleet: &Fleet, more: &str, method: &str, path: &str, fault: &Fault) -> Output {
    fleet.github.fail(method, path, usize::MAX, fault.clone());
    let output = fleet.bootstrap(&line(fleet, more)).args(["--timeout=4s"]).fails(1);
    assert!(output.stderr.contains("hint: "), "{method} {path}: {fault:?}: {output:?}");
    assert!(!format!("{output:?}").contains(TOKEN), "{method} {path}: {fault:?}: {output:?}");
    fleet.github.heal();
    output
}
