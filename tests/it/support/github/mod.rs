//! A stand-in for GitHub Enterprise on loopback, with TLS and a certificate of its own authority: the
//! REST API below `/api/v3`, Git over HTTPS through `git http-backend`, and, on demand, Git over SSH for
//! its deploy keys.
//!
//! It keeps repositories, keys, teams and branches as GitHub does, and fails at any call as it is told.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Request, Response, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tempfile::TempDir;

use super::git_http::backend;
use super::loopback::Loopback;
use super::repository::Repository as Bare;
use super::sshd::Sshd;
use super::tls::Authority;

mod api;
mod fault;
mod world;

pub use fault::{Fault, Refusal};
pub use world::{Call, Key, Repository, TokenRights, World};

/// A name in its certificate that does not resolve.
const NAME: &str = "github.test";

/// The token of the user `alice`, who is also a member of the organisation `acme`.
pub const TOKEN: &str = "ghp_aliceAliceALICE0123456789abcdefABCD01";

struct Shared {
    world: Mutex<World>,
    ssh: Option<Sshd>,
    base: Mutex<String>,
}

impl Shared {
    fn world(&self) -> MutexGuard<'_, World> {
        // A call that closes its connection ends by unwinding, but never while it holds the world.
        self.world.lock().expect("no one panics while holding it")
    }

    /// Lets the deploy keys in, and nobody else, over SSH.
    fn let_keys_in(&self) {
        let Some(ssh) = &self.ssh else { return };
        ssh.deny_all();
        for key in self.world().repositories.values().flat_map(|repository| &repository.keys) {
            if key.read_only { ssh.authorize_read_only(&key.public) } else { ssh.authorize(&key.public) }
        }
    }
}

/// The running stand-in; it ends when this is dropped.
pub struct GitHub {
    shared: Arc<Shared>,
    server: Loopback,
    authority: Authority,
    _root: Option<TempDir>,
}

impl GitHub {
    /// Starts a stand-in that knows the user `alice` by [`TOKEN`] and the organisation `acme` with the teams
    /// `platform` and `sre`.
    pub fn start() -> Self {
        let root = TempDir::new().expect("a temporary directory");
        Self::serve(root.path().to_owned(), None, Some(root))
    }

    /// As [`GitHub::start`], with an SSH server that lets in the deploy keys.
    pub fn start_with_ssh() -> Self {
        let ssh = Sshd::start();
        Self::serve(ssh.root(), Some(ssh), None)
    }

    fn serve(root: PathBuf, ssh: Option<Sshd>, directory: Option<TempDir>) -> Self {
        let scopes = ["repo", "read:org"].map(str::to_owned).to_vec();
        let alice =
            TokenRights { login: "alice".to_owned(), scopes: Some(scopes), reads_settings_only: false };
        let teams = ["platform", "sre"].map(str::to_owned).into();
        let world = World {
            users: ["alice", "bob"].map(str::to_owned).into(),
            organisations: [("acme".to_owned(), teams)].into(),
            tokens: [(TOKEN.to_owned(), alice)].into(),
            repositories: std::collections::BTreeMap::new(),
            calls: Vec::new(),
            rules: Vec::new(),
            next_id: 100,
            root,
        };
        let shared = Arc::new(Shared { world: Mutex::new(world), ssh, base: Mutex::default() });
        let authority = Authority::new();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let server = Loopback::serve(router, Some(authority.server_tls(&[NAME])));
        *shared.base.lock().expect("nobody else has it yet") = server.url();
        Self { shared, server, authority, _root: directory }
    }

    /// What `--hostname` takes: address and port.
    pub fn hostname(&self) -> String {
        self.server.address().to_string()
    }

    /// A name for `--hostname` that only a proxy can resolve, with the port: this machine is never reached through one.
    pub fn distant_hostname(&self) -> String {
        format!("{NAME}:{}", self.server.address().port())
    }

    /// The address that it listens on.
    pub fn address(&self) -> std::net::SocketAddr {
        self.server.address()
    }

