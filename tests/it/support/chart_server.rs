//! A chart repository on loopback that answers as it is told.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Request, Response, StatusCode, header};
use futures::StreamExt as _;
use openssl::ssl::SslContext;

use super::loopback::Loopback;

/// What the server answers for a path.
#[derive(Clone, Default)]
pub struct Answer {
    pub body: Vec<u8>,
    pub status: Option<u16>,
    pub headers: Vec<(&'static str, String)>,
    /// Value of `Authorization` that is required.
    pub authorization: Option<String>,
    /// Number of requests that fail first, with this status.
    pub failures: Option<(usize, u16)>,
    /// Number of bytes after which the connection is closed.
    pub cut: Option<usize>,
    /// Pause before each byte.
    pub pause: Option<Duration>,
}

impl Answer {
    pub fn of(body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..Self::default() }
    }

    pub fn status(status: u16) -> Self {
        Self { status: Some(status), ..Self::default() }
    }

    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A request as the server saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Path and query.
    pub path: String,
    pub authorization: Option<String>,
    pub status: u16,
}

#[derive(Default)]
struct World {
    answers: BTreeMap<String, Answer>,
    seen: Vec<Seen>,
}

/// The running server; it ends when this is dropped.
pub struct ChartServer {
    server: Loopback,
    world: Arc<Mutex<World>>,
}

impl ChartServer {
    pub fn start() -> Self {
        Self::with_tls(None)
    }

    pub fn with_tls(tls: Option<SslContext>) -> Self {
        let world: Arc<Mutex<World>> = Arc::default();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&world));
        Self { server: Loopback::serve(router, tls), world }
    }

    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Host and port.
    pub fn host(&self) -> String {
        self.server.address().to_string()
    }

    /// Sets the answer for a path.
    pub fn set(&self, path: &str, answer: Answer) {
        self.world.lock().expect("only data").answers.insert(path.to_owned(), answer);
    }

    /// The requests so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.world.lock().expect("only data").seen.clone()
    }

    /// Paths and statuses of the requests so far.
    pub fn log(&self) -> Vec<String> {
        self.seen().iter().map(|seen| format!("{} {}", seen.path, seen.status)).collect()
    }
}

async fn answer(State(world): State<Arc<Mutex<World>>>, request: Request<Body>) -> Response<Body> {
    let path = request.uri().path_and_query().map_or("/", |it| it.as_str()).to_owned();
    let text =
        |headers: &HeaderMap, name| headers.get(name).and_then(|it| it.to_str().ok()).map(str::to_owned);
    let authorization = text(request.headers(), header::AUTHORIZATION);
    let known = text(request.headers(), header::IF_NONE_MATCH);
    let mut answer = {
        let mut world = world.lock().expect("only data");
        // The query counts only where an answer names it.
        let key =
            if world.answers.contains_key(&path) { path.clone() } else { request.uri().path().to_owned() };
        match world.answers.get_mut(&key) {
            None => Answer::status(404),
            Some(found) => {
                let answer = found.clone();
                match &mut found.failures {
                    Some((left, status)) if *left > 0 => {
                        *left -= 1;
                        Answer { status: Some(*status), headers: answer.headers, ..Answer::default() }
                    }
                    _ => answer,
                }
            }
        }
    };
    if answer.authorization.is_some() && answer.authorization != authorization {
        let challenge = answer.headers.iter().find(|(name, _)| *name == "www-authenticate").cloned();
        let headers = challenge.into_iter().collect();
        answer = Answer { status: Some(401), headers, ..Answer::default() };
    }
    let etag = answer.headers.iter().find(|(name, _)| *name == "etag").map(|(_, value)| value.clone());
    if answer.status.is_none() && etag.is_some() && etag == known {
        answer = Answer::status(304);
    }
    let status = answer.status.unwrap_or(200);
    world.lock().expect("only data").seen.push(Seen { path, authorization, status });
    let mut response = Response::builder().status(StatusCode::from_u16(status).expect("a status"));
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    response.body(body(answer.body, answer.cut, answer.pause)).expect("a response")
}

fn body(content: Vec<u8>, cut: Option<usize>, pause: Option<Duration>) -> Body {
    if let Some(cut) = cut {
        let start = Bytes::from(content[..cut].to_vec());
        let end = io::Error::other("the connection is cut");
        return Body::from_stream(futures::stream::iter([Ok(start), Err(end)]));
    }
    if let Some(pause) = pause {
        let bytes = futures::stream::iter(content).then(move |byte| async move {
            tokio::time::sleep(pause).await;
            Ok::<_, Infallible>(Bytes::from(vec![byte]))
        });
        return Body::from_stream(bytes);
    }
    Body::from(content)
}
