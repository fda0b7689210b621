//! `flux plugin`: commands of others, which `flux NAME` runs.

mod archive;
mod catalog;
pub mod directory;
mod download;
pub mod install;
pub mod list;
mod manifest;
mod platform;
pub mod search;
mod shown;
pub mod uninstall;
pub mod update;

use crate::commands::about::About;
use crate::context::Context;
use crate::error::{Error, Result};
use directory::Directory;

/// The entry of the group in help and man pages.
pub const ABOUT: About = About::new("plugin", "Manage plugins, which add commands").examples(&[
    ("List the plugins of the catalog", "flux plugin search"),
    ("Install a plugin", "flux plugin install operator"),
]);

/// The directory with the plugins of the user.
fn directory(context: &Context) -> Result<Directory> {
    Directory::of(&context.environment).ok_or_else(|| {
        Error::usage("no directory for plugins: HOME is not set")
            .hint("set FLUXCD_PLUGINS to the directory with the plugins")
    })
}

/// Checks a plugin's name, which becomes part of the name of a file and of a URL.
fn check_name(name: &str) -> Result<()> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if !name.is_empty() && !name.starts_with(['.', '-']) && name.bytes().all(is_plain) {
        return Ok(());
    }
    Err(Error::usage(format!("invalid plugin name {name:?}"))
        .hint("use letters, digits, dashes and underscores; `flux plugin search` lists the names"))
}
