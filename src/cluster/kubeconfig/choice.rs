//! The cluster and the user that a context and flags choose, by the rules of client-go's `clientcmd`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use super::fields::Fields;
use super::{Entry, Kubeconfig, Options, listed};
use crate::cluster::ProxyUrl;
use crate::error::{Error, Result};
use crate::secret::Secret;

/// The name of the cluster extension whose content exec plugins are given.
const EXEC_EXTENSION: &str = "client.authentication.k8s.io/exec";

/// What is known about cluster and user once flags are applied. Files that the entries name are not read yet.
#[derive(Default)]
pub struct Choice {
    /// The name of the context; none where flags or the Pod say it all.
    pub context: Option<String>,
    /// The namespace of the context.
    pub namespace: Option<String>,
    /// The name of the cluster's entry.
    pub cluster_name: Option<String>,
    /// How to reach the API server.
    pub cluster: ClusterEntry,
    /// The name of the user's entry.
    pub user_name: Option<String>,
    /// Who asks.
    pub user: UserEntry,
}

/// `clusters[].cluster` of a kubeconfig. Paths are absolute or from flags.
#[derive(Default)]
pub struct ClusterEntry {
    /// `server`
    pub server: Option<String>,
    /// `tls-server-name`
    pub tls_server_name: Option<String>,
    /// `insecure-skip-tls-verify`
    pub insecure: bool,
    /// `certificate-authority`
    pub certificate_authority: Option<PathBuf>,
    /// `certificate-authority-data`, decoded
    pub certificate_authority_data: Option<Vec<u8>>,
    /// `proxy-url`
    pub proxy: Option<ProxyUrl>,
    /// `disable-compression`
    pub disable_compression: bool,
    /// The extension whose content exec plugins are given.
    pub exec_config: Option<Value>,
}

/// `users[].user` of a kubeconfig. Paths are absolute or from flags.
#[derive(Default)]
pub struct UserEntry {
    /// `client-certificate`
    pub client_certificate: Option<PathBuf>,
    /// `client-certificate-data`, decoded
    pub client_certificate_data: Option<Vec<u8>>,
    /// `client-key`
    pub client_key: Option<PathBuf>,
    /// `client-key-data`, decoded
    pub client_key_data: Option<Vec<u8>>,
    /// `token`
    pub token: Option<Secret>,
    /// `tokenFile`
    pub token_file: Option<PathBuf>,
    /// `username`
    pub username: Option<String>,
    /// `password`
    pub password: Option<Secret>,
    /// `as`
    pub impersonate: Option<String>,
    /// `as-uid`
    pub impersonate_uid: Option<String>,
    /// `as-groups`
    pub impersonate_groups: Vec<String>,
    /// `as-user-extra`
    pub impersonate_extra: BTreeMap<String, Vec<String>>,
    /// `auth-provider`: its name and settings
    pub auth_provider: Option<(String, BTreeMap<String, String>)>,
    /// `exec`
    pub exec: Option<ExecEntry>,
}

/// `users[].user.exec` of a kubeconfig: the program that credentials are asked from.
#[derive(Default, Clone)]
pub struct ExecEntry {
    /// `command`; relative to the kubeconfig where it holds a slash.
    pub command: String,
    /// `args`
    pub args: Vec<String>,
    /// `env`
    pub env: Vec<(String, String)>,
    /// `apiVersion`
    pub api_version: String,
    /// `installHint`
    pub install_hint: Option<String>,
    /// `provideClusterInfo`
    pub provide_cluster_info: bool,
    /// `interactiveMode`
    pub interactive_mode: String,
}

/// Chooses by flags and the current context.
pub(super) fn choose(kubeconfig: &Kubeconfig, options: &Options) -> Result<Choice> {
    let mut choice = Choice {
        context: options.context.clone().or_else(|| kubeconfig.current_context.clone()),
        ..Choice::default()
    };
    if let Some(name) = &choice.context {
        let Some(entry) = kubeconfig.contexts.get(name) else {
            return Err(no_such_context(kubeconfig, options, name));
        };
        let context = unique(entry, "context", name)?;
        choice.cluster_name = context.text("cluster")?;
        choice.user_name = context.text("user")?;
        choice.namespace = context.text("namespace")?;
    }
    choice.cluster = cluster(kubeconfig, options, &mut choice)?;
    choice.user = user(kubeconfig, options, &mut choice)?;
    choice.cluster.override_by(options);
    choice.user.override_by(options)?;
    Ok(choice)
}

