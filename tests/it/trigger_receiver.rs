//! `flux trigger receiver`: requests to a webhook on loopback, which checks the signature.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;

use crate::support::flux::Flux;
use crate::support::loopback::Loopback;

/// A request that the server got.
#[derive(Clone)]
struct Got {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().expect("ASCII")).unwrap_or_default()
    }
}

/// Answers of the server, in their order; the last one stays.
type Answers = Arc<Mutex<Vec<(StatusCode, String)>>>;

struct Server {
    loopback: Loopback,
    got: Arc<Mutex<Vec<Got>>>,
}

impl Server {
    fn start(answers: &[(u16, &str)]) -> Server {
        let got = Arc::<Mutex<Vec<Got>>>::default();
        let answers = answers
            .iter()
            .rev()
            .map(|(status, text)| (StatusCode::from_u16(*status).expect("a status"), (*text).to_owned()));
        let answers: Answers = Arc::new(Mutex::new(answers.collect()));
        let state = (Arc::clone(&got), answers);
        let router = Router::new().fallback(answer).with_state(state);
        Server { loopback: Loopback::serve(router, None), got }
    }

    fn url(&self) -> String {
        self.loopback.url()
    }

    fn got(&self) -> Vec<Got> {
        self.got.lock().expect("no panic").clone()
    }

    /// A command line for this server.
    fn flux(&self, line: &str) -> Flux {
        Flux::bare()
            .line(&format!("trigger receiver apps --retry-delay=1ms {line}"))
            .args(["--url", &self.url()])
    }
}

async fn answer(
    State((got, answers)): State<(Arc<Mutex<Vec<Got>>>, Answers)>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    got.lock().expect("no panic").push(Got { method, uri, headers, body });
    let mut answers = answers.lock().expect("no panic");
    let (status, text) = if answers.len() > 1 { answers.pop() } else { answers.last().cloned() }
        .expect("a server with answers");
    if status.is_redirection() {
        return (status, [("location", text)]).into_response();
    }
    (status, text).into_response()
}

/// Path of the Receiver `apps` in `flux-system` with the token `my-secret-token`, as notification-controller has it.
fn path(token: &str) -> String {
    let digest = openssl::sha::sha256(format!("{token}appsflux-system").as_bytes());
    let hex = hex::encode(digest);
    format!("/hook/{hex}")
}

