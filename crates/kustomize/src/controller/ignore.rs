//! Which files are left out: `.sourceignore` files and the patterns of the command line, in the format of `.gitignore`.

use std::path::{Path, PathBuf};

use super::glob;
use crate::error::{Error, Result};
use crate::fs::{Entry, FileSystem};

/// The patterns of a directory and those below it.
#[derive(Debug, Default)]
pub struct Ignore {
    /// What is left out unless another pattern says otherwise.
    defaults: Vec<Pattern>,
    patterns: Vec<Pattern>,
}

#[derive(Debug)]
struct Pattern {
    /// The folder that it is for.
    domain: PathBuf,
    parts: Vec<String>,
    includes: bool,
    folders_only: bool,
    /// Whether it is a path; otherwise the name of anything below the domain.
    is_path: bool,
}

/// What sources always leave out.
const VERSION_CONTROL: [&str; 4] = [".git/", ".gitignore", ".gitmodules", ".gitattributes"];

/// What sources leave out where there is no pattern at all, and flux's command line always.
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
    /// What flux's command line leaves out of the kustomization in `directory`: what the `.sourceignore` files in and
    /// below it say, then the lines of `more`.
    ///
    /// # Errors
    /// The directory or a `.sourceignore` cannot be read.
    pub fn read(fs: &dyn FileSystem, directory: &Path, more: &[String]) -> Result<Self> {
        let mut ignore = Self::default();
        ignore.read_folder(fs, directory, 0)?;
        for lines in more {
            ignore.add_lines(lines, directory);
        }
        ignore.add_defaults(&VERSION_CONTROL, directory);
        ignore.add_defaults(&DEFAULTS, directory);
        Ok(ignore)
    }

    /// What source-controller leaves out of the artifact of a source whose root is `root`: what its `.sourceignore` files
    /// say, given by their directories in the order of their paths, then the lines of `more`, the source's `spec.ignore`.
    /// Only without any pattern the defaults count.
    pub fn of_source(root: &Path, files: &[(PathBuf, String)], more: Option<&str>) -> Self {
        let mut ignore = Self::default();
        for (directory, text) in files {
            ignore.add_lines(text, directory);
        }
        ignore.add_lines(more.unwrap_or_default(), root);
        ignore.add_defaults(&VERSION_CONTROL, root);
        if ignore.patterns.is_empty() {
            ignore.add_defaults(&DEFAULTS, root);
        }
        ignore
    }

    /// What only the lines of `patterns` leave out of `directory`.
    pub fn of_patterns(directory: &Path, patterns: &[String]) -> Self {
        let mut ignore = Self::default();
        for lines in patterns {
            ignore.add_lines(lines, directory);
        }
        ignore
    }

    fn add_defaults(&mut self, lines: &[&str], domain: &Path) {
        self.defaults.extend(lines.iter().map(|line| Pattern::new(line, domain)));
    }

    fn add_lines(&mut self, text: &str, domain: &Path) {
        for line in text.lines() {
            self.add(line, domain);
        }
    }

    fn read_folder(&mut self, fs: &dyn FileSystem, folder: &Path, depth: usize) -> Result<()> {
        const DEEPEST: usize = 100;
        let fail = |error: std::io::Error| Error::new(error.to_string()).file(folder);
        if depth > DEEPEST {
            return Err(Error::new(format!("folders nested deeper than {DEEPEST}")).file(folder));
        }
        let names = fs.list(folder).map_err(fail)?;
        if names.iter().any(|name| name == ".sourceignore") {
            let content = fs.read(&folder.join(".sourceignore")).map_err(fail)?;
            self.add_lines(&String::from_utf8_lossy(&content), folder);
        }
        for name in names.iter().filter(|name| *name != ".git") {
            let path = folder.join(name);
            // A link leads elsewhere, perhaps round in a circle.
            if fs.resolve(&path).is_ok_and(|found| found == (path.clone(), Entry::Folder)) {
                self.read_folder(fs, &path, depth + 1)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, line: &str, domain: &Path) {
        if line.starts_with('#') || line.trim().is_empty() {
            return;
        }
        self.patterns.push(Pattern::new(line, domain));
    }

    /// Whether any pattern was given.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Whether a path is left out; the last pattern that matches decides.
    pub fn matches(&self, path: &Path, is_folder: bool) -> bool {
        let mut all = self.patterns.iter().rev().chain(&self.defaults);
        all.find(|pattern| pattern.matches(path, is_folder)).is_some_and(|pattern| !pattern.includes)
    }
}

impl Pattern {
    fn new(line: &str, domain: &Path) -> Self {
        // Spaces at the end count only behind a backslash, tabs always.
        let line = if line.ends_with("\\ ") { line } else { line.trim_end_matches(' ') };
        let (includes, line) = match line.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, line),
        };
        let (folders_only, line) = match line.strip_suffix('/') {
            Some(rest) => (true, rest),
            None => (false, line),
        };
        let is_path = line.contains('/');
        let parts =
            if is_path { line.split('/').map(str::to_owned).collect() } else { vec![line.to_owned()] };
        Self { domain: domain.to_path_buf(), parts, includes, folders_only, is_path }
    }

    fn matches(&self, path: &Path, is_folder: bool) -> bool {
        let Ok(rest) = path.strip_prefix(&self.domain) else { return false };
        let names: Vec<_> = rest.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        if names.is_empty() {
            return false;
        }
        if self.is_path {
            return self.matches_path(&names, is_folder);
        }
        let found = names.iter().position(|name| glob::matches(&self.parts[0], name, false));
        found.is_some_and(|at| !(self.folders_only && !is_folder && at + 1 == names.len()))
    }

    fn matches_path(&self, names: &[impl AsRef<str>], is_folder: bool) -> bool {
        let mut names = names;
        let (mut matched, mut any_depth) = (false, false);
        for (at, part) in self.parts.iter().enumerate() {
            let is_last = at + 1 == self.parts.len();
            match part.as_str() {
                "" => any_depth = false,
                "**" if is_last => break,
                "**" => any_depth = true,
                part if part.contains("**") => return false,
                part if any_depth => {
                    any_depth = false;
                    let found = names.iter().position(|name| glob::matches(part, name.as_ref(), false));
                    matched = found.is_some();
                    names = &names[found.map_or(names.len(), |at| at + 1)..];
                }
                part => {
                    let Some((first, rest)) = names.split_first() else { return false };
                    if !glob::matches(part, first.as_ref(), false) {
                        return false;
                    }
                    matched = true;
                    names = rest;
                }
            }
        }
        matched && !(self.folders_only && !is_folder && names.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::MemoryFs;

    fn ignored(pattern: &str, path: &str, is_folder: bool) -> bool {
        Pattern::new(pattern, Path::new("/a")).matches(&Path::new("/a").join(path), is_folder)
    }

    #[test]
    fn patterns_match_as_in_gitignore() {
        for (pattern, path, is_folder) in [
            ("x.yaml", "b/x.yaml", false),
            ("/x.yaml", "x.yaml", false),
            ("b/", "b", true),
            ("b/", "b/x.yaml", false),
            ("b/*.yaml", "b/x.yaml", false),
            ("**/x.yaml", "b/c/x.yaml", false),
            ("/b/**", "b/c/x.yaml", false),
            ("b/**/x.yaml", "b/c/d/x.yaml", false),
        ] {
            assert!(ignored(pattern, path, is_folder), "{pattern} {path}");
        }
        for (pattern, path, is_folder) in [
            ("/x.yaml", "b/x.yaml", false),
            ("b/", "b", false),
            ("b/*.yaml", "b/c/x.yaml", false),
            ("y", "x", false),
        ] {
            assert!(!ignored(pattern, path, is_folder), "{pattern} {path}");
        }
    }

    #[test]
    fn the_last_pattern_decides_and_the_defaults_come_before_all() {
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
    fn a_source_has_defaults_only_without_patterns() {
        let ignored = |ignore: &Ignore, path: &str| ignore.matches(&Path::new("/a").join(path), false);
        let root = Path::new("/a");
        let ignore = Ignore::of_source(root, &[], None);
        assert!(ignored(&ignore, ".github/x.yaml") && ignored(&ignore, ".gitmodules"));
        let ignore = Ignore::of_source(root, &[], Some("/x"));
        assert!(!ignored(&ignore, ".github/x.yaml") && ignored(&ignore, ".gitmodules"));
        // Patterns count from their own directory, spec.ignore last, and what is in a directory can be taken back.
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
