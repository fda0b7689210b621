//! A Kubernetes API server on loopback, as far as commands need it: get, list, watch, create, replace, patch, apply,
//! delete and logs. It knows every resource and checks nothing.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use futures::stream;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::store::{Key, Store, key_of, merge};

type Shared = Arc<Mutex<Store>>;

/// A running server. It ends when this is dropped.
pub struct Api {
    address: SocketAddr,
    store: Shared,
    _stop: oneshot::Sender<()>,
}

impl Api {
    /// Starts a server without objects.
    pub fn start() -> Self {
        let store = Shared::default();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port on loopback");
        let address = listener.local_addr().expect("an address");
        listener.set_nonblocking(true).expect("a socket that does not block");
        let app = Router::new().fallback(answer).with_state(Arc::clone(&store));
        let (stop, stopped) = oneshot::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                tokio::select! {
                    _ = axum::serve(listener, app).into_future() => {}
                    _ = stopped => {}
                }
            });
        });
        Api { address, store, _stop: stop }
    }

    /// Address of the server.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stores an object.
    pub fn insert(&self, object: Value) {
        locked(&self.store).insert(object);
    }

    /// The object with the apiVersion, kind, namespace and name of another; null if there is none.
    pub fn get(&self, wanted: &Value) -> Value {
        locked(&self.store).get(&key_of(wanted)).cloned().unwrap_or_default()
    }
}

fn locked(store: &Shared) -> MutexGuard<'_, Store> {
    store.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a path names: a resource, perhaps in a namespace, and perhaps one object.
struct Place {
    api_version: String,
    group: String,
    plural: String,
    namespace: String,
    name: Option<String>,
    /// Whether the log of a Pod is meant.
    is_log: bool,
}

impl Place {
    fn of(path: &str) -> Option<Place> {
        let mut parts = path.trim_matches('/').split('/').map(str::to_owned);
        let group = match parts.next()?.as_str() {
            "api" => String::new(),
            "apis" => parts.next()?,
            _ => return None,
        };
        let version = parts.next()?;
        let rest: Vec<String> = parts.collect();
        let is_log = rest.last().is_some_and(|last| last == "log");
        let (namespace, plural, name) = match rest.as_slice() {
            [namespaces, namespace, plural, rest @ ..] if namespaces == "namespaces" => {
                (namespace.clone(), plural.clone(), rest.first().cloned())
            }
            [plural, rest @ ..] => (String::new(), plural.clone(), rest.first().cloned()),
            [] => return None,
        };
        let api_version = if group.is_empty() { version } else { format!("{group}/{version}") };
        Some(Place { api_version, group, plural, namespace, name, is_log })
    }

    fn key(&self, name: &str) -> Key {
        (self.group.clone(), self.plural.clone(), self.namespace.clone(), name.to_owned())
    }

    fn missing(&self, name: &str) -> Response {
        let resource = if self.group.is_empty() {
            self.plural.clone()
        } else {
            format!("{}.{}", self.plural, self.group)
        };
        let status = json!({
            "kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404,
            "message": format!("{resource} {name:?} not found"),
            "details": {"name": name, "group": self.group, "kind": self.plural},
        });
        (StatusCode::NOT_FOUND, axum::Json(status)).into_response()
    }
}

