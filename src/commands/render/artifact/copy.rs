//! The copy operations of an ArtifactGenerator, as source-watcher does them: like `cp`, with patterns.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use serde_json::{Map, Value};

use super::files::{File, Files, inside};
use super::pattern::{self, Captures, Glob, Style};
use crate::error::{Error, Result};

/// The most that archives may hold, as in source-watcher.
const MOST_OF_AN_ARCHIVE: u64 = 100 * 1024 * 1024;

/// One of the operations.
pub(super) struct Operation {
    /// The source's alias.
    pub alias: String,
    /// A path or a pattern in the source.
    from: String,
    /// A path in the artifact.
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
    /// Without a slash, a pattern is also for names at any depth.
    by_name: bool,
}

impl Operation {
    /// The operation, with the captures filled in where `pathPattern` makes some.
    ///
    /// # Errors
    /// With the field that is not of its form.
    pub(super) fn read(value: &Value, captures: Option<&Captures>) -> Result<Self> {
        let field = |name: &str| {
            let text = value[name].as_str().unwrap_or_default();
            captures.map_or_else(|| Ok(text.to_owned()), |captures| pattern::fill(text, captures))
        };
        let (from, to) = (field("from")?, field("to")?);
        let (alias, path) = from
            .strip_prefix('@')
            .and_then(|from| from.split_once('/'))
            .ok_or_else(|| Error::failed(format!("copy.from is {from:?}, which is not @ALIAS/PATH")))?;
        let to = to
            .strip_prefix("@artifact/")
            .ok_or_else(|| Error::failed(format!("copy.to is {to:?}, which is not @artifact/PATH")))?;
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

    /// Does it.
    ///
    /// # Errors
    /// Nothing is there to be copied, or it cannot be copied.
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
        let leaves = || Error::failed("the path leads out of the source");
        let path = inside(Path::new(&self.from)).ok_or_else(leaves)?;
        let is_file = source.get(&path).is_some();
        if !is_file && !source.has_folder(&path) {
            return Err(Error::failed("there is nothing of this name in the source"));
        }
        let name = path.file_name().unwrap_or_default();
        if !is_file {
            if self.strategy == Strategy::Extract {
                return Err(Error::failed("strategy Extract takes archives, not folders"));
            }
            return self.put_folder(source, &path, &Path::new(&self.to).join(name), &path, artifact);
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
        // An operation to the root itself is one to a folder.
        let to = destination(Path::new(&self.to))?;
        let into_folder = self.to.is_empty() || self.to.ends_with('/') || artifact.has_folder(&to);
        let to = if into_folder { to.join(name) } else { to };
        self.put(source, &path, &to, artifact)
    }

    fn apply_pattern(&self, source: &Files, artifact: &mut Files) -> Result<()> {
        let style = if self.strategy == Strategy::Extract { Style::Deep } else { Style::Shallow };
        // Of `./apps/*` there is nothing: only before a pattern the dot is the root.
        let starts_with_glob = |path: &&str| path.split('/').next().is_some_and(pattern::is_glob);
        let rooted = self.from.strip_prefix("./").filter(starts_with_glob);
        let glob = Glob::new(rooted.unwrap_or(&self.from), style)?;
        let mut entries = source.folders();
        entries.extend(source.iter().map(|(path, _)| path.as_path()));
        let is_match = |path: &&Path| path.to_str().is_some_and(|path| glob.matches(path));
        let found: Vec<&Path> = entries.into_iter().filter(is_match).collect();
        if found.is_empty() {
            return Err(Error::failed("no file of the source matches the pattern"));
        }
        let base = selection_root(&self.from);
        let kept: Vec<&Path> = found.into_iter().filter(|path| !self.is_excluded(path, &base)).collect();
        if kept.is_empty() {
            return Err(Error::failed("all that matches the pattern is excluded"));
        }
        for path in kept {
            if self.strategy == Strategy::Extract {
                if source.get(path).is_some() && is_archive(path) {
                    self.extract(source, path, artifact)?;
                }
                continue;
            }
            // What is in a folder comes without it; all else with its whole path.
            let folder = self.from.strip_suffix("/**").map(Path::new);
            let rest = folder.and_then(|folder| path.strip_prefix(folder).ok()).unwrap_or(path);
            let to = Path::new(&self.to).join(rest);
            if source.get(path).is_some() {
                self.put(source, path, &to, artifact)?;
            } else {
                self.put_folder(source, path, &to, &base, artifact)?;
            }
        }
        Ok(())
    }

    /// Whether a path of the source is excluded, as it stands or as it is below `base`.
    fn is_excluded(&self, path: &Path, base: &Path) -> bool {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let below = path.strip_prefix(base).ok().filter(|below| !below.as_os_str().is_empty());
        [Some(path), below].into_iter().flatten().any(|path| {
            let path = path.to_string_lossy();
            self.exclude.iter().any(|it| it.glob.matches(&path) || (it.by_name && it.glob.matches(&name)))
        })
    }

    fn put_folder(
        &self,
        source: &Files,
        folder: &Path,
        to: &Path,
        base: &Path,
        artifact: &mut Files,
    ) -> Result<()> {
        let to = destination(to)?;
        for (path, file) in source.below(folder) {
            let mut within = path.ancestors().take_while(|above| *above != folder);
            if within.any(|path| self.is_excluded(path, base)) {
                continue;
            }
            let rest = path.strip_prefix(folder).unwrap_or(path);
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

    /// Unpacks an archive. Only files come out of it.
    fn extract(&self, source: &Files, path: &Path, artifact: &mut Files) -> Result<()> {
        let Some(file) = source.get(path) else { return Ok(()) };
        let broken = |error: std::io::Error| Error::failed(format!("{}: {error}", path.display()));
        let packed = file.read().map_err(broken)?;
        let unpacked = GzDecoder::new(packed.as_slice()).take(MOST_OF_AN_ARCHIVE + 1);
        let mut archive = tar::Archive::new(unpacked);
        let mut size = 0;
        for entry in archive.entries().map_err(broken)? {
            let mut entry = entry.map_err(broken)?;
            size += entry.size();
            if size > MOST_OF_AN_ARCHIVE {
                let limit = MOST_OF_AN_ARCHIVE / 1024 / 1024;
                return Err(Error::failed(format!("{} holds more than {limit} MiB", path.display())));
            }
            if !entry.header().entry_type().is_file() {
                continue;
            }
            let to = Path::new(&self.to).join(entry.path().map_err(broken)?);
            let to = destination(&to).map_err(|error| error.context(path.display()))?;
            let mut content = Vec::new();
            entry.read_to_end(&mut content).map_err(broken)?;
            artifact.put(
                to,
                File { origin: file.origin.clone(), content: Some(content.into()), checkout: None },
            )?;
        }
        Ok(())
    }
}

fn destination(path: &Path) -> Result<PathBuf> {
    inside(path).ok_or_else(|| Error::failed("the path leads out of the artifact"))
}

fn is_archive(path: &Path) -> bool {
    let name = path.to_string_lossy().to_ascii_lowercase();
    [".tar.gz", ".tgz"].iter().any(|end| name.ends_with(end))
}

/// What stands before the first part of a pattern that is one.
fn selection_root(pattern: &str) -> PathBuf {
    let plain: PathBuf = pattern.split('/').take_while(|part| !pattern::is_glob(part)).collect();
    inside(&plain).unwrap_or_default()
}

/// Two YAML files as one: mappings are merged, all else of the second one counts.
fn merged(before: &File, after: &File) -> Result<File> {
    let mapping = |file: &File| {
        let failed = |what: String| Error::failed(format!("{}: {what}", file.origin.display()));
        let content = file.read().map_err(|error| failed(error.to_string()))?;
        let text = edgeflux_yaml::decode(&content).map_err(|error| failed(error.to_string()))?;
        let mut all = Map::new();
        for document in edgeflux_yaml::documents(&text).map_err(|error| failed(error.to_string()))? {
            match document {
                Value::Object(fields) => merge(&mut all, fields),
                Value::Null => {}
                _ => return Err(failed("not a mapping, and strategy Merge takes mappings".to_owned())),
            }
        }
        Ok(all)
    };
    let mut all = mapping(before)?;
    merge(&mut all, mapping(after)?);
    let content = edgeflux_yaml::to_string(&Value::Object(all)).into_bytes();
    Ok(File { origin: after.origin.clone(), content: Some(content.into()), checkout: None })
}

fn merge(into: &mut Map<String, Value>, from: Map<String, Value>) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Object(old)), Value::Object(new)) => merge(old, new),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Files whose content is their own path.
    fn source(paths: &[&str]) -> Files {
        let mut files = Files::default();
        for path in paths {
            files.put(PathBuf::from(path), file(path, path)).unwrap();
        }
        files
    }

