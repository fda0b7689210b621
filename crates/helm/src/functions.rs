//! The functions that Helm gives to templates: Sprig's and its own.
//!
//! [`all`] has them. Those that depend on randomness or time take both from a [`Context`], so that two renders are equal.

mod arguments;
mod case;
mod context;
mod copy;
mod dates;
mod dicts;
mod encodings;
mod equality;
mod helm;
mod json;
mod keys;
mod lists;
mod merge;
mod numbers;
mod passwords;
mod paths;
mod random;
mod regexes;
mod strings;
mod toml;
mod types;
mod urls;
mod versions;
mod yaml;

pub use context::Context;
pub use keys::{Algorithm, KeyForm, KeyKind, Keys, PrivateKey, Subject};

pub(crate) use dates::check_time;
pub(crate) use json::read as read_json;
pub(crate) use regexes::compile as compile_regex;
pub(crate) use urls::{Part, Url, unescape};

use crate::template::{Error, Functions, Map, Value};

/// All functions of Helm 4.2.
pub fn all(context: Context) -> Functions {
    let mut functions = Functions::default();
    for add in [
        case::add,
        dates::add,
        dicts::add,
        encodings::add,
        helm::add,
        json::add,
        keys::add,
        lists::add,
        numbers::add,
        passwords::add,
        paths::add,
        random::add,
        regexes::add,
        strings::add,
        toml::add,
        types::add,
        urls::add,
        versions::add,
        yaml::add,
    ] {
        add(&mut functions);
    }
    functions.with_context(context)
}

/// A value as Go's `yaml.Marshal` writes it.
pub(crate) fn to_yaml(value: &Value) -> Result<String, Error> {
    yaml::write(value).map(|text| text + "\n")
}

/// Values as `toJson` writes them.
///
/// # Errors
/// A value has no form in JSON.
pub fn to_json(values: &Map) -> Result<serde_json::Value, Error> {
    let text = json::write(&Value::Map(values.clone()), json::Style::Raw)?;
    serde_json::from_str(&text).map_err(|error| Error::new(error.to_string()))
}

/// Text without `<no value>`, which Helm removes from everything that a template renders.
pub fn without_no_value(text: Vec<u8>) -> Vec<u8> {
    strings::replaced(&text, b"<no value>", b"").unwrap_or(text)
}
