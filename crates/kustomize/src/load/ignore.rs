//! Ignored files: `.sourceignore` files and patterns in the format of `.gitignore`.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::fs::{FileSystem, FileType};
use crate::error::{Error, Result};
use crate::glob::{self, Glob};

/// Patterns of a directory and those below it.
#[derive(Debug, Default)]
pub struct Ignore {
    /// Patterns that any other pattern overrides.
    defaults: Vec<Pattern>,
    patterns: Vec<Pattern>,
}

#[derive(Debug)]
struct Pattern {
    /// Directory that the pattern is for. Patterns of one file share it.
    domain: Arc<Path>,
    parts: Vec<Glob>,
    /// Bits that the names of every matching path have.
    bits: u128,
    /// Whether matching files are kept: the line starts with `!`.
    includes: bool,
    directories_only: bool,
    /// Whether it is a path; otherwise it is a name anywhere below the domain.
    is_path: bool,
    /// Whether it matches nothing, because a part has `**` beside something else.
    is_void: bool,
}

/// Ignored in every source.
const VERSION_CONTROL: [&str; 4] = [".git/", ".gitignore", ".gitmodules", ".gitattributes"];

/// Ignored in sources without any pattern, and always by flux's command line.
const DEFAULTS: [&str; 20] = [
    "*.jpg",
    "*.jpeg",
    "*.gif",
    "*.png",
    "*.wmv",
    "*.flv",
    "*.tar.gz",
    "*.zip",
    ".github/",
    ".circleci/",
    ".travis.yml",
    ".gitlab-ci.yml",
    "appveyor.yml",
    ".drone.yml",
    "cloudbuild.yaml",
    "codeship-services.yml",
    "codeship-steps.yml",
    "**/.goreleaser.yml",
    "**/.sops.yaml",
    "**/.flux.yaml",
];

impl Ignore {
    /// Returns what flux's command line ignores for the kustomization in `directory`: the patterns of the `.sourceignore`
    /// files in and below it, then the lines of `more`.
    ///
    /// # Errors
    /// The directory or a `.sourceignore` cannot be read.
    pub fn read(fs: &dyn FileSystem, directory: &Path, more: &[String]) -> Result<Self> {
        let mut ignore = Self::default();
        ignore.read_directory(fs, directory, 0)?;
        let domain = directory.into();
        for lines in more {
            ignore.add_lines(lines, &domain);
        }
        ignore.add_defaults(&VERSION_CONTROL, &domain);
        ignore.add_defaults(&DEFAULTS, &domain);
        Ok(ignore)
    }

    /// Returns what source-controller ignores in a source whose root is `root`: the patterns of its `.sourceignore` files,
    /// given by their directories in path order, then the lines of `more`, the source's `spec.ignore`. The defaults
    /// apply only if there is no pattern.
    pub fn of_source(root: &Path, files: &[(PathBuf, String)], more: Option<&str>) -> Self {
        let mut ignore = Self::default();
        for (directory, text) in files {
            ignore.add_lines(text, &directory.as_path().into());
        }
        let root = root.into();
        ignore.add_lines(more.unwrap_or_default(), &root);
        ignore.add_defaults(&VERSION_CONTROL, &root);
        if ignore.patterns.is_empty() {
            ignore.add_defaults(&DEFAULTS, &root);
        }
        ignore
    }

    /// Returns what the lines of `patterns` alone ignore in `directory`.
    pub fn of_patterns(directory: &Path, patterns: &[String]) -> Self {
        let mut ignore = Self::default();
        let directory = directory.into();
        for lines in patterns {
            ignore.add_lines(lines, &directory);
        }
        ignore
    }

    fn add_defaults(&mut self, lines: &[&str], domain: &Arc<Path>) {
        self.defaults.extend(lines.iter().map(|line| Pattern::new(line, domain)));
    }

    fn add_lines(&mut self, text: &str, domain: &Arc<Path>) {
        let lines = text.lines().filter(|line| !(line.starts_with('#') || line.trim().is_empty()));
        self.patterns.extend(lines.map(|line| Pattern::new(line, domain)));
    }

