//! Exec credential plugins: the `exec` of a kubeconfig's user.

use std::io::IsTerminal;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::process::Command;

use super::access::{Access, Identity};
use super::kubeconfig::{ExecEntry, Resolved};
use super::{Options, headers};
use crate::error::{Error, ErrorKind, Result};

/// Environment variable that describes the request to the plugin.
const EXEC_INFO: &str = "KUBERNETES_EXEC_INFO";

/// Maximum size of the output, in bytes.
const LONGEST: u64 = 4 << 20;

/// An exec credential plugin and its input.
pub(super) struct Plugin {
    exec: ExecEntry,
    owner: String,
    server: String,
    /// Description of the cluster, if the plugin needs it.
    cluster: Option<Value>,
    /// Whether it must neither print nor ask anything, as during shell completion.
    silent: bool,
}

/// Credentials printed by a plugin.
pub(super) struct Fresh {
    pub header: Option<HeaderValue>,
    pub identity: Option<Identity>,
    pub expires: Option<Timestamp>,
}

impl Plugin {
    /// Creates the plugin of the user.
    pub fn new(resolved: &Resolved, access: &Access, options: &Options) -> Self {
        let exec = resolved.user.exec.clone().unwrap_or_default();
        let cluster = exec.provide_cluster_info.then(|| cluster_info(resolved, access));
        Plugin {
            exec,
            owner: resolved.user_label(),
            server: access.shown_server(),
            cluster,
            silent: options.silent,
        }
    }

    /// Runs the plugin. There is no timeout if it may ask the user.
    pub async fn run(&self, limit: Duration) -> Result<Fresh> {
        let interactive = self.interactive()?;
        let asked = self.ask(interactive);
        let (status, output) = if interactive {
            asked.await?
        } else {
            tokio::time::timeout(limit, asked).await.unwrap_or_else(|_| {
                Err(self.error(
                    ErrorKind::Timeout,
                    &format!("did not finish within {limit:?}"),
                    "run it manually to see what it waits for, or allow more time with --timeout",
                ))
            })?
        };
        if !status.success() {
            return Err(self.failed(&format!("failed ({status})")));
        }
        self.understand(&output)
    }

    /// Whether the plugin may use standard input.
    fn interactive(&self) -> Result<bool> {
        let terminal = std::io::stdin().is_terminal() && !self.silent;
        match self.exec.interactive_mode.as_str() {
            "Always" if !terminal => Err(self.error(
                ErrorKind::Usage,
                "needs a terminal (interactiveMode: Always), and standard input is not one",
                "run this command on a terminal, or use credentials that need no input",
            )),
            "Always" => Ok(true),
            "IfAvailable" => Ok(terminal),
            _ => Ok(false),
        }
    }

