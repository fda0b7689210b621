//! Lists of plugins as tables for people and as documents for programs.

use std::borrow::Cow;

use clap::ValueEnum;
use serde::Serialize;

use crate::context::Context;
use crate::error::{Error, Result};
use crate::output::Report;

/// Version of the documents.
const API_VERSION: &str = "cli.edgeflux.dev/v1";

/// How a list is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs.
    Json,
    /// For programs.
    Yaml,
}

/// A line of a table.
pub type Line = Vec<Cow<'static, str>>;

/// A list for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a, T> {
    api_version: &'static str,
    kind: &'static str,
    items: &'a [T],
}

/// Shows a list. As a document, it is of `kind`; an empty table is replaced by the sentence `none`.
pub fn show<T: Serialize>(
    context: &Context,
    format: Format,
    kind: &'static str,
    items: &[T],
    header: &[&str],
    line: impl Fn(&T) -> Line,
    none: &str,
) -> Result<()> {
    let report = Report::new(&context.ui);
    if format == Format::Table {
        if items.is_empty() {
            context.ui.plain(none);
            return Ok(());
        }
        return Ok(report.table(header, &items.iter().map(line).collect::<Vec<_>>())?);
    }
    let document = Document { api_version: API_VERSION, kind, items };
    let unwritten = |error: serde_json::Error| Error::failed(format!("failed to write the list: {error}"));
    let text = match format {
        Format::Yaml => edgeflux_yaml::to_string(&serde_json::to_value(&document).map_err(unwritten)?),
        _ => serde_json::to_string_pretty(&document).map_err(unwritten)? + "\n",
    };
    Ok(report.document(&text)?)
}
