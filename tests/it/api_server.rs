//! Errors about an API server that is not ready, and about other servers at its address.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use tempfile::TempDir;

use crate::support::flux::Flux;
use crate::support::loopback::Loopback;

/// A server, and a kubeconfig that names it.
struct Bed {
    directory: TempDir,
    _server: Loopback,
    url: String,
}

impl Bed {
    fn serving<R: IntoResponse>(answer: impl Fn(&str) -> R + Clone + Send + Sync + 'static) -> Self {
        let router = Router::new().fallback(move |uri: Uri| {
            let answer = answer(uri.path()).into_response();
            async { answer }
        });
        let server = Loopback::serve(router, None);
        let url = server.url();
        let directory = TempDir::new().expect("a directory");
        fs::write(directory.path().join("config"), kubeconfig(&url, "{}")).expect("a file");
        Self { directory, _server: server, url }
    }

    fn flux(&self, line: &str) -> Flux {
        Flux::bare().env("KUBECONFIG", self.directory.path().join("config")).line(line)
    }
}

fn kubeconfig(server: &str, user: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters:\n- name: c\n  cluster: {{server: '{server}'}}\ncontexts:\n- name: c\n  context: {{cluster: c, user: c}}\nusers:\n- name: c\n  user: {user}\n"
    )
}

fn kubeconfig_file(directory: &TempDir, text: &str) -> PathBuf {
    let file = directory.path().join("config");
    fs::write(&file, text).expect("a file");
    file
}

#[test]
fn a_starting_api_server_is_retried_and_the_wait_is_reported() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let bed = Bed::serving(move |_: &str| -> Response {
        // Without Retry-After, as K3s answers while it starts. The fifth request comes after more than two seconds.
        if count.fetch_add(1, Ordering::SeqCst) < 5 {
            return (StatusCode::SERVICE_UNAVAILABLE, "apiserver not ready\n").into_response();
        }
        (
            [(header::CONTENT_TYPE, "application/json")],
            r#"{"items": [], "metadata": {"resourceVersion": "1"}}"#,
        )
            .into_response()
    });
    let output = bed.flux("get sources git").run();
    assert!(
        output.stderr.contains("is not ready (503 Service Unavailable: apiserver not ready)"),
        "{output:?}"
    );
    assert_eq!(output.stderr.matches("is not ready").count(), 1, "told once: {output:?}");
    assert!(output.stderr.contains(&bed.url), "{output:?}");
    assert!(output.stderr.contains("no GitRepository objects found"), "{output:?}");
}

#[test]
fn an_api_server_that_stays_unready_is_reported_with_its_last_status() {
    for (code, wanted) in [
        (StatusCode::SERVICE_UNAVAILABLE, "not ready (503 Service Unavailable)"),
        (StatusCode::TOO_MANY_REQUESTS, "busy (429 Too Many Requests)"),
    ] {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let bed = Bed::serving(move |_: &str| {
            count.fetch_add(1, Ordering::SeqCst);
            (code, "<html><body>later</body></html>")
        });
        let output = bed.flux("get sources git --timeout=3s").fails(1);
        let told = output.stderr.lines().find(|line| line.starts_with('✗')).unwrap_or_default();
        assert!(told.contains(wanted) && told.contains(&bed.url), "{output:?}");
        assert!(output.stderr.contains("hint: "), "{output:?}");
        assert!(!output.stderr.contains("did not respond"), "it did: {output:?}");
        let asked = asked.load(Ordering::SeqCst);
        assert!((2..=6).contains(&asked), "asked {asked} times in three seconds");
    }
}

