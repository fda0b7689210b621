//! The catalog of plugins: `catalog.yaml` lists all, `NAME.yaml` describes one.

use std::time::Duration;

use serde::de::DeserializeOwned;
use url::Url;

use super::download::Downloads;
use super::manifest::{Catalog, Manifest};
use crate::context::Context;
use crate::context::web::is_exposed;
use crate::error::{Error, ErrorKind, Result};

/// Address of the files of the newest release of fluxcd/plugins.
const DEFAULT: &str = "https://github.com/fluxcd/plugins/releases/latest/download/";
/// Variable with the address of another catalog.
const VARIABLE: &str = "FLUXCD_PLUGIN_CATALOG";
/// Maximum size of a file, in bytes.
const MOST_BYTES: u64 = 10 << 20;
/// Timeout of a request.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Gets the description of a plugin.
pub async fn manifest(context: &Context, downloads: &Downloads<'_>, name: &str) -> Result<Manifest> {
    let manifest: Manifest = match file(context, downloads, name).await {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(Error::not_found(format!("plugin {name:?} not found in catalog"))
                .hint("`flux plugin search` lists the plugins"));
        }
        outcome => outcome?,
    };
    manifest.check(name)?;
    Ok(manifest)
}

/// Gets the list of all plugins.
pub async fn all(context: &Context, downloads: &Downloads<'_>) -> Result<Catalog> {
    let catalog: Catalog = file(context, downloads, "catalog").await?;
    catalog.check()?;
    Ok(catalog)
}

async fn file<T: DeserializeOwned>(context: &Context, downloads: &Downloads<'_>, name: &str) -> Result<T> {
    let base = context.environment.variable(VARIABLE).unwrap_or_else(|| DEFAULT.to_owned());
    let base = base.trim_end_matches('/');
    if Url::parse(base).is_ok_and(|url| is_exposed(&url)) {
        context.ui.warning(
            "the plugin catalog is fetched over plain HTTP: anyone on the network can replace the plugins",
        );
    }
    let what = format!("fetch {name}.yaml of the plugin catalog");
    let url = format!("{base}/{name}.yaml");
    let bytes = downloads.get(&what, &url, MOST_BYTES, TIMEOUT, || Ok(Vec::new())).await?;
    let unreadable = |cause: String| {
        Error::failed(format!("failed to read {name}.yaml of the plugin catalog: {cause}"))
            .hint("check the address in FLUXCD_PLUGIN_CATALOG")
    };
    let text = String::from_utf8(bytes).map_err(|_| unreadable("it is not a text file in UTF-8".into()))?;
    let value = edgeflux_yaml::document(&text).map_err(|error| unreadable(error.to_string()))?;
    serde_json::from_value(value).map_err(|error| unreadable(error.to_string()))
}