    fn read_directory(&mut self, fs: &dyn FileSystem, directory: &Path, depth: usize) -> Result<()> {
        const MAX_DEPTH: usize = 100;
        let fail = |error: std::io::Error| Error::new(error.to_string()).file(directory);
        if depth > MAX_DEPTH {
            return Err(Error::new(format!(
                "directories are nested more than {MAX_DEPTH} levels \
                deep"
            ))
            .file(directory));
        }
        let names = fs.list(directory).map_err(fail)?;
        if names.iter().any(|name| name == ".sourceignore") {
            let content = fs.read(&directory.join(".sourceignore")).map_err(fail)?;
            self.add_lines(&String::from_utf8_lossy(&content), &directory.into());
        }
        for name in names.iter().filter(|name| *name != ".git") {
            let path = directory.join(name);
            // A link may lead back to a directory above.
            if fs.resolve(&path).is_ok_and(|found| found == (path.clone(), FileType::Directory)) {
                self.read_directory(fs, &path, depth + 1)?;
            }
        }
        Ok(())
    }

    /// Returns whether no pattern was given.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Returns whether a path is ignored; the last pattern that matches decides.
    pub fn matches(&self, path: &Path, is_directory: bool) -> bool {
        // Most patterns have the same domain.
        let mut inside: Option<(&Arc<Path>, Names)> = None;
        let mut all = self.patterns.iter().rev().chain(&self.defaults);
        all.find(|pattern| {
            if inside.as_ref().is_none_or(|(domain, _)| !Arc::ptr_eq(domain, &pattern.domain)) {
                inside = Some((&pattern.domain, names_below(&pattern.domain, path)));
            }
            inside.as_ref().is_some_and(|(_, names)| pattern.matches(names, is_directory))
        })
        .is_some_and(|pattern| !pattern.includes)
    }
}

/// Names of a path.
struct Names<'a> {
    names: Vec<Cow<'a, str>>,
    /// Bits of all of them.
    bits: u128,
}

/// Names of a path below a directory; empty for the directory itself and for other paths.
fn names_below<'a>(directory: &Path, path: &'a Path) -> Names<'a> {
    let names: Vec<Cow<'_, str>> = match (directory.to_str(), path.to_str()) {
        // Comparing the parts of paths takes ten times as long.
        (Some(directory), Some(text))
            if text.strip_prefix(directory).is_some_and(|it| it.starts_with('/')) =>
        {
            let names = text[directory.len()..].split('/').filter(|name| !name.is_empty());
            names.map(Cow::Borrowed).collect()
        }
        _ => {
            let rest = path.strip_prefix(directory).unwrap_or(Path::new(""));
            rest.components().map(|part| part.as_os_str().to_string_lossy()).collect()
        }
    };
    let bits = names.iter().fold(0, |bits, name| bits | glob::bits_of(name));
    Names { names, bits }
}

