//! One request and its answer.

use std::error::Error as StdError;
use std::fmt::Write as _;

use reqwest::StatusCode;
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::explain::Right;
use super::{GitHub, explain};
use crate::forge::{Error, ErrorKind, Result};

/// The most that GitHub gives in one page.
pub(super) const PER_PAGE: usize = 100;

#[derive(Clone, Copy)]
enum Method {
    Get,
    Post,
    Patch,
    Put,
    Delete,
}

/// A request.
pub(super) struct Call<'a> {
    /// What it is for, to go on from "failed to".
    pub(super) what: &'a str,
    /// The right that it takes.
    pub(super) right: Right<'a>,
    method: Method,
    route: String,
    body: Option<Value>,
    accept: &'static str,
}

impl<'a> Call<'a> {
    fn new(
        method: Method,
        what: &'a str,
        segments: &[&str],
        body: Option<Value>,
        right: Right<'a>,
    ) -> Call<'a> {
        let mut route = String::new();
        for segment in segments {
            route.push('/');
            encode(segment, &mut route);
        }
        Call { what, right, method, route, body, accept: "application/vnd.github+json" }
    }

    pub(super) fn get(what: &'a str, segments: &[&str], right: Right<'a>) -> Call<'a> {
        Call::new(Method::Get, what, segments, None, right)
    }

    pub(super) fn post(what: &'a str, segments: &[&str], body: Value, right: Right<'a>) -> Call<'a> {
        Call::new(Method::Post, what, segments, Some(body), right)
    }

    pub(super) fn patch(what: &'a str, segments: &[&str], body: Value, right: Right<'a>) -> Call<'a> {
        Call::new(Method::Patch, what, segments, Some(body), right)
    }

    pub(super) fn put(what: &'a str, segments: &[&str], body: Value, right: Right<'a>) -> Call<'a> {
        Call::new(Method::Put, what, segments, Some(body), right)
    }

    pub(super) fn delete(what: &'a str, segments: &[&str], right: Right<'a>) -> Call<'a> {
        Call::new(Method::Delete, what, segments, None, right)
    }

    /// Asks for another form of the answer.
    pub(super) fn accept(mut self, media_type: &'static str) -> Call<'a> {
        self.accept = media_type;
        self
    }

    /// Asks for one page of a list, counted from 1.
    pub(super) fn page(mut self, page: usize) -> Call<'a> {
        let _ = write!(self.route, "?per_page={PER_PAGE}&page={page}");
        self
    }
}

/// Writes one segment of a path, so that whatever it holds stays one segment.
fn encode(segment: &str, route: &mut String) {
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            route.push(char::from(byte));
        } else {
            let _ = write!(route, "%{byte:02X}");
        }
    }
}

/// An answer that says yes.
#[derive(Debug)]
pub(super) struct Answer {
    what: String,
    host: String,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.body).map_err(|error| {
            // The parser's message may quote the body, which is not ours to show.
            let cause = format!(
                "{} gave an answer that is not as GitHub's API documents it (line {}, column {})",
                self.host,
                error.line(),
                error.column()
            );
            Error::new(ErrorKind::Unexpected, self.what.clone(), cause)
                .hint("check --hostname, and whether a proxy or a login page stands in between")
        })
    }
}

impl GitHub {
    /// Makes a request once.
    pub(super) async fn once(&self, call: &Call<'_>) -> Result<Answer> {
        let route = call.route.as_str();
        let body = call.body.as_ref();
        let sent = match call.method {
            Method::Get => {
                let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(call.accept))]);
                self.api._get_with_headers(route, Some(headers)).await
            }
            Method::Post => self.api._post(route, body).await,
            Method::Patch => self.api._patch(route, body).await,
            Method::Put => self.api._put(route, body).await,
            Method::Delete => self.api._delete(route, body).await,
        };
        let response = sent.map_err(|error| self.not_answered(call, &error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body =
            self.api.body_to_string(response).await.map_err(|error| self.not_answered(call, &error))?;
        if status.is_success() {
            return Ok(Answer { what: call.what.to_owned(), host: self.host.to_string(), headers, body });
        }
        Err(self.refused(call, status, &headers, &body))
    }

    fn refused(&self, call: &Call<'_>, status: StatusCode, headers: &HeaderMap, body: &str) -> Error {
        let refusal = explain::Refused {
            what: call.what,
            right: call.right,
            host: &self.host,
            token_kind: self.token_kind(),
            status,
            headers,
            body,
            redactor: &self.token.redactor(),
        };
        refusal.explain()
    }

    /// Explains a request to which there was no complete answer.
    fn not_answered(&self, call: &Call<'_>, error: &octocrab::Error) -> Error {
        let host = &self.host;
        let cause = self.token.redactor().redact(&innermost(error)).into_owned();
        let fail = |kind, cause| Error::new(kind, call.what.to_owned(), cause);
        if let Some(certificate) = find::<rustls::Error>(error) {
            return fail(ErrorKind::Certificate, format!("no TLS connection to {host}: {certificate}"))
                .hint("if the server's certificate comes from an authority of your own, give its certificate by --ca-file");
        }
        let Some(http) = find::<reqwest::Error>(error) else {
            return fail(ErrorKind::Unexpected, cause);
        };
        let again = "nothing is half done: run the same command again";
        if http.is_connect() {
            fail(ErrorKind::Unreachable, format!("no connection to {host}: {cause}"))
                .hint("check --hostname, the network, and the proxy in HTTPS_PROXY where one is needed")
        } else if http.is_timeout() {
            let seconds = self.limits.answer.as_secs_f32();
            fail(ErrorKind::TimedOut, format!("no answer from {host} within {seconds} s")).hint(again)
        } else {
            fail(ErrorKind::Interrupted, format!("the connection to {host} was closed: {cause}")).hint(again)
        }
    }
}

/// The error of type `E` in a chain of errors. I/O errors hide the one that they wrap from the chain.
fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        next = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    None
}

/// The text of the last error in the chain: the others repeat it, or say only that something failed.
pub(super) fn innermost(error: &(dyn StdError + 'static)) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_one_segment_of_the_path() {
        let call = Call::get("x", &["orgs", "acme", "teams", "a/b c?d#é"], Right::Identity);
        assert_eq!(call.route, "/orgs/acme/teams/a%2Fb%20c%3Fd%23%C3%A9");
        assert_eq!(Call::get("x", &["user"], Right::Identity).page(2).route, "/user?per_page=100&page=2");
    }
}
