//! From kubeconfig and flags to a connection.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use kube::config::{AuthInfo, KubeConfigOptions, Kubeconfig, KubeconfigError};
use tokio::sync::OnceCell;

use super::{Cluster, ProxyUrl, Troubles, credentials, proxy};
use crate::error::{Error, Kind, Result};

/// Where K3s leaves the kubeconfig of the cluster that it runs.
const K3S: &str = "/etc/rancher/k3s/k3s.yaml";

/// The time to open a connection; flaky links need more than a data centre's.
const CONNECT: Duration = Duration::from_secs(30);

/// What flags and environment say of the cluster, as `kubectl` understands them. None leaves the
/// kubeconfig's own value.
#[derive(Debug, Default, Clone)]
pub struct Options {
    /// `--kubeconfig`: the one file to read.
    pub kubeconfig: Option<PathBuf>,
    /// The files of `KUBECONFIG`, merged in their order.
    pub environment: Vec<PathBuf>,
    /// The user's home, for `~/.kube/config`.
    pub home: Option<PathBuf>,
    /// `--context`
    pub context: Option<String>,
    /// `--cluster`
    pub cluster: Option<String>,
    /// `--user`
    pub user: Option<String>,
    /// `--server`
    pub server: Option<String>,
    /// `--token`; replaces every other credential.
    pub token: Option<Token>,
    /// `--as`
    pub impersonate: Option<String>,
    /// `--as-group`
    pub impersonate_groups: Vec<String>,
    /// `--as-uid`
    pub impersonate_uid: Option<String>,
    /// `--as-user-extra`: `key=value`, a key may come several times.
    pub impersonate_extra: Vec<String>,
    /// `--certificate-authority`: a file.
    pub certificate_authority: Option<PathBuf>,
    /// `--client-certificate`: a file.
    pub client_certificate: Option<PathBuf>,
    /// `--client-key`: a file.
    pub client_key: Option<PathBuf>,
    /// `--insecure-skip-tls-verify`
    pub insecure: bool,
    /// `--tls-server-name`
    pub tls_server_name: Option<String>,
    /// `--disable-compression`
    pub disable_compression: bool,
    /// `HTTPS_PROXY`: the proxy, where the kubeconfig names none.
    pub proxy: Option<ProxyUrl>,
    /// `NO_PROXY`: what is reached without it.
    pub no_proxy: String,
    /// The longest wait for an answer.
    pub deadline: Duration,
    /// Who is told, meanwhile, of a server that is not ready yet.
    pub troubles: Option<Troubles>,
}

/// A bearer token, which never shows itself.
#[derive(Clone)]
pub struct Token(pub String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(token)")
    }
}

