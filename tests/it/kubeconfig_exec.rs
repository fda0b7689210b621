//! Exec plugins of kubeconfigs.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::support::flux::Flux;
use crate::support::kubeconfig_bed::Bed;
use crate::support::tls::Authority;

impl Bed {
    /// Writes an exec plugin and a kubeconfig that uses it, with more fields of `exec`.
    fn plugin(&self, script: &str, more: &str) {
        let file = self.directory.path().join("login");
        fs::write(&file, format!("#!/bin/sh\n{script}\n")).expect("a file");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("its permissions");
        self.write(
            "",
            &format!("{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: ./login, interactiveMode: Never{more}}}}}"),
        );
    }
}

/// A line of a script that prints these fields of a status, in JSON without braces.
fn print(status: &str) -> String {
    let credential = format!(
        "{{\"apiVersion\": \"client.authentication.k8s.io/v1\", \"kind\": \"ExecCredential\", \"status\": {{{status}}}}}"
    );
    format!("cat <<X\n{credential}\nX")
}

#[test]
fn a_rejected_or_expired_token_is_requested_again() {
    let count = "n=$(($(cat count 2>/dev/null || echo 0) + 1)); cd \"$(dirname \"$0\")\"; n=$(($(cat count 2>/dev/null || echo 0) + 1)); echo $n > count";
    let bed = Bed::answering(true, |_, headers| {
        let known = headers[header::AUTHORIZATION] == "Bearer t2";
        if known { StatusCode::OK.into_response() } else { StatusCode::UNAUTHORIZED.into_response() }
    });
    bed.plugin(&format!("{count}\n{}", print("\"token\": \"t$n\"")), "");
    bed.flux().ok();
    assert_eq!(bed.authorizations(), [Some("Bearer t1".to_owned()), Some("Bearer t2".to_owned())]);
    // Not forever, and not at all for the same token.
    let bed = Bed::answering(true, |_, _| StatusCode::UNAUTHORIZED.into_response());
    bed.plugin(&format!("{count}\n{}", print("\"token\": \"t$n\"")), "");
    bed.flux().fails(1);
    assert_eq!(bed.authorizations().len(), 2);
    let bed = Bed::answering(true, |_, _| StatusCode::UNAUTHORIZED.into_response());
    bed.plugin(&print("\"token\": \"same\""), "");
    bed.flux().fails(1);
    assert_eq!(bed.authorizations().len(), 1);

    // An expired token is replaced before it is used.
    let bed = Bed::secure();
    bed.plugin(
        &format!(
            "{count}\n{}",
            print("\"token\": \"t$n\", \"expirationTimestamp\": \"2020-01-01T00:00:00Z\"")
        ),
        "",
    );
    bed.flux().ok();
    let last = bed.authorizations().pop().flatten().expect("a token");
    assert!(last != "Bearer t1", "{last}");
    let bed = Bed::secure();
    bed.plugin(
        &format!(
            "{count}\n{}",
            print("\"token\": \"t$n\", \"expirationTimestamp\": \"2120-01-01T00:00:00+01:00\"")
        ),
        "",
    );
    bed.flux().ok();
    assert!(bed.authorizations().iter().all(|it| it.as_deref() == Some("Bearer t1")));
}

#[test]
fn both_a_token_and_a_certificate_are_used() {
    let authority = Authority::new();
    let tls = authority.server_tls_for_clients();
    let (client, client_key) = authority.client("jane");
    let bed = Bed::with(authority, tls);
    let escaped = |pem: &str| serde_json::to_string(pem).expect("a text").replace('\\', "\\\\");
    let pair = format!(
        "\"clientCertificateData\": {}, \"clientKeyData\": {}",
        escaped(&client),
        escaped(&client_key)
    );
    bed.plugin(&print(&format!("\"token\": \"both\", {pair}")), "");
    bed.flux().ok();
    assert_eq!(bed.authorizations().last(), Some(&Some("Bearer both".to_owned())));
    bed.plugin(&print(&pair), "");
    bed.flux().ok();
    assert_eq!(bed.authorizations().last(), Some(&None));
    // The server requires a client certificate.
    bed.plugin(&print("\"token\": \"alone\""), "");
    bed.flux().fails(1);
    // A certificate in the kubeconfig overrides the plugin.
    bed.file("u.crt", &client);
    bed.file("u.key", &client_key);
    bed.write("", "{client-certificate: u.crt, client-key: u.key, exec: {apiVersion: client.authentication.k8s.io/v1, command: /nowhere, interactiveMode: Never}}");
    bed.flux().ok();
    bed.write("", "{client-certificate: u.crt, client-key: u.key, token: t}");
    bed.flux().ok();
    assert_eq!(bed.authorizations().last(), Some(&Some("Bearer t".to_owned())));
}

