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
pub const ABOUT: About = About::new("plugin", "Manage plugins that add commands").examples(&[
    ("List the plugins in the catalog", "flux plugin search"),
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

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Scene;

    #[test]
    fn plugins_are_listed_and_removed_by_name() {
        // Without the right to execute it, it is not listed as a plugin, but can still be removed.
        let scene = Scene::offline().file("plugins/flux-hello", "#!/bin/sh\n");
        let scene = scene.variable("FLUXCD_PLUGINS", "[dir]/plugins");
        assert_snapshot!(scene.run("flux plugin list"), @"
        [stderr]
        No plugins found
        ");
        assert_snapshot!(scene.run("flux plugin install"), @"
        [stderr]
        ✗ name of the plugin is required
          hint: for example: flux plugin install operator
        [exit code 1]
        ");
        assert_snapshot!(scene.run("flux plugin install ../hello"), @r#"
        [stderr]
        ✗ invalid plugin name "../hello"
          hint: use letters, digits, dashes and underscores; `flux plugin search` lists the names
        [exit code 1]
        "#);
        assert_snapshot!(scene.run("flux plugin update missing"), @r#"
        [stderr]
        ✗ plugin "missing" is not installed
          hint: flux plugin install missing
        [exit code 1]
        "#);
        assert_snapshot!(scene.run("flux plugin uninstall hello"), @"
        [stderr]
        ✔ uninstalled hello
        ");
        assert_snapshot!(scene.run("flux plugin uninstall hello"), @r#"
        [stderr]
        ✗ plugin "hello" is not installed
          hint: `flux plugin list` lists the plugins
        [exit code 1]
        "#);
        assert_snapshot!(scene.run("flux plugin search --output=xml"), @r#"
        [stderr]
        ✗ invalid argument "xml" for "--output" flag: use text, json, yaml, jsonpath=TEMPLATE or custom-columns=HEADER:PATH,...
          hint: add --help to see commands and options
        [exit code 1]
        "#);
    }
}
