//! Runs the built `flux` as a user would, in a clean environment.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::assets;
use super::cluster::Cluster;

/// The system's `PATH`.
const SYSTEM_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Builder of a `flux` command line.
///
/// The environment of the caller is not inherited: `HOME` and the working directory are empty directories, and the only
/// kubeconfig is the cluster's.
pub struct Flux {
    program: PathBuf,
    args: Vec<OsString>,
    env: BTreeMap<OsString, OsString>,
    stdin: Vec<u8>,
    terminal: bool,
    directory: Option<PathBuf>,
    limit: Duration,
}

/// The result of a finished run.
pub struct Output {
    /// The exit status; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    line: String,
}

/// A `flux` that still runs. It is killed when this is dropped.
pub struct Running {
    child: Child,
    readers: Option<(Reader, Reader)>,
    keyboard: Option<ChildStdin>,
    answered: usize,
    line: String,
    started: Instant,
    limit: Duration,
    _home: TempDir,
}

impl Flux {
    /// A `flux` that talks to `cluster`.
    pub fn new(cluster: &Cluster) -> Self {
        Self::bare().env("KUBECONFIG", cluster.kubeconfig())
    }

    /// A `flux` without any cluster.
    pub fn bare() -> Self {
        Self {
            program: assets::flux(),
            args: Vec::new(),
            env: BTreeMap::new(),
            stdin: Vec::new(),
            terminal: false,
            directory: None,
            limit: Duration::from_mins(2),
        }
    }

    /// A shell that runs `script`, until its first failure, with the built `flux` and the programs of
    /// `directories` before those of the system.
    pub fn shell(script: &str, directories: &[&Path]) -> Self {
        let flux = assets::flux();
        let own = flux.parent().into_iter().chain(directories.iter().copied());
        let system = SYSTEM_PATH.split(':').map(Path::new);
        let path = std::env::join_paths(own.chain(system)).expect("no directory has a colon in its name");
        let shell = Self { program: PathBuf::from("/bin/sh"), ..Self::bare() };
        shell.args(["-ec", script]).env("PATH", path)
    }

    /// Adds arguments.
    pub fn args<I, S>(mut self, args: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        self.args.extend(args.into_iter().map(|it| it.as_ref().to_owned()));
        self
    }

    /// Adds the words of `line` as arguments.
    pub fn line(self, line: &str) -> Self {
        self.args(line.split_whitespace())
    }

    /// Sets an environment variable.
    pub fn env(mut self, key: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env.insert(key.as_ref().to_owned(), value.as_ref().to_owned());
        self
    }

    /// Sets standard input, which is empty otherwise.
    pub fn stdin(mut self, text: impl AsRef<[u8]>) -> Self {
        self.stdin = text.as_ref().to_vec();
        self
    }

    /// Runs it on a terminal of its own with 80 columns and colors. Standard output then has what the terminal shows;
    /// [`Running::answer`] types. Needs `script` of util-linux.
    pub fn on_terminal(self) -> Self {
        self.on_terminal_of(80, 24)
    }

    /// As [`Self::on_terminal`], with another size.
    pub fn on_terminal_of(mut self, columns: u16, rows: u16) -> Self {
        let words =
            std::iter::once(self.program.as_os_str()).chain(self.args.iter().map(OsString::as_os_str));
        let quoted = words.map(|it| format!("'{}'", it.to_string_lossy().replace('\'', r"'\''")));
        let line = format!("stty cols {columns} rows {rows}; exec {}", quoted.collect::<Vec<_>>().join(" "));
        self.program = PathBuf::from("script");
        self.args = ["-q", "-e", "-c", &line, "/dev/null"].map(OsString::from).to_vec();
        self.terminal = true;
        self.env("TERM", "xterm-256color")
    }

    /// The working directory.
    pub fn dir(mut self, directory: impl AsRef<Path>) -> Self {
        self.directory = Some(directory.as_ref().to_owned());
        self
    }

