//! `flux build kustomization`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use serde_json::Value;

use super::Command;
use crate::cluster::Resource;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::kinds::KUSTOMIZATION;
use crate::kustomize::RootedFs;
use crate::kustomize::controller::{RenderOptions, Settings, render};
use crate::yaml;

/// The arguments of `flux build kustomization`.
#[derive(Debug, Args)]
pub struct BuildKustomization {
    /// The name of the Flux Kustomization
    name: Option<String>,
    /// The folder to render
    #[arg(long, default_value = "", value_name = "FOLDER", hide_default_value = true)]
    path: String,
    /// A file with the Flux Kustomization, to be used instead of the cluster's
    #[arg(long, value_name = "FILE")]
    kustomization_file: Option<String>,
    /// Files to leave out, in the format of .gitignore
    #[arg(long, value_delimiter = ',', value_name = "PATTERN")]
    ignore_paths: Vec<String>,
    /// Do not ask the cluster; variables from its ConfigMaps and Secrets are then empty
    #[arg(long)]
    dry_run: bool,
    /// Fail on a variable that has neither a value nor a default
    #[arg(long)]
    strict_substitute: bool,
    /// Render the Flux Kustomizations among the objects too, from --local-sources
    #[arg(short, long)]
    recursive: bool,
    /// Where sources lie on this machine: Kind/namespace/name=folder
    #[arg(long, value_delimiter = ',', value_name = "SOURCE=FOLDER")]
    local_sources: Vec<String>,
    /// Leave the folder as it is while rendering, which this command always does
    #[arg(long)]
    in_memory_build: bool,
}

impl Command for BuildKustomization {
    async fn run(self, context: &Context) -> Result<()> {
        let Some(name) = &self.name else { return Err(Error::usage("kustomization name is required")) };
        let folder = Path::new(&self.path);
        if self.path.is_empty() || !folder.is_dir() {
            return Err(Error::usage(format!("invalid resource path {:?}", self.path))
                .hint("name the folder to render by --path"));
        }
        if self.dry_run && self.kustomization_file.is_none() {
            return Err(Error::usage("dry-run mode requires a kustomization file")
                .hint("name the file with the Flux Kustomization by --kustomization-file"));
        }
        if let Some(file) = self.kustomization_file.as_ref().filter(|file| !Path::new(file).is_file()) {
            return Err(Error::usage(format!("invalid kustomization file {file:?}")));
        }
        let sources = self.sources()?;
        let object = if let Some(file) = &self.kustomization_file {
            from_file(file, name, context.namespace())
        } else {
            let cluster = context.cluster().await?;
            cluster.get(&Resource::from(&KUSTOMIZATION), Some(context.namespace()), name).await
        };
        let object = object.map_err(|error| error.context("failed to get kustomization object"))?;
        let mut queue = vec![(object, folder.to_path_buf())];
        let mut seen = Vec::new();
        while let Some((object, folder)) = queue.pop() {
            let id = (text(&object, "namespace"), text(&object, "name"));
            let objects = self.render(context, &object, &folder).await?;
            for object in &objects {
                context.ui.data(&yaml::to_string(object))?;
                context.ui.data("---\n")?;
            }
            seen.push(id);
            if !self.recursive {
                continue;
            }
            let below = objects.into_iter().filter(is_flux_kustomization);
            let mut next = Vec::new();
            for object in below {
                if !seen.contains(&(text(&object, "namespace"), text(&object, "name"))) {
                    let folder = source_folder(&object, &sources)?;
                    next.push((object, folder));
                }
            }
            queue.extend(next.into_iter().rev());
        }
        Ok(())
    }
}

impl BuildKustomization {
    /// The folders of the sources, by `Kind/namespace/name`.
    fn sources(&self) -> Result<BTreeMap<String, PathBuf>> {
        let pair = |text: &String| match text.split_once('=') {
            Some((source, folder)) => Ok((source.to_owned(), PathBuf::from(folder))),
            None => Err(Error::usage(format!("--local-sources {text}: not Kind/namespace/name=folder"))),
        };
        self.local_sources.iter().map(pair).collect()
    }

    async fn render(&self, context: &Context, object: &Value, folder: &Path) -> Result<Vec<Value>> {
        let failed =
            |error: crate::kustomize::Error| Error::failed(format!("kustomize build failed: {error}"));
        let settings = Settings::from_object(object).map_err(failed)?;
        let variables = if self.dry_run { BTreeMap::new() } else { variables(context, object).await? };
        let options =
            RenderOptions { ignore: self.ignore_paths.clone(), strict: self.strict_substitute, variables };
        let unreadable =
            |error: std::io::Error| Error::failed(format!("cannot read {}: {error}", folder.display()));
        let folder = folder.canonicalize().map_err(unreadable)?;
        let fs = RootedFs::new(&bound(&folder)).map_err(unreadable)?;
        let rendered = render(&fs, &folder, &settings, &options).map_err(failed)?;
        for warning in rendered.warnings {
            context.ui.warning(warning);
        }
        Ok(rendered.objects)
    }
}

