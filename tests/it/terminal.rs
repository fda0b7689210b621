//! On a terminal: questions, passwords, colors, Ctrl-C.

use serde_json::json;

use crate::support::cluster::Cluster;
use crate::support::flux::Flux;

fn source(cluster: &Cluster, namespace: &str) {
    cluster.apply_value(&json!({
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": { "name": "app", "namespace": namespace },
        "spec": { "interval": "1m", "url": "https://example.com/app" },
    }));
}

fn flux(namespace: &str, line: &str) -> Flux {
    Flux::new(Cluster::shared()).line(line).args(["--namespace", namespace]).on_terminal()
}

#[test]
fn delete_asks_for_confirmation_and_defaults_to_no() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("terminal-delete");
    source(cluster, &namespace);
    let there = || cluster.try_get("GitRepository", &namespace, "app").is_some();
    let question = "Are you sure you want to delete this source git";
    for (keys, code) in [("n", 1), ("\r", 1), ("\u{3}", 130)] {
        let mut running = flux(&namespace, "delete source git app").spawn();
        running.answer_key(question, keys);
        let output = running.wait();
        assert_eq!(output.code, Some(code), "{keys:?}: {output:?}");
        assert!(there(), "{keys:?}: {output:?}");
        let cursor = output.stdout.rsplit("\u{1b}[?25").next();
        assert!(cursor.is_some_and(|it| it.starts_with('h')), "the cursor is back: {output:?}");
    }
    let mut running = flux(&namespace, "delete source git app").spawn();
    running.answer_key(question, "y");
    let output = running.wait();
    assert_eq!(output.code, Some(0), "{output:?}");
    assert!(!there(), "{output:?}");
}

#[test]
fn a_password_is_prompted_for_and_not_echoed() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("terminal-password");
    let mut running =
        flux(&namespace, "create secret git app --url=https://example.com/app --username=me").spawn();
    running.answer_secret("Password of me", "geheim\r");
    let output = running.wait();
    assert_eq!(output.code, Some(0), "{output:?}");
    assert!(!output.stdout.contains("geheim"), "{output:?}");
    let secret = cluster.get("Secret", &namespace, "app");
    assert_eq!(secret["data"]["password"], "Z2VoZWlt");
}

#[test]
fn a_github_token_is_prompted_for_and_not_echoed() {
    let github = crate::support::github::GitHub::start();
    let namespace = Cluster::shared().namespace("terminal-token");
    let line = "--owner=alice --personal --repository=fleet --path=a --timeout=20s";
    let mut running = crate::support::fleet::bootstrap(Cluster::shared(), &github, line)
        .args(["--namespace", &namespace])
        .on_terminal()
        .spawn();
    running.answer_secret("personal access token", "ghp_geheim\r");
    let output = running.wait();
    assert_eq!(output.code, Some(1), "{output:?}");
    assert!(output.stdout.contains("does not accept the token"), "{output:?}");
    assert!(!output.stdout.contains("geheim"), "{output:?}");
}

#[test]
fn a_spinner_shows_the_elapsed_time_and_leaves_one_line() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("terminal-wait");
    source(cluster, &namespace);
    // No controller watches this namespace.
    let output = flux(&namespace, "reconcile source git app --timeout=2s").fails(1);
    assert!(output.stdout.contains(" 1s"), "{output:?}");
    let lines: Vec<&str> = output.stdout.lines().collect();
    let settled = |line: &&&str| line.contains("◎\u{1b}[0m waiting for GitRepository reconciliation");
    assert_eq!(lines.iter().filter(settled).count(), 1, "{output:?}");
    assert!(lines.iter().any(|line| line.contains("✗\u{1b}[0m")), "{output:?}");
}

#[test]
fn colors_are_for_terminals_and_respect_no_color() {
    let fails = |flux: Flux| flux.fails(1).stdout;
    let line = "create source git app --export";
    let colored = fails(Flux::bare().line(line).on_terminal());
    assert!(colored.contains("\u{1b}["), "{colored:?}");
    let plain = fails(Flux::bare().line(line).env("NO_COLOR", "1").on_terminal());
    assert!(!plain.contains('\u{1b}'), "{plain:?}");
    let dumb = fails(Flux::bare().line(line).on_terminal().env("TERM", "dumb"));
    assert!(!dumb.contains('\u{1b}'), "{dumb:?}");
}
