//! A real Kubernetes API for tests: one that tests share, with a namespace for each, or one of a test's own.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use http::{Method, Request};
use serde_json::{Value, json};

use super::client::Client;
use super::control_plane::{ControlPlane, TOKEN};
use super::kubelet::{Kubelet, NODE};

/// Largest number of unshared control planes that run at once.
const FRESH_AT_ONCE: usize = 2;

/// A Kubernetes API and the administrator's client for it.
pub struct Cluster {
    /// Ends before the API server that it talks to.
    kubelet: Option<Kubelet>,
    plane: ControlPlane,
    client: Arc<Client>,
    /// Kind → where it is served.
    resources: Mutex<HashMap<String, Resource>>,
    _permit: Option<Permit>,
}

/// Where the objects of a kind are.
#[derive(Clone, Debug)]
struct Resource {
    group_version: String,
    plural: String,
    namespaced: bool,
}

impl Cluster {
    /// Starts a whole control plane without Flux: controller manager, scheduler, and a node on which Pods only act as if
    /// they ran. For tests that install, uninstall, or change cluster-scoped objects. Only two run at once: a
    /// test starts it first and drops it early.
    pub fn fresh() -> Self {
        let permit = Permit::take();
        let mut cluster = Self::ready(ControlPlane::start(true), Some(permit));
        cluster.plane.controller_manager();
        cluster.plane.scheduler();
        cluster.add_node();
        cluster.kubelet = Some(Kubelet::start(Arc::clone(&cluster.client)));
        // Short timeouts in tests count from here: by now the controllers work.
        cluster.wait("the controller manager", Duration::from_mins(1), || {
            cluster.try_get("ServiceAccount", "default", "default").is_some()
        });
        cluster
    }

    /// Starts an API server and nothing else: namespaces are never deleted, Deployments get no Pods.
    pub fn api_only() -> Self {
        let permit = Permit::take();
        Self::ready(ControlPlane::start(false), Some(permit))
    }

    /// Waits until the API server of `plane` answers.
    pub(super) fn ready(mut plane: ControlPlane, permit: Option<Permit>) -> Self {
        let client = Client::new(plane.port(), &plane.authority());
        plane.wait_until(|| {
            let answer = client.send(prepare(Method::GET, "/readyz"), String::new());
            answer.is_ok_and(|(code, _)| code == 200)
        });
        let cluster = Self {
            kubelet: None,
            plane,
            client: Arc::new(client),
            resources: Mutex::default(),
            _permit: permit,
        };
        cluster.wait("the default namespace", Duration::from_mins(1), || {
            cluster.try_get("Namespace", "", "default").is_some()
        });
        cluster
    }

    fn add_node(&self) {
        self.apply(NODE);
        // Every new node is tainted until its lifecycle controller, which does not run, has seen it ready.
        self.patch("Node", "", "edge", &json!({"spec": {"taints": null}}));
    }

    /// The administrator's kubeconfig.
    pub fn kubeconfig(&self) -> PathBuf {
        self.plane.kubeconfig()
    }

    /// A kubeconfig with this bearer token.
    pub fn kubeconfig_for(&self, token: &str) -> String {
        self.plane.kubeconfig_for(token)
    }

    /// The API server's address.
    pub fn url(&self) -> String {
        self.plane.url()
    }

    /// The log so far of one of the control plane's programs.
    pub fn log(&self, program: &str) -> String {
        self.plane.log(program)
    }