    /// Sets the time after which it is killed and the test fails; two minutes otherwise.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Starts it and does not wait.
    pub fn spawn(self) -> Running {
        let home = TempDir::new().expect("a temporary directory");
        let mut command = Command::new(&self.program);
        command
            .args(&self.args)
            .env_clear()
            .env("HOME", home.path())
            .env("PATH", SYSTEM_PATH)
            .env("TZ", "UTC")
            .env("LANG", "C.UTF-8")
            .envs(&self.env)
            .current_dir(self.directory.as_deref().unwrap_or(home.path()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the built flux starts");
        let mut stdin = child.stdin.take().expect("standard input is piped");
        let input = self.stdin;
        let keyboard = if self.terminal {
            Some(stdin)
        } else {
            std::thread::spawn(move || {
                // A command may end without reading its input.
                let _ = stdin.write_all(&input);
            });
            None
        };
        let stdout = read(child.stdout.take().expect("standard output is piped"));
        let stderr = read(child.stderr.take().expect("standard error is piped"));
        let words: Vec<_> = self.args.iter().map(|it| it.to_string_lossy()).collect();
        let program = self.program.file_name().unwrap_or_default().to_string_lossy();
        Running {
            child,
            readers: Some((stdout, stderr)),
            keyboard,
            answered: 0,
            line: format!("{program} {}", words.join(" ")),
            started: Instant::now(),
            limit: self.limit,
            _home: home,
        }
    }

    /// Runs it to its end, successful or not.
    pub fn run(self) -> Output {
        self.spawn().wait()
    }

    /// Runs it; it must succeed.
    pub fn ok(self) -> Output {
        let output = self.run();
        assert_eq!(output.code, Some(0), "{output:?}");
        output
    }

    /// Runs it; it must fail with this exit status.
    pub fn fails(self, code: i32) -> Output {
        let output = self.run();
        assert_eq!(output.code, Some(code), "{output:?}");
        output
    }
}

impl Running {
    /// Waits for its end.
    pub fn wait(mut self) -> Output {
        // Closing it would type Ctrl-D: it stays open until the end.
        let _keyboard = self.keyboard.take();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                break status;
            }
            if self.started.elapsed() > self.limit {
                // It may end in this very moment.
                let _ = self.child.kill();
                let _ = self.child.wait();
                let output = self.collect(None);
                panic!("not finished after {:?}: {output:?}", self.limit);
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        self.collect(status.code())
    }

    /// Kills it as `kill -9` does, and returns what it had said.
    pub fn kill(mut self) -> Output {
        // It may have ended by itself.
        let _ = self.child.kill();
        let status = self.child.wait().expect("a child can be waited for");
        self.collect(status.code())
    }

    /// What it has written to standard output so far.
    pub fn said(&self) -> String {
        self.readers.as_ref().map(|(stdout, _)| stdout.so_far()).unwrap_or_default()
    }

    /// Types `line` once the terminal shows `question`, after what it showed at the last answer.
    pub fn answer(&mut self, question: &str, line: &str) {
        self.await_question(question);
        self.types(line);
    }

    /// As [`Self::answer`], for a question that reads one key and not a line.
    pub fn answer_key(&mut self, question: &str, key: &str) {
        self.await_question(question);
        self.await_mode("-icanon");
        self.types(key);
    }

    /// As [`Self::answer`], for a secret: typed only when the terminal no longer shows what is typed.
    pub fn answer_secret(&mut self, question: &str, line: &str) {
        self.await_question(question);
        self.await_mode("-echo");
        self.types(line);
    }

    fn await_question(&mut self, question: &str) {
        self.answered = self.poll(&format!("no question {question:?}"), |run| {
            let said = run.said();
            let at = said.get(run.answered..)?.find(question)?;
            Some(run.answered + at + question.len())
        });
    }

    /// Waits until the terminal is in this mode of `stty`: a program shows its question first and sets the mode then.
    fn await_mode(&mut self, mode: &str) {
        self.poll(&format!("the terminal never got {mode}"), |run| {
            // `script` has one child, and that has the terminal.
            let children = format!("/proc/{0}/task/{0}/children", run.id());
            let child = std::fs::read_to_string(children).ok()?;
            let terminal = std::fs::read_link(format!("/proc/{}/fd/0", child.trim())).ok()?;
            let out = Command::new("stty").arg("-a").arg("-F").arg(terminal).output().ok()?;
            String::from_utf8_lossy(&out.stdout).split_whitespace().any(|it| it == mode).then_some(())
        });
    }

    /// Waits until standard error holds `words`, or the program has ended; whether it holds them.
    pub fn wait_for_error_output(&mut self, words: &str) -> bool {
        let errors =
            |run: &Self| run.readers.as_ref().is_some_and(|(_, stderr)| stderr.so_far().contains(words));
        self.poll(&format!("not said: {words:?}"), |run| {
            // In this order: what was said before the end is read soon after it.
            let runs = run.runs();
            (errors(run) || !runs).then_some(())
        });
        errors(self)
    }

    /// Tries until there is a value. Panics when the limit of the run is over, with what was awaited.
    fn poll<T>(&mut self, awaited: &str, mut look: impl FnMut(&mut Self) -> Option<T>) -> T {
        loop {
            let runs = self.runs();
            if let Some(found) = look(self) {
                return found;
            }
            assert!(runs && self.started.elapsed() < self.limit, "{awaited}: {}", self.said());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn types(&mut self, keys: &str) {
        let keyboard = self.keyboard.as_mut().expect("it runs on a terminal");
        keyboard.write_all(keys.as_bytes()).expect("it reads what is typed");
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    fn collect(&mut self, code: Option<i32>) -> Output {
        let (stdout, stderr) = self.readers.take().expect("a run is collected once");
        Output { code, stdout: stdout.all(), stderr: stderr.all(), line: std::mem::take(&mut self.line) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` exits with {:?}\n--- standard output\n{}--- standard error\n{}",
            self.line, self.code, self.stdout, self.stderr
        )
    }
}

/// Reads a stream on a thread of its own.
struct Reader {
    bytes: Arc<Mutex<Vec<u8>>>,
    thread: JoinHandle<()>,
}

impl Reader {
    fn so_far(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().expect("the reader does not panic")).into_owned()
    }

    /// What was read when the stream has ended.
    fn all(self) -> String {
        let Self { bytes, thread } = self;
        thread.join().expect("the reader does not panic");
        String::from_utf8_lossy(&bytes.lock().expect("the reader does not panic")).into_owned()
    }
}

fn read(mut from: impl Read + Send + 'static) -> Reader {
    let bytes: Arc<Mutex<Vec<u8>>> = Arc::default();
    let shared = Arc::clone(&bytes);
    let thread = std::thread::spawn(move || {
        let mut buffer = [0; 8192];
        // What was read before an error is what there is.
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            shared.lock().expect("nobody panics with it").extend_from_slice(&buffer[..count]);
        }
    });
    Reader { bytes, thread }
}
