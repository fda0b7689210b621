//! Flags by which a directory and the way of rendering it are given.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::secrets;
use super::{Fetcher, Renderer, Values};
use crate::cli::values;
use crate::context::Environment;
use crate::error::{Error, Result};
use edgeflux_kustomize::controller::{self, Mask};

/// Flags that give a directory and say how it is rendered.
#[derive(Debug, Clone, Args)]
pub struct RenderArgs {
    /// The folder to render
    #[arg(long, default_value = "", value_name = "FOLDER", hide_default_value = true)]
    pub path: String,
    /// A file with the Flux Kustomization, to be used instead of the cluster's
    #[arg(long, value_name = "FILE")]
    pub kustomization_file: Option<String>,
    /// Files to leave out, in the format of .gitignore
    #[arg(long, value_delimiter = ',', value_name = "PATTERN")]
    pub ignore_paths: Vec<String>,
    /// Fail on a variable that has neither a value nor a default, as the controller of Flux 2.9 does. A comparison with the cluster fails unless this is false; otherwise such a variable is empty, with a warning
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true",
        value_parser = values::boolean)]
    pub strict_substitute: Option<bool>,
    /// Render the Flux Kustomizations among the objects too, from --local-sources
    #[arg(short, long)]
    pub recursive: bool,
    /// Where sources lie on this machine: Kind/namespace/name=folder
    #[arg(long, value_delimiter = ',', value_name = "SOURCE=FOLDER")]
    pub local_sources: Vec<String>,
    /// Leave the folder as it is while rendering, which this command always does
    #[arg(long)]
    pub in_memory_build: bool,
    /// Fetch what kustomizations name on other machines: Git repositories and files, by URL
    #[arg(long)]
    pub allow_remote: bool,
    /// A variable for substitutions, before every other value of it; repeatable
    #[arg(long = "var", value_name = "NAME=VALUE")]
    pub variables: Vec<String>,
    /// Decrypt what SOPS has encrypted for age where the Flux Kustomization asks for it, and print it; otherwise it is masked
    #[arg(long)]
    pub decrypt: bool,
    /// A file with identities of age, for --decrypt, which it implies; else SOPS_AGE_KEY, SOPS_AGE_KEY_FILE and ~/.config/sops/age/keys.txt are used
    #[arg(long, value_name = "FILE")]
    pub sops_age_key_file: Vec<String>,
}

impl RenderArgs {
    /// Validates the flags, without asking a cluster.
    ///
    /// # Errors
    /// `--path` is not a directory, `--kustomization-file` is not a file, `--local-sources` or `--var` is malformed, or
    /// there is no key for decryption.
    pub fn renderer(&self, environment: &Environment, values: Values) -> Result<Renderer> {
        let folder = Path::new(&self.path);
        if self.path.is_empty() || !folder.is_dir() {
            return Err(Error::usage(format!("invalid resource path {:?}", self.path))
                .hint("add --path with the directory to render"));
        }
        if let Some(file) = self.kustomization_file.as_ref().filter(|file| !Path::new(file).is_file()) {
            return Err(Error::usage(format!("invalid kustomization file {file:?}")));
        }
        Ok(Renderer {
            folder: folder.to_path_buf(),
            file: self.kustomization_file.clone(),
            ignore: self.ignore_paths.clone(),
            strict: self.strict_substitute,
            mask: Mask::Encrypted,
            as_controller: false,
            sources: self.sources()?,
            variables: self.variables()?,
            values,
            decrypt: if self.decrypt || !self.sops_age_key_file.is_empty() {
                Some(secrets::decryption(environment, &self.sops_age_key_file)?)
            } else {
                None
            },
            repositories: Arc::default(),
            fetcher: self.allow_remote.then(|| Arc::new(Fetcher::new(environment))),
        })
    }

    /// Directories of the sources, by `Kind/namespace/name`.
    fn sources(&self) -> Result<BTreeMap<String, PathBuf>> {
        let pair = |text: &String| match text.split_once('=') {
            Some((source, folder)) => Ok((source.to_owned(), PathBuf::from(folder))),
            None => {
                Err(Error::usage(format!("--local-sources {text}: expected Kind/namespace/name=DIRECTORY")))
            }
        };
        self.local_sources.iter().map(pair).collect()
    }

    fn variables(&self) -> Result<BTreeMap<String, String>> {
        let pair = |text: &String| match text.split_once('=') {
            Some((name, value)) if controller::is_variable_name(name) => {
                Ok((name.to_owned(), value.to_owned()))
            }
            // The value may be a secret, so it is not shown.
            Some((name, _)) => Err(Error::usage(format!("--var: {name:?} is not a valid variable name"))
                .hint("use letters, digits and underscores, and begin with a letter or underscore")),
            None => Err(Error::usage("--var: expected NAME=VALUE")),
        };
        self.variables.iter().map(pair).collect()
    }
}