impl Cluster {
    /// Connects: reads the kubeconfig and prepares the client. No request is made yet.
    ///
    /// # Errors
    /// A kubeconfig that is missing, unreadable or incomplete, with the flag or command to mend it.
    #[allow(clippy::disallowed_methods)] // The one place where a client is made.
    pub async fn connect(options: &Options) -> Result<Cluster> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut kubeconfig = read(options)?;
        override_by_flags(&mut kubeconfig, options);
        let selected = KubeConfigOptions {
            context: options.context.clone(),
            cluster: options.cluster.clone(),
            user: options.user.clone(),
        };
        let chosen = chosen_cluster(&kubeconfig, options);
        if let Some(cluster) = chosen.filter(|cluster| cluster.certificate_authority_data.is_none()) {
            check_file("certificate-authority", cluster.certificate_authority.as_deref())?;
        }
        let own_proxy = chosen
            .and_then(|cluster| cluster.proxy_url.as_ref())
            .filter(|proxy| !proxy.is_empty())
            .map(|proxy| ProxyUrl::new(proxy));
        match (&own_proxy, &options.proxy) {
            (Some(proxy), _) => proxy.check("proxy-url in the kubeconfig")?,
            (None, Some(proxy)) => proxy.check("HTTPS_PROXY")?,
            (None, None) => {}
        }
        let mut config =
            kube::Config::from_custom_kubeconfig(kubeconfig, &selected).await.map_err(explain)?;
        let mut used = own_proxy.as_ref();
        if own_proxy.is_none() {
            // kube holds NO_PROXY against the proxy's own address, and reaches even this machine through it.
            let (host, port) = (config.cluster_url.host(), config.cluster_url.port_u16().unwrap_or(443));
            let direct = host.is_some_and(|host| proxy::is_direct(host, port, &options.no_proxy));
            used = options.proxy.as_ref().filter(|_| !direct);
            config.proxy_url = used.and_then(|proxy| proxy.as_str().parse().ok());
        }
        let proxy = used.map(ProxyUrl::shown);
        config.connect_timeout = Some(CONNECT);
        // Trying again is ours: who waits is told of it.
        config.default_retry = false;
        config.disable_compression |= options.disable_compression;
        authenticate(&mut config.auth_info, options)?;
        let auth = &config.auth_info;
        if auth.client_certificate_data.is_none() {
            check_file("client-certificate", auth.client_certificate.as_deref())?;
        }
        if auth.client_key_data.is_none() {
            check_file("client-key", auth.client_key.as_deref())?;
        }
        if auth.token.is_none() {
            check_file("tokenFile", auth.token_file.as_deref())?;
        }
        let server = config.cluster_url.to_string().trim_end_matches('/').to_owned();
        let exec = auth.exec.clone();
        let client = kube::Client::try_from(config).map_err(|error| match error {
            kube::Error::Auth(error) => credentials::explain(&error, &server, exec.as_ref()),
            error => Error::usage(format!(
                "cannot use the kubeconfig's settings for {server}: {}",
                root_cause(&error)
            ))
            .hint("check the certificates and keys that the kubeconfig names"),
        })?;
        Ok(Cluster {
            client,
            server,
            deadline: options.deadline,
            fallbacks: Mutex::default(),
            proxy,
            troubles: options.troubles.clone(),
            told: AtomicBool::new(false),
            recognised: OnceCell::new(),
        })
    }
}

/// Refuses a file that cannot be read, by the kubeconfig's field that names it. Flags have the same names.
fn check_file(field: &str, path: Option<&str>) -> Result<()> {
    let Some(path) = path.filter(|path| !path.is_empty()) else { return Ok(()) };
    let Err(error) = std::fs::File::open(path) else { return Ok(()) };
    let why = match error.kind() {
        std::io::ErrorKind::NotFound => "no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    };
    let flag = if field == "tokenFile" { "--token" } else { &format!("--{field}") };
    Err(Error::usage(format!("cannot read {path}, the {field} of the kubeconfig: {why}"))
        .hint(format!("mend the path or the file's rights, or give another by {flag}")))
}

/// The cluster that the flags and the current context choose.
fn chosen_cluster<'a>(kubeconfig: &'a Kubeconfig, options: &Options) -> Option<&'a kube::config::Cluster> {
    let name = options.cluster.as_ref().or_else(|| {
        let current = options.context.as_ref().or(kubeconfig.current_context.as_ref())?;
        let context = kubeconfig.contexts.iter().find(|context| &context.name == current)?;
        context.context.as_ref().map(|context| &context.cluster)
    })?;
    kubeconfig.clusters.iter().find(|cluster| &cluster.name == name)?.cluster.as_ref()
}

/// The namespace of the chosen context; none where there is no kubeconfig, context or namespace.
pub fn context_namespace(options: &Options) -> Option<String> {
    let kubeconfig = read(options).ok()?;
    let name = options.context.clone().or(kubeconfig.current_context)?;
    let context = kubeconfig.contexts.into_iter().find(|context| context.name == name)?;
    context.context?.namespace.filter(|namespace| !namespace.is_empty())
}

/// The names of all contexts, for completion.
pub fn context_names(options: &Options) -> Vec<String> {
    read(options).map(|k| k.contexts.into_iter().map(|context| context.name).collect()).unwrap_or_default()
}

