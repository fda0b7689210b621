//! Migrates the manifests in files.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::upgrades::{self, Found, Upgrade};
use super::versions::Latest;
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result, ResultExt as _};
use crate::user_file;

/// A migration of files.
pub struct Migration {
    /// File, or directory with all below it.
    pub path: PathBuf,
    /// Ends of the names of files to migrate.
    pub extensions: Vec<String>,
    /// Whether files that are not YAML are migrated line by line.
    pub templates: bool,
    /// Whether to migrate without asking.
    pub yes: bool,
    /// Whether to change nothing.
    pub dry_run: bool,
    /// Versions to migrate to.
    pub latest: Latest,
}

/// A file to change.
struct Change {
    path: PathBuf,
    before: String,
    upgrades: Vec<Upgrade>,
}

/// What was found in a file.
enum File {
    /// Nothing to migrate.
    Current,
    /// Something that is not migrated.
    Skipped,
    /// Something to migrate.
    Old(Change),
}

impl Migration {
    /// Finds what to change, shows it, asks, and changes it.
    pub async fn run(&self, context: &Context) -> Result<()> {
        let ui = &context.ui;
        ui.action("starting migration of custom resources");
        let (mut changes, mut skipped) = (Vec::new(), false);
        for path in self.files(context)? {
            // So that Ctrl-C is noticed.
            tokio::task::yield_now().await;
            match self.found(context, path)? {
                File::Old(change) => changes.push(change),
                File::Skipped => skipped = true,
                File::Current => {}
            }
        }
        if changes.is_empty() {
            let other = if skipped { "other " } else { "" };
            ui.success(format!("no {other}custom resources found that require migration"));
            return Ok(());
        }
        if self.dry_run {
            for change in &changes {
                ui.plain(visible(patch(change).trim_end()));
            }
            ui.success("dry-run mode enabled, no changes will be made");
            return Ok(());
        }
        if !self.yes {
            context.confirm("Are you sure you want to proceed with the above upgrades", "--yes")?;
        }
        for change in &changes {
            tokio::task::yield_now().await;
            let path = visible(&change.path.display().to_string());
            write(change).context(format!("failed to write {path}"))?;
            ui.success(format!("file {path} migrated successfully"));
        }
        ui.success("custom resources migrated successfully");
        Ok(())
    }

    /// The files to look at, in the order of their names.
    fn files(&self, context: &Context) -> Result<Vec<PathBuf>> {
        let shown = self.path.display();
        let status = fs::symlink_metadata(&self.path).map_err(|error| {
            let kind = if error.kind() == std::io::ErrorKind::NotFound {
                ErrorKind::NotFound
            } else {
                ErrorKind::Usage
            };
            Error::new(kind, format!("failed to stat path {shown}: {}", user_file::reason(&error)))
                .hint("check the path given with --path")
        })?;
        if status.is_dir() {
            let mut files = Vec::new();
            // `./a.yaml` is shown as `a.yaml`.
            let base = if self.path == Path::new(".") { PathBuf::new() } else { self.path.clone() };
            self.walk(context, &base, &mut files)?;
            return Ok(files);
        }
        if !self.matches(&self.path) {
            return Err(Error::usage(format!(
                "file {shown} does not match the specified extensions: {}",
                self.extensions.join(", ")
            ))
            .hint("add --extensions with its extension"));
        }
        if !status.is_file() {
            return Err(Error::usage(format!("file {shown} is irregular"))
                .hint("use the path of the file that it links to"));
        }
        Ok(vec![self.path.clone()])
    }

    fn walk(&self, context: &Context, directory: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
        let real = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
        let unreadable = || format!("failed to walk directory {}", real.display());
        let entries = fs::read_dir(real).context(unreadable())?.collect::<Result<Vec<_>, _>>();
        let mut names: Vec<_> = entries.context(unreadable())?.iter().map(fs::DirEntry::file_name).collect();
        names.sort();
        for name in names {
            let path = directory.join(name);
            let status = fs::symlink_metadata(&path).context(unreadable())?;
            if status.is_dir() {
                self.walk(context, &path, files)?;
            } else if self.matches(&path) {
                if status.is_file() {
                    files.push(path);
                } else {
                    context
                        .ui
                        .warning(format!("skipping irregular file {}", visible(&path.display().to_string())));
                }
            }
        }
        Ok(())
    }

    fn matches(&self, path: &Path) -> bool {
        let name = path.as_os_str().as_encoded_bytes();
        self.extensions.iter().any(|extension| name.ends_with(extension.as_bytes()))
    }

    /// What to do with a file.
    fn found(&self, context: &Context, path: PathBuf) -> Result<File> {
        let shown = visible(&path.display().to_string());
        let bytes = user_file::read(context.ui.input(), &path, "file", "--path")?;
        let Ok(before) = String::from_utf8(bytes) else {
            context.ui.warning(format!("skipping {shown}: it is not a text file in UTF-8"));
            return Ok(File::Skipped);
        };
        let Found { upgrades, unreadable } = upgrades::find(&before, &self.latest);
        if upgrades.is_empty() {
            return Ok(File::Current);
        }
        if let Some(cause) = unreadable.filter(|_| !self.templates) {
            let what = if before.contains("{{") {
                "it is a template; name its extension with --extensions to migrate it line by line".to_owned()
            } else {
                format!("it is not valid YAML: {}", visible(&cause))
            };
            context.ui.warning(format!("skipping {shown}, which has {}: {what}", described(&upgrades[0])));
            return Ok(File::Skipped);
        }
        for upgrade in &upgrades {
            context.ui.generate(format!("{shown}:{}: {}", upgrade.line, described(upgrade)));
        }
        Ok(File::Old(Change { path, before, upgrades }))
    }
}

fn described(upgrade: &Upgrade) -> String {
    format!("{} {} -> {}", upgrade.kind, upgrade.from, upgrade.to)
}

fn patch(change: &Change) -> String {
    let path = change.path.display();
    let hunks = edgeflux_diff::unified(&change.before, &upgrades::apply(&change.before, &change.upgrades));
    format!("--- a/{path}\n+++ b/{path}\n{hunks}")
}

/// Replaces a file at once, so that it is never half written, and keeps its permissions.
fn write(change: &Change) -> std::io::Result<()> {
    let directory = change.path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(directory)?;
    file.write_all(upgrades::apply(&change.before, &change.upgrades).as_bytes())?;
    file.as_file().set_permissions(fs::metadata(&change.path)?.permissions())?;
    file.as_file().sync_all()?;
    file.persist(&change.path).map_err(|error| error.error)?;
    Ok(())
}

/// Text of a file or its name without control characters, which a terminal would obey.
fn visible(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}