#[test]
fn an_exec_plugin_gets_the_environment_that_client_go_sets() {
    let bed = Bed::secure();
    let script = format!(
        "cd \"$(dirname \"$0\")\"\nprintf '%s' \"$KUBERNETES_EXEC_INFO\" > info\necho \"$A|$HOME|$*\" > more\ncat > stdin\n{}",
        print("\"token\": \"t\"")
    );
    bed.plugin(&script, ", args: [x, 'y z'], env: [{name: A, value: b}, {name: HOME, value: ''}]");
    bed.flux().stdin("not for it").ok();
    let info = |name: &str| fs::read_to_string(bed.path(name)).expect("the program wrote it");
    let told: Value = serde_json::from_str(&info("info")).expect("JSON");
    assert_eq!(
        told,
        serde_json::json!({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "spec": {"interactive": false}})
    );
    assert_eq!(info("more"), "b||x y z\n");
    assert_eq!(info("stdin"), "", "standard input is the command's own");

    bed.plugin(&script, ", provideClusterInfo: true");
    let text = fs::read_to_string(bed.path("config")).expect("the kubeconfig").replace(
        "cluster: {server:",
        "cluster: {disable-compression: true, extensions: [{name: other, extension: 1}, {name: client.authentication.k8s.io/exec, extension: {audience: [a]}}], server:",
    );
    bed.file("config", &text);
    bed.flux().ok();
    let told: Value = serde_json::from_str(&info("info")).expect("JSON");
    let cluster = &told["spec"]["cluster"];
    assert_eq!(cluster["server"], bed.server.url());
    assert_eq!(cluster["config"], serde_json::json!({"audience": ["a"]}));
    assert_eq!(cluster["disable-compression"], true);
    assert_eq!(cluster.get("insecure-skip-tls-verify"), None);
    let authority = STANDARD.encode(bed.authority.pem());
    assert_eq!(cluster["certificate-authority-data"], authority);
}