impl Pattern {
    fn new(line: &str, domain: &Arc<Path>) -> Self {
        // Trailing spaces count only after a backslash, trailing tabs always.
        let line = if line.ends_with("\\ ") { line } else { line.trim_end_matches(' ') };
        let (includes, line) = match line.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, line),
        };
        let (directories_only, line) = match line.strip_suffix('/') {
            Some(rest) => (true, rest),
            None => (false, line),
        };
        let is_path = line.contains('/');
        let is_void = is_path && line.split('/').any(|part| part != "**" && part.contains("**"));
        let parts: Vec<Glob> =
            if is_path { line.split('/').map(Glob::new).collect() } else { vec![Glob::new(line)] };
        let bits = parts.iter().fold(0, |bits, part| bits | part.bits());
        Self { domain: domain.clone(), parts, bits, includes, directories_only, is_path, is_void }
    }

    /// Whether it matches a path, given by its names below the domain.
    fn matches(&self, path: &Names<'_>, is_directory: bool) -> bool {
        let names = path.names.as_slice();
        if self.bits & !path.bits != 0 || names.is_empty() || self.is_void {
            return false;
        }
        if self.is_path {
            return self.matches_path(names, is_directory);
        }
        let found = names.iter().position(|name| self.parts[0].matches(name, false));
        found.is_some_and(|at| !(self.directories_only && !is_directory && at + 1 == names.len()))
    }

    fn matches_path(&self, names: &[impl AsRef<str>], is_directory: bool) -> bool {
        let mut names = names;
        let (mut matched, mut any_depth) = (false, false);
        for (at, part) in self.parts.iter().enumerate() {
            let is_last = at + 1 == self.parts.len();
            match part.as_str() {
                "" => any_depth = false,
                "**" if is_last => break,
                "**" => any_depth = true,
                _ if any_depth => {
                    any_depth = false;
                    let found = names.iter().position(|name| part.matches(name.as_ref(), false));
                    matched = found.is_some();
                    names = &names[found.map_or(names.len(), |at| at + 1)..];
                }
                _ => {
                    let Some((first, rest)) = names.split_first() else { return false };
                    if !part.matches(first.as_ref(), false) {
                        return false;
                    }
                    matched = true;
                    names = rest;
                }
            }
        }
        matched && !(self.directories_only && !is_directory && names.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::memory_fs::MemoryFs;

    fn ignored(pattern: &str, path: &str, is_directory: bool) -> bool {
        Pattern::new(pattern, &Path::new("/a").into())
            .matches(&names_below(Path::new(""), Path::new(path)), is_directory)
    }

    #[test]
    fn patterns_match_as_in_gitignore() {
        for (pattern, path, is_directory) in [
            ("x.yaml", "b/x.yaml", false),
            ("/x.yaml", "x.yaml", false),
            ("b/", "b", true),
            ("b/", "b/x.yaml", false),
            ("b/*.yaml", "b/x.yaml", false),
            ("**/x.yaml", "b/c/x.yaml", false),
            ("/b/**", "b/c/x.yaml", false),
            ("b/**/x.yaml", "b/c/d/x.yaml", false),
        ] {
            assert!(ignored(pattern, path, is_directory), "{pattern} {path}");
        }
        for (pattern, path, is_directory) in [
            ("/x.yaml", "b/x.yaml", false),
            ("b/", "b", false),
            ("b/*.yaml", "b/c/x.yaml", false),
            ("y", "x", false),
        ] {
            assert!(!ignored(pattern, path, is_directory), "{pattern} {path}");
        }
    }

    #[test]
    fn the_last_matching_pattern_decides_and_overrides_the_defaults() {
        let ignored = |ignore: &Ignore, path: &str| ignore.matches(&Path::new("/a").join(path), false);
        let mut files = MemoryFs::new();
        files.write("/a/b.png", "");
        let lines = ["*.yaml\n!keep.yaml\n!*.png\n# comment\n\n".to_owned()];
        let of = |lines: &[String]| Ignore::read(&files, Path::new("/a"), lines).unwrap();
        assert!(ignored(&of(&[]), "b.png") && ignored(&of(&[]), "c/.gitignore"));
        let ignore = of(&lines);
        assert!(ignored(&ignore, "b.yaml") && ignored(&ignore, ".travis.yml"));
        assert!(!ignored(&ignore, "keep.yaml") && !ignored(&ignore, "b.png"));
    }

    #[test]
    fn the_defaults_apply_to_sources_without_patterns() {
        let ignored = |ignore: &Ignore, path: &str| ignore.matches(&Path::new("/a").join(path), false);
        let root = Path::new("/a");
        let ignore = Ignore::of_source(root, &[], None);
        assert!(ignored(&ignore, ".github/x.yaml") && ignored(&ignore, ".gitmodules"));
        let ignore = Ignore::of_source(root, &[], Some("/x"));
        assert!(!ignored(&ignore, ".github/x.yaml") && ignored(&ignore, ".gitmodules"));
        // Patterns are relative to their own directory, spec.ignore comes last, and later patterns override earlier ones.
        let files = [("/a", "/*\n!/b\n"), ("/a/b", "/c.yaml\nd/\n!d/keep.yaml\n")];
        let files = files.map(|(directory, text)| (PathBuf::from(directory), text.to_owned()));
        let ignore = Ignore::of_source(root, &files, Some("!/z.yaml\n/b/e.yaml"));
        for path in ["x.yaml", "b/c.yaml", "b/d/x.yaml", "b/e.yaml"] {
            assert!(ignored(&ignore, path), "{path}");
        }
        for path in ["b/x.yaml", "b/d/keep.yaml", "b/x/c.yaml", "z.yaml"] {
            assert!(!ignored(&ignore, path), "{path}");
        }
    }
}
