//! Errors about wrong command lines, worded as flux words them.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::error::{Error, Result};
use crate::similar::similar;

/// The text of a version request, or the error of a wrong command line. `flags` lists the long flags of the command, with
/// their dashes.
pub fn explain(error: &clap::Error, flags: impl FnOnce() -> Vec<String>) -> Result<String> {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => texts.first().cloned(),
        _ => None,
    };
    let argument = context(ContextKind::InvalidArg).unwrap_or_default();
    let value = context(ContextKind::InvalidValue).unwrap_or_default();
    let found = match error.kind() {
        ErrorKind::DisplayVersion => {
            return Ok(format!("{}\n", error.render().to_string().trim_end()));
        }
        ErrorKind::UnknownArgument if argument.starts_with('-') => {
            Error::usage(format!("unknown flag: {argument}"))
        }
        ErrorKind::UnknownArgument => Error::usage(format!("unexpected argument: {argument}")),
        ErrorKind::InvalidSubcommand => {
            let name = context(ContextKind::InvalidSubcommand).unwrap_or_default();
            Error::usage(format!("unknown command {name:?} for \"flux\""))
        }
        ErrorKind::InvalidValue | ErrorKind::NoEquals if value.is_empty() => {
            Error::usage(format!("flag needs an argument: {}", flag(&argument)))
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let allowed = match error.get(ContextKind::ValidValue) {
                Some(ContextValue::Strings(allowed)) => format!("must be one of: {}", allowed.join(", ")),
                _ => std::error::Error::source(error).map(ToString::to_string).unwrap_or_default(),
            };
            Error::usage(format!("invalid argument {value:?} for {:?} flag: {allowed}", flag(&argument)))
        }
        ErrorKind::MissingRequiredArgument => {
            let missing = match error.get(ContextKind::InvalidArg) {
                Some(ContextValue::Strings(all)) => all.join(", "),
                _ => argument.clone(),
            };
            Error::usage(format!("missing required arguments: {missing}"))
        }
        _ => {
            let text = error.render().to_string();
            let first = text.lines().next().unwrap_or_default();
            Error::usage(first.trim_start_matches("error: "))
        }
    };
    let suggestion = if error.kind() == ErrorKind::UnknownArgument && argument.starts_with("--") {
        let flags = flags();
        let longer = || flags.iter().find(|flag| flag.starts_with(&argument)).map(String::as_str);
        similar(&argument, flags.iter().map(String::as_str)).or_else(longer).map(ToOwned::to_owned)
    } else {
        context(ContextKind::SuggestedSubcommand)
    };
    Err(match suggestion {
        Some(suggestion) => found.hint(format!("did you mean {suggestion}?")),
        None => found.hint("add --help to see commands and options"),
    })
}

/// The flag alone, without the placeholder of its value.
fn flag(argument: &str) -> &str {
    argument.split([' ', '=', '[', '<']).next().unwrap_or(argument)
}
