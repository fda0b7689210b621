//! JSON and YAML for programs: what `-o json` and `-o yaml` of commands with a format of their own write.

use clap::ValueEnum;
use serde::Serialize;

use crate::error::{Error, Result};

/// `apiVersion` of the formats that are documented in `docs/output`.
pub const API_VERSION: &str = "cli.edgeflux.dev/v1";

/// How a document for programs is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Notation {
    /// JSON, indented
    Json,
    /// YAML
    Yaml,
}

impl Notation {
    /// Writes a document, with a line break at its end.
    pub fn write(self, document: &impl Serialize) -> Result<String> {
        Ok(match self {
            Notation::Json => {
                let text = serde_json::to_string_pretty(document);
                text.map_err(|error| Error::failed(error.to_string()))? + "\n"
            }
            Notation::Yaml => edgeflux_yaml::to_string_of(document),
        })
    }
}