async fn answer(
    State(store): State<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if uri.path() == "/version" {
        return axum::Json(json!({"gitVersion": "v1.34.1"})).into_response();
    }
    if let Some(groups) = discovery(uri.path()) {
        return axum::Json(groups).into_response();
    }
    let Some(place) = Place::of(uri.path()) else { return StatusCode::NOT_FOUND.into_response() };
    let query: BTreeMap<String, String> =
        url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let is_dry_run = query.contains_key("dryRun");
    match (method, &place.name) {
        (Method::GET, None) if query.contains_key("watch") => watch(store, place, &query),
        (Method::GET, None) => list(&locked(&store), &place, &query),
        (Method::GET, Some(name)) if place.is_log => {
            log(locked(&store).get(&place.key(name)).unwrap_or(&Value::Null), &query)
        }
        (Method::GET, Some(name)) => match locked(&store).get(&place.key(name)) {
            Some(object) => axum::Json(object).into_response(),
            None => place.missing(name),
        },
        (Method::DELETE, Some(name)) => match locked(&store).remove(&place.key(name)) {
            Some(object) => axum::Json(object).into_response(),
            None => place.missing(name),
        },
        (Method::POST, None) | (Method::PUT, Some(_)) => change(&store, is_dry_run, body),
        (Method::PATCH, Some(name)) => {
            let existing = locked(&store).get(&place.key(name)).cloned();
            let applies = headers
                .get(header::CONTENT_TYPE)
                .is_some_and(|kind| kind.as_bytes().starts_with(b"application/apply-patch"));
            if existing.is_none() && !applies {
                return place.missing(name);
            }
            let mut object = existing.unwrap_or_default();
            merge(&mut object, &body);
            change(&store, is_dry_run, object)
        }
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

/// Resources with short names, as the API server lists them at `/api` and `/apis`.
fn discovery(path: &str) -> Option<Value> {
    let resource = |plural: &str, kind: &str, short: &str| {
        json!({"resource": plural, "responseKind": {"kind": kind}, "scope": "Namespaced",
            "singularResource": kind.to_lowercase(), "shortNames": [short]})
    };
    let (group, resources) = match path {
        "/api" => ("", json!([resource("pods", "Pod", "po"), resource("configmaps", "ConfigMap", "cm")])),
        "/apis" => ("apps", json!([resource("deployments", "Deployment", "deploy")])),
        _ => return None,
    };
    let group = json!({"metadata": {"name": group}, "versions": [{"version": "v1", "resources": resources}]});
    Some(json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": [group]}))
}

fn change(store: &Shared, is_dry_run: bool, object: Value) -> Response {
    let object = if is_dry_run { object } else { locked(store).change(object) };
    axum::Json(object).into_response()
}

/// The log of a Pod, which is in its field `log`; without it, its container waits to start.
fn log(pod: &Value, query: &BTreeMap<String, String>) -> Response {
    let Some(log) = pod["log"].as_str() else {
        let message = "container \"manager\" in pod is waiting to start: ContainerCreating";
        let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "BadRequest",
            "code": 400, "message": message});
        return (StatusCode::BAD_REQUEST, axum::Json(status)).into_response();
    };
    let lines: Vec<&str> = log.split_inclusive('\n').collect();
    let tail = query.get("tailLines").and_then(|tail| tail.parse().ok()).unwrap_or(lines.len());
    lines[lines.len().saturating_sub(tail)..].concat().into_response()
}

/// Whether an object has the fields and the labels of a query.
fn is_selected(object: &Value, query: &BTreeMap<String, String>) -> bool {
    let metadata = &object["metadata"];
    let fields = query.get("fieldSelector").map(String::as_str).unwrap_or_default();
    let has_fields = fields.split(',').filter_map(|pair| pair.split_once('=')).all(|(field, value)| {
        object.pointer(&format!("/{}", field.replace('.', "/"))).and_then(Value::as_str) == Some(value)
    });
    let labels = query.get("labelSelector").map(String::as_str).unwrap_or_default();
    let has_labels = labels
        .split(',')
        .filter_map(|pair| pair.split_once('='))
        .all(|(key, value)| metadata["labels"][key] == value);
    has_fields && has_labels
}

fn list(store: &Store, place: &Place, query: &BTreeMap<String, String>) -> Response {
    let items = store.list(&place.group, &place.plural, &place.namespace, 0);
    let items: Vec<&Value> = items.into_iter().filter(|object| is_selected(object, query)).collect();
    axum::Json(json!({
        "apiVersion": place.api_version,
        "kind": "List",
        "metadata": {"resourceVersion": store.version().to_string()},
        "items": items,
    }))
    .into_response()
}

/// Sends the objects that change, as a line each, until the client is gone.
fn watch(store: Shared, place: Place, query: &BTreeMap<String, String>) -> Response {
    let since = query.get("resourceVersion").and_then(|version| version.parse().ok()).unwrap_or(0_u64);
    let query = query.clone();
    let lines = stream::unfold((store, place, query, since), |(store, place, query, since)| async move {
        loop {
            let (text, version) = {
                let store = locked(&store);
                let changed = store.list(&place.group, &place.plural, &place.namespace, since);
                let changed = changed.into_iter().filter(|object| is_selected(object, &query));
                let lines =
                    changed.map(|object| format!("{}\n", json!({"type": "MODIFIED", "object": object})));
                (lines.collect::<String>(), store.version())
            };
            if !text.is_empty() {
                return Some((Ok::<_, Infallible>(text), (store, place, query, version)));
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    Body::from_stream(lines).into_response()
}
