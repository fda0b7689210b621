//! The processes of a Kubernetes control plane on loopback.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::assets;
use super::pki::Key;
use super::ports;
use super::process::{Process, Scratch};
use super::tls::Authority;

/// The token of the cluster's administrator.
pub const TOKEN: &str = "edgeflux-test-administrator";

/// Longest time to start, on a loaded machine of two cores with several control planes at once.
const START: Duration = Duration::from_mins(3);

/// kube-apiserver, etcd, and the programs started with them. All end when this is dropped.
pub struct ControlPlane {
    /// In the order of their start; they end in reverse.
    processes: Vec<Process>,
    scratch: Scratch,
    authority: Authority,
    port: u16,
}

impl ControlPlane {
    /// Starts etcd and kube-apiserver. With `service_accounts`, the ServiceAccount of a Pod must exist, as in a real
    /// cluster; the controller manager creates them.
    pub fn start(service_accounts: bool) -> Self {
        let scratch = Scratch::new();
        let authority = Authority::new();
        let mut plane = Self { processes: Vec::new(), scratch, authority, port: ports::free() };
        let etcd = plane.etcd();
        plane.api_server(&etcd, service_accounts);
        let kubeconfig = plane.kubeconfig_for(TOKEN);
        std::fs::write(plane.kubeconfig(), kubeconfig).expect("the kubeconfig");
        plane
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory().join(name)
    }

    /// The directory of the control plane's files, which is removed with it.
    pub fn directory(&self) -> &Path {
        self.scratch.path()
    }

    /// The API server's port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The API server's address.
    pub fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// The authority of the API server's certificate, as PEM.
    pub fn authority(&self) -> String {
        self.authority.pem()
    }

    /// The administrator's kubeconfig.
    pub fn kubeconfig(&self) -> PathBuf {
        self.file("kubeconfig")
    }

    /// A kubeconfig with this bearer token.
    pub fn kubeconfig_for(&self, token: &str) -> String {
        format!(
            "apiVersion: v1
kind: Config
current-context: test
clusters:
- name: test
  cluster:
    server: {}
    certificate-authority: {}
contexts:
- name: test
  context:
    cluster: test
    user: test
users:
- name: test
  user:
    token: {token}
",
            self.url(),
            self.authority.file().display()
        )
    }

    fn run(&mut self, program: &str, args: &[String]) -> &mut Process {
        let mut command = Command::new(assets::program(program));
        command.args(args).env("HOME", self.directory()).current_dir(self.directory());
        let log = self.file(&format!("{program}.log"));
        self.processes.push(Process::start(&command, &log));
        self.processes.last_mut().expect("one was just pushed")
    }

    /// Starts etcd and returns its address.
    fn etcd(&mut self) -> String {
        let client = format!("http://127.0.0.1:{}", ports::free());
        let peer = format!("http://127.0.0.1:{}", ports::free());
        self.run(
            "etcd",
            &[
                format!("--data-dir={}", self.file("etcd").display()),
                format!("--listen-client-urls={client}"),
                format!("--advertise-client-urls={client}"),
                format!("--listen-peer-urls={peer}"),
                format!("--initial-advertise-peer-urls={peer}"),
                format!("--initial-cluster=default={peer}"),
                "--unsafe-no-fsync".to_owned(),
                "--log-level=error".to_owned(),
            ],
        );
        client
    }

    fn api_server(&mut self, etcd: &str, service_accounts: bool) {
        let (certificate, key) = self.authority.certificate(&["kubernetes", "kubernetes.default.svc"]);
        std::fs::write(self.file("server.crt"), certificate).expect("the certificate");
        std::fs::write(self.file("server.key"), key).expect("the key");
        let signing = Key::P256.make();
        let private = signing.private_key_to_pem_pkcs8().expect("a key that was just made");
        std::fs::write(self.file("sa.key"), private).expect("the key");
        std::fs::write(self.file("sa.pub"), signing.public_key_to_pem().expect("the key")).expect("the key");
        std::fs::write(self.file("tokens"), format!("{TOKEN},admin,1,\"system:masters\"\n"))
            .expect("the tokens");
        let path = |name: &str| self.file(name).display().to_string();
        let mut args = vec![
            format!("--etcd-servers={etcd}"),
            "--bind-address=127.0.0.1".to_owned(),
            "--advertise-address=127.0.0.1".to_owned(),
            // Otherwise the server looks for an address on a real network.
            "--endpoint-reconciler-type=none".to_owned(),
            format!("--secure-port={}", self.port),
            format!("--cert-dir={}", path("certs")),
            format!("--tls-cert-file={}", path("server.crt")),
            format!("--tls-private-key-file={}", path("server.key")),
            format!("--token-auth-file={}", path("tokens")),
            "--authorization-mode=RBAC".to_owned(),
            "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
            format!("--service-account-key-file={}", path("sa.pub")),
            format!("--service-account-signing-key-file={}", path("sa.key")),
            "--service-cluster-ip-range=10.0.0.0/24".to_owned(),
            "--allow-privileged".to_owned(),
        ];
        if !service_accounts {
            args.push("--disable-admission-plugins=ServiceAccount".to_owned());
        }
        self.run("kube-apiserver", &args);
    }

    /// Waits until `ready`; panics with the log when the API server ends.
    pub fn wait_until(&mut self, ready: impl FnMut() -> bool) {
        self.processes.last_mut().expect("the API server was started").wait_until(START, ready);
    }

    /// Starts kube-controller-manager: namespaces are deleted with their objects, owners with what they own, and
    /// Deployments get Pods.
    pub fn controller_manager(&mut self) {
        let path = |name: &str| self.file(name).display().to_string();
        let args = [
            format!("--kubeconfig={}", path("kubeconfig")),
            format!("--service-account-private-key-file={}", path("sa.key")),
            format!("--root-ca-file={}", self.authority.file().display()),
            "--use-service-account-credentials".to_owned(),
            // The node sends no heartbeats.
            "--controllers=*,-node-lifecycle-controller".to_owned(),
            "--leader-elect=false".to_owned(),
            "--bind-address=127.0.0.1".to_owned(),
            "--secure-port=0".to_owned(),
        ];
        self.run("kube-controller-manager", &args);
    }

    /// Starts kube-scheduler. The caller creates the node that it assigns Pods to.
    pub fn scheduler(&mut self) {
        let kubeconfig = format!("--kubeconfig={}", self.kubeconfig().display());
        self.run(
            "kube-scheduler",
            &[kubeconfig, "--leader-elect=false".to_owned(), "--secure-port=0".to_owned()],
        );
    }

    /// The log of `program` so far.
    pub fn log(&self, program: &str) -> String {
        std::fs::read_to_string(self.file(&format!("{program}.log"))).unwrap_or_default()
    }
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        while self.processes.pop().is_some() {}
    }
}
