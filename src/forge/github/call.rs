//! One request and its answer.

use std::fmt::Write as _;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, USER_AGENT};
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::explain::Right;
use super::{GitHub, explain};
use crate::forge::{Error, ErrorKind, Result};
use crate::net::Failure;

/// GitHub refuses requests that do not say which program they are from.
const AGENT: &str = concat!("edgeflux/", env!("CARGO_PKG_VERSION"));

/// The most that GitHub gives in one page.
pub(super) const PER_PAGE: usize = 100;

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
        Call::new(Method::GET, what, segments, None, right)
    }

    pub(super) fn post(what: &'a str, segments: &[&str], body: Value, right: Right<'a>) -> Call<'a> {
        Call::new(Method::POST, what, segments, Some(body), right)
    }

    pub(super) fn patch(what: &'a str, segments: &[&str], body: Value, right: Right<'a>) -> Call<'a> {
        Call::new(Method::PATCH, what, segments, Some(body), right)
    }

    pub(super) fn put(what: &'a str, segments: &[&str], body: Value, right: Right<'a>) -> Call<'a> {
        Call::new(Method::PUT, what, segments, Some(body), right)
    }

    pub(super) fn delete(what: &'a str, segments: &[&str], right: Right<'a>) -> Call<'a> {
        Call::new(Method::DELETE, what, segments, None, right)
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
        let answer =
            tokio::time::timeout(self.limits.answer, self.exchange(call)).await.unwrap_or_else(|_| {
                let seconds = self.limits.answer.as_secs_f32();
                let cause = format!("no answer from {} within {seconds} s", self.host);
                Err(Error::new(ErrorKind::TimedOut, call.what.to_owned(), cause).hint(AGAIN))
            });
        let (status, headers, body) = answer?;
        if status.is_success() {
            return Ok(Answer { what: call.what.to_owned(), host: self.host.to_string(), headers, body });
        }
        Err(self.refused(call, status, &headers, &body))
    }

    async fn exchange(&self, call: &Call<'_>) -> Result<(StatusCode, HeaderMap, String)> {
        let unusable = |cause: String| Error::new(ErrorKind::Invalid, call.what.to_owned(), cause);
        let mut authorization = HeaderValue::try_from(format!("Bearer {}", self.token.expose()))
            .map_err(|_| unusable("the token holds characters that HTTP does not allow".into()))?;
        authorization.set_sensitive(true);
        let mut request = Request::builder()
            .method(call.method.clone())
            .uri(format!("{}{}", self.host.api().trim_end_matches('/'), call.route))
            .header(ACCEPT, call.accept)
            .header(USER_AGENT, AGENT)
            .header(AUTHORIZATION, authorization);
        let body = match &call.body {
            Some(body) => {
                request = request.header(CONTENT_TYPE, "application/json");
                Bytes::from(body.to_string())
            }
            None => Bytes::new(),
        };
        let request = request.body(Full::new(body)).map_err(|error| unusable(error.to_string()))?;
        let sent = self.http.send(request).await;
        let (parts, body) = sent.map_err(|failure| self.not_answered(call, failure))?.into_parts();
        let body = body.collect().await.map_err(|error| self.not_answered(call, Failure::of(&*error)))?;
        let body = String::from_utf8_lossy(&body.to_bytes()).into_owned();
        Ok((parts.status, parts.headers, body))
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
    fn not_answered(&self, call: &Call<'_>, failure: Failure) -> Error {
        let host = &self.host;
        let fail = |kind, cause: String| {
            let cause = self.token.redactor().redact(&cause).into_owned();
            Error::new(kind, call.what.to_owned(), cause)
        };
        match failure {
            Failure::Tls(error) => {
                fail(ErrorKind::Certificate, format!("no TLS connection to {host}: {error}"))
                    .hint(error.next_step("--ca-file"))
            }
            Failure::Unreachable(cause) => {
                fail(ErrorKind::Unreachable, format!("no connection to {host}: {cause}"))
                    .hint("check --hostname, the network, and the proxy in HTTPS_PROXY where one is needed")
            }
            Failure::TimedOut(cause) => fail(ErrorKind::TimedOut, format!("{host}: {cause}")).hint(AGAIN),
            Failure::Interrupted(cause) => {
                fail(ErrorKind::Interrupted, format!("the connection to {host} was closed: {cause}"))
                    .hint(AGAIN)
            }
        }
    }
}

/// What to do after a failure that may pass.
const AGAIN: &str = "nothing is half done: run the same command again";

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
