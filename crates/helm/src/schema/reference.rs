//! Addresses of schemas: URLs, fragments and JSON pointers.

use std::fmt::Write as _;

use serde_json::Value as Json;

use crate::error::Error;
use crate::functions::{Part, Url, unescape};
use crate::template::quote;

/// An address and its fragment.
pub fn split(text: &str) -> (&str, &str) {
    text.split_once('#').unwrap_or((text, ""))
}

/// Adds a token to a JSON pointer.
pub fn append(pointer: &str, token: &str) -> String {
    format!("{pointer}/{}", escape(token))
}

/// A token of a JSON pointer.
pub fn escape(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}

/// Text of a token; `None` if a tilde is followed by something else than 0 or 1.
fn token_text(token: &str) -> Option<String> {
    let mut out = String::new();
    let mut characters = token.chars();
    while let Some(character) = characters.next() {
        match character {
            '~' => out.push(match characters.next()? {
                '0' => '~',
                '1' => '/',
                _ => return None,
            }),
            other => out.push(other),
        }
    }
    Some(out)
}

/// An address with a pointer, as messages show it.
pub fn shown(url: &str, pointer: &str) -> String {
    format!("{url}#{}", encode(pointer))
}

/// A pointer or anchor as a fragment.
pub fn encode(fragment: &str) -> String {
    let mut out = String::new();
    for byte in fragment.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~$&+=:@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// The value at a pointer of a document.
pub fn lookup<'j>(document: &'j Json, url: &str, pointer: &str) -> Result<&'j Json, Error> {
    let mut value = document;
    for token in pointer.split('/').skip(1) {
        let token = token_text(token).ok_or_else(|| {
            let shown = quote(shown(url, pointer).as_bytes());
            Error::new(format!("invalid json-pointer {shown}"))
        })?;
        let next = match value {
            Json::Object(entries) => entries.get(&token),
            Json::Array(items) => token.parse::<usize>().ok().and_then(|at| items.get(at)),
            _ => None,
        };
        value = next.ok_or_else(|| {
            let shown = quote(shown(url, pointer).as_bytes());
            Error::new(format!("json-pointer in {shown} not found"))
        })?;
    }
    Ok(value)
}

/// Splits an address, and decodes its fragment.
pub fn split_fragment(text: &str) -> Result<(&str, String), Error> {
    let (url, fragment) = split(text);
    let fragment = unescape(fragment, Part::Path).map_err(|error| failed(text, &error))?;
    Ok((url, fragment))
}

/// The error of an address that cannot be read.
pub fn failed(url: &str, error: &str) -> Error {
    Error::new(format!("error in parsing {}: {error}", quote(url.as_bytes())))
}

/// Resolves an address that is relative to another one. Returns it without its fragment, and the fragment.
pub fn join(base: &str, reference: &str) -> Result<(String, String), Error> {
    let (url, fragment) = split_fragment(reference)?;
    let parsed = Url::parse(url).map_err(|error| failed(url, &error))?;
    if !parsed.scheme.is_empty() {
        return Ok((normalized(url), fragment));
    }
    Ok((resolve(base, url), fragment))
}

/// The parts of an address: scheme with its colon, authority with its slashes, path, query with its mark.
fn parts(url: &str) -> (&str, &str, &str, &str) {
    let scheme =
        url.find(':').filter(|colon| !url[..*colon].contains(['/', '?'])).map_or(0, |colon| colon + 1);
    let (scheme, rest) = url.split_at(scheme);
    let (rest, query) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
    match rest.strip_prefix("//") {
        Some(after) => {
            let end = 2 + after.find('/').unwrap_or(after.len());
            (scheme, &rest[..end], &rest[end..], query)
        }
        None => (scheme, "", rest, query),
    }
}

fn resolve(base: &str, reference: &str) -> String {
    if reference.is_empty() {
        return base.to_owned();
    }
    let (scheme, authority, path, query) = parts(base);
    let (_, new_authority, new_path, new_query) = parts(reference);
    if !scheme.is_empty() && authority.is_empty() && !path.starts_with('/') {
        // An opaque address such as `urn:a:b` has no path that could be replaced.
        return format!("{scheme}{path}{new_query}");
    }
    if !new_authority.is_empty() {
        return format!("{scheme}{new_authority}{}{new_query}", without_dots(new_path));
    }
    if new_path.is_empty() {
        let query = if new_query.is_empty() { query } else { new_query };
        return format!("{scheme}{authority}{path}{query}");
    }
    let whole = if new_path.starts_with('/') {
        new_path.to_owned()
    } else {
        format!("{}{new_path}", &path[..path.rfind('/').map_or(0, |slash| slash + 1)])
    };
    let whole = without_dots(&whole);
    let slash = if whole.starts_with('/') || authority.is_empty() { "" } else { "/" };
    format!("{scheme}{authority}{slash}{whole}{new_query}")
}

/// An absolute address, without dots in its path.
fn normalized(url: &str) -> String {
    let (scheme, authority, path, query) = parts(url);
    format!("{}{authority}{}{query}", scheme.to_ascii_lowercase(), without_dots(path))
}

fn without_dots(path: &str) -> String {
    if !path.split('/').any(|segment| matches!(segment, "." | "..")) {
        return path.to_owned();
    }
    let mut out: Vec<&str> = Vec::new();
    let last = path.rsplit('/').next().unwrap_or_default();
    for segment in path.split('/').skip(usize::from(path.starts_with('/'))) {
        match segment {
            "." => {}
            ".." => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    if matches!(last, "." | "..") {
        out.push("");
    }
    format!("{}{}", if path.starts_with('/') { "/" } else { "" }, out.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_resolved_as_in_go() {
        for (base, reference, expected) in [
            ("file:///values.schema.json", "", "file:///values.schema.json"),
            ("file:///values.schema.json", "other.json#/a", "file:///other.json"),
            ("file:///values.schema.json", "../a/./b.json", "file:///a/b.json"),
            ("http://x.test/a/b?q", "c", "http://x.test/a/c"),
            ("http://x.test", "c", "http://x.test/c"),
            ("http://x.test/a", "//y.test/b", "http://y.test/b"),
            ("http://x.test/a", "HTTPS://y.test/b/../c", "https://y.test/c"),
            ("urn:a:b", "#c", "urn:a:b"),
        ] {
            assert_eq!(join(base, reference).unwrap().0, expected, "{base} {reference}");
        }
        assert_eq!(join("urn:a", "#%2Fb").unwrap().1, "/b");
        let error = join("urn:a", "#%zz").unwrap_err();
        assert_eq!(error.message(), "error in parsing \"#%zz\": invalid URL escape \"%zz\"");
    }

    #[test]
    fn pointers_find_values() {
        let document = serde_json::json!({"a/b": [{"~": 1}]});
        assert_eq!(lookup(&document, "x:", "/a~1b/0/~0").unwrap(), 1);
        assert_eq!(
            lookup(&document, "x:", "/a~1b/1").unwrap_err().message(),
            "json-pointer in \"x:#/a~1b/1\" not found"
        );
        assert_eq!(lookup(&document, "x:", "/~2").unwrap_err().message(), "invalid json-pointer \"x:#/~2\"");
    }
}