fn no_such_context(kubeconfig: &Kubeconfig, options: &Options, name: &str) -> Error {
    let error = if options.context.is_some() {
        Error::usage(format!("context \"{name}\" does not exist"))
    } else {
        Error::usage(format!("the current context \"{name}\" is not in the kubeconfig"))
    };
    if kubeconfig.contexts.is_empty() {
        return error.hint("the kubeconfig has no context: name another with --kubeconfig");
    }
    error.hint(format!("choose one with --context: {}", listed(kubeconfig.contexts.keys())))
}

/// The fields of an entry, unless another of the same file has its name.
fn unique<'a>(entry: &'a Entry, what: &str, name: &str) -> Result<Fields<'a>> {
    let fields = entry.fields()?;
    if entry.duplicate {
        return Err(fields.wrong(
            None,
            &format!(
                "\"{name}\" is the name of several entries: kubectl refuses two of the same name ({what}s)"
            ),
        ));
    }
    Ok(fields)
}

fn cluster(kubeconfig: &Kubeconfig, options: &Options, choice: &mut Choice) -> Result<ClusterEntry> {
    if options.cluster.is_some() {
        choice.cluster_name.clone_from(&options.cluster);
    }
    let Some(name) = &choice.cluster_name else {
        if options.server.is_some() || options.kubernetes_master.is_some() {
            return Ok(ClusterEntry::default());
        }
        return Err(match &choice.context {
            Some(context) => Error::usage(format!("context \"{context}\" names no cluster"))
                .hint("choose one with --cluster, or another context with --context"),
            None => kubeconfig.no_context(),
        });
    };
    match kubeconfig.clusters.get(name) {
        Some(entry) => ClusterEntry::read(&unique(entry, "cluster", name)?),
        None if options.server.is_some() && options.cluster.is_none() => Ok(ClusterEntry::default()),
        None => {
            let of = choice.context.as_ref().filter(|_| options.cluster.is_none());
            let of = of.map(|context| format!(" (of context \"{context}\")")).unwrap_or_default();
            Err(Error::usage(format!("cluster \"{name}\"{of} is not in the kubeconfig"))
                .hint("choose another with --cluster or --context"))
        }
    }
}

fn user(kubeconfig: &Kubeconfig, options: &Options, choice: &mut Choice) -> Result<UserEntry> {
    if options.user.is_some() {
        choice.user_name.clone_from(&options.user);
    }
    let Some(name) = &choice.user_name else { return Ok(UserEntry::default()) };
    match kubeconfig.users.get(name) {
        Some(entry) => UserEntry::read(&unique(entry, "user", name)?),
        None if options.user.is_none()
            && (options.token.is_some() || options.client_certificate.is_some()) =>
        {
            Ok(UserEntry::default())
        }
        None => {
            let of = choice.context.as_ref().filter(|_| options.user.is_none());
            let of = of.map(|context| format!(" (of context \"{context}\")")).unwrap_or_default();
            Err(Error::usage(format!("user \"{name}\"{of} is not in the kubeconfig"))
                .hint("choose another with --user or --context"))
        }
    }
}

impl ClusterEntry {
    fn read(fields: &Fields<'_>) -> Result<Self> {
        let mut exec_config = None;
        for extension in fields.mappings("extensions")? {
            if extension.text("name")?.as_deref() == Some(EXEC_EXTENSION) {
                exec_config = extension.raw("extension").cloned();
            }
        }
        Ok(ClusterEntry {
            server: fields.text("server")?,
            tls_server_name: fields.text("tls-server-name")?,
            insecure: fields.flag("insecure-skip-tls-verify")?,
            certificate_authority: fields.path("certificate-authority")?,
            certificate_authority_data: fields.bytes("certificate-authority-data")?,
            proxy: fields.text("proxy-url")?.map(ProxyUrl::exactly),
            disable_compression: fields.flag("disable-compression")?,
            exec_config,
        })
    }

    /// Flags replace what the kubeconfig says. Another server has another name in its certificate, and flags about
    /// trust replace all that the kubeconfig says about it.
    pub(super) fn override_by(&mut self, options: &Options) {
        if options.server.is_some() {
            self.server.clone_from(&options.server);
        } else if self.server.is_none() {
            self.server.clone_from(&options.kubernetes_master);
        }
        if options.server.is_some() || options.tls_server_name.is_some() {
            self.tls_server_name.clone_from(&options.tls_server_name);
        }
        if options.insecure || options.certificate_authority.is_some() {
            self.insecure = options.insecure;
            self.certificate_authority.clone_from(&options.certificate_authority);
            self.certificate_authority_data = None;
        }
        self.disable_compression |= options.disable_compression;
    }
}

