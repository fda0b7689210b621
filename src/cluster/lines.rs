//! Lines of a body that arrives in pieces.

use std::time::Instant;

use http_body_util::BodyExt;
use kube::client::Body;

/// Longest line that is kept together. What is longer comes in pieces.
const LONGEST: usize = 1 << 20;

/// Lines of a body.
pub(super) struct Lines {
    body: Body,
    buffer: Vec<u8>,
    /// Where the first line that was not returned begins.
    start: usize,
    /// Where the line feed after it is searched.
    searched: usize,
    /// When the body began.
    pub opened: Instant,
}

impl Lines {
    /// Creates the lines of a body that has just begun.
    pub fn new(body: Body) -> Self {
        Lines { body, buffer: Vec::new(), start: 0, searched: 0, opened: Instant::now() }
    }

    /// Returns the next complete line with its line feed; none at the end of the body. Nothing is lost if the future is
    /// dropped before it completes.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, kube::Error> {
        loop {
            if let Some(line) = self.buffered() {
                return Ok(Some(line));
            }
            match self.body.frame().await {
                None => return Ok(None),
                Some(frame) => {
                    if let Ok(data) = frame?.into_data() {
                        self.make_room();
                        self.buffer.extend_from_slice(&data);
                    }
                }
            }
        }
    }

    /// Returns the next complete line if it has arrived.
    pub fn buffered(&mut self) -> Option<Vec<u8>> {
        let found = self.buffer[self.searched..].iter().position(|byte| *byte == b'\n');
        let end = match found {
            Some(offset) => self.searched + offset + 1,
            None if self.buffer.len() - self.start >= LONGEST => self.buffer.len(),
            None => {
                self.searched = self.buffer.len();
                return None;
            }
        };
        let line = self.buffer[self.start..end].to_vec();
        (self.start, self.searched) = (end, end);
        Some(line)
    }

    /// Returns the last line if it has no line feed; otherwise nothing.
    pub fn rest(&mut self) -> Vec<u8> {
        self.make_room();
        self.searched = 0;
        std::mem::take(&mut self.buffer)
    }

    /// Drops the lines that were returned.
    fn make_room(&mut self) {
        self.buffer.drain(..self.start);
        self.searched -= self.start;
        self.start = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_are_joined_from_their_pieces() {
        let mut lines = Lines::new(Body::from(b"one\n\ntwo\nrest".to_vec()));
        let mut all = Vec::new();
        while let Some(line) = lines.next().await.unwrap() {
            all.push(String::from_utf8(line).unwrap());
        }
        assert_eq!(all, ["one\n", "\n", "two\n"]);
        assert_eq!(lines.rest(), b"rest");
        assert!(lines.rest().is_empty());
    }

    #[tokio::test]
    async fn a_line_without_end_comes_in_pieces() {
        let mut lines = Lines::new(Body::from(vec![b'x'; LONGEST + 1]));
        assert_eq!(lines.next().await.unwrap().map(|line| line.len()), Some(LONGEST + 1));
        assert!(lines.next().await.unwrap().is_none());
    }
}
