//! Headers of requests for impersonation and authorization.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::kubeconfig::UserEntry;
use crate::error::{Error, Result};

/// Maximum number of headers. `HeaderMap` panics if there are too many.
const MOST_HEADERS: usize = 10_000;

/// Returns the headers that impersonate a user.
pub(super) fn impersonation(user: &UserEntry) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    let mut add = |name: HeaderName, value: &str, flag: &str| {
        if headers.len() >= MOST_HEADERS {
            return Err(Error::usage(format!("{flag} is set too many times")));
        }
        let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| {
            Error::usage(format!("{flag} contains a line break or another control character"))
                .hint("check the value; a file or variable that it comes from may end with a line break")
        })?;
        headers.append(name, value);
        Ok(())
    };
    if let Some(name) = &user.impersonate {
        add(HeaderName::from_static("impersonate-user"), name, "--as")?;
    }
    if let Some(uid) = &user.impersonate_uid {
        add(HeaderName::from_static("impersonate-uid"), uid, "--as-uid")?;
    }
    for group in &user.impersonate_groups {
        add(HeaderName::from_static("impersonate-group"), group, "--as-group")?;
    }
    for (key, values) in &user.impersonate_extra {
        let name = format!("impersonate-extra-{}", header_escaped(key));
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| Error::usage("a key of --as-user-extra is too long"))?;
        for value in values {
            add(name.clone(), value, "--as-user-extra")?;
        }
    }
    Ok(headers)
}

/// Escapes a key for the name of a header, with `%XX` for other characters.
fn header_escaped(key: &str) -> String {
    let mut escaped = String::new();
    for byte in key.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&'*+-.^_`|~".contains(&byte) {
            escaped.push(byte.into());
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

/// Returns the header with a bearer token.
pub(super) fn bearer(token: &str, owner: &str) -> Result<HeaderValue> {
    authorization(&format!("Bearer {}", token.trim_end_matches(['\r', '\n'])), owner)
}

/// Returns the header with a user name and a password.
pub(super) fn basic(name: &str, password: &str, owner: &str) -> Result<HeaderValue> {
    authorization(&format!("Basic {}", STANDARD.encode(format!("{name}:{password}"))), owner)
}

fn authorization(text: &str, owner: &str) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_bytes(text.as_bytes()).map_err(|_| {
        Error::usage(format!("the token of {owner} contains a line break or another control character"))
            .hint("write the token on one line, or log in again")
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Adds the headers for impersonation and authorization to a request.
pub(super) fn sign(headers: &mut HeaderMap, of_all: &HeaderMap, authorization: Option<&HeaderValue>) {
    headers.extend(of_all.clone());
    if let Some(value) = authorization {
        headers.insert(header::AUTHORIZATION, value.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_extra_attributes_are_escaped() {
        assert_eq!(header_escaped("example.com/a b%"), "example.com%2Fa%20b%25");
        let groups = vec!["g".to_owned(); 50_000];
        let many = UserEntry { impersonate_groups: groups, ..UserEntry::default() };
        assert!(impersonation(&many).is_err());
        for value in ["a\nb", "a\0", "a\r"] {
            let user = UserEntry { impersonate: Some(value.to_owned()), ..UserEntry::default() };
            assert!(impersonation(&user).is_err(), "{value:?}");
        }
        let user = UserEntry { impersonate: Some("jürgen".to_owned()), ..UserEntry::default() };
        assert_eq!(impersonation(&user).unwrap()["impersonate-user"].as_bytes(), "jürgen".as_bytes());
    }
}
