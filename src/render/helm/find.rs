//! Finds the chart of a HelmRelease.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::super::artifact::Sources as _;
use super::super::source_files::{Directory, SourceFiles, clamped};
use super::super::sources::Located;
use super::objects::{Found, Objects, Placed};
use crate::charts::{SecretData, Secrets, Source, Wanted};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::kinds::{HELM_CHART, HELM_REPOSITORY, Kind, OCI_REPOSITORY};
use crate::object::{ObjectRef, Resource};
use edgeflux_helm::controller::{self, ChartSource, Settings};

/// Where a chart is.
pub(super) enum Place {
    /// In a repository of charts, which is asked for it.
    Remote(Wanted),
    /// In a directory of a source.
    Local(Arc<SourceFiles>, PathBuf),
}

/// A chart as a HelmRelease wants it.
pub(super) struct Chosen {
    pub place: Place,
    /// Files whose values replace those of the chart.
    pub values_files: Vec<String>,
    pub ignores_missing: bool,
    /// What is different in the cluster.
    pub warnings: Vec<String>,
}

/// Looks up the charts of HelmReleases.
pub(super) struct Finder<'a> {
    pub context: &'a Context,
    pub objects: &'a Objects,
    pub sources: &'a Located<'a>,
}

impl Finder<'_> {
    /// Finds the chart of a HelmRelease whose file is in the directory `near`.
    ///
    /// # Errors
    /// An object is missing, or the chart is in a source that is not on this machine.
    pub async fn find(&self, settings: &Settings, near: &Path) -> Result<Chosen> {
        let by = format!("HelmRelease {}/{}", settings.namespace, settings.name);
        match settings.chart() {
            ChartSource::Chart(chart) => {
                let namespace = chart.source_ref.namespace.as_deref().unwrap_or(&settings.namespace);
                self.chart(chart, namespace, &by, near).await
            }
            ChartSource::Reference(reference) => {
                let namespace = reference.namespace.as_deref().unwrap_or(&settings.namespace);
                let key = format!("{}/{namespace}/{}", reference.kind, reference.name);
                if let Some(place) = self.given(&key, near)? {
                    return Ok(Chosen::plain(place));
                }
                match reference.kind.as_str() {
                    "OCIRepository" => {
                        let found =
                            self.object(&OCI_REPOSITORY, namespace, &reference.name, &by, near).await?;
                        let spec = spec(&found, &key)?;
                        let secrets = self.secrets(&found.object, namespace, &found.near).await?;
                        let source = Source::oci_repository(
                            &format!("{namespace}/{}", reference.name),
                            &spec,
                            &secrets,
                        )?;
                        let wanted = Wanted {
                            source: Arc::new(source),
                            chart: String::new(),
                            version: String::new(),
                            by,
                        };
                        Ok(Chosen::plain(Place::Remote(wanted)))
                    }
                    "HelmChart" => {
                        let found = self.object(&HELM_CHART, namespace, &reference.name, &by, near).await?;
                        let chart: controller::Chart = spec(&found, &key)?;
                        self.chart(&chart, namespace, &by, &found.near).await
                    }
                    _ => Err(not_here(&key, &by)),
                }
            }
        }
    }

    /// A chart by its name in a source.
    async fn chart(
        &self,
        chart: &controller::Chart,
        namespace: &str,
        by: &str,
        near: &Path,
    ) -> Result<Chosen> {
        let (kind, name) = (&chart.source_ref.kind, &chart.source_ref.name);
        let key = format!("{kind}/{namespace}/{name}");
        let mut chosen = Chosen {
            values_files: chart.values_files.clone(),
            ignores_missing: chart.ignore_missing_values_files,
            ..if kind == "HelmRepository" {
                let found = self.object(&HELM_REPOSITORY, namespace, name, by, near).await?;
                let spec = spec(&found, &key)?;
                let secrets = self.secrets(&found.object, namespace, &found.near).await?;
                let source = Source::helm_repository(&format!("{namespace}/{name}"), &spec, &secrets)?;
                let version = chart.version.clone().unwrap_or_default();
                let wanted = Wanted {
                    source: Arc::new(source),
                    chart: chart.chart.clone(),
                    version,
                    by: by.to_owned(),
                };
                Chosen::plain(Place::Remote(wanted))
            } else {
                let files = self.sources.files(&key, near).ok_or_else(|| not_here(&key, by))??;
                Chosen::plain(place_in(files, &chart.chart, &key)?)
            }
        };
        if matches!(chosen.place, Place::Local(..)) && chart.reconcile_strategy.as_deref() == Some("Revision")
        {
            chosen.warnings.push(format!(
                "spec.chart.spec.reconcileStrategy is Revision: in the cluster, the version of the chart ends with the revision of {key}"
            ));
        }
        Ok(chosen)
    }

    /// The directory that `--local-sources` names for an object.
    fn given(&self, key: &str, near: &Path) -> Result<Option<Place>> {
        match self.sources.given(key, near) {
            Some(files) => Ok(Some(place_in(files?, "", key)?)),
            None => Ok(None),
        }
    }

    async fn object(
        &self,
        kind: &'static Kind,
        namespace: &str,
        name: &str,
        by: &str,
        near: &Path,
    ) -> Result<Placed> {
        let at = ObjectRef::new(kind, namespace, name);
        match self.objects.get(self.context, &at, near).await? {
            Found::Object(found) => Ok(found),
            Found::Encrypted(why) => Err(Error::failed(format!("{at}: {why}"))),
            Found::Nothing => Err(Error::not_found(format!("{at}, which {by} uses, is not {}", self.objects.place()))
                .hint(match self.objects.files() {
                    None => "create it first, or render the files of the repository",
                    Some(_) => "add its file to the repository, or use --path with the directory of the cluster that has it",
                })),
        }
    }

    /// The Secrets that a source names, and the pull secrets of its service account.
    async fn secrets(&self, source: &Value, namespace: &str, near: &Path) -> Result<Known> {
        let mut known = Known::default();
        for field in ["secretRef", "certSecretRef", "proxySecretRef"] {
            if let Some(name) = source["spec"][field]["name"].as_str() {
                self.add_secret(&mut known, namespace, name, near).await?;
            }
        }
        if let Some(account) = source["spec"]["serviceAccountName"].as_str() {
            let at = ObjectRef::new(Resource::SERVICE_ACCOUNT, namespace, account);
            if let Found::Object(found) = self.objects.get(self.context, &at, near).await? {
                let names = found.object["imagePullSecrets"].as_array().into_iter().flatten();
                let names: Vec<String> =
                    names.filter_map(|one| one["name"].as_str().map(str::to_owned)).collect();
                for name in &names {
                    self.add_secret(&mut known, namespace, name, near).await?;
                }
                known.accounts.insert(account.to_owned(), names);
            }
        }
        Ok(known)
    }

    async fn add_secret(&self, known: &mut Known, namespace: &str, name: &str, near: &Path) -> Result<()> {
        let at = ObjectRef::new(Resource::SECRET, namespace, name);
        if let Found::Object(found) = self.objects.get(self.context, &at, near).await? {
            known.secrets.insert(name.to_owned(), found.object);
        }
        Ok(())
    }
}