fn read(options: &Options) -> Result<Kubeconfig> {
    if let Some(path) = &options.kubeconfig {
        return read_file(path);
    }
    let mut merged: Option<Kubeconfig> = None;
    // kubectl, too, passes over files of KUBECONFIG that are not there.
    for path in options.environment.iter().filter(|path| path.try_exists().unwrap_or(true)) {
        let next = read_file(path)?;
        merged = Some(match merged {
            Some(merged) => merged.merge(next).map_err(explain)?,
            None => next,
        });
    }
    if let Some(merged) = merged {
        return Ok(merged);
    }
    if options.environment.is_empty() {
        let home = options.home.as_ref().map(|home| home.join(".kube/config"));
        for path in home.into_iter().chain([PathBuf::from(K3S)]) {
            // A folder that others may not look into holds one, for all that is known.
            if path.try_exists().unwrap_or(true) {
                return read_file(&path);
            }
        }
    }
    if options.server.is_some() {
        return Ok(Kubeconfig::default());
    }
    if !options.environment.is_empty() {
        // Another cluster than the one meant would be worse than none.
        let files: Vec<String> = options.environment.iter().map(|path| path.display().to_string()).collect();
        return Err(Error::not_found(format!(
            "KUBECONFIG names {}, which is not there",
            files.join(" and ")
        ))
        .hint("mend the variable, unset it, or name a kubeconfig by --kubeconfig"));
    }
    Err(Error::usage("no kubeconfig found")
        .hint("name one by --kubeconfig or the variable KUBECONFIG, or put it at ~/.kube/config"))
}

fn read_file(path: &Path) -> Result<Kubeconfig> {
    if let Err(error) = std::fs::File::open(path) {
        let shown = path.display();
        return Err(match error.kind() {
            std::io::ErrorKind::NotFound => {
                Error::not_found(format!("stat {shown}: no such file or directory"))
                    .hint("name an existing kubeconfig by --kubeconfig")
            }
            std::io::ErrorKind::PermissionDenied => {
                let error = Error::new(
                    Kind::Forbidden,
                    format!("the kubeconfig {shown} cannot be read: permission denied"),
                );
                if path == Path::new(K3S) {
                    error
                        .hint("copy it for yourself: mkdir -p ~/.kube && (umask 077; sudo cat /etc/rancher/k3s/k3s.yaml > ~/.kube/config)")
                        .hint("or run this as root (sudo); with --write-kubeconfig-mode 644 K3s lets everybody on this machine read it")
                } else {
                    error.hint("make it readable, or name another by --kubeconfig")
                }
            }
            _ => Error::failed(format!("the kubeconfig {shown} cannot be read: {error}")),
        });
    }
    Kubeconfig::read_from(path).map_err(|error| {
        let error = match error {
            KubeconfigError::Parse(error) => explain_content(path, error.location().map(|at| at.line())),
            error => explain(error),
        };
        error.context(format!("kubeconfig {}", path.display()))
    })
}

/// Why a file is no kubeconfig. What the parser says would show the lines around, and with them credentials.
fn explain_content(path: &Path, line: Option<u64>) -> Error {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let what = match (edgeflux_yaml::documents(&text), line) {
        (Err(error), _) => error.to_string(),
        (Ok(_), Some(line)) => format!("line {line}: not what a kubeconfig has there"),
        (Ok(_), None) => "not what a kubeconfig has".to_owned(),
    };
    Error::usage(what).hint("mend the file, or name another by --kubeconfig")
}

