//! The headers of requests that say who asks.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::kubeconfig::UserEntry;
use crate::error::{Error, Result};

/// As many headers as nobody needs. The type that holds them panics where there are too many.
const MOST_HEADERS: usize = 10_000;

/// The headers that make the API server act for somebody else.
pub(super) fn impersonation(user: &UserEntry) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    let mut add = |name: HeaderName, value: &str, flag: &str| {
        if headers.len() >= MOST_HEADERS {
            return Err(Error::usage(format!("{flag} is given too many times")));
        }
        let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| {
            Error::usage(format!("{flag} has a line break or another control character in it"))
                .hint("check the value, which may come from a file or variable with a line break at its end")
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

/// A key as a part of a header's name, with `%XX` for what may not be there.
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

/// The header of a bearer token.
pub(super) fn bearer(token: &str, owner: &str) -> Result<HeaderValue> {
    authorization(&format!("Bearer {}", token.trim_end_matches(['\r', '\n'])), owner)
}

/// The header of a name and a password.
pub(super) fn basic(name: &str, password: &str, owner: &str) -> Result<HeaderValue> {
    authorization(&format!("Basic {}", STANDARD.encode(format!("{name}:{password}"))), owner)
}

fn authorization(text: &str, owner: &str) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_bytes(text.as_bytes()).map_err(|_| {
        Error::usage(format!("the token of {owner} has a line break or another control character in it"))
            .hint("write the token on one line, or log in again")
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// The headers of a request: impersonation and authorization.
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
    fn keys_of_extra_attributes_become_names_of_headers() {
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