/// Secrets that are known, and the pull secrets of service accounts.
#[derive(Default)]
struct Known {
    secrets: BTreeMap<String, Value>,
    accounts: BTreeMap<String, Vec<String>>,
}

impl Secrets for Known {
    fn secret(&self, name: &str) -> Option<crate::charts::Result<SecretData>> {
        self.secrets.get(name).map(SecretData::read)
    }

    fn pull_secrets(&self, service_account: &str) -> Option<crate::charts::Result<Vec<SecretData>>> {
        let names = self.accounts.get(service_account)?;
        names.iter().map(|name| self.secret(name)).collect()
    }
}

/// The spec of an object, in its type.
fn spec<T: DeserializeOwned>(found: &Placed, key: &str) -> Result<T> {
    serde_json::from_value(found.object["spec"].clone())
        .map_err(|error| Error::failed(format!("{key}: spec: {error}")))
}

fn not_here(key: &str, by: &str) -> Error {
    Error::not_found(format!("the chart of {by} is in {key}, which is not on this machine"))
        .hint(format!("if its files are, add --local-sources={key}=DIRECTORY"))
}

impl Chosen {
    fn plain(place: Place) -> Self {
        Self { place, values_files: Vec::new(), ignores_missing: false, warnings: Vec::new() }
    }
}

/// The chart at a path of a source.
fn place_in(files: Arc<SourceFiles>, path: &str, key: &str) -> Result<Place> {
    let chart = match files.directory(path) {
        Directory::Found(directory) => directory,
        // Perhaps an archive.
        Directory::Nothing if files.has_file(&files.root().join(clamped(path))) => {
            files.root().join(clamped(path))
        }
        Directory::Nothing => {
            return Err(Error::not_found(format!("{key} has no chart {path:?}"))
                .hint("check spec.chart.spec.chart, a path relative to the root of the source"));
        }
        Directory::LeftOut(why) => {
            return Err(Error::not_found(format!("{key} has no chart {path:?}")).hint(why));
        }
    };
    Ok(Place::Local(files, chart))
}
