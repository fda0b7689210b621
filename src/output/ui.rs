//! Progress and data on their streams.

use std::io::{self, Write};
#[cfg(unix)]
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dialoguer::console::{Style, Term};
#[cfg(unix)]
use tokio::{io::Interest, net::unix::pipe};

use super::input::Input;
use super::spinner::Spinner;

/// Where output goes: the process's own streams, or buffers in a test.
pub struct Streams {
    /// Data.
    pub out: Box<dyn Write + Send>,
    /// Progress and errors.
    pub err: Box<dyn Write + Send>,
    /// Whether somebody sits in front of `err`, at a terminal that knows colours and is asked for some:
    /// spinners and colour are shown only then.
    pub terminal: bool,
    /// The columns of the terminal that `out` is, where it is one.
    pub columns: Option<usize>,
    /// Whether that terminal is to show colours.
    pub colours: bool,
}

impl Streams {
    /// The process's stdout and stderr. `no_color` is the wish of the `NO_COLOR` variable.
    pub fn process(no_color: bool) -> Self {
        let stdout = Term::stdout();
        Streams {
            out: Box::new(io::BufWriter::with_capacity(1 << 16, io::stdout())),
            err: Box::new(io::stderr()),
            terminal: Term::stderr().features().colors_supported() && !no_color,
            columns: stdout.size_checked().map(|(_, columns)| columns.into()),
            colours: stdout.features().colors_supported() && !no_color,
        }
    }
}

/// Prints data and progress lines. Every progress line begins with Flux's sign for what it says. Clones print on the
/// same streams.
#[derive(Clone)]
pub struct Ui {
    streams: Arc<Mutex<Streams>>,
    pub(super) input: Input,
    /// What is being waited for, while it is the last line of a terminal.
    spinner: Arc<Mutex<Option<Spinner>>>,
}

impl Ui {
    /// Prints on these streams, and reads answers from this input.
    pub fn new(streams: Streams, input: Input) -> Self {
        Ui { streams: Arc::new(Mutex::new(streams)), input, spinner: Arc::default() }
    }

    /// Whether progress is watched on a terminal.
    pub fn is_terminal(&self) -> bool {
        self.lock().terminal
    }

    /// The columns of the terminal that stdout is, where it is one.
    pub fn columns(&self) -> Option<usize> {
        self.lock().columns
    }

    /// Whether stdout shows colours.
    pub fn has_colours(&self) -> bool {
        self.lock().colours
    }

    /// Writes `text` to stdout as it is.
    ///
    /// An error means that nobody reads any more (a closed pipe) or that the disk is full.
    pub(super) fn data(&self, text: &str) -> io::Result<()> {
        self.bytes(text.as_bytes())
    }

    /// As [`Ui::data`], for what may not be UTF-8.
    pub(super) fn bytes(&self, bytes: &[u8]) -> io::Result<()> {
        self.lock().out.write_all(bytes).map_err(|error| unwritten(&error))
    }

    /// Hands what was printed to the operating system.
    pub fn flush(&self) -> io::Result<()> {
        self.settle();
        self.lock().out.flush().map_err(|error| unwritten(&error))
    }

    /// Waits until nobody reads stdout any more: the other end of its pipe was closed. Anything but
    /// a pipe is never found closed. For commands that write seldom, and would otherwise outlive
    /// their reader until they do.
    pub async fn reader_gone(&self) {
        #[cfg(unix)]
        if let Ok(stdout) = io::stdout().as_fd().try_clone_to_owned()
            // A file cannot be waited for, and is never closed from the other end. Nothing is
            // written here, so the pipe stays as it is: blocking.
            && let Ok(pipe) = pipe::Sender::from_owned_fd_unchecked(stdout)
            && pipe.ready(Interest::ERROR).await.is_ok()
        {
            return;
        }
        std::future::pending::<()>().await;
    }

    /// `►` something is being done.
    pub fn action(&self, text: impl AsRef<str>) {
        self.line("►", text.as_ref());
    }

    /// `✚` something is being generated.
    pub fn generate(&self, text: impl AsRef<str>) {
        self.line("✚", text.as_ref());
    }

    /// `◎` something is being waited for. On a terminal it turns, with the time, until there is more to say.
    pub fn waiting(&self, text: impl AsRef<str>) {
        if !self.is_terminal() {
            return self.line("◎", text.as_ref());
        }
        self.settle();
        let _ = self.lock().out.flush();
        *self.spinner() = Some(Spinner::start(text.as_ref()));
    }

    /// `✔` something has been done.
    pub fn success(&self, text: impl AsRef<str>) {
        self.line("✔", text.as_ref());
    }

    /// `⚠️` something that the user may not want.
    pub fn warning(&self, text: impl AsRef<str>) {
        self.line("⚠️", text.as_ref());
    }

    /// `✗` something failed.
    pub fn failure(&self, text: impl AsRef<str>) {
        self.line("✗", text.as_ref());
    }

    /// A line of progress without a sign.
    pub fn plain(&self, text: impl AsRef<str>) {
        self.settle();
        self.print(text.as_ref());
    }

    /// Leaves what was waited for as a line like any other.
    fn settle(&self) {
        // Taken in a statement of its own: `line` would wait for the lock that an `if let` still holds.
        let spinner = self.spinner().take();
        if let Some(spinner) = spinner {
            self.line("◎", &spinner.stop());
        }
    }

    fn line(&self, sign: &str, text: &str) {
        let style = match sign {
            "✔" => Style::new().green(),
            "✗" => Style::new().red(),
            "⚠️" => Style::new().yellow(),
            _ => Style::new().cyan(),
        };
        let sign = style.force_styling(self.is_terminal()).apply_to(sign);
        self.plain(format!("{sign} {text}"));
    }

    fn print(&self, line: &str) {
        let mut streams = self.lock();
        let _ = streams.out.flush();
        // Progress that cannot be shown must not end the work.
        let _ = writeln!(streams.err, "{line}");
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Streams> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn spinner(&self) -> MutexGuard<'_, Option<Spinner>> {
        self.spinner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says of an error that it is the output's: its own words name no file.
fn unwritten(error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("writing the output: {error}"))
}