/// `--server` and its like change the cluster that the context names, or make one.
fn override_by_flags(kubeconfig: &mut Kubeconfig, options: &Options) {
    let name = options.context.clone().or_else(|| kubeconfig.current_context.clone());
    let context =
        kubeconfig.contexts.iter().find(|c| Some(&c.name) == name.as_ref()).and_then(|c| c.context.clone());
    let cluster = options.cluster.clone().or_else(|| context.map(|context| context.cluster));
    if cluster.is_none() && options.server.is_some() {
        let made = "flags".to_owned();
        kubeconfig.current_context = Some(made.clone());
        kubeconfig.contexts.push(kube::config::NamedContext {
            name: made.clone(),
            context: Some(kube::config::Context { cluster: made.clone(), ..Default::default() }),
            other: std::collections::BTreeMap::default(),
        });
        kubeconfig.clusters.push(kube::config::NamedCluster {
            name: made.clone(),
            cluster: Some(kube::config::Cluster::default()),
            other: std::collections::BTreeMap::default(),
        });
        return override_by_flags(kubeconfig, options);
    }
    let Some(cluster) = kubeconfig.clusters.iter_mut().find(|c| Some(&c.name) == cluster.as_ref()) else {
        return;
    };
    let cluster = cluster.cluster.get_or_insert_default();
    if options.server.is_some() {
        cluster.server.clone_from(&options.server);
    }
    if let Some(path) = &options.certificate_authority {
        cluster.certificate_authority = Some(path.display().to_string());
        cluster.certificate_authority_data = None;
    }
    if options.insecure {
        cluster.insecure_skip_tls_verify = Some(true);
    }
    if options.tls_server_name.is_some() {
        cluster.tls_server_name.clone_from(&options.tls_server_name);
    }
}

fn authenticate(auth: &mut AuthInfo, options: &Options) -> Result<()> {
    if let Some(Token(token)) = &options.token {
        *auth = AuthInfo { token: Some(token.clone().into()), ..AuthInfo::default() };
    }
    if let Some(path) = &options.client_certificate {
        auth.client_certificate = Some(path.display().to_string());
        auth.client_certificate_data = None;
    }
    if let Some(path) = &options.client_key {
        auth.client_key = Some(path.display().to_string());
        auth.client_key_data = None;
    }
    if options.impersonate.is_some() {
        auth.impersonate.clone_from(&options.impersonate);
    }
    if options.impersonate_uid.is_some() {
        auth.impersonate_uid.clone_from(&options.impersonate_uid);
    }
    if !options.impersonate_groups.is_empty() {
        auth.impersonate_groups = Some(options.impersonate_groups.clone());
    }
    for extra in &options.impersonate_extra {
        let (key, value) = extra
            .split_once('=')
            .ok_or_else(|| Error::usage(format!("--as-user-extra={extra}: expected key=value")))?;
        auth.impersonate_user_extra.get_or_insert_default().entry(key.into()).or_default().push(value.into());
    }
    Ok(())
}

fn explain(error: KubeconfigError) -> Error {
    match error {
        KubeconfigError::CurrentContextNotSet => Error::usage("the kubeconfig sets no current context")
            .hint("choose one by --context; `kubectl config get-contexts` lists them"),
        KubeconfigError::LoadContext(name) => Error::usage(format!("context \"{name}\" does not exist"))
            .hint("`kubectl config get-contexts` lists those that do"),
        KubeconfigError::LoadClusterOfContext(name) => {
            Error::usage(format!("cluster \"{name}\" is not in the kubeconfig"))
                .hint("choose another by --cluster or --context")
        }
        KubeconfigError::MissingClusterUrl => Error::usage("the kubeconfig's cluster has no server")
            .hint("name it by --server, or choose another context by --context"),
        KubeconfigError::ParseClusterUrl(error) => {
            Error::usage(format!("the kubeconfig's server is no address: {error}"))
                .hint("it is written https://HOST:PORT; --server names another")
        }
        KubeconfigError::ParseNoProxy(error) => {
            Error::usage(format!("NO_PROXY cannot be understood: {}", root_cause(&error)))
                .hint("it lists hosts, addresses and networks such as 10.0.0.0/8, with commas between them")
        }
        error => Error::usage(root_cause(&error))
            .hint("check the kubeconfig: `kubectl config view` shows what is in it"),
    }
}

fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