    async fn ask(&self, interactive: bool) -> Result<(ExitStatus, Vec<u8>)> {
        let mut spec = json!({"interactive": interactive});
        if let Some(cluster) = &self.cluster {
            spec["cluster"] = cluster.clone();
        }
        let info = json!({"kind": "ExecCredential", "apiVersion": self.exec.api_version, "spec": spec});
        let inherit = |yes: bool| if yes { Stdio::inherit() } else { Stdio::null() };
        let spawned = Command::new(&self.exec.command)
            .args(&self.exec.args)
            .envs(self.exec.env.iter().map(|(name, value)| (name, value)))
            .env(EXEC_INFO, info.to_string())
            .stdin(inherit(interactive))
            // It may print where to log in.
            .stderr(inherit(!self.silent))
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        let mut child = spawned.map_err(|error| self.not_started(&error))?;
        let mut output = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            let read = stdout.take(LONGEST).read_to_end(&mut output).await;
            read.map_err(|error| self.failed(&format!("has output that cannot be read: {error}")))?;
        }
        if output.len() as u64 == LONGEST {
            return Err(self.failed("printed far more than credentials"));
        }
        let status = child.wait().await.map_err(|error| self.failed(&format!("failed: {error}")))?;
        Ok((status, output))
    }

    /// Decodes the output of the plugin. It is never shown, since it may contain secrets.
    fn understand(&self, output: &[u8]) -> Result<Fresh> {
        let text = String::from_utf8_lossy(output);
        let value: Value = serde_json::from_str(&text)
            .ok()
            .or_else(|| edgeflux_yaml::document(&text).ok())
            .filter(|value: &Value| value["kind"] == "ExecCredential")
            .ok_or_else(|| self.failed("printed something that is not an ExecCredential"))?;
        let version = value["apiVersion"].as_str().unwrap_or_default();
        if version != self.exec.api_version {
            let wanted = &self.exec.api_version;
            return Err(self.error(
                ErrorKind::Usage,
                &format!("printed an ExecCredential of {version:?}, but the kubeconfig says {wanted}"),
                "set exec.apiVersion in the kubeconfig to the version that the program prints, or update the plugin",
            ));
        }
        let text = |field: &str| match &value["status"][field] {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
            _ => Err(self.failed(&format!("printed an ExecCredential whose status.{field} is not a string"))),
        };
        let (token, certificate, key) =
            (text("token")?, text("clientCertificateData")?, text("clientKeyData")?);
        let identity = match (certificate, key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => {
                let identity = Identity { certificate: certificate.into(), key: key.into() };
                let from = |field: &str| {
                    format!("{field} from {}, the exec command of {},", self.exec.command, self.owner)
                };
                identity.check(&from("clientCertificateData"), &from("clientKeyData"), None)?;
                Some(identity)
            }
            _ => return Err(self.failed("printed a certificate or a key, but not both")),
        };
        if token.is_none() && identity.is_none() {
            return Err(
                self.failed("printed an ExecCredential without a token or a certificate in its status")
            );
        }
        let expires = text("expirationTimestamp")?
            .map(|time| {
                time.parse().map_err(|_| self.failed("printed an expirationTimestamp that is not a time"))
            })
            .transpose()?;
        let header = token
            .map(|token| {
                headers::bearer(token, &format!("{}, which {} printed,", self.owner, self.exec.command))
            })
            .transpose()?;
        Ok(Fresh { header, identity, expires })
    }

    fn not_started(&self, error: &std::io::Error) -> Error {
        let command = &self.exec.command;
        if error.kind() != std::io::ErrorKind::NotFound {
            return self.error(
                ErrorKind::Forbidden,
                &format!("cannot be run: {error}"),
                "check the file and its permissions, or name another context with --context",
            );
        }
        let how = self.exec.install_hint.as_deref().map(printable).filter(|how| !how.is_empty());
        let how = how.map(|how| format!(" ({how})")).unwrap_or_default();
        let hint = if command.contains('/') {
            format!(
                "install it there{how}, fix exec.command in the kubeconfig, or name another context with --context"
            )
        } else {
            format!("install {command}{how} and have it on the PATH, or name another context with --context")
        };
        self.error(ErrorKind::Forbidden, "was not found", &hint)
    }

    fn failed(&self, what: &str) -> Error {
        self.error(
            ErrorKind::Forbidden,
            what,
            "run it manually, log in again, or name another context with --context",
        )
    }

    fn error(&self, kind: ErrorKind, what: &str, hint: &str) -> Error {
        let Plugin { exec, owner, server, .. } = self;
        let command = printable(&exec.command);
        Error::new(
            kind,
            format!("no credentials for {server}: {command}, the exec command of {owner}, {what}"),
        )
        .hint(hint)
    }
}

/// Returns the description of the cluster for the plugin.
fn cluster_info(resolved: &Resolved, access: &Access) -> Value {
    let entry = &resolved.cluster;
    let mut info = json!({"server": entry.server.clone().unwrap_or_default()});
    let mut set = |field: &str, value: Option<Value>| {
        if let Some(value) = value {
            info[field] = value;
        }
    };
    set("tls-server-name", entry.tls_server_name.clone().map(Value::from));
    set("insecure-skip-tls-verify", entry.insecure.then_some(Value::Bool(true)));
    let authorities = access.trust.authorities.as_ref();
    set("certificate-authority-data", authorities.map(|pem| STANDARD.encode(pem).into()));
    set("proxy-url", entry.proxy.as_ref().map(|proxy| proxy.as_str().into()));
    set("disable-compression", entry.disable_compression.then_some(Value::Bool(true)));
    set("config", entry.exec_config.clone());
    info
}

/// Removes control characters.
fn printable(text: &str) -> String {
    text.trim().chars().filter(|c| !c.is_control() || *c == '\n').collect()
}
