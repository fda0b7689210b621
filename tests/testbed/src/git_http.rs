//! Git over HTTP: the real `git http-backend` behind a server that checks accounts, records requests, and fails on
//! request.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Request, Response, StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;

use super::loopback::Loopback;
use super::repository::Repository;
use super::tls::Authority;

/// An account and its permissions.
#[derive(Clone)]
struct Account {
    /// The whole value of the `Authorization` header.
    header: String,
    name: String,
    may_push: bool,
}

/// A failure of a request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The answer is this status with this text.
    Status(u16, &'static str),
    /// As `Status`, with one further header (`Retry-After`, `WWW-Authenticate`).
    Header(u16, &'static str, &'static str),
    /// The connection closes in the middle of the answer.
    HangUp,
    /// The answer is delayed by this time.
    Stall(Duration),
}

/// A request that was received.
#[derive(Clone, Debug)]
pub struct Seen {
    /// `GET` or `POST`.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The account that sent it; empty without one.
    pub account: String,
    /// The status of the answer.
    pub status: u16,
}

type Hook = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Behavior {
    accounts: Vec<Account>,
    /// Path fragment, remaining times, fault.
    faults: Vec<(String, usize, Fault)>,
    /// Index of a request (from 1), fault.
    nth: Vec<(usize, Fault)>,
    before_push: Option<Hook>,
    seen: Vec<Seen>,
    /// Number of requests received, answered or not.
    count: usize,
}

struct Shared {
    root: TempDir,
    behavior: Mutex<Behavior>,
}

impl Shared {
    fn behavior(&self) -> MutexGuard<'_, Behavior> {
        self.behavior.lock().expect("no one panics while holding it")
    }
}

/// A Git server over HTTP or HTTPS. Without accounts, everyone may read and push.
pub struct GitHttp {
    shared: Arc<Shared>,
    server: Loopback,
}

impl GitHttp {
    /// Starts a server without TLS.
    pub fn start() -> Self {
        Self::serve(IpAddr::V4(Ipv4Addr::LOCALHOST), None)
    }

    /// Starts a server without TLS on another address of this machine.
    pub fn start_on(ip: IpAddr) -> Self {
        Self::serve(ip, None)
    }

    /// Starts a server whose certificate `authority` signs.
    pub fn start_tls(authority: &Authority) -> Self {
        Self::serve(IpAddr::V4(Ipv4Addr::LOCALHOST), Some(authority))
    }

    fn serve(ip: IpAddr, authority: Option<&Authority>) -> Self {
        let shared = Arc::new(Shared {
            root: TempDir::new().expect("a temporary directory"),
            behavior: Mutex::default(),
        });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let server = Loopback::serve_on(ip, router, authority.map(|it| it.server_tls(&[])));
        Self { shared, server }
    }

    /// Adds an account that may read and push.
    #[must_use]
    pub fn basic(self, user: &str, password: &str) -> Self {
        self.account(user, &basic(user, password), true)
    }

    /// Adds an account that may only read.
    #[must_use]
    pub fn basic_read_only(self, user: &str, password: &str) -> Self {
        self.account(user, &basic(user, password), false)
    }

    /// Adds a bearer token that may read and push.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.account("bearer", &format!("Bearer {token}"), true)
    }

    fn account(self, name: &str, header: &str, may_push: bool) -> Self {
        self.shared.behavior().accounts.push(Account {
            header: header.to_owned(),
            name: name.to_owned(),
            may_push,
        });
        self
    }

    /// Creates an empty repository (`owner/name.git`) whose HEAD names `main`.
    pub fn create(&self, name: &str) -> Repository {
        Repository::init(&self.shared.root.path().join(name), "main")
    }

    /// The address of the repository `name`.
    pub fn url(&self, name: &str) -> String {
        format!("{}/{name}", self.server.url())
    }

    /// The directory of all repositories.
    pub fn root(&self) -> &Path {
        self.shared.root.path()
    }

    /// The requests so far, in the order of the answers.
    pub fn requests(&self) -> Vec<Seen> {
        self.shared.behavior().seen.clone()
    }

    /// Fails the `nth` request from now on (1 is the next).
    pub fn fail_nth(&self, nth: usize, fault: Fault) {
        let mut behavior = self.shared.behavior();
        let at = behavior.count + nth;
        behavior.nth.push((at, fault));
    }

    /// Fails the next `times` requests whose path and query hold `fragment`
    /// (`git-receive-pack` is a push, `git-upload-pack` a fetch).
    pub fn fail(&self, fragment: &str, times: usize, fault: Fault) {
        let mut behavior = self.shared.behavior();
        behavior.faults.push((fragment.to_owned(), times, fault));
    }

    /// Runs `hook` once, after the next push has sent its commits and before it is accepted: a commit made by the hook
    /// wins the race.
    pub fn before_push(&self, hook: impl FnOnce() + Send + 'static) {
        self.shared.behavior().before_push = Some(Box::new(hook));
    }
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request<Body>) -> Response<Body> {
    let method = request.method().to_string();
    let target = request.uri().to_string();
    let (account, fault) = admit(&shared, request.headers(), &target);
    let name = account.as_ref().map_or_else(|_| String::new(), |it| it.name.clone());
    let response = match (fault, account) {
        (Some(Fault::Status(status, text)), _) => plain(status, text),
        (Some(Fault::Header(status, header, value)), _) => {
            let mut response = plain(status, "");
            let value = value.parse().expect("the test gives a header's value");
            response.headers_mut().insert(header, value);
            response
        }
        (Some(Fault::HangUp), _) => hang_up(),
        (Some(Fault::Stall(time)), _) => {
            tokio::time::sleep(time).await;
            plain(503, "stalled")
        }
        (None, Err(refusal)) => *refusal,
        (None, Ok(account)) => {
            if method == "POST" && target.ends_with("/git-receive-pack") {
                let hook = shared.behavior().before_push.take();
                if let Some(hook) = hook {
                    tokio::task::spawn_blocking(hook).await.expect("the test's own hook does not panic");
                }
            }
            backend(shared.root.path(), &account.name, request).await
        }
    };
    shared.behavior().seen.push(Seen { method, target, account: name, status: response.status().as_u16() });
    response
}

