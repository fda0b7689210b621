//! Copy operations of an ArtifactGenerator, as source-watcher does them: like `cp`, with patterns.

mod archive;
mod merge;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use serde_json::Value;

use archive::is_archive;
use merge::merged;

use super::files::{Files, inside};
use super::pattern::{self, Captures, Glob, Style};
use crate::error::{Error, Result};

/// A copy operation.
pub(super) struct Operation {
    /// Alias of the source.
    pub alias: String,
    /// Path or pattern in the source.
    from: String,
    /// Path in the artifact.
    to: String,
    exclude: Vec<Exclusion>,
    strategy: Strategy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strategy {
    Overwrite,
    Merge,
    Extract,
}

struct Exclusion {
    glob: Glob,
    /// Whether it also matches names at any depth, as patterns without a slash do.
    by_name: bool,
}

impl Operation {
    /// Reads an operation, with the captures of `pathPattern` substituted.
    ///
    /// # Errors
    /// A field is invalid.
    pub(super) fn read(value: &Value, captures: Option<&Captures>) -> Result<Self> {
        let field = |name: &str| {
            let text = value[name].as_str().unwrap_or_default();
            captures.map_or_else(|| Ok(text.to_owned()), |captures| pattern::fill(text, captures))
        };
        let (from, to) = (field("from")?, field("to")?);
        let (alias, path) = from
            .strip_prefix('@')
            .and_then(|from| from.split_once('/'))
            .ok_or_else(|| Error::failed(format!("copy.from is {from:?}; expected @ALIAS/PATH")))?;
        let to = to
            .strip_prefix("@artifact/")
            .ok_or_else(|| Error::failed(format!("copy.to is {to:?}; expected @artifact/PATH")))?;
        let exclude = value["exclude"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let exclude = exclude.map(|pattern| {
            let glob = Glob::new(pattern, Style::Deep).map_err(|error| error.context("copy.exclude"))?;
            Ok(Exclusion { glob, by_name: !pattern.contains('/') })
        });
        let strategy = match value["strategy"].as_str().unwrap_or_default() {
            "" | "Overwrite" => Strategy::Overwrite,
            "Merge" => Strategy::Merge,
            "Extract" => Strategy::Extract,
            other => {
                return Err(Error::failed(format!(
                    "copy.strategy is {other:?}; it must be Overwrite, Merge or Extract"
                )));
            }
        };
        Ok(Self {
            alias: alias.to_owned(),
            from: path.to_owned(),
            to: to.to_owned(),
            exclude: exclude.collect::<Result<_>>()?,
            strategy,
        })
    }

    /// Copies files from the source to the artifact.
    ///
    /// # Errors
    /// There is nothing to copy, or it cannot be copied.
    pub(super) fn apply(&self, source: &Files, artifact: &mut Files) -> Result<()> {
        let done = if pattern::is_glob(&self.from) {
            self.apply_pattern(source, artifact)
        } else {
            self.apply_path(source, artifact)
        };
        done.map_err(|error| {
            error.context(format!("copying from @{}/{} to @artifact/{}", self.alias, self.from, self.to))
        })
    }

    fn apply_path(&self, source: &Files, artifact: &mut Files) -> Result<()> {
        let leaves = || Error::failed("the path points outside the source");
        let path = inside(Path::new(&self.from)).ok_or_else(leaves)?;
        let is_file = source.get(&path).is_some();
        if !is_file && !source.has_directory(&path) {
            return Err(Error::failed("not found in the source"));
        }
        let name = path.file_name().unwrap_or_default();
        if !is_file {
            if self.strategy == Strategy::Extract {
                return Err(Error::failed("strategy Extract takes archives, not directories"));
            }
            return self.put_directory(source, &path, &Path::new(&self.to).join(name), &path, artifact);
        }
        if self.is_excluded(&path, Path::new("")) {
            return Ok(());
        }
        if self.strategy == Strategy::Extract {
            if !is_archive(&path) {
                return Err(Error::failed("strategy Extract takes files that end with .tar.gz or .tgz"));
            }
            return self.extract(source, &path, artifact);
        }
        // The root is a directory.
        let to = destination(Path::new(&self.to))?;
        let into_directory = self.to.is_empty() || self.to.ends_with('/') || artifact.has_directory(&to);
        let to = if into_directory { to.join(name) } else { to };
        self.put(source, &path, &to, artifact)
    }

    fn apply_pattern(&self, source: &Files, artifact: &mut Files) -> Result<()> {
        let style = if self.strategy == Strategy::Extract { Style::Deep } else { Style::Shallow };
        // `./apps/*` matches nothing: `./` means the root only directly before a pattern.
        let starts_with_glob = |path: &&str| path.split('/').next().is_some_and(pattern::is_glob);
        let rooted = self.from.strip_prefix("./").filter(starts_with_glob);
        let glob = Glob::new(rooted.unwrap_or(&self.from), style)?;
        let mut entries = source.directories();
        entries.extend(source.iter().map(|(path, _)| path.as_path()));
        let is_match = |path: &&Path| path.to_str().is_some_and(|path| glob.matches(path));
        let found: Vec<&Path> = entries.into_iter().filter(is_match).collect();
        if found.is_empty() {
            return Err(Error::failed("no file of the source matches the pattern"));
        }
        let base = selection_root(&self.from);
        let kept: Vec<&Path> = found.into_iter().filter(|path| !self.is_excluded(path, &base)).collect();
        if kept.is_empty() {
            return Err(Error::failed("all files that match the pattern are excluded"));
        }
        for path in kept {
            if self.strategy == Strategy::Extract {
                if source.get(path).is_some() && is_archive(path) {
                    self.extract(source, path, artifact)?;
                }
                continue;
            }
            // `directory/**` copies without the directory; everything else keeps its whole path.
            let directory = self.from.strip_suffix("/**").map(Path::new);
            let rest = directory.and_then(|directory| path.strip_prefix(directory).ok()).unwrap_or(path);
            let to = Path::new(&self.to).join(rest);
            if source.get(path).is_some() {
                self.put(source, path, &to, artifact)?;
            } else {
                self.put_directory(source, path, &to, &base, artifact)?;
            }
        }
        Ok(())
    }

    /// Whether a path of the source is excluded, itself or relative to `base`.
    fn is_excluded(&self, path: &Path, base: &Path) -> bool {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let below = path.strip_prefix(base).ok().filter(|below| !below.as_os_str().is_empty());
        [Some(path), below].into_iter().flatten().any(|path| {
            let path = path.to_string_lossy();
            self.exclude.iter().any(|it| it.glob.matches(&path) || (it.by_name && it.glob.matches(&name)))
        })
    }

    fn put_directory(
        &self,
        source: &Files,
        directory: &Path,
        to: &Path,
        base: &Path,
        artifact: &mut Files,
    ) -> Result<()> {
        let to = destination(to)?;
        for (path, file) in source.below(directory) {
            let mut within = path.ancestors().take_while(|above| *above != directory);
            if within.any(|path| self.is_excluded(path, base)) {
                continue;
            }
            let rest = path.strip_prefix(directory).unwrap_or(path);
            artifact.put(to.join(rest), file.clone())?;
        }
        Ok(())
    }

    fn put(&self, source: &Files, path: &Path, to: &Path, artifact: &mut Files) -> Result<()> {
        let Some(file) = source.get(path) else { return Ok(()) };
        let to = destination(to)?;
        let file = match artifact.get(&to) {
            Some(before) if self.strategy == Strategy::Merge => merged(before, file)?,
            _ => file.clone(),
        };
        artifact.put(to, file)
    }
}

fn destination(path: &Path) -> Result<PathBuf> {
    inside(path).ok_or_else(|| Error::failed("the path points outside the artifact"))
}

/// Path elements before the first one with pattern characters.
fn selection_root(pattern: &str) -> PathBuf {
    let plain: PathBuf = pattern.split('/').take_while(|part| !pattern::is_glob(part)).collect();
    inside(&plain).unwrap_or_default()
}