    /// What `--ca-file` takes.
    pub fn ca_file(&self) -> PathBuf {
        self.authority.file()
    }

    /// The authority's certificate as PEM.
    pub fn ca_pem(&self) -> String {
        self.authority.pem()
    }

    /// The SSH server, if there is one.
    pub fn ssh(&self) -> Option<&Sshd> {
        self.shared.ssh.as_ref()
    }

    /// Looks at the stand-in's state, or changes it by hand.
    pub fn world<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        let seen = look(&mut self.shared.world());
        self.shared.let_keys_in();
        seen
    }

    /// The repository `owner/name` as it is now.
    pub fn repository(&self, name: &str) -> Option<Repository> {
        self.world(|world| world.repositories.get(name).cloned())
    }

    /// The commits of the repository `owner/name`.
    pub fn bare(&self, name: &str) -> Bare {
        Bare::open(&self.shared.world().root.join(format!("{name}.git")))
    }

    /// The next `times` calls of this method whose path holds `path` (`/user`, `/keys`,
    /// `git-receive-pack`) go wrong.
    pub fn fail(&self, method: &str, path: &str, times: usize, fault: Fault) {
        let rule = world::Rule { method: method.to_owned(), path: path.to_owned(), left: times, fault };
        self.shared.world().rules.push(rule);
    }

    /// No call goes wrong any more.
    pub fn heal(&self) {
        self.shared.world().rules.clear();
    }

    /// The calls so far: `GET /repos/alice/fleet -> 404`.
    pub fn calls(&self) -> Vec<String> {
        self.shared.world().calls.iter().map(|call| call.line.clone()).collect()
    }

    /// The calls that change something, without the answers' status.
    pub fn changes(&self) -> Vec<String> {
        let asks = |line: &str| {
            line.starts_with("GET ") || line.starts_with("git fetch") || line.contains("info/refs")
        };
        let calls = self.calls().into_iter().filter(|line| !asks(line));
        calls.map(|line| line.split(" -> ").next().unwrap_or_default().to_owned()).collect()
    }

    /// Waits until a call whose line holds `text` has come in.
    pub fn wait_for(&self, text: &str, patience: Duration) {
        let until = Instant::now() + patience;
        while !self.calls().iter().any(|line| line.contains(text)) {
            assert!(Instant::now() < until, "no call {text:?} within {patience:?}: {:#?}", self.calls());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request<Body>) -> Response<Body> {
    let method = request.method().to_string();
    let path = decode(request.uri().path());
    let target = path.strip_prefix("/api/v3").unwrap_or(&path).to_owned();
    let is_git = target == path;
    let asked = format!("{target}?{}", request.uri().query().unwrap_or_default());
    let fault = shared.world().fault(&method, &asked);
    let (account, line) = if is_git {
        let account = git_account(&shared, request.headers());
        (account.clone(), git_line(&method, &target, &account))
    } else {
        (String::new(), format!("{method} {target}"))
    };

    let mut body = Value::Null;
    let done = !matches!(fault, Some(Fault::Refuse(_) | Fault::Close | Fault::Stall));
    let response = if !done {
        Response::default()
    } else if is_git {
        git(&shared, request, &account).await
    } else {
        rest(&shared, request, &method, &target, &mut body).await
    };
    if done {
        shared.let_keys_in();
    }

    let log = |status: &str| {
        let call = Call { line: format!("{line} -> {status}"), body: body.clone() };
        shared.world().calls.push(call);
    };
    match fault {
        None => {
            log(response.status().as_str());
            response
        }
        Some(Fault::Refuse(refusal) | Fault::DoneBut(refusal)) => {
            log(&refusal.status.to_string());
            refuse(&refusal)
        }
        Some(Fault::Close | Fault::DoneAndClose) => {
            log("closed");
            // The task that serves the connection ends, and the connection with it.
            std::panic::resume_unwind(Box::new("closed"))
        }
        Some(Fault::Stall | Fault::DoneAndStall) => {
            log("stalled");
            std::future::pending().await
        }
    }
}

async fn rest(
    shared: &Shared,
    request: Request<Body>,
    method: &str,
    path: &str,
    body: &mut Value,
) -> Response<Body> {
    let (parts, given) = request.into_parts();
    let given = to_bytes(given, 1 << 20).await.unwrap_or_default();
    *body = serde_json::from_slice(&given).unwrap_or_default();
    let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let asked = api::Asked {
        method,
        path,
        query: parts.uri.query().unwrap_or_default(),
        accept: text(header::ACCEPT),
        token: text(header::AUTHORIZATION).strip_prefix("Bearer "),
        body,
    };
    let base = shared.base.lock().expect("only ever copied").clone();
    let reply = api::answer(&mut shared.world(), &base, &asked);
    let mut response =
        Response::builder().status(reply.status).header(header::CONTENT_TYPE, "application/json");
    for (name, value) in &reply.headers {
        response = response.header(*name, value);
    }
    let body = if reply.body.is_null() { String::new() } else { reply.body.to_string() };
    response.body(Body::from(body)).expect("a status, headers and a text make a response")
}

async fn git(shared: &Shared, request: Request<Body>, account: &str) -> Response<Body> {
    let name = repository_name(request.uri().path());
    let pushes = request.uri().to_string().contains("git-receive-pack");
    let (root, role) = {
        let world = shared.world();
        (world.root.clone(), world.role(account, &name))
    };
    if account.is_empty() {
        let mut refusal = refuse(&Refusal::new(401, "who are you?"));
        let challenge = header::HeaderValue::from_static("Basic realm=\"GitHub\"");
        refusal.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        return refusal;
    }
    match role.as_deref() {
        None => return refuse(&Refusal::new(404, "Repository not found.")),
        Some("pull") if pushes => {
            return refuse(&Refusal::new(403, "Write access to repository not granted."));
        }
        Some(_) => {}
    }
    backend(&root, account, with_ending(request, &name)).await
}

/// GitHub serves a repository with and without `.git` at the end of its name.
fn with_ending(request: Request<Body>, name: &str) -> Request<Body> {
    let (mut parts, body) = request.into_parts();
    let target = parts.uri.to_string();
    if !target.contains(".git/") {
        let target = target.replacen(name, &format!("{name}.git"), 1);
        parts.uri = target.parse().expect("it was an address before");
    }
    Request::from_parts(parts, body)
}

fn repository_name(path: &str) -> String {
    let mut segments = path.trim_start_matches('/').split('/');
    let owner = segments.next().unwrap_or_default();
    let name = segments.next().unwrap_or_default();
    format!("{owner}/{}", name.trim_end_matches(".git"))
}

/// The token's owner: GitHub looks at the password alone, the user's name may be anything.
fn git_account(shared: &Shared, headers: &HeaderMap) -> String {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Some(basic) = given.strip_prefix("Basic ") else { return String::new() };
    let decoded = STANDARD.decode(basic).unwrap_or_default();
    let decoded = String::from_utf8_lossy(&decoded);
    let token = decoded.split_once(':').map_or("", |(_, token)| token);
    shared.world().tokens.get(token).map(|rights| rights.login.clone()).unwrap_or_default()
}

fn git_line(method: &str, path: &str, account: &str) -> String {
    let name = repository_name(path);
    let service = path.rsplit('/').next().unwrap_or_default();
    match service {
        "git-receive-pack" => format!("git push /{name}.git as {account}"),
        "git-upload-pack" => format!("git fetch /{name}.git as {account}"),
        _ => format!("{method} {path} as {account}"),
    }
}

fn refuse(refusal: &Refusal) -> Response<Body> {
    let mut response = Response::builder().status(refusal.status);
    for (name, value) in &refusal.headers {
        response = response.header(*name, value);
    }
    response.body(Body::from(refusal.body.clone())).expect("a status, headers and a text make a response")
}

/// Percent-decodes a path.
fn decode(path: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = path.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        rest = if let (b'%', Some(byte)) = (first, hex) {
            bytes.push(byte);
            &tail[2..]
        } else {
            bytes.push(*first);
            tail
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