    fn file(origin: &str, content: &str) -> File {
        File { origin: PathBuf::from(origin), content: Some(content.as_bytes().into()), checkout: None }
    }

    fn repository() -> Files {
        source(&[
            "README.md",
            "apps/a.yaml",
            "apps/docs/x.md",
            "apps/one/b.yaml",
            "apps/one/charts/c.yaml",
            "other/d.yaml",
        ])
    }

    /// What lies where in the artifact: PATH for a file that kept its path, PATH=ORIGIN for others.
    fn copied(operations: &Value) -> Result<Vec<String>> {
        let mut artifact = Files::default();
        for operation in operations.as_array().unwrap() {
            Operation::read(operation, None)?.apply(&repository(), &mut artifact)?;
        }
        let shown = artifact.iter().map(|(path, file)| {
            let (path, origin) = (path.display().to_string(), file.origin.display().to_string());
            if path == origin { path } else { format!("{path}={origin}") }
        });
        Ok(shown.collect())
    }

    #[test]
    fn it_copies_as_cp_does() {
        for (from, to, expected) in [
            ("@r/apps/a.yaml", "@artifact/x.yaml", vec!["x.yaml=apps/a.yaml"]),
            ("@r/apps/a.yaml", "@artifact/x/", vec!["x/a.yaml=apps/a.yaml"]),
            ("@r/apps/a.yaml", "@artifact/", vec!["a.yaml=apps/a.yaml"]),
            (
                "@r/apps/one",
                "@artifact/x",
                vec!["x/one/b.yaml=apps/one/b.yaml", "x/one/charts/c.yaml=apps/one/charts/c.yaml"],
            ),
            (
                "@r/apps/one/**",
                "@artifact/x",
                vec!["x/b.yaml=apps/one/b.yaml", "x/charts/c.yaml=apps/one/charts/c.yaml"],
            ),
            ("@r/apps/*.yaml", "@artifact/x/", vec!["x/apps/a.yaml=apps/a.yaml"]),
            ("@r/*.md", "@artifact/", vec!["README.md"]),
            ("@r/./*.md", "@artifact/", vec!["README.md"]),
        ] {
            assert_eq!(copied(&json!([{"from": from, "to": to}])).unwrap(), expected, "{from} {to}");
        }
        assert_eq!(copied(&json!([{"from": "@r/", "to": "@artifact/"}])).unwrap().len(), 6);
    }

