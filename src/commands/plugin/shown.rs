//! Lists of plugins as tables for people and as documents for programs.

use std::borrow::Cow;

use serde::Serialize;

use crate::commands::notation::{API_VERSION, Notation};
use crate::context::Context;
use crate::error::Result;
use crate::output::Report;

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
    notation: Option<&Notation>,
    kind: &'static str,
    items: &[T],
    header: &[&str],
    line: impl Fn(&T) -> Line,
    none: &str,
) -> Result<()> {
    let report = Report::new(&context.ui);
    if let Some(notation) = notation {
        let document = Document { api_version: API_VERSION, kind, items };
        return Ok(report.document(&notation.write(&document)?)?);
    }
    if items.is_empty() {
        context.ui.plain(none);
        return Ok(());
    }
    Ok(report.table(header, &items.iter().map(line).collect::<Vec<_>>())?)
}
