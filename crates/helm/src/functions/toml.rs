//! TOML as `BurntSushi/toml` 1.6 writes it, and a reader of TOML 1.0.

mod read;
mod scalar;
mod write;

use super::arguments::{ANY, TEXT, TOML_MARKS, count_read, lossy, text};
use super::json;
use crate::template::{Error, Functions, Signature, Value};

pub fn add(functions: &mut Functions) {
    functions.add("toToml", Signature::new(ANY), |_, values| match write::write(&values[0]) {
        Ok(toml) => Ok(text(toml)),
        Err(write::Failure::Encoding(message)) => Ok(text(message)),
        Err(write::Failure::Panic(message)) => Err(Error::new(message)),
    });
    functions.add("mustToToml", Signature::new(ANY), |_, values| match write::write(&values[0]) {
        Ok(toml) => Ok(text(toml)),
        Err(write::Failure::Encoding(message) | write::Failure::Panic(message)) => Err(Error::new(message)),
    });
    functions.add("fromToml", Signature::new(TEXT), |call, values| {
        count_read(call, &values[0], TOML_MARKS)?;
        Ok(json::dict(read::read(&lossy(&values[0]))))
    });
}

/// What was read, for tests and messages of one kind.
pub(super) type Table = std::collections::BTreeMap<crate::template::Text, Value>;
