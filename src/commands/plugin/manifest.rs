//! The format of the catalog: `cli.fluxcd.io/v1beta1`.

use serde::{Deserialize, Serialize};

use super::directory::PREFIX;
use super::platform::{ARCH, OS};
use crate::error::{Error, Result};

/// Version of the format.
pub const API_VERSION: &str = "cli.fluxcd.io/v1beta1";

/// A plugin in the catalog.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Manifest {
    /// Version of the format.
    pub api_version: String,
    /// `Plugin`.
    pub kind: String,
    /// Word on the command line.
    pub name: String,
    /// Name of the executable, in archives and when installed.
    pub bin: String,
    /// Versions, newest first.
    pub versions: Vec<Version>,
}

/// A version of a plugin.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Version {
    /// Such as `0.45.0`.
    pub version: String,
    /// Downloads.
    pub platforms: Vec<Platform>,
}

/// A download for a platform.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Platform {
    /// Operating system.
    pub os: String,
    /// Architecture.
    pub arch: String,
    /// Address of an archive or an executable.
    pub url: String,
    /// Digest of the download: `sha256:…`.
    pub checksum: String,
    /// Path of the executable in the archive, if it is not found by its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub extract_path: String,
}

/// The list of all plugins.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Catalog {
    /// Version of the format.
    pub api_version: String,
    /// `PluginCatalog`.
    pub kind: String,
    /// Plugins.
    pub plugins: Vec<Entry>,
}

/// A plugin in the list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Entry {
    /// Word on the command line.
    pub name: String,
    /// What it does.
    pub description: String,
}

/// What was installed, as it is stored beside the executable.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Receipt {
    /// Word on the command line.
    pub name: String,
    /// Installed version.
    pub version: String,
    /// Time of the installation.
    pub installed_at: String,
    /// The download.
    pub platform: Platform,
}

/// A version to install, with the download for this platform.
#[derive(Debug)]
pub struct Selected<'m> {
    /// Plugin.
    pub manifest: &'m Manifest,
    /// Version.
    pub version: &'m Version,
    /// Download.
    pub platform: &'m Platform,
}

impl Manifest {
    /// Checks a manifest that was requested for the plugin `name`. It decides about names of files.
    pub fn check(&self, name: &str) -> Result<()> {
        let wrong = |what: String| {
            Err(Error::failed(format!("plugin {name:?} {what}"))
                .hint("check the catalog in FLUXCD_PLUGIN_CATALOG"))
        };
        if self.api_version != API_VERSION {
            return wrong(format!(
                "has unsupported apiVersion {:?} (expected {API_VERSION:?})",
                self.api_version
            ));
        }
        if self.kind != "Plugin" {
            return wrong(format!("has unexpected kind {:?} (expected \"Plugin\")", self.kind));
        }
        if self.name != name {
            return wrong(format!("has the name {:?} in its manifest", self.name));
        }
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if !self.bin.starts_with(PREFIX) || self.bin.len() == PREFIX.len() || !self.bin.bytes().all(is_plain)
        {
            return wrong(format!(
                "has invalid bin {:?} (must be a plain filename prefixed with {PREFIX:?})",
                self.bin
            ));
        }
        Ok(())
    }