/// What a rendering may read: the repository that the folder lies in, or else the current folder, or the folder alone.
fn bound(folder: &Path) -> PathBuf {
    if let Some(repository) = folder.ancestors().find(|above| above.join(".git").exists()) {
        return repository.to_path_buf();
    }
    match Path::new(".").canonicalize() {
        Ok(current) if folder.starts_with(&current) => current,
        _ => folder.to_path_buf(),
    }
}

fn text(object: &Value, field: &str) -> String {
    object["metadata"][field].as_str().unwrap_or_default().to_owned()
}

fn is_flux_kustomization(object: &Value) -> bool {
    object["kind"] == KUSTOMIZATION.kind
        && object["apiVersion"].as_str().and_then(|version| version.split('/').next())
            == Some(KUSTOMIZATION.group)
}

/// The Flux Kustomization of this name in a file.
fn from_file(file: &str, name: &str, namespace: &str) -> Result<Value> {
    let content = std::fs::read_to_string(file)
        .map_err(|error| Error::failed(format!("failed to read kustomization file {file}: {error}")))?;
    let documents = yaml::documents(&content)
        .map_err(|error| Error::usage(format!("failed to unmarshall kustomization file {file}: {error}")))?;
    let is_meant = |object: &Value| {
        let other = text(object, "namespace");
        is_flux_kustomization(object)
            && text(object, "name") == name
            && (other == namespace || other.is_empty())
    };
    documents.into_iter().find(is_meant).ok_or_else(|| {
        Error::not_found(format!(
            "failed find kustomization with name '{name}' and namespace '{namespace}' in file '{file}'"
        ))
    })
}

/// Where the source of a Flux Kustomization lies on this machine.
fn source_folder(object: &Value, sources: &BTreeMap<String, PathBuf>) -> Result<PathBuf> {
    let reference = &object["spec"]["sourceRef"];
    let field = |name: &str| reference[name].as_str().unwrap_or_default();
    let own = text(object, "namespace");
    let namespace = if field("namespace").is_empty() { &own } else { field("namespace") };
    let key = format!("{}/{namespace}/{}", field("kind"), field("name"));
    let Some(folder) = sources.get(&key) else {
        let name = text(object, "name");
        return Err(Error::usage(format!("cannot get local path for {key} of kustomization {name}"))
            .hint(format!("add --local-sources={key}=FOLDER")));
    };
    // The path is relative to the source, also where it begins with a slash.
    let path = object["spec"]["path"].as_str().unwrap_or_default();
    Ok(folder.join(path.trim_start_matches('/')))
}

/// The values of `spec.postBuild.substituteFrom`, the later ones before the earlier.
async fn variables(context: &Context, object: &Value) -> Result<BTreeMap<String, String>> {
    let mut values = BTreeMap::new();
    let references = object["spec"]["postBuild"]["substituteFrom"].as_array();
    for reference in references.into_iter().flatten() {
        let field = |name: &str| reference[name].as_str().unwrap_or_default();
        let (kind, name) = (field("kind"), field("name"));
        let resource =
            Resource::built_in(kind).filter(|_| matches!(kind, "ConfigMap" | "Secret")).ok_or_else(|| {
                Error::usage(format!(
                    "spec.postBuild.substituteFrom: {kind:?} is neither ConfigMap nor Secret"
                ))
            })?;
        let own = text(object, "namespace");
        let namespace = if own.is_empty() { context.namespace() } else { &own };
        let found = match context.cluster().await?.get(&resource, Some(namespace), name).await {
            Err(error) if error.kind() == Kind::NotFound && reference["optional"] == true => continue,
            found => {
                found.map_err(|error| error.context(format!("substitute from '{kind}/{name}' error")))?
            }
        };
        for (key, value) in found["data"].as_object().into_iter().flatten() {
            let value = value.as_str().unwrap_or_default();
            let value = match kind {
                "Secret" => String::from_utf8_lossy(&STANDARD.decode(value).unwrap_or_default()).into_owned(),
                _ => value.to_owned(),
            };
            values.insert(key.clone(), value.replace('\n', ""));
        }
    }
    Ok(values)
}
