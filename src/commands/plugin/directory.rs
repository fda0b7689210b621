//! The directory with the installed plugins: executables `flux-NAME`, and a receipt for each from the catalog.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::manifest::Receipt;
use crate::context::Environment;

/// Beginning of the names of executables.
pub const PREFIX: &str = "flux-";
/// Variable with the directory.
const VARIABLE: &str = "FLUXCD_PLUGINS";

/// Directory of plugins.
pub struct Directory {
    path: PathBuf,
    /// Whether the user has named it, and takes care of it.
    chosen: bool,
}

/// Installed plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plugin {
    /// Its word on the command line.
    pub name: String,
    /// Its executable.
    pub path: PathBuf,
}

impl Directory {
    /// The directory of `FLUXCD_PLUGINS`, otherwise `~/.fluxcd/plugins`. None without a home.
    pub fn of(environment: &Environment) -> Option<Directory> {
        if let Some(path) = environment.value(VARIABLE).filter(|path| !path.is_empty()) {
            return Some(Directory { path: path.into(), chosen: true });
        }
        let home = environment.home.as_ref().filter(|home| !home.as_os_str().is_empty())?;
        Some(Directory { path: home.join(".fluxcd/plugins"), chosen: false })
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the user has named it by a variable.
    pub fn is_chosen(&self) -> bool {
        self.chosen
    }

    /// Creates it, unless the user has named it.
    pub fn create(&self) -> io::Result<()> {
        if self.chosen { Ok(()) } else { fs::create_dir_all(&self.path) }
    }

    /// The plugins, in the order of their names, without those that are named like one of `commands`.
    pub fn plugins(&self, commands: &[&str]) -> Vec<Plugin> {
        let entries = fs::read_dir(&self.path).into_iter().flatten().flatten();
        let names =
            entries.filter_map(|entry| Some(entry.file_name().to_str()?.strip_prefix(PREFIX)?.to_owned()));
        let mut plugins: Vec<Plugin> = names.filter_map(|name| self.find(&name, commands)).collect();
        plugins.sort_by(|a, b| a.name.cmp(&b.name));
        plugins
    }

    /// The plugin of this name, if it is installed and no command has the name.
    pub fn find(&self, name: &str, commands: &[&str]) -> Option<Plugin> {
        if name.is_empty() || name.contains(['/', '\0']) || commands.contains(&name) {
            return None;
        }
        let path = self.executable(name);
        // Follows links.
        let status = fs::metadata(&path).ok()?;
        (status.is_file() && is_executable(&status)).then(|| Plugin { name: name.to_owned(), path })
    }

    /// Path of a plugin's executable.
    pub fn executable(&self, name: &str) -> PathBuf {
        self.path.join(format!("{PREFIX}{name}"))
    }

    /// Path of a plugin's receipt.
    pub fn receipt_path(&self, name: &str) -> PathBuf {
        self.path.join(format!("{PREFIX}{name}.yaml"))
    }

    /// What was installed from the catalog; none for a plugin that was put there by hand.
    pub fn receipt(&self, name: &str) -> Option<Receipt> {
        let text = fs::read_to_string(self.receipt_path(name)).ok()?;
        serde_json::from_value(edgeflux_yaml::document(&text).ok()?).ok()
    }
}

#[cfg(unix)]
fn is_executable(status: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    status.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata) -> bool {
    true
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn executables_are_plugins_unless_a_command_has_their_name() {
        let temporary = tempfile::tempdir().unwrap();
        let at = |name: &str| temporary.path().join(name);
        for (name, mode) in [
            ("flux-b", 0o755),
            ("flux-a", 0o700),
            ("flux-get", 0o755),
            ("flux-text", 0o644),
            ("other", 0o755),
        ] {
            fs::write(at(name), "").unwrap();
            fs::set_permissions(at(name), fs::Permissions::from_mode(mode)).unwrap();
        }
        fs::create_dir(at("flux-directory")).unwrap();
        symlink(at("flux-a"), at("flux-link")).unwrap();
        symlink(at("missing"), at("flux-broken")).unwrap();
        fs::write(at("flux-a.yaml"), "name: a\nversion: 1.2.3\n").unwrap();

        let environment: Environment = [(VARIABLE, temporary.path())].into_iter().collect();
        let directory = Directory::of(&environment).unwrap();
        let names: Vec<String> = directory.plugins(&["get"]).into_iter().map(|plugin| plugin.name).collect();
        assert_eq!(names, ["a", "b", "link"]);
        assert_eq!(directory.receipt("a").map(|receipt| receipt.version), Some("1.2.3".to_owned()));
        assert!(directory.receipt("b").is_none());
        assert!(directory.find("../flux-a", &[]).is_none() && directory.find("", &[]).is_none());
    }

    #[test]
    fn without_a_variable_the_directory_is_in_the_home() {
        let of = |variables: &[(&str, &str)]| Directory::of(&variables.iter().copied().collect());
        let path = |variables: &[(&str, &str)]| of(variables).map(|it| it.path.display().to_string());
        assert_eq!(path(&[("HOME", "/home/me")]).as_deref(), Some("/home/me/.fluxcd/plugins"));
        assert_eq!(path(&[("HOME", "/home/me"), (VARIABLE, "/p")]).as_deref(), Some("/p"));
        assert_eq!(path(&[(VARIABLE, "")]), None);
    }
}
