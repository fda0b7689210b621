//! The real source-controller and kustomize-controller, run as the kubelet would: each while its
//! Deployment is available, with its arguments and as its ServiceAccount.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;

use super::assets;
use super::cluster::Cluster;
use super::ports;
use super::process::{Process, Scratch};

const NAMES: [&str; 2] = ["source-controller", "kustomize-controller"];
/// Time between two looks at the Deployments.
const PERIOD: Duration = Duration::from_millis(200);
/// Grace period of a controller that is asked to end.
const GRACE: Duration = Duration::from_secs(10);

/// Watches the Deployments of one namespace and runs their controllers beside the API server, until
/// this is dropped.
///
/// They run as the ServiceAccount of their Deployment, so that the permissions that we install are tested as well.
pub struct Controllers {
    scratch: Arc<Scratch>,
    done: Arc<AtomicBool>,
    running: Arc<Mutex<Vec<String>>>,
    keeper: Option<JoinHandle<()>>,
}

impl Controllers {
    /// Starts to watch `namespace`. None where `EDGEFLUX_TEST_SKIP=controllers` leaves out such tests; the test then returns.
    pub fn watch(cluster: &Arc<Cluster>, namespace: &str) -> Option<Self> {
        if assets::skips_controllers() {
            return None;
        }
        let programs: Vec<(&str, PathBuf)> =
            NAMES.into_iter().map(|name| (name, assets::program(name))).collect();
        let scratch = Arc::new(Scratch::new());
        let done = Arc::new(AtomicBool::new(false));
        let mut keeper = Keeper {
            cluster: Arc::clone(cluster),
            namespace: namespace.to_owned(),
            scratch: Arc::clone(&scratch),
            running: HashMap::new(),
        };
        let ended = Arc::clone(&done);
        let running = Arc::new(Mutex::default());
        let shown = Arc::clone(&running);
        let keeper = std::thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                for (name, program) in &programs {
                    keeper.look(name, program);
                }
                let mut names: Vec<String> = keeper.running.keys().cloned().collect();
                names.sort();
                *shown.lock().unwrap_or_else(PoisonError::into_inner) = names;
                std::thread::sleep(PERIOD);
            }
        });
        Some(Self { scratch, done, running, keeper: Some(keeper) })
    }

    /// The names of the running controllers, sorted.
    pub fn running(&self) -> Vec<String> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The log of a controller so far, over all its runs.
    pub fn log(&self, name: &str) -> String {
        std::fs::read_to_string(self.scratch.path().join(format!("{name}.log"))).unwrap_or_default()
    }
}

impl Drop for Controllers {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        if let Some(keeper) = self.keeper.take()
            && keeper.join().is_err()
            && !std::thread::panicking()
        {
            panic!("the controllers could not be run; see above");
        }
    }
}

struct Run {
    process: Process,
    /// The Deployment's UID and template; when they change, the controller is restarted.
    of: String,
}

struct Keeper {
    cluster: Arc<Cluster>,
    namespace: String,
    scratch: Arc<Scratch>,
    running: HashMap<String, Run>,
}

impl Keeper {
    fn look(&mut self, name: &str, program: &PathBuf) {
        let deployment = self.cluster.try_get("Deployment", &self.namespace, name);
        let wanted = deployment.as_ref().filter(|it| {
            it["metadata"]["deletionTimestamp"].is_null()
                && it["status"]["availableReplicas"].as_u64().unwrap_or_default() > 0
        });
        let of = wanted.map(|it| format!("{} {}", it["metadata"]["uid"], it["spec"]["template"]));
        if let Some(run) = self.running.get_mut(name) {
            if of.as_ref() == Some(&run.of) && run.process.runs() {
                return;
            }
            if let Some(run) = self.running.remove(name) {
                run.process.stop(GRACE);
            }
        }
        if let (Some(deployment), Some(of)) = (wanted, of)
            && let Some(process) = self.start(name, program, deployment)
        {
            self.running.insert(name.to_owned(), Run { process, of });
        }
    }

    /// None while its ServiceAccount does not exist.
    fn start(&self, name: &str, program: &PathBuf, deployment: &Value) -> Option<Process> {
        let pod = &deployment["spec"]["template"]["spec"];
        let account = pod["serviceAccountName"].as_str().unwrap_or("default");
        self.cluster.try_get("ServiceAccount", &self.namespace, account)?;
        let token = self.cluster.token(&self.namespace, account);
        let directory = self.scratch.path().join(name);
        let storage = directory.join("data");
        std::fs::create_dir_all(&storage).expect("the controller's directory");
        let kubeconfig = directory.join("kubeconfig");
        std::fs::write(&kubeconfig, self.cluster.kubeconfig_for(&token)).expect("its kubeconfig");

        let container = &pod["containers"][0];
        let env = environment(container, &self.namespace);
        let mut command = Command::new(program);
        for arg in container["args"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            command.arg(expand(arg, &env));
        }
        let mut own = vec![
            "--enable-leader-election=false".to_owned(),
            "--metrics-addr=127.0.0.1:0".to_owned(),
            format!("--health-addr=127.0.0.1:{}", ports::free()),
            // There is no notification-controller, and no DNS to find it by.
            "--events-addr=".to_owned(),
        ];
        if name == "source-controller" {
            let address = format!("127.0.0.1:{}", ports::free());
            own.push(format!("--storage-path={}", storage.display()));
            own.push(format!("--storage-addr={address}"));
            own.push(format!("--storage-adv-addr={address}"));
        }
        command
            .args(own)
            .envs(env)
            .env("KUBECONFIG", &kubeconfig)
            // No request leaves this machine, whatever the objects of a test point at.
            .env("HTTP_PROXY", "http://127.0.0.1:9")
            .env("HTTPS_PROXY", "http://127.0.0.1:9")
            .env("NO_PROXY", "127.0.0.1,localhost")
            .env("HOME", &directory)
            .env("TMPDIR", &directory)
            .current_dir(&directory);
        Some(Process::start(&command, &self.scratch.path().join(format!("{name}.log"))))
    }
}

/// The container's environment: plain values and the namespace.
fn environment(container: &Value, namespace: &str) -> HashMap<String, String> {
    let mut found = HashMap::new();
    for variable in container["env"].as_array().into_iter().flatten() {
        let Some(name) = variable["name"].as_str() else { continue };
        let field = variable.pointer("/valueFrom/fieldRef/fieldPath").and_then(Value::as_str);
        let value = match field {
            Some("metadata.namespace") => Some(namespace.to_owned()),
            Some(_) => None,
            None => variable["value"].as_str().map(ToOwned::to_owned),
        };
        if let Some(value) = value {
            found.insert(name.to_owned(), value);
        }
    }
    found
}

/// Replaces `$(NAME)` as the kubelet does.
fn expand(arg: &str, env: &HashMap<String, String>) -> String {
    env.iter().fold(arg.to_owned(), |arg, (name, value)| arg.replace(&format!("$({name})"), value))
}