    #[test]
    fn a_file_goes_into_a_folder_that_is_there() {
        let operations = json!([{"from": "@r/apps/one", "to": "@artifact/"}, {"from": "@r/README.md", "to": "@artifact/one"}]);
        let expected = [
            "one/README.md=README.md",
            "one/b.yaml=apps/one/b.yaml",
            "one/charts/c.yaml=apps/one/charts/c.yaml",
        ];
        assert_eq!(copied(&operations).unwrap(), expected);
    }

    #[test]
    fn exclusions_count_from_the_source_from_the_selection_and_by_name() {
        for exclude in [json!(["*.md", "one/**"]), json!(["apps/one", "**/docs/**"]), json!(["one", "docs"])]
        {
            let operation = json!([{"from": "@r/apps/**", "to": "@artifact/", "exclude": exclude}]);
            assert_eq!(copied(&operation).unwrap(), ["a.yaml=apps/a.yaml"], "{exclude}");
        }
        let deeper = json!([{"from": "@r/apps/**", "to": "@artifact/", "exclude": ["**/charts/**", "*.md"]}]);
        assert_eq!(copied(&deeper).unwrap(), ["a.yaml=apps/a.yaml", "one/b.yaml=apps/one/b.yaml"]);
    }

    #[test]
    fn what_cannot_be_copied_is_refused() {
        for (operation, message) in [
            (json!({"from": "apps/**", "to": "@artifact/"}), "not @ALIAS/PATH"),
            (json!({"from": "@r/apps/**", "to": "x"}), "not @artifact/PATH"),
            (json!({"from": "@r/none", "to": "@artifact/"}), "nothing of this name"),
            (json!({"from": "@r/none/**", "to": "@artifact/"}), "no file of the source"),
            (json!({"from": "@r/apps/**", "to": "@artifact/", "exclude": ["**"]}), "is excluded"),
            (json!({"from": "@r/../x", "to": "@artifact/"}), "out of the source"),
            (json!({"from": "@r/README.md", "to": "@artifact/../x"}), "out of the artifact"),
            (json!({"from": "@r/apps", "to": "@artifact/../x", "exclude": ["*"]}), "out of the artifact"),
            (json!({"from": "@r/apps", "to": "@artifact/", "strategy": "Extract"}), "not folders"),
            (json!({"from": "@r/README.md", "to": "@artifact/", "strategy": "Extract"}), ".tgz"),
            (
                json!({"from": "@r/README.md", "to": "@artifact/", "strategy": "Link"}),
                "Overwrite, Merge or Extract",
            ),
            (json!({"from": "@r/README.md", "to": "@artifact/", "exclude": ["[a"]}), "no pattern"),
        ] {
            let error = copied(&json!([operation])).unwrap_err().to_string();
            assert!(error.contains(message), "{operation}: {error}");
        }
    }