/// The account or the refusal, and the fault of this request.
fn admit(
    shared: &Shared,
    headers: &HeaderMap,
    target: &str,
) -> (Result<Account, Box<Response<Body>>>, Option<Fault>) {
    let mut behavior = shared.behavior();
    behavior.count += 1;
    let count = behavior.count;
    let mut fault = None;
    if let Some(at) = behavior.nth.iter().position(|(nth, _)| *nth == count) {
        fault = Some(behavior.nth.remove(at).1);
    } else if let Some((_, times, found)) = behavior
        .faults
        .iter_mut()
        .find(|(fragment, times, _)| *times > 0 && target.contains(fragment.as_str()))
    {
        *times -= 1;
        fault = Some(found.clone());
    }
    if behavior.accounts.is_empty() {
        let everybody = Account { header: String::new(), name: String::new(), may_push: true };
        return (Ok(everybody), fault);
    }
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let known = behavior.accounts.iter().find(|it| it.header == given);
    let account = match known {
        None => {
            let mut refusal = plain(401, "who are you?");
            let challenge = header::HeaderValue::from_static("Basic realm=\"git\"");
            refusal.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
            Err(Box::new(refusal))
        }
        Some(it) if !it.may_push && target.contains("git-receive-pack") => {
            Err(Box::new(plain(403, "you may read only")))
        }
        Some(it) => Ok(it.clone()),
    };
    (account, fault)
}

fn plain(status: u16, text: &str) -> Response<Body> {
    Response::builder()
        .status(status)
        .body(Body::from(text.to_owned()))
        .expect("a status and a text make a response")
}

fn hang_up() -> Response<Body> {
    let broken = futures::stream::iter([
        Ok(Bytes::from_static(b"00")),
        Err(std::io::Error::other("the test hangs up")),
    ]);
    Response::builder()
        .header(header::CONTENT_LENGTH, 4096)
        .body(Body::from_stream(broken))
        .expect("a response of a stream")
}

/// Hands the request to `git http-backend` as a web server does (CGI, RFC 3875).
pub async fn backend(root: &Path, account: &str, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = match to_bytes(body, 256 << 20).await {
        Ok(body) => body,
        Err(error) => return plain(400, &error.to_string()),
    };
    let text = |name: &str| {
        parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    };
    let mut command = tokio::process::Command::new("git");
    command
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("PATH_INFO", parts.uri.path())
        .env("QUERY_STRING", parts.uri.query().unwrap_or_default())
        .env("REQUEST_METHOD", parts.method.as_str())
        .env("CONTENT_TYPE", text("content-type"))
        .env("CONTENT_LENGTH", body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", text("content-encoding"))
        .env("GIT_PROTOCOL", text("git-protocol"))
        .env("REMOTE_USER", account)
        .env("REMOTE_ADDR", "127.0.0.1")
        .kill_on_drop(true)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return plain(500, &format!("git http-backend: {error}")),
    };
    let mut stdin = child.stdin.take().expect("standard input is piped");
    let writer = tokio::spawn(async move {
        // The backend may refuse before it has read everything.
        let _ = stdin.write_all(&body).await;
    });
    let out = child.wait_with_output().await;
    // The writer ends with the child at the latest.
    let _ = writer.await;
    match out {
        Ok(out) => from_cgi(&out.stdout),
        Err(error) => plain(500, &format!("git http-backend: {error}")),
    }
}

/// Converts the answer of a CGI program (headers, an empty line, the body) to a response.
fn from_cgi(out: &[u8]) -> Response<Body> {
    let Some(end) = out.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
        return plain(500, "git http-backend gave no headers");
    };
    let mut response = Response::builder().status(StatusCode::OK);
    for line in String::from_utf8_lossy(&out[..end]).lines() {
        let Some((name, value)) = line.split_once(": ") else {
            continue;
        };
        if name.eq_ignore_ascii_case("status") {
            let code = value.split(' ').next().unwrap_or_default();
            response = response.status(code);
        } else {
            response = response.header(name, value);
        }
    }
    response.body(Body::from(out[end + 4..].to_vec())).unwrap_or_else(|error| plain(500, &error.to_string()))
}