    /// The version that `reference` names, a version or a digest; the newest one if it is empty.
    pub fn select(&self, reference: &str) -> Result<Selected<'_>> {
        let name = &self.name;
        let Some(newest) = self.versions.first() else {
            return Err(Error::not_found(format!("plugin {name:?} has no versions")));
        };
        if reference.starts_with("sha256:") {
            let mut all = self
                .versions
                .iter()
                .flat_map(|version| version.platforms.iter().map(move |it| (version, it)));
            let found = all.find(|(_, platform)| platform.is_ours() && platform.checksum == reference);
            let (version, platform) = found.ok_or_else(|| {
                Error::not_found(format!("digest {reference:?} not found for plugin {name:?} on {OS}/{ARCH}"))
                    .hint("use the digest of a download in the catalog, not that of the installed file")
            })?;
            return Ok(Selected { manifest: self, version, platform });
        }
        let version = match reference {
            "" => newest,
            _ => self.versions.iter().find(|version| version.version == reference).ok_or_else(|| {
                let known: Vec<&str> = self.versions.iter().map(|version| version.version.as_str()).collect();
                Error::not_found(format!("version {reference:?} not found for plugin {name:?}"))
                    .hint(format!("the catalog has {}", known.join(", ")))
            })?,
        };
        let platform = version.platforms.iter().find(|platform| platform.is_ours()).ok_or_else(|| {
            let version = &version.version;
            Error::not_found(format!("plugin {name:?} v{version} has no binary for {OS}/{ARCH}"))
                .hint("try an older version: NAME@VERSION")
        })?;
        Ok(Selected { manifest: self, version, platform })
    }
}

impl Platform {
    fn is_ours(&self) -> bool {
        self.os == OS && self.arch == ARCH
    }
}

impl Catalog {
    /// Checks the format.
    pub fn check(&self) -> Result<()> {
        if self.api_version != API_VERSION {
            return Err(Error::failed(format!(
                "plugin catalog has unsupported apiVersion {:?} (expected {API_VERSION:?})",
                self.api_version
            )));
        }
        if self.kind != "PluginCatalog" {
            return Err(Error::failed(format!(
                "plugin catalog has unexpected kind {:?} (expected \"PluginCatalog\")",
                self.kind
            )));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let platform = |os: &str, checksum: &str| Platform {
            os: os.into(),
            arch: ARCH.into(),
            checksum: checksum.into(),
            ..Platform::default()
        };
        let version =
            |version: &str, platforms: Vec<Platform>| Version { version: version.into(), platforms };
        Manifest {
            api_version: API_VERSION.into(),
            kind: "Plugin".into(),
            name: "demo".into(),
            bin: "flux-demo".into(),
            versions: vec![
                version("2.0.0", vec![platform("plan9", "sha256:b"), platform(OS, "sha256:c")]),
                version("1.0.0", vec![platform(OS, "sha256:a")]),
                version("0.1.0", vec![platform("plan9", "sha256:d")]),
            ],
        }
    }

    #[test]
    fn a_version_is_selected_by_number_or_digest() {
        let manifest = manifest();
        let version = |reference| {
            manifest
                .select(reference)
                .map(|selected| selected.version.version.clone())
                .map_err(|it| it.to_string())
        };
        assert_eq!(version(""), Ok("2.0.0".into()));
        assert_eq!(version("1.0.0"), Ok("1.0.0".into()));
        assert_eq!(version("sha256:a"), Ok("1.0.0".into()));
        assert!(version("3.0.0").is_err_and(|it| it.contains("version \"3.0.0\" not found")));
        assert!(version("0.1.0").is_err_and(|it| it.contains("has no binary for")));
        assert!(version("sha256:b").is_err_and(|it| it.contains("digest \"sha256:b\" not found")));
        assert!(Manifest::default().select("").is_err_and(|it| it.to_string().contains("has no versions")));
    }

    #[test]
    fn a_manifest_cannot_name_files_elsewhere() {
        assert!(manifest().check("demo").is_ok());
        for bin in ["", "demo", "flux-", "flux-../x", "../flux-demo", "/flux-demo", "flux-a/b", "flux-a\0"] {
            let manifest = Manifest { bin: bin.into(), ..manifest() };
            assert!(
                manifest.check("demo").is_err_and(|it| it.to_string().contains("invalid bin")),
                "{bin:?}"
            );
        }
        assert!(Manifest { name: "../demo".into(), ..manifest() }.check("demo").is_err());
        assert!(Manifest { kind: "Other".into(), ..manifest() }.check("demo").is_err());
        assert!(Manifest { api_version: "v1".into(), ..manifest() }.check("demo").is_err());
    }
}
