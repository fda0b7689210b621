//! Bodies of responses: limits, deadlines and progress.

use std::io;
use std::time::{Duration, Instant};

use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap};
use http_body_util::BodyExt as _;

use super::Ask;
use crate::backoff::{Backoff, ProgressTimer};
use crate::event::{Event, Events};
use crate::net::{Body, Failure};

/// Most bytes of an error page that are read.
const MOST_OF_A_MESSAGE: usize = 4096;
/// Maximum length of a server's own words in a message, in characters.
const LONGEST_MESSAGE: usize = 300;
/// Time after which a transfer that still runs is reported again.
const REPORT: Duration = Duration::from_secs(2);

/// Destination of a body. A failed transfer starts again from the beginning.
pub(in crate::charts) trait Sink: Send {
    /// Drops what was written.
    fn restart(&mut self) -> io::Result<()>;
    /// Appends bytes.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;
}

impl Sink for Vec<u8> {
    fn restart(&mut self) -> io::Result<()> {
        self.clear();
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.extend_from_slice(bytes);
        Ok(())
    }
}

/// Reasons why a body is not complete.
pub(super) enum Fault {
    Lost(Failure),
    TooLarge,
    Disk(io::Error),
}

/// Number of bytes that a body will have, if the server says so.
pub(super) fn expected(headers: &HeaderMap) -> Option<u64> {
    let length = headers.get(CONTENT_LENGTH).filter(|_| !headers.contains_key(CONTENT_ENCODING))?;
    length.to_str().ok()?.parse().ok()
}

/// Reports how much of a transfer is done, at its start and every few seconds.
pub(super) struct Progress<'a> {
    what: Option<&'a str>,
    expected: Option<u64>,
    received: u64,
    reported: Option<Instant>,
    events: &'a Events,
}

impl<'a> Progress<'a> {
    pub(super) fn new(ask: &Ask<'a>, expected: Option<u64>, events: &'a Events) -> Progress<'a> {
        let what = ask.progress;
        let mut progress = Progress { what, expected, received: 0, reported: None, events };
        progress.add(0);
        progress
    }

    fn add(&mut self, bytes: u64) {
        self.received += bytes;
        let Some(what) = self.what else { return };
        if self.reported.is_some_and(|last| last.elapsed() < REPORT) {
            return;
        }
        self.reported = Some(Instant::now());
        let (received, total) = (self.received, self.expected);
        self.events.emit(Event::Transfer { what: what.to_owned(), received, total });
    }
}

/// Copies a body as it comes. `stall` is the longest time without progress.
pub(super) async fn copy(
    body: Body,
    sink: &mut dyn Sink,
    most: u64,
    stall: Duration,
    progress: &mut Progress<'_>,
) -> Result<(), Fault> {
    if progress.expected.is_some_and(|expected| expected > most) {
        return Err(Fault::TooLarge);
    }
    sink.restart().map_err(Fault::Disk)?;
    let mut timer = ProgressTimer::start(stall, Backoff::constant(stall));
    let mut body = std::pin::pin!(body);
    let mut left = most;
    loop {
        let frame = tokio::time::timeout(timer.left(), body.frame()).await.map_err(|_| {
            let message = format!("no data for {} s, or the transfer is too slow", stall.as_secs_f32());
            Fault::Lost(Failure::TimedOut(message))
        })?;
        let Some(frame) = frame else { return Ok(()) };
        let Ok(data) = frame.map_err(|error| Fault::Lost(Failure::of(&*error)))?.into_data() else {
            continue;
        };
        let length = data.len() as u64;
        left = left.checked_sub(length).ok_or(Fault::TooLarge)?;
        sink.write(&data).map_err(Fault::Disk)?;
        if length > 0 {
            timer.progress();
            progress.add(length);
        }
    }
}

/// Returns the server's words in the body of an error: the message of a registry, otherwise the first line of a text that
/// is not a page.
pub(super) async fn start(body: Body, patience: Duration) -> String {
    let mut body = std::pin::pin!(body);
    let mut bytes = Vec::new();
    while bytes.len() < MOST_OF_A_MESSAGE {
        match tokio::time::timeout(patience, body.frame()).await {
            Ok(Some(Ok(frame))) => bytes.extend_from_slice(frame.data_ref().map_or(&[], |data| &data[..])),
            _ => break,
        }
    }
    bytes.truncate(MOST_OF_A_MESSAGE);
    words(&String::from_utf8_lossy(&bytes))
}

fn words(text: &str) -> String {
    let answer: Option<serde_json::Value> = serde_json::from_str(text).ok();
    let first = answer.as_ref().and_then(|answer| answer["errors"].get(0));
    let message = first.map(|first| {
        let part = |name: &str| first[name].as_str().unwrap_or_default();
        [part("code"), part("message")].join(" ")
    });
    let is_page = text.trim_start().starts_with(['<', '{']);
    let line = message.or_else(|| text.lines().next().filter(|_| !is_page).map(str::to_owned));
    let line = line.unwrap_or_default();
    line.trim().chars().filter(|it| !it.is_control()).take(LONGEST_MESSAGE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_server_are_one_line_without_markup() {
        let registry = r#"{"errors":[{"code":"DENIED","message":"requested access is denied"}]}"#;
        assert_eq!(words(registry), "DENIED requested access is denied");
        assert_eq!(words("no such\u{1b}[31m file\r\nmore"), "no such[31m file");
        assert_eq!(words("<html><body>Sign in</body></html>"), "");
        assert_eq!(words("{\"error\":1}"), "");
        assert_eq!(words(&"x".repeat(900)).len(), LONGEST_MESSAGE);
    }

    #[test]
    fn the_length_of_a_compressed_body_is_unknown() {
        let mut headers = HeaderMap::new();
        assert_eq!(expected(&headers), None);
        headers.insert(CONTENT_LENGTH, "12".parse().unwrap());
        assert_eq!(expected(&headers), Some(12));
        headers.insert(CONTENT_ENCODING, "gzip".parse().unwrap());
        assert_eq!(expected(&headers), None);
    }
}