#[test]
fn a_generic_receiver_gets_the_payload_at_its_path() {
    let server = Server::start(&[(200, "")]);
    server.flux("--token=my-secret-token --payload={\"a\":1}").ok();
    let got = &server.got()[0];
    assert_eq!((got.method.as_str(), got.uri.path()), ("POST", path("my-secret-token").as_str()));
    assert_eq!(got.body, r#"{"a":1}"#);
    assert_eq!(got.header("content-type"), "application/json");
    assert!(got.header("user-agent").starts_with("flux/v"));
    assert_eq!(got.header("x-signature"), "");
}

#[test]
fn a_generic_hmac_receiver_gets_a_signature() {
    let server = Server::start(&[(200, "")]);
    server.flux("--type=generic-hmac --token=my-secret-token --payload={\"a\":1}").ok();
    let got = &server.got()[0];
    let key = PKey::hmac(b"my-secret-token").expect("a key");
    let mut signer = Signer::new(MessageDigest::sha256(), &key).expect("a signer");
    let signature = signer.sign_oneshot_to_vec(&got.body).expect("a signature");
    let hex = hex::encode(signature);
    assert_eq!(got.header("x-signature"), format!("sha256={hex}"));
}

#[test]
fn a_generic_oidc_receiver_gets_a_token_from_flag_variable_or_runner() {
    let server = Server::start(&[(200, "")]);
    server.flux("--type=generic-oidc --oidc-token=of-the-flag").ok();
    server.flux("--type=generic-oidc").env("FLUX_TRIGGER_RECEIVER_OIDC_TOKEN", "of-the-variable").ok();
    let runner = Server::start(&[(200, r#"{"value": "of-the-runner"}"#)]);
    for line in ["--oidc-provider=github", "--oidc-provider=forgejo --oidc-audience=edge"] {
        server
            .flux(&format!("--type=generic-oidc {line}"))
            .env("ACTIONS_ID_TOKEN_REQUEST_URL", format!("{}/token?api=2&audience=old", runner.url()))
            .env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "of-the-job")
            .ok();
    }
    let sent: Vec<String> = server.got().iter().map(|got| got.header("authorization").to_owned()).collect();
    assert_eq!(
        sent,
        ["Bearer of-the-flag", "Bearer of-the-variable", "Bearer of-the-runner", "Bearer of-the-runner"]
    );
    assert!(server.got().iter().all(|got| got.uri.path() == path("")));
    let asked: Vec<String> = runner.got().iter().map(|got| got.uri.to_string()).collect();
    assert_eq!(asked, ["/token?api=2&audience=notification-controller", "/token?api=2&audience=edge"]);
    assert_eq!(runner.got()[0].header("authorization"), "bearer of-the-job");
}

#[test]
fn a_status_that_may_pass_is_retried_and_others_are_not() {
    let server = Server::start(&[(404, ""), (503, ""), (200, "")]);
    server.flux("--token=my-secret-token").ok();
    assert_eq!(server.got().len(), 3);
    let server = Server::start(&[(503, "")]);
    server.flux("--token=my-secret-token --retries=2").fails(1);
    assert_eq!(server.got().len(), 3);
    let server = Server::start(&[(503, "")]);
    server.flux("--token=my-secret-token --retries=0").fails(1);
    assert_eq!(server.got().len(), 1);
    let server = Server::start(&[(403, "")]);
    server.flux("--token=my-secret-token").fails(1);
    assert_eq!(server.got().len(), 1);
}

#[test]
fn the_token_and_the_path_are_never_shown() {
    let repeated = format!("no such hook: {} of my-secret-token", path("my-secret-token"));
    let server = Server::start(&[(400, &repeated)]);
    let output = server.flux("--token=my-secret-token").fails(1);
    assert!(output.stderr.contains("failed with status 400 Bad Request: no such hook: "), "{output:?}");
    let all = format!("{}{}", output.stdout, output.stderr);
    assert!(!all.contains("my-secret-token") && !all.contains(&path("my-secret-token")[6..]), "{output:?}");
}

#[test]
fn a_redirect_to_another_host_is_not_followed() {
    let other = Server::start(&[(200, "")]);
    let elsewhere = other.url().replace("127.0.0.1", "localhost");
    let server = Server::start(&[(307, &format!("{elsewhere}/x"))]);
    let output = server.flux("--token=my-secret-token").fails(1);
    assert!(output.stderr.contains(&format!("use --url={elsewhere}")), "{output:?}");
    assert_eq!(other.got().len(), 0);
    let server = Server::start(&[(307, "/elsewhere"), (200, "")]);
    server.flux("--token=my-secret-token").ok();
    assert_eq!(server.got()[1].uri.path(), "/elsewhere");
}

#[test]
fn the_timeout_ends_the_retries() {
    let server = Server::start(&[(503, "")]);
    let line = "--token=my-secret-token --retry-delay=1m --timeout=300ms";
    let output = server.flux(line).limit(Duration::from_secs(30)).fails(1);
    assert!(output.stderr.contains("no attempt succeeded within 300ms"), "{output:?}");
}

#[test]
fn wrong_flags_are_refused_before_any_request() {
    let server = Server::start(&[(200, "")]);
    for (line, why) in [
        ("", "--token is required for --type=generic"),
        ("--type=generic-hmac", "--token is required for --type=generic-hmac"),
        (
            "--type=github --token=t",
            "invalid --type \"github\", must be one of: generic, generic-hmac, generic-oidc",
        ),
        ("--token=t --oidc-token=x", "can only be set for --type=generic-oidc"),
        ("--token=t --oidc-audience=x", "can only be set for --type=generic-oidc"),
        ("--type=generic-oidc --token=t", "--token must not be set for --type=generic-oidc"),
        ("--type=generic-oidc --oidc-token=x --oidc-provider=github", "mutually exclusive"),
        ("--type=generic-oidc --oidc-provider=gitlab", "invalid --oidc-provider \"gitlab\""),
        ("--type=generic-oidc --oidc-audience=x", "only be set together with --oidc-provider"),
        ("--type=generic-oidc", "no OIDC token provided"),
        ("--type=generic-oidc --oidc-provider=github", "ACTIONS_ID_TOKEN_REQUEST_URL"),
        ("--token=t --retries=many", "invalid argument \"many\" for \"--retries\""),
        ("--token=t --retry-delay=soon", "invalid argument \"soon\" for \"--retry-delay\""),
        ("--token=t other", "unexpected argument"),
    ] {
        let output = server.flux(line).fails(1);
        assert!(output.stderr.contains(why), "{line}: {output:?}");
    }
    for (line, why) in [
        ("trigger receiver", "name of the Receiver is required"),
        ("trigger receiver Apps --token=t --url=https://h", "invalid Receiver name"),
        ("trigger receiver apps --token=t", "--url is required"),
        ("trigger receiver apps --token=t --url=flux.example.com", "it is not a URL"),
        ("trigger receiver apps --token=t --url=ftp://h", "begin with https:// or http://"),
        ("trigger receiver apps --token=t --url=https://h/?a=b", "remove the query"),
    ] {
        let output = Flux::bare().line(line).fails(1);
        assert!(output.stderr.contains(why), "{line}: {output:?}");
    }
    assert_eq!(server.got().len(), 0);
}
