//! Requests and responses.

use std::fmt::Write as _;

use http::Method;
use http::header::HeaderMap;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::forge::{Error, ErrorKind, Result};

/// Request.
pub(in crate::forge) struct Call<'a, R> {
    /// What it is for, to follow "failed to".
    pub(super) what: &'a str,
    /// Right that it needs.
    pub(super) right: R,
    pub(super) method: Method,
    pub(super) route: String,
    pub(super) body: Option<Value>,
    pub(super) accept: Option<&'static str>,
}

impl<'a, R> Call<'a, R> {
    fn new(method: Method, what: &'a str, segments: &[&str], body: Option<Value>, right: R) -> Call<'a, R> {
        let mut route = String::new();
        for segment in segments {
            route.push('/');
            encode(segment, &mut route);
        }
        Call { what, right, method, route, body, accept: None }
    }

    pub(in crate::forge) fn get(what: &'a str, segments: &[&str], right: R) -> Call<'a, R> {
        Call::new(Method::GET, what, segments, None, right)
    }

    pub(in crate::forge) fn post(what: &'a str, segments: &[&str], body: Value, right: R) -> Call<'a, R> {
        Call::new(Method::POST, what, segments, Some(body), right)
    }

    pub(in crate::forge) fn patch(what: &'a str, segments: &[&str], body: Value, right: R) -> Call<'a, R> {
        Call::new(Method::PATCH, what, segments, Some(body), right)
    }

    pub(in crate::forge) fn put(what: &'a str, segments: &[&str], body: Value, right: R) -> Call<'a, R> {
        Call::new(Method::PUT, what, segments, Some(body), right)
    }

    pub(in crate::forge) fn delete(what: &'a str, segments: &[&str], right: R) -> Call<'a, R> {
        Call::new(Method::DELETE, what, segments, None, right)
    }

    /// Asks for another media type of the response.
    pub(in crate::forge) fn accept(mut self, media_type: &'static str) -> Call<'a, R> {
        self.accept = Some(media_type);
        self
    }

    /// Adds parameters to the URL. Names and values are plain words or numbers.
    pub(in crate::forge) fn query(mut self, parameters: &[(&str, usize)]) -> Call<'a, R> {
        for (name, value) in parameters {
            let separator = if self.route.contains('?') { '&' } else { '?' };
            let _ = write!(self.route, "{separator}{name}={value}");
        }
        self
    }
}

/// Writes a segment of a path, encoded so that it stays one segment.
fn encode(segment: &str, route: &mut String) {
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            route.push(char::from(byte));
        } else {
            let _ = write!(route, "%{byte:02X}");
        }
    }
}

/// Response of a successful request.
#[derive(Debug)]
pub(in crate::forge) struct Answer {
    pub(super) what: String,
    pub(super) forge: &'static str,
    pub(super) host: String,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Answer {
    pub(in crate::forge) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Reads the body.
    pub(in crate::forge) fn read<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.body).map_err(|error| {
            // The parser's message may quote the body, which must not be shown.
            let cause = format!(
                "{} sent a response that does not match the {} API (line {}, column {})",
                self.host,
                self.forge,
                error.line(),
                error.column()
            );
            Error::new(ErrorKind::Unexpected, self.what.clone(), cause)
                .hint("check --hostname, and whether a proxy or a login page responds instead")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_one_segment_of_the_path() {
        let call = Call::get("x", &["orgs", "acme", "teams", "a/b c?d#é"], ());
        assert_eq!(call.route, "/orgs/acme/teams/a%2Fb%20c%3Fd%23%C3%A9");
        assert_eq!(
            Call::get("x", &["user"], ()).query(&[("per_page", 100), ("page", 2)]).route,
            "/user?per_page=100&page=2"
        );
    }
}