    /// Creates a namespace with a unique name that begins with `prefix`.
    pub fn namespace(&self, prefix: &str) -> String {
        static COUNT: AtomicUsize = AtomicUsize::new(1);
        let name = format!("{prefix}-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        self.apply(&format!("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n"));
        name
    }

    /// Applies every document of `yaml` by server-side apply; a `status` goes to the object's status.
    pub fn apply(&self, yaml: &str) {
        let documents = edgeflux_yaml::documents(yaml).expect("the test's own YAML");
        for document in documents.iter().filter(|it| !it.is_null()) {
            self.apply_value(document);
        }
    }

    /// As [`Self::apply`], for one object.
    pub fn apply_value(&self, object: &Value) {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let (kind, name) = (text("/kind"), text("/metadata/name"));
        let path = self.path(kind, text("/metadata/namespace"), name);
        let query = "fieldManager=test&force=true";
        let (code, answer) = self.request("PATCH", &format!("{path}?{query}"), Some(object));
        assert!(code < 300, "{kind} {name}: {code} {answer}");
        if object.get("status").is_some() && kind != "CustomResourceDefinition" {
            let (code, answer) = self.request("PATCH", &format!("{path}/status?{query}"), Some(object));
            assert!(code < 300, "the status of {kind} {name}: {code} {answer}");
        }
    }

    /// The object, which must exist. The namespace of a cluster-scoped object is empty.
    pub fn get(&self, kind: &str, namespace: &str, name: &str) -> Value {
        self.try_get(kind, namespace, name).unwrap_or_else(|| panic!("no {kind} {namespace}/{name}"))
    }

    /// The object, if it exists.
    pub fn try_get(&self, kind: &str, namespace: &str, name: &str) -> Option<Value> {
        self.try_resource(kind)?;
        let (code, answer) = self.request("GET", &self.path(kind, namespace, name), None);
        match code {
            200 => Some(answer),
            404 => None,
            _ => panic!("get {kind} {namespace}/{name}: {code} {answer}"),
        }
    }

    /// The objects of `kind` in `namespace`, or in all when that is empty; no objects when the cluster does not serve the
    /// kind.
    pub fn list(&self, kind: &str, namespace: &str) -> Vec<Value> {
        if self.try_resource(kind).is_none() {
            return Vec::new();
        }
        let (code, answer) = self.request("GET", &self.path(kind, namespace, ""), None);
        assert_eq!(code, 200, "list {kind}: {answer}");
        answer["items"].as_array().cloned().unwrap_or_default()
    }

    /// Merges `change` into the object.
    pub fn patch(&self, kind: &str, namespace: &str, name: &str, change: &Value) {
        let path = self.path(kind, namespace, name);
        let (code, answer) = self.request("MERGE", &path, Some(change));
        assert_eq!(code, 200, "patch {kind} {namespace}/{name}: {answer}");
    }

    /// Merges `status` into the object's status.
    pub fn patch_status(&self, kind: &str, namespace: &str, name: &str, status: &Value) {
        let path = format!("{}/status", self.path(kind, namespace, name));
        let (code, answer) = self.request("MERGE", &path, Some(&json!({ "status": status })));
        assert_eq!(code, 200, "patch the status of {kind} {namespace}/{name}: {answer}");
    }

    /// Deletes the object, if it exists.
    pub fn delete(&self, kind: &str, namespace: &str, name: &str) {
        let (code, answer) = self.request("DELETE", &self.path(kind, namespace, name), None);
        assert!(code < 300 || code == 404, "delete {kind} {namespace}/{name}: {code} {answer}");
    }

    /// Waits until `done`; panics with `what` after `limit`.
    pub fn wait(&self, what: &str, limit: Duration, mut done: impl FnMut() -> bool) {
        let started = Instant::now();
        while !done() {
            assert!(started.elapsed() < limit, "{what}: not after {limit:?} at {}", self.url());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// A token of the ServiceAccount, by `TokenRequest`.
    pub fn token(&self, namespace: &str, account: &str) -> String {
        let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token");
        let body = json!({
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": { "expirationSeconds": 7200 },
        });
        let (code, answer) = self.request("POST", &path, Some(&body));
        assert_eq!(code, 201, "a token of {namespace}/{account}: {answer}");
        answer["status"]["token"].as_str().expect("a token is text").to_owned()
    }

    /// Sends a request as the administrator and returns status and answer, which is text if it is not JSON. The method
    /// `PATCH` is a server-side apply, `MERGE` a merge patch, `JSON` a JSON patch.
    pub fn request(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let (verb, content) = match method {
            "PATCH" => (Method::PATCH, "application/apply-patch+yaml"),
            "JSON" => (Method::PATCH, "application/json-patch+json"),
            "MERGE" => (Method::PATCH, "application/merge-patch+json"),
            other => (other.parse().expect("a method of HTTP"), "application/json"),
        };
        let mut request = prepare(verb, path);
        if body.is_some() {
            request = request.header("Content-Type", content);
        }
        let body = body.map(ToString::to_string).unwrap_or_default();
        let (code, text) =
            self.client.send(request, body).unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        (code, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// The path of an object, or of the list without a `name`.
    pub fn path(&self, kind: &str, namespace: &str, name: &str) -> String {
        let resource =
            self.try_resource(kind).unwrap_or_else(|| panic!("the cluster does not know the kind {kind:?}"));
        let root = if resource.group_version.contains('/') { "apis" } else { "api" };
        let mut path = format!("/{root}/{}", resource.group_version);
        if resource.namespaced && !namespace.is_empty() {
            path = format!("{path}/namespaces/{namespace}");
        }
        path = format!("{path}/{}", resource.plural);
        if name.is_empty() { path } else { format!("{path}/{name}") }
    }

    /// Whether the server serves objects of this kind.
    pub fn knows(&self, kind: &str) -> bool {
        self.try_resource(kind).is_some()
    }

    fn try_resource(&self, kind: &str) -> Option<Resource> {
        let known = |all: &HashMap<String, Resource>| all.get(kind).cloned();
        let mut resources = self.resources.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(found) = known(&resources) {
            return Some(found);
        }
        // The kind may have been added since the last discovery.
        *resources = self.discover();
        known(&resources)
    }

    /// Asks the server for all kinds, the oldest groups first, each in its preferred version.
    fn discover(&self) -> HashMap<String, Resource> {
        let mut found = HashMap::new();
        for root in ["api", "apis"] {
            let accepted = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
            let request = prepare(Method::GET, &format!("/{root}")).header("Accept", accepted);
            let (_, text) = self.client.send(request, String::new()).expect("the server answers");
            let answer: Value = serde_json::from_str(&text).expect("discovery is JSON");
            for group in answer["items"].as_array().into_iter().flatten() {
                let name = group["metadata"]["name"].as_str().unwrap_or_default();
                for version in group["versions"].as_array().into_iter().flatten() {
                    let version_name = version["version"].as_str().unwrap_or_default();
                    let group_version = match name {
                        "" => version_name.to_owned(),
                        name => format!("{name}/{version_name}"),
                    };
                    for resource in version["resources"].as_array().into_iter().flatten() {
                        let text = |pointer| resource.pointer(pointer).and_then(Value::as_str);
                        let kind = text("/responseKind/kind").unwrap_or_default();
                        found.entry(kind.to_owned()).or_insert_with(|| Resource {
                            group_version: group_version.clone(),
                            plural: text("/resource").unwrap_or_default().to_owned(),
                            namespaced: text("/scope") == Some("Namespaced"),
                        });
                    }
                }
            }
        }
        found
    }
}

/// A request as the administrator.
pub(super) fn prepare(method: Method, path: &str) -> http::request::Builder {
    Request::builder().method(method).uri(path).header("Authorization", format!("Bearer {TOKEN}"))
}

/// Permission to run an unshared control plane.
pub(super) struct Permit;

static FREE: (Mutex<usize>, Condvar) = (Mutex::new(FRESH_AT_ONCE), Condvar::new());

impl Permit {
    fn take() -> Self {
        let free = FREE.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut free =
            FREE.1.wait_while(free, |free| *free == 0).unwrap_or_else(std::sync::PoisonError::into_inner);
        *free -= 1;
        Self
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        *FREE.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) += 1;
        FREE.1.notify_one();
    }
}
