//! Responses that are not a success, as far as all forges send them alike.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::StatusCode;
use http::header::HeaderMap;

use crate::forge::{Error, ErrorKind};
use crate::redact::Redactor;

/// Maximum length of a server's own words in a message, in characters.
const LONGEST_MESSAGE: usize = 300;

/// Response that is not a success.
pub(in crate::forge) struct Refusal<'a> {
    /// What the request was for, to follow "failed to".
    pub(in crate::forge) what: &'a str,
    pub(in crate::forge) status: StatusCode,
    pub(in crate::forge) headers: &'a HeaderMap,
    pub(in crate::forge) body: &'a str,
    /// Removes the token, in case the server repeats it.
    pub(in crate::forge) redactor: &'a Redactor,
}

impl Refusal<'_> {
    pub(in crate::forge) fn error(&self, kind: ErrorKind, cause: String) -> Error {
        Error::new(kind, self.what.to_owned(), cause)
    }

    /// A header that is not empty.
    pub(in crate::forge) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok().map(str::trim).filter(|value| !value.is_empty())
    }

    /// A header with a number.
    pub(in crate::forge) fn number(&self, name: &str) -> Option<u64> {
        self.header(name)?.parse().ok()
    }

    /// The status and the server's `words` in one line.
    pub(in crate::forge) fn message(&self, words: &str) -> String {
        let status = match self.status.canonical_reason() {
            Some(reason) => format!("{} {reason}", self.status.as_u16()),
            None => self.status.as_u16().to_string(),
        };
        let words: String = self.redactor.redact(words).split_whitespace().collect::<Vec<_>>().join(" ");
        let words: String = words.chars().filter(|c| !c.is_control()).take(LONGEST_MESSAGE).collect();
        if words.is_empty() || Some(words.as_str()) == self.status.canonical_reason() {
            status
        } else {
            format!("{words} ({status})")
        }
    }

    /// The wait that `Retry-After` asks for.
    pub(in crate::forge) fn retry_after(&self) -> Option<Duration> {
        self.number("retry-after").map(Duration::from_secs)
    }

    /// The wait until `time`, in seconds since 1970, by the server's clock if it sends one: ours may be wrong.
    pub(in crate::forge) fn wait_until(&self, time: u64) -> Option<Duration> {
        let now = self
            .header("date")
            .and_then(|date| jiff::fmt::rfc2822::parse(date).ok())
            .and_then(|date| u64::try_from(date.timestamp().as_second()).ok())
            .or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).ok().map(|now| now.as_secs()))?;
        Some(Duration::from_secs(time.saturating_sub(now) + 1))
    }
}

/// A duration for a message: `40 s`, `5 min`.
pub(in crate::forge) fn in_words(wait: Duration) -> String {
    match wait.as_secs() {
        seconds @ 0..=119 => format!("{seconds} s"),
        seconds => format!("{} min", seconds.div_ceil(60)),
    }
}
