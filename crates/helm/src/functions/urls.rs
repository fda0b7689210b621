//! `urlParse` and `urlJoin`.

mod escape;
mod parse;

use super::arguments::{TEXT, kind, lossy, map, text};
use crate::template::{Error, Functions, Map, Signature, Type, Value};
use escape::escape;
use parse::User;

pub use escape::{Part, unescape};
pub use parse::Url;

pub fn add(functions: &mut Functions) {
    functions.add("urlParse", Signature::new(TEXT), |_, values| {
        let url = Url::parse(&lossy(&values[0]))
            .map_err(|message| Error::new(format!("unable to parse url: {message}")))?;
        let user = url.user.as_ref().map(User::to_string).unwrap_or_default();
        Ok(Value::map([
            ("hostname", text(url.hostname())),
            ("scheme", text(url.scheme)),
            ("host", text(url.host)),
            ("path", text(url.path)),
            ("query", text(url.query)),
            ("opaque", text(url.opaque)),
            ("fragment", text(url.fragment)),
            ("userinfo", text(user)),
        ]))
    });
    functions.add("urlJoin", Signature::new(&[Type::Map]), |_, values| joined(map(&values[0])));
}

/// The text of a key; empty if it is missing.
fn part(parts: Option<&Map>, key: &str) -> Result<String, Error> {
    match parts.and_then(|parts| parts.get(key.as_bytes())) {
        None => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.to_string()),
        Some(Value::Nil) => Err(Error::new(super::arguments::NIL_DEREFERENCE)),
        Some(other) => {
            let found = kind(&other);
            Err(Error::new(format!("unable to parse {key} key, must be of type string, but {found} found")))
        }
    }
}

/// Go's `URL.String` for parts that are not encoded.
fn joined(parts: Option<&Map>) -> Result<Value, Error> {
    let part = |key| part(parts, key);
    let (scheme, host, path, query) = (part("scheme")?, part("host")?, part("path")?, part("query")?);
    let (opaque, fragment, userinfo) = (part("opaque")?, part("fragment")?, part("userinfo")?);
    let user = match userinfo.as_str() {
        "" => None,
        info => {
            Url::parse(&format!("proto://{info}@host"))
                .map_err(|message| Error::new(format!("unable to parse userinfo in dict: {message}")))?
                .user
        }
    };
    let mut out = String::new();
    if !scheme.is_empty() {
        out.push_str(&scheme);
        out.push(':');
    }
    if opaque.is_empty() {
        let authority = user.is_some() || !host.is_empty();
        if authority || !scheme.is_empty() && !path.is_empty() {
            out.push_str("//");
            if let Some(user) = &user {
                out.push_str(&user.to_string());
                out.push('@');
            }
            out.push_str(&escape(&host, Part::Host));
        }
        let path = if path == "*" { path } else { escape(&path, Part::Path) };
        if !path.is_empty() && !path.starts_with('/') && !host.is_empty() {
            out.push('/');
        }
        if out.is_empty() && path.split('/').next().is_some_and(|segment| segment.contains(':')) {
            out.push_str("./");
        }
        out.push_str(&path);
    } else {
        out.push_str(&opaque);
    }
    if !query.is_empty() {
        out.push('?');
        out.push_str(&query);
    }
    if !fragment.is_empty() {
        out.push('#');
        out.push_str(&escape(&fragment, Part::Fragment));
    }
    Ok(text(out))
}
