//! Servers that echo a request in their error pages: no credential is shown, in any encoding.

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tempfile::TempDir;

use crate::support::echo::{self, FORMS, assert_hidden, form};
use crate::support::flux::{Flux, Output};
use crate::support::loopback::Loopback;
use crate::support::tls::Authority;

const PASSWORD: &str = "hunter2/of+the=server&co-that_is_repeated";
const KUSTOMIZATION: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: k, namespace: flux-system}\nspec: {interval: 1h, prune: true, sourceRef: {kind: GitRepository, name: g}}\n";

fn percent(text: &str) -> String {
    form("percent", text)
}

/// Renders a kustomization of this resource.
fn build(resource: &str, flags: &[&str]) -> Output {
    let home = TempDir::new().expect("a directory");
    let at = |path: &str| home.path().join(path);
    std::fs::create_dir(at("app")).expect("a directory");
    std::fs::write(at("app/kustomization.yaml"), format!("resources: [\"{resource}\"]\n")).expect("a file");
    std::fs::write(at("ks.yaml"), KUSTOMIZATION).expect("a file");
    Flux::bare()
        .line("build kustomization k --dry-run --allow-remote --path app --kustomization-file ks.yaml")
        .args(flags)
        .dir(home.path())
        .run()
}

/// A server that answers `/STATUS/FORM/…` with that status and the request's headers in that form.
fn repeating() -> Loopback {
    let router = Router::new().fallback(|uri: Uri, headers: HeaderMap| async move {
        let path = uri.path().replace("%20", " ");
        let mut parts = path.trim_start_matches('/').split('/');
        let status = parts.next().and_then(|status| status.parse().ok()).unwrap_or(StatusCode::OK);
        let name = parts.next().unwrap_or_default().to_owned();
        let given = headers.get(header::AUTHORIZATION).and_then(|it| it.to_str().ok()).unwrap_or_default();
        let login = given.strip_prefix("Basic ").and_then(|it| STANDARD.decode(it).ok()).unwrap_or_default();
        let login = String::from_utf8_lossy(&login).into_owned();
        let page = format!(
            "refused: {} and {} and {}",
            form(&name, &echo::headers(&headers)),
            form(&name, given),
            form(&name, &login)
        );
        let content = [(header::CONTENT_TYPE, format!("text/plain; login={}", form("base64", &login)))];
        (status, content, page)
    });
    Loopback::serve(router, None)
}

#[test]
fn credentials_in_an_error_page_of_a_git_server_are_redacted() {
    let server = repeating();
    let authority = server.url().replace("http://", &format!("http://me:{}@", percent(PASSWORD)));
    for (at, name) in FORMS.iter().enumerate() {
        // Not only 5xx, which are retried and take a while.
        let statuses: &[u16] = if at == 1 { &[200, 401, 403, 404, 418, 500] } else { &[401, 403] };
        for status in statuses {
            let url = format!("{authority}/{status}/{}/repo.git//base", name.replace(' ', "%20"));
            let output = build(&url, &[]);
            let what = format!("{status} {name}");
            assert_eq!(output.code, Some(1), "{what}: {output:?}");
            assert_hidden(&output, &[PASSWORD], &what);
            assert!(*status == 200 || !output.stderr.is_empty(), "{what}: {output:?}");
        }
    }
    // The rest of the page is shown.
    let output = build(&format!("{authority}/403/plain/repo.git//base"), &[]);
    assert!(output.stderr.contains("refused: "), "{output:?}");
    assert!(output.stderr.contains("***"), "{output:?}");
}

#[test]
fn credentials_in_an_error_page_of_a_web_server_are_redacted() {
    let server = repeating();
    let authority = server.url().replace("http://", &format!("http://me:{}@", percent(PASSWORD)));
    for status in [200, 401, 500] {
        for name in ["plain", "base64"] {
            let output = build(&format!("{authority}/{status}/{name}/config.yaml"), &[]);
            assert_eq!(output.code, Some(1), "{output:?}");
            assert_hidden(&output, &[PASSWORD], &format!("{status} {name}"));
        }
    }
}

/// An API server that refuses everything and echoes the request in this form, as a Status or as text.
fn refusing_api(authority: &Authority, name: &'static str, status: StatusCode, as_status: bool) -> Loopback {
    let answer = move |headers: HeaderMap, body: Bytes| -> Response {
        let body = String::from_utf8_lossy(&body).into_owned();
        let message = format!("refused: {} {}", form(name, &echo::headers(&headers)), form(name, &body));
        if !as_status {
            return (status, message).into_response();
        }
        let code = status.as_u16();
        let object = serde_json::json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code, "reason": "Invalid", "details": {"name": "creds"}});
        (status, [(header::CONTENT_TYPE, "application/json")], object.to_string()).into_response()
    };
    let router = Router::new().fallback(move |request: Request| async move {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap_or_default();
        // The Secret is read before it is written.
        if parts.method == axum::http::Method::GET && parts.uri.path().contains("/secrets/") {
            let object = r#"{"kind": "Status", "code": 404, "reason": "NotFound", "message": "none", "details": {"name": "creds"}}"#;
            return (StatusCode::NOT_FOUND, object).into_response();
        }
        answer(parts.headers, body)
    });
    Loopback::serve(router, Some(authority.server_tls(&[])))
}

#[test]
fn the_token_and_sent_secrets_in_an_api_server_error_are_redacted() {
    const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZG1pbiJ9.c2lnbmF0dXJl";
    let directory = TempDir::new().expect("a directory");
    let config = directory.path().join("config");
    let authority = Authority::new();
    for name in FORMS {
        for (status, as_status) in [
            (StatusCode::FORBIDDEN, true),
            (StatusCode::UNPROCESSABLE_ENTITY, true),
            (StatusCode::BAD_REQUEST, false),
        ] {
            let server = refusing_api(&authority, name, status, as_status);
            std::fs::write(&config, format!(
                "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters:\n- name: c\n  cluster: {{server: '{}', certificate-authority: '{}'}}\ncontexts:\n- name: c\n  context: {{cluster: c, user: c}}\nusers:\n- name: c\n  user: {{token: {TOKEN}}}\n",
                server.url(),
                authority.file().display()
            )).expect("a file");
            let what = format!("{name} {status} {as_status}");
            let run = |args: &[&str]| {
                Flux::bare().env("KUBECONFIG", &config).args(args).args(["--timeout=5s"]).fails(1)
            };
            let output = run(&["get", "sources", "git"]);
            assert_hidden(&output, &[TOKEN], &what);
            let password = format!("--password={PASSWORD}");
            let output =
                run(&["create", "secret", "git", "creds", "--url=https://h/x", "--username=me", &password]);
            assert_hidden(&output, &[TOKEN, PASSWORD], &what);
        }
    }
}
