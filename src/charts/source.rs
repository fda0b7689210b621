//! Sources of charts: HelmRepositories and OCIRepositories.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use url::Url;

use super::connection::{Connection, Login, Secrets};
use super::http::Http;
use super::registry::{Registry, Repository};
use super::{Error, ErrorKind, Options, Result};
use crate::api::{
    CloudProvider, HelmRepositorySpec, HelmRepositoryType, LayerSelector, OciRepositoryRef, OciRepositorySpec,
};
use crate::event::Events;

/// Source of charts, with its credentials. It has no `Debug`.
pub struct Source {
    /// Kind, namespace and name: `HelmRepository apps/podinfo`.
    pub(super) name: String,
    pub(super) connection: Connection,
    pub(super) place: Place,
    /// Whether to warn that its signatures are not verified.
    unverified: AtomicBool,
    http: OnceLock<Http>,
    registry: OnceLock<Registry>,
}

/// Where a source has its charts.
pub(super) enum Place {
    /// Repository with an index over HTTP.
    Index {
        url: Url,
        /// Whether the credentials are for other hosts too.
        pass_credentials: bool,
    },
    /// Registry with one repository for each chart below this one, which may be the registry itself.
    Registry { repository: Repository, plain: PlainHttp },
    /// Repository of one chart in a registry.
    Artifact { repository: Repository, plain: PlainHttp, reference: OciRepositoryRef, layer: LayerSelector },
}

/// Whether a registry is asked over plain HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PlainHttp {
    Never,
    /// If it does not speak TLS.
    Fallback,
    Only,
}