impl UserEntry {
    fn read(fields: &Fields<'_>) -> Result<Self> {
        let mut extra = BTreeMap::new();
        if let Some(map) = fields.mapping("as-user-extra")? {
            for key in map.keys() {
                extra.insert(key.clone(), map.texts(key)?);
            }
        }
        let provider = match fields.mapping("auth-provider")? {
            None => None,
            Some(provider) => {
                let mut settings = BTreeMap::new();
                if let Some(map) = provider.mapping("config")? {
                    for key in map.keys() {
                        settings.extend(map.text(key)?.map(|value| (key.clone(), value)));
                    }
                }
                Some((provider.text("name")?.unwrap_or_default(), settings))
            }
        };
        Ok(UserEntry {
            client_certificate: fields.path("client-certificate")?,
            client_certificate_data: fields.bytes("client-certificate-data")?,
            client_key: fields.path("client-key")?,
            client_key_data: fields.bytes("client-key-data")?,
            token: fields.text("token")?.map(Secret::new),
            token_file: fields.path("tokenFile")?,
            username: fields.text("username")?,
            password: fields.text("password")?.map(Secret::new),
            impersonate: fields.text("as")?,
            impersonate_uid: fields.text("as-uid")?,
            impersonate_groups: fields.texts("as-groups")?,
            impersonate_extra: extra,
            auth_provider: provider,
            exec: fields.mapping("exec")?.map(|exec| ExecEntry::read(&exec)).transpose()?,
        })
    }

    /// Flags replace what the kubeconfig says. A token replaces every other credential: beside a client certificate
    /// the API server would not even look at it.
    pub(super) fn override_by(&mut self, options: &Options) -> Result<()> {
        if options.token.is_some() {
            *self = UserEntry {
                token: options.token.clone(),
                impersonate: self.impersonate.take(),
                impersonate_uid: self.impersonate_uid.take(),
                impersonate_groups: std::mem::take(&mut self.impersonate_groups),
                impersonate_extra: std::mem::take(&mut self.impersonate_extra),
                ..UserEntry::default()
            };
        }
        if options.client_certificate.is_some() {
            self.client_certificate.clone_from(&options.client_certificate);
            self.client_certificate_data = None;
        }
        if options.client_key.is_some() {
            self.client_key.clone_from(&options.client_key);
            self.client_key_data = None;
        }
        if options.impersonate.is_some() {
            self.impersonate.clone_from(&options.impersonate);
        }
        if options.impersonate_uid.is_some() {
            self.impersonate_uid.clone_from(&options.impersonate_uid);
        }
        if !options.impersonate_groups.is_empty() {
            self.impersonate_groups.clone_from(&options.impersonate_groups);
        }
        let mut extra: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for given in &options.impersonate_extra {
            let (key, value) = given.split_once('=').filter(|(key, _)| !key.is_empty()).ok_or_else(|| {
                Error::usage(format!("--as-user-extra={given}: expected KEY=VALUE"))
                    .hint("to give a key several values, repeat the flag")
            })?;
            extra.entry(key.into()).or_default().push(value.into());
        }
        self.impersonate_extra.extend(extra);
        Ok(())
    }
}

impl ExecEntry {
    fn read(fields: &Fields<'_>) -> Result<Self> {
        let command = fields.text("command")?.unwrap_or_default();
        let command = if command.contains('/') {
            fields.resolve(&command).to_string_lossy().into_owned()
        } else {
            command
        };
        let api_version = fields.text("apiVersion")?.unwrap_or_default();
        // The versions before v1 do not ask for it.
        let older = ["v1beta1", "v1alpha1"]
            .iter()
            .any(|version| api_version == format!("client.authentication.k8s.io/{version}"));
        let otherwise = if older { "IfAvailable" } else { "" };
        let interactive_mode = fields.text("interactiveMode")?.unwrap_or_else(|| otherwise.to_owned());
        let mut env = Vec::new();
        for variable in fields.mappings("env")? {
            let name = variable.text("name")?.filter(|name| !name.contains(['=', '\0']));
            let name = name.ok_or_else(|| variable.wrong(Some("name"), "must be the name of a variable"))?;
            env.push((name, variable.text("value")?.unwrap_or_default()));
        }
        Ok(ExecEntry {
            command,
            args: fields.texts("args")?,
            env,
            api_version,
            install_hint: fields.text("installHint")?,
            provide_cluster_info: fields.flag("provideClusterInfo")?,
            interactive_mode,
        })
    }
}
