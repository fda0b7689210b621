//! `flux plugin install`.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use super::archive::{self, Format};
use super::catalog;
use super::directory::Directory;
use super::download::Downloads;
use super::manifest::{Receipt, Selected};
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::{Error, Result, ResultExt as _};

/// Maximum size of a download, in bytes.
const MOST_BYTES: u64 = 512 << 20;
/// Timeout of a download.
const TIMEOUT: Duration = Duration::from_mins(5);

/// The arguments of `flux plugin install`.
#[derive(Debug, Args)]
pub struct Install {
    /// Name of the plugin, possibly with a version or a digest
    #[arg(value_name = "NAME[@VERSION|@DIGEST]")]
    name: Option<String>,
}

impl Described for Install {
    const ABOUT: About = About::new("install", "Install a plugin from the catalog")
        .details(
            "Downloads the plugin for this operating system and architecture, verifies it against the digest \
             in the catalog, and installs it in ~/.fluxcd/plugins or the directory that FLUXCD_PLUGINS names. \
             Set FLUXCD_PLUGIN_CATALOG to use another catalog.",
        )
        .usage("<NAME>[@<VERSION>|@<DIGEST>]")
        .examples(&[
            ("Install the latest version", "flux plugin install operator"),
            ("Install a specific version", "flux plugin install operator@0.45.0"),
            (
                "Install the download with this digest",
                "flux plugin install operator@sha256:06e0a38db4fa6bc9f705a577c7e58dc020bfe2618e45488599e5ef7bb62e3a8a",
            ),
        ]);
}

impl Command for Install {
    async fn run(self, context: &Context) -> Result<()> {
        let given = self.name.as_deref().filter(|name| !name.is_empty()).ok_or_else(|| {
            Error::usage("name of the plugin is required").hint("for example: flux plugin install operator")
        })?;
        let (name, reference) = given.split_once('@').unwrap_or((given, ""));
        super::check_name(name)?;
        if context.commands.contains(&name) {
            return Err(Error::usage(format!("{name:?} is a flux command, and a plugin cannot replace it")));
        }
        let directory = super::directory(context)?;
        let downloads = Downloads::new(context)?;
        let manifest = catalog::manifest(context, &downloads, name).await?;
        let selected = manifest.select(reference)?;
        context.ui.waiting(format!("installing {name} v{}", selected.version.version));
        install(context, &directory, &downloads, &selected).await?;
        context.ui.success(format!("installed {name} v{}", selected.version.version));
        Ok(())
    }
}

/// Downloads, verifies and installs a plugin. Executable and receipt are replaced at once, or stay as they are.
pub async fn install(
    context: &Context,
    directory: &Directory,
    downloads: &Downloads<'_>,
    selected: &Selected<'_>,
) -> Result<()> {
    let Selected { manifest, version, platform } = selected;
    let name = manifest.name.clone();
    directory.create().context(unusable(directory))?;
    let what = format!("download plugin {name:?}");
    let start = || {
        let file = temporary(directory);
        let file = file.context(unusable(directory)).map_err(|error| with_hint(error, directory))?;
        Ok(Hashed { file, hash: Sha256::new() })
    };
    let Hashed { file, hash } = downloads.get(&what, &platform.url, MOST_BYTES, TIMEOUT, start).await?;
    let digest = format!("sha256:{}", hex::encode(hash.finalize()));
    if digest != platform.checksum {
        return Err(Error::failed(format!(
            "checksum verification failed (expected: {}, got: {digest})",
            platform.checksum
        ))
        .hint(
            "nothing was installed; try again, and if it fails again, report it to the authors of the plugin",
        ));
    }
    let receipt = Receipt {
        name: name.clone(),
        version: version.version.clone(),
        installed_at: context.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        platform: (*platform).clone(),
    };
    let receipt = serde_json::to_value(&receipt).map_err(|error| Error::failed(error.to_string()))?;
    let wanted = if platform.extract_path.is_empty() { &manifest.bin } else { &platform.extract_path };
    let task = Unpacking {
        file,
        url: platform.url.clone(),
        wanted: wanted.clone(),
        executable: directory.path().join(&manifest.bin),
        receipt: edgeflux_yaml::to_string(&receipt),
        receipt_path: directory.receipt_path(&name),
    };
    // In a thread of its own, so that Ctrl-C is noticed.
    let done = tokio::task::spawn_blocking(move || task.run()).await;
    done.map_err(|error| Error::failed(error.to_string()))?
        .map_err(|error| error.context(format!("failed to install plugin {name:?}")))
}

/// A download that was verified and is to be installed.
struct Unpacking {
    file: NamedTempFile,
    url: String,
    wanted: String,
    executable: PathBuf,
    receipt: String,
    receipt_path: PathBuf,
}

impl Unpacking {
    fn run(mut self) -> Result<()> {
        let directory = self.executable.parent().unwrap_or(Path::new("."));
        let format = Format::of(&self.url, self.file.as_file_mut())?;
        let mut executable = hidden(directory)?;
        archive::extract(self.file.reopen()?, format, &self.wanted, &mut executable)?;
        persist(executable, &self.executable, 0o755)?;
        let mut receipt = hidden(directory)?;
        receipt.write_all(self.receipt.as_bytes())?;
        persist(receipt, &self.receipt_path, 0o644)
    }
}

/// A file that becomes another one at once.
fn persist(file: NamedTempFile, path: &Path, mode: u32) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        file.as_file().set_permissions(fs::Permissions::from_mode(mode))?;
    }
    #[cfg(not(unix))]
    let _ = mode;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

fn temporary(directory: &Directory) -> io::Result<NamedTempFile> {
    hidden(directory.path())
}

/// A temporary file in the directory of plugins that is not taken for a plugin.
fn hidden(directory: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix(".flux-plugin-").tempfile_in(directory)
}

fn unusable(directory: &Directory) -> String {
    format!("failed to write to {}", directory.path().display())
}

fn with_hint(error: Error, directory: &Directory) -> Error {
    if directory.is_chosen() {
        error.hint("create the directory that FLUXCD_PLUGINS names, or make it writable")
    } else {
        error
    }
}

/// A download with its digest.
struct Hashed {
    file: NamedTempFile,
    hash: Sha256,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