impl Source {
    /// Creates the source of a HelmRepository. `name` is its namespace and name.
    ///
    /// # Errors
    /// The URL or a Secret is not valid.
    pub fn helm_repository(name: &str, spec: &HelmRepositorySpec, secrets: &dyn Secrets) -> Result<Source> {
        let name = format!("HelmRepository {name}");
        let mut connection = Connection::default();
        if let Some(reference) = &spec.cert_secret_ref {
            match secrets.secret(&reference.name) {
                Some(secret) => connection.add_certificates(&secret?, true)?,
                None => connection.lacking.push(format!("Secret {}", reference.name)),
            }
        }
        let secret = match &spec.secret_ref {
            Some(reference) => {
                let secret = secrets.secret(&reference.name).transpose()?;
                if secret.is_none() {
                    connection.lacking.push(format!("Secret {}", reference.name));
                }
                secret
            }
            None => None,
        };
        if spec.r#type == Some(HelmRepositoryType::Oci) {
            let repository = Repository::parse(&name, &spec.url)?;
            if let Some(secret) = &secret {
                connection.add_login(secret)?;
                connection.login = None;
                connection.add_registry_login(secret, &repository.host, &repository.path)?;
            } else if spec.secret_ref.is_none() {
                check_provider(spec.provider, &mut connection);
            }
            let plain = match (spec.insecure, repository.is_loopback()) {
                (true, _) => PlainHttp::Only,
                (false, true) => PlainHttp::Fallback,
                (false, false) => PlainHttp::Never,
            };
            return Ok(Source::new(name, connection, Place::Registry { repository, plain }));
        }
        if let Some(secret) = &secret {
            connection.add_login(secret)?;
        }
        let invalid = |cause: &str| {
            Error::new(ErrorKind::Invalid, format!("read {name}"), format!("spec.url {cause}"))
                .hint("use a URL such as https://charts.example.com; with oci://, set spec.type: oci")
        };
        let mut url = Url::parse(&spec.url).map_err(|_| invalid("is not a URL"))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(invalid("is neither http:// nor https://"));
        }
        if !url.username().is_empty() && connection.login.is_none() {
            let decoded = |text: &str| -> String {
                let pairs = url::form_urlencoded::parse(text.as_bytes());
                pairs.map(|(name, _)| name.into_owned()).collect()
            };
            // A plus sign is itself in this part of a URL.
            let part = |text: &str| decoded(&text.replace('+', "%2B"));
            connection.login =
                Some(Login::new(&part(url.username()), &part(url.password().unwrap_or_default())));
        }
        let cleared = url.set_username("").and_then(|()| url.set_password(None));
        cleared.map_err(|()| invalid("has no host"))?;
        url.set_fragment(None);
        let place = Place::Index { url, pass_credentials: spec.pass_credentials };
        Ok(Source::new(name, connection, place))
    }

    /// Creates the source of an OCIRepository. `name` is its namespace and name.
    ///
    /// # Errors
    /// The URL, the reference or a Secret is not valid.
    pub fn oci_repository(name: &str, spec: &OciRepositorySpec, secrets: &dyn Secrets) -> Result<Source> {
        let name = format!("OCIRepository {name}");
        let repository = Repository::parse(&name, &spec.url)?.of_artifact(&name)?;
        let mut connection = Connection::default();
        let mut pull_secrets = Vec::new();
        if let Some(reference) = &spec.secret_ref {
            match secrets.secret(&reference.name) {
                Some(secret) => pull_secrets.push(secret?),
                None => connection.lacking.push(format!("Secret {}", reference.name)),
            }
        }
        let account = spec.service_account_name.as_deref().filter(|account| !account.is_empty());
        if let Some(account) = account {
            match secrets.pull_secrets(account) {
                Some(found) => pull_secrets.extend(found?),
                None => connection.lacking.push(format!("ServiceAccount {account}")),
            }
        }
        connection.add_pull_secrets(&pull_secrets, &repository.host, &repository.path)?;
        if let Some(reference) = &spec.cert_secret_ref {
            match secrets.secret(&reference.name) {
                Some(secret) => connection.add_certificates(&secret?, true)?,
                None => connection.lacking.push(format!("Secret {}", reference.name)),
            }
        } else {
            // As source-controller does it for this kind only.
            connection.unverified = spec.insecure;
        }
        if let Some(reference) = &spec.proxy_secret_ref {
            match secrets.secret(&reference.name) {
                Some(secret) => connection.set_proxy(&secret?)?,
                None => connection.lacking.push(format!("Secret {}", reference.name)),
            }
        }
        check_provider(spec.provider, &mut connection);
        let fallback = spec.insecure || repository.is_loopback();
        let plain = if fallback { PlainHttp::Fallback } else { PlainHttp::Never };
        let reference = spec.reference.clone().unwrap_or_default();
        let layer = spec.layer_selector.clone().unwrap_or_default();
        let source = Source::new(name, connection, Place::Artifact { repository, plain, reference, layer });
        source.unverified.store(spec.verify.is_some(), Ordering::Relaxed);
        Ok(source)
    }

    fn new(name: String, connection: Connection, place: Place) -> Source {
        let (http, registry) = (OnceLock::new(), OnceLock::new());
        Source { name, connection, place, unverified: AtomicBool::new(false), http, registry }
    }

    /// Warns once if the signatures of the source should be verified, which only the cluster does.
    pub(super) fn warn_of_signatures(&self, events: &Events) {
        if self.unverified.swap(false, Ordering::Relaxed) {
            events.warning(format!("{}: its signature (spec.verify) is not verified here", self.name));
        }
    }

    /// Client of the source, prepared at the first use.
    pub(super) fn http(&self, options: &Options, events: &Events) -> Result<Http> {
        if let Some(http) = self.http.get() {
            return Ok(http.clone());
        }
        let http = Http::new(&self.name, &self.connection, &options.network, options.limits, events.clone())?;
        Ok(self.http.get_or_init(|| http).clone())
    }

    /// Client of the source's registry, prepared at the first use.
    pub(super) fn registry(
        &self,
        repository: &Repository,
        plain: PlainHttp,
        options: &Options,
        events: &Events,
    ) -> Result<&Registry> {
        let http = self.http(options, events)?;
        let (connection, limits) = (&self.connection, options.limits);
        Ok(self
            .registry
            .get_or_init(|| Registry::new(&self.name, repository, plain, connection, http, limits)))
    }

    /// Kind, namespace and name: `HelmRepository apps/podinfo`.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Notes a login that only a controller in the cloud has.
fn check_provider(provider: Option<CloudProvider>, connection: &mut Connection) {
    if let Some(provider) = provider.filter(|provider| *provider != CloudProvider::Generic) {
        connection.lacking.push(format!("login of spec.provider: {}", provider.as_str()));
    }
}