    #[test]
    fn yaml_is_merged_and_lists_are_replaced() {
        let mut source = Files::default();
        for (path, content) in [
            ("a.yaml", "image: {name: a, tag: 1}\nlist: [1, 2]\n---\nmore: true\n"),
            ("b.yaml", "image: {tag: 2}\nlist: [3]\n"),
        ] {
            source.put(PathBuf::from(path), file(path, content)).unwrap();
        }
        let mut artifact = Files::default();
        for from in ["@r/a.yaml", "@r/b.yaml"] {
            let operation = json!({"from": from, "to": "@artifact/values.yaml", "strategy": "Merge"});
            Operation::read(&operation, None).unwrap().apply(&source, &mut artifact).unwrap();
        }
        let content = artifact.get(Path::new("values.yaml")).unwrap().read().unwrap();
        let expected = "image:\n  name: a\n  tag: 2\nlist:\n- 3\nmore: true\n";
        assert_eq!(String::from_utf8(content).unwrap(), expected);
    }

    #[test]
    fn archives_are_unpacked_also_from_folders_below() {
        let mut builder =
            tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
        let mut header = tar::Header::new_gnu();
        header.set_size(4);
        header.set_mode(0o644);
        builder.append_data(&mut header, "chart/values.yaml", b"a: 1".as_slice()).unwrap();
        let archive = builder.into_inner().unwrap().finish().unwrap();
        let mut source = source(&["releases/README.md"]);
        let packed =
            File { origin: PathBuf::from("releases/x/a.tgz"), content: Some(archive.into()), checkout: None };
        source.put(PathBuf::from("releases/x/a.tgz"), packed).unwrap();
        for from in ["@r/releases/x/a.tgz", "@r/releases/**/*.tgz", "@r/releases/**"] {
            let mut artifact = Files::default();
            let operation = json!({"from": from, "to": "@artifact/charts/", "strategy": "Extract"});
            Operation::read(&operation, None).unwrap().apply(&source, &mut artifact).unwrap();
            let paths: Vec<_> = artifact.iter().map(|(path, _)| path.display().to_string()).collect();
            assert_eq!(paths, ["charts/chart/values.yaml"], "{from}");
        }
    }
}
