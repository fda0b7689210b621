//! Flags that `build` and `diff` share: the directory to render and how it is rendered.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueHint};

use crate::context::Context;
use crate::error::{Error, Result};
use crate::render::{Fetcher, Renderer, Values, decryption};
use edgeflux_kustomize::controller;

/// Flags that give a directory and say how it is rendered.
#[derive(Debug, Clone, Args)]
pub struct RenderArgs {
    /// Directory to render
    #[arg(long, default_value = "", value_name = "DIR", value_hint = ValueHint::DirPath, hide_default_value = true)]
    pub path: String,
    /// File with the Flux Kustomization, instead of the one in the cluster
    #[arg(long, value_name = "FILE")]
    pub kustomization_file: Option<PathBuf>,
    /// Files to ignore, as .gitignore patterns separated by commas
    #[arg(long, value_delimiter = ',', value_name = "PATTERNS")]
    pub ignore_paths: Vec<String>,
    /// Fail on variables that have neither a value nor a default [default: true for diff, otherwise false]
    #[arg(long)]
    pub strict_substitute: Option<bool>,
    /// Also render the Flux Kustomizations among the objects; needs --local-sources
    #[arg(short, long)]
    pub recursive: bool,
    /// Ignored; the directory is never modified
    #[arg(long)]
    pub in_memory_build: bool,
    /// What rendering takes from elsewhere.
    #[command(flatten)]
    pub sources: SourceArgs,
}

/// Flags for what rendering takes from elsewhere: sources, variables, keys.
#[derive(Debug, Clone, Args)]
pub struct SourceArgs {
    /// Local directories of sources, as Kind/namespace/name=directory, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "SOURCE=DIR")]
    pub local_sources: Vec<String>,
    /// Fetch what is not on this machine: charts, and bases and files that kustomizations refer to by URL
    #[arg(long)]
    pub allow_remote: bool,
    /// Substitution variable, overriding all other values; can be repeated
    #[arg(long = "var", value_name = "NAME=VALUE")]
    pub variables: Vec<String>,
    /// Decrypt SOPS files encrypted with age and print their values; otherwise they are masked
    #[arg(long)]
    pub decrypt: bool,
    /// File with age identities; implies --decrypt [default: the same as SOPS]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub sops_age_key_file: Vec<String>,
}

impl RenderArgs {
    /// Validates the flags, without asking a cluster.
    ///
    /// # Errors
    /// `--path` is not a directory, `--kustomization-file` is not a file, `--local-sources` or `--var` is malformed, or
    /// there is no key for decryption.
    pub fn renderer(&self, context: &Context, values: Values) -> Result<Renderer> {
        if self.path.is_empty() {
            return Err(Error::required("--path", "--path=./clusters/edge-1, the directory to render"));
        }
        let directory = Path::new(&self.path);
        if !directory.is_dir() {
            return Err(Error::usage(format!("invalid resource path {:?}: not a directory", self.path))
                .hint("use --path with an existing directory"));
        }
        if let Some(file) = self.kustomization_file.as_ref().filter(|file| !file.is_file()) {
            return Err(Error::usage(format!("invalid kustomization file \"{}\"", file.display()))
                .hint("use --kustomization-file with an existing file"));
        }
        let mut renderer = Renderer::new(directory.to_path_buf(), values);
        renderer.file.clone_from(&self.kustomization_file);
        renderer.ignore.clone_from(&self.ignore_paths);
        renderer.strict = self.strict_substitute;
        self.sources.apply(context, &mut renderer)?;
        Ok(renderer)
    }
}

impl SourceArgs {
    /// Validates the flags, and sets what they say.
    ///
    /// # Errors
    /// `--local-sources` or `--var` is malformed, or there is no key for decryption.
    pub fn apply(&self, context: &Context, renderer: &mut Renderer) -> Result<()> {
        renderer.sources = self.sources()?;
        renderer.variables = self.variables()?;
        if self.decrypt || !self.sops_age_key_file.is_empty() {
            renderer.decrypt = Some(decryption(context, &self.sops_age_key_file)?);
        }
        renderer.fetcher = self.allow_remote.then(|| Arc::new(Fetcher::new(&context.environment)));
        Ok(())
    }

    /// Directories of the sources, by `Kind/namespace/name`.
    fn sources(&self) -> Result<BTreeMap<String, PathBuf>> {
        let pair = |text: &String| match text.split_once('=') {
            Some((source, directory)) => Ok((source.to_owned(), PathBuf::from(directory))),
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
