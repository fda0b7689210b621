//! Progress and data on their streams.

use std::io::{self, Write};
#[cfg(unix)]
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dialoguer::console::{Style, Term};
#[cfg(unix)]
use tokio::{io::Interest, net::unix::pipe};

use super::input::Input;
use super::printable::printable;
use super::redraw;
use super::spinner::Spinner;
use super::terminal::Terminal;

/// Where output goes: the process's own streams, or buffers in a test.
pub struct Streams {
    /// Data.
    pub out: Box<dyn Write + Send>,
    /// Progress and errors.
    pub err: Box<dyn Write + Send>,
    /// Whether `err` is a terminal that shows colors: spinners and colors are shown only there.
    pub terminal: bool,
    /// Width in columns, if `out` is a terminal.
    pub columns: Option<usize>,
    /// Whether `out` is a terminal that shows colors.
    pub colors: bool,
    /// Measures the terminal that `out` is: lines and columns, which a user may change at any time.
    pub size: fn() -> Option<(usize, usize)>,
}

impl Streams {
    /// The process's stdout and stderr. `no_color` is whether `NO_COLOR` is set.
    pub fn process(no_color: bool) -> Self {
        let stdout = Term::stdout();
        Streams {
            out: Box::new(io::BufWriter::with_capacity(1 << 16, io::stdout())),
            err: Box::new(io::stderr()),
            terminal: Term::stderr().features().colors_supported() && !no_color,
            columns: size().map(|(_, columns)| columns),
            size,
            colors: stdout.features().colors_supported() && !no_color,
        }
    }
}

/// Lines and columns of the terminal on stdout.
fn size() -> Option<(usize, usize)> {
    Term::stdout().size_checked().map(|(lines, columns)| (lines.into(), columns.into()))
}

/// Prints data and progress lines. Every progress line begins with flux's sign for its meaning. Clones print on the same
/// streams.
#[derive(Clone)]
pub struct Ui {
    streams: Arc<Mutex<Streams>>,
    pub(super) input: Input,
    /// Current wait, while it is the last line of a terminal.
    spinner: Arc<Mutex<Option<Spinner>>>,
    /// Number of lines that a live table takes at the end of a terminal.
    pub(super) drawn: Arc<AtomicUsize>,
}

impl Ui {
    /// Prints on these streams, and reads answers from this input.
    pub fn new(streams: Streams, input: Input) -> Self {
        let streams = Arc::new(Mutex::new(streams));
        Ui { streams, input, spinner: Arc::default(), drawn: Arc::default() }
    }

    /// Whether progress is shown on a terminal.
    pub fn is_terminal(&self) -> bool {
        self.lock().terminal
    }

    /// Width in columns, if stdout is a terminal.
    pub fn columns(&self) -> Option<usize> {
        self.lock().columns
    }

    /// The terminal that stdout is, if it is one.
    pub(super) fn screen(&self) -> Option<Terminal> {
        let streams = self.lock();
        streams.columns.map(|columns| Terminal { columns: Some(columns), colors: streams.colors })
    }

    /// Whether stdout shows colors.
    pub fn has_colors(&self) -> bool {
        self.lock().colors
    }

    /// Writes `text` to stdout as it is.
    ///
    /// # Errors
    /// The reader has closed the pipe, or the disk is full.
    pub(super) fn data(&self, text: &str) -> io::Result<()> {
        self.bytes(text.as_bytes())
    }

    /// Like [`Ui::data`], for bytes that may not be UTF-8.
    pub(super) fn bytes(&self, bytes: &[u8]) -> io::Result<()> {
        self.lock().out.write_all(bytes).map_err(|error| unwritten(&error))
    }

    /// Hands what was printed to the operating system.
    pub fn flush(&self) -> io::Result<()> {
        self.settle();
        self.lock().out.flush().map_err(|error| unwritten(&error))
    }

    /// Waits until the reader of stdout has closed its end of the pipe; forever if stdout is not a pipe. For commands that
    /// write rarely and would otherwise notice it only then.
    pub async fn reader_gone(&self) {
        #[cfg(unix)]
        if let Ok(stdout) = io::stdout().as_fd().try_clone_to_owned()
            // A file cannot be waited for. The pipe stays blocking, since nothing is written here.
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

    /// `◎` something is being waited for. On a terminal, a spinner with the elapsed time is shown until the next line.
    pub fn waiting(&self, text: impl AsRef<str>) {
        if !self.is_terminal() {
            return self.line("◎", text.as_ref());
        }
        self.settle();
        let _ = self.lock().out.flush();
        *self.spinner() = Some(Spinner::start(&printable(text.as_ref().to_owned())));
    }

    /// How far the work is. On a terminal, a spinner with the text is shown until the next line or the next call; elsewhere
    /// nothing is.
    pub fn progress(&self, text: impl AsRef<str>) {
        if self.is_terminal() {
            self.settle();
            let _ = self.lock().out.flush();
            *self.spinner() = Some(Spinner::passing(&printable(text.as_ref().to_owned())));
        }
    }

    /// `✔` something has been done.
    pub fn success(&self, text: impl AsRef<str>) {
        self.line("✔", text.as_ref());
    }

    /// `⚠️` something that may be a problem.
    pub fn warning(&self, text: impl AsRef<str>) {
        self.line("⚠️", text.as_ref());
    }

    /// `✗` something failed.
    pub fn failure(&self, text: impl AsRef<str>) {
        self.line("✗", text.as_ref());
    }

    /// Hints what to do next, below a failure or a warning.
    pub fn hints(&self, hints: &[String]) {
        for hint in hints {
            self.plain(format!("  hint: {hint}"));
        }
    }

    /// A line of progress without a sign.
    pub fn plain(&self, text: impl AsRef<str>) {
        self.settle();
        self.print(&printable(text.as_ref().to_owned()));
    }

    /// Ends the spinner and leaves its text as a line.
    fn settle(&self) {
        // A statement of its own: with `if let`, the lock would still be held in `line`.
        let spinner = self.spinner().take();
        if let Some(line) = spinner.and_then(Spinner::stop) {
            self.line("◎", &line);
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
        self.settle();
        // The text may repeat what the cluster says.
        self.print(&format!("{sign} {}", printable(text.to_owned())));
    }

    fn print(&self, line: &str) {
        let mut streams = self.lock();
        // A live table is drawn again below the line.
        let drawn = self.drawn.swap(0, Ordering::Relaxed);
        if drawn > 0 {
            let _ = write!(streams.out, "{}", redraw::erase(drawn));
        }
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

/// Adds to an error that it is about the output, since its own message names no file.
fn unwritten(error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("writing the output: {error}"))
}