#[test]
fn an_answer_that_is_not_from_an_api_server_is_reported() {
    type Answer = (StatusCode, &'static str);
    const ANSWERS: &[(Answer, &str)] = &[
        ((StatusCode::NOT_FOUND, "404 page not found\n"), "404 Not Found"),
        ((StatusCode::BAD_GATEWAY, "<html><title>502 Bad Gateway</title></html>"), "502 Bad Gateway"),
        (
            (StatusCode::BAD_REQUEST, "Client sent an HTTP request to an HTTPS server.\n"),
            "use https:// in the server's address",
        ),
        ((StatusCode::FOUND, ""), "302 Found"),
        ((StatusCode::UNPROCESSABLE_ENTITY, "no"), "422 Unprocessable Entity"),
        ((StatusCode::OK, "<html>Welcome</html>"), "does not look like a Kubernetes API server"),
    ];
    for (answer, wanted) in ANSWERS {
        let bed = Bed::serving(move |_: &str| *answer);
        for line in ["get sources git", "uninstall --silent", "install", "check", "suspend source git app"] {
            let output = bed.flux(line).args(["--timeout=5s"]).fails(1);
            assert!(output.stderr.contains(wanted), "wanted {wanted:?}: {output:?}");
            assert!(output.stderr.contains(&bed.url), "the server is not named: {output:?}");
            assert!(output.stderr.contains("hint: "), "{output:?}");
            assert!(!output.stderr.contains("install Flux"), "{output:?}");
            assert!(!output.stderr.contains("<html>"), "{output:?}");
        }
    }
}

#[test]
fn an_api_server_without_flux_is_recognized() {
    let bed = Bed::serving(|path: &str| match path {
        "/version" => (StatusCode::OK, r#"{"gitVersion": "v1.34.1"}"#),
        _ => (StatusCode::NOT_FOUND, "404 page not found\n"),
    });
    let output = bed.flux("get sources git").fails(1);
    assert!(output.stderr.contains("flux install"), "{output:?}");
}

#[test]
fn a_missing_file_of_the_kubeconfig_is_named() {
    let directory = TempDir::new().expect("a directory");
    for (field, place) in [
        ("certificate-authority", "cluster"),
        ("client-certificate", "user"),
        ("client-key", "user"),
        ("tokenFile", "user"),
    ] {
        let certificate = if field == "client-key" { "client-certificate: config, " } else { "" };
        let entry = format!("{{{certificate}{field}: gone.pem}}");
        let text = if place == "user" {
            kubeconfig("https://127.0.0.1:1", &entry)
        } else {
            kubeconfig("https://127.0.0.1:1', certificate-authority: 'gone.pem", "{}")
        };
        let file = kubeconfig_file(&directory, &text);
        let output = Flux::bare().env("KUBECONFIG", file).line("get sources git").fails(1);
        assert!(output.stderr.contains("gone.pem"), "{field}: {output:?}");
        assert!(output.stderr.contains(field), "{field}: {output:?}");
        assert!(output.stderr.contains("hint: "), "{field}: {output:?}");
    }
}

#[test]
fn a_failing_exec_plugin_is_named_without_its_output() {
    let directory = TempDir::new().expect("a directory");
    let exec = |command: &str, args: &str| {
        format!(
            "{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: {command}, args: {args}, interactiveMode: Never, installHint: 'see example.com/login'}}}}"
        )
    };
    let run = |user: &str| {
        let file = kubeconfig_file(&directory, &kubeconfig("https://127.0.0.1:1", user));
        Flux::bare().env("KUBECONFIG", file).line("get sources git").fails(1)
    };
    let output = run(&exec("no-such-login", "[]"));
    for word in ["no-such-login", "install", "see example.com/login"] {
        assert!(output.stderr.contains(word), "{word}: {output:?}");
    }
    let output = run(&exec("sh", "[-c, 'echo geheim; echo expired session >&2; exit 3; : geheim']"));
    assert!(output.stderr.contains("expired session") && output.stderr.contains('3'), "{output:?}");
    assert!(!output.stderr.contains("geheim"), "{output:?}");
    let output = run(&exec("sh", "[-c, 'echo [geheim']"));
    assert!(output.stderr.contains("ExecCredential"), "{output:?}");
    assert!(!output.stderr.contains("geheim"), "{output:?}");
}

#[test]
fn a_broken_proxy_is_reported_without_its_password() {
    let directory = TempDir::new().expect("a directory");
    let file = kubeconfig_file(&directory, &kubeconfig("https://192.0.2.1:6443", "{}"));
    let run = |proxy: &str| {
        let flux = Flux::bare().env("KUBECONFIG", &file).env("HTTPS_PROXY", proxy);
        flux.line("get sources git --timeout=20s").fails(1)
    };
    let output = run("http://me:geheim@");
    assert!(output.stderr.contains("HTTPS_PROXY"), "{output:?}");
    assert!(output.stderr.contains("hint: ") && !output.stderr.contains("geheim"), "{output:?}");
    // A closed port.
    let output = run("http://me:geheim@127.0.0.1:1");
    assert!(output.stderr.contains("through the proxy http://127.0.0.1:1"), "{output:?}");
    assert!(output.stderr.contains("https://192.0.2.1:6443"), "{output:?}");
    assert!(output.stderr.contains("hint: ") && !output.stderr.contains("geheim"), "{output:?}");
}

/// The answers of an API server with a controller in CrashLoopBackOff, and the log of its Pod.
fn crashing(path: &str, log: (StatusCode, &'static str)) -> (StatusCode, String) {
    let deployment = r#"{"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "source-controller", "namespace": "flux-system", "generation": 1},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "source-controller"}}},
        "status": {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1}}"#;
    let pod = r#"{"metadata": {"name": "source-controller-0", "namespace": "flux-system"},
        "status": {"containerStatuses": [{"name": "manager",
            "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}},
            "lastState": {"terminated": {"reason": "Error", "exitCode": 1}}}]}}"#;
    let list = |item: &str| format!(r#"{{"items": [{item}], "metadata": {{}}}}"#);
    let body = match path {
        "/version" => r#"{"gitVersion": "v1.34.1"}"#.to_owned(),
        path if path.ends_with("/log") => return (log.0, log.1.to_owned()),
        path if path.ends_with("/deployments") => list(deployment),
        path if path.ends_with("/deployments/source-controller") => deployment.to_owned(),
        path if path.ends_with("/pods") => list(pod),
        path if path.ends_with("/gitrepositories.source.toolkit.fluxcd.io") => {
            r#"{"metadata": {}}"#.to_owned()
        }
        _ => list(""),
    };
    (StatusCode::OK, body)
}

#[test]
fn a_crashing_controller_is_reported_with_the_last_errors_of_its_log() {
    const LOG: &str = r#"{"level":"info","msg":"starting"}
{"level":"error","msg":"unable to start manager","error":"no matches for kind Bucket"}
"#;
    let bed = Bed::serving(|path: &str| crashing(path, (StatusCode::OK, LOG)));
    let output = bed.flux("check --timeout=1s --poll-interval=200ms").fails(1);
    for words in [
        "CrashLoopBackOff",
        "the last run of manager ended with exit code 1 (Error)",
        "log: unable to start manager: no matches for kind Bucket",
    ] {
        assert_eq!(output.stderr.matches(words).count(), 1, "{words:?}: {output:?}");
    }

    // Without the permission to read the log, or without a kubelet, the rest is reported as before.
    for code in [StatusCode::FORBIDDEN, StatusCode::INTERNAL_SERVER_ERROR, StatusCode::SERVICE_UNAVAILABLE] {
        let bed = Bed::serving(move |path: &str| crashing(path, (code, "geheim")));
        let without = bed.flux("check --timeout=1s --poll-interval=200ms").fails(1);
        let expected: Vec<&str> = output.stderr.lines().filter(|line| !line.contains("log: ")).collect();
        assert_eq!(without.stderr.lines().collect::<Vec<_>>(), expected, "{code}");
    }
}