#[test]
fn a_failing_exec_plugin_is_reported_without_its_output() {
    let bed = Bed::secure();
    let fails = |words: &[&str]| {
        let output = bed.flux().fails(1);
        assert!(!format!("{output:?}").contains("geheim"), "{output:?}");
        for word in words.iter().chain(&["hint: ", "user \"u\"", "login"]) {
            assert!(output.stderr.contains(word), "{word:?} is missing: {output:?}");
        }
    };
    let status = |fields: &str| print(&format!("\"note\": \"geheim\", {fields}"));
    for (script, words) in [
        ("echo geheim; echo 'run: login --sso' >&2; exit 3", &["run: login --sso", "exit status: 3"][..]),
        ("kill -9 $$", &["signal: 9"]),
        ("echo '<html>geheim'", &["not an ExecCredential"]),
        ("echo 'geheim: [geheim'", &["not an ExecCredential"]),
        ("exit 0", &["not an ExecCredential"]),
        (
            "echo '{\"kind\": \"ExecCredential\", \"apiVersion\": \"client.authentication.k8s.io/v1beta1\", \"status\": {\"token\": \"geheim\"}}'",
            &["v1beta1", "client.authentication.k8s.io/v1"],
        ),
        (
            "echo '{\"kind\": \"ExecCredential\", \"apiVersion\": \"client.authentication.k8s.io/v1\"}'",
            &["without a token"],
        ),
        (&status("\"token\": \"\""), &["without a token"]),
        (&status("\"token\": [\"geheim\"]"), &["status.token", "not a string"]),
        (&status("\"clientKeyData\": \"geheim\""), &["not both"]),
        (&status("\"clientKeyData\": \"geheim\", \"clientCertificateData\": \"geheim\""), &["PEM"]),
        (&status("\"token\": \"geheim\\\\nx\""), &["line break"]),
        (&status("\"token\": \"geheim\", \"expirationTimestamp\": \"soon\""), &["expirationTimestamp"]),
    ] {
        bed.plugin(script, "");
        fails(words);
    }
    let wrong = |exec: &str, words: &[&str]| {
        bed.write("", &format!("{{exec: {exec}}}"));
        let output = bed.flux().fails(1);
        for word in words.iter().chain(&["hint: "]) {
            assert!(output.stderr.contains(word), "{word:?} is missing: {output:?}");
        }
    };
    let with = |more: &str| format!("{{apiVersion: client.authentication.k8s.io/v1, command: login{more}}}");
    wrong(&with(""), &["interactiveMode", "IfAvailable"]);
    wrong(&with(", interactiveMode: Perhaps"), &["interactiveMode", "Perhaps"]);
    wrong(&with(", interactiveMode: Always"), &["terminal", "Always"]);
    wrong(&with(", interactiveMode: Never, env: [{value: x}]"), &["name"]);
    wrong(
        "{apiVersion: client.authentication.k8s.io/v1, command: no-such-login, interactiveMode: Never, installHint: \"brew install login\\e[1m\"}",
        &["was not found", "brew install login[1m"],
    );
    wrong("{command: login, interactiveMode: Never}", &["no apiVersion"]);
    wrong("{command: login, apiVersion: client.authentication.k8s.io/v1alpha1}", &["v1alpha1"]);
    wrong("{apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never}", &["command"]);
    wrong("{command: ./none, apiVersion: client.authentication.k8s.io/v1beta1}", &["was not found", "/none"]);
    wrong("{command: /, apiVersion: client.authentication.k8s.io/v1beta1}", &["cannot be run"]);
}

#[test]
fn an_exec_plugin_that_hangs_is_killed() {
    let bed = Bed::secure();
    bed.plugin("exec sleep 600", "");
    let output = bed.flux().args(["--timeout=2s"]).fails(1);
    assert!(output.stderr.contains("did not finish within 2s"), "{output:?}");
}

#[test]
fn an_exec_plugin_may_print_yaml() {
    let bed = Bed::secure();
    bed.plugin("printf 'apiVersion: client.authentication.k8s.io/v1\\nkind: ExecCredential\\nstatus:\\n  token: yaml\\n'", "");
    bed.flux().ok();
    assert_eq!(bed.authorizations().last(), Some(&Some("Bearer yaml".to_owned())));
}

#[test]
fn an_exec_plugin_may_prompt_on_a_terminal() {
    let bed = Bed::secure();
    bed.plugin(&format!("echo 'password?' >&2; read word\n{}", print("\"token\": \"$word\"")), "");
    for mode in ["IfAvailable", "Always"] {
        let text = fs::read_to_string(bed.path("config")).expect("the kubeconfig");
        let text = ["Never", "IfAvailable"].iter().fold(text, |text, old| text.replace(old, mode));
        bed.file("config", &text);
        let mut running = bed.flux().on_terminal().spawn();
        running.answer("password?", "typed\n");
        let output = running.wait();
        assert_eq!(output.code, Some(0), "{output:?}");
        assert_eq!(bed.authorizations().last(), Some(&Some("Bearer typed".to_owned())));
    }
}

#[test]
fn a_failing_exec_plugin_does_not_disturb_completion() {
    let bed = Bed::secure();
    bed.plugin("echo 'log in first' >&2; exit 1", "");
    let output = Flux::bare()
        .env("KUBECONFIG", bed.path("config"))
        .env("FLUX_COMPLETE", "bash")
        .args(["--", "flux", "get", "kustomizations", "a"])
        .run();
    assert!(!output.stderr.contains("log in first"), "{output:?}");
}
