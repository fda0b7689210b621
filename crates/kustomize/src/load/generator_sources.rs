//! The sources of `configMapGenerator` and `secretGenerator`: env files, literals and files.

use std::collections::BTreeMap;

use super::loader::Loader;
use crate::error::{Error, Result};
use crate::types::generator::{GeneratorArgs, GeneratorKind};

/// Reads the data of a generator's entry: its env files, literals and files.
pub(crate) fn data(
    kind: GeneratorKind,
    args: &GeneratorArgs,
    loader: &Loader<'_>,
) -> Result<BTreeMap<String, Vec<u8>>> {
    args.check_name(kind)?;
    read(args, loader).map_err(|error| error.during(args.title(kind)))
}

fn read(args: &GeneratorArgs, loader: &Loader<'_>) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut data = BTreeMap::new();
    let mut add = |key: &str, value: Vec<u8>| match data.insert(key.to_owned(), value) {
        None => Ok(()),
        Some(_) => Err(Error::new(format!("duplicate key {key}"))),
    };
    for file in &args.envs {
        let content = loader.read(file)?;
        for (line, (key, value)) in env_lines(&content).map_err(|error| error.file(&loader.shown(file)))? {
            add(&key, value).map_err(|error| error.line(line).file(&loader.shown(file)))?;
        }
    }
    for literal in &args.literals {
        match literal.split_once('=') {
            Some((key, value)) if !key.is_empty() => add(key, unquoted(value).as_bytes().to_vec())?,
            _ => return Err(Error::new("expected a literal of the form key=value").field("literals")),
        }
    }
    for source in &args.files {
        let (key, path) = file_source(source)?;
        add(key, loader.read(path)?)?;
    }
    Ok(data)
}

/// Splits `key=path`; the key of a path alone is its file name.
fn file_source(source: &str) -> Result<(&str, &str)> {
    let invalid = |what: &str| {
        Err(Error::new(format!("{source:?} {what}")).field("files").hint("write key=path or path"))
    };
    match source.matches('=').count() {
        0 => {
            let trimmed = source.trim_end_matches('/');
            Ok((trimmed.rsplit('/').next().unwrap_or(trimmed), source))
        }
        1 => match source.split_once('=') {
            Some(("", _)) => invalid("has no key"),
            Some((_, "")) | None => invalid("has no path"),
            Some(pair) => Ok(pair),
        },
        _ => invalid("has more than one ="),
    }
}

/// A key with its value, and its line.
type EnvLine = (usize, (String, Vec<u8>));

/// Parses the lines `KEY=value` of an env file. A line without `=` is a key without a value; `#` starts a comment line.
fn env_lines(content: &[u8]) -> Result<Vec<EnvLine>> {
    let mut pairs = Vec::new();
    for (number, line) in content.split(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let text = std::str::from_utf8(line).map_err(|_| Error::new("not UTF-8").line(number + 1))?;
        let text = if number == 0 { text.strip_prefix('\u{feff}').unwrap_or(text) } else { text };
        let text = text.trim_start();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let (key, value) = text.split_once('=').unwrap_or((text, ""));
        if !key.is_empty() {
            pairs.push((number + 1, (key.to_owned(), value.as_bytes().to_vec())));
        }
    }
    Ok(pairs)
}

/// Removes the quotes at both ends.
fn unquoted(text: &str) -> &str {
    ['"', '\''].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_env_file_may_have_comments_and_keys_without_a_value() {
        let lines = env_lines("\u{feff}A=1\r\n# no\n\n  B\nC=x=y\n".as_bytes()).unwrap();
        let shown: Vec<String> = lines
            .iter()
            .map(|(line, (key, value))| format!("{line} {key} {}", String::from_utf8_lossy(value)))
            .collect();
        assert_eq!(shown, ["1 A 1", "4 B ", "5 C x=y"]);
        assert_eq!(env_lines(b"A=1\nB=\xff\n").unwrap_err().line, Some(2));
    }

    #[test]
    fn quotes_at_both_ends_are_removed() {
        assert_eq!(["\"a\"", "'a'", "\"a'", "\"", "a\"b"].map(unquoted), ["a", "a", "\"a'", "\"", "a\"b"]);
    }

    #[test]
    fn a_key_is_given_or_taken_from_the_file_name() {
        assert_eq!(file_source("a/b.txt").unwrap(), ("b.txt", "a/b.txt"));
        assert_eq!(file_source("k=a/b.txt").unwrap(), ("k", "a/b.txt"));
        assert!(["=a", "k=", "k=a=b"].iter().all(|source| file_source(source).is_err()));
    }
}
