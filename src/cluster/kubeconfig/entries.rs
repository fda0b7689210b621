//! Entries of a kubeconfig for a cluster and a user, and the flags that override them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use super::Options;
use super::fields::Fields;
use crate::cluster::ProxyUrl;
use crate::error::{Error, Result};
use crate::secret::Secret;

/// Name of the cluster extension whose content is passed to exec plugins.
const EXEC_EXTENSION: &str = "client.authentication.k8s.io/exec";

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
    /// Content of the extension for exec plugins.
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
    pub auth_provider: Option<(String, BTreeMap<String, Secret>)>,
    /// `exec`
    pub exec: Option<ExecEntry>,
}

/// `users[].user.exec` of a kubeconfig: the credential plugin.
#[derive(Default, Clone)]
pub struct ExecEntry {
    /// `command`; relative to the kubeconfig if it contains a slash.
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

impl ClusterEntry {
    pub(super) fn read(fields: &Fields<'_>) -> Result<Self> {
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

    /// Applies flags. Another server has another name in its certificate, and flags about trust replace all settings about
    /// trust.
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
    pub(super) fn read(fields: &Fields<'_>) -> Result<Self> {
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
                        settings.extend(map.text(key)?.map(|value| (key.clone(), Secret::new(value))));
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

    /// Applies flags. A token replaces all other credentials: the API server ignores it next to a client certificate.
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
                    .hint("repeat the flag to set several values for a key")
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
        // Versions before v1 do not require it.
        let older = ["v1beta1", "v1alpha1"]
            .iter()
            .any(|version| api_version == format!("client.authentication.k8s.io/{version}"));
        let default = if older { "IfAvailable" } else { "" };
        let interactive_mode = fields.text("interactiveMode")?.unwrap_or_else(|| default.to_owned());
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
