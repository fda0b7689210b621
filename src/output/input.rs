//! Standard input, or a substitute for it in tests.

use std::io::{self, BufRead, IsTerminal, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Ui;

/// Where input and answers come from.
#[derive(Clone)]
pub struct Input {
    reader: Arc<Mutex<Box<dyn BufRead + Send>>>,
    /// Whether a user can type there.
    pub(super) is_terminal: bool,
}

impl Input {
    /// Standard input of the process.
    pub fn process() -> Self {
        Input { is_terminal: io::stdin().is_terminal(), ..Input::of(io::stdin()) }
    }

    /// Input that is not a terminal.
    pub fn of(reader: impl Read + Send + 'static) -> Self {
        Input { reader: Arc::new(Mutex::new(Box::new(io::BufReader::new(reader)))), is_terminal: false }
    }

    /// Reads the next line, with its line feed; empty at the end of the input.
    pub fn read_line(&self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        self.lock().read_until(b'\n', &mut line)?;
        Ok(line)
    }

    /// Reads what has not been read yet, at most `limit` bytes.
    pub fn read_rest(&self, limit: u64) -> io::Result<Vec<u8>> {
        let mut rest = Vec::new();
        self.lock().as_mut().take(limit).read_to_end(&mut rest)?;
        Ok(rest)
    }

    fn lock(&self) -> MutexGuard<'_, Box<dyn BufRead + Send>> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ui {
    /// The input, for files that users name `-`.
    pub fn input(&self) -> &Input {
        &self.input
    }

    /// Reads the next line of the input without its line feed, in a thread of its own so that Ctrl-C is noticed; none
    /// at the end of the input. The line may not be UTF-8.
    pub async fn read_line(&self) -> io::Result<Option<Vec<u8>>> {
        let input = self.input.clone();
        let read = tokio::task::spawn_blocking(move || input.read_line());
        let mut line = read.await.map_err(io::Error::other)??;
        if line.is_empty() {
            return Ok(None);
        }
        if line.last() == Some(&b'\n') {
            line.pop();
        }
        Ok(Some(line))
    }
}
